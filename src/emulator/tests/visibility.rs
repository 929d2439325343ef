//! Open and closed executions: listed, counted, filtered, paged, and forgotten after the retention period.

use serde_json::{Value, json};

use super::{START, World};

const COMPLETE: &str = "CompleteWorkflowExecution";

fn seconds(after_start: f64) -> f64 {
    START as f64 / 1_000.0 + after_start
}

/// Executions `0` to `5` of the types `W` and `V`, started a second apart; `1`, `3` and `0` are closed then, in this
/// order and in three ways.
fn six() -> World {
    let mut world = World::new();
    world.call(
        "RegisterWorkflowType",
        json!({
            "domain": "d", "name": "V", "version": "2", "defaultTaskList": {"name": "v"},
            "defaultTaskStartToCloseTimeout": "NONE", "defaultExecutionStartToCloseTimeout": "86400",
            "defaultChildPolicy": "TERMINATE",
        }),
    );
    for n in 0..6 {
        let kind = if n % 2 == 0 { json!({"name": "W", "version": "1"}) } else { json!({"name": "V", "version": "2"}) };
        let tags = if n < 4 { json!(["all", n.to_string()]) } else { json!([]) };
        let body = json!({"domain": "d", "workflowId": n.to_string(), "workflowType": kind, "tagList": tags});
        world.call("StartWorkflowExecution", body);
        world.pass(1_000);
    }
    for (n, decision) in [("1", Some("FailWorkflowExecution")), ("3", None), ("0", Some(COMPLETE))] {
        if let Some(decision) = decision {
            let list = if n == "0" { "decide" } else { "v" };
            let task = world.call("PollForDecisionTask", json!({"domain": "d", "taskList": {"name": list}}));
            assert_eq!(task["workflowExecution"]["workflowId"], n);
            let body = json!({"taskToken": task["taskToken"], "decisions": [{"decisionType": decision}]});
            world.call("RespondDecisionTaskCompleted", body);
        } else {
            world.call("TerminateWorkflowExecution", json!({"domain": "d", "workflowId": n}));
        }
        world.pass(1_000);
    }
    world
}

fn with(more: Value) -> Value {
    let mut body = json!({"domain": "d"});
    body.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
    body
}

