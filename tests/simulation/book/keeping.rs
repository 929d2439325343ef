//! attended: nothing is kept alive without a person's word. keep-alive: what is kept does not time out by heartbeat.

use swfbeat::console::{Command, Details, TaskFacts};
use swfbeat::task::{Limit, Source, TimeoutKind};
use swfbeat::text::Foreign;
use swfbeat::wire::Request;

use super::super::mishaps::{MARGIN_MS, Trouble, Weather, recovery};
use super::super::violation::Broken;
use super::{Book, Checked, Clocks, Task};

/// A person's word counts this long for a heartbeat, plus a little for the disk.
const ASKED_MS: i64 = 61_000;
/// A close is its task's lease for so long.
const CLOSING_MS: i64 = 602_000;
/// A lease agreed so shortly before the end cannot be expected to help.
const LATE_MS: i64 = 6_000;

impl Book {
    /// A person has spoken.
    pub fn commanded(&mut self, at: i64, command: &Command, disk_works: bool) {
        self.claiming.commanded(at, command);
        let claims: &[_] = match command {
            Command::SetTimeout { claim, .. } | Command::WithdrawClose { claim } => std::slice::from_ref(claim),
            Command::Beat { claims, .. }
            | Command::Keep { claims, .. }
            | Command::StopKeeping { claims }
            | Command::GoOn { claims }
            | Command::Close { claims, .. } => claims,
            _ => return,
        };
        for claim in claims {
            if let Command::Close { .. } = command {
                self.decided(at, *claim);
            } else if let Some(task) = self.of_claim_mut(*claim) {
                task.commanded(at, command, disk_works);
            }
        }
    }

    /// A heartbeat leaves the console: somebody has to have wanted it, and it has to repeat the last details.
    pub fn beat_sent(&mut self, at: i64, request: &Request) -> Checked {
        let Request::Heartbeat { token, details } = request else { return Ok(()) };
        let index = self.index(token.expose());
        let task = &self.tasks[index as usize];
        let within = |from: Option<i64>, length| from.is_some_and(|from| at - from <= length);
        // A claim's own first heartbeat goes out before the screen knows of it.
        let attended = !task.shown
            || at <= task.kept_until + 100
            || within(task.asked_at, ASKED_MS)
            || within(task.decided_at, CLOSING_MS);
        if !attended {
            let what = format!("a heartbeat of task-{} that nobody wanted: {task:?}", task.number);
            return Err(Broken::new("attended", what));
        }
        if task.saved && details.as_ref().map(Foreign::raw) != task.details.as_deref() {
            let what = format!("a heartbeat of task-{} says {details:?} after {:?}", task.number, task.details);
            return Err(Broken::new("last-details", what));
        }
        Ok(())
    }

    /// The service has taken a heartbeat: its timer begins anew.
    pub fn beat_taken(&mut self, index: u32, sent: Option<i64>, clocks: &Clocks) -> Checked {
        self.tasks[index as usize].taken = sent;
        self.countdowns(index, clocks, false)
    }

