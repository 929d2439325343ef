//! One outcome, decided once, and the service's word on it.

use super::*;
use crate::task::{Outcome, OutcomeKind, TimeoutKind, Verdict};

fn completed(result: &str) -> Outcome {
    Outcome::Completed { result: Some(result.into()) }
}

fn closing() -> (World, ClaimId) {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::Close { claims: vec![claim], outcome: completed("done") });
    (world, claim)
}

#[test]
fn one_outcome_the_intent_is_on_disk_before_the_first_byte() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.disk_works = false;
    world.command(Command::Close { claims: vec![claim], outcome: completed("done") });
    assert_eq!(world.calls_to(COMPLETE), 0);
    world.disk_writes();
    assert_eq!(world.calls_to(COMPLETE), 1);
    world.disk_works = true;
    world.answer(COMPLETE, 8, Ok(Answer::Closed));
    assert_eq!(world.verdict(claim), Some(&Verdict::Ours { kind: OutcomeKind::Completed, from_history: false }));
}

#[test]
fn one_outcome_a_second_decision_is_refused() {
    let (mut world, claim) = closing();
    world.command(Command::Close { claims: vec![claim], outcome: Outcome::Canceled { details: None } });
    assert!(world.said("close").last().unwrap().contains("already decided"));
    assert_eq!(world.calls_to("RespondActivityTaskCanceled"), 0);
}

#[test]
fn one_outcome_the_other_process_won() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.disk_works = false;
    world.command(Command::Close { claims: vec![claim], outcome: completed("done") });
    let (batch, _) = world.waiting.remove(0);
    let error = AppendError { message: "taken".into(), intent_taken: Some(claim) };
    world.event(Event::AppendFailed(batch, error));
    assert_eq!(world.calls_to(COMPLETE), 0);
    assert!(world.said("close").last().unwrap().contains("another process"));
}

#[test]
fn one_outcome_an_unknown_attempt_sends_the_same_again_and_history_decides() {
    let (mut world, claim) = closing();
    world.answer(COMPLETE, 50, no_answer());
    assert!(matches!(world.facts(claim).state, TaskState::Closing { unconfirmed: true, .. }));
    world.command(Command::WithdrawClose { claim });
    assert!(world.said("close").last().unwrap().contains("cannot be taken back"));
    world.pass(1_100);
    let Request::Complete { result, .. } = world.answer(COMPLETE, 8, gone()) else { panic!() };
    assert_eq!(result, Some("done".into()));
    assert!(matches!(world.facts(claim).state, TaskState::Closing { unconfirmed: true, .. }));
    let event = Attributes::Completed { started_event_id: 6, result: Some("done".into()) };
    world.answer(HISTORY, 5, history_with("rel-1", "ActivityTaskCompleted", event));
    assert_eq!(world.verdict(claim), Some(&Verdict::Ours { kind: OutcomeKind::Completed, from_history: true }));
}

#[test]
fn one_outcome_too_late_is_shown_as_what_it_is() {
    let (mut world, claim) = closing();
    world.answer(COMPLETE, 8, gone());
    world.pass(70_000);
    assert_eq!(world.calls_to(BEAT), 0, "no heartbeat after UnknownResource to a close");
    let event =
        Attributes::TimedOut { started_event_id: 6, timeout_type: "HEARTBEAT".into(), details: Some("40 %".into()) };
    world.answer(HISTORY, 5, history_with("rel-1", "ActivityTaskTimedOut", event));
    let verdict = Verdict::TimedOut { kind: TimeoutKind::Heartbeat, details: Some("40 %".into()) };
    assert_eq!(world.verdict(claim), Some(&verdict));
}

#[test]
fn one_outcome_another_result_under_the_same_kind_is_somebody_elses() {
    let (mut world, claim) = closing();
    world.answer(COMPLETE, 8, gone());
    let event = Attributes::Completed { started_event_id: 6, result: Some("theirs".into()) };
    world.answer(HISTORY, 5, history_with("rel-1", "ActivityTaskCompleted", event));
    let theirs = Verdict::ClosedByOther { kind: OutcomeKind::Completed, written: Some("theirs".into()) };
    assert_eq!(world.verdict(claim), Some(&theirs));
}

#[test]
fn one_outcome_a_crash_after_the_intent_never_un_freezes_it() {
    let (world, claim) = closing();
    let mut again = World::restarted(world.at + 1_000, world.disk);
    again.pass(100);
    assert_eq!(again.calls_to(COMPLETE), 1, "the same close goes out again");
    again.answer(COMPLETE, 8, refused("ValidationException", "bad"));
    again.command(Command::WithdrawClose { claim });
    assert!(again.said("close").last().unwrap().contains("cannot be taken back"));
}

