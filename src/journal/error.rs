//! Why a journal cannot be opened, each a sentence that says what to do.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A journal that could not be opened; it is as it was.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process is its keeper.
    #[error("the journal {path} is held by {by}: look on with --read-only, or make it leave with --take-over", path = path.display())]
    Held {
        /// The journal.
        path: PathBuf,
        /// As the other process describes itself: `pid 123, user@host, since 2026-11-24 14:02`.
        by: String,
    },
    /// A newer swfbeat wrote it.
    #[error(
        "the journal {path} has format {found}, and this swfbeat knows formats up to {known}: use a newer swfbeat, or \
         another journal with --journal (nothing was changed)",
        path = path.display()
    )]
    Newer {
        /// The journal.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// It needs a migration, which only a keeper may do.
    #[error(
        "the journal {path} has the old format {found}: open it once without --read-only, which brings it to format {known}",
        path = path.display()
    )]
    Older {
        /// The journal.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The format wanted.
        known: u32,
    },
    /// The file is something else.
    #[error("the file {path} is not a swfbeat journal: name another with --journal (nothing was changed)", path = path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// It is the journal of another endpoint, region or profile, whose tokens mean nothing here.
    #[error(
        "the journal {path} belongs to another service, {its}, and not to {asked}: name another with --journal; if it is \
         the same SWF by another name, say so with --same-service",
        path = path.display()
    )]
    OtherService {
        /// The journal.
        path: PathBuf,
        /// Whose it is.
        its: String,
        /// Who was to use it.
        asked: String,
    },
    /// The database is broken.
    #[error(
        "the journal {path} is damaged ({why}): nothing was changed; copy it and its -wal away, see what \
         `sqlite3 {path} .recover` saves, or go on with another --journal",
        path = path.display()
    )]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// SQLite's words.
        why: String,
    },
    /// There is nothing to read.
    #[error("there is no journal {path} to look at: leave --read-only out to start one", path = path.display())]
    Missing {
        /// The journal.
        path: PathBuf,
    },
    /// Others could read or change it, or it is kept where SQLite cannot be relied on.
    #[error("the journal is not safe at {path}: {what}", path = path.display())]
    Unsafe {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong and what to do.
        what: String,
    },
    /// The system or SQLite says no.
    #[error("the journal {path} cannot be opened: {why}", path = path.display())]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
}

impl OpenError {
    pub(super) fn unreadable(path: &Path, why: &dyn Display) -> Self {
        Self::Unreadable { path: path.into(), why: why.to_string() }
    }

    pub(super) fn not_safe(path: &Path, what: impl Into<String>) -> Self {
        Self::Unsafe { path: path.into(), what: what.into() }
    }
}
