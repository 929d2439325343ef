//! Noticing that time did something odd: the machine slept, the wall clock was stepped, the process was frozen
//! (engine rules, "Countdown that never overstates", 7). Pure.

use crate::clock::{Boot, Now};

/// A step of the wall clock below this is ordinary adjustment, milliseconds.
const STEP_MS: i64 = 500;
/// A wake-up later than this means that the process did not run, milliseconds.
const FREEZE_MS: i64 = 2_000;

/// Between two looks while tasks are held, milliseconds.
const LOOK_MS: i64 = 1_000;

/// What happened to time since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Oddity {
    /// The machine slept for so many milliseconds.
    Suspended(i64),
    /// The process was not run for so many milliseconds.
    Frozen(i64),
    /// The wall clock was moved by so many milliseconds.
    Stepped(i64),
}

/// So long two clocks are compared to see how far they drift apart, milliseconds: reading them takes its time.
const WINDOW_MS: i64 = 30_000;
/// A sleep shows itself above what clocks drift apart while nobody looks: this share of the time.
const DRIFT_SHARE: i64 = 500;

/// Remembers the last look.
#[derive(Debug)]
pub(super) struct Watch {
    last: Now,
    /// Since when drift is measured.
    window: Now,
    /// The drift of the window before, parts per million.
    before: i64,
    ppm: i64,
}

impl Watch {
    pub(super) fn new(now: Now) -> Self {
        Self { last: now, window: now, before: 0, ppm: 0 }
    }

    /// The most that the boot clock has run off from the bare oscillator, parts per million.
    pub(super) fn drift_ppm(&self) -> i64 {
        self.ppm
    }

    /// What a process that was held up between two readings sees comes once; what two windows in a row show is drift.
    fn measure(&mut self, now: Now) {
        let passed = now.boot - self.window.boot;
        if passed < WINDOW_MS {
            return;
        }
        let ppm = (passed - (now.mono - self.window.mono)).saturating_mul(1_000_000) / passed;
        if ppm.signum() == self.before.signum() {
            self.ppm = self.ppm.max(ppm.abs().min(self.before.abs()));
        }
        (self.window, self.before) = (now, ppm);
    }

    /// When the clocks have to be looked at again at the latest.
    pub(super) fn next_look(&self) -> Boot {
        self.last.boot + LOOK_MS
    }

    /// Compares the clocks with the last look; `wake` is when somebody wanted to be woken.
    pub(super) fn look(&mut self, now: Now, wake: Option<Boot>) -> Option<Oddity> {
        let last = std::mem::replace(&mut self.last, now);
        let slept = (now.boot - last.boot) - (now.mono - last.mono);
        let stepped = (now.wall.0 - last.wall.0) - (now.boot - last.boot);
        if slept <= STEP_MS {
            self.measure(now);
        }
        let late = wake.map_or(0, |wake| now.boot - wake);
        if slept > STEP_MS + (now.boot - last.boot) / DRIFT_SHARE {
            (self.window, self.before) = (now, 0);
            Some(Oddity::Suspended(slept))
        } else if late > FREEZE_MS {
            Some(Oddity::Frozen(late))
        } else if stepped.abs() > STEP_MS {
            Some(Oddity::Stepped(stepped))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Wall;

    fn now(boot: i64, mono: i64, wall: i64) -> Now {
        Now { boot: Boot(boot), mono, wall: Wall(wall) }
    }

    #[test]
    fn sleep_freeze_and_step_are_told_apart() {
        let mut watch = Watch::new(now(0, 0, 0));
        assert_eq!(watch.look(now(1_000, 1_000, 1_000), Some(Boot(999))), None);
        assert_eq!(watch.look(now(61_000, 2_000, 61_000), Some(Boot(2_000))), Some(Oddity::Suspended(59_000)));
        assert_eq!(watch.look(now(71_000, 12_000, 71_000), Some(Boot(62_000))), Some(Oddity::Frozen(9_000)));
        assert_eq!(watch.look(now(72_000, 13_000, 12_000), Some(Boot(72_000))), Some(Oddity::Stepped(-60_000)));
        assert_eq!(watch.look(now(73_000, 14_000, 13_000), None), None);
    }

    #[test]
    fn what_two_windows_show_is_drift_and_what_one_shows_is_not() {
        let mut watch = Watch::new(now(0, 0, 0));
        let look = |watch: &mut Watch, at: i64, ahead: i64| {
            assert_eq!(watch.look(now(at + ahead, at, at + ahead), None), None);
            watch.drift_ppm()
        };
        assert_eq!(look(&mut watch, 30_000, 300), 0, "held up between two readings");
        assert_eq!(look(&mut watch, 60_000, 0), 0);
        let slewed = [(90_000, 0), (120_000, 60), (150_000, 120), (180_000, 180), (210_000, 240)];
        let ppm = slewed.map(|(at, ahead)| look(&mut watch, at, ahead))[4];
        assert!((1_900..=2_000).contains(&ppm), "{ppm}");
        assert_eq!(look(&mut watch, 240_000, 240), ppm, "it may come again");
    }

    #[test]
    fn hours_without_a_look_are_no_sleep() {
        let mut watch = Watch::new(now(0, 0, 0));
        assert_eq!(watch.look(now(7_200_000, 7_199_000, 7_200_000), None), None);
    }
}
