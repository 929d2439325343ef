//! By what the tasks are sorted. Cancel requests and tasks that are not saved are on top whatever it is. Pure.

use std::cmp::Ordering;
use std::iter;

use super::names::Names;
use super::rows::Rows;
use crate::console::{Deadline, TaskFacts, TaskState, Urgency};
use crate::task::{ClaimId, TimeoutKind};

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
    pub(super) const ALL: [Self; 7] =
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

/// Where a task stands in the list: before which others, [`order`] knows.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// What nearly always decides, see [`head`].
    pub head: u128,
    /// Whose it is.
    pub id: ClaimId,
    /// The number of its row.
    pub slot: u32,
}

/// The bits of a head that are about the key.
const KEY_BITS: u32 = 120;
/// Letters of a text in a key; its last byte says how many there are from there on, or that there are more.
const LETTERS: usize = KEY_BITS as usize / 8 - 1;

/// By what a task is sorted where that is a time, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// Among those as urgent.
    first: i64,
    heartbeat: i64,
    ends_by: i64,
    kept: i64,
    claimed: i64,
}

impl Keys {
    /// Of a task.
    pub fn of(facts: &TaskFacts) -> Self {
        let at = |deadline: Option<&Deadline>| deadline.and_then(|deadline| deadline.at).map_or(i64::MAX, |at| at.0);
        let open_at = |at: i64| if facts.has_ended() { i64::MAX } else { at };
        let first = match &facts.state {
            // The latest end first.
            TaskState::Ended { at, .. } => -at.0,
            // Each of its heartbeats would move a kept task; what it waits for is its end.
            _ if facts.lease.is_some() && facts.trouble.is_none() => at(facts.ends_by()),
            _ => at(facts.first_deadline()),
        };
        Self {
            first,
            heartbeat: open_at(at(facts.deadline(TimeoutKind::Heartbeat))),
            ends_by: open_at(at(facts.ends_by())),
            kept: facts.lease.map_or(i64::MAX, |lease| lease.until.0),
            claimed: facts.claimed_at.0,
        }
    }
}

/// By what a task is sorted, as one number: of two texts that begin alike, the same. A hundred thousand of them are sorted
/// while somebody waits.
pub fn head(names: Names<'_>, keys: &Keys, urgency: Urgency, sort: Sort) -> u128 {
    let key = match sort.by {
        // Then by what ends first, then by age.
        SortBy::Urgency => (urgency as u128) << (KEY_BITS - 8) | ordered(keys.first),
        SortBy::Activity => letters_from(names.activity_type.0, 0),
        SortBy::Id => letters_from(names.id, 0),
        SortBy::Heartbeat => ordered(keys.heartbeat),
        SortBy::EndsBy => ordered(keys.ends_by),
        SortBy::Kept => ordered(keys.kept),
        SortBy::Age => ordered(keys.claimed),
    };
    // Nothing may push those down.
    let on_top = urgency <= Urgency::Cancel;
    u128::from(!on_top) << KEY_BITS | sort.turned(key)
}

impl Sort {
    fn turned(self, key: u128) -> u128 {
        if self.reversed { !key & ((1 << KEY_BITS) - 1) } else { key }
    }
}

/// A number without a sign in the order of those with one.
fn ordered(number: i64) -> u128 {
    u128::from(number.cast_unsigned() ^ 1 << 63)
}

/// Some letters of a text as a number in their order; the same only if what is before and in it is the same.
fn letters_from(text: &str, from: usize) -> u128 {
    let text = text.as_bytes().get(from..).unwrap_or_default();
    let mut letters = [0; 16];
    let length = text.len().min(LETTERS);
    letters[1..=length].copy_from_slice(&text[..length]);
    letters[15] = text.len().min(LETTERS + 1) as u8;
    u128::from_be_bytes(letters)
}

type Text = for<'a> fn(Names<'a>) -> &'a str;

/// The texts that decide, one after the other.
fn texts(by: SortBy) -> &'static [Text] {
    match by {
        SortBy::Activity => &[|names| names.activity_type.0, |names| names.activity_type.1],
        SortBy::Id => &[|names| names.id],
        _ => &[],
    }
}

fn of<'a>(rows: &'a Rows, text: Text, place: &Place) -> &'a str {
    text(rows.names(place.slot))
}

/// Which of two places is first.
pub fn order(rows: &Rows, sort: Sort) -> impl Fn(&Place, &Place) -> Ordering {
    let texts = texts(sort.by);
    move |one, other| {
        let by_text = || {
            let orders = texts.iter().map(|&text| of(rows, text, one).cmp(of(rows, text, other)));
            let order = orders.fold(Ordering::Equal, Ordering::then);
            if sort.reversed { order.reverse() } else { order }
        };
        one.head.cmp(&other.head).then_with(by_text).then_with(|| one.id.cmp(&other.id))
    }
}

/// Puts places in their [`order`].
pub fn put_in_order(places: &mut [Place], rows: &Rows, sort: Sort) {
    places.sort_unstable_by_key(|place| (place.head, place.id));
    let texts = texts(sort.by);
    if texts.is_empty() {
        return;
    }
    for alike in places.chunk_by_mut(|one, other| one.head == other.head) {
        // Mostly there is one, or many of one type.
        let names = |place: &Place| rows.names(place.slot);
        if let [first, others @ ..] = &*alike
            && let first = names(first)
            && others.iter().map(names).any(|other| texts.iter().any(|text| text(first) != text(other)))
        {
            put_alike_in_order(alike, texts, rows, sort);
        }
    }
}

