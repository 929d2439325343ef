//! ContinueAsNewWorkflowExecution: one execution ends, the next of the same workflow id begins.

use serde_json::{Value, json};

use super::{World, decision};

const CONTINUE: &str = "ContinueAsNewWorkflowExecution";

fn open_run(world: &mut World, workflow_id: &str) -> String {
    let body = json!({
        "domain": "d", "startTimeFilter": {"oldestDate": 0}, "executionFilter": {"workflowId": workflow_id},
    });
    let listed = world.call("ListOpenWorkflowExecutions", body);
    assert_eq!(listed["executionInfos"].as_array().unwrap().len(), 1);
    listed["executionInfos"][0]["execution"]["runId"].as_str().unwrap().to_owned()
}

#[test]
fn the_next_execution_has_the_types_defaults_and_what_the_decision_says() {
    let mut world = World::new();
    let run_id = world.start("w");
    world.decide(json!([decision(CONTINUE, json!({"input": "i", "tagList": ["t"], "taskPriority": "5"}))]));
    let next = open_run(&mut world, "w");
    assert_ne!(next, run_id);
    let common = json!({
        "input": "i", "executionStartToCloseTimeout": "86400", "taskStartToCloseTimeout": "NONE", "taskPriority": "5",
        "taskList": {"name": "decide"}, "childPolicy": "TERMINATE", "tagList": ["t"],
        "workflowType": {"name": "W", "version": "1"},
    });
    let mut ended = common.clone();
    (ended["decisionTaskCompletedEventId"], ended["newExecutionRunId"]) = (json!(4), json!(next));
    assert_eq!(world.last(&run_id, "WorkflowExecutionContinuedAsNew").1, ended);
    let mut begun = common;
    (begun["parentInitiatedEventId"], begun["continuedExecutionRunId"]) = (json!(0), json!(run_id));
    assert_eq!(world.last(&next, "WorkflowExecutionStarted").1, begun);
    assert_eq!(world.describe(&run_id)["executionInfo"]["closeStatus"], "CONTINUED_AS_NEW");
    world.decide(json!([{"decisionType": CONTINUE}]));
    assert_ne!(open_run(&mut world, "w"), next, "all attributes are optional");
}

#[test]
fn with_another_version_or_not_at_all() {
    let mut world = World::new();
    world.call("RegisterWorkflowType", json!({"domain": "d", "name": "W", "version": "2"}));
    world.call("RegisterWorkflowType", json!({"domain": "d", "name": "W", "version": "old"}));
    let old = json!({"domain": "d", "workflowType": {"name": "W", "version": "old"}});
    world.call("DeprecateWorkflowType", old);
    let run_id = world.start("w");
    let mut says = json!({"workflowTypeVersion": "2"});
    let mut causes = vec![];
    for (member, value) in [
        ("executionStartToCloseTimeout", json!("NONE")),
        ("taskStartToCloseTimeout", json!("60")),
        ("childPolicy", json!("ABANDON")),
        ("taskList", json!({"name": "decide"})),
    ] {
        world.decide(json!([decision(CONTINUE, says.clone())]));
        causes.push(world.last(&run_id, "ContinueAsNewWorkflowExecutionFailed").1["cause"].clone());
        says[member] = value;
    }
    for version in ["old", "9"] {
        world.decide(json!([decision(CONTINUE, json!({"workflowTypeVersion": version}))]));
        causes.push(world.last(&run_id, "ContinueAsNewWorkflowExecutionFailed").1["cause"].clone());
    }
    assert_eq!(
        causes,
        [
            "DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED",
            "DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED",
            "DEFAULT_CHILD_POLICY_UNDEFINED",
            "DEFAULT_TASK_LIST_UNDEFINED",
            "WORKFLOW_TYPE_DEPRECATED",
            "WORKFLOW_TYPE_DOES_NOT_EXIST",
        ]
    );
    let task = world.poll_decision();
    world.call("SignalWorkflowExecution", json!({"domain": "d", "workflowId": "w", "signalName": "s"}));
    let body = json!({"taskToken": task["taskToken"], "decisions": [decision(CONTINUE, says.clone())]});
    world.call("RespondDecisionTaskCompleted", body);
    let (_, failed) = world.last(&run_id, "ContinueAsNewWorkflowExecutionFailed");
    assert_eq!(failed["cause"], "UNHANDLED_DECISION");
    world.decide(json!([decision(CONTINUE, says)]));
    let next = open_run(&mut world, "w");
    let started = world.last(&next, "WorkflowExecutionStarted").1;
    assert_eq!(started["workflowType"]["version"], "2");
    assert_eq!(started["executionStartToCloseTimeout"], "NONE");
    world.pass(365 * 86_400_000);
    let described =
        world.call("CountOpenWorkflowExecutions", json!({"domain": "d", "startTimeFilter": {"oldestDate": 0}}));
    assert_eq!(described["count"], 0, "a year is the longest");
}

#[test]
fn the_parent_goes_on_with_the_successor_of_its_child() {
    let mut world = World::new();
    let parent = world.start("w");
    let attributes = json!({
        "workflowId": "c", "workflowType": {"name": "W", "version": "1"}, "taskList": {"name": "child"},
    });
    world.decide(json!([decision("StartChildWorkflowExecution", attributes)]));
    let answer = |world: &mut World, decision: Value| {
        let task = world.call("PollForDecisionTask", json!({"domain": "d", "taskList": {"name": "child"}}));
        let body = json!({"taskToken": task["taskToken"], "decisions": [decision]});
        world.call("RespondDecisionTaskCompleted", body);
    };
    answer(&mut world, decision(CONTINUE, json!({"taskList": {"name": "child"}})));
    assert_eq!(world.describe(&parent)["openCounts"]["openChildWorkflowExecutions"], 1);
    let next = open_run(&mut world, "c");
    let started = world.last_of("c", &next, "WorkflowExecutionStarted").1;
    assert_eq!(started["parentWorkflowExecution"], json!({"workflowId": "w", "runId": parent}));
    assert_eq!(started["parentInitiatedEventId"], 5);
    answer(&mut world, json!({"decisionType": "CompleteWorkflowExecution"}));
    let heard = world.last(&parent, "ChildWorkflowExecutionCompleted").1;
    assert_eq!(heard["workflowExecution"]["runId"], json!(next));
    assert_eq!(world.describe(&parent)["openCounts"]["openChildWorkflowExecutions"], 0);
}
