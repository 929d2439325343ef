//! Reading a workflow's history, newest first, page by page, for all tasks that are held of it at once: their timeouts,
//! cancel requests, how they ended. Pure.
//!
//! History is eventually consistent: what is not there yet proves nothing (swf-facts 2.3). Events are numbered from 1
//! without gaps, so what was read once need not be read again.

use std::collections::{BTreeMap, HashMap};

use crate::task::{ClaimId, ClaimedTask, OutcomeKind, TimeoutKind, Timeouts};
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

/// What was found about one task so far.
#[derive(Debug)]
pub(super) struct Found {
    started_event_id: i64,
    /// Everything up to this event was read before; `None` while its start and its timeouts are not known.
    seen: Option<i64>,
    /// Service time of ActivityTaskStarted.
    pub started_at: Option<i64>,
    /// The event that scheduled the task.
    pub scheduled_event_id: Option<i64>,
    /// Service time of ActivityTaskScheduled and the timeouts it carries.
    pub scheduled: Option<(i64, Timeouts)>,
    /// ActivityTaskCancelRequested for this task.
    pub cancel_requested: bool,
    ended: Option<Ending>,
}

/// What has been found so far.
#[derive(Debug, Default)]
pub(super) struct Scan {
    found: BTreeMap<ClaimId, Found>,
    by_start: HashMap<i64, Vec<ClaimId>>,
    by_schedule: HashMap<i64, Vec<ClaimId>>,
    by_activity: HashMap<Foreign, Vec<ClaimId>>,
    /// The execution's own timeout and start, if the pages went back that far.
    pub execution: Option<(i64, Timeouts)>,
    /// WorkflowExecutionCancelRequested: the decider may or may not pass it on.
    pub cancel_requested: bool,
    execution_closed: Option<Foreign>,
    newest: Option<i64>,
    lowest: Option<i64>,
    /// Down to this event, from the newest on, none was missing.
    solid: i64,
}

impl Scan {
    /// Reads for this task too. `seen`: what is known of it reaches up to this event; `None` if nothing is known.
    pub(super) fn seek(&mut self, claim: ClaimId, task: &ClaimedTask, seen: Option<i64>) {
        self.by_start.entry(task.started_event_id).or_default().push(claim);
        self.by_activity.entry(task.activity_id.clone()).or_default().push(claim);
        let found = Found {
            started_event_id: task.started_event_id,
            seen,
            started_at: None,
            scheduled_event_id: None,
            scheduled: None,
            cancel_requested: false,
            ended: None,
        };
        self.found.insert(claim, found);
    }

    /// Whether only news are sought: start and timeouts of every task are known.
    pub(super) fn seeks_only_news(&self) -> bool {
        self.found.values().all(|found| found.seen.is_some())
    }

    /// What was found, task by task.
    pub(super) fn found(&self) -> impl Iterator<Item = (ClaimId, &Found)> {
        self.found.iter().map(|(&claim, found)| (claim, found))
    }

    /// Whether it was read for this task.
    pub(super) fn sought(&self, claim: ClaimId) -> bool {
        self.found.contains_key(&claim)
    }

    /// Takes a page in. Gives the token of the next page if there is more worth reading.
    pub(super) fn page(&mut self, page: &HistoryPage) -> Option<String> {
        for event in &page.events {
            if self.newest.is_none() || event.id == self.solid - 1 {
                self.solid = event.id;
            }
            self.newest.get_or_insert(event.id);
            self.lowest = Some(self.lowest.map_or(event.id, |lowest| lowest.min(event.id)));
            self.event(event);
        }
        if self.found.values().all(|found| self.read_enough(found)) { None } else { page.next_page_token.clone() }
    }

    fn read_enough(&self, found: &Found) -> bool {
        found.scheduled.is_some() || found.seen.is_some_and(|seen| self.lowest.is_some_and(|lowest| lowest <= seen + 1))
    }

    /// Whether every event since the task's start, or since what was known before, has been read, as far as history shows
    /// any.
    fn read_all(&self, found: &Found) -> bool {
        let from = found.seen.map_or(found.started_event_id, |seen| seen + 1);
        self.newest.is_some() && self.solid <= from
    }

