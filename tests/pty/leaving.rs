//! The ways out: signals, a terminal that is lost, a poll in flight, a stop and its end.

use std::io::Read;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::{Pid, kill_process};
use swfbeat::clock;
use termlens::{Key, Signal};

use crate::app::{App, Home, SOON};
use crate::service::{Emulator, LONG, Road};

/// A console that holds a task and has a second poll in flight.
fn polling(home: &Home, emulator: &Emulator) -> App {
    emulator.service.schedule("first", LONG);
    let road = Road::to(emulator.service);
    let mut app = home.console(road.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(2);
    app.row_shows("first", ":");
    road.carried_polls(2);
    app
}

/// A console that holds a task and has nothing in flight.
fn holding(home: &Home, emulator: &Emulator) -> App {
    emulator.service.schedule("held", LONG);
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(1);
    app.row_shows("held", ":");
    app
}

#[test]
fn a_signal_restores_the_terminal_at_once_and_ends_it_soon() {
    for signal in [Signal::Term, Signal::Int, Signal::Hup] {
        let (emulator, home) = (Emulator::start("60s"), Home::new());
        let mut app = holding(&home, &emulator);
        let sent = clock::now().boot;
        app.signal(signal);
        let restored = app.restored();
        let text = app.left(0);
        let over = clock::now().boot - sent;
        println!("{signal:?}: restored after {restored} ms, over after {over} ms");
        assert!(restored < 1_000 && over < 2_000, "restored after {restored} ms, over after {over} ms: {text}");
        assert!(!text.contains("waiting"), "{text}");
    }
}

#[test]
fn the_demo_ends_as_soon_although_it_polls() {
    let home = Home::new();
    let mut app = home.run(&["demo"], (120, 40));
    app.shows("8 held");
    app.claim(3);
    app.shows("claiming 3 from manual-ops");
    let sent = clock::now().boot;
    app.signal(Signal::Term);
    let restored = app.restored();
    let text = app.left(0);
    let over = clock::now().boot - sent;
    println!("demo: restored after {restored} ms, over after {over} ms");
    assert!(restored < 1_000 && over < 2_000, "restored after {restored} ms, over after {over} ms: {text}");
}

#[test]
fn a_poll_in_flight_is_waited_for_and_its_task_is_kept() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let mut app = polling(&home, &emulator);
    app.quit();
    app.shows("s for the poll in flight, so that no task is lost");
    emulator.service.schedule("late", LONG);
    app.left(0);
    let mut app = home.console(emulator.service, &[]);
    app.row_shows("late", ":");
    app.row_shows("first", ":");
    app.press('q');
    app.left(0);
}

#[test]
fn an_empty_poll_ends_the_wait() {
    let (emulator, home) = (Emulator::start("3s"), Home::new());
    let mut app = polling(&home, &emulator);
    app.signal(Signal::Term);
    app.shows("waiting up to");
    let text = app.left(0);
    assert!(!text.contains("waiting up to"), "the line goes when the wait is over: {text}");
}

#[test]
fn a_second_signal_leaves_at_once_and_names_what_may_be_lost() {
    for (signal, code) in [(Signal::Term, 143), (Signal::Int, 130)] {
        let (emulator, home) = (Emulator::start("60s"), Home::new());
        let mut app = polling(&home, &emulator);
        app.signal(signal);
        app.shows("waiting up to");
        let sent = clock::now().boot;
        app.signal(signal);
        let text = app.left(code);
        let over = clock::now().boot - sent;
        assert!(over < 1_000, "over after {over} ms");
        assert!(text.contains("from task list manual may be lost"), "{text}");
    }
}

#[test]
fn ctrl_c_typed_during_the_wait_leaves_at_once() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let mut app = polling(&home, &emulator);
    app.keep("first");
    app.quit();
    app.shows("ctrl-c again leaves now");
    app.key(Key::Ctrl('c'));
    let text = app.left(130);
    assert!(text.contains("heartbeats stop for: first"), "{text}");
}

#[test]
fn a_lost_terminal_ends_it_and_a_task_handed_out_meanwhile_is_kept() {
    let (emulator, home) = (Emulator::start("4s"), Home::new());
    let pty = native_pty_system().openpty(PtySize { rows: 40, cols: 120, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_swfbeat"));
    command.env_clear();
    home.environment().iter().for_each(|(name, value)| command.env(name, value));
    let road = Road::to(emulator.service);
    command.args(home.console_arguments(road.service));
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let (in_time, watched) = mpsc::channel::<()>();
    let mut killer = child.clone_killer();
    thread::spawn(move || {
        // Its end ends a read that would wait for ever.
        if watched.recv_timeout(SOON) == Err(RecvTimeoutError::Timeout) {
            let _ = killer.kill();
        }
    });
    let mut reader = pty.master.try_clone_reader().unwrap();
    let mut writer = pty.master.take_writer().unwrap();
    read_until(reader.as_mut(), "claims");
    writer.write_all(b"p\r").unwrap();
    read_until(reader.as_mut(), "claiming");
    road.carried_polls(1);
    drop((in_time, reader, writer, pty.master));
    let lost = clock::now().boot;

    emulator.service.schedule("late", LONG);
    while child.try_wait().unwrap().is_none() {
        assert!(clock::now().boot - lost < SOON.as_millis() as i64, "still running without a terminal");
        thread::sleep(Duration::from_millis(10));
    }
    println!("lost terminal: over after {} ms", clock::now().boot - lost);
    assert!(child.wait().unwrap().success());
    let mut app = home.console(emulator.service, &[]);
    app.row_shows("late", ":");
    app.press('q');
    app.left(0);
}

/// Reads what the program writes until a word came; blanks between words are not written.
fn read_until(reader: &mut dyn Read, word: &str) {
    let (mut seen, mut bytes) = (String::new(), [0; 4_096]);
    while !seen.contains(word) {
        let read = reader.read(&mut bytes).unwrap();
        seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_goes_on() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let mut app = holding(&home, &emulator);
    app.key(Key::Ctrl('z'));
    app.restored();
    wait_stopped(app.pid());
    app.terminal.resize(100, 30).unwrap();
    kill_process(app.pid(), rustix::process::Signal::CONT).unwrap();
    app.until(|screen| screen.alternate_screen() && screen.row_text(29).contains("q quit"));
    app.row_shows("held", ":");
    app.press('q');
    app.left(0);
}

/// The terminal is given back just before the process stops.
fn wait_stopped(pid: Pid) {
    let path = format!("/proc/{}/stat", pid.as_raw_nonzero());
    let start = clock::now().boot;
    while !std::fs::read_to_string(&path).unwrap().contains(") T ") {
        assert!(clock::now().boot - start < SOON.as_millis() as i64, "it does not stop");
        thread::sleep(Duration::from_millis(5));
    }
}
