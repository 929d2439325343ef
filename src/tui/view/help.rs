//! All keys, made from the list of actions.

use std::fmt::Write;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::paint::{self, put, wrap};
use crate::tui::action::Action;
use crate::tui::theme::Theme;

/// Cells of the keys in front.
const KEYS: u16 = 20;
const WIDTH: u16 = 78;

/// Draws it.
pub fn draw(buf: &mut Buffer, over: Rect, scroll: usize, theme: &Theme) {
    let lines = lines(over);
    let inside = paint::popup(buf, over, WIDTH, lines.len() as u16 + 2, "Keys", theme);
    for (y, (keys, doc)) in (inside.top()..inside.bottom()).zip(lines.iter().skip(scroll)) {
        put(buf, Position::new(inside.x, y), KEYS - 1, keys, theme.accent);
        put(buf, Position::new(inside.x + KEYS, y), inside.width.saturating_sub(KEYS), doc, theme.text);
    }
}

/// How far it can be scrolled.
pub fn scroll_max(over: Rect) -> usize {
    lines(over).len().saturating_sub(usize::from(over.height).saturating_sub(2))
}

/// Keys and sentence; neighbours with the same sentence share a line.
fn lines(over: Rect) -> Vec<(String, String)> {
    let mut groups: Vec<(String, &str)> = Vec::new();
    for action in Action::ALL {
        let mut keys = action.keys().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        match groups.last_mut() {
            Some((before, doc)) if *doc == action.doc() => {
                keys.insert(0, ' ');
                let _ = before.write_str(&keys);
            }
            _ => groups.push((keys, action.doc())),
        }
    }
    let cells = usize::from(WIDTH.min(over.width).saturating_sub(4 + KEYS));
    let wrapped = groups.into_iter().flat_map(|(keys, doc)| {
        let keys = std::iter::once(keys).chain(std::iter::repeat(String::new()));
        keys.zip(wrap(doc, cells)).collect::<Vec<_>>()
    });
    wrapped.collect()
}
