//! How a task ended, when nobody told us: history is asked, again and again if need be, and only proof counts
//! (engine rules, "Closing once, and knowing it", 4, and "Heartbeats under a quota", 9).

use crate::clock::Now;
use crate::task::{ClaimId, Verdict};

use super::agenda::Job;
use super::cadence::backoff;
use super::{Console, deadlines};

/// When history has shown nothing about a refused token for so long, the verdict is "unproven"; milliseconds.
const PATIENCE_MS: i64 = 3_600_000;
/// So often it has to have been asked in that time.
const OFTEN: u32 = 30;
/// After a passed deadline, before asking, milliseconds: the service needs a moment too.
pub(super) const OVERDUE_MS: i64 = 700;
/// So often history has to be unknown to the service before it is taken for deleted.
const GONE_AFTER: u32 = 3;

impl Console {
    /// Somebody needs to know how the task ended.
    pub(super) fn want_ending(&mut self, now: Now, id: ClaimId) {
        let live = self.live(id);
        if live.concluding {
            return;
        }
        live.lookup.ending_wanted.get_or_insert(now.boot);
        self.agenda.set(Job::Lookup(id), now.boot);
    }

    /// A lower bound has passed. History tells whether the task is over; asking by a heartbeat would keep it alive
    /// without anybody having said so.
    pub(super) fn overdue(&mut self, now: Now, id: ClaimId) {
        self.live(id).overdue_tries += 1;
        self.want_ending(now, id);
    }

    /// A scan did not show the end that was asked for.
    pub(super) fn no_ending_yet(&mut self, now: Now, id: ClaimId, tries: u32) {
        let Some(claim) = self.ledger.claims.get(&id) else { return };
        let past = deadlines::surely_past(claim, &self.clock, now.boot);
        let deadlines = deadlines::deadlines(claim, &self.clock, now.boot);
        let still_overdue = deadlines.iter().any(|deadline| deadline.at.is_some_and(|at| at <= now.boot));
        let in_doubt = claim.intent.as_ref().is_some_and(|intent| intent.maybe_applied);
        let live = self.live(id);
        let refused = live.refused.is_some() || live.close_gone;
        let since = live.lookup.ending_wanted.unwrap_or(now.boot);
        if refused && let Some(kind) = past {
            let why = format!("the service refused the token and its {} timeout is surely past", kind.name());
            self.conclude(now, id, Verdict::Unproven { why });
        } else if refused && now.boot - since > PATIENCE_MS && tries >= OFTEN {
            let why = "the service refused the token, and for an hour history showed no reason".to_owned();
            self.conclude(now, id, Verdict::Unproven { why });
        } else if refused || in_doubt {
            self.agenda.set(Job::Lookup(id), now.boot + backoff(tries, 1_000, 60_000));
        } else {
            // The task was only overdue; while it stays so, look again now and then.
            live.lookup.ending_wanted = None;
            live.lookup.tries = 0;
            let wait = backoff(live.overdue_tries, 1_000, 60_000);
            if still_overdue {
                self.agenda.set(Job::Overdue(id), now.boot + wait);
            }
            self.agenda.set(Job::Lookup(id), now.boot);
        }
    }

    /// History may not be read: a close that found the task gone has its verdict, and nobody else loses anything.
    pub(super) fn unproven_if_gone(&mut self, now: Now, id: ClaimId) {
        if self.live(id).close_gone {
            let why = "the service refused the token, and history may not be read".to_owned();
            self.conclude(now, id, Verdict::Unproven { why });
        }
    }

    /// The service does not know the execution: again and again, and it keeps no history. `true` with a verdict.
    pub(super) fn history_is_gone(&mut self, now: Now, id: ClaimId, tries: u32) -> bool {
        let live = self.live(id);
        if tries < GONE_AFTER || !(live.refused.is_some() || live.close_gone) {
            return false;
        }
        let why = "the service refused the token and no longer has the history".to_owned();
        self.conclude(now, id, Verdict::Unproven { why });
        true
    }
}
