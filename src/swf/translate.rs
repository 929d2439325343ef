//! The SDK's answers as plain values. Pure; what an absent or unknown member means is decided here.

use aws_sdk_swf::operation::describe_activity_type::DescribeActivityTypeOutput;
use aws_sdk_swf::operation::get_workflow_execution_history::GetWorkflowExecutionHistoryOutput;
use aws_sdk_swf::operation::list_open_workflow_executions::ListOpenWorkflowExecutionsOutput;
use aws_sdk_swf::operation::poll_for_activity_task::PollForActivityTaskOutput;
use aws_sdk_swf::types;
use aws_smithy_types::DateTime;

use super::telling;
use crate::task::{ActivityType, ClaimedTask, Limit, Source, TaskToken, Timeouts, WorkflowExecution};
use crate::text::Foreign;
use crate::wire::{Answer, Attributes, HistoryEvent, HistoryPage};

/// A task, or none: an empty poll has no token, and the SDK makes that an empty one.
pub fn polled(output: PollForActivityTaskOutput) -> Answer {
    if output.task_token.is_empty() {
        return Answer::Polled(None);
    }
    let activity_type = output.activity_type;
    Answer::Polled(Some(Box::new(ClaimedTask {
        token: TaskToken::new(output.task_token),
        activity_id: output.activity_id.into(),
        activity_type: ActivityType {
            name: activity_type.as_ref().map_or("", |it| it.name()).into(),
            version: activity_type.as_ref().map_or("", |it| it.version()).into(),
        },
        started_event_id: output.started_event_id,
        execution: execution(output.workflow_execution.as_ref()),
        input: output.input.map(Foreign::from),
    })))
}

/// An execution as plain values; absent is empty.
pub fn execution(execution: Option<&types::WorkflowExecution>) -> WorkflowExecution {
    WorkflowExecution {
        workflow_id: execution.map_or("", |it| it.workflow_id()).into(),
        run_id: execution.map_or("", |it| it.run_id()).into(),
    }
}

/// One page of history.
pub fn history(output: GetWorkflowExecutionHistoryOutput) -> Answer {
    Answer::History(HistoryPage {
        events: output.events.iter().map(history_event).collect(),
        next_page_token: output.next_page_token.filter(|token| !token.is_empty()),
    })
}

/// Executions that are open.
pub fn open(output: ListOpenWorkflowExecutionsOutput) -> Answer {
    let executions = output.execution_infos.iter().map(|info| execution(info.execution())).collect();
    Answer::Open { executions, more: output.next_page_token.is_some_and(|token| !token.is_empty()) }
}

/// The defaults of a type; what it does not say stays unknown.
pub fn activity_type(output: DescribeActivityTypeOutput) -> Answer {
    let Some(defaults) = output.configuration else { return Answer::ActivityType(Timeouts::default()) };
    let default = |text: Option<&str>| limit(text, Source::TypeDefault);
    Answer::ActivityType(Timeouts {
        heartbeat: default(defaults.default_task_heartbeat_timeout()),
        start_to_close: default(defaults.default_task_start_to_close_timeout()),
        schedule_to_close: default(defaults.default_task_schedule_to_close_timeout()),
        execution: None,
    })
}

/// Milliseconds since 1970, rounded: SWF writes them as a decimal fraction that the SDK reads as a float.
pub fn millis(at: DateTime) -> i64 {
    at.secs().saturating_mul(1_000).saturating_add(i64::from((at.subsec_nanos() + 500_000) / 1_000_000))
}

fn limit(text: Option<&str>, source: Source) -> Option<(Limit, Source)> {
    text.and_then(|text| Limit::parse(text).ok()).map(|limit| (limit, source))
}

fn text(text: Option<&str>) -> Option<Foreign> {
    text.map(Foreign::from)
}

fn history_event(event: &types::HistoryEvent) -> HistoryEvent {
    HistoryEvent {
        id: event.event_id(),
        at: millis(*event.event_timestamp()),
        event_type: event.event_type().as_str().into(),
        attributes: attributes(event).unwrap_or(Attributes::Other),
        says: telling::says(event),
    }
}

fn attributes(event: &types::HistoryEvent) -> Option<Attributes> {
    use types::EventType;
    Some(match event.event_type() {
        EventType::WorkflowExecutionStarted => {
            let it = event.workflow_execution_started_event_attributes()?;
            let execution = limit(it.execution_start_to_close_timeout(), Source::History);
            Attributes::ExecutionStarted { timeouts: Timeouts { execution, ..Timeouts::default() } }
        }
        EventType::WorkflowExecutionCancelRequested => Attributes::ExecutionCancelRequested,
        EventType::WorkflowExecutionCompleted
        | EventType::WorkflowExecutionFailed
        | EventType::WorkflowExecutionTimedOut
        | EventType::WorkflowExecutionCanceled
        | EventType::WorkflowExecutionTerminated
        | EventType::WorkflowExecutionContinuedAsNew => Attributes::ExecutionClosed,
        EventType::ActivityTaskScheduled => scheduled(event.activity_task_scheduled_event_attributes()?),
        EventType::ActivityTaskStarted => {
            let it = event.activity_task_started_event_attributes()?;
            Attributes::Started { scheduled_event_id: it.scheduled_event_id(), identity: text(it.identity()) }
        }
        EventType::ActivityTaskCompleted => {
            let it = event.activity_task_completed_event_attributes()?;
            Attributes::Completed { started_event_id: it.started_event_id(), result: text(it.result()) }
        }
        EventType::ActivityTaskFailed => {
            let it = event.activity_task_failed_event_attributes()?;
            let (reason, details) = (text(it.reason()), text(it.details()));
            Attributes::Failed { started_event_id: it.started_event_id(), reason, details }
        }
        EventType::ActivityTaskCanceled => {
            let it = event.activity_task_canceled_event_attributes()?;
            Attributes::Canceled { started_event_id: it.started_event_id(), details: text(it.details()) }
        }
        EventType::ActivityTaskTimedOut => {
            let it = event.activity_task_timed_out_event_attributes()?;
            Attributes::TimedOut {
                started_event_id: it.started_event_id(),
                timeout_type: it.timeout_type().as_str().into(),
                details: text(it.details()),
            }
        }
        EventType::ActivityTaskCancelRequested => {
            let it = event.activity_task_cancel_requested_event_attributes()?;
            Attributes::CancelRequested { activity_id: it.activity_id().into() }
        }
        _ => return None,
    })
}

fn scheduled(it: &types::ActivityTaskScheduledEventAttributes) -> Attributes {
    Attributes::Scheduled {
        activity_id: it.activity_id().into(),
        timeouts: Timeouts {
            heartbeat: limit(it.heartbeat_timeout(), Source::History),
            start_to_close: limit(it.start_to_close_timeout(), Source::History),
            schedule_to_close: limit(it.schedule_to_close_timeout(), Source::History),
            execution: None,
        },
    }
}
