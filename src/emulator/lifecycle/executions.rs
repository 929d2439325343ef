//! Executions: started, timed out, closed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::super::answer::ListName;
use super::super::deadlines::Deadline;
use super::super::events::{WorkflowExecutionStarted, WorkflowExecutionTimedOut};
use super::super::execution::{Closed, Execution, Run, Settings};
use super::super::history::History;
use super::super::registry::TypeId;
use super::super::service::Service;

impl Service {
    /// Starts an execution; its workflow id must not have an open one.
    pub fn start_execution(
        &mut self,
        domain: Arc<str>,
        workflow_id: Arc<str>,
        workflow_type: Arc<TypeId>,
        settings: Settings,
        input: Option<&str>,
    ) -> Run {
        let run = self.executions.next();
        let run_id: Arc<str> = self.mint.run_id().into();
        let limit = settings.execution_start_to_close.after(self.now);
        let execution = Execution {
            domain,
            workflow_id: workflow_id.clone(),
            run_id,
            history: first_event(self.now, &workflow_type, &settings, input),
            workflow_type,
            settings,
            started_at: self.now,
            closed: None,
            cancel_requested: false,
            armed: limit.map(|at| self.deadlines.arm(at, Deadline::Execution(run))),
            activities: BTreeMap::new(),
            activity_ids: HashMap::new(),
            latest_activity_at: None,
            timers: BTreeMap::new(),
            timer_ids: HashMap::new(),
            decision: None,
            list_override: None,
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

    /// The execution's own timeout is due.
    pub fn execution_timed_out(&mut self, run: Run) {
        let now = self.now;
        let execution = self.execution_mut(run);
        let child_policy = &execution.settings.child_policy;
        execution.history.append(now, &WorkflowExecutionTimedOut { timeout_type: "START_TO_CLOSE", child_policy });
        self.close_execution(run, "TIMED_OUT");
    }

    /// Closes an execution whose closing event is written: everything open in it ends without an event of its own.
    pub fn close_execution(&mut self, run: Run, status: &'static str) {
        self.take_decision(run);
        let now = self.now;
        let execution = self.execution_mut(run);
        execution.unseen = false;
        execution.activity_ids.clear();
        execution.timer_ids.clear();
        let event_type = execution.history.last_type();
        let activities = std::mem::take(&mut execution.activities);
        let timers = std::mem::take(&mut execution.timers);
        let (armed, workflow_id) = (execution.armed.take(), execution.workflow_id.clone());
        self.deadlines.disarm(armed);
        for task in activities.values() {
            self.unqueue_activity(task);
            self.ended(task, event_type);
        }
        for timer in timers.values() {
            self.deadlines.disarm(Some(timer.armed));
        }
        let Some(domain) = self.domain_of(run) else { return };
        let (order, kept) = (domain.executions.closed(&workflow_id, run), domain.retention_millis());
        self.execution_mut(run).closed = Some(Closed { status, at: now, order });
        self.deadlines.arm(now.saturating_add(kept), Deadline::Retention(run));
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

fn first_event(now: i64, workflow_type: &TypeId, settings: &Settings, input: Option<&str>) -> History {
    let mut history = History::default();
    let event = WorkflowExecutionStarted {
        child_policy: &settings.child_policy,
        task_list: ListName { name: &settings.task_list },
        workflow_type,
        parent_initiated_event_id: 0,
        input,
        execution_start_to_close_timeout: Some(settings.execution_start_to_close),
        task_start_to_close_timeout: Some(settings.task_start_to_close),
        task_priority: settings.priority,
        tag_list: (!settings.tags.is_empty()).then_some(&settings.tags),
        lambda_role: settings.lambda_role.as_deref(),
    };
    history.append(now, &event);
    history
}
