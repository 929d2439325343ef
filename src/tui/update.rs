//! Keys, pastes and news change the state and give commands. Pure: time is an argument, nothing is sent here.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::News;
use super::action::Action;
use super::clipboard::Part;
use super::confirm::{self, Answer, Confirm, Yes};
use super::events::Events;
use super::filtering::{self, Filtering};
use super::form::{Form, Reply, Submitted};
use super::keymap::{Found, written};
use super::keys::Key;
use super::mouse;
use super::palette::{Chosen, Palette};
use super::reads;
use super::stage;
use super::state::{Focus, Message, Overlay, State};
use super::targets::{self, Targets};
use super::tasks::{Filter, Sort};
use super::view;
use super::views::View;
use crate::clock::{Boot, Now};
use crate::console::{Command, Details, Level, TaskFacts};
use crate::demo::view::{Order, Reports};
use crate::task::{ClaimId, length};

/// What the world outside the state has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Hand a command to the engine.
    Send(Command),
    /// Leave the screen.
    Quit,
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
            state.tasks.set_filter(filtering.paste(text));
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

fn palette_key(state: &mut State, mut palette: Box<Palette>, key: Key, now: Now) -> Option<Wish> {
    let action = match palette.key(key) {
        Chosen::Close => return None,
        Chosen::Act(action) if action.disabled_reason(state).is_none() => return act(state, action, now),
        Chosen::Act(action) => Some(action),
        Chosen::Open => None,
    };
    if let Some(why) = action.and_then(|action| action.disabled_reason(state)) {
        state.refuse(why);
    }
    state.overlay = Some(Overlay::Palette(palette));
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
        other => state.overlay = other,
    }
    None
}

/// A stop was asked for, by key or by signal.
pub fn suspend(state: &mut State, job: bool) -> Option<Wish> {
    match confirm::before_suspend(state, job) {
        Some(question) => {
            ask(state, question);
            None
        }
        None => Some(Wish::Suspend { job }),
    }
}

/// ctrl-c asks like `q`; a second one in that question means it.
fn interrupt(state: &mut State) -> Option<Wish> {
    match &state.overlay {
        Some(Overlay::Confirm(confirm)) if confirm.yes == Yes::Quit => Some(Wish::Quit),
        _ => quit(state),
    }
}

fn quit(state: &mut State) -> Option<Wish> {
    match confirm::before_quit(state) {
        Some(question) => {
            ask(state, question);
            None
        }
        None => Some(Wish::Quit),
    }
}

/// Puts a question over whatever is there; Cancel goes back to that.
fn ask(state: &mut State, mut question: Confirm) {
    question.back = match state.overlay.take() {
        // Of two questions about leaving, the newer one stands.
        Some(Overlay::Confirm(older)) if matches!(older.yes, Yes::Quit | Yes::Suspend { .. }) => older.back,
        other => other,
    };
    state.overlay = Some(Overlay::Confirm(Box::new(question)));
}