/// The workflow ids that `List…` gives, joined; `Count…` must say how many they are.
fn ids(world: &mut World, which: &str, filter: Value) -> String {
    let listed = world.call(&format!("List{which}WorkflowExecutions"), with(filter.clone()));
    let infos = listed["executionInfos"].as_array().unwrap().clone();
    let counted = world.call(&format!("Count{which}WorkflowExecutions"), with(filter));
    assert_eq!(counted, json!({"count": infos.len(), "truncated": false}));
    infos.iter().map(|info| info["execution"]["workflowId"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn open_executions_through_every_filter() {
    let mut world = six();
    let since = |after: f64| json!({"oldestDate": seconds(after)});
    let cases = [
        (json!({"startTimeFilter": since(0.0)}), "542"),
        (json!({"startTimeFilter": since(0.0), "reverseOrder": true}), "245"),
        (json!({"startTimeFilter": since(4.0)}), "54"),
        (json!({"startTimeFilter": {"oldestDate": seconds(2.0), "latestDate": seconds(4.0)}}), "42"),
        (json!({"startTimeFilter": {"oldestDate": seconds(2.001), "latestDate": seconds(3.999)}}), ""),
        (json!({"startTimeFilter": since(0.0), "executionFilter": {"workflowId": "4"}}), "4"),
        (json!({"startTimeFilter": since(0.0), "executionFilter": {"workflowId": "1"}}), ""),
        (json!({"startTimeFilter": since(0.0), "typeFilter": {"name": "W"}}), "42"),
        (json!({"startTimeFilter": since(0.0), "typeFilter": {"name": "V", "version": "2"}}), "5"),
        (json!({"startTimeFilter": since(0.0), "typeFilter": {"name": "V", "version": "1"}}), ""),
        (json!({"startTimeFilter": since(0.0), "tagFilter": {"tag": "all"}}), "2"),
        (json!({"startTimeFilter": since(0.0), "tagFilter": {"tag": "al"}}), ""),
    ];
    for (filter, expected) in cases {
        assert_eq!(ids(&mut world, "Open", filter.clone()), expected, "{filter}");
    }
}

#[test]
fn closed_executions_through_every_filter() {
    let mut world = six();
    let all = json!({"oldestDate": 0});
    let cases = [
        (json!({"startTimeFilter": all}), "310"),
        (json!({"startTimeFilter": all, "reverseOrder": true}), "013"),
        (json!({"closeTimeFilter": all}), "031"),
        (json!({"closeTimeFilter": all, "reverseOrder": true}), "130"),
        (json!({"closeTimeFilter": {"oldestDate": seconds(7.0)}}), "03"),
        (json!({"closeTimeFilter": {"oldestDate": 0, "latestDate": seconds(7.0)}}), "31"),
        (json!({"startTimeFilter": {"oldestDate": seconds(1.0)}}), "31"),
        (json!({"closeTimeFilter": all, "executionFilter": {"workflowId": "3"}}), "3"),
        (json!({"closeTimeFilter": all, "typeFilter": {"name": "V"}}), "31"),
        (json!({"closeTimeFilter": all, "tagFilter": {"tag": "3"}}), "3"),
        (json!({"closeTimeFilter": all, "closeStatusFilter": {"status": "TERMINATED"}}), "3"),
        (json!({"closeTimeFilter": all, "closeStatusFilter": {"status": "FAILED"}}), "1"),
        (json!({"closeTimeFilter": all, "closeStatusFilter": {"status": "TIMED_OUT"}}), ""),
    ];
    for (filter, expected) in cases {
        assert_eq!(ids(&mut world, "Closed", filter.clone()), expected, "{filter}");
    }
}

#[test]
fn an_execution_is_listed_as_it_is_described() {
    let mut world = six();
    for (which, filter) in [("Open", "startTimeFilter"), ("Closed", "closeTimeFilter")] {
        let listed = world.call(&format!("List{which}WorkflowExecutions"), with(json!({filter: {"oldestDate": 0}})));
        for info in listed["executionInfos"].as_array().unwrap() {
            let described = world.call("DescribeWorkflowExecution", with(json!({"execution": info["execution"]})));
            assert_eq!(described["executionInfo"], *info);
        }
    }
}

#[test]
fn pages_stand_still_while_executions_come_and_go() {
    let mut world = six();
    let mut body = with(json!({"startTimeFilter": {"oldestDate": 0}, "maximumPageSize": 1}));
    let first = world.call("ListOpenWorkflowExecutions", body.clone());
    assert_eq!(first["executionInfos"][0]["execution"]["workflowId"], "5");
    world.start("6");
    world.call("TerminateWorkflowExecution", json!({"domain": "d", "workflowId": "4"}));
    body["nextPageToken"] = first["nextPageToken"].clone();
    let second = world.call("ListOpenWorkflowExecutions", body.clone());
    assert_eq!(second["executionInfos"][0]["execution"]["workflowId"], "2", "not 5 again, and 4 is closed now");
    assert_eq!(second.get("nextPageToken"), None);

    body["reverseOrder"] = json!(true);
    assert_eq!(world.fault("ListOpenWorkflowExecutions", body).1, "Invalid token", "only for its own query");
}

#[test]
fn filters_exclude_each_other_and_one_over_time_is_needed() {
    let mut world = six();
    let all = json!({"oldestDate": 0});
    let exclusive =
        "Cannot specify more than one exclusive filters in the same query: [executionFilter, typeFilter, tagFilter";
    let null = "1 validation error detected: Value null at";
    let cases = [
        ("Closed", json!({}), "Must specify time filter".to_owned()),
        (
            "Closed",
            json!({"startTimeFilter": all, "closeTimeFilter": all}),
            "Cannot specify both a startTimeFilter and a closeTimeFilter".to_owned(),
        ),
        (
            "Open",
            json!({"startTimeFilter": all, "tagFilter": {"tag": "x"}, "typeFilter": {"name": "x"}}),
            format!("{exclusive}]"),
        ),
        (
            "Closed",
            json!({"startTimeFilter": all, "tagFilter": {"tag": "x"}, "closeStatusFilter": {"status": "FAILED"}}),
            format!("{exclusive}, closeStatusFilter]"),
        ),
        ("Open", json!({}), format!("{null} 'startTimeFilter' failed to satisfy constraint: Member must not be null")),
        (
            "Closed",
            json!({"closeTimeFilter": {}}),
            format!("{null} 'closeTimeFilter.oldestDate' failed to satisfy constraint: Member must not be null"),
        ),
        (
            "Closed",
            json!({"closeTimeFilter": all, "closeStatusFilter": {"status": "OPEN"}}),
            "1 validation error detected: Value 'OPEN' at 'closeStatusFilter.status' failed to satisfy constraint: \
             Member must satisfy enum value set: [COMPLETED, FAILED, CANCELED, TERMINATED, CONTINUED_AS_NEW, TIMED_OUT]"
                .to_owned(),
        ),
    ];
    for (which, filter, message) in cases {
        for verb in ["List", "Count"] {
            let fault = world.fault(&format!("{verb}{which}WorkflowExecutions"), with(filter.clone()));
            assert_eq!(fault, ("ValidationException".to_owned(), message.clone()));
        }
    }
}

#[test]
fn a_closed_execution_is_forgotten_after_its_domains_retention_period() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({}));
    let token = world.claim();
    world.call("TerminateWorkflowExecution", json!({"domain": "d", "workflowId": "w"}));
    let filter = json!({"closeTimeFilter": {"oldestDate": 0}});
    world.pass(86_400_000 - 1);
    assert_eq!(ids(&mut world, "Closed", filter.clone()), "w");
    assert_eq!(world.types(&run_id).len(), 7);
    world.pass(1);
    assert_eq!(ids(&mut world, "Closed", filter), "");
    let unknown = format!("Unknown execution: WorkflowExecution=[workflowId=w, runId={run_id}]");
    let execution = with(json!({"execution": {"workflowId": "w", "runId": run_id}}));
    for (operation, body) in [
        ("GetWorkflowExecutionHistory", execution.clone()),
        ("DescribeWorkflowExecution", execution),
        ("RecordActivityTaskHeartbeat", json!({"taskToken": token})),
    ] {
        assert_eq!(world.fault(operation, body), ("UnknownResourceFault".to_owned(), unknown.clone()));
    }
    assert_ne!(world.start("w"), run_id);
}

#[test]
fn without_retention_an_execution_is_gone_once_it_is_closed() {
    for days in ["NONE", "0"] {
        let mut world = World::empty();
        let retention = json!({"name": "d", "workflowExecutionRetentionPeriodInDays": days});
        world.call("RegisterDomain", retention);
        world.call(
            "RegisterWorkflowType",
            json!({
                "domain": "d", "name": "W", "version": "1", "defaultTaskList": {"name": "decide"},
                "defaultTaskStartToCloseTimeout": "NONE", "defaultExecutionStartToCloseTimeout": "10",
                "defaultChildPolicy": "TERMINATE",
            }),
        );
        let run_id = world.start("w");
        world.decide(json!([{"decisionType": COMPLETE}]));
        let execution = with(json!({"execution": {"workflowId": "w", "runId": run_id}}));
        assert_eq!(world.fault("DescribeWorkflowExecution", execution).0, "UnknownResourceFault");
        world.start("w");
        world.pass(10_000);
        assert_eq!(ids(&mut world, "Closed", json!({"closeTimeFilter": {"oldestDate": 0}})), "");
    }
}
