//! The history of a task's workflow as far as it was read: newest first, page by page, and what is new is followed.

use super::views::Cursor;
use crate::clock::Boot;
use crate::console::{Query, TaskFacts};
use crate::task::{ClaimId, WorkflowExecution};
use crate::text::Foreign;
use crate::wire::{Attributes, HistoryEvent, HistoryPage};

/// Events a page: more than fit a screen, and an answer that is soon there.
const PAGE: u16 = 100;
/// Between two looks for new events, milliseconds.
const FOLLOW_MS: i64 = 3_000;
/// The same once the execution is closed, or when reading failed.
const SELDOM_MS: i64 = 15_000;

/// Which part of the history was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The newest events.
    Newest,
    /// Those before the oldest that was read.
    Older,
}

/// The history of one task's workflow.
#[derive(Debug)]
pub struct Events {
    /// The task it is about.
    pub claim: ClaimId,
    domain: Foreign,
    execution: WorkflowExecution,
    activity_id: Foreign,
    started_event_id: i64,
    /// Known once the started event was read.
    scheduled_event_id: Option<i64>,
    list: Vec<HistoryEvent>,
    older: Option<String>,
    asking: Option<Part>,
    next_at: Option<Boot>,
    /// It was read at least once.
    pub was_read: bool,
    /// Why the last try to read failed, printable.
    pub problem: Option<String>,
    /// Where one is in it.
    pub cursor: Cursor,
}

impl Events {
    /// Of a task's workflow; nothing is read yet.
    pub fn of(facts: &TaskFacts) -> Self {
        Self {
            claim: facts.id,
            domain: facts.domain.clone(),
            execution: facts.execution.clone(),
            activity_id: facts.activity_id.clone(),
            started_event_id: facts.started_event_id,
            scheduled_event_id: None,
            list: Vec::new(),
            older: None,
            asking: None,
            next_at: None,
            was_read: false,
            problem: None,
            cursor: Cursor::default(),
        }
    }

    /// What to read now, with so many lines in view.
    pub fn wants(&mut self, now: Boot, rows: usize) -> Option<(Part, Query)> {
        if self.asking.is_some() {
            return None;
        }
        let near_the_end = self.cursor.offset + 2 * rows >= self.list.len();
        let (part, page_token) = if self.next_at.is_none_or(|at| at <= now) {
            (Part::Newest, None)
        } else if near_the_end && self.older.is_some() && self.problem.is_none() {
            (Part::Older, self.older.clone())
        } else {
            return None;
        };
        self.asking = Some(part);
        let (domain, execution) = (self.domain.clone(), self.execution.clone());
        Some((part, Query::History { domain, execution, page_size: PAGE, page_token }))
    }

    /// Looks for new events at the next occasion.
    pub fn look_soon(&mut self) {
        self.next_at = None;
    }

    /// Takes what was read, or why nothing was.
    pub fn take(&mut self, part: Part, read: Result<HistoryPage, String>, now: Boot) {
        self.asking = None;
        match read {
            Ok(page) => {
                self.problem = None;
                self.was_read = true;
                match part {
                    Part::Newest => self.take_newest(page),
                    Part::Older => self.take_older(page),
                }
                let is_over = self.list.first().is_some_and(|event| event.attributes == Attributes::ExecutionClosed);
                if part == Part::Newest {
                    self.next_at = Some(now + if is_over { SELDOM_MS } else { FOLLOW_MS });
                }
            }
            Err(why) => {
                self.problem = Some(why);
                self.next_at = Some(now + SELDOM_MS);
            }
        }
        let started = self.list.iter().find(|event| event.id == self.started_event_id);
        if let Some(Attributes::Started { scheduled_event_id, .. }) = started.map(|event| &event.attributes) {
            self.scheduled_event_id = Some(*scheduled_event_id);
        }
    }

    fn take_newest(&mut self, page: HistoryPage) {
        let known = self.list.first().map_or(0, |event| event.id);
        let oldest_read = page.events.last().map_or(0, |event| event.id);
        if known == 0 || oldest_read > known + 1 {
            // The first page; or so much has happened that this page does not reach what is known.
            self.list = page.events;
            self.older = page.next_page_token;
            return;
        }
        let new: Vec<_> = page.events.into_iter().filter(|event| event.id > known).collect();
        self.cursor.pushed_down(new.len());
        self.list.splice(0..0, new);
    }

    fn take_older(&mut self, page: HistoryPage) {
        let oldest = self.list.last().map_or(i64::MAX, |event| event.id);
        self.list.extend(page.events.into_iter().filter(|event| event.id < oldest));
        self.older = page.next_page_token;
    }

    /// Those from the first one in view on: event, whether it is about the task itself, whether the cursor is there.
    pub fn in_view(&self) -> impl Iterator<Item = (&HistoryEvent, bool, bool)> {
        let from = self.list.iter().enumerate().skip(self.cursor.offset);
        from.map(|(index, event)| (event, self.is_own(event), index == self.cursor.at))
    }

