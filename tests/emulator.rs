//! The emulator over real sockets, byte by byte: what its HTTP face promises and no SDK would show.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is missing")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use swfbeat::clock;
use swfbeat::emulator::{Control, Faults, Inspection, Options, Quotas, Rate, Server};

/// Long enough for anything that should happen at once, on a busy machine.
const SOON: Duration = Duration::from_secs(10);

/// A server on a thread of its own, stopped at the end.
struct Emulator {
    addr: SocketAddr,
    control: Control,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    fn start(poll_hold: Duration) -> Self {
        Self::with(Options { poll_hold, ..Options::default() })
    }

    fn with(options: Options) -> Self {
        let (sender, receiver) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = Server::bind(options).await.unwrap();
                sender.send((server.addr(), server.control())).unwrap();
                server.run().await;
            });
        });
        let (addr, control) = receiver.recv().unwrap();
        Self { addr, control, thread: Some(thread) }
    }

    fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        Connection { stream }
    }

    /// One call on a connection of its own.
    fn call(&self, operation: &str, body: &Value) -> Value {
        let answer = self.connect().call(operation, body);
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    fn register(&self) {
        self.call("RegisterDomain", &json!({"name": "d", "workflowExecutionRetentionPeriodInDays": "1"}));
        self.call(
            "RegisterActivityType",
            &json!({
                "domain": "d", "name": "A", "version": "1", "defaultTaskList": {"name": "work"},
                "defaultTaskScheduleToStartTimeout": "NONE", "defaultTaskScheduleToCloseTimeout": "NONE",
                "defaultTaskStartToCloseTimeout": "NONE", "defaultTaskHeartbeatTimeout": "1",
            }),
        );
        self.call(
            "RegisterWorkflowType",
            &json!({
                "domain": "d", "name": "W", "version": "1", "defaultTaskList": {"name": "decide"},
                "defaultTaskStartToCloseTimeout": "NONE", "defaultExecutionStartToCloseTimeout": "600",
                "defaultChildPolicy": "TERMINATE",
            }),
        );
    }

    /// Starts an execution and schedules one activity.
    fn schedule(&self) {
        let start = json!({"domain": "d", "workflowId": "w", "workflowType": {"name": "W", "version": "1"}});
        self.call("StartWorkflowExecution", &start);
        let task = self.call("PollForDecisionTask", &decision_poll());
        let attributes = json!({"activityId": "a", "activityType": {"name": "A", "version": "1"}});
        let decision = json!({
            "decisionType": "ScheduleActivityTask", "scheduleActivityTaskDecisionAttributes": attributes,
        });
        let body = json!({"taskToken": task["taskToken"], "decisions": [decision]});
        self.call("RespondDecisionTaskCompleted", &body);
    }

    /// Waits until the service looks as wanted.
    fn until(&self, wanted: impl Fn(&Inspection) -> bool) {
        let deadline = clock::now().boot + SOON.as_millis() as i64;
        while !wanted(&self.control.inspect()) {
            assert!(clock::now().boot < deadline, "never came: {:?}", self.control.inspect());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.control.stop();
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking());
    }
}

