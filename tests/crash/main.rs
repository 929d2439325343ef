//! The real console binary is killed with SIGKILL while it starts, claims, beats and closes, and started again, over and
//! over. The service is an emulator in this process that nobody kills: its own timers, what it handed out and its
//! histories are the truth that journal and screen are held against.
//!
//! What is typed and when the kill comes follows from a seed, which every run prints; what was in flight at that moment
//! does not. What a kill leaves is often found by a console that is killed too, while it takes up the journal, several
//! times in a row. `SWFBEAT_CRASHES=N` kills N times, `SWFBEAT_CRASH_SEED=S` types and kills as the run with seed S did,
//! `SWFBEAT_CRASH_WORLDS=W` does it in so many worlds at a time, which know nothing of each other.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is missing")]

#[path = "../simulation/chance.rs"]
mod chance;
mod checks;
mod console;
#[allow(dead_code, reason = "the chaos test counts them")]
mod keeping;
mod notes;
mod operator;
mod screen;
mod service;
mod world;

use std::thread;

use checks::Totals;
use service::Host;
use world::{Pace, World};

/// Short lives, fast fingers.
const PACE: Pace = Pace { life_ms: (0, 900), at_start: 300, pause_ms: 30, keep: 0 };

/// From so many kills on a run is long: it goes on until the rare has come up too, and several worlds share it.
const LONG: u64 = 50;
/// Consoles at a time for each core: most of a life is waiting.
const WORLDS_PER_CORE: u64 = 3;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

/// One world to its end: `crashes` kills, and if the run is a long one at most three times as many, until the rare has
/// come up.
fn run(seed: u64, crashes: u64, long: bool) -> Totals {
    let host = Host::start();
    let endpoint = host.endpoint.clone();
    let mut world = World::new(seed, host, endpoint, PACE);
    let most = if long { 3 * crashes } else { crashes };
    let mut broken = Ok(());
    while broken.is_ok() {
        let kills = world.totals().kills;
        if kills >= most || kills >= crashes && (!long || world.totals().has_the_rare()) {
            break;
        }
        broken = world.live();
    }
    let broken = broken.and_then(|()| world.settle()).and_then(|()| world.keeping().explained(&[]));
    if let Err(promise) = broken {
        panic!(
            "again with SWFBEAT_CRASH_WORLDS=1 SWFBEAT_CRASHES={crashes} SWFBEAT_CRASH_SEED={seed}\n{promise}\n{}",
            world.last_screen()
        );
    }
    world.into_totals()
}

#[test]
fn no_promise_breaks_when_the_console_is_killed() {
    let crashes = setting("SWFBEAT_CRASHES").unwrap_or(8);
    let fresh = || swfbeat::clock::now().wall.0.unsigned_abs();
    let seed = setting("SWFBEAT_CRASH_SEED").unwrap_or_else(fresh);
    let long = crashes >= LONG;
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let most = if long { WORLDS_PER_CORE * cores } else { 1 };
    // Each world needs enough kills for the rare.
    let worlds = setting("SWFBEAT_CRASH_WORLDS").unwrap_or(most.min(crashes / LONG)).max(1);
    let each = crashes.div_ceil(worlds);
    println!("{crashes} crashes in {worlds} worlds, SWFBEAT_CRASH_SEED={seed}");
    let totals = thread::scope(|scope| {
        let worlds: Vec<_> = (0..worlds).map(|index| scope.spawn(move || run(seed + index, each, long))).collect();
        // All of them come to their end, so that each that fails has said why.
        let ended: Vec<_> = worlds.into_iter().map(thread::ScopedJoinHandle::join).collect();
        ended.into_iter().collect::<Result<Vec<Totals>, _>>()
    });
    let Ok(totals) = totals else { panic!("a promise is broken, see above") };
    let totals = totals.iter().fold(Totals::default(), Totals::and);
    println!("{totals:?}");
    if long {
        totals.assert_the_usual();
        totals.assert_killed_in_recovery();
    }
}