fn help_key(action: Option<Action>, scroll: usize, max: usize) -> Option<Overlay> {
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

fn confirm_key(state: &mut State, mut confirm: Box<Confirm>, key: Key) -> Option<Wish> {
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

fn form_key(state: &mut State, mut form: Box<Form>, key: Key, now: Now) -> Option<Wish> {
    match form.key(key) {
        Reply::Open => {}
        Reply::Close => return None,
        Reply::Submit => match submit(state, &form, now) {
            Ok(Submitted::Send(command)) => {
                if let Command::Claim { task_list, .. } = &command {
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
        return act_on(state, action);
    }
    match action {
        Action::Claim => claim_form(state),
        Action::StopClaiming => return Some(Wish::Send(Command::StopClaiming)),
        Action::Orphans => return Some(Wish::Send(Command::FindOrphans)),
        Action::Reload => return Some(Wish::Send(Command::ReloadCredentials)),
        Action::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::Quit => return quit(state),
        Action::Palette => state.overlay = Some(Overlay::Palette(Box::default())),
        Action::Copy(part) => return copy(state, part),
        Action::Service => show_service(state),
        _ if action.is_presenters() => return order(state, action).map(Wish::Order),
        Action::Suspend => return suspend(state, /*job*/ true),
        Action::Repaint => return Some(Wish::Repaint),
        Action::Mouse => return Some(mouse::toggle(state)),
        Action::NextPane if state.views.now() == View::Log => state.log.show = state.log.show.next(),
        Action::NextPane => next_pane(state),
        Action::Open if state.views.now() == View::Waiting => claim_form(state),
        Action::Open => open(state, View::Detail, state.subject().map(|facts| facts.id)),
        Action::OpenEvents => open_events(state),
        Action::OpenLog => open_log(state),
        Action::OpenWaiting => open(state, View::Waiting, None),
        Action::OpenClosed => open(state, View::Closed, None),
        Action::Back => back(state),
        Action::Filter => state.overlay = Some(Overlay::Filter(Box::new(Filtering::new(state.tasks.filter().text())))),
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

/// The service's pane where there is room for it, else its view.
fn show_service(state: &mut State) {
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
fn order(state: &State, action: Action) -> Option<Order> {
    let scene = state.stage.as_ref()?;
    let task = || state.subject().map(|facts| stage::name_of(facts));
    match action {
        Action::Break(fault) => Some(Order::Set(fault, scene.active(fault).is_none())),
        Action::StagePause => Some(Order::Pause(!scene.paused)),
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
        state.overlay = Some(Overlay::Summary(text));
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

/// Acts on the marked tasks, or on the one under the cursor.
fn act_on(state: &mut State, action: Action) -> Option<Wish> {
    let targets = match Targets::of(state, action) {
        Ok(targets) => targets,
        Err(why) => {
            state.refuse(why);
            return None;
        }
    };
    if let Some(form) = Form::on_tasks(action, &targets.able, state.lease) {
        state.overlay = Some(Overlay::Form(Box::new(form)));
        return None;
    }
    let command = command_on(targets.claims(), action)?;
    let words = match action {
        Action::Percent(_) => words_replaced(&targets.able),
        _ => None,
    };
    if !targets.marked && words.is_none() {
        return Some(Wish::Send(command));
    }
    let verb = verb(action);
    let with = match action {
        Action::Percent(percent) => format!(" with {percent}%"),
        _ => String::new(),
    };
    let title = format!("{verb} {}{with}?", targets.name());
    let mut lines = if targets.marked { targets.lines() } else { Vec::new() };
    lines.extend(words);
    let about = Some((action, targets.claims()));
    ask(state, Confirm { about, ..Confirm::new(title, lines, verb, Yes::Send(command)) });
    None
}

fn open(state: &mut State, view: View, claim: Option<ClaimId>) {
    state.views.open(view, claim);
    (state.detail_scroll, state.log.scroll) = (0, 0);
}

fn open_events(state: &mut State) {
    let Some(facts) = state.subject().cloned() else { return };
    if state.events.as_ref().is_none_or(|events| events.claim != facts.id) {
        state.events = Some(Events::of(&facts));
    } else if let Some(events) = &mut state.events {
        events.look_soon();
    }
    open(state, View::Events, Some(facts.id));
}

/// From the view of a task, what concerns it; from anywhere else, and a second time, everything.
fn open_log(state: &mut State) {
    let claim = match state.views.now() {
        View::Detail | View::Events => state.views.claim(),
        _ => None,
    };
    state.log.about = claim;
    open(state, View::Log, claim);
}

/// One step back: out of a view, out of a pane, then the filter goes, then the marks.
fn back(state: &mut State) {
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
fn arrange(state: &mut State, action: Action, now: Now) {
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
                state.refuse("nothing is marked: m marks");
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

/// Asks how many tasks to claim, from the selected list if there is one.
fn claim_form(state: &mut State) {
    let Some(status) = &state.status else { return };
    let selected = match state.views.now() {
        View::Waiting => state.waiting.selected().map(|(name, _)| name.clone()),
        _ => None,
    };
    let offered = || Some((status.domain.clone(), state.task_list.clone()?));
    let form = match selected.or_else(offered) {
        Some((domain, task_list)) => Form::claim(domain.raw(), task_list.raw()),
        None => Form::claim(status.domain.raw(), ""),
    };
    state.overlay = Some(Overlay::Form(Box::new(form)));
}

/// The acts on tasks that need to be told nothing.
fn command_on(claims: Vec<ClaimId>, action: Action) -> Option<Command> {
    Some(match action {
        Action::Beat => Command::Beat { claims, details: Details::Same },
        Action::Percent(percent) => Command::Beat { claims, details: Details::New(format!("{percent}%").into()) },
        Action::StopKeeping => Command::StopKeeping { claims },
        Action::GoOn => Command::GoOn { claims },
        Action::Withdraw => Command::WithdrawClose { claim: claims.first().copied()? },
        Action::Dismiss => Command::Dismiss { claims },
        _ => return None,
    })
}

/// What the button of a question says.
fn verb(action: Action) -> &'static str {
    match action {
        Action::Beat | Action::Percent(_) => "Beat",
        Action::StopKeeping => "Stop keeping",
        Action::GoOn => "Go on with",
        Action::Dismiss => "Dismiss",
        _ => "Do it",
    }
}

/// A percentage goes out at once over nothing or another percentage, else it is asked, because it replaces words.
fn words_replaced(tasks: &[Arc<TaskFacts>]) -> Option<String> {
    let words = |facts: &Arc<TaskFacts>| {
        let details = facts.details.as_ref()?;
        (!details.is_empty() && !is_percentage(details.raw())).then(|| details.line().into_owned())
    };
    let mut replaced = tasks.iter().filter_map(words);
    let first = replaced.next()?;
    Some(match replaced.count() {
        0 => format!("It replaces the details {first}"),
        more => format!("It replaces the details {first} and {more} others"),
    })
}

fn is_percentage(text: &str) -> bool {
    let digits = text.trim().strip_suffix('%').map(str::trim_end);
    digits.is_some_and(|digits| (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn next_pane(state: &mut State) {
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
