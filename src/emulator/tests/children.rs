//! Children: started by decision, heard of when they end, dealt with when their parent is ended.

use serde_json::{Value, json};

use super::{World, attributes, decision};

/// A StartChildWorkflowExecution decision for a child `c` that decides on the list `child`.
fn start_child(more: Value) -> Value {
    let mut attributes = json!({
        "workflowId": "c", "workflowType": {"name": "W", "version": "1"}, "taskList": {"name": "child"},
    });
    attributes.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
    decision("StartChildWorkflowExecution", attributes)
}

/// Starts `w`, which lasts so many seconds, with a child `c` that lasts 20; both run ids.
fn family(world: &mut World, child_policy: &str, seconds: &str) -> (String, String) {
    let body = json!({
        "domain": "d", "workflowId": "w", "workflowType": {"name": "W", "version": "1"}, "childPolicy": child_policy,
        "executionStartToCloseTimeout": seconds,
    });
    let parent = world.call("StartWorkflowExecution", body)["runId"].as_str().unwrap().to_owned();
    world.decide(json!([start_child(json!({"executionStartToCloseTimeout": "20"}))]));
    let started = world.last(&parent, "ChildWorkflowExecutionStarted").1;
    (parent, started["workflowExecution"]["runId"].as_str().unwrap().to_owned())
}

fn child_task(world: &mut World) -> Value {
    world.call("PollForDecisionTask", json!({"domain": "d", "taskList": {"name": "child"}}))
}

#[test]
fn a_child_is_started_and_both_sides_know_of_each_other() {
    let mut world = World::new();
    let parent = world.start("w");
    let more = json!({
        "control": "mine", "input": "yours", "executionStartToCloseTimeout": "60", "taskStartToCloseTimeout": "NONE",
        "taskPriority": "3", "childPolicy": "ABANDON", "tagList": ["t"], "lambdaRole": "role",
    });
    world.decide(json!([start_child(more)]));
    let history = world.history(&parent);
    let types: Vec<_> = history[4..].iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        ["StartChildWorkflowExecutionInitiated", "ChildWorkflowExecutionStarted", "DecisionTaskScheduled"]
    );
    assert_eq!(
        *attributes(&history[4]),
        json!({
            "workflowId": "c", "workflowType": {"name": "W", "version": "1"}, "taskList": {"name": "child"},
            "decisionTaskCompletedEventId": 4, "childPolicy": "ABANDON", "control": "mine", "input": "yours",
            "executionStartToCloseTimeout": "60", "taskStartToCloseTimeout": "NONE", "taskPriority": "3",
            "tagList": ["t"], "lambdaRole": "role",
        })
    );
    let child = attributes(&history[5])["workflowExecution"]["runId"].clone();
    let name = json!({"workflowId": "c", "runId": child});
    assert_eq!(
        *attributes(&history[5]),
        json!({"workflowExecution": name, "workflowType": {"name": "W", "version": "1"}, "initiatedEventId": 5})
    );
    let of_child = world.history_of("c", child.as_str().unwrap());
    assert_eq!(
        *attributes(&of_child[0]),
        json!({
            "childPolicy": "ABANDON", "taskList": {"name": "child"}, "workflowType": {"name": "W", "version": "1"},
            "parentInitiatedEventId": 5, "parentWorkflowExecution": {"workflowId": "w", "runId": parent},
            "input": "yours", "executionStartToCloseTimeout": "60", "taskStartToCloseTimeout": "NONE",
            "taskPriority": "3", "tagList": ["t"], "lambdaRole": "role",
        })
    );
    assert_eq!(world.describe(&parent)["openCounts"]["openChildWorkflowExecutions"], 1);
    let described = world.call("DescribeWorkflowExecution", json!({"domain": "d", "execution": name}));
    assert_eq!(described["executionInfo"]["parent"], json!({"workflowId": "w", "runId": parent}));
}

