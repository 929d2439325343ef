//! A process that was stopped for a while.

use std::thread;
use std::time::Duration;

use rustix::process::{Signal, kill_process};
use swfbeat::clock;

use crate::app::Home;
use crate::service::{Emulator, Timeouts};

#[test]
fn a_stopped_process_notices_soon_after_and_beats_what_is_urgent() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let timeouts = Timeouts { heartbeat: "20", start_to_close: "3600" };
    let execution = emulator.service.schedule("kept", timeouts);
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(1);
    app.row_shows("kept", ":");
    app.keep("kept");

    // Longer than from one heartbeat to the next, shorter than the timeout.
    kill_process(app.pid(), Signal::STOP).unwrap();
    thread::sleep(Duration::from_secs(8));
    kill_process(app.pid(), Signal::CONT).unwrap();
    let resumed = clock::now().boot;
    app.shows("this process did not run for");
    let noticed = clock::now().boot - resumed;
    println!("noticed after {noticed} ms");
    assert!(noticed < 3_000, "noticed after {noticed} ms");
    app.until(|screen| screen.contains("last beat 0 s ago") || screen.contains("last beat 1 s ago"));
    assert!(emulator.service.event(&execution, "ActivityTaskTimedOut").is_none());
    app.quit();
    app.left(0);
}
