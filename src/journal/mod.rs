//! The journal: what must survive, in one SQLite database per service.
//!
//! A [`Journal`] belongs to the one process that sends heartbeats (the keeper): a thread owns the only writing connection,
//! commits in groups, and says for each batch whether it is on disk. A [`Follower`] only reads what a keeper writes.
//! Tokens are kept apart from the records, so that they can be erased one day.
//! Not here: what a record means (`console`), when to write one (`console`), which journal to use (`cli`).

mod error;
mod lock;
mod place;
mod schema;
mod store;
mod writer;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use crate::task::{ClaimId, Entry, Record};

pub use error::OpenError;
pub use place::Place;

use lock::KeeperLock;
use store::{Reader, Store};
use writer::{Batch, Writer};

/// Tells whoever else opens the journal what its keeper does; only the keeper itself may call this. `doing` goes on from
/// "pid 123, user@host, since 2026-11-24 14:02".
///
/// # Errors
/// The lock file cannot be written.
pub fn describe_keeper(place: &Place, doing: &str) -> io::Result<()> {
    lock::describe(&place.locate().map_err(io::Error::other)?, doing)
}

/// How soon a batch must be on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Synced before its callback.
    Synced,
    /// With the next synced batch, at the latest after 5 s or at close. No callback unless it fails.
    Lazy,
}

/// A batch did not reach the disk, none of its records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AppendFailure {
    /// What failed and why, a whole sentence.
    pub message: String,
    /// The claim that already has a close intent, if that was the reason.
    pub intent_taken: Option<ClaimId>,
}

impl AppendFailure {
    fn new(message: String) -> Self {
        Self { message, intent_taken: None }
    }
}

/// The keeper's journal, open for writing. Dropped without [`Journal::close`], it still writes what it was given, but
/// nobody waits for that.
#[derive(Debug)]
pub struct Journal {
    jobs: mpsc::Sender<Batch>,
    writer: JoinHandle<Result<(), AppendFailure>>,
}

impl Journal {
    /// Opens or creates the journal, takes the keeper's lock, and reads everything that is still live: all records of
    /// claims not dismissed and of polls not ended, and always those of the highest claim and poll, so that whoever counts
    /// on from what comes back never uses a number twice.
    ///
    /// `holder` names this process to others, such as `user@host`. `on_done` is called on the journal's thread.
    ///
    /// # Errors
    /// [`OpenError`], with the journal as it was.
    pub fn open(
        place: &Place,
        holder: &str,
        boot_id: Arc<str>,
        on_done: impl Fn(u64, Result<(), AppendFailure>) + Send + 'static,
    ) -> Result<(Self, Vec<Entry>), OpenError> {
        let path = place.prepare()?;
        let lock = KeeperLock::take(&path, holder)?;
        place::create_private(&path)?;
        place::check_files(&path)?;
        let (store, entries) = Store::open(&path, boot_id)?;
        let (jobs, queue) = mpsc::channel();
        let writer = thread::Builder::new().name("journal".into()).spawn(move || {
            let result = Writer::new(store, on_done).run(&queue);
            drop(lock); // only now may another process become the keeper
            result
        });
        let writer = writer.map_err(|error| OpenError::unreadable(&path, &error))?;
        Ok((Self { jobs, writer }, entries))
    }

    /// Hands over a batch, to be written in this order, all or nothing. Never waits for the disk.
    ///
    /// # Errors
    /// The journal's thread is gone; nothing is written any more.
    pub fn append(&self, batch: u64, records: Vec<Record>, durability: Durability) -> Result<(), AppendFailure> {
        let gone = |_| AppendFailure::new("the journal has stopped working: restart swfbeat".into());
        self.jobs.send(Batch { id: batch, records, durability }).map_err(gone)
    }

    /// Writes what is pending, closes the database and lets the next keeper in.
    ///
    /// # Errors
    /// What was pending could not be written.
    pub fn close(self) -> Result<(), AppendFailure> {
        drop(self.jobs);
        self.writer.join().unwrap_or_else(|_| Err(AppendFailure::new("the journal's thread has crashed".into())))
    }
}

/// A journal that somebody else keeps, open for reading only.
#[derive(Debug)]
pub struct Follower {
    reader: Reader,
}

impl Follower {
    /// Opens the journal without a lock and reads what [`Journal::open`] would.
    ///
    /// # Errors
    /// [`OpenError`]; a journal that does not exist is not created.
    pub fn open(place: &Place) -> Result<(Self, Vec<Entry>), OpenError> {
        let path = place.locate()?;
        place::check_files(&path)?;
        let (reader, entries) = Reader::open(&path)?;
        Ok((Self { reader }, entries))
    }

    /// What was written since the last call, or since the opening. Cheap if nothing was.
    ///
    /// # Errors
    /// The journal cannot be read, in a whole sentence.
    pub fn follow(&mut self) -> Result<Vec<Entry>, OpenError> {
        self.reader.follow()
    }
}
