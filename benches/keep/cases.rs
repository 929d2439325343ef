//! The cases, and the bars they are held against.

use std::path::Path;

use aws_sdk_swf::Client;
use tempfile::tempdir;

use crate::Any;
use crate::endpoint::{self, Emulator};
use crate::outcome::Outcome;
use crate::plan::{self, Task};
use crate::process::{self, Watched};

/// Tasks, how the endpoint limits them, and what must come of it.
pub struct Case {
    name: &'static str,
    tasks: usize,
    /// Heartbeat timeout, seconds.
    timeout: u32,
    /// Milliseconds over which their first heartbeats are spread; 0: all are due at once.
    spread: i64,
    /// Heartbeats a second, and what the endpoint allows.
    rate: Option<f64>,
    quota: Option<&'static str>,
    /// The tasks are kept from the start on because somebody says so then, not because the journal does.
    asked: bool,
    /// The interval of the loop beside it, milliseconds.
    interval: i64,
    bars: &'static [Bar],
}

/// What must hold.
enum Bar {
    /// So many may be missed; of those admitted, and all others must have been named before.
    Missed(usize),
    Lost(usize),
    /// The loop beside it loses more than that.
    LoopLoses(usize),
    RefusedPercent(f64),
    /// Milliseconds.
    LateP99(i64),
    FirstRound(i64),
    Connections(usize),
    RssMb(u64),
    /// Times the processor time a call of the loop.
    Cpu(f64),
}

const PLAIN: Case = Case {
    name: "",
    tasks: 10_000,
    timeout: 30,
    spread: 9_600,
    rate: Some(200.0),
    quota: Some("200/200"),
    asked: false,
    interval: 10_000,
    bars: &[],
};
pub const THROTTLED: Case = Case {
    name: "throttled",
    tasks: 4_000,
    bars: &[Bar::Missed(0), Bar::Lost(0), Bar::RefusedPercent(5.0), Bar::LoopLoses(1_000)],
    ..PLAIN
};
pub const DUE: Case = Case {
    name: "due",
    tasks: 1_000,
    spread: 0,
    bars: &[Bar::Missed(0), Bar::Lost(0), Bar::RefusedPercent(5.0)],
    ..PLAIN
};
pub const INFEASIBLE: Case =
    Case { name: "infeasible", asked: true, bars: &[Bar::Missed(0), Bar::Lost(4_600), Bar::LoopLoses(4_600)], ..PLAIN };
pub const SPREAD: Case = Case {
    name: "spread",
    rate: Some(1_334.0),
    quota: None,
    interval: 9_600,
    bars: &[Bar::Missed(0), Bar::Lost(0), Bar::LateP99(10), Bar::Connections(64), Bar::RssMb(40), Bar::Cpu(1.5)],
    ..PLAIN
};
pub const HERD: Case = Case {
    name: "herd",
    spread: 0,
    rate: None,
    quota: None,
    bars: &[Bar::Missed(0), Bar::Lost(0), Bar::FirstRound(1_000), Bar::Connections(100)],
    ..PLAIN
};
pub const SUSTAINED: Case = Case {
    name: "sustained",
    tasks: 1_000,
    timeout: 5,
    spread: 960,
    rate: None,
    quota: None,
    interval: 960,
    bars: &[Bar::Missed(0), Bar::Lost(0), Bar::RssMb(20), Bar::Cpu(1.25)],
    ..PLAIN
};
pub const ALL: [Case; 6] = [THROTTLED, DUE, INFEASIBLE, SPREAD, HERD, SUSTAINED];

/// A keeper's run as both sides saw it.
struct Ran {
    watched: Watched,
    /// Timed out by the endpoint's word, and those of them that nobody had named before.
    lost: usize,
    missed: usize,
    refused_percent: f64,
}

/// Runs the engine and the loop, one after the other, each with an emulator of its own. `true` if every bar holds.
pub fn run(case: &Case, seconds: u64) -> bool {
    let Case { name, tasks, timeout, .. } = case;
    println!("{name}: {tasks} tasks of {timeout} s, {seconds} s");
    let engine = keep(case, true, seconds);
    tell("engine", &engine);
    let beside = keep(case, false, seconds);
    tell("loop", &beside);
    let broken: Vec<String> = case.bars.iter().filter_map(|bar| bar.broken(&engine, &beside)).collect();
    for why in &broken {
        println!("  BEYOND {why}");
    }
    broken.is_empty()
}

fn keep(case: &Case, engine: bool, seconds: u64) -> Ran {
    let emulator = Emulator::start();
    let home = tempdir().unwrap();
    let tasks = prepare(case, &emulator);
    if let Some(quota) = case.quota {
        emulator.limit(quota);
    }
    let before = emulator.heartbeats();
    let watched = if engine {
        let mut arguments = engine_arguments(&emulator.endpoint, &tasks, !case.asked, case.rate, home.path());
        arguments.push("--fixed".into());
        process::watch(&arguments, seconds)
    } else {
        let plan = home.path().join("plan.json");
        plan::save(&tasks, &plan);
        let interval = case.interval.to_string();
        let arguments = ["loop", "--plan", plan.to_str().unwrap(), "--endpoint", &emulator.endpoint];
        let arguments = arguments.into_iter().chain(["--interval", &interval]).map(str::to_owned);
        process::watch(&arguments.collect::<Vec<_>>(), seconds)
    };
    let after = emulator.heartbeats();
    let [all, refused] = [0, 1].map(|index| (after[index] - before[index]) as f64);
    let ends = emulator.timed_out(watched.outcome.ended);
    let named = &watched.outcome.named;
    let missed = ends.iter().filter(|(id, at)| named.get(*id).is_none_or(|said| said > at)).count();
    Ran { lost: ends.len(), missed, refused_percent: 100.0 * refused / all.max(1.0), watched }
}

