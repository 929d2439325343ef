//! Everything a key can do outside forms: one list with names, keys, docs, and why an action may not be done now.
//!
//! Footer and help are made from this list, and a refused key says its reason from here. What actions do is in `update`.

use crossterm::event::KeyCode;

use super::keys::Key;
use super::state::State;
use super::tasks::asks_for_cancel;
use crate::console::{Connection, Deadline, Status, TaskFacts, TaskState};
use crate::task::Source;

/// Something a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// One heartbeat now with the last details again.
    Beat,
    /// One heartbeat with so many percent as its details.
    Percent(u8),
    /// One heartbeat with new details.
    Details,
    /// Keep alive until a time.
    Keep,
    /// End keep-alive.
    StopKeeping,
    /// RespondActivityTaskCompleted.
    Complete,
    /// RespondActivityTaskFailed.
    Fail,
    /// RespondActivityTaskCanceled.
    Cancel,
    /// Go on despite the cancel request.
    GoOn,
    /// Take back a close that was certainly not applied.
    Withdraw,
    /// Set timeouts that nobody could tell.
    SetTimeout,
    /// Take an ended task off the list.
    Dismiss,
    /// Claim tasks from a task list.
    Claim,
    /// No further poll.
    StopClaiming,
    /// Take credentials anew.
    Reload,
    /// One up.
    Up,
    /// One down.
    Down,
    /// To the top.
    First,
    /// To the bottom.
    Last,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the next pane.
    NextPane,
    /// To the selected task's details.
    Open,
    /// Back to the table.
    Back,
    /// Draw everything anew.
    Repaint,
    /// Stop the process until `fg`.
    Suspend,
    /// All keys.
    Help,
    /// Leave.
    Quit,
}

use Action as A;

