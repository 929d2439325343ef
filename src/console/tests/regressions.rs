//! The bugs of the neighbours (engine rules, section 1), one test each, named after the bug: what happened to others
//! must not happen here.

use super::*;
use crate::task::{Outcome, TimeoutKind};

fn kept() -> (World, ClaimId) {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::Keep { claims: vec![claim], length_ms: 7_200_000 });
    (world, claim)
}

fn throttled() -> Result<Answer, Failure> {
    refused("ThrottlingException", "Rate exceeded")
}

/// Temporal's Rust SDK, issue 1249: no deadline on the client's side.
#[test]
fn a_heartbeat_on_a_wedged_socket_swallows_no_later_one() {
    let (mut world, claim) = kept();
    for _ in 0..4 {
        world.pass(20_000);
        let (call, ..) = world.calls.iter().find(|(_, request, _)| request.operation() == BEAT).unwrap();
        let limit = world.limits[call];
        assert!((1..=3_000).contains(&limit), "every attempt ends by itself: {limit} ms");
        world.answer(BEAT, limit.cast_signed(), no_answer());
        assert_eq!(world.calls_to(BEAT), 1, "and the next one goes out at once");
        world.beat_ok();
        assert!(world.left(claim, TimeoutKind::Heartbeat) > 50_000);
    }
}

/// Temporal's Rust SDK, pull request 1300.
#[test]
fn acknowledged_heartbeats_do_not_hide_that_start_to_close_expires() {
    let (mut world, claim) = kept();
    while world.left(claim, TimeoutKind::StartToClose) > 15_000 {
        world.pass(1_000);
        while world.calls_to(BEAT) > 0 {
            world.beat_ok();
        }
    }
    let facts = world.facts(claim);
    assert_eq!(facts.first_deadline().unwrap().kind, TimeoutKind::StartToClose);
    assert!(world.left(claim, TimeoutKind::Heartbeat) > 40_000, "heartbeats were fine to the end");
    assert_eq!(facts.urgency(Boot(world.at)), Urgency::Critical);
}

/// Temporal's core, in its source.
#[test]
fn a_failed_heartbeat_does_not_restart_the_local_timer() {
    let (mut world, claim) = kept();
    let deadline = |world: &World| world.facts(claim).deadline(TimeoutKind::Heartbeat).unwrap().at;
    let before = deadline(&world);
    world.pass(13_000);
    for failure in [no_answer(), not_sent(), throttled(), refused("InternalFailure", "sorry")] {
        world.answer(BEAT, 100, failure);
        assert_eq!(deadline(&world), before);
        world.pass(1_000);
    }
}

/// Temporal's Rust SDK, pull request 289.
#[test]
fn no_heartbeat_is_in_flight_when_the_completion_goes_out() {
    let (mut world, claim) = kept();
    world.pass(13_000);
    assert_eq!(world.calls_to(BEAT), 1);
    world.command(Command::Close { claims: vec![claim], outcome: Outcome::Completed { result: None } });
    assert_eq!((world.calls_to(BEAT), world.calls_to(COMPLETE)), (0, 1));
    assert_eq!(world.abandoned.len(), 1, "the one in flight is abandoned");
    world.pass(9_000);
    assert_eq!(world.calls_to(BEAT), 0, "none is sent while the close is out");
}

/// Temporal's Java SDK, issue 2075.
#[test]
fn heartbeats_go_on_during_a_graceful_shutdown() {
    let (mut world, claim) = kept();
    // A poll in flight keeps the process for up to a minute.
    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
    world.command(Command::Shutdown);
    let mut beats = 0;
    for _ in 0..50 {
        world.pass(1_000);
        while world.calls_to(BEAT) > 0 {
            world.beat_ok();
            beats += 1;
        }
    }
    assert!(!world.drained, "the poll is still out");
    assert!(beats >= 4, "the last one at once, then the ordinary ones: {beats}");
    assert!(world.left(claim, TimeoutKind::Heartbeat) > 40_000);
}

/// Temporal's Java SDK, issue 2984: there it was not retried.
#[test]
fn a_task_held_by_hand_is_beaten_again_after_throttling() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.pass(30_000);
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    for _ in 0..3 {
        world.answer(BEAT, 8, throttled());
        world.pass(2_000);
        assert_eq!(world.calls_to(BEAT), 1);
    }
    // The last one went out two seconds before its answer.
    world.beat_ok();
    assert!(world.left(claim, TimeoutKind::Heartbeat) > 57_000);
    assert!(world.facts(claim).trouble.is_none());
}

/// etcd, issue 7338: seconds taken for nanoseconds.
#[test]
fn a_timeout_of_sixty_is_sixty_seconds() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    let left = world.left(claim, TimeoutKind::Heartbeat);
    assert!((59_000..=60_000).contains(&left), "{left} ms of 60 s");
    let left = world.left(claim, TimeoutKind::StartToClose);
    assert!((597_000..=600_000).contains(&left), "{left} ms of 10 min");
}

/// sqs-consumer, issue 303: deleted, then heartbeat.
#[test]
fn no_heartbeat_follows_a_close() {
    let (mut world, claim) = kept();
    world.command(Command::Close { claims: vec![claim], outcome: Outcome::Completed { result: None } });
    world.answer(COMPLETE, 8, Ok(Answer::Closed));
    world.pass(600_000);
    assert_eq!(world.calls_to(BEAT), 0);
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    world.command(Command::Keep { claims: vec![claim], length_ms: 60_000 });
    world.pass(60_000);
    assert_eq!(world.calls_to(BEAT), 0, "not even when asked for");
}

/// swfsm, issue 87: workers whose heartbeats were throttled went on for ever on tasks that were gone.
#[test]
fn throttled_heartbeats_leave_no_zombie() {
    let (mut world, claim) = kept();
    world.pass(13_000);
    let end = world.at + 90_000;
    while world.at < end {
        if world.calls_to(BEAT) > 0 {
            world.answer(BEAT, 8, throttled());
        }
        world.pass(500);
    }
    let facts = world.facts(claim);
    assert_eq!(facts.urgency(Boot(world.at)), Urgency::Unsure, "may have expired, and says so");
    assert!(facts.trouble.is_some());
    // The quota is there again, but the task is gone: noticed by the next heartbeat, proven by history.
    world.answer(BEAT, 8, gone());
    let timed_out = Attributes::TimedOut { started_event_id: 6, timeout_type: "HEARTBEAT".into(), details: None };
    world.answer(HISTORY, 8, history_with("rel-1", "ActivityTaskTimedOut", timed_out));
    assert!(world.facts(claim).has_ended());
    world.pass(600_000);
    assert_eq!(world.calls_to(BEAT), 0);
}
