//! The log pane: what happened, newest on top.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::Layout;
use super::list;
use super::paint::{self, put, wrap};
use crate::console::{CallEnd, CallLine, Level, LogLine};
use crate::tui::logbook::{Entry, Show};
use crate::tui::state::{Focus, State};
use crate::tui::theme::Theme;

/// A heartbeat that went out so much later than due is called late, milliseconds.
pub const LATE_MS: i64 = 500;
/// Cells of time and word in front.
const FRONT: u16 = 18;

/// Draws the pane.
pub fn draw(buf: &mut Buffer, area: Rect, layout: &Layout, state: &State, theme: &Theme) {
    let focused = state.focus == Focus::Log && state.overlay.is_none();
    let scroll = state.log.pane_scroll;
    let older = if scroll > 0 { format!("{scroll} newer above") } else { String::new() };
    paint::pane(buf, area, layout, "Log", &older, focused, theme);
    let inside = layout.inside(area);
    let mut y = inside.y;
    for line in state.log.said().skip(scroll) {
        if y >= inside.bottom() {
            break;
        }
        y = draw_line(buf, Rect { y, height: inside.bottom() - y, ..inside }, line, state, theme);
    }
}

/// Draws the log as a view of its own: everything, or what concerns one task.
pub fn draw_full(buf: &mut Buffer, layout: &Layout, state: &State, theme: &Theme) {
    let log = &state.log;
    let what = match log.show {
        Show::All => "Log",
        Show::Said => "Log without calls",
        Show::Calls => "Calls",
    };
    let of = log.about.and_then(|claim| state.known(claim));
    let of = of.map_or_else(String::new, |facts| format!(" of {}", facts.activity_id.line()));
    let newer = if log.scroll > 0 { format!("{} newer above", log.scroll) } else { String::new() };
    let area = list::frame(buf, layout, &format!("{what}{of}, newest first"), &newer, theme);
    let mut y = area.y;
    for entry in log.entries().skip(log.scroll) {
        if y >= area.bottom() {
            return;
        }
        let rest = Rect { y, height: area.bottom() - y, ..area };
        y = match entry {
            Entry::Said(line) => draw_line(buf, rest, line, state, theme),
            Entry::Call(call) => draw_call(buf, rest, call, state, theme),
        };
    }
    if y == area.y {
        let text = "Nothing of this kind yet. {next-pane} shows other kinds, {log} everything, {back} goes back.";
        list::empty(buf, area, &state.keymap.fill(text), theme);
    }
}

/// One call: what, for which task, how long, and how it ended.
fn draw_call(buf: &mut Buffer, area: Rect, call: &CallLine, state: &State, theme: &Theme) -> u16 {
    let subject = call.claim.and_then(|claim| state.known(claim));
    let subject = subject.map_or_else(String::new, |facts| format!("{}  ", facts.activity_id.line()));
    let late = call.late_ms.filter(|&late| late >= LATE_MS).map(|late| format!(", {} late", took(late)));
    let (level, end) = match &call.end {
        CallEnd::Answered => (Level::Info, String::new()),
        CallEnd::Throttled => (Level::Warn, ": throttled".into()),
        CallEnd::NoAnswer(why) => (Level::Warn, format!(": no answer: {why}")),
        CallEnd::Refused(why) => (Level::Warn, format!(": {why}")),
    };
    let text = format!("{subject}{} {}{}{end}", call.operation, took(call.took_ms), late.unwrap_or_default());
    let style = if level == Level::Info { theme.dim } else { style(level, theme) };
    draw_entry(buf, area, (&state.zone.clock(call.at), "call", &text), style, theme)
}

/// Milliseconds in the unit they are read in.
pub fn took(millis: i64) -> String {
    if millis < 1_000 { format!("{millis} ms") } else { format!("{}.{} s", millis / 1_000, millis % 1_000 / 100) }
}

fn draw_line(buf: &mut Buffer, area: Rect, line: &LogLine, state: &State, theme: &Theme) -> u16 {
    let text = match line.subject.as_str() {
        "" => line.text.clone(),
        subject => format!("{subject}  {}", line.text),
    };
    draw_entry(buf, area, (&state.zone.clock(line.at), line.word, &text), style(line.level, theme), theme)
}

/// Draws time, word and text in as many lines as they take; says where the next entry starts.
fn draw_entry(buf: &mut Buffer, area: Rect, entry: (&str, &str, &str), style: Style, theme: &Theme) -> u16 {
    let (clock, word, text) = entry;
    let at = area.as_position();
    let x = put(buf, at, area.width, clock, theme.dim) + 2;
    put(buf, Position::new(x, at.y), area.right().saturating_sub(x), word, style);
    let front = FRONT.min(area.width);
    let wrapped = wrap(text, (area.width - front).into());
    for (y, text) in (area.top()..area.bottom()).zip(&wrapped) {
        put(buf, Position::new(area.x + front, y), area.width - front, text, style);
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
