//! Heartbeats: one queue, earliest deadline first, one request in flight a token (engine rules, "Heartbeats under a
//! quota", 3, 5 and 7).
//!
//! A heartbeat goes out because a keep-alive lease runs or because a person asked for it, never for another reason.

use std::sync::Arc;

use crate::clock::{Boot, Now};
use crate::task::{ClaimId, Record, Source, TimeoutKind, Verdict};
use crate::wire::{Class, Failure, Request};

use super::agenda::Job;
use super::cadence::{EARLIEST, attempt_limit, is_fresh, jitter, jittered, second_after, unknown_interval};
use super::event::{Level, Timing};
use super::live::Purpose;
use super::rules::Rule;
use super::{Console, deadlines};

/// A heartbeat a person asked for is tried this long, milliseconds.
const ASKED_MS: i64 = 60_000;
/// Between two heartbeats of a kept task whose token was refused, milliseconds.
const REFUSED_MS: i64 = 10_000;
/// How many of the most urgent are tried in turn while the service does not answer.
const MOST_URGENT: usize = 8;
/// Where a task without a known deadline stands in the queue: behind a timeout of half a minute.
const NO_DEADLINE_MS: i64 = 30_000;

/// Puts a task behind all others.
const BEHIND_MS: i64 = 100 * 86_400_000;
/// Puts a task before all others: a person waits for it.
const AT_ONCE: Boot = Boot(-1);

impl Console {
    /// A person, or the claim itself, asks for one heartbeat now.
    pub(super) fn beat_soon(&mut self, now: Now, id: ClaimId) {
        if !self.ledger.claims.contains_key(&id) {
            return;
        }
        let live = self.live(id);
        live.asked_until = Some(now.boot + ASKED_MS);
        live.trouble = None;
        let lone = std::mem::take(&mut live.lone);
        self.make_ready(now, id, now.boot);
        if lone && self.live(id).in_flight.is_none() {
            self.ready.insert(id, AT_ONCE);
        }
    }

    /// The heartbeat's time has come: it waits for its turn from now on.
    pub(super) fn make_ready(&mut self, now: Now, id: ClaimId, due: Boot) {
        let Some(claim) = self.ledger.claims.get(&id).filter(|claim| claim.is_open()) else { return };
        let unknown = claim.timeouts.heartbeat.is_none().then_some((&claim.source.domain, &claim.task.activity_type));
        let defaults = unknown.and_then(|(domain, name)| self.types.get(&(domain.clone(), name.clone())));
        let deadline = deadlines::in_queue(claim, defaults, &self.clock, now.boot).unwrap_or(due + NO_DEADLINE_MS);
        let order = if self.config.rules.hold(Rule::EarliestDeadlineFirst) { deadline } else { due };
        // When the rate hardly suffices for those that are promised to stay alive, the others wait for what they leave. A
        // token that was refused waits too.
        let refused = self.live.get(&id).is_some_and(|live| live.refused.is_some());
        let behind = refused || self.load.is_tight() && self.kept_timeout(id).is_none();
        let order = if behind { order + BEHIND_MS } else { order };
        self.agenda.clear(Job::Beat(id));
        let live = self.live(id);
        live.due = Some(due);
        // One in flight a token: this one enters the queue when the answer is in.
        if live.in_flight.is_none() {
            self.ready.insert(id, order);
        }
    }

    /// Until when the service may wait for the task because it may have taken a heartbeat whose answer is missing.
    pub(super) fn perhaps_until(&self, id: ClaimId) -> Option<Boot> {
        let claim = self.ledger.claims.get(&id).filter(|claim| claim.is_open())?;
        deadlines::if_taken(claim, &self.clock, self.live.get(&id)?.unknown_beat?)
    }

    /// Sends what is ready, most urgent first, as long as anything may be sent.
    pub(super) fn send_ready(&mut self, now: Now) {
        self.send_closes(now);
        while let Some((order, id)) = self.next_in_line(now) {
            if order > AT_ONCE && order <= now.boot {
                // It has most likely timed out: first whoever can still be saved, and that is also one that was perhaps
                // heard without an answer.
                let maybe = self.perhaps_until(id).filter(|&maybe| maybe > now.boot);
                self.ready.insert(id, maybe.unwrap_or(order + BEHIND_MS));
                continue;
            }
            match self.reach.may_beat(now.boot, self.calls.beats(), self.calls.closes()) {
                Ok(()) => {}
                Err(until) => {
                    if let Some(until) = until {
                        self.agenda.set_by(Job::Reach, until);
                    }
                    break;
                }
            }
            if !self.may_beat(now, id) {
                self.ready.remove(id);
                self.no_longer_due(now, id);
            } else if self.live(id).in_flight.is_some() {
                // Parked until the close that has overtaken it is answered.
                self.ready.remove(id);
            } else if let Err(until) = self.quotas.heartbeats().take(now.boot) {
                self.agenda.set_by(Job::Reach, until);
                break;
            } else {
                if is_behind(now, order) {
                    self.quotas.left_over().take();
                }
                self.ready.remove(id);
                self.send_beat(now, id);
            }
        }
    }

