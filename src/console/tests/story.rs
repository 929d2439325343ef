//! Claiming, countdowns, restart, leaving.

use super::*;
use crate::task::{Outcome, TimeoutKind, Verdict};

#[test]
fn no_lost_token_a_claim_is_on_disk_before_it_is_shown() {
    let mut world = World::new();
    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
    assert!(
        matches!(world.disk[..], [Record::PollStarted { .. }]),
        "the poll's number is saved before the poll goes out"
    );
    world.disk_works = false;
    world.answer(POLL, 40, Ok(Answer::Polled(Some(Box::new(task("rel-1"))))));
    assert!(world.facts.is_empty());
    assert_eq!(world.calls_to(BEAT), 0);
    world.disk_writes();
    assert_eq!(world.facts.len(), 1);
    assert_eq!(world.calls_to(BEAT), 1, "a first heartbeat proves the token and tightens the countdown");
}

#[test]
fn no_lost_token_a_claim_the_disk_refuses_is_shown_and_saved_later() {
    let mut world = World::new();
    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 2, identity: None });
    world.disk_works = false;
    world.answer(POLL, 40, Ok(Answer::Polled(Some(Box::new(task("rel-1"))))));
    world.disk_refuses();
    let facts = world.facts.values().next().unwrap();
    assert!(!facts.saved && facts.urgency(Boot(world.at)) == Urgency::NotSaved);
    assert_eq!(world.calls_to(POLL), 0, "no polling while the disk is broken");
    assert_eq!(world.status.as_ref().unwrap().not_saved.as_deref(), Some("no space left on device"));
    world.disk_works = true;
    world.pass(2_000);
    let facts = world.facts.values().next().unwrap();
    assert!(facts.saved);
    assert!(world.disk.iter().any(|record| matches!(record, Record::Claimed { .. })));
    assert_eq!(world.calls_to(POLL), 1, "and on it goes");
}

#[test]
fn four_deadlines_with_their_sources() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    let facts = world.facts(claim);
    assert!(facts.deadlines.iter().all(|deadline| matches!(deadline.limit, Some((_, Source::History)))));
    assert!(world.left(claim, TimeoutKind::Heartbeat) <= 60_000);
    assert!(world.left(claim, TimeoutKind::Heartbeat) > 59_000);
    assert!((595_000..600_000).contains(&world.left(claim, TimeoutKind::StartToClose)));
    assert!((1_190_000..1_195_000).contains(&world.left(claim, TimeoutKind::ScheduleToClose)));
    assert!((3_580_000..3_591_000).contains(&world.left(claim, TimeoutKind::Execution)));
}

#[test]
fn a_heartbeat_moves_only_the_heartbeat_deadline() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.pass(20_000);
    let before = TimeoutKind::CLAIMED.map(|kind| world.left(claim, kind));
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    world.beat_ok();
    let after = TimeoutKind::CLAIMED.map(|kind| world.left(claim, kind));
    assert!(after[0] > before[0] + 19_000);
    for (before, after) in before.iter().zip(after).skip(1) {
        assert!((before - 8 - after).abs() <= 10, "{before} {after}");
    }
}

#[test]
fn timeouts_hidden_by_eventual_consistency_are_asked_for_again() {
    let mut world = World::new();
    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
    world.answer(POLL, 40, Ok(Answer::Polled(Some(Box::new(task("rel-1"))))));
    world.beat_ok();
    let claim = *world.facts.keys().next().unwrap();
    world.answer(HISTORY, 5, Ok(Answer::History(HistoryPage::default())));
    assert!(world.facts(claim).deadlines.iter().all(Deadline::is_unknown) && world.facts(claim).looking_up);
    world.pass(1_000);
    world.answer(HISTORY, 5, Ok(Answer::History(open_history("rel-1", SERVICE_AT_BOOT + 10_020))));
    assert!(!world.facts(claim).looking_up);
    assert!(world.left(claim, TimeoutKind::Heartbeat) > 50_000);
}

