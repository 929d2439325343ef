//! The four deadlines of a claim as lower bounds: the service will not end the task before the instant shown
//! (engine rules, "Countdown that never overstates", 1 to 4). Pure.

use crate::clock::{Boot, ServiceClock};
use crate::task::{Limit, TimeoutKind, Timeouts};

use super::facts::Deadline;
use super::ledger::Claim;

/// All four, in the order of [`TimeoutKind::CLAIMED`].
pub(super) fn deadlines(claim: &Claim, clock: &ServiceClock, now: Boot) -> [Deadline; 4] {
    TimeoutKind::CLAIMED.map(|kind| deadline(claim, kind, clock, now))
}

/// The instant until which the service surely waits for a heartbeat.
pub(super) fn heartbeat(claim: &Claim, clock: &ServiceClock, now: Boot) -> Option<Boot> {
    deadline(claim, TimeoutKind::Heartbeat, clock, now).at
}

/// The same for the queue, where a type's default stands in for a timeout that is not known yet.
pub(super) fn in_queue(claim: &Claim, defaults: Option<&Timeouts>, clock: &ServiceClock, now: Boot) -> Option<Boot> {
    let known = heartbeat(claim, clock, now);
    if known.is_some() || claim.timeouts.heartbeat.is_some() {
        return known;
    }
    let length = defaults?.heartbeat?.0.millis()?;
    claim.beat.map_or(claim.sent, |beat| beat.sent).earliest_end(length, clock, now)
}

/// Until when the service may wait if it took in a heartbeat sent at `sent` whose answer was lost.
pub(super) fn if_taken(claim: &Claim, clock: &ServiceClock, sent: Boot) -> Option<Boot> {
    let length = heartbeat_limit(claim)?.millis()?;
    Some(sent + length + -clock.drift(length))
}

/// Whether any of them depends on what is known of the service's clock.
pub(super) fn follow_the_service(claim: &Claim) -> bool {
    let standing = TimeoutKind::CLAIMED.into_iter().filter(|&kind| kind != TimeoutKind::Heartbeat);
    let is_limited = |kind| claim.timeouts.get(kind).is_some_and(|(limit, _)| limit != Limit::None);
    claim.beat.is_none_or(|beat| beat.sent.boot.is_none()) || standing.into_iter().any(is_limited)
}

fn deadline(claim: &Claim, kind: TimeoutKind, clock: &ServiceClock, now: Boot) -> Deadline {
    let limit = claim.timeouts.get(kind);
    let unknown = Deadline { kind, limit, at: None, approximate: false };
    let Some(length) = limit.and_then(|(limit, _)| limit.millis()) else { return unknown };
    // The poll that brought the task was sent before ActivityTaskStarted, so counting from it is too early, never late.
    let from_poll = || claim.sent.earliest_end(length, clock, now);
    let from_event = |at: Option<i64>| clock.earliest_end(at?, length, now);
    match kind {
        TimeoutKind::Heartbeat => match claim.beat {
            // From the instant of sending, never from the answer: the service resets its clock in between. Of a heartbeat
            // in another boot nobody may know when it was; it was after the start.
            Some(beat) => match beat.sent.earliest_end(length, clock, now) {
                Some(at) => Deadline { at: Some(at), ..unknown },
                None => later(from_event(claim.started_at), None, unknown),
            },
            None => later(from_poll(), from_event(claim.started_at), unknown),
        },
        TimeoutKind::StartToClose => match from_event(claim.started_at) {
            Some(at) => Deadline { at: from_poll().max(Some(at)), ..unknown },
            None => later(from_poll(), None, unknown),
        },
        TimeoutKind::ScheduleToClose => Deadline { at: from_event(claim.scheduled_at), ..unknown },
        _ => Deadline { at: from_event(claim.execution_started_at), ..unknown },
    }
}

/// Two lower bounds: the later one holds.
fn later(one: Option<Boot>, other: Option<Boot>, unknown: Deadline) -> Deadline {
    Deadline { at: one.max(other), approximate: true, ..unknown }
}

