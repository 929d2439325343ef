//! Keep-alive, cancel requests, outages, details.

use super::*;
use crate::task::{Outcome, TimeoutKind};

fn kept() -> (World, ClaimId) {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::Keep { claims: vec![claim], length_ms: 1_800_000 });
    (world, claim)
}

#[test]
fn keep_alive_beats_until_the_lease_ends_and_not_after() {
    let (mut world, claim) = kept();
    let mut beats = 0;
    let end = world.at + 1_800_000;
    while world.at < end + 120_000 {
        world.pass(1_000);
        while world.calls_to(BEAT) > 0 {
            assert!(world.at <= end, "attended: no heartbeat after the lease");
            world.beat_ok();
            beats += 1;
        }
    }
    assert!((150..=170).contains(&beats), "every fifth of 60 s: {beats}");
    assert!(world.facts(claim).lease.is_none());
    assert!(world.said("keep").iter().any(|text| text.contains("lapsed")));
    assert_eq!(world.said("keep").iter().filter(|text| text.starts_with("keep-alive ends in")).count(), 3);
}

#[test]
fn attended_an_act_renews_the_lease() {
    let (mut world, claim) = kept();
    let before = world.facts(claim).lease.unwrap().until;
    world.pass(10_000);
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    assert!(world.facts(claim).lease.unwrap().until - before >= 10_000);
}

#[test]
fn cancel_seen_by_the_next_heartbeat_and_sticky() {
    let (mut world, claim) = kept();
    world.pass(13_000);
    world.answer(BEAT, 8, Ok(Answer::Beaten { cancel_requested: true }));
    assert!(world.facts(claim).cancel.is_some_and(|cancel| !cancel.answered));
    assert_eq!(world.facts(claim).urgency(Boot(world.at)), Urgency::Cancel);
    assert_eq!(world.log.iter().filter(|line| line.level == Level::Alarm).count(), 1);
    world.pass(13_000);
    world.answer(BEAT, 8, Ok(Answer::Beaten { cancel_requested: true }));
    assert_eq!(world.log.iter().filter(|line| line.level == Level::Alarm).count(), 1, "news only once");
    let again = World::restarted(world.at, world.disk.clone());
    assert!(again.facts(claim).cancel.is_some(), "and it survives a restart");
    world.command(Command::GoOn { claims: vec![claim] });
    assert!(world.facts(claim).cancel.is_some_and(|cancel| cancel.answered));
    assert_eq!(world.facts(claim).urgency(Boot(world.at)), Urgency::Held);
}

#[test]
fn cancel_seen_even_if_the_disk_is_full() {
    let (mut world, claim) = kept();
    world.pass(13_000);
    world.disk_works = false;
    world.answer(BEAT, 8, Ok(Answer::Beaten { cancel_requested: true }));
    world.disk_refuses();
    assert!(world.facts(claim).cancel.is_some());
}

#[test]
fn attended_a_lease_ends_also_while_the_disk_is_full() {
    let (mut world, claim) = kept();
    world.pass(1_790_000);
    world.disk_works = false;
    world.pass(15_000);
    world.disk_refuses();
    assert!(world.facts(claim).lease.is_none(), "time has ended it, written down or not");
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    assert!(world.facts(claim).lease.is_none(), "what has lapsed is not renewed by an act");
    world.disk_works = true;
    world.pass(5_000);
    assert!(world.disk.iter().any(|record| matches!(record, Record::Lease { length_ms: None, .. })), "saved later");
}

#[test]
fn automatic_heartbeats_repeat_the_last_details() {
    let (mut world, claim) = kept();
    world.command(Command::Beat { claims: vec![claim], details: Details::New("60 %".into()) });
    world.beat_ok();
    world.pass(13_000);
    let Request::Heartbeat { details, .. } = world.beat_ok() else { panic!() };
    assert_eq!(details, Some("60 %".into()));
}

#[test]
fn details_are_saved_before_they_are_sent_and_checked_before_that() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    let long = "x".repeat(3_000);
    world.command(Command::Beat { claims: vec![claim], details: Details::New(long.into()) });
    assert_eq!(world.calls_to(BEAT), 0);
    assert_eq!(
        world.said("beat").last(),
        Some(&"not sent: details has 3000 characters, SWF takes at most 2048: shorten it")
    );
    world.disk_works = false;
    world.command(Command::Beat { claims: vec![claim], details: Details::New("60 %".into()) });
    assert_eq!(world.calls_to(BEAT), 0);
    world.disk_writes();
    assert_eq!(world.calls_to(BEAT), 1);
}

