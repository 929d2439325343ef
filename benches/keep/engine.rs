//! The engine's process: the console's core, the runtime, the SDK and a journal, with a screen's place taken by a loop that
//! reads all news as a screen does.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use swfbeat::clock::{self, Boot};
use swfbeat::console::{Command, Config, LeaseTerms, Level, LogLine, Rules, TaskFacts, TaskState};
use swfbeat::journal::Place;
use swfbeat::runtime::{self, Handle, Hooks, Opened, Parts};
use swfbeat::swf::{Access, Service, Settings};
use swfbeat::task::ClaimId;
use swfbeat::text::Foreign;

use crate::outcome::{Lateness, Outcome, threads};
use crate::plan::{self, LEASE_MS};

/// How often news is taken at the most, milliseconds: 30 frames a second.
const FRAME_MS: u64 = 33;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long)]
    pub journal: PathBuf,
    #[arg(long)]
    pub endpoint: String,
    /// Whether any keys will do.
    #[arg(long)]
    pub fixed: bool,
    #[arg(long)]
    pub heartbeat_rate: Option<f64>,
    /// So many tasks are to be kept from the start on; none if the journal says which.
    #[arg(long, default_value_t = 0)]
    pub keep: u64,
    /// Tasks in the journal.
    #[arg(long)]
    pub tasks: usize,
}

/// What the screen's place has seen.
#[derive(Default)]
struct Seen {
    tasks: HashMap<ClaimId, Last>,
    names: HashMap<ClaimId, Foreign>,
    lateness: Lateness,
    outcome: Outcome,
    began: i64,
}

#[derive(Default)]
struct Last {
    due: Option<i64>,
    count: Option<u64>,
    beaten: bool,
    dead: bool,
}

pub fn run(arguments: &Arguments) {
    let handle = start(arguments);
    let now = clock::now();
    let end = now.boot + crate::process::seconds() * 1_000;
    let mut seen = Seen { began: now.boot.0, ..Seen::default() };
    seen.tasks.reserve(arguments.tasks);
    seen.names.reserve(arguments.tasks);
    seen.outcome.began = now.wall.0;
    if arguments.keep > 0 {
        let claims = (1..=arguments.keep).map(ClaimId).collect();
        handle.send(Command::Keep { claims, length_ms: LEASE_MS }).unwrap();
    }
    let mut before = None;
    let mut waiting = arguments.tasks;
    loop {
        let left = end - clock::now().boot;
        if left <= 0 {
            break;
        }
        let wait = Timespec { tv_sec: left / 1_000, tv_nsec: left % 1_000 * 1_000_000 };
        let _ = poll(&mut [PollFd::new(&handle.wake_fd(), PollFlags::IN)], Some(&wait));
        let news = handle.take();
        assert!(news.gone.is_none(), "{:?}", news.gone);
        for facts in &news.changed {
            seen.look(facts, &mut waiting);
        }
        for line in &news.log {
            seen.hear(line);
        }
        // Reading the journal is not keeping alive.
        if before.is_none() && !news.changed.is_empty() {
            before = Some(threads());
        }
        std::thread::sleep(std::time::Duration::from_millis(FRAME_MS));
    }
    seen.outcome.ended = clock::now().wall.0;
    seen.outcome.late = seen.lateness.figures();
    seen.outcome.dead = seen.tasks.values().filter(|task| task.dead).count() as u64;
    seen.outcome.print(&before.unwrap_or_default());
    // Leaving would send one more heartbeat for each.
    std::process::exit(0);
}

fn start(arguments: &Arguments) -> Handle {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let settings = Settings {
        endpoint_url: Some(arguments.endpoint.clone()),
        access: if arguments.fixed { Access::Fixed } else { Access::Chain },
        ..Settings::default()
    };
    let service = runtime.block_on(Service::connect(&settings)).unwrap_or_else(|error| panic!("{error}"));
    let opened = Opened::keeper(&Place::named(&arguments.journal), &plan::settings()).unwrap();
    let config = Config {
        identity: "bench".into(),
        run: "1".into(),
        boot_id: clock::boot_id(),
        service: "bench".into(),
        context: "".into(),
        domain: "bench".into(),
        seed: 1,
        heartbeat_rate: arguments.heartbeat_rate,
        lease: LeaseTerms::default(),
        low_tolerance_ms: 0,
        read_only: false,
        rules: Rules::default(),
    };
    runtime::start(Parts { config, service, opened, hooks: Hooks::default() }).unwrap()
}

impl Seen {
    fn look(&mut self, facts: &Arc<TaskFacts>, waiting: &mut usize) {
        self.names.entry(facts.id).or_insert_with(|| facts.activity_id.clone());
        let last = self.tasks.entry(facts.id).or_default();
        // The row says so, also if there was no room for it from the beginning.
        let is_kept = facts.lease.is_some() && !facts.left_out;
        last.dead = matches!(facts.state, TaskState::Refused { .. } | TaskState::Ended { .. });
        // What was said of one that has ended stays said.
        if is_kept && !last.dead {
            self.outcome.named.remove(facts.activity_id.raw());
        } else if !is_kept {
            self.outcome.named.entry(facts.activity_id.raw().to_owned()).or_insert(clock::now().wall.0);
        }
        let count = facts.last_beat.map_or(0, |beat| beat.count);
        if last.count.is_some_and(|before| count > before)
            && let Some(beat) = facts.last_beat
            && let Some(Boot(sent)) = beat.sent
        {
            let first = !std::mem::replace(&mut last.beaten, true);
            self.outcome.beats += count - last.count.unwrap_or(0);
            // What fell due before the start is late by that; see the first round for it.
            if let Some(due) = last.due
                && !first
            {
                self.lateness.add(sent - due);
            }
            if first && *waiting > 0 {
                *waiting -= 1;
                if *waiting == 0 {
                    self.outcome.first_round = Some(sent + beat.took_ms - self.began);
                }
            }
        }
        last.count = Some(count);
        if let Some(due) = facts.next_beat {
            last.due = Some(due.0);
        }
    }

    fn hear(&mut self, line: &LogLine) {
        if !matches!(line.level, Level::Info) {
            *self.outcome.said.entry(format!("{}: {}", line.word, line.text)).or_default() += 1;
        }
        let named = line.word == "keep" && !matches!(line.level, Level::Info);
        if let (true, Some(claim)) = (named, line.claim) {
            let name = self.names.get(&claim).map_or_else(|| line.subject.clone(), |name| name.raw().to_owned());
            self.outcome.named.entry(name).or_insert(line.at.0);
        }
    }
}
