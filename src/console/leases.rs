//! Keep-alive leases (engine rules, "Keep-alive leases"): nothing is kept alive without a person having said until when.
//!
//! Acting on a task renews its lease, presence alone does not. Warnings come before the end.

use crate::clock::{Boot, Now};
use crate::span;
use crate::task::{ClaimId, Record};

use super::Console;
use super::agenda::Job;
use super::event::Level;
use super::ledger::Claim;
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

/// An act renews the lease at most this often, so that a held key does not fill the journal; milliseconds.
const RENEW_MS: i64 = 5_000;

/// Instants before the end at which a warning is due: 20 % (at least 2 min), 10 % (1 min) and 5 % (30 s), each at most
/// half of the lease.
fn warnings(length_ms: i64) -> [i64; 3] {
    [(5, 120_000), (10, 60_000), (20, 30_000)].map(|(part, least)| (length_ms / part).max(least).min(length_ms / 2))
}

impl Console {
    /// The operator agrees to keep a task alive for so long.
    pub(super) fn keep(&mut self, now: Now, id: ClaimId, length_ms: i64) {
        let at = self.stamp(now);
        let why = "agreed".to_owned();
        self.append(now, Record::Lease { claim: id, at, length_ms: Some(length_ms), why });
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
        self.append(now, Record::Lease { claim: id, at, length_ms: Some(lease.length_ms), why });
    }

    /// Heartbeats stop.
    pub(super) fn end_lease(&mut self, now: Now, id: ClaimId, why: &str) {
        let at = self.stamp(now);
        self.append(now, Record::Lease { claim: id, at, length_ms: None, why: why.to_owned() });
    }

    pub(super) fn lease_landed(&mut self, now: Now, id: ClaimId, length_ms: Option<i64>, why: &str) {
        if !self.ledger.claims.get(&id).is_some_and(Claim::is_open) {
            return;
        }
        self.count_claim(id);
        self.live(id).lease_warnings = 0;
        let Some(length_ms) = length_ms else {
            self.agenda.clear(Job::Lease(id));
            self.agenda.clear(Job::Beat(id));
            self.watch_claim(now, id);
            let level = if why == LAPSED { Level::Alarm } else { Level::Info };
            self.say(now, level, "keep", Some(id), format!("heartbeats stopped: {why}"));
            return;
        };
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
        let Some(until) = lease.until().filter(|&until| until > now.boot) else {
            if self.config.rules.hold(Rule::LeaseEnds) {
                self.end_lease(now, id, LAPSED);
            }
            return;
        };
        let warnings = warnings(lease.length_ms);
        let given = usize::from(self.live(id).lease_warnings);
        let due = warnings.iter().take_while(|&&before| until - now.boot <= before).count();
        if due > given {
            self.live(id).lease_warnings = due as u8;
            let level = if due >= 2 { Level::Alarm } else { Level::Warn };
            let text = format!("keep-alive ends in {}; act on the task or renew it (a)", span::words(until - now.boot));
            self.say(now, level, "keep", Some(id), text);
        }
        let next = warnings.get(due).map_or(until, |&before| until + -before);
        self.agenda.set(Job::Lease(id), next);
    }

    /// Until when heartbeats go out by themselves.
    pub(super) fn kept_until(&self, id: ClaimId) -> Option<Boot> {
        self.ledger.claims.get(&id).and_then(|claim| claim.lease).and_then(|lease| lease.until())
    }
}

/// Why a lease ended that nobody ended.
pub(super) const LAPSED: &str = "the keep-alive lapsed, nobody renewed it";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attended_warnings_come_before_the_end() {
        assert_eq!(warnings(30 * 60_000), [360_000, 180_000, 90_000]);
        assert_eq!(warnings(5 * 60_000), [120_000, 60_000, 30_000]);
        assert_eq!(warnings(60_000), [30_000, 30_000, 30_000]);
    }
}
