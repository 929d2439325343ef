//! The durable state and the one way it changes: [`Ledger::apply`], pure, shared by the live run, a restart and a
//! read-only screen. Nothing in here is a guess, and nothing in here is volatile (in flight, back-off: `live`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::{Boot, ServiceClock, Wall};
use crate::task::{
    ClaimId, ClaimSource, ClaimedTask, Outcome, PollNumber, PollTarget, Record, Stamp, Timeouts, Verdict,
};
use crate::text::Foreign;

use super::rules::{Rule, Rules};

/// An instant of the past as far as this boot can still place it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// On the boot clock, if it was this boot's.
    pub boot: Option<Boot>,
    /// A lower bound of the service's clock then.
    pub service: Option<i64>,
    /// For display.
    pub wall: Wall,
}

impl Moment {
    fn new(stamp: Stamp, this_boot: bool) -> Self {
        Self { boot: this_boot.then_some(stamp.boot), service: stamp.service, wall: stamp.wall }
    }

    /// The earliest local instant at which `length_ms` can have passed on the service's clock since then.
    pub(super) fn earliest_end(&self, length_ms: i64, clock: &ServiceClock, now: Boot) -> Option<Boot> {
        match self.boot {
            Some(boot) => Some(boot + length_ms + -clock.drift(length_ms)),
            None => clock.earliest_end(self.service?, length_ms, now),
        }
    }
}

/// A heartbeat the service answered with 200.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beat {
    pub sent: Moment,
    pub took_ms: i64,
    pub count: u64,
}

/// A keep-alive lease.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    pub at: Moment,
    pub length_ms: i64,
}

impl Lease {
    /// When heartbeats stop. `None`: agreed before the machine was restarted, so nobody can say; it has lapsed.
    pub(super) fn until(&self) -> Option<Boot> {
        self.at.boot.map(|boot| boot + self.length_ms)
    }
}

/// A cancel request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cancel {
    pub seen: Wall,
    pub answered: bool,
}

/// The one outcome that was decided.
#[derive(Debug, Clone)]
pub(super) struct Intent {
    pub outcome: Outcome,
    pub at: Moment,
    /// Attempts whose end is recorded.
    pub attempts: u32,
    /// At least one attempt may have been applied: frozen until the service or its history says more.
    pub maybe_applied: bool,
}

/// What an operator noted.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub text: Foreign,
    pub at: Wall,
    /// When to be reminded.
    pub follow_up: Option<Wall>,
}

/// All that is known for good about one claim.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub id: ClaimId,
    pub source: ClaimSource,
    pub task: Arc<ClaimedTask>,
    pub sent: Moment,
    /// When the answer that brought it was read, if it was in this boot.
    pub received: Option<Boot>,
    /// The same for display.
    pub received_wall: Wall,
    pub timeouts: Timeouts,
    pub scheduled_at: Option<i64>,
    pub started_at: Option<i64>,
    pub execution_started_at: Option<i64>,
    pub details: Option<Foreign>,
    pub beat: Option<Beat>,
    pub lease: Option<Lease>,
    /// The operator wants it kept before others, should there be no room for all.
    pub first: bool,
    pub cancel: Option<Cancel>,
    pub intent: Option<Box<Intent>>,
    pub verdict: Option<Box<(Verdict, Wall)>>,
    pub note: Option<Box<Note>>,
}

impl Claim {
    /// Whether the task may still be alive.
    pub(super) fn is_open(&self) -> bool {
        self.verdict.is_none()
    }

    /// Whether it is kept alive, and nobody knows yet how long it lives without a heartbeat.
    pub(super) fn keeps_unknown(&self) -> bool {
        self.lease.is_some() && self.timeouts.heartbeat.is_none()
    }

    /// Heartbeats acknowledged so far.
    pub(super) fn beats(&self) -> u64 {
        self.beat.map_or(0, |beat| beat.count)
    }

    /// A cancel request nobody has answered.
    pub(super) fn wants_cancel(&self) -> bool {
        self.cancel.is_some_and(|cancel| !cancel.answered)
    }
}

/// A poll whose end is not recorded.
#[derive(Debug, Clone)]
pub(super) struct OpenPoll {
    pub at: Moment,
    /// What it was sent with; journals of the first versions don't say.
    pub target: Option<PollTarget>,
    /// Not worth a mention any more, see [`Ledger::age_polls`].
    is_old: bool,
}

