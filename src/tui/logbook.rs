//! What was said and every call, newest first; everything or what concerns one task.

use std::collections::VecDeque;
use std::iter::Peekable;

use crate::clock::Wall;
use crate::console::{CallLine, LogLine};
use crate::task::ClaimId;

/// Lines kept; older ones are in the journal.
const MOST_LINES: usize = 1_000;
/// Calls kept: an hour and more of fifty tasks, seconds of ten thousand.
const MOST_CALLS: usize = 20_000;

/// Which entries are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Show {
    /// All of them.
    #[default]
    All,
    /// What was said.
    Said,
    /// The calls.
    Calls,
}

impl Show {
    /// The next one in turn.
    pub fn next(self) -> Self {
        match self {
            Self::All => Self::Said,
            Self::Said => Self::Calls,
            Self::Calls => Self::All,
        }
    }
}

/// One entry.
#[derive(Debug, Clone, Copy)]
pub enum Entry<'a> {
    /// Something that was said.
    Said(&'a LogLine),
    /// A call that came to its end.
    Call(&'a CallLine),
}

impl Entry<'_> {
    fn at(&self) -> Wall {
        match self {
            Self::Said(line) => line.at,
            Self::Call(call) => call.at,
        }
    }

    fn claim(&self) -> Option<ClaimId> {
        match self {
            Self::Said(line) => line.claim,
            Self::Call(call) => call.claim,
        }
    }
}

/// All of it.
#[derive(Debug, Default)]
pub struct Logbook {
    lines: VecDeque<LogLine>,
    calls: VecDeque<CallLine>,
    /// The task the view is about; `None` for everything.
    pub about: Option<ClaimId>,
    /// Which entries the view shows.
    pub show: Show,
    /// Newer lines above the first one in the pane's view: 0 follows the newest.
    pub pane_scroll: usize,
    /// Newer entries above the first one in the view of its own.
    pub scroll: usize,
}

impl Logbook {
    /// Takes something that was said.
    pub fn say(&mut self, line: LogLine) {
        // Whoever reads older lines is not moved.
        if self.pane_scroll > 0 {
            self.pane_scroll += 1;
        }
        self.scroll += usize::from(self.scroll > 0 && self.shows(Entry::Said(&line)));
        push(&mut self.lines, line, MOST_LINES);
    }

    /// Takes a call that came to its end.
    pub fn call(&mut self, call: CallLine) {
        self.scroll += usize::from(self.scroll > 0 && self.shows(Entry::Call(&call)));
        push(&mut self.calls, call, MOST_CALLS);
    }

    /// What was said, newest first.
    pub fn said(&self) -> impl ExactSizeIterator<Item = &LogLine> {
        self.lines.iter().rev()
    }

    /// The heartbeats of a task, newest first.
    pub fn beats(&self, claim: ClaimId) -> impl Iterator<Item = &CallLine> {
        self.calls.iter().rev().filter(move |call| call.claim == Some(claim) && call.is_beat())
    }

    /// What the view of its own shows, newest first.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let lines = self.lines.iter().rev().map(Entry::Said as fn(_) -> _).peekable();
        let calls = self.calls.iter().rev().map(Entry::Call as fn(_) -> _).peekable();
        Newest { lines, calls }.filter(|entry| self.shows(*entry))
    }

    fn shows(&self, entry: Entry<'_>) -> bool {
        let kind = match (self.show, entry) {
            (Show::All, _) | (Show::Said, Entry::Said(_)) | (Show::Calls, Entry::Call(_)) => true,
            (Show::Said | Show::Calls, _) => false,
        };
        kind && (self.about.is_none() || entry.claim() == self.about)
    }
}

fn push<T>(ring: &mut VecDeque<T>, item: T, most: usize) {
    if ring.len() == most {
        ring.pop_front();
    }
    ring.push_back(item);
}

/// Two lists, each newest first, as one.
struct Newest<'a, L: Iterator<Item = Entry<'a>>, C: Iterator<Item = Entry<'a>>> {
    lines: Peekable<L>,
    calls: Peekable<C>,
}

impl<'a, L: Iterator<Item = Entry<'a>>, C: Iterator<Item = Entry<'a>>> Iterator for Newest<'a, L, C> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let line = self.lines.peek().map(Entry::at);
        // What is said about a call is said after it.
        if line.is_some() && line >= self.calls.peek().map(Entry::at) { self.lines.next() } else { self.calls.next() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Level;
    use crate::tui::fixtures::{call, log_line};

    fn line(at: i64, claim: u64) -> LogLine {
        LogLine { at: Wall(at), claim: Some(ClaimId(claim)), ..log_line(Level::Info, "beat", "a", "ok") }
    }

    fn shown(book: &Logbook) -> Vec<(char, i64)> {
        let short = |entry: Entry<'_>| (if matches!(entry, Entry::Said(_)) { 's' } else { 'c' }, entry.at().0);
        book.entries().map(short).collect()
    }

    #[test]
    fn said_and_called_are_one_list_by_time() {
        let mut book = Logbook::default();
        for at in [1, 3, 5] {
            book.say(line(at, 1));
        }
        for at in [2, 3, 6] {
            book.call(CallLine { at: Wall(at), ..call(2, 8) });
        }
        assert_eq!(shown(&book), [('c', 6), ('s', 5), ('s', 3), ('c', 3), ('c', 2), ('s', 1)]);
        book.about = Some(ClaimId(2));
        assert_eq!(shown(&book), [('c', 6), ('c', 3), ('c', 2)]);
        book.show = Show::Said;
        assert_eq!(shown(&book), []);
        assert_eq!((book.beats(ClaimId(2)).count(), book.beats(ClaimId(1)).count()), (3, 0));
    }

    #[test]
    fn whoever_reads_older_entries_is_not_moved_by_what_is_shown_nor_by_what_is_not() {
        let mut book = Logbook { about: Some(ClaimId(1)), scroll: 2, ..Logbook::default() };
        book.say(line(1, 2));
        assert_eq!(book.scroll, 2);
        book.say(line(2, 1));
        book.call(call(1, 8));
        assert_eq!(book.scroll, 4);
    }
}
