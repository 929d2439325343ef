//! The real console binary is killed with SIGKILL while it starts, claims, beats and closes, and started again, over and
//! over. The service is an emulator in this process that nobody kills: its own timers, what it handed out and its
//! histories are the truth that journal and screen are held against.
//!
//! What is typed and when the kill comes follows from a seed, which every run prints; what was in flight at that moment
//! does not. `SWFBEAT_CRASHES=N` kills N times, `SWFBEAT_CRASH_SEED=S` types and kills as the run with seed S did.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is missing")]

#[path = "../simulation/chance.rs"]
mod chance;
mod checks;
mod console;
mod notes;
mod operator;
mod screen;
mod service;
mod world;

use world::World;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

#[test]
fn no_promise_breaks_when_the_console_is_killed() {
    let crashes = setting("SWFBEAT_CRASHES").unwrap_or(8);
    let fresh = || swfbeat::clock::now().wall.0.unsigned_abs();
    let seed = setting("SWFBEAT_CRASH_SEED").unwrap_or_else(fresh);
    println!("{crashes} crashes, SWFBEAT_CRASH_SEED={seed}");
    let mut world = World::new(seed);
    let broken = (1..=crashes).try_for_each(|life| world.live(life)).and_then(|()| world.settle());
    if let Err(promise) = broken {
        panic!("SWFBEAT_CRASH_SEED={seed}\n{promise}\n{}", world.last_screen());
    }
    println!("{:?}", world.totals());
    if crashes >= 50 {
        world.totals().assert_everything_happened();
    }
}
