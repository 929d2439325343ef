//! Every record there can be, and that it comes back as it was.

use proptest::prelude::*;

use super::*;
use crate::task::{Limit, Source, Timeouts};
use crate::text::Foreign;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_record_comes_back_as_it_was(written in prop::collection::vec(any_record(), 1..40)) {
        let (_directory, path) = directory();
        let (journal, _, done) = open(&path);
        journal.append(1, written.clone(), Durability::Synced).unwrap();
        prop_assert_eq!(next(&done), (1, Ok(())));
        // Without the choice of what is live, which has a test of its own.
        let reader = Connection::open(&path).unwrap();
        prop_assert_eq!(records(&reader::read_all(&path, &reader).unwrap()), written);
    }
}

fn any_foreign() -> impl Strategy<Value = Foreign> {
    any::<String>().prop_map(Foreign::from)
}

fn any_stamp() -> impl Strategy<Value = Stamp> {
    (any::<i64>(), any::<i64>(), any::<Option<i64>>()).prop_map(|(boot, wall, service)| Stamp {
        boot: Boot(boot),
        wall: Wall(wall),
        service,
    })
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    let text = || prop::option::of(any_foreign());
    prop_oneof![
        text().prop_map(|result| Outcome::Completed { result }),
        (text(), text()).prop_map(|(reason, details)| Outcome::Failed { reason, details }),
        text().prop_map(|details| Outcome::Canceled { details }),
    ]
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
    let kind = || prop::sample::select(vec![OutcomeKind::Completed, OutcomeKind::Failed, OutcomeKind::Canceled]);
    let text = || prop::option::of(any_foreign());
    prop_oneof![
        (kind(), any::<bool>()).prop_map(|(kind, from_history)| Verdict::Ours { kind, from_history }),
        (kind(), text()).prop_map(|(kind, written)| Verdict::ClosedByOther { kind, written }),
        (prop::sample::select(TimeoutKind::CLAIMED.to_vec()), text())
            .prop_map(|(kind, details)| Verdict::TimedOut { kind, details }),
        any_foreign().prop_map(|event_type| Verdict::ExecutionClosed { event_type }),
        any::<String>().prop_map(|why| Verdict::Unproven { why }),
    ]
}

fn any_timeouts() -> impl Strategy<Value = Timeouts> {
    let limit = prop_oneof![Just(Limit::None), any::<u32>().prop_map(Limit::Seconds)];
    let source = prop::sample::select(vec![Source::History, Source::TypeDefault, Source::Operator]);
    let value = prop::option::of((limit, source)).boxed();
    (value.clone(), value.clone(), value.clone(), value).prop_map(
        |(heartbeat, start_to_close, schedule_to_close, execution)| Timeouts {
            heartbeat,
            start_to_close,
            schedule_to_close,
            execution,
        },
    )
}

/// A claim with text in every member. Its number is far from those of `any_record`'s others and nearly unique: a claim has
/// one token, and at most one intent.
fn any_claimed() -> impl Strategy<Value = Record> {
    let text = prop::collection::vec(any_foreign(), 8);
    (any::<u32>(), any::<u32>(), text, ".{1,1024}", any_stamp(), any_stamp()).prop_map(
        |(claim, poll, text, token, sent, received)| {
            let [domain, task_list, identity, activity_id, name, version, workflow_id, run_id] =
                <[Foreign; 8]>::try_from(text).unwrap();
            let source = ClaimSource { domain, task_list, poll: PollNumber(poll.into()), identity };
            let task = ClaimedTask {
                token: TaskToken::new(token),
                input: (poll % 2 == 0).then(|| activity_id.clone()),
                activity_id,
                activity_type: ActivityType { name, version },
                started_event_id: claim.into(),
                execution: WorkflowExecution { workflow_id, run_id },
            };
            Record::Claimed { claim: ClaimId(claim.into()), source, task: Arc::new(task), sent, received }
        },
    )
}

fn any_record() -> impl Strategy<Value = Record> {
    let claim = || (0..1u64 << 62).prop_map(ClaimId);
    // Odd, because every hundredth poll sweeps up after those before it.
    let poll = || any::<u32>().prop_map(|poll| PollNumber(u64::from(poll) * 2 + 1));
    let number = any::<Option<i64>>;
    prop_oneof![
        (poll(), any_stamp()).prop_map(|(poll, at)| Record::PollStarted { poll, at, target: None }),
        poll().prop_map(|poll| Record::PollEnded { poll }),
        any_claimed(),
        (claim(), any_timeouts(), number(), number(), number(), number()).prop_map(
            |(claim, timeouts, scheduled_at, started_at, execution_started_at, scheduled_event_id)| {
                Record::TimeoutsLearned {
                    claim,
                    timeouts,
                    scheduled_at,
                    started_at,
                    execution_started_at,
                    scheduled_event_id,
                }
            }
        ),
        (claim(), any_foreign()).prop_map(|(claim, details)| Record::Details { claim, details }),
        (claim(), any_stamp(), any::<i64>(), any::<u64>()).prop_map(|(claim, sent, took_ms, count)| Record::Beaten {
            claim,
            sent,
            took_ms,
            count
        }),
        (claim(), any_stamp(), number(), any::<String>(), any::<bool>())
            .prop_map(|(claim, at, length_ms, why, first)| Record::Lease { claim, at, length_ms, why, first }),
        (claim(), any_stamp()).prop_map(|(claim, at)| Record::CancelSeen { claim, at }),
        claim().prop_map(|claim| Record::CancelAnswered { claim }),
        (claim(), any_outcome(), any_stamp()).prop_map(|(claim, outcome, at)| Record::Intent { claim, outcome, at }),
        (claim(), any::<bool>()).prop_map(|(claim, maybe_applied)| Record::Attempt { claim, maybe_applied }),
        claim().prop_map(|claim| Record::IntentWithdrawn { claim }),
        (claim(), any_verdict(), any_stamp()).prop_map(|(claim, verdict, at)| Record::Verdict { claim, verdict, at }),
        (claim(), any_stamp(), any_foreign(), number()).prop_map(|(claim, at, text, follow_up)| Record::Note {
            claim,
            at,
            text,
            follow_up: follow_up.map(Wall)
        }),
        claim().prop_map(|claim| Record::Dismissed { claim }),
    ]
}
