//! The closed tasks: when, how, which, and what is known of why.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Layout;
use super::list::{self, Width};
use super::paint::put;
use super::table::{ended_text, ended_word};
use crate::console::{TaskFacts, TaskState};
use crate::tui::countdown::Moment;
use crate::tui::state::State;
use crate::tui::theme::Theme;

/// From 80 cells on there is room for the activity type.
const WIDE: u16 = 80;

/// Draws the view.
pub fn draw(buf: &mut Buffer, layout: &Layout, state: &State, theme: &Theme, moment: Moment) {
    let closed = &state.closed;
    let title = match closed.len() {
        0 => "Closed".into(),
        len => {
            let more = if closed.has_more() { "+" } else { "" };
            format!("Closed, newest first {} of {len}{more}", closed.cursor.at + 1)
        }
    };
    let problem = closed.problem().map_or_else(String::new, |why| format!("older ones cannot be read: {why}"));
    let area = list::frame(buf, layout, &title, &problem, theme);
    if closed.len() == 0 {
        let text = state.keymap.fill(
            "Nothing has ended yet, or it is longer ago than the journal keeps. Tasks that end are here with the reason, \
             also after {dismiss} took them off the list. {back} goes back.",
        );
        list::empty(buf, area, &text, theme);
        return;
    }
    let wide = area.width >= WIDE;
    let widths: &[Width] = if wide {
        &[Width::Cells(11), Width::Cells(13), Width::Parts(3), Width::Parts(3), Width::Parts(5)]
    } else {
        &[Width::Cells(5), Width::Cells(1), Width::Parts(2), Width::Parts(3)]
    };
    let places = list::columns(area, widths);
    let names: &[&str] = if wide { &["ENDED", "STATE", "ACTIVITY", "ID", "HOW"] } else { &["ENDED", "", "ID", "HOW"] };
    let heads: Vec<_> = names.iter().copied().zip(places.iter().copied()).collect();
    let lines = list::heads(buf, area, layout, &heads, theme);
    for (y, (facts, selected)) in (lines.top()..lines.bottom()).zip(closed.in_view()) {
        let texts = texts(facts, state, moment, wide);
        for (text, place) in texts.iter().zip(&places) {
            put(buf, Rect { y, ..*place }.as_position(), place.width, text, theme.text);
        }
        if selected {
            list::cursor(buf, Rect { y, height: 1, ..area }, theme);
        }
    }
}

fn texts(facts: &TaskFacts, state: &State, moment: Moment, wide: bool) -> Vec<String> {
    let TaskState::Ended { verdict, at } = &facts.state else { return Vec::new() };
    let word = ended_word(verdict);
    let how = ended_text(facts).unwrap_or_default();
    let id = facts.activity_id.line().into_owned();
    if !wide {
        // Of the state's words only the glyph has room, so the last column says them.
        let (glyph, words) = word.split_once(' ').unwrap_or((word, ""));
        return vec![state.zone.minute_or_day(*at, moment.now.wall), glyph.to_owned(), id, format!("{words}: {how}")];
    }
    let activity_type = &facts.activity_type;
    let activity = format!("{} {}", activity_type.name.line(), activity_type.version.line());
    vec![state.zone.clock_or_day(*at, moment.now.wall), word.to_owned(), activity, id, how]
}
