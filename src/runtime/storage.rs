//! The journal as the engine sees it: kept by this process, or followed while another keeps it.

use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::clock::{self, Boot};
use crate::console::{AppendError, BatchId, Durability, Event};
use crate::journal::{self, AppendFailure, Follower, Journal, OpenError, Place, Settings, Told};
use crate::task::{Entry, Record};
use crate::text::printable;

/// How often a followed journal is looked at, milliseconds.
const FOLLOW_MS: i64 = 1_000;
/// How long records that may be late wait here for company, milliseconds, and how many: handing them over one by one would
/// wake the journal's thread for every heartbeat.
const LAZY_MS: i64 = 1_000;
const LAZY_MAX: usize = 512;
/// How long the end waits for the disk. One that hangs must not hang whoever wants to leave.
const CLOSE: Duration = Duration::from_secs(5);

/// A journal ready for the engine.
#[derive(Debug)]
pub struct Opened {
    pub(super) storage: Storage,
    pub(super) place: Place,
    pub(super) entries: Vec<Entry>,
}

impl Opened {
    /// As its keeper.
    ///
    /// # Errors
    /// See [`Journal::open`].
    pub fn keeper(place: &Place, settings: &Settings) -> Result<Self, OpenError> {
        let (sender, told) = unbounded_channel();
        // Nobody listens any more only after the engine has gone.
        let on_told = move |what| drop(sender.send(what));
        let (journal, entries) = Journal::open(place, settings, on_told)?;
        Ok(Self { storage: Storage::Keeper { journal, told, lazy: Lazy::default() }, place: place.clone(), entries })
    }

    /// To look on.
    ///
    /// # Errors
    /// See [`Follower::open`].
    pub fn read_only(place: &Place) -> Result<Self, OpenError> {
        let (follower, entries) = Follower::open(place)?;
        let next = clock::now().boot + FOLLOW_MS;
        Ok(Self { storage: Storage::ReadOnly { follower, next }, place: place.clone(), entries })
    }
}

#[derive(Debug)]
pub(super) enum Storage {
    Keeper { journal: Journal, told: UnboundedReceiver<Told>, lazy: Lazy },
    ReadOnly { follower: Follower, next: Boot },
}

/// Records that may be late, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Lazy {
    records: Vec<Record>,
    /// The last batch of them, and when all have to go.
    last: Option<(BatchId, Boot)>,
}

impl Lazy {
    /// Hands them over as one batch.
    fn flush(&mut self, journal: &Journal) -> Result<(), AppendFailure> {
        let Some((batch, _)) = self.last.take() else { return Ok(()) };
        journal.append(batch.0, std::mem::take(&mut self.records), journal::Durability::Lazy)
    }
}

impl Storage {
    /// Hands a batch to the journal; an error is its answer.
    pub(super) fn append(
        &mut self,
        batch: BatchId,
        records: Vec<Record>,
        durability: Durability,
    ) -> Result<(), AppendError> {
        let Self::Keeper { journal, lazy, .. } = self else {
            return Err(AppendError { message: "this screen only looks on".into(), intent_taken: None });
        };
        let handed_over = match durability {
            // Facts go to the disk in order: the late ones first.
            Durability::Synced => {
                lazy.flush(journal).and_then(|()| journal.append(batch.0, records, journal::Durability::Synced))
            }
            Durability::Lazy => {
                let due = lazy.last.map_or_else(|| clock::now().boot + LAZY_MS, |(_, due)| due);
                lazy.last = Some((batch, due));
                lazy.records.extend(records);
                if lazy.records.len() < LAZY_MAX { Ok(()) } else { lazy.flush(journal) }
            }
        };
        handed_over.map_err(|failure| append_error(&failure))
    }

    /// What the journal's thread says next; never, if nothing is written.
    pub(super) async fn told(&mut self) -> Event {
        let Self::Keeper { told, .. } = self else { return std::future::pending().await };
        match told.recv().await {
            Some(Told::Batch(batch, Ok(()))) => Event::Appended(BatchId(batch)),
            Some(Told::Batch(batch, Err(failure))) => Event::AppendFailed(BatchId(batch), append_error(&failure)),
            Some(Told::Full(why)) => Event::DiskFull(why.map(|why| printable(&why).into_owned())),
            // The journal's thread has crashed; the next append says so.
            None => std::future::pending().await,
        }
    }

    /// When [`Storage::follow`] has something to do.
    pub(super) fn next_follow(&self) -> Option<Boot> {
        match self {
            Self::Keeper { lazy, .. } => lazy.last.map(|(_, due)| due),
            Self::ReadOnly { next, .. } => Some(*next),
        }
    }

    /// Once in a while: what the keeper has written, or as the keeper what may be written late.
    pub(super) fn follow(&mut self, now: Boot) -> Result<Vec<Entry>, OpenError> {
        match self {
            Self::ReadOnly { follower, next } if *next <= now => {
                *next = now + FOLLOW_MS;
                follower.follow()
            }
            Self::Keeper { journal, lazy, .. } if lazy.last.is_some_and(|(_, due)| due <= now) => {
                // A journal that has stopped working says so to the next batch that somebody waits for.
                let _ = lazy.flush(journal);
                Ok(Vec::new())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Writes what is pending and lets the next keeper in; waits 5 s at the most.
    pub(super) fn close(self) -> Result<(), String> {
        match self {
            Self::Keeper { journal, mut lazy, .. } => {
                let flushed = lazy.flush(&journal);
                journal.close(CLOSE).and(flushed).map_err(|failure| failure.message)
            }
            Self::ReadOnly { .. } => Ok(()),
        }
    }
}

fn append_error(failure: &AppendFailure) -> AppendError {
    AppendError { message: printable(&failure.message).into_owned(), intent_taken: failure.intent_taken }
}
