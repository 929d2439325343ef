//! Activity tasks: scheduled, started, beaten, closed, timed out, cancel requested.

use std::sync::Arc;

use serde::Serialize;

use super::super::activity::{ActivityTask, Priority, Span, Stage, Timeouts};
use super::super::answer::{ExecutionName, ListName, json};
use super::super::deadlines::Deadline;
use super::super::events::{
    ActivityTaskCancelRequested, ActivityTaskCanceled, ActivityTaskCompleted, ActivityTaskFailed,
    ActivityTaskScheduled, ActivityTaskStarted, ActivityTaskTimedOut, Event, RequestCancelActivityTaskFailed,
    ScheduleActivityTaskFailed,
};
use super::super::execution::Run;
use super::super::inspect::Claim;
use super::super::lists::{Poll, Sort, Waiting};
use super::super::mint::Ticket;
use super::super::registry::{ActivityDefaults, Registered, Status, TypeId};
use super::super::service::Service;

/// A ScheduleActivityTask decision.
#[derive(Debug)]
pub struct NewActivity {
    pub activity_id: String,
    pub activity_type: TypeId,
    pub input: Option<String>,
    pub control: Option<String>,
    pub task_list: Option<String>,
    pub priority: Option<Priority>,
    pub schedule_to_start: Option<Span>,
    pub schedule_to_close: Option<Span>,
    pub start_to_close: Option<Span>,
    pub heartbeat: Option<Span>,
}

/// How a worker closes its task.
#[derive(Debug)]
pub enum ActivityEnd {
    Completed { result: Option<String> },
    Failed { reason: Option<String>, details: Option<String> },
    Canceled { details: Option<String> },
}

/// What comes of a decision together with the type's defaults.
struct Resolved {
    activity_type: Arc<TypeId>,
    task_list: String,
    priority: Option<Priority>,
    timeouts: Timeouts,
}

impl NewActivity {
    /// Fills in the defaults; the error is the `cause` of ScheduleActivityTaskFailed.
    fn resolve(&self, registered: Option<&Registered<ActivityDefaults>>) -> Result<Resolved, &'static str> {
        let registered = registered.ok_or("ACTIVITY_TYPE_DOES_NOT_EXIST")?;
        if registered.status == Status::Deprecated {
            return Err("ACTIVITY_TYPE_DEPRECATED");
        }
        let defaults = &registered.defaults;
        let task_list = self.task_list.as_ref().or(defaults.task_list.as_ref()).ok_or("DEFAULT_TASK_LIST_UNDEFINED")?;
        let of = |own: Option<Span>, default, cause| own.or(default).ok_or(cause);
        let timeouts = Timeouts {
            schedule_to_start: of(
                self.schedule_to_start,
                defaults.schedule_to_start,
                "DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED",
            )?,
            schedule_to_close: of(
                self.schedule_to_close,
                defaults.schedule_to_close,
                "DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED",
            )?,
            start_to_close: of(
                self.start_to_close,
                defaults.start_to_close,
                "DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED",
            )?,
            // The reference asks for the three above to be given somewhere, but not for this one.
            heartbeat: self.heartbeat.or(defaults.heartbeat).unwrap_or(Span::NONE),
        };
        Ok(Resolved {
            activity_type: registered.id.clone(),
            task_list: task_list.clone(),
            priority: self.priority.or(defaults.priority),
            timeouts,
        })
    }
}

/// `PollForActivityTask`'s answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Handed<'a> {
    task_token: String,
    activity_id: &'a str,
    started_event_id: i64,
    workflow_execution: ExecutionName<'a>,
    activity_type: &'a TypeId,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a str>,
}

impl Service {
    /// Carries out a ScheduleActivityTask decision, or writes why not.
    pub fn schedule_activity(&mut self, run: Run, new: NewActivity, decided: i64) {
        let in_use = self.execution(run).activity_ids.contains_key(new.activity_id.as_str());
        let types = self.registry.domains.get(&self.execution(run).domain).map(|domain| &domain.activity_types);
        let resolved = new.resolve(types.and_then(|types| types.get(&new.activity_type)));
        let full = self.execution(run).activities.len() >= self.limits.open_activities;
        match resolved {
            Ok(_) if in_use => self.schedule_failed(run, &new, "ACTIVITY_ID_ALREADY_IN_USE", decided),
            Ok(_) if full => self.schedule_failed(run, &new, "OPEN_ACTIVITIES_LIMIT_EXCEEDED", decided),
            Ok(resolved) => self.put_activity(run, new, resolved, decided),
            Err(cause) => self.schedule_failed(run, &new, cause, decided),
        }
    }

