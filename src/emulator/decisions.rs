//! Decisions: read, checked as a whole, then applied in order.

use serde::Deserialize;

use super::activity::Span;
use super::check::{Checks, DATA, LABEL, NAME, REASON};
use super::events::{
    CancelWorkflowExecutionFailed, CompleteWorkflowExecutionFailed, FailWorkflowExecutionFailed, MarkerRecorded,
    WorkflowExecutionCanceled, WorkflowExecutionCompleted, WorkflowExecutionFailed,
};
use super::execution::Run;
use super::fault::{Fault, Result};
use super::lifecycle::NewActivity;
use super::registry::TypeId;
use super::service::Service;
use super::shapes::{TaskListShape, TypeShape};

/// All decision types, in the order SWF lists them in its validation error.
const DECISION_TYPES: [&str; 13] = [
    "CompleteWorkflowExecution",
    "StartTimer",
    "RequestCancelExternalWorkflowExecution",
    "SignalExternalWorkflowExecution",
    "CancelTimer",
    "RecordMarker",
    "ScheduleActivityTask",
    "ContinueAsNewWorkflowExecution",
    "ScheduleLambdaFunction",
    "FailWorkflowExecution",
    "RequestCancelActivityTask",
    "StartChildWorkflowExecution",
    "CancelWorkflowExecution",
];