/// Everything durable.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Claims on the list, ended ones included until dismissed.
    pub claims: BTreeMap<ClaimId, Box<Claim>>,
    /// Polls whose end is not recorded.
    pub open_polls: BTreeMap<PollNumber, OpenPoll>,
    /// How many of them are old.
    old_polls: usize,
    last_claim: u64,
    last_poll: u64,
    rules: Rules,
}

impl Ledger {
    pub(super) fn new(rules: Rules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// A claim id never used before.
    pub(super) fn new_claim(&mut self) -> ClaimId {
        self.last_claim += 1;
        ClaimId(self.last_claim)
    }

    /// A poll number never used before.
    pub(super) fn new_poll(&mut self) -> PollNumber {
        self.last_poll += 1;
        PollNumber(self.last_poll)
    }

    /// How many polls were without an end and old when [`Ledger::age_polls`] looked, and still are without one.
    pub(super) fn old_polls(&self) -> usize {
        self.old_polls
    }

    /// Looks at every poll without an end for whether it is old.
    pub(super) fn age_polls(&mut self, is_old: impl Fn(PollNumber, &OpenPoll) -> bool) {
        self.old_polls = 0;
        for (&poll, open) in &mut self.open_polls {
            open.is_old = is_old(poll, open);
            self.old_polls += usize::from(open.is_old);
        }
    }

    fn end_poll(&mut self, poll: PollNumber) {
        self.last_poll = self.last_poll.max(poll.0);
        let ended = self.open_polls.remove(&poll);
        self.old_polls -= usize::from(ended.is_some_and(|ended| ended.is_old));
    }

    /// Takes one fact in. `this_boot` says whether its boot instants mean something now.
    pub(super) fn apply(&mut self, record: &Record, this_boot: bool) {
        if let Some(ClaimId(id)) = record.claim() {
            self.last_claim = self.last_claim.max(id);
        }
        match record {
            Record::PollStarted { poll, at, target } => {
                self.last_poll = self.last_poll.max(poll.0);
                let at = Moment::new(*at, this_boot);
                self.open_polls.insert(*poll, OpenPoll { at, target: target.clone(), is_old: false });
            }
            Record::PollEnded { poll } => self.end_poll(*poll),
            Record::Claimed { claim, source, task, sent, received } => {
                self.end_poll(source.poll);
                if !self.claims.contains_key(claim) {
                    let (sent, received) = (Moment::new(*sent, this_boot), Moment::new(*received, this_boot));
                    self.claims.insert(*claim, Box::new(claimed(*claim, source, task, sent, received)));
                }
            }
            Record::Dismissed { claim } => {
                self.claims.remove(claim);
            }
            other => {
                let claim = other.claim().and_then(|claim| self.claims.get_mut(&claim));
                if let Some(claim) = claim {
                    claim.apply(other, this_boot, self.rules);
                }
            }
        }
    }
}

fn claimed(id: ClaimId, source: &ClaimSource, task: &Arc<ClaimedTask>, sent: Moment, received: Moment) -> Claim {
    Claim {
        id,
        source: source.clone(),
        task: Arc::clone(task),
        sent,
        received: received.boot,
        received_wall: received.wall,
        timeouts: Timeouts::default(),
        scheduled_at: None,
        started_at: None,
        execution_started_at: None,
        details: None,
        beat: None,
        lease: None,
        first: false,
        cancel: None,
        intent: None,
        verdict: None,
        note: None,
    }
}

impl Claim {
    fn apply(&mut self, record: &Record, this_boot: bool, rules: Rules) {
        match record {
            Record::TimeoutsLearned { timeouts, scheduled_at, started_at, execution_started_at, .. } => {
                self.timeouts.merge(timeouts);
                self.scheduled_at = scheduled_at.or(self.scheduled_at);
                self.started_at = started_at.or(self.started_at);
                self.execution_started_at = execution_started_at.or(self.execution_started_at);
            }
            Record::Details { details, .. } => self.details = Some(details.clone()),
            Record::Beaten { sent, took_ms, count, .. } => {
                // Lazy records may come late or twice; only a later beat counts.
                if *count > self.beats() {
                    self.beat = Some(Beat { sent: Moment::new(*sent, this_boot), took_ms: *took_ms, count: *count });
                }
            }
            Record::Lease { at, length_ms, first, .. } => {
                self.lease = length_ms.map(|length_ms| Lease { at: Moment::new(*at, this_boot), length_ms });
                self.first = *first && self.lease.is_some();
            }
            Record::CancelSeen { at, .. } => {
                self.cancel.get_or_insert(Cancel { seen: at.wall, answered: false });
            }
            Record::CancelAnswered { .. } => {
                if let Some(cancel) = &mut self.cancel {
                    cancel.answered = true;
                }
            }
            Record::Intent { outcome, at, .. } => {
                let at = Moment::new(*at, this_boot);
                let intent = || Intent { outcome: outcome.clone(), at, attempts: 0, maybe_applied: false };
                self.intent.get_or_insert_with(|| Box::new(intent()));
            }
            Record::Attempt { maybe_applied, .. } => {
                if let Some(intent) = &mut self.intent {
                    intent.attempts += 1;
                    let doubted = intent.maybe_applied && rules.hold(Rule::OneUnknownKeepsDoubt);
                    intent.maybe_applied = doubted || *maybe_applied;
                }
            }
            Record::IntentWithdrawn { .. } => self.intent = None,
            Record::Note { at, text, follow_up, .. } => {
                let note = || Box::new(Note { text: text.clone(), at: at.wall, follow_up: *follow_up });
                self.note = (!text.is_empty() || follow_up.is_some()).then(note);
            }
            Record::Verdict { verdict, at, .. } => {
                self.verdict.get_or_insert_with(|| Box::new((verdict.clone(), at.wall)));
                self.lease = None;
            }
            Record::PollStarted { .. }
            | Record::PollEnded { .. }
            | Record::Claimed { .. }
            | Record::Dismissed { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::testing::{claimed_record, stamp};
    use crate::task::OutcomeKind;

    #[test]
    fn no_lost_token_ids_are_never_used_again() {
        let mut ledger = Ledger::default();
        ledger.apply(&claimed_record(7, "rel-7", 3), true);
        ledger.apply(&Record::Dismissed { claim: ClaimId(7) }, true);
        assert!(ledger.claims.is_empty());
        assert_eq!((ledger.new_claim(), ledger.new_poll()), (ClaimId(8), PollNumber(4)));
    }

    #[test]
    fn one_outcome_the_first_intent_and_the_first_verdict_stand() {
        let mut ledger = Ledger::default();
        ledger.apply(&claimed_record(1, "rel-1", 1), true);
        let intent = |result: &str| Record::Intent {
            claim: ClaimId(1),
            outcome: Outcome::Completed { result: Some(result.into()) },
            at: stamp(5),
        };
        ledger.apply(&intent("first"), true);
        ledger.apply(&intent("second"), true);
        let kept = ledger.claims[&ClaimId(1)].intent.clone().unwrap();
        assert_eq!(kept.outcome, Outcome::Completed { result: Some("first".into()) });
        let ours = Verdict::Ours { kind: OutcomeKind::Completed, from_history: false };
        ledger.apply(&Record::Verdict { claim: ClaimId(1), verdict: ours.clone(), at: stamp(6) }, true);
        let other = Verdict::Unproven { why: String::new() };
        ledger.apply(&Record::Verdict { claim: ClaimId(1), verdict: other, at: stamp(7) }, true);
        assert_eq!(ledger.claims[&ClaimId(1)].verdict.clone().unwrap().0, ours);
    }

    #[test]
    fn no_overstatement_instants_of_another_boot_are_not_used() {
        let mut ledger = Ledger::default();
        ledger.apply(&claimed_record(1, "rel-1", 1), false);
        let claim = &ledger.claims[&ClaimId(1)];
        assert_eq!(claim.sent.earliest_end(60_000, &ServiceClock::default(), Boot(0)), None);
    }

    #[test]
    fn late_and_repeated_beat_records_do_not_turn_time_back() {
        let mut ledger = Ledger::default();
        ledger.apply(&claimed_record(1, "rel-1", 1), true);
        let beat = |count, at| Record::Beaten { claim: ClaimId(1), sent: stamp(at), took_ms: 1, count };
        ledger.apply(&beat(2, 900), true);
        ledger.apply(&beat(1, 500), true);
        assert_eq!(ledger.claims[&ClaimId(1)].beat.unwrap().sent.boot, Some(Boot(900)));
    }
}
