//! How much there may be of what.

use serde_json::{Value, json};

use super::{World, decision, schedule, start_timer};

fn causes(world: &mut World, run_id: &str, event_type: &str) -> Vec<Value> {
    let history = world.history(run_id);
    let failed = history.iter().filter(|event| event["eventType"] == event_type);
    failed.map(|event| super::attributes(event)["cause"].clone()).collect()
}

#[test]
fn a_thousand_open_activities_timers_and_children() {
    let mut world = World::new();
    let run_id = world.start("w");
    let child = |n: i32| {
        let kind = json!({"name": "W", "version": "1"});
        let list = json!({"name": "children"});
        decision(
            "StartChildWorkflowExecution",
            json!({"workflowId": format!("c{n}"), "workflowType": kind, "taskList": list}),
        )
    };
    world.decide(json!((0..1_002).map(|n| schedule(&n.to_string(), json!({}))).collect::<Vec<_>>()));
    world.decide(json!((0..1_001).map(|n| start_timer(&n.to_string(), "60")).collect::<Vec<_>>()));
    world.decide(json!((0..1_001).map(child).collect::<Vec<_>>()));
    let counts = world.describe(&run_id)["openCounts"].clone();
    assert_eq!(
        counts,
        json!({
            "openActivityTasks": 1_000, "openDecisionTasks": 1, "openTimers": 1_000,
            "openChildWorkflowExecutions": 1_000, "openLambdaFunctions": 0,
        })
    );
}

#[test]
fn what_is_over_the_limit_fails_and_says_why() {
    let mut world = World::new();
    (world.service.limits.open_activities, world.service.limits.open_timers) = (1, 1);
    world.service.limits.open_children = 1;
    let run_id = world.start("w");
    let child = |id: &str| {
        decision(
            "StartChildWorkflowExecution",
            json!({"workflowId": id, "workflowType": {"name": "W", "version": "1"}}),
        )
    };
    world.decide(json!([
        schedule("a", json!({})),
        schedule("b", json!({})),
        schedule("a", json!({})),
        start_timer("t", "60"),
        start_timer("u", "60"),
        start_timer("t", "60"),
        child("c"),
        child("e"),
    ]));
    assert_eq!(
        causes(&mut world, &run_id, "ScheduleActivityTaskFailed"),
        ["OPEN_ACTIVITIES_LIMIT_EXCEEDED", "ACTIVITY_ID_ALREADY_IN_USE"]
    );
    assert_eq!(
        causes(&mut world, &run_id, "StartTimerFailed"),
        ["OPEN_TIMERS_LIMIT_EXCEEDED", "TIMER_ID_ALREADY_IN_USE"]
    );
    assert_eq!(causes(&mut world, &run_id, "StartChildWorkflowExecutionFailed"), ["OPEN_CHILDREN_LIMIT_EXCEEDED"]);
}

#[test]
fn open_executions_of_a_domain_are_limited() {
    let mut world = World::new();
    world.service.limits.open_executions = 2;
    let run_id = world.start("w");
    world.start("v");
    let start = json!({"domain": "d", "workflowId": "x", "workflowType": {"name": "W", "version": "1"}});
    assert_eq!(world.fault("StartWorkflowExecution", start).0, "LimitExceededFault");
    let child = json!({"workflowId": "x", "workflowType": {"name": "W", "version": "1"}});
    world.decide(json!([decision("StartChildWorkflowExecution", child)]));
    assert_eq!(causes(&mut world, &run_id, "StartChildWorkflowExecutionFailed"), ["OPEN_WORKFLOWS_LIMIT_EXCEEDED"]);
    world.call("TerminateWorkflowExecution", json!({"domain": "d", "workflowId": "v"}));
    world.start("x");
}

#[test]
fn a_history_that_reaches_the_limit_ends_its_execution() {
    let mut world = World::new();
    world.service.limits.history = 10;
    let run_id = world.start("w");
    let signal = json!({"domain": "d", "workflowId": "w", "signalName": "s"});
    for _ in 0..6 {
        world.call("SignalWorkflowExecution", signal.clone());
    }
    assert_eq!(world.describe(&run_id)["executionInfo"]["executionStatus"], "OPEN");
    world.call("SignalWorkflowExecution", signal.clone());
    let history = world.history(&run_id);
    assert_eq!(history.len(), 10);
    assert_eq!(
        world.last(&run_id, "WorkflowExecutionTerminated").1,
        json!({"childPolicy": "TERMINATE", "cause": "EVENT_LIMIT_EXCEEDED"})
    );
    assert_eq!(world.fault("SignalWorkflowExecution", signal).0, "UnknownResourceFault");
    assert!(world.poll_activity().is_err());
}

#[test]
fn an_execution_lasts_a_year_at_most() {
    let mut world = World::new();
    let body = json!({
        "domain": "d", "workflowId": "w", "workflowType": {"name": "W", "version": "1"},
        "executionStartToCloseTimeout": "99999999",
    });
    let run_id = world.call("StartWorkflowExecution", body)["runId"].as_str().unwrap().to_owned();
    let year = 365 * 24 * 3_600 * 1_000;
    world.pass(year - 1);
    assert_eq!(world.types(&run_id).len(), 2);
    world.pass(1);
    assert_eq!(world.last(&run_id, "WorkflowExecutionTimedOut").0, year);
}
