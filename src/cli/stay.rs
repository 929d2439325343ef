//! Without a screen: the terminal is lost, or the screen has crashed, and what a person has agreed to keep alive is kept alive to the end of that
//! agreement (engine rules, "Keep-alive leases"). Nothing is claimed and nothing is renewed: nobody is there.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;

use super::leave::Held;
use super::outlet::Notice;
use crate::clock;
use crate::console::Command;
use crate::journal;
use crate::text::printable;
use crate::tui::{Engine, Exit, ScreenError, Signals, Zone};

/// Whether the screen ended in a way after which kept tasks are kept on.
pub fn is_wanted(shown: &Result<Exit, ScreenError>) -> bool {
    match shown {
        Ok(Exit::TerminalLost) | Err(ScreenError::Crashed(_)) => true,
        Ok(Exit::Signal(signal)) => Signal::from_named_raw(*signal) == Some(Signal::HUP),
        _ => false,
    }
}

/// Goes on as long as a task is kept alive, or until a signal says otherwise. Whoever opens its journal meanwhile is told.
pub fn stay(engines: &mut [Held], signals: &Signals, notice: &mut Notice) {
    // The last facts may still be on their way.
    engines.iter_mut().filter(|engine| !engine.has_ended()).for_each(Held::listen);
    let keeps = |engine: &&mut Held| engine.journal().is_some() && !engine.has_ended();
    let mut told = vec![None; engines.len()];
    let mut staying = false;
    for engine in engines.iter_mut().filter(keeps) {
        if engine.link().last().kept().is_some() {
            // One that has stopped says so in its news.
            let _ = engine.link().send(Command::StopClaiming);
            staying = true;
        }
    }
    if !staying {
        return;
    }
    loop {
        let mut kept = false;
        for (engine, told) in engines.iter_mut().zip(&mut told).filter(|(engine, _)| !engine.has_ended()) {
            kept |= describe(engine, told, notice);
        }
        if !kept {
            notice.say("swfbeat: nothing is kept alive any more");
            return;
        }
        if wait(engines, signals, notice) {
            return;
        }
        engines.iter_mut().filter(|engine| !engine.has_ended()).for_each(Held::listen);
    }
}

/// Says what is kept alive on an engine and until when, here and to whoever opens its journal, if that is not said yet;
/// `false` if nothing is.
fn describe(engine: &mut Held, told: &mut Option<String>, notice: &mut Notice) -> bool {
    let Some((tasks, until)) = engine.link().last().kept() else { return false };
    let Some(journal) = engine.journal() else { return false };
    let until = Zone::Local.minute_and_day(until, clock::now().wall);
    let words = format!("keeps {tasks} alive without a screen until {until}");
    if told.as_ref() != Some(&words) {
        if let Err(error) = journal::describe_keeper(journal, &words) {
            let why = printable(&error.to_string()).into_owned();
            let said = engine.say(&format!("others cannot be told that this process goes on: {why}"));
            notice.say(&format!("swfbeat: {said}"));
        }
        if told.is_none() {
            let pid = rustix::process::getpid();
            let said = engine.say(&format!("pid {pid} {words}; kill {pid} ends it"));
            notice.say(&format!("swfbeat: {said}"));
        }
        *told = Some(words);
    }
    true
}

/// Until there is news; `true` if a signal says to leave.
fn wait(engines: &[Held], signals: &Signals, notice: &mut Notice) -> bool {
    let listened = engines.iter().filter(|engine| !engine.has_ended()).map(Held::wake_fd);
    let fds = listened.chain([signals.fd()]).map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
    let mut fds: Vec<_> = fds.collect();
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
