//! Pages of histories and lists, forward and in reverse.

use serde_json::{Value, json};

use super::World;

/// Follows the page tokens; the wanted member of every page.
fn follow(world: &mut World, operation: &str, mut body: Value, member: &str) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    loop {
        let page = world.call(operation, body.clone());
        pages.push(page[member].as_array().unwrap().clone());
        match page.get("nextPageToken") {
            Some(token) => body["nextPageToken"] = token.clone(),
            None => return pages,
        }
    }
}

fn ids(pages: &[Vec<Value>]) -> Vec<Vec<i64>> {
    pages.iter().map(|page| page.iter().map(|event| event["eventId"].as_i64().unwrap()).collect()).collect()
}

/// An execution with a history of five events.
fn five_events(world: &mut World) -> Value {
    let run_id = world.start("w");
    for _ in 0..3 {
        world.call("SignalWorkflowExecution", json!({"domain": "d", "workflowId": "w", "signalName": "s"}));
    }
    json!({"domain": "d", "execution": {"workflowId": "w", "runId": run_id}})
}

#[test]
fn a_history_page_by_page() {
    let mut world = World::new();
    let mut body = five_events(&mut world);
    let operation = "GetWorkflowExecutionHistory";
    assert_eq!(ids(&follow(&mut world, operation, body.clone(), "events")), [[1, 2, 3, 4, 5]]);
    body["maximumPageSize"] = json!(2);
    assert_eq!(ids(&follow(&mut world, operation, body.clone(), "events")), [vec![1, 2], vec![3, 4], vec![5]]);
    body["reverseOrder"] = json!(true);
    assert_eq!(ids(&follow(&mut world, operation, body.clone(), "events")), [vec![5, 4], vec![3, 2], vec![1]]);
    body["maximumPageSize"] = json!(5);
    assert_eq!(ids(&follow(&mut world, operation, body, "events")), [[5, 4, 3, 2, 1]], "no token after the last event");
}

#[test]
fn pages_stand_still_while_the_history_grows() {
    let mut world = World::new();
    let mut body = five_events(&mut world);
    body["maximumPageSize"] = json!(2);
    body["reverseOrder"] = json!(true);
    let first = world.call("GetWorkflowExecutionHistory", body.clone());
    world.call("SignalWorkflowExecution", json!({"domain": "d", "workflowId": "w", "signalName": "s"}));
    body["nextPageToken"] = first["nextPageToken"].clone();
    assert_eq!(ids(&follow(&mut world, "GetWorkflowExecutionHistory", body, "events")), [vec![3, 2], vec![1]]);
}

