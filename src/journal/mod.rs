//! The journal: what must survive, in one SQLite database per service.
//!
//! A [`Journal`] belongs to the one process that sends heartbeats (the keeper): a thread owns the only writing connection,
//! commits in groups, and says for each batch whether it is on disk. A [`Follower`] only reads what a keeper writes.
//! A [`Shelf`] reads what ended long ago, page by page. Tokens are kept apart from the records and erased a while after
//! the end of their task is proven (`sweep`); a reserve of disk space lets the last writes through (`ballast`).
//! Not here: what a record means (`console`), when to write one (`console`), which journal to use (`cli`).

mod ballast;
mod error;
mod lock;
mod place;
mod reader;
mod rows;
mod schema;
mod store;
mod sweep;
mod writer;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::clock::Now;
use crate::task::{ClaimId, EndedMark, Entry, Record};

pub use error::OpenError;
pub use place::Place;
pub use reader::EndedPage;

use ballast::Ballast;
use lock::KeeperLock;
use reader::Reader;
use store::Store;
use writer::{Batch, Writer};

/// Tells whoever else opens the journal what its keeper does; only the keeper itself may call this. `doing` goes on from
/// "pid 123, user@host, since 2026-11-24 14:02".
///
/// # Errors
/// The lock file cannot be written.
pub fn describe_keeper(place: &Place, doing: &str) -> io::Result<()> {
    lock::describe(&place.locate().map_err(io::Error::other)?, doing)
}

/// Whether a journal holds tasks that somebody should look after. One that cannot be read does: opening it says why.
pub fn holds_open(place: &Place) -> bool {
    let found = place.locate().and_then(|path| {
        place::check_files(&path)?;
        reader::holds_open(&path)
    });
    !matches!(found, Ok(false) | Err(OpenError::Missing { .. }))
}

/// How long ended tasks are kept, unless somebody says otherwise: 30 days, milliseconds.
pub const RETENTION_MS: i64 = 30 * DAY_MS;
/// How long the token of a task is kept once its end is proven: a day, milliseconds.
pub const TOKEN_GRACE_MS: i64 = DAY_MS;

const DAY_MS: i64 = 86_400_000;

/// Who opens a journal, and how long things stay in it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Names this process to others, such as `user@host`.
    pub holder: String,
    /// The current boot, see [`crate::clock::boot_id`].
    pub boot_id: Arc<str>,
    /// Tells endpoint, region and profile apart. A journal belongs to the service that was first to open it.
    pub service: String,
    /// Whatever name the journal knows its service by, it is this one.
    pub same_service: bool,
    /// Everything about a task goes so many milliseconds after its end was proven, see [`RETENTION_MS`]; `None`: never.
    pub retention_ms: Option<i64>,
    /// Its token goes so many milliseconds after that, see [`TOKEN_GRACE_MS`].
    pub token_grace_ms: i64,
}

impl Settings {
    /// With the usual times.
    pub fn new(holder: impl Into<String>, boot_id: Arc<str>, service: impl Into<String>) -> Self {
        Self {
            holder: holder.into(),
            boot_id,
            service: service.into(),
            same_service: false,
            retention_ms: Some(RETENTION_MS),
            token_grace_ms: TOKEN_GRACE_MS,
        }
    }
}

/// What the journal's thread has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A synced batch is on disk, or a batch of either kind is not.
    Batch(u64, Result<(), AppendFailure>),
    /// There is no room for the reserve: why, a whole sentence with what was done. `None`: there is again.
    Full(Option<String>),
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
    end: mpsc::Receiver<Result<(), AppendFailure>>,
}