/// Schedules and claims, and sends a first heartbeat for each if they are to be spread.
fn prepare(case: &Case, emulator: &Emulator) -> Vec<Task> {
    runtime().block_on(async {
        let client = endpoint::client(&emulator.endpoint);
        endpoint::schedule(&client, case.tasks, case.timeout).await;
        let mut tasks = endpoint::claim_all(&client, case.tasks, case.timeout).await;
        assert_eq!(tasks.len(), case.tasks, "not all tasks were claimed");
        if case.spread > 0 {
            endpoint::beat_spread(&client, &mut tasks, case.spread).await;
        }
        tasks
    })
}

fn engine_arguments(endpoint: &str, tasks: &[Task], kept: bool, rate: Option<f64>, home: &Path) -> Vec<String> {
    let journal = home.join("journal.db");
    plan::journal(tasks, kept, &journal);
    let count = tasks.len().to_string();
    let arguments = ["engine", "--journal", journal.to_str().unwrap(), "--endpoint", endpoint, "--tasks", &count];
    let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
    if !kept {
        arguments.extend(["--keep".to_owned(), count]);
    }
    arguments.extend(rate.iter().flat_map(|rate| ["--heartbeat-rate".to_owned(), rate.to_string()]));
    arguments
}

/// Tasks of an endpoint that runs already. `true` if none was lost.
pub fn any(any: &Any, seconds: u64) -> bool {
    let tasks = match &any.adopt {
        Some(file) => plan::adopted(file),
        None => runtime().block_on(claimed(any)),
    };
    println!("{} tasks, {seconds} s", tasks.len());
    let home = tempdir().unwrap();
    let watched =
        process::watch(&engine_arguments(&any.endpoint, &tasks, true, any.heartbeat_rate, home.path()), seconds);
    let lost = watched.outcome.dead as usize;
    tell("engine", &Ran { watched, lost, missed: lost, refused_percent: 0.0 });
    lost == 0
}

async fn claimed(any: &Any) -> Vec<Task> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest()).endpoint_url(&any.endpoint);
    let client = Client::new(&config.http_client(aws_smithy_http_client::Builder::new().build_http()).load().await);
    let (domain, list) = (any.domain.as_deref().unwrap_or_default(), any.task_list.as_deref().unwrap_or_default());
    let mut tasks = Vec::new();
    while tasks.len() < any.tasks
        && let Some(task) = endpoint::claim(&client, domain, list, any.timeout).await
    {
        tasks.push(task);
    }
    tasks
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn tell(who: &str, ran: &Ran) {
    let Ran { watched: Watched { outcome, connections }, lost, missed, refused_percent } = ran;
    let Outcome { beats, late, first_round, rss, rss_peak, dead, .. } = outcome;
    println!(
        "  {who}: {beats} heartbeats, late p50 {} ms, p99 {} ms, at most {} ms; {lost} lost, {missed} of them unannounced; \
         {refused_percent:.1} % refused; {:.0} µs a heartbeat; {connections} connections; {:.1} MB, at most {:.1}",
        late[0],
        late[1],
        late[2],
        cpu(outcome),
        *rss as f64 / 1_024.0,
        *rss_peak as f64 / 1_024.0,
    );
    let threads: Vec<String> =
        outcome.threads.iter().map(|(name, us)| format!("{name} {:.0}", *us as f64 / (*beats).max(1) as f64)).collect();
    println!("    µs by thread: {}; {dead} tokens refused; first round {first_round:?} ms", threads.join(", "));
    let mut said: Vec<_> = outcome.said.iter().collect();
    said.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
    for (line, times) in said.into_iter().take(6) {
        println!("    {times} × {}", line.chars().take(150).collect::<String>());
    }
}

/// Microseconds of processor time a heartbeat.
fn cpu(outcome: &Outcome) -> f64 {
    outcome.cpu_us as f64 / outcome.beats.max(1) as f64
}

impl Bar {
    /// What is wrong, if anything is.
    fn broken(&self, engine: &Ran, beside: &Ran) -> Option<String> {
        let Ran { watched: Watched { outcome, connections }, lost, missed, refused_percent } = engine;
        let (found, bar, what) = match *self {
            Self::Missed(bar) => (*missed as f64, bar as f64, "missed deadlines of tasks nobody had named"),
            Self::Lost(bar) => (*lost as f64, bar as f64, "tasks lost"),
            Self::LoopLoses(bar) => (bar as f64, beside.lost as f64, "tasks that the loop must lose"),
            Self::RefusedPercent(bar) => (*refused_percent, bar, "% refused"),
            Self::LateP99(bar) => (outcome.late[1] as f64, bar as f64, "ms late, p99"),
            Self::FirstRound(bar) => {
                (outcome.first_round.unwrap_or(i64::MAX) as f64, bar as f64, "ms until all were beaten")
            }
            Self::Connections(bar) => (*connections as f64, bar as f64, "connections"),
            Self::RssMb(bar) => (outcome.rss as f64 / 1_024.0, bar as f64, "MB"),
            Self::Cpu(bar) => (cpu(outcome), bar * cpu(&beside.watched.outcome), "µs a heartbeat"),
        };
        (found > bar).then(|| format!("the bar: {found:.1} {what}, not {bar:.1}"))
    }
}