/// Whether the service's clock is surely past a deadline: the latest instant at which it can have come, that is.
///
/// A heartbeat deadline is never surely past: an unanswered heartbeat may have moved it.
pub(super) fn surely_past(claim: &Claim, clock: &ServiceClock, now: Boot) -> Option<TimeoutKind> {
    let starts = [
        (TimeoutKind::StartToClose, claim.started_at),
        (TimeoutKind::ScheduleToClose, claim.scheduled_at),
        (TimeoutKind::Execution, claim.execution_started_at),
    ];
    starts.into_iter().find_map(|(kind, start)| {
        // A type default is not proof: the decision may have asked for more.
        let (limit, source) = claim.timeouts.get(kind)?;
        let proven = source == crate::task::Source::History;
        let end = start?.saturating_add(limit.millis()?);
        (proven && clock.latest_local(end, now)? + GRACE_MS < now).then_some(kind)
    })
}

/// How late the service may fire a timeout before its silence means something.
const GRACE_MS: i64 = 5_000;

/// The length of a heartbeat timeout where it is known.
pub(super) fn heartbeat_limit(claim: &Claim) -> Option<Limit> {
    claim.timeouts.heartbeat.map(|(limit, _)| limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::ledger::Ledger;
    use crate::console::testing::{claimed_record, stamp};
    use crate::task::{ClaimId, Record, Source, Timeouts};

    const ID: ClaimId = ClaimId(1);

    /// Poll sent at boot 1000, answered at 2000; the task started at service time 501_500, that is boot 1500.
    fn claim(records: &[Record]) -> (Claim, ServiceClock) {
        let mut ledger = Ledger::default();
        ledger.apply(&claimed_record(1, "rel-1", 1), true);
        for record in records {
            ledger.apply(record, true);
        }
        let mut clock = ServiceClock::default();
        clock.sample(501_400, 501_600, Boot(1_400), Boot(1_600));
        ((*ledger.claims[&ID]).clone(), clock)
    }

    fn learned() -> Record {
        let known = |seconds| Some((Limit::Seconds(seconds), Source::History));
        Record::TimeoutsLearned {
            claim: ID,
            timeouts: Timeouts {
                heartbeat: known(60),
                start_to_close: known(600),
                schedule_to_close: known(900),
                execution: Some((Limit::None, Source::History)),
            },
            scheduled_at: Some(491_500),
            started_at: Some(501_500),
            execution_started_at: Some(480_000),
            scheduled_event_id: Some(5),
        }
    }

    #[test]
    fn no_overstatement_before_the_first_beat_counts_from_the_poll() {
        let (claim, _) = claim(&[learned()]);
        let [heartbeat, ..] = deadlines(&claim, &ServiceClock::default(), Boot(2_000));
        assert_eq!(heartbeat.at, Some(Boot(1_000 + 60_000 - 30)));
        assert!(heartbeat.approximate);
    }

    #[test]
    fn no_overstatement_a_beat_counts_from_its_sending() {
        let beat = Record::Beaten { claim: ID, sent: stamp(10_000), took_ms: 2_500, count: 1 };
        let (claim, clock) = claim(&[learned(), beat]);
        let [heartbeat, start_to_close, ..] = deadlines(&claim, &clock, Boot(12_500));
        assert_eq!(heartbeat.at, Some(Boot(10_000 + 60_000 - 30)));
        assert!(!heartbeat.approximate);
        // Boot 1500 is the truth; the clock is known to 400 ms and may drift on the way.
        let at = start_to_close.at.unwrap().0;
        assert!((600_500..=601_500).contains(&at), "{at}");
    }

    #[test]
    fn unknown_is_not_none() {
        let (claim, clock) = claim(&[]);
        assert!(deadlines(&claim, &clock, Boot(0)).iter().all(Deadline::is_unknown));
        let (claim, clock) = self::claim(&[learned()]);
        let [.., execution] = deadlines(&claim, &clock, Boot(0));
        assert!(execution.at.is_none() && !execution.is_unknown());
    }

    #[test]
    fn a_standing_deadline_is_surely_past_only_with_proof() {
        let (claim, clock) = claim(&[learned()]);
        assert_eq!(surely_past(&claim, &clock, Boot(601_500)), None);
        assert_eq!(surely_past(&claim, &clock, Boot(620_000)), Some(TimeoutKind::StartToClose));
        assert_eq!(surely_past(&claim, &ServiceClock::default(), Boot(620_000)), None);
    }
}