#[test]
fn a_close_that_was_definitely_not_applied_can_be_taken_back() {
    let (mut world, claim) = closing();
    world.answer(COMPLETE, 8, refused("ValidationException", "1 validation error detected"));
    world.pass(20_000);
    assert_eq!(world.calls_to(COMPLETE), 0, "what is invalid stays invalid");
    world.command(Command::WithdrawClose { claim });
    assert_eq!(world.facts(claim).state, TaskState::Held);
    world.command(Command::Close { claims: vec![claim], outcome: completed("better") });
    world.answer(COMPLETE, 8, Ok(Answer::Closed));
    assert!(world.verdict(claim).is_some());
}

#[test]
fn a_close_abandons_the_heartbeat_in_flight() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    world.command(Command::Close { claims: vec![claim], outcome: completed("done") });
    assert_eq!(world.abandoned.len(), 1);
    assert_eq!((world.calls_to(BEAT), world.calls_to(COMPLETE)), (0, 1));
    world.pass(5_000);
    assert_eq!(world.calls_to(BEAT), 0, "no heartbeat while an attempt is in flight");
}

#[test]
fn heartbeats_go_on_between_unknown_attempts() {
    let (mut world, _) = closing();
    world.answer(COMPLETE, 50, no_answer());
    world.pass(100);
    assert_eq!(world.calls_to(BEAT), 1);
}

#[test]
fn lengths_are_checked_before_anything_is_written() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    let written = world.disk.len();
    let outcome = Outcome::Failed { reason: Some("r".repeat(257).into()), details: None };
    world.command(Command::Close { claims: vec![claim], outcome });
    assert_eq!((world.disk.len(), world.calls.len()), (written, 0));
    assert!(world.said("close").last().unwrap().contains("reason has 257 characters, SWF takes at most 256"));
}

#[test]
fn an_ended_task_can_be_dismissed_and_an_open_one_cannot() {
    let (mut world, claim) = closing();
    world.command(Command::Dismiss { claims: vec![claim] });
    assert!(world.facts.contains_key(&claim));
    world.answer(COMPLETE, 8, Ok(Answer::Closed));
    world.command(Command::Dismiss { claims: vec![claim] });
    assert!(world.facts.is_empty());
    assert!(World::restarted(world.at, world.disk).facts.is_empty());
}

#[test]
fn one_outcome_a_refusal_after_an_unknown_attempt_neither_un_freezes_nor_ends_it() {
    let (mut world, claim) = closing();
    world.answer(COMPLETE, 50, no_answer());
    world.pass(1_100);
    world.answer(COMPLETE, 8, refused("ValidationException", "1 validation error detected"));
    world.command(Command::WithdrawClose { claim });
    assert!(world.said("close").last().unwrap().contains("cannot be taken back"));
    assert!(matches!(world.facts(claim).state, TaskState::Closing { unconfirmed: true, .. }));
    let event = Attributes::Completed { started_event_id: 6, result: Some("done".into()) };
    world.answer(HISTORY, 5, history_with("rel-1", "ActivityTaskCompleted", event));
    assert_eq!(world.verdict(claim), Some(&Verdict::Ours { kind: OutcomeKind::Completed, from_history: true }));
}

#[test]
fn a_refused_close_in_doubt_is_sent_again() {
    let (mut world, _) = closing();
    world.answer(COMPLETE, 50, no_answer());
    world.pass(1_100);
    world.answer(COMPLETE, 8, refused("ValidationException", "1 validation error detected"));
    world.pass(3_000);
    assert_eq!(world.calls_to(COMPLETE), 1);
}

#[test]
fn a_task_kept_by_hand_is_beaten_between_unknown_attempts_for_ten_minutes_at_most() {
    let (mut world, _) = closing();
    let decided = world.at;
    let mut last = 0;
    while world.at < decided + 900_000 {
        if world.calls_to(COMPLETE) > 0 {
            world.answer(COMPLETE, 10, no_answer());
        }
        if world.calls_to(BEAT) > 0 {
            last = world.at;
            world.beat_ok();
        }
        world.pass(1_000);
    }
    assert!((590_000..=600_000).contains(&(last - decided)), "{}", last - decided);
}

#[test]
fn what_somebody_else_wrote_is_shown_with_reason_and_details() {
    let (mut world, claim) = closing();
    world.answer(COMPLETE, 8, gone());
    let event =
        Attributes::Failed { started_event_id: 6, reason: Some("disk".into()), details: Some("sector 7".into()) };
    world.answer(HISTORY, 5, history_with("rel-1", "ActivityTaskFailed", event));
    let written = Some("disk\nsector 7".into());
    assert_eq!(world.verdict(claim), Some(&Verdict::ClosedByOther { kind: OutcomeKind::Failed, written }));
}

