//! Leases: what ends them, what renews them, how they are warned of. Promise attended.

use proptest::prelude::*;

use super::*;
use crate::task::Outcome;

const MINUTE: i64 = 60_000;

fn kept_for(length_ms: i64) -> (World, ClaimId) {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::Keep { claims: vec![claim], length_ms });
    (world, claim)
}

impl World {
    /// Lets time pass and answers every heartbeat; gives when the last one was sent.
    fn pass_beaten(&mut self, ms: i64) -> Option<i64> {
        let (end, mut last) = (self.at + ms, None);
        while self.at < end {
            self.pass(500.min(end - self.at));
            while self.calls_to(BEAT) > 0 {
                last = last.max(self.calls.iter().filter(|call| call.1.operation() == BEAT).map(|call| call.2.0).max());
                self.answer(BEAT, 0, Ok(Answer::Beaten { cancel_requested: false }));
            }
        }
        last
    }

    /// As [`World::pass`] at once, but the clocks show something else afterwards.
    fn wake_with(&mut self, ms: i64, clocks: impl Fn(Now) -> Now) {
        self.at += ms;
        let effects = self.console.handle(clocks(now(self.at)), Event::Wake);
        self.perform(effects);
    }

    /// Answers the heartbeat in flight, with a `Date` of a service whose clock is so far ahead.
    fn beat_dated(&mut self, ahead: i64) {
        let index = self.calls.iter().position(|call| call.1.operation() == BEAT).unwrap();
        let (call, _, sent) = self.calls.remove(index);
        let date = (SERVICE_AT_BOOT + self.at + ahead) / 1_000 * 1_000;
        let timing = Timing { sent, received: Boot(self.at), date: Some(date) };
        self.event(Event::Answered { call, timing, result: Ok(Answer::Beaten { cancel_requested: false }) });
    }

    fn warnings(&self) -> Vec<(i64, Level)> {
        let ends = self.log.iter().filter(|line| line.text.starts_with("keep-alive ends in"));
        ends.map(|line| (line.at.0 - WALL_AT_BOOT, line.level)).collect()
    }

    fn lapses(&self) -> usize {
        self.said("keep").iter().filter(|text| text.contains("unattended")).count()
    }
}

#[test]
fn warnings_are_graded_and_the_row_says_so_first() {
    let (mut world, claim) = kept_for(30 * MINUTE);
    let end = world.at + 30 * MINUTE;
    world.pass_beaten(31 * MINUTE);
    let expected = [(6, Level::Warn), (3, Level::Alarm)].map(|(minutes, level)| (end - minutes * MINUTE, level));
    assert_eq!(world.warnings()[..2], expected);
    assert_eq!(world.warnings()[2], (end - 90_000, Level::Alarm));
    assert_eq!((world.warnings().len(), world.lapses()), (3, 1));
    assert!(world.facts(claim).lease.is_none());

    let (world, claim) = kept_for(30 * MINUTE);
    let facts = world.facts(claim);
    let warning = |left: i64| facts.lease.unwrap().warning(Boot(world.at + 30 * MINUTE - left));
    assert_eq!(warning(6 * MINUTE + 1), None);
    assert_eq!(warning(6 * MINUTE), Some(LeaseWarning::Shown));
    assert_eq!(warning(3 * MINUTE), Some(LeaseWarning::Rung));
    assert_eq!(warning(90_000), Some(LeaseWarning::Called));
    let shown = facts.next_urgency_change(Boot(world.at + 20 * MINUTE)).unwrap();
    assert_eq!(shown, Boot(world.at + 24 * MINUTE));
}

#[test]
fn a_short_lease_warns_three_times_too_and_never_twice_at_once() {
    let (mut world, _) = kept_for(60_000);
    let end = world.at + 60_000;
    world.pass_beaten(61_000);
    let before: Vec<_> = world.warnings().iter().map(|(at, _)| end - at).collect();
    assert_eq!(before, [30_000, 15_000, 7_500]);
}

