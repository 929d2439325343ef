//! The list of tasks: which are shown in what order, the cursor, the marks and what of it is in view.
//!
//! Kept in order as facts change and as time makes tasks urgent; nothing is sorted anew. The cursor and the marks are on
//! claims, never on row numbers: the cursor stays on its task wherever that moves, unless the operator wants it to stay
//! in its row. By what is sorted is in `sort`, what is shown in `filter`, who goes where in `arrange`, the sorted list
//! itself in `ranks`.

mod arrange;
mod filter;
mod marks;
#[cfg(test)]
mod model;
mod names;
mod ranks;
mod rows;
mod sort;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::clock::{Boot, Wall};
use crate::console::{TaskFacts, TaskState, Urgency};
use crate::task::ClaimId;

pub use filter::{FIELDS, Filter};
pub use sort::{Sort, SortBy};

use ranks::Ranks;
use rows::Rows;
use sort::{Place, head};

/// The list stands still.
#[derive(Debug)]
pub struct Frozen {
    /// Since when, for display.
    pub since: Wall,
    /// Tasks that would stand elsewhere, or are new.
    stale: BTreeSet<ClaimId>,
}

/// How long the cursor stays on top after the first task has come in, milliseconds, unless a key is pressed.
const FREE_MS: i64 = 1_500;

/// All tasks of the screen.
#[derive(Debug, Default)]
pub struct Tasks {
    rows: Rows,
    /// All that have a place, in order.
    all: Ranks<Place>,
    /// Those that the filter lets through, if there is one: in the same order.
    passing: Option<Ranks<Place>>,
    changes: BTreeSet<(Boot, ClaimId)>,
    counts: HashMap<Urgency, usize>,
    cancels: usize,
    follow_ups: usize,
    sort: Sort,
    filter: Filter,
    marks: BTreeSet<ClaimId>,
    /// Where a range of marks begins.
    anchor: Option<ClaimId>,
    frozen: Option<Frozen>,
    selected: Option<ClaimId>,
    /// The cursor stays in its row, whatever task is there.
    holds_row: bool,
    row: usize,
    /// A person has seen where the cursor is: from then on it stays on its task.
    pinned_at: Option<Boot>,
    /// How many rows are above the first one in view.
    offset: usize,
}

impl Tasks {
    /// Takes new facts. Gives the task for which a list that stood still moves again, if it is one.
    pub fn update(&mut self, facts: Arc<TaskFacts>, now: Boot) -> Option<Arc<TaskFacts>> {
        let urgency = facts.urgency(now);
        let before = self.rows.get(facts.id).map(|row| row.urgency);
        let breaks = self.frozen.is_some() && before != Some(urgency) && breaks_through(urgency);
        let broken = breaks.then(|| Arc::clone(&facts));
        if breaks {
            self.thaw();
        }
        self.put(facts, urgency, now);
        broken
    }

    /// Takes a task off the list; the cursor goes to the one that takes its row.
    pub fn remove(&mut self, id: ClaimId) {
        let Some(slot) = self.rows.slot(id) else { return };
        let at = self.row_of(slot);
        self.take_out(slot);
        self.uncount(slot);
        self.rows.remove(id);
        self.marks.remove(&id);
        if self.selected == Some(id) {
            self.select_row(at.unwrap_or(0));
        }
    }

    /// Time goes on: tasks that became urgent by it move up. Gives a task for which a list that stood still moves again.
    pub fn advance(&mut self, now: Boot) -> Option<Arc<TaskFacts>> {
        let mut broken = None;
        while let Some(&(change, id)) = self.changes.first()
            && change <= now
        {
            let Some(facts) = self.rows.get(id).map(|row| Arc::clone(&row.facts)) else { break };
            broken = self.update(facts, now).or(broken);
        }
        broken
    }

    fn put(&mut self, facts: Arc<TaskFacts>, urgency: Urgency, now: Boot) {
        let id = facts.id;
        let known = self.rows.slot(id);
        if let Some(slot) = known {
            self.uncount(slot);
        }
        let change = facts.next_urgency_change(now);
        self.changes.extend(change.map(|change| (change, id)));
        *self.counts.entry(urgency).or_default() += 1;
        self.cancels += usize::from(asks_for_cancel(&facts));
        self.follow_ups += usize::from(wants_follow_up(&facts));
        let slot = if let Some(slot) = known {
            self.renew(slot, facts, urgency, change);
            slot
        } else {
            self.rows.insert(facts, urgency, change)
        };
        if let Some(frozen) = &mut self.frozen {
            frozen.stale.insert(id);
        } else {
            self.place(slot);
        }
    }

    fn uncount(&mut self, slot: u32) {
        let Some(row) = self.rows.at(slot) else { return };
        if let Some(change) = row.change {
            self.changes.remove(&(change, row.id));
        }
        if let Some(count) = self.counts.get_mut(&row.urgency) {
            *count -= 1;
        }
        self.cancels -= usize::from(asks_for_cancel(&row.facts));
        self.follow_ups -= usize::from(wants_follow_up(&row.facts));
    }

    /// Puts the cursor on the first task if it is nowhere, or while the first tasks come in: afterwards it must not move
    /// under somebody's finger.
    pub fn select_first_if_free(&mut self, now: Boot) {
        if self.list().len() == 0 {
            return;
        }
        let free = *self.pinned_at.get_or_insert(now + FREE_MS) > now;
        if free || self.selected_index().is_none() {
            self.select_row(0);
        } else if self.holds_row {
            self.select_row(self.row);
        }
    }

    /// A person acts on what the cursor shows: it stays on its task.
    pub fn pin(&mut self, now: Boot) {
        self.pinned_at = Some(now);
    }

