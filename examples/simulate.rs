//! Operator-hours in seconds: the console core against the emulator core, with a network, a disk and clocks that fail
//! between them, and the promises checked against the service's own timers and history (`tests/simulation/mod.rs`).
//!
//! ```sh
//! cargo run --release --example simulate -- --seeds 200 --hours 10    # 2,000 hours
//! cargo run --release --example simulate -- --seed 17 --hours 1 --trace
//! ```
//!
//! Every seed is a world of its own, always the same: 50 tasks (a few seeds: 250), workflows, weather, a person at the
//! keys and a colleague. Printed is what happened. A broken promise is printed with its seed and what led to it, and
//! the exit code is 1.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is what it is for")]

use std::process::ExitCode;

use clap::Parser;

#[path = "../tests/simulation/mod.rs"]
mod simulation;

use simulation::{Options, Totals, run, run_all};

/// A seventh of the time went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Plays hours of an operator's work against the emulator, with everything that can go wrong, and checks the promises.
#[derive(Parser)]
struct Arguments {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds, one after the other.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// How many hours each.
    #[arg(long, default_value_t = 10)]
    hours: u64,
    /// How many threads; as many as there are processors unless given.
    #[arg(long)]
    jobs: Option<u64>,
    /// Print the whole trace of the first seed, and run no other.
    #[arg(long)]
    trace: bool,
}

fn main() -> ExitCode {
    let Arguments { seed, seeds, hours, jobs, trace } = Arguments::parse();
    let begun = swfbeat::clock::now().boot;
    let outcome = if trace {
        run(seed, hours, Options { trace: Some(|line| println!("{line}")), ..Options::default() }).map(|it| it.totals)
    } else {
        let jobs = jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |it| it.get() as u64));
        run_all(seed, seeds, hours, jobs, Options::default())
    };
    match outcome {
        Ok(totals) => {
            print(&totals);
            println!("no violation, {:.1} s", (swfbeat::clock::now().boot - begun) as f64 / 1_000.0);
            ExitCode::SUCCESS
        }
        Err(violation) => {
            eprintln!("{violation}");
            eprintln!(
                "again: cargo run --release --example simulate -- --seed {} --hours {hours} --trace",
                violation.seed
            );
            ExitCode::FAILURE
        }
    }
}

fn print(totals: &Totals) {
    for (name, count) in totals.all() {
        println!("{name:>12} {count:>12}");
    }
    println!("{:>12} {:>12.0} a core-second", "beats", totals.beats as f64 * 1_000.0 / totals.cpu_ms.max(1) as f64);
    let missing = totals.missing();
    if !missing.is_empty() {
        println!("too few hours for everything to happen: {}", missing.join(", "));
    }
}
