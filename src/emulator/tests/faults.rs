//! What the service says no to, and in which words.

use serde_json::{Value, json};

use super::super::service::{Handled, RequestId};
use super::World;

fn retention(name: &str) -> Value {
    json!({"name": name, "workflowExecutionRetentionPeriodInDays": "1"})
}

#[test]
fn each_fault_has_its_type_and_its_words() {
    let mut world = World::new();
    world.call("RegisterWorkflowType", json!({"domain": "d", "name": "Bare", "version": "1"}));
    let run_id = world.start("w");
    let start = |name: &str, version: &str, id: &str| json!({"domain": "d", "workflowId": id, "workflowType": {"name": name, "version": version}});
    let execution = |id: &str, run: &str| json!({"domain": "d", "execution": {"workflowId": id, "runId": run}});
    let activity = |version: &str| json!({"domain": "d", "activityType": {"name": "A", "version": version}});
    let poll = json!({"domain": "x", "taskList": {"name": "l"}});
    let cases = [
        ("RegisterDomain", retention("d"), "DomainAlreadyExistsFault", "d".into()),
        ("DescribeDomain", json!({"name": "x"}), "UnknownResourceFault", "Unknown domain: x".into()),
        ("PollForActivityTask", poll.clone(), "UnknownResourceFault", "Unknown domain: x".into()),
        ("PollForDecisionTask", poll.clone(), "UnknownResourceFault", "Unknown domain: x".into()),
        ("CountPendingActivityTasks", poll, "UnknownResourceFault", "Unknown domain: x".into()),
        (
            "RegisterActivityType",
            json!({"domain": "d", "name": "A", "version": "1"}),
            "TypeAlreadyExistsFault",
            "ActivityType=[name=A, version=1]".into(),
        ),
        (
            "RegisterWorkflowType",
            json!({"domain": "d", "name": "W", "version": "1"}),
            "TypeAlreadyExistsFault",
            "WorkflowType=[name=W, version=1]".into(),
        ),
        (
            "DescribeActivityType",
            activity("2"),
            "UnknownResourceFault",
            "Unknown type: ActivityType=[name=A, version=2]".into(),
        ),
        (
            "StartWorkflowExecution",
            start("W", "2", "v"),
            "UnknownResourceFault",
            "Unknown type: WorkflowType=[name=W, version=2]".into(),
        ),
        ("StartWorkflowExecution", start("Bare", "1", "v"), "DefaultUndefinedFault", "executionStartToCloseTimeout".into()),
        (
            "StartWorkflowExecution",
            start("W", "1", "w"),
            "WorkflowExecutionAlreadyStartedFault",
            "Already Started".into(),
        ),
        (
            "SignalWorkflowExecution",
            json!({"domain": "d", "workflowId": "v", "signalName": "s"}),
            "UnknownResourceFault",
            "Unknown execution, workflowId = v".into(),
        ),
        (
            "TerminateWorkflowExecution",
            json!({"domain": "d", "workflowId": "w", "runId": "r"}),
            "UnknownResourceFault",
            "Unknown execution: WorkflowExecution=[workflowId=w, runId=r]".into(),
        ),
        (
            "RequestCancelWorkflowExecution",
            json!({"domain": "d", "workflowId": "v", "runId": run_id}),
            "UnknownResourceFault",
            format!("Unknown execution: WorkflowExecution=[workflowId=v, runId={run_id}]"),
        ),
        (
            "DescribeWorkflowExecution",
            execution("v", &run_id),
            "UnknownResourceFault",
            format!("Unknown execution: WorkflowExecution=[workflowId=v, runId={run_id}]"),
        ),
        (
            "GetWorkflowExecutionHistory",
            execution("w", "r"),
            "UnknownResourceFault",
            "Unknown execution: WorkflowExecution=[workflowId=w, runId=r]".into(),
        ),
        ("RecordActivityTaskHeartbeat", json!({"taskToken": "None"}), "ValidationException", "Invalid token".into()),
        ("RespondDecisionTaskCompleted", json!({"taskToken": "None"}), "ValidationException", "Invalid token".into()),
        (
            "ListDomains",
            json!({"registrationStatus": "BOGUS"}),
            "ValidationException",
            "1 validation error detected: Value 'BOGUS' at 'registrationStatus' failed to satisfy constraint: Member must \
             satisfy enum value set: [REGISTERED, DEPRECATED]"
                .into(),
        ),
        (
            "CountEverything",
            json!({}),
            "UnknownOperationException",
            "The swfbeat emulator has no operation 'CountEverything'".into(),
        ),
    ];
    for (operation, body, kind, message) in cases {
        assert_eq!(world.fault(operation, body), (kind.to_owned(), message), "{operation}");
    }
}

