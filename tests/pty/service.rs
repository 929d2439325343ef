//! The service's side: an emulator of its own, calls to any emulator as bytes on a socket, and a road that can be cut.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use swfbeat::clock;

use crate::app::SOON;

/// What is in the head of an activity poll.
const POLL: &[u8] = b"SimpleWorkflowService.PollForActivityTask";
/// What is in the head of a heartbeat.
const BEAT: &[u8] = b"SimpleWorkflowService.RecordActivityTaskHeartbeat";
/// The domain of everything here.
pub const DOMAIN: &str = "ops";
/// The task list of the activity tasks.
pub const TASK_LIST: &str = "manual";

/// An SWF that answers on a loopback port.
#[derive(Clone, Copy)]
pub struct Service {
    addr: SocketAddr,
}

/// One workflow execution.
#[derive(Debug)]
pub struct Execution {
    pub domain: String,
    pub workflow_id: String,
    pub run_id: String,
}

/// Timeouts of an activity task in SWF's encoding.
#[derive(Clone, Copy)]
pub struct Timeouts {
    pub heartbeat: &'static str,
    pub start_to_close: &'static str,
}

/// Nothing ends by itself while a test runs.
pub const LONG: Timeouts = Timeouts { heartbeat: "600", start_to_close: "3600" };

impl Service {
    /// Whatever listens, or will listen, on this port.
    pub fn on_port(port: u16) -> Self {
        Self { addr: ([127, 0, 0, 1], port).into() }
    }

    pub fn url(self) -> String {
        format!("http://{}", self.addr)
    }

    /// One call, on a connection of its own.
    pub fn call(self, operation: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let head =
            "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/x-amz-json-1.0";
        let target = format!("x-amz-target: SimpleWorkflowService.{operation}");
        write!(stream, "{head}\r\n{target}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(head.split(' ').nth(1), Some("200"), "{operation}: {answer}");
        if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() }
    }

    /// Registers a domain, and in it what the tests use.
    pub fn register(self, domain: &str) {
        self.call("RegisterDomain", &json!({"name": domain, "workflowExecutionRetentionPeriodInDays": "1"}));
        self.call("RegisterActivityType", &json!({"domain": domain, "name": "Act", "version": "1.0"}));
        self.call("RegisterWorkflowType", &json!({"domain": domain, "name": "Flow", "version": "1.0"}));
    }

    /// Starts a workflow with one activity task; both have this id.
    pub fn schedule(self, id: &str, timeouts: Timeouts) -> Execution {
        self.schedule_in(DOMAIN, id, timeouts)
    }

    /// The same in another domain.
    pub fn schedule_in(self, domain: &str, id: &str, timeouts: Timeouts) -> Execution {
        let started = self.call(
            "StartWorkflowExecution",
            &json!({
                "domain": domain, "workflowId": id, "workflowType": {"name": "Flow", "version": "1.0"},
                "taskList": {"name": "deciders"}, "childPolicy": "TERMINATE",
                "executionStartToCloseTimeout": "7200", "taskStartToCloseTimeout": "NONE",
            }),
        );
        let decision = json!({
            "decisionType": "ScheduleActivityTask",
            "scheduleActivityTaskDecisionAttributes": {
                "activityId": id, "activityType": {"name": "Act", "version": "1.0"}, "taskList": {"name": TASK_LIST},
                "heartbeatTimeout": timeouts.heartbeat, "startToCloseTimeout": timeouts.start_to_close,
                "scheduleToCloseTimeout": "NONE", "scheduleToStartTimeout": "NONE",
            },
        });
        self.decide_in(domain, &decision);
        Execution {
            domain: domain.into(),
            workflow_id: id.into(),
            run_id: started["runId"].as_str().unwrap().to_owned(),
        }
    }

    /// Wants an activity task back.
    pub fn cancel(self, execution: &Execution, activity_id: &str) {
        let signal = json!({"domain": DOMAIN, "workflowId": execution.workflow_id, "signalName": "cancel"});
        self.call("SignalWorkflowExecution", &signal);
        self.decide(&json!({
            "decisionType": "RequestCancelActivityTask",
            "requestCancelActivityTaskDecisionAttributes": {"activityId": activity_id},
        }));
    }

    /// The workflow asks for the cancellation of its task.
    pub fn request_cancel(self, execution: &Execution, id: &str) {
        self.call(
            "SignalWorkflowExecution",
            &json!({"domain": DOMAIN, "workflowId": execution.workflow_id, "signalName": "cancel"}),
        );
        self.decide(&json!({
            "decisionType": "RequestCancelActivityTask",
            "requestCancelActivityTaskDecisionAttributes": {"activityId": id},
        }));
    }

    /// Answers the decision task that waits.
    fn decide(self, decision: &Value) {
        self.decide_in(DOMAIN, decision);
    }

