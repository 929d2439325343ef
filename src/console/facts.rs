//! What the screen gets to see: absolute deadlines and plain states, no formatting, no token.

use std::sync::Arc;

use crate::clock::{Boot, Wall};
use crate::task::{ActivityType, ClaimId, Limit, OutcomeKind, Source, TimeoutKind, Verdict, WorkflowExecution};
use crate::text::Foreign;

use super::leases::{warnings, warnings_due};

/// Everything the screen knows of one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFacts {
    /// Its identity on every screen; selection and marks are kept by it.
    pub id: ClaimId,
    /// The domain.
    pub domain: Foreign,
    /// The task list it was claimed from.
    pub task_list: Foreign,
    /// The activity id.
    pub activity_id: Foreign,
    /// Name and version.
    pub activity_type: ActivityType,
    /// The event of that execution's history that started the task.
    pub started_event_id: i64,
    /// The execution it belongs to.
    pub execution: WorkflowExecution,
    /// The input, if any.
    pub input: Option<Foreign>,
    /// When it was claimed.
    pub claimed_at: Wall,
    /// What is going on with it.
    pub state: TaskState,
    /// `false` while the claim is not on disk: NOT SAVED.
    pub saved: bool,
    /// The cancel request, once seen. Sticky.
    pub cancel: Option<CancelFact>,
    /// The four deadlines in the order of [`TimeoutKind::CLAIMED`].
    pub deadlines: [Deadline; 4],
    /// The first of them if a heartbeat whose answer was lost has reached the service: then it may be as late as this.
    pub maybe: Option<Boot>,
    /// Somebody asked to cancel the workflow; that alone asks nothing of the task.
    pub workflow_cancel: bool,
    /// Whether the lookup of timeouts is still going on.
    pub looking_up: bool,
    /// Keep-alive, if agreed.
    pub lease: Option<LeaseFact>,
    /// When the next periodic heartbeat is due.
    pub next_beat: Option<Boot>,
    /// The last heartbeat the service answered with 200.
    pub last_beat: Option<BeatFact>,
    /// The details the next heartbeat will repeat.
    pub details: Option<Foreign>,
    /// Since when heartbeats have been failing, and why, in a printable line.
    pub trouble: Option<Arc<(Boot, String)>>,
    /// A heartbeat or close is on its way.
    pub in_flight: bool,
    /// It is to be kept alive, but the heartbeat rate does not suffice: no heartbeat goes out by itself, and the task
    /// times out at its deadline.
    pub left_out: bool,
    /// What an operator noted.
    pub note: Option<Box<NoteFact>>,
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteFact {
    /// What; may be empty beside a follow-up.
    pub text: Foreign,
    /// When it was written.
    pub at: Wall,
    /// When to be reminded.
    pub follow_up: Option<Wall>,
    /// That time has come.
    pub due: bool,
}

/// What is going on with a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskState {
    /// Ours to work on.
    Held,
    /// The service refused the token, nothing proves yet that the task is gone; the token stays.
    Refused {
        /// The service's words, printable.
        said: String,
    },
    /// A close was decided and written down.
    Closing {
        /// Which.
        kind: OutcomeKind,
        /// Attempts so far.
        attempts: u32,
        /// An attempt was lost on the way: it may have been applied.
        unconfirmed: bool,
        /// Why the last attempt failed, printable.
        trouble: Option<String>,
    },
    /// It is over.
    Ended {
        /// How.
        verdict: Verdict,
        /// When we knew.
        at: Wall,
    },
}

/// A cancel request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelFact {
    /// When a heartbeat's answer first said so.
    pub seen_at: Wall,
    /// The operator chose to go on.
    pub answered: bool,
}

/// One of the four deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// Which.
    pub kind: TimeoutKind,
    /// How long and who says so; `None` is unknown, which is not "none".
    pub limit: Option<(Limit, Source)>,
    /// The service will not end the task before this instant. `None` if unlimited or unknown.
    pub at: Option<Boot>,
    /// Counted from a pessimistic instant because the exact one is not known yet.
    pub approximate: bool,
}

