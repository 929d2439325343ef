//! Which place each task has: one by one as facts change, all at once when the order or the filter does.

use std::sync::Arc;

use super::names::Names;
use super::ranks::Ranks;
use super::rows::Row;
use super::sort::{Place, head, order, put_in_order};
use super::{Boot, ClaimId, TaskFacts, Tasks, Urgency};

impl Tasks {
    /// What is shown, in order.
    pub(super) fn list(&self) -> &Ranks<Place> {
        self.passing.as_ref().unwrap_or(&self.all)
    }

    /// Where a row is in the list; `None` if it is not shown.
    pub(super) fn place_of(&self, slot: u32) -> Option<Place> {
        let row = self.rows.at(slot)?;
        row.place(slot).filter(|_| self.passing.is_none() || row.passes)
    }

    /// How many are shown above it.
    pub(super) fn row_of(&self, slot: u32) -> Option<usize> {
        self.list().row_of(&self.place_of(slot)?, order(&self.rows, self.sort))
    }

    /// Takes new facts of a task that has a row, and leaves it where it is.
    pub(super) fn renew(&mut self, slot: u32, facts: Arc<TaskFacts>, urgency: Urgency, change: Option<Boot>) {
        let renamed = self.rows.names(slot) != Names::of(&facts);
        if renamed {
            // The sorted lists find what they have by its names.
            self.take_out(slot);
        }
        self.rows.renew(slot, facts, urgency, change);
    }

    /// Puts a task where it belongs now. Most facts change without moving their task.
    pub(super) fn place(&mut self, slot: u32) {
        let Some(row) = self.rows.at(slot) else { return };
        // The one under the cursor stays in the list while the cursor is there: nothing vanishes under somebody's finger.
        let passes = self.lets_through(slot, row) || self.selected == Some(row.id);
        let head = head(self.rows.names(slot), &row.keys, row.urgency, self.sort);
        if row.head == Some(head) && row.passes == passes {
            return;
        }
        self.take_out(slot);
        let Some(row) = self.rows.at_mut(slot) else { return };
        (row.head, row.passes) = (Some(head), passes);
        let Some(place) = row.place(slot) else { return };
        self.all.insert(place, order(&self.rows, self.sort));
        if let Some(passing) = self.passing.as_mut().filter(|_| passes) {
            passing.insert(place, order(&self.rows, self.sort));
        }
    }

    /// Takes a task out of the sorted lists.
    pub(super) fn take_out(&mut self, slot: u32) {
        let Some(place) = self.rows.at(slot).and_then(|row| row.place(slot)) else { return };
        self.all.remove(&place, order(&self.rows, self.sort));
        if let Some(passing) = &mut self.passing {
            passing.remove(&place, order(&self.rows, self.sort));
        }
        if let Some(row) = self.rows.at_mut(slot) {
            row.head = None;
        }
    }

    /// A task that was shown only because the cursor was on it goes.
    pub(super) fn recheck(&mut self, id: Option<ClaimId>) {
        let Some(slot) = id.filter(|_| self.frozen.is_none()).and_then(|id| self.rows.slot(id)) else { return };
        let Some(row) = self.rows.at(slot) else { return };
        let (passes, place) = (self.lets_through(slot, row), row.place(slot));
        if let (false, Some(place), Some(passing)) = (passes, place, &mut self.passing) {
            passing.remove(&place, order(&self.rows, self.sort));
            if let Some(row) = self.rows.at_mut(slot) {
                row.passes = false;
            }
        }
    }

    fn lets_through(&self, slot: u32, row: &Row) -> bool {
        let marked = |id| self.marks.contains(&id);
        self.filter.may_match(row.letters)
            && self.filter.matches(&row.facts, self.rows.names(slot), row.urgency, marked)
    }

    /// Puts all tasks where they belong now.
    pub(super) fn arrange(&mut self) {
        let mut places = Vec::with_capacity(self.rows.len());
        for (slot, names, row) in self.rows.iter_mut() {
            row.head = Some(head(names, &row.keys, row.urgency, self.sort));
            places.extend(row.place(slot));
        }
        put_in_order(&mut places, &self.rows, self.sort);
        self.all = Ranks::of(places);
        self.sift();
    }

    /// Looks anew at what the filter lets through. The order stays.
    pub(super) fn sift(&mut self) {
        if self.filter.is_empty() {
            self.passing = None;
        } else {
            let mut passes = vec![false; self.rows.slots()];
            let marked = |id| self.marks.contains(&id);
            for (slot, names, row) in self.rows.iter_mut() {
                row.passes =
                    self.filter.may_match(row.letters) && self.filter.matches(&row.facts, names, row.urgency, marked);
                passes[slot as usize] = row.passes;
            }
            let passing = self.all.from(0).filter(|place| passes[place.slot as usize]);
            self.passing = Some(Ranks::of(passing.copied()));
        }
        if self.selected_index().is_none() {
            self.select_row(0);
        }
    }
}
