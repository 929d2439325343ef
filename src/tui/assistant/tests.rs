//! The assistant without a terminal: keys in, questions and pictures out.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::state::{Step, Wish};
use super::*;
use crate::tui::keys::Key;
use crate::tui::theme::Theme;

fn start() -> Start {
    Start {
        profiles: vec![("default".into(), None), ("prod\u{1b}".into(), Some("eu-west-1".into()))],
        region_around: Some("us-east-1".into()),
        file: Some("/home/anna/.config/swfbeat/config.toml".into()),
        ..Start::default()
    }
}

fn key(assistant: &mut Assistant, code: KeyCode) -> Option<Wish> {
    assistant.key(Key::plain(code))
}

fn type_in(assistant: &mut Assistant, text: &str) {
    text.chars().for_each(|c| assert_eq!(assistant.key(Key::char(c)), None));
}

fn choices(names: &[&str]) -> Vec<Choice> {
    names.iter().map(|name| Choice { value: (*name).into(), note: format!("Act {name}") }).collect()
}

/// At the question for the domain.
fn at_domain() -> Assistant {
    let mut assistant = Assistant::new(start());
    assert_eq!(assistant.enter(), None);
    key(&mut assistant, KeyCode::Down);
    assert_eq!(key(&mut assistant, KeyCode::Enter), None);
    assert_eq!(key(&mut assistant, KeyCode::Enter), Some(Wish::Ask(1, Question::Domains)));
    assistant
}

#[test]
fn it_leads_through_profile_region_domain_and_task_list() {
    let mut assistant = at_domain();
    assistant.found(1, Ok(choices(&["billing", "ops"])));
    type_in(&mut assistant, "op");
    assert_eq!(key(&mut assistant, KeyCode::Enter), Some(Wish::Ask(2, Question::TaskLists)));
    assistant.found(2, Ok(choices(&["manual"])));
    assert_eq!(key(&mut assistant, KeyCode::Enter), None);
    let Some(Wish::Done(answers)) = key(&mut assistant, KeyCode::Enter) else { panic!("it is not done") };
    let text = |text: &str| text.to_owned();
    let (profile, region) = (Some(text("prod\u{1b}")), text("us-east-1"));
    assert_eq!(answers, Answers { profile, region, domain: text("ops"), task_list: text("manual"), write: true });
}

#[test]
fn what_was_named_already_is_not_asked() {
    let known = Start { profile: Some("p".into()), region: Some("r".into()), task_list: Some("l".into()), ..start() };
    let mut assistant = Assistant::new(known);
    assert_eq!(assistant.enter(), Some(Wish::Ask(1, Question::Domains)));
    assert_eq!(assistant.progress(), (1, 2));
    assistant.found(1, Ok(choices(&["ops"])));
    assert_eq!((key(&mut assistant, KeyCode::Enter), assistant.step()), (None, Step::Write));
}

#[test]
fn says_why_there_is_no_list_and_takes_a_typed_name() {
    let mut assistant = at_domain();
    assistant.found(1, Err("It cannot be listed: not authorized".into()));
    assert_eq!(assistant.problem.as_deref(), Some("It cannot be listed: not authorized"));
    assert_eq!(key(&mut assistant, KeyCode::Enter), None, "there is nothing to take");
    assert_eq!(assistant.key(Key::ctrl('r')), Some(Wish::Ask(2, Question::Domains)));
    assistant.found(1, Ok(choices(&["late"])));
    assert!(assistant.waits && assistant.rows().is_empty(), "an answer to an older question is nobody's");
    type_in(&mut assistant, "mine");
    assert_eq!(key(&mut assistant, KeyCode::Enter), Some(Wish::Ask(3, Question::TaskLists)));
    assert_eq!(assistant.answers.domain, "mine");
    assistant.paste(&"x".repeat(300));
    assert_eq!((key(&mut assistant, KeyCode::Enter), assistant.step()), (None, Step::TaskList));
    assert!(assistant.problem.as_ref().unwrap().contains("300"), "{:?}", assistant.problem);
}

#[test]
fn esc_goes_back_and_at_the_first_question_leaves() {
    let mut assistant = at_domain();
    assert_eq!((key(&mut assistant, KeyCode::Esc), assistant.step()), (None, Step::Region));
    assert_eq!((key(&mut assistant, KeyCode::Esc), assistant.step()), (None, Step::Profile));
    assert_eq!(key(&mut assistant, KeyCode::Esc), Some(Wish::Leave));
    assert_eq!(at_domain().key(Key::ctrl('c')), Some(Wish::Leave));
}

#[test]
fn a_config_file_that_is_there_is_not_offered_to_be_written() {
    let mut assistant =
        Assistant::new(Start { file: None, profile: Some("p".into()), region: Some("r".into()), ..start() });
    assistant.enter();
    type_in(&mut assistant, "ops");
    key(&mut assistant, KeyCode::Enter);
    assistant.found(2, Ok(Vec::new()));
    key(&mut assistant, KeyCode::Enter);
    assert_eq!(assistant.rows().len(), 1);
    let Some(Wish::Done(answers)) = key(&mut assistant, KeyCode::Enter) else { panic!("it is not done") };
    assert_eq!((answers.write, answers.task_list.as_str()), (false, ""));
}

fn picture(assistant: &Assistant, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let cursor = view::draw(&mut buf, area, assistant, &Theme::dark());
    crate::tui::tests::picture(&buf, cursor)
}

#[test]
fn every_question_at_every_size() {
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let shot = |name: &str, assistant: &Assistant| {
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), picture(assistant, width, height));
        };
        let mut assistant = Assistant::new(start());
        assistant.enter();
        shot("profile", &assistant);
        key(&mut assistant, KeyCode::Down);
        key(&mut assistant, KeyCode::Enter);
        shot("region", &assistant);
        key(&mut assistant, KeyCode::Enter);
        shot("domain_waiting", &assistant);
        let why = "No AWS credentials. Tried:\n  profile prod: has no keys\nSign in (aws sso login, aws configure).";
        assistant.found(1, Err(why.into()));
        shot("domain_failed", &assistant);
        assistant.key(Key::ctrl('r'));
        assistant.found(2, Ok(choices(&["billing", "ops\u{202e}", "ops-test"])));
        type_in(&mut assistant, "ops");
        shot("domain", &assistant);
        key(&mut assistant, KeyCode::Enter);
        assistant.found(3, Ok(choices(&["manual", "approvals"])));
        shot("task_list", &assistant);
        key(&mut assistant, KeyCode::Enter);
        shot("write", &assistant);
    }
}

#[test]
fn no_size_is_too_small_to_be_drawn() {
    let mut assistant = at_domain();
    assistant.found(1, Err("a\nb\nc\nd\ne\nf\ng\nh\ni".into()));
    for (width, height) in [(1, 1), (40, 11), (41, 12), (300, 100), (60, 13)] {
        picture(&assistant, width, height);
    }
}
