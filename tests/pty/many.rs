//! Several tasks at once, finding them, commands by name, and the mouse: what is done, and that it is asked once.

use termlens::{Key, Screen, Scroll};

use crate::app::{App, Home, row};
use crate::service::{Emulator, Execution, LONG};

/// A console that holds these tasks.
fn holding(home: &Home, emulator: &Emulator, ids: &[&str]) -> (App, Vec<Execution>) {
    let executions = ids.iter().map(|id| emulator.service.schedule(id, LONG)).collect();
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(ids.len());
    app.until(|screen| screen.row_text(0).contains(&format!("{} held", ids.len())));
    (app, executions)
}

fn is_listed(screen: &Screen, id: &str) -> bool {
    row(screen, id).is_some()
}

/// Where a word of the table's first lines begins.
fn place(app: &mut App, word: &str) -> (u16, u16) {
    app.read(|screen| screen.find(word).map(|(row, column)| (column, row)))
}

#[test]
fn marked_tasks_are_acted_on_after_one_question_that_names_them() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let (mut app, executions) = holding(&home, &emulator, &["one", "two", "three"]);
    app.press('M');
    app.shows("◆ 3 marked");
    app.press('a');
    app.shows("Keep alive: 3 tasks");
    app.key(Key::Enter);
    app.until(|screen| screen.contains("Keep alive for 3 tasks?") && screen.contains("[▸ Cancel ◂]"));
    for id in ["one", "two", "three"] {
        app.shows(id);
    }
    app.key(Key::Enter);
    app.until(|screen| screen.contains("Keep alive: 3 tasks") && !screen.contains("[▸ Cancel ◂]"));
    for id in ["one", "two", "three"] {
        app.row_shows(id, "○ held");
    }
    app.key(Key::Enter);
    app.shows("[▸ Cancel ◂]");
    app.confirm("Send");
    for id in ["one", "two", "three"] {
        app.row_shows(id, "● held");
    }

    // A mark taken away leaves that one out.
    app.select("two");
    app.press('m');
    app.shows("◆ 2 marked");
    app.press('c');
    app.shows("Complete: 2 tasks");
    app.write("all of them");
    app.key(Key::Enter);
    app.shows("Complete 2 tasks?");
    app.confirm("Complete");
    app.row_shows("one", "✓ completed");
    app.row_shows("three", "✓ completed");
    app.row_shows("two", "● held");
    for (execution, ends) in executions.iter().zip([true, false, true]) {
        assert_eq!(emulator.service.event(execution, "ActivityTaskCompleted").is_some(), ends, "{execution:?}");
    }
    app.press('u');
    app.until(|screen| !screen.contains("marked"));
    app.quit();
    app.left(0);
}

#[test]
fn what_the_filter_hides_is_not_acted_on() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let (mut app, _) = holding(&home, &emulator, &["swap-1", "swap-2", "rel-9"]);
    app.press('/');
    app.write("swp");
    app.until(|screen| is_listed(screen, "swap-1") && is_listed(screen, "swap-2") && !is_listed(screen, "rel-9"));
    app.shows("2 of 3");
    app.key(Key::Enter);
    app.shows("(3 in all) /swp");
    app.press('M');
    app.shows("◆ 2 marked");
    app.key(Key::Esc);
    app.until(|screen| is_listed(screen, "rel-9") && !screen.contains("(3 in all)"));
    app.press('A');
    app.shows("none of the marked tasks: ");
    app.press('/');
    app.write("id:rel -kept");
    app.until(|screen| is_listed(screen, "rel-9") && !is_listed(screen, "swap-1"));
    app.key(Key::Esc);
    app.until(|screen| is_listed(screen, "swap-1"));
    app.quit();
    app.left(0);
}

#[test]
fn a_command_is_found_by_a_few_letters_and_says_why_not() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let (mut app, executions) = holding(&home, &emulator, &["one"]);
    app.press(':');
    app.until(|screen| screen.contains("╭ Commands") && screen.contains("▸ beat "));
    app.write("withdr");
    app.shows("not now: one is not being closed");
    app.key(Key::Enter);
    app.until(|screen| screen.contains("╭ Commands") && screen.contains("▲ one is not being closed"));
    app.key(Key::Ctrl('u'));
    app.write("complete");
    app.shows("▸ complete");
    app.key(Key::Enter);
    app.shows("Complete: one");
    app.key(Key::Enter);
    app.shows("[▸ Cancel ◂]");
    app.confirm("Complete");
    app.row_shows("one", "✓ completed");
    assert!(emulator.service.event(&executions[0], "ActivityTaskCompleted").is_some());
    app.press('q');
    app.left(0);
}

