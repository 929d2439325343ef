//! The filter while it is typed: the list shows at once what it lets through; esc goes back to what was before. Those of
//! the config file are gone through with tab, or named: `/night`; the palette has them, too.

use crossterm::event::KeyCode;

use super::form::{Editor, Starts};
use super::keys::Key;
use super::state::{Overlay, State};
use super::tasks::Filter;

/// Longer ones make no sense.
const LONGEST: usize = 256;
/// Names of saved ones are short enough to be listed in a line.
const NAME_LONGEST: usize = 32;

/// Filters with names, from the config file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters(Vec<(String, String)>);

impl Filters {
    /// Takes one more, by its name.
    ///
    /// # Errors
    /// What would be right.
    pub fn add(&mut self, name: &str, filter: &str) -> Result<(), String> {
        let letters = name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
        if !letters || !(1..=NAME_LONGEST).contains(&name.chars().count()) {
            return Err(format!("a filter's name is of 1 to {NAME_LONGEST} letters, digits, - and _"));
        }
        if filter.chars().count() > LONGEST || filter.chars().any(char::is_control) || filter.trim().is_empty() {
            return Err(format!("a filter is one line of 1 to {LONGEST} characters, such as \"type:SwapDisk -kept\""));
        }
        self.0.push((name.to_owned(), filter.to_owned()));
        Ok(())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their names, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all().map(|(name, _)| name)
    }

    /// Each with its name, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, filter)| (name.as_str(), filter.as_str()))
    }

    /// What is meant: `/name` or its beginning stands for a saved filter, anything else for itself.
    fn meant<'a>(&'a self, typed: &'a str) -> &'a str {
        let Some(name) = typed.trim().strip_prefix('/').filter(|name| !name.is_empty()) else { return typed };
        let exact = self.0.iter().find(|(known, _)| known == name);
        let begun = || self.0.iter().find(|(known, _)| known.starts_with(name));
        exact.or_else(begun).map_or(typed, |(_, filter)| filter.as_str())
    }
}

/// A filter being typed.
#[derive(Debug)]
pub struct Filtering {
    editor: Editor,
    before: String,
    starts: Starts,
}

impl Filtering {
    /// From the filter there is, with saved ones to go through.
    pub fn new(text: &str, saved: &Filters) -> Self {
        let editor = Editor::new(text, /*several_lines*/ false, LONGEST);
        let starts = Starts::new(saved.names().map(|name| format!("/{name}")).collect());
        Self { editor, before: text.to_owned(), starts }
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
    pub fn paste(&mut self, text: &str, saved: &Filters) -> Filter {
        let room = LONGEST.saturating_sub(self.editor.length());
        self.editor.insert(&text.chars().take(room).collect::<String>());
        Filter::parse(saved.meant(&self.text()))
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
        code => {
            let before = filtering.text();
            if code == KeyCode::Tab {
                let (text, _) = filtering.starts.next(&before);
                filtering.editor.replace(&text);
            } else {
                filtering.editor.key(key);
            }
            let text = filtering.text();
            if text != before {
                state.tasks.set_filter(Filter::parse(state.filters.meant(&text)));
            }
        }
    }
    state.overlay = Some(Overlay::Filter(filtering));
}
