//! The service: an emulator with workflows that always have tasks to hand out, and what it knows for certain.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use swfbeat::demo::{Scenario, direct};
use swfbeat::emulator::{Control, Inspection, Options, Server};
use swfbeat::swf::{Access, Service, Settings};
use swfbeat::task::{Outcome, WorkflowExecution};
use swfbeat::wire::{Answer, Attributes, HistoryEvent, Request};
use tokio::runtime::{Builder, Runtime};

pub const DOMAIN: &str = "ward";
pub const TASK_LIST: &str = "manual";
/// The longest that one call may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Kinds of tasks: name, heartbeat, start to close, schedule to close. Each is scheduled anew whenever it has ended, so an
/// orphan must not live long either.
const KINDS: [[&str; 4]; 10] = [
    ["alpha", "30s", "10m", "NONE"],
    ["bravo", "90s", "1h", "2h"],
    ["charlie", "NONE", "45s", "NONE"],
    ["delta", "3s", "5m", "NONE"],
    ["echo", "60s", "NONE", "NONE"],
    ["foxtrot", "20s", "12s", "NONE"],
    ["golf", "45s", "30m", "NONE"],
    ["hotel", "80s", "8h", "1h"],
    ["india", "NONE", "90s", "40s"],
    ["juliet", "5s", "2m", "NONE"],
];

/// The emulator and its decider on a thread of their own.
pub struct Host {
    control: Control,
    pub endpoint: String,
    thread: Option<JoinHandle<()>>,
    runtime: Runtime,
    client: Service,
    /// How far the history of each execution was read.
    read: BTreeMap<WorkflowExecution, i64>,
    events: BTreeMap<(WorkflowExecution, i64), HistoryEvent>,
}

/// A task that was handed out, as the history has it. Its activity id is never used again.
#[derive(Debug, Clone)]
pub struct Told {
    /// The number of the poll that got it.
    pub poll: u64,
    pub end: Option<End>,
}

#[derive(Debug, Clone)]
pub struct End {
    /// Service time, milliseconds since 1970.
    pub at: i64,
    pub how: How,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    Closed(Outcome),
    /// SWF's name of the timeout.
    TimedOut(String),
}

impl Host {
    pub fn start() -> Self {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            let scenario = Scenario::parse(&scenario(), "crash.toml").unwrap_or_else(|error| panic!("{error}"));
            runtime().block_on(async {
                let server = Server::bind(Options::default()).await.unwrap();
                let endpoint = format!("http://{}", server.addr());
                sender.send((server.control(), endpoint.clone())).unwrap();
                let client = connect(endpoint).await;
                tokio::select! {
                    () = server.run() => {}
                    failure = direct(client.decider(), &scenario) => panic!("the decider fails: {}", failure.line()),
                }
            });
        });
        let (control, endpoint) = receiver.recv().unwrap();
        let runtime = runtime();
        let client = runtime.block_on(connect(endpoint.clone()));
        while control.inspect().activities.len() < KINDS.len() {
            thread::sleep(Duration::from_millis(5));
        }
        let tasks = control.inspect().activities.into_iter();
        let executions =
            tasks.map(|it| WorkflowExecution { workflow_id: it.workflow_id.into(), run_id: it.run_id.into() });
        let read = executions.map(|execution| (execution, 0)).collect();
        Self { control, endpoint, thread: Some(thread), runtime, client, read, events: BTreeMap::new() }
    }

    /// For whoever sets faults.
    #[allow(dead_code, reason = "the crash test needs none")]
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    pub fn inspect(&self) -> Inspection {
        self.control.inspect()
    }

    /// Every task ever handed out, by activity id.
    ///
    /// # Errors
    /// Two of them went to the same poll.
    pub fn told(&mut self) -> Result<BTreeMap<String, Told>, String> {
        self.read_on();
        let mut told = BTreeMap::<String, Told>::new();
        let mut polls = BTreeMap::new();
        for ((execution, _), event) in &self.events {
            if let Attributes::Started { scheduled_event_id, identity } = &event.attributes {
                let id = self.activity_id(execution, *scheduled_event_id);
                let identity = identity.as_ref().expect("an identity");
                let poll = identity.raw().rsplit('/').next().and_then(|number| number.parse().ok());
                let poll = poll.expect("a poll number in the identity");
                if let Some(other) = polls.insert(poll, id.clone()) {
                    return Err(format!("no-lost-token: poll {poll} got {other} and {id}: its number was used twice"));
                }
                told.insert(id, Told { poll, end: None });
            } else if let Some((started, how)) = end(&event.attributes)
                && let Some(started) = self.events.get(&(execution.clone(), started))
                && let Attributes::Started { scheduled_event_id, .. } = started.attributes
            {
                let task = told.get_mut(&self.activity_id(execution, scheduled_event_id)).expect("was started");
                task.end = Some(End { at: event.at, how });
            }
        }
        Ok(told)
    }

    fn activity_id(&self, execution: &WorkflowExecution, scheduled: i64) -> String {
        match &self.events[&(execution.clone(), scheduled)].attributes {
            Attributes::Scheduled { activity_id, .. } => activity_id.raw().to_owned(),
            other => panic!("event {scheduled} should have scheduled a task: {other:?}"),
        }
    }

    /// Reads what was added to the histories.
    fn read_on(&mut self) {
        for (execution, known) in &mut self.read {
            let from = *known;
            let mut page_token = None;
            loop {
                let request = Request::History {
                    domain: DOMAIN.into(),
                    execution: execution.clone(),
                    reverse: true,
                    page_size: 100,
                    page_token,
                };
                let reply = self.runtime.block_on(self.client.call(request, LIMIT));
                let Ok(Answer::History(page)) = reply.result else { panic!("no history: {reply:?}") };
                let reaches_back = page.events.iter().any(|event| event.id <= from);
                for event in page.events.into_iter().filter(|event| event.id > from) {
                    *known = event.id.max(*known);
                    self.events.insert((execution.clone(), event.id), event);
                }
                page_token = page.next_page_token;
                if reaches_back || page_token.is_none() {
                    break;
                }
            }
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.control.stop();
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || thread::panicking(), "the service has crashed");
    }
}

