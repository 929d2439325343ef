//! Notes: written down, come back after a restart, and reminded of when the wall clock says so.

use super::*;

const MINUTE: i64 = 60_000;

fn note(world: &mut World, claim: ClaimId, text: &str, ahead_ms: Option<i64>) {
    let follow_up = ahead_ms.map(|ahead| Wall(now(world.at).wall.0 + ahead));
    world.command(Command::Note { claims: vec![claim], text: text.into(), follow_up });
}

fn reminders(world: &World) -> usize {
    world.log.iter().filter(|line| line.word == REMIND_WORD && line.text.starts_with("follow up now")).count()
}

#[test]
fn a_note_comes_back_after_a_restart_and_is_reminded_of_once() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    note(&mut world, claim, "waits for the part", Some(20 * MINUTE));
    assert_eq!(world.facts[&claim].note.as_ref().unwrap().text, "waits for the part".into());
    let mut world = World::restarted(world.at + MINUTE, world.disk);
    assert!(!world.facts[&claim].note.as_ref().unwrap().due);
    world.pass(18 * MINUTE);
    assert_eq!(reminders(&world), 0);
    world.pass(2 * MINUTE);
    assert_eq!(reminders(&world), 1);
    assert!(world.facts[&claim].note.as_ref().unwrap().due);
    note(&mut world, claim, "", None);
    assert_eq!(world.facts[&claim].note, None);
    world.pass(60 * MINUTE);
    assert_eq!(reminders(&world), 1);
}

#[test]
fn a_time_that_passed_while_nothing_ran_is_told_at_the_start() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    note(&mut world, claim, "", Some(MINUTE));
    let mut world = World::restarted(world.at + 5 * MINUTE, world.disk);
    assert!(world.facts[&claim].note.as_ref().unwrap().due);
    world.pass(1);
    assert_eq!(reminders(&world), 1);
}

#[test]
fn an_appointment_follows_the_wall_clock() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    note(&mut world, claim, "", Some(30 * MINUTE));
    world.at += 1_000;
    let moved = |ms: i64| move |now: Now| Now { wall: Wall(now.wall.0 + ms), ..now };
    let effects = world.console.handle(moved(29 * MINUTE)(now(world.at)), Event::Wake);
    world.perform(effects);
    world.at += MINUTE;
    let effects = world.console.handle(moved(29 * MINUTE)(now(world.at)), Event::Wake);
    world.perform(effects);
    assert_eq!(reminders(&world), 1);
}

#[test]
fn noting_is_an_act_and_too_much_is_refused() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::Keep { claims: vec![claim], length_ms: 10 * MINUTE });
    world.pass(5_000);
    let until = world.facts[&claim].lease.unwrap().until;
    note(&mut world, claim, "seen", None);
    assert!(world.facts[&claim].lease.unwrap().until > until, "it renews the lease");
    note(&mut world, claim, &"x".repeat(NOTE_MAX + 1), None);
    note(&mut world, claim, "late", Some(FOLLOW_UP_MAX_MS + MINUTE));
    assert_eq!(world.facts[&claim].note.as_ref().unwrap().text, "seen".into());
    let refused = world.said("note").iter().filter(|text| text.starts_with("not noted: ")).count();
    assert_eq!(refused, 2);
}
