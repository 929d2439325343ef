//! One workflow execution: its settings, its history, and what is open in it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::activity::{ActivityTask, Span};
use super::answer::ExecutionName;
use super::deadlines::Key;
use super::history::History;
use super::lists::{ListId, Place};
use super::registry::TypeId;
use super::settings::Settings;
use super::state::{self, Name};

/// How the service knows an execution: in the order of their starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Run(pub u32);

impl Run {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The execution that started this one by a decision.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parent {
    /// Forgotten perhaps.
    pub run: Run,
    pub workflow_id: Arc<str>,
    pub run_id: Arc<str>,
    /// Its StartChildWorkflowExecutionInitiated event.
    pub initiated: i64,
    /// Its ChildWorkflowExecutionStarted event; 0 if it was closed before that.
    pub started: i64,
}

impl Parent {
    /// On the wire.
    pub fn name(&self) -> ExecutionName<'_> {
        ExecutionName { workflow_id: &self.workflow_id, run_id: &self.run_id }
    }
}

/// Another task list for decision tasks, set by `RespondDecisionTaskCompleted`; with a limit it is given up when a
/// decision task on it times out.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListOverride {
    pub task_list: String,
    pub schedule_to_start: Option<Span>,
}

/// Where the open decision task is on its way.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum DecisionStage {
    Scheduled(Place),
    Started { event_id: i64 },
}

/// A decision task that is in the history, but comes to its task list only when the started one has ended.
#[derive(Debug, Serialize, Deserialize)]
pub struct NextDecision {
    pub scheduled_event_id: i64,
    pub task_list: String,
    /// How long it may wait there.
    pub wait: Span,
}

/// The open decision task; an execution has at most one.
#[derive(Debug, Serialize, Deserialize)]
pub struct DecisionTask {
    pub scheduled_event_id: i64,
    pub list: ListId,
    pub stage: DecisionStage,
    /// The place of its timeout in the queue of deadlines.
    pub armed: Option<Key>,
}

/// A timer that has not fired.
#[derive(Debug, Serialize, Deserialize)]
pub struct Timer {
    pub timer_id: Arc<str>,
    pub armed: Key,
}

/// How an execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// SWF's `closeStatus`.
    #[serde(deserialize_with = "state::name")]
    pub status: Name,
    pub at: i64,
    /// The number of the close in its domain.
    pub order: u64,
    /// What was open in it then.
    pub left: OpenCounts,
}

/// How much is open in an execution, or was when it closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCounts {
    pub activities: usize,
    pub decisions: usize,
    pub timers: usize,
    pub children: usize,
}

/// An execution, open or closed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Execution {
    pub domain: Arc<str>,
    pub workflow_id: Arc<str>,
    pub run_id: Arc<str>,
    pub workflow_type: Arc<TypeId>,
    pub settings: Settings,
    pub parent: Option<Parent>,
    pub started_at: i64,
    /// When it times out.
    pub ends_at: i64,
    pub closed: Option<Closed>,
    pub history: History,
    pub cancel_requested: bool,
    /// The place of its start-to-close timeout in the queue of deadlines.
    pub armed: Option<Key>,

    /// Open activity tasks by their ActivityTaskScheduled event.
    pub activities: BTreeMap<i64, ActivityTask>,
    /// The same by activity id.
    pub activity_ids: HashMap<Arc<str>, i64>,
    /// When an activity task was scheduled, started or closed last.
    pub latest_activity_at: Option<i64>,
    /// Timers by their TimerStarted event.
    pub timers: BTreeMap<i64, Timer>,
    /// The same by timer id.
    pub timer_ids: HashMap<Arc<str>, i64>,

    /// Open children by their StartChildWorkflowExecutionInitiated event; `None` until one is started.
    pub children: BTreeMap<i64, Option<Run>>,

    pub decision: Option<DecisionTask>,
    pub list_override: Option<ListOverride>,
    /// The next decision task, scheduled because something happened that the started one does not show.
    pub next_decision: Option<NextDecision>,
    /// The answer to a decision task is being carried out; what it brings about waits for its end.
    pub answering: bool,
    /// And it brought about something that the decider has to see.
    pub unseen: bool,
    /// The DecisionTaskStarted event of the last decision task that was answered.
    pub previous_started: i64,
    pub context: Option<String>,
}

impl Execution {
    /// Whether it is still open.
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// What is open; of a closed execution, what was left open when it closed, but no decision task.
    pub fn open_counts(&self) -> OpenCounts {
        self.closed.map_or_else(
            || OpenCounts {
                activities: self.activities.len(),
                decisions: usize::from(self.decision.is_some()),
                timers: self.timers.len(),
                children: self.children.values().flatten().count(),
            },
            |closed| closed.left,
        )
    }

    /// The task list of the next decision task, and how long it may wait there.
    pub fn decision_list(&self) -> (&str, Span) {
        match &self.list_override {
            Some(other) => (&other.task_list, other.schedule_to_start.unwrap_or(Span::NONE)),
            None => (&self.settings.task_list, Span::NONE),
        }
    }
}
