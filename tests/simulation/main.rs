//! The promises against hours of bad weather: see `mod.rs` for what is simulated and checked.
//!
//! `SWFBEAT_SIM_SEEDS=N` runs N seeds, `SWFBEAT_SIM_SEED=S` begins with seed S, `SWFBEAT_SIM_HOURS=H` makes each H hours
//! long.

#[path = "mod.rs"]
mod simulation;

use simulation::{Options, Totals, run};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

#[test]
fn the_promises_hold_in_bad_weather() {
    let (first, seeds) = (setting("SWFBEAT_SIM_SEED", 1), setting("SWFBEAT_SIM_SEEDS", 6));
    let hours = setting("SWFBEAT_SIM_HOURS", 1);
    let (mut totals, options) = (Totals::default(), Options::default());
    for seed in first..first + seeds {
        let it = run(seed, hours, options).unwrap_or_else(|violation| panic!("{violation}"));
        // Nothing but the seed may decide what happens.
        if seed % 20 == 1 {
            let again = run(seed, hours, options).unwrap_or_else(|violation| panic!("{violation}"));
            assert_eq!(again.hash, it.hash, "seed {seed} ran differently twice");
        }
        totals.add(&it.totals);
    }
    println!("{seeds} seeds of {hours} h: {totals:?}");
    if seeds >= 20 {
        totals.assert_everything_happened();
    }
}
