//! The promises, checked from outside: screen and journal against the service's own timers and histories.

use std::collections::{BTreeMap, BTreeSet};

use swfbeat::emulator::{ActivityDeadlines, Inspection};
use swfbeat::task::{OutcomeKind, Verdict};

use crate::notes::Notes;
use crate::screen::{Countdowns, Frame, Left, Row};
use crate::service::{End, How, Told};

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Checks {
    /// Polls whose task is or was in the journal.
    kept_polls: BTreeSet<u64>,
    /// Activity ids on the screen since the last restart, but for those dismissed.
    shown: BTreeSet<String>,
    dismissed: BTreeSet<String>,
    /// Words for how a task ended, as shown.
    ended: BTreeMap<String, String>,
    /// Countdowns of tasks that were over by the time they were looked at.
    late: Vec<Late>,
    /// Tasks with a verdict that was found to be right.
    settled: BTreeSet<String>,
    pub totals: Totals,
}

/// A countdown, and the service's time at which it stood there last.
#[derive(Debug)]
struct Late {
    id: String,
    stood_until: i64,
    left: Countdowns,
}

/// How much was put to the test.
#[derive(Debug, Default)]
pub struct Totals {
    pub kills: u64,
    /// Before anything was typed.
    pub kills_at_start: u64,
    /// Of these: the journal was held already, and no task was on the screen yet.
    pub kills_in_recovery: u64,
    /// The most such kills in a row.
    pub recoveries_in_a_row: u64,
    pub frames: u64,
    pub countdowns: u64,
    pub claims: usize,
    pub orphans: usize,
    pub closed: usize,
    pub timed_out: usize,
    pub dismissed: usize,
    /// Closes that were found under way by a restarted console.
    pub resumed: usize,
}

impl Totals {
    /// What only chance brings, more kills make likelier: whether all of it has come up.
    pub fn has_the_rare(&self) -> bool {
        [self.timed_out, self.dismissed, self.orphans + self.resumed].iter().all(|&count| count > 0)
    }

    /// Of two worlds.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            kills: self.kills + other.kills,
            kills_at_start: self.kills_at_start + other.kills_at_start,
            kills_in_recovery: self.kills_in_recovery + other.kills_in_recovery,
            recoveries_in_a_row: self.recoveries_in_a_row.max(other.recoveries_in_a_row),
            frames: self.frames + other.frames,
            countdowns: self.countdowns + other.countdowns,
            claims: self.claims + other.claims,
            orphans: self.orphans + other.orphans,
            closed: self.closed + other.closed,
            timed_out: self.timed_out + other.timed_out,
            dismissed: self.dismissed + other.dismissed,
            resumed: self.resumed + other.resumed,
        }
    }

    /// What any long run brings, on a fast machine and a slow one.
    pub fn assert_the_usual(&self) {
        let often = self.kills > 0 && self.countdowns > 0 && self.closed > 0;
        assert!(often && self.claims > 10 && self.orphans < self.claims, "too little happened: {self:?}");
    }

    /// What hundreds of kills bring besides. One in ten falls on the start; after twenty kills none may have.
    pub fn assert_killed_in_recovery(&self) {
        assert!(self.kills_at_start > 0 && self.kills_in_recovery > 0, "too little happened: {self:?}");
    }
}

type Verdicts = Result<(), String>;

impl Checks {
    pub fn is_settled(&self, id: &str) -> bool {
        self.settled.contains(id)
    }

    /// The operator takes a task off the list; whether that was written down before the next kill, the journal knows.
    pub fn dismissing(&mut self, id: &str) {
        self.shown.remove(id);
        self.dismissed.insert(id.to_owned());
    }

    /// A frame that stood until `stood_until` in the service's time, which looked so soon afterwards.
    pub fn frame(&mut self, frame: &Frame, stood_until: i64, service: &Inspection) -> Verdicts {
        self.totals.frames += 1;
        let open: BTreeMap<_, _> = service.activities.iter().map(|it| (it.activity_id.as_str(), it)).collect();
        for row in &frame.rows {
            if !self.dismissed.contains(&row.id) {
                self.shown.insert(row.id.clone());
            }
            match (&row.left, open.get(row.id.as_str())) {
                (None, _) => drop(self.ended.insert(row.id.clone(), row.state.clone())),
                (Some(left), Some(task)) if task.token.is_some() => {
                    self.totals.countdowns += 2;
                    not_overstated(row, left, &task.deadlines, stood_until)?;
                }
                (Some(left), _) => {
                    self.late.push(Late { id: row.id.clone(), stood_until, left: left.clone() });
                }
            }
        }
        Ok(())
    }

    /// The console was killed: what the journal holds is what counts from here on.
    pub fn killed(&mut self, notes: &Notes, told: &BTreeMap<String, Told>, service: &Inspection) -> Verdicts {
        self.no_lost_token(notes, told, service)?;
        self.one_outcome(notes, told)?;
        self.no_late_overstatement(told)?;
        self.totals.claims = told.len();
        self.totals.orphans = told.values().filter(|task| !self.kept_polls.contains(&task.poll)).count();
        self.totals.dismissed = self.dismissed.len();
        let ends = || told.values().filter_map(|task| task.end.as_ref());
        self.totals.closed = ends().filter(|end| matches!(end.how, How::Closed(_))).count();
        self.totals.timed_out = ends().filter(|end| matches!(end.how, How::TimedOut(_))).count();
        Ok(())
    }