    /// What goes out next: the most urgent of those whose time has come, or else one before its time. When the rate hardly
    /// suffices for those that are promised to stay alive, what is behind them gets no more than is left over.
    fn next_in_line(&mut self, now: Now) -> Option<(Boot, ClaimId)> {
        let waits = self.ready.one_of(MOST_URGENT, self.reach.turn());
        let Some((order, id)) = waits else { return self.ahead(now) };
        let of_a_kept_one = || self.ledger.claims.get(&id).is_some_and(|claim| claim.keeps_unknown());
        if is_behind(now, order) && self.load.is_tight() && !of_a_kept_one() {
            let left_over = self.quotas.goodput() - self.load.planned();
            if !self.quotas.left_over().has_one(left_over, now.boot) {
                return self.ahead(now);
            }
        }
        waits
    }

    /// The next heartbeat before its time, if the rate is so tight that none of it may be left unused, or if the tasks found
    /// at the start fall due too close together: then it would be too late to begin.
    fn ahead(&mut self, now: Now) -> Option<(Boot, ClaimId)> {
        if !self.load.is_tight() && self.settled {
            return None;
        }
        let id = self.agenda.next_beat()?;
        if !self.load.is_tight() && self.was_beaten_since_start(id) {
            // So were all that fall due after it.
            self.settled = true;
            return None;
        }
        if self.reach.may_beat(now.boot, self.calls.beats(), self.calls.closes()).is_err() {
            return None;
        }
        // What is saved up for an outage that can be survived is left alone.
        let savings = self.tolerances.first().is_none_or(|least| least.survives_ms == 0);
        if let Err(until) = self.quotas.heartbeats().could_spare(savings, now.boot) {
            self.agenda.set_by(Job::Reach, until);
            return None;
        }
        // Re-armed from now, as if it had been due.
        self.make_ready(now, id, now.boot);
        self.ready.first()
    }

    /// Whether the tasks found at the start fall due so close together that, one after the other at their time, some would
    /// be too late, should the service refuse the rate once.
    pub(super) fn falls_due_too_fast(&self, now: Now) -> bool {
        let Some(rate) = self.config.heartbeat_rate else { return false };
        let each_ms = 1_000.0 / (rate * super::quota::CUT);
        let mut free_at = now.boot.0 as f64;
        self.agenda.beats().any(|(due, id)| {
            free_at = free_at.max(due.0 as f64) + each_ms;
            let claim = self.ledger.claims.get(&id);
            let deadline = claim.and_then(|claim| deadlines::heartbeat(claim, &self.clock, now.boot));
            deadline.is_some_and(|deadline| deadline > due && free_at > deadline.0 as f64)
        })
    }

    fn was_beaten_since_start(&self, id: ClaimId) -> bool {
        let beat = self.ledger.claims.get(&id).and_then(|claim| claim.beat);
        beat.and_then(|beat| beat.sent.boot).is_some_and(|sent| sent >= self.started_at)
    }

    /// Nobody wants the heartbeat any more. If a person had asked for it, that is said: it was never answered.
    fn no_longer_due(&mut self, now: Now, id: ClaimId) {
        let live = self.live(id);
        live.due = None;
        if live.asked_until.is_some_and(|until| until <= now.boot) {
            live.asked_until = None;
            live.trouble = None;
            let text = format!("given up after {} s without an answer; space sends one again", ASKED_MS / 1_000);
            self.say(now, Level::Error, "beat", Some(id), text);
        }
        self.dirty.insert(id);
    }

    /// Whether there is a reason for a heartbeat, and none against it.
    fn may_beat(&mut self, now: Now, id: ClaimId) -> bool {
        let Some(claim) = self.ledger.claims.get(&id).filter(|claim| claim.is_open()) else { return false };
        let lapses = self.config.rules.hold(Rule::LeaseEnds);
        let kept = self.kept_until(id).is_some_and(|until| until > now.boot || !lapses);
        let kept = kept && self.live.get(&id).is_none_or(|live| !live.is_left_out());
        let closing = claim.intent.as_ref().map(|intent| intent.at.boot);
        let live = self.live(id);
        let asked = live.asked_until.is_some_and(|until| until > now.boot);
        let recently_decided = closing.is_some_and(|at| at.is_some_and(|at| now.boot - at < super::closing::LEASE_MS));
        if live.deciding || live.close_gone || live.concluding {
            return false;
        }
        if closing.is_some() { kept || recently_decided } else { kept || asked }
    }

