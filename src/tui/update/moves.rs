//! Going about: between views and panes, up and down, and what is about the list and not about a task.

use crate::clock::Now;
use crate::console::Level;
use crate::task::ClaimId;
use crate::tui::action::Action;
use crate::tui::events::Events;
use crate::tui::state::{Focus, Message, State};
use crate::tui::tasks::{Filter, Sort};
use crate::tui::views::View;

pub fn open(state: &mut State, view: View, claim: Option<ClaimId>) {
    state.views.open(view, claim);
    (state.detail_scroll, state.log.scroll) = (0, 0);
}

pub fn open_events(state: &mut State) {
    let Some(facts) = state.subject().cloned() else { return };
    if state.events.as_ref().is_none_or(|events| events.claim != facts.id) {
        state.events = Some(Events::of(&facts));
    } else if let Some(events) = &mut state.events {
        events.look_soon();
    }
    open(state, View::Events, Some(facts.id));
}

/// From the view of a task, what concerns it; from anywhere else, and a second time, everything.
pub fn open_log(state: &mut State) {
    let claim = match state.views.now() {
        View::Detail | View::Events => state.views.claim(),
        _ => None,
    };
    state.log.about = claim;
    open(state, View::Log, claim);
}

/// One step back: out of a view, out of a pane, then the filter goes, then the marks.
pub fn back(state: &mut State) {
    if state.views.back() {
        (state.detail_scroll, state.log.scroll) = (0, 0);
    } else if state.focus != Focus::Tasks {
        state.focus = Focus::Tasks;
    } else if !state.tasks.filter().is_empty() {
        state.tasks.set_filter(Filter::default());
    } else {
        state.tasks.unmark_all();
    }
}

/// What is about the list and not about a task.
pub fn arrange(state: &mut State, action: Action, now: Now) {
    let tasks = &mut state.tasks;
    let sort = tasks.sort();
    match action {
        Action::Mark => tasks.toggle_mark(),
        Action::MarkRange => tasks.mark_range(),
        Action::MarkAll => tasks.mark_all(),
        Action::MarkInvert => tasks.invert_marks(),
        Action::Unmark => {
            let had_some = tasks.unmark_all();
            if !had_some {
                state.refuse(state.keymap.fill("nothing is marked: {mark} marks"));
            }
        }
        Action::Sort => tasks.set_sort(Sort { by: sort.by.next(), reversed: false }),
        Action::SortReverse => tasks.set_sort(Sort { reversed: !sort.reversed, ..sort }),
        Action::Follow => {
            let holds = !tasks.holds_row();
            tasks.hold_row(holds);
            let text = if holds { "the cursor stays in its row" } else { "the cursor follows its task" };
            state.message = Some(Message { level: Level::Info, text: text.into(), stays_until: now.boot });
        }
        Action::Freeze if tasks.frozen().is_some() => tasks.thaw(),
        Action::Freeze => tasks.freeze(now.wall),
        _ => {}
    }
}

pub fn next_pane(state: &mut State) {
    state.focus = match state.focus {
        Focus::Tasks => Focus::Detail,
        Focus::Detail => Focus::Log,
        Focus::Log => Focus::Tasks,
    };
}

/// Moves in the pane that has the focus.
pub fn scroll(state: &mut State, action: Action) {
    let layout = state.layout();
    let page = match (state.views.now(), state.focus) {
        (View::Tasks, Focus::Tasks) => layout.table_rows(),
        (View::Tasks, Focus::Detail) => layout.detail_rows(),
        (View::Tasks, Focus::Log) => layout.log_rows(),
        _ => layout.body_rows(),
    };
    let page = page.saturating_sub(1).max(1).cast_signed();
    let rows = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::First => isize::MIN,
        Action::Last => isize::MAX,
        _ => return,
    };
    match (state.views.now(), state.focus) {
        (View::Tasks, Focus::Tasks) => {
            state.tasks.move_by(rows);
            state.detail_scroll = 0;
        }
        (View::Tasks, Focus::Detail) | (View::Detail, _) => {
            state.detail_scroll = state.detail_scroll.saturating_add_signed(rows);
        }
        (View::Tasks, Focus::Log) | (View::Log, _) => {
            let scroll =
                if state.views.now() == View::Log { &mut state.log.scroll } else { &mut state.log.pane_scroll };
            *scroll = scroll.saturating_add_signed(rows);
        }
        (View::Events, _) => {
            if let Some(events) = &mut state.events {
                events.cursor.move_by(rows, events.len());
            }
        }
        (View::Closed, _) => state.closed.cursor.move_by(rows, state.closed.len()),
        (View::Waiting, _) => state.waiting.cursor.move_by(rows, state.waiting.len()),
        (View::Service, _) => {
            if let Some(scene) = &mut state.stage {
                scene.cursor.move_by(rows, scene.events.len());
            }
        }
    }
}
