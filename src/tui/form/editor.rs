//! Editing one text, of one line or several. What is typed is kept raw; it is drawn through the door for foreign text.

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui_textarea::{CursorMove, TextArea};

use super::past::{Past, Version};
use crate::task::length;
use crate::tui::keys::Key;

/// A text being edited.
#[derive(Debug)]
pub struct Editor {
    area: TextArea<'static>,
    several_lines: bool,
    past: Past,
    /// The longest text the service takes, in UTF-16 units.
    pub limit: usize,
}

impl Editor {
    /// With a text to start from, the cursor at its end.
    pub fn new(text: &str, several_lines: bool, limit: usize) -> Self {
        let mut editor = Self { area: TextArea::default(), several_lines, past: Past::default(), limit };
        // Undo is our own: there a step is a word, here it would be a letter.
        editor.area.set_max_histories(0);
        editor.put(text);
        editor
    }

    /// Takes a text as if it were typed, line ends included where there may be several lines.
    pub fn insert(&mut self, text: &str) {
        self.changing(None);
        self.put(text);
    }

    /// Puts another text in the place of this one; one step to undo.
    pub fn replace(&mut self, text: &str) {
        self.changing(None);
        self.area.clear();
        self.put(text);
        self.past.unchanged(&self.text());
    }

    fn put(&mut self, text: &str) {
        if self.several_lines {
            self.area.insert_str(text);
        } else {
            // Copying a line often takes its end along.
            self.area.insert_str(text.trim_end_matches('\n').replace('\n', " "));
        }
    }

    /// Takes a key; `false` if it means nothing here.
    pub fn key(&mut self, key: Key) -> bool {
        // As terminals send ctrl-_ and ctrl-/.
        const CTRL_UNDERSCORE: Key = Key::ctrl('7');
        match key {
            _ if key == Key::alt('u') || key == CTRL_UNDERSCORE => self.go_to(Past::undo),
            _ if key == Key::alt('r') => self.go_to(Past::redo),
            _ => {
                let typed = match key.code {
                    KeyCode::Char(c) if key.modifiers.is_empty() => Some(c),
                    _ => None,
                };
                if typed.is_none() && moves(key) {
                    return self.edit(key);
                }
                self.changing(typed);
                let taken = self.edit(key);
                if typed.is_none() {
                    self.past.unchanged(&self.text());
                }
                return taken;
            }
        }
        true
    }

    fn changing(&mut self, typed: Option<char>) {
        let (area, cursor) = (&self.area, self.cursor());
        self.past.changing(|| Version { text: area.lines().join("\n"), cursor }, typed);
    }

    /// Another version of the text, if there is one.
    fn go_to(&mut self, which: impl FnOnce(&mut Past, Version) -> Option<Version>) {
        let now = Version { text: self.text(), cursor: self.cursor() };
        if let Some(version) = which(&mut self.past, now) {
            self.area.clear();
            self.area.insert_str(&version.text);
            self.go(version.cursor);
        }
    }

    /// Puts the cursor on a line and a character, from 0, or as near as there is one.
    pub fn go(&mut self, (line, character): (usize, usize)) {
        let near = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(near(line), near(character)));
    }

    fn edit(&mut self, key: Key) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let word = control || alt;
        let area = &mut self.area;
        match key.code {
            KeyCode::Char('j') if control && self.several_lines => area.insert_newline(),
            KeyCode::Enter if alt && self.several_lines => area.insert_newline(),
            KeyCode::Char('w') if control => drop(area.delete_word()),
            KeyCode::Char('u') if control => drop(area.delete_line_by_head()),
            KeyCode::Char('k') if control => drop(area.delete_line_by_end()),
            KeyCode::Char('d') if control => drop(area.delete_next_char()),
            KeyCode::Char('a') if control => area.move_cursor(CursorMove::Head),
            KeyCode::Char('b') if alt => area.move_cursor(CursorMove::WordBack),
            KeyCode::Char('f') if alt => area.move_cursor(CursorMove::WordForward),
            KeyCode::Char(c) if !word => area.insert_char(c),
            KeyCode::Backspace if alt => drop(area.delete_word()),
            KeyCode::Backspace => drop(area.delete_char()),
            KeyCode::Delete => drop(area.delete_next_char()),
            KeyCode::Left if word => area.move_cursor(CursorMove::WordBack),
            KeyCode::Right if word => area.move_cursor(CursorMove::WordForward),
            KeyCode::Left => area.move_cursor(CursorMove::Back),
            KeyCode::Right => area.move_cursor(CursorMove::Forward),
            KeyCode::Up if self.several_lines => area.move_cursor(CursorMove::Up),
            KeyCode::Down if self.several_lines => area.move_cursor(CursorMove::Down),
            KeyCode::Home => area.move_cursor(CursorMove::Head),
            KeyCode::End => area.move_cursor(CursorMove::End),
            _ => return false,
        }
        true
    }

    /// The text.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Its lines, raw.
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// Line and character of the cursor, from 0.
    pub fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// Whether it may have several lines.
    pub fn has_several_lines(&self) -> bool {
        self.several_lines
    }

    /// Its length as the limit counts it.
    pub fn length(&self) -> usize {
        let ends = self.lines().len() - 1;
        self.lines().iter().map(|line| length(line)).sum::<usize>() + ends
    }
}

