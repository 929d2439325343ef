//! Signals and cancel requests from one execution to another.

use serde_json::json;

use super::{World, attributes, decision};

fn signal(more: serde_json::Value) -> serde_json::Value {
    let mut attributes = json!({"workflowId": "v", "signalName": "s", "input": "i", "control": "c"});
    attributes.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
    decision("SignalExternalWorkflowExecution", attributes)
}

/// Starts `w` and `v` and takes `v`'s decision task away; their run ids.
fn two(world: &mut World) -> (String, String) {
    let other = world.start("v");
    world.decide(json!([]));
    (world.start("w"), other)
}

#[test]
fn a_signal_arrives_and_its_sender_hears_of_it() {
    let mut world = World::new();
    let (run_id, other) = two(&mut world);
    world.decide(json!([signal(json!({"runId": other})), {"decisionType": "RecordMarker",
        "recordMarkerDecisionAttributes": {"markerName": "m"}}]));
    let target = json!({"workflowId": "v", "runId": other});
    let history = world.history(&run_id);
    let types: Vec<_> = history[4..].iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "SignalExternalWorkflowExecutionInitiated",
            "MarkerRecorded",
            "ExternalWorkflowExecutionSignaled",
            "DecisionTaskScheduled"
        ]
    );
    assert_eq!(
        *attributes(&history[4]),
        json!({
            "workflowId": "v", "runId": other, "signalName": "s", "input": "i", "control": "c",
            "decisionTaskCompletedEventId": 4,
        })
    );
    assert_eq!(*attributes(&history[6]), json!({"workflowExecution": target, "initiatedEventId": 5}));
    assert_eq!(
        world.last_of("v", &other, "WorkflowExecutionSignaled").1,
        json!({
            "signalName": "s", "input": "i", "externalInitiatedEventId": 5,
            "externalWorkflowExecution": {"workflowId": "w", "runId": run_id},
        })
    );
    assert_eq!(world.history_of("v", &other).last().unwrap()["eventType"], "DecisionTaskScheduled");
}

#[test]
fn a_cancel_request_arrives_and_its_sender_hears_of_it() {
    let mut world = World::new();
    let (run_id, other) = two(&mut world);
    world.decide(json!([decision("RequestCancelExternalWorkflowExecution", json!({"workflowId": "v"}))]));
    assert_eq!(
        world.last(&run_id, "RequestCancelExternalWorkflowExecutionInitiated").1,
        json!({"workflowId": "v", "decisionTaskCompletedEventId": 4})
    );
    assert_eq!(
        world.last(&run_id, "ExternalWorkflowExecutionCancelRequested").1,
        json!({"workflowExecution": {"workflowId": "v", "runId": other}, "initiatedEventId": 5})
    );
    assert_eq!(
        world.last_of("v", &other, "WorkflowExecutionCancelRequested").1,
        json!({"externalWorkflowExecution": {"workflowId": "w", "runId": run_id}, "externalInitiatedEventId": 5})
    );
    let execution = json!({"workflowId": "v", "runId": other});
    let described = world.call("DescribeWorkflowExecution", json!({"domain": "d", "execution": execution}));
    assert_eq!(described["executionInfo"]["cancelRequested"], true);
}

#[test]
fn nobody_is_there() {
    let mut world = World::new();
    let (run_id, _) = two(&mut world);
    let cancel = json!({"workflowId": "v", "runId": "another", "control": "c"});
    world.decide(json!([
        signal(json!({"workflowId": "nobody"})),
        decision("RequestCancelExternalWorkflowExecution", cancel),
    ]));
    assert_eq!(
        world.last(&run_id, "SignalExternalWorkflowExecutionFailed").1,
        json!({
            "workflowId": "nobody", "cause": "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION", "initiatedEventId": 5,
            "decisionTaskCompletedEventId": 4, "control": "c",
        })
    );
    assert_eq!(
        world.last(&run_id, "RequestCancelExternalWorkflowExecutionFailed").1,
        json!({
            "workflowId": "v", "runId": "another", "cause": "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION",
            "initiatedEventId": 6, "decisionTaskCompletedEventId": 4, "control": "c",
        })
    );
    assert_eq!(world.types(&run_id).last().unwrap(), "DecisionTaskScheduled");
}

#[test]
fn an_execution_may_signal_itself_and_send_a_last_word() {
    let mut world = World::new();
    let (run_id, other) = two(&mut world);
    world.decide(json!([signal(json!({"workflowId": "w", "runId": ""}))]));
    assert_eq!(
        world.types(&run_id)[4..],
        [
            "SignalExternalWorkflowExecutionInitiated",
            "WorkflowExecutionSignaled",
            "ExternalWorkflowExecutionSignaled",
            "DecisionTaskScheduled"
        ]
    );
    world.decide(json!([signal(json!({})), signal(json!({"workflowId": "nobody"})),
        {"decisionType": "CompleteWorkflowExecution"}]));
    assert_eq!(world.types(&run_id).last().unwrap(), "WorkflowExecutionCompleted", "nothing comes after the end");
    assert_eq!(world.last_of("v", &other, "WorkflowExecutionSignaled").1["externalInitiatedEventId"], 11);
}

#[test]
fn there_are_no_lambda_functions() {
    let mut world = World::new();
    let run_id = world.start("w");
    world.decide(json!([decision("ScheduleLambdaFunction", json!({"id": "l", "name": "f", "input": "{}"}))]));
    assert_eq!(
        world.last(&run_id, "ScheduleLambdaFunctionFailed").1,
        json!({
            "id": "l", "name": "f", "cause": "LAMBDA_SERVICE_NOT_AVAILABLE_IN_REGION",
            "decisionTaskCompletedEventId": 4,
        })
    );
    assert_eq!(world.types(&run_id).last().unwrap(), "DecisionTaskScheduled");
}
