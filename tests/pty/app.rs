//! The program in a terminal: started, looked at, typed to, and left.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, kill_process};
use swfbeat::clock;
use tempfile::TempDir;
use termlens::{Key, MouseMode, Screen, Signal, Terminal};

use crate::service::{DOMAIN, Execution, Service, TASK_LIST};

/// Long enough for anything that should happen at once, on a busy machine.
pub const SOON: Duration = Duration::from_secs(20);

/// A home that knows nothing, with a place for temporary files.
pub struct Home {
    directory: TempDir,
    more: Vec<(&'static str, String)>,
}

impl Home {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("tmp")).unwrap();
        Self { directory, more: Vec::new() }
    }

    /// The same with a variable more in its environment.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The environment of everything that is started here.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let usual = [
            ("HOME", path(self.directory.path())),
            ("TMPDIR", path(&self.path("tmp"))),
            ("TERM", "xterm-256color".into()),
            ("AWS_ACCESS_KEY_ID", "test".into()),
            ("AWS_SECRET_ACCESS_KEY", "test".into()),
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ];
        usual.into_iter().chain(self.more.iter().cloned()).collect()
    }

    /// Starts the program without waiting for anything.
    pub fn run(&self, arguments: &[&str], (columns, rows): (u16, u16)) -> App {
        let started = clock::now().boot;
        let terminal = Terminal::builder()
            .size(columns, rows)
            .env_clear()
            .envs(self.environment())
            .timeout(SOON)
            .args(arguments)
            .spawn(env!("CARGO_BIN_EXE_swfbeat"))
            .unwrap();
        App { terminal, started_ms: started.0, temporary: self.path("tmp") }
    }

    /// The demo on a scenario of the test, with every task claimed that it says.
    pub fn demo(&self, scenario: &str, arguments: &[&str]) -> App {
        let file = self.path("scenario.toml");
        std::fs::write(&file, scenario).unwrap();
        let mut all = vec!["demo", "--scenario", file.to_str().unwrap()];
        all.extend(arguments);
        self.run(&all, (120, 40))
    }

    /// Arguments of a console on a service, with a journal of this home.
    pub fn console_arguments(&self, service: Service) -> Vec<String> {
        let journal = self.path("journal.db").to_str().unwrap().to_owned();
        let url = service.url();
        // The service may be reached by several roads.
        let here = ["--journal", &journal, "--same-service"];
        [&["--domain", DOMAIN, "--task-list", TASK_LIST, "--endpoint-url", &url], &here[..]]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    /// A console on a service, with a journal of this home.
    pub fn console(&self, service: Service, more: &[&str]) -> App {
        let arguments = self.console_arguments(service);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
        self.run(&arguments, (120, 40))
    }
}

/// A running program and its terminal.
pub struct App {
    pub terminal: Terminal,
    /// Boot clock, just before it was started.
    started_ms: i64,
    temporary: PathBuf,
}

impl App {
    /// Milliseconds since it was started.
    pub fn age(&self) -> i64 {
        clock::now().boot.0 - self.started_ms
    }

    pub fn screen(&self) -> Screen {
        self.terminal.screen()
    }

    #[track_caller]
    pub fn until(&mut self, what: impl FnMut(&Screen) -> bool) {
        if let Err(error) = self.terminal.wait_until(what) {
            panic!("{error}");
        }
    }

    #[track_caller]
    pub fn shows(&mut self, text: &str) {
        self.until(|screen| screen.contains(text));
    }

    /// Waits until something can be read from the screen. A frame may be seen half drawn.
    #[track_caller]
    pub fn read<T>(&mut self, what: impl Fn(&Screen) -> Option<T>) -> T {
        let mut found = None;
        self.until(|screen| {
            found = what(screen);
            found.is_some()
        });
        found.unwrap()
    }

    /// Waits until a task's row says something.
    #[track_caller]
    pub fn row_shows(&mut self, id: &str, text: &str) {
        self.until(|screen| row(screen, id).is_some_and(|row| row.contains(text)));
    }

    pub fn press(&mut self, key: char) {
        self.terminal.send(Key::Char(key)).unwrap();
    }

    pub fn key(&mut self, key: Key) {
        self.terminal.send(key).unwrap();
    }

    pub fn write(&mut self, text: &str) {
        self.terminal.send_str(text).unwrap();
    }

    /// Leaves a form or a question, and waits until it is gone.
    #[track_caller]
    pub fn escape_from(&mut self, title: &str) {
        self.key(Key::Esc);
        self.until(|screen| !screen.contains(title));
    }

    /// Moves the cursor to a task.
    #[track_caller]
    pub fn select(&mut self, id: &str) {
        for _ in 0..100 {
            let (at, wanted) = self.read(|screen| cursor(screen).zip(row_index(screen, id)));
            if at == wanted && self.screen().contains(&format!("╭ {id} ")) {
                return;
            }
            // The list may move under the cursor: one step at a time, and look again.
            if at != wanted {
                self.press(if at < wanted { 'j' } else { 'k' });
            }
            let _ = self.terminal.wait_until_for(|new| cursor(new) != Some(at), Duration::from_millis(300));
        }
        panic!("the cursor does not come to {id}: {}", self.screen().text());
    }

    /// Claims so many tasks of the task list that the form offers.
    #[track_caller]
    pub fn claim(&mut self, count: usize) {
        // The name of a context is there before its engine has said anything.
        self.until(|screen| !screen.contains("connecting…"));
        self.press('p');
        self.shows("Claim tasks");
        self.key(Key::Tab);
        self.key(Key::Ctrl('u'));
        self.write(&count.to_string());
        self.key(Key::Enter);
        self.until(|screen| !screen.contains("Claim tasks"));
    }

