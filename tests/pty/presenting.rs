//! The presenter's keys, each seen by what the console makes of it.

use std::time::Duration;

use termlens::Screen;

use crate::app::{App, Home};
use crate::tour::play;

/// How long a call takes, as the header has it, in milliseconds.
fn answers_in(screen: &Screen) -> Option<u32> {
    let header = screen.row_text(0);
    header.split_once("● ")?.1.split_once(" ms")?.0.parse().ok()
}

/// Presses one of the presenter's keys.
fn order(app: &mut App, key: char) {
    app.press('b');
    app.shows("╭ b ");
    app.press(key);
    app.until(|screen| !screen.contains("╭ b "));
}

/// A fault is put in, seen, and healed.
#[track_caller]
fn suffer(app: &mut App, key: char, bar: &str, seen: impl Fn(&Screen) -> bool, healed: &str) {
    order(app, key);
    app.shows(bar);
    app.until(seen);
    order(app, key);
    app.shows(healed);
    app.until(|screen| !screen.contains(bar));
}

#[test]
fn every_fault_is_real_shows_as_active_and_is_healed_by_the_same_key() {
    let home = Home::new();
    let (mut app, _) = play(&home, &[("kept", "30s", "keep = \"20m\"")], "");
    app.until(|screen| answers_in(screen).is_some());
    suffer(&mut app, 'n', "[n cut 0:0", |screen| screen.contains("✗ out of reach"), "the network is there again");
    app.until(|screen| answers_in(screen).is_some_and(|ms| ms < 900));
    suffer(
        &mut app,
        's',
        "[s slow 0:0",
        |screen| answers_in(screen).is_some_and(|ms| ms > 900),
        "the network is as fast as before",
    );
    suffer(&mut app, 't', "[t throttled 0:0", |screen| screen.contains("▲ throttled"), "nothing is throttled any more");
    suffer(&mut app, 'e', "[e expired 0:0", |screen| screen.contains("✗ no access"), "the credentials are good again");
    app.until(|screen| answers_in(screen).is_some());
    app.quit();
    app.left(0);
}

#[test]
fn a_close_whose_answer_was_lost_is_unconfirmed_until_the_history_proves_it() {
    let home = Home::new();
    let (mut app, _) = play(&home, &[("work", "10m", "")], "");
    order(&mut app, 'l');
    app.shows("[l answers lost 0:0");
    app.close("work", 'c', "Complete", &["done"], "Complete");
    app.row_shows("work", "? unconfirmed");
    order(&mut app, 'l');
    app.shows("answers arrive again");
    app.row_shows("work", "as history has it: ours");
    app.quit();
    app.left(0);
}

#[test]
fn what_others_do_to_a_task_is_done_by_key_and_the_service_is_seen_doing_it() {
    let home = Home::new();
    let kept = "keep = \"20m\"";
    let (mut app, _) = play(&home, &[("asked", "10s", kept), ("killed", "11s", kept), ("taken", "12s", kept)], "");
    app.press('B');
    app.shows("The service's clocks");
    app.shows("ActivityTaskStarted");
    app.select("asked");
    order(&mut app, 'c');
    app.shows("ActivityTaskCancelRequested");
    app.row_shows("asked", "✖ cancel");
    app.select("killed");
    order(&mut app, 'k');
    app.shows("WorkflowExecutionTerminated");
    app.row_shows("killed", "✝ wf closed");
    app.select("taken");
    order(&mut app, 'o');
    app.shows("ActivityTaskCompleted");
    app.row_shows("taken", "done by a colleague");
    app.press('B');
    app.until(|screen| !screen.contains("The service's clocks"));
    app.quit();
    app.left(0);
}

#[test]
fn a_story_stands_still_by_key() {
    let home = Home::new();
    let happening = "[[caption]]\nat = \"5s\"\ntext = \"five seconds\"\n";
    let (mut app, _) = play(&home, &[("work", "10m", "")], happening);
    order(&mut app, 'p');
    app.shows("[p paused]");
    let early = app.terminal.wait_until_for(|screen| screen.contains("» five seconds"), Duration::from_secs(7));
    assert!(early.is_err(), "{}", app.screen().text());
    order(&mut app, 'p');
    app.shows("» five seconds");
    app.quit();
    app.left(0);
}

#[test]
fn what_cannot_be_done_or_told_is_named_before_anything_starts() {
    let home = Home::new();
    let happening = "[[act]]\nat = \"7s\"\ndo = \"dance\"\n";
    let text = crate::tour::scenario(&[("work", "10m", "")], happening);
    let mut app = home.demo(&text, &["--auto"]);
    app.shows("the act at 7s of the scenario cannot be done: no action is called dance");
    app.left(2);
    let happening = "[[caption]]\nat = \"5s\"\ntext = \"{dance} dances\"\n";
    let mut app = home.demo(&crate::tour::scenario(&[("work", "10m", "")], happening), &[]);
    app.shows("the caption at 5s of the scenario cannot be told: no action is called dance");
    app.left(2);
}
