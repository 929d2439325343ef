//! Keep-alive leases (engine rules, "Keep-alive leases"): nothing is kept alive without a person having said until when.
//!
//! Acting on a task renews its lease, presence alone does not. Warnings come before the end.

use crate::clock::{Boot, Now};
use crate::span;
use crate::task::{ClaimId, Record};

use super::Console;
use super::agenda::Job;
use super::event::Level;
use super::ledger::Lease;
use super::notices::Occasion;
use super::rules::Rule;

/// For how long tasks may be kept alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTerms {
    /// What is agreed if nothing else is said, milliseconds.
    pub default_ms: i64,
    /// The longest that can be agreed at a time, milliseconds.
    pub longest_ms: i64,
}

impl Default for LeaseTerms {
    /// Half an hour, and 8 hours (engine rules, "Keep-alive leases").
    fn default() -> Self {
        Self { default_ms: 30 * 60_000, longest_ms: 8 * 3_600_000 }
    }
}

/// An act renews the lease at most this often: what comes faster is one act; milliseconds.
const RENEW_MS: i64 = 1_000;
/// The warning with which a colleague is called.
const CALLED: u8 = 3;
/// Between two tries to write down that a lease has ended, milliseconds.
const END_AGAIN_MS: i64 = 60_000;

/// How long before the end each warning is due, milliseconds: 20 % of the lease (at least 2 min), 10 % (1 min) and 5 %
/// (30 s). A short lease is halved for the first, and the rest halved again for each of the others, so that they stay
/// apart.
pub(super) fn warnings(length_ms: i64) -> [i64; 3] {
    [(5, 120_000, 2), (10, 60_000, 4), (20, 30_000, 8)]
        .map(|(part, least, most)| (length_ms / part).max(least).min(length_ms / most))
}

/// How many of the warnings are due when so much is left, milliseconds.
pub(super) fn warnings_due(length_ms: i64, left_ms: i64) -> usize {
    warnings(length_ms).iter().take_while(|&&before| left_ms <= before).count()
}

/// When the warning after so many is due, or else the end.
pub(super) fn next_warning(length_ms: i64, until: Boot, given: usize) -> Boot {
    warnings(length_ms).get(given).map_or(until, |&before| until + -before)
}

impl Console {
    /// The operator agrees to keep a task alive for so long.
    pub(super) fn keep(&mut self, now: Now, claims: &[ClaimId], length_ms: i64) {
        let at = self.stamp(now);
        let lease = |&claim: &ClaimId| {
            // Whoever keeps one again that was left out wants it to have the next room.
            let first = self.is_first(claim) || self.live.get(&claim).is_some_and(|live| live.is_left_out());
            Record::Lease { claim, at, length_ms: Some(length_ms), why: "agreed".to_owned(), first }
        };
        self.append_all(now, claims.iter().map(lease).collect());
    }

    /// An act on the task shows that a person attends to it.
    pub(super) fn renew(&mut self, now: Now, id: ClaimId) {
        let Some(lease) = self.ledger.claims.get(&id).and_then(|claim| claim.lease) else { return };
        let lapsed = lease.until().is_none_or(|until| until <= now.boot);
        if lapsed || lease.at.boot.is_some_and(|at| now.boot - at < RENEW_MS) {
            return;
        }
        let at = self.stamp(now);
        let why = "renewed".to_owned();
        let first = self.is_first(id);
        self.append(now, Record::Lease { claim: id, at, length_ms: Some(lease.length_ms), why, first });
    }

    /// Heartbeats stop.
    pub(super) fn end_lease(&mut self, now: Now, id: ClaimId, why: &str) {
        let at = self.stamp(now);
        self.append(now, Record::Lease { claim: id, at, length_ms: None, why: why.to_owned(), first: false });
    }

    pub(super) fn lease_landed(&mut self, now: Now, id: ClaimId, length_ms: Option<i64>, why: &str) {
        if !self.ledger.claims.get(&id).is_some_and(|claim| claim.is_open()) {
            return;
        }
        self.count_claim(id);
        let live = self.live(id);
        (live.lease_warnings, live.lease_ends_at, live.lease_end) = (0, None, None);
        self.file_lease(id);
        let Some(length_ms) = length_ms else {
            if self.agenda.when(Job::Lease(id)).is_none() {
                // A disk that took its time was told more than once.
                return;
            }
            self.agenda.clear(Job::Lease(id));
            self.agenda.clear(Job::Beat(id));
            self.watch_claim(now, id);
            let level = if why == LAPSED { Level::Alarm } else { Level::Info };
            self.say(now, level, "keep", Some(id), format!("heartbeats stopped: {why}"));
            return;
        };
        self.put_first(now, id);
        self.agenda.set(Job::Lease(id), now.boot);
        if why == "agreed" {
            self.say(now, Level::Info, "keep", Some(id), format!("heartbeats for {}", span::words(length_ms)));
        }
        if self.agenda.when(Job::Beat(id)).is_none() {
            self.arm(now, id);
        }
    }

