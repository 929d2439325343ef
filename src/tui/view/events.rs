//! The history of a task's workflow: number, time, what happened, and what the event says.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::Layout;
use super::list::{self, Width};
use super::paint::{put, put_right, wrap};
use crate::clock::Wall;
use crate::text::printable;
use crate::tui::countdown::Moment;
use crate::tui::events::Events;
use crate::tui::keymap::Keymap;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::wire::{Attributes, HistoryEvent};

/// From 80 cells on there is room for seconds and numbers.
const WIDE: u16 = 80;

/// Lines for what the event under the cursor says, where there is room.
pub const SELECTED: u16 = 4;

/// Draws the view.
pub fn draw(buf: &mut Buffer, layout: &Layout, state: &State, theme: &Theme, moment: Moment) {
    let facts = state.subject();
    let name = facts.map_or_else(String::new, |facts| facts.execution.workflow_id.line().into_owned());
    let Some(events) = &state.events else { return };
    let title = match events.len() {
        0 => format!("Events of {name}"),
        len => format!("Events of {name}, newest first {} of {len}{}", events.cursor.at + 1, more(events)),
    };
    let right =
        events.problem.as_ref().map_or_else(|| standing(events, &state.keymap), |why| format!("not read: {why}"));
    let area = list::frame(buf, layout, &title, &right, theme);
    if events.len() == 0 {
        list::empty(buf, area, &why_empty(events, &state.keymap), theme);
        return;
    }
    let wide = area.width >= WIDE;
    let (zone, now) = (state.zone, moment.now.wall);
    // Events of other days say which, and take the place for it.
    let time = if events.oldest().is_none_or(|event| zone.is_same_day(Wall(event.at), now)) { 8 } else { 11 };
    let widths: &[Width] = if wide {
        &[Width::Cells(6), Width::Cells(time), Width::Cells(31), Width::Parts(1)]
    } else {
        &[Width::Cells(5), Width::Parts(1)]
    };
    let places = list::columns(area, widths);
    let names: &[&str] = if wide { &["    ID", "TIME", "EVENT", "WHAT IT SAYS"] } else { &["TIME", "EVENT"] };
    let heads: Vec<_> = names.iter().copied().zip(places.iter().copied()).collect();
    let lines = list::heads(buf, area, layout, &heads, theme);
    let lines = if layout.boxed { draw_selected(buf, lines, events, theme) } else { lines };
    for (y, (event, own, selected)) in (lines.top()..lines.bottom()).zip(events.in_view()) {
        let at = |column: usize| Rect { y, ..places[column] };
        let style = style(event, own, theme);
        if wide {
            put_right(buf, at(0), &event.id.to_string(), theme.dim);
            put(buf, at(1).as_position(), at(1).width, &zone.clock_or_day(Wall(event.at), now), theme.dim);
            put(buf, at(2).as_position(), at(2).width, &what(event, own), style);
            put(buf, at(3).as_position(), at(3).width, &says(event), if own { theme.text } else { theme.dim });
        } else {
            put(buf, at(0).as_position(), at(0).width, &zone.minute_or_day(Wall(event.at), now), theme.dim);
            put(buf, at(1).as_position(), at(1).width, &format!("{} {}", what(event, own), says(event)), style);
        }
        if selected {
            list::cursor(buf, Rect { y, height: 1, ..area }, theme);
        }
    }
}

/// What the event under the cursor says, below the others; gives what is left for them.
fn draw_selected(buf: &mut Buffer, area: Rect, events: &Events, theme: &Theme) -> Rect {
    let below = Rect { y: area.bottom().saturating_sub(SELECTED), height: SELECTED, ..area }.intersection(area);
    if let Some(event) = events.selected() {
        put(buf, below.as_position(), below.width, &"─".repeat(below.width.into()), theme.dim);
        let text = format!("{} {}  {}", event.id, event.event_type.line(), says(event));
        for (y, line) in (below.top() + 1..below.bottom()).zip(wrap(&text, below.width.into())) {
            put(buf, Position::new(below.x, y), below.width, &line, theme.text);
        }
    }
    Rect { height: area.height.saturating_sub(below.height), ..area }
}

fn more(events: &Events) -> &'static str {
    if events.has_more() { "+" } else { "" }
}

/// Whoever is at the top sees what is new; whoever is not stays where he is.
fn standing(events: &Events, keymap: &Keymap) -> String {
    if events.cursor.at == 0 { "following".into() } else { keymap.fill("{first} follows") }
}

fn why_empty(events: &Events, keymap: &Keymap) -> String {
    match &events.problem {
        Some(why) => {
            let back = keymap.fill("It is tried again by itself; {back} goes back.");
            format!("The history cannot be read: {why}. {back}")
        }
        None if events.was_read => {
            keymap.fill("The service shows no events yet. They come here by themselves; {back} goes back.")
        }
        None => "reading…".into(),
    }
}

/// The task's own events carry a mark, not only a colour.
fn what(event: &HistoryEvent, own: bool) -> String {
    format!("{} {}", if own { '●' } else { ' ' }, event.event_type.line())
}

fn style(event: &HistoryEvent, own: bool, theme: &Theme) -> Style {
    match &event.attributes {
        Attributes::CancelRequested { .. } if own => theme.alarm,
        Attributes::TimedOut { .. } | Attributes::Failed { .. } if own => theme.danger,
        Attributes::ExecutionClosed | Attributes::ExecutionCancelRequested => theme.warn,
        _ if own => theme.title,
        _ => theme.text,
    }
}

/// What the event says, in one line.
pub fn says(event: &HistoryEvent) -> String {
    let parts = event.says.iter().map(|(name, text)| format!("{name} {}", text.line()));
    printable(&parts.collect::<Vec<_>>().join(" · ")).into_owned()
}
