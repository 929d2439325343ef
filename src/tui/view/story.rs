//! The demo's story: the caption, with the presenter's bar below it, and the summary at the end.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Layout;
use super::bar;
use super::paint::{self, put, wrap};
use super::table::{ended_text, state_word};
use crate::console::Urgency;
use crate::tui::countdown::Moment;
use crate::tui::state::State;
use crate::tui::theme::Theme;

/// The summary's box.
const SUMMARY: u16 = 76;
/// Cells in front of a caption.
const FRONT: u16 = 2;

/// A caption in lines for a screen of this width.
pub fn caption_lines(caption: &str, cells: u16) -> Vec<String> {
    if caption.is_empty() { Vec::new() } else { wrap(caption, usize::from(cells.saturating_sub(FRONT + 1))) }
}

/// Draws caption and bar.
pub fn draw(buf: &mut Buffer, layout: &Layout, state: &State, theme: &Theme, moment: Moment) {
    let Some(scene) = &state.stage else { return };
    let area = layout.strip;
    let below = bar::area(layout, scene);
    let bar = usize::from(below.is_some());
    let mut lines = usize::from(area.height) - bar;
    if usize::from(scene.rows) == bar {
        lines = 0;
    }
    for (y, line) in (area.top()..area.bottom()).zip(caption_lines(&scene.caption, area.width)).take(lines) {
        put(buf, Position::new(area.x, y), 1, "»", theme.accent);
        put(buf, Position::new(area.x + FRONT, y), area.width - FRONT, &line, theme.title);
    }
    if let Some(area) = below {
        bar::draw(buf, area, (scene, &state.keymap), theme, moment);
    }
}

/// Draws what the story was about and how its tasks have ended.
pub fn draw_summary(buf: &mut Buffer, over: Rect, text: &str, state: &State, theme: &Theme) {
    let cells = usize::from(SUMMARY.min(over.width).saturating_sub(4));
    let mut lines: Vec<_> = wrap(text, cells).into_iter().map(|line| (line, theme.text)).collect();
    lines.push((String::new(), theme.text));
    for facts in state.closed.all() {
        let how = ended_text(facts).unwrap_or_default();
        let text = format!("{} {}, {how}", facts.activity_id.line(), state_word(facts, Urgency::Ended));
        lines.extend(wrap(&text, cells).into_iter().map(|line| (line, theme.title)));
    }
    let held = state.tasks.open();
    lines.push((format!("{held} still held."), theme.dim));
    let inside = paint::popup(buf, over, SUMMARY, lines.len() as u16 + 2, "The end of the story", theme);
    for (y, (line, style)) in (inside.top()..inside.bottom()).zip(&lines) {
        put(buf, Position::new(inside.x, y), inside.width, line, *style);
    }
}
