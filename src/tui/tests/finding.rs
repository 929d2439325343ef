//! Saved filters, sorting by a press on a head, and keys named as they are bound.

use super::keys::{message, one};
use super::*;
use crate::tui::fixtures::{task, zoo};
use crate::tui::keymap::{Keymap, Rebinding};
use crate::tui::tasks::{Sort, SortBy};

fn with_filters() -> State {
    let mut state = screen(zoo());
    for (name, filter) in [("night", "state:due -kept"), ("nodes", "type:VerifyBackup"), ("disks", "type:SwapDisk")] {
        state.filters.add(name, filter).unwrap();
    }
    state
}

#[test]
fn tab_goes_through_the_saved_filters_and_ends_with_what_was_typed() {
    let mut state = with_filters();
    let shown = |state: &State| (state.tasks.filter().text().to_owned(), state.tasks.shown());
    type_in(&mut state, "/rel\t");
    assert_eq!(shown(&state).0, "state:due -kept");
    type_in(&mut state, "\t\t");
    assert_eq!(shown(&state), ("type:SwapDisk".into(), 1));
    type_in(&mut state, "\t");
    assert_eq!(shown(&state).0, "rel");
    type_in(&mut state, "\t\r");
    assert_eq!(shown(&state).0, "state:due -kept", "enter keeps it");
    type_in(&mut state, "/\t\x1b");
    assert_eq!(shown(&state).0, "state:due -kept", "esc goes back to what was before");
}

#[test]
fn a_saved_filter_is_named_by_its_beginning() {
    let mut state = with_filters();
    type_in(&mut state, "//di\r");
    assert_eq!(state.tasks.filter().text(), "type:SwapDisk");
    type_in(&mut state, "/\x15/nosuch\r");
    assert_eq!(state.tasks.filter().text(), "/nosuch", "what is not saved is looked for");
}

#[test]
fn a_saved_filter_is_a_command() {
    let mut state = with_filters();
    type_in(&mut state, "/rel\r");
    type_in(&mut state, ":filter");
    let (buf, _) = draw(&mut state, &Theme::plain());
    let text = picture(&buf, None);
    let line = |title: &str| text.lines().find(|line| line.contains(title)).unwrap_or_else(|| panic!("{text}"));
    assert!(line(" filter disks ").contains("type:SwapDisk"));
    assert!(line(" filter night ").contains("state:due -kept"));
    type_in(&mut state, " disks\r");
    assert_eq!((state.tasks.filter().text(), state.tasks.shown()), ("type:SwapDisk", 1));
    assert!(state.overlay.is_none());
    type_in(&mut state, "l:filter night\r");
    assert_eq!(state.tasks.filter().text(), "type:SwapDisk", "no list is in view to filter");
    assert!(message(&state).starts_with("filter does nothing in this view"), "{}", message(&state));
}

#[test]
fn a_press_on_a_head_sorts_and_a_second_one_the_other_way_round() {
    let mut state = screen(zoo());
    let (buf, _) = draw(&mut state, &Theme::plain());
    let heads = picture(&buf, None).lines().find(|line| line.contains("ACTIVITY")).unwrap().to_owned();
    let column = |head: &str| heads.split(head).next().unwrap().chars().count() + 1;
    let press = |state: &mut State, head: &str| {
        let (x, y) = (column(head), 3);
        type_in(state, &format!("\x1b[<0;{x};{y}M"));
        state.tasks.sort()
    };
    assert_eq!(press(&mut state, "ACTIVITY"), Sort { by: SortBy::Activity, reversed: false });
    assert_eq!(press(&mut state, "ACTIVITY"), Sort { by: SortBy::Activity, reversed: true });
    assert_eq!(press(&mut state, "ENDS BY"), Sort { by: SortBy::EndsBy, reversed: false });
    assert_eq!(press(&mut state, "KEPT"), Sort { by: SortBy::Kept, reversed: false });
    assert_eq!(press(&mut state, "STATE"), Sort { by: SortBy::Urgency, reversed: false });
}

#[test]
fn sentences_name_the_keys_that_are_bound() {
    let rebind = |name: &str, keys: &[&str]| Rebinding::parse(name, keys.iter().copied()).unwrap();
    let changes =
        [rebind("beat", &["b"]), rebind("canceled", &["F2"]), rebind("mark", &["+"]), rebind("stop-claiming", &["F9"])];
    let mut state = one(task(1, "a").cancel());
    state.keymap = Keymap::with(&changes).unwrap();
    let (buf, _) = draw(&mut state, &Theme::plain());
    let text = picture(&buf, None);
    assert!(text.contains("✖ REQUESTED: F2 canceled, i go on"), "{text}");
    type_in(&mut state, "u");
    assert_eq!(message(&state), "nothing is marked: + marks");
    let mut empty = screen(Vec::new());
    empty.keymap = Keymap::with(&changes).unwrap();
    let (buf, _) = draw(&mut empty, &Theme::plain());
    assert!(picture(&buf, None).contains("F9 stops it."));
}
