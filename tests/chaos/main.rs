//! The real console binary on a bad road to a real service: requests and answers are delayed, cut off, torn after they took
//! effect, or swallowed; the service throttles, fails and finds the credentials expired; and the console is killed and
//! started again. All over real sockets. Screen, journal and the service's own timers and histories are held against each
//! other as in the crash test, whose world this is; and a task under keep-alive may die only if it was silent for too long.
//!
//! What is typed and what goes wrong follows from a seed, which every run prints. `SWFBEAT_CHAOS_SECONDS=600` goes on for ten
//! minutes, `SWFBEAT_CHAOS_SEED=S` types and breaks as the run with seed S did.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is missing")]

#[path = "../simulation/chance.rs"]
mod chance;
#[path = "../crash/checks.rs"]
#[allow(dead_code, reason = "the crash test adds up several worlds, and kills hundreds of times")]
mod checks;
#[path = "../crash/console.rs"]
mod console;
#[path = "../crash/keeping.rs"]
mod keeping;
#[path = "../crash/notes.rs"]
mod notes;
#[path = "../crash/operator.rs"]
mod operator;
mod road;
#[path = "../crash/screen.rs"]
mod screen;
#[path = "../crash/service.rs"]
mod service;
mod storm;
#[path = "../crash/world.rs"]
#[allow(dead_code, reason = "the crash test adds up several worlds")]
mod world;

use swfbeat::clock;

use road::Road;
use service::Host;
use storm::Storm;
use world::{Pace, World};

/// How a run goes: the consoles' lives, the longest fair weather, and how long a mishap lasts at the most; milliseconds.
/// In a short run everything is short, so that there is something of everything.
fn tempo(seconds: i64) -> (Pace, i64, &'static [i64]) {
    if seconds < 60 {
        (Pace { life_ms: (1_500, 6_000), at_start: 100, pause_ms: 150, keep: 300 }, 1_200, &[500, 1_500])
    } else {
        (Pace { life_ms: (4_000, 40_000), at_start: 100, pause_ms: 1_200, keep: 300 }, 8_000, &[1_000, 4_000, 12_000])
    }
}

fn setting(name: &str) -> Option<i64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

#[test]
fn no_promise_breaks_on_a_bad_road() {
    let seconds = setting("SWFBEAT_CHAOS_SECONDS").unwrap_or(12);
    let seed = setting("SWFBEAT_CHAOS_SEED").unwrap_or_else(|| clock::now().wall.0).unsigned_abs();
    println!("{seconds} s, SWFBEAT_CHAOS_SEED={seed}");
    let host = Host::start();
    let road = Road::to(&host.endpoint);
    let (pace, calm_ms, longest) = tempo(seconds);
    let storm = Storm::begin(seed, road.clone(), host.control(), calm_ms, longest);
    let mut world = World::new(seed, host, road.endpoint(), pace);
    let end = clock::now().boot + seconds * 1_000;
    let mut broken = Ok(());
    while broken.is_ok() && clock::now().boot < end {
        broken = world.live();
    }
    let disturbances = storm.end();
    let broken = broken.and_then(|()| world.settle()).and_then(|()| world.keeping().explained(&disturbances));
    if let Err(promise) = broken {
        panic!("SWFBEAT_CHAOS_SEED={seed}\n{promise}\n{}", world.last_screen());
    }
    let (kept, died) = (world.keeping().kept(), world.keeping().died());
    println!("{} disturbances; {kept} tasks kept, {died} of them died; {:?}", disturbances.len(), world.totals());
    if seconds >= 60 {
        world.totals().assert_the_usual();
        println!("the rare has come up too: {}", world.totals().has_the_rare());
        assert!(kept > 0, "nothing was kept alive");
    }
}