#[test]
fn defaults_are_missed_in_this_order() {
    let mut world = World::new();
    world.call("RegisterWorkflowType", json!({"domain": "d", "name": "Bare", "version": "1"}));
    let mut body = json!({"domain": "d", "workflowId": "v", "workflowType": {"name": "Bare", "version": "1"}});
    for (member, value) in [
        ("executionStartToCloseTimeout", json!("60")),
        ("taskStartToCloseTimeout", json!("60")),
        ("childPolicy", json!("TERMINATE")),
        ("taskList", json!({"name": "l"})),
    ] {
        assert_eq!(
            world.fault("StartWorkflowExecution", body.clone()),
            ("DefaultUndefinedFault".into(), member.into())
        );
        body[member] = value;
    }
    world.call("StartWorkflowExecution", body);
}

#[test]
fn lengths_are_limited() {
    let mut world = World::new();
    world.with_activity(json!({}));
    let token = world.claim();
    let long = |length: usize| "x".repeat(length);
    for (operation, member, limit) in [
        ("RecordActivityTaskHeartbeat", "details", 2_048),
        ("RespondActivityTaskFailed", "reason", 256),
        ("RespondActivityTaskFailed", "details", 32_768),
        ("RespondActivityTaskCanceled", "details", 32_768),
        ("RespondActivityTaskCompleted", "result", 32_768),
    ] {
        let text = long(limit + 1);
        let message = format!(
            "1 validation error detected: Value '{text}' at '{member}' failed to satisfy constraint: Member must have \
             length less than or equal to {limit}"
        );
        let body = json!({"taskToken": token, member: text});
        assert_eq!(world.fault(operation, body), ("ValidationException".into(), message));
    }
    assert!(!world.beat(&token, Some(&long(2_048))), "the task is still open, and the limit itself is allowed");
    world.call("RespondActivityTaskCompleted", json!({"taskToken": token, "result": long(32_768)}));
}

#[test]
fn a_missing_or_empty_token_and_one_of_the_other_kind() {
    let mut world = World::new();
    world.start("w");
    let decision = world.poll_decision();
    let (_, message) = world.fault("RespondActivityTaskCompleted", json!({}));
    assert_eq!(
        message,
        "1 validation error detected: Value null at 'taskToken' failed to satisfy constraint: Member must not be null"
    );
    let (_, message) = world.fault("RespondActivityTaskCompleted", json!({"taskToken": ""}));
    assert!(message.ends_with("Member must have length greater than or equal to 1"), "{message}");
    let (_, message) = world.fault("RespondActivityTaskCompleted", json!({"taskToken": decision["taskToken"]}));
    assert_eq!(message, "Invalid token");
}

#[test]
fn violations_of_several_members_come_together() {
    let mut world = World::new();
    let body = json!({"name": "a:b", "version": "", "defaultTaskHeartbeatTimeout": "soon", "defaultTaskList": {}});
    let (_, message) = world.fault("RegisterActivityType", body);
    assert_eq!(
        message,
        "5 validation errors detected: \
         Value null at 'domain' failed to satisfy constraint: Member must not be null; \
         Value 'a:b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: \
         [^:/|\\u0000-\\u001f\\u007f-\\u009f]+; \
         Value '' at 'version' failed to satisfy constraint: Member must have length greater than or equal to 1; \
         Value 'soon' at 'defaultTaskHeartbeatTimeout' failed to satisfy constraint: Member must satisfy regular \
         expression pattern: [0-9]*|NONE; \
         Value null at 'defaultTaskList.name' failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn a_body_that_is_not_json_or_has_wrong_types() {
    let mut world = World::new();
    for (body, message) in [
        ("{\"name\":", "The body is not valid JSON, at line 1, column 8"),
        ("{\"name\":7}", "A member has the wrong type, at line 1, column 9"),
        ("\u{1}", "The body is not valid JSON, at line 1, column 1"),
    ] {
        let handled = world.service.handle(world.now, RequestId(99), "DescribeDomain", body.as_bytes());
        let Handled::Answer(answer) = handled else { panic!("held") };
        assert_eq!(answer.status, 400);
        assert_eq!(
            super::value(&answer),
            json!({"__type": "com.amazon.coral.service#SerializationException", "message": message})
        );
    }
}
