//! The database's shape: what a new one looks like and how an older one becomes it.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use super::OpenError;

/// "swfb", so that `file` and we know a journal when we see one.
pub(super) const APPLICATION_ID: u32 = 0x7377_6662;

/// SQLite before this can lose a WAL on reset (sqlite.org, "WAL-reset bug").
const SQLITE_MIN: i32 = 3_051_003;

/// What brings a journal from format n to n + 1. Never changed, only added to.
const MIGRATIONS: [&str; 1] = [
    // `body` is the record's JSON without its token; `claim` and `poll` are what a record is about. Sequence numbers are
    // never used twice: others follow the journal by them. One row in `intents` is the one close a claim may have.
    "CREATE TABLE records (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        boot_id TEXT NOT NULL,
        claim INTEGER,
        poll INTEGER,
        kind TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX records_by_claim ON records (claim) WHERE claim IS NOT NULL;
    CREATE INDEX records_by_poll ON records (poll) WHERE poll IS NOT NULL;
    CREATE TABLE tokens (claim INTEGER PRIMARY KEY, token TEXT NOT NULL) STRICT;
    CREATE TABLE intents (claim INTEGER PRIMARY KEY) STRICT;",
];

/// The newest format.
pub(super) const FORMAT: u32 = MIGRATIONS.len() as u32;

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// An empty file: a journal to be.
    Empty,
    /// A journal of this format.
    Format(u32),
}

/// Looks what is there, without changing anything.
pub(super) fn inspect(path: &Path, connection: &Connection) -> Result<Found, OpenError> {
    assert!(rusqlite::version_number() >= SQLITE_MIN, "SQLite {} can lose a journal", rusqlite::version());
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let look = || Ok((number("application_id")?, number("user_version")?, number("schema_version")?));
    let (application, format, schema) = look().map_err(|error| explain(path, &error))?;
    if application == 0 && format == 0 && schema == 0 {
        return Ok(Found::Empty);
    }
    match u32::try_from(format) {
        Ok(format) if application == i64::from(APPLICATION_ID) && format > 0 => Ok(Found::Format(format)),
        _ => Err(OpenError::NotAJournal { path: path.into() }),
    }
}

/// Puts a keeper's connection in order and brings the database to the newest format.
pub(super) fn migrate(path: &Path, connection: &mut Connection) -> Result<(), OpenError> {
    let from = match inspect(path, connection)? {
        Found::Empty => 0,
        Found::Format(found) if found > FORMAT => {
            return Err(OpenError::Newer { path: path.into(), found, known: FORMAT });
        }
        Found::Format(found) => found,
    };
    set_up(connection).and_then(|()| run_from(from, connection)).map_err(|error| explain(path, &error))
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?; // does something on macOS only, where fsync is not enough
    connection.pragma_update(None, "secure_delete", true)
}

fn run_from(format: u32, connection: &mut Connection) -> rusqlite::Result<()> {
    if format == FORMAT {
        return Ok(());
    }
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    for migration in &MIGRATIONS[format as usize..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}

/// What SQLite's refusal means to somebody who wants to open a journal.
pub(super) fn explain(path: &Path, error: &rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotAJournal { path: path.into() },
        _ => OpenError::unreadable(path, error),
    }
}
