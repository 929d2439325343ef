//! What the console's core costs: heartbeats a second and memory at 50, 1,000 and 10,000 kept tasks.
//!
//!     cargo bench --bench engine
//!
//! `heartbeats`: one is a wake-up, the call, its answer 40 ms later, the record and the new facts. `take_up`: the core
//! from a journal's entries; `max alloc` is what it holds with this many tasks, their first heartbeats in flight included.
#![expect(clippy::expect_used, reason = "a benchmark ends where something is missing")]

use std::collections::VecDeque;
use std::sync::Arc;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use swfbeat::clock::{Boot, Now, Wall};
use swfbeat::console::{CallId, Config, Console, Effect, Event, LeaseTerms, Rules, Timing};
use swfbeat::task::{
    ActivityType, ClaimId, ClaimSource, ClaimedTask, Entry, Limit, PollNumber, Record, Source, Stamp, TaskToken,
    Timeouts, WorkflowExecution,
};
use swfbeat::wire::Answer;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const TASKS: [u64; 4] = [50, 1_000, 10_000, 100_000];
/// Heartbeats in one sample.
const BEATS: u64 = 20_000;
const WALL_AT_BOOT: i64 = 1_790_000_000_000;
const RTT_MS: i64 = 40;

fn main() {
    divan::main();
}

#[divan::bench(args = TASKS, sample_count = 20, sample_size = 1)]
fn heartbeats(bencher: Bencher, tasks: u64) {
    bencher
        .counter(ItemsCount::new(BEATS))
        .with_inputs(|| {
            let mut world = World::new(tasks);
            // Beyond the first round, which is all at once.
            world.beat(tasks * 3);
            world
        })
        .bench_local_values(|mut world| {
            world.beat(BEATS);
            world
        });
}

#[divan::bench(args = TASKS, sample_count = 5, sample_size = 1)]
fn take_up(bencher: Bencher, tasks: u64) {
    bencher
        .counter(ItemsCount::new(tasks))
        .with_inputs(|| entries(tasks))
        .bench_local_refs(|entries| Console::new(config(), now(3_000), entries));
}

/// A console and a service that answers every call well, 40 ms later.
struct World {
    console: Console,
    at: i64,
    calls: VecDeque<(CallId, i64)>,
    beaten: u64,
}

impl World {
    fn new(tasks: u64) -> Self {
        let (console, effects) = Console::new(config(), now(3_000), entries(tasks));
        let mut world = Self { console, at: 3_000, calls: VecDeque::new(), beaten: 0 };
        world.perform(effects);
        world
    }

    /// Goes on until so many more heartbeats are answered.
    fn beat(&mut self, count: u64) {
        let end = self.beaten + count;
        while self.beaten < end {
            let wake = self.console.next_wake().expect("kept tasks have a next heartbeat").0;
            let event = match self.calls.front() {
                Some(&(call, sent)) if sent + RTT_MS <= wake => {
                    self.calls.pop_front();
                    self.at = self.at.max(sent + RTT_MS);
                    self.beaten += 1;
                    let timing = Timing { sent: Boot(sent), received: Boot(self.at), date: None };
                    Event::Answered { call, timing, result: Ok(Answer::Beaten { cancel_requested: false }) }
                }
                _ => {
                    self.at = self.at.max(wake);
                    Event::Wake
                }
            };
            let effects = self.console.handle(now(self.at), event);
            self.perform(effects);
        }
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Call { call, .. } => self.calls.push_back((call, self.at)),
                other => drop(divan::black_box(other)),
            }
        }
    }
}

fn config() -> Config {
    Config {
        identity: "anna@ops".into(),
        run: "r1".into(),
        boot_id: "boot-1".into(),
        service: "us-east-1".into(),
        context: "".into(),
        domain: "ops".into(),
        seed: 7,
        rules: Rules::default(),
        lease: LeaseTerms::default(),
        low_tolerance_ms: 0,
        heartbeat_rate: Some(20_000.0),
        read_only: false,
    }
}

fn now(at: i64) -> Now {
    Now { boot: Boot(at), mono: at, wall: Wall(WALL_AT_BOOT + at) }
}

fn stamp(at: i64) -> Stamp {
    Stamp { boot: Boot(at), wall: Wall(WALL_AT_BOOT + at), service: None }
}

/// A journal with so many kept tasks of T = 60 s to 3,600 s, of which everything is known.
fn entries(tasks: u64) -> Vec<Entry> {
    let records = (1..=tasks).flat_map(|id| [claimed(id), learned(id), lease(id)]);
    (1..).zip(records).map(|(seq, record)| Entry { seq, boot_id: "boot-1".into(), record }).collect()
}

fn claimed(id: u64) -> Record {
    let task = ClaimedTask {
        token: TaskToken::new(format!("{id:0>600}")),
        activity_id: format!("rel-{id}").into(),
        activity_type: ActivityType { name: "ApproveRelease".into(), version: "1.0".into() },
        started_event_id: 6,
        execution: WorkflowExecution { workflow_id: format!("release-{id}").into(), run_id: "run-1".into() },
        input: Some(r#"{"release": "2026.11", "approvers": ["anna", "ben"]}"#.into()),
    };
    let source = ClaimSource {
        domain: "ops".into(),
        task_list: "manual".into(),
        poll: PollNumber(id),
        identity: "anna@ops/r1/1".into(),
    };
    Record::Claimed { claim: ClaimId(id), source, task: Arc::new(task), sent: stamp(1_000), received: stamp(2_000) }
}

fn learned(id: u64) -> Record {
    let known = |seconds| Some((Limit::Seconds(seconds), Source::History));
    let (at, day) = (Some(WALL_AT_BOOT + 1_500), known(86_400));
    let heartbeat = known([60, 300, 900, 3_600][(id % 4) as usize]);
    Record::TimeoutsLearned {
        claim: ClaimId(id),
        timeouts: Timeouts { heartbeat, start_to_close: day, schedule_to_close: day, execution: day },
        scheduled_at: at,
        started_at: at,
        execution_started_at: at,
        scheduled_event_id: Some(5),
    }
}

fn lease(id: u64) -> Record {
    let (at, length_ms) = (stamp(2_000), Some(28_800_000));
    Record::Lease { claim: ClaimId(id), at, length_ms, why: "agreed".into(), first: false }
}