#[test]
fn says_why_denied_history_falls_back_to_the_type_once() {
    let mut world = World::new();
    for id in ["rel-1", "rel-2"] {
        world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
        world.answer(POLL, 40, Ok(Answer::Polled(Some(Box::new(task(id))))));
        world.beat_ok();
        if id == "rel-1" {
            world.answer(
                HISTORY,
                5,
                refused("AccessDeniedException", "not authorized: swf:GetWorkflowExecutionHistory"),
            );
            let heartbeat = Some((Limit::Seconds(90), Source::TypeDefault));
            let defaults = Timeouts { heartbeat, ..Timeouts::default() };
            world.answer("DescribeActivityType", 5, Ok(Answer::ActivityType(defaults)));
        }
    }
    for facts in world.facts.values() {
        assert_eq!(
            facts.deadline(TimeoutKind::Heartbeat).unwrap().limit,
            Some((Limit::Seconds(90), Source::TypeDefault))
        );
        assert!(facts.deadline(TimeoutKind::StartToClose).unwrap().is_unknown());
    }
    assert_eq!(world.said("history").len(), 1, "denied is said once, not per task");
}

#[test]
fn a_task_left_alone_turns_into_timed_out_with_its_last_details() {
    let mut world = World::new();
    let claim = world.claim("keys-3");
    world.command(Command::Beat { claims: vec![claim], details: Details::New("40 %".into()) });
    assert_eq!(world.beat_ok().operation(), BEAT);
    world.pass(59_000);
    world.answer(HISTORY, 5, Ok(Answer::History(open_history("keys-3", SERVICE_AT_BOOT + 10_020))));
    assert_eq!(world.calls_to(HISTORY), 0, "it was only a look for news");
    world.pass(3_000);
    assert_eq!(world.calls_to(BEAT), 0, "attended: asking by a heartbeat would keep the task alive");
    assert!(world.facts(claim).urgency(Boot(world.at)) == Urgency::Unsure);
    let timed_out =
        Attributes::TimedOut { started_event_id: 6, timeout_type: "HEARTBEAT".into(), details: Some("40 %".into()) };
    world.answer(HISTORY, 5, history_with("keys-3", "ActivityTaskTimedOut", timed_out));
    let verdict = Verdict::TimedOut { kind: TimeoutKind::Heartbeat, details: Some("40 %".into()) };
    assert_eq!(world.verdict(claim), Some(&verdict));
    assert_eq!(world.said("gone"), ["timed out: HEARTBEAT, last details \"40 %\""]);
}

#[test]
fn gone_only_with_proof() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    world.answer(BEAT, 8, gone());
    assert!(matches!(world.facts(claim).state, TaskState::Refused { .. }));
    world.answer(HISTORY, 5, Ok(Answer::History(open_history("rel-1", SERVICE_AT_BOOT + 10_020))));
    assert!(matches!(world.facts(claim).state, TaskState::Refused { .. }), "nothing in history is not proof");
    world.pass(1_500);
    let event = Attributes::Failed { started_event_id: 6, reason: Some("disk".into()), details: None };
    world.answer(HISTORY, 5, history_with("rel-1", "ActivityTaskFailed", event));
    let verdict = Verdict::ClosedByOther { kind: crate::task::OutcomeKind::Failed, written: Some("disk".into()) };
    assert_eq!(world.verdict(claim), Some(&verdict));
}

#[test]
fn no_lost_token_a_restart_shows_the_same_tasks_and_goes_on() {
    let mut world = World::new();
    let (first, second) = (world.claim("rel-1"), world.claim("rel-2"));
    world.command(Command::Keep { claims: vec![first], length_ms: 1_800_000 });
    world.pass(1_000);
    let left = world.left(second, TimeoutKind::Heartbeat);
    let mut again = World::restarted(world.at + 2_000, world.disk);
    assert_eq!(again.facts.keys().copied().collect::<Vec<_>>(), [first, second]);
    assert_eq!(again.left(second, TimeoutKind::Heartbeat), left - 2_000);
    assert!(again.facts(first).lease.is_some());
    again.pass(15_000);
    let beats: Vec<_> = again.calls.iter().filter(|(_, request, _)| request.operation() == BEAT).collect();
    assert!(matches!(&beats[..], [(_, Request::Heartbeat { token, .. }, _)] if token.expose() == "token-of-rel-1"));
}

