//! The operator: types what the dice say at whatever task is selected.

use termlens::Key;

use crate::chance::Chance;
use crate::screen::{Frame, Row};

/// One thing done at the keyboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Keys that act at once.
    Keys(Vec<Key>),
    /// A key that opens a form with this title; what is written into its fields.
    Form { key: char, title: &'static str, fields: Vec<String>, confirmed: bool },
    /// Takes the selected task off the list, if it is one that may be.
    Dismiss,
}

/// What to do next in front of this frame. `number` makes what is written unique.
pub fn next(chance: &mut Chance, frame: &Frame, number: u64) -> Act {
    let selected = frame.selected();
    let crowded = frame.rows.len() > 15;
    if selected.is_some_and(Row::has_ended) && chance.in_thousand(if crowded { 900 } else { 400 }) {
        return Act::Dismiss;
    }
    if crowded && chance.in_thousand(300) {
        // Where those that are over are.
        return Act::Keys(vec![Key::Char('G')]);
    }
    if selected.is_some_and(Row::asks_for_cancel) && chance.in_thousand(400) {
        return close(chance, 'x', "Respond canceled: ", vec![format!("gone {number}")]);
    }
    let form = |key, title, fields| Act::Form { key, title, fields, confirmed: false };
    match chance.next() % 24 {
        0..=6 => form('p', "Claim tasks", vec![String::new(), chance.between(1, 3).to_string()]),
        7 | 8 => Act::Keys(vec![Key::Char(' ')]),
        9 => form('d', "Heartbeat with details: ", vec![format!("step {number}")]),
        10 => Act::Keys(vec![Key::Char(*chance.pick(&['1', '2', '3', '9', '0']).unwrap_or(&'5'))]),
        11 => keep(),
        12..=15 => close(chance, 'c', "Complete: ", vec![format!("done {number}")]),
        16 | 17 => close(chance, 'f', "Fail: ", vec![format!("why {number}"), format!("how {number}")]),
        18 => Act::Keys(vec![Key::Char('i')]),
        19 => Act::Keys(vec![Key::Char('G')]),
        _ => {
            let key = *chance.pick(&['j', 'k']).unwrap_or(&'j');
            Act::Keys(vec![Key::Char(key); chance.between(1, 5) as usize])
        }
    }
}

/// Keeps the selected task alive.
pub fn keep() -> Act {
    Act::Form { key: 'a', title: "Keep alive: ", fields: vec![String::new()], confirmed: false }
}

/// Now and then somebody thinks better of it.
fn close(chance: &mut Chance, key: char, title: &'static str, fields: Vec<String>) -> Act {
    if chance.in_thousand(100) {
        return Act::Keys(vec![Key::Char(key), Key::Esc]);
    }
    Act::Form { key, title, fields, confirmed: true }
}
