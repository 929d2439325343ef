//! What a filled-in form asks for: a command, or first a question, or what is wrong with it.

use super::length;
use super::{Action, Body, Form};
use crate::clock::Wall;
use crate::console::{Command, Details, LeaseTerms, TaskFacts};
use crate::task::{Limit, Outcome, TimeoutKind, check_length};
use crate::text::Foreign;
use crate::tui::Zone;
use crate::tui::confirm::{Confirm, Yes};

/// The most tasks wanted from one list at a time.
const MOST_WANTED: u32 = 1_000;

/// What a form turns into.
#[derive(Debug)]
pub enum Submitted {
    /// A command to send now.
    Send(Command),
    /// A question first.
    Ask(Confirm),
}

impl Form {
    /// Reads the form. `facts` are those of its task, if it is about one.
    ///
    /// # Errors
    /// What is wrong with it, printable.
    pub fn submit(
        &self,
        facts: Option<&TaskFacts>,
        lease: LeaseTerms,
        now: Wall,
        zone: Zone,
    ) -> Result<Submitted, String> {
        self.check_lengths()?;
        match (self.action, facts) {
            (Action::Claim, _) => self.claim_command().map(Submitted::Send),
            (Action::Details, Some(facts)) => self.beat_command(facts).map(Submitted::Send),
            (Action::Keep, Some(facts)) => self.keep_command(facts, lease, now, zone).map(Submitted::Send),
            (Action::SetTimeout, Some(facts)) => self.timeout_command(facts).map(Submitted::Send),
            (Action::Complete | Action::Fail | Action::Cancel, Some(facts)) => {
                Ok(Submitted::Ask(close_question(facts, self.outcome())))
            }
            _ => Err("this task is no longer on the list".into()),
        }
    }

    fn check_lengths(&self) -> Result<(), String> {
        for field in &self.fields {
            if let Body::Text(editor) = &field.body {
                check_length(field.label, &editor.text(), editor.limit).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    fn text(&self, field: usize) -> String {
        match &self.fields[field].body {
            Body::Text(editor) => editor.text(),
            Body::Choice { .. } => String::new(),
        }
    }

    /// A text that may be left out.
    fn payload(&self, field: usize) -> Option<Foreign> {
        let text = self.text(field);
        (!text.is_empty()).then(|| text.into())
    }

    fn beat_command(&self, facts: &TaskFacts) -> Result<Command, String> {
        let details =
            self.payload(0).ok_or("no details: write some, or send the last ones again with space in the list")?;
        Ok(Command::Beat { claims: vec![facts.id], details: Details::New(details) })
    }

    fn keep_command(&self, facts: &TaskFacts, lease: LeaseTerms, now: Wall, zone: Zone) -> Result<Command, String> {
        let text = self.text(0);
        if text.trim() != "stop" {
            let length_ms = length::parse(&text, lease.longest_ms, now, zone)?;
            return Ok(Command::Keep { claims: vec![facts.id], length_ms });
        }
        match facts.lease {
            Some(_) => Ok(Command::StopKeeping { claims: vec![facts.id] }),
            None => Err("it is not kept alive".into()),
        }
    }

    fn timeout_command(&self, facts: &TaskFacts) -> Result<Command, String> {
        let limit =
            Limit::parse(self.text(1).trim().to_ascii_uppercase().as_str()).map_err(|error| error.to_string())?;
        let kind = self.chosen().ok_or("no timeout is chosen")?;
        Ok(Command::SetTimeout { claim: facts.id, kind, limit })
    }

    fn chosen(&self) -> Option<TimeoutKind> {
        self.fields.iter().find_map(|field| match &field.body {
            Body::Choice { options, at } => options.get(*at).copied(),
            Body::Text(_) => None,
        })
    }

    fn claim_command(&self) -> Result<Command, String> {
        let name = |field: usize| match self.text(field).trim() {
            "" => Err(format!("no {}: write its name", self.fields[field].label)),
            name => Ok(Foreign::from(name)),
        };
        let wanted = self.text(2).trim().parse().ok().filter(|wanted| (1..=MOST_WANTED).contains(wanted));
        let wanted = wanted.ok_or("how many is a number from 1 to 1000")?;
        Ok(Command::Claim { domain: name(0)?, task_list: name(1)?, wanted })
    }

    fn outcome(&self) -> Outcome {
        match self.action {
            Action::Fail => Outcome::Failed { reason: self.payload(0), details: self.payload(1) },
            Action::Cancel => Outcome::Canceled { details: self.payload(0) },
            _ => Outcome::Completed { result: self.payload(0) },
        }
    }
}

/// Asks before a close, naming the task and what will be written.
fn close_question(facts: &TaskFacts, outcome: Outcome) -> Confirm {
    let (verb, done) = match outcome {
        Outcome::Completed { .. } => ("Complete", "completed"),
        Outcome::Failed { .. } => ("Fail", "failed"),
        Outcome::Canceled { .. } => ("Respond canceled", "canceled"),
    };
    let activity_type = &facts.activity_type;
    let mut lines = vec![
        format!("{} {}", activity_type.name.line(), activity_type.version.line()),
        format!("workflow {}", facts.execution.workflow_id.line()),
    ];
    lines.extend(payload_lines(&outcome));
    if facts.cancel.is_some_and(|cancel| !cancel.answered) && !matches!(outcome, Outcome::Canceled { .. }) {
        lines.push("Its cancellation has been requested.".into());
    }
    lines.push(format!("A task can be {done} only once; this cannot be taken back."));
    let title = format!("{verb} {}?", facts.activity_id.line());
    Confirm::new(title, lines, verb, Yes::Send(Command::Close { claims: vec![facts.id], outcome }))
}

fn payload_lines(outcome: &Outcome) -> Vec<String> {
    let parts: [(&str, &Option<Foreign>); 2] = match outcome {
        Outcome::Completed { result } => [("result", result), ("", &None)],
        Outcome::Failed { reason, details } => [("reason", reason), ("details", details)],
        Outcome::Canceled { details } => [("details", details), ("", &None)],
    };
    let named = parts.into_iter().filter(|(name, _)| !name.is_empty());
    named.map(|(name, text)| format!("{name}: {}", text.as_ref().map_or("none".into(), excerpt))).collect()
}

/// The beginning of a text, printable, with its length if it is longer.
fn excerpt(text: &Foreign) -> String {
    const SHOWN: usize = 60;
    let line = text.line();
    match line.char_indices().nth(SHOWN) {
        None => line.into_owned(),
        Some((end, _)) => format!("{}… ({} characters)", &line[..end], crate::task::length(text.raw())),
    }
}
