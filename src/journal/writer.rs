//! The journal's thread: takes what is queued, commits it as one group, answers each batch.
//!
//! Whatever arrives while a commit waits for the disk becomes the next group, so no batch waits on purpose. Without work
//! the thread sleeps on its channel; lazy batches wake it once, when they are due, and chores once an hour: the reserve,
//! and what goes with time.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::ballast::{self, Ballast};
use super::store::{Store, Unwritten};
use super::sweep::{Swept, Terms};
use super::{AppendFailure, Durability, Settings, Told};
use crate::clock::{Boot, Now};
use crate::task::Record;

/// How long a lazy batch may wait for company, milliseconds.
const LAZY_MS: i64 = 5_000;
/// The most batches in one group, so that no first batch waits for a queue that never ends.
const GROUP_MAX: usize = 256;
/// The first chores come so long after the start, milliseconds: tasks are shown before.
const FIRST_CHORES_MS: i64 = 1_000;
/// Between chores, milliseconds.
const CHORES_MS: i64 = 3_600_000;
/// The same while a chore could not be done, milliseconds.
const CHORES_AGAIN_MS: i64 = 10_000;

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
    ballast: Ballast,
    terms: Terms,
    clock: fn() -> Now,
    group: Vec<Batch>,
    due: Due,
    chores_at: Boot,
    /// It was said that the disk is full.
    full: bool,
    /// What was removed is still in the WAL.
    wal_to_empty: bool,
    on_told: F,
}

/// When the group has to be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Never,
    At(Boot),
    Now,
}

impl<F: Fn(Told)> Writer<F> {
    pub(super) fn new(store: Store, ballast: Ballast, settings: &Settings, clock: fn() -> Now, on_told: F) -> Self {
        Self {
            store,
            ballast,
            terms: Terms { retention: settings.retention_ms, token_grace: settings.token_grace_ms },
            clock,
            group: Vec::new(),
            due: Due::Never,
            chores_at: clock().boot + FIRST_CHORES_MS,
            full: false,
            // A run before this one may have ended between removing and emptying.
            wal_to_empty: true,
            on_told,
        }
    }

    /// Works until the sending side is gone, then writes what is left.
    pub(super) fn run(mut self, queue: &Receiver<Batch>) -> Result<(), AppendFailure> {
        loop {
            match self.wait(queue) {
                Ok(batch) => self.take(batch),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.commit(),
            }
            while self.group.len() < GROUP_MAX
                && let Ok(batch) = queue.try_recv()
            {
                self.take(batch);
            }
            let now = (self.clock)();
            if matches!(self.due, Due::Now) || matches!(self.due, Due::At(at) if at <= now.boot) {
                let _ = self.commit(); // each batch has had its answer
            } else if self.chores_at <= now.boot {
                self.do_chores(now);
            }
        }
    }

    fn wait(&self, queue: &Receiver<Batch>) -> Result<Batch, RecvTimeoutError> {
        let at = match self.due {
            Due::Never => self.chores_at,
            Due::At(at) => at.min(self.chores_at),
            Due::Now => return Err(RecvTimeoutError::Timeout),
        };
        let left = (at - (self.clock)().boot).max(0).unsigned_abs();
        queue.recv_timeout(Duration::from_millis(left))
    }

    fn take(&mut self, batch: Batch) {
        match (batch.durability, self.due) {
            (Durability::Synced, _) => self.due = Due::Now,
            (Durability::Lazy, Due::Never) => self.due = Due::At((self.clock)().boot + LAZY_MS),
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
        let written = self.write(&group);
        let each = match &written {
            Ok(results) => results.clone(),
            Err(failure) => vec![Err(failure.clone()); group.len()],
        };
        for (batch, result) in group.iter().zip(each) {
            if batch.durability == Durability::Synced || result.is_err() {
                (self.on_told)(Told::Batch(batch.id, result));
            }
        }
        written.map(drop)
    }

    /// On a full disk once more, in the room of the reserve.
    fn write(&mut self, group: &[Batch]) -> Result<Vec<Result<(), AppendFailure>>, AppendFailure> {
        let Unwritten { failure, wants_room } = match self.store.append(group) {
            Ok(results) => return Ok(results),
            Err(unwritten) => unwritten,
        };
        if !wants_room || !self.ballast.release() {
            return Err(failure);
        }
        self.tell_full(format!(
            "{}; the reserve of {} KiB beside the journal was given up for it: free disk space",
            failure.message,
            ballast::SIZE / 1_024
        ));
        self.chores_at = (self.clock)().boot + CHORES_AGAIN_MS;
        self.store.append(group).map_err(|unwritten| {
            let message = format!("{} (the reserve beside it was given up too)", unwritten.failure.message);
            AppendFailure::new(message)
        })
    }

    fn tell_full(&mut self, why: String) {
        self.full = true;
        (self.on_told)(Told::Full(Some(why)));
    }

    /// One slice of them; more follow at once if there is more, with whatever has to be written in between.
    fn do_chores(&mut self, now: Now) {
        let reserve = self.ballast.fill();
        match &reserve {
            Ok(()) if self.full => {
                self.full = false;
                (self.on_told)(Told::Full(None));
            }
            Err(error) if !self.full => self.tell_full(format!("no reserve could be made beside the journal: {error}")),
            _ => {}
        }
        // What cannot be removed now, a disk that is full for instance, is tried again.
        let swept = self.store.sweep(now, self.terms);
        let mut undone = reserve.is_err() || swept.is_err();
        if matches!(swept, Ok(Swept::Some)) {
            self.wal_to_empty = true;
            self.chores_at = now.boot;
            return;
        }
        if self.wal_to_empty {
            self.wal_to_empty = !matches!(self.store.empty_wal(), Ok(true));
            undone |= self.wal_to_empty;
        }
        self.chores_at = now.boot + if undone { CHORES_AGAIN_MS } else { CHORES_MS };
    }
}
