//! Records as rows and back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, OpenFlags, Params, Row, Savepoint, TransactionBehavior, params};
use serde_json::{Map, Value};

use super::schema::{self, Found};
use super::writer::Batch;
use super::{AppendFailure, OpenError};
use crate::task::{ClaimId, Entry, PollNumber, Record, TaskToken};

/// Everything still live, and the highest claim and poll in any case.
const LIVE: &str = "
    WITH dismissed AS (
        SELECT claim FROM records WHERE kind = 'Dismissed' AND claim < (SELECT max(claim) FROM records)
    ), ended AS (
        SELECT poll FROM records WHERE kind IN ('PollEnded', 'Claimed') AND poll < (SELECT max(poll) FROM records)
    )
    SELECT seq, boot_id, kind, body, token FROM records LEFT JOIN tokens ON tokens.claim = records.claim AND kind = 'Claimed'
    WHERE CASE WHEN records.claim IS NULL THEN poll NOT IN ended ELSE records.claim NOT IN dismissed END
    ORDER BY seq";

/// Everything from a place on.
const AFTER: &str = "
    SELECT seq, boot_id, kind, body, token FROM records LEFT JOIN tokens ON tokens.claim = records.claim AND kind = 'Claimed'
    WHERE seq > ?1
    ORDER BY seq";

/// The one writing connection.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    connection: Connection,
    boot_id: Arc<str>,
}

impl Store {
    /// Opens the existing file, migrates it, and reads what is live.
    pub(super) fn open(path: &Path, boot_id: Arc<str>) -> Result<(Self, Vec<Entry>), OpenError> {
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        schema::migrate(path, &mut connection)?;
        let entries = read(path, &connection, LIVE, [])?;
        Ok((Self { path: path.into(), connection, boot_id }, entries))
    }

    /// Writes batches in one synced transaction. A batch that may not be written (its intent is taken) fails alone.
    ///
    /// # Errors
    /// Nothing was written.
    pub(super) fn append(&mut self, batches: &[Batch]) -> Result<Vec<Result<(), AppendFailure>>, AppendFailure> {
        self.try_append(batches).map_err(|error| {
            let path = self.path.display();
            AppendFailure::new(format!("the journal {path} cannot be written: {error}"))
        })
    }