    /// The event under the cursor.
    pub fn selected(&self) -> Option<&HistoryEvent> {
        self.list.get(self.cursor.at)
    }

    /// The oldest that was read.
    pub fn oldest(&self) -> Option<&HistoryEvent> {
        self.list.last()
    }

    /// How many were read.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are older ones that were not read.
    pub fn has_more(&self) -> bool {
        self.older.is_some()
    }

    /// Whether an event is about the task itself.
    fn is_own(&self, event: &HistoryEvent) -> bool {
        match &event.attributes {
            Attributes::Started { .. } => event.id == self.started_event_id,
            Attributes::Scheduled { .. } => Some(event.id) == self.scheduled_event_id,
            Attributes::Completed { started_event_id, .. }
            | Attributes::Failed { started_event_id, .. }
            | Attributes::Canceled { started_event_id, .. }
            | Attributes::TimedOut { started_event_id, .. } => *started_event_id == self.started_event_id,
            Attributes::CancelRequested { activity_id } => {
                event.id > self.started_event_id && *activity_id == self.activity_id
            }
            Attributes::ExecutionStarted { .. }
            | Attributes::ExecutionClosed
            | Attributes::ExecutionCancelRequested
            | Attributes::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixtures::{event, task};

    fn page(ids: std::ops::RangeInclusive<i64>, more: bool) -> HistoryPage {
        let events = ids.rev().map(|id| event(id, Attributes::Other)).collect();
        HistoryPage { events, next_page_token: more.then(|| "more".into()) }
    }

    fn ids(events: &Events) -> Vec<i64> {
        events.list.iter().map(|event| event.id).collect()
    }

    fn parts(events: &mut Events, now: i64) -> Option<Part> {
        events.wants(Boot(now), 5).map(|(part, _)| part)
    }

    #[test]
    fn pages_are_read_one_after_the_other_and_what_is_new_is_put_on_top() {
        let mut events = Events::of(&task(1, "a").0);
        assert_eq!((parts(&mut events, 0), parts(&mut events, 0)), (Some(Part::Newest), None));
        events.take(Part::Newest, Ok(page(8..=12, true)), Boot(0));
        assert_eq!(parts(&mut events, 1), Some(Part::Older));
        events.take(Part::Older, Ok(page(1..=9, false)), Boot(1));
        assert_eq!(ids(&events), [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(parts(&mut events, 2_000), None, "nothing is older, and it is too early for what is newer");
        events.cursor.move_by(3, events.len());
        assert_eq!(parts(&mut events, FOLLOW_MS), Some(Part::Newest));
        events.take(Part::Newest, Ok(page(10..=14, true)), Boot(FOLLOW_MS));
        assert_eq!((ids(&events)[..3].to_vec(), events.cursor.at), (vec![14, 13, 12], 5));
    }

    #[test]
    fn after_a_gap_it_begins_anew() {
        let mut events = Events::of(&task(1, "a").0);
        events.take(Part::Newest, Ok(page(1..=3, false)), Boot(0));
        events.take(Part::Newest, Ok(page(50..=55, true)), Boot(5_000));
        assert_eq!((ids(&events).len(), events.has_more()), (6, true));
    }

    #[test]
    fn a_failure_is_said_and_tried_again_later() {
        let mut events = Events::of(&task(1, "a").0);
        assert!(events.wants(Boot(0), 5).is_some());
        events.take(Part::Newest, Err("AccessDenied".into()), Boot(0));
        assert_eq!(parts(&mut events, 1_000), None);
        assert_eq!(events.problem.as_deref(), Some("AccessDenied"));
        assert_eq!(parts(&mut events, SELDOM_MS), Some(Part::Newest));
    }

    #[test]
    fn the_events_of_the_task_itself_are_told_from_others() {
        let mut events = Events::of(&task(1, "a").with(|facts| facts.started_event_id = 6).0);
        let started = |scheduled_event_id| Attributes::Started { scheduled_event_id, identity: None };
        let completed = |started_event_id| Attributes::Completed { started_event_id, result: None };
        let cancel = |id: &str| Attributes::CancelRequested { activity_id: id.into() };
        let scheduled =
            || Attributes::Scheduled { activity_id: "a".into(), timeouts: crate::task::Timeouts::default() };
        let list = [
            (9, completed(6), true),
            (8, completed(5), false),
            (7, cancel("a"), true),
            (6, started(4), true),
            (5, started(3), false),
            (4, scheduled(), true),
            (3, scheduled(), false),
            (2, cancel("a"), false),
        ];
        let all = list.iter().map(|(id, attributes, _)| event(*id, attributes.clone())).collect();
        events.take(Part::Newest, Ok(HistoryPage { events: all, next_page_token: None }), Boot(0));
        let own: Vec<_> = events.in_view().map(|(event, own, _)| (event.id, own)).collect();
        assert_eq!(own, list.map(|(id, _, own)| (id, own)));
    }
}
