//! By what the tasks are sorted. Cancel requests and tasks that are not saved are on top whatever it is. Pure.

use std::cmp::Reverse;

use crate::clock::Boot;
use crate::console::{Deadline, TaskFacts, TaskState, Urgency};
use crate::task::{ClaimId, TimeoutKind};
use crate::text::Foreign;

/// A column to sort by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortBy {
    /// What wants a person first.
    #[default]
    Urgency,
    /// The activity type.
    Activity,
    /// The activity id.
    Id,
    /// What is left of the heartbeat timeout.
    Heartbeat,
    /// The first deadline that no heartbeat moves.
    EndsBy,
    /// The end of keep-alive; those kept by hand last.
    Kept,
    /// When it was claimed.
    Age,
}

impl SortBy {
    const ALL: [Self; 7] =
        [Self::Urgency, Self::Activity, Self::Id, Self::Heartbeat, Self::EndsBy, Self::Kept, Self::Age];

    /// The next one in turn.
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|by| *by == self).unwrap_or_default();
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// For the title.
    pub fn word(self) -> &'static str {
        match self {
            Self::Urgency => "urgency",
            Self::Activity => "activity",
            Self::Id => "id",
            Self::Heartbeat => "heartbeat",
            Self::EndsBy => "end",
            Self::Kept => "keep-alive",
            Self::Age => "age",
        }
    }
}

/// Column and direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub by: SortBy,
    /// The other way round.
    pub reversed: bool,
}

impl Sort {
    /// For the title: `urgency ▾`.
    pub fn title(self) -> String {
        format!("{} {}", self.by.word(), self.arrow())
    }

    /// Which way: `▾`, or `▴` for the other way round.
    pub fn arrow(self) -> char {
        if self.reversed { '▴' } else { '▾' }
    }
}

/// Where a task stands in the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Nothing may push it down.
    not_on_top: bool,
    key: Direction,
    id: ClaimId,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Direction {
    Down(Key),
    Up(Reverse<Key>),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// By urgency, then by what ends first, then by age.
    Urgency(Urgency, Boot),
    Text(Foreign, Foreign),
    At(i64),
}

impl Place {
    /// Of a task of this urgency.
    pub fn of(facts: &TaskFacts, urgency: Urgency, sort: Sort) -> Self {
        let at = |deadline: Option<&Deadline>| deadline.and_then(|deadline| deadline.at).unwrap_or(Boot(i64::MAX));
        let open_at = |at: Boot| if facts.has_ended() { i64::MAX } else { at.0 };
        let activity_type = &facts.activity_type;
        let key = match sort.by {
            SortBy::Urgency => Key::Urgency(urgency, first(facts, at)),
            SortBy::Activity => Key::Text(activity_type.name.clone(), activity_type.version.clone()),
            SortBy::Id => Key::Text(facts.activity_id.clone(), "".into()),
            SortBy::Heartbeat => Key::At(open_at(at(facts.deadline(TimeoutKind::Heartbeat)))),
            SortBy::EndsBy => Key::At(open_at(at(facts.ends_by()))),
            SortBy::Kept => Key::At(facts.lease.map_or(i64::MAX, |lease| lease.until.0)),
            SortBy::Age => Key::At(facts.claimed_at.0),
        };
        let key = if sort.reversed { Direction::Up(Reverse(key)) } else { Direction::Down(key) };
        Self { not_on_top: urgency > Urgency::Cancel, key, id: facts.id }
    }

    /// Whose it is.
    pub fn id(&self) -> ClaimId {
        self.id
    }
}

fn first(facts: &TaskFacts, at: impl Fn(Option<&Deadline>) -> Boot) -> Boot {
    match &facts.state {
        // The latest end first.
        TaskState::Ended { at, .. } => Boot(-at.0),
        // Each of its heartbeats would move a kept task; what it waits for is its end.
        _ if facts.lease.is_some() && facts.trouble.is_none() => at(facts.ends_by()),
        _ => at(facts.first_deadline()),
    }
}
