//! Keeps tasks alive over real HTTP through the real engine, in a process of its own, and says how well: lateness, missed
//! deadlines as the endpoint saw them, refused calls, processor time, connections, memory.
//!
//!     cargo bench --bench keep                              every case, one minute each, beside what it is compared with
//!     cargo bench --bench keep -- throttled --seconds 300   one case, five minutes
//!
//!     cargo bench --bench keep -- any --endpoint http://127.0.0.1:7999 --adopt tokens.txt --heartbeat-rate 80
//!     cargo bench --bench keep -- any --endpoint http://127.0.0.1:7999 --domain ops --task-list manual --tasks 50
//!
//! The cases have an embedded emulator, as another process, of which they read what timed out and when. At any other
//! endpoint a task counts as missed when its token is refused. `--adopt` reads lines of a task token, a blank, and its
//! heartbeat timeout in seconds.
//!
//! The engine finds its tasks in a journal, as after a restart. What it is compared with is what one would write first: one
//! loop around the SDK, a heap of due times, a fixed interval, up to 64 calls in flight; what fails is sent again after half
//! a second. The exit code is 1 if a bar is missed. Processor times hold only for what ran on the same machine in one run.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark ends where something is missing")]

mod cases;
mod endpoint;
mod engine;
mod looping;
mod outcome;
mod plan;
mod process;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    what: Option<What>,
    /// What cargo adds.
    #[arg(long, hide = true, global = true)]
    bench: bool,
    /// How long a case runs, seconds.
    #[arg(long, global = true, default_value_t = 60)]
    seconds: u64,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 4,000 tasks at 200 calls a second, which can be done
    Throttled,
    /// 1,000 tasks due in one instant at 200 calls a second
    Due,
    /// 10,000 tasks at 200 calls a second, which cannot be done
    Infeasible,
    /// 10,000 tasks beaten every 10 s, evenly spread
    Spread,
    /// 10,000 tasks due in one instant, without a limit
    Herd,
    /// 1,000 heartbeats a second for few tasks
    Sustained,
    /// Tasks of an endpoint that runs already
    Any(Any),
    /// The engine's process
    #[command(hide = true)]
    Engine(engine::Arguments),
    /// The process of a loop around the SDK
    #[command(hide = true)]
    Loop(looping::Arguments),
}

#[derive(Debug, Args)]
struct Any {
    /// The endpoint; credentials are those of every AWS tool
    #[arg(long)]
    endpoint: String,
    /// Take in the tasks of this file
    #[arg(long, conflicts_with = "task_list")]
    adopt: Option<PathBuf>,
    /// Claim from this task list
    #[arg(long, requires = "domain", required_unless_present = "adopt")]
    task_list: Option<String>,
    /// The task list's domain
    #[arg(long)]
    domain: Option<String>,
    /// How many to claim
    #[arg(long, default_value_t = 10)]
    tasks: usize,
    /// The heartbeat timeout of claimed tasks, seconds
    #[arg(long, default_value_t = 60)]
    timeout: u32,
    /// Heartbeats a second at the most
    #[arg(long)]
    heartbeat_rate: Option<f64>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let held = match cli.what {
        Some(What::Engine(arguments)) => {
            engine::run(&arguments);
            true
        }
        Some(What::Loop(arguments)) => {
            looping::run(&arguments);
            true
        }
        Some(What::Any(any)) => cases::any(&any, cli.seconds),
        Some(What::Throttled) => cases::run(&cases::THROTTLED, cli.seconds),
        Some(What::Due) => cases::run(&cases::DUE, cli.seconds),
        Some(What::Infeasible) => cases::run(&cases::INFEASIBLE, cli.seconds),
        Some(What::Spread) => cases::run(&cases::SPREAD, cli.seconds),
        Some(What::Herd) => cases::run(&cases::HERD, cli.seconds),
        Some(What::Sustained) => cases::run(&cases::SUSTAINED, cli.seconds),
        // All of them, whatever becomes of the first.
        None => cases::ALL.iter().filter(|case| !cases::run(case, cli.seconds)).count() == 0,
    };
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
