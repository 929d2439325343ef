//! Executions: started, continued as new, timed out, terminated, closed, forgotten.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::super::answer::ListName;
use super::super::deadlines::Deadline;
use super::super::events::{
    ContinueAsNewWorkflowExecutionFailed, WorkflowExecutionContinuedAsNew, WorkflowExecutionStarted,
    WorkflowExecutionTerminated, WorkflowExecutionTimedOut,
};
use super::super::execution::{Closed, Execution, Parent, Run};
use super::super::history::History;
use super::super::registry::TypeId;
use super::super::service::Service;
use super::super::settings::{Settings, Wanted};

/// An execution to be started; its workflow id must not have an open one.
#[derive(Debug)]
pub struct NewExecution {
    pub domain: Arc<str>,
    pub workflow_id: Arc<str>,
    /// Fresh from the mint.
    pub run_id: Arc<str>,
    pub workflow_type: Arc<TypeId>,
    pub settings: Settings,
    pub input: Option<String>,
    pub parent: Option<Parent>,
    /// The run that continues as this one.
    pub continued: Option<Arc<str>>,
}

/// A ContinueAsNewWorkflowExecution decision.
#[derive(Debug)]
pub struct Successor {
    pub input: Option<String>,
    /// Another version of the same type.
    pub version: Option<String>,
    pub wanted: Wanted,
}

/// How an execution ends.
#[derive(Debug)]
pub enum Ending<'a> {
    Completed { result: Option<&'a str> },
    Failed { reason: Option<&'a str>, details: Option<&'a str> },
    Canceled { details: Option<&'a str> },
    TimedOut { timeout_type: &'a str },
    Terminated,
    ContinuedAsNew,
}

impl Ending<'_> {
    /// SWF's `closeStatus`.
    fn status(&self) -> &'static str {
        match self {
            Self::Completed { .. } => "COMPLETED",
            Self::Failed { .. } => "FAILED",
            Self::Canceled { .. } => "CANCELED",
            Self::TimedOut { .. } => "TIMED_OUT",
            Self::Terminated => "TERMINATED",
            Self::ContinuedAsNew => "CONTINUED_AS_NEW",
        }
    }
}

/// How an execution is terminated.
#[derive(Debug)]
pub struct Termination<'a> {
    pub child_policy: &'a str,
    pub reason: Option<&'a str>,
    pub details: Option<&'a str>,
    pub cause: &'a str,
}

impl Service {
    /// Starts an execution.
    pub fn start_execution(&mut self, new: NewExecution) -> Run {
        let run = self.executions.next();
        let history = first_event(self.now, &new);
        let NewExecution { domain, workflow_id, run_id, workflow_type, settings, parent, .. } = new;
        let longest = self.now.saturating_add(self.limits.execution);
        let ends_at = settings.execution_start_to_close.after(self.now).map_or(longest, |at| at.min(longest));
        let execution = Execution {
            domain,
            workflow_id: workflow_id.clone(),
            run_id,
            history,
            workflow_type,
            settings,
            parent,
            started_at: self.now,
            ends_at,
            closed: None,
            cancel_requested: false,
            armed: Some(self.deadlines.arm(ends_at, Deadline::Execution(run))),
            activities: BTreeMap::new(),
            activity_ids: HashMap::new(),
            latest_activity_at: None,
            timers: BTreeMap::new(),
            timer_ids: HashMap::new(),
            children: BTreeMap::new(),
            decision: None,
            list_override: None,
            next_decision: None,
            answering: false,
            unseen: false,
            previous_started: 0,
            context: None,
        };
        self.executions.add(execution);
        if let Some(domain) = self.domain_of(run) {
            domain.executions.started(workflow_id, run);
        }
        self.schedule_decision(run);
        run
    }

    /// Carries out a ContinueAsNewWorkflowExecution decision, or writes why not.
    pub fn continue_as_new(&mut self, run: Run, successor: Successor, decided: i64) {
        let Successor { input, version, wanted } = successor;
        let execution = self.execution(run);
        let (domain, workflow_id) = (execution.domain.clone(), execution.workflow_id.clone());
        let (continued, parent) = (Some(execution.run_id.clone()), execution.parent.clone());
        let name = execution.workflow_type.name.clone();
        let version = version.unwrap_or_else(|| execution.workflow_type.version.clone());
        let (workflow_type, settings) = match self.resolve_workflow(run, &TypeId { name, version }, wanted) {
            Ok(resolved) => resolved,
            Err(cause) => {
                let decision_task_completed_event_id = decided;
                self.record(run, &ContinueAsNewWorkflowExecutionFailed { cause, decision_task_completed_event_id });
                return self.need_decision(run);
            }
        };
        let run_id: Arc<str> = self.mint.run_id().into();
        let event = WorkflowExecutionContinuedAsNew {
            decision_task_completed_event_id: decided,
            new_execution_run_id: &run_id,
            task_list: ListName { name: &settings.task_list },
            child_policy: &settings.child_policy,
            workflow_type: &workflow_type,
            input: input.as_deref(),
            execution_start_to_close_timeout: Some(settings.execution_start_to_close),
            task_start_to_close_timeout: Some(settings.task_start_to_close),
            task_priority: settings.priority,
            tag_list: settings.tag_list(),
            lambda_role: settings.lambda_role.as_deref(),
        };
        self.record(run, &event);
        self.close_execution(run, &Ending::ContinuedAsNew);
        let of = parent.as_ref().map(|parent| (parent.run, parent.initiated));
        let new = NewExecution { domain, workflow_id, run_id, workflow_type, settings, input, parent, continued };
        let next = self.start_execution(new);
        if let Some((parent, initiated)) = of.filter(|(parent, _)| self.executions.open(*parent).is_ok()) {
            self.execution_mut(parent).children.insert(initiated, Some(next));
        }
    }

