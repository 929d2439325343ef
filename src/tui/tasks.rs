//! The list of tasks: their order, the selection and what of it is in view.
//!
//! Most urgent first, kept in order as facts change and as time makes tasks urgent; nothing is sorted anew. Selection is
//! a claim, never a row number: the cursor stays on its task wherever that moves.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::clock::Boot;
use crate::console::{Deadline, TaskFacts, TaskState, Urgency};
use crate::task::ClaimId;

/// Where a task stands: by urgency, then by what ends first, then by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    urgency: Urgency,
    first: Boot,
    id: ClaimId,
}

impl Place {
    fn of(facts: &TaskFacts, now: Boot) -> Self {
        let at = |deadline: Option<&Deadline>| deadline.and_then(|deadline| deadline.at).unwrap_or(Boot(i64::MAX));
        let first = match &facts.state {
            // The latest end first.
            TaskState::Ended { at, .. } => Boot(-at.0),
            // Each of its heartbeats would move a kept task; what it waits for is its end.
            _ if facts.lease.is_some() && facts.trouble.is_none() => at(facts.ends_by()),
            _ => at(facts.first_deadline()),
        };
        Self { urgency: facts.urgency(now), first, id: facts.id }
    }
}

#[derive(Debug)]
struct Row {
    facts: Arc<TaskFacts>,
    place: Place,
    /// When its urgency changes by itself.
    change: Option<Boot>,
}

/// How long the cursor stays on top after the first task has come in, milliseconds, unless a key is pressed.
const FREE_MS: i64 = 1_500;

/// All tasks of the screen.
#[derive(Debug, Default)]
pub struct Tasks {
    rows: HashMap<ClaimId, Row>,
    order: Vec<Place>,
    changes: BTreeSet<(Boot, ClaimId)>,
    counts: HashMap<Urgency, usize>,
    cancels: usize,
    selected: Option<ClaimId>,
    /// A person has seen where the cursor is: from then on it stays on its task.
    pinned_at: Option<Boot>,
    /// How many rows are above the first one in view.
    offset: usize,
}

impl Tasks {
    /// Takes new facts.
    pub fn update(&mut self, facts: Arc<TaskFacts>, now: Boot) {
        self.take_out(facts.id);
        self.put_in(facts, now);
    }

    /// Takes a task off the list; the cursor goes to the one that takes its row.
    pub fn remove(&mut self, id: ClaimId) {
        let index = self.index_of(id);
        self.take_out(id);
        if self.selected == Some(id) {
            self.selected = index.and_then(|index| self.order.get(index).or(self.order.last())).map(|place| place.id);
        }
    }

    /// Time goes on: tasks that became urgent by it move up.
    pub fn advance(&mut self, now: Boot) {
        while let Some(&(change, id)) = self.changes.first()
            && change <= now
            && let Some(row) = self.take_out(id)
        {
            self.put_in(row.facts, now);
        }
    }

    /// Puts the cursor on the most urgent task if it is nowhere, or while the first tasks come in: afterwards it must not
    /// move under somebody's finger.
    pub fn select_first_if_free(&mut self, now: Boot) {
        let Some(first) = self.order.first() else { return };
        let free = *self.pinned_at.get_or_insert(now + FREE_MS) > now;
        if free || self.selected.is_none() {
            self.selected = Some(first.id);
        }
    }

    /// A person acts on what the cursor shows: it stays on its task.
    pub fn pin(&mut self, now: Boot) {
        self.pinned_at = Some(now);
    }

    /// Puts the cursor on a task, if it is there.
    pub fn select(&mut self, id: ClaimId) {
        if self.rows.contains_key(&id) {
            self.selected = Some(id);
        }
    }

    /// When time alone next makes a task more urgent.
    pub fn next_change(&self) -> Option<Boot> {
        self.changes.first().map(|(at, _)| *at)
    }

