//! Why an action cannot be done now, in a printable sentence (promise says-why).

use super::{A, Action};
use crate::console::{Connection, Deadline, Status, TaskFacts, TaskState};
use crate::task::Source;
use crate::tui::keymap::Keymap;
use crate::tui::state::State;
use crate::tui::targets;
use crate::tui::tasks::asks_for_cancel;
use crate::tui::views::View;

impl Action {
    /// Why it cannot be done now, in a printable sentence; `None` if it can.
    pub fn disabled_reason(self, state: &State) -> Option<String> {
        if self.views().is_some_and(|views| !views.contains(&state.views.now())) {
            let name = self.name();
            return Some(format!("{name} does nothing in this view: {}", state.keymap.fill("{back} goes back")));
        }
        if self == A::Contexts && !state.around.several() {
            return Some("there is no other context; [contexts] in the config file names some".into());
        }
        if self == A::Open && state.views.now() == View::Waiting {
            return A::Claim.disabled_reason(state);
        }
        targets::why_not(state, self)
    }

    /// The same for a certain task.
    pub fn disabled_reason_for(self, state: &State, task: Option<&TaskFacts>) -> Option<String> {
        if (self == A::Service || self.is_presenters()) && state.stage.is_none() {
            return Some("only in the demo: swfbeat demo".into());
        }
        let needs = self.needs();
        if !matches!(needs, Needs::Nothing | Needs::Selection)
            && let Some(why) = state.why_only_looks()
        {
            return Some(why.to_owned());
        }
        let off_the_list = || task.filter(|facts| state.tasks.get(facts.id).is_none());
        if let (A::Dismiss | A::Note, Some(facts)) = (self, off_the_list()) {
            return Some(format!("{} was taken off the list", facts.activity_id.line()));
        }
        match (needs, task) {
            (Needs::Nothing, _) => None,
            (Needs::Console, _) => self.why_not_now(state.status.as_deref()),
            (_, None) => Some(state.keymap.fill("there is no task; {claim} claims some")),
            (Needs::Selection | Needs::Task, Some(facts)) => self.why_not_on(facts, &state.keymap),
            (Needs::OpenTask, Some(facts)) => {
                why_not_open(facts, &state.keymap).or_else(|| self.why_not_on(facts, &state.keymap))
            }
        }
    }

    fn needs(self) -> Needs {
        match self {
            A::Beat
            | A::Percent(_)
            | A::Details
            | A::Keep
            | A::Complete
            | A::Fail
            | A::Cancel
            | A::GoOn
            | A::SetTimeout => Needs::OpenTask,
            A::StopKeeping | A::Withdraw | A::Note | A::Dismiss => Needs::Task,
            A::Claim | A::AutoClaim | A::StopClaiming | A::Orphans | A::Reload => Needs::Console,
            A::Open | A::OpenEvents | A::Mark | A::Copy(_) | A::StageCancel | A::StageKill | A::StageClose => {
                Needs::Selection
            }
            _ => Needs::Nothing,
        }
    }

    /// For the acts that are about no task.
    fn why_not_now(self, status: Option<&Status>) -> Option<String> {
        let (possible, why) = match self {
            A::Claim | A::AutoClaim => (status.is_some(), "not connected yet: no domain to claim from"),
            A::StopClaiming => (status.is_some_and(|status| !status.claiming.is_empty()), "nothing is being claimed"),
            A::Orphans => (status.is_some_and(|status| status.possible_orphans > 0), "no poll is without an answer"),
            A::Reload => {
                let denied = status.is_some_and(|status| matches!(status.connection, Connection::NoAccess { .. }));
                (denied, "the credentials are not in question")
            }
            _ => (true, ""),
        };
        (!possible).then(|| why.to_owned())
    }

    /// For the acts on a task.
    fn why_not_on(self, facts: &TaskFacts, keymap: &Keymap) -> Option<String> {
        let name = facts.activity_id.line();
        match self {
            A::StopKeeping if facts.lease.is_none() => Some(format!("{name} is not kept alive")),
            A::Cancel if facts.cancel.is_none() => {
                let instead = keymap.fill("{beat} asks the service, {fail} fails the task");
                Some(format!("no cancel request was seen for {name}; {instead}"))
            }
            A::GoOn if !asks_for_cancel(facts) => Some(format!("no cancel request of {name} waits for an answer")),
            A::SetTimeout if !facts.deadlines.iter().any(may_be_set) => {
                Some(format!("every timeout of {name} is known for certain"))
            }
            A::Dismiss if !facts.has_ended() => {
                Some(format!("{name} has not ended; only ended tasks can be dismissed"))
            }
            A::StageCancel | A::StageKill | A::StageClose if facts.has_ended() => Some(format!("{name} has ended")),
            A::Copy(part) if part.of(facts).is_none() => Some(format!("{name} has no {}", part.name())),
            A::Withdraw => why_not_withdraw(facts),
            _ => None,
        }
    }
}

/// What an action cannot do without.
#[derive(Debug, Clone, Copy)]
enum Needs {
    Nothing,
    /// A console that acts.
    Console,
    /// A task to look at.
    Selection,
    /// A task to act on.
    Task,
    /// One that is neither over nor being closed.
    OpenTask,
}

/// Whether the operator's word counts for this timeout: nobody knows, or only a type's default does.
pub fn may_be_set(deadline: &Deadline) -> bool {
    !matches!(deadline.limit, Some((_, Source::History)))
}

fn why_not_open(facts: &TaskFacts, keymap: &Keymap) -> Option<String> {
    let name = facts.activity_id.line();
    match &facts.state {
        TaskState::Ended { .. } => {
            Some(format!("{name} has ended; {}", keymap.fill("{dismiss} takes it off the list")))
        }
        TaskState::Closing { kind, .. } => Some(format!("{name} is already being closed as {}", kind.word())),
        TaskState::Held | TaskState::Refused { .. } => None,
    }
}

fn why_not_withdraw(facts: &TaskFacts) -> Option<String> {
    let name = facts.activity_id.line();
    match &facts.state {
        TaskState::Closing { unconfirmed: true, .. } => {
            Some(format!("the close of {name} may have been applied: it cannot be taken back"))
        }
        TaskState::Closing { trouble: None, .. } => Some(format!("the close of {name} is on its way")),
        TaskState::Closing { .. } => None,
        _ => Some(format!("{name} is not being closed")),
    }
}
