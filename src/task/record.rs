//! Durable facts. What must survive a crash changes only by a [`Record`]: command → append → synced → state.
//!
//! `console::apply` is the one reader of these; the journal stores them and knows nothing of their meaning beyond
//! which claim they belong to, where the token is, and that a claim has at most one close intent.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ClaimId, ClaimedTask, Outcome, Timeouts, Verdict};
use crate::clock::{Boot, Wall};
use crate::text::Foreign;

/// The running number of a poll, saved before the poll goes out and part of its identity, so that a claim whose answer
/// never reached the disk can be found again (possible orphan).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PollNumber(pub u64);

/// An instant as it is stored: exact within one boot, and a bound in service time for any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Boot clock, milliseconds; meaningful only with the entry's boot id.
    pub boot: Boot,
    /// Wall clock, milliseconds since 1970; for display only.
    pub wall: Wall,
    /// A lower bound of the service's clock at this instant, milliseconds since 1970, if one was known.
    pub service: Option<i64>,
}

/// What a poll asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollTarget {
    /// The domain.
    pub domain: Foreign,
    /// The task list.
    pub task_list: Foreign,
    /// The identity the service writes into ActivityTaskStarted.
    pub identity: Foreign,
}

/// Where a claim came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimSource {
    /// The domain; heartbeats don't need it, history does.
    pub domain: Foreign,
    /// The task list it was polled from.
    pub task_list: Foreign,
    /// The poll's number.
    pub poll: PollNumber,
    /// The identity the service has in ActivityTaskStarted.
    pub identity: Foreign,
}

impl ClaimSource {
    /// Keeps no copy of its own of texts that are the same in another.
    pub fn share(&mut self, other: &Self) {
        self.domain.share(&other.domain);
        self.task_list.share(&other.task_list);
        self.identity.share(&other.identity);
    }
}

/// One durable fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// A poll is about to be sent.
    PollStarted {
        /// Its number.
        poll: PollNumber,
        /// When.
        at: Stamp,
        /// What was polled, and as whom. Journals of the first versions have none.
        #[serde(default)]
        target: Option<PollTarget>,
    },
    /// A poll came to its end without a task, or provably never reached the service.
    PollEnded {
        /// Its number.
        poll: PollNumber,
    },
    /// A poll was answered with a task. Ends the poll too.
    Claimed {
        /// The new claim.
        claim: ClaimId,
        /// Where from.
        source: ClaimSource,
        /// What the service answered, the token included.
        task: Arc<ClaimedTask>,
        /// When the poll was sent.
        sent: Stamp,
        /// When its answer was read.
        received: Stamp,
    },
    /// Timeouts and the instants they count from were learned.
    TimeoutsLearned {
        /// The claim.
        claim: ClaimId,
        /// What is known now; merged with what was.
        timeouts: Timeouts,
        /// Service time of ActivityTaskScheduled, milliseconds since 1970.
        scheduled_at: Option<i64>,
        /// Service time of ActivityTaskStarted, milliseconds since 1970.
        started_at: Option<i64>,
        /// Service time of WorkflowExecutionStarted, milliseconds since 1970.
        execution_started_at: Option<i64>,
        /// The event that scheduled the task.
        scheduled_event_id: Option<i64>,
    },
    /// New heartbeat details, saved before they are sent.
    Details {
        /// The claim.
        claim: ClaimId,
        /// At most 2,048 characters.
        details: Foreign,
    },
    /// A heartbeat was answered with 200. Written lazily: losing the last ones only makes countdowns pessimistic.
    Beaten {
        /// The claim.
        claim: ClaimId,
        /// The instant just before the request was written.
        sent: Stamp,
        /// From that instant to the answer, milliseconds.
        took_ms: i64,
        /// How many heartbeats the claim has had.
        count: u64,
    },
    /// Keep-alive was agreed until an instant, or ended (`until: None`).
    Lease {
        /// The claim.
        claim: ClaimId,
        /// When it was agreed.
        at: Stamp,
        /// Its length from `at` in milliseconds; `None` ends keep-alive.
        length_ms: Option<i64>,
        /// Why it ended, or who agreed, in words.
        why: String,
        /// The operator wants it kept before others, should there be no room for all. Journals of the first versions don't
        /// say.
        #[serde(default)]
        first: bool,
    },
    /// A heartbeat's answer said `cancelRequested`.
    CancelSeen {
        /// The claim.
        claim: ClaimId,
        /// When it was seen.
        at: Stamp,
    },
    /// The operator decided to go on despite the cancel request.
    CancelAnswered {
        /// The claim.
        claim: ClaimId,
    },
    /// The one outcome was decided. At most one for a claim: the journal refuses a second.
    Intent {
        /// The claim.
        claim: ClaimId,
        /// Kind and payload, frozen from here on.
        outcome: Outcome,
        /// When.
        at: Stamp,
    },
    /// A close attempt came back: `applied` is `false` only if the service definitely did not apply it.
    Attempt {
        /// The claim.
        claim: ClaimId,
        /// Whether it may have been applied.
        maybe_applied: bool,
    },
    /// Every attempt was definitely not applied and the operator took the intent back.
    IntentWithdrawn {
        /// The claim.
        claim: ClaimId,
    },
    /// How the task ended, proven.
    Verdict {
        /// The claim.
        claim: ClaimId,
        /// The proof's content.
        verdict: Verdict,
        /// When we knew.
        at: Stamp,
    },
    /// The operator noted something, or took the note away (no text, no follow-up). The last one counts.
    Note {
        /// The claim.
        claim: ClaimId,
        /// When.
        at: Stamp,
        /// What, at most 1,000 characters.
        text: Foreign,
        /// When to be reminded, by the wall clock.
        follow_up: Option<Wall>,
    },
    /// The operator removed an ended task from the list.
    Dismissed {
        /// The claim.
        claim: ClaimId,
    },
}

