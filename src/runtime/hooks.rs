//! Hooks: programs from the config that call somebody. Run without a shell; what happened is in their environment, where
//! every foreign text is printable and no token ever is.
//!
//! A few run at once, each for a limited time, and not again and again for the same thing. What a hook writes is not
//! kept but for its first line.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::clock::{Boot, Wall};
use crate::console::{Level, Notice, Occasion, TaskFacts, TaskState};
use crate::task::ClaimId;
use crate::text::{Foreign, printable};

/// So many hooks run at once; the others wait.
const MOST_RUNNING: usize = 4;
/// So many wait; more are left out, and that is said.
const MOST_WAITING: usize = 64;
/// Not again for the same task and occasion within so many milliseconds.
const AGAIN_MS: i64 = 60_000;
/// A hook is killed after so long.
const LIMIT: Duration = Duration::from_secs(30);
/// How long its output is waited for once it has ended: what it left running may keep it open.
const OUTPUT: Duration = Duration::from_millis(200);
/// So many bytes of output are looked at for its first line.
const OUTPUT_MAX: usize = 4_096;

/// Which program is run on which occasion: the program, then its arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hooks(HashMap<Occasion, Vec<String>>);

impl FromIterator<(Occasion, Vec<String>)> for Hooks {
    fn from_iter<I: IntoIterator<Item = (Occasion, Vec<String>)>>(programs: I) -> Self {
        Self(programs.into_iter().filter(|(_, program)| !program.is_empty()).collect())
    }
}

/// A hook that is to be run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Run {
    occasion: Occasion,
    program: Vec<String>,
    environment: Vec<(&'static str, String)>,
    limit: Duration,
}

/// What is to be said of a hook.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub level: Level,
    pub text: String,
}

/// Decides which hook runs when.
#[derive(Debug)]
pub(super) struct Bell {
    hooks: Hooks,
    service: Foreign,
    limit: Duration,
    running: usize,
    waiting: VecDeque<Run>,
    rung: HashMap<(Occasion, Option<ClaimId>), Boot>,
}

impl Bell {
    /// `service`: where the service is, as the hooks are told.
    pub(super) fn new(hooks: Hooks, service: Foreign) -> Self {
        Self { hooks, service, limit: LIMIT, running: 0, waiting: VecDeque::new(), rung: HashMap::new() }
    }

    /// Something has begun. An error is what is to be said because nothing is done.
    pub(super) fn ring(&mut self, notice: &Notice, now: Boot) -> Result<Option<Run>, Said> {
        let Some(program) = self.hooks.0.get(&notice.occasion) else { return Ok(None) };
        self.rung.retain(|_, at| now - *at < AGAIN_MS);
        let about = (notice.occasion, notice.task.as_ref().map(|task| task.id));
        if self.rung.contains_key(&about) {
            return Ok(None);
        }
        if self.waiting.len() == MOST_WAITING {
            let text = format!("{} not run: {MOST_WAITING} others wait already", notice.occasion.name());
            return Err(Said { level: Level::Error, text });
        }
        self.rung.insert(about, now);
        let environment = environment(notice, &self.service);
        let run = Run { occasion: notice.occasion, program: program.clone(), environment, limit: self.limit };
        if self.running < MOST_RUNNING {
            self.running += 1;
            return Ok(Some(run));
        }
        self.waiting.push_back(run);
        Ok(None)
    }

    /// A hook has ended; gives the next one.
    pub(super) fn ended(&mut self) -> Option<Run> {
        let next = self.waiting.pop_front();
        if next.is_none() {
            self.running -= 1;
        }
        next
    }
}

