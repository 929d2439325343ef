//! A second process on the same journal.

use crate::app::{App, Home};
use crate::service::{Emulator, LONG};

fn looks_on(mut second: App, first: &mut App) {
    second.shows("READ ONLY");
    second.row_shows("shared", ":");
    second.press(' ');
    second.shows("this screen only looks");
    second.press('c');
    // What the keeper writes is seen.
    first.select("shared");
    first.press('7');
    first.shows("│ details   70% ");
    second.shows("│ details   70% ");
    assert!(!second.screen().contains("Complete: shared"));
    second.press('q');
    second.left(0);
}

#[test]
fn a_second_process_is_told_who_holds_the_journal_and_may_look_on() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    emulator.service.schedule("shared", LONG);
    let mut first = home.console(emulator.service, &[]);
    first.shows("No tasks. p claims some");
    first.claim(1);
    first.row_shows("shared", ":");

    let held_by = format!("is held by pid {}", first.pid().as_raw_nonzero());
    let asked = || {
        let mut second = home.console(emulator.service, &[]);
        second.shows(&held_by);
        second.shows("Open it read-only? [y/N]");
        second
    };
    let mut second = asked();
    second.write("\r");
    second.left(4);
    let mut second = asked();
    second.write("y\r");
    looks_on(second, &mut first);
    looks_on(home.console(emulator.service, &["--read-only"]), &mut first);

    // The keeper was not disturbed.
    first.row_shows("shared", "○ held");
    first.press('q');
    first.left(0);
}
