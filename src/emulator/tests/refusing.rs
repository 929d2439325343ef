//! What stands before SWF itself: refusals, denials; and the feed of events beside it.

use serde_json::{Value, json};

use super::super::refusal::Refusal;
use super::super::service::Answer;
use super::{World, value};

fn kind_and_text(answer: &Answer) -> (String, Value) {
    let body = value(answer);
    let kind = body["__type"].as_str().unwrap().rsplit('#').next().unwrap().to_owned();
    (kind, body.get("message").or(body.get("Message")).unwrap().clone())
}

#[test]
fn refusals_have_their_words() {
    let mut world = World::new();
    for (refusal, status, kind) in [
        (Refusal::Throttled, 400, "ThrottlingException"),
        (Refusal::ExpiredCredentials, 400, "ExpiredTokenException"),
        (Refusal::Trouble(500), 500, "InternalFailure"),
        (Refusal::Trouble(503), 503, "ServiceUnavailableException"),
        (Refusal::Unsigned, 400, "MissingAuthenticationTokenException"),
        (Refusal::UnknownKey, 400, "UnrecognizedClientException"),
        (Refusal::Incomplete("x".into()), 400, "IncompleteSignatureException"),
        (Refusal::Signature("x".into()), 400, "InvalidSignatureException"),
    ] {
        let answer = world.service.refuse(&refusal);
        assert_eq!((answer.status, kind_and_text(&answer).0.as_str()), (status, kind));
    }
}

#[test]
fn a_denial_names_the_action_and_the_domain() {
    let mut world = World::new();
    world.with_activity(json!({}));
    let token = world.claim();
    let mut denied = |operation: &str, body: Value| {
        let answer = world.service.deny(operation, body.to_string().as_bytes());
        let (kind, text) = kind_and_text(&answer);
        assert_eq!((answer.status, kind.as_str()), (400, "AccessDeniedException"));
        let action =
            format!("User: arn:aws:iam::1:user/emulator is not authorized to perform: swf:{operation} on resource: ");
        text.as_str().unwrap().strip_prefix(&action).unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    let own = "arn:aws:swf:r:1:/domain/d";
    assert_eq!(denied("RecordActivityTaskHeartbeat", json!({"taskToken": token})), own);
    assert_eq!(denied("PollForActivityTask", json!({"domain": "d"})), own);
    assert_eq!(denied("DescribeDomain", json!({"name": "d"})), own);
    assert_eq!(denied("TagResource", json!({"resourceArn": own})), own);
    assert_eq!(denied("ListDomains", json!({"name": "d"})), "arn:aws:swf:r:1:/domain/*");
    assert_eq!(denied("RecordActivityTaskHeartbeat", json!({"taskToken": "none"})), "arn:aws:swf:r:1:/domain/*");
}

#[test]
fn events_are_fed_in_the_order_they_were_written() {
    let mut world = World::new();
    let signal = |id: &str| json!({"domain": "d", "workflowId": id, "signalName": "s"});
    for id in ["w", "v"] {
        world.start(id);
        world.pass(1);
    }
    world.call("SignalWorkflowExecution", signal("w"));
    let shown = |world: &mut World, after, limit| -> Vec<(u64, String, i64)> {
        let events = world.service.events_after(after, limit);
        let id = |event: &str| serde_json::from_str::<Value>(event).unwrap()["eventId"].as_i64().unwrap();
        events.into_iter().map(|it| (it.number, it.workflow_id, id(it.event.get()))).collect()
    };
    let all: Vec<_> = [(1, "w", 1), (2, "w", 2), (3, "v", 1), (4, "v", 2), (5, "w", 3)]
        .map(|(n, id, e)| (n, id.to_owned(), e))
        .into();
    assert_eq!(shown(&mut world, 0, 100), all);
    assert_eq!(shown(&mut world, 2, 2), all[2..4]);
    assert_eq!(shown(&mut world, 5, 100), []);
    world.call("TerminateWorkflowExecution", json!({"domain": "d", "workflowId": "v"}));
    assert_eq!(shown(&mut world, 5, 100), [(6, "v".to_owned(), 3)]);
    world.call("SignalWorkflowExecution", signal("w"));
    assert_eq!(shown(&mut world, 6, 100), [(7, "w".to_owned(), 4)], "also after another one has closed");
    world.pass(2 * 24 * 3_600_000);
    assert!(shown(&mut world, 0, 100).iter().all(|(_, id, _)| id == "w"), "v is forgotten after a day");
}
