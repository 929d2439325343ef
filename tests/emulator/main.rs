//! The emulator over real sockets, byte by byte: what its HTTP face promises and no SDK would show.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is missing")]

mod access;
mod admin;
mod client;
mod crowd;
mod faults;
mod readme;

use std::io::Read;
use std::net::Shutdown;
use std::time::Duration;

use client::{Emulator, Reply, SOON, activity_poll, decision_poll};
use serde_json::json;
use swfbeat::clock;
use swfbeat::emulator::{Control, Options, Server};

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
fn what_is_not_an_operation_is_refused_not_held() {
    let emulator = Emulator::start(SOON);
    let kind = |reply: &Reply| reply.json()["__type"].as_str().unwrap().to_owned();
    let unknown = "com.amazon.coral.service#UnknownOperationException";
    for (line, target, status) in [
        ("POST /", "SimpleWorkflowService.ListEverything", 400),
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
