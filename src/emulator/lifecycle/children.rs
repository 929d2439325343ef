//! Children: started by a parent's decision, heard of by the parent when they end, dealt with when the parent is ended.

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::answer::{ExecutionName, ListName};
use super::super::events::{
    ChildWorkflowExecutionCanceled, ChildWorkflowExecutionCompleted, ChildWorkflowExecutionFailed,
    ChildWorkflowExecutionStarted, ChildWorkflowExecutionTerminated, ChildWorkflowExecutionTimedOut,
    StartChildWorkflowExecutionFailed, StartChildWorkflowExecutionInitiated, WorkflowExecutionCancelRequested,
};
use super::super::execution::{Parent, Run};
use super::super::registry::{Status, TypeId};
use super::super::service::Service;
use super::super::settings::{Settings, Undefined, Wanted};
use super::executions::{Ending, NewExecution, Termination};
use super::external::Delivery;

/// A StartChildWorkflowExecution decision.
#[derive(Debug)]
pub struct NewChild {
    pub workflow_id: String,
    pub workflow_type: TypeId,
    pub control: Option<String>,
    pub input: Option<String>,
    pub wanted: Wanted,
}

/// A child on its way: its parent's StartChildWorkflowExecutionInitiated event is written.
#[derive(Debug)]
pub struct Child {
    workflow_id: Arc<str>,
    workflow_type: Arc<TypeId>,
    control: Option<String>,
    input: Option<String>,
    settings: Settings,
    initiated: i64,
    decided: i64,
}

impl Service {
    /// Carries out the first half of a StartChildWorkflowExecution decision, or writes why not.
    pub fn initiate_child(&mut self, run: Run, new: NewChild, decided: i64) -> Option<Delivery> {
        let NewChild { workflow_id, workflow_type, control, input, wanted } = new;
        let (workflow_type, settings) = match self.resolve_child(run, &workflow_type, wanted) {
            Ok(resolved) => resolved,
            Err(cause) => {
                let event = StartChildWorkflowExecutionFailed {
                    workflow_type: &workflow_type,
                    cause,
                    workflow_id: &workflow_id,
                    initiated_event_id: 0,
                    decision_task_completed_event_id: decided,
                    control: control.as_deref(),
                };
                self.record(run, &event);
                self.need_decision(run);
                return None;
            }
        };
        let event = StartChildWorkflowExecutionInitiated {
            workflow_id: &workflow_id,
            workflow_type: &workflow_type,
            task_list: ListName { name: &settings.task_list },
            decision_task_completed_event_id: decided,
            child_policy: &settings.child_policy,
            control: control.as_deref(),
            input: input.as_deref(),
            execution_start_to_close_timeout: Some(settings.execution_start_to_close),
            task_start_to_close_timeout: Some(settings.task_start_to_close),
            task_priority: settings.priority,
            tag_list: settings.tag_list(),
            lambda_role: settings.lambda_role.as_deref(),
        };
        let initiated = self.record(run, &event);
        self.execution_mut(run).children.insert(initiated, None);
        let workflow_id = workflow_id.into();
        Some(Delivery::Child(Box::new(Child {
            workflow_id,
            workflow_type,
            control,
            input,
            settings,
            initiated,
            decided,
        })))
    }