#[test]
fn history_is_asked_after_1_2_4_to_60_s_until_a_timeout_is_surely_past() {
    let (mut world, claim) = closing();
    world.answer(COMPLETE, 8, gone());
    let from = world.at;
    let mut looks = Vec::new();
    while world.verdict(claim).is_none() {
        world.pass(500);
        while world.calls_to(HISTORY) > 0 {
            looks.push(world.at - from);
            world.answer(HISTORY, 0, Ok(Answer::History(HistoryPage::default())));
        }
        assert!(world.at < from + 4_000_000);
    }
    // Its own start-to-close timeout of ten minutes is surely past before that.
    assert!(matches!(world.verdict(claim), Some(Verdict::Unproven { why }) if why.contains("START_TO_CLOSE")));
    let waits: Vec<_> = looks.windows(2).map(|two| two[1] - two[0]).take(8).collect();
    assert!(waits[0] <= 1_500 && waits[1] <= 2_500 && waits.iter().all(|&wait| wait <= 60_500), "{waits:?}");
}

#[test]
fn a_close_that_history_never_explains_is_unproven_after_an_hour() {
    let mut world = World::new();
    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
    world.answer(POLL, 40, Ok(Answer::Polled(Some(Box::new(task("rel-1"))))));
    world.beat_ok();
    let claim = *world.facts.keys().next().unwrap();
    world.command(Command::Close { claims: vec![claim], outcome: completed("done") });
    world.answer(COMPLETE, 8, gone());
    let from = world.at;
    while world.verdict(claim).is_none() {
        world.pass(1_000);
        while world.calls_to(HISTORY) > 0 {
            world.answer(HISTORY, 0, Ok(Answer::History(HistoryPage::default())));
        }
        assert!(world.at < from + 4_000_000);
    }
    assert!((3_600_000..=3_662_000).contains(&(world.at - from)), "{}", world.at - from);
    assert!(matches!(world.verdict(claim), Some(Verdict::Unproven { why }) if why.contains("for an hour")));
}

#[test]
fn a_close_whose_history_is_gone_is_unproven() {
    let (mut world, claim) = closing();
    world.answer(COMPLETE, 8, gone());
    while world.verdict(claim).is_none() {
        world.answer(HISTORY, 0, refused("UnknownResourceFault", "Unknown execution: WorkflowExecution=[…]"));
        world.pass(5_000);
    }
    assert!(
        matches!(world.verdict(claim), Some(Verdict::Unproven { why }) if why.contains("no longer has the history"))
    );
}

#[test]
fn one_outcome_nothing_is_taken_back_before_the_disk_knows_of_the_doubt() {
    let (world, claim) = closing();
    // Killed while the close was out; the operator is quicker than the new process's first write.
    let entry = |(seq, record): (u64, &Record)| Entry { seq, boot_id: "boot-1".into(), record: record.clone() };
    let entries: Vec<_> = (1..).zip(&world.disk).map(entry).collect();
    let (mut console, _) = Console::new(config(), now(world.at + 700), &entries);
    let effects = console.handle(now(world.at + 701), Event::Command(Command::WithdrawClose { claim }));
    let withdrawn = |record: &Record| matches!(record, Record::IntentWithdrawn { .. });
    let taken_back =
        effects.iter().any(|it| matches!(it, Effect::Append { records, .. } if records.iter().any(withdrawn)));
    assert!(!taken_back, "{effects:?}");
}

#[test]
fn rule_3_9_a_refused_token_that_history_never_explains_is_unproven_after_an_hour() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::Keep { claims: vec![claim], length_ms: 7_200_000 });
    world.pass(13_000);
    world.answer(BEAT, 8, gone());
    let (from, mut asked) = (world.at, 0);
    while world.verdict(claim).is_none() {
        world.pass(1_000);
        while world.calls_to(BEAT) > 0 {
            world.answer(BEAT, 0, gone());
        }
        while world.calls_to(HISTORY) > 0 {
            asked += 1;
            world.answer(HISTORY, 0, Ok(Answer::History(HistoryPage::default())));
        }
        assert!(world.at < from + 4_000_000);
    }
    assert!((600_000..=3_662_000).contains(&(world.at - from)), "{}", world.at - from);
    assert!(matches!(world.verdict(claim), Some(Verdict::Unproven { .. })));
    assert!(asked < 90, "after 1, 2, 4 … 60 s, however often a heartbeat is refused: {asked}");
}