#[test]
fn no_overstatement_a_failed_heartbeat_does_not_restart_the_countdown() {
    let (mut world, claim) = kept();
    let deadline = world.facts(claim).deadline(TimeoutKind::Heartbeat).unwrap().at;
    world.pass(13_000);
    world.answer(BEAT, 3_000, no_answer());
    assert_eq!(world.facts(claim).deadline(TimeoutKind::Heartbeat).unwrap().at, deadline);
    assert!(world.facts(claim).trouble.is_some());
    assert_eq!(world.calls_to(BEAT), 1, "a failed beat goes back to the queue at once");
}

#[test]
fn no_overstatement_a_heartbeat_counts_from_its_sending() {
    let (mut world, claim) = kept();
    world.pass(13_000);
    let sent = world.calls.iter().find(|(_, request, _)| request.operation() == BEAT).unwrap().2;
    world.answer(BEAT, 2_900, Ok(Answer::Beaten { cancel_requested: false }));
    assert_eq!(world.facts(claim).deadline(TimeoutKind::Heartbeat).unwrap().at, Some(sent + 60_000 + -30));
}

#[test]
fn an_outage_is_probed_by_the_most_urgent_and_ends_with_the_first_success() {
    let mut world = World::new();
    let claims: Vec<_> = (1..=5).map(|n| world.claim(&format!("rel-{n}"))).collect();
    world.command(Command::Keep { claims, length_ms: 1_800_000 });
    let mut most = 0;
    for _ in 0..400 {
        world.pass(100);
        most = if world.at > 40_000 { most.max(world.calls_to(BEAT)) } else { most };
        while world.calls_to(BEAT) > 0 {
            world.answer(BEAT, 0, not_sent());
        }
    }
    assert!(most <= 1, "one probe at a time: {most}");
    assert!(matches!(world.status.as_ref().unwrap().connection, Connection::OutOfReach { .. }));
    assert_eq!(world.said("service").len(), 1, "an outage is said once");
    world.pass(500);
    world.beat_ok();
    assert!(matches!(world.status.as_ref().unwrap().connection, Connection::Online { .. }));
    assert_eq!(world.calls_to(BEAT), 4, "all the others at once");
}

#[test]
fn an_outage_ends_even_if_nothing_has_to_be_sent() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    let last_try = world.at + 60_000;
    while world.at < last_try + 60_000 {
        for operation in [BEAT, COUNT] {
            while world.calls_to(operation) > 0 {
                assert!(operation == COUNT || world.at <= last_try + 1_000, "nobody asked for this heartbeat");
                world.answer(operation, 0, not_sent());
            }
        }
        world.pass(500);
    }
    assert!(world.said("beat").last().unwrap().contains("given up after 60 s"));
    assert!(world.facts(claim).trouble.is_none(), "nobody tries, so nothing fails");
    while world.calls_to(COUNT) == 0 {
        assert!(world.at < last_try + 70_000, "the service is asked whether it is back");
        world.pass(500);
    }
    world.answer(COUNT, 1, refused("AccessDeniedException", "not authorized to count"));
    assert!(matches!(world.status.as_ref().unwrap().connection, Connection::Online { .. }));
    assert_eq!(world.said("service").last(), Some(&"back in reach"));
}

#[test]
fn expired_credentials_stop_the_sending_and_keep_every_token() {
    let (mut world, claim) = kept();
    world.pass(13_000);
    world.answer(BEAT, 8, refused("ExpiredTokenException", "The security token included in the request is expired"));
    assert!(matches!(world.status.as_ref().unwrap().connection, Connection::NoAccess { .. }));
    assert_eq!(world.calls_to(BEAT), 0);
    world.pass(5_100);
    world.beat_ok();
    assert!(matches!(world.status.as_ref().unwrap().connection, Connection::Online { .. }));
    assert_eq!(world.facts(claim).state, TaskState::Held);
}

#[test]
fn one_request_in_flight_a_token() {
    let (mut world, claim) = kept();
    for _ in 0..5 {
        world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    }
    assert_eq!(world.calls_to(BEAT), 1);
    world.beat_ok();
    assert_eq!(world.calls_to(BEAT), 1, "what was asked meanwhile goes out once");
    world.beat_ok();
    assert_eq!(world.calls_to(BEAT), 0);
}

#[test]
fn a_suspend_is_noticed_and_everything_is_sent_again() {
    let (mut world, _) = kept();
    world.pass(13_000);
    assert_eq!(world.calls_to(BEAT), 1);
    let resumed = Now { mono: world.at, ..now(world.at + 25_000) };
    world.at += 25_000;
    let effects = world.console.handle(resumed, Event::Wake);
    world.perform(effects);
    assert!(world.said("clock")[0].contains("slept for 25 s"));
    assert_eq!(world.calls_to(BEAT), 1, "a new attempt instead of the old one");
    assert!(!world.abandoned.is_empty());
}

