//! A question before something that cannot be taken back. Cancel is the default.

use crossterm::event::KeyCode;

use super::action::Action;
use super::keys::Key;
use super::state::{Overlay, State};
use crate::console::{Command, TaskFacts, TaskState};
use crate::task::ClaimId;

/// One question with two buttons.
#[derive(Debug)]
pub struct Confirm {
    /// What is asked; printable.
    pub title: String,
    /// What it is about and what it does; printable.
    pub lines: Vec<String>,
    /// The button that does it.
    pub verb: &'static str,
    /// What it does.
    pub yes: Yes,
    /// Whether that button is chosen; Cancel is otherwise.
    pub chosen: bool,
    /// The act and the tasks it is about; whether it still may be done is looked at again.
    pub about: Option<(Action, Vec<ClaimId>)>,
    /// Where Cancel goes back to.
    pub back: Option<Overlay>,
}

/// What a confirmed question does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Yes {
    /// Gives a command.
    Send(Command),
    /// Leaves the program.
    Quit,
    /// Stops it until `fg`, with the whole job or only this process.
    Suspend {
        /// The whole job.
        job: bool,
    },
}

/// What became of a question after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// None yet.
    Open,
    /// Cancel.
    No,
    /// Do it.
    Yes,
}

impl Confirm {
    /// A question with Cancel chosen.
    pub fn new(title: String, lines: Vec<String>, verb: &'static str, yes: Yes) -> Self {
        Self { title, lines, verb, yes, chosen: false, about: None, back: None }
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Answer {
        match key.code {
            KeyCode::Left | KeyCode::Char('h') => self.chosen = false,
            KeyCode::Right | KeyCode::Char('l') => self.chosen = true,
            KeyCode::Tab | KeyCode::BackTab => self.chosen = !self.chosen,
            KeyCode::Esc => return Answer::No,
            KeyCode::Enter => return if self.chosen { Answer::Yes } else { Answer::No },
            _ => {}
        }
        Answer::Open
    }
}

/// Asks before leaving, if anything depends on this process, in whichever context: each with its name.
pub fn before_quit(contexts: &[(&str, &State)]) -> Option<Confirm> {
    let mut lines = in_each(contexts, dependents);
    if lines.is_empty() {
        return None;
    }
    let demo = contexts.iter().any(|(_, state)| state.stage.is_some());
    let after = if demo { "The demo ends with it." } else { "What is saved is here again at the next start." };
    lines.push(after.into());
    Some(Confirm::new("Quit? This depends on this process:".into(), lines, "Quit", Yes::Quit))
}

/// Asks before a stop, if heartbeats would stop with it.
pub fn before_suspend(contexts: &[(&str, &State)], job: bool) -> Option<Confirm> {
    let mut lines = in_each(contexts, |state| kept_line(state).into_iter().collect());
    if lines.is_empty() {
        return None;
    }
    lines.push("A stopped process sends nothing; the countdowns go on.".into());
    Some(Confirm::new("Suspend? This depends on this process:".into(), lines, "Suspend", Yes::Suspend { job }))
}

/// Lines about each context, with its name in front if there are several.
fn in_each(contexts: &[(&str, &State)], lines: impl Fn(&State) -> Vec<String>) -> Vec<String> {
    let several = contexts.len() > 1;
    let named = |name: &str, line| if several { format!("{name}: {line}") } else { line };
    let each = contexts.iter().flat_map(|(name, state)| lines(state).into_iter().map(move |line| named(name, line)));
    each.collect()
}

/// What depends on this process, a line each, the gravest first.
fn dependents(state: &State) -> Vec<String> {
    if state.only_looks() {
        return Vec::new();
    }
    let unsaved = names(state, |facts| !facts.saved);
    let closing = names(state, |facts| matches!(facts.state, TaskState::Closing { .. }));
    let polling = state.status.as_ref().is_some_and(|status| status.poll_in_flight);
    let lines = [
        unsaved.map(|(count, names)| format!("{count} NOT SAVED, lost with it: {names}")),
        kept_line(state),
        closing.map(|(count, names)| format!("{count} not surely closed, tried again at the next start: {names}")),
        // In the demo nobody has to wait: its service answers held polls.
        (polling && state.stage.is_none())
            .then(|| "A poll in flight: waited for, up to 61 s, so that no task is lost.".into()),
    ];
    lines.into_iter().flatten().collect()
}

fn kept_line(state: &State) -> Option<String> {
    let (count, names) = names(state, |facts| facts.lease.is_some())?;
    Some(format!("{count} kept alive, then no longer beaten: {names}"))
}

/// How many open tasks are such, and the first few of them by name.
fn names(state: &State, such: impl Fn(&TaskFacts) -> bool) -> Option<(String, String)> {
    const NAMED: usize = 4;
    let such = state.tasks.such(|facts| !facts.has_ended() && such(facts));
    let mut names = such.iter().take(NAMED).map(|facts| facts.activity_id.line()).collect::<Vec<_>>().join(", ");
    match such.len() {
        0 => return None,
        count if count > NAMED => names.push_str(", …"),
        _ => {}
    }
    let count = if such.len() == 1 { "1 task".into() } else { format!("{} tasks", such.len()) };
    Some((count, names))
}
