//! What tests ask the service directly: its own deadlines, and what it handed out. Nowhere on the wire.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::activity::{ActivityTask, Stage};
use super::execution::{Execution, Run};
use super::mint::Ticket;
use super::service::Service;
use super::state::{self, Name};

/// An activity task that was handed out, as the service keeps it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claim {
    pub run: Run,
    pub scheduled: i64,
    pub at: i64,
    pub answered: bool,
    #[serde(deserialize_with = "state::maybe_name")]
    pub end: Option<Name>,
}

/// The service at one instant. All instants are milliseconds since 1970 on the service's clock.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The service's clock.
    pub now: i64,
    /// Open activity tasks, scheduled and started, in the order they were scheduled in each execution.
    pub activities: Vec<OpenActivity>,
    /// Every activity task ever handed out, in that order.
    pub handed_out: Vec<HandedOut>,
    /// How many polls are held.
    pub held_polls: usize,
}

/// An open activity task.
#[derive(Clone)]
pub struct OpenActivity {
    /// The token; only of a started task.
    pub token: Option<String>,
    /// The activity id.
    pub activity_id: String,
    /// The workflow id.
    pub workflow_id: String,
    /// The run id.
    pub run_id: String,
    /// Its clocks.
    pub deadlines: ActivityDeadlines,
    /// Details of the last heartbeat.
    pub details: Option<String>,
    /// Whether the next heartbeat answers `cancelRequested`.
    pub cancel_requested: bool,
}

/// When each timeout ends the task; `None` for one that is unlimited or does not run at this stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityDeadlines {
    /// Only while the task waits.
    pub schedule_to_start: Option<i64>,
    /// Only once it is started.
    pub heartbeat: Option<i64>,
    /// Only once it is started.
    pub start_to_close: Option<i64>,
    /// Always.
    pub schedule_to_close: Option<i64>,
    /// The execution's own.
    pub execution: Option<i64>,
}

impl ActivityDeadlines {
    /// The earliest of them.
    pub fn earliest(&self) -> Option<i64> {
        let all = [self.schedule_to_start, self.heartbeat, self.start_to_close, self.schedule_to_close, self.execution];
        all.into_iter().flatten().min()
    }
}

/// Names an activity task: as short as it can be, and no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskKey {
    run: Run,
    scheduled: i64,
}

/// What has become of an activity task that was handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// It can still be closed.
    Open {
        /// Its clocks.
        deadlines: ActivityDeadlines,
        /// Whether the next heartbeat answers `cancelRequested`.
        cancel_requested: bool,
    },
    /// The type of the event that closed the task or its execution.
    Ended(&'static str),
}

/// An activity task that was handed out.
#[derive(Clone)]
pub struct HandedOut {
    /// The token in the answer.
    pub token: String,
    /// When the task was started.
    pub at: i64,
    /// Whether the answer was given to a connection that was still there.
    pub answered: bool,
    /// The type of the event that closed the task or its execution.
    pub end: Option<&'static str>,
}

impl fmt::Debug for OpenActivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { token: _, activity_id, workflow_id, run_id: _, deadlines, details: _, cancel_requested } = self;
        write!(f, "OpenActivity({activity_id} of {workflow_id}, {deadlines:?}, cancel_requested {cancel_requested})")
    }
}

impl fmt::Debug for HandedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HandedOut(at {}, answered {}, end {:?})", self.at, self.answered, self.end)
    }
}

impl Service {
    /// Looks at everything. Costs time in proportion to all executions ever started and all tasks ever handed out.
    pub fn inspect(&self) -> Inspection {
        let handed_out = self.claims.iter().map(|claim| HandedOut {
            token: self.mint.token(Ticket::Activity { run: claim.run, scheduled: claim.scheduled }),
            at: claim.at,
            answered: claim.answered,
            end: claim.end,
        });
        Inspection {
            now: self.now,
            activities: self.open_activities(),
            handed_out: handed_out.collect(),
            held_polls: self.held_polls(),
        }
    }

    /// How many polls are held; at no cost.
    pub fn held_polls(&self) -> usize {
        self.lists.held_count()
    }

    fn open_activities(&self) -> Vec<OpenActivity> {
        self.executions.kept().flat_map(|(run, execution)| self.activities_of(run, execution)).collect()
    }

    /// Which activity task a token stands for, if the service has made the token.
    pub fn task_of(&self, token: &str) -> Option<TaskKey> {
        match self.mint.read(token)? {
            Ticket::Activity { run, scheduled } => Some(TaskKey { run, scheduled }),
            _ => None,
        }
    }

    /// Looks at one activity task that was handed out. An open one costs next to nothing; to find out how one ended, the
    /// tasks handed out after it are gone through.
    pub fn look(&self, key: TaskKey) -> Option<Look> {
        let TaskKey { run, scheduled } = key;
        let open = self.executions.get(run).filter(|execution| execution.is_open());
        if let Some((execution, task)) = open.and_then(|it| Some((it, it.activities.get(&scheduled)?))) {
            let deadlines = deadlines_of(execution, task);
            return Some(Look::Open { deadlines, cancel_requested: task.cancel_requested.is_some() });
        }
        let claim = self.claims.iter().rfind(|claim| claim.run == run && claim.scheduled == scheduled)?;
        claim.end.map(Look::Ended)
    }

    fn activities_of<'a>(&'a self, run: Run, execution: &'a Execution) -> impl Iterator<Item = OpenActivity> + 'a {
        execution.activities.iter().map(move |(scheduled, task)| {
            let started = matches!(task.stage, Stage::Started { .. });
            OpenActivity {
                token: started.then(|| self.mint.token(Ticket::Activity { run, scheduled: *scheduled })),
                activity_id: task.activity_id.to_string(),
                workflow_id: execution.workflow_id.to_string(),
                run_id: execution.run_id.to_string(),
                deadlines: deadlines_of(execution, task),
                details: task.details.clone(),
                cancel_requested: task.cancel_requested.is_some(),
            }
        })
    }
}

fn deadlines_of(execution: &Execution, task: &ActivityTask) -> ActivityDeadlines {
    let ends = task.ends();
    let end = |name| ends.iter().find(|(kind, _)| *kind == name).and_then(|(_, at)| *at);
    ActivityDeadlines {
        schedule_to_start: end("SCHEDULE_TO_START"),
        heartbeat: end("HEARTBEAT"),
        start_to_close: end("START_TO_CLOSE"),
        schedule_to_close: end("SCHEDULE_TO_CLOSE"),
        execution: Some(execution.ends_at),
    }
}
