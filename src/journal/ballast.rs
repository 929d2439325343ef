//! The reserve: a file beside the journal that gives its room back when the disk is full, so that what the service has
//! just said can still be written down.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open, statvfs};

use super::place::{beside, check_open};

/// Its size in bytes: a few hundred claims with long inputs.
pub(super) const SIZE: u64 = 1 << 20;
/// It is written in pieces of so many bytes.
const PIECE: u64 = 16 << 10;
/// It is made only where this much more is left, in bytes: the journal's next writes come first.
const LEFT: u64 = 2 * SIZE;

/// The reserve of one journal.
#[derive(Debug)]
pub(super) struct Ballast {
    path: PathBuf,
}

impl Ballast {
    pub(super) fn of(journal: &Path) -> Self {
        Self { path: beside(journal, ".ballast") }
    }

    /// Makes it, if it is not there in full.
    pub(super) fn fill(&self) -> io::Result<()> {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| found.is_file() && found.len() == SIZE) {
            return Ok(());
        }
        let directory = self.path.parent().unwrap_or(Path::new("."));
        let room = statvfs(directory)?;
        if room.f_bavail.saturating_mul(room.f_frsize) < SIZE + LEFT {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.write().inspect_err(|_| drop(fs::remove_file(&self.path)))
    }

    /// Really written, with bytes that no file system can make smaller: a hole would keep no room.
    fn write(&self) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(open(&self.path, flags, Mode::RUSR | Mode::WUSR)?);
        check_open(&self.path, &file).map_err(io::Error::other)?;
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut noise = || {
            // Xorshift: not random, but without any pattern that a compressor finds.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_ne_bytes()
        };
        for _ in 0..SIZE / PIECE {
            let bytes: Vec<u8> = (0..PIECE / 8).flat_map(|_| noise()).collect();
            file.write_all(&bytes)?;
        }
        file.sync_all()
    }

    /// Gives the room back; whether there was any to give.
    pub(super) fn release(&self) -> bool {
        if !fs::symlink_metadata(&self.path).is_ok_and(|found| found.is_file() && found.len() > 0) {
            return false;
        }
        // Some file systems give room back only when it is on disk that they may.
        let emptied = File::options().write(true).open(&self.path).and_then(|file| {
            file.set_len(0)?;
            file.sync_all()
        });
        emptied.and_then(|()| fs::remove_file(&self.path)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    #[test]
    fn it_takes_real_room_is_private_and_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let ballast = Ballast::of(&directory.path().join("j.db"));
        assert!(!ballast.release());
        for _ in 0..2 {
            ballast.fill().unwrap();
            ballast.fill().unwrap();
            let found = fs::metadata(directory.path().join("j.db.ballast")).unwrap();
            assert_eq!((found.len(), found.mode() & 0o777), (SIZE, 0o600));
            assert!(found.blocks() * 512 >= SIZE, "{} blocks", found.blocks());
            assert!(ballast.release());
            assert!(!ballast.release());
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn it_follows_no_link() {
        let directory = tempfile::tempdir().unwrap();
        let other = directory.path().join("precious");
        fs::write(&other, "precious").unwrap();
        symlink(&other, directory.path().join("j.db.ballast")).unwrap();
        let ballast = Ballast::of(&directory.path().join("j.db"));
        assert!(ballast.fill().is_err());
        assert!(!ballast.release());
        assert_eq!(fs::read_to_string(&other).unwrap(), "precious");
    }
}
