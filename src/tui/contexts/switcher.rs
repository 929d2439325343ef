//! The list of contexts, to go to another one.

use crossterm::event::KeyCode;

use super::{Around, Summary};
use crate::tui::action::Action;
use crate::tui::keys::Key;

/// The open list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switcher {
    /// The context with the cursor.
    pub at: usize,
}

/// What became of the list after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picked {
    /// It stays.
    Open,
    /// It is given up.
    Close,
    /// This one is wanted.
    Context(usize),
}

impl Switcher {
    /// With the cursor on the next one that wants a person, else on the one that is shown.
    pub fn new(around: &Around) -> Self {
        let wants = |index: &usize| around.all.get(*index).is_some_and(Summary::wants_somebody);
        let next = (around.shown + 1..around.all.len()).chain(0..around.shown).find(wants);
        Self { at: next.unwrap_or(around.shown) }
    }

    /// Takes a key, and what it means in the keymap.
    pub fn key(&mut self, key: Key, action: Option<Action>, count: usize) -> Picked {
        let last = count.saturating_sub(1);
        match (key.code, action) {
            (KeyCode::Esc, _) | (_, Some(Action::Contexts | Action::Quit)) => return Picked::Close,
            (KeyCode::Enter, _) => return Picked::Context(self.at),
            (KeyCode::Tab, _) | (_, Some(Action::Down)) => self.at = (self.at + 1).min(last),
            (KeyCode::BackTab, _) | (_, Some(Action::Up)) => self.at = self.at.saturating_sub(1),
            (_, Some(Action::First | Action::PageUp)) => self.at = 0,
            (_, Some(Action::Last | Action::PageDown)) => self.at = last,
            _ => {}
        }
        Picked::Open
    }
}
