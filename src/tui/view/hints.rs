//! What may follow the keys pressed so far.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::paint::{self, put, width};
use crate::tui::keymap::written;
use crate::tui::state::State;
use crate::tui::theme::Theme;

/// Draws it in the lower right corner, over whatever is there: it is gone with the next key.
pub fn draw(buf: &mut Buffer, over: Rect, state: &State, theme: &Theme) {
    let next = state.keymap.after(&state.pressed);
    let lines: Vec<_> = next
        .into_iter()
        .map(|(keys, action)| {
            let disabled = action.disabled_reason(state);
            let text = disabled.as_ref().map_or_else(|| action.title(), |why| format!("not now: {why}"));
            (keys, text, disabled.is_some())
        })
        .collect();
    let widest = lines.iter().map(|(keys, text, _)| width(keys) + width(text) + 2).max().unwrap_or(0);
    let (cells, rows) = ((widest as u16 + 4).min(over.width), (lines.len() as u16 + 2).min(over.height));
    let corner = Rect { x: over.right() - cells, y: over.bottom() - rows, width: cells, height: rows };
    let inside = paint::popup(buf, corner, cells, rows, &written(&state.pressed), theme);
    for (y, (keys, text, disabled)) in (inside.top()..inside.bottom()).zip(&lines) {
        let (accent, style) = if *disabled { (theme.dim, theme.dim) } else { (theme.accent, theme.text) };
        let x = put(buf, Position::new(inside.x, y), inside.width, keys, accent) + 2;
        put(buf, Position::new(x, y), inside.right().saturating_sub(x), text, style);
    }
}
