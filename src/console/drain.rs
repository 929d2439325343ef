//! How long the queue of heartbeats that fell due during an outage needs to drain, and so which outage whose tasks survive
//! (engine rules, "Heartbeats under a quota", 2). Pure; the intervals are `load`'s.

use super::quota::BURST;

/// Timeouts are looked at in at most so many groups.
const GROUPS: usize = 24;
/// Heartbeats in flight at once: what a queue drains by at the most, a round trip.
const AT_ONCE: f64 = 60.0;

/// What goes out a second at the very most, with round trips of `rtt_ms`.
pub(super) fn fastest(rtt_ms: i64) -> f64 {
    AT_ONCE * 1_000.0 / rtt_ms.max(1) as f64
}

/// Tasks that fall due after an outage, in groups of about the same spare time.
#[derive(Debug)]
pub(super) struct Drain {
    /// The least spare time in seconds, the number of tasks, the number of kinds.
    groups: Vec<(f64, f64, f64)>,
    /// What goes out at once, and a second after that.
    saved: f64,
    rate: f64,
    /// What goes out a second at the very most: all in flight, a round trip.
    fastest: f64,
}

impl Drain {
    /// `kinds`: spare seconds, timeout, number of tasks.
    pub(super) fn new(kinds: &[(f64, u32, u32)], rate: f64, cap: Option<f64>, rtt_ms: i64) -> Self {
        let mut kinds = kinds.to_vec();
        kinds.sort_by(|one, other| one.0.total_cmp(&other.0));
        let groups = kinds.chunks(kinds.len().div_ceil(GROUPS).max(1)).map(|group| {
            let count: u32 = group.iter().map(|kind| kind.2).sum();
            (group[0].0, f64::from(count), group.len() as f64)
        });
        // After refusals nothing is saved up that the service would honour.
        let saved = cap.map_or(f64::INFINITY, |cap| if rate < 0.97 * cap { 0.0 } else { cap * BURST });
        Self { groups: groups.collect(), saved, rate, fastest: fastest(rtt_ms) }
    }

    /// The longest outage, seconds, that the tasks with so much to spare survive.
    pub(super) fn outage(&self, spare: f64) -> f64 {
        let last = |&(from, count, kinds): &(f64, f64, f64)| from + (count / kinds - self.saved).max(0.0) / self.rate;
        let group = self.groups.iter().take_while(|group| group.0 <= spare).last();
        let end = group.map_or(spare, last).max(spare);
        let starts = self.groups.iter().map(|group| group.0);
        let moments = starts.chain(self.groups.iter().map(last)).chain([spare]);
        let tolerated = moments.filter(|at| (spare..=end).contains(at)).map(|at| at - self.seconds(at));
        tolerated.fold(f64::INFINITY, f64::min)
    }

    /// How long what falls due in the first `at` seconds needs.
    ///
    /// In no stretch of time more heartbeats can have been sent than burst and rate allow, so of no kind more can fall
    /// due in it.
    fn seconds(&self, at: f64) -> f64 {
        let most = |from: f64, kinds: f64| {
            if self.rate.is_finite() { kinds * (self.saved + self.rate * (at - from)) } else { f64::INFINITY }
        };
        let due = |&(from, count, kinds): &(f64, f64, f64)| if from > at { 0.0 } else { count.min(most(from, kinds)) };
        let due: f64 = self.groups.iter().map(due).sum();
        ((due - self.saved).max(0.0) / self.rate).max(due / self.fastest)
    }
}