impl Journal {
    /// Opens or creates the journal, takes the keeper's lock, and reads everything that is still live: all records of
    /// claims on the list (of those whose end is proven, the last thousand) and of polls not ended, and always those of
    /// the highest claim and poll, so that whoever counts on from what comes back never uses a number twice.
    ///
    /// `on_told` is called on the journal's thread, and must not wait.
    ///
    /// # Errors
    /// [`OpenError`], with the journal as it was.
    pub fn open(
        place: &Place,
        settings: &Settings,
        on_told: impl Fn(Told) + Send + 'static,
    ) -> Result<(Self, Vec<Entry>), OpenError> {
        Self::open_with(place, settings, crate::clock::now, on_told)
    }

    /// [`Journal::open`] with a clock for what goes with time.
    fn open_with(
        place: &Place,
        settings: &Settings,
        clock: fn() -> Now,
        on_told: impl Fn(Told) + Send + 'static,
    ) -> Result<(Self, Vec<Entry>), OpenError> {
        let path = place.prepare()?;
        let lock = KeeperLock::take(&path, &settings.holder)?;
        place::create_private(&path)?;
        place::check_files(&path)?;
        let (store, entries) = Store::open(&path, settings)?;
        let writer = Writer::new(store, Ballast::of(&path), settings, clock, on_told);
        let (jobs, queue) = mpsc::channel();
        let (ended, end) = mpsc::channel();
        let thread = thread::Builder::new().name("journal".into()).spawn(move || {
            let result = writer.run(&queue);
            drop(lock); // only now may another process become the keeper
            let _ = ended.send(result); // unless nobody waits any more
        });
        thread.map_err(|error| OpenError::unreadable(&path, &error))?;
        Ok((Self { jobs, end }, entries))
    }

    /// Hands over a batch, to be written in this order, all or nothing. Never waits for the disk.
    ///
    /// # Errors
    /// The journal's thread is gone; nothing is written any more.
    pub fn append(&self, batch: u64, records: Vec<Record>, durability: Durability) -> Result<(), AppendFailure> {
        let gone = |_| AppendFailure::new("the journal has stopped working: restart swfbeat".into());
        self.jobs.send(Batch { id: batch, records, durability }).map_err(gone)
    }

    /// Writes what is pending, closes the database and lets the next keeper in. Waits no longer than `patience`: a disk
    /// may hang for ever.
    ///
    /// # Errors
    /// What was pending could not be written, or not in time.
    pub fn close(self, patience: Duration) -> Result<(), AppendFailure> {
        drop(self.jobs);
        self.end.recv_timeout(patience).unwrap_or_else(|error| {
            let message = match error {
                RecvTimeoutError::Timeout => format!(
                    "the disk has not answered for {} s: what was done last may not be in the journal",
                    patience.as_secs_f32()
                ),
                RecvTimeoutError::Disconnected => "the journal's thread has crashed".into(),
            };
            Err(AppendFailure::new(message))
        })
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

/// What has ended, and long texts, for views: read when somebody looks, on a connection that only reads.
#[derive(Debug)]
pub struct Shelf {
    shelf: reader::Shelf,
}

impl Shelf {
    /// Opens the journal beside whoever keeps it.
    ///
    /// # Errors
    /// [`OpenError`]; a journal that does not exist is not created.
    pub fn open(place: &Place) -> Result<Self, OpenError> {
        let path = place.locate()?;
        place::check_files(&path)?;
        Ok(Self { shelf: reader::Shelf::open(&path)? })
    }

    /// At most so many tasks that have ended, whether they are on the list or not, those that ended last first; behind
    /// the mark of the page before, or from the start. Their tokens are left out.
    ///
    /// # Errors
    /// The journal cannot be read, in a whole sentence.
    pub fn ended(&self, from: Option<EndedMark>, most: usize) -> Result<EndedPage, OpenError> {
        self.shelf.ended(from, most)
    }

    /// Everything that is written about one claim, without its token: input, details, outcome, verdict. Empty if nothing
    /// is, or not any more.
    ///
    /// # Errors
    /// The journal cannot be read, in a whole sentence.
    pub fn about(&self, claim: ClaimId) -> Result<Vec<Entry>, OpenError> {
        self.shelf.about(claim)
    }
}
