//! The list of contexts: where each is, and what wants a person there.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::paint::{self, put, width};
use crate::tui::contexts::{Around, Standing, Summary, Switcher};
use crate::tui::theme::Theme;

const WIDTH: u16 = 100;
/// Narrower boxes have two lines for each.
const NARROW: u16 = 70;

/// Draws it.
pub fn draw(buf: &mut Buffer, over: Rect, switcher: Switcher, around: &Around, theme: &Theme) {
    let narrow = over.width < NARROW;
    let lines = if narrow { 2 } else { 1 };
    let rows = (around.all.len() as u16 * lines).saturating_add(2);
    let inside = paint::popup(buf, over, WIDTH, rows, "Contexts", theme);
    let shown = usize::from(inside.height / lines).max(1);
    let first = (switcher.at + 1).saturating_sub(shown);
    let names = widest(around, |one| &one.name, 24);
    let places = widest(around, |one| &one.place, 40);
    for (row, (index, one)) in around.all.iter().enumerate().skip(first).take(shown).enumerate() {
        let line = Rect { y: inside.y + row as u16 * lines, height: 1, ..inside };
        let mark = if index == around.shown { "●" } else { " " };
        let chosen = index == switcher.at;
        put(buf, line.as_position(), 2, if chosen { "▸" } else { " " }, theme.accent);
        put(buf, Position::new(line.x + 2, line.y), 2, mark, theme.ok);
        let mut x = line.x + 4;
        let mut column = |line: Rect, text: &str, cells: u16, style| {
            put(buf, Position::new(x, line.y), cells.min(line.right().saturating_sub(x)), text, style);
            x += cells + 2;
        };
        column(line, &one.name, names, theme.title);
        let style = style(one, theme);
        if narrow {
            column(line, &one.place, line.width, theme.dim);
            let below = Rect { y: line.y + 1, ..line };
            if below.y < inside.bottom() {
                put(buf, Position::new(below.x + 4, below.y), below.width.saturating_sub(4), &one.words(), style);
            }
        } else {
            column(line, &one.place, places, theme.dim);
            column(line, &one.words(), line.width, style);
        }
        if chosen {
            buf.set_style(line, theme.selected);
        }
    }
}

fn widest(around: &Around, text: impl Fn(&Summary) -> &str, most: usize) -> u16 {
    around.all.iter().map(|one| width(text(one))).max().unwrap_or(0).min(most) as u16
}

/// By the gravest thing there.
fn style(one: &Summary, theme: &Theme) -> ratatui::style::Style {
    match &one.standing {
        Standing::NotOpened | Standing::Opening => theme.dim,
        Standing::Failed(_) => theme.danger,
        _ if one.counts.cancel > 0 => theme.alarm,
        _ if one.trouble.is_some() || one.counts.not_saved + one.counts.unsure > 0 => theme.danger,
        _ if !one.counts.alarms().is_empty() => theme.warn,
        _ => theme.text,
    }
}
