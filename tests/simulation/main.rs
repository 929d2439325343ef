//! The console core against the emulator core: both real, both pure, between them a model of network, disk and clocks
//! that does its worst, all from one seed.
//!
//! After every step the promises are checked against the service's own timers and history, never against the console's
//! opinion. A failure prints the seed and the end of the trace. `SWFBEAT_SIM_SEEDS=N` runs N seeds, `SWFBEAT_SIM_SEED=S`
//! begins with seed S, `SWFBEAT_SIM_HOURS=H` makes each H hours long.

#![expect(clippy::expect_used, reason = "a world that contradicts itself is a failed test")]

mod chance;
mod checks;
mod disk;
mod mishaps;
mod network;
mod operator;
mod service;
mod totals;
mod translate;
mod world;

use world::World;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

#[test]
fn the_promises_hold_in_bad_weather() {
    let (first, seeds) = (setting("SWFBEAT_SIM_SEED", 1), setting("SWFBEAT_SIM_SEEDS", 6));
    let hours = setting("SWFBEAT_SIM_HOURS", 1);
    let mut totals = totals::Totals::default();
    for seed in first..first + seeds {
        let run = World::new(seed).run(hours * 3_600_000);
        // Nothing but the seed may decide what happens.
        if seed % 20 == 1 {
            assert_eq!(World::new(seed).run(hours * 3_600_000).hash, run.hash, "seed {seed} ran differently twice");
        }
        totals.add(&run.totals);
    }
    println!("{seeds} seeds of {hours} h: {totals:?}");
    if seeds >= 20 {
        totals.assert_everything_happened();
    }
}
