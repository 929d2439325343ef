//! Stories that others recorded from the real service: the same requests give the same histories here.
//!
//! The recordings are the HTTP cassettes of simpleflow's integration tests, of 2016 to 2023; what is compared is the order
//! of events, the links between them and what describing the execution says.

use serde_json::{Value, json};

use super::{World, attributes, decision, schedule};

/// Each event's type with the ids of the events that scheduled and started what it is about.
fn outline(world: &mut World, run_id: &str) -> Vec<String> {
    let line = |event: &Value| {
        let links = ["scheduledEventId", "startedEventId", "initiatedEventId"];
        let links: Vec<String> =
            links.iter().filter_map(|name| attributes(event)[*name].as_i64()).map(|id| id.to_string()).collect();
        format!("{} {}", event["eventType"].as_str().unwrap(), links.join(" ")).trim_end().to_owned()
    };
    world.history(run_id).iter().map(line).collect()
}

fn answer(world: &mut World, task: &Value, decisions: Value) {
    let body = json!({"taskToken": task["taskToken"], "decisions": decisions});
    world.call("RespondDecisionTaskCompleted", body);
}

#[test]
fn an_activity_completes_while_the_decider_works_on_a_signal() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({}));
    let token = world.claim();
    let body = json!({"domain": "d", "workflowId": "w", "signalName": "unexpected", "input": "Hi there!"});
    world.call("SignalWorkflowExecution", body);
    let task = world.poll_decision();
    world.pass(500);
    world.call("RespondActivityTaskCompleted", json!({"taskToken": token, "result": "signal sent!"}));
    answer(&mut world, &task, json!([]));
    let next = world.poll_decision();
    answer(&mut world, &next, json!([decision("CompleteWorkflowExecution", json!({"result": "signal sent!"}))]));
    assert_eq!(
        outline(&mut world, &run_id),
        [
            "WorkflowExecutionStarted",
            "DecisionTaskScheduled",
            "DecisionTaskStarted 2",
            "DecisionTaskCompleted 2 3",
            "ActivityTaskScheduled",
            "ActivityTaskStarted 5",
            "WorkflowExecutionSignaled",
            "DecisionTaskScheduled",
            "DecisionTaskStarted 8",
            "ActivityTaskCompleted 5 6",
            "DecisionTaskScheduled",
            "DecisionTaskCompleted 8 9",
            "DecisionTaskStarted 11",
            "DecisionTaskCompleted 11 13",
            "WorkflowExecutionCompleted",
        ]
    );
    let latest = world.describe(&run_id)["latestActivityTaskTimestamp"].clone();
    assert_eq!(latest, world.history(&run_id)[9]["eventTimestamp"], "when the activity completed");
}

#[test]
fn a_child_fails_while_its_parents_decider_works() {
    let mut world = World::new();
    let run_id = world.start("w");
    let child = json!({
        "workflowId": "c", "workflowType": {"name": "W", "version": "1"}, "taskList": {"name": "child"},
    });
    world.decide(json!([decision("StartChildWorkflowExecution", child)]));
    let task = world.poll_decision();
    let of_child = world.call("PollForDecisionTask", json!({"domain": "d", "taskList": {"name": "child"}}));
    answer(&mut world, &of_child, json!([decision("FailWorkflowExecution", json!({"reason": "r"}))]));
    answer(&mut world, &task, json!([]));
    world.decide(json!([decision("CompleteWorkflowExecution", json!({}))]));
    assert_eq!(
        outline(&mut world, &run_id)[4..],
        [
            "StartChildWorkflowExecutionInitiated",
            "ChildWorkflowExecutionStarted 5",
            "DecisionTaskScheduled",
            "DecisionTaskStarted 7",
            "ChildWorkflowExecutionFailed 6 5",
            "DecisionTaskScheduled",
            "DecisionTaskCompleted 7 8",
            "DecisionTaskStarted 10",
            "DecisionTaskCompleted 10 12",
            "WorkflowExecutionCompleted",
        ]
    );
}

#[test]
fn a_canceled_execution_leaves_its_activity_open_and_has_no_cancel_request_any_more() {
    let mut world = World::new();
    let run_id = world.start("w");
    world.decide(json!([schedule("a", json!({}))]));
    world.pass(179);
    world.claim();
    world.call("RequestCancelWorkflowExecution", json!({"domain": "d", "workflowId": "w"}));
    world.decide(json!([decision("CancelWorkflowExecution", json!({}))]));
    assert_eq!(world.last(&run_id, "WorkflowExecutionCancelRequested").1, json!({"externalInitiatedEventId": 0}));
    let described = world.describe(&run_id);
    assert_eq!(described["executionInfo"]["closeStatus"], "CANCELED");
    assert_eq!(described["executionInfo"]["cancelRequested"], false);
    assert_eq!(
        described["openCounts"],
        json!({
            "openActivityTasks": 1, "openChildWorkflowExecutions": 0, "openDecisionTasks": 0,
            "openLambdaFunctions": 0, "openTimers": 0,
        })
    );
    let latest = described["latestActivityTaskTimestamp"].clone();
    assert_eq!(latest, world.history(&run_id)[5]["eventTimestamp"], "when the activity started");
}
