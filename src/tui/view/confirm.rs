//! A question with two buttons.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::paint::{self, put, width, wrap};
use crate::tui::confirm::Confirm;
use crate::tui::theme::Theme;

const WIDTH: u16 = 66;

/// Draws it. The buttons are always in view, whatever else is cut off.
pub fn draw(buf: &mut Buffer, over: Rect, question: &Confirm, theme: &Theme) {
    let cells = usize::from(WIDTH.min(over.width).saturating_sub(4));
    let lines: Vec<_> = question.lines.iter().flat_map(|line| wrap(line, cells)).collect();
    let inside = paint::popup(buf, over, WIDTH, lines.len() as u16 + 4, &question.title, theme);
    let buttons = inside.bottom().saturating_sub(1);
    for (y, line) in (inside.top()..buttons.saturating_sub(1)).zip(&lines) {
        put(buf, Position::new(inside.x, y), inside.width, line, theme.text);
    }
    let (cancel, verb) = (button("Cancel", !question.chosen), button(question.verb, question.chosen));
    let style = |chosen| if chosen { theme.chosen } else { theme.text };
    let all = (width(&cancel) + width(&verb) + 2) as u16;
    let x = inside.x + inside.width.saturating_sub(all) / 2;
    let room = |x| inside.right().saturating_sub(x);
    let x = put(buf, Position::new(x, buttons), room(x), &cancel, style(!question.chosen)) + 2;
    put(buf, Position::new(x, buttons), room(x), &verb, style(question.chosen));
}

/// The chosen one is marked by more than its style.
fn button(name: &str, chosen: bool) -> String {
    if chosen { format!("[▸ {name} ◂]") } else { format!("[  {name}  ]") }
}
