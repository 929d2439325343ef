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

/// Remembers the last look.
#[derive(Debug)]
pub(super) struct Watch {
    last: Now,
}

impl Watch {
    pub(super) fn new(now: Now) -> Self {
        Self { last: now }
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
        let late = wake.map_or(0, |wake| now.boot - wake);
        if slept > STEP_MS {
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
}
