//! Typed lines to commands, state to lines.

use std::sync::Arc;

use super::face::Face;
use super::*;
use crate::console::{Command, Details, Level};
use crate::demo::view::{Active, Clock, Fault, Order, Reports, TaskName, Written};
use crate::task::{ClaimId, Limit, Outcome, OutcomeKind, TimeoutKind, Verdict};
use crate::tui::action::Action;
use crate::tui::contexts::Standing;
use crate::tui::fixtures::{Build, T0, hostile, log_line, status, task, zoo};
use crate::tui::{News, Options, Zone};

fn face(tasks: Vec<Arc<crate::console::TaskFacts>>) -> Face {
    face_of(None, tasks)
}

fn face_of(demo: Option<String>, tasks: Vec<Arc<crate::console::TaskFacts>>) -> Face {
    let options = Options { zone: Zone::Fixed(0), task_list: Some("manual-ops".into()), demo, ..Options::default() };
    let context = Context { name: String::new(), place: String::new(), options, standing: Standing::Open };
    let mut face = Face::new(vec![context], 0, false);
    assert!(!face.is_ready());
    let news = News { changed: tasks, status: Some(Arc::new(status())), ..News::default() };
    face.news(0, news, T0);
    face
}

fn one(build: Build) -> Face {
    face(vec![build.arc()])
}

/// What a line leads to at once.
fn wish(face: &mut Face, typed: &str) -> Option<Wish> {
    face.line(typed, T0).1
}

fn said(face: &mut Face, typed: &str) -> String {
    face.line(typed, T0).0.join("\n")
}

/// The command that a line leads to at once.
fn sent(face: &mut Face, typed: &str) -> Option<Command> {
    match wish(face, typed) {
        Some(Wish::Send(command)) => Some(command),
        other => {
            assert_eq!(other, None);
            None
        }
    }
}

#[test]
fn acts_are_typed() {
    let claims = || vec![ClaimId(2)];
    let mut face = face(vec![task(1, "a").arc(), task(2, "b").arc()]);
    assert_eq!(sent(&mut face, "beat 2"), Some(Command::Beat { claims: claims(), details: Details::Same }));
    let new = Details::New("40 % done".into());
    assert_eq!(sent(&mut face, "beat b 40 % done"), Some(Command::Beat { claims: claims(), details: new }));
    assert_eq!(sent(&mut face, "keep 2"), Some(Command::Keep { claims: claims(), length_ms: 1_800_000 }));
    assert_eq!(sent(&mut face, "keep #2 2h"), Some(Command::Keep { claims: claims(), length_ms: 7_200_000 }));
    assert_eq!(wish(&mut face, "quit"), None, "something depends on it");
    assert_eq!(wish(&mut face, "yes"), Some(Wish::Quit));
    let claim = Command::Claim { domain: "ops-demo".into(), task_list: "night".into(), wanted: 3, identity: None };
    assert_eq!(sent(&mut face, "claim night 3"), Some(claim));
}

#[test]
fn a_note_may_have_a_time_behind_it() {
    let mut face = one(task(7, "swap-17"));
    let note = |text: &str, follow_up| Command::Note { claims: vec![ClaimId(7)], text: text.into(), follow_up };
    assert_eq!(sent(&mut face, "note 7 ask Eve"), Some(note("ask Eve", None)));
    let at = crate::clock::Wall(T0.wall.0 + 1_200_000);
    assert_eq!(sent(&mut face, "note swap-17 ask Eve | in 20m"), Some(note("ask Eve", Some(at))));
    assert!(said(&mut face, "note 7 | soon").starts_with("Not done: "));
    assert!(said(&mut face, "note 7").starts_with("Not done: nothing is noted"));
}

#[test]
fn a_close_is_sent_only_after_yes() {
    let mut face = one(task(7, "swap-17"));
    let (lines, nothing) = face.line("complete 7 all done", T0);
    assert_eq!(nothing, None);
    assert_eq!(lines[0], "Complete swap-17?");
    assert_eq!(lines.last().unwrap(), "Type yes to complete; anything else leaves it.");
    assert_eq!(face.line("y", T0), (vec!["Nothing was done.".to_owned()], None));
    assert_eq!(wish(&mut face, "yes"), None, "the question is gone");
    said(&mut face, "fail 7 disk gone | sdb");
    let outcome = Outcome::Failed { reason: Some("disk gone".into()), details: Some("sdb".into()) };
    assert_eq!(sent(&mut face, "yes"), Some(Command::Close { claims: vec![ClaimId(7)], outcome }));
}

