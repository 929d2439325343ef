//! The process of a keeper, watched from outside.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::outcome::Outcome;

const SECONDS: &str = "SWFBEAT_KEEP_SECONDS";

/// How long a keeper runs.
pub fn seconds() -> i64 {
    std::env::var(SECONDS).unwrap().parse().unwrap()
}

/// A keeper's account, and the most connections that it had open at a time.
pub struct Watched {
    pub outcome: Outcome,
    pub connections: usize,
}

/// Runs this program again with other arguments, to its end.
pub fn watch(arguments: &[String], seconds: u64) -> Watched {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(arguments)
        .env(SECONDS, seconds.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Read at once: the account may be longer than a pipe.
    let mut stdout = child.stdout.take().unwrap();
    let reading = thread::spawn(move || {
        let mut account = String::new();
        stdout.read_to_string(&mut account).unwrap();
        account
    });
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(connections(&child));
        thread::sleep(Duration::from_millis(50));
    }
    let outcome =
        serde_json::from_str(&reading.join().unwrap()).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    Watched { outcome, connections: most }
}

/// Connections to the endpoint, made or in the making.
fn connections(child: &Child) -> usize {
    let table = fs::read_to_string(format!("/proc/{}/net/tcp", child.id())).unwrap_or_default();
    let inodes: HashSet<&str> = table.lines().skip(1).filter_map(|line| line.split_whitespace().nth(9)).collect();
    let files = fs::read_dir(format!("/proc/{}/fd", child.id())).into_iter().flatten().flatten();
    let links = files.filter_map(|file| fs::read_link(file.path()).ok()?.into_os_string().into_string().ok());
    links.filter(|to| inodes.contains(to.trim_start_matches("socket:[").trim_end_matches(']'))).count()
}