/// `Decision`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionShape {
    decision_type: Option<String>,
    schedule_activity_task_decision_attributes: Option<ScheduleActivityShape>,
    request_cancel_activity_task_decision_attributes: Option<RequestCancelActivityShape>,
    start_timer_decision_attributes: Option<StartTimerShape>,
    cancel_timer_decision_attributes: Option<CancelTimerShape>,
    record_marker_decision_attributes: Option<RecordMarkerShape>,
    complete_workflow_execution_decision_attributes: Option<CompleteShape>,
    fail_workflow_execution_decision_attributes: Option<FailShape>,
    cancel_workflow_execution_decision_attributes: Option<CancelShape>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScheduleActivityShape {
    activity_type: Option<TypeShape>,
    activity_id: Option<String>,
    control: Option<String>,
    input: Option<String>,
    schedule_to_close_timeout: Option<String>,
    task_list: Option<TaskListShape>,
    task_priority: Option<String>,
    schedule_to_start_timeout: Option<String>,
    start_to_close_timeout: Option<String>,
    heartbeat_timeout: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestCancelActivityShape {
    activity_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartTimerShape {
    timer_id: Option<String>,
    control: Option<String>,
    start_to_fire_timeout: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CancelTimerShape {
    timer_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordMarkerShape {
    marker_name: Option<String>,
    details: Option<String>,
}

#[derive(Deserialize)]
struct CompleteShape {
    result: Option<String>,
}

#[derive(Deserialize)]
struct FailShape {
    reason: Option<String>,
    details: Option<String>,
}

#[derive(Deserialize)]
struct CancelShape {
    details: Option<String>,
}

/// A decision with all its values checked.
#[derive(Debug)]
pub enum Decision {
    ScheduleActivity(Box<NewActivity>),
    RequestCancelActivity { activity_id: String },
    StartTimer { timer_id: String, control: Option<String>, length: Span },
    CancelTimer { timer_id: String },
    RecordMarker { name: String, details: Option<String> },
    Close(Close),
}

/// A decision that closes the execution.
#[derive(Debug)]
pub enum Close {
    Complete { result: Option<String> },
    Fail { reason: Option<String>, details: Option<String> },
    Cancel { details: Option<String> },
}

/// Checks all decisions. Those that break a rule are left out; the checks then fail as a whole.
pub fn check(checks: &mut Checks, decisions: Vec<DecisionShape>) -> Vec<Decision> {
    let numbered = decisions.into_iter().enumerate();
    numbered.filter_map(|(n, shape)| shape.check(checks, &format!("decisions.{}.member", n + 1))).collect()
}

/// A closing decision must be the last.
pub fn check_order(decisions: &[Decision]) -> Result<()> {
    match decisions.split_last() {
        Some((_, before)) if before.iter().any(|decision| matches!(decision, Decision::Close(_))) => {
            Err(Fault::validation("Close must be last decision in list"))
        }
        _ => Ok(()),
    }
}

impl DecisionShape {
    fn check(mut self, checks: &mut Checks, at: &str) -> Option<Decision> {
        let kind = checks.present(&format!("{at}.decisionType"), self.decision_type.take())?;
        let attributes = format!("{at}.{}DecisionAttributes", lower_first(&kind));
        match kind.as_str() {
            "ScheduleActivityTask" => {
                let shape = checks.present(&attributes, self.schedule_activity_task_decision_attributes)?;
                Some(Decision::ScheduleActivity(Box::new(shape.check(checks, &attributes))))
            }
            "RequestCancelActivityTask" => {
                let shape = checks.present(&attributes, self.request_cancel_activity_task_decision_attributes)?;
                let activity_id = checks.required(&format!("{attributes}.activityId"), shape.activity_id, &NAME);
                Some(Decision::RequestCancelActivity { activity_id })
            }
            "StartTimer" => {
                let shape = checks.present(&attributes, self.start_timer_decision_attributes)?;
                Some(shape.check(checks, &attributes))
            }
            "CancelTimer" => {
                let shape = checks.present(&attributes, self.cancel_timer_decision_attributes)?;
                let timer_id = checks.required(&format!("{attributes}.timerId"), shape.timer_id, &NAME);
                Some(Decision::CancelTimer { timer_id })
            }
            "RecordMarker" => {
                let shape = checks.present(&attributes, self.record_marker_decision_attributes)?;
                let name = checks.required(&format!("{attributes}.markerName"), shape.marker_name, &LABEL);
                let details = checks.optional(&format!("{attributes}.details"), shape.details, &DATA);
                Some(Decision::RecordMarker { name, details })
            }
            _ => self.check_close(checks, at, &kind, &attributes),
        }
    }

    /// Closing decisions may come without attributes, because all of theirs are optional.
    fn check_close(self, checks: &mut Checks, at: &str, kind: &str, attributes: &str) -> Option<Decision> {
        let details_at = format!("{attributes}.details");
        let close = match kind {
            "CompleteWorkflowExecution" => {
                let result = self.complete_workflow_execution_decision_attributes.and_then(|shape| shape.result);
                Close::Complete { result: checks.optional(&format!("{attributes}.result"), result, &DATA) }
            }
            "FailWorkflowExecution" => {
                let shape = self.fail_workflow_execution_decision_attributes;
                let (reason, details) = shape.map(|shape| (shape.reason, shape.details)).unwrap_or_default();
                let reason = checks.optional(&format!("{attributes}.reason"), reason, &REASON);
                Close::Fail { reason, details: checks.optional(&details_at, details, &DATA) }
            }
            "CancelWorkflowExecution" => {
                let details = self.cancel_workflow_execution_decision_attributes.and_then(|shape| shape.details);
                Close::Cancel { details: checks.optional(&details_at, details, &DATA) }
            }
            _ => {
                let constraint = if DECISION_TYPES.contains(&kind) {
                    format!("The swfbeat emulator has no decision {kind}")
                } else {
                    format!("Member must satisfy enum value set: [{}]", DECISION_TYPES.join(", "))
                };
                checks.violation(&format!("{at}.decisionType"), Some(kind), &constraint);
                return None;
            }
        };
        Some(Decision::Close(close))
    }
}

impl ScheduleActivityShape {
    fn check(self, checks: &mut Checks, at: &str) -> NewActivity {
        let member = |name: &str| format!("{at}.{name}");
        let (name, version) = checks.type_id(&member("activityType"), self.activity_type);
        NewActivity {
            activity_id: checks.required(&member("activityId"), self.activity_id, &NAME),
            activity_type: TypeId { name, version },
            control: checks.optional(&member("control"), self.control, &DATA),
            input: checks.optional(&member("input"), self.input, &DATA),
            schedule_to_close: checks.duration(&member("scheduleToCloseTimeout"), self.schedule_to_close_timeout),
            task_list: checks.task_list(&member("taskList"), self.task_list),
            priority: checks.priority(&member("taskPriority"), self.task_priority),
            schedule_to_start: checks.duration(&member("scheduleToStartTimeout"), self.schedule_to_start_timeout),
            start_to_close: checks.duration(&member("startToCloseTimeout"), self.start_to_close_timeout),
            heartbeat: checks.duration(&member("heartbeatTimeout"), self.heartbeat_timeout),
        }
    }
}

impl StartTimerShape {
    fn check(self, checks: &mut Checks, at: &str) -> Decision {
        Decision::StartTimer {
            timer_id: checks.required(&format!("{at}.timerId"), self.timer_id, &NAME),
            control: checks.optional(&format!("{at}.control"), self.control, &DATA),
            length: checks.seconds(&format!("{at}.startToFireTimeout"), self.start_to_fire_timeout),
        }
    }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

/// Applies the decisions of a decision task whose DecisionTaskCompleted event is `completed`, then ends the task.
///
/// What happens through them counts as unseen, so that the decider gets a new task where it has to see something.
pub fn apply(service: &mut Service, run: Run, completed: i64, decisions: Vec<Decision>) {
    let unseen = service.execution(run).unseen;
    for decision in decisions {
        match decision {
            Decision::ScheduleActivity(new) => service.schedule_activity(run, *new, completed),
            Decision::RequestCancelActivity { activity_id } => {
                service.request_cancel_activity(run, &activity_id, completed);
            }
            Decision::StartTimer { timer_id, control, length } => {
                service.start_timer(run, &timer_id, control.as_deref(), length, completed);
            }
            Decision::CancelTimer { timer_id } => service.cancel_timer(run, &timer_id, completed),
            Decision::RecordMarker { name, details } => {
                let (marker_name, details) = (name.as_str(), details.as_deref());
                let event = MarkerRecorded { marker_name, decision_task_completed_event_id: completed, details };
                service.record(run, &event);
            }
            Decision::Close(close) if unseen => refuse(service, run, completed, &close),
            Decision::Close(close) => apply_close(service, run, completed, &close),
        }
    }
    if service.execution(run).is_open() {
        service.take_decision(run);
        if std::mem::take(&mut service.execution_mut(run).unseen) {
            service.schedule_decision(run);
        }
    }
}

/// The execution does not close while there is something the decider has not seen.
fn refuse(service: &mut Service, run: Run, decision_task_completed_event_id: i64, close: &Close) {
    let cause = "UNHANDLED_DECISION";
    match close {
        Close::Complete { .. } => {
            service.record(run, &CompleteWorkflowExecutionFailed { cause, decision_task_completed_event_id })
        }
        Close::Fail { .. } => {
            service.record(run, &FailWorkflowExecutionFailed { cause, decision_task_completed_event_id })
        }
        Close::Cancel { .. } => {
            service.record(run, &CancelWorkflowExecutionFailed { cause, decision_task_completed_event_id })
        }
    };
}

fn apply_close(service: &mut Service, run: Run, decision_task_completed_event_id: i64, close: &Close) {
    let status = match close {
        Close::Complete { result } => {
            let result = result.as_deref();
            service.record(run, &WorkflowExecutionCompleted { decision_task_completed_event_id, result });
            "COMPLETED"
        }
        Close::Fail { reason, details } => {
            let (reason, details) = (reason.as_deref(), details.as_deref());
            service.record(run, &WorkflowExecutionFailed { decision_task_completed_event_id, reason, details });
            "FAILED"
        }
        Close::Cancel { details } => {
            let details = details.as_deref();
            service.record(run, &WorkflowExecutionCanceled { decision_task_completed_event_id, details });
            "CANCELED"
        }
    };
    service.close_execution(run, status);
}