    /// Keeps the selected task alive for as long as the form offers.
    #[track_caller]
    pub fn keep(&mut self, id: &str) {
        self.press('a');
        self.shows(&format!("Keep alive: {id}"));
        self.key(Key::Enter);
        self.row_shows(id, "● held");
    }

    /// Chooses the other button of a question, and presses it.
    #[track_caller]
    pub fn confirm(&mut self, verb: &str) {
        self.key(Key::Right);
        self.shows(&format!("[▸ {verb} ◂]"));
        self.key(Key::Enter);
    }

    /// Writes into the form of an act, sends it, and confirms it after having tried the default.
    #[track_caller]
    pub fn close(&mut self, id: &str, key: char, title: &str, texts: &[&str], verb: &str) {
        self.select(id);
        self.press(key);
        let form = format!("{title}: {id}");
        self.shows(&form);
        for (index, text) in texts.iter().enumerate() {
            if index > 0 {
                self.key(Key::Tab);
            }
            self.write(text);
        }
        let (question, default) = (format!("{verb} {id}?"), "[▸ Cancel ◂]");
        self.key(Key::Enter);
        self.until(|screen| screen.contains(&question) && screen.contains(default));
        self.key(Key::Enter);
        self.until(|screen| screen.contains(&form) && !screen.contains(default));
        self.key(Key::Enter);
        self.shows(default);
        self.confirm(verb);
        self.until(|screen| !screen.contains(&question) && !screen.contains(&form));
    }

    /// The execution of the selected task, as the detail pane has it.
    #[track_caller]
    pub fn execution(&mut self, domain: &str) -> Execution {
        let (workflow_id, run_id) = self.read(|screen| {
            let (line, _) = screen.find("│ workflow ")?;
            let cells = |line: u16| screen.rect_text(12..58, line..=line).trim().to_owned();
            let first = cells(line);
            let (workflow_id, run_id) = first.split_once(" /")?;
            // A long one is in the next line.
            let run_id = if run_id.is_empty() { cells(line + 1) } else { run_id.trim().to_owned() };
            run_id.ends_with('=').then(|| (workflow_id.to_owned(), run_id))
        });
        Execution { domain: domain.into(), workflow_id, run_id }
    }

    /// Quits; confirms if it is asked whether it may.
    pub fn quit(&mut self) {
        self.press('q');
        self.until(|screen| screen.contains("[▸ Cancel ◂]") || !screen.alternate_screen());
        if self.screen().alternate_screen() {
            self.key(Key::Right);
            self.shows("[▸ Quit ◂]");
            self.key(Key::Enter);
        }
    }

    pub fn signal(&mut self, signal: Signal) {
        self.terminal.signal(signal).unwrap();
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.terminal.pid().unwrap().cast_signed()).unwrap()
    }

    /// Ends it at once, as a crash would.
    pub fn kill(mut self) {
        kill_process(self.pid(), rustix::process::Signal::KILL).unwrap();
        self.terminal.wait_exit().unwrap();
    }

    /// Waits until the terminal is as it was; gives how long that took, in milliseconds.
    #[track_caller]
    pub fn restored(&mut self) -> i64 {
        let before = clock::now().boot;
        self.until(|screen| {
            let modes = screen.bracketed_paste() || screen.focus_events() || screen.mouse_mode() != MouseMode::None;
            !screen.alternate_screen() && !modes && screen.cursor_visible()
        });
        clock::now().boot - before
    }

    /// Waits for its end; the terminal is as before, and nothing temporary is left.
    #[track_caller]
    pub fn left(mut self, code: u32) -> String {
        self.restored();
        let status = self.terminal.wait_exit().unwrap();
        let text = self.screen().full_text();
        assert_eq!((status.code(), status.signal()), (Some(code), None), "{text}");
        let left: Vec<_> = std::fs::read_dir(&self.temporary).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        text
    }
}

/// The rows of the task table, from under its border.
fn table(screen: &Screen) -> impl Iterator<Item = (u16, String)> {
    (2..screen.rows()).map(|index| (index, screen.row_text(index))).take_while(|(_, row)| !row.starts_with('╰'))
}

fn row_index(screen: &Screen, id: &str) -> Option<u16> {
    table(screen).find(|(_, row)| row.split_whitespace().any(|word| word == id)).map(|(index, _)| index)
}

fn cursor(screen: &Screen) -> Option<u16> {
    table(screen).find(|(_, row)| row.contains('▌')).map(|(index, _)| index)
}

/// A task's row in the table.
pub fn row(screen: &Screen, id: &str) -> Option<String> {
    row_index(screen, id).map(|index| screen.row_text(index))
}

/// What is left of a task's heartbeat, in seconds.
pub fn heartbeat(screen: &Screen, id: &str) -> Option<i64> {
    row(screen, id)?.split_whitespace().find_map(seconds)
}

/// What is left until a task's end, whatever is done, in seconds. The task must have a heartbeat timeout.
pub fn end(screen: &Screen, id: &str) -> Option<i64> {
    row(screen, id)?.split_whitespace().filter_map(seconds).nth(1)
}

/// Reads `0:41` and `1:02:03`.
fn seconds(word: &str) -> Option<i64> {
    word.split_once(':')?;
    word.split(':').try_fold(0, |sum, part| Some(sum * 60 + part.parse::<i64>().ok()?))
}

/// A port that nobody listens on at the moment.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
