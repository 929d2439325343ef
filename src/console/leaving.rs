//! On the way out: no further poll, one last heartbeat for what is kept, the poll in flight waited for, then `Drained`
//! (engine rules, "Heartbeats under a quota", 11, and "Closing once", 6).

use crate::clock::{Boot, Now};

use super::Console;
use super::agenda::Job;
use super::event::Effect;

/// How long leaving waits for heartbeats, closes and the disk, milliseconds. A poll is waited for to its end.
const PATIENCE_MS: i64 = 1_500;

/// Since when, and whether the end was said.
#[derive(Debug)]
pub(super) struct Leaving {
    until: Boot,
    drained: bool,
}

impl Console {
    pub(super) fn leave(&mut self, now: Now) {
        if self.leaving.is_some() {
            return;
        }
        let until = now.boot + PATIENCE_MS;
        self.leaving = Some(Leaving { until, drained: false });
        self.claiming.stop();
        for job in [Job::Poll, Job::Count] {
            self.agenda.clear(job);
        }
        self.agenda.set(Job::Leave, until);
        let kept: Vec<_> = self.ledger.claims.keys().copied().filter(|&id| self.kept_until(id).is_some()).collect();
        for id in kept {
            // Gives whoever takes over the most time.
            self.make_ready(now, id, now.boot);
        }
    }

    /// Says `Drained` once nothing is left to wait for.
    pub(super) fn settle(&mut self, now: Now) {
        let Some(leaving) = &self.leaving else { return };
        if leaving.drained || self.claiming.poll_in_flight() {
            return;
        }
        // A poll that is still being written down has not been sent, and will not be.
        let unwritten = self.claiming.is_busy() || !self.writing.is_idle();
        let waiting = unwritten || self.ready.first().is_some() || self.calls.that_matter() > 0;
        if waiting && now.boot < leaving.until {
            return;
        }
        self.agenda.clear(Job::Leave);
        if let Some(leaving) = &mut self.leaving {
            leaving.drained = true;
        }
        self.out.push(Effect::Drained);
    }
}