#[test]
fn no_overstatement_another_boot_makes_countdowns_unsure_until_the_clock_is_known() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::Keep { claims: vec![claim], length_ms: 1_800_000 });
    let mut again = World::restarted_in(5_000, world.disk, "boot-0");
    assert!(again.facts(claim).deadlines.iter().all(|deadline| deadline.at.is_none()));
    assert!(again.facts(claim).lease.is_none(), "nobody can say how much of the keep-alive is left");
    again.pass(100);
    assert_eq!(again.calls_to(BEAT), 0);
}

#[test]
fn leaving_beats_what_is_kept_once_more_and_waits_for_the_poll() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::Keep { claims: vec![claim], length_ms: 1_800_000 });
    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 5, identity: None });
    assert_eq!(world.calls_to(POLL), 1);
    world.command(Command::Shutdown);
    world.beat_ok();
    world.pass(30_000);
    assert!(!world.drained, "the poll may bring a task");
    assert!(world.calls_to(BEAT) > 0, "heartbeats go on while leaving");
    world.answer(POLL, 10, Ok(Answer::Polled(Some(Box::new(task("late"))))));
    while world.calls_to(BEAT) > 0 {
        world.beat_ok();
    }
    assert!(world.drained && world.facts.len() == 2);
    assert_eq!(world.calls_to(POLL), 0, "no further poll");
}

#[test]
fn leaving_with_nothing_in_flight_is_over_at_once_and_with_a_dead_network_soon() {
    let mut world = World::new();
    world.command(Command::Shutdown);
    assert!(world.drained);
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::Keep { claims: vec![claim], length_ms: 1_800_000 });
    world.command(Command::Shutdown);
    world.pass(1_400);
    assert!(!world.drained);
    world.pass(200);
    assert!(world.drained);
}

#[test]
fn an_unanswered_poll_is_a_possible_orphan_and_a_refused_one_is_not() {
    let mut world = World::new();
    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
    world.answer(POLL, 100, not_sent());
    assert_eq!(world.status.as_ref().unwrap().possible_orphans, 0);
    world.pass(200);
    world.answer(POLL, 100, no_answer());
    assert_eq!(world.status.as_ref().unwrap().possible_orphans, 1);
    world.pass(1_000);
    world.answer(POLL, 100, refused("UnknownResourceFault", "Unknown domain: ops"));
    assert!(world.status.as_ref().unwrap().claiming.is_empty(), "a wrong name is not polled for ever");
    world.pass(120_000);
    assert_eq!(world.calls_to(POLL), 0);
}

#[test]
fn read_only_never_sends() {
    let mut world = World::new();
    world.claim("rel-1");
    let entries: Vec<_> = (1..)
        .zip(&world.disk)
        .map(|(seq, record)| Entry { seq, boot_id: "boot-1".into(), record: record.clone() })
        .collect();
    let read_only = Config { read_only: true, ..config() };
    let (mut console, effects) = Console::new(read_only, now(20_000), &entries);
    let sends = |effects: &[Effect]| effects.iter().any(|e| matches!(e, Effect::Call { .. } | Effect::Append { .. }));
    assert!(!sends(&effects));
    let claim = *world.facts.keys().next().unwrap();
    let effects =
        console.handle(now(20_001), Event::Command(Command::Beat { claims: vec![claim], details: Details::Same }));
    assert!(!sends(&effects) && effects.iter().any(|e| matches!(e, Effect::Log(line) if line.level == Level::Error)));
}

