//! Which kept tasks get their periodic heartbeats when the rate does not suffice for all (engine rules, "Heartbeats under
//! a quota", 1): who is admitted stays so until the operator says otherwise, the others are named with their time of death.

use std::collections::BTreeSet;

use crate::clock::{Boot, Now};
use crate::task::{ClaimId, Limit};

use super::event::Level;
use super::{Console, deadlines};

impl Console {
    /// Keeps the load in step with a claim whose lease or timeout has changed.
    pub(super) fn count_load(&mut self, id: ClaimId, before: Option<Limit>, after: Option<Limit>) {
        let (beaten, first) = (self.last_sign_of_life(id), self.is_first(id));
        let live = self.live.entry(id).or_default();
        let admitted = std::mem::take(&mut live.admitted);
        match before {
            Some(limit) if admitted => self.load.remove(limit),
            Some(_) => self.load.forget(id),
            None => {}
        }
        match after {
            Some(limit) if admitted || limit == Limit::None => {
                live.admitted = true;
                self.load.add(limit);
            }
            Some(limit) => self.load.want(id, limit, first, beaten),
            None => live.left_out_said = false,
        }
    }

    /// Admits whom there is room for.
    pub(super) fn admit(&mut self, now: Now) {
        let waited = self.load.left_out() > 0;
        let admitted: Vec<_> = std::iter::from_fn(|| self.load.admit()).collect();
        self.load.settle();
        self.quotas.heartbeats().set_need(self.load.need());
        for id in admitted {
            let live = self.live(id);
            live.admitted = true;
            if std::mem::take(&mut live.left_out_said) {
                self.say(now, Level::Info, "keep", Some(id), "there is room for it now: kept alive");
            }
            self.dirty.insert(id);
            self.arm(now, id);
        }
        if waited && self.load.left_out() == 0 {
            self.poll_next(now);
        }
    }

    /// Says of those that have changed who is left out, each once.
    pub(super) fn name_left_out(&mut self, now: Now, changed: &BTreeSet<ClaimId>) {
        if self.load.left_out() == 0 {
            return;
        }
        for &id in changed {
            let live = self.live.entry(id).or_default();
            if live.is_left_out() && !std::mem::replace(&mut live.left_out_said, true) {
                self.say_left_out(now, id);
            }
        }
    }

    fn say_left_out(&mut self, now: Now, id: ClaimId) {
        self.notice_load(id, false);
        let Some(claim) = self.ledger.claims.get(&id) else { return };
        let death = deadlines::heartbeat(claim, &self.clock, now.boot).map(|at| (at - now.boot).max(0) / 1_000);
        let when = death.map_or_else(String::new, |seconds| format!(" in {seconds} s"));
        let text = format!(
            "left out, it times out{when}: the heartbeat rate does not suffice for all kept tasks; stop keeping others, \
             keep it again to put it first in line, beat by hand, or start with a higher --heartbeat-rate"
        );
        self.say(now, Level::Alarm, "keep", Some(id), text);
    }

    /// When its timeout began to run, as far as this boot can tell.
    fn last_sign_of_life(&self, id: ClaimId) -> Option<Boot> {
        let claim = self.ledger.claims.get(&id)?;
        claim.beat.map_or(claim.sent, |beat| beat.sent).boot
    }

    /// Whether the operator wants a task kept before others.
    pub(super) fn is_first(&self, id: ClaimId) -> bool {
        self.ledger.claims.get(&id).is_some_and(|claim| claim.first)
    }

    /// The operator wants a task kept that was left out: the next room is its.
    pub(super) fn put_first(&mut self, now: Now, id: ClaimId) {
        let left_out = self.live.get(&id).filter(|live| live.is_left_out()).and_then(|live| live.counted.limit);
        let Some(limit) = left_out.filter(|_| self.is_first(id) && !self.load.is_first(id)) else { return };
        let beaten = self.last_sign_of_life(id);
        self.load.want(id, limit, true, beaten);
        self.say(now, Level::Info, "keep", Some(id), "first in line for the next room");
    }
}
