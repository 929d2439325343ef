//! The log pane: what happened, newest on top.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::Layout;
use super::list;
use super::paint::{self, put, wrap};
use crate::console::{Level, LogLine};
use crate::task::ClaimId;
use crate::tui::state::{Focus, State};
use crate::tui::theme::Theme;

/// Cells of time and word in front.
const FRONT: u16 = 18;

/// Draws the pane.
pub fn draw(buf: &mut Buffer, area: Rect, layout: &Layout, state: &State, theme: &Theme) {
    let focused = state.focus == Focus::Log && state.overlay.is_none();
    let older = if state.log_scroll > 0 { format!("{} newer above", state.log_scroll) } else { String::new() };
    paint::pane(buf, area, layout, "Log", &older, focused, theme);
    let inside = layout.inside(area);
    let mut y = inside.y;
    for line in state.log.iter().rev().skip(state.log_scroll) {
        if y >= inside.bottom() {
            break;
        }
        y = draw_line(buf, Rect { y, height: inside.bottom() - y, ..inside }, line, state, theme);
    }
}

/// Draws the log as a view of its own: everything, or what concerns one task.
pub fn draw_full(buf: &mut Buffer, layout: &Layout, state: &State, theme: &Theme) {
    let about = state.views.claim();
    let name = about.and_then(|claim| state.known(claim)).map(|facts| facts.activity_id.line());
    let title = name.map_or_else(|| "Log, newest first".into(), |name| format!("Log of {name}, newest first"));
    let newer = if state.log_scroll > 0 { format!("{} newer above", state.log_scroll) } else { String::new() };
    let area = list::frame(buf, layout, &title, &newer, theme);
    let mut y = area.y;
    for line in of(state, about).skip(state.log_scroll) {
        if y >= area.bottom() {
            return;
        }
        y = draw_line(buf, Rect { y, height: area.bottom() - y, ..area }, line, state, theme);
    }
    if y == area.y {
        list::empty(
            buf,
            area,
            "Nothing has been said about this task yet. l shows the whole log, esc goes back.",
            theme,
        );
    }
}

/// How far the view can be scrolled: until the oldest is at its bottom.
pub fn scroll_max(state: &State, rows: usize) -> usize {
    of(state, state.views.claim()).count().saturating_sub(rows)
}

/// The lines about a task, or all, newest first.
fn of(state: &State, about: Option<ClaimId>) -> impl Iterator<Item = &LogLine> {
    state.log.iter().rev().filter(move |line| about.is_none() || line.claim == about)
}

/// Draws one entry in as many lines as it takes; says where the next one starts.
fn draw_line(buf: &mut Buffer, area: Rect, line: &LogLine, state: &State, theme: &Theme) -> u16 {
    let at = area.as_position();
    let x = put(buf, at, area.width, &state.zone.clock(line.at), theme.dim) + 2;
    put(buf, Position::new(x, at.y), area.right().saturating_sub(x), line.word, style(line.level, theme));
    let front = FRONT.min(area.width);
    let text = match line.subject.as_str() {
        "" => line.text.clone(),
        subject => format!("{subject}  {}", line.text),
    };
    let wrapped = wrap(&text, (area.width - front).into());
    for (y, text) in (area.top()..area.bottom()).zip(&wrapped) {
        put(buf, Position::new(area.x + front, y), area.width - front, text, style(line.level, theme));
    }
    area.y.saturating_add(wrapped.len() as u16)
}

fn style(level: Level, theme: &Theme) -> Style {
    match level {
        Level::Info => theme.text,
        Level::Warn => theme.warn,
        Level::Error => theme.danger,
        Level::Alarm => theme.alarm,
    }
}
