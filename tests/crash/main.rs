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
mod keeping;
mod notes;
mod operator;
mod screen;
mod service;
mod world;

use service::Host;
use world::{Pace, World};

/// Short lives, fast fingers.
const PACE: Pace = Pace { life_ms: (0, 1_500), at_start: 250, pause_ms: 30, keep: 0 };

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
    let host = Host::start();
    let endpoint = host.endpoint.clone();
    let mut world = World::new(seed, host, endpoint, PACE);
    let long = crashes >= 50;
    // A long run goes on until the rare has come up too, three times as long at the most.
    let most = if long { 3 * crashes } else { crashes };
    let broken = (1..=most)
        .try_for_each(|life| {
            let enough = life > crashes && world.totals().has_the_rare();
            if enough { Ok(()) } else { world.live(life) }
        })
        .and_then(|()| world.settle())
        .and_then(|()| world.keeping().explained(&[]));
    if let Err(promise) = broken {
        panic!("SWFBEAT_CRASH_SEED={seed}\n{promise}\n{}", world.last_screen());
    }
    let (kept, died) = (world.keeping().kept(), world.keeping().died());
    println!("{kept} tasks kept, {died} of them died; {:?}", world.totals());
    if long {
        world.totals().assert_the_usual();
    }
}