    fn try_append(&mut self, batches: &[Batch]) -> rusqlite::Result<Vec<Result<(), AppendFailure>>> {
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

/// A reading connection that knows how far it has read.
#[derive(Debug)]
pub(super) struct Reader {
    path: PathBuf,
    connection: Connection,
    last_seq: u64,
    data_version: i64,
}

impl Reader {
    /// Opens an existing journal of exactly the newest format, and reads what is live.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Entry>), OpenError> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let known = schema::FORMAT;
        match schema::inspect(path, &connection)? {
            Found::Empty => return Err(OpenError::Missing { path: path.into() }),
            Found::Format(found) if found > known => return Err(OpenError::Newer { path: path.into(), found, known }),
            Found::Format(found) if found < known => return Err(OpenError::Older { path: path.into(), found, known }),
            Found::Format(_) => {}
        }
        let mut reader = Self { path: path.into(), connection, last_seq: 0, data_version: 0 };
        reader.data_version = reader.data_version().map_err(|error| schema::explain(path, &error))?;
        let (entries, last_seq) = reader.live()?;
        reader.last_seq = last_seq;
        Ok((reader, entries))
    }

    /// What was written since the last time.
    pub(super) fn follow(&mut self) -> Result<Vec<Entry>, OpenError> {
        let version = self.data_version().map_err(|error| schema::explain(&self.path, &error))?;
        if version == self.data_version {
            return Ok(Vec::new());
        }
        let entries = read(&self.path, &self.connection, AFTER, [self.last_seq])?;
        self.data_version = version;
        self.last_seq = entries.last().map_or(self.last_seq, |entry| entry.seq);
        Ok(entries)
    }

    /// What is live, and the last sequence number of all, both of one instant.
    fn live(&self) -> Result<(Vec<Entry>, u64), OpenError> {
        let explain = |error| schema::explain(&self.path, &error);
        let snapshot = self.connection.unchecked_transaction().map_err(explain)?;
        let entries = read(&self.path, &snapshot, LIVE, [])?;
        let last = snapshot.query_row("SELECT coalesce(max(seq), 0) FROM records", [], |row| row.get(0));
        Ok((entries, last.map_err(explain)?))
    }

    /// Changes whenever another connection has committed.
    fn data_version(&self) -> rusqlite::Result<i64> {
        self.connection.pragma_query_value(None, "data_version", |row| row.get(0))
    }
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection, OpenError> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    Connection::open_with_flags(path, flags).map_err(|error| schema::explain(path, &error))
}

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

fn write(savepoint: &Savepoint<'_>, boot_id: &str, records: &[Record]) -> Result<(), Refused> {
    let sql = "INSERT INTO records (boot_id, claim, poll, kind, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = savepoint.prepare_cached(sql)?;
    for record in records {
        let (kind, body) = encode(record).map_err(|error| Refused::Batch(AppendFailure::new(error.to_string())))?;
        let claim = record.claim().map(|claim| claim.0);
        let poll = poll_of(record).map(|poll| poll.0);
        insert.execute(params![boot_id, claim, poll, kind, body])?;
        write_aside(savepoint, record)?;
    }
    Ok(())
}

/// What is kept beside the records: the token, and the claim's one intent.
fn write_aside(savepoint: &Savepoint<'_>, record: &Record) -> Result<(), Refused> {
    match record {
        Record::Claimed { claim, task, .. } => {
            let mut insert = savepoint.prepare_cached("INSERT INTO tokens (claim, token) VALUES (?1, ?2)")?;
            insert.execute(params![claim.0, task.token.expose()])?;
        }
        Record::Intent { claim, .. } => take_intent(savepoint, *claim)?,
        Record::IntentWithdrawn { claim } => {
            savepoint.prepare_cached("DELETE FROM intents WHERE claim = ?1")?.execute([claim.0])?;
        }
        _ => {}
    }
    Ok(())
}

/// At most one close for a claim (promise one-outcome).
fn take_intent(savepoint: &Savepoint<'_>, claim: ClaimId) -> Result<(), Refused> {
    let mut insert = savepoint.prepare_cached("INSERT OR IGNORE INTO intents (claim) VALUES (?1)")?;
    if insert.execute([claim.0])? == 0 {
        let message = format!("claim {claim} already has a close on its way: it can only be sent again");
        return Err(Refused::Batch(AppendFailure { message, intent_taken: Some(claim) }));
    }
    Ok(())
}

/// The poll that a record begins or ends.
fn poll_of(record: &Record) -> Option<PollNumber> {
    match record {
        Record::PollStarted { poll, .. } | Record::PollEnded { poll } => Some(*poll),
        Record::Claimed { source, .. } => Some(source.poll),
        _ => None,
    }
}

/// A record's name and its JSON without the token.
fn encode(record: &Record) -> serde_json::Result<(String, String)> {
    let value = if let Record::Claimed { .. } = record {
        let mut record = record.clone();
        if let Record::Claimed { task, .. } = &mut record {
            task.token = TaskToken::new(String::new());
        }
        serde_json::to_value(record)?
    } else {
        serde_json::to_value(record)?
    };
    match value {
        Value::Object(object) => match object.into_iter().next() {
            Some((kind, body)) => Ok((kind, body.to_string())),
            None => Err(serde::ser::Error::custom("a record without a name")),
        },
        _ => Err(serde::ser::Error::custom("a record without content")),
    }
}

fn decode(kind: String, body: &str, token: Option<String>) -> serde_json::Result<Record> {
    let mut record = serde_json::from_value(Value::Object(Map::from_iter([(kind, serde_json::from_str(body)?)])))?;
    if let Record::Claimed { task, .. } = &mut record {
        // An erased token comes back empty.
        task.token = TaskToken::new(token.unwrap_or_default());
    }
    Ok(record)
}

fn read(path: &Path, connection: &Connection, sql: &str, arguments: impl Params) -> Result<Vec<Entry>, OpenError> {
    let sql_error = |error: rusqlite::Error| schema::explain(path, &error);
    let mut statement = connection.prepare(sql).map_err(sql_error)?;
    let mut rows = statement.query(arguments).map_err(sql_error)?;
    let mut entries: Vec<Entry> = Vec::new();
    while let Some(row) = rows.next().map_err(sql_error)? {
        let (seq, boot_id, kind, body, token) = columns(row).map_err(sql_error)?;
        let record = decode(kind, &body, token).map_err(|error| {
            OpenError::unreadable(path, &format!("its record {seq} cannot be read ({error}); nothing was changed"))
        })?;
        let boot_id = match entries.last() {
            Some(last) if *last.boot_id == boot_id => Arc::clone(&last.boot_id),
            _ => boot_id.into(),
        };
        entries.push(Entry { seq, boot_id, record });
    }
    Ok(entries)
}

fn columns(row: &Row<'_>) -> rusqlite::Result<(u64, String, String, String, Option<String>)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

/// Every record, live or not.
#[cfg(test)]
pub(super) fn read_all(path: &Path, connection: &Connection) -> Result<Vec<Entry>, OpenError> {
    read(path, connection, AFTER, [0])
}
