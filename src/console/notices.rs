//! What is worth calling somebody for who does not look at the screen: said once when it begins, and not again until it
//! has cleared (engine rules, "Keep-alive leases"). Who is called, and whether anybody, is `runtime`'s business.

use std::sync::Arc;

use crate::clock::{Now, Wall};
use crate::span;
use crate::task::ClaimId;
use crate::text::Foreign;

use super::Console;
use super::agenda::Job;
use super::event::{Effect, Level};
use super::facts::{Connection, Status, TaskFacts, TaskState};

/// A tolerance that has been too low is well again from five quarters of the threshold on.
const WELL: (i64, i64) = (5, 4);

/// Something that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Occasion {
    /// A keep-alive lease has its last warning, or has ended without one.
    LeaseEnding,
    /// A deadline of a task is due, and nothing by itself will move it.
    TaskDue,
    /// A heartbeat's answer said that the workflow wants the task back.
    CancelSeen,
    /// The service refuses our credentials, or there are none.
    CredentialsLost,
    /// The outage that every kept task survives is shorter than somebody wants.
    ToleranceLow,
    /// The heartbeat rate does not suffice for a task that was to be kept alive.
    LoadInfeasible,
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::LeaseEnding,
        Self::TaskDue,
        Self::CancelSeen,
        Self::CredentialsLost,
        Self::ToleranceLow,
        Self::LoadInfeasible,
    ];

    /// Its name in the config file, in a hook's environment and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::LeaseEnding => "lease_ending",
            Self::TaskDue => "task_due",
            Self::CancelSeen => "cancel_seen",
            Self::CredentialsLost => "credentials_lost",
            Self::ToleranceLow => "tolerance_low",
            Self::LoadInfeasible => "load_infeasible",
        }
    }
}

/// That something has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What.
    pub occasion: Occasion,
    /// The context it is in; empty if there is only one.
    pub context: Foreign,
    /// The task it is about, if it is about one.
    pub task: Option<Arc<TaskFacts>>,
    /// How much time there is, milliseconds, where time is the matter.
    pub remaining_ms: Option<i64>,
    /// The same as an instant, for display.
    pub until: Option<Wall>,
    /// What happened in a printable sentence, without the task's name.
    pub text: String,
}

/// What has begun and not cleared yet; per task, that is in `live`.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// Notices about a task, given when its facts are told.
    waiting: Vec<(ClaimId, Occasion)>,
    no_access: bool,
    too_low: bool,
    infeasible: bool,
}

impl Console {
    /// Something has begun for a task. It is said with the task's facts of this turn.
    pub(super) fn notice(&mut self, id: ClaimId, occasion: Occasion) {
        self.notices.waiting.push((id, occasion));
        self.dirty.insert(id);
    }

    /// Gives the notices about a task, whose facts are about to be told, and looks whether it is due.
    pub(super) fn notice_task(&mut self, now: Now, facts: &Arc<TaskFacts>) {
        let id = facts.id;
        let open = matches!(facts.state, TaskState::Held | TaskState::Refused { .. });
        let due = open && facts.deadlines.iter().any(|deadline| facts.deadline_urgency(deadline, now.boot).is_some());
        let live = self.live(id);
        if due && !live.due_noticed {
            self.notices.waiting.push((id, Occasion::TaskDue));
        }
        self.live(id).due_noticed = due;
        match facts.next_due(now.boot).filter(|_| open) {
            // A deadline creeps as the clocks age; too early a look only looks again.
            Some(next) => self.agenda.set_by(Job::Due(id), next),
            None => self.agenda.clear(Job::Due(id)),
        }
        let mine = |(claim, _): &(ClaimId, Occasion)| *claim == id;
        if self.notices.waiting.iter().any(mine) {
            for (_, occasion) in self.notices.waiting.extract_if(.., |waiting| mine(waiting)) {
                let context = self.contexts.of(Some(&facts.domain));
                self.out.push(Effect::Notice(Box::new(about(now, occasion, context, facts))));
            }
        }
    }

    /// Looks whether something has begun or cleared that concerns everything.
    pub(super) fn notice_status(&mut self, now: Now, status: &Status) {
        match &status.connection {
            Connection::NoAccess { why, .. } if !self.notices.no_access => {
                self.notices.no_access = true;
                let text = format!("no access to the service: {why}; heartbeats wait for credentials");
                self.general_notice(Occasion::CredentialsLost, None, text);
            }
            Connection::Online { .. } => self.notices.no_access = false,
            _ => {}
        }
        let wanted = self.config.low_tolerance_ms;
        let low = status.survives_ms.filter(|&ms| ms < wanted);
        let well = status.survives_ms.is_none_or(|ms| ms >= wanted.saturating_mul(WELL.0) / WELL.1);
        if let Some(ms) = low.filter(|_| !self.notices.too_low) {
            self.notices.too_low = true;
            let (ms, wanted) = (span::words(ms), span::words(wanted));
            let text = format!("an outage of more than {ms} kills a kept task; {wanted} are wanted");
            self.say(now, Level::Warn, "keep", None, text.clone());
            self.general_notice(Occasion::ToleranceLow, low, text);
        } else if well {
            self.notices.too_low = false;
        }
    }

    /// A task could not be kept alive, or could: the heartbeat rate does not suffice, or does.
    pub(super) fn notice_load(&mut self, id: ClaimId, suffices: bool) {
        if !suffices && !self.notices.infeasible {
            self.notice(id, Occasion::LoadInfeasible);
        }
        self.notices.infeasible = !suffices;
    }

    fn general_notice(&mut self, occasion: Occasion, remaining_ms: Option<i64>, text: String) {
        let context = self.contexts.of(None);
        let notice = Notice { occasion, context, task: None, remaining_ms, until: None, text };
        self.out.push(Effect::Notice(Box::new(notice)));
    }
}

fn about(now: Now, occasion: Occasion, context: Foreign, facts: &Arc<TaskFacts>) -> Notice {
    let at = match occasion {
        Occasion::LeaseEnding => facts.lease.map(|lease| lease.until),
        _ => facts.first_deadline().and_then(|deadline| deadline.at),
    };
    let remaining_ms = at.map(|at| (at - now.boot).max(0));
    let left = remaining_ms.map_or_else(|| "an unknown time".to_owned(), span::words);
    let text = match occasion {
        Occasion::LeaseEnding => format!("its keep-alive ends in {left}, then heartbeats stop"),
        Occasion::TaskDue => format!("it ends in {left} unless somebody acts"),
        Occasion::CancelSeen => "the workflow wants it back: respond canceled, or go on".to_owned(),
        _ => "the heartbeat rate does not suffice to keep it alive too".to_owned(),
    };
    let until = at.map(|at| Wall(now.wall.0 + (at - now.boot)));
    Notice { occasion, context, task: Some(Arc::clone(facts)), remaining_ms, until, text }
}
