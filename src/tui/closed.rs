//! What has ended while this screen ran or before it started: newest first, dismissed or not.

use std::sync::Arc;

use super::views::Cursor;
use crate::clock::Wall;
use crate::console::{TaskFacts, TaskState};
use crate::task::ClaimId;

/// So many are kept; older ones are in the journal.
const MOST: usize = 1_000;

/// The ended tasks, newest ending first.
#[derive(Debug, Default)]
pub struct Closed {
    tasks: Vec<Arc<TaskFacts>>,
    /// Where one is in it.
    pub cursor: Cursor,
}

/// Its place: the latest ending first, then the latest claim.
fn place(facts: &TaskFacts) -> Option<(std::cmp::Reverse<Wall>, std::cmp::Reverse<ClaimId>)> {
    match facts.state {
        TaskState::Ended { at, .. } => Some((std::cmp::Reverse(at), std::cmp::Reverse(facts.id))),
        _ => None,
    }
}

impl Closed {
    /// Takes new facts, if they are of an ended task.
    pub fn update(&mut self, facts: &Arc<TaskFacts>) {
        let Some(new) = place(facts) else { return };
        match self.tasks.binary_search_by(|old| place(old).cmp(&Some(new))) {
            Ok(index) => self.tasks[index] = Arc::clone(facts),
            Err(index) if index < MOST => {
                self.tasks.insert(index, Arc::clone(facts));
                self.tasks.truncate(MOST);
                if index <= self.cursor.at && self.tasks.len() > 1 {
                    self.cursor.pushed_down(1);
                }
            }
            Err(_) => {}
        }
    }

    /// The task under the cursor.
    pub fn selected(&self) -> Option<&Arc<TaskFacts>> {
        self.tasks.get(self.cursor.at)
    }

    /// One of them.
    pub fn get(&self, id: ClaimId) -> Option<&Arc<TaskFacts>> {
        self.tasks.iter().find(|facts| facts.id == id)
    }

    /// Those from the first one in view on, and whether the cursor is there.
    pub fn in_view(&self) -> impl Iterator<Item = (&Arc<TaskFacts>, bool)> {
        let from = self.tasks.iter().enumerate().skip(self.cursor.offset);
        from.map(|(index, facts)| (facts, index == self.cursor.at))
    }

    /// All of them, the latest ending first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<TaskFacts>> {
        self.tasks.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{OutcomeKind, Verdict};
    use crate::tui::fixtures::task;

    fn ended(id: u64, at: i64) -> Arc<TaskFacts> {
        let verdict = Verdict::Ours { kind: OutcomeKind::Completed, from_history: false };
        task(id, "a").state(TaskState::Ended { verdict, at: Wall(at) }).arc()
    }

    fn ids(closed: &Closed) -> Vec<u64> {
        closed.in_view().map(|(facts, _)| facts.id.0).collect()
    }

    #[test]
    fn the_newest_is_on_top_and_the_cursor_stays_on_its_task() {
        let mut closed = Closed::default();
        for (id, at) in [(1, 10), (2, 30), (3, 20)] {
            closed.update(&ended(id, at));
        }
        closed.update(&task(9, "open").arc());
        closed.update(&ended(1, 10));
        assert_eq!(ids(&closed), [2, 3, 1]);
        closed.cursor.move_by(1, closed.len());
        closed.update(&ended(4, 40));
        assert_eq!(closed.selected().unwrap().id, ClaimId(3));
        closed.update(&ended(5, 1));
        assert_eq!(closed.selected().unwrap().id, ClaimId(3));
        assert_eq!(closed.get(ClaimId(5)).map(|facts| facts.id), Some(ClaimId(5)));
    }

    #[test]
    fn no_more_than_so_many_are_kept() {
        let mut closed = Closed::default();
        for id in 0..1_100 {
            closed.update(&ended(id, id.try_into().unwrap()));
        }
        assert_eq!((closed.len(), ids(&closed)[0]), (MOST, 1_099));
    }
}
