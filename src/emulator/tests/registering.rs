//! Types and domains: deprecated, undeprecated, deleted, tagged; what still goes and what does not.

use serde_json::{Value, json};

use super::{START, World, schedule};

fn named(member: &str, name: &str) -> Value {
    json!({"domain": "d", member: {"name": name, "version": "1"}})
}

fn listed(world: &mut World, operation: &str, status: &str) -> Vec<String> {
    let body = json!({"domain": "d", "registrationStatus": status});
    let infos = world.call(operation, body);
    let infos = infos.get("typeInfos").or_else(|| infos.get("domainInfos")).unwrap().as_array().unwrap().clone();
    let name = |info: &Value| {
        let id = info.get("activityType").or_else(|| info.get("workflowType")).unwrap_or(info);
        id["name"].as_str().unwrap().to_owned()
    };
    infos.iter().map(name).collect()
}

#[test]
fn a_type_is_deprecated_undeprecated_and_deleted() {
    for (sort, member, name) in [("ActivityType", "activityType", "A"), ("WorkflowType", "workflowType", "W")] {
        let mut world = World::new();
        let (body, descriptor) = (named(member, name), format!("{sort}=[name={name}, version=1]"));
        let call = |world: &mut World, verb: &str| world.call(&format!("{verb}{sort}"), body.clone());
        let fault = |world: &mut World, verb: &str| world.fault(&format!("{verb}{sort}"), named(member, name));

        let exists = ("TypeAlreadyExistsFault".to_owned(), descriptor.clone());
        assert_eq!(fault(&mut world, "Undeprecate"), exists);
        let prose = "The type is currently registered and cannot be deleted in its current state".to_owned();
        assert_eq!(fault(&mut world, "Delete"), ("TypeNotDeprecatedFault".to_owned(), prose));

        world.pass(5_000);
        call(&mut world, "Deprecate");
        let info = call(&mut world, "Describe")["typeInfo"].clone();
        let start = START as f64 / 1_000.0;
        let created = json!({
            member: {"name": name, "version": "1"}, "status": "DEPRECATED", "creationDate": start,
            "deprecationDate": start + 5.0,
        });
        assert_eq!(info, created);
        assert_eq!(fault(&mut world, "Deprecate"), ("TypeDeprecatedFault".to_owned(), descriptor.clone()));
        assert_eq!(listed(&mut world, &format!("List{sort}s"), "DEPRECATED"), [name]);
        assert!(listed(&mut world, &format!("List{sort}s"), "REGISTERED").is_empty());

        call(&mut world, "Undeprecate");
        assert_eq!(listed(&mut world, &format!("List{sort}s"), "REGISTERED"), [name]);
        assert_eq!(call(&mut world, "Describe")["typeInfo"].get("deprecationDate"), None);

        call(&mut world, "Deprecate");
        call(&mut world, "Delete");
        let unknown = ("UnknownResourceFault".to_owned(), format!("Unknown type: {descriptor}"));
        for verb in ["Describe", "Deprecate", "Undeprecate", "Delete"] {
            assert_eq!(fault(&mut world, verb), unknown, "{verb}");
        }
        world.call(&format!("Register{sort}"), json!({"domain": "d", "name": name, "version": "1"}));
    }
}

