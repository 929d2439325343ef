//! Marks: acts are about the marked tasks that are shown, if there are any.

use std::sync::Arc;

use super::Tasks;
use super::sort::Place;
use crate::console::TaskFacts;
use crate::task::ClaimId;

impl Tasks {
    /// The marked tasks that are shown, in the order of the list: nothing is done to what nobody sees.
    pub fn marked(&self) -> Vec<Arc<TaskFacts>> {
        let rows = self.marks.iter().filter_map(|id| self.rows.get(id));
        let mut shown: Vec<(&Place, &Arc<TaskFacts>)> =
            rows.filter_map(|row| Some((row.place.as_ref()?, &row.facts))).collect();
        shown.sort_unstable_by_key(|(place, _)| *place);
        shown.into_iter().map(|(_, facts)| Arc::clone(facts)).collect()
    }

    /// How many are marked, and how many of them are not shown.
    pub fn mark_counts(&self) -> (usize, usize) {
        let hidden = |id: &&ClaimId| self.rows.get(id).is_none_or(|row| row.place.is_none());
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
        let row = |id: Option<ClaimId>| self.order.row_of(self.rows.get(&id?)?.place.as_ref()?);
        let Some(to) = row(self.selected) else { return };
        let from = row(self.anchor).unwrap_or(to);
        let (first, last) = (from.min(to), from.max(to));
        let range: Vec<ClaimId> = self.order.from(first).take(last - first + 1).map(Place::id).collect();
        self.marks.extend(range);
        self.anchor = self.selected;
        self.marks_changed();
    }

    /// Marks everything that is shown.
    pub fn mark_all(&mut self) {
        self.marks.extend(self.order.from(0).map(Place::id));
        self.marks_changed();
    }

    /// Marks what is shown and not marked, and the other way round.
    pub fn invert_marks(&mut self) {
        for id in self.order.from(0).map(Place::id) {
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

    fn marks_changed(&mut self) {
        if self.filter.looks_at_marks() && self.frozen.is_none() {
            self.arrange(/*anew*/ false);
        }
    }
}
