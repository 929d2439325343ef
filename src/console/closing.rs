//! Closing once, and knowing it (engine rules, "Closing once, and knowing it", 1 to 5).
//!
//! The intent is on disk before the first byte goes out; kind and payload are frozen. "Unknown activity" after a close
//! may be our own first attempt, so the service's history decides.

use crate::clock::{Boot, Now};
use crate::task::{ClaimId, Outcome, OutcomeKind, Record, Verdict};
use crate::text::Foreign;
use crate::wire::{Class, Failure, Request};

use super::Console;
use super::agenda::Job;
use super::cadence::{CALL_LIMIT_MS, backoff};
use super::event::{Effect, Level};
use super::live::Purpose;
use super::quota::Api;
use super::rules::Rule;
use super::scan::Ending;

/// How long heartbeats go on between unknown attempts for a task kept by hand: the close is its lease; milliseconds.
pub(super) const LEASE_MS: i64 = 600_000;
/// Longest wait between two attempts, milliseconds.
const LONGEST_WAIT_MS: i64 = 10_000;
/// The same while each is refused and only history can tell, milliseconds.
const LONGEST_DOUBT_MS: i64 = 60_000;

impl Console {
    /// The operator decides how the task ends. Nothing is sent before that is written.
    pub(super) fn decide(&mut self, now: Now, id: ClaimId, outcome: Outcome) {
        self.live(id).deciding = true;
        self.dirty.insert(id);
        let at = self.stamp(now);
        self.append(now, Record::Intent { claim: id, outcome, at });
    }

    /// The decision is on disk: a beat in flight is abandoned and the close goes out at once.
    pub(super) fn intent_landed(&mut self, now: Now, id: ClaimId) {
        let live = self.live(id);
        live.deciding = false;
        live.asked_until = None;
        live.close_tries = 0;
        live.close_stopped = false;
        live.due = None;
        self.abandon_beat(id);
        self.ready.remove(id);
        self.agenda.set(Job::Close(id), now.boot);
    }

    /// Gives up a heartbeat in flight: its answer would mean nothing any more. A close is never given up.
    pub(super) fn abandon_beat(&mut self, id: ClaimId) {
        let live = self.live(id);
        for call in [live.in_flight, live.second].into_iter().flatten() {
            if matches!(self.calls.get(call), Some(Purpose::Beat { .. })) {
                self.calls.remove(call);
                self.live(id).in_flight = None;
                self.out.push(Effect::Abandon(call));
            }
        }
        self.live(id).second = None;
        self.agenda.clear(Job::Second(id));
    }

    /// Sends the close, the same one each time.
    pub(super) fn attempt_close(&mut self, now: Now, id: ClaimId) {
        let Some(claim) = self.ledger.claims.get(&id).filter(|claim| claim.is_open()) else { return };
        let Some(intent) = &claim.intent else { return };
        let changed = intent.attempts > 0 && !self.config.rules.hold(Rule::CloseIsFrozen);
        let outcome = if changed { &Outcome::Canceled { details: None } } else { &intent.outcome };
        let request = close_request(claim.task.token.clone(), outcome);
        let live = self.live(id);
        if live.close_gone || live.close_stopped {
            return;
        }
        self.abandon_beat(id);
        if self.live(id).in_flight.is_some() {
            // An attempt is out already; it re-arms this job when it comes back.
            return;
        }
        if let Err(until) = self.may_close(now, &request) {
            self.ready.close_later(id);
            if let Some(until) = until {
                self.agenda.set_by(Job::Reach, until);
            }
            return;
        }
        let call = self.call(now, Purpose::Close { claim: id }, request, CALL_LIMIT_MS);
        self.live(id).in_flight = Some(call);
        self.dirty.insert(id);
    }

    /// Whether there is room for one more close; `Err` is when to ask again, if time helps.
    fn may_close(&mut self, now: Now, request: &Request) -> Result<(), Option<Boot>> {
        self.reach.may_close(now.boot, self.calls.beats(), self.calls.closes())?;
        let bucket = Api::of(request).map(|api| self.quotas.of(api));
        bucket.map_or(Ok(()), |bucket| bucket.take(now.boot)).map_err(Some)
    }

