//! The history events, each with exactly the attributes of the API reference; optional ones are absent when not set.

use serde::Serialize;

use super::activity::{Priority, Span};
use super::answer::{ExecutionName, ListName};
use super::registry::TypeId;

/// The attributes of one kind of event.
pub trait Event: Serialize {
    /// SWF's `eventType`.
    const TYPE: &'static str;
}

/// Defines events: the attributes that are always there, then those that may be absent.
macro_rules! events {
    ($($name:ident { $($field:ident: $kind:ty),* } optional { $($maybe:ident: $optional:ty),* })*) => {$(
        #[derive(Debug, Serialize)]
        #[allow(clippy::struct_field_names, reason = "the names are SWF's")]
        #[serde(rename_all = "camelCase")]
        pub struct $name<'a> {
            $(pub $field: $kind,)*
            $(#[serde(skip_serializing_if = "Option::is_none")] pub $maybe: Option<$optional>,)*
        }

        impl Event for $name<'_> {
            const TYPE: &'static str = stringify!($name);
        }
    )*

        /// The types of all events.
        pub const TYPES: &[&str] = &[$(stringify!($name)),*];
    };
}

events! {
    WorkflowExecutionStarted {
        child_policy: &'a str, task_list: ListName<'a>, workflow_type: &'a TypeId, parent_initiated_event_id: i64
    } optional {
        input: &'a str, execution_start_to_close_timeout: Span, task_start_to_close_timeout: Span,
        task_priority: Priority, tag_list: &'a [String], lambda_role: &'a str, continued_execution_run_id: &'a str,
        parent_workflow_execution: ExecutionName<'a>
    }
    WorkflowExecutionSignaled { signal_name: &'a str, external_initiated_event_id: i64 } optional {
        input: &'a str, external_workflow_execution: ExecutionName<'a>
    }
    WorkflowExecutionCancelRequested { external_initiated_event_id: i64 } optional {
        cause: &'a str, external_workflow_execution: ExecutionName<'a>
    }
    WorkflowExecutionCompleted { decision_task_completed_event_id: i64 } optional { result: &'a str }
    WorkflowExecutionFailed { decision_task_completed_event_id: i64 } optional { reason: &'a str, details: &'a str }
    WorkflowExecutionCanceled { decision_task_completed_event_id: i64 } optional { details: &'a str }
    WorkflowExecutionContinuedAsNew {
        decision_task_completed_event_id: i64, new_execution_run_id: &'a str, task_list: ListName<'a>,
        child_policy: &'a str, workflow_type: &'a TypeId
    } optional {
        input: &'a str, execution_start_to_close_timeout: Span, task_start_to_close_timeout: Span,
        task_priority: Priority, tag_list: &'a [String], lambda_role: &'a str
    }
    WorkflowExecutionTimedOut { timeout_type: &'a str, child_policy: &'a str } optional {}
    WorkflowExecutionTerminated { child_policy: &'a str } optional { reason: &'a str, details: &'a str, cause: &'a str }
    CompleteWorkflowExecutionFailed { cause: &'a str, decision_task_completed_event_id: i64 } optional {}
    FailWorkflowExecutionFailed { cause: &'a str, decision_task_completed_event_id: i64 } optional {}
    CancelWorkflowExecutionFailed { cause: &'a str, decision_task_completed_event_id: i64 } optional {}
    ContinueAsNewWorkflowExecutionFailed { cause: &'a str, decision_task_completed_event_id: i64 } optional {}

    DecisionTaskScheduled { task_list: ListName<'a> } optional {
        task_priority: Priority, start_to_close_timeout: Span, schedule_to_start_timeout: Span
    }
    DecisionTaskStarted { scheduled_event_id: i64 } optional { identity: &'a str }
    DecisionTaskCompleted { scheduled_event_id: i64, started_event_id: i64 } optional {
        execution_context: &'a str, task_list: ListName<'a>, task_list_schedule_to_start_timeout: Span
    }
    DecisionTaskTimedOut { timeout_type: &'a str, scheduled_event_id: i64, started_event_id: i64 } optional {}

    ActivityTaskScheduled {
        activity_type: &'a TypeId, activity_id: &'a str, task_list: ListName<'a>,
        decision_task_completed_event_id: i64
    } optional {
        input: &'a str, control: &'a str, schedule_to_start_timeout: Span, schedule_to_close_timeout: Span,
        start_to_close_timeout: Span, heartbeat_timeout: Span, task_priority: Priority
    }
    ActivityTaskStarted { scheduled_event_id: i64 } optional { identity: &'a str }
    ActivityTaskCompleted { scheduled_event_id: i64, started_event_id: i64 } optional { result: &'a str }
    ActivityTaskFailed { scheduled_event_id: i64, started_event_id: i64 } optional { reason: &'a str, details: &'a str }
    ActivityTaskTimedOut { timeout_type: &'a str, scheduled_event_id: i64, started_event_id: i64 } optional {
        details: &'a str
    }
    ActivityTaskCancelRequested { decision_task_completed_event_id: i64, activity_id: &'a str } optional {}
    ActivityTaskCanceled { scheduled_event_id: i64, started_event_id: i64 } optional {
        details: &'a str, latest_cancel_requested_event_id: i64
    }
    ScheduleActivityTaskFailed {
        activity_type: &'a TypeId, activity_id: &'a str, cause: &'a str, decision_task_completed_event_id: i64
    } optional {}
    RequestCancelActivityTaskFailed {
        activity_id: &'a str, cause: &'a str, decision_task_completed_event_id: i64
    } optional {}

    TimerStarted { timer_id: &'a str, start_to_fire_timeout: Span, decision_task_completed_event_id: i64 } optional {
        control: &'a str
    }
    TimerFired { timer_id: &'a str, started_event_id: i64 } optional {}
    TimerCanceled { timer_id: &'a str, started_event_id: i64, decision_task_completed_event_id: i64 } optional {}
    StartTimerFailed { timer_id: &'a str, cause: &'a str, decision_task_completed_event_id: i64 } optional {}
    CancelTimerFailed { timer_id: &'a str, cause: &'a str, decision_task_completed_event_id: i64 } optional {}
    MarkerRecorded { marker_name: &'a str, decision_task_completed_event_id: i64 } optional { details: &'a str }

    StartChildWorkflowExecutionInitiated {
        workflow_id: &'a str, workflow_type: &'a TypeId, task_list: ListName<'a>,
        decision_task_completed_event_id: i64, child_policy: &'a str
    } optional {
        control: &'a str, input: &'a str, execution_start_to_close_timeout: Span, task_start_to_close_timeout: Span,
        task_priority: Priority, tag_list: &'a [String], lambda_role: &'a str
    }
    StartChildWorkflowExecutionFailed {
        workflow_type: &'a TypeId, cause: &'a str, workflow_id: &'a str, initiated_event_id: i64,
        decision_task_completed_event_id: i64
    } optional { control: &'a str }
    ChildWorkflowExecutionStarted {
        workflow_execution: ExecutionName<'a>, workflow_type: &'a TypeId, initiated_event_id: i64
    } optional {}
    ChildWorkflowExecutionCompleted {
        workflow_execution: ExecutionName<'a>, workflow_type: &'a TypeId, initiated_event_id: i64,
        started_event_id: i64
    } optional { result: &'a str }
    ChildWorkflowExecutionFailed {
        workflow_execution: ExecutionName<'a>, workflow_type: &'a TypeId, initiated_event_id: i64,
        started_event_id: i64
    } optional { reason: &'a str, details: &'a str }
    ChildWorkflowExecutionCanceled {
        workflow_execution: ExecutionName<'a>, workflow_type: &'a TypeId, initiated_event_id: i64,
        started_event_id: i64
    } optional { details: &'a str }
    ChildWorkflowExecutionTimedOut {
        workflow_execution: ExecutionName<'a>, workflow_type: &'a TypeId, initiated_event_id: i64,
        started_event_id: i64, timeout_type: &'a str
    } optional {}
    ChildWorkflowExecutionTerminated {
        workflow_execution: ExecutionName<'a>, workflow_type: &'a TypeId, initiated_event_id: i64,
        started_event_id: i64
    } optional {}

    SignalExternalWorkflowExecutionInitiated {
        workflow_id: &'a str, signal_name: &'a str, decision_task_completed_event_id: i64
    } optional { run_id: &'a str, input: &'a str, control: &'a str }
    SignalExternalWorkflowExecutionFailed {
        workflow_id: &'a str, cause: &'a str, initiated_event_id: i64, decision_task_completed_event_id: i64
    } optional { run_id: &'a str, control: &'a str }
    ExternalWorkflowExecutionSignaled {
        workflow_execution: ExecutionName<'a>, initiated_event_id: i64
    } optional {}
    RequestCancelExternalWorkflowExecutionInitiated {
        workflow_id: &'a str, decision_task_completed_event_id: i64
    } optional { run_id: &'a str, control: &'a str }
    RequestCancelExternalWorkflowExecutionFailed {
        workflow_id: &'a str, cause: &'a str, initiated_event_id: i64, decision_task_completed_event_id: i64
    } optional { run_id: &'a str, control: &'a str }
    ExternalWorkflowExecutionCancelRequested {
        workflow_execution: ExecutionName<'a>, initiated_event_id: i64
    } optional {}

    ScheduleLambdaFunctionFailed {
        id: &'a str, name: &'a str, cause: &'a str, decision_task_completed_event_id: i64
    } optional {}
}