/// Keys that only move the cursor: nothing to undo.
fn moves(key: Key) -> bool {
    matches!(key.code, KeyCode::Left | KeyCode::Right | KeyCode::Up | KeyCode::Down | KeyCode::Home | KeyCode::End)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_the_service_does() {
        let editor = Editor::new("a😀\nb", true, 10);
        assert_eq!((editor.length(), editor.text().as_str()), (5, "a😀\nb"));
        assert_eq!(length(&editor.text()), editor.length());
    }

    #[test]
    fn one_line_stays_one_line() {
        let mut editor = Editor::new("", false, 10);
        editor.insert("one\ntwo\n");
        assert!(!editor.key(Key::ctrl('j')) && !editor.key(Key::plain(KeyCode::Up)));
        assert_eq!(editor.text(), "one two");
    }

    #[test]
    fn up_and_down_go_by_lines() {
        let mut editor = Editor::new("one\ntwo", true, 10);
        editor.key(Key::plain(KeyCode::Up));
        assert_eq!(editor.cursor(), (0, 3));
        editor.key(Key::plain(KeyCode::Home));
        editor.key(Key::plain(KeyCode::Down));
        assert_eq!(editor.cursor(), (1, 0));
    }

    #[test]
    fn keys_of_the_shell_edit() {
        let mut editor = Editor::new("one two", true, 10);
        editor.key(Key::ctrl('w'));
        editor.key(Key::ctrl('j'));
        editor.key(Key::char('é'));
        assert_eq!(editor.text(), "one \né");
        editor.key(Key::ctrl('a'));
        editor.key(Key::ctrl('k'));
        editor.key(Key::plain(KeyCode::Backspace));
        editor.key(Key::ctrl('u'));
        assert_eq!(editor.text(), "");
    }

    fn typed(editor: &mut Editor, text: &str) {
        for c in text.chars() {
            editor.key(Key::char(c));
        }
    }

    #[test]
    fn undo_goes_back_by_words_and_redo_forward() {
        let mut editor = Editor::new("{}", true, 10);
        typed(&mut editor, "one two");
        editor.replace("three\nfour");
        let (undo, redo) = (Key::alt('u'), Key::alt('r'));
        let mut after = |keys: &[Key]| {
            assert!(keys.iter().all(|key| editor.key(*key)));
            (editor.text(), editor.cursor())
        };
        assert_eq!(after(&[undo]), ("{}one two".into(), (0, 9)));
        assert_eq!(after(&[undo, undo]).0, "{}one");
        assert_eq!(after(&[redo, redo, redo]).0, "three\nfour");
        assert_eq!(after(&[redo]).0, "three\nfour", "there is nothing to redo");
        assert_eq!(after(&[undo; 9]).0, "{}", "not before what it began with");
        assert_eq!(after(&[Key::char('x'), redo]).0, "{}x", "typing forgets what was undone");
    }

    #[test]
    fn what_changes_nothing_is_no_step() {
        let mut editor = Editor::new("a", true, 10);
        typed(&mut editor, "b");
        editor.key(Key::plain(KeyCode::Home));
        editor.key(Key::plain(KeyCode::Backspace));
        editor.replace("ab");
        editor.key(Key::ctrl('7'));
        assert_eq!(editor.text(), "a");
    }
}