/// What a hook is told. Foreign text goes through the door; empty where there is nothing to say, so that nothing of our own
/// surroundings is taken for it.
fn environment(notice: &Notice, service: &Foreign) -> Vec<(&'static str, String)> {
    let task = notice.task.as_deref();
    let of_task =
        |text: fn(&TaskFacts) -> &Foreign| task.map_or_else(String::new, |task| text(task).line().into_owned());
    vec![
        ("SWFBEAT_EVENT", notice.occasion.name().to_owned()),
        ("SWFBEAT_TEXT", printable(&notice.text).into_owned()),
        ("SWFBEAT_SERVICE", service.line().into_owned()),
        ("SWFBEAT_CONTEXT", notice.context.line().into_owned()),
        ("SWFBEAT_REMAINING", notice.remaining_ms.map_or_else(String::new, |ms| (ms / 1_000).to_string())),
        ("SWFBEAT_UNTIL", notice.until.map_or_else(String::new, Wall::utc)),
        ("SWFBEAT_DOMAIN", of_task(|task| &task.domain)),
        ("SWFBEAT_TASK_LIST", of_task(|task| &task.task_list)),
        ("SWFBEAT_WORKFLOW_ID", of_task(|task| &task.execution.workflow_id)),
        ("SWFBEAT_RUN_ID", of_task(|task| &task.execution.run_id)),
        ("SWFBEAT_ACTIVITY_ID", of_task(|task| &task.activity_id)),
        ("SWFBEAT_ACTIVITY_TYPE", of_task(|task| &task.activity_type.name)),
        ("SWFBEAT_ACTIVITY_VERSION", of_task(|task| &task.activity_type.version)),
        ("SWFBEAT_STATE", task.map_or_else(String::new, |task| state(task).to_owned())),
    ]
}

/// One word for what is going on with a task.
fn state(task: &TaskFacts) -> &'static str {
    match task.state {
        TaskState::Held if task.cancel.is_some_and(|cancel| !cancel.answered) => "cancel",
        TaskState::Held if task.lease.is_some() => "kept",
        TaskState::Held => "held",
        TaskState::Refused { .. } => "refused",
        TaskState::Closing { .. } => "closing",
        TaskState::Ended { .. } => "ended",
    }
}

/// Runs a hook to its end, or to the end of its time.
pub(super) async fn run(run: Run) -> Said {
    let Run { occasion, program, environment, limit } = run;
    let name = occasion.name();
    let failed = |why: String| {
        let text = format!("{name} failed: {}: {why}; check [hooks] in the config file", printable(&program[0]));
        Said { level: Level::Error, text }
    };
    let mut child = match spawn(&program, environment) {
        Ok(child) => child,
        Err(error) => return failed(format!("it cannot be started: {error}")),
    };
    let output = (child.stdout.take().map(first_line), child.stderr.take().map(first_line));
    let (stdout, stderr) = (output.0.map(tokio::task::spawn_local), output.1.map(tokio::task::spawn_local));
    let Ok(ended) = timeout(limit, child.wait()).await else {
        kill(&mut child).await;
        return failed(format!("it took longer than {} s and was killed", limit.as_secs()));
    };
    let mut wrote = String::new();
    for line in [stdout, stderr].into_iter().flatten() {
        if let Ok(Ok(line)) = timeout(OUTPUT, line).await
            && wrote.is_empty()
        {
            wrote = line;
        }
    }
    let wrote = if wrote.is_empty() { wrote } else { format!(": {wrote}") };
    match ended {
        Ok(status) if status.success() => Said { level: Level::Info, text: format!("{name} was called{wrote}") },
        Ok(status) => failed(format!("{}{wrote}", how(status))),
        Err(error) => failed(error.to_string()),
    }
}

/// In a process group of its own, so that ctrl-c is not meant for it, and that it is killed with all it has started.
fn spawn(program: &[String], environment: Vec<(&'static str, String)>) -> io::Result<Child> {
    Command::new(&program[0])
        .args(&program[1..])
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
}

async fn kill(child: &mut Child) {
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    if let Some(group) = group {
        // It may have ended by itself just now.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait().await;
}

/// The first line that is not empty, printable. Reads on to the end, so that the program never waits for a reader.
async fn first_line(mut output: impl AsyncRead + Unpin) -> String {
    let mut text = Vec::new();
    let mut bytes = [0; 1_024];
    while let Ok(read @ 1..) = output.read(&mut bytes).await {
        let room = OUTPUT_MAX.saturating_sub(text.len());
        text.extend_from_slice(&bytes[..read.min(room)]);
    }
    let text = String::from_utf8_lossy(&text);
    text.lines().find(|line| !line.trim().is_empty()).map_or_else(String::new, |line| printable(line).into_owned())
}

fn how(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => "ended without a word".to_owned(),
    }
}

#[cfg(test)]
mod tests;
