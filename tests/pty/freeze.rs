//! A process that is stopped for a while, as by ctrl-z, a debugger or a machine without memory: the kernel's clocks run on,
//! and so do those of the service.

use std::thread;
use std::time::Duration;

use rustix::process::{Signal, kill_process};
use swfbeat::clock;

use crate::app::{App, Home};
use crate::service::{Emulator, LONG, Timeouts};

/// How long it is stopped.
const STOPPED: Duration = Duration::from_secs(10);
/// Kept tasks with their heartbeat timeouts in seconds: all of them outlive the stop, the first two by little.
const TASKS: [(&str, &str, i64); 3] = [("soon", "16", 16), ("later", "18", 18), ("idle", "600", 600)];

/// When the service got the last heartbeat of a kept task, milliseconds since 1970. The first is the claim itself.
fn beaten(emulator: &Emulator, (id, _, timeout): (&str, &str, i64)) -> i64 {
    let clocks = emulator.clocks();
    let all = clocks["activities"].as_array().unwrap();
    let task = all.iter().find(|task| task["activityId"] == id).unwrap_or_else(|| panic!("{id} is gone: {clocks}"));
    task["deadlines"]["heartbeat"].as_i64().unwrap() - timeout * 1_000
}

/// How long the program takes to answer a key: on a busy machine everything takes that much longer.
fn answers_within(app: &mut App) -> i64 {
    let begun = clock::now().boot;
    app.press('?');
    app.shows("╭ Keys");
    let took = clock::now().boot - begun;
    app.escape_from("╭ Keys");
    took
}

#[test]
fn keep_alive_a_stopped_process_catches_up_at_once() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    for task in TASKS {
        emulator.service.schedule(task.0, Timeouts { heartbeat: task.1, ..LONG });
        app.claim(1);
        app.row_shows(task.0, ":");
        app.select(task.0);
        app.keep(task.0);
    }
    // The urgent ones are beaten every few seconds, by themselves.
    let urgent = &TASKS[..2];
    for task in urgent {
        let before = beaten(&emulator, *task);
        let begun = clock::now().boot;
        while beaten(&emulator, *task) == before {
            assert!(clock::now().boot - begun < 20_000, "{task:?} is not beaten");
            thread::sleep(Duration::from_millis(20));
        }
    }
    let slack = 5 * answers_within(&mut app);

    kill_process(app.pid(), Signal::STOP).unwrap();
    thread::sleep(STOPPED);
    kill_process(app.pid(), Signal::CONT).unwrap();
    let woken = clock::now();
    app.shows("this process did not run for ");
    let noticed = clock::now().boot - woken.boot;
    assert!(noticed <= 1_000 + slack, "noticed after {noticed} ms");
    for task in urgent {
        // The service runs on this machine, so its time is ours.
        while beaten(&emulator, *task) < woken.wall.0 {
            assert!(clock::now().boot - woken.boot < 20_000, "{task:?} is not beaten");
            thread::sleep(Duration::from_millis(20));
        }
    }
    let caught_up = clock::now().boot - woken.boot;
    assert!(caught_up <= 2_000 + slack, "beaten after {caught_up} ms");
    for (id, ..) in TASKS {
        app.row_shows(id, ":");
    }
    app.quit();
    app.left(0);
}
