//! All keys, made from the list of actions and that of forms: the help, and the first as a table for the README.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::paint::{self, put, wrap};
use crate::tui::action::Action;
use crate::tui::form;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Theme;

const WIDTH: u16 = 78;
/// Narrower ones show only the first key of each action.
const NARROW: u16 = 60;

/// Draws it.
pub fn draw(buf: &mut Buffer, over: Rect, scroll: usize, keymap: &Keymap, theme: &Theme) {
    let lines = lines(over, keymap);
    let rows = lines.len() as u16 + 2;
    let shown = usize::from(over.height).saturating_sub(2);
    let title = match lines.len() {
        all if all > shown => format!("Keys, {} to {} of {all} lines", scroll + 1, (scroll + shown).min(all)),
        _ => "Keys".to_owned(),
    };
    let inside = paint::popup(buf, over, WIDTH, rows, &title, theme);
    let front = front(over);
    for (y, (keys, doc)) in (inside.top()..inside.bottom()).zip(lines.iter().skip(scroll)) {
        put(buf, Position::new(inside.x, y), front, keys, theme.accent);
        put(buf, Position::new(inside.x + front, y), inside.width.saturating_sub(front), doc, theme.text);
    }
}

/// How far it can be scrolled.
pub fn scroll_max(over: Rect, keymap: &Keymap) -> usize {
    lines(over, keymap).len().saturating_sub(usize::from(over.height).saturating_sub(2))
}

/// Cells of the keys in front.
fn front(over: Rect) -> u16 {
    if over.width < NARROW { 14 } else { 25 }
}

/// Every key and what it does, in the order and the words of the help.
pub fn key_table() -> Vec<(String, &'static str)> {
    let keymap = Keymap::default();
    groups().map(|group| (keys(group, false, &keymap), group[0].doc())).collect()
}

/// Neighbours with the same sentence belong together.
fn groups() -> impl Iterator<Item = &'static [Action]> {
    Action::ALL.chunk_by(|one, next| one.doc() == next.doc())
}

/// Keys and sentence, wrapped.
fn lines(over: Rect, keymap: &Keymap) -> Vec<(String, String)> {
    let cells = usize::from(WIDTH.min(over.width).saturating_sub(4 + front(over)));
    let wrapped = groups().flat_map(|group| {
        let keys = std::iter::once(keys(group, over.width < NARROW, keymap)).chain(std::iter::repeat(String::new()));
        keys.zip(wrap(group[0].doc(), cells)).collect::<Vec<_>>()
    });
    let in_forms = form::KEYS.iter().flat_map(|(key, _, doc)| {
        let keys = std::iter::once((*key).to_owned()).chain(std::iter::repeat(String::new()));
        keys.zip(wrap(doc, cells))
    });
    let heading = [(String::new(), String::new()), ("In a form:".to_owned(), String::new())];
    wrapped.chain(heading).chain(in_forms).collect()
}

/// The keys of neighbours; of a long row only the first and the last.
fn keys(group: &[Action], narrow: bool, keymap: &Keymap) -> String {
    let first = |action: &Action| keymap.shown(*action);
    match group {
        [one, .., last] if group.len() > 2 => format!("{} … {}", first(one), first(last)),
        _ if narrow => group.iter().map(first).collect::<Vec<_>>().join(" "),
        _ => group.iter().flat_map(|action| keymap.all_shown(*action)).collect::<Vec<_>>().join(" "),
    }
}