#[test]
fn keep_alive_agreed_late_beats_at_once() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.pass(55_000);
    world.command(Command::Keep { claims: vec![claim], length_ms: 1_800_000 });
    assert_eq!(world.calls_to(BEAT), 1, "an interval from now would be too late");
}

#[test]
fn rule_3_5_a_second_attempt_goes_out_when_there_is_no_time_for_one_after_the_first() {
    let (mut world, claim) = kept();
    world.pass(13_000);
    // Everything is lost until 900 ms are left.
    let deadline = world.facts(claim).deadline(TimeoutKind::Heartbeat).unwrap().at.unwrap();
    world.at = deadline.0 - 900;
    world.answer(BEAT, 0, not_sent());
    assert_eq!(world.calls_to(BEAT), 1);
    world.pass(200);
    assert_eq!(world.calls_to(BEAT), 2, "beside the first");
    world.pass(100);
    assert_eq!(world.calls_to(BEAT), 2);
    let before = world.abandoned.len();
    world.beat_ok();
    assert_eq!(
        (world.calls_to(BEAT), world.abandoned.len()),
        (0, before + 1),
        "either answer counts, the other is not waited for"
    );
    assert!(world.left(claim, TimeoutKind::Heartbeat) > 50_000);
}

#[test]
fn rule_3_6_probes_go_to_the_most_urgent_in_turn() {
    let mut world = World::new();
    let claims: Vec<_> = (1..=5).map(|n| world.claim(&format!("rel-{n}"))).collect();
    world.command(Command::Keep { claims, length_ms: 1_800_000 });
    let mut tried = std::collections::BTreeSet::new();
    for _ in 0..400 {
        world.pass(100);
        while world.calls_to(BEAT) > 0 {
            let Request::Heartbeat { token, .. } = world.answer(BEAT, 0, not_sent()) else { panic!() };
            if world.at > 40_000 {
                tried.insert(token.expose().to_owned());
            }
        }
    }
    assert_eq!(tried.len(), 5, "{tried:?}");
}

#[test]
fn rule_3_9_three_tasks_refused_after_new_credentials_stop_the_sending_until_told() {
    let mut world = World::new();
    let claims: Vec<_> = (1..=4).map(|n| world.claim_of(&format!("rel-{n}"), &format!("run-{n}"))).collect();
    world.command(Command::Keep { claims: claims.clone(), length_ms: 1_800_000 });
    world.command(Command::ReloadCredentials);
    world.pass(14_000);
    for _ in 0..3 {
        world.answer(BEAT, 1, gone());
    }
    assert!(world.said("service").last().unwrap().contains("Other account, other region?"));
    let in_flight = world.calls_to(BEAT);
    world.pass(30_000);
    assert_eq!(world.calls_to(BEAT), in_flight, "nothing more is sent");
    assert!(claims.iter().all(|&claim| world.verdict(claim).is_none()), "every token is kept");
    world.command(Command::ReloadCredentials);
    world.pass(1_000);
    assert!(world.calls_to(BEAT) > in_flight);
}

#[test]
fn rule_3_9_after_a_reboot_nobody_knows_who_is_alive_and_refusals_stop_nothing() {
    let mut world = World::new();
    let claims: Vec<_> = (1..=4).map(|n| world.claim_of(&format!("rel-{n}"), &format!("run-{n}"))).collect();
    let mut again = World::restarted_in(5_000, world.disk, "boot-0");
    again.command(Command::Keep { claims, length_ms: 1_800_000 });
    again.command(Command::ReloadCredentials);
    again.pass(14_000);
    for _ in 0..3 {
        again.answer(BEAT, 1, gone());
    }
    assert!(!again.said("service").iter().any(|text| text.contains("Other account")), "{:?}", again.said("service"));
}

#[test]
fn rule_3_9_a_token_that_is_taken_after_the_stop_ends_it() {
    let mut world = World::new();
    let claims: Vec<_> = (1..=5).map(|n| world.claim_of(&format!("rel-{n}"), &format!("run-{n}"))).collect();
    world.command(Command::Keep { claims, length_ms: 1_800_000 });
    world.command(Command::ReloadCredentials);
    world.pass(14_000);
    for _ in 0..3 {
        world.answer(BEAT, 1, gone());
    }
    assert!(world.said("service").last().unwrap().contains("Other account, other region?"));
    // It was in flight with the others: three tasks had ended meanwhile, and the account is the right one.
    world.beat_ok();
    assert!(world.said("service").iter().any(|text| text.contains("the right account")), "{:?}", world.said("service"));
    while world.calls_to(BEAT) > 0 {
        world.beat_ok();
    }
    world.pass(30_000);
    assert!(world.calls_to(BEAT) > 0, "heartbeats go on");
}

