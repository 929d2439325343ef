//! The one queue of deadlines: every timeout, timer and held poll of the service, in the order of their instants.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::execution::Run;
use super::service::RequestId;
use super::state::pairs;

/// What happens when its time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deadline {
    /// The next timeout of an open activity task.
    Activity { run: Run, scheduled: i64 },
    /// The open decision task's timeout.
    Decision(Run),
    /// A timer, known by its TimerStarted event.
    Timer { run: Run, started: i64 },
    /// The execution's own start-to-close timeout.
    Execution(Run),
    /// A closed execution is forgotten.
    Retention(Run),
    /// A held poll goes back empty.
    Poll(RequestId),
}

/// A place in the queue: the instant, and the order of arming among equal instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key(i64, u64);

/// The queue.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Deadlines {
    #[serde(serialize_with = "without_polls", deserialize_with = "pairs::deserialize")]
    queue: BTreeMap<Key, Deadline>,
    armed: u64,
}

/// Held polls are not kept, and neither are their ends.
fn without_polls<S: Serializer>(queue: &BTreeMap<Key, Deadline>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(queue.iter().filter(|(_, deadline)| !matches!(deadline, Deadline::Poll(_))))
}

impl Deadlines {
    /// Puts a deadline in; the key takes it out again.
    pub fn arm(&mut self, at: i64, deadline: Deadline) -> Key {
        self.armed += 1;
        let key = Key(at, self.armed);
        self.queue.insert(key, deadline);
        key
    }

    /// Takes a deadline out, if it is still in.
    pub fn disarm(&mut self, key: Option<Key>) {
        if let Some(key) = key {
            self.queue.remove(&key);
        }
    }

    /// Takes out the earliest deadline that is not after `now`.
    pub fn pop_due(&mut self, now: i64) -> Option<(i64, Deadline)> {
        let entry = self.queue.first_entry().filter(|entry| entry.key().0 <= now)?;
        let (key, deadline) = entry.remove_entry();
        Some((key.0, deadline))
    }

    /// The earliest instant.
    pub fn next(&self) -> Option<i64> {
        self.queue.first_key_value().map(|(key, _)| key.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_order_of_instants_then_of_arming() {
        let mut deadlines = Deadlines::default();
        let poll = |n| Deadline::Poll(RequestId(n));
        deadlines.arm(20, poll(1));
        deadlines.arm(10, poll(2));
        let gone = deadlines.arm(5, poll(3));
        deadlines.arm(10, poll(4));
        deadlines.disarm(Some(gone));
        assert_eq!(deadlines.next(), Some(10));
        assert_eq!(deadlines.pop_due(9), None);
        assert_eq!(deadlines.pop_due(15), Some((10, poll(2))));
        assert_eq!(deadlines.pop_due(15), Some((10, poll(4))));
        assert_eq!(deadlines.pop_due(15), None);
        assert_eq!(deadlines.pop_due(20), Some((20, poll(1))));
        assert_eq!(deadlines.next(), None);
    }
}
