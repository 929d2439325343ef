use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use tempfile::{TempDir, tempdir};

use super::*;
use crate::clock::Wall;
use crate::console::{Deadline, LeaseFact};
use crate::task::{ActivityType, TimeoutKind, WorkflowExecution};

/// A task whose every text acts on a terminal, cannot be in an environment, or looks like shell.
fn hostile(id: u64) -> TaskFacts {
    TaskFacts {
        id: ClaimId(id),
        domain: "$(touch owned)".into(),
        task_list: "`touch owned`".into(),
        activity_id: "swap\0\x1b]0;x\x07\nSWFBEAT_STATE=forged".into(),
        activity_type: ActivityType { name: "a;touch owned".into(), version: "\u{202e}1".into() },
        execution: WorkflowExecution { workflow_id: "w\r\n".into(), run_id: "'\"r".into() },
        input: Some("secret input".into()),
        claimed_at: Wall(0),
        state: TaskState::Held,
        saved: true,
        cancel: None,
        deadlines: TimeoutKind::CLAIMED.map(|kind| Deadline { kind, limit: None, at: None, approximate: false }),
        looking_up: false,
        workflow_cancel: false,
        started_event_id: 6,
        lease: Some(LeaseFact { until: Boot(9), until_wall: Wall(9), length_ms: 9 }),
        next_beat: None,
        last_beat: None,
        details: Some("details".into()),
        maybe: None,
        trouble: None,
        in_flight: false,
        left_out: false,
        note: None,
    }
}

fn notice(occasion: Occasion, id: u64) -> Notice {
    let task = Some(Arc::new(hostile(id)));
    let (context, until) = ("eu\r\n".into(), Some(Wall(1_000)));
    Notice { occasion, context, task, remaining_ms: Some(90_999), until, text: "it ends\n".into() }
}

struct Script {
    directory: TempDir,
}

impl Script {
    fn new(body: &str) -> Self {
        let directory = tempdir().unwrap();
        let path = directory.path().join("hook");
        std::fs::write(&path, format!("#!/bin/sh\ncd '{}'\n{body}\n", directory.path().display())).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();
        Self { directory }
    }

    fn path(&self) -> String {
        self.directory.path().join("hook").to_str().unwrap().to_owned()
    }

    fn bell(&self, arguments: &[&str]) -> Bell {
        let program = [&[self.path().as_str()], arguments].concat().into_iter().map(str::to_owned).collect();
        Bell::new([(Occasion::LeaseEnding, program)].into_iter().collect(), "us-east-1".into())
    }
}

fn rung(bell: &mut Bell) -> Said {
    let wanted = bell.ring(&notice(Occasion::LeaseEnding, 1), Boot(0)).unwrap().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(tokio::runtime::LocalOptions::default())
        .unwrap();
    runtime.block_on(async { super::run(wanted).await })
}

#[test]
fn inert_text_a_hook_gets_the_facts_as_plain_text_and_no_shell_sees_them() {
    let script = Script::new("env -0 > environment; printf '%s' \"$*\" > arguments; printf 'paged \\033[2J\\nmore\\n'");
    let mut bell = script.bell(&["two words", "$HOME;'"]);
    let said = rung(&mut bell);
    assert_eq!(said, Said { level: Level::Info, text: "lease_ending was called: paged ␛[2J".into() });
    let read = |name: &str| std::fs::read_to_string(script.directory.path().join(name)).unwrap();
    assert_eq!(read("arguments"), "two words $HOME;'");
    let environment = read("environment");
    let ours: Vec<_> = environment.split('\0').filter(|variable| variable.starts_with("SWFBEAT_")).collect();
    let expected = [
        "SWFBEAT_ACTIVITY_ID=swap␀␛]0;x␇⏎SWFBEAT_STATE=forged",
        "SWFBEAT_ACTIVITY_TYPE=a;touch owned",
        "SWFBEAT_ACTIVITY_VERSION=\\u{202e}1",
        "SWFBEAT_CONTEXT=eu␍⏎",
        "SWFBEAT_DOMAIN=$(touch owned)",
        "SWFBEAT_EVENT=lease_ending",
        "SWFBEAT_REMAINING=90",
        "SWFBEAT_RUN_ID='\"r",
        "SWFBEAT_SERVICE=us-east-1",
        "SWFBEAT_STATE=kept",
        "SWFBEAT_TASK_LIST=`touch owned`",
        "SWFBEAT_TEXT=it ends⏎",
        "SWFBEAT_UNTIL=1970-01-01T00:00:01Z",
        "SWFBEAT_WORKFLOW_ID=w␍⏎",
    ];
    let mut ours = ours;
    ours.sort_unstable();
    assert_eq!(ours, expected);
    assert!(!script.directory.path().join("owned").exists());
}

