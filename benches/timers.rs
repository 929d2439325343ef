//! How late 100,000 timers fire when no request arrives. Fails beyond 50 ms.
//!
//!     cargo bench --bench timers
//!
//! A real server on loopback; the timers are set through the API and are due at whole seconds after that, about 5,000 of
//! them in each second. Late is when their events can be read, events of the same instant included.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a benchmark ends where something is missing")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::thread;

use serde_json::{Value, json};
use swfbeat::clock;
use swfbeat::emulator::{Control, Options, Server};

/// Executions with as many timers as one may have.
const EXECUTIONS: usize = 100;
const TIMERS: usize = 1_000;
/// The timers are due within so many seconds, after all are set.
const FIRST: usize = 30;
const SPREAD: usize = 20;
/// Milliseconds.
const BAR: i64 = 50;

fn main() -> ExitCode {
    let (sender, receiver) = std::sync::mpsc::channel();
    let server = thread::spawn(move || {
        runtime().block_on(async {
            let server = Server::bind(Options::default()).await.expect("a free port");
            sender.send((server.addr(), server.control())).expect("somebody waits");
            server.run().await;
        });
    });
    let (addr, control) = receiver.recv().expect("a server");
    set_timers(&mut TcpStream::connect(addr).expect("a connection"));
    let mut late = watch(&control);
    control.stop();
    server.join().expect("a server that ends");

    late.sort_unstable();
    let at = |percent: usize| late[(late.len() - 1) * percent / 100];
    let (half, most, last) = (at(50), at(99), at(100));
    println!(
        "{} timers: 50 % within {half} ms, 99 % within {most} ms, all within {last} ms (bar: {BAR} ms)",
        late.len()
    );
    if last <= BAR { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn set_timers(connection: &mut TcpStream) {
    call(connection, "RegisterDomain", &json!({"name": "d", "workflowExecutionRetentionPeriodInDays": "1"}));
    let kind = json!({
        "domain": "d", "name": "W", "version": "1", "defaultTaskList": {"name": "decide"},
        "defaultTaskStartToCloseTimeout": "NONE", "defaultExecutionStartToCloseTimeout": "3600",
        "defaultChildPolicy": "TERMINATE",
    });
    call(connection, "RegisterWorkflowType", &kind);
    for execution in 0..EXECUTIONS {
        let start = json!({
            "domain": "d", "workflowId": execution.to_string(), "workflowType": {"name": "W", "version": "1"},
        });
        call(connection, "StartWorkflowExecution", &start);
        let task = call(connection, "PollForDecisionTask", &json!({"domain": "d", "taskList": {"name": "decide"}}));
        let timer = |n: usize| {
            let seconds = (FIRST + (n * 7_919 + execution) % SPREAD).to_string();
            let attributes = json!({"timerId": n.to_string(), "startToFireTimeout": seconds});
            json!({"decisionType": "StartTimer", "startTimerDecisionAttributes": attributes})
        };
        let decisions: Vec<Value> = (0..TIMERS).map(timer).collect();
        let answer = json!({"taskToken": task["taskToken"], "decisions": decisions});
        call(connection, "RespondDecisionTaskCompleted", &answer);
    }
}

fn call(connection: &mut TcpStream, operation: &str, body: &Value) -> Value {
    let body = body.to_string();
    let head = format!("POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: SimpleWorkflowService.{operation}\r\n");
    write!(connection, "{head}content-length: {}\r\n\r\n{body}", body.len()).expect("a request");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        connection.read_exact(&mut byte).expect("an answer");
        answer.extend(byte);
    }
    let head = String::from_utf8(answer).expect("text").to_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{operation}: {head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    let mut body = vec![0; length.parse().expect("a number")];
    connection.read_exact(&mut body).expect("a body");
    serde_json::from_slice(&body).unwrap_or_default()
}

/// Reads the events as they are written; by how many milliseconds each timer was late.
fn watch(control: &Control) -> Vec<i64> {
    let runtime = runtime();
    let mut seen = control.events_after(0, usize::MAX).last().map_or(0, |event| event.number);
    let mut late = Vec::with_capacity(EXECUTIONS * TIMERS);
    while late.len() < EXECUTIONS * TIMERS {
        let events = runtime.block_on(control.next_events(seen, usize::MAX));
        let now = clock::now().wall.0;
        for written in events {
            seen = written.number;
            let event: Value = serde_json::from_str(written.event.get()).expect("an event");
            if event["eventType"] == "TimerFired" {
                let due = event["eventTimestamp"].as_f64().expect("an instant") * 1_000.0;
                late.push(now - due.round() as i64);
            }
        }
    }
    late
}
