//! Without a screen: the terminal is lost, and what a person has agreed to keep alive is kept alive to the end of that
//! agreement (engine rules, "Keep-alive leases"). Nothing is claimed and nothing is renewed: nobody is there.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;

use super::link::Link;
use super::outlet::Notice;
use crate::clock;
use crate::console::Command;
use crate::journal::{self, Place};
use crate::text::printable;
use crate::tui::{Engine, Exit, ScreenError, Signals, Zone};

/// Whether the screen ended in a way after which kept tasks are kept on.
pub fn is_wanted(shown: &Result<Exit, ScreenError>) -> bool {
    match shown {
        Ok(Exit::TerminalLost) => true,
        Ok(Exit::Signal(signal)) => Signal::from_named_raw(*signal) == Some(Signal::HUP),
        _ => false,
    }
}

/// Goes on as long as a task is kept alive, or until a signal says otherwise. Whoever opens the journal meanwhile is told.
pub fn stay(link: &mut Link, signals: &Signals, notice: &mut Notice, journal: &Place) {
    // The last facts may still be on their way.
    if link.take_quietly() || link.last().kept().is_none() || link.send(Command::StopClaiming).is_err() {
        return;
    }
    let mut told = None;
    while let Some((tasks, until)) = link.last().kept() {
        let until = Zone::Local.minute_and_day(until, clock::now().wall);
        let words = format!("keeps {tasks} alive without a screen until {until}");
        if told.as_ref() != Some(&words) {
            if let Err(error) = journal::describe_keeper(journal, &words) {
                let why = printable(&error.to_string()).into_owned();
                notice.say(&format!("swfbeat: others cannot be told that this process goes on: {why}"));
            }
            if told.is_none() {
                let pid = rustix::process::getpid();
                notice.say(&format!("swfbeat: pid {pid} {words}; kill {pid} ends it"));
            }
            told = Some(words);
        }
        if wait(link, signals, notice) || link.take_quietly() {
            return;
        }
    }
    notice.say("swfbeat: nothing is kept alive any more");
}

/// Until there is news; `true` if a signal says to leave.
fn wait(link: &Link, signals: &Signals, notice: &mut Notice) -> bool {
    let mut fds = [link.wake_fd(), signals.fd()].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
    // Interrupted by a signal or not: everything is looked at anyway.
    let _ = poll(&mut fds, None);
    let mut leaves = false;
    for signal in signals.drain() {
        match Signal::from_named_raw(signal) {
            // A terminal that closes sends it, sometimes twice.
            Some(Signal::HUP) => notice.lose_terminal(),
            Some(Signal::INT | Signal::TERM) => leaves = true,
            _ => {}
        }
    }
    leaves
}
