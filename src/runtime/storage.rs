//! The journal as the engine sees it: kept by this process, or followed while another keeps it.

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::clock::{self, Boot};
use crate::console::{AppendError, BatchId, Durability};
use crate::journal::{self, AppendFailure, Follower, Journal, OpenError, Place};
use crate::task::{Entry, Record};
use crate::text::printable;

/// How often a followed journal is looked at, milliseconds.
const FOLLOW_MS: i64 = 1_000;

/// A journal ready for the engine.
#[derive(Debug)]
pub struct Opened {
    pub(super) storage: Storage,
    pub(super) entries: Vec<Entry>,
}

impl Opened {
    /// As its keeper. `holder` names this process to others.
    ///
    /// # Errors
    /// See [`Journal::open`].
    pub fn keeper(place: &Place, holder: &str) -> Result<Self, OpenError> {
        let (sender, done) = unbounded_channel();
        // Nobody listens any more only after the engine has gone.
        let on_done = move |batch, result| drop(sender.send((BatchId(batch), result)));
        let (journal, entries) = Journal::open(place, holder, clock::boot_id(), on_done)?;
        Ok(Self { storage: Storage::Keeper { journal, done }, entries })
    }

    /// To look on.
    ///
    /// # Errors
    /// See [`Follower::open`].
    pub fn read_only(place: &Place) -> Result<Self, OpenError> {
        let (follower, entries) = Follower::open(place)?;
        let next = clock::now().boot + FOLLOW_MS;
        Ok(Self { storage: Storage::ReadOnly { follower, next }, entries })
    }
}

#[derive(Debug)]
pub(super) enum Storage {
    Keeper { journal: Journal, done: UnboundedReceiver<(BatchId, Result<(), AppendFailure>)> },
    ReadOnly { follower: Follower, next: Boot },
}

impl Storage {
    /// Hands a batch to the journal; an error is its answer.
    pub(super) fn append(
        &self,
        batch: BatchId,
        records: Vec<Record>,
        durability: Durability,
    ) -> Result<(), AppendError> {
        let Self::Keeper { journal, .. } = self else {
            return Err(AppendError { message: "this screen only looks on".into(), intent_taken: None });
        };
        let durability = match durability {
            Durability::Synced => journal::Durability::Synced,
            Durability::Lazy => journal::Durability::Lazy,
        };
        journal.append(batch.0, records, durability).map_err(|failure| append_error(&failure))
    }

    /// The next batch that came to its end; never, if nothing is written.
    pub(super) async fn appended(&mut self) -> (BatchId, Result<(), AppendError>) {
        let Self::Keeper { done, .. } = self else { return std::future::pending().await };
        match done.recv().await {
            Some((batch, result)) => (batch, result.map_err(|failure| append_error(&failure))),
            // The journal's thread has crashed; the next append says so.
            None => std::future::pending().await,
        }
    }

    /// When [`Storage::follow`] has something to do.
    pub(super) fn next_follow(&self) -> Option<Boot> {
        match self {
            Self::Keeper { .. } => None,
            Self::ReadOnly { next, .. } => Some(*next),
        }
    }

    /// What the keeper has written, once in a while.
    pub(super) fn follow(&mut self, now: Boot) -> Result<Vec<Entry>, OpenError> {
        match self {
            Self::ReadOnly { follower, next } if *next <= now => {
                *next = now + FOLLOW_MS;
                follower.follow()
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Writes what is pending and lets the next keeper in.
    pub(super) fn close(self) -> Result<(), String> {
        match self {
            Self::Keeper { journal, .. } => journal.close().map_err(|failure| failure.message),
            Self::ReadOnly { .. } => Ok(()),
        }
    }
}

fn append_error(failure: &AppendFailure) -> AppendError {
    AppendError { message: printable(&failure.message).into_owned(), intent_taken: failure.intent_taken }
}