impl Record {
    /// The claim this fact is about, if it is about one.
    pub fn claim(&self) -> Option<ClaimId> {
        match self {
            Self::PollStarted { .. } | Self::PollEnded { .. } => None,
            Self::Claimed { claim, .. }
            | Self::TimeoutsLearned { claim, .. }
            | Self::Details { claim, .. }
            | Self::Beaten { claim, .. }
            | Self::Lease { claim, .. }
            | Self::CancelSeen { claim, .. }
            | Self::CancelAnswered { claim }
            | Self::Intent { claim, .. }
            | Self::Attempt { claim, .. }
            | Self::IntentWithdrawn { claim }
            | Self::Verdict { claim, .. }
            | Self::Note { claim, .. }
            | Self::Dismissed { claim } => Some(*claim),
        }
    }

    /// The latest instant in it, if it has one.
    pub fn stamp(&self) -> Option<Stamp> {
        match self {
            Self::Claimed { received: at, .. }
            | Self::Beaten { sent: at, .. }
            | Self::PollStarted { at, .. }
            | Self::Lease { at, .. }
            | Self::CancelSeen { at, .. }
            | Self::Intent { at, .. }
            | Self::Verdict { at, .. }
            | Self::Note { at, .. } => Some(*at),
            Self::PollEnded { .. }
            | Self::TimeoutsLearned { .. }
            | Self::Details { .. }
            | Self::CancelAnswered { .. }
            | Self::Attempt { .. }
            | Self::IntentWithdrawn { .. }
            | Self::Dismissed { .. } => None,
        }
    }
}

/// A place among the tasks that have ended, those that ended last first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedMark {
    /// When it was known that it had.
    pub ended: Wall,
    /// The claim, for those of the same instant.
    pub claim: ClaimId,
}

/// A record as the journal gives it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the journal, from 1.
    pub seq: u64,
    /// The boot during which it was written; decides whether its [`Boot`] instants can be used as they are.
    pub boot_id: Arc<str>,
    /// The fact.
    pub record: Record,
}
