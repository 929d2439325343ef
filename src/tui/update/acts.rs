//! Acts on tasks: at once, or by a form, or after a question.

use std::sync::Arc;

use super::Wish;
use super::over::ask;
use crate::clock::Wall;
use crate::console::{Command, Details, TaskFacts};
use crate::task::ClaimId;
use crate::tui::action::Action;
use crate::tui::confirm::{Confirm, Yes};
use crate::tui::form::Form;
use crate::tui::state::{Overlay, State};
use crate::tui::targets::Targets;
use crate::tui::views::View;

/// Acts on the marked tasks, or on the one under the cursor.
pub fn act_on(state: &mut State, action: Action, now: Wall) -> Option<Wish> {
    let targets = match Targets::of(state, action) {
        Ok(targets) => targets,
        Err(why) => {
            state.refuse(why);
            return None;
        }
    };
    if let Some(form) = Form::on_tasks(action, &targets.able, state.lease, now, state.zone) {
        let form = form.with_templates(&state.templates, &targets.able);
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

/// Asks how many tasks to claim, from the selected list if there is one.
pub fn claim_form(state: &mut State, action: Action) {
    let Some(status) = &state.status else { return };
    let selected = match state.views.now() {
        View::Waiting => state.waiting.selected().map(|(name, _)| name.clone()),
        _ => None,
    };
    let offered = || Some((status.domain.clone(), state.task_list.clone()?));
    let (domain, task_list) = selected.or_else(offered).unwrap_or_else(|| (status.domain.clone(), "".into()));
    let form = match action {
        Action::AutoClaim => Form::auto_claim(domain.raw(), task_list.raw(), state.lease),
        _ => Form::claim(domain.raw(), task_list.raw()),
    };
    state.overlay = Some(Overlay::Form(Box::new(form)));
}
