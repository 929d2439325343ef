//! How much time is left, in characters. Pure, and never more than the truth (promise no-overstatement).
//!
//! What is drawn stays on the glass until the next frame, so a countdown says what will be left *then*.

use std::fmt;

use crate::clock::{Boot, Now};
use crate::console::Deadline;
use crate::task::Limit;

/// A frame may be late by this much, milliseconds.
const MARGIN_MS: i64 = 50;

/// The time a frame is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// When it is drawn.
    pub now: Now,
    /// Until when it may stand unchanged.
    pub stands_until: Boot,
}

impl Moment {
    /// For a frame drawn now that stands until the next tick.
    pub fn new(now: Now) -> Self {
        Self { now, stands_until: next_tick(now) + MARGIN_MS }
    }
}

/// All countdowns and the clock change together, at the wall clock's next whole second: one wake-up for all of them.
pub fn next_tick(now: Now) -> Boot {
    now.boot + (1_000 - now.wall.0.rem_euclid(1_000))
}

/// What is left of one deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nobody could tell. Not the same as no limit.
    Unknown,
    /// There is no limit.
    Unlimited,
    /// So many whole seconds, rounded down; 0 means "may have expired".
    Seconds {
        /// At least so many.
        seconds: i64,
        /// Counted from a pessimistic instant.
        approximate: bool,
    },
}

impl Left {
    /// What to show of a deadline in a frame that stands until then.
    pub fn of(deadline: &Deadline, stands_until: Boot) -> Self {
        match (deadline.limit, deadline.at) {
            (Some((Limit::None, _)), _) => Self::Unlimited,
            (Some(_), Some(at)) => Self::Seconds {
                seconds: (at - stands_until).div_euclid(1_000).max(0),
                approximate: deadline.approximate,
            },
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Unknown => f.pad("unknown"),
            Self::Unlimited => f.pad("none"),
            Self::Seconds { seconds: 0, .. } => f.pad("0:00 ?"),
            Self::Seconds { seconds, approximate } => {
                let text = duration(seconds);
                if approximate { f.pad(&format!("~{text}")) } else { f.pad(&text) }
            }
        }
    }
}

/// Whole seconds as `0:41`, `12:40`, `1:02:03`, and from 100 hours on as `4d 07h`, rounded down.
pub fn duration(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    match hours {
        0 => format!("{minutes}:{:02}", seconds % 60),
        1..=99 => format!("{hours}:{:02}:{:02}", minutes % 60, seconds % 60),
        _ => format!("{}d {:02}h", hours / 24, hours % 24),
    }
}

/// How long something took so far, from milliseconds: whole seconds, minutes or hours.
pub fn span(millis: i64) -> String {
    let seconds = millis.max(0) / 1_000;
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

/// How long ago something was, from milliseconds.
pub fn ago(millis: i64) -> String {
    span(millis) + " ago"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Wall;
    use crate::task::{Source, TimeoutKind};

    fn deadline(limit: Option<Limit>, at: Option<i64>) -> Deadline {
        let limit = limit.map(|limit| (limit, Source::History));
        Deadline { kind: TimeoutKind::Heartbeat, limit, at: at.map(Boot), approximate: false }
    }

    #[test]
    fn unknown_is_not_none() {
        let shown = |limit, at| Left::of(&deadline(limit, at), Boot(0)).to_string();
        assert_eq!(shown(None, None), "unknown");
        assert_eq!(shown(Some(Limit::Seconds(60)), None), "unknown");
        assert_eq!(shown(Some(Limit::None), None), "none");
        assert_eq!(shown(Some(Limit::Seconds(60)), Some(41_999)), "0:41");
        assert_eq!(shown(Some(Limit::Seconds(60)), Some(999)), "0:00 ?");
        assert_eq!(shown(Some(Limit::Seconds(60)), Some(-5_000)), "0:00 ?");
    }

    #[test]
    fn long_times_stay_short() {
        assert_eq!(duration(760), "12:40");
        assert_eq!(duration(3_723), "1:02:03");
        assert_eq!(duration(99_999_999), "1157d 09h");
    }

    /// Reads back what an operator would.
    fn read(text: &str) -> i64 {
        if let Some((days, hours)) = text.split_once("d ") {
            let hours: i64 = hours.trim_end_matches('h').parse().unwrap();
            return (days.parse::<i64>().unwrap() * 24 + hours) * 3_600;
        }
        text.trim_start_matches('~')
            .trim_end_matches(" ?")
            .split(':')
            .fold(0, |sum, part| sum * 60 + part.parse::<i64>().unwrap())
    }

    proptest! {
        #[test]
        fn no_overstatement_while_a_frame_stands(
            left in -10_000i64..200_000_000_000,
            wall in 0i64..2_000_000_000_000,
            boot in 0i64..1_000_000_000_000,
            looked_after in 0i64..1_050,
        ) {
            let now = Now { boot: Boot(boot), mono: boot, wall: Wall(wall) };
            let moment = Moment::new(now);
            let at = boot + left;
            let text = Left::of(&deadline(Some(Limit::Seconds(60)), Some(at)), moment.stands_until).to_string();
            // Somebody looks at any time before the next frame, which is late by at most the margin.
            let looked = (boot + looked_after).min(moment.stands_until.0);
            prop_assert!(read(&text) * 1_000 <= (at - looked).max(0), "{text} at {looked}, ends at {at}");
            prop_assert!(moment.stands_until.0 - boot <= 1_000 + MARGIN_MS);
        }
    }
}
