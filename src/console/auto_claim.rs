//! Claiming by itself while fewer tasks are held than a number. Its lease is like that of a keep-alive: acting renews it,
//! presence alone does not, and it ends (engine rules, "Keep-alive leases").
//!
//! Who holds enough, and whether anybody attends, is decided here; the polls are `claiming`'s.

use crate::clock::{Now, Wall};
use crate::span;

use super::Console;
use super::agenda::Job;
use super::claiming::Held;
use super::event::Level;
use super::facts::{AutoClaim, Claiming};
use super::leases::{next_warning, warnings_due};

/// While tasks are missing and none may be polled for, milliseconds until the next look.
const LOOK_MS: i64 = 1_000;
/// The warning from which on it is an alarm, as for a keep-alive.
const ALARM: u8 = 2;

impl Console {
    /// The operator wants to hold so many tasks, for so long.
    pub(super) fn auto_claim_command(&mut self, now: Now, want: Claiming, below: u32, length_ms: i64) {
        if !self.has_names(now, &want.domain, &want.task_list) || self.leaving.is_some() {
            return;
        }
        let longest_ms = self.config.lease.longest_ms;
        if below == 0 || !(1_000..=longest_ms).contains(&length_ms) {
            let longest = span::words(longest_ms);
            let text = format!("not polled: hold fewer than at least 1 task, for 1 second to {longest}");
            self.say(now, Level::Error, "claim", None, text);
            return;
        }
        let auto = AutoClaim {
            below,
            length_ms,
            until: now.boot + length_ms,
            until_wall: Wall(now.wall.0 + length_ms),
            warnings: 0,
            pauses: false,
        };
        let text = format!(
            "from {} while fewer than {below} tasks are held, for {}",
            want.task_list.line(),
            span::words(length_ms)
        );
        self.say(now, Level::Info, "auto-claim", None, text);
        self.claiming.wants_from_now_on(Claiming { auto: Some(auto), ..want });
        self.agenda.set(Job::AutoClaim, now.boot);
    }

    /// Somebody acts: whoever does that attends.
    pub(super) fn renew_auto_claims(&mut self, now: Now) {
        for (_, auto) in self.claiming.autos() {
            auto.until = now.boot + auto.length_ms;
            auto.until_wall = Wall(now.wall.0 + auto.length_ms);
            auto.warnings = 0;
            self.agenda.set(Job::AutoClaim, now.boot);
        }
    }

    /// Looks again if a task has come or gone since the last look; whether it has.
    pub(super) fn hold_enough(&mut self, now: Now) -> bool {
        let differs = self.claiming.held_at_last_look.is_some_and(|held| held != self.held());
        if differs {
            self.look_at_auto_claims(now);
        }
        differs
    }

    /// Open tasks, and those that may be on their way.
    fn held(&self) -> Held {
        let (polls, landing) = self.claiming.on_their_way();
        (self.counts.open(), polls, landing)
    }

    /// Ends what has lapsed, warns of what will, and polls for what is missing.
    pub(super) fn look_at_auto_claims(&mut self, now: Now) {
        self.warn_of_auto_claims(now);
        let held = self.held();
        self.claiming.count_missing(self.counts.open());
        let unattended = self.is_unattended(now);
        let mut next = None;
        let mut missing = false;
        for (wanted, auto) in self.claiming.autos() {
            auto.pauses = unattended || auto.is_ending(now.boot);
            missing |= wanted > 0;
            let change = next_warning(auto.length_ms, auto.until, usize::from(auto.warnings));
            let look = if wanted > 0 { change.min(now.boot + LOOK_MS) } else { change };
            next = [next, Some(look)].into_iter().flatten().min();
        }
        self.claiming.held_at_last_look = next.map(|_| held);
        match next {
            Some(next) => self.agenda.set(Job::AutoClaim, next),
            None => self.agenda.clear(Job::AutoClaim),
        }
        if missing {
            self.poll_next(now);
        }
    }

    fn warn_of_auto_claims(&mut self, now: Now) {
        let mut said = Vec::new();
        self.claiming.each_auto(|task_list, auto| {
            let left = auto.until - now.boot;
            let list = task_list.line();
            if left <= 0 {
                said.push((
                    Level::Warn,
                    format!("from {list} ended: nobody acted for {}", span::words(auto.length_ms)),
                ));
                return false;
            }
            let due = warnings_due(auto.length_ms, left) as u8;
            if due > auto.warnings {
                auto.warnings = due;
                let level = if due >= ALARM { Level::Alarm } else { Level::Warn };
                let text = format!("from {list} pauses and ends in {}; any act goes on with it", span::words(left));
                said.push((level, text));
            }
            true
        });
        for (level, text) in said {
            self.say(now, level, "auto-claim", None, text);
        }
    }
}
