//! A disk that takes no more: what is said, what is kept, and what comes after it. A limit of file sizes stands for it:
//! the kernel refuses the same writes.

use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

use crate::app::{App, Home};
use crate::service::{Emulator, LONG, Road};

/// The most bytes of a file; `None`: no limit.
fn limit_files(app: &App, most: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    prlimit(Some(app.pid()), Resource::Fsize, Rlimit { current: most.or(maximum), maximum }).unwrap();
}

#[test]
fn no_lost_token_a_claim_for_which_the_disk_has_no_room_is_shown_and_saved_later() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let road = Road::to(emulator.service);
    let mut app = home.console(road.service, &[]);
    app.shows("No tasks. p claims some");
    // It is made after the first second.
    let reserve = home.path("journal.db.ballast");
    app.until(|_| reserve.metadata().is_ok_and(|found| found.len() == 1 << 20));
    app.claim(2);
    road.carried_polls(1);
    limit_files(&app, Some(0));
    emulator.service.schedule("late", LONG);
    app.row_shows("late", "NOT SAVED");
    app.until(|screen| screen.row_text(0).contains("JOURNAL NOT WRITABLE"));
    app.shows("journal.db cannot be written");
    assert!(!reserve.exists(), "it was given up");

    // It can be acted on, as far as nothing has to be written down first.
    app.press(' ');
    app.shows("  late  ok, ");
    emulator.service.schedule("later", LONG);
    limit_files(&app, None);
    app.until(|screen| screen.row_text(0).contains("DISK FULL"));
    app.until(|screen| !screen.contains("NOT SAVED"));
    // Claiming goes on when there is a reserve again.
    app.row_shows("later", ":");
    assert!(reserve.exists());
    app.until(|screen| !screen.row_text(0).contains("DISK FULL"));
    app.kill();

    let mut app = home.console(emulator.service, &[]);
    app.row_shows("late", ":");
    app.row_shows("later", ":");
    app.press('q');
    app.left(0);
}
