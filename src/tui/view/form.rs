//! A form: each field with its answer, its length and its limit.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::paint::{self, put, put_right, width, window, wrap};
use crate::task::{TimeoutKind, limit};
use crate::text::printable;
use crate::tui::form::{Body, Editor, Field, Form};
use crate::tui::theme::Theme;

const WIDTH: u16 = 78;
/// Lines shown of a text that may have several.
const TEXT_LINES: u16 = 6;
/// Cells kept free for a length and its limit.
const LENGTH: u16 = 15;

/// Draws it, with a note on what the answer means below; says where the cursor is.
pub fn draw(buf: &mut Buffer, over: Rect, form: &Form, note: Option<String>, theme: &Theme) -> Option<Position> {
    let cells = usize::from(WIDTH.min(over.width).saturating_sub(4));
    let (below, style) = match &form.problem {
        Some(problem) => (Some(format!("✗ {problem}")), theme.danger),
        None => (form.remark.clone().or(note), theme.dim),
    };
    let below = below.map_or_else(Vec::new, |text| wrap(&text, cells));
    let fixed = form.fields.len() as u16 + below.len() as u16 + 2;
    let text_lines = text_lines(form, over.height.saturating_sub(fixed));
    let rows: u16 = form.fields.iter().map(|field| lines_of(field, text_lines)).sum();
    let inside = paint::popup(buf, over, WIDTH, rows + fixed, &form.title, theme);

    let mut cursor = None;
    let mut y = inside.y;
    for (index, field) in form.fields.iter().enumerate() {
        let focused = index == form.at;
        let area = Rect { y, height: 1 + lines_of(field, text_lines), ..inside }.intersection(inside);
        let at = draw_field(buf, area, field, focused, theme);
        if focused {
            cursor = at;
        }
        y = area.bottom();
    }
    for (y, line) in (y..inside.bottom()).zip(&below) {
        put(buf, Position::new(inside.x, y), inside.width, line, style);
    }
    cursor
}

/// Lines for each text of several lines, given the lines there are for all answers.
fn text_lines(form: &Form, room: u16) -> u16 {
    let texts = form.fields.iter().filter(|field| lines_of(field, 2) == 2).count() as u16;
    let others = form.fields.len() as u16 - texts;
    (room.saturating_sub(others) / texts.max(1)).clamp(1, TEXT_LINES)
}

fn lines_of(field: &Field, text_lines: u16) -> u16 {
    match &field.body {
        Body::Text(editor) if editor.has_several_lines() => text_lines,
        _ => 1,
    }
}

fn draw_field(buf: &mut Buffer, area: Rect, field: &Field, focused: bool, theme: &Theme) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    let label = if focused { theme.accent } else { theme.dim };
    let after = put(buf, area.as_position(), area.width, field.label, label) + 2;
    let room = area.width.saturating_sub(LENGTH + after - area.x);
    put(buf, Position::new(after, area.y), room, field.hint, theme.dim);
    let body = Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(2), height: area.height - 1 };
    for y in body.top()..body.bottom() {
        put(buf, Position::new(area.x, y), 1, if focused { "▌" } else { "│" }, label);
    }
    match &field.body {
        Body::Text(editor) => {
            draw_length(buf, area, editor, theme);
            draw_text(buf, body, editor, theme)
        }
        Body::Choice { options, at } => {
            put(buf, body.as_position(), body.width, &choice(options, *at), theme.text);
            None
        }
    }
}

/// `12 / 2048` where the limit is one of SWF's, and by how much it is too long.
fn draw_length(buf: &mut Buffer, area: Rect, editor: &Editor, theme: &Theme) {
    let (length, limit) = (editor.length(), editor.limit);
    if length > limit {
        put_right(buf, area, &format!("{length} / {limit}: too long by {}", length - limit), theme.danger);
    } else if limit >= limit::REASON {
        put_right(buf, area, &format!("{length} / {limit}"), theme.dim);
    }
}

fn draw_text(buf: &mut Buffer, area: Rect, editor: &Editor, theme: &Theme) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    let (row, column) = editor.cursor();
    let before: String = editor.lines()[row].chars().take(column).collect();
    let before = width(&printable(&before));
    // Scrolled just so far that the cursor is in view.
    let cells = usize::from(area.width);
    let skip = (before + 1).saturating_sub(cells);
    let first = (row + 1).saturating_sub(area.height.into());
    for (y, line) in (area.top()..area.bottom()).zip(editor.lines().iter().skip(first)) {
        put(buf, Position::new(area.x, y), area.width, &window(&printable(line), skip, cells), theme.text);
    }
    Some(Position::new(area.x + (before - skip) as u16, area.y + (row - first) as u16))
}

/// The chosen one between arrows.
fn choice(options: &[TimeoutKind], at: usize) -> String {
    let names = options.iter().enumerate().map(|(index, kind)| {
        let (before, after) = if index == at { ("▸", "◂") } else { (" ", " ") };
        format!("{before}{}{after}", kind.name())
    });
    names.collect::<Vec<_>>().join(" ")
}
