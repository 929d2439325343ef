//! Several contexts on one screen, without a terminal.

use std::collections::BTreeSet;
use std::sync::Arc;

use crossterm::event::KeyCode;
use ratatui::layout::Rect;

use super::*;
use crate::console::{Connection, Level, Status, TaskFacts};
use crate::tui::fixtures::{T0, log_line, status, task};
use crate::tui::keys::Key;
use crate::tui::state::Overlay;
use crate::tui::update::{self, Wish};
use crate::tui::{News, Options, Zone, attention};

fn desks(names: &[&str]) -> Desks {
    let context = |(index, name): (usize, &&str)| Context {
        name: (*name).to_owned(),
        place: format!("ops · region-{index}"),
        options: Options { zone: Zone::Fixed(0), ..Options::default() },
        standing: if index == 0 { Standing::Open } else { Standing::NotOpened },
    };
    Desks::new(names.iter().enumerate().map(context).collect(), 0, Rect::new(0, 0, 120, 40))
}

fn open(tasks: Vec<Arc<TaskFacts>>) -> News {
    News { changed: tasks, status: Some(Arc::new(status())), standing: Some(Standing::Open), ..News::default() }
}

fn press(desks: &mut Desks, keys: &str) -> Option<Wish> {
    keys.chars().fold(None, |_, c| update::key(desks.shown_mut(), Key::char(c), T0))
}

/// Three contexts: one shown, one with a cancel request and a due task, one that could not be opened.
pub fn three() -> Desks {
    let mut desks = desks(&["eu-prod", "us-prod", "billing"]);
    desks.news(0, open(vec![task(1, "rel-1").kept().arc()]), T0.boot);
    desks.news(
        1,
        open(vec![task(1, "swap-1").cancel().kept().arc(), task(2, "swap-2").heartbeat(60, 6).arc()]),
        T0.boot,
    );
    let why = "No AWS credentials. Tried:\n  environment: not set";
    desks.news(2, News { standing: Some(Standing::Failed(why.into())), ..News::default() }, T0.boot);
    desks
}

#[test]
fn what_one_context_hears_another_does_not_have() {
    let desks = three();
    let ids = |index| {
        let state = desks.states().nth(index).unwrap().1;
        state.tasks.all().map(|facts| facts.activity_id.line().into_owned()).collect::<BTreeSet<_>>()
    };
    let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!([ids(0), ids(1), ids(2)], [of(&["rel-1"]), of(&["swap-1", "swap-2"]), of(&[])]);
    let (words, place) = desks.shown().around.elsewhere().unwrap();
    assert_eq!((words.join(", ").as_str(), place.as_str()), ("1 cancel, 1 due, not open", "2 contexts"));
    assert_eq!(attention::title(desks.shown()), "1 held, 1 cancel, 1 due, not open in 2 contexts - swfbeat ops-demo");
}

#[test]
fn the_header_sums_the_alarms_of_all_others() {
    let mut desks = three();
    let lost = Connection::NoAccess { since: T0.boot, why: "expired".into() };
    let news = News { status: Some(Arc::new(Status { connection: lost, ..status() })), ..News::default() };
    desks.news(2, News { standing: Some(Standing::Open), changed: vec![task(9, "x").cancel().arc()], ..news }, T0.boot);
    let (words, place) = desks.shown().around.elsewhere().unwrap();
    assert_eq!((words.join(", ").as_str(), place.as_str()), ("2 cancel, 1 due, no access", "2 contexts"));
    desks.show(1);
    let (words, place) = desks.shown().around.elsewhere().unwrap();
    assert_eq!((words.join(", ").as_str(), place.as_str()), ("1 cancel, no access", "billing"));
}

#[test]
fn cancel_seen_an_alarm_elsewhere_is_said_here_with_its_context() {
    let mut desks = three();
    let log = vec![log_line(Level::Alarm, "cancel", "swap-1", "requested")];
    desks.news(1, News { log, ..News::default() }, T0.boot);
    assert_eq!(desks.shown().message.as_ref().unwrap().text, "us-prod: swap-1: requested");
    assert_eq!(desks.prefix(1), "us-prod: ");
}