impl Deadline {
    /// Unknown limit, or known limit whose start is unknown.
    pub fn is_unknown(&self) -> bool {
        match self.limit {
            None => true,
            Some((Limit::None, _)) => false,
            Some((Limit::Seconds(_), _)) => self.at.is_none(),
        }
    }
}

/// A keep-alive lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseFact {
    /// Heartbeats stop here.
    pub until: Boot,
    /// The same for display.
    pub until_wall: Wall,
    /// Its whole length, milliseconds.
    pub length_ms: i64,
}

/// How near a lease is to its end (engine rules, "Keep-alive leases").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeaseWarning {
    /// The row says so.
    Shown,
    /// The bell rings.
    Rung,
    /// A colleague is called.
    Called,
}

impl LeaseFact {
    /// The last warning that is due at an instant.
    pub fn warning(&self, now: Boot) -> Option<LeaseWarning> {
        let [shown, rung, called] = warnings(self.length_ms);
        let left = self.until - now;
        let grades = [(called, LeaseWarning::Called), (rung, LeaseWarning::Rung), (shown, LeaseWarning::Shown)];
        grades.into_iter().find(|(before, _)| left <= *before).map(|(_, warning)| warning)
    }
}

/// A heartbeat the service answered with 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BeatFact {
    /// Just before the request was written; `None` if the machine was started anew since.
    pub sent: Option<Boot>,
    /// The same on the wall clock, for display.
    pub sent_wall: Wall,
    /// From then to the answer, milliseconds.
    pub took_ms: i64,
    /// How many there have been.
    pub count: u64,
}

/// How urgently a task wants a person, most urgent first in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// The claim is not on disk.
    NotSaved,
    /// A cancel request nobody has answered.
    Cancel,
    /// At most 10 % or 8 s left.
    Critical,
    /// Refused or past its lower bound: may have expired.
    Unsure,
    /// At most 25 % or 20 s left.
    Due,
    /// Heartbeats by themselves are about to stop.
    Lapsing,
    /// A close without confirmation.
    Closing,
    /// Held, nothing to do now.
    Held,
    /// Ended.
    Ended,
}

impl TaskFacts {
    /// The deadline that comes first, if any is known.
    pub fn first_deadline(&self) -> Option<&Deadline> {
        self.deadlines.iter().filter(|deadline| deadline.at.is_some()).min_by_key(|deadline| deadline.at)
    }

    /// One of the four.
    pub fn deadline(&self, kind: TimeoutKind) -> Option<&Deadline> {
        self.deadlines.iter().find(|deadline| deadline.kind == kind)
    }

    /// The earliest deadline that no heartbeat can move, if any is known.
    pub fn ends_by(&self) -> Option<&Deadline> {
        self.deadlines
            .iter()
            .filter(|deadline| deadline.kind != TimeoutKind::Heartbeat && deadline.at.is_some())
            .min_by_key(|deadline| deadline.at)
    }

    /// The longest silence of the service, milliseconds, that a kept task survives wherever in its interval it begins;
    /// `None` if it is not kept, or has no heartbeat timeout, or an unknown one.
    pub fn survives_ms(&self, status: &Status) -> Option<i64> {
        self.lease.filter(|_| !self.left_out)?;
        let (Limit::Seconds(timeout), _) = self.deadline(TimeoutKind::Heartbeat)?.limit? else { return None };
        let found = status.tolerances.iter().find(|tolerance| tolerance.timeout_s == timeout);
        found.map(|tolerance| tolerance.survives_ms)
    }

