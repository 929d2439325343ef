//! The console in lines, through pipes: the real binary with its demo.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use swfbeat::clock;

/// A line that is waited for comes within this, however busy the machine is, milliseconds.
const PATIENCE_MS: i64 = 60_000;

struct Talk {
    child: Child,
    typed: ChildStdin,
    said: Receiver<String>,
    heard: Vec<String>,
}

impl Talk {
    fn begin(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(cargo_bin("swfbeat"));
        command.env_clear().envs(variables.iter().copied()).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (speaks, said) = mpsc::channel();
        thread::spawn(move || lines.map_while(Result::ok).all(|line| speaks.send(line).is_ok()));
        Self { typed: child.stdin.take().unwrap(), child, said, heard: Vec::new() }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.typed, "{line}").unwrap();
    }

    /// Reads on until a line has this in it.
    fn hear(&mut self, words: &str) -> String {
        self.hear_either(words, words)
    }

    fn hear_either(&mut self, words: &str, others: &str) -> String {
        let until = clock::now().boot + PATIENCE_MS;
        loop {
            let left = Duration::from_millis((until - clock::now().boot).max(0).unsigned_abs());
            let next = self.said.recv_timeout(left);
            let line = next.unwrap_or_else(|why| panic!("no {words:?}, {why}, in {:#?}", self.heard));
            assert!(!line.chars().any(char::is_control), "{line:?}");
            self.heard.push(line.clone());
            if line.contains(words) || line.contains(others) {
                return line;
            }
        }
    }
}

#[test]
fn a_task_is_completed_by_typing_and_quitting_is_asked() {
    let mut talk = Talk::begin(&["demo", "--plain"], &[("TERM", "xterm")]);
    let line = talk.hear(" rel-2026.11: held");
    let number = line.split(' ').next().unwrap().to_owned();
    talk.say(&format!("keep {number} 10m"));
    talk.hear("keep rel-2026.11: heartbeats for 10 min");
    talk.say("complete rel-2026.11 released");
    talk.hear("Complete rel-2026.11?");
    talk.hear("Type yes to complete");
    talk.say("yes");
    talk.hear("rel-2026.11: completed");
    talk.say("quit");
    talk.hear("Type yes to quit");
    talk.say("yes");
    assert!(talk.child.wait().unwrap().success());
}

#[test]
fn a_presenter_breaks_the_network_and_heals_it_by_typing() {
    let mut talk = Talk::begin(&["demo", "--scenario", "idle", "--plain"], &[("TERM", "xterm")]);
    let line = talk.hear(": held");
    let number = line.split(' ').next().unwrap().to_owned();
    talk.say("service");
    talk.hear(": service ");
    talk.hear(" history ");
    talk.say("service");
    talk.hear("no longer told");
    talk.say("cut-network");
    talk.hear("stage: the network is cut");
    talk.say("cut-network");
    talk.hear("stage: the network is there again");
    talk.say(&format!("kill-workflow {number}"));
    talk.hear(": somebody terminates the workflow");
    // What was ordered takes a moment: until then a heartbeat is taken, and it says so.
    loop {
        talk.say(&format!("beat {number}"));
        if talk.hear_either(": wf closed, ", ": ok, ").contains("wf closed") {
            break;
        }
    }
    // It asks if another task is held by then.
    talk.say("quit\nyes");
    assert!(talk.child.wait().unwrap().success());
}

#[test]
fn it_ends_with_its_input_and_a_dumb_terminal_has_it_by_itself() {
    let mut talk = Talk::begin(&["demo"], &[("TERM", "dumb")]);
    talk.hear("Type help for the commands");
    talk.hear("held");
    let Talk { child, typed, said, .. } = talk;
    drop(typed);
    assert!(said.iter().any(|line| line.contains("The input has ended")));
    let mut child = child;
    assert!(child.wait().unwrap().success());
}
