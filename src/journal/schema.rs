//! The database's shape: what a new one looks like and how an older one becomes it.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior};

use super::{OpenError, Settings};

/// "swfb", so that `file` and we know a journal when we see one.
pub(super) const APPLICATION_ID: u32 = 0x7377_6662;

/// SQLite before this can lose a WAL on reset (sqlite.org, "WAL-reset bug").
const SQLITE_MIN: i32 = 3_051_003;

/// What brings a journal from format n to n + 1. Never changed, only added to.
pub(super) const MIGRATIONS: [&str; 3] = [
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
    // `claims` says what is live without a look at every record, and when a claim's end was known for certain (`proven`).
    // A secret is a token behind zeros (4,096 of them, see rows.rs). `service` has one row: whose journal this is.
    "CREATE TABLE claims (
        claim INTEGER PRIMARY KEY,
        dismissed INTEGER NOT NULL DEFAULT 0,
        proven INTEGER NOT NULL DEFAULT 0,
        ended INTEGER,
        end_boot_id TEXT,
        end_boot INTEGER,
        end_service INTEGER
    ) STRICT;
    INSERT INTO claims (claim) SELECT DISTINCT claim FROM records WHERE kind = 'Claimed';
    UPDATE claims SET dismissed = 1 WHERE claim IN (SELECT claim FROM records WHERE kind = 'Dismissed');
    UPDATE claims SET
        proven = json_type(verdict.body, '$.verdict.Unproven') IS NULL,
        ended = json_extract(verdict.body, '$.at.wall'),
        end_boot_id = verdict.boot_id,
        end_boot = json_extract(verdict.body, '$.at.boot'),
        end_service = json_extract(verdict.body, '$.at.service')
    FROM (SELECT claim, boot_id, body, min(seq) FROM records WHERE kind = 'Verdict' GROUP BY claim) AS verdict
    WHERE verdict.claim = claims.claim;
    CREATE INDEX claims_live ON claims (claim) WHERE proven = 0 AND dismissed = 0;
    CREATE INDEX claims_ended ON claims (ended, claim) WHERE ended IS NOT NULL;
    CREATE INDEX records_of_polls ON records (poll) WHERE claim IS NULL;
    ALTER TABLE tokens RENAME TO bare_tokens;
    CREATE TABLE tokens (claim INTEGER PRIMARY KEY, secret BLOB NOT NULL) STRICT;
    INSERT INTO tokens (claim, secret) SELECT claim, CAST(zeroblob(4096) || CAST(token AS BLOB) AS BLOB) FROM bare_tokens;
    DROP TABLE bare_tokens;
    DELETE FROM records WHERE kind = 'Beaten' AND EXISTS (
        SELECT 1 FROM records AS later WHERE later.claim = records.claim AND later.kind = 'Beaten'
        AND json_extract(later.body, '$.count') > json_extract(records.body, '$.count'));
    CREATE TABLE service (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL) STRICT;",
    // Notes: records of a kind that earlier versions do not know.
    "",
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
    let mode = set_up(connection).map_err(|error| explain(path, &error))?;
    if mode != "wal" {
        let why = format!("its file system takes no write-ahead log, only {mode}: name another place with --journal");
        return Err(OpenError::unreadable(path, &why));
    }
    run_from(from, connection).map_err(|error| explain(path, &error))
}

/// Whose journal it is: an unclaimed one becomes that of the service, another's is refused.
pub(super) fn claim_for(path: &Path, connection: &Connection, settings: &Settings) -> Result<(), OpenError> {
    let explain = |error: rusqlite::Error| explain(path, &error);
    let known = connection.query_row("SELECT name FROM service", [], |row| row.get::<_, String>(0)).optional();
    match known.map_err(explain)? {
        Some(name) if name == settings.service => Ok(()),
        Some(name) if !settings.same_service => {
            Err(OpenError::OtherService { path: path.into(), its: name, asked: settings.service.clone() })
        }
        _ => {
            let sql = "INSERT OR REPLACE INTO service (id, name) VALUES (1, ?1)";
            connection.execute(sql, [&settings.service]).map(drop).map_err(explain)
        }
    }
}

/// Gives the journal mode that came of it.
fn set_up(connection: &Connection) -> rusqlite::Result<String> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?; // does something on macOS only, where fsync is not enough
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
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
        Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged { path: path.into(), why: error.to_string() },
        _ => OpenError::unreadable(path, error),
    }
}
