//! What the screen gets to see: facts of the claims that changed, the header, log lines. Absolute instants, no formatting
//! of time, no token.

use std::sync::Arc;

use crate::clock::Now;
use crate::task::ClaimId;

use super::agenda::Job;
use super::endings::OVERDUE_MS;
use super::event::{Effect, Level, LogLine};
use super::facts::{BeatFact, CancelFact, LeaseFact, Status, TaskFacts, TaskState};
use super::ledger::{Claim, OpenPoll};
use super::live::{Counted, Live};
use super::{Console, deadlines, notes};

/// Polls of earlier runs without a recorded end are mentioned this long, milliseconds: by then every task has timed out
/// or been noticed otherwise.
const ORPHANS_MS: i64 = 24 * 3_600_000;

/// Of how many claims the facts are told anew at once when they have changed for all, and how soon the next ones follow,
/// milliseconds: ten thousand in a second.
const RESTATED: usize = 50;
const RESTATE_MS: i64 = 5;

/// What the header counts, kept in step claim by claim: nobody walks over ten thousand of them for each heartbeat.
#[derive(Debug, Default)]
pub(super) struct Counts {
    kept: usize,
    closing: usize,
    /// Tasks that may be alive.
    open: usize,
}

impl Counts {
    /// Whether any task may be alive.
    pub(super) fn any_open(&self) -> bool {
        self.open > 0
    }

    /// How many tasks may be alive.
    pub(super) fn open(&self) -> usize {
        self.open
    }
}

impl Console {
    /// Says something in the log pane.
    pub(super) fn say(
        &mut self,
        now: Now,
        level: Level,
        word: &'static str,
        claim: Option<ClaimId>,
        text: impl Into<String>,
    ) {
        let known = claim.and_then(|id| self.ledger.claims.get(&id));
        let subject = known.map_or_else(String::new, |claim| claim.task.activity_id.line().into_owned());
        self.out.push(Effect::Log(LogLine { at: now.wall, level, word, claim, subject, text: text.into() }));
    }

    /// Says something that would be true for every task: once is enough.
    pub(super) fn say_once(&mut self, now: Now, word: &'static str, text: String) {
        if self.said.insert(word) {
            self.say(now, Level::Warn, word, None, text);
        }
    }

    /// Tells some of the facts again that changed for everybody, and the others soon: heartbeats don't wait for it.
    pub(super) fn restate(&mut self, now: Now) {
        for _ in 0..RESTATED {
            let Some(id) = self.restate.pop_first() else { return };
            if self.ledger.claims.contains_key(&id) {
                self.dirty.insert(id);
            }
        }
        if !self.restate.is_empty() {
            self.agenda.set_by(Job::Restate, now.boot + RESTATE_MS);
        }
    }