    fn send_beat(&mut self, now: Now, id: ClaimId) {
        let Some(claim) = self.ledger.claims.get(&id) else { return };
        let details = claim.details.clone().filter(|_| self.config.rules.hold(Rule::DetailsAreRepeated));
        let request = Request::Heartbeat { token: claim.task.token.clone(), details };
        let deadline = deadlines::heartbeat(claim, &self.clock, now.boot);
        let rtt_ms = self.reach.rtt_ms();
        let limit = attempt_limit(deadline, now.boot, rtt_ms, self.reach.is_cold(now.boot));
        let limit = limit.min(self.reach.longest_attempt());
        let due = self.live(id).due.take().unwrap_or(now.boot);
        let call = self.call(now, Purpose::Beat { claim: id, due }, request, limit);
        let live = self.live(id);
        if live.in_flight.is_some() {
            live.second = Some(call);
        } else {
            live.in_flight = Some(call);
            if let Some(after) = second_after(deadline, now.boot, limit, rtt_ms) {
                self.agenda.set(Job::Second(id), now.boot + after);
            }
        }
        self.dirty.insert(id);
    }

    /// The first attempt is unanswered, and there would be no time for one after it: another one beside it, which takes
    /// another connection because the first's is busy.
    pub(super) fn second_attempt(&mut self, now: Now, id: ClaimId) {
        let live = self.live(id);
        let Some(first) = live.in_flight.filter(|_| live.second.is_none()) else { return };
        let Some(&Purpose::Beat { due, .. }) = self.calls.get(first) else { return };
        let may =
            self.reach.may_beat(now.boot, self.calls.beats(), self.calls.closes()).is_ok() && self.may_beat(now, id);
        if may && self.quotas.heartbeats().take(now.boot).is_ok() {
            // Whoever asked for one more meanwhile gets it after these two.
            let parked = self.live(id).due.replace(due);
            self.send_beat(now, id);
            self.live(id).due = parked;
        }
    }

    /// Closes that have waited for room.
    fn send_closes(&mut self, now: Now) {
        while let Some(id) = self.ready.take_close() {
            self.attempt_close(now, id);
            if self.ready.has_close(id) {
                return;
            }
        }
    }

    /// A heartbeat was answered with 200.
    pub(super) fn beaten(&mut self, now: Now, id: ClaimId, due: Boot, timing: Timing, cancel_requested: bool) {
        let Some(claim) = self.ledger.claims.get(&id) else { return };
        let count = claim.beats() + 1;
        let news = cancel_requested && claim.cancel.is_none();
        let took_ms = timing.received - timing.sent;
        self.abandon_beat(id);
        let from_sending = self.config.rules.hold(Rule::DeadlineFromSending);
        let sent = self.stamp_at(now, if from_sending { timing.sent } else { timing.received });
        self.append_lazily(Record::Beaten { claim: id, sent, took_ms, count });
        let live = self.live(id);
        let was_refused = live.refused.take().is_some();
        live.trouble = None;
        live.unknown_beat = None;
        live.overdue_tries = 0;
        if live.asked_until.is_some_and(|_| live.due.is_none()) {
            live.asked_until = None;
        }
        if was_refused {
            live.lookup.ending_wanted = None;
        }
        if news {
            let at = self.stamp_at(now, timing.received);
            self.append(now, Record::CancelSeen { claim: id, at });
        }
        let text = format!("ok, {took_ms} ms");
        self.say(now, Level::Info, "beat", Some(id), text);
        self.rearm(now, id, due, timing.sent);
    }

    /// Puts the next periodic heartbeat on the agenda, from the due time of the one just acknowledged, so that nothing
    /// drifts. Never two at once: what was missed by a long silence is not made up for. It is the sending that the service
    /// counts from: after an answer that was long on its way, as in a sleep, the next one is due at once.
    fn rearm(&mut self, now: Now, id: ClaimId, due: Boot, sent: Boot) {
        if let Some(wait) = self.interval(now, id) {
            let next = if due + wait > now.boot { due + wait } else { sent + wait };
            self.arm_at(id, next.max(now.boot));
        }
    }

    /// Puts a periodic heartbeat on the agenda for a task that was not beaten just now: as if it had been kept ever since
    /// the last one. That may be at once.
    pub(super) fn arm(&mut self, now: Now, id: ClaimId) {
        let last = self.ledger.claims.get(&id).and_then(|claim| claim.beat).and_then(|beat| beat.sent.boot);
        if let Some(wait) = self.interval(now, id) {
            self.arm_at(id, last.map_or(now.boot, |last| last + wait).max(now.boot));
        }
    }