    /// The execution's own timeout is due.
    pub fn execution_timed_out(&mut self, run: Run) {
        let child_policy = self.execution(run).settings.child_policy.clone();
        let timeout_type = "START_TO_CLOSE";
        self.record(run, &WorkflowExecutionTimedOut { timeout_type, child_policy: &child_policy });
        let children = self.close_execution(run, &Ending::TimedOut { timeout_type });
        self.apply_child_policy(children, &child_policy);
    }

    /// Ends an open execution by force, and deals with its children.
    pub fn terminate(&mut self, run: Run, how: &Termination<'_>) {
        let children = self.write_termination(run, how);
        self.apply_child_policy(children, how.child_policy);
    }

    /// Ends an open execution by force; gives the children that are left.
    pub fn write_termination(&mut self, run: Run, how: &Termination<'_>) -> Vec<Run> {
        let Termination { child_policy, reason, details, cause } = *how;
        self.record(run, &WorkflowExecutionTerminated { child_policy, reason, details, cause: Some(cause) });
        self.close_execution(run, &Ending::Terminated)
    }

    /// Terminates the executions whose histories have grown to the limit.
    pub fn terminate_overgrown(&mut self) {
        while let Some(run) = self.overgrown.pop() {
            if self.executions.open(run).is_ok() {
                let child_policy = self.execution(run).settings.child_policy.clone();
                let cause = "EVENT_LIMIT_EXCEEDED";
                self.terminate(run, &Termination { child_policy: &child_policy, reason: None, details: None, cause });
            }
        }
    }

    /// Closes an execution whose closing event is written: everything open in it ends without an event of its own.
    /// Tells its parent. Gives the children that are left, which have no open parent from now on.
    pub fn close_execution(&mut self, run: Run, ending: &Ending<'_>) -> Vec<Run> {
        self.take_decision(run);
        let now = self.now;
        let left = self.execution(run).open_counts();
        let execution = self.execution_mut(run);
        execution.next_decision = None;
        execution.activity_ids.clear();
        execution.timer_ids.clear();
        let event_type = execution.history.last_type();
        let activities = std::mem::take(&mut execution.activities);
        let timers = std::mem::take(&mut execution.timers);
        let children = std::mem::take(&mut execution.children);
        let (armed, workflow_id) = (execution.armed.take(), execution.workflow_id.clone());
        self.deadlines.disarm(armed);
        for task in activities.values() {
            self.unqueue_activity(task);
            self.ended(task, event_type);
        }
        for timer in timers.values() {
            self.deadlines.disarm(Some(timer.armed));
        }
        if let Some(domain) = self.domain_of(run) {
            let (order, kept) = (domain.executions.closed(&workflow_id, run), domain.retention_millis());
            self.execution_mut(run).closed = Some(Closed { status: ending.status(), at: now, order, left });
            self.deadlines.arm(now.saturating_add(kept), Deadline::Retention(run));
        }
        self.tell_parent(run, ending);
        children.into_values().flatten().collect()
    }

    /// The retention period of a closed execution is over.
    pub fn forget_execution(&mut self, run: Run) {
        let closed = self.execution(run).closed;
        if let (Some(closed), Some(domain)) = (closed, self.domain_of(run)) {
            domain.executions.forgotten(run, closed.order);
            self.executions.forget(run);
        }
    }
}

fn first_event(now: i64, new: &NewExecution) -> History {
    let NewExecution { workflow_type, settings, input, parent, continued, .. } = new;
    let mut history = History::default();
    let event = WorkflowExecutionStarted {
        child_policy: &settings.child_policy,
        task_list: ListName { name: &settings.task_list },
        workflow_type,
        parent_initiated_event_id: parent.as_ref().map_or(0, |parent| parent.initiated),
        input: input.as_deref(),
        execution_start_to_close_timeout: Some(settings.execution_start_to_close),
        task_start_to_close_timeout: Some(settings.task_start_to_close),
        task_priority: settings.priority,
        tag_list: settings.tag_list(),
        lambda_role: settings.lambda_role.as_deref(),
        continued_execution_run_id: continued.as_deref(),
        parent_workflow_execution: parent.as_ref().map(Parent::name),
    };
    history.append(now, &event);
    history
}
