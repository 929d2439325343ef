//! A service out of reach, and one that refuses a token.

use serde_json::json;
use swfbeat::clock;
use swfbeat::journal::{Follower, Place};
use swfbeat::task::Record;

use crate::app::{App, Home};
use crate::service::{Emulator, LONG, Road};

fn holding(home: &Home, emulator: &Emulator, road: &Road) -> App {
    emulator.service.schedule("held", LONG);
    let mut app = home.console(road.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(1);
    app.row_shows("held", ":");
    app.until(|screen| screen.row_text(0).contains('●'));
    app
}

#[test]
fn an_outage_is_said_and_the_end_of_it_too() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let road = Road::to(emulator.service);
    let mut app = holding(&home, &emulator, &road);
    road.cut();
    app.press('5');
    app.until(|screen| screen.row_text(0).contains("✗ out of reach"));
    app.shows("heartbeats have failed for");
    app.press('?');
    app.shows("╭ Keys");
    app.escape_from("╭ Keys");
    app.row_shows("held", ":");

    road.mend();
    app.until(|screen| screen.row_text(0).contains("● "));
    app.shows("│ details   50% ");
    app.until(|screen| !screen.contains("heartbeats have failed"));
    app.press('q');
    app.left(0);
}

#[test]
fn an_outage_ends_although_nothing_has_to_be_sent() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let road = Road::to(emulator.service);
    let mut app = holding(&home, &emulator, &road);
    app.claim(1);
    road.carried_polls(2);
    road.cut();
    app.until(|screen| screen.row_text(0).contains("✗ out of reach"));
    app.press('P');
    app.until(|screen| !screen.contains("claiming 1 from manual"));
    road.mend();
    app.until(|screen| screen.row_text(0).contains("● "));
    app.press('q');
    app.left(0);
}

#[test]
fn quitting_works_although_nobody_answers() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let road = Road::to(emulator.service);
    let mut app = holding(&home, &emulator, &road);
    drop(emulator);
    road.cut();
    app.press(' ');
    app.until(|screen| screen.row_text(0).contains("✗ out of reach"));
    let asked = clock::now().boot;
    app.quit();
    app.left(0);
    let over = clock::now().boot - asked;
    assert!(over < 2_000, "over after {over} ms");
}

#[test]
fn a_console_started_without_a_service_says_so_and_goes_on_when_there_is_one() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let road = Road::to(emulator.service);
    road.cut();
    emulator.service.schedule("held", LONG);
    let mut app = home.console(road.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(1);
    app.until(|screen| screen.row_text(0).contains("✗ out of reach"));
    road.mend();
    app.row_shows("held", ":");
    app.press('q');
    app.left(0);
}

#[test]
fn a_task_completed_by_somebody_else_is_shown_with_the_proof() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let road = Road::to(emulator.service);
    let mut app = holding(&home, &emulator, &road);
    let (_, entries) = Follower::open(&Place::named(home.path("journal.db"))).unwrap();
    let token = entries.iter().find_map(|entry| match &entry.record {
        Record::Claimed { task, .. } => Some(task.token.expose().to_owned()),
        _ => None,
    });
    emulator.service.call("RespondActivityTaskCompleted", &json!({"taskToken": token, "result": "by night shift"}));
    app.press(' ');
    app.row_shows("held", "✝ by another");
    app.row_shows("held", "completed: by night shift");
    app.shows("completed by somebody else");
    app.press(' ');
    app.shows("held has ended");
    app.press('q');
    app.left(0);
}

#[test]
fn a_terminated_workflow_is_named_as_the_reason() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let road = Road::to(emulator.service);
    let mut app = holding(&home, &emulator, &road);
    let who = json!({"domain": "ops", "workflowId": "held", "childPolicy": "TERMINATE", "reason": "enough"});
    emulator.service.call("TerminateWorkflowExecution", &who);
    app.close("held", 'c', "Complete", &["too late"], "Complete");
    app.row_shows("held", "✝ wf closed");
    app.row_shows("held", "WorkflowExecutionTerminated");
    app.press('q');
    app.left(0);
}
