//! Keys for what lies over the panes: help, palette, forms and questions; and the questions about leaving.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::{Wish, act};
use crate::clock::Now;
use crate::console::Command;
use crate::task::ClaimId;
use crate::tui::action::Action;
use crate::tui::confirm::{self, Answer, Confirm, Yes};
use crate::tui::contexts::{Leaving, Picked, Switcher};
use crate::tui::form::{Form, Reply, Submitted};
use crate::tui::keys::Key;
use crate::tui::palette::{Chosen, Entry, Palette};
use crate::tui::state::{Overlay, State};
use crate::tui::targets;
use crate::tui::tasks::Filter;
use crate::tui::view;

pub fn palette_key(state: &mut State, mut palette: Box<Palette>, key: Key, now: Now) -> Option<Wish> {
    match palette.key(key) {
        Chosen::Close => return None,
        Chosen::Open => {}
        Chosen::Do(entry) => match (entry.action().disabled_reason(state), entry) {
            (Some(why), _) => state.refuse(why),
            (None, Entry::Act(action)) => return act(state, action, now),
            (None, Entry::Filter { filter, .. }) => {
                state.tasks.set_filter(Filter::parse(&filter));
                return None;
            }
        },
    }
    state.overlay = Some(Overlay::Palette(palette));
    None
}

pub fn switcher_key(state: &mut State, mut switcher: Switcher, key: Key) -> Option<Wish> {
    match switcher.key(key, state.keymap.action(key), state.around.all.len()) {
        Picked::Open => state.overlay = Some(Overlay::Contexts(switcher)),
        Picked::Close => {}
        Picked::Context(context) => return Some(Wish::Show(context)),
    }
    None
}

/// The wheel over what lies over the panes: as the arrow keys.
pub fn wheel(state: &mut State, direction: Action) -> Option<Wish> {
    match state.overlay.take() {
        Some(Overlay::Help { scroll }) => {
            let max = view::help_scroll_max(state.area, &state.keymap);
            state.overlay = help_key(Some(direction), scroll, max);
        }
        Some(Overlay::Palette(mut palette)) => {
            palette.key(Key::plain(if direction == Action::Up { KeyCode::Up } else { KeyCode::Down }));
            state.overlay = Some(Overlay::Palette(palette));
        }
        Some(Overlay::Contexts(mut switcher)) => {
            let arrow = Key::plain(if direction == Action::Up { KeyCode::Up } else { KeyCode::Down });
            switcher.key(arrow, Some(direction), state.around.all.len());
            state.overlay = Some(Overlay::Contexts(switcher));
        }
        other => state.overlay = other,
    }
    None
}

/// A stop was asked for, by key or by signal.
pub fn suspend(state: &mut State, job: bool) -> Option<Wish> {
    if state.around.several() {
        return Some(Wish::Ask(Leaving::Suspend { job }));
    }
    match confirm::before_suspend(&[("", state)], job) {
        Some(question) => {
            ask(state, question);
            None
        }
        None => Some(Wish::Suspend { job }),
    }
}

/// ctrl-c asks like `q`; a second one in that question means it.
pub fn interrupt(state: &mut State) -> Option<Wish> {
    match &state.overlay {
        Some(Overlay::Confirm(confirm)) if confirm.yes == Yes::Quit => Some(Wish::Quit),
        _ => quit(state),
    }
}

pub fn quit(state: &mut State) -> Option<Wish> {
    if state.around.several() {
        return Some(Wish::Ask(Leaving::Quit));
    }
    match confirm::before_quit(&[("", state)]) {
        Some(question) => {
            ask(state, question);
            None
        }
        None => Some(Wish::Quit),
    }
}

/// Puts a question over whatever is there; Cancel goes back to that.
pub fn ask(state: &mut State, mut question: Confirm) {
    question.back = match state.overlay.take() {
        // Of two questions about leaving, the newer one stands.
        Some(Overlay::Confirm(older)) if matches!(older.yes, Yes::Quit | Yes::Suspend { .. }) => older.back,
        other => other,
    };
    state.overlay = Some(Overlay::Confirm(Box::new(question)));
}

