//! What an act is about: the marked tasks that are shown, or else the one under the cursor.

use std::sync::Arc;

use super::action::Action;
use super::state::State;
use super::views::View;
use crate::console::{Command, TaskFacts};
use crate::task::ClaimId;

/// So many tasks are named before the rest is only counted.
const NAMED: usize = 12;
/// So many marked tasks are looked at to say whether an act makes sense at all.
const LOOKED_AT: usize = 64;

/// The tasks of an act, and what stands against it for others.
#[derive(Debug)]
pub struct Targets {
    /// Those it can be done to; at least one.
    pub able: Vec<Arc<TaskFacts>>,
    /// Why it cannot be done to the others, printable.
    pub unable: Vec<String>,
    /// They were marked: it is asked once for all of them.
    pub marked: bool,
}

impl Targets {
    /// Of an act.
    ///
    /// # Errors
    /// Why it can be done to none of them.
    pub fn of(state: &State, action: Action) -> Result<Self, String> {
        let marked = if counts_marks(state) { state.tasks.marked() } else { Vec::new() };
        if marked.is_empty() {
            let subject = state.subject();
            return match (action.disabled_reason_for(state, subject.map(AsRef::as_ref)), subject) {
                (None, Some(facts)) => Ok(Self { able: vec![Arc::clone(facts)], unable: Vec::new(), marked: false }),
                (Some(why), _) => Err(why),
                (None, None) => Err("there is no task".into()),
            };
        }
        if !action.takes_several() && marked.len() > 1 {
            return Err(one_at_a_time(state, action, marked.len()));
        }
        let (mut able, mut unable) = (Vec::new(), Vec::new());
        for facts in marked {
            match action.disabled_reason_for(state, Some(&facts)) {
                None => able.push(facts),
                Some(why) => unable.push(why),
            }
        }
        match unable.first() {
            Some(why) if able.is_empty() => Err(format!("none of the marked tasks: {why}")),
            _ => Ok(Self { able, unable, marked: true }),
        }
    }

    /// Their ids.
    pub fn claims(&self) -> Vec<ClaimId> {
        self.able.iter().map(|facts| facts.id).collect()
    }

    /// What is done to one task is said of it by name, to several by number.
    pub fn name(&self) -> String {
        name_of(&self.able)
    }

    /// What a question about several tasks says of them: which, and which are left out and why.
    pub fn lines(&self) -> Vec<String> {
        lines_of(&self.able, &self.unable)
    }
}

/// One by name, several by number.
pub fn name_of(tasks: &[Arc<TaskFacts>]) -> String {
    match tasks {
        [one] => one.activity_id.line().into_owned(),
        several => format!("{} tasks", several.len()),
    }
}

/// Which tasks, and which are left out and why.
pub fn lines_of(able: &[Arc<TaskFacts>], unable: &[String]) -> Vec<String> {
    let named = able.iter().take(NAMED).map(|facts| facts.activity_id.line()).collect::<Vec<_>>().join(", ");
    let more = able.len().saturating_sub(NAMED);
    let mut lines = vec![if more > 0 { format!("{named} and {more} more") } else { named }];
    if let Some(why) = unable.first() {
        let others = match unable.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        lines.push(format!("Left out: {why}{others}."));
    }
    lines
}

/// Whether marks count here: only where they are to be seen.
fn counts_marks(state: &State) -> bool {
    state.views.now() == View::Tasks
}

/// Why an act on the marked tasks, or else on the one under the cursor, cannot be done; for the footer, so only the first
/// marked ones are looked at.
pub fn why_not(state: &State, action: Action) -> Option<String> {
    let of_subject = || action.disabled_reason_for(state, state.subject().map(AsRef::as_ref));
    if !action.is_act() || !counts_marks(state) || state.tasks.mark_counts().0 == 0 {
        return of_subject();
    }
    let marked = state.tasks.marked();
    match marked.len() {
        0 => return of_subject(),
        count if count > 1 && !action.takes_several() => return Some(one_at_a_time(state, action, count)),
        _ => {}
    }
    let mut reasons = marked.iter().take(LOOKED_AT).map(|facts| action.disabled_reason_for(state, Some(facts)));
    let first = reasons.next().flatten()?;
    reasons.all(|why| why.is_some()).then(|| format!("none of the marked tasks: {first}"))
}

fn one_at_a_time(state: &State, action: Action, marked: usize) -> String {
    let instead = state.keymap.fill("{unmark} takes the marks away");
    format!("{} is for one task at a time, and {marked} are marked: {instead}", action.name())
}

/// The same command for those tasks only for which it still makes sense.
pub fn narrowed(command: Command, mut stays: impl FnMut(ClaimId) -> bool) -> Command {
    let mut only = |mut claims: Vec<ClaimId>| {
        claims.retain(|claim| stays(*claim));
        claims
    };
    match command {
        Command::Beat { claims, details } => Command::Beat { claims: only(claims), details },
        Command::Keep { claims, length_ms } => Command::Keep { claims: only(claims), length_ms },
        Command::StopKeeping { claims } => Command::StopKeeping { claims: only(claims) },
        Command::Close { claims, outcome } => Command::Close { claims: only(claims), outcome },
        Command::GoOn { claims } => Command::GoOn { claims: only(claims) },
        Command::Note { claims, text, follow_up } => Command::Note { claims: only(claims), text, follow_up },
        Command::Dismiss { claims } => Command::Dismiss { claims: only(claims) },
        other => other,
    }
}
