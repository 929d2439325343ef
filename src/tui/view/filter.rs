//! The filter while it is typed, in the message line.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::paint::{put, put_right, width, window};
use crate::text::printable;
use crate::tui::filtering::Filtering;
use crate::tui::state::State;
use crate::tui::tasks::FIELDS;
use crate::tui::theme::Theme;

/// Draws it; says where the cursor is.
pub fn draw(buf: &mut Buffer, area: Rect, filtering: &Filtering, state: &State, theme: &Theme) -> Position {
    put(buf, area.as_position(), area.width, &" ".repeat(area.width.into()), theme.text);
    let counts = format!("{} of {}", state.tasks.shown(), state.tasks.len());
    let x = put(buf, Position::new(area.x + 1, area.y), area.width.saturating_sub(1), "/", theme.accent) + 1;
    let room = usize::from(area.right().saturating_sub(x)).saturating_sub(width(&counts) + 3);
    put_right(buf, area, &format!("{counts} "), theme.dim);
    let text = filtering.text();
    let line = printable(&text);
    if text.is_empty() {
        let saved = state.filters.names().map(|name| format!("/{name}")).collect::<Vec<_>>().join(" ");
        let hint = if saved.is_empty() { format!("words, or {FIELDS} with :") } else { format!("words, or {saved}") };
        put(buf, Position::new(x + 1, area.y), room as u16, &hint, theme.dim);
    }
    let before: String = text.chars().take(filtering.column()).collect();
    let before = width(&printable(&before));
    let skip = (before + 1).saturating_sub(room.max(1));
    put(buf, Position::new(x, area.y), room as u16, &window(&line, skip, room), theme.text);
    Position::new((x + (before - skip) as u16).min(area.right().saturating_sub(1)), area.y)
}
