//! Learning timeouts and endings from history and types, and looking at histories of tasks that nobody beats.

use super::*;
use crate::task::{ClaimedTask, TimeoutKind, Verdict};

const DESCRIBE: &str = "DescribeActivityType";

/// Claims a task without answering what is asked about it afterwards.
fn poll(world: &mut World, claimed: ClaimedTask) -> ClaimId {
    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
    world.answer(POLL, 40, Ok(Answer::Polled(Some(Box::new(claimed)))));
    world.beat_ok();
    *world.facts.keys().last().unwrap()
}

fn nth(n: i64) -> ClaimedTask {
    ClaimedTask { started_event_id: 6 + 2 * n, ..task(&format!("rel-{n}")) }
}

/// One history with the first `n` tasks in it, newest first.
fn shared(n: i64, started: i64) -> HistoryPage {
    let known = |seconds| Some((Limit::Seconds(seconds), Source::History));
    let pair = |k: i64| {
        let timeouts = Timeouts {
            heartbeat: known(60 + k as u32),
            start_to_close: known(600),
            schedule_to_close: known(1_200),
            execution: None,
        };
        let scheduled = Attributes::Scheduled { activity_id: format!("rel-{k}").into(), timeouts };
        let start = Attributes::Started { scheduled_event_id: 5 + 2 * k, identity: None };
        [
            event(6 + 2 * k, started, "ActivityTaskStarted", start),
            event(5 + 2 * k, started - 5_000, "ActivityTaskScheduled", scheduled),
        ]
    };
    HistoryPage { events: (0..n).rev().flat_map(pair).collect(), next_page_token: Some("more".into()) }
}

fn heartbeat(world: &World, claim: ClaimId) -> Option<(Limit, Source)> {
    world.facts(claim).deadline(TimeoutKind::Heartbeat).unwrap().limit
}

#[test]
fn tasks_of_one_execution_share_pages_and_its_first_event() {
    let mut world = World::new();
    let first = poll(&mut world, nth(0));
    let others: Vec<_> = (1..4).map(|n| poll(&mut world, nth(n))).collect();
    assert_eq!(world.calls_to(HISTORY), 1, "the first one's is in flight, the others wait for it");
    world.answer(HISTORY, 5, Ok(Answer::History(shared(4, SERVICE_AT_BOOT + 10_020))));
    assert_eq!(heartbeat(&world, first), Some((Limit::Seconds(60), Source::History)));
    // The page was read for the first one; the second scan serves all the others.
    let scans = |world: &World| {
        let scans =
            world.calls.iter().filter(|(_, request, _)| matches!(request, Request::History { reverse: true, .. }));
        scans.count()
    };
    assert_eq!(scans(&world), 1);
    let start = world.calls.iter().position(|(_, it, _)| matches!(it, Request::History { reverse: false, .. }));
    let start = world.calls.remove(start.expect("the first event is asked for once"));
    world.answer(HISTORY, 5, Ok(Answer::History(shared(4, SERVICE_AT_BOOT + 10_020))));
    for (n, &claim) in (1..).zip(&others) {
        assert_eq!(heartbeat(&world, claim), Some((Limit::Seconds(60 + n), Source::History)));
    }
    let timeouts = Timeouts { execution: Some((Limit::Seconds(3_600), Source::History)), ..Timeouts::default() };
    let first_event = event(1, SERVICE_AT_BOOT, "WorkflowExecutionStarted", Attributes::ExecutionStarted { timeouts });
    let page = HistoryPage { events: vec![first_event], next_page_token: None };
    let timing = Timing { sent: start.2, received: Boot(world.at), date: None };
    world.event(Event::Answered { call: start.0, timing, result: Ok(Answer::History(page)) });
    assert_eq!(world.calls_to(HISTORY), 0);
    for claim in others {
        assert!(!world.facts(claim).deadline(TimeoutKind::Execution).unwrap().is_unknown());
    }
}

#[test]
fn pages_are_read_until_the_scheduled_event_is_found() {
    let mut world = World::new();
    let claim = poll(&mut world, nth(0));
    let busy = |from: i64| HistoryPage {
        events: (from..from + 10).rev().map(|id| event(id, 0, "MarkerRecorded", Attributes::Other)).collect(),
        next_page_token: Some(format!("before {from}")),
    };
    let tokens: Vec<_> = [27, 17, 7]
        .map(|from| match world.answer(HISTORY, 5, Ok(Answer::History(busy(from)))) {
            Request::History { page_token, .. } => page_token,
            other => panic!("{other:?}"),
        })
        .into();
    assert_eq!(tokens, [None, Some("before 27".to_owned()), Some("before 17".to_owned())]);
    world.answer(HISTORY, 5, Ok(Answer::History(shared(1, SERVICE_AT_BOOT + 10_020))));
    assert_eq!(heartbeat(&world, claim), Some((Limit::Seconds(60), Source::History)));
}

