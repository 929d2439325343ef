//! The palette: what is looked for, and under it what was found, with keys, and why some cannot be done now.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::paint::{self, put, width, window};
use crate::text::printable;
use crate::tui::palette::{Entry, Palette};
use crate::tui::state::State;
use crate::tui::theme::Theme;

const WIDTH: u16 = 90;
/// Cells of the keys, and of the names; narrower boxes have no keys.
const KEYS: u16 = 10;
const NAMES: u16 = 20;
const NARROW: u16 = 60;

/// Draws it; says where the cursor is.
pub fn draw(buf: &mut Buffer, over: Rect, palette: &Palette, state: &State, theme: &Theme) -> Option<Position> {
    // Always as high as it can be: a box that grows and shrinks with every letter cannot be read.
    let rows = over.height.min(20);
    let inside = paint::popup(buf, over, WIDTH, rows, "Commands", theme);
    let (mut line, mut list) = (inside, inside);
    line.height = 1.min(inside.height);
    list.y += line.height;
    list.height -= line.height;
    let height = usize::from(list.height);
    let first = (palette.at + 1).saturating_sub(height);
    for (y, (index, entry)) in (list.top()..list.bottom()).zip(palette.found.iter().enumerate().skip(first)) {
        let chosen = index == palette.at;
        let disabled = entry.action().disabled_reason(state);
        let style = if disabled.is_some() { theme.dim } else { theme.text };
        let row = Rect { y, height: 1, ..list };
        let narrow = row.width < NARROW;
        put(buf, row.as_position(), 2, if chosen { "▸" } else { " " }, theme.accent);
        let mut x = row.x + 2;
        let mut column = |text: &str, cells: u16, style| {
            put(buf, Position::new(x, y), cells.min(row.right().saturating_sub(x)).saturating_sub(1), text, style);
            x += cells;
        };
        column(&entry.title(), NAMES, style);
        if !narrow {
            let keys = if let Entry::Act(action) = entry { state.keymap.shown(*action) } else { String::new() };
            column(&keys, KEYS, if disabled.is_some() { theme.dim } else { theme.accent });
        }
        match &disabled {
            Some(why) => column(&format!("not now: {why}"), row.width, theme.dim),
            None => column(&entry.doc(), row.width, theme.text),
        }
        if chosen {
            buf.set_style(row, theme.selected);
        }
    }
    if palette.found.is_empty() {
        put(buf, Position::new(list.x + 2, list.y), list.width.saturating_sub(2), "no command is called so", theme.dim);
    }
    query(buf, line, palette, theme)
}

fn query(buf: &mut Buffer, line: Rect, palette: &Palette, theme: &Theme) -> Option<Position> {
    if line.is_empty() {
        return None;
    }
    let x = put(buf, line.as_position(), line.width, ": ", theme.accent);
    let text = palette.query.text();
    let before: String = text.chars().take(palette.query.cursor().1).collect();
    let (before, cells) = (width(&printable(&before)), usize::from(line.right().saturating_sub(x)));
    let skip = (before + 1).saturating_sub(cells);
    put(buf, Position::new(x, line.y), cells as u16, &window(&printable(&text), skip, cells), theme.text);
    Some(Position::new(x + (before - skip) as u16, line.y)).filter(|at| at.x < line.right())
}
