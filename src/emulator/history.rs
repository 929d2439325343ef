//! An execution's history: events numbered from 1 without gaps, written once as JSON and never touched again.

use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::answer::Stamp;
use super::events::Event;
use super::state::{self, Name};

/// The events as they go over the wire.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct History {
    events: Vec<Box<RawValue>>,
    /// When each was written; never falls.
    instants: Vec<i64>,
    #[serde(deserialize_with = "state::name")]
    last_type: Name,
}

impl History {
    /// Writes the next event and gives its id.
    #[expect(clippy::expect_used, reason = "events have text keys and plain values; writing to memory does not fail")]
    pub fn append<E: Event>(&mut self, at: i64, attributes: &E) -> i64 {
        let id = self.len() + 1;
        self.events.push(to_raw_value(&Numbered { id, at, attributes }).expect("events serialise"));
        self.instants.push(at);
        self.last_type = E::TYPE;
        id
    }

    /// How many events there are, which is also the id of the last one.
    pub fn len(&self) -> i64 {
        self.events.len() as i64
    }

    /// How many of the events were written at `at` or before.
    pub fn len_at(&self, at: i64) -> i64 {
        self.instants.partition_point(|written| *written <= at) as i64
    }

    /// When this event was written.
    pub fn written_at(&self, id: i64) -> i64 {
        let index = usize::try_from(id - 1).ok();
        index.and_then(|index| self.instants.get(index)).copied().unwrap_or(i64::MAX)
    }

    /// The type of the last event.
    pub fn last_type(&self) -> &'static str {
        self.last_type
    }

    /// At most `size` events from `first` up to `last` (ids), and the id the next page starts with.
    pub fn page(&self, first: i64, last: i64, size: usize) -> (Vec<&RawValue>, Option<i64>) {
        let ids = first..=last.min(self.len());
        let next = first + size as i64;
        (self.events(ids.clone().take(size)), ids.contains(&next).then_some(next))
    }

    /// The same in falling order, from `first` down to `last`.
    pub fn page_back(&self, first: i64, last: i64, size: usize) -> (Vec<&RawValue>, Option<i64>) {
        let ids = last..=first.min(self.len());
        let next = ids.end() - size as i64;
        (self.events(ids.clone().rev().take(size)), ids.contains(&next).then_some(next))
    }

    fn events(&self, ids: impl Iterator<Item = i64>) -> Vec<&RawValue> {
        ids.filter_map(|id| self.events.get(usize::try_from(id - 1).ok()?)).map(AsRef::as_ref).collect()
    }
}

struct Numbered<'a, E> {
    id: i64,
    at: i64,
    attributes: &'a E,
}

impl<E: Event> Serialize for Numbered<'_, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("eventTimestamp", &Stamp(self.at))?;
        map.serialize_entry("eventType", E::TYPE)?;
        map.serialize_entry("eventId", &self.id)?;
        map.serialize_entry(&member(E::TYPE), self.attributes)?;
        map.end()
    }
}

/// `activityTaskStartedEventAttributes` of `ActivityTaskStarted`.
fn member(event_type: &str) -> String {
    let mut member = format!("{event_type}EventAttributes");
    if let Some(first) = member.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    member
}

#[cfg(test)]
mod tests {
    use super::super::events::{ActivityTaskStarted, TimerFired};
    use super::*;

    fn history(events: i64) -> History {
        let mut history = History::default();
        for n in 1..=events {
            history.append(n * 1_000, &TimerFired { timer_id: "t", started_event_id: n });
        }
        history
    }

    fn ids(page: &(Vec<&RawValue>, Option<i64>)) -> Vec<i64> {
        let id =
            |event: &&RawValue| serde_json::from_str::<serde_json::Value>(event.get()).unwrap()["eventId"].as_i64();
        page.0.iter().map(|event| id(event).unwrap()).collect()
    }

    #[test]
    fn an_event_on_the_wire() {
        let mut history = History::default();
        history.append(1_326_671_603_102, &ActivityTaskStarted { scheduled_event_id: 5, identity: None });
        assert_eq!(
            history.page(1, i64::MAX, 1).0[0].get(),
            "{\"eventTimestamp\":1326671603.102,\"eventType\":\"ActivityTaskStarted\",\"eventId\":1,\
             \"activityTaskStartedEventAttributes\":{\"scheduledEventId\":5}}"
        );
    }

    #[test]
    fn pages_forward_and_back_meet_every_event_once() {
        let history = history(5);
        let page = history.page(1, i64::MAX, 2);
        assert_eq!((ids(&page), page.1), (vec![1, 2], Some(3)));
        let page = history.page(5, i64::MAX, 2);
        assert_eq!((ids(&page), page.1), (vec![5], None));
        let page = history.page(4, i64::MAX, 2);
        assert_eq!((ids(&page), page.1), (vec![4, 5], None), "an exactly full last page has no next");
        let page = history.page_back(i64::MAX, 1, 3);
        assert_eq!((ids(&page), page.1), (vec![5, 4, 3], Some(2)));
        let page = history.page_back(2, 1, 3);
        assert_eq!((ids(&page), page.1), (vec![2, 1], None));
        let page = history.page(2, 4, 100);
        assert_eq!((ids(&page), page.1), (vec![2, 3, 4], None));
    }

    #[test]
    fn looks_back_in_time() {
        let history = history(3);
        assert_eq!([999, 1_000, 2_999, 3_000, i64::MAX].map(|at| history.len_at(at)), [0, 1, 2, 3, 3]);
    }
}