#[test]
fn each_field_that_history_lacks_falls_back_to_the_type_asked_once_a_type() {
    let mut world = World::new();
    let claims = [poll(&mut world, nth(0)), poll(&mut world, nth(1))];
    let mut page = shared(2, SERVICE_AT_BOOT + 10_020);
    for event in &mut page.events {
        if let Attributes::Scheduled { timeouts, .. } = &mut event.attributes {
            timeouts.heartbeat = None;
        }
    }
    while world.calls_to(HISTORY) > 0 {
        world.answer(HISTORY, 5, Ok(Answer::History(page.clone())));
    }
    assert_eq!(world.calls_to(DESCRIBE), 1, "asked once for both");
    let known = |seconds| Some((Limit::Seconds(seconds), Source::TypeDefault));
    let defaults = Timeouts { heartbeat: known(45), start_to_close: known(1), ..Timeouts::default() };
    world.answer(DESCRIBE, 5, Ok(Answer::ActivityType(defaults)));
    for claim in claims {
        assert_eq!(heartbeat(&world, claim), Some((Limit::Seconds(45), Source::TypeDefault)));
        let close = world.facts(claim).deadline(TimeoutKind::StartToClose).unwrap();
        assert_eq!(close.limit, Some((Limit::Seconds(600), Source::History)), "history stands");
    }
    assert_eq!(world.calls_to(DESCRIBE), 0);
}

#[test]
fn denied_everywhere_the_operators_word_counts_and_everything_else_works() {
    let mut world = World::new();
    let claims = [poll(&mut world, nth(0)), poll(&mut world, nth(1))];
    world.answer(HISTORY, 5, refused("AccessDeniedException", "no history"));
    world.answer(DESCRIBE, 5, refused("AccessDeniedException", "no types"));
    world.pass(120_000);
    assert_eq!((world.calls_to(HISTORY), world.calls_to(DESCRIBE)), (0, 0), "no is no");
    assert_eq!((world.said("history").len(), world.said("type").len()), (1, 1));
    let kind = TimeoutKind::Heartbeat;
    world.command(Command::SetTimeout { claim: claims[0], kind, limit: Limit::Seconds(300) });
    assert_eq!(heartbeat(&world, claims[0]), Some((Limit::Seconds(300), Source::Operator)));
    assert_eq!(heartbeat(&world, claims[1]), None);
    let outcome = crate::task::Outcome::Completed { result: None };
    world.command(Command::Close { claims: vec![claims[1]], outcome });
    world.answer(COMPLETE, 5, gone());
    assert!(matches!(world.verdict(claims[1]), Some(Verdict::Unproven { why }) if why.contains("may not be read")));
    // Other credentials, other permissions.
    world.command(Command::ReloadCredentials);
    assert_eq!(world.calls_to(HISTORY), 1);
    world.answer(HISTORY, 5, Ok(Answer::History(shared(2, SERVICE_AT_BOOT + 10_020))));
    assert_eq!(heartbeat(&world, claims[0]), Some((Limit::Seconds(60), Source::History)));
}

#[test]
fn ten_thousand_questions_go_out_a_few_at_a_time() {
    let disk: Vec<_> = (1..=500)
        .map(|n| {
            let mut record = crate::console::testing::claimed_record(n, &format!("t-{n}"), n);
            if let Record::Claimed { task, .. } = &mut record {
                Arc::make_mut(task).execution.run_id = format!("run-{n}").into();
            }
            record
        })
        .collect();
    let mut world = World::restarted(10_000, disk);
    assert!(world.calls_to(HISTORY) <= 4);
    let (start, mut asked) = (world.at, 0);
    while world.at < start + 20_000 {
        world.pass(50);
        while world.calls_to(HISTORY) > 0 {
            world.answer(HISTORY, 0, Ok(Answer::History(HistoryPage::default())));
            asked += 1;
        }
    }
    assert!((400..=250 + 20 * 21).contains(&asked), "20 a second after the burst: {asked}");
}

fn watched() -> (World, ClaimId) {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::SetTimeout { claim, kind: TimeoutKind::Heartbeat, limit: Limit::None });
    (world, claim)
}

