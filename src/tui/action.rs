//! Everything a key can do outside forms: one list with names, keys, docs, and why an action may not be done now.
//!
//! Footer and help are made from this list, and a refused key says its reason from here. What actions do is in `update`.

mod own_keys;
mod why_not;

use super::clipboard::Part;
use super::keys::Key;
use super::views::{self, SomeViews, View};
use crate::demo::view::Fault;

pub use why_not::may_be_set;

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
    /// Note something on a task.
    Note,
    /// Take an ended task off the list.
    Dismiss,
    /// Claim tasks from a task list.
    Claim,
    /// Claim from a task list while few tasks are held.
    AutoClaim,
    /// No further poll.
    StopClaiming,
    /// Look for the tasks of polls whose answers never arrived.
    Orphans,
    /// Take credentials anew.
    Reload,
    /// Mark the task, or take its mark away.
    Mark,
    /// Mark all from the last mark to here.
    MarkRange,
    /// Mark all that are shown.
    MarkAll,
    /// Mark what is not marked, and the other way round.
    MarkInvert,
    /// Take all marks away.
    Unmark,
    /// Show only some tasks.
    Filter,
    /// Sort by the next column.
    Sort,
    /// Sort the other way round.
    SortReverse,
    /// Follow the task or stay in the row.
    Follow,
    /// No row moves until an alarm.
    Freeze,
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
    /// The selected task in full.
    Open,
    /// The history of the task's workflow.
    OpenEvents,
    /// What was done.
    OpenLog,
    /// Task lists to claim from.
    OpenWaiting,
    /// What has ended.
    OpenClosed,
    /// Back to where one came from.
    Back,
    /// The contexts, to go to another one.
    Contexts,
    /// Copy a part of a task to the clipboard.
    Copy(Part),
    /// The demo's service: its clocks and its history.
    Service,
    /// The workflow wants the task back.
    StageCancel,
    /// A fault between console and service, on or off.
    Break(Fault),
    /// Somebody terminates the task's workflow.
    StageKill,
    /// A colleague completes the task.
    StageClose,
    /// The story stands still, or goes on.
    StagePause,
    /// All commands by name.
    Palette,
    /// Take the mouse, or leave it to the terminal.
    Mouse,
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
    pub const ALL: &[Self] = &[
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
        A::Note,
        A::Dismiss,
        A::Claim,
        A::AutoClaim,
        A::StopClaiming,
        A::Orphans,
        A::Reload,
        A::Mark,
        A::MarkRange,
        A::MarkAll,
        A::MarkInvert,
        A::Unmark,
        A::Filter,
        A::Sort,
        A::SortReverse,
        A::Follow,
        A::Freeze,
        A::Up,
        A::Down,
        A::First,
        A::Last,
        A::PageUp,
        A::PageDown,
        A::NextPane,
        A::Open,
        A::OpenEvents,
        A::OpenLog,
        A::OpenWaiting,
        A::OpenClosed,
        A::Back,
        A::Contexts,
        A::Copy(Part::Id),
        A::Copy(Part::Details),
        A::Copy(Part::Input),
        A::Copy(Part::Workflow),
        A::Copy(Part::Run),
        A::Service,
        A::StageCancel,
        A::Break(Fault::Cut),
        A::Break(Fault::Slow),
        A::Break(Fault::Throttle),
        A::Break(Fault::LoseAnswers),
        A::Break(Fault::Expire),
        A::StageKill,
        A::StageClose,
        A::StagePause,
        A::Palette,
        A::Mouse,
        A::Repaint,
        A::Suspend,
        A::Help,
        A::Quit,
    ];

    /// The footer of the views that show a task, most telling first; the way back, help and quit are always there.
    const FOOTER_OF_A_TASK: &[Self] = &[
        A::Cancel,
        A::GoOn,
        A::Reload,
        A::Withdraw,
        A::Orphans,
        A::Beat,
        A::Details,
        A::Keep,
        A::Complete,
        A::Fail,
        A::Dismiss,
        A::Claim,
        A::Contexts,
        A::Percent(10),
        A::SetTimeout,
        A::StopClaiming,
        A::AutoClaim,
        A::StopKeeping,
        A::Filter,
        A::Mark,
        A::Note,
    ];

    /// What the presenter's bar has, in its order.
    pub const BAR: &[Self] = &[
        A::StageCancel,
        A::Break(Fault::Cut),
        A::Break(Fault::Slow),
        A::Break(Fault::Throttle),
        A::Break(Fault::LoseAnswers),
        A::Break(Fault::Expire),
        A::StageKill,
        A::StageClose,
        A::StagePause,
    ];

    /// The acts of the footer, most telling first; the way back, help and quit are always there.
    pub fn footer(view: View) -> &'static [Self] {
        match view {
            View::Tasks | View::Detail | View::Events => Self::FOOTER_OF_A_TASK,
            View::Log => &[A::NextPane, A::Down, A::PageDown, A::First],
            View::Waiting => &[A::Claim, A::AutoClaim, A::StopClaiming, A::Orphans],
            View::Closed => &[A::Open, A::OpenEvents, A::Dismiss],
            View::Service => &[A::Down, A::StageCancel, A::Break(Fault::Cut)],
        }
    }

    /// The views it makes sense in; `None` for all of them.
    pub fn views(self) -> Option<SomeViews> {
        match self {
            A::Beat
            | A::Percent(_)
            | A::Details
            | A::Keep
            | A::StopKeeping
            | A::Complete
            | A::Fail
            | A::Cancel
            | A::GoOn
            | A::Withdraw
            | A::SetTimeout
            | A::Note
            | A::Dismiss
            | A::Copy(_)
            | A::OpenEvents => Some(views::OF_A_TASK),
            A::Open => Some(&[View::Tasks, View::Waiting, View::Closed, View::Events]),
            A::Mark
            | A::MarkRange
            | A::MarkAll
            | A::MarkInvert
            | A::Unmark
            | A::Filter
            | A::Sort
            | A::SortReverse
            | A::Follow
            | A::Freeze => Some(&[View::Tasks]),
            A::NextPane => Some(&[View::Tasks, View::Log]),
            _ => None,
        }
    }

    /// What it is called where each stands for itself, as in the palette.
    pub fn title(self) -> String {
        match self {
            A::Percent(percent) => format!("beat {percent} %"),
            A::Copy(part) => format!("copy {}", part.name()),
            _ => self.name().to_owned(),
        }
    }

    /// What it is called in a config: the title in letters, digits and hyphens.
    pub fn id(self) -> String {
        self.title().trim_end_matches(" %").replace(' ', "-")
    }

    /// The key to press before its own.
    pub fn prefix(self) -> Option<Key> {
        match self {
            A::Copy(_) => Some(Key::char('y')),
            _ if self.is_presenters() => Some(Key::char('b')),
            _ => None,
        }
    }

    /// Whether it is the presenter's, behind the demo.
    pub fn is_presenters(self) -> bool {
        Self::BAR.contains(&self)
    }

    /// Whether it does something to a task.
    pub fn is_act(self) -> bool {
        self.takes_several() || matches!(self, A::Withdraw | A::SetTimeout)
    }

    /// Whether one act can be about several tasks.
    pub fn takes_several(self) -> bool {
        matches!(
            self,
            A::Beat
                | A::Percent(_)
                | A::Details
                | A::Keep
                | A::StopKeeping
                | A::Complete
                | A::Fail
                | A::Cancel
                | A::GoOn
                | A::Note
                | A::Dismiss
        )
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
            A::Note => "note",
            A::Dismiss => "dismiss",
            A::Claim => "claim",
            A::AutoClaim => "auto-claim",
            A::StopClaiming => "stop claiming",
            A::Orphans => "orphans",
            A::Reload => "reload credentials",
            A::Mark => "mark",
            A::MarkRange => "mark range",
            A::MarkAll => "mark all",
            A::MarkInvert => "invert marks",
            A::Unmark => "unmark",
            A::Filter => "filter",
            A::Sort => "sort",
            A::SortReverse => "reverse",
            A::Follow => "follow",
            A::Freeze => "freeze",
            A::Up => "up",
            A::Down => "down",
            A::First => "first",
            A::Last => "last",
            A::PageUp => "page up",
            A::PageDown => "page down",
            A::NextPane => "next pane",
            A::Open => "open",
            A::OpenEvents => "events",
            A::OpenLog => "log",
            A::OpenWaiting => "waiting",
            A::OpenClosed => "closed",
            A::Back => "back",
            A::Contexts => "contexts",
            A::Copy(_) => "copy",
            A::Service => "service",
            A::StageCancel => "request cancel",
            A::Break(Fault::Cut) => "cut network",
            A::Break(Fault::Slow) => "slow network",
            A::Break(Fault::Throttle) => "throttle",
            A::Break(Fault::LoseAnswers) => "lose answers",
            A::Break(Fault::Expire) => "expire credentials",
            A::StageKill => "kill workflow",
            A::StageClose => "colleague completes",
            A::StagePause => "pause story",
            A::Palette => "commands",
            A::Mouse => "mouse",
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
            A::Note => "note something, and be reminded at a time you say",
            A::Dismiss => "take an ended task off the list",
            A::Claim => "claim tasks from a task list",
            A::AutoClaim => "claim while fewer tasks are held than a number",
            A::StopClaiming => "stop claiming; a poll in flight is waited for",
            A::Orphans => "look for tasks whose claim never arrived here",
            A::Reload => "take AWS credentials anew and try again",
            A::Mark => "mark the task or take its mark away; acts are then about the marked tasks, and ask once",
            A::MarkRange => "mark all from the last mark to here",
            A::MarkAll => "mark all that are shown",
            A::MarkInvert => "mark what is not marked, and the other way round",
            A::Unmark => "take all marks away",
            A::Filter => {
                "filter: swap, type:SwapDisk, id: list: workflow: details: input: note:, state:due, kept, -kept; saved ones: tab, or filter NAME as a command"
            }
            A::Sort => "sort by the next column; a click on its head does it too",
            A::SortReverse => "sort the other way round",
            A::Follow => "the cursor follows its task, or stays in its row",
            A::Freeze => "no row moves, until an alarm or a second time; countdowns go on",
            A::Up | A::Down => "one up, one down",
            A::First | A::Last => "to the top, to the bottom",
            A::PageUp | A::PageDown => "a page up, a page down",
            A::NextPane => "to the next pane; in the log: only what was said, only the calls",
            A::Open => "open what is selected: a task in full, or the form to claim from a task list",
            A::OpenEvents => "events: the history of the task's workflow, newest first",
            A::OpenLog => "log: what was done, and every call; in the view of a task only what concerns it",
            A::OpenWaiting => "waiting: task lists to claim from",
            A::OpenClosed => "closed: what has ended, and how",
            A::Back => "back to where you came from",
            A::Contexts => "go to another context of the config file; what is kept alive in this one goes on",
            A::Copy(_) => "copy to the clipboard: activity id, details, input, workflow id, run id",
            A::Service => "demo: the service's own clocks and its history, beside the tasks where there is room",
            A::StageCancel => "demo: the workflow wants the selected task back",
            A::Break(Fault::Cut) => "demo: cut the network between console and service; again: it is there",
            A::Break(Fault::Slow) => "demo: calls take a second or two; again: as before",
            A::Break(Fault::Throttle) => "demo: three calls of four are throttled; again: none",
            A::Break(Fault::LoseAnswers) => {
                "demo: heartbeats and closes take effect, their answers get lost; again: they arrive"
            }
            A::Break(Fault::Expire) => "demo: the credentials have expired; again: they are good",
            A::StageKill => "demo: somebody terminates the workflow of the selected task",
            A::StageClose => "demo: a colleague completes the selected task",
            A::StagePause => "demo: the story stands still, timeouts do not; again: it goes on",
            A::Palette => "find a command by a few letters of its name, and see why others cannot be done now",
            A::Mouse => "leave the mouse to the terminal, so that it can select text, or take it back",
            A::Repaint => "draw the screen anew",
            A::Suspend => "suspend; fg brings it back",
            A::Help => "show or hide this help",
            A::Quit => "quit; asks if anything depends on this process",
        }
    }

    /// Whether it renews a lease at once, so that a weight on its key must not do it.
    pub fn renews(self) -> bool {
        matches!(self, A::Beat | A::Percent(_) | A::GoOn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap::{Found, Keymap};

    #[test]
    fn keys_of_later_features_are_left_free() {
        let map = Keymap::default();
        for c in "o".chars() {
            assert_eq!(map.find(&[Key::char(c)]), Found::Nothing, "{c}");
        }
    }
}
