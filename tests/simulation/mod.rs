//! The console core against the emulator core: both real, both pure, between them a model of network, disk and clocks
//! that does its worst, all from one seed.
//!
//! The promises are checked against the service's own timers and history, never against the console's opinion. What is
//! broken comes back as a [`Violation`] with the seed and a readable trace: the same seed is run again for it, with
//! tracing on.

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
mod violation;
mod world;

use swfbeat::console::Config;

pub use totals::{Run, Totals};
pub use violation::Violation;

use world::World;

/// How a world differs from the usual one.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Has the last word on the console's settings, in each of its lives.
    pub tune: fn(&mut Config),
}

impl Default for Options {
    fn default() -> Self {
        Self { tune: |_| {} }
    }
}

/// Runs one seed for so many hours.
///
/// # Errors
/// The first promise that was broken.
pub fn run(seed: u64, hours: u64, options: Options) -> Result<Run, Box<Violation>> {
    let ms = hours * 3_600_000;
    World::new(seed, options, false).run(ms).or_else(|_| World::new(seed, options, true).run(ms))
}