#[test]
fn a_history_that_lags_shows_only_older_events() {
    let mut world = World::new();
    let body = five_events(&mut world);
    world.service.set_history_lag(1_000);
    let seen = |world: &mut World, reverse: bool| {
        let mut body = body.clone();
        body["reverseOrder"] = json!(reverse);
        ids(&follow(world, "GetWorkflowExecutionHistory", body, "events")).concat()
    };
    assert_eq!(seen(&mut world, false), [0; 0]);
    world.pass(1_000);
    world.call("SignalWorkflowExecution", json!({"domain": "d", "workflowId": "w", "signalName": "s"}));
    assert_eq!(seen(&mut world, false), [1, 2, 3, 4, 5]);
    assert_eq!(seen(&mut world, true), [5, 4, 3, 2, 1]);
    world.service.set_history_lag(0);
    assert_eq!(seen(&mut world, false), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_page_token_is_only_good_for_its_own_query_and_for_a_day() {
    let mut world = World::new();
    let mut body = five_events(&mut world);
    body["maximumPageSize"] = json!(2);
    body["nextPageToken"] = world.call("GetWorkflowExecutionHistory", body.clone())["nextPageToken"].clone();
    let invalid = ("ValidationException".to_owned(), "Invalid token".to_owned());

    let mut reversed = body.clone();
    reversed["reverseOrder"] = json!(true);
    assert_eq!(world.fault("GetWorkflowExecutionHistory", reversed), invalid);
    let mut listed = json!({"registrationStatus": "REGISTERED", "nextPageToken": body["nextPageToken"]});
    assert_eq!(world.fault("ListDomains", listed.clone()), invalid);
    listed["nextPageToken"] = json!("nonsense");
    assert_eq!(world.fault("ListDomains", listed), invalid);

    world.pass(24 * 3_600_000);
    world.call("GetWorkflowExecutionHistory", body.clone());
    world.pass(1);
    let (_, message) = world.fault("GetWorkflowExecutionHistory", body);
    assert_eq!(message, "Specified token has exceeded its maximum lifetime");
}

#[test]
fn lists_are_alphabetical_and_paged() {
    let mut world = World::new();
    for name in ["c", "e", "b"] {
        world.call("RegisterDomain", json!({"name": name, "workflowExecutionRetentionPeriodInDays": "NONE"}));
        world.call("RegisterActivityType", json!({"domain": "d", "name": name, "version": "1"}));
    }
    let names = |pages: Vec<Vec<Value>>, path: &str| -> Vec<Vec<String>> {
        let name = |info: &Value| info.pointer(path).unwrap().as_str().unwrap().to_owned();
        pages.iter().map(|page| page.iter().map(name).collect()).collect()
    };
    let mut body = json!({"registrationStatus": "REGISTERED", "maximumPageSize": 3});
    let pages = follow(&mut world, "ListDomains", body.clone(), "domainInfos");
    assert_eq!(names(pages, "/name"), [vec!["b", "c", "d"], vec!["e"]]);
    body["reverseOrder"] = json!(true);
    let pages = follow(&mut world, "ListDomains", body.clone(), "domainInfos");
    assert_eq!(names(pages, "/name"), [vec!["e", "d", "c"], vec!["b"]]);
    body["domain"] = json!("d");
    let pages = follow(&mut world, "ListActivityTypes", body, "typeInfos");
    assert_eq!(names(pages, "/activityType/name"), [vec!["e", "c", "b"], vec!["A"]]);
}

#[test]
fn a_decision_task_comes_in_pages_of_one_and_the_same_task() {
    let mut world = World::new();
    five_events(&mut world);
    let mut body = json!({"domain": "d", "taskList": {"name": "decide"}, "maximumPageSize": 4});
    let first = world.call("PollForDecisionTask", body.clone());
    world.call("SignalWorkflowExecution", json!({"domain": "d", "workflowId": "w", "signalName": "later"}));
    body["nextPageToken"] = first["nextPageToken"].clone();
    let second = world.call("PollForDecisionTask", body.clone());
    assert_eq!(first["taskToken"], second["taskToken"]);
    let pages = [&first, &second].map(|page| page["events"].as_array().unwrap().clone());
    assert_eq!(ids(&pages), [vec![1, 2, 3, 4], vec![5, 6]], "up to the event that started the task");
    assert_eq!(second.get("nextPageToken"), None);

    world.call("RespondDecisionTaskCompleted", json!({"taskToken": first["taskToken"]}));
    let (_, message) = world.fault("PollForDecisionTask", body.clone());
    assert_eq!(message, "Unknown decision task, scheduledEventId = 2");
    body["nextPageToken"] = first["taskToken"].clone();
    assert_eq!(world.fault("PollForDecisionTask", body).1, "Invalid token");
}

#[test]
fn a_decision_task_in_reverse_or_only_with_what_is_new() {
    let mut world = World::new();
    five_events(&mut world);
    world.decide(json!([]));
    world.call("SignalWorkflowExecution", json!({"domain": "d", "workflowId": "w", "signalName": "s"}));
    let body = json!({
        "domain": "d", "taskList": {"name": "decide"}, "reverseOrder": true, "startAtPreviousStartedEvent": true,
        "maximumPageSize": 3,
    });
    let pages = follow(&mut world, "PollForDecisionTask", body, "events");
    assert_eq!(ids(&pages), [vec![10, 9, 8], vec![7, 6]]);
}