    /// Heartbeats are closer together again than they were planned when the quota allowed less: none is further away than
    /// the longest interval there is now, so that a cancel request is seen as early as it can be. They are spread over it.
    pub(super) fn hasten(&mut self, now: Now, longest_ms: i64) {
        for id in self.agenda.beats_after(now.boot + longest_ms) {
            let beat = self.ledger.claims.get(&id).map_or(0, |claim| claim.beats());
            let share = jitter(self.config.seed, id, beat);
            self.agenda.set(Job::Beat(id), now.boot + (longest_ms as f64 * share) as i64);
            self.dirty.insert(id);
        }
    }

    fn arm_at(&mut self, id: ClaimId, at: Boot) {
        if self.live(id).due.is_none() {
            self.agenda.set(Job::Beat(id), at);
            self.dirty.insert(id);
        }
    }

    /// Milliseconds between two heartbeats of a kept task; `None` for a task that is not kept.
    fn interval(&self, now: Now, id: ClaimId) -> Option<i64> {
        let claim = self.ledger.claims.get(&id).filter(|claim| claim.is_open() && claim.lease.is_some())?;
        if self.live.get(&id).is_some_and(|live| live.is_left_out()) {
            return None;
        }
        let held_for = claim.received.map_or(i64::MAX, |received| now.boot - received);
        let (interval, least) = match claim.timeouts.heartbeat {
            // The decider may have asked for less, and history does not say so yet.
            Some((limit, Source::TypeDefault)) if is_fresh(held_for) => {
                (self.load.interval_ms(limit).min(unknown_interval(held_for)), EARLIEST)
            }
            Some((limit, _)) => (self.load.interval_ms(limit), self.load.earliest()),
            None => (unknown_interval(held_for), EARLIEST),
        };
        Some(jittered(interval, least, jitter(self.config.seed, id, claim.beats())))
    }

    /// A heartbeat failed. It goes back into the queue, where it is again the most urgent.
    pub(super) fn beat_failed(&mut self, now: Now, id: ClaimId, due: Boot, failure: &Failure) {
        let words = failure.line();
        let invalid_token = failure.class == Class::Invalid && failure.message.raw().contains("token");
        self.suspect_access(now, id, failure);
        if failure.class == Class::Gone || invalid_token {
            self.token_refused(now, id, words);
            return;
        }
        if !self.config.rules.hold(Rule::FailureMovesNothing) {
            let sent = self.stamp(now);
            let count = self.ledger.claims.get(&id).map_or(0, |claim| claim.beats()) + 1;
            self.append_lazily(Record::Beaten { claim: id, sent, took_ms: 0, count });
        }
        let live = self.live(id);
        let since = live.trouble.as_ref().map_or(now.boot, |trouble| trouble.0);
        let news = live.trouble.is_none();
        live.trouble = Some(Arc::new((since, words.clone())));
        if news {
            let level =
                if failure.class.is_outage() || failure.class == Class::Throttled { Level::Warn } else { Level::Error };
            let text = format!("failed: {words}{}", next_step(failure.class));
            self.say(now, level, "beat", Some(id), text);
        }
        if matches!(failure.class, Class::Invalid | Class::Refused) {
            // Sending the same again at once would fail the same way.
            self.live(id).asked_until = None;
            self.rearm(now, id, now.boot, now.boot);
        } else if self.live(id).in_flight.is_none() {
            self.make_ready(now, id, due);
        }
        self.heard_failure(now, failure);
    }

    /// "Unknown activity": gone only with proof, so history is asked; until then the token stays.
    fn token_refused(&mut self, now: Now, id: ClaimId, said: String) {
        self.heard(now, None);
        let live = self.live(id);
        live.trouble = None;
        live.asked_until = None;
        let text = format!("refused, unproven: {said}; looking in history for the reason");
        let news = live.refused.replace(said).is_none();
        if news {
            self.say(now, Level::Warn, "beat", Some(id), text);
        }
        if self.config.rules.hold(Rule::GoneNeedsProof) {
            // Once asked, history is asked again on a schedule of its own.
            if news || self.agenda.when(Job::Lookup(id)).is_none() {
                self.want_ending(now, id);
            }
        } else {
            let verdict = Verdict::TimedOut { kind: TimeoutKind::Heartbeat, details: None };
            self.conclude(now, id, verdict);
        }
        let kept = self.ledger.claims.get(&id).is_some_and(|claim| claim.lease.is_some());
        if kept {
            self.agenda.set(Job::Beat(id), now.boot + REFUSED_MS);
        }
    }
}

/// Whether a place in the queue is behind those that are promised to stay alive.
fn is_behind(now: Now, order: Boot) -> bool {
    order > now.boot + BEHIND_MS / 2
}

fn next_step(class: Class) -> &'static str {
    match class {
        Class::Invalid => "; change the details and send again",
        Class::Refused => "; check account, region and domain",
        Class::Denied | Class::Expired => "; it goes on when the credentials work again",
        _ => "; trying again",
    }
}
