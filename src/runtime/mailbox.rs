//! From the engine to the screen: the newest facts only, and a descriptor that wakes.
//!
//! However slow the screen is, the mailbox stays small: one entry a task, one status, the last log lines.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::console::{CallLine, Found, LogLine, QueryId, Status, TaskFacts};
use crate::task::ClaimId;

/// Log lines kept for a screen that does not look.
const LOG_MAX: usize = 1_000;
/// The same for calls.
const CALLS_MAX: usize = 5_000;

/// What changed since the last time.
#[derive(Debug, Clone, Default)]
pub struct News {
    /// The newest facts of each task that changed.
    pub changed: Vec<Arc<TaskFacts>>,
    /// Tasks that are no longer on the list.
    pub removed: Vec<ClaimId>,
    /// The newest header, if it changed.
    pub status: Option<Arc<Status>>,
    /// Log lines, oldest first, at most 1,000.
    pub log: Vec<LogLine>,
    /// Calls that came to their end, oldest first, at most 5,000.
    pub calls: Vec<CallLine>,
    /// What the screen asked for: an answer, or why there is none, printable.
    pub read: Vec<(QueryId, Result<Found, String>)>,
    /// The engine has left in order: nothing is in flight, the journal is closed.
    pub drained: bool,
    /// The engine has stopped otherwise: why, in one printable line.
    pub gone: Option<String>,
}

#[derive(Debug)]
pub(super) struct Mailbox {
    content: Mutex<Content>,
    reader: PipeReader,
    writer: PipeWriter,
}

#[derive(Debug, Default)]
struct Content {
    changed: BTreeMap<ClaimId, Arc<TaskFacts>>,
    removed: BTreeSet<ClaimId>,
    status: Option<Arc<Status>>,
    log: VecDeque<LogLine>,
    calls: VecDeque<CallLine>,
    read: Vec<(QueryId, Result<Found, String>)>,
    drained: bool,
    gone: Option<String>,
    /// There is one byte in the pipe; never more, so neither side ever blocks.
    awake: bool,
}

impl Mailbox {
    pub(super) fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        Ok(Self { content: Mutex::default(), reader, writer })
    }

    pub(super) fn changed(&self, facts: Arc<TaskFacts>) {
        self.post(|content| {
            content.removed.remove(&facts.id);
            content.changed.insert(facts.id, facts);
        });
    }

    pub(super) fn removed(&self, claim: ClaimId) {
        self.post(|content| {
            content.changed.remove(&claim);
            content.removed.insert(claim);
        });
    }

    pub(super) fn status(&self, status: Arc<Status>) {
        self.post(|content| content.status = Some(status));
    }

    /// Makes the descriptor readable without anything new.
    pub(super) fn wake(&self) {
        self.post(|_| {});
    }

    pub(super) fn log(&self, line: LogLine) {
        self.post(|content| {
            if content.log.len() == LOG_MAX {
                content.log.pop_front();
            }
            content.log.push_back(line);
        });
    }

    pub(super) fn called(&self, call: CallLine) {
        self.post(|content| {
            if content.calls.len() == CALLS_MAX {
                content.calls.pop_front();
            }
            content.calls.push_back(call);
        });
    }

    /// As many as the screen asked questions.
    pub(super) fn read(&self, query: QueryId, result: Result<Found, String>) {
        self.post(|content| content.read.push((query, result)));
    }

    /// The engine's last word.
    pub(super) fn finish(&self, result: &Result<(), String>) {
        self.post(|content| match result {
            Ok(()) => content.drained = true,
            Err(why) => content.gone = Some(crate::text::printable(why).into_owned()),
        });
    }

    pub(super) fn wake_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }

    pub(super) fn take(&self) -> News {
        let mut content = self.lock();
        if content.awake {
            // Under the lock, so the byte is there; an error could only mean that the pipe is broken for good.
            let _ = (&self.reader).read(&mut [0]);
        }
        let content = std::mem::take(&mut *content);
        News {
            changed: content.changed.into_values().collect(),
            removed: content.removed.into_iter().collect(),
            status: content.status,
            log: content.log.into(),
            calls: content.calls.into(),
            read: content.read,
            drained: content.drained,
            gone: content.gone,
        }
    }

    fn post(&self, change: impl FnOnce(&mut Content)) {
        let mut content = self.lock();
        change(&mut content);
        if !content.awake {
            content.awake = (&self.writer).write_all(&[0]).is_ok();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        // Nothing in here panics half way, so a poisoned lock still has whole content.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
