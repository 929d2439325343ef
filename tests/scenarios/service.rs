//! The service as far as heartbeats go: a timer a task, a token bucket, outages. It judges by when requests arrive.

use super::chance::Chance;
use super::scenario::Scenario;

/// What a heartbeat meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    Recorded,
    Throttled,
    /// Nobody answers.
    Outage,
}

#[derive(Debug)]
struct Task {
    timeout_ms: i64,
    /// When its heartbeat clock was set.
    set: i64,
}

#[derive(Debug)]
pub struct Service {
    scenario: Scenario,
    tasks: Vec<Task>,
    tokens: f64,
    at: i64,
    /// Tasks that timed out: which, and when.
    pub lost: Vec<(u64, i64)>,
    pub recorded: u64,
    pub throttled: u64,
}

impl Service {
    /// Tasks of the mix: a tenth with T = 60 s, then 300 s, 900 s and 3,600 s.
    pub fn new(scenario: &Scenario, chance: &mut Chance) -> Self {
        let mut timeout = || match chance.between(1, 10) {
            1 => 60_000,
            2..=4 => 300_000,
            5..=8 => 900_000,
            _ => 3_600_000,
        };
        let tasks = (0..scenario.tasks).map(|_| Task { timeout_ms: timeout(), set: 0 }).collect();
        let tokens = scenario.bucket.0;
        Self { scenario: scenario.clone(), tasks, tokens, at: 0, lost: Vec::new(), recorded: 0, throttled: 0 }
    }

    pub fn timeout_ms(&self, task: u64) -> i64 {
        self.tasks[task as usize].timeout_ms
    }

    /// A heartbeat from before the scenario begins.
    pub fn was_set(&mut self, task: u64, at: i64) {
        self.tasks[task as usize].set = at;
    }

    /// A heartbeat arrives. A task that timed out before counts as lost, and a fresh one takes its place.
    pub fn heartbeat(&mut self, task: u64, at: i64) -> Met {
        if self.scenario.outages.iter().any(|&(from, to)| (from..to).contains(&at)) {
            return Met::Outage;
        }
        self.refill(at);
        if self.tokens < 1.0 {
            self.throttled += 1;
            return Met::Throttled;
        }
        self.tokens -= 1.0;
        self.recorded += 1;
        self.judge(task, at);
        self.tasks[task as usize].set = at;
        Met::Recorded
    }

    /// Looks for tasks that nobody came back to.
    pub fn end(&mut self) {
        for task in 0..self.scenario.tasks {
            self.judge(task, self.scenario.length_ms);
        }
    }

    fn judge(&mut self, task: u64, at: i64) {
        let Task { timeout_ms, set } = self.tasks[task as usize];
        if at > set + timeout_ms {
            self.lost.push((task, set + timeout_ms));
        }
    }

    fn refill(&mut self, at: i64) {
        let squeeze = self.scenario.squeezes.iter().find(|((from, to), _)| (*from..*to).contains(&at));
        let (most, rate) = squeeze.map_or(self.scenario.bucket, |&(_, rate)| (rate * 2.0, rate));
        self.tokens = (self.tokens + rate * (at - self.at) as f64 / 1_000.0).min(most);
        self.at = at;
    }
}