    /// The service applied our close.
    pub(super) fn closed(&mut self, now: Now, id: ClaimId) {
        let Some(kind) = self.intent_kind(id) else { return };
        self.conclude(now, id, Verdict::Ours { kind, from_history: false });
    }

    fn intent_kind(&self, id: ClaimId) -> Option<OutcomeKind> {
        self.ledger.claims.get(&id)?.intent.as_ref().map(|intent| intent.outcome.kind())
    }

    /// An attempt failed.
    pub(super) fn close_failed(&mut self, now: Now, id: ClaimId, failure: &Failure) {
        self.append_lazily(Record::Attempt { claim: id, maybe_applied: failure.class == Class::Unknown });
        // One attempt of unknown outcome freezes the close, whatever the others came to.
        let in_doubt =
            self.ledger.claims.get(&id).and_then(|claim| claim.intent.as_ref()).is_some_and(|it| it.maybe_applied);
        let words = failure.line();
        let live = self.live(id);
        live.close_tries += 1;
        live.close_trouble = Some(words.clone());
        let tries = live.close_tries;
        match failure.class {
            Class::Gone => {
                live.close_gone = true;
                live.refused = Some(words.clone());
                self.heard(now, None);
                let text = format!("{words}: looking in history how the task ended");
                self.say(now, Level::Warn, "close", Some(id), text);
                self.want_ending(now, id);
            }
            Class::Invalid | Class::Refused if in_doubt => {
                self.heard(now, None);
                let text = format!(
                    "attempt {tries} refused: {words}; an earlier one may have been applied, so the same is sent again and \
                     history is asked"
                );
                self.say(now, Level::Error, "close", Some(id), text);
                self.agenda.set(Job::Close(id), now.boot + backoff(tries, 1_000, LONGEST_DOUBT_MS));
                self.want_ending(now, id);
            }
            Class::Invalid | Class::Refused => {
                live.close_stopped = true;
                self.heard(now, None);
                let text = format!("refused: {words}; not sent again by itself: withdraw the close and decide anew");
                self.say(now, Level::Error, "close", Some(id), text);
            }
            _ => {
                let unknown = failure.class == Class::Unknown;
                let what = if unknown { "unconfirmed, it may have been applied" } else { "not applied" };
                let text = format!("attempt {tries} {what}: {words}; sending the same again");
                self.say(now, Level::Warn, "close", Some(id), text);
                self.heard_failure(now, failure);
                self.agenda.set(Job::Close(id), now.boot + backoff(tries, 1_000, LONGEST_WAIT_MS));
                // Heartbeats go on in between: the task must not die while we are not sure.
                self.make_ready(now, id, now.boot);
            }
        }
    }

    /// Takes the decision back, if the service certainly never applied it.
    pub(super) fn withdraw(&mut self, now: Now, id: ClaimId) {
        let Some(claim) = self.ledger.claims.get(&id).filter(|claim| claim.is_open()) else { return };
        let Some(intent) = &claim.intent else { return };
        let in_doubt = intent.maybe_applied;
        let live = self.live(id);
        if in_doubt || live.close_gone || live.in_flight.is_some() {
            let text = "cannot be taken back: an attempt may have been applied; wait for the service's word";
            self.say(now, Level::Error, "close", Some(id), text);
            return;
        }
        live.close_stopped = true;
        self.append(now, Record::IntentWithdrawn { claim: id });
    }

    pub(super) fn withdrawal_landed(&mut self, now: Now, id: ClaimId) {
        self.agenda.clear(Job::Close(id));
        let live = self.live(id);
        live.close_trouble = None;
        live.refused = None;
        // Of a heartbeat that the decision has put aside; a kept task's next one says anew what is the matter.
        live.trouble = None;
        self.say(now, Level::Info, "close", Some(id), "taken back, the task is held again");
        self.arm(now, id);
    }