#[test]
fn says_why_a_hook_failed() {
    let script = Script::new("echo; echo 'no pager' >&2; exit 3");
    let said = rung(&mut script.bell(&[]));
    assert_eq!(said.level, Level::Error);
    assert!(
        said.text.starts_with("lease_ending failed: ") && said.text.contains("exit code 3: no pager; check [hooks]")
    );

    let mut nowhere =
        Bell::new([(Occasion::LeaseEnding, vec!["/nowhere/hook".to_owned()])].into_iter().collect(), "".into());
    assert!(rung(&mut nowhere).text.contains("/nowhere/hook: it cannot be started"));
}

#[test]
fn a_hook_that_hangs_is_killed_with_all_it_started() {
    let script = Script::new("sleep 1000 & echo $! > child; wait");
    let mut bell = script.bell(&[]);
    bell.limit = Duration::from_secs(2);
    let said = rung(&mut bell);
    assert!(said.text.contains("it took longer than 2 s and was killed"), "{}", said.text);
    let child = std::fs::read_to_string(script.directory.path().join("child")).unwrap();
    let alive = || {
        let status = std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        !status.is_empty() && !status.contains(") Z ")
    };
    // It is told to die, not waited for: that is for its parent.
    let before = crate::clock::now().boot;
    while alive() {
        assert!(crate::clock::now().boot - before < 20_000, "it still runs");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_a_hook_leaves_running_is_not_waited_for() {
    let script = Script::new("echo done; sleep 20 &");
    let before = crate::clock::now().boot;
    assert_eq!(rung(&mut script.bell(&[])).level, Level::Info);
    assert!(crate::clock::now().boot - before < 15_000);
}

#[test]
fn the_same_is_not_called_for_again_and_again_and_few_run_at_once() {
    let script = Script::new("");
    let mut bell = script.bell(&[]);
    let mut ring = |id, at| bell.ring(&notice(Occasion::LeaseEnding, id), Boot(at)).map(|run| run.is_some());
    assert_eq!(ring(1, 0), Ok(true));
    assert_eq!(ring(1, 59_999), Ok(false), "rung a moment ago");
    assert_eq!(ring(2, 59_999), Ok(true), "another task");
    assert_eq!(ring(1, 60_000), Ok(true));
    assert_eq!(ring(3, 60_000), Ok(true));
    assert!((4..4 + MOST_WAITING as u64).all(|id| ring(id, 60_001) == Ok(false)), "these wait");
    assert!(ring(1_000, 60_002).unwrap_err().text.contains("64 others wait already"));
    assert_eq!(bell.ended().map(|run| run.occasion), Some(Occasion::LeaseEnding));
    let silent = bell.ring(&notice(Occasion::TaskDue, 1), Boot(0));
    assert_eq!(silent, Ok(None), "no program for this one");
}

#[test]
fn a_hook_that_is_about_no_task_takes_none_from_our_surroundings() {
    let about_none = Notice { task: None, ..notice(Occasion::CredentialsLost, 1) };
    let variables = environment(&about_none, &"us-east-1".into());
    let of_tasks: Vec<_> = variables.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| *name).collect();
    assert_eq!(of_tasks.len(), 8, "{of_tasks:?}");
    assert!(of_tasks.contains(&"SWFBEAT_DOMAIN") && of_tasks.contains(&"SWFBEAT_TASK_LIST"), "{of_tasks:?}");
}
