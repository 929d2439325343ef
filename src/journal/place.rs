//! Where a journal lies and whether it is safe there: owner, mode, links, file system.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy, Xdg};
use sha2::{Digest, Sha256};

use super::OpenError;

/// Permission bits of anybody but the owner.
const OTHERS: u32 = 0o077;
/// Anybody may create and rename files.
const WORLD_WRITABLE: u32 = 0o002;
/// Only a file's owner may rename or remove it.
const STICKY: u32 = 0o1000;

/// Where a journal lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    path: PathBuf,
    named: bool,
}

impl Place {
    /// Where somebody said it should be. Its directory must exist and may be on any file system.
    pub fn named(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), named: true }
    }

    /// Where the journal of one service lies if nobody says otherwise: `$XDG_STATE_HOME/swfbeat/<service>.db`, its directory
    /// made at need. `service` tells endpoint, region and profile apart; what no file name can hold becomes `-`.
    ///
    /// # Errors
    /// There is no home directory.
    pub fn of_service(service: &str) -> Result<Self, OpenError> {
        let base = Xdg::new().map_err(|error| OpenError::unreadable(Path::new("swfbeat"), &error))?;
        // Xdg always has a state directory; the type leaves it open for other systems' strategies.
        let state = base.state_dir().unwrap_or_else(|| base.data_dir());
        Ok(Self { path: state.join("swfbeat").join(format!("{}.db", slug(service))), named: false })
    }

    /// The path as given or chosen.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// For reading: the real path, without links in the directory; nothing is created.
    pub(super) fn locate(&self) -> Result<PathBuf, OpenError> {
        match self.path.symlink_metadata() {
            Ok(_) => self.real_path(),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(OpenError::Missing { path: self.path.clone() }),
            Err(error) => Err(OpenError::unreadable(&self.path, &error)),
        }
    }

    /// For writing: makes the directory of an unnamed place, checks it, and gives the real path.
    pub(super) fn prepare(&self) -> Result<PathBuf, OpenError> {
        if !self.named
            && let Some(directory) = self.path.parent()
        {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
            made.map_err(|error| OpenError::unreadable(directory, &error))?;
        }
        self.real_path()
    }

    fn real_path(&self) -> Result<PathBuf, OpenError> {
        let name = self.path.file_name().ok_or_else(|| OpenError::NotAJournal { path: self.path.clone() })?;
        let directory = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let directory = directory.canonicalize().map_err(|error| OpenError::unreadable(directory, &error))?;
        self.check_directory(&directory)?;
        Ok(directory.join(name))
    }

    fn check_directory(&self, directory: &Path) -> Result<(), OpenError> {
        let found = directory.metadata().map_err(|error| OpenError::unreadable(directory, &error))?;
        if self.named {
            if found.mode() & WORLD_WRITABLE != 0 && found.mode() & STICKY == 0 {
                return Err(OpenError::not_safe(directory, "anybody may write to this directory: choose another"));
            }
            return Ok(());
        }
        check_private(directory, &found, "700")?;
        if is_network(directory)? {
            let what = "this is a network file system, where SQLite can lose data: name a local path with --journal \
                        (or this one, if you know that its locks work)";
            return Err(OpenError::not_safe(directory, what));
        }
        Ok(())
    }
}

/// The journal's path with something added to its name.
pub(super) fn beside(journal: &Path, suffix: &str) -> PathBuf {
    let mut path = OsString::from(journal);
    path.push(suffix);
    path.into()
}

/// Creates the file, if it does not exist, for the owner only; SQLite gives its other files the same mode.
pub(super) fn create_private(path: &Path) -> Result<(), OpenError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => sync_directory(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(OpenError::unreadable(path, &error)),
    }
}

fn sync_directory(path: &Path) -> Result<(), OpenError> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    File::open(directory).and_then(|file| file.sync_all()).map_err(|error| OpenError::unreadable(directory, &error))
}

/// Checks the database and the files SQLite has beside it. They are not opened: closing a descriptor of a database would
/// drop the locks that another connection of this process holds on it (POSIX).
pub(super) fn check_files(path: &Path) -> Result<(), OpenError> {
    refuse_lone_wal(path)?;
    for file in [path.to_owned(), beside(path, "-wal"), beside(path, "-shm"), beside(path, "-journal")] {
        match file.symlink_metadata() {
            Ok(found) if found.is_symlink() => {
                return Err(OpenError::not_safe(&file, "it is a symbolic link: name the file itself"));
            }
            Ok(found) if !found.is_file() => return Err(OpenError::NotAJournal { path: file }),
            Ok(found) => check_private(&file, &found, "600")?,
            Err(error) if error.kind() == ErrorKind::NotFound && file != path => {}
            Err(error) => return Err(OpenError::unreadable(&file, &error)),
        }
    }
    Ok(())
}

