//! Bytes from the terminal in; keys, pastes, the mouse and the terminal's own answers out. Pure.
//!
//! Our own, because crossterm's reader does not fit a loop that must never block: it reads on in the middle of a
//! sequence (a paste or a slow line freezes the countdowns), takes a sequence that arrives in two pieces for `esc` and
//! letters (an arrow key would act), reads nothing at all for a timeout of zero with `use-dev-tty`, and spins once the
//! terminal is gone. Knows the sequences of xterm and its kin, the Linux console and rxvt; anything else is dropped whole.

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::layout::Position;

use super::keys::Key;
use super::theme::Background;

/// A lone `esc` is a key once nothing has followed it for so long, milliseconds.
const ESC_WAIT_MS: i64 = 50;
/// Nobody types this far into a sequence: the rest of it is waited for longer, so that it does not act as keys.
const REST_WAIT_MS: i64 = 1_000;
/// Longer pastes are cut here: more than any text SWF takes, in bytes.
const PASTE_MAX: usize = 256 * 1024;
/// A sequence longer than this is noise.
const SEQUENCE_MAX: usize = 32;
/// Of a longer answer to a question (OSC) only so much is kept.
const ANSWER_MAX: usize = 64;
const PASTE_END: &[u8] = b"\x1b[201~";

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Pressed a key.
    Key(Key),
    /// Pasted a text. Line ends are `\n`.
    Paste(String),
    /// Used the mouse.
    Mouse(Mouse),
    /// Came to this terminal, or left it.
    Focus(bool),
    /// Nobody did anything: the terminal says what its background is.
    Background(Background),
}

/// What somebody did with the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// Where, from 0.
    pub at: Position,
    /// What.
    pub what: Gesture,
}

/// One of the few that mean something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    /// Pressed the left button.
    Press,
    /// Turned the wheel away.
    WheelUp,
    /// Turned the wheel near.
    WheelDown,
}

/// Remembers the bytes of an unfinished sequence.
#[derive(Debug, Default)]
pub struct Parser {
    pending: Vec<u8>,
    paste: Option<Vec<u8>>,
}

impl Parser {
    /// Takes bytes as they were read and gives what they complete.
    pub fn advance(&mut self, bytes: &[u8]) -> Vec<Input> {
        let mut inputs = Vec::new();
        for &byte in bytes {
            if let Some(paste) = &mut self.paste {
                paste.push(byte);
                if paste.ends_with(PASTE_END) {
                    paste.truncate(paste.len() - PASTE_END.len());
                    inputs.push(Input::Paste(pasted(paste)));
                    self.paste = None;
                } else if paste.len() > PASTE_MAX {
                    // Keep what is needed to see the end, drop what is too much.
                    let tail = paste.len() - PASTE_END.len();
                    paste.remove(tail - 1);
                }
                continue;
            }
            self.pending.push(byte);
            inputs.extend(self.step());
        }
        inputs
    }

    /// Looks at what is pending, of which the last byte is new.
    fn step(&mut self) -> Option<Input> {
        match parse(&self.pending) {
            Parsed::More => {
                if self.pending.len() > ANSWER_MAX {
                    self.pending.remove(ANSWER_MAX / 2);
                }
                None
            }
            Parsed::Nothing => {
                let again = rest_after_noise(&self.pending);
                self.pending = again;
                if self.pending.is_empty() { None } else { self.step() }
            }
            Parsed::PasteStart => {
                self.pending.clear();
                self.paste = Some(Vec::new());
                None
            }
            Parsed::Ignored => {
                self.pending.clear();
                None
            }
            Parsed::Is(input) => {
                self.pending.clear();
                Some(input)
            }
        }
    }

    /// For how long to wait for the rest of what has begun, milliseconds, before [`Parser::expire`].
    pub fn waits_ms(&self) -> Option<i64> {
        match self.pending.len() {
            _ if self.paste.is_some() => None,
            0 => None,
            1 | 2 => Some(ESC_WAIT_MS),
            _ => Some(REST_WAIT_MS),
        }
    }

    /// Nothing has followed for [`Parser::waits_ms`]: a lone `esc` was the key, half a sequence was noise.
    pub fn expire(&mut self) -> Option<Input> {
        let pending = std::mem::take(&mut self.pending);
        match pending.as_slice() {
            [0x1b, more @ ..] if more.iter().all(|&byte| byte == 0x1b) => Some(Input::Key(Key::plain(KeyCode::Esc))),
            b"\x1b[" => Some(Input::Key(Key::alt('['))),
            b"\x1bO" => Some(Input::Key(Key::alt('O'))),
            b"\x1b]" => Some(Input::Key(Key::alt(']'))),
            _ => None,
        }
    }
}