    /// A warning is due, or the end.
    pub(super) fn look_at_lease(&mut self, now: Now, id: ClaimId) {
        let Some(lease) = self.ledger.claims.get(&id).filter(|claim| claim.is_open()).and_then(|claim| claim.lease)
        else {
            return;
        };
        let before = self.kept_until(id);
        self.bound_by_service(now, id, lease);
        if self.kept_until(id) != before {
            self.file_lease(id);
            self.dirty.insert(id);
        }
        let Some(until) = self.kept_until(id).filter(|&until| until > now.boot) else {
            if self.config.rules.hold(Rule::LeaseEnds) {
                if std::mem::replace(&mut self.live(id).lease_warnings, CALLED) < CALLED {
                    self.notice(id, Occasion::LeaseEnding);
                }
                self.end_lease(now, id, LAPSED);
                // The disk may refuse to take it down.
                self.agenda.set(Job::Lease(id), now.boot + END_AGAIN_MS);
            }
            return;
        };
        let given = usize::from(self.live(id).lease_warnings);
        let due = warnings_due(lease.length_ms, until - now.boot);
        if due > given {
            self.live(id).lease_warnings = due as u8;
            let level = if due >= 2 { Level::Alarm } else { Level::Warn };
            let text =
                format!("keep-alive ends in {}; act on the task or keep it alive again", span::words(until - now.boot));
            self.say(now, level, "keep", Some(id), text);
            if due == usize::from(CALLED) {
                self.notice(id, Occasion::LeaseEnding);
            }
        }
        self.agenda.set(Job::Lease(id), next_warning(lease.length_ms, until, due));
    }

    /// The service's clock may prove that a lease is over before the boot clock says so: a paused virtual machine stops
    /// every clock of its own. What the service showed at the most when the lease was agreed is remembered, because after
    /// such a pause nobody can tell any more.
    fn bound_by_service(&mut self, now: Now, id: ClaimId, lease: Lease) {
        let most = lease.at.boot.and_then(|at| self.clock.upper_bound(at, now.boot));
        let most = most.map(|most| most + lease.length_ms);
        let live = self.live.entry(id).or_default();
        live.lease_ends_at = [live.lease_ends_at, most].into_iter().flatten().min();
        live.lease_end = live.lease_ends_at.and_then(|end| self.clock.latest_local(end, now.boot));
    }

    /// More is known of the service's clock, or something else: every lease is looked at that ends at another instant by it.
    pub(super) fn look_at_leases(&mut self, now: Now) {
        let leased = self.ledger.claims.values().filter(|claim| claim.lease.is_some()).map(|claim| claim.id);
        for id in leased.collect::<Vec<_>>() {
            let Some(lease) = self.ledger.claims.get(&id).and_then(|claim| claim.lease) else { continue };
            let before = self.kept_until(id);
            self.bound_by_service(now, id, lease);
            if self.kept_until(id) != before {
                self.file_lease(id);
                self.agenda.set(Job::Lease(id), now.boot);
            }
        }
    }

    /// Files the claim's lease under the instant of its first warning, instead of wherever it was.
    pub(super) fn file_lease(&mut self, id: ClaimId) {
        let lease = self.ledger.claims.get(&id).filter(|claim| claim.is_open()).and_then(|claim| claim.lease);
        let warns_at = lease.zip(self.kept_until(id)).map(|(lease, until)| next_warning(lease.length_ms, until, 0));
        let before = std::mem::replace(&mut self.live.entry(id).or_default().lease_warns_at, warns_at);
        if before != warns_at {
            before.map(|at| self.leases.remove(&(at, id)));
            self.leases.extend(warns_at.map(|at| (at, id)));
        }
    }

    /// Whether a keep-alive is so near its end that it warns, by the clock: after a sleep that may not be said yet.
    pub(super) fn is_unattended(&self, now: Now) -> bool {
        let mut warned = self.leases.range(..=(now.boot, ClaimId(u64::MAX)));
        warned.any(|&(_, id)| self.kept_until(id).is_some_and(|until| until > now.boot))
    }

    /// Until when heartbeats go out by themselves: by the boot clock or by the service's, whichever comes first.
    pub(super) fn kept_until(&self, id: ClaimId) -> Option<Boot> {
        let until = self.ledger.claims.get(&id)?.lease?.until()?;
        let proven = self.live.get(&id).and_then(|live| live.lease_end);
        Some(proven.map_or(until, |proven| proven.min(until)))
    }
}

/// Why a lease ended that nobody ended.
pub(super) const LAPSED: &str = "unattended, the keep-alive lapsed and nobody renewed it";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attended_warnings_come_before_the_end() {
        assert_eq!(warnings(30 * 60_000), [360_000, 180_000, 90_000]);
        assert_eq!(warnings(5 * 60_000), [120_000, 60_000, 30_000]);
        assert_eq!(warnings(4 * 60_000), [120_000, 60_000, 30_000]);
        assert_eq!(warnings(60_000), [30_000, 15_000, 7_500]);
        for length in (1_000..40_000_000).step_by(999) {
            let [first, second, third] = warnings(length);
            assert!(length > first && first > second && second > third && third > 0, "{length}");
        }
    }
}
