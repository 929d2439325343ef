//! Countdowns that never overstate, and time doing odd things (engine rules, "Countdown that never overstates").

use super::*;
use crate::task::TimeoutKind;

fn held() -> (World, ClaimId) {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    (world, claim)
}

fn heartbeat(world: &World, claim: ClaimId) -> Deadline {
    *world.facts(claim).deadline(TimeoutKind::Heartbeat).unwrap()
}

/// Wakes the console with clocks that differ from the world's.
fn wake(world: &mut World, change: impl FnOnce(&mut Now)) {
    let mut at = now(world.at);
    change(&mut at);
    let effects = world.console.handle(at, Event::Wake);
    world.perform(effects);
}

#[test]
fn rule_1_an_unknown_outcome_leaves_the_countdown_and_gives_an_upper_bound_beside_it() {
    let (mut world, claim) = held();
    world.pass(20_000);
    let before = heartbeat(&world, claim);
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    let sent = Boot(world.at);
    world.answer(BEAT, 3_000, no_answer());
    let after = heartbeat(&world, claim);
    assert_eq!(after.at, before.at);
    assert_eq!(world.facts(claim).maybe, Some(sent + 60_000 + -30));
    world.beat_ok();
    assert_eq!(world.facts(claim).maybe, None, "an answer makes it certain");
}

#[test]
fn rule_1_a_heartbeat_that_was_never_sent_gives_no_upper_bound() {
    let (mut world, claim) = held();
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    world.answer(BEAT, 10, not_sent());
    assert_eq!(world.facts(claim).maybe, None);
}

#[test]
fn rule_2_the_first_heartbeat_waits_with_the_deadline_of_its_type_counted_from_the_poll() {
    let mut world = World::new();
    for id in ["rel-1", "rel-2"] {
        world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
        world.answer(POLL, 40, Ok(Answer::Polled(Some(Box::new(task(id))))));
        if id == "rel-1" {
            world.beat_ok();
            world.answer(HISTORY, 5, refused("AccessDeniedException", "not authorized"));
            let heartbeat = Some((Limit::Seconds(20), Source::TypeDefault));
            let defaults = Timeouts { heartbeat, ..Timeouts::default() };
            world.answer("DescribeActivityType", 5, Ok(Answer::ActivityType(defaults)));
        }
    }
    let second = *world.facts.keys().nth(1).unwrap();
    let claim = world.console.ledger.claims[&second].clone();
    let types = &world.console.types[&(claim.source.domain.clone(), claim.task.activity_type.clone())];
    let queue = deadlines::in_queue(&claim, Some(types), &world.console.clock, Boot(world.at));
    assert_eq!(queue, Some(claim.sent.boot.unwrap() + 20_000 + -10));
}

#[test]
fn rule_5_disjoint_samples_are_dropped_for_the_pessimistic_end_and_said() {
    let (mut world, claim) = held();
    let before = world.left(claim, TimeoutKind::ScheduleToClose);
    for (ahead, times) in [(600_000, 1), (600_000, 1), (0, 2)] {
        world.command(Command::Beat { claims: vec![claim], details: Details::Same });
        let (call, _, sent) = world.calls.pop().unwrap();
        let date = (SERVICE_AT_BOOT + world.at + ahead).div_euclid(1_000) * 1_000;
        let timing = Timing { sent, received: Boot(world.at), date: Some(date) };
        world.event(Event::Answered { call, timing, result: Ok(Answer::Beaten { cancel_requested: false }) });
        assert_eq!(world.said("clock").len(), times, "{ahead}");
        if ahead > 0 {
            assert!(world.left(claim, TimeoutKind::ScheduleToClose) <= before - 590_000, "the earlier of the two");
        }
    }
}

#[test]
fn rule_6_after_a_reboot_countdowns_are_unsure_until_the_first_sample_and_right_after_it() {
    let (mut world, claim) = held();
    world.pass(10_000);
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    let beaten = world.at;
    world.beat_ok();
    // The machine restarts: the boot clock begins anew, the service's does not.
    let offset = 1_000_000;
    let mut again = World::restarted_in(world.at + 5_000 - offset, world.disk, "boot-0");
    assert!(again.facts(claim).deadlines.iter().all(|deadline| deadline.at.is_none() && deadline.is_unknown()));
    assert_eq!(again.facts(claim).urgency(Boot(again.at)), Urgency::Unsure);
    let beat = again.facts(claim).last_beat.unwrap();
    assert_eq!((beat.count, beat.sent), (2, None), "it is known that there was one, and by the wall clock when");
    again.pass(10);
    again.command(Command::Beat { claims: vec![claim], details: Details::Same });
    let (call, _, sent) =
        again.calls.iter().position(|call| call.1.operation() == BEAT).map(|i| again.calls.remove(i)).unwrap();
    let received = Boot(again.at + 20);
    again.at = received.0;
    let service = SERVICE_AT_BOOT + again.at + offset;
    let timing = Timing { sent, received, date: Some(service.div_euclid(1_000) * 1_000) };
    again.event(Event::Answered { call, timing, result: no_answer() });
    let left = again.left(claim, TimeoutKind::Heartbeat);
    let truth = 60_000 - (again.at + offset - beaten);
    assert!(left <= truth && left > truth - 3_500, "{left} of {truth}");
    let end = again.left(claim, TimeoutKind::ScheduleToClose);
    assert!((1_170_000..1_180_000).contains(&end), "{end}");
}