    fn schedule_failed(&mut self, run: Run, new: &NewActivity, cause: &str, decided: i64) {
        let event = ScheduleActivityTaskFailed {
            activity_type: &new.activity_type,
            activity_id: &new.activity_id,
            cause,
            decision_task_completed_event_id: decided,
        };
        self.record(run, &event);
        self.need_decision(run);
    }

    fn put_activity(&mut self, run: Run, new: NewActivity, resolved: Resolved, decided: i64) {
        let Resolved { activity_type, task_list, priority, timeouts } = resolved;
        let scheduled = self.record(
            run,
            &ActivityTaskScheduled {
                activity_type: &activity_type,
                activity_id: &new.activity_id,
                task_list: ListName { name: &task_list },
                decision_task_completed_event_id: decided,
                input: new.input.as_deref(),
                control: new.control.as_deref(),
                schedule_to_start_timeout: Some(timeouts.schedule_to_start),
                schedule_to_close_timeout: Some(timeouts.schedule_to_close),
                start_to_close_timeout: Some(timeouts.start_to_close),
                heartbeat_timeout: Some(timeouts.heartbeat),
                task_priority: priority,
            },
        );
        let list = self.lists.list(Sort::Activity, &self.executions[run].domain, &task_list);
        let place = self.lists.put(list, priority.unwrap_or(Priority::DEFAULT), Waiting::Activity { run, scheduled });
        let activity_id: Arc<str> = new.activity_id.into();
        let task = ActivityTask {
            activity_id: activity_id.clone(),
            activity_type,
            input: new.input,
            list,
            timeouts,
            scheduled_event_id: scheduled,
            scheduled_at: self.now,
            stage: Stage::Scheduled(place),
            details: None,
            cancel_requested: None,
            armed: None,
            claim: None,
        };
        let now = self.now;
        let execution = self.execution_mut(run);
        execution.activity_ids.insert(activity_id, scheduled);
        execution.activities.insert(scheduled, task);
        execution.latest_activity_at = Some(now);
        self.rearm_activity(run, scheduled);
    }

    /// Hands a task to a poll: the answer's body, and the entry in the book of handed out tasks.
    pub fn start_activity(&mut self, run: Run, scheduled: i64, poll: &Poll) -> (Vec<u8>, Option<usize>) {
        let identity = poll.identity.as_deref();
        let started = self.record(run, &ActivityTaskStarted { scheduled_event_id: scheduled, identity });
        let (at, claim) = (self.now, self.claims.len());
        self.claims.push(Claim { run, scheduled, at, answered: false, end: None });
        let task_token = self.mint.token(Ticket::Activity { run, scheduled });
        let execution = self.execution_mut(run);
        let Some(task) = execution.activities.get_mut(&scheduled) else { return (Vec::new(), None) };
        task.stage = Stage::Started { event_id: started, at, beaten: at };
        task.claim = Some(claim);
        let body = json(&Handed {
            task_token,
            activity_id: &task.activity_id,
            started_event_id: started,
            workflow_execution: ExecutionName { workflow_id: &execution.workflow_id, run_id: &execution.run_id },
            activity_type: &task.activity_type,
            input: task.input.as_deref(),
        });
        execution.latest_activity_at = Some(at);
        self.rearm_activity(run, scheduled);
        (body, Some(claim))
    }

    /// Records a heartbeat of a started task; says whether its cancellation is requested.
    pub fn beat(&mut self, run: Run, scheduled: i64, details: Option<String>) -> bool {
        let now = self.now;
        let Some(task) = self.execution_mut(run).activities.get_mut(&scheduled) else { return false };
        if let Stage::Started { beaten, .. } = &mut task.stage {
            *beaten = now;
        }
        task.details = details;
        let cancel_requested = task.cancel_requested.is_some();
        self.rearm_activity(run, scheduled);
        cancel_requested
    }

