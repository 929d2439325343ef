//! Learning a task's timeouts and how it ended: history newest first, the execution's first event, the type's defaults.
//!
//! A poll's answer carries none of it (swf-facts 2.3). History is eventually consistent and may be denied; then fields
//! fall back to the type's defaults, labelled so, and else stay unknown. What one question tells serves every task it
//! concerns.

use crate::clock::{Agreement, Boot, Now};
use crate::task::{ActivityType, ClaimId, Record, Timeouts};
use crate::text::Foreign;
use crate::wire::{Attributes, Class, Failure, HistoryPage};

use super::agenda::Job;
use super::asking::Ask;
use super::cadence::backoff;
use super::event::{Level, Timing};
use super::executions::{ExecutionId, Start};
use super::ledger::Claim;
use super::scan::{Found, Scan};
use super::{Console, deadlines};

/// Scans that found nothing before the type's defaults are asked for.
const TYPE_AFTER: u32 = 3;

impl Console {
    /// A task is held from now on: what is known of it already, and on with the rest.
    pub(super) fn join_execution(&mut self, now: Now, id: ClaimId) {
        let Some(claim) = self.ledger.claims.get(&id) else { return };
        let known = claim.started_at.is_some() && claim.scheduled_at.is_some();
        let start = claim.task.started_event_id;
        self.executions.join(claim);
        // What the journal has was read up to the task's start at least.
        self.live(id).lookup.seen = known.then_some(start);
        self.agenda.set(Job::Lookup(id), now.boot);
        self.watch_claim(now, id);
    }

    /// A task has ended.
    pub(super) fn leave_execution(&mut self, id: ClaimId) {
        if let Some(execution) = self.executions.leave(id) {
            self.agenda.clear(Job::Watch(execution));
        }
        for waiting in self.types_waiting.values_mut() {
            waiting.remove(&id);
        }
    }

    /// Asks what is open about a claim.
    pub(super) fn look_up(&mut self, now: Now, id: ClaimId) {
        let Some(claim) = self.ledger.claims.get(&id).filter(|claim| claim.is_open()) else { return };
        let Some(execution) = self.executions.of(id) else { return };
        let known = claim.timeouts;
        let key = (claim.source.domain.clone(), claim.task.activity_type.clone());
        let lookup = &self.live.entry(id).or_default().lookup;
        let complete = lookup.seen.is_some();
        let denied = self.history_denied.contains(&key.0);
        // History that stays silent is asked on, but the type's defaults are better than nothing meanwhile.
        let wants_type =
            !lookup.type_asked && misses_a_field(&known) && (complete || denied || lookup.tries >= TYPE_AFTER);
        if denied {
            self.unproven_if_gone(now, id);
        } else if !complete || lookup.ending_wanted.is_some() {
            self.ask(Ask::Scan(execution));
        } else if known.execution.is_none() {
            self.want_start(now, id, execution);
        }
        if wants_type {
            self.want_type(now, id, key);
        }
    }

    /// What a new scan of an execution is to find.
    pub(super) fn new_scan(&self, execution: ExecutionId) -> Option<Scan> {
        let mut scan = Scan::default();
        for id in &self.executions.get(execution)?.claims {
            let seen = self.live.get(id).and_then(|live| live.lookup.seen);
            scan.seek(*id, &self.ledger.claims.get(id)?.task, seen);
        }
        Some(scan)
    }

    /// A page of history, newest first.
    pub(super) fn scanned(&mut self, now: Now, execution: ExecutionId, page: &HistoryPage) {
        let Some(reading) = self.executions.get_mut(execution) else { return };
        let Some(mut scan) = reading.scan.take().map(|scan| scan.0) else { return };
        if let Some(token) = scan.page(page) {
            reading.scan = Some(Box::new((scan, Some(token))));
            self.ask(Ask::Scan(execution));
            return;
        }
        reading.read_before = true;
        if let Some((at, timeouts)) = scan.execution {
            reading.start = Start::Known(at, timeouts);
        }
        let late: Vec<_> = reading.claims.iter().copied().filter(|&claim| !scan.sought(claim)).collect();
        if scan.cancel_requested {
            self.workflow_cancel_seen(now, execution);
        }
        for (id, found) in scan.found() {
            self.scan_done(now, id, &scan, found);
        }
        // Whoever was claimed while the pages were read has its turn now.
        for id in late {
            self.look_up(now, id);
        }
    }

