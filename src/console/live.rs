//! What is volatile: requests in flight, back-off, what a person asked for and has not got yet. Gone after a restart,
//! and nothing is lost by that.

use std::sync::Arc;

use crate::clock::Boot;
use crate::task::{ClaimId, Limit, PollNumber};
use crate::text::Foreign;

use super::asking::Ask;
use super::event::CallId;
use super::orphans::Step;
use super::reading::QueryId;

/// What a call in flight is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A heartbeat; the due time it was sent for, from which the next one is re-armed.
    Beat { claim: ClaimId, due: Boot },
    /// An attempt to close.
    Close { claim: ClaimId },
    /// A question about history or a type.
    Ask(Ask),
    /// A step of the search for orphans.
    Orphans(Step),
    /// A poll.
    Poll { poll: PollNumber },
    /// What waits in a task list.
    Count { domain: Foreign, task_list: Foreign },
    /// Something the screen wants to read.
    Read { query: QueryId, operation: &'static str },
}

impl Purpose {
    /// Whether it carries the claim's token: of those there is one in flight at most.
    pub(super) fn carries_token(&self) -> bool {
        matches!(self, Self::Beat { .. } | Self::Close { .. })
    }

    /// The claim it is for, if it is for one.
    pub(super) fn claim(&self) -> Option<ClaimId> {
        match *self {
            Self::Beat { claim, .. } | Self::Close { claim } => Some(claim),
            Self::Ask(_) | Self::Orphans(_) | Self::Poll { .. } | Self::Count { .. } | Self::Read { .. } => None,
        }
    }
}

impl Live {
    /// Kept, and yet there is no room for its heartbeats.
    pub(super) fn is_left_out(&self) -> bool {
        self.counted.limit.is_some() && !self.admitted
    }
}

/// How far the lookup of a task's timeouts and ending has come.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    /// History is read up to this event as far as the task is concerned, its start and its timeouts included; `None` while
    /// those were not found.
    pub seen: Option<i64>,
    /// The type's defaults were asked for, with success or not.
    pub type_asked: bool,
    /// Somebody wants to know how the task ended; since when.
    pub ending_wanted: Option<Boot>,
    /// Scans in a row that did not find what was wanted.
    pub tries: u32,
}

/// As what the header counts a claim.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// The task may be alive.
    pub open: bool,
    /// A keep-alive lease runs.
    pub kept: bool,
    /// The heartbeat timeout of a kept task, where it is known.
    pub limit: Option<Limit>,
    /// A close was decided and has no verdict yet.
    pub closing: bool,
}

/// The volatile side of a claim.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// The call with this token in flight: one, but for a second attempt at a heartbeat.
    pub in_flight: Option<CallId>,
    /// The second attempt, while the first is unanswered and there would be no time for another one after it.
    pub second: Option<CallId>,
    /// There is room under the quota for its periodic heartbeats.
    pub admitted: bool,
    /// It was said that there is no room.
    pub left_out_said: bool,
    /// The heartbeat asked for is the only one, and goes out before all others.
    pub lone: bool,
    /// A person asked for a heartbeat; not sent any more after this instant.
    pub asked_until: Option<Boot>,
    /// The due time of the next heartbeat, while it waits to be sent: in the queue, or for the answer to the call with the
    /// same token.
    pub due: Option<Boot>,
    /// When the last heartbeat went out whose answer was lost; none after one that was answered.
    pub unknown_beat: Option<Boot>,
    /// Since when heartbeats fail, and why.
    pub trouble: Option<Arc<(Boot, String)>>,
    /// The service's words when it refused the token, unproven.
    pub refused: Option<String>,
    /// The claim is not on disk.
    pub unsaved: bool,
    /// A close intent is on its way to the disk.
    pub deciding: bool,
    /// A verdict is on its way to the disk.
    pub concluding: bool,
    /// Attempts to close that failed in a row.
    pub close_tries: u32,
    /// Why the last attempt to close failed.
    pub close_trouble: Option<String>,
    /// The last attempt can not succeed by repeating it: it is not repeated by itself.
    pub close_stopped: bool,
    /// The service answered UnknownResource to a close: the task is dead, no more heartbeats.
    pub close_gone: bool,
    /// Looks after a passed deadline that found nothing.
    pub overdue_tries: u32,
    /// That a deadline is due was noticed, and it still is.
    pub due_noticed: bool,
    /// Warnings given for the present lease.
    pub lease_warnings: u8,
    /// What the service's clock shows at the most when the lease ends, milliseconds since 1970, as far as it is known.
    pub lease_ends_at: Option<i64>,
    /// The latest local instant for that.
    pub lease_end: Option<Boot>,
    /// When its first warning is due, as it is filed.
    pub lease_warns_at: Option<Boot>,
    /// As what the header counts the claim at present.
    pub counted: Counted,
    /// See [`Lookup`].
    pub lookup: Lookup,
}