    /// Whether it is over.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, TaskState::Ended { .. })
    }

    /// How urgent the task is at an instant (engine rules, "Words"): a kept task's heartbeat is due or critical only when
    /// one of its heartbeats has failed.
    pub fn urgency(&self, now: Boot) -> Urgency {
        match self.state {
            TaskState::Ended { .. } => return Urgency::Ended,
            _ if !self.saved => return Urgency::NotSaved,
            TaskState::Closing { .. } => return Urgency::Closing,
            TaskState::Refused { .. } => return Urgency::Unsure,
            TaskState::Held => {}
        }
        if self.cancel.is_some_and(|cancel| !cancel.answered) {
            return Urgency::Cancel;
        }
        let lapsing = self.lease.and_then(|lease| lease.warning(now)).map(|_| Urgency::Lapsing);
        let deadlines = self.deadlines.iter().filter_map(|deadline| self.deadline_urgency(deadline, now));
        deadlines.chain(lapsing).min().unwrap_or(Urgency::Held)
    }

    /// How urgent one of its deadlines is by itself; `None` if there is nothing to do about it now.
    pub fn deadline_urgency(&self, deadline: &Deadline, now: Boot) -> Option<Urgency> {
        if deadline.kind == TimeoutKind::Heartbeat && deadline.is_unknown() && deadline.limit.is_some() {
            // The machine was restarted, and nobody knows yet what time it is at the service.
            return Some(Urgency::Unsure);
        }
        let left = deadline.at? - now;
        let (due, critical) = thresholds(deadline.limit?.0.millis()?);
        let kept =
            deadline.kind == TimeoutKind::Heartbeat && self.lease.is_some() && !self.left_out && self.trouble.is_none();
        if left <= 0 {
            Some(Urgency::Unsure)
        } else if kept {
            None
        } else if left <= critical {
            Some(Urgency::Critical)
        } else if left <= due {
            Some(Urgency::Due)
        } else {
            None
        }
    }

    /// The next instant after `now` at which one of its deadlines becomes due, if nothing moves it before.
    pub(super) fn next_due(&self, now: Boot) -> Option<Boot> {
        let moves = self.lease.is_some() && self.trouble.is_none();
        let standing = self.deadlines.iter().filter(|deadline| deadline.kind != TimeoutKind::Heartbeat || !moves);
        let due = standing.filter_map(|deadline| {
            let (due, _) = thresholds(deadline.limit?.0.millis()?);
            Some(deadline.at? + -due).filter(|&at| at > now)
        });
        due.min()
    }

    /// The next instant after `now` at which [`TaskFacts::urgency`] can differ without any new fact.
    pub fn next_urgency_change(&self, now: Boot) -> Option<Boot> {
        if self.has_ended() {
            return None;
        }
        let changes = self.deadlines.iter().filter_map(|deadline| {
            let at = deadline.at?;
            let (due, critical) = thresholds(deadline.limit?.0.millis()?);
            [at + -due, at + -critical, at].into_iter().find(|&instant| instant > now)
        });
        let lapsing = self.lease.map(|lease| lease.until + -warnings(lease.length_ms)[0]).filter(|&at| at > now);
        changes.chain(lapsing).min()
    }
}

/// Milliseconds left at which a timeout of this length is due, and critical.
fn thresholds(limit_ms: i64) -> (i64, i64) {
    ((limit_ms / 4).max(20_000).min(limit_ms / 2), (limit_ms / 10).max(8_000).min(limit_ms / 4))
}

/// The outage that the kept tasks of one heartbeat timeout survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// The timeout, seconds.
    pub timeout_s: u32,
    /// The longest silence of the service, milliseconds, wherever in an interval it begins.
    pub survives_ms: i64,
}

