//! Held polls: who gets which task, when they end empty, and what happens to those that went away.

use serde_json::{Value, json};

use super::super::RequestId;
use super::{World, schedule};

fn held(world: &mut World) -> RequestId {
    world.poll_activity().expect_err("nothing to hand out")
}

fn activity_id(answer: Option<Value>) -> Option<String> {
    answer.map(|answer| answer["activityId"].as_str().unwrap_or("nothing").to_owned())
}

#[test]
fn an_empty_poll_is_held_for_its_time_and_has_no_token() {
    let mut world = World::new();
    let activity = held(&mut world);
    let body = json!({"domain": "d", "taskList": {"name": "decide"}});
    let decision = world.send("PollForDecisionTask", &body).expect_err("nothing to decide");
    world.pass(59_999);
    assert_eq!((world.answered(activity), world.answered(decision)), (None, None));
    world.pass(1);
    assert_eq!(world.answered(activity), Some(json!({"startedEventId": 0})));
    assert_eq!(world.answered(decision), Some(json!({"previousStartedEventId": 0, "startedEventId": 0})));
    assert_eq!(world.service.next_wake(), None);
}

#[test]
fn tasks_come_first_in_first_out_and_polls_are_served_in_order_of_arrival() {
    let mut world = World::new();
    world.start("w");
    let (first, second) = (held(&mut world), held(&mut world));
    world.decide(json!([
        schedule("a", json!({})),
        schedule("b", json!({})),
        schedule("c", json!({})),
        schedule("d", json!({}))
    ]));
    assert_eq!(activity_id(world.answered(first)), Some("a".into()));
    assert_eq!(activity_id(world.answered(second)), Some("b".into()));
    assert_eq!(world.pending(), 2);
    assert_eq!(activity_id(world.poll_activity().ok()), Some("c".into()));
}

#[test]
fn a_higher_priority_goes_first() {
    let mut world = World::new();
    world.start("w");
    world.decide(json!([schedule("a", json!({})), schedule("b", json!({"taskPriority": "7"}))]));
    assert_eq!(activity_id(world.poll_activity().ok()), Some("b".into()));
}

#[test]
fn a_task_list_serves_only_its_own_polls() {
    let mut world = World::new();
    let poll = held(&mut world);
    world.start("w");
    world.decide(json!([schedule("a", json!({"taskList": {"name": "elsewhere"}}))]));
    assert_eq!(world.answered(poll), None);
    assert_eq!(world.pending(), 0);
}

#[test]
fn a_task_that_becomes_ready_by_itself_reaches_a_held_poll_at_that_instant() {
    let mut world = World::new();
    let run_id = world.start("w");
    world.decide(json!([super::start_timer("t", "5")]));
    let body = json!({"domain": "d", "taskList": {"name": "decide"}});
    let poll = world.send("PollForDecisionTask", &body).expect_err("nothing to decide yet");
    world.pass(7_000);
    let task = world.answered(poll).unwrap();
    assert_eq!(task["events"].as_array().unwrap().last().unwrap()["eventType"], "DecisionTaskStarted");
    assert_eq!(world.last(&run_id, "DecisionTaskStarted").0, 5_000);
}

#[test]
fn a_forgotten_poll_gets_nothing() {
    let mut world = World::new();
    let (gone, next) = (held(&mut world), held(&mut world));
    world.service.forget(gone);
    world.with_activity(json!({}));
    assert_eq!(activity_id(world.answered(next)), Some("a".into()));
    world.pass(120_000);
    assert_eq!(world.answered(gone), None);
}

#[test]
fn released_polls_end_empty_and_later_ones_are_held_again() {
    let mut world = World::new();
    let (first, second) = (held(&mut world), held(&mut world));
    world.service.release_polls();
    assert_eq!(world.service.next_wake(), Some(world.now), "answers are ready");
    assert_eq!(activity_id(world.answered(first)), Some("nothing".into()));
    assert_eq!(activity_id(world.answered(second)), Some("nothing".into()));
    assert_eq!(world.service.next_wake(), None);
    held(&mut world);
}

#[test]
fn while_draining_polls_end_empty_at_once_and_tasks_stay() {
    let mut world = World::new();
    let poll = held(&mut world);
    world.service.drain();
    assert_eq!(activity_id(world.answered(poll)), Some("nothing".into()));
    world.start("w");
    assert_eq!(world.poll_decision(), json!({"previousStartedEventId": 0, "startedEventId": 0}));
}

#[test]
fn what_was_handed_out_is_known_with_its_end() {
    let mut world = World::new();
    world.with_activity(json!({"heartbeatTimeout": "10", "scheduleToCloseTimeout": "100"}));
    let waiting = world.service.inspect();
    assert_eq!((waiting.activities[0].token.as_ref(), waiting.handed_out.len()), (None, 0));
    world.pass(1_000);
    let body = json!({"domain": "d", "taskList": {"name": "work"}});
    let answer = world.send("PollForActivityTask", &body).unwrap();
    let token = super::value(&answer)["taskToken"].as_str().unwrap().to_owned();
    assert!(!world.service.inspect().handed_out[0].answered);
    world.service.answered(&answer);

    let inspection = world.service.inspect();
    let task = &inspection.activities[0];
    assert_eq!(task.token.as_ref(), Some(&token));
    let start = super::START;
    assert_eq!(
        (task.deadlines.heartbeat, task.deadlines.schedule_to_close, task.deadlines.execution),
        (Some(start + 11_000), Some(start + 100_000), Some(start + 86_400_000))
    );
    assert_eq!((task.deadlines.start_to_close, task.deadlines.schedule_to_start), (None, None));
    assert_eq!(task.deadlines.earliest(), Some(start + 11_000));
    let handed = &inspection.handed_out[0];
    assert_eq!((&handed.token, handed.at, handed.answered, handed.end), (&token, start + 1_000, true, None));
    assert!(!format!("{inspection:?}").contains(&token[..40]), "tokens are not for logs");

    world.pass(10_000);
    assert_eq!(world.service.inspect().handed_out[0].end, Some("ActivityTaskTimedOut"));
}
