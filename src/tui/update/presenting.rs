//! The demo's side: what a presenter's keys order, and what is reported from behind the stage.

use super::super::action::Action;
use super::super::stage;
use super::super::state::{Overlay, State};
use super::super::views::View;
use super::Wish;
use super::moves::open;
use crate::clock::Boot;
use crate::demo::view::{Order, Reports};

/// The service's pane where there is room for it, else its view.
pub fn show_service(state: &mut State) {
    let Some(scene) = &mut state.stage else { return };
    scene.pane = !scene.pane;
    if scene.pane && state.layout().service.is_none() {
        if let Some(scene) = &mut state.stage {
            scene.pane = false;
        }
        open(state, View::Service, None);
    }
}

/// What a key of the presenter's stands for.
pub fn order(state: &mut State, action: Action) -> Option<Order> {
    let task = || state.subject().map(|facts| stage::name_of(facts));
    match action {
        Action::Break(fault) => Some(Order::Set(fault, state.stage.as_mut()?.toggle(fault))),
        Action::StagePause => Some(Order::Pause(!state.stage.as_ref()?.paused)),
        Action::StageCancel => task().map(Order::Cancel),
        Action::StageKill => task().map(Order::Kill),
        Action::StageClose => task().map(Order::Close),
        _ => None,
    }
}

/// Takes what is new behind the demo.
pub fn reports(state: &mut State, mut reports: Reports, now: Boot) {
    let Some(scene) = &mut state.stage else { return };
    scene.take(&mut reports);
    for act in &reports.acts {
        scene.auto.add(act, now);
    }
    if let Some(text) = reports.summary {
        state.overlay = Some(Overlay::Summary(state.keymap.tell(&text)));
    }
}

/// Whether anybody looks at the service now, for the stage, if that has changed.
pub fn watch(state: &mut State) -> Option<Wish> {
    let layout = state.layout();
    let watching = !layout.too_small
        && match state.views.now() {
            View::Tasks => layout.service.is_some(),
            now => now == View::Service,
        };
    state.stage.as_mut()?.watch(watching).map(Wish::Order)
}