    /// Up to which event everything about a task is known now; `None` as long as its start or its timeouts are not.
    pub(super) fn known_up_to(&self, found: &Found) -> Option<i64> {
        let known = found.seen.or_else(|| found.scheduled.map(|_| found.started_event_id))?;
        Some(if self.read_all(found) { known.max(self.newest.unwrap_or(known)) } else { known })
    }

    /// How the task ended, as far as what was read proves it.
    pub(super) fn ending(&self, found: &Found) -> Option<Ending> {
        // An execution closes after its tasks do, so its own event proves something only if the task's would have been
        // seen: the pages went back to the task's start, or to what was read before.
        let seen_it_all = self.read_all(found);
        let moot = || self.execution_closed.clone().map(|event_type| Ending::ExecutionClosed { event_type });
        found.ended.clone().or_else(|| if seen_it_all { moot() } else { None })
    }

    fn event(&mut self, event: &HistoryEvent) {
        match &event.attributes {
            Attributes::Started { scheduled_event_id, .. } => self.started(event, *scheduled_event_id),
            Attributes::Scheduled { timeouts, .. } => {
                for claim in self.by_schedule.get(&event.id).into_iter().flatten() {
                    if let Some(found) = self.found.get_mut(claim) {
                        found.scheduled = Some((event.at, *timeouts));
                    }
                }
            }
            Attributes::Completed { started_event_id, result } => {
                self.closed(*started_event_id, OutcomeKind::Completed, None, result.as_ref());
            }
            Attributes::Failed { started_event_id, reason, details } => {
                self.closed(*started_event_id, OutcomeKind::Failed, reason.as_ref(), details.as_ref());
            }
            Attributes::Canceled { started_event_id, details } => {
                self.closed(*started_event_id, OutcomeKind::Canceled, None, details.as_ref());
            }
            Attributes::TimedOut { started_event_id, timeout_type, details } => {
                let kind = TimeoutKind::from_name(timeout_type.raw()).unwrap_or(TimeoutKind::Heartbeat);
                self.ended(*started_event_id, || Ending::TimedOut { kind, details: details.clone() });
            }
            Attributes::CancelRequested { activity_id } => {
                for claim in self.by_activity.get(activity_id).into_iter().flatten() {
                    if let Some(found) = self.found.get_mut(claim) {
                        // Before that the same id was another task's.
                        found.cancel_requested |= event.id > found.started_event_id;
                    }
                }
            }
            Attributes::ExecutionCancelRequested => self.cancel_requested = true,
            Attributes::ExecutionClosed => self.execution_closed = Some(event.event_type.clone()),
            Attributes::ExecutionStarted { timeouts } => self.execution = Some((event.at, *timeouts)),
            Attributes::Other => {}
        }
    }

    fn started(&mut self, event: &HistoryEvent, scheduled_event_id: i64) {
        for &claim in self.by_start.get(&event.id).into_iter().flatten() {
            if let Some(found) = self.found.get_mut(&claim) {
                found.started_at = Some(event.at);
                found.scheduled_event_id = Some(scheduled_event_id);
                self.by_schedule.entry(scheduled_event_id).or_default().push(claim);
            }
        }
    }

    fn closed(&mut self, started: i64, kind: OutcomeKind, reason: Option<&Foreign>, text: Option<&Foreign>) {
        self.ended(started, || Ending::Closed { kind, reason: reason.cloned(), text: text.cloned() });
    }

