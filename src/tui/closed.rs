//! What has ended while this screen ran or before it started: newest first, dismissed or not. What the engine does not
//! tell is read from the journal, page by page, when somebody looks that far.

use std::sync::Arc;

use super::views::Cursor;
use crate::clock::Wall;
use crate::console::{Query, TaskFacts, TaskState};
use crate::task::{ClaimId, EndedMark};

/// So many are kept: nobody scrolls through more.
const MOST: usize = 10_000;
/// So many are read at a time.
const PAGE: usize = 100;

/// The ended tasks, newest ending first.
#[derive(Debug, Default)]
pub struct Closed {
    tasks: Vec<Arc<TaskFacts>>,
    older: Older,
    /// Where one is in it.
    pub cursor: Cursor,
}

/// How far the journal has been read.
#[derive(Debug, Default)]
enum Older {
    /// Not at all.
    #[default]
    Unread,
    /// A page is being read.
    Reading,
    /// Down to here.
    From(EndedMark),
    /// To its end.
    All,
    /// It cannot be read: why, printable.
    Failed(String),
}

/// Its place: the latest ending first, then the latest claim.
fn place(facts: &TaskFacts) -> Option<(std::cmp::Reverse<Wall>, std::cmp::Reverse<ClaimId>)> {
    match facts.state {
        TaskState::Ended { at, .. } => Some((std::cmp::Reverse(at), std::cmp::Reverse(facts.id))),
        _ => None,
    }
}

fn place_of(mark: &EndedMark) -> (std::cmp::Reverse<Wall>, std::cmp::Reverse<ClaimId>) {
    (std::cmp::Reverse(mark.ended), std::cmp::Reverse(mark.claim))
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

    /// What is to be read now so that more than so many lines can be shown below the first one in view.
    pub fn wants(&mut self, rows: usize) -> Option<Query> {
        let from = match &self.older {
            Older::Unread => None,
            Older::From(mark) if self.len() < MOST => {
                let read = self.tasks.partition_point(|facts| place(facts) < Some(place_of(mark)));
                if self.cursor.offset + 2 * rows < read {
                    return None;
                }
                Some(*mark)
            }
            _ => return None,
        };
        self.older = Older::Reading;
        Some(Query::Ended { from, most: PAGE })
    }

    /// A page was read, or why not.
    pub fn read(&mut self, page: Result<(Vec<Arc<TaskFacts>>, Option<EndedMark>), String>) {
        match page {
            Ok((tasks, next)) => {
                for facts in &tasks {
                    // What the engine tells of a task is newer.
                    if self.get(facts.id).is_none() {
                        self.update(facts);
                    }
                }
                self.older = next.map_or(Older::All, Older::From);
            }
            Err(why) => self.older = Older::Failed(why),
        }
    }

    /// Somebody opens the view: what could not be read is tried again.
    pub fn open(&mut self) {
        if matches!(self.older, Older::Failed(_)) {
            self.older = Older::Unread;
        }
    }

    /// Whether there may be more than is here.
    pub fn has_more(&self) -> bool {
        !matches!(self.older, Older::All)
    }

    /// Why older ones are not here, printable.
    pub fn problem(&self) -> Option<&str> {
        match &self.older {
            Older::Failed(why) => Some(why),
            _ => None,
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
    fn the_journal_is_read_as_far_as_somebody_looks() {
        let mark = |id| EndedMark { ended: Wall(id), claim: ClaimId(id.cast_unsigned()) };
        let page = |ids: std::ops::RangeInclusive<i64>| -> Vec<_> {
            ids.rev().map(|id| ended(id.cast_unsigned(), id)).collect()
        };
        let mut closed = Closed::default();
        closed.update(&ended(150, 150));
        assert_eq!(closed.wants(10), Some(Query::Ended { from: None, most: PAGE }));
        assert_eq!(closed.wants(10), None, "one page at a time");
        closed.read(Ok((page(100..=150), Some(mark(100)))));
        assert_eq!((closed.len(), closed.wants(10)), (51, None), "what is there already is not there twice");
        closed.cursor = Cursor { at: 40, offset: 35 };
        assert_eq!(closed.wants(10), Some(Query::Ended { from: Some(mark(100)), most: PAGE }));
        closed.read(Ok((page(1..=99), None)));
        assert_eq!((closed.len(), closed.has_more()), (150, false));
        assert_eq!(closed.selected().unwrap().id, ClaimId(110), "the cursor stays on its task");
    }

    #[test]
    fn what_cannot_be_read_is_said_and_tried_again_when_it_is_opened_again() {
        let mut closed = Closed::default();
        closed.wants(10);
        closed.read(Err("the disk is gone".into()));
        assert_eq!(closed.wants(10), None);
        assert_eq!(closed.problem(), Some("the disk is gone"));
        closed.open();
        assert!(closed.wants(10).is_some());
    }

    #[test]
    fn no_more_than_so_many_are_kept() {
        let mut closed = Closed::default();
        for id in 0..10_100 {
            closed.update(&ended(id, id.try_into().unwrap()));
        }
        assert_eq!((closed.len(), ids(&closed)[0]), (MOST, 10_099));
    }
}