    /// Moves the cursor by so many rows, as far as there are any.
    pub fn move_by(&mut self, rows: isize) {
        let left = self.selected;
        self.select_row(self.selected_index().map_or(0, |index| index.saturating_add_signed(rows)));
        if left != self.selected {
            self.recheck(left);
        }
    }

    /// Puts the cursor on a task, if it is there.
    pub fn select(&mut self, id: ClaimId) {
        if self.rows.slot(id).is_some() {
            self.selected = Some(id);
        }
    }

    /// Puts the cursor on a row in view, from 0.
    pub fn select_in_view(&mut self, row: usize) {
        let left = self.selected;
        self.select_row(self.offset + row);
        if left != self.selected {
            self.recheck(left);
        }
    }

    /// When time alone next makes a task more urgent.
    pub fn next_change(&self) -> Option<Boot> {
        self.changes.first().map(|(at, _)| *at)
    }

    fn select_row(&mut self, row: usize) {
        self.row = row.min(self.list().len().saturating_sub(1));
        self.selected = self.list().get(self.row).map(|place| place.id);
    }

    /// Scrolls so that the cursor is among the `height` rows in view.
    pub fn settle(&mut self, height: usize) {
        let index = self.selected_index().unwrap_or(0);
        self.row = index;
        let last_page = self.list().len().saturating_sub(height);
        self.offset = self.offset.min(last_page).min(index).max((index + 1).saturating_sub(height));
    }

    /// The task under the cursor.
    pub fn selected(&self) -> Option<&Arc<TaskFacts>> {
        self.get(self.selected?)
    }

    /// One task.
    pub fn get(&self, id: ClaimId) -> Option<&Arc<TaskFacts>> {
        self.rows.get(id).map(|row| &row.facts)
    }

    /// The rows in view.
    pub fn in_view(&self, height: usize) -> impl Iterator<Item = InView<'_>> {
        self.list().from(self.offset).take(height).filter_map(|place| {
            let row = self.rows.at(place.slot)?;
            let id = place.id;
            let (selected, marked) = (self.selected == Some(id), self.marks.contains(&id));
            Some(InView { facts: &row.facts, urgency: row.urgency, selected, marked })
        })
    }

    /// All of them, shown or not, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<TaskFacts>> {
        self.rows.iter().map(|(_, row)| &row.facts)
    }

    /// Such tasks, shown or not, most urgent first.
    pub fn such(&self, such: impl Fn(&TaskFacts) -> bool) -> Vec<&Arc<TaskFacts>> {
        let mut found: Vec<_> = self.rows.iter().filter(|(_, row)| such(&row.facts)).collect();
        let first = Sort::default();
        found.sort_by_cached_key(|(slot, row)| (head(self.rows.names(*slot), &row.keys, row.urgency, first), row.id));
        found.into_iter().map(|(_, row)| &row.facts).collect()
    }

    /// How many there are, shown or not.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many are shown.
    pub fn shown(&self) -> usize {
        self.list().len()
    }

    /// How many tasks are this urgent, shown or not.
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

    /// How many have a note whose time has come.
    pub fn follow_ups(&self) -> usize {
        self.follow_ups
    }

    /// The row of the cursor, counted from 0.
    pub fn selected_index(&self) -> Option<usize> {
        self.row_of(self.rows.slot(self.selected?)?)
    }

    /// By what the list is sorted.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// Sorts by something else.
    pub fn set_sort(&mut self, sort: Sort) {
        self.sort = sort;
        self.arrange();
    }

    /// What is shown.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Shows something else.
    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        if self.frozen.is_some() {
            // Places are those of before.
            self.arrange();
        } else {
            self.sift();
        }
    }

    /// Since when the list stands still, if it does.
    pub fn frozen(&self) -> Option<&Frozen> {
        self.frozen.as_ref()
    }

    /// No row moves any more; countdowns go on, and alarms break through.
    pub fn freeze(&mut self, since: Wall) {
        self.frozen = Some(Frozen { since, stale: BTreeSet::new() });
    }

    /// Rows move again.
    pub fn thaw(&mut self) {
        if let Some(frozen) = self.frozen.take()
            // Marks were set meanwhile, perhaps.
            && (!frozen.stale.is_empty() || self.filter.looks_at_marks())
        {
            self.arrange();
        }
    }

    /// Whether the cursor stays in its row.
    pub fn holds_row(&self) -> bool {
        self.holds_row
    }

    /// The cursor stays in its row from now on, or follows its task.
    pub fn hold_row(&mut self, holds: bool) {
        self.holds_row = holds;
    }
}

/// A row as it is drawn.
#[derive(Debug, Clone, Copy)]
pub struct InView<'a> {
    /// The task.
    pub facts: &'a Arc<TaskFacts>,
    /// How urgent it is.
    pub urgency: Urgency,
    /// The cursor is here.
    pub selected: bool,
    /// It is marked.
    pub marked: bool,
}

/// What wants a person now, also from a list that stands still.
fn breaks_through(urgency: Urgency) -> bool {
    matches!(urgency, Urgency::NotSaved | Urgency::Cancel | Urgency::Critical | Urgency::Unsure)
}

/// Whether the time of its note has come.
pub fn wants_follow_up(facts: &TaskFacts) -> bool {
    facts.note.as_ref().is_some_and(|note| note.due)
}

/// Whether a cancel request waits for the operator's answer.
pub fn asks_for_cancel(facts: &TaskFacts) -> bool {
    !facts.has_ended()
        && !matches!(facts.state, TaskState::Closing { .. })
        && facts.cancel.is_some_and(|cancel| !cancel.answered)
}
