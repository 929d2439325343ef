//! Decision tasks: one after the other. What happens while one is started schedules the next at once, as the histories
//! of SWF show it, but it is handed out only when the started one has ended.

use serde::Serialize;
use serde_json::value::RawValue;

use super::super::activity::Priority;
use super::super::answer::{ExecutionName, ListName, json};
use super::super::deadlines::Deadline;
use super::super::events::{DecisionTaskScheduled, DecisionTaskStarted, DecisionTaskTimedOut, Event};
use super::super::execution::{DecisionStage, DecisionTask, NextDecision, Run};
use super::super::lists::{EventsWanted, Poll, Sort, Waiting, Wants};
use super::super::mint::Ticket;
use super::super::registry::TypeId;
use super::super::service::Service;

/// `PollForDecisionTask`'s answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Handed<'a> {
    task_token: String,
    started_event_id: i64,
    previous_started_event_id: i64,
    workflow_execution: ExecutionName<'a>,
    workflow_type: &'a TypeId,
    events: Vec<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

impl Service {
    /// Writes an event now; gives its id.
    pub fn record<E: Event>(&mut self, run: Run, event: &E) -> i64 {
        let (now, limit) = (self.now, self.limits.history);
        let id = self.execution_mut(run).history.append(now, event);
        // One event is left for the service's own.
        if id == limit - 1 {
            self.overgrown.push(run);
        }
        id
    }

    /// Something happened that the decider has to see.
    pub fn need_decision(&mut self, run: Run) {
        let execution = self.execution_mut(run);
        if execution.answering {
            execution.unseen = true;
            return;
        }
        match &execution.decision {
            None => self.schedule_decision(run),
            Some(DecisionTask { stage: DecisionStage::Started { .. }, .. }) if execution.next_decision.is_none() => {
                let next = self.announce_decision(run);
                self.execution_mut(run).next_decision = Some(next);
            }
            Some(_) => {}
        }
    }

    /// Schedules a decision task; none may be open.
    pub fn schedule_decision(&mut self, run: Run) {
        let next = self.announce_decision(run);
        self.queue_decision(run, &next);
    }

    /// The decision task is over: the next one takes its place, if there is one.
    pub fn follow_decision(&mut self, run: Run) -> bool {
        let next = self.execution_mut(run).next_decision.take();
        next.is_some_and(|next| {
            self.queue_decision(run, &next);
            true
        })
    }

    /// Writes that a decision task is scheduled.
    fn announce_decision(&mut self, run: Run) -> NextDecision {
        let execution = self.execution(run);
        let (task_list, wait) = execution.decision_list();
        let task_list = task_list.to_owned();
        let event = DecisionTaskScheduled {
            task_list: ListName { name: &task_list },
            task_priority: execution.settings.priority,
            start_to_close_timeout: Some(execution.settings.task_start_to_close),
            schedule_to_start_timeout: Some(wait),
        };
        let scheduled_event_id = self.record(run, &event);
        NextDecision { scheduled_event_id, task_list, wait }
    }

    /// Puts a decision task into its task list.
    fn queue_decision(&mut self, run: Run, next: &NextDecision) {
        let NextDecision { scheduled_event_id, task_list, wait } = next;
        let execution = &self.executions[run];
        let priority = execution.settings.priority.unwrap_or(Priority::DEFAULT);
        let list = self.lists.list(Sort::Decision, &execution.domain, task_list);
        let place = self.lists.put(list, priority, Waiting::Decision(run));
        let armed = wait.after(self.now).map(|at| self.deadlines.arm(at, Deadline::Decision(run)));
        let (scheduled_event_id, stage) = (*scheduled_event_id, DecisionStage::Scheduled(place));
        self.execution_mut(run).decision = Some(DecisionTask { scheduled_event_id, list, stage, armed });
    }

    /// Hands the open decision task to a poll; gives the answer's body.
    pub fn start_decision(&mut self, run: Run, poll: &Poll) -> Vec<u8> {
        let now = self.now;
        let Some(scheduled) = self.execution(run).decision.as_ref().map(|task| task.scheduled_event_id) else {
            return Vec::new();
        };
        let identity = poll.identity.as_deref();
        let event_id = self.record(run, &DecisionTaskStarted { scheduled_event_id: scheduled, identity });
        let execution = &mut self.executions[run];
        let Some(task) = &mut execution.decision else { return Vec::new() };
        task.stage = DecisionStage::Started { event_id };
        self.deadlines.disarm(task.armed.take());
        let limit = execution.settings.task_start_to_close.after(now);
        task.armed = limit.map(|at| self.deadlines.arm(at, Deadline::Decision(run)));
        let events = match poll.wants {
            Wants::Decision(events) => events,
            Wants::Activity => EventsWanted::default(),
        };
        self.decision_page(run, scheduled, event_id, events, None)
    }

    /// One page of a started decision task's answer; `position` is the first event of a page after the first.
    pub fn decision_page(
        &self,
        run: Run,
        scheduled: i64,
        started: i64,
        wanted: EventsWanted,
        position: Option<i64>,
    ) -> Vec<u8> {
        let execution = self.execution(run);
        let first = if wanted.since_previous { execution.previous_started.max(1) } else { 1 };
        let (events, next) = if wanted.reverse {
            execution.history.page_back(position.unwrap_or(started), first, wanted.page_size)
        } else {
            execution.history.page(position.unwrap_or(first), started, wanted.page_size)
        };
        let page = |position| Ticket::DecisionPage { run, scheduled, position, minted: self.now };
        json(&Handed {
            task_token: self.mint.token(Ticket::Decision { run, scheduled }),
            started_event_id: started,
            previous_started_event_id: execution.previous_started,
            workflow_execution: ExecutionName { workflow_id: &execution.workflow_id, run_id: &execution.run_id },
            workflow_type: &execution.workflow_type,
            events,
            next_page_token: next.map(|position| self.mint.token(page(position as u64))),
        })
    }

    /// Takes the open decision task out of everything that knows it.
    pub fn take_decision(&mut self, run: Run) -> Option<DecisionTask> {
        let task = self.execution_mut(run).decision.take()?;
        self.deadlines.disarm(task.armed);
        if let DecisionStage::Scheduled(place) = task.stage {
            self.lists.remove(task.list, place);
        }
        Some(task)
    }

    /// The open decision task's timeout is due. A temporary task list is given up with it.
    pub fn decision_timed_out(&mut self, run: Run) {
        let Some(task) = self.take_decision(run) else { return };
        let (timeout_type, started_event_id) = match task.stage {
            DecisionStage::Scheduled(_) => ("SCHEDULE_TO_START", 0),
            DecisionStage::Started { event_id } => ("START_TO_CLOSE", event_id),
        };
        let scheduled_event_id = task.scheduled_event_id;
        self.record(run, &DecisionTaskTimedOut { timeout_type, scheduled_event_id, started_event_id });
        self.execution_mut(run).list_override.take_if(|other| other.schedule_to_start.is_some());
        if !self.follow_decision(run) {
            self.schedule_decision(run);
        }
    }
}
