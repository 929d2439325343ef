//! The nouns everybody shares: tokens, claimed tasks, timeouts, outcomes, verdicts. SWF's own words (AWS API reference).
//!
//! Not for behaviour: what happens to a task is decided in `console`; what survives is a [`Record`] (`record.rs`).

mod limits;
mod record;
mod timeouts;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::text::Foreign;

pub use limits::{LengthError, check_length, length, limit};
pub use record::{ClaimSource, EndedMark, Entry, PollNumber, PollTarget, Record, Stamp};
pub use timeouts::{Limit, LimitParseError, Source, TimeoutKind, Timeouts};

/// The opaque secret that stands for one started activity task (AWS: 1 to 1024 characters).
///
/// Whoever has it, and the IAM permission, can close the task. It never reaches a log, a message or the screen:
/// `Debug` is redacted and there is no `Display`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskToken(Arc<str>);

impl TaskToken {
    /// Takes a token as the service or the journal wrote it.
    pub fn new(token: String) -> Self {
        Self(token.into())
    }

    /// The secret itself, for the wire and the journal only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskToken(…{} characters)", self.0.chars().count())
    }
}

/// How a claim is known inside one journal. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimId(pub u64);

impl fmt::Display for ClaimId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// An activity type: name (1 to 256 characters) and version (1 to 64).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActivityType {
    /// The name.
    pub name: Foreign,
    /// The version.
    pub version: Foreign,
}

/// One run of a workflow: workflow id (1 to 256 characters) and run id (1 to 64).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WorkflowExecution {
    /// The workflow id, chosen by whoever started the execution.
    pub workflow_id: Foreign,
    /// The run id, chosen by the service.
    pub run_id: Foreign,
}

/// What a successful `PollForActivityTask` tells, and nothing more: no timeouts, no timestamps, no cancel flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedTask {
    /// The secret that stands for the task.
    pub token: TaskToken,
    /// The activity id, unique among the open tasks of its execution.
    pub activity_id: Foreign,
    /// Name and version of the activity type.
    pub activity_type: ActivityType,
    /// The event that started the task; events are numbered from 1.
    pub started_event_id: i64,
    /// The execution the task belongs to.
    pub execution: WorkflowExecution,
    /// The input (at most 32,768 characters), if the decider gave any.
    pub input: Option<Foreign>,
}

impl ClaimedTask {
    /// Keeps no copy of its own of texts that are the same in another: of ten thousand tasks, most have much in common.
    pub fn share(&mut self, other: &Self) {
        self.activity_type.name.share(&other.activity_type.name);
        self.activity_type.version.share(&other.activity_type.version);
        self.execution.workflow_id.share(&other.execution.workflow_id);
        self.execution.run_id.share(&other.execution.run_id);
    }
}

/// How an operator closes a task: one of the three `RespondActivityTask…` calls with its payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// `RespondActivityTaskCompleted`.
    Completed {
        /// At most 32,768 characters.
        result: Option<Foreign>,
    },
    /// `RespondActivityTaskFailed`.
    Failed {
        /// At most 256 characters.
        reason: Option<Foreign>,
        /// At most 32,768 characters.
        details: Option<Foreign>,
    },
    /// `RespondActivityTaskCanceled`.
    Canceled {
        /// At most 32,768 characters.
        details: Option<Foreign>,
    },
}

impl Outcome {
    /// Which of the three calls this is.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Completed { .. } => OutcomeKind::Completed,
            Self::Failed { .. } => OutcomeKind::Failed,
            Self::Canceled { .. } => OutcomeKind::Canceled,
        }
    }

    /// Checks every length the service limits.
    ///
    /// # Errors
    /// The first member that is too long, with both lengths.
    pub fn check(&self) -> Result<(), LengthError> {
        match self {
            Self::Completed { result } => check_opt("result", result.as_ref(), limit::DATA),
            Self::Failed { reason, details } => {
                check_opt("reason", reason.as_ref(), limit::REASON)?;
                check_opt("details", details.as_ref(), limit::DATA)
            }
            Self::Canceled { details } => check_opt("details", details.as_ref(), limit::DATA),
        }
    }
}

fn check_opt(what: &'static str, text: Option<&Foreign>, limit: usize) -> Result<(), LengthError> {
    text.map_or(Ok(()), |text| check_length(what, text.raw(), limit))
}

/// The three ways to close a task, without their payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OutcomeKind {
    /// The work is done.
    Completed,
    /// The work failed.
    Failed,
    /// The work was given up after a cancel request.
    Canceled,
}

impl OutcomeKind {
    /// SWF's word for a task that ended so.
    pub fn word(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// How a task ended, as the service has it. Only what is proven becomes a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Closed with our outcome: the service answered 200, or history has the same kind and payload.
    Ours {
        /// Which call it was.
        kind: OutcomeKind,
        /// Whether an answer (`false`) or only history (`true`) says so.
        from_history: bool,
    },
    /// Somebody else's answer closed the task.
    ClosedByOther {
        /// How they closed it.
        kind: OutcomeKind,
        /// What they wrote: the result, or the reason, or the details.
        written: Option<Foreign>,
    },
    /// One of the task's timeouts ended it.
    TimedOut {
        /// Which one.
        kind: TimeoutKind,
        /// The details of the last heartbeat, as the history has them.
        details: Option<Foreign>,
    },
    /// The workflow execution closed first, which ends its tasks.
    ExecutionClosed {
        /// The history event that closed it, such as `WorkflowExecutionTerminated`.
        event_type: Foreign,
    },
    /// The service no longer knows the token, and nothing proves why.
    Unproven {
        /// What was tried, in words.
        why: String,
    },
}