/// What the header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Where the service is.
    pub service: Foreign,
    /// The domain the screen started with.
    pub domain: Foreign,
    /// How the service can be reached.
    pub connection: Connection,
    /// Task lists being polled.
    pub claiming: Arc<[Claiming]>,
    /// What waits in task lists asked about.
    pub pending: Arc<[PendingCount]>,
    /// A poll is in flight: leaving now may lose a task.
    pub poll_in_flight: bool,
    /// Tasks under keep-alive.
    pub kept: usize,
    /// The longest silence of the service, milliseconds, that every kept task of known timeout survives: a guarantee,
    /// not the current remainder (engine rules, "Heartbeats under a quota", 2). `None` with no such task.
    pub survives_ms: Option<i64>,
    /// After an outage that long, the time until the next one is survived as well, milliseconds: what fell due has been
    /// sent, and there is as much to spare as before. `None` with no such task, or if the rate leaves nothing for that.
    pub recovers_ms: Option<i64>,
    /// The same as `survives_ms` for each heartbeat timeout, the least first; see [`TaskFacts::survives_ms`].
    pub tolerances: Arc<[Tolerance]>,
    /// Tasks that are to be kept alive and for which the heartbeat rate does not suffice.
    pub left_out: usize,
    /// Closes not yet confirmed.
    pub closing: usize,
    /// Polls whose answer never reached the disk.
    pub possible_orphans: usize,
    /// Only looking.
    pub read_only: bool,
    /// The journal cannot be written, or the disk does not answer: why. Nothing is claimed meanwhile.
    pub not_saved: Option<String>,
    /// The disk is full, but everything is saved so far: what was done for that. Nothing is claimed meanwhile.
    pub disk_full: Option<String>,
    /// On the way out.
    pub draining: bool,
}

/// How the service can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// Nothing was sent yet.
    Untried,
    /// The last answer took so many milliseconds.
    Online {
        /// Round trip.
        rtt_ms: i64,
    },
    /// No answer since.
    OutOfReach {
        /// When it began.
        since: Boot,
        /// What the transport says, printable.
        why: String,
    },
    /// "Rate exceeded" since.
    Throttled {
        /// When it began.
        since: Boot,
    },
    /// Credentials missing, expired or without permission since.
    NoAccess {
        /// When it began.
        since: Boot,
        /// AWS's words, printable.
        why: String,
    },
}

/// A task list being polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claiming {
    /// The domain.
    pub domain: Foreign,
    /// The task list.
    pub task_list: Foreign,
    /// Tasks still wanted; with `auto` as many as are missing at present.
    pub wanted: u32,
    /// Claimed from by itself, until its lease ends.
    pub auto: Option<AutoClaim>,
    /// Who claims, if not the console's own identity.
    pub identity: Option<Foreign>,
}

impl Claiming {
    /// Whether it is of this list.
    pub(super) fn is_from(&self, domain: &Foreign, task_list: &Foreign) -> bool {
        self.domain == *domain && self.task_list == *task_list
    }

    /// Whether another poll of it may go out now.
    pub(super) fn may_be_polled(&self) -> bool {
        self.wanted > 0 && self.auto.is_none_or(|auto| !auto.pauses)
    }
}

/// A task list claimed from while fewer tasks are held than a number (engine rules, "Keep-alive leases").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoClaim {
    /// As long as fewer open tasks than this are held, from whatever list.
    pub below: u32,
    /// How long it goes on from the last act, milliseconds.
    pub length_ms: i64,
    /// When it ends unless somebody acts.
    pub until: Boot,
    /// The same on the wall clock, for display.
    pub until_wall: Wall,
    /// How many of the three warnings before its end were given.
    pub warnings: u8,
    /// Nothing is polled while a keep-alive, or this, is about to end: nobody seems to attend.
    pub pauses: bool,
}

impl AutoClaim {
    /// Whether it warns of its end.
    pub(super) fn is_ending(&self, now: Boot) -> bool {
        warnings_due(self.length_ms, self.until - now) > 0
    }
}

/// An estimate of what waits in a task list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingCount {
    /// The domain.
    pub domain: Foreign,
    /// The task list.
    pub task_list: Foreign,
    /// How many.
    pub count: u32,
    /// More than counted.
    pub truncated: bool,
}
