//! The same journal again: after a crash and after an orderly end.

use termlens::Key;

use crate::app::{Home, end, heartbeat, row};
use crate::service::{Emulator, LONG, Timeouts};

#[test]
fn after_a_crash_the_same_tasks_are_there_and_kept_ones_are_beaten() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    emulator.service.schedule("by-hand", LONG);
    emulator.service.schedule("kept", Timeouts { heartbeat: "20", ..LONG });
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(2);
    app.row_shows("by-hand", ":");
    app.row_shows("kept", ":");
    app.select("kept");
    app.keep("kept");
    app.select("by-hand");
    app.press('4');
    app.shows("│ details   40% ");
    let before = app.read(|screen| heartbeat(screen, "by-hand").zip(end(screen, "by-hand")));
    app.kill();

    let mut app = home.console(emulator.service, &[]);
    app.row_shows("by-hand", ":");
    app.row_shows("kept", "● held");
    app.shows("2 held");
    let after = app.read(|screen| heartbeat(screen, "by-hand").zip(end(screen, "by-hand")));
    assert!(after.0 <= before.0 && after.1 <= before.1 && after.0 > before.0 - 60, "{before:?}, then {after:?}");
    app.select("by-hand");
    app.shows("│ details   40% ");
    app.shows("  kept  ok, ");
    app.row_shows("kept", "● held");
    app.close("kept", 'c', "Complete", &["done"], "Complete");
    app.row_shows("kept", "✓ completed");
    app.quit();
    app.left(0);

    let mut app = home.console(emulator.service, &[]);
    app.row_shows("by-hand", ":");
    app.row_shows("kept", "✓ completed");
    app.shows("1 held");
    app.press('q');
    app.left(0);
}

#[test]
fn what_was_taken_off_the_list_is_among_the_closed_after_a_restart() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    for id in ["first", "second"] {
        emulator.service.schedule(id, LONG);
    }
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(2);
    app.row_shows("first", ":");
    app.row_shows("second", ":");
    for id in ["first", "second"] {
        app.close(id, 'c', "Complete", &["done"], "Complete");
        app.row_shows(id, "✓ completed");
        app.select(id);
        app.press('D');
        app.until(|screen| row(screen, id).is_none());
    }
    app.press('q');
    app.left(0);

    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.press('C');
    app.until(|screen| screen.contains("Closed, newest first 1 of 2 ") && screen.contains("first"));
    app.key(Key::Enter);
    app.shows("completed by us");
    app.press('D');
    app.shows("second was taken off the list");
    app.escape_from("ended     completed");
    app.press('q');
    app.left(0);
}
