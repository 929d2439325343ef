//! Every timeout fires by itself, at its instant, with the right attributes.

use serde_json::json;

use super::{World, at, start_timer};

#[test]
fn heartbeat_timeout_counts_from_the_last_heartbeat_and_has_its_details() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({"heartbeatTimeout": "60"}));
    let token = world.claim();
    for details in ["10%", "20%"] {
        world.pass(59_999);
        assert!(!world.beat(&token, Some(details)));
    }
    world.pass(59_999);
    assert_eq!(world.service.next_wake(), Some(world.now + 1));
    assert_eq!(world.types(&run_id).last().unwrap(), "ActivityTaskStarted");
    world.pass(5_000);
    let (at, attributes) = world.last(&run_id, "ActivityTaskTimedOut");
    assert_eq!(at, 2 * 59_999 + 60_000);
    assert_eq!(
        attributes,
        json!({"timeoutType": "HEARTBEAT", "scheduledEventId": 5, "startedEventId": 6, "details": "20%"})
    );
    assert_eq!(world.types(&run_id).last().unwrap(), "DecisionTaskScheduled");
    let fault = world.fault("RecordActivityTaskHeartbeat", json!({"taskToken": token}));
    assert_eq!(fault, ("UnknownResourceFault".into(), "Unknown activity, scheduledEventId = 5".into()));
}

#[test]
fn a_heartbeat_without_details_blanks_the_ones_before() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({"heartbeatTimeout": "60"}));
    let token = world.claim();
    world.beat(&token, Some("10%"));
    world.beat(&token, None);
    world.pass(60_000);
    let (_, attributes) = world.last(&run_id, "ActivityTaskTimedOut");
    assert_eq!(attributes, json!({"timeoutType": "HEARTBEAT", "scheduledEventId": 5, "startedEventId": 6}));
}

#[test]
fn start_to_close_is_not_extended_by_heartbeats() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({"startToCloseTimeout": "10", "heartbeatTimeout": "6"}));
    world.pass(3_000);
    let token = world.claim();
    world.pass(5_000);
    world.beat(&token, Some("half"));
    world.pass(5_000);
    let (at, attributes) = world.last(&run_id, "ActivityTaskTimedOut");
    assert_eq!(at, 13_000);
    assert_eq!((&attributes["timeoutType"], &attributes["details"]), (&json!("START_TO_CLOSE"), &json!("half")));
}

#[test]
fn schedule_to_close_counts_from_scheduling() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({"scheduleToCloseTimeout": "10", "startToCloseTimeout": "10"}));
    world.pass(9_000);
    world.claim();
    world.pass(1_000);
    let (at, attributes) = world.last(&run_id, "ActivityTaskTimedOut");
    assert_eq!(at, 10_000);
    assert_eq!(attributes, json!({"timeoutType": "SCHEDULE_TO_CLOSE", "scheduledEventId": 5, "startedEventId": 6}));
}

#[test]
fn schedule_to_start_ends_a_task_nobody_claims_and_it_is_never_handed_out() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({"scheduleToStartTimeout": "10", "heartbeatTimeout": "1"}));
    world.pass(9_999);
    assert_eq!(world.pending(), 1);
    world.now += 1;
    assert!(world.poll_activity().is_err(), "the timeout comes before a request of the same instant");
    let (at, attributes) = world.last(&run_id, "ActivityTaskTimedOut");
    assert_eq!(at, 10_000);
    assert_eq!(attributes, json!({"timeoutType": "SCHEDULE_TO_START", "scheduledEventId": 5, "startedEventId": 0}));
    assert_eq!((world.pending(), world.describe(&run_id)["openCounts"]["openActivityTasks"].as_i64()), (0, Some(0)));
}

#[test]
fn a_claimed_task_is_past_its_schedule_to_start_timeout() {
    let mut world = World::new();
    world.with_activity(json!({"scheduleToStartTimeout": "10"}));
    let token = world.claim();
    world.pass(3_600_000);
    assert!(!world.beat(&token, None));
}

#[test]
fn among_equal_instants_the_widest_timeout_is_named() {
    for (timeouts, named) in [
        (
            json!({"heartbeatTimeout": "5", "startToCloseTimeout": "5", "scheduleToCloseTimeout": "5"}),
            "SCHEDULE_TO_CLOSE",
        ),
        (json!({"heartbeatTimeout": "5", "startToCloseTimeout": "5"}), "START_TO_CLOSE"),
    ] {
        let mut world = World::new();
        let run_id = world.with_activity(timeouts);
        world.claim();
        world.pass(5_000);
        assert_eq!(world.last(&run_id, "ActivityTaskTimedOut").1["timeoutType"], named);
    }
}