    /// Sends the screen what changed.
    pub(super) fn tell(&mut self, now: Now) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for &id in &dirty {
            self.count_claim(id);
        }
        if self.load.is_stale() {
            self.admit(now);
        }
        dirty.append(&mut self.dirty);
        self.name_left_out(now, &dirty);
        self.out.reserve(dirty.len());
        for id in dirty {
            let lease = self.lease_fact(now, id);
            let Some(claim) = self.ledger.claims.get(&id) else { continue };
            let live = self.live.entry(id).or_default();
            let next_beat = self.agenda.when(Job::Beat(id));
            let deadlines = deadlines::deadlines(claim, &self.clock, now.boot);
            // An upper bound beside it, as long as nobody knows whether the heartbeat arrived.
            let maybe = live.unknown_beat.and_then(|sent| deadlines::if_taken(claim, &self.clock, sent));
            let maybe = maybe.filter(|_| claim.is_open()).filter(|&maybe| Some(maybe) > deadlines[0].at);
            let looking_up =
                claim.is_open() && live.lookup.seen.is_none() && !self.history_denied.contains(&claim.source.domain);
            let reading = self.executions.of(id).and_then(|execution| self.executions.get(execution));
            let workflow_cancel = reading.is_some_and(|reading| reading.cancel_requested);
            let note = notes::fact(claim, now).map(Box::new);
            let facts = TaskFacts {
                deadlines,
                maybe,
                workflow_cancel,
                looking_up,
                lease,
                next_beat,
                note,
                ..facts(claim, live)
            };
            let first = facts.first_deadline().and_then(|deadline| deadline.at);
            if claim.is_open()
                && !self.config.read_only
                && let Some(at) = first.filter(|&at| at > now.boot)
            {
                self.agenda.set(Job::Overdue(id), at + OVERDUE_MS);
            }
            let facts = Arc::new(facts);
            if !self.config.read_only {
                self.notice_task(now, &facts);
            }
            self.out.push(Effect::Changed(facts));
        }
        let status = self.status(now);
        if self.status.as_deref() != Some(&status) {
            if !self.config.read_only {
                self.notice_status(now, &status);
            }
            let status = Arc::new(status);
            self.status = Some(Arc::clone(&status));
            self.out.push(Effect::Status(status));
        }
    }

    /// The lease as the screen gets it. Its end on the wall clock is what that clock makes of it now: one that was moved
    /// moves the display, never the lease.
    fn lease_fact(&self, now: Now, id: ClaimId) -> Option<LeaseFact> {
        let until = self.kept_until(id)?;
        let length_ms = self.ledger.claims.get(&id)?.lease?.length_ms;
        Some(LeaseFact { until, until_wall: crate::clock::Wall(now.wall.0 + (until - now.boot)), length_ms })
    }

    /// Keeps what is counted in step with a claim.
    pub(super) fn count_claim(&mut self, id: ClaimId) {
        let claim = self.ledger.claims.get(&id).filter(|claim| claim.is_open());
        let after = Counted {
            open: claim.is_some(),
            kept: claim.is_some_and(|claim| claim.lease.is_some()),
            limit: claim.filter(|claim| claim.lease.is_some()).and_then(|claim| deadlines::heartbeat_limit(claim)),
            closing: claim.is_some_and(|claim| claim.intent.is_some()),
        };
        let before = std::mem::replace(&mut self.live.entry(id).or_default().counted, after);
        if before == after {
            return;
        }
        let counted = |was: bool, is: bool, count: usize| count + usize::from(is) - usize::from(was);
        self.counts.kept = counted(before.kept, after.kept, self.counts.kept);
        self.counts.open = counted(before.open, after.open, self.counts.open);
        self.counts.closing = counted(before.closing, after.closing, self.counts.closing);
        if before.kept != after.kept {
            self.file_lease(id);
        }
        if before.limit != after.limit {
            self.count_load(id, before.limit, after.limit);
        }
    }

    /// How many polls have got no answer. There may be many, so each of them is looked at only once a minute, for its age.
    fn possible_orphans(&mut self, now: Now) -> usize {
        let claiming = &self.claiming;
        let minute = now.wall.0 / 60_000;
        if self.polls_aged.replace(minute) != Some(minute) {
            let is_old = |open: &OpenPoll| now.wall.0 - open.at.wall.0 >= ORPHANS_MS;
            self.ledger.age_polls(|poll, open| is_old(open) && !claiming.has_poll(poll));
        }
        let open = &self.ledger.open_polls;
        let own = claiming.poll_numbers().filter(|poll| open.contains_key(poll)).count();
        open.len() - own - self.ledger.old_polls()
    }

    fn status(&mut self, now: Now) -> Status {
        self.look_at_tolerance(now);
        let survives_ms = self.tolerances.first().map(|tolerance| tolerance.survives_ms);
        let possible_orphans = self.possible_orphans(now);
        let before = self.status.as_deref();
        Status {
            service: self.config.service.clone(),
            domain: self.config.domain.clone(),
            connection: self.reach.connection().clone(),
            claiming: shared(before.map(|it| &it.claiming), self.claiming.wants()),
            pending: shared(before.map(|it| &it.pending), self.claiming.counts()),
            poll_in_flight: self.claiming.poll_in_flight(),
            kept: self.counts.kept,
            survives_ms,
            recovers_ms: self.recovers_ms.filter(|&ms| ms < i64::MAX),
            tolerances: Arc::clone(&self.tolerances),
            left_out: self.load.left_out(),
            closing: self.counts.closing,
            possible_orphans,
            read_only: self.config.read_only,
            not_saved: self.writing.failure(),
            disk_full: self.writing.full().cloned(),
            draining: self.leaving.is_some(),
        }
    }
}

/// What was told before, if it is the same still.
fn shared<T: Clone + PartialEq>(before: Option<&Arc<[T]>>, now: &[T]) -> Arc<[T]> {
    before.filter(|before| before[..] == *now).map_or_else(|| now.into(), Arc::clone)
}

/// The facts of a claim, but for its deadlines, its lease and what is shared with other claims.
pub(super) fn facts(claim: &Claim, live: &Live) -> TaskFacts {
    TaskFacts {
        id: claim.id,
        domain: claim.source.domain.clone(),
        task_list: claim.source.task_list.clone(),
        activity_id: claim.task.activity_id.clone(),
        activity_type: claim.task.activity_type.clone(),
        started_event_id: claim.task.started_event_id,
        execution: claim.task.execution.clone(),
        input: claim.task.input.clone(),
        claimed_at: claim.received_wall,
        state: state(claim, live),
        saved: !live.unsaved,
        cancel: claim.cancel.map(|cancel| CancelFact { seen_at: cancel.seen, answered: cancel.answered }),
        deadlines: crate::task::TimeoutKind::CLAIMED.map(|kind| super::facts::Deadline {
            kind,
            limit: None,
            at: None,
            approximate: false,
        }),
        maybe: None,
        looking_up: false,
        workflow_cancel: false,
        lease: None,
        next_beat: None,
        last_beat: claim.beat.map(|beat| BeatFact {
            sent: beat.sent.boot,
            sent_wall: beat.sent.wall,
            took_ms: beat.took_ms,
            count: beat.count,
        }),
        details: claim.details.clone(),
        trouble: live.trouble.clone(),
        in_flight: live.in_flight.is_some(),
        left_out: live.is_left_out(),
        note: None,
    }
}

fn state(claim: &Claim, live: &Live) -> TaskState {
    match (&claim.verdict, &claim.intent, &live.refused) {
        (Some(ending), ..) => TaskState::Ended { verdict: ending.0.clone(), at: ending.1 },
        (None, Some(intent), _) => TaskState::Closing {
            kind: intent.outcome.kind(),
            attempts: intent.attempts,
            unconfirmed: intent.maybe_applied || live.close_gone,
            trouble: live.close_trouble.clone(),
        },
        (None, None, Some(said)) => TaskState::Refused { said: said.clone() },
        (None, None, None) => TaskState::Held,
    }
}
