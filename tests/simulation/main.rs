//! The promises against hours of bad weather: see `mod.rs` for what is simulated and checked.
//!
//! `SWFBEAT_SIM_SEEDS=N` runs N seeds, `SWFBEAT_SIM_SEED=S` begins with seed S, `SWFBEAT_SIM_HOURS=H` makes each H hours
//! long, `SWFBEAT_SIM_JOBS=J` uses J threads. `examples/simulate.rs` does the same from the command line.

#[path = "mod.rs"]
mod simulation;

use simulation::{Options, Totals, run_all};

/// Hours after which everything must have happened.
const LONG: u64 = 100;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

#[test]
fn the_promises_hold_in_bad_weather() {
    let (first, seeds) = (setting("SWFBEAT_SIM_SEED", 1), setting("SWFBEAT_SIM_SEEDS", 2));
    let (hours, jobs) = (setting("SWFBEAT_SIM_HOURS", 1), setting("SWFBEAT_SIM_JOBS", 2));
    let totals = run_all(first, seeds, hours, jobs, Options::default());
    let totals = totals.unwrap_or_else(|violation| panic!("{violation}"));
    println!("{}", figures(&totals));
    if totals.hours >= LONG {
        assert!(totals.missing().is_empty(), "something hardly happened: {:?}", totals.missing());
    }
}

fn figures(totals: &Totals) -> String {
    totals.all().iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}
