//! The one way out: the screen is gone, the engine drains, somebody may be watching.
//!
//! A poll in flight is waited for, because a task that SWF starts for it would be lost; a line on stderr counts down. A
//! second signal ends the wait and says what that may cost. A lost terminal is not written to.

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
use crate::text::printable;
use crate::tui::{Engine, Exit, ScreenError, Signals};

/// A poll comes to its end within this, milliseconds.
const POLL_MS: i64 = 61_000;
/// Nothing is said about a wait that is over this soon, milliseconds.
const QUIET_MS: i64 = 300;

/// How the wait ended.
enum End {
    Drained,
    Gone(String),
    Signal(i32),
}

/// Leaves after the screen, whatever ended it, and says what went wrong. With a `journal`, what is kept alive is kept on
/// without a terminal first. `hurry` is called now and then: the demo has held polls answered.
pub fn leave(
    mut link: Link,
    signals: &Signals,
    shown: &Result<Exit, ScreenError>,
    journal: Option<&Place>,
    hurry: impl Fn(),
) -> ExitCode {
    let mut notice = Notice::new(matches!(shown, Ok(Exit::TerminalLost)));
    if let Err(error) = shown {
        notice.say(&format!("swfbeat: {}", printable(&error.to_string())));
    }
    link.end_autopilot();
    if let Some(journal) = journal.filter(|_| stay::is_wanted(shown)) {
        stay::stay(&mut link, signals, &mut notice, journal);
    }
    let end = match shown {
        Ok(Exit::EngineGone(why)) => End::Gone(why.clone()),
        _ => match link.send(Command::Shutdown) {
            Ok(()) => wait(&mut link, signals, &mut notice, hurry),
            Err(gone) => End::Gone(gone.0),
        },
    };
    notice.clear();
    let failed = ExitCode::from(Kind::Failed as u8);
    let (why, code) = match end {
        // The journal is closed as well: the engine says that it is drained as its last word.
        End::Drained => return if shown.is_ok() { ExitCode::SUCCESS } else { failed },
        End::Gone(why) => (why, failed),
        End::Signal(number) => {
            ("left before everything came to its end".to_owned(), ExitCode::from(128 | number as u8))
        }
    };
    notice.say(&format!("swfbeat: {}", printable(&why)));
    for loss in link.last().losses() {
        notice.say(&format!("  {loss}"));
    }
    code
}

fn wait(link: &mut Link, signals: &Signals, notice: &mut Notice, hurry: impl Fn()) -> End {
    let start = clock::now().boot;
    loop {
        let news = link.take();
        if let Some(why) = news.gone {
            return End::Gone(why);
        }
        if news.drained {
            return End::Drained;
        }
        for signal in signals.drain() {
            match Signal::from_named_raw(signal) {
                // A terminal that closes sends it, sometimes twice; the poll is waited for all the same.
                Some(Signal::HUP) => notice.lose_terminal(),
                Some(Signal::INT | Signal::TERM) => return End::Signal(signal),
                _ => {}
            }
        }
        hurry();
        let passed = clock::now().boot - start;
        if link.last().poll_in_flight() && passed >= QUIET_MS {
            notice.show(&waiting(passed));
        }
        rest(link, signals, start);
    }
}

/// What is said while a poll is waited for.
fn waiting(passed: i64) -> String {
    let left = ((POLL_MS - passed).max(0) + 999) / 1_000;
    format!("waiting up to {left} s for the poll in flight, so that no task is lost; ctrl-c again leaves now")
}

/// Until there is news, a signal, or the next moment at which something is to be said.
fn rest(link: &Link, signals: &Signals, start: Boot) {
    let passed = clock::now().boot - start;
    let next = if passed < QUIET_MS { QUIET_MS } else { passed - passed % 1_000 + 1_000 };
    let wait = next - passed;
    let wait = Timespec { tv_sec: wait / 1_000, tv_nsec: wait % 1_000 * 1_000_000 };
    let mut fds = [link.wake_fd(), signals.fd()].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
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