    /// The type and the settings of a child to be; the error is the `cause` of StartChildWorkflowExecutionFailed.
    fn resolve_child(&self, run: Run, id: &TypeId, wanted: Wanted) -> Result<(Arc<TypeId>, Settings), &'static str> {
        let resolved = self.resolve_workflow(run, id, wanted)?;
        let domain = self.registry.domains.get(&self.execution(run).domain);
        if self.execution(run).children.len() >= self.limits.open_children {
            return Err("OPEN_CHILDREN_LIMIT_EXCEEDED");
        }
        if domain.is_some_and(|domain| domain.executions.open_count() >= self.limits.open_executions) {
            return Err("OPEN_WORKFLOWS_LIMIT_EXCEEDED");
        }
        Ok(resolved)
    }

    /// A workflow type for a decision of an execution, and the settings with it; the error is the cause of the failure.
    pub fn resolve_workflow(
        &self,
        run: Run,
        id: &TypeId,
        wanted: Wanted,
    ) -> Result<(Arc<TypeId>, Settings), &'static str> {
        let domain = self.registry.domains.get(&self.execution(run).domain);
        let registered = domain.and_then(|domain| domain.workflow_types.get(id));
        let registered = registered.ok_or("WORKFLOW_TYPE_DOES_NOT_EXIST")?;
        if registered.status == Status::Deprecated {
            return Err("WORKFLOW_TYPE_DEPRECATED");
        }
        let settings = wanted.settle(&registered.defaults).map_err(Undefined::cause)?;
        Ok((registered.id.clone(), settings))
    }

    /// The second half: starts the child, unless its workflow id has an open execution. Its parent may be closed by now.
    pub fn start_child(&mut self, parent: Run, child: Child) {
        let parent_open = self.execution(parent).is_open();
        let domain = self.domain_of(parent);
        if domain.is_some_and(|domain| domain.executions.open(&child.workflow_id).is_some()) {
            if parent_open {
                self.child_already_running(parent, &child);
            }
            return;
        }
        let run_id: Arc<str> = self.mint.run_id().into();
        let started = if parent_open { self.child_starts(parent, &child, &run_id) } else { 0 };
        let Child { workflow_id, workflow_type, input, settings, initiated, .. } = child;
        let of = self.execution(parent);
        let (domain, parent_id, parent_run_id) = (of.domain.clone(), of.workflow_id.clone(), of.run_id.clone());
        let link = Parent { run: parent, workflow_id: parent_id, run_id: parent_run_id, initiated, started };
        let (parent_link, continued) = (Some(link), None);
        let run = self.start_execution(NewExecution {
            domain,
            workflow_id,
            run_id,
            workflow_type,
            settings,
            input,
            parent: parent_link,
            continued,
        });
        if parent_open {
            self.execution_mut(parent).children.insert(initiated, Some(run));
        }
    }

    /// Writes into the parent's history that the child starts.
    fn child_starts(&mut self, parent: Run, child: &Child, run_id: &str) -> i64 {
        let event = ChildWorkflowExecutionStarted {
            workflow_execution: ExecutionName { workflow_id: &child.workflow_id, run_id },
            workflow_type: &child.workflow_type,
            initiated_event_id: child.initiated,
        };
        let started = self.record(parent, &event);
        self.need_decision(parent);
        started
    }

    /// Writes into the parent's history that the child cannot start.
    fn child_already_running(&mut self, parent: Run, child: &Child) {
        self.execution_mut(parent).children.remove(&child.initiated);
        let event = StartChildWorkflowExecutionFailed {
            workflow_type: &child.workflow_type,
            cause: "WORKFLOW_ALREADY_RUNNING",
            workflow_id: &child.workflow_id,
            initiated_event_id: child.initiated,
            decision_task_completed_event_id: child.decided,
            control: child.control.as_deref(),
        };
        self.record(parent, &event);
        self.need_decision(parent);
    }

    /// Tells the parent of a closed execution how it ended, if it has one that is open.
    pub fn tell_parent(&mut self, child: Run, ending: &Ending<'_>) {
        let execution = self.execution(child);
        let Some(parent) = &execution.parent else { return };
        let (to, initiated_event_id, started_event_id) = (parent.run, parent.initiated, parent.started);
        if self.executions.open(to).is_err() {
            return;
        }
        let (workflow_id, run_id) = (execution.workflow_id.clone(), execution.run_id.clone());
        let workflow_type = &*execution.workflow_type.clone();
        let workflow_execution = ExecutionName { workflow_id: &workflow_id, run_id: &run_id };
        /// Writes one of the events that all have these members.
        macro_rules! tell {
            ($event:ident { $($member:ident),* }) => {
                self.record(to, &$event {
                    workflow_execution, workflow_type, initiated_event_id, started_event_id, $($member: *$member),*
                })
            };
        }
        match ending {
            Ending::Completed { result } => tell!(ChildWorkflowExecutionCompleted { result }),
            Ending::Failed { reason, details } => tell!(ChildWorkflowExecutionFailed { reason, details }),
            Ending::Canceled { details } => tell!(ChildWorkflowExecutionCanceled { details }),
            Ending::Terminated => tell!(ChildWorkflowExecutionTerminated {}),
            Ending::TimedOut { timeout_type } => tell!(ChildWorkflowExecutionTimedOut { timeout_type }),
            // The parent goes on with the successor.
            Ending::ContinuedAsNew => return,
        };
        self.execution_mut(to).children.remove(&initiated_event_id);
        self.need_decision(to);
    }

    /// Deals with the children of an execution that was ended by force, and with theirs.
    pub fn apply_child_policy(&mut self, children: Vec<Run>, policy: &str) {
        let policy: Arc<str> = policy.into();
        let mut due: VecDeque<_> = children.into_iter().map(|child| (child, policy.clone())).collect();
        while let Some((child, policy)) = due.pop_front() {
            match &*policy {
                "TERMINATE" => {
                    let own: Arc<str> = self.execution(child).settings.child_policy.as_str().into();
                    let cause = "CHILD_POLICY_APPLIED";
                    let how = Termination { child_policy: &own, reason: None, details: None, cause };
                    let orphans = self.write_termination(child, &how);
                    due.extend(orphans.into_iter().map(|orphan| (orphan, own.clone())));
                }
                "REQUEST_CANCEL" => {
                    let event = WorkflowExecutionCancelRequested {
                        cause: Some("CHILD_POLICY_APPLIED"),
                        external_workflow_execution: None,
                        external_initiated_event_id: 0,
                    };
                    self.request_cancel(child, &event);
                }
                _ => {}
            }
        }
    }
}
