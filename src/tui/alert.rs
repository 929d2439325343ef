//! Calling somebody who does not look: the terminal's bell, and a notification of the desktop (OSC 9, as iTerm2, kitty,
//! WezTerm, ghostty and foot show it; other terminals drop it).

use crate::console::{Level, LogLine};

/// What an alarm does beside being shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alerts {
    /// Ring the bell.
    pub bell: bool,
    /// Show a notification.
    pub notifications: bool,
}

impl Default for Alerts {
    fn default() -> Self {
        Self { bell: true, notifications: true }
    }
}

impl Alerts {
    /// The same on a terminal of this name: one that would show the sequence as text gets none.
    #[must_use]
    pub fn on(self, terminal: &str) -> Self {
        Self { notifications: self.notifications && !matches!(terminal, "linux" | "dumb"), ..self }
    }

    /// What the terminal is sent for a log line; nothing unless it is an alarm. The line is printable already, so that it
    /// cannot end the sequence.
    pub fn bytes(self, line: &LogLine) -> Vec<u8> {
        let mut bytes = Vec::new();
        if line.level != Level::Alarm {
            return bytes;
        }
        if self.bell {
            bytes.push(b'\x07');
        }
        if self.notifications {
            let subject = if line.subject.is_empty() { String::new() } else { format!("{}: ", line.subject) };
            bytes.extend_from_slice(format!("\x1b]9;swfbeat: {subject}{}\x1b\\", line.text).as_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixtures::log_line;

    #[test]
    fn alarms_ring_and_notify_as_far_as_is_wanted() {
        let alarm = log_line(Level::Alarm, "keep", "rel-1", "keep-alive ends in 3 min");
        let both = Alerts::default();
        assert_eq!(both.bytes(&alarm), b"\x07\x1b]9;swfbeat: rel-1: keep-alive ends in 3 min\x1b\\");
        assert_eq!(both.on("linux").bytes(&alarm), b"\x07");
        assert_eq!(Alerts { bell: false, ..both }.on("dumb").bytes(&alarm), b"");
        assert_eq!(both.bytes(&log_line(Level::Warn, "keep", "rel-1", "keep-alive ends in 6 min")), b"");
    }
}
