//! A whole story, with every answer and event compared member by member.

use serde_json::{Value, json};

use super::{World, attributes, schedule};

/// The events of the story below: types and attributes.
fn expected() -> [(&'static str, Value); 9] {
    [
        (
            "WorkflowExecutionStarted",
            json!({
                "input": "in", "childPolicy": "TERMINATE", "taskList": {"name": "decide"}, "taskPriority": "3",
                "workflowType": {"name": "W", "version": "1"}, "tagList": ["t1", "t2"], "parentInitiatedEventId": 0,
                "executionStartToCloseTimeout": "86400", "taskStartToCloseTimeout": "NONE",
            }),
        ),
        (
            "DecisionTaskScheduled",
            json!({
                "taskList": {"name": "decide"}, "taskPriority": "3", "startToCloseTimeout": "NONE",
                "scheduleToStartTimeout": "NONE",
            }),
        ),
        ("DecisionTaskStarted", json!({"scheduledEventId": 2, "identity": "decider"})),
        ("DecisionTaskCompleted", json!({"scheduledEventId": 2, "startedEventId": 3})),
        (
            "ActivityTaskScheduled",
            json!({
                "activityType": {"name": "A", "version": "1"}, "activityId": "a", "taskList": {"name": "work"},
                "decisionTaskCompletedEventId": 4, "input": "work", "control": "c", "heartbeatTimeout": "60",
                "scheduleToStartTimeout": "NONE", "scheduleToCloseTimeout": "NONE", "startToCloseTimeout": "NONE",
            }),
        ),
        ("ActivityTaskStarted", json!({"scheduledEventId": 5, "identity": "me"})),
        ("ActivityTaskCompleted", json!({"scheduledEventId": 5, "startedEventId": 6, "result": "done"})),
        (
            "DecisionTaskScheduled",
            json!({
                "taskList": {"name": "decide"}, "taskPriority": "3", "startToCloseTimeout": "NONE",
                "scheduleToStartTimeout": "NONE",
            }),
        ),
        (
            "WorkflowExecutionTerminated",
            json!({
                "childPolicy": "TERMINATE", "reason": "r", "cause": "OPERATOR_INITIATED",
            }),
        ),
    ]
}

#[test]
fn from_registration_to_the_closed_execution() {
    let mut world = World::new();
    let started = world.call(
        "StartWorkflowExecution",
        json!({
            "domain": "d", "workflowId": "w", "workflowType": {"name": "W", "version": "1"}, "input": "in",
            "tagList": ["t1", "t2"], "taskPriority": "3",
        }),
    );
    let run_id = started["runId"].as_str().unwrap().to_owned();
    world.pass(1_500);
    let body = json!({"domain": "d", "taskList": {"name": "decide"}, "identity": "decider"});
    let mut task = world.call("PollForDecisionTask", body);
    let events = task["events"].take();
    let decision_token = task["taskToken"].take();
    assert_eq!(
        task,
        json!({
            "taskToken": null, "events": null, "startedEventId": 3, "previousStartedEventId": 0,
            "workflowExecution": {"workflowId": "w", "runId": run_id}, "workflowType": {"name": "W", "version": "1"},
        })
    );
    assert_eq!(events.as_array().unwrap().len(), 3);
    let decision = schedule("a", json!({"input": "work", "control": "c", "heartbeatTimeout": "60"}));
    world.call("RespondDecisionTaskCompleted", json!({"taskToken": decision_token, "decisions": [decision]}));
    let mut task = world.poll_activity().unwrap();
    let token = task["taskToken"].take();
    assert_eq!(
        task,
        json!({
            "taskToken": null, "activityId": "a", "startedEventId": 6, "input": "work",
            "workflowExecution": {"workflowId": "w", "runId": run_id}, "activityType": {"name": "A", "version": "1"},
        })
    );
    world.call("RespondActivityTaskCompleted", json!({"taskToken": token, "result": "done"}));
    world.call("TerminateWorkflowExecution", json!({"domain": "d", "workflowId": "w", "runId": run_id, "reason": "r"}));

    let history = world.history(&run_id);
    let expected = expected();
    assert_eq!(history.len(), expected.len());
    for (n, (event, (event_type, expected))) in history.iter().zip(&expected).enumerate() {
        assert_eq!((&event["eventId"], &event["eventType"]), (&json!(n + 1), &json!(event_type)));
        assert_eq!(attributes(event), expected, "{event_type}");
    }
    assert_eq!(history[0]["eventTimestamp"].to_string(), "1700000000.0");
    assert_eq!(history[8]["eventTimestamp"].to_string(), "1700000001.5");

    assert_eq!(
        world.describe(&run_id),
        json!({
            "executionInfo": {
                "execution": {"workflowId": "w", "runId": run_id}, "workflowType": {"name": "W", "version": "1"},
                "startTimestamp": 1_700_000_000.0, "closeTimestamp": 1_700_000_001.5, "executionStatus": "CLOSED",
                "closeStatus": "TERMINATED", "tagList": ["t1", "t2"], "cancelRequested": false,
            },
            "executionConfiguration": {
                "taskStartToCloseTimeout": "NONE", "executionStartToCloseTimeout": "86400", "taskPriority": "3",
                "taskList": {"name": "decide"}, "childPolicy": "TERMINATE",
            },
            "openCounts": {
                "openActivityTasks": 0, "openDecisionTasks": 0, "openTimers": 0, "openChildWorkflowExecutions": 0,
                "openLambdaFunctions": 0,
            },
            "latestActivityTaskTimestamp": 1_700_000_001.5,
        })
    );
}

#[test]
fn what_is_registered_is_described_and_listed() {
    let mut world = World::new();
    assert_eq!(
        world.call("DescribeDomain", json!({"name": "d"})),
        json!({
            "domainInfo": {"name": "d", "status": "REGISTERED", "arn": "arn:aws:swf:r:1:/domain/d"},
            "configuration": {"workflowExecutionRetentionPeriodInDays": "1"},
        })
    );
    world.call(
        "RegisterActivityType",
        json!({
            "domain": "d", "name": "B", "version": "2", "description": "text", "defaultTaskPriority": "-1",
            "defaultTaskHeartbeatTimeout": "30", "defaultTaskList": {"name": "l"}, "defaultTaskStartToCloseTimeout": "",
        }),
    );
    let info = json!({
        "activityType": {"name": "B", "version": "2"}, "status": "REGISTERED", "description": "text",
        "creationDate": 1_700_000_000.0,
    });
    assert_eq!(
        world.call("DescribeActivityType", json!({"domain": "d", "activityType": {"name": "B", "version": "2"}})),
        json!({
            "typeInfo": info,
            "configuration": {
                "defaultTaskHeartbeatTimeout": "30", "defaultTaskList": {"name": "l"}, "defaultTaskPriority": "-1",
            },
        })
    );
    let body = json!({"domain": "d", "registrationStatus": "REGISTERED", "name": "B"});
    assert_eq!(world.call("ListActivityTypes", body), json!({"typeInfos": [info]}));
    let body = json!({"domain": "d", "registrationStatus": "DEPRECATED"});
    assert_eq!(world.call("ListActivityTypes", body), json!({"typeInfos": []}));
    let domains = world.call("ListDomains", json!({"registrationStatus": "REGISTERED"}));
    assert_eq!(domains["domainInfos"][0]["name"], "d");
}

#[test]
fn pending_tasks_are_those_not_yet_handed_out() {
    let mut world = World::new();
    let count = json!({"domain": "d", "taskList": {"name": "decide"}});
    world.start("w");
    assert_eq!(world.call("CountPendingDecisionTasks", count.clone()), json!({"count": 1, "truncated": false}));
    world.decide(json!([schedule("a", json!({})), schedule("b", json!({}))]));
    assert_eq!(world.call("CountPendingDecisionTasks", count), json!({"count": 0, "truncated": false}));
    assert_eq!(world.pending(), 2);
    world.claim();
    assert_eq!(world.pending(), 1);
    let body = json!({"domain": "d", "taskList": {"name": "nobody's"}});
    assert_eq!(world.call("CountPendingActivityTasks", body), json!({"count": 0, "truncated": false}));
}

#[test]
fn the_same_seed_gives_the_same_answers_byte_for_byte() {
    let play = || {
        let mut world = World::new();
        let polls: Vec<_> = (0..5).map(|_| world.poll_activity().expect_err("nothing yet")).collect();
        let run_id = world.start("w");
        let decisions: Vec<_> = (0..9).map(|n| schedule(&format!("a{n}"), json!({"heartbeatTimeout": "5"}))).collect();
        world.decide(json!(decisions));
        world.service.release_polls();
        world.pass(60_000);
        let answers: Vec<_> = polls.into_iter().map(|poll| world.answered(poll)).collect();
        (answers, world.history(&run_id), world.answers)
    };
    assert_eq!(play(), play());
}
