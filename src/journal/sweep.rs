//! What goes with time: tokens a while after the end of their task is proven, and everything about a task much later.
//! Nothing that is open or unproven ever goes.
//!
//! Times are compared on every clock that both ends have: the wall clock, the boot clock within one boot, the service's.
//! The one that has moved least decides, so that a clock that was stepped removes nothing early.

use rusqlite::{Row, params};

use super::store::Store;
use crate::clock::Now;

/// The most claims that one transaction removes: a claim that has to be written meanwhile waits for it.
const SLICE: usize = 100;

/// How long things stay, milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) retention: Option<i64>,
    pub(super) token_grace: i64,
}

/// What a sweep has left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swept {
    /// Something went; there may be more.
    Some,
    /// There was nothing to do.
    Nothing,
}

/// A claim whose end is proven.
struct End {
    claim: u64,
    wall: i64,
    boot_id: String,
    boot: i64,
    service: Option<i64>,
}

impl Store {
    /// Removes a slice of what is due.
    pub(super) fn sweep(&mut self, now: Now, terms: Terms) -> rusqlite::Result<Swept> {
        let tokens = "SELECT tokens.claim, ended, end_boot_id, end_boot, end_service
            FROM tokens JOIN claims ON claims.claim = tokens.claim
            WHERE proven = 1 AND ended <= ?1";
        let due = self.due(tokens, now, terms.token_grace)?;
        if !due.is_empty() {
            self.remove(&["DELETE FROM tokens WHERE claim = ?1"], &due)?;
            return Ok(Swept::Some);
        }
        let Some(retention) = terms.retention else { return Ok(Swept::Nothing) };
        // The highest numbers stay, so that none is used again.
        let claims = "SELECT claim, ended, end_boot_id, end_boot, end_service FROM claims
            WHERE ended IS NOT NULL AND proven = 1 AND ended <= ?1
            AND claim < (SELECT max(claim) FROM claims)
            AND NOT EXISTS (SELECT 1 FROM records WHERE records.claim = claims.claim
                AND poll = (SELECT max(poll) FROM records WHERE poll IS NOT NULL))";
        let due = self.due(claims, now, retention)?;
        if due.is_empty() {
            return Ok(Swept::Nothing);
        }
        let all = [
            // While the claim's record is there, its poll is known to have ended.
            "DELETE FROM records WHERE claim IS NULL AND poll IN (
                SELECT poll FROM records WHERE claim = ?1 AND poll IS NOT NULL)",
            "DELETE FROM records WHERE claim = ?1",
            "DELETE FROM tokens WHERE claim = ?1",
            "DELETE FROM intents WHERE claim = ?1",
            "DELETE FROM claims WHERE claim = ?1",
        ];
        self.remove(&all, &due)?;
        Ok(Swept::Some)
    }

    /// Moves everything from the WAL into the database and empties it: what was removed is in neither afterwards.
    /// `false`: somebody is reading, so it has to be tried again.
    pub(super) fn empty_wal(&self) -> rusqlite::Result<bool> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| Ok(row.get::<_, i64>(0)? == 0))
    }

    fn due(&self, sql: &str, now: Now, term: i64) -> rusqlite::Result<Vec<u64>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let ends = statement.query_map(params![now.wall.0.saturating_sub(term)], end)?;
        let due = ends.filter_map(|end| match end {
            Ok(end) => self.has_passed(&end, now, term).then_some(Ok(end.claim)),
            Err(error) => Some(Err(error)),
        });
        due.take(SLICE).collect()
    }

    fn has_passed(&self, end: &End, now: Now, term: i64) -> bool {
        let passed = |since: i64, now: i64| now.saturating_sub(since) >= term;
        let on_boot_clock = *end.boot_id != *self.boot_id || passed(end.boot, now.boot.0);
        let at_service = end.service.zip(self.service_now).is_none_or(|(since, now)| passed(since, now));
        passed(end.wall, now.wall.0) && on_boot_clock && at_service
    }

    fn remove(&mut self, statements: &[&str], claims: &[u64]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        for sql in statements {
            let mut statement = transaction.prepare_cached(sql)?;
            for claim in claims {
                statement.execute([claim])?;
            }
        }
        transaction.commit()
    }
}

fn end(row: &Row<'_>) -> rusqlite::Result<End> {
    Ok(End { claim: row.get(0)?, wall: row.get(1)?, boot_id: row.get(2)?, boot: row.get(3)?, service: row.get(4)? })
}
