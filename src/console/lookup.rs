//! Learning a task's timeouts and how it ended: history newest first, the execution's first event, the type's defaults.
//!
//! A poll's answer carries none of it (swf-facts 2.3). History is eventually consistent and may be denied; then fields
//! fall back to the type's defaults, labelled so, and else stay unknown.

use crate::clock::{Agreement, Boot, Now};
use crate::task::{ClaimId, Record, Timeouts, Verdict};
use crate::wire::{Attributes, Class, Failure, HistoryPage, Request};

use super::agenda::Job;
use super::cadence::{CALL_LIMIT_MS, backoff};
use super::event::{Level, Timing};
use super::ledger::Claim;
use super::live::Purpose;
use super::scan::Scan;
use super::{Console, deadlines};

/// Events a page: the most the service gives.
const PAGE: u16 = 1_000;
/// Lookups in flight at once.
const WIDTH: usize = 4;
/// Scans that found nothing before the type's defaults are asked for.
const TYPE_AFTER: u32 = 3;
/// Until one of those in flight is back, milliseconds.
const CROWDED_MS: i64 = 100;
/// When history has shown nothing for so long, the verdict is "unproven"; milliseconds.
const PATIENCE_MS: i64 = 3_600_000;
/// After a passed deadline, before asking, milliseconds: the service needs a moment too.
pub(super) const OVERDUE_MS: i64 = 700;

impl Console {
    /// Somebody needs to know how the task ended.
    pub(super) fn want_ending(&mut self, now: Now, id: ClaimId) {
        let live = self.live(id);
        if live.concluding {
            return;
        }
        live.lookup.ending_wanted.get_or_insert(now.boot);
        if live.lookup.asking.is_none() {
            self.agenda.set(Job::Lookup(id), now.boot);
        }
    }

    /// A lower bound has passed. History tells whether the task is over; asking by a heartbeat would keep it alive
    /// without anybody having said so.
    pub(super) fn overdue(&mut self, now: Now, id: ClaimId) {
        self.live(id).overdue_tries += 1;
        self.want_ending(now, id);
    }

    /// Asks the next open question about a claim, one call at a time.
    pub(super) fn look_up(&mut self, now: Now, id: ClaimId) {
        let Some(claim) = self.ledger.claims.get(&id).filter(|claim| claim.is_open()) else { return };
        let known = claim.timeouts;
        let (domain, execution) = (claim.source.domain.clone(), claim.task.execution.clone());
        let activity_type = claim.task.activity_type.clone();
        let live = self.live.entry(id).or_default();
        if live.lookup.asking.is_some() {
            return;
        }
        let lookup = &mut live.lookup;
        let wants_type = !lookup.type_asked && misses_a_field(&known);
        let wants_scan = !lookup.denied && (!lookup.scanned || lookup.ending_wanted.is_some());
        // History that stays silent is asked on, but the type's defaults are better than nothing meanwhile.
        let type_first = wants_type && lookup.tries >= TYPE_AFTER;
        let (purpose, request) = if wants_scan && !type_first {
            let page_token = lookup.scan.as_mut().and_then(|(_, token)| token.take());
            let history = Request::History { domain, execution, reverse: true, page_size: PAGE, page_token };
            (Purpose::Scan { claim: id }, history)
        } else if !lookup.denied && !lookup.execution_asked && known.execution.is_none() && !type_first {
            let history = Request::History { domain, execution, reverse: false, page_size: 1, page_token: None };
            (Purpose::ExecutionStart { claim: id }, history)
        } else if wants_type {
            let key = (domain.clone(), activity_type.clone());
            if let Some(defaults) = self.types.get(&key) {
                let defaults = *defaults;
                lookup.type_asked = true;
                self.learn_timeouts(now, id, defaults);
                return;
            }
            (Purpose::Type { claim: id }, Request::DescribeActivityType { domain, activity_type })
        } else {
            return;
        };
        let busy = self.calls.values().filter(|purpose| purpose.is_lookup()).count() >= WIDTH;
        let until = if busy { Err(Some(now.boot + CROWDED_MS)) } else { self.reach.may_send(now.boot, 0) };
        if let Err(until) = until {
            self.agenda.set(Job::Lookup(id), until.unwrap_or(now.boot + CROWDED_MS));
            return;
        }
        let call = self.call(now, purpose, request, CALL_LIMIT_MS);
        self.live(id).lookup.asking = Some(call);
        self.dirty.insert(id);
    }

