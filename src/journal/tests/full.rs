//! A disk without room: the reserve, and what is said about it.
//!
//! A limit of file sizes stands for the full disk: the kernel refuses the same writes. It holds for a whole process, so
//! what it is about happens in one of its own.

use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::*;
use crate::clock::Now;

const DIRECTORY: &str = "SWFBEAT_TEST_FULL";

/// The most bytes of a file; `None`: no limit.
fn limit_files(most: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: most.or(maximum), maximum }).unwrap();
}

static LATER: AtomicI64 = AtomicI64::new(0);

fn clock() -> Now {
    let (now, later) = (crate::clock::now(), LATER.load(Ordering::SeqCst));
    Now { boot: now.boot + later, ..now }
}

fn await_reserve(path: &Path) {
    let start = crate::clock::now().boot;
    while path.metadata().map_or(0, |found| found.len()) < ballast::SIZE {
        assert!(crate::clock::now().boot - start < PATIENCE.as_millis() as i64, "no reserve is made");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_full_disk_gives_the_reserve_and_takes_it_back() {
    let (directory, _) = directory();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--ignored", "--exact", "journal::tests::full::with_a_full_disk"]).env(DIRECTORY, directory.path());
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "limits its process: run by the test before"]
fn with_a_full_disk() {
    let directory = std::env::var(DIRECTORY).expect("run by another test");
    let path = Path::new(&directory).join("test.db");
    let reserve = place::beside(&path, ".ballast");
    let (sender, done) = channel();
    let on_told = move |what: Told| {
        // What the reserve was keeping is there now: the disk takes writes again.
        if matches!(what, Told::Full(Some(_))) {
            limit_files(None);
        }
        sender.send(what).unwrap();
    };
    let (journal, _) = Journal::open_with(&Place::named(&path), &settings(), clock, on_told).unwrap();
    await_reserve(&reserve);

    limit_files(Some(0));
    journal.append(1, vec![claimed(1, 1)], Durability::Synced).unwrap();
    let told = done.recv_timeout(PATIENCE).unwrap();
    let Told::Full(Some(why)) = &told else { panic!("{told:?}") };
    assert!(why.contains("test.db cannot be written") && why.contains("the reserve of 1024 KiB"), "{why}");
    assert_eq!(next(&done), (1, Ok(())), "in the reserve's room");
    assert!(!reserve.exists());

    // Without the reserve it is refused, and nothing is given up for it.
    limit_files(Some(0));
    journal.append(2, vec![claimed(2, 2)], Durability::Synced).unwrap();
    assert!(next(&done).1.unwrap_err().message.contains("cannot be written"));
    limit_files(None);
    journal.append(3, vec![claimed(2, 2)], Durability::Synced).unwrap();
    assert_eq!(next(&done), (3, Ok(())));

    LATER.store(15_000, Ordering::SeqCst);
    journal.append(4, vec![claimed(3, 3)], Durability::Synced).unwrap();
    assert_eq!(next(&done), (4, Ok(())));
    assert_eq!(done.recv_timeout(PATIENCE), Ok(Told::Full(None)), "there is room for it again");
    await_reserve(&reserve);
    journal.close(PATIENCE).unwrap();
    assert_eq!(records(&open(&path).1), [claimed(1, 1), claimed(2, 2), claimed(3, 3)]);
}
