//! Keys, pastes and news change the state and give commands. Pure: time is an argument, nothing is sent here.
//!
//! Here: what comes in, and which action a key stands for. Acts on tasks are in `acts`, going about in `moves`, keys for
//! what lies over the panes in `over`, what a presenter does in `presenting`.

mod acts;
mod moves;
mod over;
mod presenting;

use crossterm::event::KeyCode;

use super::News;
use super::action::Action;
use super::clipboard::Part;
use super::confirm::Yes;
use super::contexts::{Leaving, Switcher};
use super::filtering::{self, Filtering};
use super::keymap::{Found, written};
use super::keys::Key;
use super::mouse;
use super::palette::Palette;
use super::reads;
use super::state::{Message, Overlay, State};
use super::view;
use super::views::View;
use crate::clock::{Boot, Now};
use crate::console::{Command, Level, TaskFacts};
use crate::demo::view::Order;
use crate::task::length;

use acts::{act_on, claim_form};
use moves::{arrange, back, next_pane, open, open_events, open_log};
use over::{confirm_key, form_key, help_key, interrupt, palette_key, quit, switcher_key};
use presenting::{order, show_service};

pub use moves::scroll;
pub use over::{answer, ask, edited, suspend, wheel};
pub use presenting::{reports, watch};

/// What the world outside the state has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Hand a command to the engine.
    Send(Command),
    /// Leave the screen.
    Quit,
    /// Ask before that, or before a stop, about all contexts.
    Ask(Leaving),
    /// Show another context.
    Show(usize),
    /// Stop until `fg`, with the whole job or only this process.
    Suspend {
        /// The whole job.
        job: bool,
    },
    /// Draw every cell anew.
    Repaint,
    /// Take the mouse, or leave it to the terminal, as the state says.
    Mouse,
    /// Put a text on the clipboard.
    Copy(String),
    /// Hand an order to the stage behind the demo.
    Order(Order),
    /// Have a text of a form edited outside; [`edited`] takes what comes of it.
    Edit {
        /// The text.
        text: String,
        /// What it is called.
        name: &'static str,
    },
}

impl From<Yes> for Wish {
    fn from(yes: Yes) -> Self {
        match yes {
            Yes::Send(command) => Self::Send(command),
            Yes::Quit => Self::Quit,
            Yes::Suspend { job } => Self::Suspend { job },
        }
    }
}

/// Takes news.
pub fn news(state: &mut State, news: News, now: Boot) {
    for facts in news.changed {
        state.closed.update(&facts);
        look_soon(state, &facts);
        let broken = state.tasks.update(facts, now);
        state.moving_again(broken.as_deref(), now);
    }
    for id in news.removed {
        state.tasks.remove(id);
    }
    state.tasks.select_first_if_free(now);
    if let Some(status) = news.status {
        state.status = Some(status);
    }
    for line in news.log {
        state.log(line, now);
    }
    for call in news.calls {
        state.log.call(call);
    }
    for (query, read) in news.read {
        reads::take(state, query, read, now);
    }
}

/// What happened to a task whose events are open is in its history soon.
fn look_soon(state: &mut State, facts: &TaskFacts) {
    let before = state.known(facts.id).map(|before| (before.state.clone(), before.cancel));
    if let Some(events) = state.events.as_mut().filter(|events| events.claim == facts.id)
        && before != Some((facts.state.clone(), facts.cancel))
    {
        events.look_soon();
    }
}

/// What the view on top wants to read now: to be sent, and asked again after the next change or tick.
pub fn reads(state: &mut State, now: Boot) -> Option<Wish> {
    let (query, what) = reads::wanted(state, now)?;
    Some(Wish::Send(Command::Read { query, what }))
}

/// Takes a pasted text. Outside a form it is not taken for keys.
pub fn paste(state: &mut State, text: &str) {
    let taken = match &mut state.overlay {
        Some(Overlay::Form(form)) => form.paste(text),
        Some(Overlay::Palette(palette)) => {
            palette.paste(text);
            true
        }
        Some(Overlay::Filter(filtering)) => {
            state.tasks.set_filter(filtering.paste(text, &state.filters));
            true
        }
        _ => false,
    };
    if !taken {
        state.refuse("a paste was ignored: it counts as text only in a form, and never as keys");
    }
}

/// The same key again within so many milliseconds is held down, not pressed: that shows nobody's presence.
const REPEAT_MS: i64 = 120;