    /// A page of history, newest first.
    pub(super) fn scanned(&mut self, now: Now, id: ClaimId, page: &HistoryPage) {
        let Some(claim) = self.ledger.claims.get(&id) else { return };
        let live = self.live.entry(id).or_default();
        let (mut scan, _) = live.lookup.scan.take().unwrap_or_default();
        if let Some(token) = scan.page(&claim.task, page) {
            live.lookup.scan = Some((scan, Some(token)));
            self.agenda.set(Job::Lookup(id), now.boot);
            return;
        }
        self.scan_done(now, id, &scan);
    }

    fn scan_done(&mut self, now: Now, id: ClaimId, scan: &Scan) {
        let Some(claim) = self.ledger.claims.get(&id) else { return };
        if let Some(started_at) = scan.started_at {
            let agreement = deadlines::sample_event(&mut self.clock, started_at, claim.sent, claim.received);
            self.say_disjoint(now, agreement);
        }
        let Some(claim) = self.ledger.claims.get(&id) else { return };
        let news = learned(claim, scan);
        let cancel = scan.cancel_requested && claim.cancel.is_none();
        let lookup = &mut self.live.entry(id).or_default().lookup;
        lookup.scanned |= scan.scheduled.is_some();
        lookup.execution_asked |= scan.execution.is_some();
        // What is appended wakes the lookup again when it lands; before that it would ask what is known already.
        let complete = scan.scheduled.is_some();
        let landing = news.is_some();
        if let Some(news) = news {
            self.append(now, news);
        }
        if cancel {
            let at = self.stamp(now);
            self.append(now, Record::CancelSeen { claim: id, at });
        }
        match scan.ending() {
            Some(ending) => self.ended(now, id, ending),
            None => self.look_again(now, id, complete, landing),
        }
    }

    /// The scan is over and may have left something open. `landing`: what it found is on its way to the disk.
    fn look_again(&mut self, now: Now, id: ClaimId, complete: bool, landing: bool) {
        let lookup = &mut self.live(id).lookup;
        lookup.tries += 1;
        let tries = lookup.tries;
        if lookup.ending_wanted.is_some() {
            self.no_ending_yet(now, id, tries);
        } else if complete {
            lookup.tries = 0;
            if !landing {
                self.agenda.set(Job::Lookup(id), now.boot);
            }
        } else {
            // Not there yet: eventually consistent. Meanwhile the type's defaults may help.
            self.agenda.set(Job::Lookup(id), now.boot + backoff(tries, 500, 30_000));
        }
    }

