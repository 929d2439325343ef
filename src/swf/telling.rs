//! What a history event says, for people: the members worth a look, in SWF's words, cut to what a line can hold.
//!
//! For showing only; what the console reads of an event is in `translate`.

use aws_sdk_swf::types::{self, HistoryEvent};

use crate::text::Foreign;

/// Longer texts are cut here, in characters: a page has up to 1,000 events.
const MOST: usize = 400;

/// The members of an event with their names.
pub fn says(event: &HistoryEvent) -> Vec<(&'static str, Foreign)> {
    let mut says = Says::default();
    says.execution(event);
    says.deciding(event);
    says.activity(event);
    says.timer_or_marker(event);
    says.elsewhere(event);
    says.0
}

#[derive(Default)]
struct Says(Vec<(&'static str, Foreign)>);

impl Says {
    fn put(&mut self, name: &'static str, text: impl AsRef<str>) -> &mut Self {
        let text = text.as_ref();
        if !text.is_empty() {
            let cut = text.char_indices().nth(MOST).map_or(text.len(), |(end, _)| end);
            let mut kept = text[..cut].to_owned();
            if cut < text.len() {
                kept.push('…');
            }
            self.0.push((name, kept.into()));
        }
        self
    }

    fn maybe(&mut self, name: &'static str, text: Option<impl AsRef<str>>) -> &mut Self {
        match text {
            Some(text) => self.put(name, text),
            None => self,
        }
    }

    fn child(&mut self, execution: Option<&types::WorkflowExecution>) -> &mut Self {
        self.maybe("workflow", execution.map(types::WorkflowExecution::workflow_id))
    }

    /// How an execution begins, is talked to, and ends.
    fn execution(&mut self, event: &HistoryEvent) {
        if let Some(it) = event.workflow_execution_started_event_attributes() {
            let kind = it.workflow_type().map(|kind| format!("{} {}", kind.name(), kind.version()));
            self.maybe("type", kind).maybe("input", it.input());
        }
        if let Some(it) = event.workflow_execution_signaled_event_attributes() {
            self.put("signal", it.signal_name()).maybe("input", it.input());
        }
        if let Some(it) = event.workflow_execution_cancel_requested_event_attributes() {
            self.maybe("cause", it.cause().map(types::WorkflowExecutionCancelRequestedCause::as_str));
        }
        if let Some(it) = event.workflow_execution_completed_event_attributes() {
            self.maybe("result", it.result());
        }
        if let Some(it) = event.workflow_execution_failed_event_attributes() {
            self.maybe("reason", it.reason()).maybe("details", it.details());
        }
        if let Some(it) = event.workflow_execution_canceled_event_attributes() {
            self.maybe("details", it.details());
        }
        if let Some(it) = event.workflow_execution_timed_out_event_attributes() {
            self.put("timeout", it.timeout_type().as_str());
        }
        if let Some(it) = event.workflow_execution_terminated_event_attributes() {
            self.maybe("reason", it.reason()).maybe("details", it.details());
            self.maybe("cause", it.cause().map(types::WorkflowExecutionTerminatedCause::as_str));
        }
        if let Some(it) = event.workflow_execution_continued_as_new_event_attributes() {
            self.put("new run", it.new_execution_run_id());
        }
    }

    fn deciding(&mut self, event: &HistoryEvent) {
        if let Some(it) = event.decision_task_scheduled_event_attributes() {
            self.maybe("task list", it.task_list().map(types::TaskList::name));
        }
        if let Some(it) = event.decision_task_started_event_attributes() {
            self.maybe("identity", it.identity());
        }
        if let Some(it) = event.decision_task_timed_out_event_attributes() {
            self.put("timeout", it.timeout_type().as_str());
        }
    }

    fn activity(&mut self, event: &HistoryEvent) {
        if let Some(it) = event.activity_task_scheduled_event_attributes() {
            let kind = it.activity_type().map(|kind| format!("{} {}", kind.name(), kind.version()));
            self.put("activity", it.activity_id()).maybe("type", kind);
            self.maybe("task list", it.task_list().map(types::TaskList::name)).maybe("input", it.input());
        }
        if let Some(it) = event.activity_task_started_event_attributes() {
            self.maybe("identity", it.identity());
        }
        if let Some(it) = event.activity_task_completed_event_attributes() {
            self.maybe("result", it.result());
        }
        if let Some(it) = event.activity_task_failed_event_attributes() {
            self.maybe("reason", it.reason()).maybe("details", it.details());
        }
        if let Some(it) = event.activity_task_timed_out_event_attributes() {
            self.put("timeout", it.timeout_type().as_str()).maybe("details", it.details());
        }
        if let Some(it) = event.activity_task_canceled_event_attributes() {
            self.maybe("details", it.details());
        }
        if let Some(it) = event.activity_task_cancel_requested_event_attributes() {
            self.put("activity", it.activity_id());
        }
        if let Some(it) = event.schedule_activity_task_failed_event_attributes() {
            self.put("activity", it.activity_id()).put("cause", it.cause().as_str());
        }
        if let Some(it) = event.request_cancel_activity_task_failed_event_attributes() {
            self.put("activity", it.activity_id()).put("cause", it.cause().as_str());
        }
    }

    fn timer_or_marker(&mut self, event: &HistoryEvent) {
        if let Some(it) = event.timer_started_event_attributes() {
            self.put("timer", it.timer_id()).put("seconds", it.start_to_fire_timeout());
        }
        if let Some(it) = event.timer_fired_event_attributes() {
            self.put("timer", it.timer_id());
        }
        if let Some(it) = event.timer_canceled_event_attributes() {
            self.put("timer", it.timer_id());
        }
        if let Some(it) = event.marker_recorded_event_attributes() {
            self.put("marker", it.marker_name()).maybe("details", it.details());
        }
    }

    /// Child workflows and other executions.
    fn elsewhere(&mut self, event: &HistoryEvent) {
        if let Some(it) = event.start_child_workflow_execution_initiated_event_attributes() {
            self.put("workflow", it.workflow_id());
        }
        if let Some(it) = event.child_workflow_execution_started_event_attributes() {
            self.child(it.workflow_execution());
        }
        if let Some(it) = event.child_workflow_execution_completed_event_attributes() {
            self.child(it.workflow_execution()).maybe("result", it.result());
        }
        if let Some(it) = event.child_workflow_execution_failed_event_attributes() {
            self.child(it.workflow_execution()).maybe("reason", it.reason());
        }
        if let Some(it) = event.child_workflow_execution_timed_out_event_attributes() {
            self.child(it.workflow_execution());
        }
        if let Some(it) = event.child_workflow_execution_canceled_event_attributes() {
            self.child(it.workflow_execution());
        }
        if let Some(it) = event.child_workflow_execution_terminated_event_attributes() {
            self.child(it.workflow_execution());
        }
        if let Some(it) = event.signal_external_workflow_execution_initiated_event_attributes() {
            self.put("workflow", it.workflow_id()).put("signal", it.signal_name());
        }
        if let Some(it) = event.request_cancel_external_workflow_execution_initiated_event_attributes() {
            self.put("workflow", it.workflow_id());
        }
    }
}
