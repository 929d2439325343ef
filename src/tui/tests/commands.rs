//! Commands by name, keys that belong together, other keys, and the mouse.

use super::keys::{message, one, send};
use super::*;
use crate::console::{Command, Details};
use crate::task::ClaimId;
use crate::tui::fixtures::{task, zoo};
use crate::tui::keymap::{Keymap, Rebinding};
use crate::tui::state::{Focus, Overlay};

const ENTER: &str = "\r";

fn same(id: u64) -> Vec<Wish> {
    send(Command::Beat { claims: vec![ClaimId(id)], details: Details::Same })
}

#[test]
fn a_command_is_found_by_name_and_done() {
    let mut state = one(task(1, "a"));
    assert_eq!(type_in(&mut state, &format!(":beat{ENTER}")), same(1));
    assert!(state.overlay.is_none());
    assert_eq!(type_in(&mut state, &format!("\x10complete{ENTER}")), []);
    assert!(matches!(state.overlay, Some(Overlay::Form(_))), "it opens the form, and asks as ever");
}

#[test]
fn a_command_that_cannot_be_done_says_why_and_the_palette_stays() {
    let mut state = one(task(1, "a"));
    assert_eq!(type_in(&mut state, &format!(":stop keeping{ENTER}")), []);
    assert_eq!(message(&state), "a is not kept alive");
    assert!(matches!(state.overlay, Some(Overlay::Palette(_))));
    type_in(&mut state, "\x1b");
    assert!(state.overlay.is_none());
    assert_eq!(type_in(&mut state, ":\x1b[200~quit\nq\x1b[201~"), [], "a paste is looked for, and does nothing");
}

#[test]
fn copies_take_a_second_key_and_are_raw() {
    let mut state = one(task(1, "a\x1bb").details("60%"));
    assert_eq!(type_in(&mut state, "yi"), [Wish::Copy("a\x1bb".into())]);
    assert_eq!(message(&state), "activity id of a␛b is sent to the clipboard, 3 characters");
    assert_eq!(type_in(&mut state, "yd"), [Wish::Copy("60%".into())]);
    assert_eq!(type_in(&mut state, "yz"), []);
    assert_eq!(message(&state), "y z does nothing");
    type_in(&mut state, "y\x1b");
    assert_eq!(type_in(&mut state, " "), same(1), "esc leaves it");
    assert_eq!(type_in(&mut one(task(1, "a")), "yd"), []);
}

#[test]
fn other_keys_are_other_keys_everywhere() {
    let mut state = one(task(1, "a"));
    state.keymap = Keymap::with(&[Rebinding::parse("beat", ["g b"]).unwrap()]).unwrap();
    assert_eq!(type_in(&mut state, " "), []);
    assert_eq!(type_in(&mut state, "gb"), same(1));
    let (buf, _) = draw(&mut state, &Theme::plain());
    assert!(picture(&buf, None).contains("g b beat"));
}

fn press_at(state: &mut State, x: u16, y: u16) -> Vec<Wish> {
    type_in(state, &format!("\x1b[<0;{};{}M\x1b[<0;{};{}m", x + 1, y + 1, x + 1, y + 1))
}

#[test]
fn a_press_selects_a_row_and_the_wheel_moves_on() {
    let mut state = screen(zoo());
    draw(&mut state, &Theme::plain());
    press_at(&mut state, 20, 5);
    assert_eq!(state.tasks.selected_index(), Some(2));
    type_in(&mut state, "\x1b[<65;20;6M");
    assert_eq!(state.tasks.selected_index(), Some(5));
    type_in(&mut state, "\x1b[<64;20;6M\x1b[<64;20;6M");
    assert_eq!(state.tasks.selected_index(), Some(0));
    press_at(&mut state, 100, 38 - 8);
    assert_eq!(state.focus, Focus::Log);
    type_in(&mut state, "\x14");
    press_at(&mut state, 20, 5);
    assert_eq!((state.mouse, state.tasks.selected_index()), (false, Some(0)), "the mouse is the terminal's");
}

#[test]
fn of_a_question_only_its_buttons_take_a_press() {
    let mut state = one(task(1, "a"));
    type_in(&mut state, &format!("cdone{ENTER}"));
    let (buf, _) = draw(&mut state, &Theme::plain());
    let place = |word: &str| {
        let rows = (0..40u16).map(|y| (y, (0..120).map(|x| buf[(x, y)].symbol()).collect::<String>()));
        rows.into_iter().find_map(|(y, row)| Some((row[..row.find(word)?].chars().count() as u16, y))).unwrap()
    };
    let ((cancel, y), (verb, _)) = (place("Cancel ◂]"), place("  Complete  ]"));
    for (x, row) in [(0, 0), (cancel, y - 1), (cancel + 9, y), (119, 39)] {
        assert_eq!(press_at(&mut state, x, row), []);
        assert!(matches!(state.overlay, Some(Overlay::Confirm(_))), "{x} {row}");
    }
    assert!(matches!(press_at(&mut state, verb + 3, y).as_slice(), [Wish::Send(Command::Close { .. })]));
}
