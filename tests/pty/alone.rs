//! Without a screen: a lost terminal leaves keep-alive running to the end of what was agreed, and no further.

use std::io::{Read, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use swfbeat::clock;
use termlens::Key;

use crate::app::{Home, SOON};
use crate::service::{Emulator, Execution, LONG, Service, Timeouts};

/// Dies soon if nobody beats.
const SHORT: Timeouts = Timeouts { heartbeat: "4", start_to_close: "3600" };

/// The program in a terminal that can be taken away.
pub struct Doomed {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    reader: Box<dyn Read + Send>,
    seen: String,
    /// Its end ends the watch over a read that would wait for ever.
    in_time: Sender<()>,
}

impl Doomed {
    pub fn start(home: &Home, arguments: &[String]) -> Self {
        let pty = native_pty_system().openpty(PtySize { rows: 40, cols: 120, ..PtySize::default() }).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_swfbeat"));
        command.env_clear();
        home.environment().iter().for_each(|(name, value)| command.env(name, value));
        command.args(arguments);
        let child = pty.slave.spawn_command(command).unwrap();
        let (in_time, watched) = mpsc::channel();
        let pid = Pid::from_raw(child.process_id().unwrap().cast_signed()).unwrap();
        thread::spawn(move || {
            if watched.recv_timeout(SOON * 2) == Err(RecvTimeoutError::Timeout) {
                // SIGHUP would leave it running without a screen.
                let _ = kill_process(pid, Signal::KILL);
            }
        });
        let (writer, reader) = (pty.master.take_writer().unwrap(), pty.master.try_clone_reader().unwrap());
        Self { child, master: pty.master, writer, reader, seen: String::new(), in_time }
    }

    /// Reads what is written until a word came; blanks between words are not written.
    pub fn until(&mut self, word: &str) {
        let mut bytes = [0; 4_096];
        loop {
            if let Some(at) = self.seen.find(word) {
                self.seen.drain(..at + word.len());
                return;
            }
            let read = self.reader.read(&mut bytes).unwrap_or(0);
            assert!(read > 0, "{word} never came: {}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
    }

    pub fn write(&mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).unwrap();
    }

    /// Claims one task and keeps it alive for so long.
    pub fn keep(&mut self, length: &str) {
        self.until("claims");
        self.write("p\r");
        self.until("kept");
        self.write("a");
        self.until("alive:");
        self.write(&format!("\x15{length}\r"));
        self.until("heartbeats");
    }

    /// Ends it at once, as a crash would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn lose_terminal(self) -> Box<dyn Child + Send + Sync> {
        drop((self.in_time, self.writer, self.reader, self.master));
        self.child
    }
}

fn wait(mut child: Box<dyn Child + Send + Sync>, limit: Duration) -> portable_pty::ExitStatus {
    let start = clock::now().boot;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if clock::now().boot - start > limit.as_millis() as i64 {
            child.kill().unwrap();
            panic!("still running after {} s", limit.as_secs());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn timed_out(service: Service, execution: &Execution) -> bool {
    service.event(execution, "ActivityTaskTimedOut").is_some()
}

/// Only a debug build can be told to crash.
#[cfg(debug_assertions)]
#[test]
fn keep_alive_a_screen_that_crashes_gives_the_terminal_back_and_what_is_kept_goes_on() {
    let (emulator, home) = (Emulator::start("1s"), Home::new());
    let order = home.path("order");
    let home = home.with("SWFBEAT_CRASH_ORDER", order.to_str().unwrap());
    let execution = emulator.service.schedule("kept", SHORT);
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(1);
    app.row_shows("kept", "○ held");
    app.keep("kept");
    std::fs::write(&order, "").unwrap();
    app.press('g');
    app.restored();
    app.until(|screen| screen.full_text().contains("the screen has crashed (as ordered)"));
    app.until(|screen| screen.full_text().contains("alive without a screen until"));
    // Longer than the heartbeat timeout.
    thread::sleep(Duration::from_secs(6));
    assert!(!timed_out(emulator.service, &execution));
    app.signal(termlens::Signal::Term);
    app.left(1);
}

#[test]
fn attended_a_lost_terminal_keeps_what_was_agreed_to_its_end_and_no_longer() {
    let (emulator, home) = (Emulator::start("1s"), Home::new());
    let execution = emulator.service.schedule("kept", SHORT);
    let mut doomed = Doomed::start(&home, &home.console_arguments(emulator.service));
    let before = clock::now().boot;
    doomed.keep("20s");
    let child = doomed.lose_terminal();
    // It goes on beyond the heartbeat timeout, and to the end of the lease.
    let status = wait(child, Duration::from_secs(20) + SOON);
    let lived = clock::now().boot - before;
    assert!(status.success(), "{status:?}");
    assert!(lived >= 20_000, "over after {lived} ms");
    assert!(!timed_out(emulator.service, &execution), "beaten to the end");
    // What is written down: the lease has ended, nobody renewed it.
    let mut app = home.console(emulator.service, &[]);
    app.row_shows("kept", "by hand");
    app.press('q');
    app.left(0);
}

#[test]
fn whoever_comes_back_is_told_and_takes_over() {
    let (emulator, home) = (Emulator::start("1s"), Home::new());
    emulator.service.schedule("kept", LONG);
    let mut doomed = Doomed::start(&home, &home.console_arguments(emulator.service));
    doomed.keep("30m");
    let child = doomed.lose_terminal();
    let pid = child.process_id().unwrap();
    let told = format!("pid {pid}, ");
    let start = clock::now().boot;
    loop {
        // It may take a moment until it has noticed.
        let mut second = home.console(emulator.service, &[]);
        second.shows("Open it read-only?");
        let text = second.screen().full_text();
        second.write("\r");
        second.left(4);
        assert!(text.contains(&told), "{text}");
        if text.contains("keeps 1 task alive without") {
            break;
        }
        assert!(clock::now().boot - start < SOON.as_millis() as i64, "{text}");
    }
    let mut app = home.console(emulator.service, &["--take-over"]);
    app.row_shows("kept", "● held");
    assert!(wait(child, SOON).success());
    app.press('q');
    app.shows("[▸ Cancel ◂]");
    app.key(Key::Right);
    app.key(Key::Enter);
    app.left(0);
}

#[test]
fn sigterm_ends_it_at_once_and_a_second_hangup_does_not() {
    let (emulator, home) = (Emulator::start("1s"), Home::new());
    emulator.service.schedule("kept", LONG);
    let mut doomed = Doomed::start(&home, &home.console_arguments(emulator.service));
    doomed.keep("30m");
    let mut child = doomed.lose_terminal();
    let pid = Pid::from_raw(child.process_id().unwrap().cast_signed()).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
    thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "it goes on");
    kill_process(pid, Signal::TERM).unwrap();
    assert!(wait(child, SOON).success());
    let mut app = home.console(emulator.service, &[]);
    app.row_shows("kept", "● held");
    app.quit();
    app.left(0);
}

#[test]
fn a_hangup_of_a_terminal_that_is_still_there_says_what_goes_on() {
    let (emulator, home) = (Emulator::start("1s"), Home::new());
    emulator.service.schedule("kept", LONG);
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(1);
    app.row_shows("kept", ":");
    app.keep("kept");
    app.signal(termlens::Signal::Hup);
    app.restored();
    app.shows("keeps 1 task alive without a screen until");
    app.signal(termlens::Signal::Term);
    app.left(0);
}

#[test]
fn the_demo_ends_with_its_terminal() {
    let home = Home::new();
    let mut doomed = Doomed::start(&home, &["demo".to_owned()]);
    doomed.until("held");
    assert!(wait(doomed.lose_terminal(), SOON).success());
}

#[test]
fn attended_a_key_that_is_held_down_does_not_renew_a_lease() {
    let (emulator, home) = (Emulator::start("1s"), Home::new());
    emulator.service.schedule("kept", LONG);
    let mut app = home.console(emulator.service, &[]);
    app.shows("No tasks. p claims some");
    app.claim(1);
    app.row_shows("kept", ":");
    app.keep("kept");
    // Longer than the shortest time between two renewals, faster than a finger.
    for _ in 0..60 {
        app.write(" ");
        thread::sleep(Duration::from_millis(30));
    }
    app.quit();
    app.left(0);
    let place = swfbeat::journal::Place::named(home.path("journal.db"));
    let (_, entries) = swfbeat::journal::Follower::open(&place).unwrap();
    let is_lease = |entry: &&swfbeat::task::Entry| matches!(entry.record, swfbeat::task::Record::Lease { .. });
    let leases = entries.iter().filter(is_lease).count();
    // Agreed, and at the most the first of the strokes; a stall of the machine may look like a finger now and then.
    assert!((1..=6).contains(&leases), "{leases} of 60");
}
