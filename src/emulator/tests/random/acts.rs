//! What clients do at random: mostly what makes sense, and now and then anything at all.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{decision, request_cancel, schedule, start_timer};

/// One step of a story.
#[derive(Debug, Clone)]
pub enum Act {
    Pass(i64),
    Forget(usize),
    ReleasePolls,
    /// Saved and restored; held polls are gone.
    Restart,
    Send {
        operation: String,
        body: Value,
    },
    Decide {
        which: usize,
        decisions: Vec<Value>,
    },
    Work {
        which: usize,
        operation: &'static str,
    },
}

/// All operations but those about tasks in hand.
const OPERATIONS: [&str; 33] = [
    "RegisterDomain",
    "DescribeDomain",
    "ListDomains",
    "DeprecateDomain",
    "UndeprecateDomain",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
    "RegisterActivityType",
    "DescribeActivityType",
    "ListActivityTypes",
    "DeprecateActivityType",
    "UndeprecateActivityType",
    "DeleteActivityType",
    "RegisterWorkflowType",
    "DescribeWorkflowType",
    "ListWorkflowTypes",
    "DeprecateWorkflowType",
    "UndeprecateWorkflowType",
    "DeleteWorkflowType",
    "StartWorkflowExecution",
    "SignalWorkflowExecution",
    "RequestCancelWorkflowExecution",
    "TerminateWorkflowExecution",
    "DescribeWorkflowExecution",
    "GetWorkflowExecutionHistory",
    "ListOpenWorkflowExecutions",
    "ListClosedWorkflowExecutions",
    "CountOpenWorkflowExecutions",
    "CountClosedWorkflowExecutions",
    "CountPendingActivityTasks",
    "CountPendingDecisionTasks",
    "RespondDecisionTaskCompleted",
];

fn workflow_id() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["w", "v", "c"])
}

fn send(operation: impl Into<String>, body: Value) -> Act {
    Act::Send { operation: operation.into(), body }
}

/// One step.
pub fn act() -> impl Strategy<Value = Act> {
    let work = vec![
        "RecordActivityTaskHeartbeat",
        "RecordActivityTaskHeartbeat",
        "RespondActivityTaskCompleted",
        "RespondActivityTaskFailed",
        "RespondActivityTaskCanceled",
    ];
    prop_oneof![
        18 => (0i64..3_000).prop_map(Act::Pass),
        1 => Just(Act::Pass(86_400_000)),
        2 => Just(Act::Restart),
        9 => start(),
        24 => Just(send("PollForDecisionTask", json!({"domain": "d", "taskList": {"name": "decide"}}))),
        24 => (any::<usize>(), prop::collection::vec(any_decision(), 0..4))
            .prop_map(|(which, decisions)| Act::Decide { which, decisions }),
        12 => Just(send("PollForActivityTask", json!({"domain": "d", "taskList": {"name": "work"}}))),
        12 => (any::<usize>(), prop::sample::select(work)).prop_map(|(which, operation)| Act::Work { which, operation }),
        6 => outside(),
        2 => registration(),
        4 => anything(),
        2 => any::<usize>().prop_map(Act::Forget),
        1 => Just(Act::ReleasePolls),
    ]
}

fn start() -> impl Strategy<Value = Act> {
    let policy = prop::sample::select(vec!["TERMINATE", "REQUEST_CANCEL", "ABANDON"]);
    (workflow_id(), policy).prop_map(|(id, policy)| {
        let body = json!({
            "domain": "d", "workflowId": id, "workflowType": {"name": "W", "version": "1"}, "childPolicy": policy,
            "executionStartToCloseTimeout": "40", "taskStartToCloseTimeout": "6",
        });
        send("StartWorkflowExecution", body)
    })
}

/// Requests about an execution by its workflow id.
fn outside() -> impl Strategy<Value = Act> {
    let operations = vec!["SignalWorkflowExecution", "RequestCancelWorkflowExecution", "TerminateWorkflowExecution"];
    (prop::sample::select(operations), workflow_id())
        .prop_map(|(operation, id)| send(operation, json!({"domain": "d", "workflowId": id, "signalName": "s"})))
}

