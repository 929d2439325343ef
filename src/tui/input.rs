//! Bytes from the terminal in, keys and pastes out. Pure.
//!
//! Our own, because crossterm's reader does not fit a loop that must never block: it reads on in the middle of a
//! sequence (a paste or a slow line freezes the countdowns), takes a sequence that arrives in two pieces for `esc` and
//! letters (an arrow key would act), reads nothing at all for a timeout of zero with `use-dev-tty`, and spins once the
//! terminal is gone. Knows the sequences of xterm and its kin, the Linux console and rxvt; anything else is dropped whole.

use crossterm::event::{KeyCode, KeyModifiers};

use super::keys::Key;

/// A lone `esc` is a key once nothing has followed it for so long, milliseconds.
pub const ESC_WAIT_MS: i64 = 50;
/// Longer pastes are cut here: more than any text SWF takes, in bytes.
const PASTE_MAX: usize = 256 * 1024;
/// A sequence longer than this is noise.
const SEQUENCE_MAX: usize = 32;
const PASTE_END: &[u8] = b"\x1b[201~";

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Pressed a key.
    Key(Key),
    /// Pasted a text. Line ends are `\n`.
    Paste(String),
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
            match parse(&self.pending) {
                Parsed::More => {}
                Parsed::Nothing => {
                    let unfinished = self.pending.len() > 1;
                    self.pending.clear();
                    // Half a character or sequence is noise, but `esc` begins the next one, which may be a paste.
                    if unfinished && byte == 0x1b {
                        self.pending.push(byte);
                    }
                }
                Parsed::Key(key) => {
                    self.pending.clear();
                    inputs.push(Input::Key(key));
                }
                Parsed::PasteStart => {
                    self.pending.clear();
                    self.paste = Some(Vec::new());
                }
            }
        }
        inputs
    }

    /// Whether [`Parser::expire`] would give a key.
    pub fn is_waiting(&self) -> bool {
        self.paste.is_none() && !self.pending.is_empty()
    }

    /// Nothing has followed for [`ESC_WAIT_MS`]: a lone `esc` was the key, half a sequence was noise.
    pub fn expire(&mut self) -> Option<Input> {
        let pending = std::mem::take(&mut self.pending);
        match pending.as_slice() {
            [0x1b, more @ ..] if more.iter().all(|&byte| byte == 0x1b) => Some(Input::Key(Key::plain(KeyCode::Esc))),
            b"\x1b[" => Some(Input::Key(Key::alt('['))),
            b"\x1bO" => Some(Input::Key(Key::alt('O'))),
            _ => None,
        }
    }
}

fn pasted(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n")
}

enum Parsed {
    More,
    Nothing,
    Key(Key),
    PasteStart,
}

fn parse(bytes: &[u8]) -> Parsed {
    match bytes {
        [] | b"\x1b" => Parsed::More,
        _ if bytes.len() > SEQUENCE_MAX => Parsed::Nothing,
        // rxvt's alt with an arrow, which must not act as its last letter.
        [0x1b, 0x1b, ..] => with_alt(parse(&bytes[1..])),
        [0x1b, b'[', rest @ ..] => parse_csi(rest),
        [0x1b, b'O', rest @ ..] => match rest {
            [] => Parsed::More,
            [letter, ..] => letter_key(*letter).map_or(Parsed::Nothing, |code| Parsed::Key(Key::plain(code))),
        },
        [0x1b, rest @ ..] => with_alt(parse_char(rest)),
        _ => parse_char(bytes),
    }
}

fn with_alt(parsed: Parsed) -> Parsed {
    match parsed {
        Parsed::Key(key) => Parsed::Key(Key { modifiers: key.modifiers | KeyModifiers::ALT, ..key }),
        other => other,
    }
}

/// One character, which may take up to four bytes.
fn parse_char(bytes: &[u8]) -> Parsed {
    let key = match bytes[0] {
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
    Parsed::Key(key)
}

/// What follows `ESC [`: parameters, then one final byte (ECMA-48).
fn parse_csi(bytes: &[u8]) -> Parsed {
    // The Linux console's F1 to F5.
    if let [b'[', rest @ ..] = bytes {
        return match rest {
            [] => Parsed::More,
            [letter @ b'A'..=b'E', ..] => Parsed::Key(Key::plain(KeyCode::F(letter - b'A' + 1))),
            _ => Parsed::Nothing,
        };
    }
    let Some((last, parameters)) = bytes.split_last() else { return Parsed::More };
    match last {
        0x20..=0x3f => Parsed::More,
        0x40..=0x7e => csi_key(parameters, *last),
        _ => Parsed::Nothing,
    }
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
    code.map_or(Parsed::Nothing, |code| Parsed::Key(Key { code, modifiers: modifiers(second) }))
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
        assert_eq!(all(b"\x1b[6;1R\x1b[?1;2c\x1b[<0;3;4Ma"), keys(&[Key::plain(KeyCode::Char('a'))]));
    }

    #[test]
    fn a_lone_esc_waits_and_an_arrow_in_two_pieces_is_an_arrow() {
        let mut parser = Parser::default();
        assert_eq!(parser.advance(b"\x1b"), []);
        assert!(parser.is_waiting());
        assert_eq!(parser.advance(b"[A"), keys(&[Key::plain(KeyCode::Up)]));
        assert_eq!(parser.advance(b"\x1b"), []);
        assert_eq!(parser.expire(), Some(Input::Key(Key::plain(KeyCode::Esc))));
        assert!(!parser.is_waiting());
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
