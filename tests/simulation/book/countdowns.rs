//! no-overstatement: each deadline shown is at or before the service's own, and not much before it when nothing is wrong.

use swfbeat::clock::Boot;
use swfbeat::console::{Deadline, TaskFacts};
use swfbeat::task::{Limit, Source, TimeoutKind};

use super::super::violation::Broken;
use super::{Book, Checked, Task};

/// How far the console's clocks may be off by the rules (500 ppm), and the tightness they promise besides.
const GUARD_PPM: i64 = 500;
const TIGHT_MS: i64 = 2_300;
/// Rounding on both sides.
const ROUNDED_MS: i64 = 3;

/// How the world's time reads on the clocks of the machine, and what the console can know of the service's.
#[derive(Debug, Clone, Copy)]
pub struct Clocks {
    /// The instant of the world at which the boot clock showed 0.
    pub boot_at: i64,
    /// Service clock against boot clock.
    pub drift_ppm: i64,
    pub now: i64,
    /// The last `Date` header the console has read in this life: when, and the round trip it came with.
    pub date: Option<(i64, i64)>,
}

impl Clocks {
    fn world(&self, boot: Boot) -> i64 {
        boot.0 + self.boot_at
    }

    /// The most that the rules' guard and the clocks themselves take away in so many milliseconds.
    fn lost(&self, ms: i64) -> i64 {
        ms.max(0) * (GUARD_PPM + self.drift_ppm.abs() + 1) / 1_000_000 + ROUNDED_MS
    }
}

impl Book {
    /// Compares the four countdowns of a task with the service's timers. Only `fresh` facts can be as tight as what is
    /// known now.
    pub(super) fn countdowns(&mut self, index: u32, clocks: &Clocks, fresh: bool) -> Checked {
        let task = &self.tasks[index as usize];
        let Some(facts) = task.facts.as_deref().filter(|facts| !facts.has_ended()) else { return Ok(()) };
        for (deadline, truth) in facts.deadlines.iter().zip(task.truth) {
            let Some(shown) = deadline.at else { continue };
            // A type's default is shown as just that: the decider may have asked for less.
            if matches!(deadline.limit, Some((_, Source::TypeDefault))) {
                self.totals.defaults += 1;
                continue;
            }
            let shown = clocks.world(shown);
            let Some(truth) = truth else {
                let what = format!("task-{} has no {:?}, and one is shown", task.number, deadline.kind);
                return Err(Broken::new("no-overstatement", what));
            };
            self.totals.countdowns += 1;
            if shown > truth {
                let (number, kind, by) = (task.number, deadline.kind, shown - truth);
                let what = format!("task-{number} {kind:?} is shown {by} ms too late: {facts:?}");
                return Err(Broken::new("no-overstatement", what));
            }
            if let Some(slack) = task.slack(deadline, facts, truth, clocks).filter(|_| fresh) {
                self.totals.tight += 1;
                if shown < truth - slack {
                    let (number, kind, by) = (task.number, deadline.kind, truth - shown);
                    let what = format!(
                        "task-{number} {kind:?} is shown {by} ms too early, {slack} would do: {clocks:?} {facts:?}"
                    );
                    return Err(Broken::new("no-overstatement", what));
                }
            }
        }
        Ok(())
    }
}

impl Task {
    /// How far below the truth a countdown may be; `None` where something is wrong that excuses more.
    fn slack(&self, deadline: &Deadline, facts: &TaskFacts, truth: i64, clocks: &Clocks) -> Option<i64> {
        if self.end.is_some() {
            return None;
        }
        if deadline.kind == TimeoutKind::Heartbeat {
            let (Limit::Seconds(seconds), Source::History) = deadline.limit? else { return None };
            // The service's last word is the last answer the console has read.
            let beat =
                facts.last_beat.filter(|beat| beat.sent.is_some_and(|sent| self.taken == Some(clocks.world(sent))))?;
            return Some(beat.took_ms + clocks.lost(i64::from(seconds) * 1_000));
        }
        // Without a `Date` header the service's clock is known from its events only, as well as those happened to fall.
        let (read, rtt) = clocks.date?;
        Some(rtt + TIGHT_MS + clocks.lost(clocks.now - read) + clocks.lost(truth - clocks.now))
    }
}