#[test]
fn who_claims_may_be_said_with_the_claim_and_is_written_down() {
    let mut world = World::new();
    let other = || Some("pager@ops".into());
    let (domain, below, length_ms) = (|| "ops".into(), 9, 60_000);
    world.command(Command::Claim { domain: domain(), task_list: "a".into(), wanted: 2, identity: other() });
    world.command(Command::AutoClaim { domain: domain(), task_list: "b".into(), below, length_ms, identity: other() });
    world.command(Command::Claim { domain: domain(), task_list: "c".into(), wanted: 2, identity: None });
    world.answer(POLL, 40, Ok(Answer::Polled(Some(Box::new(task("rel-1"))))));
    let polls = world.calls.iter().filter_map(|(_, request, _)| match request {
        Request::Poll { task_list, identity, .. } => Some(format!("{} {}", task_list.raw(), identity.raw())),
        _ => None,
    });
    let polls: Vec<_> = polls.collect();
    assert_eq!(polls, ["b pager@ops/r1/2", "c anna@ops/r1/3", "a pager@ops/r1/4"]);
    let claimed = world.disk.iter().find_map(|record| match record {
        Record::Claimed { source, .. } => Some(source.identity.raw()),
        _ => None,
    });
    assert_eq!(claimed, Some("pager@ops/r1/1"));
}

#[test]
fn each_list_has_a_poll_of_its_own_and_four_are_in_flight_at_most() {
    let mut world = World::new();
    for list in ["a", "b", "b", "c", "d", "e"] {
        world.command(Command::Claim { domain: "ops".into(), task_list: list.into(), wanted: 2, identity: None });
    }
    let lists = |world: &World| -> Vec<String> {
        let lists = world.calls.iter().filter_map(|(_, request, _)| match request {
            Request::Poll { task_list, identity, .. } => Some(format!("{} {}", task_list.raw(), identity.raw())),
            _ => None,
        });
        lists.collect()
    };
    assert_eq!(lists(&world), ["a anna@ops/r1/1", "b anna@ops/r1/2", "c anna@ops/r1/3", "d anna@ops/r1/4"]);
    world.answer(POLL, 40, Ok(Answer::Polled(None)));
    assert_eq!(lists(&world).last().unwrap(), "e anna@ops/r1/5", "each in its turn");
    assert!(world.status.as_ref().unwrap().poll_in_flight);
}

#[test]
fn stop_claiming_means_no_further_poll_even_if_one_is_being_written_down() {
    let mut world = World::new();
    world.disk_works = false;
    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
    world.command(Command::StopClaiming);
    world.disk_writes();
    assert_eq!(world.calls_to(POLL), 0);
    assert_eq!(world.status.as_ref().unwrap().possible_orphans, 0);
}

#[test]
fn nothing_is_claimed_while_the_disk_is_full() {
    let mut world = World::new();
    world.event(Event::DiskFull(Some("the reserve was given up".into())));
    let claim = Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None };
    world.command(claim);
    assert_eq!(world.calls_to(POLL), 0);
    let status = world.status.clone().unwrap();
    assert_eq!((status.disk_full.as_deref(), &status.not_saved), (Some("the reserve was given up"), &None));
    assert_eq!(world.said("journal"), ["nothing more is claimed: the reserve was given up"]);
    world.event(Event::DiskFull(None));
    assert_eq!(world.calls_to(POLL), 1);
    assert_eq!(world.status.as_ref().unwrap().disk_full, None);
}

#[test]
fn a_disk_that_does_not_answer_is_told_and_nothing_more_is_claimed() {
    let mut world = World::new();
    let id = world.claim("rel-1");
    world.disk_works = false;
    world.command(Command::Close { claims: vec![id], outcome: Outcome::Completed { result: None } });
    world.pass(2_900);
    assert_eq!(world.status.as_ref().unwrap().not_saved, None, "it may be slow");
    world.pass(200);
    let why = world.status.as_ref().unwrap().not_saved.clone().unwrap();
    assert!(why.contains("has not answered for more than 3 s"), "{why}");
    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
    assert_eq!((world.calls_to(POLL), world.calls_to(COMPLETE), world.waiting.len()), (0, 0, 1));
    world.disk_works = true;
    world.disk_writes();
    assert_eq!((world.calls_to(POLL), world.calls_to(COMPLETE)), (1, 1));
    assert_eq!(world.status.as_ref().unwrap().not_saved, None);
    assert!(world.said("journal").last().unwrap().contains("answers again"));
}

#[test]
fn a_disk_that_does_not_answer_does_not_keep_anybody_from_leaving() {
    let mut world = World::new();
    world.disk_works = false;
    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
    world.command(Command::Shutdown);
    assert!(!world.drained);
    world.pass(1_500);
    assert!(world.drained);
}