#[test]
fn the_mouse_selects_sorts_scrolls_and_presses_buttons() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let ids: Vec<String> = (10..40).map(|number| format!("task-{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (mut app, executions) = holding(&home, &emulator, &ids);

    let (column, line) = place(&mut app, " ID ");
    app.terminal.click(column + 1, line).unwrap();
    app.shows("Tasks by id ▾ 1 of 30");
    app.terminal.click(column + 1, line).unwrap();
    app.shows("Tasks by id ▴ 30 of 30");
    app.terminal.click(column + 1, line).unwrap();
    app.shows("Tasks by id ▾ 1 of 30");

    let (column, line) = place(&mut app, "task-12");
    app.terminal.click(column, line).unwrap();
    app.until(|screen| screen.row_text(line).contains('▌') && screen.contains("╭ task-12 "));
    for _ in 0..10 {
        app.terminal.scroll(column, line, Scroll::Down).unwrap();
    }
    app.until(|screen| is_listed(screen, "task-39") && screen.contains("╭ task-39 "));

    app.press('c');
    app.shows("Complete: task-39");
    app.key(Key::Enter);
    app.shows("[▸ Cancel ◂]");
    let (column, line) = place(&mut app, "  Complete  ");
    app.terminal.click(column + 3, line).unwrap();
    app.row_shows("task-39", "✓ completed");
    assert!(emulator.service.event(executions.last().unwrap(), "ActivityTaskCompleted").is_some());

    // Left to the terminal, it does nothing here.
    app.key(Key::Ctrl('t'));
    app.shows("the mouse is the terminal's");
    assert!(app.terminal.click(5, 5).is_err());
    app.quit();
    app.left(0);
}

#[test]
fn what_stops_and_what_is_taken_back() {
    let fault = ["--poll-hold", "1s", "--fault", "RespondActivityTaskCompleted=throttle"];
    let (emulator, home) = (Emulator::with(&fault), Home::new());
    emulator.service.schedule("one", LONG);
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(2);
    app.row_shows("one", ":");
    app.shows("claiming 1 from manual");
    app.press('P');
    app.shows("stopped");
    app.until(|screen| !screen.contains("claiming"));

    // A close that SWF certainly did not take can be taken back, and another decided.
    app.press('c');
    app.shows("Complete: one");
    app.key(Key::Enter);
    app.confirm("Complete");
    app.row_shows("one", "! not closed");
    app.press('w');
    app.row_shows("one", "○ held");
    app.close("one", 'f', "Fail", &["no power"], "Fail");
    app.row_shows("one", "✗ failed");
    app.quit();
    app.left(0);
}

#[test]
fn a_timeout_that_nobody_can_tell_is_set_by_hand() {
    let denied = ["--deny", "GetWorkflowExecutionHistory,DescribeActivityType"];
    let (emulator, home) = (Emulator::with(&denied), Home::new());
    emulator.service.schedule("one", LONG);
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(1);
    app.shows("t set timeout");
    app.press('t');
    app.shows("Set a timeout: one");
    app.key(Key::Tab);
    app.write("300");
    app.key(Key::Enter);
    app.until(|screen| screen.contains("of 300 s (") && !screen.contains("Set a timeout"));
    app.press('q');
    app.left(0);
}

#[test]
fn auto_claim_holds_two_and_replaces_the_one_that_was_completed() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    for id in ["one", "two", "three"] {
        emulator.service.schedule(id, LONG);
    }
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.press('H');
    app.shows("while I hold fewer than");
    app.key(Key::Tab);
    app.key(Key::Backspace);
    app.write("0");
    app.key(Key::Enter);
    app.shows("while I hold fewer than is a number from 1 to 1000");
    app.key(Key::Backspace);
    app.write("2");
    app.key(Key::Enter);
    app.shows("hold 2 from manual to ");
    app.until(|screen| screen.row_text(0).contains("2 held"));
    app.row_shows("one", "○ held");
    app.row_shows("two", "○ held");
    app.until(|screen| !is_listed(screen, "three"));
    app.close("one", 'c', "Complete", &[], "Complete");
    app.row_shows("three", "○ held");
    app.press('P');
    app.until(|screen| !screen.contains("hold 2 from"));
    app.quit();
    app.left(0);
}
