//! What may follow the keys pressed so far; a press does as well.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::hit::Hit;
use super::paint::{self, put, width};
use crate::tui::action::Action;
use crate::tui::keymap::written;
use crate::tui::state::State;
use crate::tui::theme::Theme;

/// One of them.
struct Hint {
    keys: String,
    action: Action,
    text: String,
    disabled: bool,
}

/// Draws it in the lower right corner, over whatever is there: it is gone with the next key.
pub fn draw(buf: &mut Buffer, over: Rect, state: &State, theme: &Theme) {
    let hints = hints(state);
    let corner = corner(over, &hints);
    let inside = paint::popup(buf, corner, corner.width, corner.height, &written(&state.pressed), theme);
    for (y, hint) in (inside.top()..inside.bottom()).zip(&hints) {
        let (accent, style) = if hint.disabled { (theme.dim, theme.dim) } else { (theme.accent, theme.text) };
        let x = put(buf, Position::new(inside.x, y), inside.width, &hint.keys, accent) + 2;
        put(buf, Position::new(x, y), inside.right().saturating_sub(x), &hint.text, style);
    }
}

/// What a press there means: `None` beside the box, in it perhaps an action.
pub fn hit(over: Rect, state: &State, at: Position) -> Option<Hit> {
    if state.pressed.is_empty() {
        return None;
    }
    let hints = hints(state);
    let corner = corner(over, &hints);
    let inside = paint::popup_inside(corner, corner.width, corner.height);
    let hint = inside.contains(at).then(|| hints.get(usize::from(at.y - inside.y))).flatten();
    corner.contains(at).then(|| hint.map_or(Hit::Nothing, |hint| Hit::Entry(hint.action)))
}

fn hints(state: &State) -> Vec<Hint> {
    let next = state.keymap.after(&state.pressed).into_iter();
    let hint = |(keys, action): (String, Action)| {
        let why_not = action.disabled_reason(state);
        let text = why_not.as_ref().map_or_else(|| action.title(), |why| format!("not now: {why}"));
        Hint { keys, action, text, disabled: why_not.is_some() }
    };
    next.map(hint).collect()
}

fn corner(over: Rect, hints: &[Hint]) -> Rect {
    let widest = hints.iter().map(|hint| width(&hint.keys) + width(&hint.text) + 2).max().unwrap_or(0);
    let (cells, rows) = ((widest as u16 + 4).min(over.width), (hints.len() as u16 + 2).min(over.height));
    Rect { x: over.right() - cells, y: over.bottom() - rows, width: cells, height: rows }
}
