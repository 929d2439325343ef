//! Marks: acts are about the marked tasks that are shown, if there are any.

use std::sync::Arc;

use super::Tasks;
use super::sort::{Place, put_in_order};
use crate::console::TaskFacts;
use crate::task::ClaimId;

impl Tasks {
    /// The marked tasks that are shown, in the order of the list: nothing is done to what nobody sees.
    pub fn marked(&self) -> Vec<Arc<TaskFacts>> {
        let places = self.marks.iter().filter_map(|id| self.place_of(self.rows.slot(*id)?));
        let mut shown: Vec<Place> = places.collect();
        put_in_order(&mut shown, &self.rows, self.sort);
        shown.iter().filter_map(|place| Some(Arc::clone(&self.rows.at(place.slot)?.facts))).collect()
    }

    /// How many are marked, and how many of them are not shown.
    pub fn mark_counts(&self) -> (usize, usize) {
        let hidden = |id: &&ClaimId| self.rows.slot(**id).and_then(|slot| self.place_of(slot)).is_none();
        (self.marks.len(), self.marks.iter().filter(hidden).count())
    }

    /// Marks the task under the cursor, or takes its mark away, and goes on to the next.
    pub fn toggle_mark(&mut self) {
        let Some(id) = self.selected else { return };
        if !self.marks.remove(&id) {
            self.marks.insert(id);
        }
        self.anchor = Some(id);
        self.marks_changed();
        self.move_by(1);
    }

    /// Marks everything from the last mark to the cursor.
    pub fn mark_range(&mut self) {
        let row = |id: Option<ClaimId>| self.row_of(self.rows.slot(id?)?);
        let Some(to) = row(self.selected) else { return };
        let from = row(self.anchor).unwrap_or(to);
        let (first, last) = (from.min(to), from.max(to));
        let range: Vec<ClaimId> = self.list().from(first).take(last - first + 1).map(|place| place.id).collect();
        self.marks.extend(range);
        self.anchor = self.selected;
        self.marks_changed();
    }

    /// Marks everything that is shown.
    pub fn mark_all(&mut self) {
        self.marks.extend(self.shown_ids());
        self.marks_changed();
    }

    /// Marks what is shown and not marked, and the other way round.
    pub fn invert_marks(&mut self) {
        for id in self.shown_ids() {
            if !self.marks.remove(&id) {
                self.marks.insert(id);
            }
        }
        self.marks_changed();
    }

    /// Takes all marks away, also of what is not shown; `false` if there were none.
    pub fn unmark_all(&mut self) -> bool {
        let had = !self.marks.is_empty();
        self.marks.clear();
        self.anchor = None;
        self.marks_changed();
        had
    }

    fn shown_ids(&self) -> Vec<ClaimId> {
        self.list().from(0).map(|place| place.id).collect()
    }

    fn marks_changed(&mut self) {
        if self.filter.looks_at_marks() && self.frozen.is_none() {
            self.sift();
        }
    }
}