    /// Puts the cursor on a row in view, from 0.
    pub fn select_in_view(&mut self, row: usize) {
        if let Some(place) = self.order.get(self.offset + row) {
            self.selected = Some(place.id);
        }
    }

    /// Moves the cursor by so many rows, as far as there are any.
    pub fn move_by(&mut self, rows: isize) {
        let Some(last) = self.order.len().checked_sub(1) else { return };
        let index = self.selected_index().map_or(0, |index| index.saturating_add_signed(rows).min(last));
        self.selected = Some(self.order[index].id);
    }

    /// Scrolls so that the cursor is among the `height` rows in view.
    pub fn settle(&mut self, height: usize) {
        let index = self.selected_index().unwrap_or(0);
        let last_page = self.order.len().saturating_sub(height);
        self.offset = self.offset.min(last_page).min(index).max((index + 1).saturating_sub(height));
    }

    /// The task under the cursor.
    pub fn selected(&self) -> Option<&Arc<TaskFacts>> {
        self.get(self.selected?)
    }

    /// One task.
    pub fn get(&self, id: ClaimId) -> Option<&Arc<TaskFacts>> {
        self.rows.get(&id).map(|row| &row.facts)
    }

    /// The rows in view: facts, urgency, whether selected.
    pub fn in_view(&self, height: usize) -> impl Iterator<Item = (&Arc<TaskFacts>, Urgency, bool)> {
        let places = self.order.iter().skip(self.offset).take(height);
        places.filter_map(|place| {
            let row = self.rows.get(&place.id)?;
            Some((&row.facts, place.urgency, self.selected == Some(place.id)))
        })
    }

