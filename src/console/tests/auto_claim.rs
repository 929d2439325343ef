//! Claiming by itself while fewer tasks are held than a number.

use super::*;
use crate::task::Outcome;

const MINUTE: i64 = 60_000;

fn auto_claim(world: &mut World, below: u32, length_ms: i64) {
    world.command(Command::AutoClaim {
        domain: "ops".into(),
        task_list: "manual".into(),
        below,
        length_ms,
        identity: None,
    });
}

/// The poll in flight brings a task, whose timeouts are learned.
fn brings(world: &mut World, activity_id: &str) -> ClaimId {
    let before: Vec<_> = world.facts.keys().copied().collect();
    let polled = world.at;
    world.answer(POLL, 40, Ok(Answer::Polled(Some(Box::new(task(activity_id))))));
    world.beat_ok();
    let started = SERVICE_AT_BOOT + polled + 20;
    world.answer(HISTORY, 10, Ok(Answer::History(open_history(activity_id, started))));
    world.facts.keys().copied().find(|id| !before.contains(id)).expect("the claim is on the list")
}

fn complete(world: &mut World, claim: ClaimId) {
    world.command(Command::Close { claims: vec![claim], outcome: Outcome::Completed { result: None } });
    world.answer(COMPLETE, 20, Ok(Answer::Closed));
}

fn auto(world: &World) -> Option<AutoClaim> {
    world.status.as_ref().unwrap().claiming.first().and_then(|claiming| claiming.auto)
}

#[test]
fn holds_as_many_as_wanted_and_replaces_what_ends() {
    let mut world = World::new();
    auto_claim(&mut world, 2, 30 * MINUTE);
    assert_eq!(world.calls_to(POLL), 1);
    world.answer(POLL, 60_000, Ok(Answer::Polled(None)));
    assert_eq!(world.calls_to(POLL), 1, "a poll that brings nothing is followed by another");
    let first = brings(&mut world, "rel-1");
    assert_eq!(world.calls_to(POLL), 1);
    brings(&mut world, "rel-2");
    world.pass(20_000);
    assert_eq!(world.calls_to(POLL), 0, "two are held");
    complete(&mut world, first);
    assert_eq!(world.calls_to(POLL), 1, "one has ended");
    world.command(Command::StopClaiming);
    world.answer(POLL, 10, Ok(Answer::Polled(None)));
    world.pass(2_000);
    assert_eq!((world.calls_to(POLL), auto(&world)), (0, None));
}

#[test]
fn a_task_that_is_not_on_disk_yet_is_held() {
    let mut world = World::new();
    auto_claim(&mut world, 1, 30 * MINUTE);
    world.disk_works = false;
    world.answer(POLL, 40, Ok(Answer::Polled(Some(Box::new(task("rel-1"))))));
    world.pass(1_500);
    world.disk_writes();
    world.pass(1_500);
    assert_eq!(world.calls_to(POLL), 0);
}

#[test]
fn attended_nothing_is_polled_for_while_a_keep_alive_is_about_to_end() {
    let mut world = World::new();
    auto_claim(&mut world, 2, 8 * 60 * MINUTE);
    let claim = brings(&mut world, "rel-1");
    world.command(Command::Keep { claims: vec![claim], length_ms: 10 * MINUTE });
    for _ in 0..16 {
        world.pass(30_000);
        while world.calls_to(BEAT) > 0 {
            world.beat_ok();
        }
    }
    // Two minutes before its end the first warning is given. The poll that was in flight is waited for.
    assert!(auto(&world).unwrap().pauses, "{:?}", world.said("keep"));
    world.answer(POLL, 10, Ok(Answer::Polled(None)));
    world.pass(3_000);
    assert_eq!(world.calls_to(POLL), 0);
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    world.pass(1_000);
    assert_eq!((world.calls_to(POLL), auto(&world).unwrap().pauses), (1, false), "somebody attends again");
}

#[test]
fn attended_it_warns_pauses_and_ends_unless_somebody_acts() {
    let mut world = World::new();
    auto_claim(&mut world, 3, 30 * MINUTE);
    world.pass(20 * MINUTE);
    world.command(Command::ReloadCredentials);
    world.pass(20 * MINUTE);
    assert_eq!(auto(&world).unwrap().warnings, 0, "an act has renewed it");
    world.pass(5 * MINUTE);
    assert_eq!((auto(&world).unwrap().warnings, auto(&world).unwrap().pauses), (1, true));
    world.answer(POLL, 10, Ok(Answer::Polled(None)));
    assert_eq!(world.calls_to(POLL), 0);
    world.pass(6 * MINUTE);
    assert_eq!(auto(&world), None);
    let said = world.said("auto-claim");
    let warnings = said.iter().filter(|text| text.contains("pauses and ends in")).count();
    assert_eq!((warnings, said.last().copied()), (3, Some("from manual ended: nobody acted for 30 min")));
    world.pass(MINUTE);
    assert_eq!(world.calls_to(POLL), 0);
}

#[test]
fn says_why_it_cannot() {
    let mut world = World::new();
    for (below, length_ms) in [(0, MINUTE), (1, 0), (1, 9 * 60 * MINUTE)] {
        auto_claim(&mut world, below, length_ms);
        assert!(world.said("claim").last().unwrap().starts_with("not polled"), "{:?}", world.said("claim"));
    }
    let (task_list, length_ms) = ("x".repeat(257).into(), MINUTE);
    world.command(Command::AutoClaim { domain: "ops".into(), task_list, below: 1, length_ms, identity: None });
    assert!(world.said("claim").last().unwrap().contains("at most 256"), "{:?}", world.said("claim"));
    assert_eq!((world.calls_to(POLL), auto(&world)), (0, None));
}