    /// Closes a started task as its worker says.
    pub fn end_activity(&mut self, run: Run, scheduled: i64, end: ActivityEnd) {
        let Some(task) = self.take_activity(run, scheduled) else { return };
        let (scheduled_event_id, started_event_id) = (scheduled, task.started_event_id());
        match end {
            ActivityEnd::Completed { result } => {
                let result = result.as_deref();
                self.close(run, &task, &ActivityTaskCompleted { scheduled_event_id, started_event_id, result });
            }
            ActivityEnd::Failed { reason, details } => {
                let (reason, details) = (reason.as_deref(), details.as_deref());
                self.close(run, &task, &ActivityTaskFailed { scheduled_event_id, started_event_id, reason, details });
            }
            ActivityEnd::Canceled { details } => self.close_canceled(run, &task, details.as_deref()),
        }
    }

    /// The next timeout of a task is due.
    pub fn activity_timed_out(&mut self, run: Run, scheduled: i64) {
        let Some(task) = self.take_activity(run, scheduled) else { return };
        let Some((_, timeout_type)) = task.next_timeout() else { return };
        let event = ActivityTaskTimedOut {
            timeout_type,
            scheduled_event_id: scheduled,
            started_event_id: task.started_event_id(),
            details: task.details.as_deref(),
        };
        self.close(run, &task, &event);
    }

    /// Carries out a RequestCancelActivityTask decision: a task nobody has yet is canceled at once, a started one
    /// learns of it with its next heartbeat.
    pub fn request_cancel_activity(&mut self, run: Run, activity_id: &str, decided: i64) {
        let Some(&scheduled) = self.execution(run).activity_ids.get(activity_id) else {
            let event = RequestCancelActivityTaskFailed {
                activity_id,
                cause: "ACTIVITY_ID_UNKNOWN",
                decision_task_completed_event_id: decided,
            };
            self.record(run, &event);
            self.need_decision(run);
            return;
        };
        let event = ActivityTaskCancelRequested { decision_task_completed_event_id: decided, activity_id };
        let requested = self.record(run, &event);
        let Some(task) = self.execution_mut(run).activities.get_mut(&scheduled) else { return };
        task.cancel_requested = Some(requested);
        if matches!(task.stage, Stage::Scheduled(_))
            && let Some(task) = self.take_activity(run, scheduled)
        {
            self.close_canceled(run, &task, None);
        }
    }

    fn close_canceled(&mut self, run: Run, task: &ActivityTask, details: Option<&str>) {
        let event = ActivityTaskCanceled {
            scheduled_event_id: task.scheduled_event_id,
            started_event_id: task.started_event_id(),
            details,
            latest_cancel_requested_event_id: task.cancel_requested,
        };
        self.close(run, task, &event);
    }

    /// Writes the event that closes a task already taken out; the decider has to see it.
    fn close<E: Event>(&mut self, run: Run, task: &ActivityTask, event: &E) {
        self.record(run, event);
        self.execution_mut(run).latest_activity_at = Some(self.now);
        self.ended(task, E::TYPE);
        self.need_decision(run);
    }

    /// Notes in the book of handed out tasks how one ended.
    pub fn ended(&mut self, task: &ActivityTask, event_type: &'static str) {
        if let Some(claim) = task.claim.and_then(|claim| self.claims.get_mut(claim)) {
            claim.end = Some(event_type);
        }
    }

    /// Takes a task out of everything that knows it.
    fn take_activity(&mut self, run: Run, scheduled: i64) -> Option<ActivityTask> {
        let execution = self.execution_mut(run);
        let task = execution.activities.remove(&scheduled)?;
        execution.activity_ids.remove(&task.activity_id);
        self.unqueue_activity(&task);
        Some(task)
    }

    /// Takes a task from its list and its timeout from the queue.
    pub fn unqueue_activity(&mut self, task: &ActivityTask) {
        self.deadlines.disarm(task.armed);
        if let Stage::Scheduled(place) = task.stage {
            self.lists.remove(task.list, place);
        }
    }

    fn rearm_activity(&mut self, run: Run, scheduled: i64) {
        let Some(task) = self.executions[run].activities.get_mut(&scheduled) else { return };
        self.deadlines.disarm(task.armed);
        let next = task.next_timeout();
        task.armed = next.map(|(at, _)| self.deadlines.arm(at, Deadline::Activity { run, scheduled }));
    }
}
