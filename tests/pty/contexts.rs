//! Several contexts: one is looked at, all go on.

use termlens::Key;

use crate::app::{App, Home};
use crate::service::{Emulator, LONG, Service, Timeouts};

/// Dies soon if nobody beats.
const SHORT: Timeouts = Timeouts { heartbeat: "6", start_to_close: "3600" };

/// A home whose config file has these contexts and names the first as its default.
fn home(contexts: &[(&str, Service, &str)]) -> Home {
    let home = Home::new();
    let lines = contexts.iter().map(|(name, service, more)| {
        let url = service.url();
        format!("[contexts.{name}]\nendpoint_url = \"{url}\"\ndomain = \"ops\"\ntask_lists = [\"manual\"]\n{more}\n")
    });
    let text = format!("context = \"{}\"\n{}", contexts[0].0, lines.collect::<String>());
    std::fs::create_dir_all(home.path(".config/swfbeat")).unwrap();
    std::fs::write(home.path(".config/swfbeat/config.toml"), text).unwrap();
    home
}

/// A home with a context for each of two domains of one service, and more in its config file.
fn home_of_two(service: Service, [ops, billing]: [&str; 2], more: &str) -> Home {
    let home = home(&[("ops", service, ops), ("billing", service, billing)]);
    let file = home.path(".config/swfbeat/config.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (ops, billing) = text.split_at(text.find("[contexts.billing]").unwrap());
    std::fs::write(&file, ops.to_owned() + &billing.replace("\"ops\"", "\"billing\"") + more).unwrap();
    home
}

/// Goes to the context so many lines below the one under the cursor, and waits for its name in the header.
#[track_caller]
fn go(app: &mut App, down: usize, name: &str) {
    app.press('X');
    app.shows("Contexts");
    for _ in 0..3 {
        app.press('k');
    }
    for _ in 0..down {
        app.press('j');
    }
    app.key(Key::Enter);
    app.until(|screen| screen.row_text(0).contains(&format!("{name}: ")) && !screen.contains("╭ Contexts"));
}

/// Claims a task in each of the two contexts and keeps it alive; the second is shown then.
fn keep_one_in_each(app: &mut App) {
    app.shows("eu-prod: ops");
    app.claim(1);
    app.row_shows("eu-task", "○ held");
    app.keep("eu-task");
    go(app, 1, "us-prod");
    app.shows("No tasks");
    app.claim(1);
    app.row_shows("us-task", "○ held");
    app.keep("us-task");
}

#[test]
fn keep_alive_and_cancel_seen_switching_stops_nothing_and_the_header_tells_of_the_others() {
    let (first, second) = (Emulator::start("1s"), Emulator::start("1s"));
    let home = home(&[("eu-prod", first.service, ""), ("us-prod", second.service, "")]);
    first.service.schedule("eu-task", SHORT);
    let execution = second.service.schedule("us-task", SHORT);
    let mut app = home.run(&[], (120, 40));
    keep_one_in_each(&mut app);

    go(&mut app, 0, "eu-prod");
    app.row_shows("eu-task", "● held");
    second.service.cancel(&execution, "us-task");
    app.until(|screen| screen.row_text(0).contains("✖ 1 cancel in us-prod"));
    app.shows("us-prod: us-task: cancel requested");
    app.until(|screen| screen.title().contains("1 cancel in us-prod"));

    // Quitting names both.
    app.press('q');
    app.until(|screen| {
        screen.contains("eu-prod: 1 task kept alive, then no longer beaten: eu-task")
            && screen.contains("us-prod: 1 task kept alive, then no longer beaten: us-task")
    });
    app.escape_from("Quit?");

    // Longer than its timeout later, nobody having looked there: alive.
    go(&mut app, 1, "us-prod");
    app.row_shows("us-task", "✖ cancel");
    app.until(|screen| crate::app::row(screen, "us-task").is_some_and(|row| row.contains("0:0")));
    app.quit();
    app.left(0);
}

#[test]
fn keep_alive_a_context_whose_journal_holds_a_task_is_opened_at_the_start() {
    let (first, second) = (Emulator::start("1s"), Emulator::start("1s"));
    let home = home(&[("eu-prod", first.service, ""), ("us-prod", second.service, "")]);
    second.service.schedule("us-task", SHORT);
    let mut app = home.run(&["--context", "us-prod"], (120, 40));
    app.shows("us-prod: ops");
    app.claim(1);
    app.row_shows("us-task", "○ held");
    app.keep("us-task");
    app.quit();
    app.left(0);

    let mut app = home.run(&[], (120, 40));
    app.shows("eu-prod: ops");
    app.press('X');
    app.until(|screen| screen.contains("us-prod  ops · http") && screen.contains("1 held"));
    app.escape_from("Contexts");
    app.quit();
    app.left(0);
}

#[test]
fn says_why_a_context_only_looks_or_is_not_open() {
    let first = Emulator::start("1s");
    let home = home(&[
        ("eu-prod", first.service, ""),
        ("look", first.service, "read_only = true"),
        ("typo", first.service, "profile = \"nobody\""),
    ]);
    let mut app = home.run(&[], (120, 40));
    app.shows("eu-prod: ops");
    go(&mut app, 1, "look");
    app.shows("READ ONLY");
    app.press('p');
    app.shows("the context look only looks: read_only is set in the config file");
    go(&mut app, 2, "typo");
    app.until(|screen| screen.row_text(0).contains("✗ not open"));
    app.shows("The AWS profile nobody does not exist");
    app.quit();
    app.left(0);

    let (code, text) = (2, "there is no context `nowhere`, expected one of `eu-prod`, `look`, `typo`");
    let said = home.run(&["--context", "nowhere"], (120, 40)).left(code);
    assert!(said.replace('\n', "").contains(text), "{said}");
}

#[test]
fn two_contexts_of_a_service_share_an_engine_and_each_shows_its_domain() {
    let emulator = Emulator::start("1s");
    let home = home_of_two(emulator.service, ["heartbeat_rate = 120", "heartbeat_rate = 40"], "");
    emulator.service.schedule("ops-task", LONG);
    let mut app = home.run(&[], (120, 40));
    app.shows("ops: ops");
    app.claim(1);
    app.row_shows("ops-task", "○ held");
    go(&mut app, 0, "billing");
    app.shows("billing: billing");
    app.until(|screen| screen.contains("on the engine of ops") && crate::app::row(screen, "ops-task").is_none());
    app.shows("at most 40 heartbeats/s");
    go(&mut app, 1, "ops");
    app.row_shows("ops-task", "held");
    app.quit();
    app.left(0);
}

#[test]
fn contexts_on_one_engine_claim_as_themselves_and_have_names_for_hooks() {
    let emulator = Emulator::start("1s");
    emulator.service.register("billing");
    let hook = r#"echo "$SWFBEAT_CONTEXT has $SWFBEAT_ACTIVITY_ID" >> "$HOME/called""#;
    let hooks = format!("[hooks]\ntask_due = [\"/bin/sh\", \"-c\", '{hook}']\n");
    let home = home_of_two(emulator.service, ["", "identity = \"bo@pay\""], &hooks).with("SWFBEAT_CONTEXT", "ops");
    let (service, ops, billing) = (emulator.service, "ops-task", "billing-task");
    let executions = [service.schedule(ops, SHORT), service.schedule_in("billing", billing, SHORT)];
    let mut app = home.run(&["--identity", "anna@ops"], (120, 40));
    app.shows("ops: ops");
    app.claim(1);
    app.row_shows("ops-task", "✝");
    go(&mut app, 0, "billing");
    app.shows("billing: billing");
    app.claim(1);
    app.row_shows("billing-task", "✝");
    let called = std::fs::read_to_string(home.path("called")).unwrap();
    assert_eq!(called.lines().collect::<Vec<_>>(), ["ops has ops-task", "billing has billing-task"]);
    for (execution, who) in executions.iter().zip(["anna@ops/", "bo@pay/"]) {
        let started = service.event(execution, "ActivityTaskStarted").unwrap();
        let identity = started["activityTaskStartedEventAttributes"]["identity"].as_str().unwrap();
        assert!(identity.starts_with(who), "{identity}");
    }
    app.quit();
    app.left(0);
}

#[test]
fn says_why_a_context_that_looks_on_is_kept_when_it_is_chosen_after_its_keeper_has_left() {
    let (first, second) = (Emulator::start("1s"), Emulator::start("1s"));
    let home = home(&[("eu-prod", first.service, ""), ("us-prod", second.service, "")]);
    second.service.schedule("us-task", LONG);
    second.service.schedule("done", LONG);
    let mut keeper = home.run(&["--context", "us-prod"], (120, 40));
    keeper.shows("us-prod: ops");
    keeper.claim(2);
    keeper.row_shows("us-task", "○ held");
    keeper.row_shows("done", "○ held");
    let held_by = format!("pid {}", keeper.pid().as_raw_nonzero());

    let mut app = home.run(&[], (120, 40));
    app.shows("eu-prod: ops");
    app.press('X');
    app.until(|screen| screen.contains(&format!("2 held, read only, kept by {held_by}")));
    app.escape_from("Contexts");
    go(&mut app, 1, "us-prod");
    app.shows("READ ONLY");
    app.until(|screen| screen.contains("still only looks: its journal is kept by") && screen.contains(&held_by));
    app.press(' ');
    app.shows("choose the context again");

    keeper.close("done", 'c', "Complete", &["ok"], "Complete");
    keeper.row_shows("done", "✓ completed");
    app.row_shows("done", "✓ completed");
    keeper.press('q');
    keeper.left(0);
    go(&mut app, 1, "us-prod");
    app.until(|screen| screen.contains("its journal is kept here now") && !screen.contains("READ ONLY"));
    app.row_shows("done", "✓ completed");
    app.select("us-task");
    app.keep("us-task");
    app.quit();
    app.left(0);
}

#[test]
fn contexts_that_look_on_come_to_one_engine_when_they_are_chosen_again() {
    let emulator = Emulator::start("1s");
    emulator.service.register("billing");
    let home = home_of_two(emulator.service, ["", ""], "");
    emulator.service.schedule("ops-task", LONG);
    emulator.service.schedule_in("billing", "billing-task", LONG);
    let mut keeper = home.run(&[], (120, 40));
    keeper.shows("ops: ops");
    keeper.claim(1);
    keeper.row_shows("ops-task", "○ held");

    let mut app = home.run(&[], (120, 40));
    app.shows("Open it read-only?");
    app.write("y\r");
    app.row_shows("ops-task", "held");
    go(&mut app, 0, "billing");
    app.until(|screen| screen.contains("READ ONLY") && screen.contains("its journal is kept by pid"));
    keeper.press('q');
    keeper.left(0);
    go(&mut app, 1, "ops");
    app.shows("its journal is kept here now");
    go(&mut app, 0, "billing");
    app.until(|screen| screen.contains("on the engine of ops") && !screen.contains("READ ONLY"));
    app.until(|screen| crate::app::row(screen, "ops-task").is_none());
    app.claim(1);
    app.row_shows("billing-task", "○ held");
    go(&mut app, 1, "ops");
    app.until(|screen| crate::app::row(screen, "billing-task").is_none());
    app.keep("ops-task");
    app.quit();
    app.left(0);
}

#[test]
fn attended_a_lost_terminal_keeps_what_was_agreed_in_every_context() {
    let (first, second) = (Emulator::start("1s"), Emulator::start("1s"));
    let home = home(&[("eu-prod", first.service, ""), ("us-prod", second.service, "")]);
    let tasks = [(&first, "eu-task"), (&second, "us-task")].map(|(at, id)| at.service.schedule(id, SHORT));
    let mut app = home.run(&[], (120, 40));
    keep_one_in_each(&mut app);
    app.signal(termlens::Signal::Hup);
    app.restored();
    app.until(|screen| ["eu-prod: pid", "us-prod: pid"].iter().all(|name| screen.full_text().contains(name)));
    // Longer than the heartbeat timeout.
    std::thread::sleep(std::time::Duration::from_secs(8));
    app.signal(termlens::Signal::Term);
    app.left(0);
    for (emulator, execution) in [&first, &second].into_iter().zip(&tasks) {
        assert!(emulator.service.event(execution, "ActivityTaskTimedOut").is_none());
    }
}
