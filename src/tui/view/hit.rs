//! What is at a place on the screen, for the mouse.

use ratatui::layout::{Position, Rect};

use super::Layout;
use super::table;
use super::{bar, hints};
use crate::tui::action::Action;
use crate::tui::countdown::Moment;
use crate::tui::state::{Focus, State};
use crate::tui::tasks::SortBy;
use crate::tui::views::View;

/// What a press meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// A line of the list in view, from 0.
    Line(usize),
    /// The head of a column, that the list can be sorted by.
    Head(SortBy),
    /// A pane of the task view, outside its lines.
    Pane(Focus),
    /// Something that is called by name there, as good as its key.
    Entry(Action),
    /// Nothing that takes a press.
    Nothing,
}

/// What is there; nothing lies over the panes but hints.
pub fn hit(layout: &Layout, state: &State, at: Position, moment: Moment) -> Hit {
    if let Some(hit) = hints::hit(layout.over, state, at) {
        return hit;
    }
    if let Some(action) = bar::action_at(layout, state, at, moment) {
        return Hit::Entry(action);
    }
    let (list, lines) = match state.views.now() {
        View::Tasks => (layout.table, state.tasks.in_view(layout.table_rows()).count()),
        View::Closed => (layout.body, state.closed.len()),
        View::Waiting => (layout.body, state.waiting.len()),
        _ => return Hit::Nothing,
    };
    let inside = layout.inside(list);
    let heads = u16::from(layout.boxed);
    let area = Rect { y: inside.y + heads, height: inside.height.saturating_sub(heads), ..inside };
    if area.contains(at) {
        let line = usize::from(at.y - area.y);
        return if line < lines { Hit::Line(line) } else { Hit::Pane(Focus::Tasks) };
    }
    if state.views.now() != View::Tasks {
        return Hit::Nothing;
    }
    if let Some(by) = table::head_at(layout, state, at) {
        return Hit::Head(by);
    }
    let panes = [(Some(layout.table), Focus::Tasks), (layout.detail, Focus::Detail), (layout.log, Focus::Log)];
    let pane = panes.into_iter().find(|(pane, _)| pane.is_some_and(|pane| pane.contains(at)));
    pane.map_or(Hit::Nothing, |(_, focus)| Hit::Pane(focus))
}
