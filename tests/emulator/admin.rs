//! The admin interface beside the API.

use std::time::Duration;

use serde_json::{Value, json};
use swfbeat::clock;
use swfbeat::emulator::{AdminToken, Options};

use crate::client::{Emulator, Reply};

struct Admin {
    emulator: Emulator,
    token: AdminToken,
}

impl Admin {
    fn start() -> Self {
        let token = AdminToken::random().unwrap();
        let emulator = Emulator::with(Options { admin: Some(token.clone()), ..Options::default() });
        emulator.register();
        Self { emulator, token }
    }

    fn send(&self, line: &str, body: &str) -> Reply {
        let host = self.emulator.addr.to_string();
        ask(&self.emulator, line, &host, self.token.reveal(), body)
    }

    fn get(&self, path: &str) -> Value {
        let reply = self.send(&format!("GET /_swfbeat/{path}"), "");
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()
    }
}

fn ask(emulator: &Emulator, line: &str, host: &str, token: &str, body: &str) -> Reply {
    let mut connection = emulator.connect();
    connection.send_raw(&format!("{line} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n"), body);
    connection.receive()
}

#[test]
fn only_with_the_token_and_under_a_name_of_this_machine() {
    let admin = Admin::start();
    let host = admin.emulator.addr.to_string();
    let status = |host: &str, token: &str| ask(&admin.emulator, "GET /_swfbeat/faults", host, token, "").status;
    assert_eq!(status(&host, admin.token.reveal()), 200);
    assert_eq!(status(&host.replace("127.0.0.1", "localhost"), admin.token.reveal()), 200);
    assert_eq!(status(&host, ""), 401);
    assert_eq!(status(&host, AdminToken::random().unwrap().reveal()), 401);
    assert_eq!(status("evil.example", admin.token.reveal()), 403);
    let without = Emulator::with(Options::default());
    let host = without.addr.to_string();
    assert_eq!(ask(&without, "GET /_swfbeat/faults", &host, "", "").status, 404);
}

#[test]
fn faults_are_set_and_cleared_while_it_runs() {
    let admin = Admin::start();
    let faults = json!({"faults": ["DescribeDomain=throttle", "*=latency:1ms-2ms@50%x9"]});
    let reply = admin.send("PUT /_swfbeat/faults", &faults.to_string());
    assert_eq!((reply.status, reply.json()), (200, faults.clone()));
    assert_eq!(admin.emulator.control.faults().len(), 2);
    let describe = || admin.emulator.connect().call("DescribeDomain", &json!({"name": "d"})).status;
    assert_eq!(describe(), 400);
    let reply = admin.send("PUT /_swfbeat/faults", "{\"faults\": [\"*=nonsense\"]}");
    assert_eq!(reply.status, 400);
    assert!(reply.json()["error"].as_str().unwrap().contains("'nonsense' is no fault"), "{}", reply.body);
    assert_eq!(admin.get("faults")["faults"][0], faults["faults"][0], "a mistake changes nothing");
    assert_eq!(admin.send("DELETE /_swfbeat/faults", "").json(), json!({"faults": []}));
    assert_eq!(describe(), 200);
}

#[test]
fn quotas_are_set_and_cleared_while_it_runs() {
    let admin = Admin::start();
    let quotas = json!({"quotas": {"DescribeDomain": "1/0"}});
    assert_eq!(admin.send("PUT /_swfbeat/quotas", &quotas.to_string()).json(), quotas);
    let describe = || admin.emulator.connect().call("DescribeDomain", &json!({"name": "d"})).status;
    assert_eq!((describe(), describe()), (200, 400));
    let aws = admin.send("PUT /_swfbeat/quotas", "{\"quotas\": \"aws\"}").json();
    assert_eq!(aws["quotas"]["RecordActivityTaskHeartbeat"], "2000/160");
    assert_eq!(admin.send("DELETE /_swfbeat/quotas", "").json(), json!({"quotas": {}}));
    assert_eq!(describe(), 200);
    assert_eq!(admin.send("POST /_swfbeat/quotas", "").status, 405);
    assert_eq!(admin.send("GET /_swfbeat/nothing", "").status, 404);
}

#[test]
fn the_service_is_read_without_tokens() {
    let admin = Admin::start();
    admin.emulator.schedule();
    let waiting = admin.get("service");
    let activity = &waiting["activities"][0];
    assert_eq!((&activity["activityId"], &activity["started"]), (&json!("a"), &json!(false)));
    let task = admin.emulator.call("PollForActivityTask", &crate::client::activity_poll());
    let reply = admin.send("GET /_swfbeat/service", "");
    let started = reply.json();
    let due = started["activities"][0]["deadlines"]["heartbeat"].as_i64().unwrap() - started["now"].as_i64().unwrap();
    assert!((0..=1_000).contains(&due), "{due} ms");
    assert_eq!(started["handedOut"], json!({"tasks": 1, "reached": 1}));
    assert!(!reply.body.contains(task["taskToken"].as_str().unwrap()));
}

#[test]
fn events_are_read_as_they_are_written() {
    let admin = Admin::start();
    assert_eq!(admin.get("events"), json!({"events": [], "last": 0}));
    admin.emulator.schedule();
    let all = admin.get("events?after=0");
    let numbers: Vec<i64> = all["events"].as_array().unwrap().iter().map(|it| it["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    assert_eq!(all["events"][0]["event"]["eventType"], "WorkflowExecutionStarted");
    assert_eq!((&all["events"][4]["workflowId"], &all["events"][4]["domain"]), (&json!("w"), &json!("d")));

    let asked = clock::now().boot;
    assert_eq!(admin.get("events?after=5&wait=200ms"), json!({"events": [], "last": 5}));
    assert!(clock::now().boot - asked >= 200);

    std::thread::scope(|threads| {
        let waiting = threads.spawn(|| admin.get("events?after=5&wait=30s"));
        std::thread::sleep(Duration::from_millis(100));
        let signal = json!({"domain": "d", "workflowId": "w", "signalName": "s"});
        admin.emulator.call("SignalWorkflowExecution", &signal);
        let news = waiting.join().unwrap();
        assert_eq!(news["events"][0]["event"]["eventType"], "WorkflowExecutionSignaled");
        assert_eq!(news["events"][0]["number"], 6);
    });
    assert_eq!(admin.emulator.control.events_after(5, 1)[0].number, 6);
    assert_eq!(admin.send("GET /_swfbeat/events?wait=soon", "").status, 400);
}

#[test]
fn a_colleague_completes_a_task_without_the_token_being_shown() {
    let admin = Admin::start();
    admin.emulator.schedule();
    let open = admin.get("service")["activities"][0].clone();
    let body = json!({"workflowId": open["workflowId"], "runId": open["runId"], "activityId": "a", "result": "done"});
    let complete = || admin.send("POST /_swfbeat/complete", &body.to_string());
    assert_eq!(complete().status, 404, "nobody has it yet");
    let task = admin.emulator.call("PollForActivityTask", &crate::client::activity_poll());
    let reply = complete();
    assert_eq!((reply.status, reply.body.contains(task["taskToken"].as_str().unwrap())), (200, false));
    let events = admin.get("events")["events"].clone();
    let completed = events.as_array().unwrap().iter().find(|it| it["event"]["eventType"] == "ActivityTaskCompleted");
    let result = &completed.unwrap()["event"]["activityTaskCompletedEventAttributes"]["result"];
    assert_eq!(result, "done");
    assert_eq!(complete().status, 404, "it is closed");
    assert_eq!(admin.send("GET /_swfbeat/complete", "").status, 405);
}
