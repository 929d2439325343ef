//! The task lists: what waits in each, what is being claimed, what is held from it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Layout;
use super::list::{self, Width};
use super::paint::{put, put_right};
use crate::tui::state::State;
use crate::tui::theme::Theme;

/// From 64 cells on there is room for the domain.
const WIDE: u16 = 64;

/// Draws the view.
pub fn draw(buf: &mut Buffer, layout: &Layout, state: &State, theme: &Theme) {
    let waiting = &state.waiting;
    let problem = match waiting.selected().and_then(|(_, list)| list.waiting.as_ref()) {
        Some(Err(why)) => format!("not counted: {why}"),
        _ => String::new(),
    };
    let area = list::frame(buf, layout, "Waiting in task lists", &problem, theme);
    if waiting.len() == 0 {
        let text = state.keymap.fill(
            "No task list is known yet: SWF has no list of them. {claim} asks for a name to claim from; --task-list names \
             one at the start. {back} goes back.",
        );
        list::empty(buf, area, &text, theme);
        return;
    }
    let wide = area.width >= WIDE;
    let numbers = [Width::Cells(8), Width::Cells(8), Width::Cells(6)];
    let names: &[Width] = if wide { &[Width::Parts(3), Width::Parts(2)] } else { &[Width::Parts(1)] };
    let places = list::columns(area, &[names, &numbers].concat());
    let heads: &[&str] = if wide {
        &["TASK LIST", "DOMAIN", " WAITING", "CLAIMING", "  HELD"]
    } else {
        &["TASK LIST", " WAITING", "CLAIMING", "  HELD"]
    };
    let heads: Vec<_> = heads.iter().copied().zip(places.iter().copied()).collect();
    let lines = list::heads(buf, area, layout, &heads, theme);
    for (y, ((domain, name), list, selected)) in (lines.top()..lines.bottom()).zip(waiting.in_view()) {
        let at = |index: usize| Rect { y, ..places[index] };
        put(buf, at(0).as_position(), at(0).width, &name.line(), theme.text);
        if wide {
            put(buf, at(1).as_position(), at(1).width, &domain.line(), theme.dim);
        }
        let count = match &list.waiting {
            Some(Ok((count, more))) => format!("{count}{}", if *more { "+" } else { "" }),
            Some(Err(_)) | None => "unknown".into(),
        };
        let some = |number: usize| if number == 0 { String::new() } else { number.to_string() };
        let wanted = list.below.map_or_else(|| some(list.wanted as usize), |below| format!("hold {below}"));
        let texts = [count, wanted, some(list.held)];
        for (index, text) in (names.len()..).zip(texts) {
            put_right(buf, at(index), &text, theme.text);
        }
        if selected {
            list::cursor(buf, Rect { y, height: 1, ..area }, theme);
        }
    }
}