fn pasted(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n")
}

/// Half a character or sequence is noise, but `esc` begins the next one, which may be a paste, and a control such as
/// ctrl-c is a key wherever it comes.
fn rest_after_noise(pending: &[u8]) -> Vec<u8> {
    match pending {
        [_, .., 0x1b, last] if *last != 0x1b => vec![0x1b, *last],
        [_, .., last @ ..=0x1f] => vec![*last],
        _ => Vec::new(),
    }
}

enum Parsed {
    More,
    /// Not the beginning of anything.
    Nothing,
    /// Whole, and of no use here.
    Ignored,
    Is(Input),
    PasteStart,
}

fn key(key: Key) -> Parsed {
    Parsed::Is(Input::Key(key))
}

fn parse(bytes: &[u8]) -> Parsed {
    match bytes {
        [] | b"\x1b" => Parsed::More,
        [0x1b, b']', rest @ ..] => parse_osc(rest),
        _ if bytes.len() > SEQUENCE_MAX => Parsed::Nothing,
        // rxvt's alt with an arrow, which must not act as its last letter.
        [0x1b, 0x1b, ..] => with_alt(parse(&bytes[1..])),
        [0x1b, b'[', rest @ ..] => parse_csi(rest),
        [0x1b, b'O', rest @ ..] => match rest {
            [] => Parsed::More,
            [letter, ..] => letter_key(*letter).map_or(Parsed::Nothing, |code| key(Key::plain(code))),
        },
        [0x1b, rest @ ..] => with_alt(parse_char(rest)),
        _ => parse_char(bytes),
    }
}

fn with_alt(parsed: Parsed) -> Parsed {
    match parsed {
        Parsed::Is(Input::Key(with)) => key(Key { modifiers: with.modifiers | KeyModifiers::ALT, ..with }),
        other => other,
    }
}

/// One character, which may take up to four bytes.
fn parse_char(bytes: &[u8]) -> Parsed {
    let typed = match bytes[0] {
        b'\r' => Key::plain(KeyCode::Enter),
        b'\t' => Key::plain(KeyCode::Tab),
        0x7f | 0x08 => Key::plain(KeyCode::Backspace),
        0 => Key::ctrl(' '),
        control @ 0x01..=0x1a => Key::ctrl(char::from(control - 1 + b'a')),
        control @ 0x1c..=0x1f => Key::ctrl(char::from(control - 0x1c + b'4')),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => match text.chars().next() {
                // C1 controls are no keys.
                Some(c) if !c.is_control() => Key::plain(KeyCode::Char(c)),
                _ => return Parsed::Nothing,
            },
            Err(error) if error.error_len().is_none() && bytes.len() < 4 => return Parsed::More,
            Err(_) => return Parsed::Nothing,
        },
    };
    key(typed)
}

/// What follows `ESC ]`, up to BEL or `ESC \`: the terminal answers a question. Only the background is asked for.
fn parse_osc(bytes: &[u8]) -> Parsed {
    match bytes {
        [text @ .., 0x07] | [text @ .., 0x1b, b'\\'] => background(text).map_or(Parsed::Ignored, Parsed::Is),
        [] | [.., 0x1b] => Parsed::More,
        [b'0'..=b'9', rest @ ..] if rest.iter().all(|byte| *byte >= 0x20) => Parsed::More,
        _ => Parsed::Nothing,
    }
}

/// `11;rgb:ffff/ffff/ffff`, with one to four digits each, or with a fourth part for opacity.
fn background(text: &[u8]) -> Option<Input> {
    let (_, color) = std::str::from_utf8(text).ok()?.strip_prefix("11;rgb")?.split_once(':')?;
    let mut parts = color.split('/').map(|part| {
        let most = 16u32.pow(u32::try_from(part.len()).ok().filter(|digits| (1..=4).contains(digits))?) - 1;
        Some(u32::from_str_radix(part, 16).ok()? * 1_000 / most)
    });
    let (red, green, blue) = (parts.next()??, parts.next()??, parts.next()??);
    // What the eye makes of it (Rec. 601).
    let light = red * 299 + green * 587 + blue * 114 > 500_000;
    Some(Input::Background(if light { Background::Light } else { Background::Dark }))
}

