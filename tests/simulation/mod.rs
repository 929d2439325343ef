//! The console core against the emulator core: both real, both pure, between them a model of network, disk and clocks
//! that does its worst, all from one seed.
//!
//! The promises are checked against the service's own timers and history, never against the console's opinion. What is
//! broken comes back as a [`Violation`] with the seed and a readable trace: the same seed is run again for it, with
//! tracing on.
//!
//! Where to look: `world` the queue of everything that happens, `network` and `disk` what lies between the two machines,
//! `mishaps` what goes wrong, `service` the emulator and its workflows, `operator` the person, `book` what is checked.

#![expect(clippy::expect_used, clippy::panic, reason = "a world that contradicts itself is a failed test")]

mod book;
mod chance;
mod disk;
mod mishaps;
mod network;
mod operator;
mod service;
mod totals;
mod translate;
mod violation;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::time::{ClockId, clock_gettime};
use swfbeat::console::Config;

pub use totals::{Run, Totals};
pub use violation::Violation;

use violation::Broken;
use world::World;

/// One seed in so many is run twice.
const TWICE: u64 = 20;

/// How a world differs from the usual one.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Has the last word on the console's settings, in each of its lives.
    pub tune: fn(&mut Config),
    /// Is given every line of the trace as it comes.
    pub trace: Option<fn(&str)>,
    /// Operators who may send little hold more than chance always lets live: rules that matter at the edge show there.
    pub greedy: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { tune: |_| {}, trace: None, greedy: false }
    }
}

/// Runs one seed for so many hours.
///
/// # Errors
/// The first promise that was broken.
pub fn run(seed: u64, hours: u64, options: Options) -> Result<Run, Box<Violation>> {
    let ms = (hours * 3_600_000).cast_signed();
    let before = cpu_ms();
    let traced = options.trace.is_some();
    let mut run = World::new(seed, options, traced)
        .run(ms)
        .or_else(|violation| if traced { Err(violation) } else { World::new(seed, options, true).run(ms) })?;
    run.totals.cpu_ms = cpu_ms() - before;
    run.totals.hours = hours;
    run.totals.traces = run.hash >> 24;
    Ok(run)
}

/// Runs `seeds` seeds from `first` on in `jobs` threads; one in twenty twice, which must come to the same.
///
/// # Errors
/// The violation of the lowest seed that was run into one. The others end as soon as there is one.
pub fn run_all(first: u64, seeds: u64, hours: u64, jobs: u64, options: Options) -> Result<Totals, Box<Violation>> {
    let next = AtomicU64::new(first);
    let results: Mutex<(Totals, Option<Box<Violation>>)> = Mutex::default();
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + seeds {
                return;
            }
            let outcome = run(seed, hours, options).and_then(|it| same_again(seed, hours, options, it));
            let mut results = results.lock().expect("no thread panics while it holds this");
            match outcome {
                Ok(totals) => results.0.add(&totals),
                Err(violation) => {
                    next.store(first + seeds, Ordering::Relaxed);
                    if results.1.as_ref().is_none_or(|other| violation.seed < other.seed) {
                        results.1 = Some(violation);
                    }
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(work);
        }
    });
    let (totals, violation) = results.into_inner().expect("no thread panics while it holds this");
    violation.map_or(Ok(totals), Err)
}

/// Nothing but the seed may decide what happens.
fn same_again(seed: u64, hours: u64, options: Options, first: Run) -> Result<Totals, Box<Violation>> {
    if seed % TWICE == 1 {
        let again = run(seed, hours, options)?;
        if again.hash != first.hash {
            let broken = Broken::new("simulation", "the same seed ran differently twice");
            return Err(Box::new(Violation { seed, at: 0, broken, trace: Vec::new() }));
        }
    }
    Ok(first.totals)
}

/// Processor time of this thread.
fn cpu_ms() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec.unsigned_abs() * 1_000 + time.tv_nsec.unsigned_abs() / 1_000_000
}
