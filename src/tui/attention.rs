//! How somebody who does not look is reached: the terminal's title, its bell, and a notification of the desktop. And how
//! something gets to the clipboard, which goes the same way: as a string for the terminal (OSC).
//!
//! Pure: makes bytes, and says what is worth a notification. The text in them is printable, and short enough for any
//! terminal; nothing in it can end the string it is in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::state::State;
use super::surroundings::Surroundings;
use crate::console::{Connection, Level, LogLine, REMIND_WORD, Urgency};
use crate::text::printable;

/// Longer texts are cut in titles and notifications, characters.
const TEXT_MAX: usize = 120;

/// What reaches somebody who does not look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Attention {
    /// Ring the bell at every alarm.
    pub bell: bool,
    /// Keep counts in the terminal's title.
    pub title: bool,
    /// Notifications of the desktop at every alarm.
    pub desktop: Desktop,
    /// Notify also while the terminal has the focus.
    pub focused_too: bool,
    /// The time of a note is such an alarm.
    pub follow_ups: bool,
}

impl Default for Attention {
    fn default() -> Self {
        Self { bell: true, title: true, desktop: Desktop::Auto, focused_too: false, follow_ups: true }
    }
}

/// How the terminal is told to notify.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Desktop {
    /// As the terminal wants it, by what the environment says.
    #[default]
    Auto,
    /// OSC 9: iTerm2, WezTerm, kitty, Ghostty, Windows Terminal and others.
    Osc9,
    /// OSC 777: rxvt, foot, terminals with VTE.
    Osc777,
    /// Not at all.
    Off,
}

/// The title: what wants a person first.
pub fn title(state: &State) -> String {
    let tasks = &state.tasks;
    let counted = [
        (tasks.cancels(), "cancel"),
        (tasks.count(Urgency::NotSaved), "NOT SAVED"),
        (tasks.count(Urgency::Critical), "critical"),
        (tasks.count(Urgency::Unsure), "unsure"),
        (tasks.count(Urgency::Due), "due"),
    ];
    let mut parts: Vec<_> =
        counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    parts.extend(state.status.as_ref().and_then(|status| match status.connection {
        Connection::OutOfReach { .. } => Some("out of reach".into()),
        Connection::NoAccess { .. } => Some("no access".into()),
        _ => None,
    }));
    if parts.is_empty() {
        parts.push(format!("{} held", tasks.open()));
    }
    if let Some((words, place)) = state.around.elsewhere() {
        parts.push(format!("{} in {place}", words.join(", ")));
    }
    let place = state.status.as_ref().map_or_else(String::new, |status| format!(" {}", status.domain.line()));
    format!("{} - swfbeat{place}", parts.join(", "))
}

/// The bytes that set a title.
pub fn title_bytes(title: &str) -> Vec<u8> {
    osc(&format!("2;{}", short(title)))
}

impl Attention {
    /// Whether a line is to reach somebody who does not look.
    fn is_alarm(self, line: &LogLine) -> bool {
        line.level == Level::Alarm || self.follow_ups && line.word == REMIND_WORD
    }
}

/// What of this news is worth a notification, if anything: the newest alarm, and how many there are.
pub fn alarm(log: &[LogLine], attention: Attention) -> Option<String> {
    let alarms: Vec<_> = log.iter().filter(|line| attention.is_alarm(line)).collect();
    let last = alarms.last()?;
    let text = if last.subject.is_empty() {
        last.text.clone()
    } else if last.text.starts_with(last.word) {
        format!("{}: {}", last.subject, last.text)
    } else {
        format!("{}: {} {}", last.subject, last.word, last.text)
    };
    Some(if alarms.len() > 1 { format!("{} alarms, the last: {text}", alarms.len()) } else { text })
}

/// How often this news rings the bell.
pub fn bells(log: &[LogLine], attention: Attention) -> usize {
    log.iter().filter(|line| attention.is_alarm(line)).count()
}

/// The bytes that notify.
pub fn notification(text: &str, desktop: Desktop, around: Surroundings) -> Vec<u8> {
    // "4;" at the start would be a progress bar to some terminals, and ";" separates in OSC 777.
    let text = short(text).replace(';', ",");
    let body = match desktop {
        Desktop::Off => return Vec::new(),
        Desktop::Osc777 => format!("777;notify;swfbeat;{text}"),
        Desktop::Auto if around.osc777 => format!("777;notify;swfbeat;{text}"),
        Desktop::Auto | Desktop::Osc9 => format!("9;swfbeat: {text}"),
    };
    let bytes = osc(&body);
    // tmux drops what it does not know unless it is told to pass it on, and is allowed to.
    if around.tmux { through_tmux(&bytes) } else { bytes }
}