/// What follows `ESC [`: parameters, then one final byte (ECMA-48).
fn parse_csi(bytes: &[u8]) -> Parsed {
    // The Linux console's F1 to F5.
    if let [b'[', rest @ ..] = bytes {
        return match rest {
            [] => Parsed::More,
            [letter @ b'A'..=b'E', ..] => key(Key::plain(KeyCode::F(letter - b'A' + 1))),
            _ => Parsed::Nothing,
        };
    }
    let Some((last, parameters)) = bytes.split_last() else { return Parsed::More };
    match last {
        0x20..=0x3f => Parsed::More,
        0x40..=0x7e => match parameters {
            [b'<', rest @ ..] => mouse(rest, *last).map_or(Parsed::Ignored, Parsed::Is),
            [] if *last == b'I' || *last == b'O' => Parsed::Is(Input::Focus(*last == b'I')),
            _ => csi_key(parameters, *last),
        },
        _ => Parsed::Nothing,
    }
}

/// xterm's SGR encoding: button, column and row from 1, `M` for a press and `m` for a release.
fn mouse(parameters: &[u8], last: u8) -> Option<Input> {
    let text = std::str::from_utf8(parameters).ok()?;
    let mut numbers = text.split(';').map(|number| number.parse::<u16>().ok());
    let (button, x, y) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let what = match (button, last) {
        (0, b'M') => Gesture::Press,
        (64, b'M') => Gesture::WheelUp,
        (65, b'M') => Gesture::WheelDown,
        _ => return None,
    };
    Some(Input::Mouse(Mouse { at: Position::new(x.checked_sub(1)?, y.checked_sub(1)?), what }))
}

fn csi_key(parameters: &[u8], last: u8) -> Parsed {
    let text = std::str::from_utf8(parameters).unwrap_or("?");
    let mut numbers = text.split(';').map(|number| number.parse::<u8>().ok());
    let (first, second) = (numbers.next().flatten(), numbers.next().flatten());
    let code = match last {
        b'~' if first == Some(200) => return Parsed::PasteStart,
        b'~' => first.and_then(numbered_key),
        b'Z' => Some(KeyCode::BackTab),
        _ if text.is_empty() || first == Some(1) => letter_key(last),
        _ => None,
    };
    code.map_or(Parsed::Ignored, |code| key(Key { code, modifiers: modifiers(second) }))
}

fn letter_key(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'M' => KeyCode::Enter,
        b'P'..=b'S' => KeyCode::F(letter - b'P' + 1),
        _ => return None,
    })
}

fn numbered_key(number: u8) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number - 10),
        17..=21 => KeyCode::F(number - 11),
        23 | 24 => KeyCode::F(number - 12),
        _ => return None,
    })
}