#[test]
fn rule_3_9_tasks_that_were_refused_before_or_end_together_stop_nothing() {
    let mut world = World::new();
    let dead: Vec<_> = (1..=3).map(|n| world.claim_of(&format!("rel-{n}"), &format!("run-{n}"))).collect();
    let together: Vec<_> = (4..=7).map(|n| world.claim_of(&format!("rel-{n}"), "run-4")).collect();
    world.command(Command::Keep { claims: dead, length_ms: 1_800_000 });
    world.pass(13_000);
    while world.calls_to(BEAT) > 0 {
        world.answer(BEAT, 1, gone());
    }
    // They are tried again every ten seconds; then a whole workflow ends.
    world.command(Command::ReloadCredentials);
    world.command(Command::Keep { claims: together, length_ms: 1_800_000 });
    for _ in 0..20 {
        world.pass(1_000);
        while world.calls_to(BEAT) > 0 {
            world.answer(BEAT, 1, gone());
        }
    }
    assert!(!world.said("service").iter().any(|text| text.starts_with("stopped")), "{:?}", world.said("service"));
}

#[test]
fn rule_3_9_an_unknown_domain_stops_the_sending_until_told() {
    let (mut world, claim) = kept();
    world.pass(13_000);
    world.answer(BEAT, 8, refused("UnknownResourceFault", "Unknown domain: ops"));
    assert!(world.said("service").last().unwrap().contains("Other account, other region?"));
    world.pass(30_000);
    assert_eq!((world.calls_to(BEAT), &world.facts(claim).state), (0, &TaskState::Held));
}

#[test]
fn keep_alive_an_answer_that_was_read_late_leaves_no_longer_silence() {
    let (mut world, claim) = kept();
    world.pass(13_000);
    world.answer(BEAT, 14_000, Ok(Answer::Beaten { cancel_requested: false }));
    assert!(world.facts(claim).last_beat.is_some_and(|beat| beat.took_ms >= 14_000));
    assert_eq!(world.calls_to(BEAT), 1, "the service counts from the sending: another one is due");
}

#[test]
fn rule_3_9_tasks_whose_close_is_in_doubt_stop_nothing() {
    let mut world = World::new();
    let claims: Vec<_> = (1..=3).map(|n| world.claim_of(&format!("rel-{n}"), &format!("run-{n}"))).collect();
    world.command(Command::Close { claims, outcome: crate::task::Outcome::Completed { result: None } });
    world.command(Command::ReloadCredentials);
    while world.calls_to(COMPLETE) > 0 {
        world.answer(COMPLETE, 8, no_answer());
    }
    while world.calls_to(BEAT) > 0 {
        world.answer(BEAT, 8, gone());
    }
    assert!(!world.said("service").iter().any(|text| text.starts_with("stopped")), "our own closes ended them");
}

#[test]
fn keep_alive_a_task_that_was_perhaps_heard_queues_as_one_that_was() {
    let (mut world, claim) = kept();
    let deadline = world.facts(claim).deadline(TimeoutKind::Heartbeat).unwrap().at.unwrap();
    while Boot(world.at) <= deadline || world.calls_to(BEAT) > 0 {
        world.pass(100);
        if world.calls_to(BEAT) > 0 {
            world.answer(BEAT, 400, no_answer());
        }
    }
    let heartbeat = *world.facts(claim).deadline(TimeoutKind::Heartbeat).unwrap();
    let maybe = world.facts(claim).maybe.expect("the last attempt may have arrived");
    assert!(heartbeat.at.unwrap() < Boot(world.at) && maybe > Boot(world.at + 50_000), "{heartbeat:?}");
    assert_eq!(world.console.ready.first(), Some((maybe, claim)), "and not behind all others");
}

#[test]
fn rule_3_6_closes_without_an_answer_do_not_keep_heartbeats_from_probing() {
    let mut world = World::new();
    let claims: Vec<_> = (1..=8).map(|n| world.claim(&format!("rel-{n}"))).collect();
    world.command(Command::Keep { claims: claims.clone(), length_ms: 1_800_000 });
    world.pass(13_000);
    for _ in 0..6 {
        world.answer(BEAT, 500, no_answer());
    }
    let outcome = Outcome::Completed { result: None };
    world.command(Command::Close { claims: claims[..4].to_vec(), outcome });
    let mut probed = 0;
    for _ in 0..20 {
        world.pass(500);
        while world.calls_to(BEAT) > 0 {
            probed += 1;
            world.answer(BEAT, 1, no_answer());
        }
    }
    assert!(world.calls_to(COMPLETE) > 0 && probed >= 15, "{probed} in 10 s, with two closes in flight");
}