#[test]
fn rule_6_a_heartbeat_nobody_can_place_was_still_after_the_start() {
    let (mut world, claim) = held();
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    world.beat_ok();
    let disk = world.disk.into_iter().map(|record| match record {
        Record::Beaten { claim, sent, took_ms, count } => {
            Record::Beaten { claim, sent: Stamp { service: None, ..sent }, took_ms, count }
        }
        other => other,
    });
    let mut again = World::restarted_in(5_000, disk.collect(), "boot-0");
    again.pass(10);
    again.console.clock.sample(SERVICE_AT_BOOT + 30_000, SERVICE_AT_BOOT + 30_000, Boot(again.at), Boot(again.at));
    again.console.dirty.insert(claim);
    again.pass(1_100);
    again.command(Command::GoOn { claims: vec![claim] });
    let facts = heartbeat(&again, claim);
    assert!(facts.at.is_some() && facts.approximate);
}

#[test]
fn rule_7_clocks_are_looked_at_every_second_while_tasks_are_held_and_never_without() {
    assert_eq!(World::new().console.next_wake(), None);
    let (mut world, _) = held();
    for _ in 0..20 {
        let wake = world.console.next_wake().unwrap();
        assert!(wake - Boot(world.at) <= 1_000);
        world.at = wake.0;
        world.event(Event::Wake);
    }
}

#[test]
fn rule_7_a_sleep_makes_connections_and_credentials_new_and_all_attempts_unknown() {
    let (mut world, claim) = held();
    world.command(Command::Close { claims: vec![claim], outcome: crate::task::Outcome::Canceled { details: None } });
    let other = world.claim("rel-2");
    world.command(Command::Beat { claims: vec![other], details: Details::Same });
    assert_eq!(world.calls.len(), 2);
    world.at += 25_000;
    let at = world.at;
    wake(&mut world, |now| now.mono = at - 25_000);
    assert!(world.said("clock")[0].contains("slept for 25 s"));
    assert_eq!((world.reconnected, world.reloaded, world.abandoned.len()), (1, 1, 2));
    assert!(matches!(world.facts(claim).state, TaskState::Closing { unconfirmed: true, .. }));
    assert_eq!((world.calls_to(BEAT), world.calls_to("RespondActivityTaskCanceled")), (1, 1));
}

#[test]
fn rule_7_a_freeze_is_noticed_even_if_nothing_was_due() {
    let (mut world, _) = held();
    world.at += 10_000;
    world.event(Event::Wake);
    assert!(world.said("clock")[0].contains("did not run for 9 s"), "{:?}", world.said("clock"));
    assert_eq!((world.reconnected, world.reloaded), (1, 1));
}

#[test]
fn rule_7_a_stepped_clock_is_said_and_credentials_are_read_again() {
    let (mut world, _) = held();
    world.at += 500;
    wake(&mut world, |now| now.wall = Wall(now.wall.0 + 86_400_000));
    assert!(world.said("clock")[0].contains("moved by 86400 s"));
    assert_eq!((world.reconnected, world.reloaded), (0, 1));
}

#[test]
fn rule_7_after_a_sleep_the_earliest_deadline_goes_first() {
    let mut world = World::new();
    let claims: Vec<_> = (1..=3).map(|n| world.claim(&format!("rel-{n}"))).collect();
    world.command(Command::Keep { claims: claims.clone(), length_ms: 1_800_000 });
    // The last one is beaten last, the first one long ago.
    for &claim in [&claims[2], &claims[0], &claims[1]] {
        world.pass(2_000);
        world.command(Command::Beat { claims: vec![claim], details: Details::Same });
        while world.calls_to(BEAT) > 0 {
            world.beat_ok();
        }
    }
    world.at += 50_000;
    let at = world.at;
    wake(&mut world, |now| now.mono = at - 50_000);
    let order = world.calls.iter().filter_map(|(_, request, _)| match request {
        Request::Heartbeat { token, .. } => Some(token.expose().to_owned()),
        _ => None,
    });
    assert_eq!(order.collect::<Vec<_>>(), ["token-of-rel-3", "token-of-rel-1", "token-of-rel-2"]);
}