/// xterm's encoding: one more than a bit set of shift, alt, ctrl.
fn modifiers(number: Option<u8>) -> KeyModifiers {
    let bits = number.unwrap_or(1).saturating_sub(1);
    let pairs = [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL)];
    pairs.into_iter().filter(|(bit, _)| bits & bit != 0).map(|(_, modifier)| modifier).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8]) -> Vec<Input> {
        Parser::default().advance(bytes)
    }

    fn keys(codes: &[Key]) -> Vec<Input> {
        codes.iter().copied().map(Input::Key).collect()
    }

    #[test]
    fn plain_keys_and_controls() {
        let expected = [
            Key::plain(KeyCode::Char('a')),
            Key::plain(KeyCode::Char('é')),
            Key::plain(KeyCode::Enter),
            Key::ctrl('j'),
            Key::ctrl('c'),
            Key::plain(KeyCode::Backspace),
        ];
        assert_eq!(all("aé\r\n\x03\x7f".as_bytes()), keys(&expected));
    }

    #[test]
    fn sequences_of_several_terminals() {
        let expected = [KeyCode::Up, KeyCode::Up, KeyCode::Home, KeyCode::Home, KeyCode::Delete, KeyCode::BackTab];
        assert_eq!(all(b"\x1b[A\x1bOA\x1b[H\x1b[7~\x1b[3~\x1b[Z"), keys(&expected.map(Key::plain)));
        let alt_enter = Key { code: KeyCode::Enter, modifiers: KeyModifiers::ALT };
        let ctrl_right = Key { code: KeyCode::Right, modifiers: KeyModifiers::CONTROL };
        assert_eq!(all(b"\x1b\r\x1b[1;5C"), keys(&[alt_enter, ctrl_right]));
        let alt_up = Key { code: KeyCode::Up, modifiers: KeyModifiers::ALT };
        assert_eq!(all(b"\x1b\x1b[A"), keys(&[alt_up]));
    }

    #[test]
    fn what_nobody_knows_is_dropped_whole() {
        assert_eq!(all(b"\x1b[6;1R\x1b[?1;2c\x1b[<2;3;4M\x1b]52;c;q\x07a"), keys(&[Key::plain(KeyCode::Char('a'))]));
        let long = format!("\x1b]8;;{}\x1b\\b", "q".repeat(1_000));
        assert_eq!(all(long.as_bytes()), keys(&[Key::char('b')]));
    }

    #[test]
    fn the_mouse_is_seen_anywhere_on_a_large_screen() {
        let at = |x, y, what| Input::Mouse(Mouse { at: Position::new(x, y), what });
        assert_eq!(
            all(b"\x1b[<0;300;100M\x1b[<0;300;100m\x1b[<64;1;1M\x1b[<65;2;3M\x1b[<0;0;0M"),
            [at(299, 99, Gesture::Press), at(0, 0, Gesture::WheelUp), at(1, 2, Gesture::WheelDown)]
        );
    }

    #[test]
    fn the_terminal_says_who_looks_and_what_is_behind() {
        assert_eq!(all(b"\x1b[O\x1b[I"), [Input::Focus(false), Input::Focus(true)]);
        let (light, dark) = (Input::Background(Background::Light), Input::Background(Background::Dark));
        assert_eq!(all(b"\x1b]11;rgb:ffff/ffff/f0f0\x1b\\\x1b]11;rgb:00/00/00\x07"), [light.clone(), dark]);
        assert_eq!(all(b"\x1b]11;rgba:fff/fff/fff/fff\x07"), [light]);
        assert_eq!(all(b"\x1b]11;rgb:zz/0/0\x07\x1b]11;rgb:1\x07"), []);
    }

    #[test]
    fn half_an_answer_does_not_act_and_does_not_hold_up_ctrl_c() {
        let mut parser = Parser::default();
        assert_eq!(parser.advance(b"\x1b]11;rgb:q"), []);
        assert_eq!(parser.waits_ms(), Some(REST_WAIT_MS));
        assert_eq!(parser.advance(b"\x03"), keys(&[Key::ctrl('c')]));
        assert_eq!(all(b"\x1b]11;r\x1b[A"), keys(&[Key::plain(KeyCode::Up)]));
        parser.advance(b"\x1b[<0;1");
        assert_eq!((parser.waits_ms(), parser.expire()), (Some(REST_WAIT_MS), None));
    }

    #[test]
    fn a_lone_esc_waits_and_an_arrow_in_two_pieces_is_an_arrow() {
        let mut parser = Parser::default();
        assert_eq!(parser.advance(b"\x1b"), []);
        assert_eq!(parser.waits_ms(), Some(ESC_WAIT_MS));
        assert_eq!(parser.advance(b"[A"), keys(&[Key::plain(KeyCode::Up)]));
        assert_eq!(parser.advance(b"\x1b"), []);
        assert_eq!(parser.expire(), Some(Input::Key(Key::plain(KeyCode::Esc))));
        assert_eq!(parser.waits_ms(), None);
    }

    #[test]
    fn a_paste_is_one_text_and_its_keys_do_not_act() {
        assert_eq!(all(b"\x1b[200~q\r\nA\rc\x1b[A\x1b[201~"), [Input::Paste("q\nA\nc\x1b[A".into())]);
    }

    #[test]
    fn a_sequence_after_half_of_another_is_whole() {
        assert_eq!(all(b"\x1b[\x1b[A\x1b[1;\x1b[B"), keys(&[KeyCode::Up, KeyCode::Down].map(Key::plain)));
        assert_eq!(all(b"\xe4\x1b[200~q\x1b[201~"), [Input::Paste("q".into())]);
        assert_eq!(all(b"\x1bO\x1b[200~q\x1b[201~"), [Input::Paste("q".into())]);
    }

    #[test]
    fn an_endless_paste_stays_bounded_and_ends() {
        let mut parser = Parser::default();
        parser.advance(b"\x1b[200~");
        parser.advance(&vec![b'x'; PASTE_MAX + 1_000]);
        let inputs = parser.advance(b"\x1b[201~");
        assert!(matches!(&inputs[..], [Input::Paste(text)] if text.len() <= PASTE_MAX));
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
            let cut = cut.min(bytes.len());
            let mut parser = Parser::default();
            let mut inputs = parser.advance(&bytes[..cut]);
            inputs.extend(parser.advance(&bytes[cut..]));
            prop_assert_eq!(inputs, all(&bytes));
        }
    }
}
