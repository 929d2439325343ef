//! The console: the real binary in a pseudo-terminal.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use rustix::process::{Pid, Signal, kill_process};
use swfbeat::clock;
use termlens::{Error, Key, Screen, Terminal};

use crate::service::{DOMAIN, TASK_LIST};

/// For anything that should happen at once, on a busy machine.
const SOON: Duration = Duration::from_secs(20);
/// Between two looks at the keeper's lock.
const LOCK_LOOK: Duration = Duration::from_micros(200);

/// A running console, and what it has drawn.
pub struct Console {
    terminal: Terminal,
    pid: Pid,
    /// The keeper's lock, with the number of whoever took it last.
    lock: PathBuf,
    killer: Option<(mpsc::Sender<Duration>, JoinHandle<()>)>,
    /// Its terminal has been closed.
    pub gone: bool,
    /// The task it was last told to take off the list.
    pub dismissed: Option<String>,
}

impl Console {
    pub fn start(home: &Path, endpoint: &str) -> Self {
        let journal = journal(home);
        let arguments = ["--endpoint-url", endpoint, "--domain", DOMAIN, "--task-list", TASK_LIST, "--journal"];
        let terminal = Terminal::builder()
            .size(120, 74)
            .env_clear()
            .envs([("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "us-east-1")])
            .envs([("AWS_EC2_METADATA_DISABLED", "true"), ("TERM", "xterm-256color"), ("TZ", "UTC"), ("USER", "op")])
            .env("HOME", home)
            .timeout(SOON)
            .args(arguments)
            .arg(&journal)
            .spawn(cargo_bin("swfbeat"))
            .unwrap();
        let pid = Pid::from_raw(terminal.pid().unwrap().cast_signed()).unwrap();
        let lock = format!("{}.lock", journal.display()).into();
        Self { terminal, pid, lock, killer: None, gone: false, dismissed: None }
    }

    /// Whether it has got as far as taking the journal; what comes then is recovery, until tasks are on the screen.
    pub fn holds_journal(&self) -> bool {
        is_held_by(&self.lock, self.pid)
    }

    /// Sends SIGKILL so much later, whatever is going on then. Asked again, it only comes sooner: there is one kill, and until
    /// then the process number is certainly its own.
    pub fn kill_after(&mut self, delay: Duration) {
        if let Some((hurry, _)) = &self.killer {
            // The kill has just been sent.
            let _ = hurry.send(delay);
            return;
        }
        let pid = self.pid;
        let (hurry, hurried) = mpsc::channel();
        let killer = thread::spawn(move || {
            if let Ok(sooner) = hurried.recv_timeout(delay) {
                thread::sleep(sooner);
            }
            let _ = kill_process(pid, Signal::KILL);
        });
        self.killer = Some((hurry, killer));
    }

    /// Sends SIGKILL so much later than it takes the journal.
    pub fn kill_in_recovery(&mut self, delay: Duration) {
        let (pid, lock) = (self.pid, self.lock.clone());
        let (hurry, hurried) = mpsc::channel();
        let killer = thread::spawn(move || {
            let deadline = clock::now().boot + SOON.as_millis() as i64;
            while !is_held_by(&lock, pid) && clock::now().boot < deadline {
                thread::sleep(LOCK_LOOK);
            }
            let _ = hurried.recv_timeout(delay);
            let _ = kill_process(pid, Signal::KILL);
        });
        self.killer = Some((hurry, killer));
    }

    /// The complete frames since the last time.
    pub fn frames(&mut self) -> Vec<Screen> {
        let mut frames = Vec::new();
        loop {
            match self.terminal.wait_frame_for(|_| true, Duration::ZERO) {
                Ok(frame) => frames.push(frame),
                Err(Error::Timeout { .. }) => return frames,
                Err(_) => {
                    self.gone = true;
                    return frames;
                }
            }
        }
    }

    pub fn screen(&self) -> Screen {
        self.terminal.screen()
    }

    /// Types keys; nobody may be there any more.
    pub fn press(&mut self, keys: &[Key]) {
        for key in keys {
            self.gone |= self.terminal.send(*key).is_err();
        }
    }

    pub fn write(&mut self, text: &str) {
        self.gone |= self.terminal.send_str(text).is_err();
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// It was not the kill.
    pub fn await_kill(&mut self) -> Result<(), String> {
        if let Some((_, killer)) = self.killer.take() {
            killer.join().unwrap();
        }
        let status = self.terminal.wait_exit().map_err(|error| error.to_string())?;
        match status.signal() {
            Some(_) => Ok(()),
            None => Err(format!("the console ended by itself: {status}")),
        }
    }
}

fn is_held_by(lock: &Path, pid: Pid) -> bool {
    let holder = format!("pid {}, ", pid.as_raw_nonzero());
    fs::read_to_string(lock).is_ok_and(|text| text.starts_with(&holder))
}

/// The journal of all consoles.
pub fn journal(home: &Path) -> PathBuf {
    let state = home.join("state");
    fs::create_dir_all(&state).unwrap();
    state.join("crash.db")
}
