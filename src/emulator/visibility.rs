//! Which executions a domain has: what the visibility operations list and count, in order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::execution::Run;

/// A domain's executions. Runs are numbered in the order of their starts, closes in the order they happened, so that
/// both numbers are places in a list that stay the same whatever comes and goes.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Visible {
    by_workflow_id: HashMap<Arc<str>, Run>,
    open: BTreeSet<Run>,
    closed: BTreeSet<Run>,
    by_close: BTreeMap<u64, Run>,
    closes: u64,
}

impl Visible {
    /// The open execution of a workflow id.
    pub fn open(&self, workflow_id: &str) -> Option<Run> {
        self.by_workflow_id.get(workflow_id).copied()
    }

    /// How many are open.
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    /// An execution has started.
    pub fn started(&mut self, workflow_id: Arc<str>, run: Run) {
        self.by_workflow_id.insert(workflow_id, run);
        self.open.insert(run);
    }

    /// An execution has closed; gives the number of its close, for [`Visible::forgotten`].
    pub fn closed(&mut self, workflow_id: &str, run: Run) -> u64 {
        self.by_workflow_id.remove(workflow_id);
        self.open.remove(&run);
        self.closed.insert(run);
        self.closes += 1;
        self.by_close.insert(self.closes, run);
        self.closes
    }

    /// A closed execution is not to be seen any more.
    pub fn forgotten(&mut self, run: Run, close: u64) {
        self.closed.remove(&run);
        self.by_close.remove(&close);
    }

    /// Open executions with their places, the oldest start first.
    pub fn open_by_start(&self) -> Places<'_> {
        Box::new(self.open.iter().map(|run| (u64::from(run.0), *run)))
    }

    /// Closed executions with their places, the oldest start first.
    pub fn closed_by_start(&self) -> Places<'_> {
        Box::new(self.closed.iter().map(|run| (u64::from(run.0), *run)))
    }

    /// Closed executions with their places, the oldest close first.
    pub fn closed_by_close(&self) -> Places<'_> {
        Box::new(self.by_close.iter().map(|(close, run)| (*close, *run)))
    }
}

/// Executions and their places in a list.
pub type Places<'a> = Box<dyn DoubleEndedIterator<Item = (u64, Run)> + 'a>;