#[test]
fn the_parent_hears_how_its_child_ended() {
    let cases = [
        ("Complete", json!({"result": "r"}), "Completed", json!({"result": "r"})),
        ("Fail", json!({"reason": "r", "details": "d"}), "Failed", json!({"reason": "r", "details": "d"})),
        ("Cancel", json!({"details": "d"}), "Canceled", json!({"details": "d"})),
        ("", json!({}), "Terminated", json!({})),
        ("", json!({}), "TimedOut", json!({"timeoutType": "START_TO_CLOSE"})),
    ];
    for (verb, said, event, mut heard) in cases {
        let mut world = World::new();
        let (parent, child) = family(&mut world, "TERMINATE", "600");
        world.poll_decision();
        match event {
            "Terminated" => {
                world.call("TerminateWorkflowExecution", json!({"domain": "d", "workflowId": "c"}));
            }
            "TimedOut" => world.pass(20_000),
            _ => {
                let decisions = json!([decision(&format!("{verb}WorkflowExecution"), said)]);
                let body = json!({"taskToken": child_task(&mut world)["taskToken"], "decisions": decisions});
                world.call("RespondDecisionTaskCompleted", body);
            }
        }
        heard["workflowExecution"] = json!({"workflowId": "c", "runId": child});
        heard["workflowType"] = json!({"name": "W", "version": "1"});
        (heard["initiatedEventId"], heard["startedEventId"]) = (json!(5), json!(6));
        assert_eq!(world.last(&parent, &format!("ChildWorkflowExecution{event}")).1, heard);
        assert_eq!(world.describe(&parent)["openCounts"]["openChildWorkflowExecutions"], 0);
        assert_eq!(world.types(&parent).last().unwrap(), "DecisionTaskScheduled", "the decider has to see it");
    }
}

#[test]
fn what_becomes_of_children_whose_parent_is_ended_by_force() {
    let policy_applied = json!({"cause": "CHILD_POLICY_APPLIED", "externalInitiatedEventId": 0});
    for (policy, event, expected) in [
        (
            "TERMINATE",
            "WorkflowExecutionTerminated",
            json!({"cause": "CHILD_POLICY_APPLIED", "childPolicy": "TERMINATE"}),
        ),
        ("REQUEST_CANCEL", "WorkflowExecutionCancelRequested", policy_applied),
        ("ABANDON", "DecisionTaskScheduled", Value::Null),
    ] {
        for timeout in [false, true] {
            let mut world = World::new();
            let (parent, child) = family(&mut world, policy, "15");
            if timeout {
                world.pass(15_000);
                assert_eq!(world.last(&parent, "WorkflowExecutionTimedOut").1["childPolicy"], policy);
            } else {
                world.call("TerminateWorkflowExecution", json!({"domain": "d", "workflowId": "w"}));
            }
            let history = world.history_of("c", &child);
            assert_eq!(history.last().unwrap()["eventType"], event);
            if expected != Value::Null {
                assert_eq!(*attributes(history.last().unwrap()), expected);
            }
            let open =
                world.call("CountOpenWorkflowExecutions", json!({"domain": "d", "startTimeFilter": {"oldestDate": 0}}));
            assert_eq!(open["count"], i32::from(policy != "TERMINATE"));
            assert!(world.types(&parent).last().unwrap().starts_with("WorkflowExecution"), "nothing after it");
        }
    }
}

#[test]
fn a_termination_says_its_own_child_policy_and_reaches_grandchildren() {
    let mut world = World::new();
    let (_, child) = family(&mut world, "ABANDON", "600");
    let task = child_task(&mut world);
    let grandchild = start_child(json!({"workflowId": "g"}));
    world.call("RespondDecisionTaskCompleted", json!({"taskToken": task["taskToken"], "decisions": [grandchild]}));
    let of_child = world.last_of("c", &child, "ChildWorkflowExecutionStarted").1;
    let grandchild = of_child["workflowExecution"]["runId"].as_str().unwrap();
    let body = json!({"domain": "d", "workflowId": "w", "childPolicy": "TERMINATE"});
    world.call("TerminateWorkflowExecution", body);
    for (id, run_id) in [("c", &*child), ("g", grandchild)] {
        let ended = world.last_of(id, run_id, "WorkflowExecutionTerminated").1;
        assert_eq!(ended["cause"], "CHILD_POLICY_APPLIED");
    }
}

