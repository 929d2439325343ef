//! Heartbeats whose time has come, ordered by the deadline of their tasks: the earliest goes out first.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::Boot;
use crate::task::ClaimId;

/// The queue; a claim is in it at most once.
#[derive(Debug, Default)]
pub(super) struct Ready {
    queue: BTreeSet<(Boot, ClaimId)>,
    deadlines: BTreeMap<ClaimId, Boot>,
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

    /// The most urgent.
    pub(super) fn first(&self) -> Option<(Boot, ClaimId)> {
        self.queue.first().copied()
    }
}