    /// keep-alive: the service lets a task time out. In a feasible seed it must not; in the others the screen must have
    /// said so before, of this task.
    pub fn timed_out(&mut self, at: i64, index: u32, weather: &Weather, clocks: &Clocks, feasible: bool) -> Checked {
        let task = &self.tasks[index as usize];
        let by_heartbeat =
            matches!(task.end, Some(("ActivityTaskTimedOut", _))) && task.first_timeout() == TimeoutKind::Heartbeat;
        let Some(heartbeat) = task.truth[0].filter(|_| by_heartbeat) else { return Ok(()) };
        let Some(facts) = task.facts.as_deref() else { return Ok(()) };
        let Some((Limit::Seconds(timeout), Source::History)) =
            facts.deadline(TimeoutKind::Heartbeat).and_then(|it| it.limit)
        else {
            return Ok(());
        };
        let kept = facts.lease.is_some_and(|lease| lease.until.0 + clocks.boot_at > at + 100);
        if !kept || task.decided_at.is_some() {
            return Ok(());
        }
        let silent_from = heartbeat - task.spec.heartbeat.map_or(0, |seconds| i64::from(seconds) * 1_000);
        // They are in the order of their beginning: a crash in the middle of a long one is over before it.
        // One that was too much is felt for as long as the screen says that recovering takes.
        let felt_until = |trouble: &Trouble| {
            let recovering = trouble.said.as_ref().filter(|_| !feasible).map_or(0, |said| recovery(said));
            trouble.until + recovering
        };
        let since = weather.troubles.iter().position(|trouble| felt_until(trouble) > silent_from);
        let since = since.unwrap_or(weather.troubles.len());
        let first = weather.troubles.get(since).map_or(at - LATE_MS, |trouble| trouble.from);
        if task.settled_at.is_none_or(|settled| settled >= first) {
            return Ok(());
        }
        let foretold = facts.left_out
            || weather.squeezed_until > silent_from
            || (since..weather.troubles.len()).any(|n| is_too_much(&weather.troubles[..=n], timeout));
        if !feasible && foretold {
            self.totals.foretold += 1;
            return Ok(());
        }
        let what = format!(
            "task-{} timed out by heartbeat though it was kept and nothing else was said; silent from {silent_from}, \
             troubles {:?}: {task:?}",
            task.number,
            &weather.troubles[since..]
        );
        Err(Broken::new("keep-alive", what))
    }
}

/// Whether the last of these troubles is more than a task of this timeout survives, by what the screen said when it
/// began: longer, or too soon after the one before.
fn is_too_much(troubles: &[Trouble], timeout: u32) -> bool {
    let Some((last, before)) = troubles.split_last() else { return false };
    let Some(said) = &last.said else { return true };
    let survives = said.tolerances.iter().find(|it| it.timeout_s == timeout).map_or(0, |it| it.survives_ms);
    let too_soon = before.last().is_some_and(|before| last.from < before.until + recovery(said));
    last.until - last.from > survives - MARGIN_MS || too_soon
}

impl Task {
    fn commanded(&mut self, at: i64, command: &Command, disk_works: bool) {
        match command {
            Command::Keep { length_ms, .. } => {
                self.kept_until = self.kept_until.max(at + length_ms);
            }
            // If the disk refused that, heartbeats go on to the lease's end, and the operator was told.
            Command::StopKeeping { .. } if disk_works => self.kept_until = self.kept_until.min(at + 1_000),
            Command::StopKeeping { .. } => {}
            // Going on despite nothing is not an act.
            Command::GoOn { .. }
                if self.facts.as_ref().and_then(|facts| facts.cancel).is_none_or(|cancel| cancel.answered) => {}
            Command::Beat { details, .. } => {
                if *details == Details::Same {
                    self.asked_at = Some(at);
                }
                self.renew(at);
            }
            _ => self.renew(at),
        }
    }

    fn renew(&mut self, at: i64) {
        if self.kept_until > at {
            self.kept_until = self.kept_until.max(at + self.kept_for);
        }
    }

    /// Follows what the screen shows of keep-alive.
    pub(super) fn keeping(&mut self, at: i64, facts: &TaskFacts) {
        if facts.lease.is_some() || facts.has_ended() {
            self.kept_at = at;
        }
        if facts.lease.is_none() || facts.has_ended() {
            self.settled_at = None;
            return;
        }
        if !matches!(facts.deadlines[0].limit, Some((_, Source::History))) {
            // What is shown is a guess, and so is what it survives.
            self.settled_at = None;
            return;
        }
        let before = self.facts.as_ref().and_then(|facts| facts.last_beat);
        if self.settled_at.is_none()
            && facts.last_beat != before
            && facts.last_beat.is_some_and(|beat| beat.sent.is_some())
        {
            self.settled_at = Some(at);
        }
    }

    /// Which of its timers was the first to end it.
    pub(super) fn first_timeout(&self) -> TimeoutKind {
        let [heartbeat, start_to_close, whole, _] = self.truth.map(|end| end.unwrap_or(i64::MAX));
        // In this order among equals, as the service does it.
        if whole <= start_to_close && whole <= heartbeat {
            TimeoutKind::ScheduleToClose
        } else if start_to_close <= heartbeat {
            TimeoutKind::StartToClose
        } else {
            TimeoutKind::Heartbeat
        }
    }
}
