//! Decisions: applied in order or refused as a whole; one decision task at a time.

use serde_json::{Value, json};

use super::{World, request_cancel, schedule, start_timer};

fn complete() -> Value {
    json!({
        "decisionType": "CompleteWorkflowExecution",
        "completeWorkflowExecutionDecisionAttributes": {"result": "all done"},
    })
}

fn signal(world: &mut World) {
    world.call("SignalWorkflowExecution", json!({"domain": "d", "workflowId": "w", "signalName": "s", "input": "i"}));
}

#[test]
fn one_decision_task_at_a_time_and_the_next_for_what_came_meanwhile() {
    let mut world = World::new();
    let run_id = world.start("w");
    signal(&mut world);
    assert_eq!(world.types(&run_id).len(), 3, "the scheduled task will show it");
    let task = world.poll_decision();
    signal(&mut world);
    assert_eq!(world.describe(&run_id)["openCounts"]["openDecisionTasks"], 1);
    let (_, attributes) = world.last(&run_id, "WorkflowExecutionSignaled");
    assert_eq!(attributes, json!({"signalName": "s", "input": "i", "externalInitiatedEventId": 0}));
    signal(&mut world);
    let count = json!({"domain": "d", "taskList": {"name": "decide"}});
    assert_eq!(world.call("CountPendingDecisionTasks", count)["count"], 0, "the next waits for the first to end");
    world.call("RespondDecisionTaskCompleted", json!({"taskToken": task["taskToken"], "executionContext": "c"}));
    assert_eq!(
        world.types(&run_id)[3..],
        [
            "DecisionTaskStarted",
            "WorkflowExecutionSignaled",
            "DecisionTaskScheduled",
            "WorkflowExecutionSignaled",
            "DecisionTaskCompleted"
        ]
    );
    let next = world.poll_decision();
    assert_eq!((&next["previousStartedEventId"], &next["startedEventId"]), (&json!(4), &json!(9)));
    assert_eq!(world.describe(&run_id)["latestExecutionContext"], "c");
}

#[test]
fn an_execution_does_not_close_over_what_the_decider_has_not_seen() {
    let mut world = World::new();
    let run_id = world.start("w");
    let task = world.poll_decision();
    signal(&mut world);
    let body = json!({"taskToken": task["taskToken"], "decisions": [complete()]});
    world.call("RespondDecisionTaskCompleted", body);
    let (_, attributes) = world.last(&run_id, "CompleteWorkflowExecutionFailed");
    assert_eq!(attributes, json!({"cause": "UNHANDLED_DECISION", "decisionTaskCompletedEventId": 6}));
    world.decide(json!([complete()]));
    let (_, attributes) = world.last(&run_id, "WorkflowExecutionCompleted");
    assert_eq!(attributes, json!({"result": "all done", "decisionTaskCompletedEventId": 9}));
    assert_eq!(world.describe(&run_id)["executionInfo"]["closeStatus"], "COMPLETED");
}

#[test]
fn the_three_ways_to_close() {
    let fail = json!({
        "decisionType": "FailWorkflowExecution",
        "failWorkflowExecutionDecisionAttributes": {"reason": "r", "details": "d"},
    });
    let cancel = json!({"decisionType": "CancelWorkflowExecution"});
    for (decision, event_type, attributes, status) in [
        (complete(), "WorkflowExecutionCompleted", json!({"result": "all done"}), "COMPLETED"),
        (fail, "WorkflowExecutionFailed", json!({"reason": "r", "details": "d"}), "FAILED"),
        (cancel, "WorkflowExecutionCanceled", json!({}), "CANCELED"),
    ] {
        let mut world = World::new();
        let run_id = world.start("w");
        world.decide(json!([decision]));
        let (_, mut written) = world.last(&run_id, event_type);
        assert_eq!(written.as_object_mut().unwrap().remove("decisionTaskCompletedEventId"), Some(json!(4)));
        assert_eq!(written, attributes);
        assert_eq!(world.describe(&run_id)["executionInfo"]["closeStatus"], status);
        assert_ne!(world.start("w"), run_id, "the workflow id is free again");
    }
}

