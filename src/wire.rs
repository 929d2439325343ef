//! SWF requests and answers as plain values, and the pure [`classify`]: what an answer means.
//!
//! `swf` translates between these and the SDK, the simulation between these and the emulator's core. Only what the
//! console calls is here; what a decider calls lives in `swf::decider`.

use crate::task::{ActivityType, ClaimedTask, TaskToken, Timeouts, WorkflowExecution};
use crate::text::Foreign;

/// One call of the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// `PollForActivityTask`: held by the service for up to 60 s; never retried, never dropped.
    Poll {
        /// The domain.
        domain: Foreign,
        /// The task list.
        task_list: Foreign,
        /// At most 256 characters; ends up in ActivityTaskStarted.
        identity: Foreign,
    },
    /// `RecordActivityTaskHeartbeat`.
    Heartbeat {
        /// The task.
        token: TaskToken,
        /// At most 2,048 characters; a blank one may erase what a timeout event would record.
        details: Option<Foreign>,
    },
    /// `RespondActivityTaskCompleted`.
    Complete {
        /// The task.
        token: TaskToken,
        /// At most 32,768 characters.
        result: Option<Foreign>,
    },
    /// `RespondActivityTaskFailed`.
    Fail {
        /// The task.
        token: TaskToken,
        /// At most 256 characters.
        reason: Option<Foreign>,
        /// At most 32,768 characters.
        details: Option<Foreign>,
    },
    /// `RespondActivityTaskCanceled`.
    Cancel {
        /// The task.
        token: TaskToken,
        /// At most 32,768 characters.
        details: Option<Foreign>,
    },
    /// `GetWorkflowExecutionHistory`, one page.
    History {
        /// The domain.
        domain: Foreign,
        /// The execution.
        execution: WorkflowExecution,
        /// Newest first.
        reverse: bool,
        /// 1 to 1,000 events.
        page_size: u16,
        /// From the page before.
        page_token: Option<String>,
    },
    /// `DescribeActivityType`.
    DescribeActivityType {
        /// The domain.
        domain: Foreign,
        /// The type.
        activity_type: ActivityType,
    },
    /// `ListOpenWorkflowExecutions`, the first page, the latest start first.
    ListOpen {
        /// The domain.
        domain: Foreign,
        /// Started at this time or later, milliseconds since 1970.
        oldest: i64,
        /// 1 to 1,000 executions.
        page_size: u16,
    },
    /// `CountPendingActivityTasks`.
    CountPending {
        /// The domain.
        domain: Foreign,
        /// The task list.
        task_list: Foreign,
    },
}

impl Request {
    /// SWF's name of the operation.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Poll { .. } => "PollForActivityTask",
            Self::Heartbeat { .. } => "RecordActivityTaskHeartbeat",
            Self::Complete { .. } => "RespondActivityTaskCompleted",
            Self::Fail { .. } => "RespondActivityTaskFailed",
            Self::Cancel { .. } => "RespondActivityTaskCanceled",
            Self::History { .. } => "GetWorkflowExecutionHistory",
            Self::DescribeActivityType { .. } => "DescribeActivityType",
            Self::ListOpen { .. } => "ListOpenWorkflowExecutions",
            Self::CountPending { .. } => "CountPendingActivityTasks",
        }
    }
}

/// What the service answered with 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A task, or nothing: an absent and an empty token are the same.
    Polled(Option<Box<ClaimedTask>>),
    /// The heartbeat was recorded.
    Beaten {
        /// The only sign that the workflow wants the task back.
        cancel_requested: bool,
    },
    /// One of the three Respond calls was applied.
    Closed,
    /// One page of history.
    History(HistoryPage),
    /// The defaults a type was registered with; all of [`crate::task::Source::TypeDefault`].
    ActivityType(Timeouts),
    /// Executions that are open.
    Open {
        /// In the order asked for.
        executions: Vec<WorkflowExecution>,
        /// There are more.
        more: bool,
    },
    /// An estimate of the tasks waiting.
    Pending {
        /// How many.
        count: u32,
        /// More than counted.
        truncated: bool,
    },
}

/// One page of `GetWorkflowExecutionHistory`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryPage {
    /// The events in the order asked for.
    pub events: Vec<HistoryEvent>,
    /// For the next page; absent on the last.
    pub next_page_token: Option<String>,
}

