//! Is this still the account, the region and the domain that the tasks are in? (engine rules, "Heartbeats under a quota",
//! 9). If not, sending goes on only when the operator says so: a refusal by a stranger proves nothing about our tasks.

use std::collections::BTreeSet;

use crate::clock::{Boot, Now};
use crate::task::{ClaimId, Limit, WorkflowExecution};
use crate::wire::{Class, Failure};

use super::event::{Effect, Level};
use super::facts::Deadline;
use super::{Console, deadlines};

/// Executions whose live tasks are refused after new credentials, none of them taken, before we stop.
const REFUSED: usize = 3;

/// What has been refused since credentials were taken anew.
#[derive(Debug, Default)]
pub(super) struct Access {
    /// `None`: a heartbeat was taken since, so the account is the right one.
    refused: Option<BTreeSet<WorkflowExecution>>,
    /// When credentials were last taken anew: what was sent earlier says nothing about them.
    since: Option<Boot>,
    /// Sending has stopped because of what was refused.
    stopped: bool,
}

impl Console {
    /// Clients are built anew.
    pub(super) fn new_credentials(&mut self, now: Now) {
        self.access.refused.get_or_insert_default();
        self.access.since = Some(now.boot);
        self.out.push(Effect::ReloadCredentials);
    }

    /// The service took a token: it is the one that has our tasks. Of many calls that were in flight together, it may have
    /// refused the first three for other reasons.
    pub(super) fn token_taken(&mut self, now: Now, sent: Boot) {
        if self.access.since.is_some_and(|since| sent < since) {
            return;
        }
        self.access.refused = None;
        if std::mem::take(&mut self.access.stopped) {
            self.reach.try_again();
            self.say(
                now,
                Level::Info,
                "service",
                None,
                "a token was taken after all: it is the right account; going on",
            );
        }
    }

    /// The operator says that sending goes on.
    pub(super) fn go_on_sending(&mut self) {
        self.access.stopped = false;
        self.reach.try_again();
    }

    /// A token was refused. Whether that says more about our access than about the task.
    pub(super) fn suspect_access(&mut self, now: Now, id: ClaimId, failure: &Failure) {
        let unknown_domain = failure.class == Class::Refused && failure.message.raw().starts_with("Unknown domain");
        let surprising = if failure.class == Class::Gone { self.surely_live(now, id) } else { None };
        let strangers = self.access.refused.as_mut().is_some_and(|refused| {
            refused.extend(surprising);
            refused.len() >= REFUSED
        });
        if !unknown_domain && !strangers || self.reach.is_stopped() {
            return;
        }
        let why = if unknown_domain {
            failure.line()
        } else {
            format!(
                "live tasks of {REFUSED} workflows were refused since the credentials were read again, and none taken"
            )
        };
        self.access.refused = None;
        self.access.stopped = strangers;
        let text = format!(
            "stopped: {why}. Other account, other region? Nothing is sent and every token is kept; put the credentials \
             right, then read them again (:reload) to go on"
        );
        self.reach.stop(now.boot, format!("{why}: other account, other region?"));
        self.say(now, Level::Alarm, "service", None, text);
    }

    /// The execution of a task of which nothing says that it may be over: not refused before, no deadline that may be past,
    /// no close in doubt. One that died while we had no access says nothing about our access, and a workflow that ends
    /// takes all of its tasks along.
    fn surely_live(&self, now: Now, id: ClaimId) -> Option<WorkflowExecution> {
        let claim = self.ledger.claims.get(&id)?;
        let refused = self.live.get(&id).is_some_and(|live| live.refused.is_some());
        // After a reboot nobody knows when they pass until the service has shown its clock.
        let may_be_past = |it: &Deadline| match it.limit {
            Some((Limit::Seconds(_), _)) => it.at.is_none_or(|at| at <= now.boot),
            _ => false,
        };
        let past = deadlines::deadlines(claim, &self.clock, now.boot).iter().any(may_be_past);
        // An attempt to close it may have been applied.
        let in_doubt = claim.intent.as_ref().is_some_and(|intent| intent.maybe_applied);
        (!refused && !past && !in_doubt).then(|| claim.task.execution.clone())
    }
}
