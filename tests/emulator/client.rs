//! An emulator on a thread, and a client that sees every byte.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use swfbeat::clock;
use swfbeat::emulator::{Control, Inspection, Options, Server};

/// Long enough for anything that should happen at once, on a busy machine.
pub const SOON: Duration = Duration::from_secs(10);

/// A server on a thread of its own, stopped at the end.
pub struct Emulator {
    pub addr: SocketAddr,
    pub control: Control,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    pub fn start(poll_hold: Duration) -> Self {
        Self::with(Options { poll_hold, ..Options::default() })
    }

    pub fn with(options: Options) -> Self {
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

    pub fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        Connection { stream }
    }

    /// One call on a connection of its own.
    pub fn call(&self, operation: &str, body: &Value) -> Value {
        let answer = self.connect().call(operation, body);
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    pub fn register(&self) {
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
    pub fn schedule(&self) {
        self.schedule_all("w", ["a"]);
    }

    /// Starts an execution and schedules activities.
    pub fn schedule_all(&self, workflow_id: &str, activity_ids: impl IntoIterator<Item: AsRef<str>>) {
        let start = json!({"domain": "d", "workflowId": workflow_id, "workflowType": {"name": "W", "version": "1"}});
        self.call("StartWorkflowExecution", &start);
        let task = self.call("PollForDecisionTask", &decision_poll());
        let decision = |id: &str| {
            let attributes = json!({"activityId": id, "activityType": {"name": "A", "version": "1"}});
            json!({"decisionType": "ScheduleActivityTask", "scheduleActivityTaskDecisionAttributes": attributes})
        };
        let decisions: Vec<Value> = activity_ids.into_iter().map(|id| decision(id.as_ref())).collect();
        let body = json!({"taskToken": task["taskToken"], "decisions": decisions});
        self.call("RespondDecisionTaskCompleted", &body);
    }

    /// Waits until the service looks as wanted.
    pub fn until(&self, wanted: impl Fn(&Inspection) -> bool) {
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

pub struct Connection {
    pub stream: TcpStream,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Connection {
    pub fn send(&mut self, operation: &str, body: &str) {
        self.send_to("POST /", &format!("SimpleWorkflowService.{operation}"), body);
    }

    pub fn send_to(&mut self, line: &str, target: &str, body: &str) {
        let head = format!("{line} HTTP/1.1\r\nhost: localhost\r\nx-amz-target: {target}\r\n");
        self.send_raw(&head, body);
    }

    /// Sends what has a head of its own.
    pub fn send_raw(&mut self, head: &str, body: &str) {
        write!(self.stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    }

    pub fn receive(&mut self) -> Reply {
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

    pub fn call(&mut self, operation: &str, body: &Value) -> Reply {
        self.send(operation, &body.to_string());
        self.receive()
    }

    /// Nothing comes for this long.
    pub fn assert_silent(&mut self, time: Duration) {
        self.stream.set_read_timeout(Some(time)).unwrap();
        let error = self.stream.read(&mut [0]).expect_err("nothing may be sent yet");
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
        self.stream.set_read_timeout(Some(SOON)).unwrap();
    }
}

pub fn activity_poll() -> Value {
    json!({"domain": "d", "taskList": {"name": "work"}})
}

pub fn decision_poll() -> Value {
    json!({"domain": "d", "taskList": {"name": "decide"}})
}