#[test]
fn attended_a_wall_clock_that_is_moved_changes_only_what_is_shown() {
    const DAY: i64 = 24 * 3_600_000;
    for step in [-DAY, DAY] {
        let (mut world, claim) = kept_for(30 * MINUTE);
        let until = world.facts(claim).lease.unwrap();
        world.wake_with(1_000, |now| Now { wall: Wall(now.wall.0 + step), ..now });
        let after = world.facts(claim).lease.unwrap();
        assert_eq!(after.until, until.until, "{step}");
        assert_eq!(after.until_wall.0, until.until_wall.0 + step);
        let last = world.pass_beaten(40 * MINUTE).unwrap();
        assert!((until.until.0 - 20_000..=until.until.0).contains(&last), "{step}: {last}");
        assert_eq!(world.lapses(), 1);
    }
}

#[test]
fn attended_a_machine_that_slept_past_the_end_sends_nothing_more() {
    let (mut world, claim) = kept_for(30 * MINUTE);
    world.pass_beaten(10 * MINUTE);
    let asleep = 8 * 60 * MINUTE;
    world.wake_with(asleep, |now| Now { mono: now.mono - asleep, ..now });
    assert!(world.said("clock").iter().any(|text| text.contains("slept")));
    assert_eq!((world.calls_to(BEAT), world.lapses()), (0, 1));
    assert!(world.facts(claim).lease.is_none());
}

#[test]
fn attended_the_service_s_clock_ends_a_lease_that_a_paused_machine_would_stretch() {
    let (mut world, claim) = kept_for(30 * MINUTE);
    world.pass_beaten(13_000);
    let until = world.facts(claim).lease.unwrap().until;
    // The virtual machine stood still for 25 minutes, with every clock of its own.
    for _ in 0..2 {
        world.pass(13_000);
        world.beat_dated(25 * MINUTE);
    }
    let bound = world.facts(claim).lease.unwrap().until;
    assert!((until.0 - 25 * MINUTE - 5_000..until.0 - 24 * MINUTE).contains(&bound.0), "{bound:?} {until:?}");
    let last = world.pass_beaten(10 * MINUTE).unwrap();
    assert!(last <= bound.0, "{last} {bound:?}");
    assert_eq!(world.lapses(), 1);
}

#[test]
fn a_lease_is_not_cut_short_by_what_is_not_known_of_the_service_s_clock() {
    let mut world = World::new();
    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
    // The only sample is a minute wide, and a `Date` narrows it down later.
    world.pass(60_000);
    world.answer(POLL, 0, Ok(Answer::Polled(Some(Box::new(task("rel-1"))))));
    world.beat_ok();
    let started = SERVICE_AT_BOOT + world.at - 8;
    world.answer(HISTORY, 10, Ok(Answer::History(open_history("rel-1", started))));
    let claim = *world.facts.keys().next().unwrap();
    world.command(Command::Keep { claims: vec![claim], length_ms: MINUTE });
    let until = world.facts(claim).lease.unwrap().until;
    world.pass(13_000);
    world.beat_dated(0);
    assert_eq!(world.facts(claim).lease.unwrap().until, until);
}

#[test]
fn attended_every_act_on_a_kept_task_renews_its_lease_and_presence_does_not() {
    let beat = |details: Details| move |claim| Command::Beat { claims: vec![claim], details: details.clone() };
    let acts: [Box<dyn Fn(ClaimId) -> Command>; 2] =
        [Box::new(beat(Details::Same)), Box::new(beat(Details::New("50%".into())))];
    for act in acts {
        let (mut world, claim) = kept_for(30 * MINUTE);
        world.pass_beaten(20 * MINUTE);
        world.command(act(claim));
        assert_eq!(world.facts(claim).lease.unwrap().until, Boot(world.at + 30 * MINUTE));
    }
    let (mut world, claim) = kept_for(30 * MINUTE);
    let until = world.facts(claim).lease.unwrap().until;
    world.pass_beaten(20 * MINUTE);
    world.command(Command::Claim { domain: "ops".into(), task_list: "other".into(), wanted: 1, identity: None });
    world.command(Command::ReloadCredentials);
    world.command(Command::StopClaiming);
    assert_eq!(world.facts(claim).lease.unwrap().until, until, "presence renews nothing");
}

#[test]
fn attended_a_lease_that_cannot_be_written_down_as_ended_has_ended() {
    let (mut world, claim) = kept_for(10 * MINUTE);
    world.pass_beaten(9 * MINUTE);
    world.disk_works = false;
    let end = world.facts(claim).lease.unwrap().until.0;
    let last = world.pass_beaten(5 * MINUTE).unwrap_or_default();
    assert!(last <= end);
    world.disk_refuses();
    world.disk_works = true;
    let last = world.pass_beaten(5 * MINUTE);
    assert_eq!((last, world.lapses()), (None, 1), "written down once the disk takes it");
}

