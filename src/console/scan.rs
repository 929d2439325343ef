//! Reading a workflow's history, newest first, page by page: the timeouts of a task and how it ended. Pure.
//!
//! History is eventually consistent: what is not there yet proves nothing (swf-facts 2.3).

use crate::task::{ClaimedTask, OutcomeKind, TimeoutKind, Timeouts};
use crate::text::Foreign;
use crate::wire::{Attributes, HistoryEvent, HistoryPage};

/// How history says a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// By a Respond call: its kind and what was written: the result, or reason and details, or the details.
    Closed { kind: OutcomeKind, reason: Option<Foreign>, text: Option<Foreign> },
    /// By a timeout.
    TimedOut { kind: TimeoutKind, details: Option<Foreign> },
    /// With its execution.
    ExecutionClosed { event_type: Foreign },
}

/// What has been found so far.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Service time of ActivityTaskStarted.
    pub started_at: Option<i64>,
    /// The event that scheduled the task.
    pub scheduled_event_id: Option<i64>,
    /// Service time of ActivityTaskScheduled and the timeouts it carries.
    pub scheduled: Option<(i64, Timeouts)>,
    /// ActivityTaskCancelRequested for this task.
    pub cancel_requested: bool,
    /// The execution's own timeout and start, if the pages went back that far.
    pub execution: Option<(i64, Timeouts)>,
    ended: Option<Ending>,
    execution_closed: Option<Foreign>,
}

impl Scan {
    /// Takes a page in. Gives the token of the next page if there is more worth reading.
    pub(super) fn page(&mut self, task: &ClaimedTask, page: &HistoryPage) -> Option<String> {
        for event in &page.events {
            self.event(task, event);
        }
        if self.scheduled.is_some() { None } else { page.next_page_token.clone() }
    }

    /// How the task ended, as far as what was read proves it.
    pub(super) fn ending(&self) -> Option<Ending> {
        // An execution closes after its tasks do, so its own event proves something only if the task's would have been
        // seen: the pages went back to the task's start.
        let seen_it_all = self.started_at.is_some();
        let moot = || self.execution_closed.clone().map(|event_type| Ending::ExecutionClosed { event_type });
        self.ended.clone().or_else(|| if seen_it_all { moot() } else { None })
    }

    fn event(&mut self, task: &ClaimedTask, event: &HistoryEvent) {
        let ours = |started: &i64| *started == task.started_event_id;
        match &event.attributes {
            Attributes::Started { scheduled_event_id, .. } if event.id == task.started_event_id => {
                self.started_at = Some(event.at);
                self.scheduled_event_id = Some(*scheduled_event_id);
            }
            Attributes::Scheduled { timeouts, .. } if Some(event.id) == self.scheduled_event_id => {
                self.scheduled = Some((event.at, *timeouts));
            }
            Attributes::Completed { started_event_id, result } if ours(started_event_id) => {
                self.closed(OutcomeKind::Completed, None, result.clone());
            }
            Attributes::Failed { started_event_id, reason, details } if ours(started_event_id) => {
                self.closed(OutcomeKind::Failed, reason.clone(), details.clone());
            }
            Attributes::Canceled { started_event_id, details } if ours(started_event_id) => {
                self.closed(OutcomeKind::Canceled, None, details.clone());
            }
            Attributes::TimedOut { started_event_id, timeout_type, details } if ours(started_event_id) => {
                let kind = TimeoutKind::from_name(timeout_type.raw()).unwrap_or(TimeoutKind::Heartbeat);
                self.ended = Some(Ending::TimedOut { kind, details: details.clone() });
            }
            Attributes::CancelRequested { activity_id } => {
                self.cancel_requested |= event.id > task.started_event_id && *activity_id == task.activity_id;
            }
            Attributes::ExecutionClosed => self.execution_closed = Some(event.event_type.clone()),
            Attributes::ExecutionStarted { timeouts } => self.execution = Some((event.at, *timeouts)),
            _ => {}
        }
    }

    fn closed(&mut self, kind: OutcomeKind, reason: Option<Foreign>, text: Option<Foreign>) {
        self.ended = Some(Ending::Closed { kind, reason, text });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::testing::task;
    use crate::task::{Limit, Source};

    fn event(id: i64, attributes: Attributes) -> HistoryEvent {
        HistoryEvent {
            id,
            at: 1_000 * id,
            event_type: "WorkflowExecutionTerminated".into(),
            attributes,
            says: Vec::new(),
        }
    }

    fn page(events: Vec<HistoryEvent>, more: bool) -> HistoryPage {
        HistoryPage { events, next_page_token: more.then(|| "next".to_owned()) }
    }

    fn scheduled() -> Attributes {
        let timeouts = Timeouts { heartbeat: Some((Limit::Seconds(60), Source::History)), ..Timeouts::default() };
        Attributes::Scheduled { activity_id: "rel-1".into(), timeouts }
    }

    fn started() -> Attributes {
        Attributes::Started { scheduled_event_id: 5, identity: None }
    }

    #[test]
    fn pages_until_the_scheduled_event_is_found() {
        let (task, mut scan) = (task("rel-1"), Scan::default());
        assert_eq!(scan.page(&task, &page(vec![event(9, Attributes::Other)], true)), Some("next".to_owned()));
        assert_eq!(scan.page(&task, &page(vec![event(6, started())], true)), Some("next".to_owned()));
        assert_eq!(scan.page(&task, &page(vec![event(5, scheduled())], true)), None);
        assert_eq!((scan.started_at, scan.scheduled.unwrap().0), (Some(6_000), 5_000));
    }
    #[test]
    fn a_closed_execution_proves_nothing_before_the_tasks_start_was_seen() {
        let (task, mut scan) = (task("rel-1"), Scan::default());
        scan.page(&task, &page(vec![event(9, Attributes::ExecutionClosed)], true));
        assert_eq!(scan.ending(), None);
        let completed = Attributes::Completed { started_event_id: 6, result: Some("done".into()) };
        scan.page(&task, &page(vec![event(8, completed), event(6, started())], true));
        let written = Ending::Closed { kind: OutcomeKind::Completed, reason: None, text: Some("done".into()) };
        assert_eq!(scan.ending(), Some(written));
    }

    #[test]
    fn a_closed_execution_ends_a_task_that_has_no_end_of_its_own() {
        let (task, mut scan) = (task("rel-1"), Scan::default());
        let others = Attributes::Completed { started_event_id: 4, result: None };
        let events = vec![event(9, Attributes::ExecutionClosed), event(7, others), event(6, started())];
        scan.page(&task, &page(events, false));
        let moot = Ending::ExecutionClosed { event_type: "WorkflowExecutionTerminated".into() };
        assert_eq!(scan.ending(), Some(moot));
    }

    #[test]
    fn cancel_seen_only_for_this_task() {
        let (task, mut scan) = (task("rel-1"), Scan::default());
        let request = |id: &str| Attributes::CancelRequested { activity_id: id.into() };
        scan.page(&task, &page(vec![event(8, request("rel-2"))], false));
        assert!(!scan.cancel_requested);
        // The same id, but before our task was started: it was another task's.
        scan.page(&task, &page(vec![event(3, request("rel-1"))], false));
        assert!(!scan.cancel_requested);
        scan.page(&task, &page(vec![event(9, request("rel-1"))], false));
        assert!(scan.cancel_requested);
    }
}
