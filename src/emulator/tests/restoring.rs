//! A service that was saved goes on where it stopped. (The random sequences do this at any moment.)

use serde_json::{Value, json};

use super::super::service::Service;
use super::super::state::StateError;
use super::{World, schedule, start_timer};

#[test]
fn tasks_timers_tokens_and_lists_go_on() {
    let mut world = World::new();
    let run_id = world.start("w");
    world.decide(json!([
        schedule("a", json!({"heartbeatTimeout": "60"})),
        schedule("b", json!({"taskPriority": "-5"})),
        schedule("c", json!({"taskPriority": "7"})),
        start_timer("t", "90"),
    ]));
    let first = world.poll_activity().unwrap();
    assert_eq!(first["activityId"], "c", "the highest priority first");
    let token = world.claim();
    world.beat(&token, Some("half"));
    world.start("closed");
    world.call("TerminateWorkflowExecution", json!({"domain": "d", "workflowId": "closed"}));
    let before = world.history(&run_id);

    world.restart();
    assert_eq!(world.history(&run_id), before);
    assert_eq!(world.pending(), 1);
    let closed = json!({"domain": "d", "startTimeFilter": {"oldestDate": 0}});
    let closed = world.call("ListClosedWorkflowExecutions", closed)["executionInfos"].clone();
    assert_eq!(closed[0]["closeStatus"], "TERMINATED");
    assert!(!world.beat(&token, Some("more")));
    world.pass(61_000);
    let (_, timed_out) = world.last(&run_id, "ActivityTaskTimedOut");
    assert_eq!((&timed_out["timeoutType"], &timed_out["details"]), (&json!("HEARTBEAT"), &json!("more")));
    world.restart();
    world.pass(30_000);
    assert_eq!(world.last(&run_id, "TimerFired").0, 90_000, "at its own instant");
    assert_eq!(world.claim().len(), 320);
}

#[test]
fn what_fell_due_meanwhile_happens_at_its_own_instant() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({"startToCloseTimeout": "10"}));
    world.claim();
    world.restart();
    world.now += 3_600_000;
    assert_eq!(world.last(&run_id, "ActivityTaskTimedOut").0, 10_000);
}

#[test]
fn held_polls_do_not_survive() {
    let mut world = World::new();
    world.poll_activity().unwrap_err();
    world.restart();
    assert_eq!(world.service.inspect().held_polls, 0);
    world.pass(60_000);
    assert!(world.answers.is_empty());
}

#[test]
fn what_is_no_state_is_refused() {
    let mut world = World::new();
    world.start("w");
    let text = String::from_utf8(world.service.save()).unwrap();
    let restore = |text: &str| Service::restore(world.service.config.clone(), text.as_bytes()).unwrap_err();
    for broken in ["", "{}", "[1]", &text[..text.len() / 2]] {
        assert!(matches!(restore(broken), StateError::Unreadable(_)), "{broken}");
    }
    assert!(matches!(restore(&text.replace("swfbeat emulator", "another")), StateError::Unreadable(_)));
    assert!(matches!(restore(&text.replace("\"d\"", "\"e\"")), StateError::Damaged));
    let mut newer: Value = serde_json::from_str(&text).unwrap();
    newer["version"] = json!(2);
    let error = restore(&newer.to_string());
    assert_eq!(error.to_string(), "it has version 2, and this program knows version 1 only");
}