pub fn help_key(action: Option<Action>, scroll: usize, max: usize) -> Option<Overlay> {
    let scroll = match action {
        Some(Action::Down) => scroll + 1,
        Some(Action::Up) => scroll.saturating_sub(1),
        Some(Action::PageDown) => scroll + 10,
        Some(Action::PageUp) => scroll.saturating_sub(10),
        Some(Action::First) => 0,
        Some(Action::Last) => usize::MAX,
        _ => return None,
    };
    Some(Overlay::Help { scroll: scroll.min(max) })
}

pub fn confirm_key(state: &mut State, mut confirm: Box<Confirm>, key: Key) -> Option<Wish> {
    let given = confirm.key(key);
    state.overlay = Some(Overlay::Confirm(confirm));
    answer(state, given)
}

/// The question on the screen is answered.
pub fn answer(state: &mut State, answer: Answer) -> Option<Wish> {
    let confirm = match state.overlay.take() {
        Some(Overlay::Confirm(confirm)) => confirm,
        other => {
            state.overlay = other;
            return None;
        }
    };
    match answer {
        Answer::Open => state.overlay = Some(Overlay::Confirm(confirm)),
        Answer::No => state.overlay = confirm.back,
        Answer::Yes => return confirmed(state, *confirm),
    }
    None
}

/// Does what was confirmed, but not to tasks that have ended while the question stood.
fn confirmed(state: &mut State, confirm: Confirm) -> Option<Wish> {
    let Some((action, claims)) = confirm.about else { return Some(confirm.yes.into()) };
    let why_not = |claim: ClaimId| action.disabled_reason_for(state, state.known(claim).map(AsRef::as_ref));
    let reasons: Vec<String> = claims.iter().filter_map(|claim| why_not(*claim)).collect();
    let wish = match confirm.yes {
        _ if reasons.len() == claims.len() => None,
        Yes::Send(command) => Some(Wish::Send(targets::narrowed(command, |claim| why_not(claim).is_none()))),
        other => Some(other.into()),
    };
    if let Some(why) = reasons.into_iter().next() {
        state.refuse(why);
    }
    wish
}

pub fn form_key(state: &mut State, mut form: Box<Form>, key: Key, now: Now) -> Option<Wish> {
    match form.key(key) {
        Reply::Open => {}
        Reply::Close => return None,
        Reply::Edit => {
            let (text, name) = form.to_edit();
            state.overlay = Some(Overlay::Form(form));
            return Some(Wish::Edit { text, name });
        }
        Reply::Submit => match submit(state, &form, now) {
            Ok(Submitted::Send(command)) => {
                if let Command::Claim { task_list, .. } | Command::AutoClaim { task_list, .. } = &command {
                    state.task_list = Some(task_list.clone());
                }
                return Some(Wish::Send(command));
            }
            Ok(Submitted::Ask(mut question)) => {
                question.about = (!form.claims.is_empty()).then(|| (form.action, form.claims.clone()));
                question.back = Some(Overlay::Form(form));
                state.overlay = Some(Overlay::Confirm(Box::new(question)));
                return None;
            }
            Err(problem) => form.problem = Some(problem),
        },
    }
    state.overlay = Some(Overlay::Form(form));
    None
}

/// The editor outside has ended: what it has left of the text, or why there is none, printable.
pub fn edited(state: &mut State, text: Result<String, String>) {
    if let Some(Overlay::Form(form)) = &mut state.overlay {
        form.edited(text);
    }
}

/// Reads a form against the task as it is now: it may have ended while the form was open.
fn submit(state: &State, form: &Form, now: Now) -> Result<Submitted, String> {
    let (mut able, mut unable) = (Vec::new(), Vec::new());
    for claim in &form.claims {
        let facts = state.known(*claim);
        match (form.action.disabled_reason_for(state, facts.map(AsRef::as_ref)), facts) {
            (None, Some(facts)) => able.push(Arc::clone(facts)),
            (why, _) => unable.push(why.unwrap_or_else(|| "a task is no longer on the list".into())),
        }
    }
    match unable.first() {
        Some(why) if able.is_empty() => Err(why.clone()),
        _ => form.submit(&able, &unable, state.lease, now.wall, state.zone),
    }
}
