//! Decisions: read, checked as a whole, then applied in order.

mod shapes;

use super::activity::Span;
use super::check::Checks;
use super::events::{
    CancelWorkflowExecutionFailed, CompleteWorkflowExecutionFailed, ContinueAsNewWorkflowExecutionFailed,
    FailWorkflowExecutionFailed, MarkerRecorded, WorkflowExecutionCanceled, WorkflowExecutionCompleted,
    WorkflowExecutionFailed,
};
use super::execution::Run;
use super::fault::{Fault, Result};
use super::lifecycle::{Ending, Message, NewActivity, NewChild, Successor, Target};
use super::service::Service;
pub use shapes::DecisionShape;

/// All decision types, in the order SWF lists them in its validation error.
pub const DECISION_TYPES: [&str; 13] = [
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

/// A decision with all its values checked.
#[derive(Debug)]
pub enum Decision {
    ScheduleActivity(Box<NewActivity>),
    RequestCancelActivity { activity_id: String },
    StartTimer { timer_id: String, control: Option<String>, length: Span },
    CancelTimer { timer_id: String },
    RecordMarker { name: String, details: Option<String> },
    StartChild(Box<NewChild>),
    SendMessage(Target, Message),
    ScheduleLambda { id: String, name: String },
    Close(Close),
}

/// A decision that closes the execution.
#[derive(Debug)]
pub enum Close {
    Complete { result: Option<String> },
    Fail { reason: Option<String>, details: Option<String> },
    Cancel { details: Option<String> },
    ContinueAsNew(Box<Successor>),
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

/// Ends a decision task whose DecisionTaskCompleted event is `completed`, and applies its decisions.
///
/// What happens through them counts as unseen, so that the decider gets a new task where it has to see something.
pub fn apply(service: &mut Service, run: Run, completed: i64, decisions: Vec<Decision>) {
    service.take_decision(run);
    service.execution_mut(run).answering = true;
    let unseen = service.execution(run).next_decision.is_some();
    let mut deliveries = Vec::new();
    for decision in decisions {
        match decision {
            Decision::StartChild(new) => deliveries.extend(service.initiate_child(run, *new, completed)),
            Decision::SendMessage(target, message) => {
                deliveries.push(service.initiate_message(run, target, message, completed));
            }
            Decision::Close(close) if unseen => refuse(service, run, completed, &close),
            Decision::Close(close) => apply_close(service, run, completed, close),
            within => apply_within(service, run, completed, within),
        }
    }
    for delivery in deliveries {
        service.deliver(run, delivery);
    }
    let execution = service.execution_mut(run);
    execution.answering = false;
    let unseen = std::mem::take(&mut execution.unseen);
    if service.execution(run).is_open() && !service.follow_decision(run) && unseen {
        service.schedule_decision(run);
    }
}

/// Applies a decision that concerns only its own execution.
fn apply_within(service: &mut Service, run: Run, completed: i64, decision: Decision) {
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
        Decision::ScheduleLambda { id, name } => service.refuse_lambda(run, &id, &name, completed),
        Decision::StartChild(_) | Decision::SendMessage(..) | Decision::Close(_) => {}
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
        Close::ContinueAsNew(_) => {
            service.record(run, &ContinueAsNewWorkflowExecutionFailed { cause, decision_task_completed_event_id })
        }
    };
}

fn apply_close(service: &mut Service, run: Run, decision_task_completed_event_id: i64, close: Close) {
    match close {
        Close::Complete { result } => {
            let result = result.as_deref();
            service.record(run, &WorkflowExecutionCompleted { decision_task_completed_event_id, result });
            service.close_execution(run, &Ending::Completed { result });
        }
        Close::Fail { reason, details } => {
            let (reason, details) = (reason.as_deref(), details.as_deref());
            service.record(run, &WorkflowExecutionFailed { decision_task_completed_event_id, reason, details });
            service.close_execution(run, &Ending::Failed { reason, details });
        }
        Close::Cancel { details } => {
            let details = details.as_deref();
            service.record(run, &WorkflowExecutionCanceled { decision_task_completed_event_id, details });
            service.close_execution(run, &Ending::Canceled { details });
        }
        Close::ContinueAsNew(successor) => service.continue_as_new(run, *successor, decision_task_completed_event_id),
    }
}
