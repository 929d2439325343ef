//! Looking for tasks whose claim never arrived.

use super::*;
use crate::task::WorkflowExecution;

const LIST: &str = "ListOpenWorkflowExecutions";

/// A console one of whose polls had no answer, the poll's age in milliseconds, and its identity.
fn lost(age: i64) -> World {
    let mut world = World::new();
    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
    world.answer(POLL, 100, no_answer());
    world.command(Command::StopClaiming);
    while world.calls_to(COUNT) > 0 {
        world.answer(COUNT, 1, Ok(Answer::Pending { count: 0, truncated: false }));
    }
    world.pass(age);
    world
}

fn runs(n: usize) -> Vec<WorkflowExecution> {
    (1..=n).map(|n| WorkflowExecution { workflow_id: format!("wf-{n}").into(), run_id: "run".into() }).collect()
}

/// The history of an execution whose task was given to this identity.
fn given_to(identity: &str, started: i64) -> HistoryPage {
    let mut page = open_history("rel-1", started);
    page.events[0].attributes = Attributes::Started { scheduled_event_id: 5, identity: Some(identity.into()) };
    page
}

fn search(world: &mut World, executions: Vec<WorkflowExecution>, more: bool) {
    world.command(Command::FindOrphans);
    world.answer(LIST, 5, Ok(Answer::Open { executions, more }));
    world.pass(200);
}

#[test]
fn an_orphan_is_named_with_what_is_known_of_it_and_the_poll_is_settled() {
    let mut world = lost(0);
    assert_eq!(world.status.as_ref().unwrap().possible_orphans, 1);
    search(&mut world, runs(2), false);
    world.answer(HISTORY, 5, Ok(Answer::History(given_to("anna@ops/r1/99", SERVICE_AT_BOOT + 10_020))));
    world.pass(200);
    world.answer(HISTORY, 5, Ok(Answer::History(given_to("anna@ops/r1/1", SERVICE_AT_BOOT + 10_020))));
    world.pass(200);
    let line = world.log.iter().find(|line| line.word == "orphan" && line.level == Level::Error).unwrap();
    assert_eq!(line.subject, "rel-1");
    assert!(
        line.text.starts_with(
            "poll 1 got it, and its token is lost: workflow wf-2 / run, attempt 1; it ends by HEARTBEAT within 5"
        ),
        "{}",
        line.text
    );
    assert_eq!(world.said("orphan").last().unwrap(), &"looked at 2 open executions: 1 found, 0 not");
    assert_eq!(world.status.as_ref().unwrap().possible_orphans, 0);
    let again = World::restarted(world.at, world.disk);
    assert_eq!(again.status.as_ref().unwrap().possible_orphans, 0, "settled in the journal");
}

#[test]
fn one_that_has_ended_already_is_named_too() {
    let mut world = lost(0);
    search(&mut world, runs(1), false);
    let mut page = given_to("anna@ops/r1/1", SERVICE_AT_BOOT + 10_020);
    let timed_out = Attributes::TimedOut { started_event_id: 6, timeout_type: "HEARTBEAT".into(), details: None };
    page.events.insert(0, event(7, SERVICE_AT_BOOT + 70_020, "ActivityTaskTimedOut", timed_out));
    world.answer(HISTORY, 5, Ok(Answer::History(page)));
    assert!(world.said("orphan").iter().any(|text| text.contains("it has ended: ActivityTaskTimedOut")));
}

#[test]
fn looked_for_in_vain_settles_only_an_old_poll_with_nothing_left_out() {
    for (age, more, executions, settled) in
        [(200_000, false, 1, true), (1_000, false, 1, false), (200_000, true, 1, false), (200_000, false, 0, true)]
    {
        let mut world = lost(age);
        search(&mut world, runs(executions), more);
        if executions > 0 {
            let page = HistoryPage { events: open_history("x", 0).events, next_page_token: None };
            world.answer(HISTORY, 5, Ok(Answer::History(page)));
            world.pass(200);
        }
        let left = world.status.as_ref().unwrap().possible_orphans;
        assert_eq!(left == 0, settled, "{age} {more} {executions}: {:?}", world.said("orphan"));
    }
}

#[test]
fn two_hundred_histories_five_a_second_and_what_was_not_looked_at_is_said() {
    let mut world = lost(200_000);
    search(&mut world, runs(260), true);
    let from = world.at;
    let mut read = 0;
    while world.calls_to(HISTORY) > 0 {
        assert_eq!(world.calls_to(HISTORY), 1, "one at a time");
        let more = (read == 0).then(|| "older".to_owned());
        let page = HistoryPage { events: open_history("x", SERVICE_AT_BOOT).events, next_page_token: more };
        world.answer(HISTORY, 5, Ok(Answer::History(page)));
        read += 1;
        world.pass(200);
    }
    assert_eq!(read, 200);
    assert!(world.at - from >= 199 * 200);
    let said = world.said("orphan").last().unwrap().to_string();
    assert!(said.starts_with("looked at 200 open executions: 0 found, 1 not; more than 61 not looked at"), "{said}");
    assert_eq!(world.status.as_ref().unwrap().possible_orphans, 1);
}

#[test]
fn says_why_listing_may_be_denied() {
    let mut world = lost(200_000);
    world.command(Command::FindOrphans);
    world.command(Command::FindOrphans);
    assert_eq!(world.calls_to(LIST), 1, "one search at a time");
    world.answer(LIST, 5, refused("AccessDeniedException", "not authorized: swf:ListOpenWorkflowExecutions"));
    world.pass(300);
    let said = world.said("orphan").last().unwrap().to_string();
    assert!(said.contains("AccessDeniedException") && said.ends_with("by its identity anna@ops/r1/1"), "{said}");
    assert_eq!(world.status.as_ref().unwrap().possible_orphans, 1);
    // And it can be tried again.
    search(&mut world, runs(0), false);
    assert_eq!(world.status.as_ref().unwrap().possible_orphans, 0);
}

#[test]
fn an_outage_is_waited_for_and_then_given_up() {
    let mut world = lost(200_000);
    world.command(Command::FindOrphans);
    for _ in 0..5 {
        world.answer(LIST, 5, no_answer());
        world.pass(1_100);
    }
    world.pass(1_100);
    assert_eq!(world.calls_to(LIST), 0);
    assert!(world.said("orphan").last().unwrap().contains("connection reset"));
}

#[test]
fn nothing_is_asked_without_a_poll_that_had_no_answer() {
    let mut world = World::new();
    world.command(Command::FindOrphans);
    assert!(world.calls.is_empty() && world.said("orphan")[0].contains("nothing to look for"));
}