    fn no_lost_token(&mut self, notes: &Notes, told: &BTreeMap<String, Told>, service: &Inspection) -> Verdicts {
        let handed_out: BTreeMap<_, _> = service.handed_out.iter().map(|it| (it.token.as_str(), it)).collect();
        for (id, noted) in &notes.claims {
            match handed_out.get(noted.token.as_str()) {
                Some(it) if it.answered && told.get(id).is_some_and(|task| task.poll == noted.poll) => {}
                other => return Err(format!("no-lost-token: {id} is in the journal, the service says {other:?}")),
            }
            self.kept_polls.insert(noted.poll);
        }
        for (id, Told { poll, .. }) in told {
            if !self.kept_polls.contains(poll) && !notes.open_polls.contains(poll) {
                return Err(format!("no-lost-token: {id} was handed out to poll {poll}, of which nothing is left"));
            }
        }
        // Seen once, there for good.
        let lost = self.shown.iter().find(|id| !notes.claims.contains_key(*id));
        lost.map_or(Ok(()), |id| Err(format!("no-lost-token: {id} was on the screen and is not in the journal")))
    }

    fn one_outcome(&mut self, notes: &Notes, told: &BTreeMap<String, Told>) -> Verdicts {
        for (id, task) in told {
            let claim = notes.claims.get(id);
            let end = task.end.as_ref().map(|end| &end.how);
            if let Some(How::Closed(outcome)) = end
                && !self.settled.contains(id)
            {
                let intent = claim.and_then(|claim| claim.intent.as_ref());
                if intent != Some(outcome) {
                    return Err(format!("one-outcome: {id} was closed with {outcome:?}, written down is {intent:?}"));
                }
            }
            let Some(verdict) = claim.and_then(|claim| claim.verdict.as_ref()) else { continue };
            if !is_true(verdict, end) {
                return Err(format!("one-outcome: {id} has the verdict {verdict:?}, the service {end:?}"));
            }
            self.settled.insert(id.clone());
        }
        for (id, word) in std::mem::take(&mut self.ended) {
            let end = told.get(&id).and_then(|task| task.end.as_ref());
            if end.is_none_or(|end| shown_as(&end.how) != word) {
                return Err(format!("one-outcome: {id} is shown as {word:?}, the service has {end:?}"));
            }
        }
        Ok(())
    }

    /// What timed out had no time left when it did; what was closed may have had any.
    fn no_late_overstatement(&mut self, told: &BTreeMap<String, Told>) -> Verdicts {
        for Late { id, stood_until, left } in std::mem::take(&mut self.late) {
            let Some(task) = told.get(&id) else {
                return Err(format!("no-lost-token: {id} was on the screen and was never handed out"));
            };
            let Some(End { at, how: How::TimedOut(kind) }) = &task.end else { continue };
            let shown = match (kind.as_str(), left.ends_by_kind.as_str()) {
                ("HEARTBEAT", _) => left.heartbeat,
                ("START_TO_CLOSE", "close") | ("SCHEDULE_TO_CLOSE", "sched") => left.ends_by,
                // Another one is shown: this one was not known yet.
                _ => continue,
            };
            within(&id, kind, shown, Some(*at), stood_until)?;
        }
        Ok(())
    }

    /// The first frame with all tasks after a restart.
    pub fn restarted(&mut self, frame: &Frame, notes: &Notes) -> Verdicts {
        let (screen, journal): (BTreeSet<_>, BTreeSet<_>) =
            (frame.ids().collect(), notes.claims.keys().map(String::as_str).collect());
        if screen != journal {
            return Err(format!("no-lost-token: on the restarted screen {screen:?}, in the journal {journal:?}"));
        }
        if let Some(id) = self.shown.iter().find(|id| !screen.contains(id.as_str())) {
            return Err(format!("no-lost-token: {id} was on the screen before the kill and is not now"));
        }
        self.totals.resumed += frame.rows.iter().filter(|row| row.is_undecided()).count();
        self.shown.clear();
        Ok(())
    }
}

/// no-overstatement: neither countdown is above the service's own timer at any instant at which it stood there.
fn not_overstated(row: &Row, left: &Countdowns, truth: &ActivityDeadlines, stood_until: i64) -> Verdicts {
    within(&row.id, "heartbeat", left.heartbeat, truth.heartbeat, stood_until)?;
    let kind = left.ends_by_kind.as_str();
    let ends = match kind {
        "close" => truth.start_to_close,
        "sched" => truth.schedule_to_close,
        "exec" => truth.execution,
        _ => [truth.start_to_close, truth.schedule_to_close, truth.execution].into_iter().flatten().min(),
    };
    within(&row.id, kind, left.ends_by, ends, stood_until)
}

fn within(id: &str, kind: &str, shown: Left, truth: Option<i64>, stood_until: i64) -> Verdicts {
    let really = truth.map(|at| (at - stood_until).max(0));
    let holds = match (shown, really) {
        (Left::Unknown, _) | (Left::Unlimited, None) => true,
        (Left::Unlimited, Some(_)) => false,
        (Left::Seconds(seconds), really) => really.is_none_or(|really| seconds * 1_000 <= really),
    };
    if holds { Ok(()) } else { Err(format!("no-overstatement: {id} {kind}: {shown:?} shown, {really:?} ms are left")) }
}

fn is_true(verdict: &Verdict, end: Option<&How>) -> bool {
    match (verdict, end) {
        (Verdict::Ours { kind, .. }, Some(How::Closed(outcome))) => outcome.kind() == *kind,
        (Verdict::TimedOut { kind, .. }, Some(How::TimedOut(name))) => kind.name() == name,
        // Nobody else closes anything here.
        _ => false,
    }
}

fn shown_as(how: &How) -> &'static str {
    match how {
        How::TimedOut(_) => "✝ timed out",
        How::Closed(outcome) => match outcome.kind() {
            OutcomeKind::Completed => "✓ completed",
            OutcomeKind::Failed => "✗ failed",
            OutcomeKind::Canceled => "⊘ canceled",
        },
    }
}