#[test]
fn a_close_that_is_not_last_refuses_everything_and_the_task_stays() {
    let mut world = World::new();
    let run_id = world.start("w");
    let task = world.poll_decision();
    let decisions = json!([schedule("a", json!({})), complete(), start_timer("t", "1")]);
    let body = json!({"taskToken": task["taskToken"], "decisions": decisions});
    let fault = world.fault("RespondDecisionTaskCompleted", body);
    assert_eq!(fault, ("ValidationException".into(), "Close must be last decision in list".into()));
    assert_eq!(world.types(&run_id).last().unwrap(), "DecisionTaskStarted");
    world.call("RespondDecisionTaskCompleted", json!({"taskToken": task["taskToken"], "decisions": [complete()]}));
}

#[test]
fn decisions_that_lack_something_and_decisions_nobody_has() {
    let mut world = World::new();
    world.start("w");
    let task = world.poll_decision();
    let mut refused = |decisions: Value| {
        world.fault("RespondDecisionTaskCompleted", json!({"taskToken": task["taskToken"], "decisions": decisions})).1
    };
    assert_eq!(
        refused(json!([{"decisionType": "StartChildWorkflowExecution"}])),
        "1 validation error detected: Value null at \
         'decisions.1.member.startChildWorkflowExecutionDecisionAttributes' failed to satisfy constraint: Member must \
         not be null"
    );
    assert_eq!(
        refused(json!([complete(), {"decisionType": "X"}])),
        "1 validation error detected: Value 'X' at 'decisions.2.member.decisionType' failed to satisfy constraint: Member \
         must satisfy enum value set: [CompleteWorkflowExecution, StartTimer, RequestCancelExternalWorkflowExecution, \
         SignalExternalWorkflowExecution, CancelTimer, RecordMarker, ScheduleActivityTask, \
         ContinueAsNewWorkflowExecution, ScheduleLambdaFunction, FailWorkflowExecution, RequestCancelActivityTask, \
         StartChildWorkflowExecution, CancelWorkflowExecution]"
    );
    assert_eq!(
        refused(
            json!([{"decisionType": "StartTimer", "startTimerDecisionAttributes": {"startToFireTimeout": "NONE"}}])
        ),
        "2 validation errors detected: Value null at 'decisions.1.member.startTimerDecisionAttributes.timerId' failed to \
         satisfy constraint: Member must not be null; Value 'NONE' at \
         'decisions.1.member.startTimerDecisionAttributes.startToFireTimeout' failed to satisfy constraint: Member must \
         satisfy regular expression pattern: [0-9]*"
    );
    assert_eq!(
        refused(json!([{"decisionType": "ScheduleActivityTask"}])),
        "1 validation error detected: Value null at 'decisions.1.member.scheduleActivityTaskDecisionAttributes' failed to \
         satisfy constraint: Member must not be null"
    );
}

