//! What a frame costs: 200x50, fifty tasks in view of many, a countdown changing in each. Fails beyond the bars.
//!
//!     cargo bench --bench frame
//!
//! Instructions: plays itself under valgrind (callgrind), with few frames and with many: the difference is theirs, and
//! repeats to a few instructions on any machine. Needs valgrind. Milliseconds: from the event or key to the bytes of the
//! frame, the median of many, on this machine as it is now; of what looks at every task, what nine of ten take at most.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a benchmark ends where something is missing")]

use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

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
/// From an event or a key to the frame.
const SOON: Duration = Duration::from_millis(16);

/// What comes before each frame: an event is a task that has changed, and once with a filter and another order in force.
const HAPPENINGS: [&str; 4] = ["second", "event", "event, filtered and sorted", "key"];
/// What looks at every task, so that more of them cost more: only its time is measured.
const LOOKS_AT_ALL: [&str; 2] = ["letter in the filter", "column to sort by"];
/// Of every id, of every type, of some ids; then backwards.
const LETTERS: &[u8] = b"rack swapdisk 7\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f";

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
    for what in HAPPENINGS.into_iter().chain(LOOKS_AT_ALL) {
        // Of letters and columns, nearly the one that costs most.
        let part = if LOOKS_AT_ALL.contains(&what) { 0.9 } else { 0.5 };
        let [ten, hundred] = SIZES.map(|tasks| quantile(play(what, tasks, MANY), part));
        let good = ten <= SOON && hundred <= SOON;
        kept &= good;
        println!(
            "a {what}, to the frame: {ten:.2?} with 10,000 tasks, {hundred:.2?} with 100,000{}",
            if good { "" } else { "  BEYOND the bar" }
        );
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn quantile(mut times: Vec<Duration>, part: f64) -> Duration {
    times.sort_unstable();
    times[(times.len() as f64 * part) as usize]
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

/// Draws so many frames; gives how long each took from what came before it.
#[expect(clippy::disallowed_methods, reason = "the program's own clock counts milliseconds, and nothing suspends here")]
fn play(what: &str, tasks: u64, frames: u32) -> Vec<Duration> {
    let mut now = Now { boot: Boot(1_000_000), mono: 1_000_000, wall: Wall(50_602_000) };
    let mut screen = Offscreen::new(Options::default(), 200, 50);
    // Before there are any tasks: every letter of a filter looks at all of them.
    match what {
        "event, filtered and sorted" => drop(screen.type_in(b"/rack type:SwapDisk -kept\rss", now)),
        "letter in the filter" => drop(screen.type_in(b"/", now)),
        _ => {}
    }
    let mut all: Vec<_> = (1..=tasks).map(|id| task(id, now)).collect();
    // They come in another order than they lie in memory, as after hours of heartbeats.
    all.sort_by_key(|task| task.id.0 * 7_919 % tasks);
    screen.take(News { changed: all, ..News::default() }, now);
    screen.frame(now);
    let frame = |frame: u32| {
        let changed = (what.starts_with("event")).then(|| task(1 + u64::from(frame) * 7 % tasks, now));
        // Every frame also has a second of its own: an unchanged screen is not drawn.
        now = Now { boot: now.boot + 1_000, mono: now.mono + 1_000, wall: Wall(now.wall.0 + 1_000) };
        let begun = Instant::now();
        match what {
            "key" => drop(screen.type_in(b"j", now)),
            "letter in the filter" => drop(screen.type_in(&LETTERS[frame as usize % LETTERS.len()..][..1], now)),
            "column to sort by" => drop(screen.type_in(b"s", now)),
            "second" => {}
            _ => screen.take(News { changed: changed.into_iter().collect(), ..News::default() }, now),
        }
        screen.frame(now);
        begun.elapsed()
    };
    (0..frames).map(frame).collect()
}

/// A held task with an hour's heartbeat timeout, all of them different.
fn task(id: u64, now: Now) -> Arc<TaskFacts> {
    let deadline = |kind, seconds: u32| Deadline {
        kind,
        limit: Some((Limit::Seconds(seconds), Source::History)),
        at: Some(now.boot + (i64::from(seconds) * 1_000 - id.cast_signed() % 1_000 * 60)),
        approximate: false,
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
        last_beat: Some(BeatFact { sent: Some(now.boot), sent_wall: now.wall, took_ms: 8, count: 12 }),
        details: None,
        maybe: None,
        trouble: None,
        in_flight: false,
        started_event_id: 6,
        workflow_cancel: false,
        left_out: false,
        note: None,
    })
}