/// How an event ended a task, and the event that had started it.
fn end(attributes: &Attributes) -> Option<(i64, How)> {
    Some(match attributes.clone() {
        Attributes::Completed { started_event_id, result } => {
            (started_event_id, How::Closed(Outcome::Completed { result }))
        }
        Attributes::Failed { started_event_id, reason, details } => {
            (started_event_id, How::Closed(Outcome::Failed { reason, details }))
        }
        Attributes::Canceled { started_event_id, details } => {
            (started_event_id, How::Closed(Outcome::Canceled { details }))
        }
        Attributes::TimedOut { started_event_id, timeout_type, .. } => {
            (started_event_id, How::TimedOut(timeout_type.raw().to_owned()))
        }
        _ => return None,
    })
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn connect(endpoint: String) -> Service {
    let settings = Settings { endpoint_url: Some(endpoint), access: Access::Fixed, ..Settings::default() };
    Service::connect(&settings).await.unwrap()
}

/// Two workflows that never end, and a cancel request every three seconds.
fn scenario() -> String {
    let mut text = format!("title = \"crash\"\ndomain = \"{DOMAIN}\"\ntask_list = \"{TASK_LIST}\"\nclaim = 1\n");
    for (index, kinds) in KINDS.chunks(KINDS.len() / 2).enumerate() {
        let _ = writeln!(text, "[[workflow]]\nid = \"w-{index}\"\ntype = \"W\"\nversion = \"1\"\ntimeout = \"24h\"");
        for [id, heartbeat, start_to_close, schedule_to_close] in kinds {
            let _ = writeln!(
                text,
                "[[workflow.activity]]\nid = \"{id}\"\ntype = \"A\"\nversion = \"1\"\nheartbeat = \"{heartbeat}\"\n\
                 start_to_close = \"{start_to_close}\"\nschedule_to_close = \"{schedule_to_close}\"\n\
                 again = [\"completed\", \"failed\", \"canceled\", \"timed out\"]"
            );
        }
    }
    for (count, [id, ..]) in KINDS.iter().cycle().enumerate().take(100) {
        let _ = writeln!(text, "[[happening]]\nat = \"{}s\"\ncancel = \"{id}\"", 3 * (count + 1));
    }
    text
}
