//! Which view fills the screen, which task it is about, and the way back.
//!
//! A view is named here; what it remembers is in a file of its own (`tasks`, `events`, `logbook`, `waiting`, `closed`),
//! how it looks in `view`, and what keys do in it in `action` and `update`.

use crate::task::ClaimId;

/// What fills the screen between header and message line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// The task table, with the selected task and the log below. Always at the bottom of the stack.
    Tasks,
    /// One task in full.
    Detail,
    /// The history of a task's workflow.
    Events,
    /// What was done, and every call.
    Log,
    /// Task lists, to claim from.
    Waiting,
    /// What has ended, and how.
    Closed,
    /// The demo's service: its own clocks and its history.
    Service,
}

/// Several of them.
pub type SomeViews = &'static [View];

/// Those in which an act on a task makes sense: they show one.
pub const OF_A_TASK: SomeViews = &[View::Tasks, View::Detail, View::Events, View::Closed];

/// A view and the task it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    view: View,
    claim: Option<ClaimId>,
}

/// The views that are open, one over the other. The task table is under all of them.
#[derive(Debug, Default)]
pub struct Views {
    over_tasks: Vec<Open>,
}

impl Views {
    /// The one on top.
    pub fn now(&self) -> View {
        self.over_tasks.last().map_or(View::Tasks, |open| open.view)
    }

    /// The task the one on top is about, if it is about a certain one.
    pub fn claim(&self) -> Option<ClaimId> {
        self.over_tasks.last()?.claim
    }

    /// Opens one on top; if it is open already, goes back to it.
    pub fn open(&mut self, view: View, claim: Option<ClaimId>) {
        let known = self.over_tasks.iter().position(|open| open.view == view);
        self.over_tasks.truncate(known.unwrap_or(self.over_tasks.len()));
        if view == View::Tasks {
            self.over_tasks.clear();
        } else {
            self.over_tasks.push(Open { view, claim });
        }
    }

    /// Back to the one below; `false` if that is where we are.
    pub fn back(&mut self) -> bool {
        self.over_tasks.pop().is_some()
    }
}

/// Where one is in a list of lines: the line with the cursor, and how many are above the first one in view.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The line with the cursor, from 0.
    pub at: usize,
    /// Lines above the first one in view.
    pub offset: usize,
}

impl Cursor {
    /// Moves by so many lines, as far as there are any.
    pub fn move_by(&mut self, lines: isize, len: usize) {
        self.at = self.at.saturating_add_signed(lines).min(len.saturating_sub(1));
    }

    /// A line came in before all others: whoever is not at the top stays on his line.
    pub fn pushed_down(&mut self, lines: usize) {
        if self.at > 0 {
            self.at += lines;
            self.offset += lines;
        }
    }

    /// Scrolls so that the cursor is among the `height` lines in view.
    pub fn settle(&mut self, height: usize, len: usize) {
        self.at = self.at.min(len.saturating_sub(1));
        let height = height.max(1);
        let last_page = len.saturating_sub(height);
        self.offset = self.offset.min(last_page).min(self.at).max((self.at + 1).saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_lie_over_each_other_and_the_tasks_are_under_all() {
        let mut views = Views::default();
        assert_eq!((views.now(), views.back()), (View::Tasks, false));
        views.open(View::Closed, None);
        views.open(View::Detail, Some(ClaimId(3)));
        views.open(View::Log, Some(ClaimId(3)));
        assert_eq!((views.now(), views.claim()), (View::Log, Some(ClaimId(3))));
        views.open(View::Detail, Some(ClaimId(4)));
        assert_eq!((views.now(), views.claim()), (View::Detail, Some(ClaimId(4))));
        assert!(views.back());
        assert_eq!(views.now(), View::Closed);
        views.open(View::Tasks, None);
        assert!(!views.back());
    }

    #[test]
    fn a_cursor_stays_in_view_and_on_its_line() {
        let mut cursor = Cursor::default();
        cursor.pushed_down(2);
        assert_eq!(cursor.at, 0, "at the top it follows the newest");
        cursor.move_by(7, 10);
        cursor.settle(4, 10);
        assert_eq!(cursor, Cursor { at: 7, offset: 4 });
        cursor.pushed_down(1);
        cursor.settle(4, 11);
        assert_eq!(cursor, Cursor { at: 8, offset: 5 });
        cursor.move_by(isize::MAX, 11);
        cursor.settle(4, 3);
        assert_eq!(cursor, Cursor { at: 2, offset: 0 });
        cursor.settle(0, 0);
        assert_eq!(cursor, Cursor { at: 0, offset: 0 });
    }
}