/// The bytes that put a text on the clipboard (OSC 52).
pub fn clipboard(text: &str, around: Surroundings) -> Vec<u8> {
    let bytes = osc(&format!("52;c;{}", STANDARD.encode(text)));
    // tmux takes it itself with `set-clipboard on`, and passes it on with `allow-passthrough on`.
    if around.tmux { [through_tmux(&bytes), bytes].concat() } else { bytes }
}

fn short(text: &str) -> String {
    printable(text).chars().take(TEXT_MAX).collect()
}

fn osc(body: &str) -> Vec<u8> {
    format!("\x1b]{body}\x1b\\").into_bytes()
}

fn through_tmux(bytes: &[u8]) -> Vec<u8> {
    let doubled = bytes.iter().flat_map(|&byte| std::iter::repeat_n(byte, if byte == 0x1b { 2 } else { 1 }));
    b"\x1bPtmux;".iter().copied().chain(doubled).chain(*b"\x1b\\").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixtures::log_line;

    fn around(variables: &[(&str, &str)]) -> Surroundings {
        Surroundings::of(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into()))
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_notification_goes_the_way_the_terminal_knows() {
        let notified = |desktop, variables| text(notification("swap-17: due; 4", desktop, around(variables)));
        assert_eq!(notified(Desktop::Auto, &[]), "\x1b]9;swfbeat: swap-17: due, 4\x1b\\");
        assert_eq!(notified(Desktop::Auto, &[("TERM", "foot")]), "\x1b]777;notify;swfbeat;swap-17: due, 4\x1b\\");
        assert_eq!(notified(Desktop::Off, &[]), "");
        let tmux = &[("TMUX", "/tmp/x")];
        assert_eq!(notified(Desktop::Osc9, tmux), "\x1bPtmux;\x1b\x1b]9;swfbeat: swap-17: due, 4\x1b\x1b\\\x1b\\");
    }

    #[test]
    fn inert_text_nothing_ends_the_string_it_is_in() {
        let evil = "a\x1b\\\x07\u{9c}b\u{202e}";
        for bytes in [title_bytes(evil), notification(evil, Desktop::Osc9, around(&[]))] {
            let text = text(bytes);
            let inside = text.strip_prefix("\x1b]").unwrap().strip_suffix("\x1b\\").unwrap();
            assert!(!inside.chars().any(char::is_control) && !inside.contains('\u{202e}'), "{inside:?}");
        }
        assert!(text(title_bytes(&"x".repeat(9_999))).len() < 200);
    }

    #[test]
    fn the_clipboard_gets_the_raw_text_and_the_terminal_only_letters() {
        assert_eq!(text(clipboard("a\x1bé", around(&[]))), "\x1b]52;c;YRvDqQ==\x1b\\");
        let tmux = text(clipboard("a", around(&[("TMUX", "x")])));
        assert_eq!(tmux, "\x1bPtmux;\x1b\x1b]52;c;YQ==\x1b\x1b\\\x1b\\\x1b]52;c;YQ==\x1b\\");
    }

    #[test]
    fn of_several_alarms_the_last_is_told() {
        let line = |level, subject: &str| log_line(level, "cancel", subject, "requested");
        let alarm = |log: &[LogLine]| alarm(log, Attention::default());
        assert_eq!(alarm(&[line(Level::Error, "a")]), None);
        assert_eq!(alarm(&[line(Level::Alarm, "a")]).unwrap(), "a: cancel requested");
        let two = [line(Level::Alarm, "a"), line(Level::Info, "b"), line(Level::Alarm, "c")];
        assert_eq!(alarm(&two).unwrap(), "2 alarms, the last: c: cancel requested");
        let said = [log_line(Level::Alarm, "cancel", "a", "cancel requested by the workflow")];
        assert_eq!(alarm(&said).unwrap(), "a: cancel requested by the workflow", "no word twice");
        let note = [log_line(Level::Warn, REMIND_WORD, "a", "follow up now")];
        let quiet = Attention { follow_ups: false, ..Attention::default() };
        assert_eq!((bells(&note, Attention::default()), bells(&note, quiet)), (1, 0));
    }
}