#[test]
fn the_execution_times_out_with_everything_in_it() {
    let mut world = World::new();
    let started = world.call(
        "StartWorkflowExecution",
        json!({
            "domain": "d", "workflowId": "w", "workflowType": {"name": "W", "version": "1"},
            "executionStartToCloseTimeout": "30", "childPolicy": "ABANDON",
        }),
    );
    let run_id = started["runId"].as_str().unwrap().to_owned();
    world.decide(json!([super::schedule("a", json!({})), super::schedule("b", json!({})), start_timer("t", "100")]));
    let token = world.claim();
    world.pass(100_000);
    let (at, attributes) = world.last(&run_id, "WorkflowExecutionTimedOut");
    assert_eq!((at, attributes), (30_000, json!({"timeoutType": "START_TO_CLOSE", "childPolicy": "ABANDON"})));
    assert_eq!(world.types(&run_id).last().unwrap(), "WorkflowExecutionTimedOut");
    let description = world.describe(&run_id);
    assert_eq!(description["executionInfo"]["closeStatus"], "TIMED_OUT");
    assert_eq!(description["executionInfo"]["closeTimestamp"], json!(1_700_000_030.0));
    for (count, left) in [("openActivityTasks", 2), ("openDecisionTasks", 0), ("openTimers", 1)] {
        assert_eq!(description["openCounts"][count], left, "{count}, as it was at the end");
    }
    let (_, message) = world.fault("RespondActivityTaskCompleted", json!({"taskToken": token}));
    assert_eq!(message, format!("Unknown execution: WorkflowExecution=[workflowId=w, runId={run_id}]"));
    assert!(world.poll_activity().is_err(), "the other task is gone too");
    assert_eq!(world.service.next_wake(), Some(world.now + 60_000), "only the poll is left");
}

#[test]
fn a_decision_task_times_out_and_is_scheduled_again() {
    let mut world = World::new();
    let body = json!({
        "domain": "d", "workflowId": "w", "workflowType": {"name": "W", "version": "1"}, "taskStartToCloseTimeout": "10",
    });
    let run_id = world.call("StartWorkflowExecution", body)["runId"].as_str().unwrap().to_owned();
    world.pass(60_000);
    let task = world.poll_decision();
    world.pass(10_000);
    let (at, attributes) = world.last(&run_id, "DecisionTaskTimedOut");
    assert_eq!(at, 70_000);
    assert_eq!(attributes, json!({"timeoutType": "START_TO_CLOSE", "scheduledEventId": 2, "startedEventId": 3}));
    let fault = world.fault("RespondDecisionTaskCompleted", json!({"taskToken": task["taskToken"]}));
    assert_eq!(fault, ("UnknownResourceFault".into(), "Unknown decision task, scheduledEventId = 2".into()));
    let again = world.poll_decision();
    assert_eq!((&again["startedEventId"], &again["previousStartedEventId"]), (&json!(6), &json!(0)));
}

#[test]
fn a_temporary_task_list_is_given_up_when_nobody_polls_it() {
    let mut world = World::new();
    let run_id = world.start("w");
    let task = world.poll_decision();
    world.call(
        "RespondDecisionTaskCompleted",
        json!({
            "taskToken": task["taskToken"], "taskList": {"name": "mine"}, "taskListScheduleToStartTimeout": "5",
            "decisions": [start_timer("t", "1")],
        }),
    );
    world.pass(6_000);
    let (at, attributes) = world.last(&run_id, "DecisionTaskTimedOut");
    assert_eq!(at, 6_000);
    assert_eq!(attributes, json!({"timeoutType": "SCHEDULE_TO_START", "scheduledEventId": 7, "startedEventId": 0}));
    assert_eq!(world.last(&run_id, "DecisionTaskScheduled").1["taskList"]["name"], "decide");
}

#[test]
fn what_fell_due_meanwhile_happens_in_order_each_at_its_own_instant() {
    let mut world = World::new();
    let run_id = world.start("w");
    world.decide(json!([
        super::schedule("slow", json!({"scheduleToStartTimeout": "30"})),
        super::schedule("fast", json!({"scheduleToStartTimeout": "10"})),
        start_timer("t", "20"),
    ]));
    world.pass(3_600_000);
    let history = world.history(&run_id);
    let due: Vec<(i64, &str)> =
        history[7..].iter().map(|event| (at(event), event["eventType"].as_str().unwrap())).collect();
    assert_eq!(
        due,
        [
            (10_000, "ActivityTaskTimedOut"),
            (10_000, "DecisionTaskScheduled"),
            (20_000, "TimerFired"),
            (30_000, "ActivityTaskTimedOut"),
        ]
    );
}

#[test]
fn a_timeout_of_zero_is_over_at_once() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({"scheduleToStartTimeout": "0"}));
    assert_eq!(world.service.next_wake(), Some(world.now));
    world.pass(0);
    assert_eq!(world.last(&run_id, "ActivityTaskTimedOut").0, 0);
}

#[test]
fn time_never_goes_back() {
    let mut world = World::new();
    let run_id = world.start("w");
    world.now -= 10_000;
    world.call("SignalWorkflowExecution", json!({"domain": "d", "workflowId": "w", "signalName": "s"}));
    assert_eq!(world.last(&run_id, "WorkflowExecutionSignaled").0, 0);
}
