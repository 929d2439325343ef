//! Timers of an execution: started, fired, canceled.

use std::sync::Arc;

use super::super::activity::Span;
use super::super::deadlines::Deadline;
use super::super::events::{CancelTimerFailed, StartTimerFailed, TimerCanceled, TimerFired, TimerStarted};
use super::super::execution::{Run, Timer};
use super::super::service::Service;

impl Service {
    /// Carries out a StartTimer decision, or writes why not.
    pub fn start_timer(&mut self, run: Run, timer_id: &str, control: Option<&str>, length: Span, decided: i64) {
        let execution = self.execution(run);
        let in_use = execution.timer_ids.contains_key(timer_id).then_some("TIMER_ID_ALREADY_IN_USE");
        let full = (execution.timers.len() >= self.limits.open_timers).then_some("OPEN_TIMERS_LIMIT_EXCEEDED");
        if let Some(cause) = in_use.or(full) {
            self.record(run, &StartTimerFailed { timer_id, cause, decision_task_completed_event_id: decided });
            self.need_decision(run);
            return;
        }
        let event = TimerStarted {
            timer_id,
            start_to_fire_timeout: length,
            decision_task_completed_event_id: decided,
            control,
        };
        let started = self.record(run, &event);
        let Some(at) = length.after(self.now) else { return };
        let armed = self.deadlines.arm(at, Deadline::Timer { run, started });
        let timer_id: Arc<str> = timer_id.into();
        let execution = self.execution_mut(run);
        execution.timer_ids.insert(timer_id.clone(), started);
        execution.timers.insert(started, Timer { timer_id, armed });
    }

    /// Carries out a CancelTimer decision, or writes why not.
    pub fn cancel_timer(&mut self, run: Run, timer_id: &str, decided: i64) {
        let execution = self.execution_mut(run);
        let started = execution.timer_ids.remove(timer_id);
        if let Some(started_event_id) = started {
            let timer = execution.timers.remove(&started_event_id);
            self.deadlines.disarm(timer.map(|timer| timer.armed));
            let event = TimerCanceled { timer_id, started_event_id, decision_task_completed_event_id: decided };
            self.record(run, &event);
        } else {
            let cause = "TIMER_ID_UNKNOWN";
            self.record(run, &CancelTimerFailed { timer_id, cause, decision_task_completed_event_id: decided });
            self.need_decision(run);
        }
    }

    /// A timer is due.
    pub fn timer_fired(&mut self, run: Run, started: i64) {
        let execution = self.execution_mut(run);
        let Some(timer) = execution.timers.remove(&started) else { return };
        execution.timer_ids.remove(&timer.timer_id);
        self.record(run, &TimerFired { timer_id: &timer.timer_id, started_event_id: started });
        self.need_decision(run);
    }
}
