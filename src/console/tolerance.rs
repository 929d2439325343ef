//! The longest outage that kept tasks survive, as it is shown (engine rules, "Heartbeats under a quota", 2): a guarantee,
//! so what is late already is taken off it.

use std::collections::BTreeMap;

use crate::clock::Now;
use crate::task::{ClaimId, Limit};

use super::live::Purpose;
use super::{Console, cadence};

/// It is looked at anew when tasks or rates change, and after so long, milliseconds.
const LOOK_MS: i64 = 5_000;
/// The same while heartbeats wait.
const LOOK_SOON_MS: i64 = 1_000;
/// So many that wait are too many to be looked at that often.
const MANY: usize = 1_000;
/// A heartbeat that was due so recently is not late, milliseconds.
const ON_TIME_MS: i64 = 1_000;

impl Console {
    /// Keeps what the header says of outages up to date.
    pub(super) fn look_at_tolerance(&mut self, now: Now) {
        let wait = if (1..MANY).contains(&self.ready.len()) { LOOK_SOON_MS } else { LOOK_MS };
        if !self.load.has_changed() && self.tolerated_at.is_some_and(|at| now.boot - at < wait) {
            return;
        }
        self.tolerated_at = Some(now.boot);
        let (attempt_ms, rtt_ms) = (cadence::BEAT_LIMIT_MS, self.reach.rtt_ms());
        let mut found = self.load.tolerances(attempt_ms, rtt_ms, now.boot);
        let late = self.lateness(now);
        for tolerance in &mut found {
            // What is late goes on being so until the next look.
            let late = late.get(&tolerance.timeout_s).map_or(0, |late| late + wait);
            tolerance.survives_ms = (tolerance.survives_ms - late).max(0);
        }
        found.sort_by_key(|tolerance| tolerance.survives_ms);
        self.recovers_ms = found.first().map(|least| self.load.recovery_ms(least.survives_ms, attempt_ms, rtt_ms));
        self.tolerances = found.into();
    }

    /// For how long periodic heartbeats have been due without success, the longest of each timeout, milliseconds.
    fn lateness(&self, now: Now) -> BTreeMap<u32, i64> {
        let waiting = self.ready.claims().filter_map(|id| Some((id, self.live.get(&id)?.due?)));
        let in_flight = self.calls.iter().filter_map(|(_, purpose)| match *purpose {
            Purpose::Beat { claim, due } => Some((claim, due)),
            _ => None,
        });
        let mut longest = BTreeMap::new();
        for (id, due) in waiting.chain(in_flight) {
            let late = now.boot - due;
            if let Some(timeout) = self.kept_timeout(id).filter(|_| late > ON_TIME_MS) {
                let longest = longest.entry(timeout).or_insert(late);
                *longest = late.max(*longest);
            }
        }
        longest
    }

    /// The heartbeat timeout of a task for which the load has room, seconds.
    pub(super) fn kept_timeout(&self, id: ClaimId) -> Option<u32> {
        match self.live.get(&id).filter(|live| !live.is_left_out())?.counted.limit? {
            Limit::Seconds(seconds) => Some(seconds),
            Limit::None => None,
        }
    }
}
