//! By what the tasks are sorted. Cancel requests and tasks that are not saved are on top whatever it is. Pure.

use std::cmp::Ordering;
use std::iter;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What nearly always decides, as one number: a hundred thousand places are sorted while somebody waits.
    head: u128,
    /// What decides between texts that begin alike.
    text: Option<(Foreign, Option<Foreign>)>,
    reversed: bool,
    id: ClaimId,
}

impl Ord for Place {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if self.head != other.head {
            return self.head.cmp(&other.head);
        }
        let by_text = self.text.cmp(&other.text);
        let by_text = if self.reversed { by_text.reverse() } else { by_text };
        by_text.then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for Place {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Debug, Clone)]
enum Key {
    /// By urgency, then by what ends first, then by age.
    Urgency(Urgency, Boot),
    Text(Foreign, Option<Foreign>),
    At(i64),
}

/// The bits of a head that are about the key.
const KEY_BITS: u32 = 120;

impl Key {
    /// Numbers in the order of the keys: of two texts that begin alike, the same.
    fn head(&self) -> u128 {
        match self {
            Self::Urgency(urgency, at) => (*urgency as u128) << (KEY_BITS - 8) | ordered(at.0),
            Self::At(at) => ordered(*at),
            Self::Text(text, _) => {
                let letters = text.raw().bytes().chain(iter::repeat(0)).take(KEY_BITS as usize / 8);
                letters.fold(0, |head, letter| head << 8 | u128::from(letter))
            }
        }
    }
}

/// A number without a sign in the order of those with one.
fn ordered(number: i64) -> u128 {
    u128::from(number.cast_unsigned() ^ 1 << 63)
}

impl Place {
    /// Of a task of this urgency.
    pub fn of(facts: &TaskFacts, urgency: Urgency, sort: Sort) -> Self {
        let at = |deadline: Option<&Deadline>| deadline.and_then(|deadline| deadline.at).unwrap_or(Boot(i64::MAX));
        let open_at = |at: Boot| if facts.has_ended() { i64::MAX } else { at.0 };
        let activity_type = &facts.activity_type;
        let key = match sort.by {
            SortBy::Urgency => Key::Urgency(urgency, first(facts, at)),
            SortBy::Activity => Key::Text(activity_type.name.clone(), Some(activity_type.version.clone())),
            SortBy::Id => Key::Text(facts.activity_id.clone(), None),
            SortBy::Heartbeat => Key::At(open_at(at(facts.deadline(TimeoutKind::Heartbeat)))),
            SortBy::EndsBy => Key::At(open_at(at(facts.ends_by()))),
            SortBy::Kept => Key::At(facts.lease.map_or(i64::MAX, |lease| lease.until.0)),
            SortBy::Age => Key::At(facts.claimed_at.0),
        };
        // Nothing may push those down.
        let on_top = urgency <= Urgency::Cancel;
        Self::new(on_top, key, sort.reversed, facts.id)
    }

    fn new(on_top: bool, key: Key, reversed: bool, id: ClaimId) -> Self {
        let head = key.head();
        let head = if reversed { !head & ((1 << KEY_BITS) - 1) } else { head };
        let text = if let Key::Text(first, second) = key { Some((first, second)) } else { None };
        Self { head: u128::from(!on_top) << KEY_BITS | head, text, reversed, id }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_head_keeps_the_order_of_its_key(
            (one, other) in (any::<i64>(), any::<i64>()),
            (text, more) in ("[ab\0é]{0,18}", "[ab\0é]{0,18}"),
            (first, second) in ((any::<bool>(), 0u64..2), (any::<bool>(), 0u64..2)),
            reversed in any::<bool>(),
        ) {
            let places = |one: Key, other: Key| {
                let place = |(on_top, id), key| Place::new(on_top, key, reversed, ClaimId(id));
                place(first, one).cmp(&place(second, other))
            };
            let expected = |key: Ordering| {
                let key = if reversed { key.reverse() } else { key };
                second.0.cmp(&first.0).then(key).then(first.1.cmp(&second.1))
            };
            prop_assert_eq!(places(Key::At(one), Key::At(other)), expected(one.cmp(&other)));
            let urgent = places(Key::Urgency(Urgency::Due, Boot(one)), Key::Urgency(Urgency::Held, Boot(other)));
            prop_assert_eq!(urgent, expected(Ordering::Less));
            let as_urgent = places(Key::Urgency(Urgency::Due, Boot(one)), Key::Urgency(Urgency::Due, Boot(other)));
            prop_assert_eq!(as_urgent, expected(one.cmp(&other)));
            let named = |name: &str, version: &str| Key::Text(name.into(), Some(version.into()));
            prop_assert_eq!(places(named(&text, "1"), named(&more, "1")), expected(text.cmp(&more)));
            prop_assert_eq!(places(named(&text, &more), named(&text, &text)), expected(more.cmp(&text)));
        }
    }
}
