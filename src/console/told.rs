//! One line for every call, for the log and the heartbeat record of a task.

use crate::clock::{Now, Wall};
use crate::task::{ClaimId, OutcomeKind};
use crate::wire::{Class, Failure};

use super::Console;
use super::asking::Ask;
use super::event::{Effect, Timing};
use super::live::Purpose;
use super::orphans::Step;

/// A call that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallLine {
    /// When it came to its end, for display.
    pub at: Wall,
    /// SWF's name of the operation.
    pub operation: &'static str,
    /// The claim it was for, if it was for one.
    pub claim: Option<ClaimId>,
    /// How long it took, milliseconds.
    pub took_ms: i64,
    /// How much later than due it was sent, milliseconds; of heartbeats only.
    pub late_ms: Option<i64>,
    /// How it ended.
    pub end: CallEnd,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEnd {
    /// The service did what was asked.
    Answered,
    /// Rate exceeded.
    Throttled,
    /// No answer was read, or it was never sent; what the transport says, printable.
    NoAnswer(String),
    /// The service said no; its words, printable.
    Refused(String),
}

impl CallEnd {
    fn of(failure: Option<&Failure>) -> Self {
        match failure {
            None => Self::Answered,
            Some(failure) => match failure.class {
                Class::Throttled => Self::Throttled,
                Class::NotApplied | Class::Unknown => Self::NoAnswer(failure.line()),
                _ => Self::Refused(failure.line()),
            },
        }
    }
}

impl CallLine {
    /// Whether it was a heartbeat.
    pub fn is_beat(&self) -> bool {
        self.operation == BEAT
    }
}

const BEAT: &str = "RecordActivityTaskHeartbeat";

impl Console {
    /// Tells the screen how a call ended.
    pub(super) fn tell_call(&mut self, now: Now, purpose: &Purpose, timing: Timing, failure: Option<&Failure>) {
        let late_ms = match purpose {
            Purpose::Beat { due, .. } => Some((timing.sent - *due).max(0)),
            _ => None,
        };
        let line = CallLine {
            at: now.wall,
            operation: self.operation(purpose),
            claim: purpose.claim(),
            took_ms: timing.received - timing.sent,
            late_ms,
            end: CallEnd::of(failure),
        };
        self.out.push(Effect::Called(line));
    }

    fn operation(&self, purpose: &Purpose) -> &'static str {
        match purpose {
            Purpose::Beat { .. } => BEAT,
            Purpose::Close { claim } => {
                let intent = self.ledger.claims.get(claim).and_then(|claim| claim.intent.as_ref());
                match intent.map(|intent| intent.outcome.kind()) {
                    Some(OutcomeKind::Failed) => "RespondActivityTaskFailed",
                    Some(OutcomeKind::Canceled) => "RespondActivityTaskCanceled",
                    _ => "RespondActivityTaskCompleted",
                }
            }
            Purpose::Ask(Ask::Type(..)) => "DescribeActivityType",
            Purpose::Ask(Ask::Scan(_) | Ask::Start(_)) | Purpose::Orphans(Step::Read(..)) => {
                "GetWorkflowExecutionHistory"
            }
            Purpose::Orphans(Step::List(_)) => "ListOpenWorkflowExecutions",
            Purpose::Poll { .. } => "PollForActivityTask",
            Purpose::Count { .. } => "CountPendingActivityTasks",
            Purpose::Read { operation, .. } => operation,
        }
    }
}
