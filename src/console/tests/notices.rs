//! When somebody is called: once when something begins, again only after it has cleared.

use super::*;

const MINUTE: i64 = 60_000;

impl World {
    /// Lets time pass, answers every heartbeat, and gives the occasions with their instants.
    fn noticed(&mut self, ms: i64) -> Vec<(Occasion, i64)> {
        let (end, mut noticed) = (self.at + ms, Vec::new());
        while self.at < end {
            self.pass(500.min(end - self.at));
            while self.calls_to(BEAT) > 0 {
                self.answer(BEAT, 0, Ok(Answer::Beaten { cancel_requested: false }));
            }
            noticed.extend(std::mem::take(&mut self.notices).into_iter().map(|notice| (notice.occasion, self.at)));
        }
        noticed
    }
}

fn kept_for(length_ms: i64) -> (World, ClaimId) {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.command(Command::Keep { claims: vec![claim], length_ms });
    (world, claim)
}

#[test]
fn a_lease_that_ends_calls_once_and_again_when_it_was_renewed() {
    // Start-to-close is 10 min, and must not be what calls here.
    let (mut world, claim) = kept_for(4 * MINUTE);
    let end = world.at + 4 * MINUTE;
    assert_eq!(world.noticed(3 * MINUTE + 35_000), [(Occasion::LeaseEnding, end - 30_000)]);
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    let end = world.at + 4 * MINUTE;
    world.pass(1);
    assert_eq!(world.noticed(3 * MINUTE + 40_000).first().map(|(what, _)| *what), Some(Occasion::LeaseEnding));
    assert!(world.at < end);
}

#[test]
fn a_lease_that_ended_while_the_machine_slept_calls_too() {
    let (mut world, _) = kept_for(4 * MINUTE);
    let asleep = 5 * MINUTE;
    world.at += asleep;
    let effects = world.console.handle(Now { mono: world.at - asleep, ..now(world.at) }, Event::Wake);
    world.perform(effects);
    let notice = world.notices.iter().find(|notice| notice.occasion == Occasion::LeaseEnding).unwrap();
    assert_eq!(notice.remaining_ms, Some(0));
    assert!(notice.text.contains("heartbeats stop"));
}

#[test]
fn a_task_that_is_due_calls_once_until_a_heartbeat_has_moved_it() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    // 60 s, due with 20 s left.
    let noticed = world.noticed(50_000);
    assert_eq!(noticed.len(), 1, "{noticed:?}");
    let (occasion, at) = noticed[0];
    assert_eq!(occasion, Occasion::TaskDue);
    assert!((39_000..=42_000).contains(&(at - 10_000)), "{at}");
    world.command(Command::Beat { claims: vec![claim], details: Details::Same });
    assert_eq!(world.noticed(39_000), []);
    assert_eq!(world.noticed(5_000).len(), 1, "the next time it is due is another one");
}

#[test]
fn a_kept_task_is_due_only_by_what_heartbeats_cannot_move() {
    let (mut world, claim) = kept_for(30 * MINUTE);
    // Start-to-close is 10 min, due with 2.5 min left.
    let noticed = world.noticed(8 * MINUTE);
    assert_eq!(noticed.len(), 1, "{noticed:?}");
    assert_eq!(noticed[0].0, Occasion::TaskDue);
    assert!((7 * MINUTE..8 * MINUTE).contains(&noticed[0].1), "{noticed:?}");
    assert_eq!(world.facts(claim).urgency(Boot(world.at)), Urgency::Due);
}

#[test]
fn cancel_seen_calls_once() {
    let (mut world, _) = kept_for(30 * MINUTE);
    for _ in 0..2 {
        world.pass(13_000);
        world.answer(BEAT, 8, Ok(Answer::Beaten { cancel_requested: true }));
    }
    let occasions: Vec<_> = world.notices.iter().map(|notice| notice.occasion).collect();
    assert_eq!(occasions, [Occasion::CancelSeen]);
    assert!(world.notices[0].task.as_ref().unwrap().cancel.is_some(), "with the facts as they are now");
}

#[test]
fn lost_credentials_call_once_until_they_work_again() {
    let (mut world, _) = kept_for(30 * MINUTE);
    let expired = || refused("ExpiredTokenException", "The security token included in the request is expired");
    for _ in 0..2 {
        world.pass(14_000);
        world.answer(BEAT, 8, expired());
        world.pass(5_100);
        world.answer(BEAT, 8, expired());
        assert_eq!(world.notices.len(), 1, "{:?}", world.notices);
        assert_eq!(world.notices[0].occasion, Occasion::CredentialsLost);
        world.pass(5_100);
        world.beat_ok();
        world.notices.clear();
    }
}

#[test]
fn a_tolerance_that_is_too_low_calls_once_until_it_is_well() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.console.config.low_tolerance_ms = 50_000;
    world.command(Command::Keep { claims: vec![claim], length_ms: 10 * MINUTE });
    let survives = world.status.as_ref().unwrap().survives_ms.unwrap();
    assert!(survives < 50_000, "{survives}");
    world.pass_and_beat();
    assert_eq!(world.notices.iter().filter(|notice| notice.occasion == Occasion::ToleranceLow).count(), 1);
    world.notices.clear();
    world.command(Command::StopKeeping { claims: vec![claim] });
    world.command(Command::Keep { claims: vec![claim], length_ms: 10 * MINUTE });
    assert_eq!(world.notices.len(), 1, "it had cleared, and begins again");
}

impl World {
    fn pass_and_beat(&mut self) {
        self.pass(13_000);
        self.beat_ok();
    }
}

#[test]
fn a_load_that_does_not_fit_calls_once_until_something_fits() {
    let mut world = World::new();
    let claim = world.claim("rel-1");
    world.console.notice_load(claim, false);
    world.console.notice_load(claim, false);
    world.command(Command::StopClaiming);
    let occasions: Vec<_> = world.notices.iter().map(|notice| notice.occasion).collect();
    assert_eq!(occasions, [Occasion::LoadInfeasible]);
    world.console.notice_load(claim, true);
    world.console.notice_load(claim, false);
    world.command(Command::StopClaiming);
    assert_eq!(world.notices.len(), 2);
}

#[test]
fn whoever_is_called_is_told_in_which_context() {
    let (mut world, claim) = kept_for(4 * MINUTE);
    let heartbeat_rate = HeartbeatRate(Some(80.0));
    world.command(Command::Join { name: "billing".into(), domain: "billing".into(), heartbeat_rate });
    world.command(Command::Join { name: "second".into(), domain: "ops".into(), heartbeat_rate });
    world.noticed(3 * MINUTE);
    world.pass(35_000);
    assert_eq!(world.notices.last().map(|notice| notice.context.raw()), Some("night"), "of its domain, the first");
    world.console.config.low_tolerance_ms = 50_000;
    world.command(Command::Keep { claims: vec![claim], length_ms: 10 * MINUTE });
    let general = world.notices.iter().find(|notice| notice.task.is_none()).unwrap();
    assert_eq!((general.occasion, general.context.raw()), (Occasion::ToleranceLow, "night"));
}

#[test]
fn a_screen_that_only_looks_calls_nobody() {
    let (world, _) = kept_for(MINUTE);
    let entries =
        (1..).zip(&world.disk).map(|(seq, record)| Entry { seq, boot_id: "boot-1".into(), record: record.clone() });
    let entries: Vec<_> = entries.collect();
    let reader = Config { read_only: true, ..config() };
    let (mut console, _) = Console::new(reader, now(world.at), &entries);
    let effects = console.handle(now(world.at + 10 * MINUTE), Event::Wake);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Notice(_))));
}
