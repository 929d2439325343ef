//! Editing one text, of one line or several. What is typed is kept raw; it is drawn through the door for foreign text.

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui_textarea::{CursorMove, TextArea};

use crate::task::length;
use crate::tui::keys::Key;

/// A text being edited.
#[derive(Debug)]
pub struct Editor {
    area: TextArea<'static>,
    several_lines: bool,
    /// The longest text the service takes, in UTF-16 units.
    pub limit: usize,
}

impl Editor {
    /// With a text to start from, the cursor at its end.
    pub fn new(text: &str, several_lines: bool, limit: usize) -> Self {
        let mut editor = Self { area: TextArea::default(), several_lines, limit };
        editor.insert(text);
        editor
    }

    /// Takes a text as if it were typed, line ends included where there may be several lines.
    pub fn insert(&mut self, text: &str) {
        if self.several_lines {
            self.area.insert_str(text);
        } else {
            // Copying a line often takes its end along.
            self.area.insert_str(text.trim_end_matches('\n').replace('\n', " "));
        }
    }

    /// Takes a key; `false` if it means nothing here.
    pub fn key(&mut self, key: Key) -> bool {
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
            KeyCode::Char('e') if control => area.move_cursor(CursorMove::End),
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
}
