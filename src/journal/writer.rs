//! The journal's thread: takes what is queued, commits it as one group, answers each batch.
//!
//! Whatever arrives while a commit waits for the disk becomes the next group, so no batch waits on purpose. Without work
//! the thread sleeps on its channel; lazy batches wake it once, when they are due.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::store::Store;
use super::{AppendFailure, Durability};
use crate::clock::{self, Boot};
use crate::task::Record;

/// How long a lazy batch may wait for company, milliseconds.
const LAZY_MS: i64 = 5_000;
/// The most batches in one group, so that no first batch waits for a queue that never ends.
const GROUP_MAX: usize = 256;

/// What one `append` brought.
#[derive(Debug)]
pub(super) struct Batch {
    /// The caller's name for it.
    pub(super) id: u64,
    /// In this order, all or nothing.
    pub(super) records: Vec<Record>,
    /// How soon.
    pub(super) durability: Durability,
}

/// The state of the thread.
pub(super) struct Writer<F> {
    store: Store,
    group: Vec<Batch>,
    due: Due,
    on_done: F,
}

/// When the group has to be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Never,
    At(Boot),
    Now,
}

impl<F: Fn(u64, Result<(), AppendFailure>)> Writer<F> {
    pub(super) fn new(store: Store, on_done: F) -> Self {
        Self { store, group: Vec::new(), due: Due::Never, on_done }
    }

    /// Works until the sending side is gone, then writes what is left.
    pub(super) fn run(mut self, queue: &Receiver<Batch>) -> Result<(), AppendFailure> {
        loop {
            match self.wait(queue) {
                Ok(batch) => self.take(batch),
                Err(RecvTimeoutError::Timeout) => self.due = Due::Now,
                Err(RecvTimeoutError::Disconnected) => return self.commit(),
            }
            while self.group.len() < GROUP_MAX
                && let Ok(batch) = queue.try_recv()
            {
                self.take(batch);
            }
            if self.due == Due::Now {
                let _ = self.commit(); // each batch has had its answer
            }
        }
    }

    fn wait(&self, queue: &Receiver<Batch>) -> Result<Batch, RecvTimeoutError> {
        match self.due {
            Due::Never => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Due::At(at) => {
                let left = (at - clock::now().boot).max(0).unsigned_abs();
                queue.recv_timeout(Duration::from_millis(left))
            }
            Due::Now => Err(RecvTimeoutError::Timeout),
        }
    }

    fn take(&mut self, batch: Batch) {
        match (batch.durability, self.due) {
            (Durability::Synced, _) => self.due = Due::Now,
            (Durability::Lazy, Due::Never) => self.due = Due::At(clock::now().boot + LAZY_MS),
            (Durability::Lazy, _) => {}
        }
        self.group.push(batch);
    }

    fn commit(&mut self) -> Result<(), AppendFailure> {
        self.due = Due::Never;
        let group = std::mem::take(&mut self.group);
        if group.is_empty() {
            return Ok(());
        }
        let written = self.store.append(&group);
        let each = match &written {
            Ok(results) => results.clone(),
            Err(failure) => vec![Err(failure.clone()); group.len()],
        };
        for (batch, result) in group.iter().zip(each) {
            if batch.durability == Durability::Synced || result.is_err() {
                (self.on_done)(batch.id, result);
            }
        }
        written.map(drop)
    }
}