#[test]
fn an_activity_that_cannot_be_scheduled_says_why_in_history() {
    let mut world = World::new();
    world.call("RegisterActivityType", json!({"domain": "d", "name": "Bare", "version": "1"}));
    let bare = |more: Value| {
        let mut decision = schedule("b", more);
        decision["scheduleActivityTaskDecisionAttributes"]["activityType"]["name"] = json!("Bare");
        decision
    };
    let mut unknown = schedule("b", json!({}));
    unknown["scheduleActivityTaskDecisionAttributes"]["activityType"]["version"] = json!("2");
    let run_id = world.start("w");
    let list = json!({"name": "l"});
    world.decide(json!([
        unknown,
        bare(json!({})),
        bare(json!({"taskList": list})),
        bare(json!({"taskList": list, "scheduleToStartTimeout": "1"})),
        bare(json!({"taskList": list, "scheduleToStartTimeout": "1", "scheduleToCloseTimeout": "1"})),
        bare(json!({
            "taskList": list, "scheduleToStartTimeout": "1", "scheduleToCloseTimeout": "1", "startToCloseTimeout": "1",
        })),
        schedule("b", json!({})),
    ]));
    let history = world.history(&run_id);
    let causes: Vec<&Value> =
        history.iter().filter_map(|event| event["scheduleActivityTaskFailedEventAttributes"].get("cause")).collect();
    assert_eq!(
        causes,
        [
            "ACTIVITY_TYPE_DOES_NOT_EXIST",
            "DEFAULT_TASK_LIST_UNDEFINED",
            "DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED",
            "DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED",
            "DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED",
            "ACTIVITY_ID_ALREADY_IN_USE",
        ]
    );
    assert_eq!(
        super::attributes(&history[4]),
        &json!({
            "activityType": {"name": "A", "version": "2"}, "activityId": "b", "cause": "ACTIVITY_TYPE_DOES_NOT_EXIST",
            "decisionTaskCompletedEventId": 4,
        })
    );
    assert_eq!(history.last().unwrap()["eventType"], "DecisionTaskScheduled", "the decider has to see the failures");
}

#[test]
fn timers_and_markers() {
    let mut world = World::new();
    let run_id = world.start("w");
    let cancel = |id: &str| json!({"decisionType": "CancelTimer", "cancelTimerDecisionAttributes": {"timerId": id}});
    let marker = json!({
        "decisionType": "RecordMarker", "recordMarkerDecisionAttributes": {"markerName": "m", "details": "d"},
    });
    world.decide(json!([marker, start_timer("t", "10"), start_timer("u", "20"), start_timer("t", "5")]));
    assert_eq!(
        world.last(&run_id, "MarkerRecorded").1,
        json!({
            "markerName": "m", "details": "d", "decisionTaskCompletedEventId": 4,
        })
    );
    assert_eq!(
        world.last(&run_id, "TimerStarted").1,
        json!({
            "timerId": "u", "startToFireTimeout": "20", "decisionTaskCompletedEventId": 4,
        })
    );
    assert_eq!(
        world.last(&run_id, "StartTimerFailed").1,
        json!({
            "timerId": "t", "cause": "TIMER_ID_ALREADY_IN_USE", "decisionTaskCompletedEventId": 4,
        })
    );
    world.decide(json!([cancel("u"), cancel("v")]));
    assert_eq!(
        world.last(&run_id, "TimerCanceled").1,
        json!({
            "timerId": "u", "startedEventId": 7, "decisionTaskCompletedEventId": 11,
        })
    );
    assert_eq!(
        world.last(&run_id, "CancelTimerFailed").1,
        json!({
            "timerId": "v", "cause": "TIMER_ID_UNKNOWN", "decisionTaskCompletedEventId": 11,
        })
    );
    assert_eq!(world.describe(&run_id)["openCounts"]["openTimers"], 1);
    world.pass(30_000);
    assert_eq!(world.last(&run_id, "TimerFired"), (10_000, json!({"timerId": "t", "startedEventId": 6})));
}

#[test]
fn an_activity_id_may_be_used_again_once_its_task_is_closed() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({}));
    let token = world.claim();
    world.call("RespondActivityTaskFailed", json!({"taskToken": token, "reason": "r", "details": "d"}));
    let (_, attributes) = world.last(&run_id, "ActivityTaskFailed");
    assert_eq!(attributes, json!({"scheduledEventId": 5, "startedEventId": 6, "reason": "r", "details": "d"}));
    world.decide(json!([schedule("a", json!({}))]));
    world.claim();
    signal(&mut world);
    world.decide(json!([request_cancel("a")]));
    assert_eq!(world.last(&run_id, "ActivityTaskCancelRequested").1["activityId"], "a");
}
