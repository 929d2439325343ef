//! Notes: written in a form, seen in the row, there again after a restart, and reminded of.

use termlens::Key;

use crate::app::Home;
use crate::service::{Emulator, LONG};

#[test]
fn a_note_is_in_the_row_comes_back_after_a_restart_and_reminds() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    emulator.service.schedule("held", LONG);
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(1);
    app.row_shows("held", ":");
    app.press('n');
    app.shows("Note: held");
    app.write("waits for the part");
    app.key(Key::Tab);
    app.write("in 30m");
    app.shows("in 30 min");
    app.key(Key::Enter);
    app.row_shows("held", "held ✎");
    app.shows("waits for the part");
    app.quit();
    app.left(0);

    let mut app = home.console(emulator.service, &[]);
    app.row_shows("held", "held ✎");
    app.shows("follow up at ");
    app.press('n');
    app.shows("▌ waits for the part");
    app.key(Key::Tab);
    app.key(Key::Ctrl('u'));
    app.write("1s");
    let bells = app.screen().bells();
    app.key(Key::Enter);
    app.row_shows("held", "held ⚑");
    app.shows("1 to follow up");
    app.shows("follow up now: waits for the part");
    app.until(|screen| screen.bells() > bells);
    app.quit();
    app.left(0);
}
