//! Texts in forms: the operator's own editor, templates, JSON, undo.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rustix::process::{Pid, kill_process, test_kill_process};
use termlens::{Key, Signal};

use crate::alone::Doomed;
use crate::app::{App, Home};
use crate::service::{Emulator, Execution, Road, Timeouts};

/// A home whose `EDITOR` is a shell script with an argument, at a place with a blank in its name.
fn home_with_editor(script: &str) -> Home {
    let home = Home::new();
    let file = home.path("my editor");
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).unwrap();
    let editor = format!("'{}' --wait", file.to_str().unwrap());
    home.with("EDITOR", editor).with("PATH", std::env::var("PATH").unwrap())
}

/// A console that keeps one task alive, which has little time.
fn keeping(home: &Home, emulator: &Emulator) -> (App, Road, Execution) {
    let execution = emulator.service.schedule("held", Timeouts { heartbeat: "5", start_to_close: "3600" });
    let road = Road::to(emulator.service);
    let mut app = home.console(road.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(1);
    app.row_shows("held", ":");
    app.keep("held");
    (app, road, execution)
}

/// Opens the form and the editor on its text, and waits until the editor has the terminal.
fn open_editor(app: &mut App, text: &str) {
    app.press('c');
    app.shows("Complete: held");
    app.write(text);
    app.shows(text);
    app.key(Key::Ctrl('e'));
    app.until(|screen| !screen.alternate_screen() && screen.contains("EDITING"));
}

#[test]
fn heartbeats_go_on_while_an_editor_has_the_terminal_and_its_text_comes_back() {
    let emulator = Emulator::start("60s");
    // It suspends itself first, as on ctrl-z: nobody would bring it back but swfbeat.
    let home = home_with_editor(
        "kill -STOP $$\nstty raw -echo\necho EDITING \"$1\" $(cat \"$2\") $(stat -c %a \"$2\")\n\
         until [ -e \"$HOME/go\" ]; do sleep 0.1; done\nprintf 'by hand\\nfrom sdb\\n' > \"$2\"",
    );
    let (mut app, road, execution) = keeping(&home, &emulator);
    open_editor(&mut app, "typed");
    app.shows("EDITING --wait typed 600");
    // Longer than the task would live.
    road.carries_beats(6);
    fs::write(home.path("go"), "").unwrap();
    app.until(|screen| screen.alternate_screen() && screen.contains("by hand") && screen.contains("from sdb"));
    app.row_shows("held", "● held");
    app.key(Key::Enter);
    app.shows("Complete held?");
    app.confirm("Complete");
    app.row_shows("held", "✓ completed");
    let event = emulator.service.event(&execution, "ActivityTaskCompleted").unwrap();
    assert_eq!(event["activityTaskCompletedEventAttributes"]["result"], "by hand\nfrom sdb");
    app.press('q');
    app.left(0);
}

#[test]
fn cancel_seen_an_alarm_rings_and_notifies_while_an_editor_has_the_terminal() {
    let emulator = Emulator::start("60s");
    let home = home_with_editor("echo EDITING\nuntil [ -e \"$HOME/go\" ]; do sleep 0.1; done");
    let execution = emulator.service.schedule("kept", Timeouts { heartbeat: "5", start_to_close: "3600" });
    let mut doomed = Doomed::start(&home, &home.console_arguments(emulator.service));
    doomed.keep("30m");
    // The terminal has the focus; whether it still has it beside an editor, it is not asked.
    doomed.write("\x1b[Ic");
    doomed.until("Complete:");
    doomed.write("\x05");
    doomed.until("EDITING");
    emulator.service.cancel(&execution, "kept");
    doomed.until("\x1b]9;swfbeat: kept: cancel");
    doomed.until("\x1b\\\x07");
    std::fs::write(home.path("go"), "").unwrap();
    // The screen is back.
    doomed.until("\x1b[?1049h");
    doomed.until("cancel");
    doomed.kill();
}

#[test]
fn an_editor_that_fails_or_is_missing_leaves_the_text_and_says_why() {
    let emulator = Emulator::start("60s");
    let home = home_with_editor("echo EDITING; rm \"$2\"; exit 3").with("VISUAL", "");
    let (mut app, ..) = keeping(&home, &emulator);
    app.press('c');
    app.write("typed");
    app.key(Key::Ctrl('e'));
    app.shows("ended with exit code 3; result is as it was");
    app.shows("▌ typed");
    fs::remove_file(home.path("my editor")).unwrap();
    app.key(Key::Ctrl('e'));
    app.until(|screen| screen.contains("from EDITOR, cannot be started: No such file"));
    app.shows("▌ typed");
    app.escape_from("Complete: held");
    app.quit();
    app.left(0);
}

#[test]
fn a_signal_ends_the_editor_too() {
    let emulator = Emulator::start("60s");
    let home = home_with_editor("trap '' INT\necho EDITING\necho $$ > \"$HOME/pid\"\nstty raw -echo\nread line");
    let (mut app, ..) = keeping(&home, &emulator);
    open_editor(&mut app, "typed");
    // A terminal sends these to everybody in front of it: they are the editor's.
    app.signal(Signal::Int);
    kill_process(app.pid(), rustix::process::Signal::TSTP).unwrap();
    app.signal(Signal::Term);
    let text = app.left(0);
    assert!(text.contains("EDITING"), "{text}");
    let pid = fs::read_to_string(home.path("pid")).unwrap().trim().parse().unwrap();
    assert!(test_kill_process(Pid::from_raw(pid).unwrap()).is_err(), "the editor is still there");
}

#[test]
fn templates_json_and_undo_are_in_the_form() {
    let emulator = Emulator::start("60s");
    let home = Home::new();
    let config = home.path("config.toml");
    fs::write(&config, "[templates.Act]\nresult = ['{\"ok\": true}', '{\"ok\": no}']\n").unwrap();
    emulator.service.schedule("held", Timeouts { heartbeat: "600", start_to_close: "3600" });
    let mut app = home.console(emulator.service, &["--config", config.to_str().unwrap()]);
    app.shows("No tasks. p claims some");
    app.claim(1);
    app.row_shows("held", ":");
    app.press('c');
    app.shows("ctrl-t template");
    app.write("mine");
    app.key(Key::Ctrl('t'));
    app.shows("template 1 of 2");
    app.write("\x1bj");
    app.shows("this is JSON");
    app.key(Key::Ctrl('t'));
    app.write("\x1bj");
    app.shows("no JSON: line 1, column 9: expected ident");
    app.write("\x1bu\x1bu");
    app.shows("▌ mine");
    app.write("\x1br");
    app.shows("▌ {\"ok\": true}");
    app.escape_from("Complete: held");
    app.press('q');
    app.left(0);
}
