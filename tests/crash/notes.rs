//! What the journal holds, read through the library while no console runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use swfbeat::journal::{Follower, OpenError, Place};
use swfbeat::task::{ClaimId, Entry, Outcome, Record, TimeoutKind, Verdict};
use tempfile::tempdir;

/// The journal's content, as far as promises are about it.
#[derive(Debug, Default)]
pub struct Notes {
    /// By activity id; without those dismissed.
    pub claims: BTreeMap<String, Noted>,
    /// Polls without a recorded end.
    pub open_polls: BTreeSet<u64>,
}

/// A claim as it is written down.
#[derive(Debug)]
pub struct Noted {
    pub token: String,
    pub poll: u64,
    pub intent: Option<Outcome>,
    pub verdict: Option<Verdict>,
    /// Its heartbeat timeout, milliseconds, once known.
    pub heartbeat_ms: Option<i64>,
    /// When keep-alive was agreed and for how long, or ended: milliseconds, of the wall clock.
    pub leases: Vec<(i64, Option<i64>)>,
}

impl Notes {
    /// Reads a copy: what the kill left behind is for the next console to recover.
    pub fn read(journal: &Path) -> Self {
        let directory = tempdir().unwrap();
        let copy = directory.path().join("journal.db");
        for suffix in ["", "-wal"] {
            let from = format!("{}{suffix}", journal.display());
            if Path::new(&from).exists() {
                fs::copy(from, format!("{}{suffix}", copy.display())).unwrap();
            }
        }
        match Follower::open(&Place::named(copy)) {
            Ok((_, entries)) => Self::of(&entries),
            // The very first console was killed before it had made one.
            Err(OpenError::Missing { .. }) => Self::default(),
            Err(error) => panic!("the journal cannot be read after a kill: {error}"),
        }
    }

    fn of(entries: &[Entry]) -> Self {
        let mut notes = Self::default();
        let mut ids = BTreeMap::<ClaimId, String>::new();
        for Entry { record, .. } in entries {
            let claimed = record.claim().and_then(|claim| ids.get(&claim)).and_then(|id| notes.claims.get_mut(id));
            match (record, claimed) {
                (Record::PollStarted { poll, .. }, _) => drop(notes.open_polls.insert(poll.0)),
                (Record::PollEnded { poll }, _) => drop(notes.open_polls.remove(&poll.0)),
                (Record::Claimed { claim, source, task, .. }, _) => {
                    let (token, poll) = (task.token.expose().to_owned(), source.poll.0);
                    notes.open_polls.remove(&poll);
                    ids.insert(*claim, task.activity_id.raw().to_owned());
                    let (heartbeat_ms, leases) = (None, Vec::new());
                    let claim = Noted { token, poll, intent: None, verdict: None, heartbeat_ms, leases };
                    notes.claims.insert(task.activity_id.raw().to_owned(), claim);
                }
                (Record::TimeoutsLearned { timeouts, .. }, Some(claimed)) => {
                    let heartbeat = timeouts.get(TimeoutKind::Heartbeat).and_then(|(limit, _)| limit.millis());
                    claimed.heartbeat_ms = heartbeat.or(claimed.heartbeat_ms);
                }
                (Record::Lease { at, length_ms, .. }, Some(claimed)) => claimed.leases.push((at.wall.0, *length_ms)),
                (Record::Intent { outcome, .. }, Some(claimed)) => claimed.intent = Some(outcome.clone()),
                (Record::IntentWithdrawn { .. }, Some(claimed)) => claimed.intent = None,
                (Record::Verdict { verdict, .. }, Some(claimed)) => claimed.verdict = Some(verdict.clone()),
                (Record::Dismissed { claim }, _) => drop(ids.get(claim).and_then(|id| notes.claims.remove(id))),
                _ => {}
            }
        }
        notes
    }
}