#[test]
fn what_is_not_done_says_why() {
    let mut face = one(task(7, "swap-17"));
    for (typed, why) in [
        ("cancel 7", "no cancel request was seen for swap-17; \"beat\" asks the service, \"fail\" fails the task"),
        ("keep 7 9h", "8h"),
        ("stop 7", "swap-17 is not kept alive"),
        ("beat", "Which task?"),
        ("beat 8", "There is no task 8"),
        ("dance 7", "There is no command dance"),
        ("st 7", "There is no command st"),
        ("timeout 7 heartbeat 5", "every timeout of swap-17 is known"),
    ] {
        let (lines, wish) = face.line(typed, T0);
        assert!(wish.is_none() && lines.join("\n").contains(why), "{typed}: {lines:?}");
    }
    let mut unknown = one(task(1, "a").with(|facts| facts.deadlines[1].limit = None));
    assert!(said(&mut unknown, "timeout 1 lunch 5").contains("no timeout is chosen"));
    let set = Command::SetTimeout { claim: ClaimId(1), kind: TimeoutKind::StartToClose, limit: Limit::Seconds(300) };
    assert_eq!(sent(&mut unknown, "timeout 1 start-to-close 300"), Some(set));
}

#[test]
fn a_presenter_types_what_the_bar_of_the_screen_has() {
    let mut face = face_of(Some("a tour".into()), vec![task(1, "a").arc(), task(2, "b").arc()]);
    let name = TaskName { workflow_id: "release-7".into(), run_id: "22f4a1c0ffee".into(), activity_id: "b".into() };
    for (typed, order) in [
        ("cut", Order::Set(Fault::Cut, true)),
        ("slow", Order::Set(Fault::Slow, true)),
        ("throttle", Order::Set(Fault::Throttle, true)),
        ("lose-answers", Order::Set(Fault::LoseAnswers, true)),
        ("expire", Order::Set(Fault::Expire, true)),
        ("pause", Order::Pause(true)),
        ("request-cancel b", Order::Cancel(name.clone())),
        ("kill 2", Order::Kill(name.clone())),
        ("colleague 2", Order::Close(name)),
    ] {
        assert_eq!(wish(&mut face, typed), Some(Wish::Order(order)), "{typed}");
    }
    for on in [true, false] {
        let order = Some(Wish::Order(Order::Set(Fault::Cut, on)));
        assert_eq!(wish(&mut face, "cut"), order, "twice in a row, before it was reported");
    }
    let faults = Some(vec![Active { fault: Fault::Cut, since: T0.boot }]);
    face.reports(Reports { faults, paused: Some(true), ..Reports::default() }, T0);
    assert_eq!(wish(&mut face, "cut"), Some(Wish::Order(Order::Set(Fault::Cut, false))));
    assert_eq!(wish(&mut face, "pause"), Some(Wish::Order(Order::Pause(false))));
    assert!(said(&mut face, "kill").starts_with("Which task? kill-workflow N: demo: somebody terminates"));
    let caption = log_line(Level::Info, "demo", "", "Claim it with {claim}.");
    let heard = face.news(0, News { log: vec![caption], ..News::default() }, T0);
    assert_eq!(heard, ["14:03:22 demo: Claim it with \"claim\"."]);
    assert_eq!(said(&mut face, "log"), heard[0]);
    let bar: Vec<_> =
        said(&mut face, "help").lines().filter(|line| line.contains(": demo: ")).map(str::to_owned).collect();
    insta::assert_snapshot!("plain_help_demo", bar.join("\n"));
    assert_eq!(bar.len(), Action::BAR.len() + 1, "the service's pane is no key of the bar");
}

#[test]
fn the_services_clocks_and_history_are_told_while_they_are_asked_for() {
    let mut face = face_of(Some("a tour".into()), vec![task(1, "a").heartbeat(60, 20).arc(), task(2, "b").arc()]);
    let clock = Clock {
        task: TaskName { workflow_id: "release-7".into(), run_id: "22f4a1c0ffee".into(), activity_id: "a".into() },
        started: true,
        cancel_requested: true,
        heartbeat: Some(T0.boot + 41_000),
        end: Some(T0.boot + 300_000),
    };
    let written = || Written {
        number: 1,
        at: T0.wall,
        workflow_id: "release-7".into(),
        id: 6,
        event_type: "ActivityTaskStarted".into(),
        says: "identity anna".into(),
    };
    let reports = || Reports { clocks: Some(vec![clock.clone()]), events: vec![written()], ..Reports::default() };
    assert_eq!(face.reports(reports(), T0), [""; 0], "nobody has asked");
    assert_eq!(wish(&mut face, "service"), Some(Wish::Order(Order::Watch(true))));
    let told = face.reports(reports(), T0);
    assert_eq!(
        told,
        [
            "14:03:22 history release-7: ActivityTaskStarted identity anna",
            "b: gone by the service",
            "a: service 0:41, console 0:19, ends by 5:00, cancel requested",
        ]
    );
    assert_eq!(face.reports(reports(), T0).len(), 1, "events go on, clocks are told when asked for");
    let (lines, order) = face.line("service", T0);
    assert_eq!((lines.len(), order), (1, Some(Wish::Order(Order::Watch(false)))));
    assert_eq!(face.reports(reports(), T0), [""; 0]);
}