/// Lets time pass until history is looked at; gives the time it took.
fn next_look(world: &mut World) -> i64 {
    let from = world.at;
    while world.calls_to(HISTORY) == 0 {
        world.pass(1_000);
        assert!(world.at - from < 120_000, "nobody looks");
    }
    world.at - from
}

#[expect(clippy::unnecessary_wraps, reason = "ready for `World::answer`")]
fn news(id: i64, event_type: &str, attributes: Attributes) -> Result<Answer, Failure> {
    let events = vec![event(id, SERVICE_AT_BOOT, event_type, attributes)];
    Ok(Answer::History(HistoryPage { events, next_page_token: Some("older".into()) }))
}

#[test]
fn cancel_seen_without_a_heartbeat_for_a_task_kept_by_hand() {
    let (mut world, claim) = watched();
    let beats = world.facts(claim).last_beat;
    let took = next_look(&mut world);
    assert!((29_000..=61_000).contains(&took), "{took}");
    let request = Attributes::CancelRequested { activity_id: "rel-1".into() };
    let asked = world.answer(HISTORY, 5, news(7, "ActivityTaskCancelRequested", request));
    assert!(matches!(asked, Request::History { reverse: true, page_size: 20, page_token: None, .. }));
    assert!(world.facts(claim).cancel.is_some());
    assert_eq!(world.facts(claim).last_beat, beats, "no clock was reset");
    assert_eq!(world.calls_to(HISTORY), 0, "read down to the last event seen, not further");
    let again = World::restarted(world.at, world.disk);
    assert!(again.facts(claim).cancel.is_some(), "saved");
}

#[test]
fn one_look_serves_all_tasks_of_an_execution_and_stops_where_the_last_one_began() {
    let (mut world, first) = watched();
    world.claim("rel-2");
    next_look(&mut world);
    assert_eq!(world.calls_to(HISTORY), 1);
    world.answer(HISTORY, 5, news(7, "MarkerRecorded", Attributes::Other));
    assert_eq!(world.calls_to(HISTORY), 0);
    next_look(&mut world);
    let request = Attributes::CancelRequested { activity_id: "rel-1".into() };
    world.answer(HISTORY, 5, news(9, "ActivityTaskCancelRequested", request));
    assert_eq!(world.calls_to(HISTORY), 1, "event 8 is missing");
    world.answer(HISTORY, 5, news(8, "MarkerRecorded", Attributes::Other));
    assert_eq!(world.calls_to(HISTORY), 0);
    assert!(world.facts(first).cancel.is_some());
}

#[test]
fn a_look_notices_that_a_task_timed_out_or_its_workflow_closed() {
    let (mut world, claim) = watched();
    next_look(&mut world);
    world.answer(HISTORY, 5, news(7, "WorkflowExecutionTerminated", Attributes::ExecutionClosed));
    let moot = Verdict::ExecutionClosed { event_type: "WorkflowExecutionTerminated".into() };
    assert_eq!(world.verdict(claim), Some(&moot));
    let (mut world, claim) = watched();
    next_look(&mut world);
    let timed_out = Attributes::TimedOut { started_event_id: 6, timeout_type: "HEARTBEAT".into(), details: None };
    world.answer(HISTORY, 5, news(7, "ActivityTaskTimedOut", timed_out));
    assert!(matches!(world.verdict(claim), Some(Verdict::TimedOut { kind: TimeoutKind::Heartbeat, .. })));
    world.pass(200_000);
    assert_eq!(world.calls_to(HISTORY), 0, "nothing is left to look at");
}

#[test]
fn the_workflows_own_cancel_request_is_said_once_and_asks_nothing_of_the_task() {
    let (mut world, claim) = watched();
    for id in [7, 8] {
        next_look(&mut world);
        world.answer(HISTORY, 5, news(id, "WorkflowExecutionCancelRequested", Attributes::ExecutionCancelRequested));
    }
    assert!(world.facts(claim).workflow_cancel && world.facts(claim).cancel.is_none());
    assert_eq!(world.said("workflow").len(), 1);
}

#[test]
fn a_kept_task_needs_no_look_and_one_whose_lease_ends_does() {
    let (mut world, claim) = watched();
    world.command(Command::Keep { claims: vec![claim], length_ms: 1_800_000 });
    let (from, mut looks) = (world.at, 0);
    while world.at < from + 300_000 {
        world.pass(1_000);
        while world.calls_to(BEAT) > 0 {
            world.beat_ok();
        }
        looks += world.calls_to(HISTORY);
    }
    assert_eq!(looks, 0);
    world.command(Command::StopKeeping { claims: vec![claim] });
    next_look(&mut world);
}
