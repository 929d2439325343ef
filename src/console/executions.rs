//! The executions of which tasks are held: what was read of their histories serves all their tasks. No claim is looked for
//! by walking over the others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::task::{ClaimId, Timeouts, WorkflowExecution};
use crate::text::Foreign;

use super::ledger::Claim;
use super::numbers::NumberMap;
use super::scan::Scan;

/// Names an execution within one run of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ExecutionId(u64);

impl ExecutionId {
    /// For spreading.
    pub(super) fn number(self) -> u64 {
        self.0
    }
}

/// What is known of an execution's first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// Nobody asked, or no answer came.
    Unknown,
    /// Its service time, and the execution's timeout.
    Known(i64, Timeouts),
    /// It was asked for and said nothing of use.
    Silent,
}

/// One execution and how far its history is read.
#[derive(Debug)]
pub(super) struct Reading {
    pub domain: Foreign,
    pub execution: WorkflowExecution,
    /// Its open claims.
    pub claims: BTreeSet<ClaimId>,
    /// Pages read so far, and the token of the next.
    pub scan: Option<(Scan, Option<String>)>,
    /// It was read to the end of what was sought: since then there can be little news.
    pub read_before: bool,
    pub start: Start,
    /// The workflow's own cancellation was requested.
    pub cancel_requested: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Executions {
    ids: HashMap<(Foreign, WorkflowExecution), ExecutionId>,
    readings: BTreeMap<ExecutionId, Reading>,
    of: NumberMap<ClaimId, ExecutionId>,
    last: u64,
}

impl Executions {
    /// A claim is held from now on.
    pub(super) fn join(&mut self, claim: &Claim) -> ExecutionId {
        let key = (claim.source.domain.clone(), claim.task.execution.clone());
        let id = *self.ids.entry(key).or_insert_with(|| {
            self.last += 1;
            ExecutionId(self.last)
        });
        let reading = self.readings.entry(id).or_insert_with(|| Reading {
            domain: claim.source.domain.clone(),
            execution: claim.task.execution.clone(),
            claims: BTreeSet::new(),
            scan: None,
            read_before: false,
            start: Start::Unknown,
            cancel_requested: false,
        });
        reading.claims.insert(claim.id);
        self.of.insert(claim.id, id);
        id
    }

    /// A claim has ended. Gives the execution if it was its last.
    pub(super) fn leave(&mut self, claim: ClaimId) -> Option<ExecutionId> {
        let id = self.of.remove(&claim)?;
        let reading = self.readings.get_mut(&id)?;
        reading.claims.remove(&claim);
        if !reading.claims.is_empty() {
            return None;
        }
        let reading = self.readings.remove(&id)?;
        self.ids.remove(&(reading.domain, reading.execution));
        Some(id)
    }

    /// A claim's execution, while the claim is open.
    pub(super) fn of(&self, claim: ClaimId) -> Option<ExecutionId> {
        self.of.get(&claim).copied()
    }

    pub(super) fn get(&self, id: ExecutionId) -> Option<&Reading> {
        self.readings.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: ExecutionId) -> Option<&mut Reading> {
        self.readings.get_mut(&id)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.readings.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::ledger::Ledger;
    use crate::console::testing::claimed_record;

    #[test]
    fn tasks_of_one_execution_share_it_until_the_last_has_ended() {
        let mut ledger = Ledger::default();
        for claim in [1, 2] {
            ledger.apply(&claimed_record(claim, "rel", claim), true);
        }
        let mut executions = Executions::default();
        let ids: Vec<_> = ledger.claims.values().map(|claim| executions.join(claim)).collect();
        assert_eq!((ids[0], executions.len()), (ids[1], 1));
        assert_eq!(executions.leave(ClaimId(1)), None);
        assert_eq!(executions.leave(ClaimId(2)), Some(ids[0]));
        assert!(executions.get(ids[0]).is_none() && executions.of(ClaimId(2)).is_none());
    }
}