/// One history event, as far as the console reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEvent {
    /// From 1, dense.
    pub id: i64,
    /// Service time, milliseconds since 1970.
    pub at: i64,
    /// SWF's name, such as `ActivityTaskStarted`.
    pub event_type: Foreign,
    /// What the console needs of its attributes.
    pub attributes: Attributes,
    /// What it says, for people: members worth a look, long ones cut.
    pub says: Vec<(&'static str, Foreign)>,
}

/// The attributes the console reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attributes {
    /// `WorkflowExecutionStarted`.
    ExecutionStarted {
        /// Only `execution` is set.
        timeouts: Timeouts,
    },
    /// `WorkflowExecutionCancelRequested`: asks the decider, not the task.
    ExecutionCancelRequested,
    /// Any event that closes the execution.
    ExecutionClosed,
    /// `ActivityTaskScheduled`.
    Scheduled {
        /// The activity id.
        activity_id: Foreign,
        /// All but `execution`, as far as the event has them.
        timeouts: Timeouts,
    },
    /// `ActivityTaskStarted`.
    Started {
        /// The event that scheduled the task.
        scheduled_event_id: i64,
        /// The poller's.
        identity: Option<Foreign>,
    },
    /// `ActivityTaskCompleted`.
    Completed {
        /// The event that started the task.
        started_event_id: i64,
        /// The result.
        result: Option<Foreign>,
    },
    /// `ActivityTaskFailed`.
    Failed {
        /// The event that started the task.
        started_event_id: i64,
        /// The reason.
        reason: Option<Foreign>,
        /// The details.
        details: Option<Foreign>,
    },
    /// `ActivityTaskCanceled`.
    Canceled {
        /// The event that started the task.
        started_event_id: i64,
        /// The details.
        details: Option<Foreign>,
    },
    /// `ActivityTaskTimedOut`.
    TimedOut {
        /// The event that started the task; 0 if none did.
        started_event_id: i64,
        /// SWF's `timeoutType`.
        timeout_type: Foreign,
        /// The details of the last heartbeat.
        details: Option<Foreign>,
    },
    /// `ActivityTaskCancelRequested`.
    CancelRequested {
        /// The activity id.
        activity_id: Foreign,
    },
    /// Anything else.
    Other,
}

/// How far a call got before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing was written: no credentials, DNS, connect or TLS failed.
    NotSent,
    /// It may have been written, and no answer was read: a timeout, a reset, an unreadable answer.
    NoAnswer,
    /// The service answered.
    Answered,
}

/// What a failed call means for what it wanted to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// "Rate exceeded": try again, slower.
    Throttled,
    /// The service no longer knows the task or the execution. Ambiguous: look in history.
    Gone,
    /// A modelled fault that says no: unknown domain, limit exceeded, not permitted …
    Refused,
    /// IAM says no.
    Denied,
    /// Credentials missing, expired or wrong.
    Expired,
    /// The request itself is not valid.
    Invalid,
    /// Never reached the service.
    NotApplied,
    /// May or may not have been applied.
    Unknown,
}

impl Class {
    /// Whether the service certainly did not do what was asked (engine rules: a close is unknown otherwise).
    pub fn definitely_not_applied(self) -> bool {
        !matches!(self, Self::Gone | Self::Unknown)
    }

    /// Whether it says something about the network or the service rather than about the request.
    pub fn is_outage(self) -> bool {
        matches!(self, Self::NotApplied | Self::Unknown)
    }
}

/// A failed call, classified once, with AWS's own words kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it means.
    pub class: Class,
    /// AWS's error code without its namespace.
    pub code: Option<Foreign>,
    /// AWS's message, or what the transport said. Never contains a token.
    pub message: Foreign,
}

impl Failure {
    /// Classifies and keeps the words.
    pub fn new(status: Option<u16>, code: Option<&str>, message: &str, phase: Phase) -> Self {
        let class = classify(status, code, message, phase);
        Self { class, code: code.map(|code| bare(code).into()), message: message.into() }
    }

