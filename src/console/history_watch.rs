//! Tasks that nobody beats periodically: their executions' histories are looked at now and then, which resets no clock
//! (engine rules, "Heartbeats under a quota", 10). So a cancel request, a time-out or a closed workflow is noticed
//! without a heartbeat.

use crate::clock::Now;
use crate::task::ClaimId;

use super::Console;
use super::agenda::Job;
use super::asking::Ask;
use super::cadence::jitter;
use super::event::Level;
use super::executions::ExecutionId;
use super::ledger::Claim;
use super::rules::Rule;

/// Between two looks at an execution, milliseconds, spread from two thirds to four thirds.
const LOOK_MS: i64 = 45_000;
/// After a look that failed, the next one, milliseconds.
const AGAIN_MS: i64 = 10_000;
/// Looks a second over all executions at the most: half of what may be asked.
const LOOKS: usize = 10;

impl Console {
    /// Sees to it that a task's execution is looked at, if the task is not kept alive.
    pub(super) fn watch_claim(&mut self, now: Now, claim: ClaimId) {
        let watched = self.config.rules.hold(Rule::HistoryIsWatched);
        let by_hand = watched && self.ledger.claims.get(&claim).is_some_and(|claim| is_by_hand(claim));
        if let Some(execution) = self.executions.of(claim).filter(|_| by_hand) {
            let at = now.boot + self.wait(execution);
            if self.agenda.when(Job::Watch(execution)).is_none() {
                self.agenda.set(Job::Watch(execution), at);
            }
        }
    }

    /// Time for a look, if any of the execution's tasks still needs it.
    pub(super) fn watch(&mut self, now: Now, execution: ExecutionId) {
        let Some(reading) = self.executions.get(execution) else { return };
        let claims = &self.ledger.claims;
        if self.history_denied.contains(&reading.domain)
            || !reading.claims.iter().filter_map(|claim| claims.get(claim)).any(|claim| is_by_hand(claim))
        {
            return;
        }
        self.ask_when_idle(Ask::Scan(execution));
        self.agenda.set(Job::Watch(execution), now.boot + self.wait(execution));
    }

    /// A look has failed: the next one comes sooner than it would otherwise.
    pub(super) fn watch_again(&mut self, now: Now, execution: ExecutionId) {
        if self.agenda.when(Job::Watch(execution)).is_some() {
            self.agenda.set_by(Job::Watch(execution), now.boot + AGAIN_MS);
        }
    }

    fn wait(&self, execution: ExecutionId) -> i64 {
        let crowded = (self.executions.len() * 1_000 / LOOKS) as i64;
        let spread = jitter(self.config.seed, ClaimId(execution.number()), self.last_call);
        LOOK_MS.max(crowded) * 2 / 3 + (LOOK_MS as f64 * 2.0 / 3.0 * spread) as i64
    }

    /// The workflow's own cancellation was requested: a thing the decider has to pass on, or not.
    pub(super) fn workflow_cancel_seen(&mut self, now: Now, execution: ExecutionId) {
        let Some(reading) = self.executions.get_mut(execution) else { return };
        if std::mem::replace(&mut reading.cancel_requested, true) {
            return;
        }
        let (workflow, claims) = (reading.execution.workflow_id.line().into_owned(), reading.claims.clone());
        let first = claims.first().copied();
        self.dirty.extend(claims);
        let text = format!("somebody asked to cancel the workflow {workflow}; its decider has to tell the task");
        self.say(now, Level::Warn, "workflow", first, text);
    }
}

fn is_by_hand(claim: &Claim) -> bool {
    claim.is_open() && claim.lease.is_none()
}