#[test]
fn a_context_is_opened_when_somebody_goes_there_and_again_if_that_failed() {
    let mut desks = desks(&["a", "b"]);
    press(&mut desks, "X");
    update::key(desks.shown_mut(), Key::plain(KeyCode::Down), T0);
    assert_eq!(update::key(desks.shown_mut(), Key::plain(KeyCode::Enter), T0), Some(Wish::Show(1)));
    assert!(desks.show(1), "it is to be opened");
    assert!(!desks.show(0) && !desks.show(1), "once");
    assert_eq!(desks.summary(1).words(), "opening…");
    desks.news(1, News { standing: Some(Standing::Failed("why".into())), ..News::default() }, T0.boot);
    assert_eq!(desks.summary(1).words(), "not open: why");
    assert!(desks.show(1));
    desks.news(1, open(vec![]), T0.boot);
    assert_eq!((desks.summary(1).words().as_str(), desks.show(1)), ("0 held", false));
}

#[test]
fn says_why_a_context_that_looks_on_may_be_chosen_again() {
    let mut desks = desks(&["a", "b"]);
    let news = |standing| News { standing: Some(standing), ..open(vec![task(1, "x").arc()]) };
    desks.news(0, news(Standing::LooksOn("pid 7".into())), T0.boot);
    assert_eq!(desks.summary(0).words(), "1 held, read only, kept by pid 7");
    let status = Arc::new(Status { read_only: true, ..status() });
    desks.news(0, News { status: Some(status), ..News::default() }, T0.boot);
    press(&mut desks, " ");
    assert!(desks.shown().message.as_ref().unwrap().text.ends_with("choose the context again when it has left"));
    assert!(desks.show(0), "it may have left");
    assert_eq!(desks.summary(0).standing, Standing::LooksOn("pid 7".into()), "until it is known");
    desks.news(0, news(Standing::Open), T0.boot);
    assert!(!desks.show(0));
    assert_eq!(desks.summary(0).words(), "1 held");
}

#[test]
fn the_list_begins_where_somebody_is_wanted_and_goes_away() {
    let mut desks = three();
    press(&mut desks, "X");
    assert!(matches!(desks.shown().overlay, Some(Overlay::Contexts(Switcher { at: 1 }))));
    assert_eq!(press(&mut desks, "jjj"), None);
    assert!(matches!(desks.shown().overlay, Some(Overlay::Contexts(Switcher { at: 2 }))));
    assert_eq!(press(&mut desks, "gX"), None);
    assert!(desks.shown().overlay.is_none());
}

#[test]
fn leaving_asks_about_all_contexts_by_name() {
    let mut desks = three();
    assert_eq!(press(&mut desks, "q"), Some(Wish::Ask(Leaving::Quit)));
    assert_eq!(desks.ask(Leaving::Quit), None);
    let Some(Overlay::Confirm(question)) = &desks.shown().overlay else { panic!("nothing is asked") };
    let about =
        ["eu-prod: 1 task kept alive, then no longer beaten: rel-1", "us-prod: 1 task kept alive, then no longer"];
    for words in about {
        assert!(question.lines.iter().any(|line| line.starts_with(words)), "{:?}", question.lines);
    }
    let mut idle = super::tests::desks(&["a", "b"]);
    assert_eq!(idle.ask(Leaving::Suspend { job: true }), Some(Wish::Suspend { job: true }));
}

#[test]
fn without_other_contexts_there_is_nowhere_to_go() {
    let mut alone = desks(&[""]);
    assert_eq!(alone.shown().around, Around::default());
    press(&mut alone, "X");
    assert!(alone.shown().message.as_ref().unwrap().text.starts_with("there is no other context"));
    assert_eq!(press(&mut alone, "q"), Some(Wish::Quit));
}

#[test]
fn says_why_an_act_is_refused_where_one_only_looks() {
    let mut desks = desks(&["a", "b"]);
    desks.shown_mut().read_only = Some("the context a only looks".into());
    desks.news(0, open(vec![task(1, "x").arc()]), T0.boot);
    press(&mut desks, " ");
    assert_eq!(desks.shown().message.as_ref().unwrap().text, "the context a only looks");
    desks.advance(T0.boot);
    assert!(desks.summary(0).words().contains("read only"));
}
