//! Heartbeats whose time has come, ordered by the deadline of their tasks: the earliest goes out first.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::Boot;
use crate::task::ClaimId;

/// The queue; a claim is in it at most once.
#[derive(Debug, Default)]
pub(super) struct Ready {
    queue: BTreeSet<(Boot, ClaimId)>,
    deadlines: BTreeMap<ClaimId, Boot>,
    /// Closes that wait for room.
    closes: BTreeSet<ClaimId>,
}

impl Ready {
    pub(super) fn insert(&mut self, claim: ClaimId, deadline: Boot) {
        self.remove(claim);
        self.deadlines.insert(claim, deadline);
        self.queue.insert((deadline, claim));
    }

    pub(super) fn remove(&mut self, claim: ClaimId) {
        if let Some(deadline) = self.deadlines.remove(&claim) {
            self.queue.remove(&(deadline, claim));
        }
    }

    /// How many heartbeats wait.
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whose heartbeats wait.
    pub(super) fn claims(&self) -> impl Iterator<Item = ClaimId> {
        self.queue.iter().map(|&(_, claim)| claim)
    }

    /// A close that cannot go out now goes before all heartbeats when it can.
    pub(super) fn close_later(&mut self, claim: ClaimId) {
        self.closes.insert(claim);
    }

    /// Takes out a close that waits.
    pub(super) fn take_close(&mut self) -> Option<ClaimId> {
        self.closes.pop_first()
    }

    /// Whether a close waits.
    pub(super) fn has_close(&self, claim: ClaimId) -> bool {
        self.closes.contains(&claim)
    }

    /// One of the most urgent, another one each `turn`: of those, a single one may be what the service fails at.
    pub(super) fn one_of(&self, most: usize, turn: usize) -> Option<(Boot, ClaimId)> {
        let among = most.min(self.queue.len());
        self.queue.iter().nth(turn.checked_rem(among)?).copied()
    }

    /// The most urgent.
    pub(super) fn first(&self) -> Option<(Boot, ClaimId)> {
        self.queue.first().copied()
    }
}
