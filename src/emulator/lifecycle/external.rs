//! From one execution to another: signals and cancel requests by decision.
//!
//! What a decision task's answer sets going in other executions arrives there after all its decisions are carried out,
//! as in SWF, where the way from one execution to another takes its time.

use std::sync::Arc;

use super::super::answer::ExecutionName;
use super::super::events::{
    ExternalWorkflowExecutionCancelRequested, ExternalWorkflowExecutionSignaled,
    RequestCancelExternalWorkflowExecutionFailed, RequestCancelExternalWorkflowExecutionInitiated,
    SignalExternalWorkflowExecutionFailed, SignalExternalWorkflowExecutionInitiated, WorkflowExecutionCancelRequested,
    WorkflowExecutionSignaled,
};
use super::super::execution::Run;
use super::super::service::Service;
use super::children::Child;

/// Another execution: an open one, by its workflow id and perhaps its run id.
#[derive(Debug)]
pub struct Target {
    pub workflow_id: String,
    pub run_id: Option<String>,
    pub control: Option<String>,
}

/// What goes to it.
#[derive(Debug)]
pub enum Message {
    Signal { name: String, input: Option<String> },
    CancelRequest,
}

/// What is on its way out of an execution.
#[derive(Debug)]
pub enum Delivery {
    Child(Box<Child>),
    Message { target: Target, message: Message, initiated: i64, decided: i64 },
}

/// Why an external decision fails, as far as it can here.
const UNKNOWN: &str = "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION";

impl Service {
    /// Writes that a message is on its way.
    pub fn initiate_message(&mut self, run: Run, target: Target, message: Message, decided: i64) -> Delivery {
        let (workflow_id, run_id) = (target.workflow_id.as_str(), target.run_id.as_deref());
        let (decision_task_completed_event_id, control) = (decided, target.control.as_deref());
        let initiated = match &message {
            Message::Signal { name, input } => self.record(
                run,
                &SignalExternalWorkflowExecutionInitiated {
                    workflow_id,
                    signal_name: name,
                    decision_task_completed_event_id,
                    run_id,
                    input: input.as_deref(),
                    control,
                },
            ),
            Message::CancelRequest => self.record(
                run,
                &RequestCancelExternalWorkflowExecutionInitiated {
                    workflow_id,
                    decision_task_completed_event_id,
                    run_id,
                    control,
                },
            ),
        };
        Delivery::Message { target, message, initiated, decided }
    }

    /// Lets something arrive that left `run`, which may be closed by now.
    pub fn deliver(&mut self, run: Run, delivery: Delivery) {
        match delivery {
            Delivery::Child(child) => self.start_child(run, *child),
            Delivery::Message { target, message, initiated, decided } => {
                match self.open_target(run, &target) {
                    Some(to) => self.arrive(run, to, &message, initiated),
                    None => self.get_lost(run, &target, &message, initiated, decided),
                }
                if self.execution(run).is_open() {
                    self.need_decision(run);
                }
            }
        }
    }

    fn open_target(&mut self, run: Run, target: &Target) -> Option<Run> {
        let found = self.domain_of(run)?.executions.open(&target.workflow_id)?;
        let wanted = target.run_id.as_deref().filter(|run_id| !run_id.is_empty());
        wanted.is_none_or(|run_id| *run_id == *self.execution(found).run_id).then_some(found)
    }

    /// Writes the message into the other history, and its arrival into the sender's.
    fn arrive(&mut self, run: Run, to: Run, message: &Message, initiated_event_id: i64) {
        let (from, target) = (self.ids(run), self.ids(to));
        let sender = Some(ExecutionName { workflow_id: &from.0, run_id: &from.1 });
        let workflow_execution = ExecutionName { workflow_id: &target.0, run_id: &target.1 };
        let open = self.execution(run).is_open();
        match message {
            Message::Signal { name, input } => {
                let event = WorkflowExecutionSignaled {
                    signal_name: name,
                    input: input.as_deref(),
                    external_workflow_execution: sender,
                    external_initiated_event_id: initiated_event_id,
                };
                self.signal(to, &event);
                if open {
                    self.record(run, &ExternalWorkflowExecutionSignaled { workflow_execution, initiated_event_id });
                }
            }
            Message::CancelRequest => {
                let event = WorkflowExecutionCancelRequested {
                    cause: None,
                    external_workflow_execution: sender,
                    external_initiated_event_id: initiated_event_id,
                };
                self.request_cancel(to, &event);
                if open {
                    let event = ExternalWorkflowExecutionCancelRequested { workflow_execution, initiated_event_id };
                    self.record(run, &event);
                }
            }
        }
    }

    /// Nobody is there for the message: writes so, if the sender is still open.
    fn get_lost(&mut self, run: Run, target: &Target, message: &Message, initiated_event_id: i64, decided: i64) {
        if !self.execution(run).is_open() {
            return;
        }
        let (workflow_id, run_id) = (target.workflow_id.as_str(), target.run_id.as_deref());
        let (cause, decision_task_completed_event_id, control) = (UNKNOWN, decided, target.control.as_deref());
        match message {
            Message::Signal { .. } => self.record(
                run,
                &SignalExternalWorkflowExecutionFailed {
                    workflow_id,
                    cause,
                    initiated_event_id,
                    decision_task_completed_event_id,
                    run_id,
                    control,
                },
            ),
            Message::CancelRequest => self.record(
                run,
                &RequestCancelExternalWorkflowExecutionFailed {
                    workflow_id,
                    cause,
                    initiated_event_id,
                    decision_task_completed_event_id,
                    run_id,
                    control,
                },
            ),
        };
    }

    fn ids(&self, run: Run) -> (Arc<str>, Arc<str>) {
        let execution = self.execution(run);
        (execution.workflow_id.clone(), execution.run_id.clone())
    }

    /// A signal arrives; its execution must be open.
    pub fn signal(&mut self, run: Run, event: &WorkflowExecutionSignaled<'_>) {
        self.record(run, event);
        self.need_decision(run);
    }

    /// A cancel request arrives; its execution must be open. Only the decider learns of it.
    pub fn request_cancel(&mut self, run: Run, event: &WorkflowExecutionCancelRequested<'_>) {
        self.record(run, event);
        self.execution_mut(run).cancel_requested = true;
        self.need_decision(run);
    }
}
