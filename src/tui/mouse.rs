//! What the mouse does: presses select and choose, the wheel scrolls what is under it. Nothing acts on a task by a press
//! alone but the button of a question that names it, and the entries of the presenter's bar and of hints, which are as
//! good as their keys.

use super::action::Action;
use super::confirm::Answer;
use super::countdown::Moment;
use super::input::{Gesture, Mouse};
use super::state::{Overlay, State};
use super::tasks::Sort;
use super::update::{self, Wish};
use super::view::{self, Hit, Layout};
use super::views::View;
use crate::clock::Now;

/// Lines a notch of the wheel is.
const NOTCH: usize = 3;

/// Takes it.
pub fn mouse(state: &mut State, mouse: Mouse, now: Now) -> Option<Wish> {
    let layout = state.layout();
    // A terminal may send what was under way when the mouse was given back to it.
    if layout.too_small || !state.mouse {
        return None;
    }
    state.tasks.pin(now.boot);
    match mouse.what {
        Gesture::Press => press(state, &layout, mouse, now),
        Gesture::WheelUp => wheel(state, &layout, (mouse, now), Action::Up),
        Gesture::WheelDown => wheel(state, &layout, (mouse, now), Action::Down),
    }
}

fn press(state: &mut State, layout: &Layout, mouse: Mouse, now: Now) -> Option<Wish> {
    if let Some(Overlay::Confirm(question)) = &state.overlay {
        let button = view::button_at(layout.over, question, mouse.at)?;
        let answer = if button { Answer::Yes } else { Answer::No };
        return update::answer(state, answer);
    }
    if state.overlay.is_some() {
        return None;
    }
    let hit = view::hit(layout, state, mouse.at, Moment::new(now));
    state.pressed.clear();
    match hit {
        Hit::Line(line) => match state.views.now() {
            View::Tasks => {
                state.focus = super::state::Focus::Tasks;
                state.tasks.select_in_view(line);
                state.detail_scroll = 0;
            }
            View::Closed => state.closed.cursor.at = state.closed.cursor.offset + line,
            View::Waiting => state.waiting.cursor.at = state.waiting.cursor.offset + line,
            _ => {}
        },
        Hit::Head(by) => {
            let sort = state.tasks.sort();
            let reversed = sort.by == by && !sort.reversed;
            state.tasks.set_sort(Sort { by, reversed });
        }
        Hit::Pane(focus) => state.focus = focus,
        Hit::Entry(action) => return update::act(state, action, now),
        Hit::Nothing => {}
    }
    None
}

/// Scrolls what is under the pointer, wherever the focus is.
fn wheel(state: &mut State, layout: &Layout, (mouse, now): (Mouse, Now), direction: Action) -> Option<Wish> {
    if state.overlay.is_some() {
        return update::wheel(state, direction);
    }
    let focus = state.focus;
    if let (View::Tasks, Hit::Pane(under)) = (state.views.now(), view::hit(layout, state, mouse.at, Moment::new(now))) {
        state.focus = under;
    }
    for _ in 0..NOTCH {
        update::scroll(state, direction);
    }
    state.focus = focus;
    None
}

/// Takes the mouse, or leaves it to the terminal.
pub fn toggle(state: &mut State) -> Wish {
    state.mouse = !state.mouse;
    state.refuse(if state.mouse { "the mouse acts here" } else { "the mouse is the terminal's: it selects text" });
    Wish::Mouse
}
