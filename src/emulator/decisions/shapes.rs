//! Decisions as they come, and how they are checked.

use serde::Deserialize;

use super::super::check::{Checks, DATA, FUNCTION_ID, FUNCTION_NAME, LABEL, NAME, OPTIONAL_RUN_ID, REASON, VERSION};
use super::super::lifecycle::{Message, NewActivity, NewChild, Successor, Target};
use super::super::registry::TypeId;
use super::super::settings::SettingsShape;
use super::super::shapes::{TaskListShape, TypeShape};
use super::{Close, DECISION_TYPES, Decision};

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
    start_child_workflow_execution_decision_attributes: Option<StartChildShape>,
    signal_external_workflow_execution_decision_attributes: Option<SignalExternalShape>,
    request_cancel_external_workflow_execution_decision_attributes: Option<RequestCancelExternalShape>,
    schedule_lambda_function_decision_attributes: Option<ScheduleLambdaShape>,
    complete_workflow_execution_decision_attributes: Option<CompleteShape>,
    fail_workflow_execution_decision_attributes: Option<FailShape>,
    cancel_workflow_execution_decision_attributes: Option<CancelShape>,
    continue_as_new_workflow_execution_decision_attributes: Option<ContinueAsNewShape>,
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
#[serde(rename_all = "camelCase")]
struct StartChildShape {
    workflow_type: Option<TypeShape>,
    workflow_id: Option<String>,
    control: Option<String>,
    input: Option<String>,
    #[serde(flatten)]
    settings: SettingsShape,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignalExternalShape {
    workflow_id: Option<String>,
    run_id: Option<String>,
    signal_name: Option<String>,
    input: Option<String>,
    control: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestCancelExternalShape {
    workflow_id: Option<String>,
    run_id: Option<String>,
    control: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScheduleLambdaShape {
    id: Option<String>,
    name: Option<String>,
    control: Option<String>,
    input: Option<String>,
    start_to_close_timeout: Option<String>,
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

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContinueAsNewShape {
    input: Option<String>,
    workflow_type_version: Option<String>,
    #[serde(flatten)]
    settings: SettingsShape,
}

impl DecisionShape {
    /// Checks a decision at `at`; one whose type or attributes are missing or unknown is left out.
    pub fn check(mut self, checks: &mut Checks, at: &str) -> Option<Decision> {
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
            _ => self.check_external(checks, at, &kind, &attributes),
        }
    }

    /// Decisions that reach beyond their execution.
    fn check_external(self, checks: &mut Checks, at: &str, kind: &str, attributes: &str) -> Option<Decision> {
        match kind {
            "StartChildWorkflowExecution" => {
                let shape = checks.present(attributes, self.start_child_workflow_execution_decision_attributes)?;
                Some(Decision::StartChild(Box::new(shape.check(checks, attributes))))
            }
            "SignalExternalWorkflowExecution" => {
                let shape = checks.present(attributes, self.signal_external_workflow_execution_decision_attributes)?;
                Some(shape.check(checks, attributes))
            }
            "RequestCancelExternalWorkflowExecution" => {
                let shape = self.request_cancel_external_workflow_execution_decision_attributes;
                let RequestCancelExternalShape { workflow_id, run_id, control } = checks.present(attributes, shape)?;
                let target = check_target(checks, attributes, workflow_id, run_id, control);
                Some(Decision::SendMessage(target, Message::CancelRequest))
            }
            "ScheduleLambdaFunction" => {
                let shape = checks.present(attributes, self.schedule_lambda_function_decision_attributes)?;
                Some(shape.check(checks, attributes))
            }
            _ => self.check_close(checks, at, kind, attributes),
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
            "ContinueAsNewWorkflowExecution" => {
                let shape = self.continue_as_new_workflow_execution_decision_attributes;
                let shape = shape.unwrap_or_default();
                Close::ContinueAsNew(Box::new(shape.check(checks, attributes)))
            }
            _ => {
                let constraint = format!("Member must satisfy enum value set: [{}]", DECISION_TYPES.join(", "));
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

impl StartChildShape {
    fn check(self, checks: &mut Checks, at: &str) -> NewChild {
        let (name, version) = checks.type_id(&format!("{at}.workflowType"), self.workflow_type);
        NewChild {
            workflow_id: checks.required(&format!("{at}.workflowId"), self.workflow_id, &NAME),
            workflow_type: TypeId { name, version },
            control: checks.optional(&format!("{at}.control"), self.control, &DATA),
            input: checks.optional(&format!("{at}.input"), self.input, &DATA),
            wanted: self.settings.check_decision(checks, at),
        }
    }
}

impl SignalExternalShape {
    fn check(self, checks: &mut Checks, at: &str) -> Decision {
        let target = check_target(checks, at, self.workflow_id, self.run_id, self.control);
        let name = checks.required(&format!("{at}.signalName"), self.signal_name, &LABEL);
        let input = checks.optional(&format!("{at}.input"), self.input, &DATA);
        Decision::SendMessage(target, Message::Signal { name, input })
    }
}

fn check_target(
    checks: &mut Checks,
    at: &str,
    workflow_id: Option<String>,
    run_id: Option<String>,
    control: Option<String>,
) -> Target {
    Target {
        workflow_id: checks.required(&format!("{at}.workflowId"), workflow_id, &NAME),
        run_id: checks.optional(&format!("{at}.runId"), run_id, &OPTIONAL_RUN_ID),
        control: checks.optional(&format!("{at}.control"), control, &DATA),
    }
}

impl ScheduleLambdaShape {
    /// All is checked, though only id and name are needed for the failure.
    fn check(self, checks: &mut Checks, at: &str) -> Decision {
        checks.optional(&format!("{at}.control"), self.control, &DATA);
        checks.optional(&format!("{at}.input"), self.input, &DATA);
        checks.duration(&format!("{at}.startToCloseTimeout"), self.start_to_close_timeout);
        Decision::ScheduleLambda {
            id: checks.required(&format!("{at}.id"), self.id, &FUNCTION_ID),
            name: checks.required(&format!("{at}.name"), self.name, &FUNCTION_NAME),
        }
    }
}

impl ContinueAsNewShape {
    fn check(self, checks: &mut Checks, at: &str) -> Successor {
        Successor {
            input: checks.optional(&format!("{at}.input"), self.input, &DATA),
            version: checks.optional(&format!("{at}.workflowTypeVersion"), self.workflow_type_version, &VERSION),
            wanted: self.settings.check_decision(checks, at),
        }
    }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
}
