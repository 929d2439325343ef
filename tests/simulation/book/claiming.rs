//! attended: the console claims by itself only as long as somebody acts, and no more than wanted.

use swfbeat::clock::Boot;
use swfbeat::console::Command;
use swfbeat::wire::Request;

use super::super::violation::Broken;
use super::{Book, Checked, Clocks, Task};

/// From the decision to poll until its number is on disk.
const SLOW_DISK_MS: i64 = 3_000;

/// What the console was told to claim.
#[derive(Debug, Clone, Copy, Default)]
pub struct Claiming {
    auto: Option<Auto>,
}

/// That it claims by itself.
#[derive(Debug, Clone, Copy)]
struct Auto {
    below: usize,
    length: i64,
    acted: i64,
    until: i64,
}

impl Claiming {
    /// A person has spoken.
    pub fn commanded(&mut self, at: i64, command: &Command) {
        match *command {
            Command::Claim { .. } | Command::StopClaiming => self.auto = None,
            Command::AutoClaim { below, length_ms: length, .. } => {
                self.auto = Some(Auto { below: below as usize, length, acted: at, until: at + length });
            }
            _ => {
                if let Some(auto) = &mut self.auto {
                    (auto.acted, auto.until) = (at, at + auto.length);
                }
            }
        }
    }
}

impl Book {
    /// A poll leaves the console. One that it decided on by itself needs somebody who attends, and not to hold enough.
    pub fn poll_sent(&mut self, at: i64, request: &Request, clocks: &Clocks) -> Checked {
        let Some(auto) = self.claiming.auto.filter(|_| matches!(request, Request::Poll { .. })) else { return Ok(()) };
        self.totals.alone += 1;
        let lapses = |task: &Task| {
            let facts = task.facts.as_deref().filter(|facts| task.end.is_none() && !facts.has_ended())?;
            // One that has lapsed warns no more; and until the poll's number is on disk a warning may come.
            let lease = facts.lease.filter(|lease| lease.until.0 + clocks.boot_at > at)?;
            let warned = lease.warning(Boot(at - clocks.boot_at - SLOW_DISK_MS));
            warned.map(|warning| format!("{warning:?} of task-{}", task.number))
        };
        let unattended = self.open.iter().filter_map(|&claim| self.of_claim(claim)).find_map(lapses);
        let why = unattended
            .or_else(|| (at > auto.until + SLOW_DISK_MS).then(|| format!("nobody has acted since {}", auto.acted)))
            .or_else(|| (self.open.len() > auto.below + 1).then(|| format!("{} are held", self.open.len())));
        match why {
            Some(why) => Err(Broken::new("attended", format!("a poll by itself, though: {why}; {auto:?}"))),
            None => Ok(()),
        }
    }
}
