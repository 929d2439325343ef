//! The decider, pure: a workflow of a scenario and its whole history in, decisions out.
//!
//! It compares what should be with what the history has, so the same history always gives the same decisions, and an
//! answer that got lost does no harm: the next decision task asks for the same again.

use crate::swf::decider::{Decision, Event, EventKind, Schedule, TaskEnd};
use crate::task::Limit;
use crate::text::Foreign;

use super::scenario::{Activity, End, Workflow};

/// The signal that asks for an activity to be given up; its input is the activity id of the scenario.
pub const CANCEL_SIGNAL: &str = "cancel";

/// What to do now. Nothing to do is an answer too: something is open, and its end brings the next decision task.
pub fn decide(workflow: &Workflow, task_list: &Foreign, events: &[Event]) -> Vec<Decision> {
    let decider = Decider { task_list, events };
    let mut decisions = Vec::new();
    let mut settled = true;
    for activity in &workflow.activities {
        match decider.next(activity) {
            Next::Nothing => continue,
            Next::Wait => {}
            Next::Decide(decision) => decisions.push(decision),
            Next::Impossible(cause) => return vec![Decision::FailWorkflowExecution { reason: Some(cause) }],
        }
        settled = false;
    }
    if settled {
        decisions.push(decider.close());
    }
    decisions
}

/// Whether a decision ends the execution.
pub fn ends_execution(decision: &Decision) -> bool {
    matches!(
        decision,
        Decision::CompleteWorkflowExecution { .. }
            | Decision::FailWorkflowExecution { .. }
            | Decision::CancelWorkflowExecution
    )
}

/// What an activity needs.
enum Next {
    /// Nothing any more.
    Nothing,
    /// The end of a task or a timer that is open.
    Wait,
    /// This.
    Decide(Decision),
    /// SWF refused to schedule it, and says why.
    Impossible(Foreign),
}

/// What became of one task of an activity.
enum State {
    Open { scheduled_event_id: i64 },
    Closed(End),
    Refused(Foreign),
}

struct Decider<'a> {
    task_list: &'a Foreign,
    events: &'a [Event],
}

impl Decider<'_> {
    fn next(&self, activity: &Activity) -> Next {
        let giving_up = self.has(|kind| matches!(kind, EventKind::CancelRequested));
        let tasks = (1..).map_while(|number| self.task(&task_id(activity, number)));
        let (count, last) = tasks.fold((0, None), |(count, _), task| (count + 1, Some(task)));
        match last {
            Some(State::Refused(cause)) => Next::Impossible(cause),
            Some(State::Open { scheduled_event_id }) => {
                let signaled = self.cancel_signaled(&activity.id, scheduled_event_id);
                let task = task_id(activity, count);
                if (giving_up || signaled) && !self.cancel_sent(&task) {
                    Next::Decide(Decision::RequestCancelActivityTask { activity_id: task })
                } else {
                    Next::Wait
                }
            }
            _ if giving_up => Next::Nothing,
            None => self.after(activity.after, activity, 1),
            Some(State::Closed(end)) if activity.again.contains(&end) => {
                self.after(activity.pause, activity, count + 1)
            }
            Some(State::Closed(_)) => Next::Nothing,
        }
    }

    /// Schedules a task at once, or when its timer has fired.
    fn after(&self, seconds: u32, activity: &Activity, number: u32) -> Next {
        let id: Foreign = format!("{} {number}", activity.id.raw()).into();
        if seconds == 0 || self.has(|kind| matches!(kind, EventKind::TimerFired { timer_id } if *timer_id == id)) {
            return Next::Decide(self.schedule(activity, number));
        }
        if self.has(|kind| matches!(kind, EventKind::TimerStarted { timer_id } if *timer_id == id)) {
            return Next::Wait;
        }
        Next::Decide(Decision::StartTimer { timer_id: id, seconds })
    }

    fn schedule(&self, activity: &Activity, number: u32) -> Decision {
        Decision::ScheduleActivityTask(Box::new(Schedule {
            activity_id: task_id(activity, number),
            activity_type: activity.activity_type.clone(),
            task_list: self.task_list.clone(),
            input: activity.input.clone(),
            heartbeat: Some(encoded(activity.heartbeat)),
            start_to_close: Some(encoded(activity.start_to_close)),
            schedule_to_close: Some(encoded(activity.schedule_to_close)),
            schedule_to_start: Some(encoded(activity.schedule_to_start)),
        }))
    }

    fn close(&self) -> Decision {
        if self.has(|kind| matches!(kind, EventKind::CancelRequested)) {
            return Decision::CancelWorkflowExecution;
        }
        let closed = |wanted| self.ends().filter(|(_, end)| *end == wanted).count();
        let (completed, failed) = (closed(End::Completed), closed(End::Failed));
        let (canceled, timed_out) = (closed(End::Canceled), closed(End::TimedOut));
        let result = format!("{completed} completed, {failed} failed, {canceled} canceled, {timed_out} timed out");
        Decision::CompleteWorkflowExecution { result: Some(result.into()) }
    }

    /// What became of the task with an id, if it was ever tried to schedule one. Ids are never used twice.
    fn task(&self, id: &Foreign) -> Option<State> {
        self.events.iter().find_map(|event| match &event.kind {
            EventKind::Scheduled { activity_id } if activity_id == id => {
                let closed = self.ends().find(|&(scheduled, _)| scheduled == event.id);
                Some(closed.map_or(State::Open { scheduled_event_id: event.id }, |(_, end)| State::Closed(end)))
            }
            EventKind::ScheduleFailed { activity_id, cause } if activity_id == id => {
                Some(State::Refused(cause.clone()))
            }
            _ => None,
        })
    }

    /// How tasks ended, by the event that scheduled them.
    fn ends(&self) -> impl Iterator<Item = (i64, End)> {
        self.events.iter().filter_map(|event| match &event.kind {
            EventKind::TaskClosed { scheduled_event_id, how } => Some((*scheduled_event_id, end(how))),
            _ => None,
        })
    }

    /// Whether somebody asked for an activity to be given up while its task was open.
    fn cancel_signaled(&self, activity_id: &Foreign, since: i64) -> bool {
        self.events.iter().any(|event| {
            event.id > since
                && matches!(&event.kind, EventKind::Signaled { name, input: Some(input) }
                    if name.raw() == CANCEL_SIGNAL && input == activity_id)
        })
    }

    fn cancel_sent(&self, task: &Foreign) -> bool {
        self.has(|kind| match kind {
            EventKind::TaskCancelRequested { activity_id } | EventKind::TaskCancelFailed { activity_id } => {
                activity_id == task
            }
            _ => false,
        })
    }

    fn has(&self, wanted: impl Fn(&EventKind) -> bool) -> bool {
        self.events.iter().any(|event| wanted(&event.kind))
    }
}

/// The activity id of an activity's first, second … task.
fn task_id(activity: &Activity, number: u32) -> Foreign {
    if number == 1 { activity.id.clone() } else { format!("{}-{number}", activity.id.raw()).into() }
}

fn end(how: &TaskEnd) -> End {
    match how {
        TaskEnd::Completed(_) => End::Completed,
        TaskEnd::Failed(_) => End::Failed,
        TaskEnd::Canceled(_) => End::Canceled,
        TaskEnd::TimedOut { .. } => End::TimedOut,
    }
}

/// SWF's encoding of a timeout.
fn encoded(limit: Limit) -> String {
    match limit {
        Limit::Seconds(seconds) => seconds.to_string(),
        Limit::None => "NONE".to_owned(),
    }
}

#[cfg(test)]
mod tests;