    /// One printable line: code and message.
    pub fn line(&self) -> String {
        match &self.code {
            Some(code) if self.message.is_empty() => code.line().into_owned(),
            Some(code) => format!("{}: {}", code.line(), self.message.line()),
            None => self.message.line().into_owned(),
        }
    }
}

/// An error code without its namespace.
fn bare(code: &str) -> &str {
    code.rsplit('#').next().unwrap_or(code)
}

/// What an unsuccessful call means. Pure, and the only place where error codes are compared.
///
/// `code` may carry a namespace (`…#UnknownResourceFault`). Denial and expiry are not among SWF's modelled faults; the
/// codes here were seen on the wire or are common to all AWS services.
pub fn classify(status: Option<u16>, code: Option<&str>, message: &str, phase: Phase) -> Class {
    if phase == Phase::NotSent {
        return if code == Some("CredentialsNotLoaded") { Class::Expired } else { Class::NotApplied };
    }
    if phase == Phase::NoAnswer {
        return Class::Unknown;
    }
    let code = code.map_or("", bare);
    match code {
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "LimitExceededException" => Class::Throttled,
        "UnknownResourceFault" if message.starts_with("Unknown domain") || message.starts_with("Unknown type") => {
            Class::Refused
        }
        "UnknownResourceFault" => Class::Gone,
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" | "OptInRequired" | "NotAuthorized" => {
            Class::Denied
        }
        "OperationNotPermittedFault" => Class::Denied,
        "ExpiredTokenException"
        | "ExpiredToken"
        | "TokenRefreshRequired"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "RequestExpired"
        | "RequestTimeTooSkewed"
        | "AuthFailure" => Class::Expired,
        "ValidationException" | "ValidationError" | "SerializationException" | "UnknownOperationException" => {
            Class::Invalid
        }
        code if code.ends_with("Fault") => Class::Refused,
        _ => match status {
            Some(429) => Class::Throttled,
            Some(403) => Class::Denied,
            Some(413) => Class::Invalid,
            _ => Class::Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_answer_has_its_class() {
        let cases = [
            (400, "com.amazon.coral.availability#ThrottlingException", "Rate exceeded", Class::Throttled),
            (
                400,
                "com.amazonaws.swf.base.model#UnknownResourceFault",
                "Unknown activity, scheduledEventId = 5",
                Class::Gone,
            ),
            (400, "UnknownResourceFault", "Unknown execution: WorkflowExecution=[workflowId=a, runId=b]", Class::Gone),
            (400, "UnknownResourceFault", "Unknown domain: nowhere", Class::Refused),
            (400, "LimitExceededFault", "", Class::Refused),
            (400, "AccessDeniedException", "User: x is not authorized to perform: swf:ListDomains", Class::Denied),
            (400, "OperationNotPermittedFault", "", Class::Denied),
            (400, "ExpiredTokenException", "The security token included in the request is expired", Class::Expired),
            (400, "com.amazon.coral.validate#ValidationException", "Invalid token", Class::Invalid),
            (500, "com.amazon.coral.service#InternalFailure", "", Class::Unknown),
            (503, "", "", Class::Unknown),
            (429, "", "", Class::Throttled),
        ];
        for (status, code, message, class) in cases {
            assert_eq!(classify(Some(status), Some(code), message, Phase::Answered), class, "{code}");
        }
    }

    #[test]
    fn says_why_in_awss_words_without_its_namespaces() {
        let failure =
            Failure::new(Some(400), Some("com.amazonaws.swf.base.model#UnknownResourceFault"), "gone", Phase::Answered);
        assert_eq!(failure.line(), "UnknownResourceFault: gone");
    }

    #[test]
    fn what_was_never_sent_was_never_applied() {
        assert_eq!(classify(None, None, "connection refused", Phase::NotSent), Class::NotApplied);
        assert_eq!(classify(None, Some("CredentialsNotLoaded"), "", Phase::NotSent), Class::Expired);
        assert_eq!(classify(None, None, "timed out", Phase::NoAnswer), Class::Unknown);
    }

    #[test]
    fn a_gone_task_may_have_been_closed_by_our_own_first_attempt() {
        assert!(!Class::Gone.definitely_not_applied());
        assert!(!Class::Unknown.definitely_not_applied());
        assert!(Class::Throttled.definitely_not_applied());
    }
}