    /// All of them, most urgent first, in view or not.
    pub fn all(&self) -> impl Iterator<Item = &TaskFacts> {
        self.order.iter().filter_map(|place| self.rows.get(&place.id)).map(|row| row.facts.as_ref())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// How many tasks are this urgent.
    pub fn count(&self, urgency: Urgency) -> usize {
        self.counts.get(&urgency).copied().unwrap_or(0)
    }

    /// How many are not over.
    pub fn open(&self) -> usize {
        self.len() - self.count(Urgency::Ended)
    }

    /// How many have a cancel request that nobody has answered, whatever else is the matter with them.
    pub fn cancels(&self) -> usize {
        self.cancels
    }

    /// The row of the cursor, counted from 0.
    pub fn selected_index(&self) -> Option<usize> {
        self.index_of(self.selected?)
    }

    fn index_of(&self, id: ClaimId) -> Option<usize> {
        self.order.binary_search(&self.rows.get(&id)?.place).ok()
    }

    fn put_in(&mut self, facts: Arc<TaskFacts>, now: Boot) {
        let place = Place::of(&facts, now);
        let change = facts.next_urgency_change(now);
        if let Err(index) = self.order.binary_search(&place) {
            self.order.insert(index, place);
        }
        self.changes.extend(change.map(|change| (change, facts.id)));
        *self.counts.entry(place.urgency).or_default() += 1;
        self.cancels += usize::from(asks_for_cancel(&facts));
        self.rows.insert(facts.id, Row { facts, place, change });
    }

    fn take_out(&mut self, id: ClaimId) -> Option<Row> {
        let row = self.rows.remove(&id)?;
        if let Ok(index) = self.order.binary_search(&row.place) {
            self.order.remove(index);
        }
        if let Some(change) = row.change {
            self.changes.remove(&(change, id));
        }
        if let Some(count) = self.counts.get_mut(&row.place.urgency) {
            *count -= 1;
        }
        self.cancels -= usize::from(asks_for_cancel(&row.facts));
        Some(row)
    }
}

/// Whether a cancel request waits for the operator's answer.
pub fn asks_for_cancel(facts: &TaskFacts) -> bool {
    !facts.has_ended()
        && !matches!(facts.state, TaskState::Closing { .. })
        && facts.cancel.is_some_and(|cancel| !cancel.answered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixtures::{T0, task};

    fn ids(tasks: &Tasks, height: usize) -> Vec<u64> {
        tasks.in_view(height).map(|(facts, ..)| facts.id.0).collect()
    }

    fn filled(left: &[i64]) -> Tasks {
        let mut tasks = Tasks::default();
        for (id, &seconds) in (1..).zip(left) {
            tasks.update(task(id, "t").heartbeat(3_600, seconds).arc(), T0.boot);
        }
        tasks.select_first_if_free(T0.boot);
        tasks
    }

    #[test]
    fn the_most_urgent_is_on_top_and_time_moves_tasks_up() {
        let mut tasks = filled(&[3_000, 2_000, 2_500]);
        assert_eq!(ids(&tasks, 9), [2, 3, 1]);
        tasks.update(task(1, "t").heartbeat(3_600, 3_000).cancel().arc(), T0.boot);
        assert_eq!((ids(&tasks, 9), tasks.cancels()), (vec![1, 2, 3], 1));
        assert_eq!(tasks.count(Urgency::Due), 0);
        let change = tasks.changes.first().unwrap().0;
        tasks.advance(change);
        assert_eq!(tasks.count(Urgency::Due), 1);
        tasks.advance(T0.boot + 10_000_000);
        assert_eq!((tasks.count(Urgency::Unsure), tasks.changes.len()), (2, 0));
    }

    #[test]
    fn the_cursor_stays_on_its_task_and_in_view() {
        let mut tasks = filled(&[1_000, 2_000, 3_000, 3_100, 3_200]);
        tasks.move_by(3);
        assert_eq!(tasks.selected().unwrap().id, ClaimId(4));
        tasks.settle(2);
        assert_eq!(ids(&tasks, 2), [3, 4]);
        tasks.update(task(4, "t").cancel().arc(), T0.boot);
        tasks.settle(2);
        assert_eq!((tasks.selected().unwrap().id, ids(&tasks, 2)), (ClaimId(4), vec![4, 1]));
        tasks.remove(ClaimId(4));
        assert_eq!(tasks.selected().unwrap().id, ClaimId(1));
    }

    #[test]
    fn the_cursor_rests_on_the_most_urgent_task_while_the_first_ones_come_in() {
        for by_key in [true, false] {
            let mut tasks = filled(&[2_000, 3_000]);
            tasks.select_first_if_free(T0.boot);
            tasks.update(task(7, "t").cancel().arc(), T0.boot);
            tasks.select_first_if_free(T0.boot + 100);
            assert_eq!(tasks.selected().unwrap().id, ClaimId(7));
            tasks.update(task(7, "t").arc(), T0.boot);
            tasks.update(task(8, "t").cancel().arc(), T0.boot);
            let later = T0.boot + if by_key { 200 } else { FREE_MS };
            if by_key {
                tasks.pin(later);
            }
            tasks.select_first_if_free(later);
            assert_eq!(tasks.selected().unwrap().id, ClaimId(7), "by key: {by_key}");
        }
    }

    #[test]
    fn a_heartbeat_of_a_kept_task_moves_no_row() {
        let mut tasks = Tasks::default();
        for id in 1..=3 {
            tasks.update(task(id, "t").kept().heartbeat(3_600, 2_000).arc(), T0.boot);
        }
        tasks.update(task(1, "t").kept().heartbeat(3_600, 3_600).arc(), T0.boot);
        assert_eq!(ids(&tasks, 9), [1, 2, 3]);
    }

    #[test]
    fn an_empty_list_has_nothing_to_select() {
        let mut tasks = filled(&[1_000]);
        tasks.remove(ClaimId(1));
        tasks.remove(ClaimId(1));
        tasks.move_by(5);
        tasks.settle(0);
        assert!(tasks.selected().is_none() && tasks.len() == 0 && tasks.open() == 0);
    }
}
