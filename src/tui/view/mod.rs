//! Drawing: pure functions of state, theme and moment into a buffer. Nothing is remembered here, nothing decided.
//!
//! Foreign text arrives printable (`Foreign::line`); here it is only cut to width, between graphemes.

mod bar;
mod closed;
mod confirm;
mod contexts;
mod detail;
mod events;
mod filter;
mod footer;
mod form;
mod header;
mod help;
mod hints;
mod hit;
mod layout;
mod list;
mod log;
mod message;
pub(super) mod paint;
mod palette;
mod record;
mod service;
mod story;
mod table;
mod waiting;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::countdown::Moment;
use super::keymap::Keymap;
use super::state::{Overlay, State};
use super::theme::Theme;
use super::views::View;
use crate::console::TaskFacts;

pub use bar::BAR_WIDTH;
pub use confirm::button_at;
pub use help::key_table;
pub use hit::{Hit, hit};
pub use layout::{Layout, MIN_HEIGHT, MIN_WIDTH, Shape};
#[cfg(test)]
pub use paint::width as cells;
pub use service::{clock_lines, event_line};
pub use story::caption_lines;
pub use table::{ended_text, state_word};

/// Draws one frame; says where the cursor is to be shown, if anywhere.
pub fn draw(buf: &mut Buffer, state: &State, theme: &Theme, moment: Moment) -> Option<Position> {
    let layout = state.layout();
    if layout.too_small {
        too_small(buf, state.area, theme);
        return None;
    }
    header::draw(buf, layout.header, state, theme, moment);
    match state.views.now() {
        View::Tasks => panes(buf, &layout, state, theme, moment),
        View::Detail => detail::draw_full(buf, &layout, state, theme, moment),
        View::Events => events::draw(buf, &layout, state, theme, moment),
        View::Log => log::draw_full(buf, &layout, state, theme),
        View::Waiting => waiting::draw(buf, &layout, state, theme),
        View::Closed => closed::draw(buf, &layout, state, theme, moment),
        View::Service => service::draw_full(buf, &layout, state, theme, moment),
    }
    story::draw(buf, &layout, state, theme, moment);
    message::draw(buf, layout.message, state, theme, moment);
    footer::draw(buf, layout.footer, state, theme);
    match &state.overlay {
        None => {
            if !state.pressed.is_empty() {
                hints::draw(buf, layout.over, state, theme);
            }
            None
        }
        Some(Overlay::Palette(palette)) => palette::draw(buf, layout.over, palette, state, theme),
        Some(Overlay::Contexts(switcher)) => {
            contexts::draw(buf, layout.over, *switcher, &state.around, theme);
            None
        }
        Some(Overlay::Summary(text)) => {
            story::draw_summary(buf, layout.over, text, state, theme);
            None
        }
        Some(Overlay::Help { scroll }) => {
            help::draw(buf, layout.over, *scroll, &state.keymap, theme);
            None
        }
        Some(Overlay::Form(form)) => {
            let note = form.note(state.lease, moment.now.wall, state.zone);
            form::draw(buf, layout.over, form, note, theme)
        }
        Some(Overlay::Filter(filtering)) => Some(filter::draw(buf, layout.message, filtering, state, theme)),
        Some(Overlay::Confirm(question)) => {
            confirm::draw(buf, layout.over, question, theme);
            None
        }
    }
}

/// The task table, with the selected task and the log below.
fn panes(buf: &mut Buffer, layout: &Layout, state: &State, theme: &Theme, moment: Moment) {
    table::draw(buf, layout, state, theme, moment);
    if let Some(area) = layout.detail {
        detail::draw(buf, area, layout, state, theme, moment);
    }
    if let Some(area) = layout.log {
        log::draw(buf, area, layout, state, theme);
    }
    if let Some(area) = layout.service {
        service::draw_pane(buf, area, layout, state, theme, moment);
    }
}

/// How far the help can be scrolled.
pub fn help_scroll_max(area: Rect, keymap: &Keymap) -> usize {
    help::scroll_max(Layout::of(area, Shape::default()).over, keymap)
}

/// Everything known of a task in lines of any length, each with what it is about in front.
pub fn detail_lines(facts: &TaskFacts, state: &State, moment: Moment) -> Vec<String> {
    detail::lines(facts, state, moment)
}

/// How far the details can be scrolled, in the pane or in their own view.
pub fn detail_scroll_max(state: &State, layout: &Layout, moment: Moment) -> usize {
    detail::scroll_max(state, layout, moment)
}

pub(super) fn too_small(buf: &mut Buffer, area: Rect, theme: &Theme) {
    let text = format!("terminal too small (need {MIN_WIDTH}x{MIN_HEIGHT})");
    for (row, line) in (area.top()..area.bottom()).zip(paint::wrap(&text, area.width.into())) {
        paint::put(buf, Position::new(area.x, row), area.width, &line, theme.warn);
    }
}
