//! Records as rows and back.
//!
//! A row has the record's kind and its JSON without the token. The token lies in a table of its own, behind so many zeros
//! that SQLite puts all of it on a page that no other row shares: such a page is overwritten when it is freed, and never
//! copied before. (Rows that share a page are moved about as others come and go, and what moved leaves traces.)

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, Params, Row, Rows};
use serde_json::Value;

use super::OpenError;
use super::schema;
use crate::task::{ClaimSource, ClaimedTask, Entry, PollNumber, Record, TaskToken};

/// Zeros before a token: a page's worth, so that no byte of a token is in the part of a row that shares a page.
pub(super) const PADDING: usize = 4_096;

/// What [`read`] wants, from tables `records` and `tokens`.
pub(super) const COLUMNS: &str = "records.seq, boot_id, kind, body, secret";
/// How a claim's row finds its token.
pub(super) const WITH_TOKEN: &str = "LEFT JOIN tokens ON tokens.claim = records.claim AND kind = 'Claimed'";

/// A token as it is stored.
pub(super) fn padded(token: &TaskToken) -> Vec<u8> {
    let mut secret = vec![0; PADDING];
    secret.extend_from_slice(token.expose().as_bytes());
    secret
}

/// A token as it was; an erased one is empty.
fn unpadded(secret: Option<&[u8]>) -> TaskToken {
    let token = secret.and_then(|secret| secret.get(PADDING..)).unwrap_or_default();
    TaskToken::new(String::from_utf8_lossy(token).into_owned())
}

/// The poll that a record begins or ends.
pub(super) fn poll_of(record: &Record) -> Option<PollNumber> {
    match record {
        Record::PollStarted { poll, .. } | Record::PollEnded { poll } => Some(*poll),
        Record::Claimed { source, .. } => Some(source.poll),
        _ => None,
    }
}

/// A record's name and its JSON without the token.
pub(super) fn encode(record: &Record) -> serde_json::Result<(String, String)> {
    let value = if let Record::Claimed { .. } = record {
        let mut record = record.clone();
        if let Record::Claimed { task, .. } = &mut record {
            Arc::make_mut(task).token = TaskToken::new(String::new());
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

/// The record of a row.
pub(super) fn decode(kind: &str, body: &str, secret: Option<&[u8]>) -> serde_json::Result<Record> {
    let name = serde_json::to_string(kind)?;
    let mut record = serde_json::from_str(&format!("{{{name}:{body}}}"))?;
    if let Record::Claimed { task, .. } = &mut record {
        Arc::make_mut(task).token = unpadded(secret);
    }
    Ok(record)
}

/// Entries of a query for [`COLUMNS`].
pub(super) fn read(
    path: &Path,
    connection: &Connection,
    sql: &str,
    arguments: impl Params,
) -> Result<Vec<Entry>, OpenError> {
    let explain = |error: rusqlite::Error| schema::explain(path, &error);
    let mut statement = connection.prepare(sql).map_err(explain)?;
    let mut entries = Entries::default();
    entries.read(path, statement.query(arguments).map_err(explain)?)?;
    Ok(entries.into_inner())
}

/// Entries being read. Texts that are the same in one claim and the next are kept once.
#[derive(Default)]
pub(super) struct Entries {
    entries: Vec<Entry>,
    claimed: Option<(ClaimSource, Arc<ClaimedTask>)>,
}

impl Entries {
    /// None yet, with room for so many.
    pub(super) fn with_capacity(count: usize) -> Self {
        Self { entries: Vec::with_capacity(count), claimed: None }
    }

    /// Reads all rows of a query for [`COLUMNS`].
    pub(super) fn read(&mut self, path: &Path, mut rows: Rows<'_>) -> Result<(), OpenError> {
        while let Some(row) = rows.next().map_err(|error| schema::explain(path, &error))? {
            let last = self.entries.last().map(|entry| &entry.boot_id);
            let mut entry = entry(path, row, last)?;
            if let Record::Claimed { source, task, .. } = &mut entry.record {
                if let Some((last_source, last_task)) = &self.claimed {
                    source.share(last_source);
                    Arc::make_mut(task).share(last_task);
                }
                self.claimed = Some((source.clone(), Arc::clone(task)));
            }
            self.entries.push(entry);
        }
        Ok(())
    }

    /// All that were read.
    pub(super) fn into_inner(self) -> Vec<Entry> {
        self.entries
    }
}

fn entry(path: &Path, row: &Row<'_>, last: Option<&Arc<str>>) -> Result<Entry, OpenError> {
    let text = |index| row.get_ref(index).and_then(|value| Ok(value.as_str()?));
    let columns = || {
        let secret = row.get_ref(4)?.as_blob_or_null()?;
        Ok((row.get(0)?, text(1)?, text(2)?, text(3)?, secret))
    };
    let (seq, boot_id, kind, body, secret) = columns().map_err(|error| schema::explain(path, &error))?;
    let record = decode(kind, body, secret).map_err(|error| {
        OpenError::unreadable(path, &format!("its record {seq} cannot be read ({error}); nothing was changed"))
    })?;
    let boot_id = last.filter(|last| ***last == *boot_id).map_or_else(|| boot_id.into(), Arc::clone);
    Ok(Entry { seq, boot_id, record })
}