#[test]
fn a_request_about_a_type_of_the_other_sort_names_none() {
    let mut world = World::new();
    let (_, message) = world.fault("DeleteActivityType", named("workflowType", "W"));
    assert_eq!(
        message,
        "1 validation error detected: Value null at 'activityType' failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn what_runs_goes_on_with_deprecated_types_but_nothing_new_starts() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({}));
    world.call("DeprecateActivityType", named("activityType", "A"));
    world.call("DeprecateWorkflowType", named("workflowType", "W"));
    let start = json!({"domain": "d", "workflowId": "v", "workflowType": {"name": "W", "version": "1"}});
    let fault = ("TypeDeprecatedFault".to_owned(), "WorkflowType=[name=W, version=1]".to_owned());
    assert_eq!(world.fault("StartWorkflowExecution", start), fault);

    let token = world.claim();
    assert!(!world.beat(&token, None));
    world.call("RespondActivityTaskCompleted", json!({"taskToken": token}));
    world.decide(json!([schedule("b", json!({}))]));
    assert_eq!(world.last(&run_id, "ScheduleActivityTaskFailed").1["cause"], "ACTIVITY_TYPE_DEPRECATED");
    world.call("DeleteActivityType", named("activityType", "A"));
    world.decide(json!([schedule("b", json!({}))]));
    assert_eq!(world.last(&run_id, "ScheduleActivityTaskFailed").1["cause"], "ACTIVITY_TYPE_DOES_NOT_EXIST");
}

#[test]
fn a_deprecated_domain_takes_nothing_new_and_all_its_types_are_deprecated() {
    let mut world = World::new();
    let run_id = world.with_activity(json!({}));
    let exists = ("DomainAlreadyExistsFault".to_owned(), "d".to_owned());
    assert_eq!(world.fault("UndeprecateDomain", json!({"name": "d"})), exists);
    world.call("DeprecateDomain", json!({"name": "d"}));
    let deprecated = ("DomainDeprecatedFault".to_owned(), "d".to_owned());
    assert_eq!(world.fault("DeprecateDomain", json!({"name": "d"})), deprecated);
    for (operation, body) in [
        ("RegisterActivityType", json!({"domain": "d", "name": "B", "version": "1"})),
        ("RegisterWorkflowType", json!({"domain": "d", "name": "B", "version": "1"})),
        (
            "StartWorkflowExecution",
            json!({"domain": "d", "workflowId": "v", "workflowType": {"name": "W", "version": "1"}}),
        ),
    ] {
        assert_eq!(world.fault(operation, body), deprecated, "{operation}");
    }
    assert_eq!(world.call("DescribeDomain", json!({"name": "d"}))["domainInfo"]["status"], "DEPRECATED");
    assert_eq!(listed(&mut world, "ListDomains", "DEPRECATED"), ["d"]);
    assert_eq!(listed(&mut world, "ListActivityTypes", "DEPRECATED"), ["A"]);
    assert_eq!(listed(&mut world, "ListWorkflowTypes", "DEPRECATED"), ["W"]);

    let token = world.claim();
    world.call("RespondActivityTaskCompleted", json!({"taskToken": token}));
    world.decide(json!([{"decisionType": "CompleteWorkflowExecution"}]));
    assert_eq!(world.describe(&run_id)["executionInfo"]["closeStatus"], "COMPLETED");

    world.call("UndeprecateDomain", json!({"name": "d"}));
    assert_eq!(listed(&mut world, "ListDomains", "REGISTERED"), ["d"]);
    assert_eq!(listed(&mut world, "ListActivityTypes", "DEPRECATED"), ["A"], "its types stay as they are");
    let unknown = ("UnknownResourceFault".to_owned(), "Unknown domain: x".to_owned());
    for operation in ["DeprecateDomain", "UndeprecateDomain"] {
        assert_eq!(world.fault(operation, json!({"name": "x"})), unknown);
    }
}

#[test]
fn a_workflow_type_is_described_with_all_its_defaults() {
    let mut world = World::new();
    let defaults = json!({
        "defaultTaskStartToCloseTimeout": "60", "defaultExecutionStartToCloseTimeout": "600",
        "defaultTaskList": {"name": "l"}, "defaultTaskPriority": "-3", "defaultChildPolicy": "ABANDON",
        "defaultLambdaRole": "arn:aws:iam::1:role/r",
    });
    let mut body = json!({"domain": "d", "name": "V", "version": "1", "description": "x"});
    body.as_object_mut().unwrap().append(&mut defaults.as_object().unwrap().clone());
    world.call("RegisterWorkflowType", body);
    let described = world.call("DescribeWorkflowType", named("workflowType", "V"));
    assert_eq!(described["configuration"], defaults);
    assert_eq!(described["typeInfo"]["description"], "x");
}

#[test]
fn domains_have_tags() {
    let mut world = World::empty();
    let days = "workflowExecutionRetentionPeriodInDays";
    world.call("RegisterDomain", json!({"name": "d", days: "1", "tags": [{"key": "a", "value": "1"}]}));
    let arn = world.call("DescribeDomain", json!({"name": "d"}))["domainInfo"]["arn"].clone();
    let of = |more: Value| {
        let mut body = json!({"resourceArn": arn});
        body.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
        body
    };
    let tags = |world: &mut World| world.call("ListTagsForResource", json!({"resourceArn": arn}))["tags"].clone();
    world.call("TagResource", of(json!({"tags": [{"key": "b"}, {"key": "a", "value": "2"}, {"key": "c"}]})));
    assert_eq!(tags(&mut world), json!([{"key": "a", "value": "2"}, {"key": "b"}, {"key": "c"}]));
    world.call("UntagResource", of(json!({"tagKeys": ["b", "nowhere"]})));
    assert_eq!(tags(&mut world), json!([{"key": "a", "value": "2"}, {"key": "c"}]));

    let more: Vec<Value> = (0..49).map(|n| json!({"key": n.to_string()})).collect();
    let (kind, _) = world.fault("TagResource", of(json!({"tags": more})));
    assert_eq!(kind, "TooManyTagsFault");
    world.call("TagResource", of(json!({"tags": more[..48]})));
    let more: Vec<Value> = (0..51).map(|n| json!({"key": n.to_string()})).collect();
    assert_eq!(world.fault("RegisterDomain", json!({"name": "e", days: "1", "tags": more})).0, "TooManyTagsFault");

    let elsewhere = "arn:aws:swf:r:2:/domain/d";
    assert_eq!(
        world.fault("ListTagsForResource", json!({"resourceArn": elsewhere})),
        ("UnknownResourceFault".to_owned(), format!("Unknown resource: {elsewhere}"))
    );
    let (_, message) = world.fault("TagResource", of(json!({"tags": [{"value": "x"}]})));
    assert!(message.contains("Value null at 'tags.1.member.key'"), "{message}");
}