    fn scan_done(&mut self, now: Now, id: ClaimId, scan: &Scan, found: &Found) {
        let Some(claim) = self.ledger.claims.get(&id).filter(|claim| claim.is_open()) else { return };
        let agreement = found.started_at.map(|at| self.clock.event_of(at, claim.sent.boot, claim.received));
        let news = learned(claim, found, scan.execution);
        let cancel = found.cancel_requested && claim.cancel.is_none();
        let known_up_to = scan.known_up_to(found);
        self.say_disjoint(now, agreement.unwrap_or(Agreement::Agreed));
        let lookup = &mut self.live(id).lookup;
        if lookup.seen.is_none() && known_up_to.is_some() {
            // No longer being looked up.
            self.dirty.insert(id);
        }
        let lookup = &mut self.live(id).lookup;
        lookup.seen = known_up_to.max(lookup.seen);
        // What is appended wakes the lookup again when it lands; before that it would ask what is known already.
        let landing = news.is_some();
        if let Some(news) = news {
            self.append(now, news);
        }
        if cancel {
            let at = self.stamp(now);
            self.append(now, Record::CancelSeen { claim: id, at });
        }
        match scan.ending(found) {
            Some(ending) => self.ended(now, id, ending),
            None => self.look_again(now, id, landing),
        }
    }

    /// The scan is over and may have left something open. `landing`: what it found is on its way to the disk.
    fn look_again(&mut self, now: Now, id: ClaimId, landing: bool) {
        let lookup = &mut self.live(id).lookup;
        let complete = lookup.seen.is_some();
        if lookup.ending_wanted.is_some() {
            lookup.tries += 1;
            let tries = lookup.tries;
            self.no_ending_yet(now, id, tries);
        } else if complete {
            lookup.tries = 0;
            if !landing {
                self.look_up(now, id);
            }
        } else {
            // Not there yet: eventually consistent. Meanwhile the type's defaults may help.
            lookup.tries += 1;
            let wait = backoff(lookup.tries, 500, 30_000);
            let ask_type = lookup.tries == TYPE_AFTER;
            self.agenda.set(Job::Lookup(id), now.boot + wait);
            if ask_type && let Some(claim) = self.ledger.claims.get(&id).filter(|it| misses_a_field(&it.timeouts)) {
                let key = (claim.source.domain.clone(), claim.task.activity_type.clone());
                self.want_type(now, id, key);
            }
        }
    }

    /// The execution's own timeout and start, once an execution.
    fn want_start(&mut self, now: Now, id: ClaimId, execution: ExecutionId) {
        match self.executions.get(execution).map(|reading| reading.start) {
            Some(Start::Known(at, timeouts)) => {
                let timeouts = Timeouts { execution: timeouts.execution, ..Timeouts::default() };
                self.append(now, record(id, timeouts, None, None, Some(at), None));
            }
            Some(Start::Unknown) => self.ask(Ask::Start(execution)),
            Some(Start::Silent) | None => {}
        }
    }

    /// The execution's first event.
    pub(super) fn execution_start(&mut self, now: Now, execution: ExecutionId, page: &HistoryPage) {
        let first = page.events.first().map(|event| (event.at, &event.attributes));
        let start = match first {
            Some((at, Attributes::ExecutionStarted { timeouts })) if timeouts.execution.is_some() => {
                Start::Known(at, *timeouts)
            }
            _ => Start::Silent,
        };
        let Some(reading) = self.executions.get_mut(execution) else { return };
        reading.start = start;
        for id in reading.claims.clone() {
            self.look_up(now, id);
        }
    }

    fn want_type(&mut self, now: Now, id: ClaimId, key: (Foreign, ActivityType)) {
        if self.types_denied {
            self.live(id).lookup.type_asked = true;
        } else if let Some(defaults) = self.types.get(&key) {
            let defaults = *defaults;
            self.live(id).lookup.type_asked = true;
            self.learn_timeouts(now, id, defaults);
        } else {
            self.types_waiting.entry(key.clone()).or_default().insert(id);
            self.ask(Ask::Type(key.0, key.1));
        }
    }