#[test]
fn a_lease_is_at_most_what_was_configured() {
    let (mut world, claim) = kept_for(8 * 60 * MINUTE);
    world.command(Command::Keep { claims: vec![claim], length_ms: 8 * 60 * MINUTE + 1 });
    assert_eq!(world.said("keep").last(), Some(&"a keep-alive lasts from 1 second to 8 h: say another length"));
    let terms = LeaseTerms { longest_ms: 12 * 60 * MINUTE, ..LeaseTerms::default() };
    world.console.config.lease = terms;
    world.command(Command::Keep { claims: vec![claim], length_ms: 12 * 60 * MINUTE });
    assert_eq!(world.facts(claim).lease.unwrap().length_ms, 12 * 60 * MINUTE);
}

/// One thing that an operator, the service, the disk or time does.
#[derive(Debug, Clone)]
enum Step {
    Pass(i64),
    Sleep(i64),
    Wall(i64),
    Keep(i64),
    Act,
    Close,
    Answer(bool),
    Disk(bool),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1i64..60_000).prop_map(Step::Pass),
        1 => (1_000i64..3_600_000).prop_map(Step::Sleep),
        1 => (-86_400_000i64..86_400_000).prop_map(Step::Wall),
        2 => (1_000i64..1_200_000).prop_map(Step::Keep),
        1 => Just(Step::Act),
        1 => Just(Step::Close),
        6 => any::<bool>().prop_map(Step::Answer),
        1 => any::<bool>().prop_map(Step::Disk),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..80)
}

/// A heartbeat a person asked for is tried so long; a close is a lease of its own for so long.
const ASKED: i64 = 60_000;
const CLOSE: i64 = 600_000;

proptest! {
    /// A task outlives its operator by at most its lease and its heartbeat timeout: no heartbeat leaves later than the
    /// last act and the longest lease agreed until then, whatever clocks, disk, network and process do.
    #[test]
    fn attended_no_heartbeat_without_a_person_who_agreed(steps in steps()) {
        let mut world = World::new();
        let claim = world.claim("rel-1");
        let (mut attended_until, mut lease, mut wall) = (world.at + ASKED, 0, 0);
        for step in steps {
            let known = world.calls.iter().map(|call| call.0).max();
            match step {
                Step::Pass(ms) => world.wake_with(ms, |now| Now { wall: Wall(now.wall.0 + wall), ..now }),
                Step::Sleep(ms) => world.wake_with(ms, |now| Now { mono: now.mono - ms, wall: Wall(now.wall.0 + wall), ..now }),
                Step::Wall(ms) => { wall = ms; world.wake_with(1, |now| Now { wall: Wall(now.wall.0 + ms), ..now }); }
                Step::Keep(length_ms) => {
                    lease = lease.max(length_ms);
                    attended_until = attended_until.max(world.at + lease);
                    world.command(Command::Keep { claims: vec![claim], length_ms });
                }
                Step::Act => {
                    attended_until = attended_until.max(world.at + lease.max(ASKED));
                    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
                }
                Step::Close => {
                    attended_until = attended_until.max(world.at + CLOSE);
                    world.command(Command::Close { claims: vec![claim], outcome: Outcome::Completed { result: None } });
                }
                Step::Answer(good) if world.calls_to(BEAT) > 0 => {
                    let answer = if good { Ok(Answer::Beaten { cancel_requested: false }) } else { no_answer() };
                    world.answer(BEAT, 5, answer);
                }
                Step::Answer(_) if world.calls_to(COMPLETE) > 0 => drop(world.answer(COMPLETE, 5, no_answer())),
                Step::Answer(_) => {}
                Step::Disk(true) => { world.disk_works = true; world.disk_writes(); }
                Step::Disk(false) => { world.disk_works = false; world.disk_refuses(); }
                Step::Restart => {
                    let disk = std::mem::take(&mut world.disk);
                    world = World::restarted(world.at + 500, disk);
                }
            }
            for (call, request, sent) in &world.calls {
                let new = known.is_none_or(|known| *call > known) && request.operation() == BEAT;
                prop_assert!(!new || sent.0 <= attended_until, "sent {sent:?}, attended until {attended_until}");
            }
        }
    }
}
