//! The tasks to be kept: claimed or read from a file, handed to the processes that keep them.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use swfbeat::clock::{self, Boot, Wall};
use swfbeat::journal::{Durability, Journal, Place, Settings, Told};
use swfbeat::task::{
    ActivityType, ClaimId, ClaimSource, ClaimedTask, Limit, PollNumber, Record, Source, Stamp, TaskToken, Timeouts,
    WorkflowExecution,
};

/// How long the engine keeps them: longer than any run.
pub const LEASE_MS: i64 = 8 * 3_600_000;

/// A started activity task. Instants are milliseconds of the boot clock.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Task {
    pub id: String,
    pub token: String,
    /// Heartbeat timeout, seconds.
    pub timeout: u32,
    pub workflow_id: String,
    pub run_id: String,
    pub started_event_id: i64,
    /// When its poll was sent, and answered.
    pub sent: i64,
    pub received: i64,
    /// When its last heartbeat was sent, if there was one.
    pub beaten: Option<i64>,
}

/// Reads lines of a token, a blank and a timeout in seconds.
pub fn adopted(path: &Path) -> Vec<Task> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let now = clock::now().boot.0;
    let task = |(index, line): (usize, &str)| {
        let (token, timeout) = line.rsplit_once(' ').unwrap_or_else(|| panic!("line {}: no timeout", index + 1));
        Task {
            id: format!("line-{}", index + 1),
            token: token.to_owned(),
            timeout: timeout.parse().unwrap_or_else(|_| panic!("line {}: no number of seconds: {timeout}", index + 1)),
            workflow_id: String::new(),
            run_id: String::new(),
            started_event_id: 0,
            sent: now,
            received: now,
            beaten: None,
        }
    };
    text.lines().enumerate().map(task).collect()
}

pub fn save(tasks: &[Task], path: &Path) {
    fs::write(path, serde_json::to_vec(tasks).unwrap()).unwrap();
}

pub fn load(path: &Path) -> Vec<Task> {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// How the journal is opened.
pub fn settings() -> Settings {
    Settings::new("benchmark", clock::boot_id(), "benchmark")
}

/// Writes the journal in which a restarted engine finds the tasks: timeouts known, under keep-alive if `kept`.
pub fn journal(tasks: &[Task], kept: bool, path: &Path) {
    let (journal, entries) = Journal::open(&Place::named(path), &settings(), |told| {
        assert!(matches!(told, Told::Batch(_, Ok(()))), "{told:?}");
    })
    .unwrap();
    assert!(entries.is_empty());
    let records = tasks.iter().enumerate().flat_map(|(index, task)| records(ClaimId(index as u64 + 1), task, kept));
    journal.append(1, records.collect(), Durability::Synced).unwrap();
    journal.close(Duration::from_mins(1)).unwrap();
}

fn records(claim: ClaimId, task: &Task, kept: bool) -> Vec<Record> {
    let started_at = Some(stamp(task.received).wall.0);
    let limit = |limit| Some((limit, Source::History));
    let mut records = vec![
        Record::Claimed {
            claim,
            source: ClaimSource {
                domain: "bench".into(),
                task_list: "bench".into(),
                poll: PollNumber(claim.0),
                identity: "bench".into(),
            },
            task: Arc::new(ClaimedTask {
                token: TaskToken::new(task.token.clone()),
                activity_id: task.id.as_str().into(),
                activity_type: ActivityType { name: "Keep".into(), version: "1".into() },
                started_event_id: task.started_event_id,
                execution: WorkflowExecution {
                    workflow_id: task.workflow_id.as_str().into(),
                    run_id: task.run_id.as_str().into(),
                },
                input: Some(format!("{{\"task\": \"{}\"}}", task.id).into()),
            }),
            sent: stamp(task.sent),
            received: stamp(task.received),
        },
        Record::TimeoutsLearned {
            claim,
            timeouts: Timeouts {
                heartbeat: limit(Limit::Seconds(task.timeout)),
                start_to_close: limit(Limit::None),
                schedule_to_close: limit(Limit::None),
                execution: limit(Limit::None),
            },
            scheduled_at: started_at,
            started_at,
            execution_started_at: started_at,
            scheduled_event_id: None,
        },
    ];
    if let Some(beaten) = task.beaten {
        records.push(Record::Beaten { claim, sent: stamp(beaten), took_ms: 1, count: 1 });
    }
    if kept {
        let at = stamp(clock::now().boot.0);
        records.push(Record::Lease { claim, at, length_ms: Some(LEASE_MS), why: "agreed".into(), first: false });
    }
    records
}

fn stamp(boot: i64) -> Stamp {
    let now = clock::now();
    Stamp { boot: Boot(boot), wall: Wall(now.wall.0 - (now.boot.0 - boot)), service: None }
}
