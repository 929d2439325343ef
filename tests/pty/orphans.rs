//! A task whose claim never arrived: SWF gave it away, and the answer was lost.

use crate::app::Home;
use crate::service::{Emulator, LONG};

#[test]
fn a_task_whose_claim_was_lost_is_found_and_named() {
    let emulator = Emulator::with(&["--poll-hold", "1s", "--fault", "PollForActivityTask=reset-answerx1"]);
    let home = Home::new();
    let execution = emulator.service.schedule("lost", LONG);
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(1);
    app.shows("1 possible orphans");
    app.shows(" O orphans");
    app.press('P');
    app.press('O');
    app.shows("lost: poll 1 got it, and its token is lost");
    app.shows("looked at 1 open execution: 1 found");
    app.until(|screen| !screen.contains("possible orphans"));
    assert!(emulator.service.event(&execution, "ActivityTaskTimedOut").is_none());
    app.quit();
    app.left(0);
}