/// So few are compared with each other.
const FEW: usize = 16;

/// Those whose texts begin alike: texts are far apart in memory, so that each is looked at twice and not as often as it is
/// compared.
fn put_alike_in_order(places: &mut [Place], texts: &[Text], rows: &Rows, sort: Sort) {
    let Some((&text, later)) = texts.split_first() else { return };
    if places.len() <= FEW {
        places.sort_unstable_by(order(rows, sort));
        return;
    }
    let first = places.first().map(|place| of(rows, text, place)).unwrap_or_default().as_bytes();
    let alike = places.iter().fold(first.len(), |alike, place| {
        let same = iter::zip(&first[..alike], of(rows, text, place).bytes()).take_while(|(one, other)| *one == other);
        same.count()
    });
    let key = |place: &Place| sort.turned(letters_from(of(rows, text, place), alike));
    let mut keyed: Vec<(u128, Place)> = places.iter().map(|place| (key(place), *place)).collect();
    keyed.sort_unstable_by_key(|(key, place)| (*key, place.id));
    for (place, (_, sorted)) in iter::zip(&mut *places, &keyed) {
        *place = *sorted;
    }
    let mut rest = places;
    for same in keyed.chunk_by(|(one, _), (other, _)| one == other) {
        let (these, others) = rest.split_at_mut(same.len());
        let ends = same.first().is_none_or(|(_, place)| of(rows, text, place).len() <= alike + LETTERS);
        put_alike_in_order(these, if ends { later } else { texts }, rows, sort);
        rest = others;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::tui::fixtures::{T0, task};

    /// The order they are put in.
    fn in_order(tasks: &[Arc<TaskFacts>], sort: Sort) -> Vec<u64> {
        let mut rows = Rows::default();
        for facts in tasks {
            rows.insert(Arc::clone(facts), facts.urgency(T0.boot), None);
        }
        for (_, names, row) in rows.iter_mut() {
            row.head = Some(head(names, &row.keys, row.urgency, sort));
        }
        let mut places: Vec<Place> = rows.iter_mut().filter_map(|(slot, _, row)| row.place(slot)).collect();
        put_in_order(&mut places, &rows, sort);
        assert!(places.is_sorted_by(|one, other| order(&rows, sort)(one, other).is_lt()), "one after the other");
        places.iter().map(|place| place.id.0).collect()
    }

    /// As the words say it, one comparison after the other.
    fn naive(tasks: &[Arc<TaskFacts>], sort: Sort) -> Vec<u64> {
        let at = |deadline: Option<&Deadline>| deadline.and_then(|deadline| deadline.at).map_or(i64::MAX, |at| at.0);
        let key = |facts: &TaskFacts| match sort.by {
            SortBy::Urgency => (
                facts.urgency(T0.boot) as i64,
                at(if facts.lease.is_some() { facts.ends_by() } else { facts.first_deadline() }),
            ),
            SortBy::Heartbeat => (0, at(facts.deadline(TimeoutKind::Heartbeat))),
            SortBy::EndsBy => (0, at(facts.ends_by())),
            SortBy::Kept => (0, facts.lease.map_or(i64::MAX, |lease| lease.until.0)),
            SortBy::Age => (0, facts.claimed_at.0),
            SortBy::Activity | SortBy::Id => (0, 0),
        };
        let names = |facts: &TaskFacts| match sort.by {
            SortBy::Activity => vec![facts.activity_type.name.clone(), facts.activity_type.version.clone()],
            SortBy::Id => vec![facts.activity_id.clone()],
            _ => Vec::new(),
        };
        let mut sorted: Vec<&TaskFacts> = tasks.iter().map(|facts| &**facts).collect();
        sorted.sort_by_key(|facts| facts.id);
        sorted.sort_by(|one, other| {
            let order = key(one).cmp(&key(other)).then_with(|| names(one).cmp(&names(other)));
            if sort.reversed { order.reverse() } else { order }
        });
        sorted.sort_by_key(|facts| facts.urgency(T0.boot) > Urgency::Cancel);
        sorted.iter().map(|facts| facts.id.0).collect()
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_the_keys_and_then_of_the_ids(
            kinds in prop::collection::vec(
                ("(many-alike-){0,2}[ab\0é]{0,18}", "[ab\0é]{0,16}", 0i64..4, any::<(bool, bool)>()),
                0..90,
            ),
            by in prop::sample::select(SortBy::ALL.to_vec()),
            reversed in any::<bool>(),
        ) {
            let tasks: Vec<Arc<TaskFacts>> = (0..)
                .zip(&kinds)
                .map(|(id, (name, version, at, (cancel, kept)))| {
                    // In no order of their numbers.
                    let built = task(id * 37 % 101, name).of_type(version, name).heartbeat(3_600, at * 1_000 + 200);
                    let built = if *kept { built.kept() } else { built };
                    if *cancel && *kept { built.cancel().arc() } else { built.arc() }
                })
                .collect();
            let sort = Sort { by, reversed };
            prop_assert_eq!(in_order(&tasks, sort), naive(&tasks, sort));
        }
    }
}