    /// The defaults of a type: a fallback for each field that is still unknown, for everybody who waits for them.
    pub(super) fn type_described(&mut self, now: Now, key: (Foreign, ActivityType), defaults: Timeouts) {
        let waiting = self.types_waiting.remove(&key).unwrap_or_default();
        self.types.insert(key, defaults);
        for id in waiting {
            self.live(id).lookup.type_asked = true;
            self.learn_timeouts(now, id, defaults);
        }
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

    /// A question was not answered.
    pub(super) fn lookup_failed(&mut self, now: Now, ask: &Ask, failure: &Failure) {
        if failure.class == Class::Throttled {
            self.asks.throttled(now);
        }
        match ask {
            Ask::Type(domain, activity_type) => {
                self.type_failed(now, &(domain.clone(), activity_type.clone()), failure);
            }
            Ask::Scan(execution) | Ask::Start(execution) => self.history_failed(now, *execution, failure),
        }
    }

    fn type_failed(&mut self, now: Now, key: &(Foreign, ActivityType), failure: &Failure) {
        let waiting = self.types_waiting.remove(key).unwrap_or_default();
        let transient = match failure.class {
            Class::Denied => {
                self.types_denied = true;
                self.say_once(now, "type", format!("type defaults cannot be read: {}", failure.line()));
                false
            }
            Class::Gone | Class::Refused | Class::Invalid => false,
            _ => {
                self.heard_failure(now, failure);
                true
            }
        };
        for id in waiting {
            let lookup = &mut self.live(id).lookup;
            lookup.type_asked = !transient;
            lookup.tries += u32::from(transient);
            let wait = backoff(lookup.tries, 1_000, 30_000);
            if transient {
                self.agenda.set(Job::Lookup(id), now.boot + wait);
            }
        }
    }

    fn history_failed(&mut self, now: Now, execution: ExecutionId, failure: &Failure) {
        let Some(reading) = self.executions.get_mut(execution) else { return };
        reading.scan = None;
        let (claims, domain) = (reading.claims.clone(), reading.domain.clone());
        match failure.class {
            Class::Denied => {
                self.history_is_denied(now, domain, failure);
                return;
            }
            Class::Gone | Class::Refused | Class::Invalid => {
                let text = format!("history has no answer: {}", failure.line());
                self.say(now, Level::Warn, "history", claims.first().copied(), text);
            }
            _ => self.heard_failure(now, failure),
        }
        self.watch_again(now, execution);
        for id in claims {
            self.not_read(now, id, failure.class);
        }
    }

    /// History had nothing to say to a task that wants to know something.
    fn not_read(&mut self, now: Now, id: ClaimId, class: Class) {
        let lookup = &mut self.live(id).lookup;
        let ending_wanted = lookup.ending_wanted.is_some();
        if lookup.seen.is_some() && !ending_wanted {
            return;
        }
        lookup.tries += 1;
        let tries = lookup.tries;
        if class == Class::Gone && ending_wanted && self.history_is_gone(now, id, tries) {
            return;
        }
        self.agenda.set(Job::Lookup(id), now.boot + backoff(tries, 1_000, 60_000));
    }

    /// Said once for all tasks: everything else goes on without.
    fn history_is_denied(&mut self, now: Now, domain: Foreign, failure: &Failure) {
        self.history_denied.insert(domain);
        let text = format!("history cannot be read, timeouts may stay unknown (set them by hand): {}", failure.line());
        self.say_once(now, "history", text);
        let open: Vec<_> = self.ledger.claims.values().filter(|it| it.is_open()).map(|it| it.id).collect();
        for id in open {
            self.dirty.insert(id);
            self.look_up(now, id);
        }
    }

    /// Other credentials may have other permissions.
    pub(super) fn ask_everything_again(&mut self, now: Now) {
        let denied = std::mem::take(&mut self.history_denied);
        if !std::mem::take(&mut self.types_denied) && denied.is_empty() {
            return;
        }
        for word in ["history", "type"] {
            self.said.remove(word);
        }
        let open: Vec<_> = self.ledger.claims.values().filter(|it| it.is_open()).map(|it| it.id).collect();
        for id in open {
            self.live(id).lookup.type_asked = false;
            self.look_up(now, id);
            self.watch_claim(now, id);
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
            let open = self.ledger.claims.values().filter(|claim| claim.is_open());
            let concerned = open.filter(|claim| deadlines::follow_the_service(claim)).map(|claim| claim.id);
            if after < before {
                self.dirty.extend(concerned);
            } else {
                // What is shown is too early, which can wait, and there may be ten thousand of them.
                self.restate.extend(concerned);
            }
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
fn learned(claim: &Claim, found: &Found, execution: Option<(i64, Timeouts)>) -> Option<Record> {
    let (scheduled_at, mut timeouts) = found.scheduled?;
    let execution_at = execution.map(|(at, execution)| {
        timeouts.execution = execution.execution;
        at
    });
    let known = claim.started_at.is_some() && claim.scheduled_at.is_some();
    let (started, event) = (found.started_at, found.scheduled_event_id);
    let news = record(claim.id, timeouts, Some(scheduled_at), started, execution_at, event);
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
