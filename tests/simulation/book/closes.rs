//! one-outcome: closes go out with their intent on disk, each time the same, and the verdict is what the service has.

use swfbeat::task::{ClaimId, Outcome, OutcomeKind, Verdict};
use swfbeat::wire::Request;

use super::super::violation::Broken;
use super::{Book, Checked, Task, Who};

/// Endings this young need not be known yet when the run is over.
const YOUNG_MS: i64 = 240_000;

impl Book {
    /// A close leaves the process.
    pub fn close_sent(&mut self, request: &Request) -> Checked {
        let Some((token, outcome)) = outcome(request) else { return Ok(()) };
        let index = self.index(token);
        let task = &mut self.tasks[index as usize];
        let number = task.number;
        // A claim that the disk refused has no intent on disk either; the disk's own step says so.
        if task.saved && task.intent.as_ref() != Some(&outcome) {
            let what = format!("task-{number} is closed with {outcome:?}, on disk is {:?}", task.intent);
            return Err(Broken::new("one-outcome", what));
        }
        match &task.close {
            Some(first) if !task.withdrawn && first != request => {
                let what = format!("task-{number} was closed with two outcomes: {first:?} and {request:?}");
                Err(Broken::new("one-outcome", what))
            }
            Some(_) if !task.withdrawn => Ok(()),
            _ => {
                task.close = Some(request.clone());
                Ok(())
            }
        }
    }

    /// The service has applied a close.
    pub fn closed(&mut self, index: u32, who: Who) {
        self.tasks[index as usize].closed_by.get_or_insert(who);
    }

    /// The colleague's word reaches the service. It races if ours is decided and not yet known to be settled.
    pub fn colleague_closes(&mut self, index: u32) {
        let task = &mut self.tasks[index as usize];
        if task.decided_at.is_some() && task.verdict.is_none() && !std::mem::replace(&mut task.raced, true) {
            self.totals.raced += 1;
        }
    }

    /// The operator has decided.
    pub fn decided(&mut self, at: i64, claim: ClaimId) {
        let Some(task) = self.of_claim_mut(claim) else { return };
        if task.decided_at.replace(at).is_none() {
            self.totals.decided += 1;
        }
    }

    /// The verdict on the screen is what the service has, and stays.
    pub(super) fn verdict(&mut self, index: u32) -> Checked {
        let task = &mut self.tasks[index as usize];
        let verdict = task.facts.as_ref().and_then(|facts| match &facts.state {
            swfbeat::console::TaskState::Ended { verdict, .. } => Some(verdict.clone()),
            _ => None,
        });
        let (Some(verdict), None) = (verdict.as_ref(), task.verdict.as_ref()) else {
            return if verdict == task.verdict {
                Ok(())
            } else {
                let what = format!("task-{}: {:?} became {verdict:?}", task.number, task.verdict);
                Err(Broken::new("one-outcome", what))
            };
        };
        self.totals.verdicts += 1;
        self.totals.ours += u64::from(matches!(verdict, Verdict::Ours { .. }));
        self.totals.unproven += u64::from(matches!(verdict, Verdict::Unproven { .. }));
        let right = task.is_right(verdict);
        task.verdict = Some(verdict.clone());
        if right {
            return Ok(());
        }
        let (number, end, by) = (task.number, task.end, task.closed_by);
        Err(Broken::new("one-outcome", format!("task-{number} is shown as {verdict:?}, it is {end:?} by {by:?}")))
    }

    /// After some quiet time every end is known, unless the service may hide it.
    pub fn settled(&mut self, at: i64, hidden: bool) -> Checked {
        for task in self.tasks.iter().filter(|task| task.saved && !task.dismissed && task.verdict.is_none()) {
            let Some((event, ended)) = task.end.filter(|(_, ended)| at - ended > YOUNG_MS) else { continue };
            let facts = task.facts.as_deref();
            // Who closes or keeps a task learns how it ended; for a task kept by hand a passed deadline asks history.
            let overdue = event == "ActivityTaskTimedOut" && facts.is_some_and(|it| it.first_deadline().is_some());
            let asked = facts.is_some_and(|it| it.lease.is_some()) || overdue;
            if task.intent.is_none() && (hidden || !asked) {
                continue;
            }
            let what =
                format!("task-{} ended with {event} {} ms ago, shown is {:?}", task.number, at - ended, task.facts);
            return Err(Broken::new("one-outcome", what));
        }
        Ok(())
    }
}

impl Task {
    fn is_right(&self, verdict: &Verdict) -> bool {
        let Some((end, _)) = self.end else { return false };
        let event = |kind: &OutcomeKind| match kind {
            OutcomeKind::Completed => "ActivityTaskCompleted",
            OutcomeKind::Failed => "ActivityTaskFailed",
            OutcomeKind::Canceled => "ActivityTaskCanceled",
        };
        match verdict {
            Verdict::Ours { kind, .. } => end == event(kind) && self.closed_by == Some(Who::Console),
            Verdict::ClosedByOther { kind, .. } => end == event(kind) && self.closed_by == Some(Who::Colleague),
            Verdict::TimedOut { kind, .. } => end == "ActivityTaskTimedOut" && *kind == self.first_timeout(),
            Verdict::ExecutionClosed { event_type } => end == event_type.raw(),
            Verdict::Unproven { .. } => true,
        }
    }

    /// A close is decided and on disk, and its answer is not.
    pub(super) fn crashed_while_closing(&mut self) -> bool {
        self.intent.is_some() && self.verdict.is_none() && !std::mem::replace(&mut self.crashed, true)
    }
}

/// A close as token and outcome.
fn outcome(request: &Request) -> Option<(&str, Outcome)> {
    Some(match request {
        Request::Complete { token, result } => (token.expose(), Outcome::Completed { result: result.clone() }),
        Request::Fail { token, reason, details } => {
            (token.expose(), Outcome::Failed { reason: reason.clone(), details: details.clone() })
        }
        Request::Cancel { token, details } => (token.expose(), Outcome::Canceled { details: details.clone() }),
        _ => return None,
    })
}
