//! What a screen and the stage behind it say to each other: the service's clocks and history, the faults that can be put
//! in, the acts that a story plays. Plain values; whoever shows them knows nothing of how they come about.

use crate::clock::{Boot, Wall};
use crate::text::Foreign;

/// A fault between the console and the service. The decider is not touched: a story goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Every request is cut off before the service sees it.
    Cut,
    /// Requests and answers take from half a second to a second each.
    Slow,
    /// Three requests of four are refused, as if others used the account's quota.
    Throttle,
    /// Heartbeats and closes take effect, but no answer comes back.
    LoseAnswers,
    /// The credentials have expired.
    Expire,
}

impl Fault {
    /// All of them, in the order of the bar.
    pub const ALL: [Self; 5] = [Self::Cut, Self::Slow, Self::Throttle, Self::LoseAnswers, Self::Expire];

    /// What is said when it begins.
    pub fn begins(self) -> &'static str {
        match self {
            Self::Cut => "the network is cut: nothing the console sends reaches the service",
            Self::Slow => "the network is slow: one to two seconds there and back",
            Self::Throttle => "throttled: three calls of four are refused with \"Rate exceeded\"",
            Self::LoseAnswers => "answers to heartbeats and closes get lost; what was sent takes effect",
            Self::Expire => "the credentials have expired: every call is refused",
        }
    }

    /// What is said when it is over.
    pub fn ends(self) -> &'static str {
        match self {
            Self::Cut => "the network is there again",
            Self::Slow => "the network is as fast as before",
            Self::Throttle => "nothing is throttled any more",
            Self::LoseAnswers => "answers arrive again",
            Self::Expire => "the credentials are good again; reload credentials tries them at once",
        }
    }

    /// In a word or two, for the bar.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Slow => "slow",
            Self::Throttle => "throttled",
            Self::LoseAnswers => "answers lost",
            Self::Expire => "expired",
        }
    }
}

/// An activity task as anybody may name it: no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskName {
    /// The workflow id.
    pub workflow_id: Foreign,
    /// The run id.
    pub run_id: Foreign,
    /// The activity id.
    pub activity_id: Foreign,
}

/// What a presenter wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// A fault begins, or is healed.
    Set(Fault, bool),
    /// The workflow asks for the task to be given up.
    Cancel(TaskName),
    /// Somebody terminates the task's workflow.
    Kill(TaskName),
    /// A colleague who has the token completes the task.
    Close(TaskName),
    /// The service's clocks and history are wanted, or no longer.
    Watch(bool),
    /// The story stands still, or goes on.
    Pause(bool),
}

/// A fault in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Active {
    /// Which.
    pub fault: Fault,
    /// Since when.
    pub since: Boot,
}

/// An open activity task as the service has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// Which.
    pub task: TaskName,
    /// Somebody has it.
    pub started: bool,
    /// The next heartbeat answers `cancelRequested`.
    pub cancel_requested: bool,
    /// When its heartbeat timeout ends it; `None` if it has none, or nobody has it.
    pub heartbeat: Option<Boot>,
    /// The earliest of its other ends.
    pub end: Option<Boot>,
}

/// A history event as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Counts all events of the service from 1.
    pub number: u64,
    /// The service's time.
    pub at: Wall,
    /// The workflow id.
    pub workflow_id: Foreign,
    /// The number in its history.
    pub id: i64,
    /// SWF's name of what happened.
    pub event_type: Foreign,
    /// What it says, as `name value` with ` · ` between.
    pub says: Foreign,
}

/// Something the story's operator does, as if at the keyboard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Act {
    /// The activity id of the task to select first.
    pub task: Option<Foreign>,
    /// An action by its name in the config's `[keys]`.
    pub action: Option<String>,
    /// What is typed then.
    pub write: Option<Foreign>,
    /// Keys pressed then, as they are shown.
    pub press: Vec<String>,
}

/// What is new since the last time. Of what only the newest counts, there is only the newest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reports {
    /// The faults in force, if that changed.
    pub faults: Option<Vec<Active>>,
    /// The story stands still, if that changed.
    pub paused: Option<bool>,
    /// The service's open tasks.
    pub clocks: Option<Vec<Clock>>,
    /// History events, oldest first.
    pub events: Vec<Written>,
    /// What the story's operator does now.
    pub acts: Vec<Act>,
    /// The story is over, and this is what it was about; printable.
    pub summary: Option<String>,
}