    /// History says how the task ended.
    pub(super) fn ended(&mut self, now: Now, id: ClaimId, ending: Ending) {
        let Some(claim) = self.ledger.claims.get(&id) else { return };
        let verdict = match ending {
            Ending::TimedOut { kind, details } => Verdict::TimedOut { kind, details },
            Ending::ExecutionClosed { event_type } => Verdict::ExecutionClosed { event_type },
            Ending::Closed { kind, reason, text } => match &claim.intent {
                // Even after "unknown activity" to the first attempt: some proxy may have sent it twice.
                Some(intent) if wrote(&intent.outcome) == (kind, some(reason.as_ref()), some(text.as_ref())) => {
                    Verdict::Ours { kind, from_history: true }
                }
                _ => Verdict::ClosedByOther { kind, written: written(reason, text) },
            },
        };
        self.conclude(now, id, verdict);
    }

    /// A verdict is certain; it holds when it is written.
    pub(super) fn conclude(&mut self, now: Now, id: ClaimId, verdict: Verdict) {
        let live = self.live(id);
        if std::mem::replace(&mut live.concluding, true) {
            return;
        }
        let at = self.stamp(now);
        self.append(now, Record::Verdict { claim: id, verdict, at });
    }

    pub(super) fn verdict_landed(&mut self, now: Now, id: ClaimId, verdict: &Verdict) {
        self.agenda.clear_claim(id);
        self.leave_execution(id);
        self.ready.remove(id);
        self.abandon_beat(id);
        let (level, text) = verdict_words(verdict);
        self.say(now, level, if level == Level::Info { "close" } else { "gone" }, Some(id), text);
        self.agenda.set_by(Job::Count, now.boot + 1_500);
    }
}

fn close_request(token: crate::task::TaskToken, outcome: &Outcome) -> Request {
    match outcome.clone() {
        Outcome::Completed { result } => Request::Complete { token, result },
        Outcome::Failed { reason, details } => Request::Fail { token, reason, details },
        Outcome::Canceled { details } => Request::Cancel { token, details },
    }
}

/// An outcome as history shows it: kind, reason, text. The service leaves empty members out.
fn wrote(outcome: &Outcome) -> (OutcomeKind, Option<&Foreign>, Option<&Foreign>) {
    match outcome {
        Outcome::Completed { result } => (OutcomeKind::Completed, None, some(result.as_ref())),
        Outcome::Failed { reason, details } => (OutcomeKind::Failed, some(reason.as_ref()), some(details.as_ref())),
        Outcome::Canceled { details } => (OutcomeKind::Canceled, None, some(details.as_ref())),
    }
}

/// What somebody else wrote, for reading: a reason and its details below each other.
fn written(reason: Option<Foreign>, text: Option<Foreign>) -> Option<Foreign> {
    match (reason, text) {
        (Some(reason), Some(text)) if !text.is_empty() => Some(format!("{}\n{}", reason.raw(), text.raw()).into()),
        (reason, text) => reason.or(text),
    }
}

fn some(text: Option<&Foreign>) -> Option<&Foreign> {
    text.filter(|text| !text.is_empty())
}

/// How loud a verdict is, and its words.
fn verdict_words(verdict: &Verdict) -> (Level, String) {
    let quoted = |text: &Option<Foreign>| text.as_ref().map_or(String::new(), |text| format!(" \"{}\"", text.line()));
    match verdict {
        Verdict::Ours { kind, from_history: false } => (Level::Info, format!("{}, confirmed", kind.word())),
        Verdict::Ours { kind, from_history: true } => {
            (Level::Info, format!("{}, as history has it: ours, or an identical one", kind.word()))
        }
        Verdict::ClosedByOther { kind, written } => {
            (Level::Error, format!("{} by somebody else{}", kind.word(), quoted(written)))
        }
        Verdict::TimedOut { kind, details: None } => (Level::Error, format!("timed out: {}, no details", kind.name())),
        Verdict::TimedOut { kind, details } => {
            (Level::Error, format!("timed out: {}, last details{}", kind.name(), quoted(details)))
        }
        Verdict::ExecutionClosed { event_type } => {
            (Level::Error, format!("ended with its workflow: {}", event_type.line()))
        }
        Verdict::Unproven { why } => (Level::Error, format!("closed, by whom unproven: {why}")),
    }
}
