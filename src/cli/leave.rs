//! The one way out: the screen is gone, the engine drains, somebody may be watching.
//!
//! A poll in flight is waited for, because a task that SWF starts for it would be lost; a line on stderr counts down. A
//! second signal ends the wait and says what that may cost. A lost terminal is not written to.

use std::os::fd::BorrowedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;

use super::failure::Kind;
use super::link::Link;
use super::outlet::Notice;
use super::stay;
use crate::clock::{self, Boot};
use crate::console::Command;
use crate::journal::Place;
use crate::runtime::panic_reason;
use crate::text::printable;
use crate::tui::{Engine, Exit, ScreenError, Signals};

/// A poll comes to its end within this, milliseconds.
const POLL_MS: i64 = 61_000;
/// Nothing is said about a wait that is over this soon, milliseconds.
const QUIET_MS: i64 = 300;

/// An engine to be left.
#[derive(Debug)]
pub struct Held {
    /// The contexts on it, as what is said of it begins; empty if there is only one.
    name: String,
    link: Link,
    /// With one, what is kept alive is kept on without a terminal.
    journal: Option<Place>,
    /// How it came to its end, if it has.
    end: Option<Result<(), String>>,
}

impl Held {
    /// One that runs.
    pub fn new(name: String, link: Link, journal: Option<Place>) -> Self {
        Self { name, link, journal, end: None }
    }

    /// One that has stopped by itself, and was told of then.
    pub fn stopped(link: Link) -> Self {
        Self { name: String::new(), link, journal: None, end: Some(Ok(())) }
    }

    /// A sentence about it.
    pub fn say(&self, what: &str) -> String {
        if self.name.is_empty() { what.to_owned() } else { format!("{}: {what}", self.name) }
    }

    /// What passes to and from it.
    pub fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    /// Readable while there is news.
    pub fn wake_fd(&self) -> BorrowedFd<'_> {
        self.link.wake_fd()
    }

    /// Its journal, if it is to be kept on for.
    pub fn journal(&self) -> Option<&Place> {
        self.journal.as_ref()
    }

    /// Takes news, and remembers if it was the last.
    pub fn listen(&mut self) {
        let news = self.link.take();
        match news.gone {
            Some(why) => self.end = Some(Err(why)),
            None if news.drained => self.end = Some(Ok(())),
            None => {}
        }
    }

    /// Whether there is anything to wait for.
    pub fn has_ended(&self) -> bool {
        self.end.is_some()
    }
}

/// Plays a screen to its end. One that crashes has come to its end too: what somebody has agreed to keep alive does not die
/// of it.
///
/// # Errors
/// Those of the screen, and [`ScreenError::Crashed`].
pub fn played(screen: impl FnOnce() -> Result<Exit, ScreenError>) -> Result<Exit, ScreenError> {
    // Whatever state the screen has left behind is of no use to anybody.
    catch_unwind(AssertUnwindSafe(screen))
        .unwrap_or_else(|panic| Err(ScreenError::Crashed(panic_reason(panic.as_ref()).to_owned())))
}

/// Leaves after the screen, whatever ended it, and says what went wrong. What is kept alive on an engine with a journal
/// is kept on without a terminal first, if that is what ended it. `hurry` is called now and then: the demo has held polls
/// answered.
pub fn leave(
    mut engines: Vec<Held>,
    signals: &Signals,
    shown: &Result<Exit, ScreenError>,
    hurry: impl Fn(),
) -> ExitCode {
    let mut notice = Notice::new(matches!(shown, Ok(Exit::TerminalLost)));
    if let Err(error) = shown {
        notice.say(&format!("swfbeat: {}", printable(&error.to_string())));
    }
    for engine in &mut engines {
        engine.link.end_autopilot();
    }
    if stay::is_wanted(shown) {
        stay::stay(&mut engines, signals, &mut notice);
    }
    for engine in engines.iter_mut().filter(|engine| !engine.has_ended()) {
        engine.end = match shown {
            // The last of them.
            Ok(Exit::EngineGone(why)) => Some(Err(why.clone())),
            _ => engine.link.send(Command::Shutdown).err().map(|gone| Err(gone.0)),
        };
    }
    let signal = wait(&mut engines, signals, &mut notice, hurry);
    notice.clear();
    let failed = ExitCode::from(Kind::Failed as u8);
    let mut code = if shown.is_ok() { ExitCode::SUCCESS } else { failed };
    if let Some(number) = signal {
        notice.say("swfbeat: left before everything came to its end");
        code = ExitCode::from(128 | number as u8);
    }
    for engine in engines {
        let why = match &engine.end {
            // The journal is closed as well: the engine says that it is drained as its last word.
            Some(Ok(())) => continue,
            Some(Err(why)) => why.as_str(),
            None => "",
        };
        if !why.is_empty() {
            notice.say(&format!("swfbeat: {}", engine.say(&printable(why))));
            code = if signal.is_some() { code } else { failed };
        }
        for loss in engine.link.last().losses() {
            notice.say(&format!("  {}", engine.say(&loss)));
        }
    }
    code
}

/// Until all have come to their end; the signal that cut it short, if one did.
fn wait(engines: &mut [Held], signals: &Signals, notice: &mut Notice, hurry: impl Fn()) -> Option<i32> {
    let start = clock::now().boot;
    loop {
        engines.iter_mut().filter(|engine| !engine.has_ended()).for_each(Held::listen);
        let waited = || engines.iter().filter(|engine| !engine.has_ended());
        waited().next()?;
        for signal in signals.drain() {
            match Signal::from_named_raw(signal) {
                // A terminal that closes sends it, sometimes twice; the poll is waited for all the same.
                Some(Signal::HUP) => notice.lose_terminal(),
                Some(Signal::INT | Signal::TERM) => return Some(signal),
                _ => {}
            }
        }
        hurry();
        let passed = clock::now().boot - start;
        if passed >= QUIET_MS && waited().any(|engine| engine.link.last().poll_in_flight()) {
            notice.show(&waiting(passed));
        }
        rest(engines, signals, start);
    }
}

/// What is said while a poll is waited for.
fn waiting(passed: i64) -> String {
    let left = ((POLL_MS - passed).max(0) + 999) / 1_000;
    format!("waiting up to {left} s for the poll in flight, so that no task is lost; ctrl-c again leaves now")
}

/// Until there is news, a signal, or the next moment at which something is to be said.
fn rest(engines: &[Held], signals: &Signals, start: Boot) {
    let passed = clock::now().boot - start;
    let next = if passed < QUIET_MS { QUIET_MS } else { passed - passed % 1_000 + 1_000 };
    let wait = next - passed;
    let wait = Timespec { tv_sec: wait / 1_000, tv_nsec: wait % 1_000 * 1_000_000 };
    let waited = engines.iter().filter(|engine| !engine.has_ended()).map(Held::wake_fd);
    let fds = waited.chain([signals.fd()]).map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
    let mut fds: Vec<_> = fds.collect();
    // Interrupted by a signal or not: whoever called looks at everything anyway.
    let _ = poll(&mut fds, Some(&wait));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_counts_down_and_not_below_zero() {
        assert!(waiting(0).starts_with("waiting up to 61 s for the poll"));
        assert!(waiting(300).starts_with("waiting up to 61 s"));
        assert!(waiting(60_000).starts_with("waiting up to 1 s"));
        assert!(waiting(70_000).starts_with("waiting up to 0 s"));
    }
}
