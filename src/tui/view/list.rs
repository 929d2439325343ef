//! What the views that list things have in common: columns with heads, a cursor in front, a sentence when there is
//! nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Layout;
use super::paint::{self, put};
use crate::tui::theme::Theme;

/// The cursor's own column.
pub const CURSOR: u16 = 2;

/// How wide a column is.
#[derive(Debug, Clone, Copy)]
pub enum Width {
    /// So many cells.
    Cells(u16),
    /// So many parts of what the others leave.
    Parts(u16),
}

/// The places of columns in the first line of an area, each one cell from the next.
pub fn columns(area: Rect, widths: &[Width]) -> Vec<Rect> {
    let gaps = (widths.len() as u16).saturating_sub(1);
    let count = |such: fn(&Width) -> u16| widths.iter().map(such).sum::<u16>();
    let cells = count(|width| if let Width::Cells(cells) = width { *cells } else { 0 });
    let parts = count(|width| if let Width::Parts(parts) = width { *parts } else { 0 }).max(1);
    let shared = area.width.saturating_sub(CURSOR + gaps + cells);
    let mut x = area.x + CURSOR;
    let placed = widths.iter().map(|width| {
        let width = match *width {
            Width::Cells(cells) => cells,
            Width::Parts(some) => (u32::from(shared) * u32::from(some) / u32::from(parts)) as u16,
        };
        let place = Rect { x, width, height: 1, ..area }.intersection(area);
        x = x.saturating_add(width + 1);
        place
    });
    placed.collect()
}

/// Draws border, title and, where there is room, the heads; gives the area of the lines.
pub fn frame(buf: &mut Buffer, layout: &Layout, title: &str, right: &str, theme: &Theme) -> Rect {
    paint::pane(buf, layout.body, layout, title, right, true, theme);
    layout.inside(layout.body)
}

/// Draws the heads over their columns; gives what is below.
pub fn heads(buf: &mut Buffer, area: Rect, layout: &Layout, heads: &[(&str, Rect)], theme: &Theme) -> Rect {
    if !layout.boxed {
        return area;
    }
    for (head, place) in heads {
        put(buf, place.as_position(), place.width, head, theme.dim);
    }
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}

/// Marks the line with the cursor.
pub fn cursor(buf: &mut Buffer, line: Rect, theme: &Theme) {
    put(buf, line.as_position(), 1, "▌", theme.accent);
    buf.set_style(line, theme.selected);
}

/// An empty view says why, and what to press.
pub fn empty(buf: &mut Buffer, area: Rect, text: &str, theme: &Theme) {
    let lines = paint::wrap(text, usize::from(area.width).saturating_sub(4));
    for (y, line) in (area.y + u16::from(area.height > 3)..area.bottom()).zip(lines) {
        put(buf, Position::new(area.x + 2, y), area.width.saturating_sub(2), &line, theme.dim);
    }
}
