//! Lines for a person outside the screen. A reader that has gone away is no failure, and never a panic.

use std::fmt::Arguments;
use std::io::{self, BufRead, IsTerminal, Write};

/// One line to stderr. Its text is printable already.
pub fn say(line: Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Lines to stdout.
///
/// # Errors
/// Nobody can read them.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Asks a question that is answered with `y` or anything else; `None` if there is nobody to ask.
pub fn ask(question: &str) -> Option<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return None;
    }
    let _ = write!(io::stderr().lock(), "{question} [y/N] ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).ok()?;
    Some(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// A line that replaces itself on a terminal, and is said once anywhere else. Silent from the moment the terminal is lost.
#[derive(Debug)]
pub struct Notice {
    terminal: bool,
    silent: bool,
    shown: bool,
}

impl Notice {
    /// `lost`: the terminal is gone; stderr is written to only if it is something else.
    pub fn new(lost: bool) -> Self {
        let terminal = io::stderr().is_terminal() || lost && is_same_as_lost();
        Self { terminal, silent: lost && terminal, shown: false }
    }

    /// From now on the terminal is not to be touched.
    pub fn lose_terminal(&mut self) {
        self.silent = self.silent || self.terminal;
    }

    /// Shows the line, in place of the one before.
    pub fn show(&mut self, line: &str) {
        if self.silent || (self.shown && !self.terminal) {
            return;
        }
        self.shown = true;
        let (start, end) = if self.terminal { ("\r\x1b[K", "") } else { ("", "\n") };
        let mut out = io::stderr().lock();
        let _ = write!(out, "{start}{line}{end}");
        let _ = out.flush();
    }

    /// Ends the line that replaces itself, if there is one, and says something below it.
    pub fn say(&mut self, line: &str) {
        if self.silent {
            return;
        }
        let start = if self.shown && self.terminal { "\r\x1b[K" } else { "" };
        self.shown = false;
        say(format_args!("{start}{line}"));
    }

    /// Removes the line that replaces itself.
    pub fn clear(&mut self) {
        if self.shown && self.terminal && !self.silent {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
        self.shown = false;
    }
}

/// A terminal that has hung up answers EIO and looks like no terminal.
fn is_same_as_lost() -> bool {
    rustix::termios::tcgetattr(rustix::stdio::stderr()).err() == Some(rustix::io::Errno::IO)
}