struct Connection {
    stream: TcpStream,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Connection {
    fn send(&mut self, operation: &str, body: &str) {
        self.send_to("POST /", &format!("SimpleWorkflowService.{operation}"), body);
    }

    fn send_to(&mut self, line: &str, target: &str, body: &str) {
        let head = format!("{line} HTTP/1.1\r\nhost: localhost\r\nx-amz-target: {target}\r\n");
        write!(self.stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    }

    fn receive(&mut self) -> Reply {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            self.stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply { status, head, body: String::new() };
        let mut body = vec![0; reply.header("content-length").expect("answers have a length").parse().unwrap()];
        self.stream.read_exact(&mut body).unwrap();
        reply.body = String::from_utf8(body).unwrap();
        reply
    }

    fn call(&mut self, operation: &str, body: &Value) -> Reply {
        self.send(operation, &body.to_string());
        self.receive()
    }

    /// Nothing comes for this long.
    fn assert_silent(&mut self, time: Duration) {
        self.stream.set_read_timeout(Some(time)).unwrap();
        let error = self.stream.read(&mut [0]).expect_err("nothing may be sent yet");
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
        self.stream.set_read_timeout(Some(SOON)).unwrap();
    }
}

fn activity_poll() -> Value {
    json!({"domain": "d", "taskList": {"name": "work"}})
}

fn decision_poll() -> Value {
    json!({"domain": "d", "taskList": {"name": "decide"}})
}

#[test]
fn an_answer_on_the_wire() {
    let emulator = Emulator::start(SOON);
    let mut connection = emulator.connect();
    let body = json!({"name": "d", "workflowExecutionRetentionPeriodInDays": "1"});
    let empty = connection.call("RegisterDomain", &body);
    assert_eq!((empty.status, empty.body.as_str(), empty.header("content-length")), (200, "", Some("0")));
    assert_eq!(empty.header("content-type"), Some("application/x-amz-json-1.0"));
    assert_eq!(empty.header("x-amzn-requestid").unwrap().len(), 36);
    assert!(empty.header("date").unwrap().ends_with(" GMT"), "{empty:?}");

    let fault = connection.call("RegisterDomain", &body);
    assert_eq!(fault.status, 400);
    let expected = json!({"__type": "com.amazonaws.swf.base.model#DomainAlreadyExistsFault", "message": "d"});
    assert_eq!(fault.json(), expected);
    assert_ne!(fault.header("x-amzn-requestid"), empty.header("x-amzn-requestid"));

    let target = "com.amazonaws.swf.service.model.SimpleWorkflowService.DescribeDomain";
    connection.send_to("POST /", target, "{\"name\": \"d\"}");
    let described = connection.receive();
    assert_eq!((described.status, &described.json()["domainInfo"]["name"]), (200, &json!("d")));
}

#[test]
fn the_date_header_can_be_left_out() {
    let emulator = Emulator::with(Options { date_header: false, ..Options::default() });
    let reply = emulator.connect().call("ListDomains", &json!({"registrationStatus": "REGISTERED"}));
    assert_eq!((reply.status, reply.header("date")), (200, None));
}

#[test]
fn requests_over_the_quota_are_throttled() {
    let mut quotas = Quotas::none();
    quotas.set("ListDomains".parse().unwrap(), Rate { bucket: 2, refill: 0 });
    let emulator = Emulator::with(Options { quotas, ..Options::default() });
    let mut connection = emulator.connect();
    let list = json!({"registrationStatus": "REGISTERED"});
    let statuses: Vec<u16> = (0..2).map(|_| connection.call("ListDomains", &list).status).collect();
    assert_eq!(statuses, [200, 200]);
    let reply = connection.call("ListDomains", &list);
    let throttled = "com.amazon.coral.availability#ThrottlingException";
    assert_eq!((reply.status, reply.json()), (400, json!({"__type": throttled, "message": "Rate exceeded"})));
    assert_eq!(connection.call("DescribeDomain", &json!({"name": "d"})).json()["message"], "Unknown domain: d");
}

/// An emulator with faults and with what [`Emulator::register`] registers.
fn faulty(faults: &[impl AsRef<str>]) -> Emulator {
    let faults = Faults::new(0, faults.iter().map(|fault| fault.as_ref().parse().unwrap()).collect());
    let emulator = Emulator::with(Options { faults, ..Options::default() });
    emulator.register();
    emulator
}

#[test]
fn a_lost_answer_leaves_the_client_waiting_and_the_effect_done() {
    let emulator = faulty(&["DeprecateDomain=lost-answer"]);
    let mut connection = emulator.connect();
    connection.send("DeprecateDomain", "{\"name\": \"d\"}");
    connection.assert_silent(Duration::from_millis(200));
    assert_eq!(emulator.call("DescribeDomain", &json!({"name": "d"}))["domainInfo"]["status"], "DEPRECATED");
}

#[test]
fn a_lost_request_has_no_effect() {
    let emulator = faulty(&["DeprecateDomain=lost-request"]);
    let mut connection = emulator.connect();
    connection.send("DeprecateDomain", "{\"name\": \"d\"}");
    connection.assert_silent(Duration::from_millis(200));
    assert_eq!(emulator.call("DescribeDomain", &json!({"name": "d"}))["domainInfo"]["status"], "REGISTERED");
}

#[test]
fn connections_are_reset_before_or_after_the_effect() {
    for (fault, status) in [("reset-request", "REGISTERED"), ("reset-answer", "DEPRECATED")] {
        let emulator = faulty(&[format!("DeprecateDomain={fault}")]);
        let mut connection = emulator.connect();
        connection.send("DeprecateDomain", "{\"name\": \"d\"}");
        let error = connection.stream.read(&mut [0]).expect_err("a reset, no orderly end");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let described = emulator.call("DescribeDomain", &json!({"name": "d"}));
        assert_eq!(described["domainInfo"]["status"], status, "{fault}");
    }
}

#[test]
fn refusals_on_demand_are_those_of_aws() {
    let emulator =
        faulty(&["throttle", "error:500", "error:503", "expired"].map(|kind| format!("DescribeDomain={kind}x1")));
    let mut connection = emulator.connect();
    let kinds: Vec<(u16, String)> = (0..5)
        .map(|_| connection.call("DescribeDomain", &json!({"name": "d"})))
        .map(|reply| (reply.status, reply.json()["__type"].as_str().unwrap_or_default().to_owned()))
        .collect();
    let expected = [
        (400, "com.amazon.coral.availability#ThrottlingException"),
        (500, "com.amazon.coral.service#InternalFailure"),
        (503, "com.amazon.coral.service#ServiceUnavailableException"),
        (400, "com.amazon.coral.service#ExpiredTokenException"),
        (200, ""),
    ];
    assert_eq!(kinds, expected.map(|(status, kind)| (status, kind.to_owned())));
}

#[test]
fn latency_delays_and_an_offset_falsifies_the_date() {
    let emulator = faulty(&["DescribeDomain=latency:300ms", "DescribeDomain=late-answer:200ms", "*=date:-1h"]);
    let sent = clock::now();
    let reply = emulator.connect().call("DescribeDomain", &json!({"name": "d"}));
    let took = clock::now().boot - sent.boot;
    assert!((500..3_000).contains(&took), "{took} ms");
    let date = chrono::DateTime::parse_from_rfc2822(reply.header("date").unwrap()).unwrap();
    let behind = sent.wall.0 - date.timestamp_millis();
    assert!((3_595_000..3_605_000).contains(&behind), "{behind} ms");
}

#[test]
fn what_is_not_an_operation_is_refused_not_held() {
    let emulator = Emulator::start(SOON);
    let kind = |reply: &Reply| reply.json()["__type"].as_str().unwrap().to_owned();
    let unknown = "com.amazon.coral.service#UnknownOperationException";
    for (line, target, status) in [
        ("POST /", "SimpleWorkflowService.ListOpenWorkflowExecutions", 400),
        ("POST /", "", 400),
        ("GET /", "SimpleWorkflowService.ListDomains", 404),
        ("POST /other", "SimpleWorkflowService.ListDomains", 404),
    ] {
        let mut connection = emulator.connect();
        connection.send_to(line, target, "{}");
        let reply = connection.receive();
        assert_eq!((reply.status, kind(&reply).as_str()), (status, unknown), "{line} {target}");
    }
    let mut connection = emulator.connect();
    connection.send("ListDomains", "no json");
    let reply = connection.receive();
    assert_eq!((reply.status, kind(&reply).as_str()), (400, "com.amazon.coral.service#SerializationException"));
}

#[test]
fn a_request_over_one_megabyte_is_refused_and_one_just_below_is_read() {
    let emulator = Emulator::start(SOON);
    let padded = |length: usize| {
        let body = "{\"name\": \"d\"}";
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    let mut connection = emulator.connect();
    connection.send("DescribeDomain", &padded(1 << 20));
    let reply = connection.receive();
    assert_eq!((reply.status, &reply.json()["message"]), (400, &json!("Unknown domain: d")));
    connection.send("DescribeDomain", &padded((1 << 20) + 1));
    let reply = connection.receive();
    assert_eq!(reply.status, 413);
    assert_eq!(reply.json()["__type"], "com.amazon.coral.service#RequestEntityTooLargeException");
}

#[test]
fn an_empty_poll_is_held_and_nothing_is_sent_before() {
    let emulator = Emulator::start(Duration::from_millis(1_500));
    emulator.register();
    let mut connection = emulator.connect();
    let sent = clock::now().boot;
    connection.send("PollForActivityTask", &activity_poll().to_string());
    connection.assert_silent(Duration::from_secs(1));
    let reply = connection.receive();
    let held = clock::now().boot - sent;
    assert_eq!((reply.status, reply.body.as_str()), (200, "{\"startedEventId\":0}"));
    assert!((1_500..3_500).contains(&held), "held for {held} ms");
    let reply = connection.call("PollForDecisionTask", &decision_poll());
    assert_eq!(reply.body, "{\"previousStartedEventId\":0,\"startedEventId\":0}");
}

#[test]
fn a_held_poll_gets_the_task_as_soon_as_there_is_one() {
    let emulator = Emulator::start(SOON * 6);
    emulator.register();
    let mut connection = emulator.connect();
    connection.send("PollForActivityTask", &activity_poll().to_string());
    emulator.until(|inspection| inspection.held_polls == 1);
    emulator.schedule();
    let task = connection.receive().json();
    assert_eq!(task["activityId"], "a");
    let inspection = emulator.control.inspect();
    assert_eq!(task["taskToken"].as_str(), Some(inspection.handed_out[0].token.as_str()));
    assert!(inspection.handed_out[0].answered);
}

#[test]
fn timeouts_fire_by_themselves_and_wake_a_held_poll() {
    let emulator = Emulator::start(SOON * 6);
    emulator.register();
    emulator.schedule();
    emulator.call("PollForActivityTask", &activity_poll());
    let claimed = clock::now().boot;
    let task = emulator.call("PollForDecisionTask", &decision_poll());
    let waited = clock::now().boot - claimed;
    assert!((900..3_000).contains(&waited), "the heartbeat timeout of 1 s fired after {waited} ms");
    let events = task["events"].as_array().unwrap();
    let [.., started, timed_out, _, _] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(timed_out["activityTaskTimedOutEventAttributes"]["timeoutType"], "HEARTBEAT");
    let seconds = timed_out["eventTimestamp"].as_f64().unwrap() - started["eventTimestamp"].as_f64().unwrap();
    assert!((seconds - 1.0).abs() < 1e-6, "{seconds}");
}

#[test]
fn a_poll_whose_connection_closes_is_forgotten() {
    let emulator = Emulator::start(SOON * 6);
    emulator.register();
    let mut gone = emulator.connect();
    gone.send("PollForActivityTask", &activity_poll().to_string());
    emulator.until(|inspection| inspection.held_polls == 1);
    gone.stream.shutdown(Shutdown::Both).unwrap();
    drop(gone);
    emulator.until(|inspection| inspection.held_polls == 0);
    emulator.schedule();
    assert_eq!(emulator.call("PollForActivityTask", &activity_poll())["activityId"], "a");
}

#[test]
fn released_polls_end_at_once_and_a_stop_ends_the_rest() {
    let emulator = Emulator::start(SOON * 6);
    emulator.register();
    let mut connection = emulator.connect();
    for release in [Control::release_polls, Control::stop] {
        connection.send("PollForActivityTask", &activity_poll().to_string());
        emulator.until(|inspection| inspection.held_polls == 1);
        release(&emulator.control);
        assert_eq!(connection.receive().body, "{\"startedEventId\":0}");
    }
    assert_eq!(connection.stream.read(&mut [0]).unwrap(), 0, "the connection is closed");
}

#[test]
fn a_taken_port_is_explained() {
    let emulator = Emulator::start(SOON);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let port = emulator.addr.port();
    let error = runtime.block_on(Server::bind(Options { port, ..Options::default() })).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot listen on 127.0.0.1:{port}: ")), "{error}");
}