/// Takes a key.
pub fn key(state: &mut State, key: Key, now: Now) -> Option<Wish> {
    let before = state.last_key.replace((key, now.boot));
    state.repeated = before.is_some_and(|(last, at)| last == key && now.boot - at < REPEAT_MS);
    if state.message.as_ref().is_some_and(|message| message.stays_until <= now.boot) {
        state.message = None;
    }
    // The way out works everywhere.
    if [Key::ctrl('z'), Key::ctrl('l'), Key::ctrl('c')].contains(&key) {
        state.pressed.clear();
    }
    match key {
        _ if key == Key::ctrl('z') => return suspend(state, /*job*/ true),
        _ if key == Key::ctrl('l') => return Some(Wish::Repaint),
        _ if key == Key::ctrl('c') => return interrupt(state),
        _ => {}
    }
    let too_small = state.layout().too_small;
    if too_small && state.keymap.action(key) != Some(Action::Quit) {
        // Nobody sees what it would do.
        return None;
    }
    state.tasks.pin(now.boot);
    match state.overlay.take() {
        Some(Overlay::Help { scroll }) => {
            let max = view::help_scroll_max(state.area, &state.keymap);
            state.overlay = help_key(state.keymap.action(key), scroll, max);
            None
        }
        Some(Overlay::Form(form)) => form_key(state, form, key, now),
        Some(Overlay::Confirm(confirm)) => confirm_key(state, confirm, key),
        Some(Overlay::Palette(palette)) => palette_key(state, palette, key, now),
        // Any key puts it away, and does nothing else.
        Some(Overlay::Summary(_)) => None,
        None => chord(state, key, now),
        Some(Overlay::Filter(filtering)) => {
            filtering::key(state, filtering, key);
            None
        }
        Some(Overlay::Contexts(switcher)) => switcher_key(state, switcher, key),
    }
}

/// One key more of those that belong together; mostly the only one.
fn chord(state: &mut State, key: Key, now: Now) -> Option<Wish> {
    state.pressed.push(key);
    match state.keymap.find(&state.pressed) {
        Found::Prefix => None,
        Found::Action(action) => {
            state.pressed.clear();
            act(state, action, now)
        }
        Found::Nothing => {
            let pressed = std::mem::take(&mut state.pressed);
            if pressed.len() > 1 && key.code != KeyCode::Esc {
                state.refuse(format!("{} does nothing", written(&pressed)));
            }
            None
        }
    }
}

/// Does what a key stands for, or says why not.
pub fn act(state: &mut State, action: Action, now: Now) -> Option<Wish> {
    if let Some(why) = action.disabled_reason(state) {
        state.refuse(why);
        return None;
    }
    if state.repeated && action.renews() {
        return None;
    }
    if action.is_act() {
        return act_on(state, action, now.wall);
    }
    match action {
        Action::Claim | Action::AutoClaim => claim_form(state, action),
        Action::StopClaiming => return Some(Wish::Send(Command::StopClaiming)),
        Action::Orphans => return Some(Wish::Send(Command::FindOrphans)),
        Action::Reload => return Some(Wish::Send(Command::ReloadCredentials)),
        Action::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::Quit => return quit(state),
        Action::Palette => state.overlay = Some(Overlay::Palette(Box::new(Palette::new(&state.filters)))),
        Action::Copy(part) => return copy(state, part),
        Action::Service => show_service(state),
        _ if action.is_presenters() => return order(state, action).map(Wish::Order),
        Action::Suspend => return suspend(state, /*job*/ true),
        Action::Repaint => return Some(Wish::Repaint),
        Action::Mouse => return Some(mouse::toggle(state)),
        Action::NextPane if state.views.now() == View::Log => state.log.show = state.log.show.next(),
        Action::NextPane => next_pane(state),
        Action::Open if state.views.now() == View::Waiting => claim_form(state, Action::Claim),
        Action::Open => open(state, View::Detail, state.subject().map(|facts| facts.id)),
        Action::OpenEvents => open_events(state),
        Action::OpenLog => open_log(state),
        Action::OpenWaiting => open(state, View::Waiting, None),
        Action::OpenClosed => {
            state.closed.open();
            open(state, View::Closed, None);
        }
        Action::Back => back(state),
        Action::Contexts => state.overlay = Some(Overlay::Contexts(Switcher::new(&state.around))),
        Action::Filter => {
            let filtering = Filtering::new(state.tasks.filter().text(), &state.filters);
            state.overlay = Some(Overlay::Filter(Box::new(filtering)));
        }
        Action::Mark
        | Action::MarkRange
        | Action::MarkAll
        | Action::MarkInvert
        | Action::Unmark
        | Action::Sort
        | Action::SortReverse
        | Action::Follow
        | Action::Freeze => arrange(state, action, now),
        _ => scroll(state, action),
    }
    None
}

/// Whether it gets there is the terminal's business, which does not say.
fn copy(state: &mut State, part: Part) -> Option<Wish> {
    let (name, text) = state.subject().and_then(|facts| Some((facts.activity_id.line(), part.of(facts)?)))?;
    let text = text.to_owned();
    let said = format!("{} of {name} is sent to the clipboard, {} characters", part.name(), length(&text));
    state.message = Some(Message { level: Level::Info, text: said, stays_until: Boot(0) });
    Some(Wish::Copy(text))
}
