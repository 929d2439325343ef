//! The one writing connection: batches in, all or nothing; what is kept beside the records; what is superseded.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params};
use signal_hook::consts::SIGXFSZ;

use super::reader::live;
use super::rows::{encode, padded, poll_of};
use super::schema;
use super::writer::Batch;
use super::{AppendFailure, OpenError, Settings};
use crate::task::{ClaimId, Entry, PollNumber, Record, Stamp, Verdict};

/// Every so many polls, those that have ended are removed …
const POLLS_SWEPT_EVERY: u64 = 100;
/// … but for the last so many: whoever follows the journal has seen how those before ended.
const POLLS_LEFT: u64 = 1_000;

/// The one writing connection.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    pub(super) boot_id: Arc<str>,
    /// The service's latest time that a record of this run had.
    pub(super) service_now: Option<i64>,
}

/// Nothing of a group was written.
#[derive(Debug)]
pub(super) struct Unwritten {
    pub(super) failure: AppendFailure,
    /// Perhaps for want of room: SQLite tells a full disk, but not a quota.
    pub(super) wants_room: bool,
}

impl Store {
    /// Opens the existing file, migrates it, and reads what is live.
    pub(super) fn open(path: &Path, settings: &Settings) -> Result<(Self, Vec<Entry>), OpenError> {
        refuse_to_die_of_limits(path)?;
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let explain = |error: rusqlite::Error| schema::explain(path, &error);
        // A file that turns out to be unusable is left as it is, its WAL included.
        let without_checkpoint = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        connection.set_db_config(without_checkpoint, true).map_err(explain)?;
        schema::migrate(path, &mut connection)?;
        schema::claim_for(path, &connection, settings)?;
        let entries = live(path, &connection)?;
        connection.set_db_config(without_checkpoint, false).map_err(explain)?;
        let boot_id = Arc::clone(&settings.boot_id);
        Ok((Self { path: path.into(), connection, boot_id, service_now: None }, entries))
    }

    /// Writes batches in one synced transaction. A batch that may not be written (its intent is taken) fails alone.
    ///
    /// # Errors
    /// Nothing was written.
    pub(super) fn append(&mut self, batches: &[Batch]) -> Result<Vec<Result<(), AppendFailure>>, Unwritten> {
        let times = batches.iter().flat_map(|batch| &batch.records).filter_map(|record| record.stamp()?.service);
        self.service_now = self.service_now.into_iter().chain(times).max();
        self.try_append(batches).map_err(|error| {
            let path = self.path.display();
            let wants_room =
                matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure));
            let failure = AppendFailure::new(format!("the journal {path} cannot be written: {error}"));
            Unwritten { failure, wants_room }
        })
    }

    /// Savepoints keep a copy of every page they change, in memory: a batch has its own only where one was refused.
    fn try_append(&mut self, batches: &[Batch]) -> rusqlite::Result<Vec<Result<(), AppendFailure>>> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let written = batches.iter().try_for_each(|batch| write(&transaction, &self.boot_id, &batch.records));
        match written {
            Ok(()) => {
                transaction.commit()?;
                Ok(vec![Ok(()); batches.len()])
            }
            Err(Refused::Batch(_)) => {
                transaction.rollback()?;
                self.append_each(batches)
            }
            Err(Refused::All(error)) => Err(error),
        }
    }

    /// Leaves out those that are refused.
    fn append_each(&mut self, batches: &[Batch]) -> rusqlite::Result<Vec<Result<(), AppendFailure>>> {
        let mut transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut results = Vec::with_capacity(batches.len());
        for batch in batches {
            let savepoint = transaction.savepoint()?;
            let result = match write(&savepoint, &self.boot_id, &batch.records) {
                Ok(()) => {
                    savepoint.commit()?;
                    Ok(())
                }
                Err(Refused::Batch(failure)) => {
                    savepoint.finish()?; // rolls back
                    Err(failure)
                }
                Err(Refused::All(error)) => return Err(error),
            };
            results.push(result);
        }
        transaction.commit()?;
        Ok(results)
    }
}

/// Beyond a limit of file sizes (`ulimit -f`) a write ends the process, unless somebody takes the signal. Taken, the write
/// fails, which can be said.
fn refuse_to_die_of_limits(path: &Path) -> Result<(), OpenError> {
    static TAKEN: OnceLock<Option<String>> = OnceLock::new();
    let take = || signal_hook::flag::register(SIGXFSZ, Arc::default()).err().map(|error| error.to_string());
    TAKEN.get_or_init(take).as_ref().map_or(Ok(()), |why| Err(OpenError::unreadable(path, why)))
}

