//! Reading: what a restart wants, what a follower wants, and what has ended, page by page.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, params};

use super::OpenError;
use super::rows::{self, COLUMNS, Entries, WITH_TOKEN};
use super::schema::{self, Found};
use super::store::connect;
use crate::clock::Wall;
use crate::task::{ClaimId, EndedMark, Entry};

/// Of tasks whose end is proven, so many come back at a start, the last that ended; all others on demand.
pub(super) const ENDED_AT_START: usize = 1_000;

/// The places of everything still live: claims that have not ended for certain or not long ago and were not taken off the
/// list, polls without an end; and the highest claim and poll in any case.
fn live_sql() -> String {
    format!(
        "WITH shown AS (
            SELECT claim FROM claims WHERE proven = 0 AND dismissed = 0
            UNION SELECT claim FROM (
                SELECT claim FROM claims WHERE ended IS NOT NULL AND proven = 1 AND dismissed = 0
                ORDER BY ended DESC, claim DESC LIMIT {ENDED_AT_START})
            UNION SELECT max(claim) FROM claims
        )
        SELECT seq FROM shown CROSS JOIN records ON records.claim = shown.claim
        UNION ALL
        SELECT seq FROM records WHERE claim IS NULL AND poll IS NOT NULL AND (
            poll = (SELECT max(poll) FROM records WHERE poll IS NOT NULL)
            OR NOT EXISTS (
                SELECT 1 FROM records AS ending
                WHERE ending.poll = records.poll AND ending.kind IN ('PollEnded', 'Claimed')))"
    )
}

/// The record at a place.
fn at_sql() -> String {
    format!("SELECT {COLUMNS} FROM records {WITH_TOKEN} WHERE records.seq = ?1")
}

/// All records from a place on.
fn after_sql() -> String {
    format!("SELECT {COLUMNS} FROM records {WITH_TOKEN} WHERE records.seq > ?1 ORDER BY records.seq")
}

/// Everything that is written about one claim; its token is left out.
const ABOUT_SQL: &str = "SELECT seq, boot_id, kind, body, NULL FROM records WHERE claim = ?1 ORDER BY seq";

/// All queries that give whole records.
#[cfg(test)]
pub(super) fn queries() -> [String; 3] {
    [at_sql(), after_sql(), ABOUT_SQL.to_owned()]
}

/// What is live.
///
/// Only places are put in order: whole rows would go through a temporary file, tokens and all.
pub(super) fn live(path: &Path, connection: &Connection) -> Result<Vec<Entry>, OpenError> {
    let explain = |error| schema::explain(path, &error);
    let seqs = || {
        let mut statement = connection.prepare(&live_sql())?;
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()
    };
    let mut seqs = seqs().map_err(explain)?;
    seqs.sort_unstable();
    let mut statement = connection.prepare(&at_sql()).map_err(explain)?;
    let mut entries = Entries::with_capacity(seqs.len());
    for seq in seqs {
        entries.read(path, statement.query([seq]).map_err(explain)?)?;
    }
    Ok(entries.into_inner())
}

/// Everything from a place on.
fn after(path: &Path, connection: &Connection, seq: u64) -> Result<Vec<Entry>, OpenError> {
    rows::read(path, connection, &after_sql(), [seq])
}

/// Every record, live or not.
#[cfg(test)]
pub(super) fn read_all(path: &Path, connection: &Connection) -> Result<Vec<Entry>, OpenError> {
    after(path, connection, 0)
}

/// Opens an existing journal of exactly the newest format, for reading.
fn open(path: &Path) -> Result<Connection, OpenError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let known = schema::FORMAT;
    match schema::inspect(path, &connection)? {
        Found::Empty => Err(OpenError::Missing { path: path.into() }),
        Found::Format(found) if found > known => Err(OpenError::Newer { path: path.into(), found, known }),
        Found::Format(found) if found < known => Err(OpenError::Older { path: path.into(), found, known }),
        Found::Format(_) => Ok(connection),
    }
}

/// Whether a task is in it of which nobody knows for certain that it has ended.
pub(super) fn holds_open(path: &Path) -> Result<bool, OpenError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM claims WHERE proven = 0 AND dismissed = 0)";
    open(path)?.query_row(sql, [], |row| row.get(0)).map_err(|error| schema::explain(path, &error))
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
    /// Opens the journal and reads what is live.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Entry>), OpenError> {
        let mut reader = Self { path: path.into(), connection: open(path)?, last_seq: 0, data_version: 0 };
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
        let entries = after(&self.path, &self.connection, self.last_seq)?;
        self.data_version = version;
        self.last_seq = entries.last().map_or(self.last_seq, |entry| entry.seq);
        Ok(entries)
    }

    /// What is live, and the last sequence number of all, both of one instant.
    fn live(&self) -> Result<(Vec<Entry>, u64), OpenError> {
        let explain = |error| schema::explain(&self.path, &error);
        let snapshot = self.connection.unchecked_transaction().map_err(explain)?;
        let entries = live(&self.path, &snapshot)?;
        let last = snapshot.query_row("SELECT coalesce(max(seq), 0) FROM records", [], |row| row.get(0));
        Ok((entries, last.map_err(explain)?))
    }

    /// Changes whenever another connection has committed.
    fn data_version(&self) -> rusqlite::Result<i64> {
        self.connection.pragma_query_value(None, "data_version", |row| row.get(0))
    }
}

/// Tasks that have ended, those that ended last first.
#[derive(Debug)]
pub struct EndedPage {
    /// What there is about each, in the order in which it was written: its claim, its timeouts, its intent, its verdict …
    pub tasks: Vec<Vec<Entry>>,
    /// Where to go on, if there is more.
    pub next: Option<EndedMark>,
}

/// A connection for views, beside the one that writes: what has ended long ago, and long texts, are read when somebody
/// looks at them.
#[derive(Debug)]
pub(super) struct Shelf {
    path: PathBuf,
    connection: Connection,
}

impl Shelf {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self { path: path.into(), connection: open(path)? })
    }

    pub(super) fn ended(&self, from: Option<EndedMark>, most: usize) -> Result<EndedPage, OpenError> {
        let explain = |error| schema::explain(&self.path, &error);
        let snapshot = self.connection.unchecked_transaction().map_err(explain)?;
        let mut marks = self.marks(from, most + 1).map_err(explain)?;
        let more = marks.len() > most;
        marks.truncate(most);
        let tasks = marks.iter().map(|mark| self.about(mark.claim)).collect::<Result<_, _>>()?;
        drop(snapshot);
        Ok(EndedPage { tasks, next: marks.last().copied().filter(|_| more) })
    }

    fn marks(&self, from: Option<EndedMark>, most: usize) -> rusqlite::Result<Vec<EndedMark>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT ended, claim FROM claims WHERE ended IS NOT NULL AND (ended, claim) < (?1, ?2)
             ORDER BY ended DESC, claim DESC LIMIT ?3",
        )?;
        let (ended, claim) = from.map_or((i64::MAX, i64::MAX as u64), |mark| (mark.ended.0, mark.claim.0));
        let rows = statement.query_map(params![ended, claim, most], |row| {
            Ok(EndedMark { ended: Wall(row.get(0)?), claim: ClaimId(row.get(1)?) })
        })?;
        rows.collect()
    }

    /// Everything that is written about one claim; its token is left out.
    pub(super) fn about(&self, claim: ClaimId) -> Result<Vec<Entry>, OpenError> {
        rows::read(&self.path, &self.connection, ABOUT_SQL, [claim.0])
    }
}
