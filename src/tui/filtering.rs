//! The filter while it is typed: the list shows at once what it lets through; esc goes back to what was before.

use crossterm::event::KeyCode;

use super::form::Editor;
use super::keys::Key;
use super::state::{Overlay, State};
use super::tasks::Filter;

/// Longer ones make no sense.
const LONGEST: usize = 256;

/// A filter being typed.
#[derive(Debug)]
pub struct Filtering {
    editor: Editor,
    before: String,
}

impl Filtering {
    /// From the filter there is.
    pub fn new(text: &str) -> Self {
        Self { editor: Editor::new(text, /*several_lines*/ false, LONGEST), before: text.to_owned() }
    }

    /// As typed so far.
    pub fn text(&self) -> String {
        self.editor.text()
    }

    /// The character the cursor is on, from 0.
    pub fn column(&self) -> usize {
        self.editor.cursor().1
    }

    /// Takes a pasted text; gives what is to be shown.
    pub fn paste(&mut self, text: &str) -> Filter {
        let room = LONGEST.saturating_sub(self.editor.length());
        self.editor.insert(&text.chars().take(room).collect::<String>());
        Filter::parse(&self.text())
    }
}

/// Takes a key.
pub fn key(state: &mut State, mut filtering: Box<Filtering>, key: Key) {
    match key.code {
        KeyCode::Enter => return,
        KeyCode::Esc => {
            state.tasks.set_filter(Filter::parse(&filtering.before));
            return;
        }
        KeyCode::Up => state.tasks.move_by(-1),
        KeyCode::Down => state.tasks.move_by(1),
        _ => {
            let before = filtering.text();
            filtering.editor.key(key);
            let text = filtering.text();
            if text != before {
                state.tasks.set_filter(Filter::parse(&text));
            }
        }
    }
    state.overlay = Some(Overlay::Filter(filtering));
}