/// Opens what is there; nothing is created and no link followed.
pub(super) fn connect(path: &Path, access: OpenFlags) -> Result<Connection, OpenError> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        // Whatever SQLite puts aside would otherwise lie in a directory for everybody's temporary files, tokens and all.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "cache_size", CACHE)?;
        Ok(connection)
    };
    open().map_err(|error| schema::explain(path, &error))
}

/// What SQLite may remember of the file, in KiB (so the minus): nearly all that is done is writing at its end.
const CACHE: i64 = -128;

/// Why a batch was not written.
enum Refused {
    /// It alone: the database says that it may not be.
    Batch(AppendFailure),
    /// The disk or the database fails; SQLite may have rolled everything back.
    All(rusqlite::Error),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => {
                Self::Batch(AppendFailure::new(format!("the journal refuses the record: {error}")))
            }
            _ => Self::All(error),
        }
    }
}

fn write(connection: &Connection, boot_id: &str, records: &[Record]) -> Result<(), Refused> {
    let sql = "INSERT INTO records (boot_id, claim, poll, kind, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = connection.prepare_cached(sql)?;
    for record in records {
        let (kind, body) = encode(record).map_err(|error| Refused::Batch(AppendFailure::new(error.to_string())))?;
        let claim = record.claim().map(|claim| claim.0);
        let poll = poll_of(record).map(|poll| poll.0);
        insert.execute(params![boot_id, claim, poll, kind, body])?;
        write_aside(connection, boot_id, record)?;
    }
    Ok(())
}

/// What is kept beside the records, and the records that this one makes superfluous.
fn write_aside(connection: &Connection, boot_id: &str, record: &Record) -> Result<(), Refused> {
    match record {
        Record::Claimed { claim, task, .. } => {
            let mut insert = connection.prepare_cached("INSERT INTO tokens (claim, secret) VALUES (?1, ?2)")?;
            insert.execute(params![claim.0, padded(&task.token)])?;
            connection.prepare_cached("INSERT OR IGNORE INTO claims (claim) VALUES (?1)")?.execute([claim.0])?;
        }
        Record::Intent { claim, .. } => take_intent(connection, *claim)?,
        Record::IntentWithdrawn { claim } => {
            connection.prepare_cached("DELETE FROM intents WHERE claim = ?1")?.execute([claim.0])?;
        }
        Record::Verdict { claim, verdict, at } => note_end(connection, boot_id, *claim, verdict, *at)?,
        Record::Dismissed { claim } => {
            connection.prepare_cached("UPDATE claims SET dismissed = 1 WHERE claim = ?1")?.execute([claim.0])?;
        }
        Record::Beaten { claim, count, .. } => {
            // Only the last beat counts; a task kept for hours would have thousands.
            let mut delete = connection.prepare_cached(
                "DELETE FROM records WHERE claim = ?1 AND kind = 'Beaten' AND json_extract(body, '$.count') < ?2",
            )?;
            delete.execute(params![claim.0, i64::try_from(*count).unwrap_or(i64::MAX)])?;
        }
        Record::PollStarted { poll, .. } if poll.0 % POLLS_SWEPT_EVERY == 0 => sweep_polls(connection, *poll)?,
        _ => {}
    }
    Ok(())
}

/// At most one close for a claim (promise one-outcome).
fn take_intent(connection: &Connection, claim: ClaimId) -> Result<(), Refused> {
    let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO intents (claim) VALUES (?1)")?;
    if insert.execute([claim.0])? == 0 {
        let message = format!("claim {claim} already has a close on its way: it can only be sent again");
        return Err(Refused::Batch(AppendFailure { message, intent_taken: Some(claim) }));
    }
    Ok(())
}

/// The first verdict is the one that counts.
fn note_end(
    connection: &Connection,
    boot_id: &str,
    claim: ClaimId,
    verdict: &Verdict,
    at: Stamp,
) -> rusqlite::Result<()> {
    let mut update = connection.prepare_cached(
        "UPDATE claims SET proven = ?2, ended = ?3, end_boot_id = ?4, end_boot = ?5, end_service = ?6
         WHERE claim = ?1 AND ended IS NULL",
    )?;
    let proven = !matches!(verdict, Verdict::Unproven { .. });
    update.execute(params![claim.0, proven, at.wall.0, boot_id, at.boot.0, at.service])?;
    Ok(())
}

/// Polls that have ended say nothing any more, but for the numbers of the last.
fn sweep_polls(connection: &Connection, last: PollNumber) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached(
        "DELETE FROM records WHERE claim IS NULL AND poll < ?1 AND EXISTS (
            SELECT 1 FROM records AS ending WHERE ending.poll = records.poll AND ending.kind IN ('PollEnded', 'Claimed'))",
    )?;
    delete.execute([last.0.saturating_sub(POLLS_LEFT)])?;
    Ok(())
}