#[test]
fn children_run_on_when_their_parent_completes() {
    let mut world = World::new();
    let (parent, child) = family(&mut world, "TERMINATE", "600");
    world.decide(json!([{"decisionType": "CompleteWorkflowExecution"}]));
    assert_eq!(world.history_of("c", &child).len(), 2);
    let task = child_task(&mut world);
    let body = json!({"taskToken": task["taskToken"], "decisions": [{"decisionType": "CompleteWorkflowExecution"}]});
    world.call("RespondDecisionTaskCompleted", body);
    assert_eq!(world.types(&parent).last().unwrap(), "WorkflowExecutionCompleted");
}

#[test]
fn a_child_starts_though_its_parent_ends_with_the_same_answer() {
    let mut world = World::new();
    let parent = world.start("w");
    world.decide(json!([start_child(json!({})), {"decisionType": "CompleteWorkflowExecution"}]));
    assert_eq!(
        world.types(&parent)[4..],
        ["StartChildWorkflowExecutionInitiated", "WorkflowExecutionCompleted"],
        "nothing comes after the end"
    );
    assert_eq!(child_task(&mut world)["workflowExecution"]["workflowId"], "c");
}

#[test]
fn a_child_that_cannot_be_started_says_why() {
    let mut world = World::new();
    world.call("RegisterWorkflowType", json!({"domain": "d", "name": "Bare", "version": "1"}));
    world.call("RegisterWorkflowType", json!({"domain": "d", "name": "Old", "version": "1"}));
    world.call("DeprecateWorkflowType", json!({"domain": "d", "workflowType": {"name": "Old", "version": "1"}}));
    let parent = world.start("w");
    let of = |name: &str, more: Value| {
        let mut attributes = json!({"workflowId": "c", "workflowType": {"name": name, "version": "1"}});
        attributes.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
        decision("StartChildWorkflowExecution", attributes)
    };
    world.decide(json!([
        of("None", json!({"control": "mine"})),
        of("Old", json!({})),
        of("Bare", json!({})),
        of("Bare", json!({"executionStartToCloseTimeout": "1"})),
        of("Bare", json!({"executionStartToCloseTimeout": "1", "taskStartToCloseTimeout": "1"})),
        of(
            "Bare",
            json!({"executionStartToCloseTimeout": "1", "taskStartToCloseTimeout": "1", "childPolicy": "ABANDON"}),
        ),
        of("W", json!({"workflowId": "w", "control": "mine"})),
    ]));
    let history = world.history(&parent);
    let failed: Vec<&Value> = history
        .iter()
        .filter(|event| event["eventType"] == "StartChildWorkflowExecutionFailed")
        .map(attributes)
        .collect();
    let causes: Vec<&Value> = failed.iter().map(|attributes| &attributes["cause"]).collect();
    assert_eq!(
        causes,
        [
            "WORKFLOW_TYPE_DOES_NOT_EXIST",
            "WORKFLOW_TYPE_DEPRECATED",
            "DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED",
            "DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED",
            "DEFAULT_CHILD_POLICY_UNDEFINED",
            "DEFAULT_TASK_LIST_UNDEFINED",
            "WORKFLOW_ALREADY_RUNNING",
        ]
    );
    assert_eq!(
        *failed[0],
        json!({
            "workflowType": {"name": "None", "version": "1"}, "cause": "WORKFLOW_TYPE_DOES_NOT_EXIST", "workflowId": "c",
            "initiatedEventId": 0, "decisionTaskCompletedEventId": 4, "control": "mine",
        })
    );
    assert_eq!((&failed[6]["initiatedEventId"], &failed[6]["control"]), (&json!(11), &json!("mine")));
    assert_eq!(history[10]["eventType"], "StartChildWorkflowExecutionInitiated");
    assert_eq!(world.describe(&parent)["openCounts"]["openChildWorkflowExecutions"], 0);
}
