//! The keeper's lock: an advisory lock on a file beside the journal, dropped by the kernel with the process.
//!
//! The file says who holds the lock. It stays when the lock goes: removing a lock file is a race.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::Errno;

use super::OpenError;
use crate::clock;

/// The most that is read of another keeper's description of itself.
const DESCRIPTION_MAX: u64 = 400;

/// Held as long as the value lives.
#[derive(Debug)]
pub(super) struct KeeperLock {
    _file: File,
}

impl KeeperLock {
    /// Takes the lock of a journal, or tells who has it.
    pub(super) fn take(journal: &Path, holder: &str) -> Result<Self, OpenError> {
        let path = lock_path(journal);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = open(&path, flags, Mode::RUSR | Mode::WUSR).map_err(|errno| match errno {
            Errno::LOOP => OpenError::not_safe(&path, "it is a symbolic link: remove it"),
            _ => OpenError::unreadable(&path, &errno),
        })?;
        let mut file = File::from(fd);
        super::place::check_open(&path, &file)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(OpenError::Held { path: journal.into(), by: read_holder(&mut file) }),
            Err(errno) => return Err(OpenError::unreadable(&path, &errno)),
        }
        write_holder(&mut file, holder).map_err(|error| OpenError::unreadable(&path, &error))?;
        Ok(Self { _file: file })
    }
}

fn lock_path(journal: &Path) -> PathBuf {
    super::place::beside(journal, ".lock")
}

fn write_holder(file: &mut File, holder: &str) -> std::io::Result<()> {
    let pid = rustix::process::getpid();
    let since = chrono::DateTime::from_timestamp_millis(clock::now().wall.0).unwrap_or_default();
    let since = since.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M");
    file.set_len(0)?;
    writeln!(file, "pid {pid}, {holder}, since {since}")
}

/// Adds to the keeper's description of itself what it does; only the keeper may call this.
pub(super) fn describe(journal: &Path, doing: &str) -> std::io::Result<()> {
    let path = lock_path(journal);
    let mut file = File::from(open(&path, OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?);
    let mut text = String::new();
    (&file).take(DESCRIPTION_MAX).read_to_string(&mut text)?;
    let text = format!("{}\n{doing}\n", text.lines().next().unwrap_or_default());
    file.rewind()?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)
}

/// What the holder wrote, in one line; it may not have got round to it yet.
fn read_holder(file: &mut File) -> String {
    let mut text = Vec::new();
    let read = file.take(DESCRIPTION_MAX).read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().take(2).filter(|line| !line.is_empty()).collect();
    if read.is_err() || lines.is_empty() { "another process".to_owned() } else { lines.join(", ") }
}
