//! The file of `--state`: what it takes to go on where the last emulator stopped.
//!
//! Written to a file of its own beside it and put in its place whole, so that it is never half written; readable only
//! for its owner, for it holds every token. A lock beside it keeps a second emulator away.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::Errno;
use tempfile::NamedTempFile;

use super::super::failure::{Failure, Kind};
use super::super::outlet;
use crate::emulator::{Control, StateError};
use crate::text::printable;

/// How often it is written when something has changed.
const EVERY: Duration = Duration::from_secs(3);

/// The file, locked.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    _lock: File,
}

impl StateFile {
    /// Takes the lock, and reads the file if there is one.
    ///
    /// # Errors
    /// Another emulator has it, or it cannot be read.
    pub fn open(path: &Path) -> Result<(Self, Option<Vec<u8>>), Failure> {
        let failed = |why: &dyn Display| failure(path, why, "give another --state");
        let lock = beside(path, ".lock");
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let lock = open(&lock, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|error| failed(&format_args!("its lock {} cannot be opened: {error}", lock.display())))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => return Err(failed(&"another emulator uses it")),
            result => result.map_err(|error| failed(&error))?,
        }
        let text = match std::fs::read(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(failed(&error)),
        };
        Ok((Self { path: path.to_owned(), _lock: lock.into() }, text))
    }

    /// The file has a text that is of no use.
    pub fn refuse(path: &Path, error: &StateError) -> Failure {
        failure(path, error, "it stays as it is: give another --state, or move it away to begin anew")
    }

    /// Puts a text in the place of what is there.
    fn write(&self, text: &[u8]) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(folder)?; // mode 0600
        file.write_all(text)?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        File::open(folder)?.sync_all()
    }

    fn cannot_write(&self, error: &io::Error) -> Failure {
        failure(&self.path, error, "what happened since it was written last is lost when the emulator ends")
    }
}

fn failure(path: &Path, why: &dyn Display, what_now: &str) -> Failure {
    Failure::new(Kind::Failed, format_args!("the state in {}: {why}; {what_now}", path.display()))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Writes the state now and then, on a thread of its own.
#[derive(Debug)]
pub struct Keeper {
    thread: JoinHandle<Result<(), Failure>>,
    end: Sender<()>,
}

impl Keeper {
    /// Begins, with a text at once, so that a file that cannot be written is found out about now.
    ///
    /// # Errors
    /// The file cannot be written, or there can be no thread.
    pub fn start(file: StateFile, control: Control) -> Result<Self, Failure> {
        file.write(&control.save()).map_err(|error| failure(&file.path, &error, "give another --state"))?;
        let (end, ended) = channel();
        let thread = thread::Builder::new().name("state".into()).spawn(move || keep(&file, &control, &ended));
        Ok(Self { thread: thread.map_err(|error| super::cannot_start(&error))?, end })
    }

    /// Writes what is there now, and ends.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> Result<(), Failure> {
        drop(self.end);
        self.thread.join().unwrap_or_else(|_| Err(Failure::new(Kind::Failed, "the state was not written")))
    }
}

fn keep(file: &StateFile, control: &Control, ended: &Receiver<()>) -> Result<(), Failure> {
    let (mut written, mut complained) = (None, false);
    loop {
        let last = ended.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout);
        let changes = control.changes();
        let result = if written == Some(changes) { Ok(()) } else { file.write(&control.save()) };
        match result.map_err(|error| file.cannot_write(&error)) {
            Ok(()) => (written, complained) = (Some(changes), false),
            Err(failure) if last => return Err(failure),
            Err(_) if complained => {}
            Err(failure) => {
                outlet::say(format_args!("swfbeat: {}", printable(&failure.to_string())));
                complained = true;
            }
        }
        if last {
            return Ok(());
        }
    }
}
