//! What a frame costs, in instructions: 200x50, fifty tasks in view of many, a countdown changing in each. Fails beyond
//! the bars.
//!
//!     cargo bench --profile quick --bench frame
//!
//! Plays itself under valgrind (callgrind), with few frames and with many: the difference is theirs, and repeats to a
//! few instructions on any machine. Needs valgrind.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a benchmark ends where something is missing")]

use std::process::{Command, ExitCode};
use std::sync::Arc;

use swfbeat::clock::{Boot, Now, Wall};
use swfbeat::console::{BeatFact, Deadline, TaskFacts, TaskState};
use swfbeat::task::{ActivityType, ClaimId, Limit, Source, TimeoutKind, WorkflowExecution};
use swfbeat::tui::{News, Offscreen, Options};

const SIZES: [u64; 2] = [10_000, 100_000];
const FEW: u32 = 10;
const MANY: u32 = 60;
/// Millions of instructions a frame in which every countdown changes.
const BAR: f64 = 9.0;
/// What ten times as many tasks may cost more.
const GROWTH: f64 = 1.05;

/// What comes before each frame.
const HAPPENINGS: [&str; 3] = ["second", "event", "key"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, play, what, tasks, frames] = arguments.as_slice()
        && play == "--play"
    {
        self::play(what, tasks.parse().expect("a number"), frames.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    let mut kept = true;
    for what in HAPPENINGS {
        let costs =
            SIZES.map(|tasks| (count(what, tasks, MANY) - count(what, tasks, FEW)) / f64::from(MANY - FEW) / 1e6);
        let growth = costs[1] / costs[0];
        let good = costs[0] <= BAR && growth <= GROWTH;
        kept &= good;
        println!(
            "a frame after a {what}: {:.2} M instructions with 10,000 tasks, {:.2} M with 100,000 ({:+.1} %){}",
            costs[0],
            costs[1],
            (growth - 1.0) * 100.0,
            if good { "" } else { "  BEYOND the bar" }
        );
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Instructions of a whole run.
fn count(what: &str, tasks: u64, frames: u32) -> f64 {
    let program = std::env::current_exe().expect("a program");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["--play", what, &tasks.to_string(), &frames.to_string()])
        .output()
        .expect("valgrind");
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    let (_, number) = collected.expect("callgrind's count");
    number.trim().parse().expect("a number")
}

fn play(what: &str, tasks: u64, frames: u32) {
    let mut now = Now { boot: Boot(1_000_000), mono: 1_000_000, wall: Wall(50_602_000) };
    let mut screen = Offscreen::new(Options::default(), 200, 50);
    screen.take(News { changed: (1..=tasks).map(|id| task(id, now)).collect(), ..News::default() }, now);
    let mut bytes = screen.frame(now).len();
    for frame in 0..frames {
        match what {
            "event" => {
                let changed = vec![task(1 + u64::from(frame) * 7 % tasks, now)];
                screen.take(News { changed, ..News::default() }, now);
            }
            "key" => drop(screen.type_in(b"j", now)),
            _ => {}
        }
        // Every frame also has a second of its own: an unchanged screen is not drawn.
        now = Now { boot: now.boot + 1_000, mono: now.mono + 1_000, wall: Wall(now.wall.0 + 1_000) };
        bytes += screen.frame(now).len();
    }
    println!("{bytes} bytes");
}

/// A held task with an hour's heartbeat timeout, all of them different.
fn task(id: u64, now: Now) -> Arc<TaskFacts> {
    let deadline = |kind, seconds: u32| Deadline {
        kind,
        limit: Some((Limit::Seconds(seconds), Source::History)),
        at: Some(now.boot + (i64::from(seconds) * 1_000 - id.cast_signed() % 1_000 * 60)),
        approximate: false,
        maybe: None,
    };
    let [heartbeat, start, schedule, execution] = TimeoutKind::CLAIMED;
    Arc::new(TaskFacts {
        id: ClaimId(id),
        domain: "ops".into(),
        task_list: "manual-ops".into(),
        activity_id: format!("rack-{id}").into(),
        activity_type: ActivityType { name: "SwapDisk".into(), version: "2.1".into() },
        execution: WorkflowExecution { workflow_id: format!("release-{id}").into(), run_id: "22f4a1c0ffee".into() },
        input: Some("{\"release\":\"2026.11\"}".into()),
        claimed_at: now.wall,
        state: TaskState::Held,
        saved: true,
        cancel: None,
        deadlines: [
            deadline(heartbeat, 3_600),
            deadline(start, 7_200),
            deadline(schedule, 9_000),
            deadline(execution, 86_400),
        ],
        looking_up: false,
        lease: None,
        next_beat: None,
        last_beat: Some(BeatFact { sent: now.boot, took_ms: 8, count: 12 }),
        details: None,
        trouble: None,
        in_flight: false,
        started_event_id: 6,
        workflow_cancel: false,
        left_out: false,
        note: None,
    })
}