    fn no_ending_yet(&mut self, now: Now, id: ClaimId, tries: u32) {
        let Some(claim) = self.ledger.claims.get(&id) else { return };
        let past = deadlines::surely_past(claim, &self.clock, now.boot);
        let deadlines = deadlines::deadlines(claim, &self.clock, now.boot);
        let still_overdue = deadlines.iter().any(|deadline| deadline.at.is_some_and(|at| at <= now.boot));
        let live = self.live(id);
        let refused = live.refused.is_some() || live.close_gone;
        let since = live.lookup.ending_wanted.unwrap_or(now.boot);
        if refused && let Some(kind) = past {
            let why = format!("the service refused the token and its {} timeout is surely past", kind.name());
            self.conclude(now, id, Verdict::Unproven { why });
        } else if refused && now.boot - since > PATIENCE_MS {
            let why = "the service refused the token, and for an hour history showed no reason".to_owned();
            self.conclude(now, id, Verdict::Unproven { why });
        } else if refused {
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

    /// The execution's first event.
    pub(super) fn execution_start(&mut self, now: Now, id: ClaimId, page: &HistoryPage) {
        self.live(id).lookup.execution_asked = true;
        let first = page.events.first().map(|event| (event.at, &event.attributes));
        if let Some((at, Attributes::ExecutionStarted { timeouts })) = first {
            let execution = Timeouts { execution: timeouts.execution, ..Timeouts::default() };
            self.append(now, record(id, execution, None, None, Some(at), None));
        } else {
            self.agenda.set(Job::Lookup(id), now.boot);
        }
    }

    /// The defaults of the type: a fallback for each field that is still unknown.
    pub(super) fn type_described(&mut self, now: Now, id: ClaimId, defaults: Timeouts) {
        let Some(claim) = self.ledger.claims.get(&id) else { return };
        self.types.insert((claim.source.domain.clone(), claim.task.activity_type.clone()), defaults);
        self.live(id).lookup.type_asked = true;
        self.learn_timeouts(now, id, defaults);
    }

    /// Writes down timeouts somebody told us.
    pub(super) fn learn_timeouts(&mut self, now: Now, id: ClaimId, timeouts: Timeouts) {
        self.append(now, record(id, timeouts, None, None, None, None));
    }

    pub(super) fn timeouts_landed(&mut self, now: Now, id: ClaimId) {
        self.agenda.set_by(Job::Lookup(id), now.boot);
        // The interval may be another one now.
        self.arm(now, id);
    }

    /// A question about a claim was not answered.
    pub(super) fn lookup_failed(&mut self, now: Now, id: ClaimId, purpose: &Purpose, failure: &Failure) {
        let live = self.live(id);
        live.lookup.tries += 1;
        live.lookup.scan = None;
        let wait = backoff(live.lookup.tries, 1_000, 30_000);
        match (failure.class, purpose) {
            (Class::Denied, Purpose::Type { .. }) => {
                live.lookup.type_asked = true;
                self.say_once(now, "type", format!("type defaults cannot be read: {}", failure.line()));
            }
            (Class::Denied, _) => {
                live.lookup.denied = true;
                let gone = live.close_gone;
                let text =
                    format!("history cannot be read, timeouts may stay unknown (set them with t): {}", failure.line());
                self.say_once(now, "history", text);
                if gone {
                    let why = "the service refused the token, and history may not be read".to_owned();
                    self.conclude(now, id, Verdict::Unproven { why });
                }
                self.agenda.set(Job::Lookup(id), now.boot);
            }
            (Class::Gone | Class::Refused | Class::Invalid, Purpose::Type { .. }) => live.lookup.type_asked = true,
            (Class::Gone | Class::Refused | Class::Invalid, _) => {
                let text = format!("history has no answer: {}", failure.line());
                self.say(now, Level::Warn, "history", Some(id), text);
                let tries = self.live(id).lookup.tries;
                if self.live(id).lookup.ending_wanted.is_some() {
                    self.no_ending_yet(now, id, tries);
                }
                self.agenda.set(Job::Lookup(id), now.boot + wait);
            }
            _ => {
                self.heard_failure(now, failure);
                self.agenda.set(Job::Lookup(id), now.boot + wait);
            }
        }
    }

    /// A `Date` header, if there was one: a sample of the service's clock.
    pub(super) fn sample_date(&mut self, now: Now, timing: Timing) {
        let Some(date) = timing.date else { return };
        let (before, latest) = (self.clock.earliest_local(0, now.boot), self.clock.latest_local(0, now.boot));
        let agreement = self.clock.date_header(date, timing.sent, timing.received);
        self.say_disjoint(now, agreement);
        let after = self.clock.earliest_local(0, now.boot);
        if moved(before, after) {
            self.dirty.extend(self.ledger.claims.values().filter(|claim| claim.is_open()).map(|claim| claim.id));
        }
        if moved(latest, self.clock.latest_local(0, now.boot)) {
            self.look_at_leases(now);
        }
    }

    fn say_disjoint(&mut self, now: Now, agreement: Agreement) {
        if agreement == Agreement::Disjoint {
            let text = "the service's clock and ours disagree with what was known: some clock was moved; until the next \
                        answer countdowns use the earlier of the two";
            self.say(now, Level::Warn, "clock", None, text);
        }
    }
}

/// Whether what is known of the service's clock changed enough for a countdown to show it.
fn moved(before: Option<Boot>, after: Option<Boot>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => (after - before).abs() >= 100,
        (before, after) => before != after,
    }
}

fn misses_a_field(known: &Timeouts) -> bool {
    known.heartbeat.is_none() || known.start_to_close.is_none() || known.schedule_to_close.is_none()
}

/// What the scan tells that the claim does not know yet.
fn learned(claim: &Claim, scan: &Scan) -> Option<Record> {
    let (scheduled_at, mut timeouts) = scan.scheduled?;
    let execution_at = scan.execution.map(|(at, execution)| {
        timeouts.execution = execution.execution;
        at
    });
    let known = claim.started_at.is_some() && claim.scheduled_at.is_some();
    let news = record(claim.id, timeouts, Some(scheduled_at), scan.started_at, execution_at, scan.scheduled_event_id);
    (!known || (claim.timeouts.execution.is_none() && execution_at.is_some())).then_some(news)
}

fn record(
    claim: ClaimId,
    timeouts: Timeouts,
    scheduled_at: Option<i64>,
    started_at: Option<i64>,
    execution_started_at: Option<i64>,
    scheduled_event_id: Option<i64>,
) -> Record {
    Record::TimeoutsLearned { claim, timeouts, scheduled_at, started_at, execution_started_at, scheduled_event_id }
}
