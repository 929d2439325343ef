//! Promise keep-alive: a task under keep-alive dies of its heartbeat only if something kept the heartbeats away for long.

use std::collections::{BTreeMap, BTreeSet};

use swfbeat::clock;

use crate::notes::{Noted, Notes};
use crate::service::{End, How, Told};

/// A span of time, milliseconds of the wall clock, which is also the service's.
pub type Span = (i64, i64);

/// What a disturbance may cost beyond its length: an attempt that was under way, and noticing that it is over.
const EACH_MS: i64 = 3_500;
/// The longest interval of a heartbeat in a fifth of the timeout, or this while the timeout is not known yet.
const INTERVAL_MS: i64 = 10_000;

/// Tasks under keep-alive, and when no console ran for them.
#[derive(Debug)]
pub struct Keeping {
    down: Vec<Span>,
    down_since: Option<i64>,
    died: BTreeMap<String, Died>,
    kept: BTreeSet<String>,
}

#[derive(Debug)]
struct Died {
    at: i64,
    timeout_ms: i64,
}

impl Keeping {
    pub fn new() -> Self {
        Self { down: Vec::new(), down_since: Some(0), died: BTreeMap::new(), kept: BTreeSet::new() }
    }

    /// A console has taken up its tasks.
    pub fn runs(&mut self) {
        let now = clock::now().wall.0;
        self.down.extend(self.down_since.take().map(|since| (since, now)));
    }

    /// It has been killed.
    pub fn runs_no_more(&mut self) {
        let now = clock::now().wall.0;
        self.down_since.get_or_insert(now);
    }

    /// How many tasks were under keep-alive at any time.
    pub fn kept(&self) -> usize {
        self.kept.len()
    }

    /// How many of them died of their heartbeat.
    pub fn died(&self) -> usize {
        self.died.len()
    }

    /// Notes which of the tasks in the journal died of their heartbeat although they were kept.
    pub fn look(&mut self, notes: &Notes, told: &BTreeMap<String, Told>) {
        for (id, noted) in &notes.claims {
            if noted.leases.iter().any(|(_, length)| length.is_some()) {
                self.kept.insert(id.clone());
            }
            let Some(End { at, how: How::TimedOut(kind) }) = told.get(id).and_then(|task| task.end.as_ref()) else {
                continue;
            };
            // A close in flight has the only call that a token may have.
            if let Some(timeout_ms) = noted.heartbeat_ms
                && kind == "HEARTBEAT"
                && noted.intent.is_none()
                && was_kept(noted, (at - timeout_ms, *at))
            {
                self.died.insert(id.clone(), Died { at: *at, timeout_ms });
            }
        }
    }

    /// Whether every death is explained by silence in the time between the last heartbeat and the timeout: by what was done
    /// to the network and the service, and by the consoles that did not run.
    ///
    /// # Errors
    /// One that is not.
    pub fn explained(&self, disturbances: &[Span]) -> Result<(), String> {
        for (id, Died { at, timeout_ms }) in &self.died {
            let overlap = |&(from, to): &Span| (to.min(*at) - from.max(at - timeout_ms)).max(0);
            let silences = disturbances.iter().chain(&self.down).map(overlap).filter(|&ms| ms > 0);
            let (count, sum) = silences.fold((0, 0), |(count, sum), ms| (count + 1, sum + ms));
            let interval = (timeout_ms / 5).max(INTERVAL_MS);
            if sum + count * EACH_MS + interval + 1_000 <= *timeout_ms {
                return Err(format!(
                    "keep-alive: {id} was kept and died at {at} of its heartbeat ({timeout_ms} ms), in which there were only \
                     {count} disturbances of {sum} ms together"
                ));
            }
        }
        Ok(())
    }
}

/// Whether keep-alive was in force all the time.
fn was_kept(noted: &Noted, (from, to): Span) -> bool {
    let before = noted.leases.iter().rev().find(|(at, _)| *at <= from);
    let in_force = before.is_some_and(|(at, length)| length.is_some_and(|length| at + length >= to));
    in_force && !noted.leases.iter().any(|(at, length)| *at > from && *at < to && length.is_none())
}
