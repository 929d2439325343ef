//! The assistant, drawn. Foreign text is made printable here.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::state::{Assistant, Step};
use crate::text::printable;
use crate::tui::theme::Theme;
use crate::tui::view::paint::{self, put, width, window, wrap};
use crate::tui::view::{MIN_HEIGHT, MIN_WIDTH, too_small};

const WIDTH: u16 = 90;
/// Lines kept free of choices for a problem, at the most.
const PROBLEM: u16 = 8;

/// Draws it; says where the cursor is.
pub fn draw(buf: &mut Buffer, area: Rect, assistant: &Assistant, theme: &Theme) -> Option<Position> {
    if area.width < MIN_WIDTH || area.height < MIN_HEIGHT {
        too_small(buf, area, theme);
        return None;
    }
    let (at, of) = assistant.progress();
    let over = Rect { height: area.height - 1, ..area };
    let title = format!("First start: {at} of {of}");
    let inside = paint::popup(buf, over, WIDTH, over.height.min(24), &title, theme);
    let footer = Rect { y: area.bottom() - 1, height: 1, ..area };
    draw_footer(buf, footer, assistant, theme);

    let mut y = draw_summary(buf, inside, assistant, theme);
    for line in wrap(&assistant.words(), inside.width.into()) {
        y = line_at(buf, inside, y, &line, theme.text);
    }
    let cursor = if assistant.step() == Step::Write { None } else { draw_typed(buf, inside, y, assistant, theme) };
    y += u16::from(assistant.step() != Step::Write);
    y = draw_rows(buf, inside, y, assistant, theme);
    for line in problem(assistant, inside, y) {
        y = line_at(buf, inside, y, &line, theme.danger);
    }
    cursor
}

/// What is wrong, in the lines there are: what it is stands first and what to do about it last, so both stay.
fn problem(assistant: &Assistant, inside: Rect, y: u16) -> Vec<String> {
    let lines = assistant.problem.iter().flat_map(|why| why.lines());
    let mut lines: Vec<_> = lines.flat_map(|line| wrap(&printable(line), inside.width.into())).collect();
    let room = usize::from(inside.bottom().saturating_sub(y));
    if lines.len() > room && room > 1 {
        lines.splice(1..=lines.len() - room, []);
    }
    lines
}

/// What was said so far: in one line, or before it is written in one each.
fn draw_summary(buf: &mut Buffer, inside: Rect, assistant: &Assistant, theme: &Theme) -> u16 {
    let said = assistant.summary();
    if assistant.step() == Step::Write {
        return said.iter().fold(inside.y, |y, (name, value)| {
            if y < inside.bottom() {
                put(buf, Position::new(inside.x, y), 14, name, theme.dim);
                put(buf, Position::new(inside.x + 14, y), inside.width.saturating_sub(14), value, theme.title);
            }
            y + 1
        });
    }
    if said.is_empty() {
        return inside.y;
    }
    let text = said.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(" · ");
    line_at(buf, inside, inside.y, &text, theme.title)
}

fn draw_typed(buf: &mut Buffer, inside: Rect, y: u16, assistant: &Assistant, theme: &Theme) -> Option<Position> {
    if y >= inside.bottom() {
        return None;
    }
    let x = put(buf, Position::new(inside.x, y), inside.width, "> ", theme.accent);
    let text = assistant.typed.text();
    let before: String = text.chars().take(assistant.typed.cursor().1).collect();
    let (before, cells) = (width(&printable(&before)), usize::from(inside.right().saturating_sub(x)));
    let skip = (before + 1).saturating_sub(cells);
    put(buf, Position::new(x, y), cells as u16, &window(&printable(&text), skip, cells), theme.text);
    Some(Position::new(x + (before - skip) as u16, y)).filter(|at| at.x < inside.right())
}

/// The lines to choose from, as many as leave room for a problem.
fn draw_rows(buf: &mut Buffer, inside: Rect, y: u16, assistant: &Assistant, theme: &Theme) -> u16 {
    let rows = assistant.rows();
    let kept = if assistant.problem.is_some() { (inside.height / 2).min(PROBLEM) } else { 0 };
    let height = usize::from(inside.bottom().saturating_sub(y + kept));
    let first = (assistant.cursor + 1).saturating_sub(height);
    let names = rows.iter().map(|row| width(&printable(&row.value))).max().unwrap_or(0).min(40) as u16;
    let mut y = y;
    for (index, row) in rows.iter().enumerate().skip(first).take(height) {
        let line = Rect { y, height: 1, ..inside };
        let chosen = index == assistant.cursor;
        put(buf, line.as_position(), 2, if chosen { "▸" } else { " " }, theme.accent);
        put(buf, Position::new(line.x + 2, y), names.min(line.width - 2), &printable(&row.value), theme.text);
        let x = line.x + 2 + if row.value.is_empty() { 0 } else { names + 2 };
        put(buf, Position::new(x, y), line.right().saturating_sub(x), &printable(&row.note), theme.dim);
        if chosen {
            buf.set_style(line, theme.selected);
        }
        y += 1;
    }
    y
}

fn draw_footer(buf: &mut Buffer, area: Rect, assistant: &Assistant, theme: &Theme) {
    let again = assistant.problem.is_some().then_some(("ctrl-r", "try again"));
    let back = if assistant.progress().0 == 1 { "leave" } else { "back" };
    let hints = [("↑↓", "choose"), ("enter", "take it")].into_iter().chain([("esc", back)]).chain(again);
    let mut x = area.x + 1;
    for (key, name) in hints {
        for (text, style) in [(key, theme.accent), (name, theme.text)] {
            x = put(buf, Position::new(x, area.y), area.right().saturating_sub(x), text, style) + 1;
        }
        x += 1;
    }
}

/// One line, if there is room; gives where the next one is.
fn line_at(buf: &mut Buffer, inside: Rect, y: u16, text: &str, style: ratatui::style::Style) -> u16 {
    if y < inside.bottom() {
        put(buf, Position::new(inside.x, y), inside.width, text, style);
    }
    y + 1
}
