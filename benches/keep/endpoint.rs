//! The endpoint: an emulator as another process, its tasks, and what it says has timed out.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use aws_sdk_swf::Client;
use aws_sdk_swf::config::retry::RetryConfig;
use aws_sdk_swf::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_swf::types::{
    ActivityType, ChildPolicy, Decision, DecisionType, ScheduleActivityTaskDecisionAttributes, TaskList, WorkflowType,
};
use aws_smithy_http_client::Builder;
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::{Value, json};
use swfbeat::clock;

use crate::plan::Task;

const DOMAIN: &str = "bench";
const LIST: &str = "bench";
/// Activity tasks in one execution, as many as SWF allows to be open.
const EACH: usize = 1_000;
/// Calls in flight while tasks are made.
const WIDTH: usize = 32;

/// A client as one sets it up who wants no surprises: one attempt a call.
pub fn client(endpoint: &str) -> Client {
    let config = aws_sdk_swf::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("bench", "bench", None, None, "bench"))
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .http_client(Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// `swfbeat emulator`, ended with the case.
pub struct Emulator {
    child: Child,
    pub endpoint: String,
    token: String,
    counts: Arc<Counts>,
}

/// Heartbeats since the start.
#[derive(Debug, Default)]
struct Counts {
    all: AtomicU64,
    refused: AtomicU64,
}

impl Emulator {
    pub fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_swfbeat"))
            .args(["emulator", "--admin", "--json", "--poll-hold", "1s"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let greeting: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let text = |name: &str| greeting[name].as_str().unwrap().to_owned();
        let counts = Arc::<Counts>::default();
        let counting = Arc::clone(&counts);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok).filter(|line| line.contains("RecordActivityTaskHeartbeat")) {
                counting.all.fetch_add(1, Ordering::Relaxed);
                if line.contains("ThrottlingException") {
                    counting.refused.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Self { child, endpoint: text("endpoint"), token: text("adminToken"), counts }
    }

    /// Heartbeats that have come, and how many of them were refused as too many.
    pub fn heartbeats(&self) -> [u64; 2] {
        [&self.counts.all, &self.counts.refused].map(|count| count.load(Ordering::Relaxed))
    }

    /// Limits heartbeats from now on, with a full bucket.
    pub fn limit(&self, rate: &str) {
        self.admin("PUT", "quotas", &json!({"quotas": {"RecordActivityTaskHeartbeat": rate}}));
    }

    /// What has timed out by its heartbeat until `end`: when, by activity id. Milliseconds since 1970.
    pub fn timed_out(&self, end: i64) -> BTreeMap<String, i64> {
        let (mut names, mut ends, mut after) = (BTreeMap::new(), BTreeMap::new(), 0);
        loop {
            let page = self.admin("GET", &format!("events?after={after}"), &Value::Null);
            let events = page["events"].as_array().unwrap();
            if events.is_empty() {
                break;
            }
            after = page["last"].as_u64().unwrap();
            for written in events {
                let (run, event) = (written["runId"].as_str().unwrap().to_owned(), &written["event"]);
                if let Some(id) = event["activityTaskScheduledEventAttributes"]["activityId"].as_str() {
                    names.insert((run, event["eventId"].as_i64().unwrap()), id.to_owned());
                } else if let Some(of) = event["activityTaskTimedOutEventAttributes"]["scheduledEventId"].as_i64() {
                    let at = (event["eventTimestamp"].as_f64().unwrap() * 1_000.0).round() as i64;
                    if at <= end {
                        ends.insert(names[&(run, of)].clone(), at);
                    }
                }
            }
        }
        ends
    }

    fn admin(&self, method: &str, what: &str, body: &Value) -> Value {
        let addr = self.endpoint.trim_start_matches("http://");
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!("{method} /_swfbeat/{what} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n");
        let token = &self.token;
        write!(stream, "{head}authorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).unwrap()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn list(name: &str) -> TaskList {
    TaskList::builder().name(name).build().unwrap()
}

/// Registers everything and schedules so many activity tasks.
pub async fn schedule(client: &Client, tasks: usize, timeout: u32) {
    client.register_domain().name(DOMAIN).workflow_execution_retention_period_in_days("1").send().await.unwrap();
    client.register_workflow_type().domain(DOMAIN).name("W").version("1").send().await.unwrap();
    client.register_activity_type().domain(DOMAIN).name("Keep").version("1").send().await.unwrap();
    for first in (0..tasks).step_by(EACH) {
        let kind = WorkflowType::builder().name("W").version("1").build().unwrap();
        let start = client.start_workflow_execution().domain(DOMAIN).workflow_id(format!("w-{first}"));
        let start = start.workflow_type(kind).task_list(list("decide")).child_policy(ChildPolicy::Terminate);
        let start = start.execution_start_to_close_timeout("86400").task_start_to_close_timeout("NONE");
        start.send().await.unwrap();
        let task = client.poll_for_decision_task().domain(DOMAIN).task_list(list("decide")).send().await.unwrap();
        let answer = client.respond_decision_task_completed().task_token(task.task_token());
        let decisions = (first..tasks.min(first + EACH)).map(|index| decision(index, timeout)).collect();
        answer.set_decisions(Some(decisions)).send().await.unwrap();
    }
}

fn decision(index: usize, timeout: u32) -> Decision {
    let attributes = ScheduleActivityTaskDecisionAttributes::builder()
        .activity_id(format!("keep-{index}"))
        .activity_type(ActivityType::builder().name("Keep").version("1").build().unwrap())
        .task_list(list(LIST))
        .heartbeat_timeout(timeout.to_string())
        .start_to_close_timeout("NONE")
        .schedule_to_close_timeout("NONE")
        .schedule_to_start_timeout("NONE")
        .build()
        .unwrap();
    let kind = DecisionType::ScheduleActivityTask;
    Decision::builder().decision_type(kind).schedule_activity_task_decision_attributes(attributes).build().unwrap()
}

/// Claims what was scheduled.
pub async fn claim_all(client: &Client, tasks: usize, timeout: u32) -> Vec<Task> {
    let claims = stream::iter(0..tasks).map(|_| claim(client, DOMAIN, LIST, timeout)).buffer_unordered(WIDTH);
    claims.filter_map(async |task| task).collect().await
}

/// One task, if there is one.
pub async fn claim(client: &Client, domain: &str, task_list: &str, timeout: u32) -> Option<Task> {
    let sent = clock::now().boot.0;
    let task = client.poll_for_activity_task().domain(domain).task_list(list(task_list)).send().await;
    let task = task.unwrap_or_else(|error| panic!("no claim: {}", error.into_service_error()));
    if task.task_token().is_empty() {
        return None;
    }
    let execution = task.workflow_execution()?;
    Some(Task {
        id: task.activity_id().to_owned(),
        token: task.task_token().to_owned(),
        timeout,
        workflow_id: execution.workflow_id().to_owned(),
        run_id: execution.run_id().to_owned(),
        started_event_id: task.started_event_id(),
        sent,
        received: clock::now().boot.0,
        beaten: None,
    })
}

/// One heartbeat for each task, evenly within `within` milliseconds.
pub async fn beat_spread(client: &Client, tasks: &mut [Task], within: i64) {
    let (began, count) = (clock::now().boot.0, tasks.len() as i64);
    let calls = stream::iter(tasks.iter_mut().zip(0..)).map(|(task, index)| async move {
        let wait = began + within * index / count - clock::now().boot.0;
        if wait > 0 {
            tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())).await;
        }
        task.beaten = Some(clock::now().boot.0);
        client.record_activity_task_heartbeat().task_token(&task.token).send().await.unwrap();
    });
    calls.buffer_unordered(WIDTH).collect::<()>().await;
}