    fn decide_in(self, domain: &str, decision: &Value) {
        let task = self.call("PollForDecisionTask", &json!({"domain": domain, "taskList": {"name": "deciders"}}));
        let body = json!({"taskToken": task["taskToken"], "decisions": [decision]});
        self.call("RespondDecisionTaskCompleted", &body);
    }

    /// The newest event of a type in the history of an execution, if there is one.
    pub fn event(self, execution: &Execution, event_type: &str) -> Option<Value> {
        let id = json!({"workflowId": execution.workflow_id, "runId": execution.run_id});
        let asked = json!({"domain": execution.domain, "execution": id, "reverseOrder": true});
        let history = self.call("GetWorkflowExecutionHistory", &asked);
        history["events"].as_array().unwrap().iter().find(|event| event["eventType"] == event_type).cloned()
    }
}

/// `swfbeat emulator`, ended with the test.
pub struct Emulator {
    child: Child,
    pub service: Service,
    admin: String,
}

impl Emulator {
    /// With the domain and the types registered; polls without a task are held this long.
    pub fn start(poll_hold: &str) -> Self {
        Self::with(&["--poll-hold", poll_hold])
    }

    /// With these options, and the domain and the types registered.
    pub fn with(options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swfbeat"));
        command.args(["emulator", "--admin"]).args(options).env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let endpoint = lines.next().unwrap();
        let port = endpoint.rsplit(':').next().unwrap().parse().unwrap();
        let admin = lines.find_map(|line| Some(line.strip_prefix("export SWFBEAT_ADMIN_TOKEN=")?.to_owned())).unwrap();
        let service = Service::on_port(port);
        service.register(DOMAIN);
        Self { child, service, admin }
    }

    /// The service's own clocks.
    pub fn clocks(&self) -> Value {
        let addr = self.service.addr;
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let head = format!("GET /_swfbeat/service HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n");
        write!(stream, "{head}authorization: Bearer {}\r\n\r\n", self.admin).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Requests of one kind that went by.
#[derive(Clone)]
struct Counter {
    head: &'static [u8],
    count: Arc<AtomicUsize>,
}

impl Counter {
    fn of(head: &'static [u8]) -> Self {
        Self { head, count: Arc::default() }
    }

    /// Looks at what goes by; a request's head comes in one piece.
    fn look(&self, bytes: &[u8]) {
        if bytes.windows(self.head.len()).any(|part| part == self.head) {
            self.count.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn now(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    #[track_caller]
    fn reaches(&self, count: usize) {
        let start = clock::now().boot;
        while self.now() < count {
            assert!(clock::now().boot - start < SOON.as_millis() as i64, "only {} were sent", self.now());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A road to a service that can be watched, cut and mended: what is under way is torn, what comes is turned away.
pub struct Road {
    pub service: Service,
    polls: Counter,
    beats: Counter,
    open: Arc<AtomicBool>,
    under_way: Arc<Mutex<Vec<TcpStream>>>,
}

impl Road {
    pub fn to(service: Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let road = Self {
            service: Service { addr: listener.local_addr().unwrap() },
            polls: Counter::of(POLL),
            beats: Counter::of(BEAT),
            open: Arc::new(AtomicBool::new(true)),
            under_way: Arc::default(),
        };
        let counters = [road.polls.clone(), road.beats.clone()];
        let (open, under_way) = (Arc::clone(&road.open), Arc::clone(&road.under_way));
        // Ends with the test's process.
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                // Held over the look at the flag, so that a cut misses none.
                let mut under_way = under_way.lock().unwrap();
                let Some(far) = open.load(Ordering::SeqCst).then(|| TcpStream::connect(service.addr)) else { continue };
                let Ok(far) = far else { continue };
                under_way.extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                pump(near.try_clone().unwrap(), far.try_clone().unwrap(), counters.to_vec());
                pump(far, near, Vec::new());
            }
        });
        road
    }

    /// Waits until so many activity polls have gone to the service.
    #[track_caller]
    pub fn carried_polls(&self, count: usize) {
        self.polls.reaches(count);
    }

    /// Waits until so many heartbeats more have gone to the service.
    #[track_caller]
    pub fn carries_beats(&self, more: usize) {
        self.beats.reaches(self.beats.now() + more);
    }

    pub fn cut(&self) {
        let mut under_way = self.under_way.lock().unwrap();
        self.open.store(false, Ordering::SeqCst);
        for stream in under_way.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub fn mend(&self) {
        self.open.store(true, Ordering::SeqCst);
    }
}

/// Moves bytes one way until either end is gone.
fn pump(mut from: TcpStream, mut to: TcpStream, counters: Vec<Counter>) {
    thread::spawn(move || {
        let mut bytes = [0; 16_384];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            if to.write_all(&bytes[..read]).is_err() {
                break;
            }
            for counter in &counters {
                counter.look(&bytes[..read]);
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
