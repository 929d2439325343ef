//! A question with two buttons.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::paint::{self, put, width, wrap};
use crate::tui::confirm::Confirm;
use crate::tui::theme::Theme;

const WIDTH: u16 = 66;

/// Draws it. The buttons are always in view, whatever else is cut off.
pub fn draw(buf: &mut Buffer, over: Rect, question: &Confirm, theme: &Theme) {
    let lines = lines(over, question);
    let inside = paint::popup(buf, over, WIDTH, lines.len() as u16 + 4, &question.title, theme);
    let [cancel, verb] = buttons(inside, question);
    for (y, line) in (inside.top()..cancel.0.y.saturating_sub(1)).zip(&lines) {
        put(buf, Position::new(inside.x, y), inside.width, line, theme.text);
    }
    for ((place, text), chosen) in [(cancel, !question.chosen), (verb, question.chosen)] {
        put(buf, place.as_position(), place.width, &text, if chosen { theme.chosen } else { theme.text });
    }
}

/// Which button is there: `false` is Cancel.
pub fn button_at(over: Rect, question: &Confirm, at: Position) -> Option<bool> {
    let inside = paint::popup_inside(over, WIDTH, lines(over, question).len() as u16 + 4);
    let [cancel, verb] = buttons(inside, question);
    match () {
        () if cancel.0.contains(at) => Some(false),
        () if verb.0.contains(at) => Some(true),
        () => None,
    }
}

fn lines(over: Rect, question: &Confirm) -> Vec<String> {
    let cells = usize::from(WIDTH.min(over.width).saturating_sub(4));
    question.lines.iter().flat_map(|line| wrap(line, cells)).collect()
}

/// Cancel and the verb, side by side in the last line.
fn buttons(inside: Rect, question: &Confirm) -> [(Rect, String); 2] {
    let (cancel, verb) = (button("Cancel", !question.chosen), button(question.verb, question.chosen));
    let y = inside.bottom().saturating_sub(1);
    let (first, second) = (width(&cancel) as u16, width(&verb) as u16);
    let x = inside.x + inside.width.saturating_sub(first + second + 2) / 2;
    let place = |x: u16, width| Rect { x, y, width, height: 1 }.intersection(inside);
    [(place(x, first), cancel), (place(x + first + 2, second), verb)]
}

/// The chosen one is marked by more than its style.
fn button(name: &str, chosen: bool) -> String {
    if chosen { format!("[▸ {name} ◂]") } else { format!("[  {name}  ]") }
}
