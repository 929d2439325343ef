//! Notes on tasks: written in a form, seen in the row, found by the filter.

use super::keys::{message, one, send};
use super::*;
use crate::clock::Wall;
use crate::console::{Command, NoteFact};
use crate::task::ClaimId;
use crate::tui::fixtures::{Build, task};
use crate::tui::state::Overlay;

fn noted(build: Build, text: &str, follow_up: Option<i64>) -> Build {
    let follow_up = follow_up.map(|ahead| Wall(T0.wall.0 + ahead));
    let note = NoteFact { text: text.into(), at: T0.wall, follow_up, due: follow_up.is_some_and(|at| at <= T0.wall) };
    build.with(|facts| facts.note = Some(Box::new(note)))
}

fn note(text: &str, ahead: Option<i64>) -> Vec<Wish> {
    let follow_up = ahead.map(|ahead| Wall(T0.wall.0 + ahead));
    send(Command::Note { claims: vec![ClaimId(1)], text: text.into(), follow_up })
}

fn problem(state: &State) -> String {
    let Some(Overlay::Form(form)) = &state.overlay else { panic!("no form: {}", message(state)) };
    form.problem.clone().unwrap_or_default()
}

#[test]
fn a_note_may_say_when_to_be_reminded() {
    let mut state = one(task(1, "a"));
    assert_eq!(type_in(&mut state, "nask Eve\r"), note("ask Eve", None));
    assert_eq!(type_in(&mut state, "nask Eve\tin 20m\r"), note("ask Eve", Some(1_200_000)));
    assert_eq!(type_in(&mut state, "n\t14:32\r"), note("", Some(1_718_000)));
    assert_eq!(type_in(&mut state, "n\r"), []);
    assert!(problem(&state).starts_with("nothing is noted"));
    type_in(&mut state, "x\t25h\r");
    assert_eq!(problem(&state), "a follow-up is at most 24h ahead");
    type_in(&mut state, "\x15soon\r");
    assert!(problem(&state).contains("like 30m"));
}

#[test]
fn a_note_is_changed_and_taken_away_in_the_same_form() {
    let mut state = one(noted(task(1, "a"), "ask Eve", Some(1_718_000)));
    assert_eq!(type_in(&mut state, "n again\r"), note("ask Eve again", Some(1_718_000)), "what is there is offered");
    assert_eq!(type_in(&mut state, "n\x15\t\x15\r"), note("", None));
}

#[test]
fn the_row_the_header_and_the_details_say_it() {
    let mut state = screen(vec![
        noted(task(1, "a"), "ask Eve", Some(600_000)).arc(),
        noted(task(2, "b"), "ask Bob", Some(-60_000)).arc(),
    ]);
    let (buf, _) = draw(&mut state, &Theme::plain());
    let text = picture(&buf, None);
    assert!(text.contains("a ✎") && text.contains("b ⚑") && text.contains("1 to follow up"), "{text}");
    assert!(text.contains("note      ask Eve") && text.contains("follow up at 14:13"), "{text}");
    type_in(&mut state, "j");
    let (buf, _) = draw(&mut state, &Theme::plain());
    let text = picture(&buf, None);
    assert!(text.contains("FOLLOW UP ⚑ since 14:02"), "{text}");
    type_in(&mut state, "/note:bob\r");
    assert_eq!(state.tasks.shown(), 1);
    type_in(&mut state, "/\x15noted\r");
    assert_eq!(state.tasks.shown(), 2);
}
