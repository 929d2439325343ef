//! Cancellation: who learns of it, when, and what may still happen.

use serde_json::json;

use super::{World, request_cancel, schedule};

fn poke(world: &mut World) {
    world.call("SignalWorkflowExecution", json!({"domain": "d", "workflowId": "w", "signalName": "poke"}));
}

#[test]
fn a_started_task_learns_of_it_with_every_heartbeat_from_then_on() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({}));
    let token = world.claim();
    assert!(!world.beat(&token, None));
    world.call("RequestCancelWorkflowExecution", json!({"domain": "d", "workflowId": "w"}));
    assert!(!world.beat(&token, None), "the workflow's cancel request is only for the decider");
    assert_eq!(world.describe(&run_id)["executionInfo"]["cancelRequested"], true);
    world.decide(json!([request_cancel("a")]));
    let (_, attributes) = world.last(&run_id, "ActivityTaskCancelRequested");
    assert_eq!(attributes, json!({"activityId": "a", "decisionTaskCompletedEventId": 10}));
    assert!(world.beat(&token, Some("stopping")) && world.beat(&token, None));

    world.call("RespondActivityTaskCanceled", json!({"taskToken": token, "details": "given up"}));
    let (_, attributes) = world.last(&run_id, "ActivityTaskCanceled");
    assert_eq!(
        attributes,
        json!({
            "scheduledEventId": 5, "startedEventId": 6, "latestCancelRequestedEventId": 11, "details": "given up",
        })
    );
    let (_, message) = world.fault("RespondActivityTaskCanceled", json!({"taskToken": token}));
    assert_eq!(message, "Unknown activity, scheduledEventId = 5");
}

#[test]
fn a_task_nobody_has_is_canceled_at_once() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({}));
    poke(&mut world);
    world.decide(json!([request_cancel("a")]));
    let (_, attributes) = world.last(&run_id, "ActivityTaskCanceled");
    assert_eq!(attributes, json!({"scheduledEventId": 5, "startedEventId": 0, "latestCancelRequestedEventId": 10}));
    assert_eq!(world.pending(), 0);
    assert!(world.poll_activity().is_err());
    assert_eq!(world.types(&run_id).last().unwrap(), "DecisionTaskScheduled");
}

#[test]
fn a_task_scheduled_and_taken_back_by_one_answer_is_never_handed_out() {
    let mut world = World::new();
    let Err(held) = world.poll_activity() else { panic!("nothing to hand out yet") };
    let run_id = world.start("w");
    world.decide(json!([schedule("a", json!({})), request_cancel("a")]));
    assert_eq!(world.answered(held), None);
    assert_eq!(world.last(&run_id, "ActivityTaskCanceled").1["startedEventId"], 0);
}

#[test]
fn a_task_may_complete_in_spite_of_it() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({}));
    let token = world.claim();
    poke(&mut world);
    world.decide(json!([request_cancel("a")]));
    world.call("RespondActivityTaskCompleted", json!({"taskToken": token, "result": "done anyway"}));
    let (_, attributes) = world.last(&run_id, "ActivityTaskCompleted");
    assert_eq!(attributes, json!({"scheduledEventId": 5, "startedEventId": 6, "result": "done anyway"}));
}

#[test]
fn a_worker_may_cancel_without_being_asked() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({}));
    let token = world.claim();
    world.call("RespondActivityTaskCanceled", json!({"taskToken": token}));
    let (_, attributes) = world.last(&run_id, "ActivityTaskCanceled");
    assert_eq!(attributes, json!({"scheduledEventId": 5, "startedEventId": 6}));
}

#[test]
fn an_activity_that_is_not_open_cannot_be_canceled() {
    let mut world = World::new();
    let run_id = world.start("w");
    world.decide(json!([request_cancel("a")]));
    let (_, attributes) = world.last(&run_id, "RequestCancelActivityTaskFailed");
    assert_eq!(
        attributes,
        json!({"activityId": "a", "cause": "ACTIVITY_ID_UNKNOWN", "decisionTaskCompletedEventId": 4})
    );
    assert_eq!(world.types(&run_id).last().unwrap(), "DecisionTaskScheduled");
}