/// SQLite takes a WAL beside an empty database for a leftover and removes it. To us it is all that is left of a journal.
fn refuse_lone_wal(path: &Path) -> Result<(), OpenError> {
    let size = |path: &Path| path.symlink_metadata().map_or(0, |found| found.len());
    let wal = beside(path, "-wal");
    if size(path) == 0 && size(&wal) > 0 {
        let why = format!("it is empty, but {} is not: put the journal back beside it, or move it away", wal.display());
        return Err(OpenError::unreadable(path, &why));
    }
    Ok(())
}

/// A file of ours that is not the database's.
pub(super) fn check_open(path: &Path, file: &File) -> Result<(), OpenError> {
    let found = file.metadata().map_err(|error| OpenError::unreadable(path, &error))?;
    if !found.is_file() {
        return Err(OpenError::not_safe(path, "it is not a plain file: remove it"));
    }
    check_private(path, &found, "600")
}

fn check_private(path: &Path, found: &Metadata, mode: &str) -> Result<(), OpenError> {
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(OpenError::not_safe(path, "it belongs to another user: name another with --journal"));
    }
    if found.mode() & OTHERS != 0 {
        let what = format!("its mode {:o} lets others in: chmod {mode} it", found.mode() & 0o777);
        return Err(OpenError::not_safe(path, what));
    }
    Ok(())
}

/// What a service is called in a file name. Two services never share one: where characters had to go, a hash says of
/// which name.
fn slug(service: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' };
    let name: String = service.chars().map(plain).take(80).collect();
    let name = name.trim_start_matches('.');
    if name == service {
        return name.to_owned();
    }
    let hash = Sha256::digest(service.as_bytes());
    hash[..4].iter().fold(format!("{name}-"), |name, byte| format!("{name}{byte:02x}"))
}

#[cfg(target_os = "linux")]
fn is_network(directory: &Path) -> Result<bool, OpenError> {
    /// statfs(2): NFS, SMB (three), 9P, AFS (two), Coda, NCP, Ceph, Lustre, GPFS, OCFS2, GFS2.
    const NETWORK: [u32; 14] = [
        0x6969,
        0x517b,
        0xff53_4d42,
        0xfe53_4d42,
        0x0102_1997,
        0x5346_414f,
        0x6b41_4653,
        0x7375_7245,
        0x564c,
        0x00c3_6400,
        0x0bd0_0bd0,
        0x4750_4653,
        0x7461_636f,
        0x0116_1970,
    ];
    let found = rustix::fs::statfs(directory).map_err(|errno| OpenError::unreadable(directory, &errno))?;
    Ok(NETWORK.contains(&(found.f_type as u32)))
}

#[cfg(target_os = "macos")]
fn is_network(directory: &Path) -> Result<bool, OpenError> {
    /// mount(2): the file system is stored locally.
    const MNT_LOCAL: u32 = 0x1000;
    let found = rustix::fs::statfs(directory).map_err(|errno| OpenError::unreadable(directory, &errno))?;
    Ok(found.f_flags & MNT_LOCAL == 0)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn is_network(_directory: &Path) -> Result<bool, OpenError> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_slug_is_one_plain_file_name() {
        assert_eq!(slug("eu-west-1"), "eu-west-1");
        let named = slug("eu-west-1 endpoint https://swf.example.com");
        assert!(named.starts_with("eu-west-1-endpoint-https---swf.example.com-"), "{named}");
        assert!(slug("../../etc\0\n").starts_with("-..-etc---"));
        assert!(slug(&"x".repeat(5_000)).len() <= 100);
    }

    #[test]
    fn different_services_never_share_a_journal() {
        let long = "x".repeat(90);
        let services =
            ["eu-west-1 profile ops", "eu-west-1-profile-ops", "eu-west-1 profile-ops", "eu-west-1", "..eu-west-1"]
                .map(str::to_owned);
        let services: Vec<_> = services.into_iter().chain([format!("{long}a"), format!("{long}b")]).collect();
        let names: std::collections::BTreeSet<_> = services.iter().map(|service| slug(service)).collect();
        assert_eq!(names.len(), services.len(), "{names:?}");
    }

    #[test]
    fn a_place_of_our_own_is_made_private_and_checked() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().canonicalize().unwrap().join("state/swfbeat");
        let place = Place { path: directory.join("eu-west-1.db"), named: false };
        assert_eq!(place.prepare().unwrap(), directory.join("eu-west-1.db"));
        let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
        assert_eq!((mode(&directory), mode(directory.parent().unwrap())), (0o700, 0o700));

        std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o750)).unwrap();
        let error = place.prepare().unwrap_err().to_string();
        assert!(error.contains("its mode 750 lets others in: chmod 700 it"), "{error}");
    }
}
