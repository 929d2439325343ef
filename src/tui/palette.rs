//! The palette: every action and every saved filter by its name, found with a few letters. Not here: what they do.

use std::borrow::Cow;

use crossterm::event::KeyCode;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Matcher, Utf32Str};

use super::action::Action;
use super::filtering::Filters;
use super::form::Editor;
use super::keys::Key;
use crate::text::printable;

/// Nobody types more, UTF-16 units.
const QUERY_MAX: usize = 64;

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// What a key does.
    Act(Action),
    /// A filter of the config file takes the place of the one there is.
    Filter {
        /// Its name.
        name: String,
        /// As it is written there.
        filter: String,
    },
}

impl Entry {
    /// What it is called.
    pub fn title(&self) -> String {
        match self {
            Self::Act(action) => action.title(),
            Self::Filter { name, .. } => format!("{} {name}", Action::Filter.title()),
        }
    }

    /// What it does, printable.
    pub fn doc(&self) -> Cow<'_, str> {
        match self {
            Self::Act(action) => action.doc().into(),
            Self::Filter { filter, .. } => printable(filter),
        }
    }

    /// The action it is, or the one that takes longer to the same end.
    pub fn action(&self) -> Action {
        match self {
            Self::Act(action) => *action,
            Self::Filter { .. } => Action::Filter,
        }
    }
}

/// The open palette.
#[derive(Debug)]
pub struct Palette {
    /// What is looked for.
    pub query: Editor,
    /// What is found, best first.
    pub found: Vec<Entry>,
    /// Which of them is chosen.
    pub at: usize,
    /// The saved filters.
    saved: Vec<Entry>,
}

/// What became of the palette after a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// It stays.
    Open,
    /// It is given up.
    Close,
    /// This is to be done.
    Do(Entry),
}

impl Palette {
    /// With everything in it.
    pub fn new(filters: &Filters) -> Self {
        let saved = filters.all().map(|(name, filter)| Entry::Filter { name: name.into(), filter: filter.into() });
        let saved: Vec<_> = saved.collect();
        let query = Editor::new("", /*several_lines*/ false, QUERY_MAX);
        Self { query, found: find("", &saved), at: 0, saved }
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Chosen {
        let last = self.found.len().saturating_sub(1);
        match key.code {
            KeyCode::Esc => return Chosen::Close,
            KeyCode::Enter => return self.found.get(self.at).cloned().map_or(Chosen::Open, Chosen::Do),
            KeyCode::Backspace if self.query.text().is_empty() => return Chosen::Close,
            KeyCode::Up | KeyCode::BackTab => self.at = self.at.saturating_sub(1),
            KeyCode::Down | KeyCode::Tab => self.at = (self.at + 1).min(last),
            KeyCode::PageUp => self.at = self.at.saturating_sub(10),
            KeyCode::PageDown => self.at = (self.at + 10).min(last),
            _ if key == Key::ctrl('p') => self.at = self.at.saturating_sub(1),
            _ if key == Key::ctrl('n') => self.at = (self.at + 1).min(last),
            _ => {
                let before = self.query.text();
                self.query.key(key);
                self.look(&before);
            }
        }
        Chosen::Open
    }

    /// Takes a pasted text into what is looked for.
    pub fn paste(&mut self, text: &str) {
        let before = self.query.text();
        self.query.insert(text.lines().next().unwrap_or_default());
        self.look(&before);
    }

    fn look(&mut self, before: &str) {
        let query = self.query.text();
        if query != before {
            (self.found, self.at) = (find(&query, &self.saved), 0);
        }
    }
}

/// What has these letters in its name or description, best first; a name counts for more.
fn find(query: &str, saved: &[Entry]) -> Vec<Entry> {
    let mut matcher = Matcher::new(nucleo_matcher::Config::DEFAULT);
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
    let scored = Action::ALL.iter().copied().map(Entry::Act).chain(saved.iter().cloned()).filter_map(|entry| {
        let by_name = score(&entry.title()).map(|score| score * 4);
        let by_doc = score(&entry.doc());
        Some((by_name.max(by_doc)?, entry))
    });
    let mut scored: Vec<_> = scored.collect();
    // Stable: equals stay in the order of the help, but for the ten percentages, which push everything else out of view.
    let one_of_ten = |entry: &Entry| matches!(entry, Entry::Act(Action::Percent(_)));
    scored.sort_by_key(|(score, entry)| (std::cmp::Reverse(*score), one_of_ten(entry)));
    scored.into_iter().map(|(_, entry)| entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> Filters {
        let mut filters = Filters::default();
        for (name, filter) in [("night", "state:due -kept"), ("disks", "type:SwapDisk")] {
            filters.add(name, filter).unwrap();
        }
        filters
    }

    fn find(query: &str) -> Vec<Entry> {
        let mut palette = Palette::new(&saved());
        palette.paste(query);
        palette.found
    }

    #[test]
    fn a_few_letters_find_an_action_by_name_before_others_by_description() {
        let first = |query| find(query).first().map(Entry::action);
        assert_eq!(first("compl"), Some(Action::Complete));
        assert_eq!(first("kp alv"), Some(Action::Keep));
        assert_eq!(first("40"), Some(Action::Percent(40)));
        assert!(find("credentials").contains(&Entry::Act(Action::Reload)));
        assert_eq!(find("").len(), Action::ALL.len() + 2);
        let top = [Action::Beat, Action::Details, Action::Keep].map(Entry::Act);
        assert_eq!(find("")[..3], top, "ten percentages come last");
        assert_eq!(find("zzzzqq"), []);
    }

    #[test]
    fn saved_filters_are_found_by_name_or_by_what_they_look_for() {
        assert_eq!(find("filter")[0], Entry::Act(Action::Filter));
        for query in ["filter night", "night", "fnight"] {
            let found = find(query);
            assert_eq!((&*found[0].title(), &*found[0].doc()), ("filter night", "state:due -kept"), "{query}");
        }
        let found: Vec<_> = find("SwapDisk").iter().map(Entry::title).collect();
        assert_eq!(found, ["filter", "filter disks"]);
    }

    #[test]
    fn keys_choose_and_letters_look() {
        let mut palette = Palette::new(&saved());
        assert_eq!(palette.key(Key::plain(KeyCode::Down)), Chosen::Open);
        assert_eq!(palette.at, 1);
        for c in "claim".chars() {
            palette.key(Key::char(c));
        }
        let claim = Chosen::Do(Entry::Act(Action::Claim));
        assert_eq!((palette.at, palette.key(Key::plain(KeyCode::Enter))), (0, claim));
        palette.paste("zzqq\nquit");
        assert_eq!(palette.key(Key::plain(KeyCode::Enter)), Chosen::Open, "nothing is found, nothing is done");
        palette.key(Key::ctrl('u'));
        assert_eq!(palette.key(Key::plain(KeyCode::Backspace)), Chosen::Close);
    }
}
