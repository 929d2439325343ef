//! What goes wrong, one thing after the other, with fair weather in between.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use swfbeat::clock;
use swfbeat::emulator::{Control, Rule};

use crate::chance::Chance;
use crate::keeping::Span;
use crate::road::{Road, Weather};

/// After credentials that had expired, the next try comes at the latest after so long, milliseconds.
const ACCESS_MS: i64 = 6_000;
/// What only the consoles call: decider and checks are to be left in peace.
const OPERATIONS: [&str; 6] = [
    "RecordActivityTaskHeartbeat",
    "RespondActivityTaskCompleted",
    "RespondActivityTaskFailed",
    "RespondActivityTaskCanceled",
    "PollForActivityTask",
    "DescribeActivityType",
];

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    Road(Weather),
    Service(&'static str),
}

const MISHAPS: [Mishap; 11] = [
    Mishap::Road(Weather::Cut),
    Mishap::Road(Weather::Hole),
    Mishap::Road(Weather::Torn),
    Mishap::Road(Weather::Slow(150)),
    Mishap::Road(Weather::Slow(400)),
    Mishap::Service("throttle@70%"),
    Mishap::Service("expired"),
    Mishap::Service("lost-answer@50%"),
    Mishap::Service("reset-answer@50%"),
    Mishap::Service("error:503@70%"),
    Mishap::Service("late-answer:100ms-900ms"),
];

impl Mishap {
    /// Whether heartbeats get through all the same.
    fn is_mild(self) -> bool {
        matches!(self, Self::Road(Weather::Slow(_)) | Self::Service("late-answer:100ms-900ms"))
    }
}

/// A thread that breaks things.
pub struct Storm {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<Vec<Span>>,
}

impl Storm {
    /// `calm_ms` is the longest time of fair weather, `longest` the choice of how long a mishap lasts at the most; both in
    /// milliseconds.
    pub fn begin(seed: u64, road: Road, control: Control, calm_ms: i64, longest: &'static [i64]) -> Self {
        let (stop, stopped) = mpsc::channel();
        let mut chance = Chance::new(seed ^ 0xc4a0_5000);
        let thread = thread::spawn(move || {
            let mut spans = Vec::new();
            let pause = move |low, high, chance: &mut Chance| {
                let length = Duration::from_millis(chance.between(low, high).unsigned_abs());
                !matches!(stopped.recv_timeout(length), Err(RecvTimeoutError::Timeout))
            };
            loop {
                let mut over = pause(300, calm_ms, &mut chance);
                if over {
                    return spans;
                }
                let mishap = *chance.pick(&MISHAPS).unwrap_or(&MISHAPS[0]);
                let from = clock::now().wall.0;
                set(&road, &control, Some(mishap));
                let longest = *chance.pick(longest).unwrap_or(&1_000);
                over |= pause(200, longest, &mut chance);
                set(&road, &control, None);
                let more = if mishap == Mishap::Service("expired") { ACCESS_MS } else { 0 };
                if !mishap.is_mild() {
                    spans.push((from, clock::now().wall.0 + more));
                }
                if over {
                    return spans;
                }
            }
        });
        Self { stop, thread }
    }

    /// Fair weather from now on; when it was not.
    pub fn end(self) -> Vec<Span> {
        // The thread waits for nothing else.
        let _ = self.stop.send(());
        self.thread.join().unwrap()
    }
}

fn set(road: &Road, control: &Control, mishap: Option<Mishap>) {
    road.turns(match mishap {
        Some(Mishap::Road(weather)) => weather,
        _ => Weather::Fair,
    });
    control.set_faults(match mishap {
        Some(Mishap::Service(fault)) => OPERATIONS.iter().map(|operation| rule(operation, fault)).collect(),
        _ => Vec::new(),
    });
}

fn rule(operation: &str, fault: &str) -> Rule {
    format!("{operation}={fault}").parse().unwrap()
}