#[test]
fn outside_the_demo_nobody_presents() {
    let mut face = one(task(7, "swap-17"));
    assert!(said(&mut face, "cut").starts_with("There is no command cut"));
    assert!(said(&mut face, "kill-workflow 7").starts_with("There is no command kill-workflow"));
    assert!(said(&mut face, "rel").starts_with("Not done: the credentials are not in question"), "it stays short");
}

#[test]
fn the_list_has_words_for_everything() {
    let mut face = face(zoo());
    insta::assert_snapshot!("plain_list", said(&mut face, "list"));
    insta::assert_snapshot!("plain_show", said(&mut face, "show 1"));
    insta::assert_snapshot!("plain_help", said(&mut face, "help"));
}

#[test]
fn a_thousand_tasks_that_have_ended_are_a_number() {
    let completed = Verdict::Ours { kind: OutcomeKind::Completed, from_history: false };
    let ended = |id: u64| task(id, &format!("old-{id}")).ended(completed.clone()).arc();
    let mut face = face(vec![task(1, "a").arc()]);
    let changed: Vec<_> = (2..=1_001).map(ended).collect();
    let lines = face.news(0, News { changed, ..News::default() }, T0);
    assert_eq!(lines, ["1000 tasks have ended; list all tells them too."], "as after a start");
    let list = said(&mut face, "list");
    assert!(list.starts_with("1 a: held, ") && list.lines().count() == 2, "{list}");
    assert_eq!(said(&mut face, "list all").lines().count(), 1_001);
    assert_eq!(said(&mut face, "list old"), "Not done: list alone or list all, not list old.");
    // What ends now is told as ever.
    let lines = face.news(0, News { changed: vec![task(1, "a").ended(completed).arc()], ..News::default() }, T0);
    assert!(lines[0].starts_with("1 a: completed, "), "{lines:?}");
}

#[test]
fn what_happens_is_said_once() {
    let mut face = one(task(1, "a").heartbeat(3_600, 3_000));
    let log = vec![log_line(Level::Alarm, "cancel", "a", "requested")];
    let lines = face.news(0, News { changed: vec![task(1, "a").cancel().arc()], log, ..News::default() }, T0);
    assert_eq!(lines[0], "14:03:22 ALARM cancel a: requested");
    assert!(lines[1].starts_with("1 a: cancel, "), "{lines:?}");
    assert_eq!(face.news(0, News { changed: vec![task(1, "a").cancel().arc()], ..News::default() }, T0), [""; 0]);
}

#[test]
fn time_alone_makes_a_task_due_and_it_is_said() {
    let mut face = one(task(1, "a").heartbeat(60, 40));
    let change = face.next_change().unwrap();
    let later = crate::clock::Now { boot: change, ..T0 };
    assert!(face.time(later)[0].starts_with("1 a: due, "));
    assert_eq!(face.time(later), [""; 0]);
}

#[test]
fn inert_text_lines_have_no_control_and_no_line_break_of_others() {
    let mut face = face(vec![hostile(1)]);
    for typed in ["list", "show 1", "complete 1 \x1b[31m\u{202e}", "no", "beat \x1b]0;x\x07", "\x1b[A"] {
        let (lines, _) = face.line(typed, T0);
        for line in lines {
            assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
        }
    }
}

#[test]
fn another_context_is_heard_with_its_name_and_gone_to_by_it() {
    let context = |name: &str, standing| {
        let options = Options { zone: Zone::Fixed(0), ..Options::default() };
        Context { name: name.into(), place: format!("ops · {name}"), options, standing }
    };
    let contexts = vec![context("eu", Standing::Open), context("us", Standing::NotOpened)];
    let mut face = Face::new(contexts, 0, false);
    let open = |tasks| News {
        changed: tasks,
        status: Some(Arc::new(status())),
        standing: Some(Standing::Open),
        ..News::default()
    };
    face.news(0, open(vec![task(1, "rel-1").arc()]), T0);
    assert_eq!(wish(&mut face, "context us"), Some(Wish::Show(1)));
    assert_eq!(said(&mut face, "context nowhere").lines().next(), Some("There is no context nowhere."));
    let heard = face.news(1, open(vec![task(1, "swap-1").cancel().arc()]), T0).join("\n");
    assert!(heard.contains("us: 1 cancel, 1 held") && heard.contains("us: 1 swap-1: cancel"), "{heard}");
    let (lines, opens) = face.show(1);
    assert!(!opens && lines[0].starts_with("Now in us: ops-demo"), "{lines:?}");
    let heard =
        face.news(0, News { log: vec![log_line(Level::Alarm, "cancel", "rel-1", "requested")], ..News::default() }, T0);
    assert!(heard[0].starts_with("eu: "), "{heard:?}");
}