impl Action {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 37] = [
        A::Beat,
        A::Percent(10),
        A::Percent(20),
        A::Percent(30),
        A::Percent(40),
        A::Percent(50),
        A::Percent(60),
        A::Percent(70),
        A::Percent(80),
        A::Percent(90),
        A::Percent(100),
        A::Details,
        A::Keep,
        A::StopKeeping,
        A::Complete,
        A::Fail,
        A::Cancel,
        A::GoOn,
        A::Withdraw,
        A::SetTimeout,
        A::Dismiss,
        A::Claim,
        A::StopClaiming,
        A::Reload,
        A::Up,
        A::Down,
        A::First,
        A::Last,
        A::PageUp,
        A::PageDown,
        A::NextPane,
        A::Open,
        A::Back,
        A::Repaint,
        A::Suspend,
        A::Help,
        A::Quit,
    ];

    /// The acts of the footer, most telling first; help and quit are always there.
    pub const FOOTER: [Self; 15] = [
        A::Cancel,
        A::GoOn,
        A::Reload,
        A::Withdraw,
        A::Beat,
        A::Details,
        A::Keep,
        A::Complete,
        A::Fail,
        A::Dismiss,
        A::Claim,
        A::Percent(10),
        A::SetTimeout,
        A::StopClaiming,
        A::StopKeeping,
    ];

    /// What a key does, if anything.
    pub fn of(key: Key) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.keys().contains(&key))
    }

    /// Two words at most, for the footer.
    pub fn name(self) -> &'static str {
        match self {
            A::Beat => "beat",
            A::Percent(_) => "percent",
            A::Details => "details",
            A::Keep => "keep alive",
            A::StopKeeping => "stop keeping",
            A::Complete => "complete",
            A::Fail => "fail",
            A::Cancel => "canceled",
            A::GoOn => "go on",
            A::Withdraw => "withdraw close",
            A::SetTimeout => "set timeout",
            A::Dismiss => "dismiss",
            A::Claim => "claim",
            A::StopClaiming => "stop claiming",
            A::Reload => "reload credentials",
            A::Up => "up",
            A::Down => "down",
            A::First => "first",
            A::Last => "last",
            A::PageUp => "page up",
            A::PageDown => "page down",
            A::NextPane => "next pane",
            A::Open => "open",
            A::Back => "back",
            A::Repaint => "repaint",
            A::Suspend => "suspend",
            A::Help => "help",
            A::Quit => "quit",
        }
    }

    /// One sentence, for the help. Neighbours with the same sentence share a line there.
    pub fn doc(self) -> &'static str {
        match self {
            A::Beat => "send one heartbeat now, with the last details again",
            A::Percent(_) => "send one heartbeat with 10 % … 100 % as its details",
            A::Details => "send one heartbeat with new details",
            A::Keep => "keep alive by heartbeats until a time you say",
            A::StopKeeping => "stop keeping alive",
            A::Complete => "respond completed, with a result",
            A::Fail => "respond failed, with a reason and details",
            A::Cancel => "respond canceled to a cancel request",
            A::GoOn => "go on with the work despite a cancel request",
            A::Withdraw => "take back a close that was certainly not applied",
            A::SetTimeout => "set a timeout that nobody could tell",
            A::Dismiss => "take an ended task off the list",
            A::Claim => "claim tasks from a task list",
            A::StopClaiming => "stop claiming; a poll in flight is waited for",
            A::Reload => "take AWS credentials anew and try again",
            A::Up | A::Down => "one up, one down",
            A::First | A::Last => "to the top, to the bottom",
            A::PageUp | A::PageDown => "a page up, a page down",
            A::NextPane => "to the next pane",
            A::Open => "to the details of the selected task",
            A::Back => "back to the tasks",
            A::Repaint => "draw the screen anew",
            A::Suspend => "suspend; fg brings it back",
            A::Help => "show or hide this help",
            A::Quit => "quit; asks if anything depends on this process",
        }
    }

    /// The keys it is bound to, the one to show first.
    pub fn keys(self) -> &'static [Key] {
        const DIGITS: [Key; 10] = [
            Key::char('1'),
            Key::char('2'),
            Key::char('3'),
            Key::char('4'),
            Key::char('5'),
            Key::char('6'),
            Key::char('7'),
            Key::char('8'),
            Key::char('9'),
            Key::char('0'),
        ];
        match self {
            A::Beat => &const { [Key::char(' ')] },
            A::Percent(percent) => {
                DIGITS.get((usize::from(percent) / 10).wrapping_sub(1)..).map_or(&[], |from| &from[..1])
            }
            A::Details => &const { [Key::char('d')] },
            A::Keep => &const { [Key::char('a')] },
            A::StopKeeping => &const { [Key::char('A')] },
            A::Complete => &const { [Key::char('c')] },
            A::Fail => &const { [Key::char('f')] },
            A::Cancel => &const { [Key::char('x')] },
            A::GoOn => &const { [Key::char('i')] },
            A::Withdraw => &const { [Key::char('w')] },
            A::SetTimeout => &const { [Key::char('t')] },
            A::Dismiss => &const { [Key::char('D'), Key::plain(KeyCode::Delete)] },
            A::Claim => &const { [Key::char('p')] },
            A::StopClaiming => &const { [Key::char('P')] },
            A::Reload => &const { [Key::char('r')] },
            A::Up => &const { [Key::char('k'), Key::plain(KeyCode::Up)] },
            A::Down => &const { [Key::char('j'), Key::plain(KeyCode::Down)] },
            A::First => &const { [Key::char('g'), Key::plain(KeyCode::Home)] },
            A::Last => &const { [Key::char('G'), Key::plain(KeyCode::End)] },
            A::PageUp => &const { [Key::ctrl('u'), Key::plain(KeyCode::PageUp)] },
            A::PageDown => &const { [Key::ctrl('d'), Key::plain(KeyCode::PageDown)] },
            A::NextPane => &const { [Key::plain(KeyCode::Tab)] },
            A::Open => &const { [Key::plain(KeyCode::Enter)] },
            A::Back => &const { [Key::plain(KeyCode::Esc)] },
            A::Repaint => &const { [Key::ctrl('l')] },
            A::Suspend => &const { [Key::ctrl('z')] },
            A::Help => &const { [Key::char('?')] },
            A::Quit => &const { [Key::char('q'), Key::ctrl('c')] },
        }
    }

    /// Why it cannot be done now, in a printable sentence; `None` if it can.
    pub fn disabled_reason(self, state: &State) -> Option<String> {
        self.disabled_reason_for(state, state.selected())
    }

    /// The same for a certain task.
    pub fn disabled_reason_for(self, state: &State, task: Option<&TaskFacts>) -> Option<String> {
        let needs = self.needs();
        if !matches!(needs, Needs::Nothing | Needs::Selection) && state.only_looks() {
            return Some("this screen only looks: another process is the keeper of this journal".into());
        }
        match (needs, task) {
            (Needs::Nothing, _) | (Needs::Selection, Some(_)) => None,
            (Needs::Console, _) => self.why_not_now(state.status.as_deref()),
            (_, None) => Some("there is no task; p claims some".into()),
            (Needs::Task, Some(facts)) => self.why_not_on(facts),
            (Needs::OpenTask, Some(facts)) => why_not_open(facts).or_else(|| self.why_not_on(facts)),
        }
    }

    /// Whether it renews a lease at once, so that a weight on its key must not do it.
    pub fn renews(self) -> bool {
        matches!(self, A::Beat | A::Percent(_) | A::GoOn)
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
            A::StopKeeping | A::Withdraw | A::Dismiss => Needs::Task,
            A::Claim | A::StopClaiming | A::Reload => Needs::Console,
            A::Open => Needs::Selection,
            _ => Needs::Nothing,
        }
    }

    /// For the acts that are about no task.
    fn why_not_now(self, status: Option<&Status>) -> Option<String> {
        let (possible, why) = match self {
            A::Claim => (status.is_some(), "not connected yet: no domain to claim from"),
            A::StopClaiming => (status.is_some_and(|status| !status.claiming.is_empty()), "nothing is being claimed"),
            A::Reload => {
                let denied = status.is_some_and(|status| matches!(status.connection, Connection::NoAccess { .. }));
                (denied, "the credentials are not in question")
            }
            _ => (true, ""),
        };
        (!possible).then(|| why.to_owned())
    }

    /// For the acts on a task.
    fn why_not_on(self, facts: &TaskFacts) -> Option<String> {
        let name = facts.activity_id.line();
        match self {
            A::StopKeeping if facts.lease.is_none() => Some(format!("{name} is not kept alive")),
            A::Cancel if facts.cancel.is_none() => {
                Some(format!("no cancel request was seen for {name}; space asks the service, f fails the task"))
            }
            A::GoOn if !asks_for_cancel(facts) => Some(format!("no cancel request of {name} waits for an answer")),
            A::SetTimeout if !facts.deadlines.iter().any(may_be_set) => {
                Some(format!("every timeout of {name} is known for certain"))
            }
            A::Dismiss if !facts.has_ended() => {
                Some(format!("{name} has not ended; only ended tasks can be dismissed"))
            }
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

fn why_not_open(facts: &TaskFacts) -> Option<String> {
    let name = facts.activity_id.line();
    match &facts.state {
        TaskState::Ended { .. } => Some(format!("{name} has ended; D takes it off the list")),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_does_two_things_and_every_action_has_a_key() {
        let keys: Vec<_> =
            Action::ALL.iter().flat_map(|action| action.keys().iter().map(move |key| (*key, *action))).collect();
        for (index, (key, action)) in keys.iter().enumerate() {
            let other = keys[index + 1..].iter().find(|(other, _)| other == key);
            assert!(other.is_none(), "{key} does {action:?} and {other:?}");
            assert_eq!(Action::of(*key), Some(*action));
        }
        assert!(Action::ALL.iter().all(|action| !action.keys().is_empty()));
    }

    #[test]
    fn keys_of_later_features_are_left_free() {
        for c in "/:msenyo".chars() {
            assert_eq!(Action::of(Key::char(c)), None, "{c}");
        }
        assert_eq!(Action::of(Key::ctrl('p')), None);
    }
}