    fn ended(&mut self, started: i64, ending: impl Fn() -> Ending) {
        for claim in self.by_start.get(&started).into_iter().flatten() {
            if let Some(found) = self.found.get_mut(claim) {
                found.ended = Some(ending());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::testing::task;
    use crate::task::{Limit, Source};

    const ID: ClaimId = ClaimId(1);

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

    fn scan(seen: Option<i64>) -> Scan {
        let mut scan = Scan::default();
        scan.seek(ID, &task("rel-1"), seen);
        scan
    }

    fn ending(scan: &Scan) -> Option<Ending> {
        scan.ending(&scan.found[&ID])
    }

    #[test]
    fn pages_until_the_scheduled_event_is_found() {
        let mut scan = scan(None);
        assert_eq!(scan.page(&page(vec![event(7, Attributes::Other)], true)), Some("next".to_owned()));
        assert_eq!(scan.page(&page(vec![event(6, started())], true)), Some("next".to_owned()));
        assert_eq!(scan.page(&page(vec![event(5, scheduled())], true)), None);
        let found = &scan.found[&ID];
        assert_eq!((found.started_at, found.scheduled.unwrap().0), (Some(6_000), 5_000));
        assert_eq!(scan.known_up_to(found), Some(7));
    }

    #[test]
    fn one_page_serves_all_tasks_of_an_execution() {
        let mut scan = scan(None);
        let other = ClaimedTask { started_event_id: 8, ..task("rel-2") };
        scan.seek(ClaimId(2), &other, None);
        let second = Attributes::Started { scheduled_event_id: 7, identity: None };
        let timeouts = Timeouts { heartbeat: Some((Limit::Seconds(90), Source::History)), ..Timeouts::default() };
        let schedule = Attributes::Scheduled { activity_id: "rel-2".into(), timeouts };
        let events = vec![event(8, second), event(7, schedule), event(6, started()), event(5, scheduled())];
        assert_eq!(scan.page(&page(events, true)), None);
        let lengths: Vec<_> = scan.found().map(|(_, found)| found.scheduled.unwrap().1.heartbeat.unwrap().0).collect();
        assert_eq!(lengths, [Limit::Seconds(60), Limit::Seconds(90)]);
    }

    #[test]
    fn news_are_read_down_to_what_was_seen_before() {
        let mut scan = scan(Some(9));
        assert!(scan.seeks_only_news());
        assert_eq!(scan.page(&page(vec![event(12, Attributes::Other)], true)), Some("next".to_owned()));
        let events = vec![event(11, Attributes::Other), event(10, Attributes::Other)];
        assert_eq!(scan.page(&page(events, true)), None);
        assert_eq!(scan.known_up_to(&scan.found[&ID]), Some(12));
    }

    #[test]
    fn what_was_not_read_is_not_taken_for_read() {
        let mut scan = scan(Some(6));
        // Event 8 is not to be seen yet: it may be the task's end.
        let events = vec![event(9, Attributes::ExecutionClosed), event(7, Attributes::Other)];
        scan.page(&page(events, false));
        assert_eq!((ending(&scan), scan.known_up_to(&scan.found[&ID])), (None, Some(6)));
    }

    #[test]
    fn a_closed_execution_proves_nothing_before_the_tasks_start_was_seen() {
        let mut scan = scan(None);
        scan.page(&page(vec![event(8, Attributes::ExecutionClosed)], true));
        assert_eq!(ending(&scan), None);
        let completed = Attributes::Completed { started_event_id: 6, result: Some("done".into()) };
        scan.page(&page(vec![event(7, completed), event(6, started())], true));
        let written = Ending::Closed { kind: OutcomeKind::Completed, reason: None, text: Some("done".into()) };
        assert_eq!(ending(&scan), Some(written));
    }

    #[test]
    fn a_closed_execution_ends_a_task_that_has_no_end_of_its_own() {
        let others = Attributes::Completed { started_event_id: 4, result: None };
        let moot = Some(Ending::ExecutionClosed { event_type: "WorkflowExecutionTerminated".into() });
        let mut unknown = scan(None);
        let events = vec![event(8, Attributes::ExecutionClosed), event(7, others.clone()), event(6, started())];
        unknown.page(&page(events, false));
        assert_eq!(ending(&unknown), moot);
        let mut known = scan(Some(6));
        known.page(&page(vec![event(8, Attributes::ExecutionClosed), event(7, others)], true));
        assert_eq!(ending(&known), moot);
    }

    #[test]
    fn cancel_seen_only_for_this_task() {
        let mut scan = scan(None);
        let request = |id: &str| Attributes::CancelRequested { activity_id: id.into() };
        scan.page(&page(vec![event(9, request("rel-2")), event(8, Attributes::ExecutionCancelRequested)], true));
        assert!(!scan.found[&ID].cancel_requested && scan.cancel_requested);
        // The same id, but before our task was started: it was another task's.
        scan.page(&page(vec![event(3, request("rel-1"))], false));
        assert!(!scan.found[&ID].cancel_requested);
        scan.page(&page(vec![event(10, request("rel-1"))], false));
        assert!(scan.found[&ID].cancel_requested);
    }
}
