//! What a keeper tells of itself, and how processor time and lateness are counted.

use std::collections::BTreeMap;
use std::fs;

use serde::{Deserialize, Serialize};

/// A keeper's own account of its run. Instants are milliseconds since 1970.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    pub began: i64,
    pub ended: i64,
    /// Heartbeats acknowledged.
    pub beats: u64,
    /// Lateness of each but a task's first, milliseconds, of which the half and 99 of a hundred are no later than, and the latest.
    pub late: [i64; 3],
    /// From the start until every task was beaten once, milliseconds.
    pub first_round: Option<i64>,
    /// Processor time, microseconds: of the whole process, and by thread.
    pub cpu_us: u64,
    pub threads: BTreeMap<String, u64>,
    /// Memory, KB: at the end and at most.
    pub rss: u64,
    pub rss_peak: u64,
    /// Tasks whose token was refused.
    pub dead: u64,
    /// Tasks of which it was said that they are not kept, and when.
    pub named: BTreeMap<String, i64>,
    /// Some of what was said, for whoever wonders.
    pub said: BTreeMap<String, u64>,
}

/// Collects lateness: how many there were of each length in milliseconds. A list of all would be more memory than what is
/// measured.
#[derive(Debug, Default)]
pub struct Lateness(BTreeMap<i64, u64>);

impl Lateness {
    pub fn add(&mut self, ms: i64) {
        *self.0.entry(ms.max(0)).or_default() += 1;
    }

    pub fn figures(&self) -> [i64; 3] {
        let all: u64 = self.0.values().sum();
        let at = |thousandths: u64| {
            let mut before = all.saturating_sub(1) * thousandths / 1_000;
            let found = self.0.iter().find(|&(_, &count)| {
                let is_here = before < count;
                before = before.saturating_sub(count);
                is_here
            });
            found.map_or(0, |(&ms, _)| ms)
        };
        [at(500), at(990), at(1_000)]
    }
}

/// Processor time of this process since the start, microseconds, by the names of its threads.
pub fn threads() -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let read = |name: &str| fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        let nanos = read("schedstat").split(' ').next().and_then(|nanos| nanos.parse::<u64>().ok()).unwrap_or(0);
        *all.entry(read("comm").trim().to_owned()).or_default() += nanos / 1_000;
    }
    all
}

/// What was used since `before`.
pub fn since(before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let used = |(name, now): (String, u64)| {
        let before = before.get(&name).copied().unwrap_or(0);
        (name, now.saturating_sub(before))
    };
    threads().into_iter().map(used).collect()
}

/// A line of a process's status in KB, such as `VmHWM`.
pub fn memory(pid: &str, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    line.and_then(|line| line.trim_start_matches(':').split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

impl Outcome {
    /// Fills in what the system knows, and prints the whole for the process that waits for it.
    pub fn print(mut self, before: &BTreeMap<String, u64>) {
        self.threads = since(before);
        self.cpu_us = self.threads.values().sum();
        self.rss = memory("self", "VmRSS");
        self.rss_peak = memory("self", "VmHWM");
        println!("{}", serde_json::to_string(&self).unwrap());
    }
}
