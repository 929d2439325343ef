//! The palette: every action by its name, found with a few letters. Not here: what the actions do.

use crossterm::event::KeyCode;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Matcher, Utf32Str};

use super::action::Action;
use super::form::Editor;
use super::keys::Key;

/// Nobody types more, UTF-16 units.
const QUERY_MAX: usize = 64;

/// The open palette.
#[derive(Debug)]
pub struct Palette {
    /// What is looked for.
    pub query: Editor,
    /// What is found, best first.
    pub found: Vec<Action>,
    /// Which of them is chosen.
    pub at: usize,
}

/// What became of the palette after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// It stays.
    Open,
    /// It is given up.
    Close,
    /// This is to be done.
    Act(Action),
}

impl Default for Palette {
    fn default() -> Self {
        Self { query: Editor::new("", /*several_lines*/ false, QUERY_MAX), found: find(""), at: 0 }
    }
}

impl Palette {
    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Chosen {
        let last = self.found.len().saturating_sub(1);
        match key.code {
            KeyCode::Esc => return Chosen::Close,
            KeyCode::Enter => return self.found.get(self.at).map_or(Chosen::Open, |action| Chosen::Act(*action)),
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
            (self.found, self.at) = (find(&query), 0);
        }
    }
}

/// The actions that have these letters in their name or description, best first; a name counts for more.
fn find(query: &str) -> Vec<Action> {
    let mut matcher = Matcher::new(nucleo_matcher::Config::DEFAULT);
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
    let scored = Action::ALL.iter().filter_map(|&action| {
        let by_name = score(&action.title()).map(|score| score * 4);
        let by_doc = score(action.doc());
        Some((by_name.max(by_doc)?, action))
    });
    let mut scored: Vec<_> = scored.collect();
    // Stable: equals stay in the order of the help, but for the ten percentages, which push everything else out of view.
    let one_of_ten = |action| matches!(action, Action::Percent(_));
    scored.sort_by_key(|(score, action)| (std::cmp::Reverse(*score), one_of_ten(*action)));
    scored.into_iter().map(|(_, action)| action).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_letters_find_an_action_by_name_before_others_by_description() {
        assert_eq!(find("compl")[0], Action::Complete);
        assert_eq!(find("kp alv")[0], Action::Keep);
        assert_eq!(find("40")[0], Action::Percent(40));
        assert!(find("credentials").contains(&Action::Reload));
        assert_eq!(find("").len(), Action::ALL.len());
        assert_eq!(find("")[..3], [Action::Beat, Action::Details, Action::Keep], "ten percentages come last");
        assert_eq!(find("zzzzqq"), []);
    }

    #[test]
    fn keys_choose_and_letters_look() {
        let mut palette = Palette::default();
        assert_eq!(palette.key(Key::plain(KeyCode::Down)), Chosen::Open);
        assert_eq!(palette.at, 1);
        for c in "claim".chars() {
            palette.key(Key::char(c));
        }
        assert_eq!((palette.at, palette.key(Key::plain(KeyCode::Enter))), (0, Chosen::Act(Action::Claim)));
        palette.paste("zzqq\nquit");
        assert_eq!(palette.key(Key::plain(KeyCode::Enter)), Chosen::Open, "nothing is found, nothing is done");
        palette.key(Key::ctrl('u'));
        assert_eq!(palette.key(Key::plain(KeyCode::Backspace)), Chosen::Close);
    }
}