/// Types and the domain come and go; mostly they come, so that the rest has something to do.
fn registration() -> impl Strategy<Value = Act> {
    let verbs = vec!["Deprecate", "Delete", "Undeprecate", "Undeprecate", "Undeprecate", "Register", "Register"];
    let sorts = vec![("ActivityType", "activityType", "A"), ("WorkflowType", "workflowType", "W"), ("Domain", "", "d")];
    (prop::sample::select(verbs), prop::sample::select(sorts)).prop_map(|(verb, (sort, member, name))| {
        let body = json!({
            "domain": "d", "name": name, "version": "1", member: {"name": name, "version": "1"},
            "workflowExecutionRetentionPeriodInDays": "1",
        });
        send(format!("{verb}{sort}"), body)
    })
}

/// Any operation with members of any value, right or wrong.
fn anything() -> impl Strategy<Value = Act> {
    let members = vec![
        "domain",
        "name",
        "version",
        "workflowId",
        "runId",
        "execution",
        "workflowType",
        "activityType",
        "taskList",
        "registrationStatus",
        "nextPageToken",
        "maximumPageSize",
        "reverseOrder",
        "startTimeFilter",
        "closeTimeFilter",
        "tagFilter",
        "closeStatusFilter",
        "resourceArn",
        "tags",
        "taskToken",
        "decisions",
        "childPolicy",
        "tagList",
    ];
    let values = vec![
        json!(null),
        json!(7),
        json!(-1.5),
        json!(true),
        json!(""),
        json!("d"),
        json!("arn"),
        json!("a:b"),
        json!({}),
        json!([]),
        json!([{}]),
        json!({"name": "W", "version": "1"}),
        json!({"workflowId": "w", "runId": "r"}),
        json!({"oldestDate": 0}),
        json!({"tag": "t"}),
        json!("REGISTERED"),
        json!({"status": "FAILED"}),
        json!(2),
        json!([{"decisionType": "StartTimer"}, {"decisionType": "X"}]),
        json!("x".repeat(300)),
        json!(["a"]),
    ];
    let member = (prop::sample::select(members), prop::sample::select(values));
    let members = prop::collection::vec(member, 0..5);
    (prop::sample::select(OPERATIONS.to_vec()), members).prop_map(|(operation, members)| {
        let body: Value = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        send(operation, body)
    })
}

fn any_decision() -> impl Strategy<Value = Value> {
    let plain = prop::sample::select(vec![
        schedule("a", json!({"heartbeatTimeout": "3", "startToCloseTimeout": "8"})),
        schedule("a", json!({"heartbeatTimeout": "3", "startToCloseTimeout": "8", "taskPriority": "2"})),
        schedule("b", json!({"scheduleToStartTimeout": "5", "scheduleToCloseTimeout": "9"})),
        schedule("b", json!({"scheduleToStartTimeout": "5", "scheduleToCloseTimeout": "9"})),
        schedule("e", json!({})),
        request_cancel("a"),
        request_cancel("b"),
        start_timer("t", "4"),
        start_timer("u", "0"),
        decision("CancelTimer", json!({"timerId": "t"})),
        decision("RecordMarker", json!({"markerName": "m"})),
        decision("ScheduleLambdaFunction", json!({"id": "l", "name": "f"})),
        decision("CompleteWorkflowExecution", json!({"result": "r"})),
        decision("FailWorkflowExecution", json!({})),
        decision("CancelWorkflowExecution", json!({})),
        decision(
            "ContinueAsNewWorkflowExecution",
            json!({"executionStartToCloseTimeout": "30", "taskStartToCloseTimeout": "6"}),
        ),
    ]);
    let outward = (0..3, workflow_id()).prop_map(|(kind, id)| match kind {
        0 => {
            let attributes = json!({
                "workflowId": id, "workflowType": {"name": "W", "version": "1"},
                "executionStartToCloseTimeout": "20", "taskStartToCloseTimeout": "6",
            });
            decision("StartChildWorkflowExecution", attributes)
        }
        1 => decision("SignalExternalWorkflowExecution", json!({"workflowId": id, "signalName": "s"})),
        _ => decision("RequestCancelExternalWorkflowExecution", json!({"workflowId": id})),
    });
    prop_oneof![2 => plain, 1 => outward]
}
