//! All executions: the open ones, and the closed ones until their domain's retention period is over.

use std::collections::HashMap;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::execution::{Execution, Run};
use super::fault::{Fault, Result};

/// What is left of an execution that is forgotten: enough to say what a token was for.
#[derive(Debug, Serialize, Deserialize)]
struct Grave {
    workflow_id: Arc<str>,
    run_id: Arc<str>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Slot {
    Kept(Box<Execution>),
    Forgotten(Grave),
}

/// Executions in the order of their starts.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Archive {
    slots: Vec<Slot>,
    run_ids: HashMap<Arc<str>, Run>,
}

impl Archive {
    /// What the next execution will be known as.
    pub fn next(&self) -> Run {
        Run(self.slots.len() as u32)
    }

    /// Adds an execution, known as what [`Archive::next`] said.
    pub fn add(&mut self, execution: Execution) {
        self.run_ids.insert(execution.run_id.clone(), self.next());
        self.slots.push(Slot::Kept(Box::new(execution)));
    }

    /// The execution that a token is for.
    ///
    /// # Errors
    /// UnknownResourceFault when the execution is closed or forgotten, a ValidationException when there never was one.
    pub fn open(&self, run: Run) -> Result<&Execution> {
        match self.slots.get(run.index()) {
            Some(Slot::Kept(execution)) if execution.is_open() => Ok(execution),
            Some(Slot::Kept(execution)) => Err(Fault::unknown_execution(&execution.workflow_id, &execution.run_id)),
            Some(Slot::Forgotten(grave)) => Err(Fault::unknown_execution(&grave.workflow_id, &grave.run_id)),
            None => Err(Fault::invalid_token()),
        }
    }

    /// The execution of a run id, unless it is forgotten.
    pub fn named(&self, run_id: &str) -> Option<Run> {
        self.run_ids.get(run_id).copied()
    }

    /// An execution, unless it is forgotten or never was.
    pub fn get(&self, run: Run) -> Option<&Execution> {
        match self.slots.get(run.index())? {
            Slot::Kept(execution) => Some(execution),
            Slot::Forgotten(_) => None,
        }
    }

    /// All that are kept.
    pub fn kept(&self) -> impl Iterator<Item = (Run, &Execution)> {
        (0..).map(Run).zip(&self.slots).filter_map(|(run, slot)| match slot {
            Slot::Kept(execution) => Some((run, &**execution)),
            Slot::Forgotten(_) => None,
        })
    }

    /// Drops a closed execution and its history.
    pub fn forget(&mut self, run: Run) {
        let Some(slot @ Slot::Kept(_)) = self.slots.get_mut(run.index()) else { return };
        let Slot::Kept(execution) = &*slot else { return };
        let grave = Grave { workflow_id: execution.workflow_id.clone(), run_id: execution.run_id.clone() };
        self.run_ids.remove(&grave.run_id);
        *slot = Slot::Forgotten(grave);
    }
}

/// An execution that is kept: one is forgotten only after everything that knows its run has let go of it, except
/// tokens, which come in through [`Archive::open`].
impl Index<Run> for Archive {
    type Output = Execution;

    #[expect(clippy::panic, reason = "nothing inside the service names a forgotten run")]
    fn index(&self, run: Run) -> &Execution {
        match &self.slots[run.index()] {
            Slot::Kept(execution) => execution,
            Slot::Forgotten(_) => panic!("{run:?} is forgotten"),
        }
    }
}

impl IndexMut<Run> for Archive {
    #[expect(clippy::panic, reason = "nothing inside the service names a forgotten run")]
    fn index_mut(&mut self, run: Run) -> &mut Execution {
        match &mut self.slots[run.index()] {
            Slot::Kept(execution) => execution,
            Slot::Forgotten(_) => panic!("{run:?} is forgotten"),
        }
    }
}
