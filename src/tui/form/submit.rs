//! What a filled-in form asks for: a command, or first a question, or what is wrong with it.

use std::sync::Arc;

use super::length;
use super::{Action, Body, Form};
use crate::clock::Wall;
use crate::console::{Command, Details, FOLLOW_UP_MAX_MS, LeaseTerms, TaskFacts};
use crate::task::{ClaimId, Limit, Outcome, TimeoutKind, check_length};
use crate::text::Foreign;
use crate::tui::Zone;
use crate::tui::confirm::{Confirm, Yes};
use crate::tui::targets;

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
    /// Reads the form. `able` are the tasks it is about, if it is about any; `unable` says what stands against others.
    ///
    /// # Errors
    /// What is wrong with it, printable.
    pub fn submit(
        &self,
        able: &[Arc<TaskFacts>],
        unable: &[String],
        lease: LeaseTerms,
        now: Wall,
        zone: Zone,
    ) -> Result<Submitted, String> {
        self.check_lengths()?;
        let claims = || able.iter().map(|facts| facts.id).collect();
        let command = match (self.action, able) {
            (Action::Claim, _) => self.claim_command()?,
            (Action::AutoClaim, _) => self.auto_claim_command(lease, now, zone)?,
            (_, []) => return Err("this task is no longer on the list".into()),
            (Action::Details, _) => self.beat_command(claims())?,
            (Action::Keep, _) => self.keep_command(able, lease, now, zone)?,
            (Action::Note, _) => self.note_command(able, now, zone)?,
            (Action::SetTimeout, [facts]) => self.timeout_command(facts)?,
            (Action::Complete | Action::Fail | Action::Cancel, _) => {
                let outcome = self.outcome();
                return Ok(Submitted::Ask(close_question(able, unable, outcome)));
            }
            _ => return Err("this is for one task at a time".into()),
        };
        if self.claims.len() < 2 {
            return Ok(Submitted::Send(command));
        }
        let title = format!("{}?", self.title.replacen(": ", " for ", 1));
        Ok(Submitted::Ask(Confirm::new(title, targets::lines_of(able, unable), "Send", Yes::Send(command))))
    }

    fn check_lengths(&self) -> Result<(), String> {
        for field in &self.fields {
            if let Body::Text(editor) = &field.body {
                if self.action == Action::Note && crate::task::length(&editor.text()) > editor.limit {
                    return Err(format!("{} has at most {} characters: shorten it", field.label, editor.limit));
                }
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

    fn beat_command(&self, claims: Vec<ClaimId>) -> Result<Command, String> {
        let details =
            self.payload(0).ok_or("no details: write some, or go back and send the last ones again with beat")?;
        Ok(Command::Beat { claims, details: Details::New(details) })
    }

    fn keep_command(
        &self,
        tasks: &[Arc<TaskFacts>],
        lease: LeaseTerms,
        now: Wall,
        zone: Zone,
    ) -> Result<Command, String> {
        let claims = tasks.iter().map(|facts| facts.id).collect();
        let text = self.text(0);
        if text.trim() != "stop" {
            let length_ms = length::parse(&text, lease.longest_ms, now, zone)?;
            return Ok(Command::Keep { claims, length_ms });
        }
        if tasks.iter().all(|facts| facts.lease.is_none()) {
            return Err("it is not kept alive".into());
        }
        Ok(Command::StopKeeping { claims })
    }

    fn note_command(&self, tasks: &[Arc<TaskFacts>], now: Wall, zone: Zone) -> Result<Command, String> {
        let when = self.text(1);
        let ahead = match when.trim() {
            "" => None,
            when => Some(length::parse_ahead(when, FOLLOW_UP_MAX_MS, now, zone)?),
        };
        let text: Foreign = self.text(0).trim_end().into();
        if text.is_empty() && ahead.is_none() && tasks.iter().all(|facts| facts.note.is_none()) {
            return Err("nothing is noted: write something, or when to be reminded".into());
        }
        let claims = tasks.iter().map(|facts| facts.id).collect();
        Ok(Command::Note { claims, text, follow_up: ahead.map(|ahead| Wall(now.0 + ahead)) })
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
        Ok(Command::Claim { domain: self.name(0)?, task_list: self.name(1)?, wanted: self.number()?, identity: None })
    }

    fn auto_claim_command(&self, lease: LeaseTerms, now: Wall, zone: Zone) -> Result<Command, String> {
        let (domain, task_list, below) = (self.name(0)?, self.name(1)?, self.number()?);
        let length_ms = length::parse(&self.text(3), lease.longest_ms, now, zone)?;
        Ok(Command::AutoClaim { domain, task_list, below, length_ms, identity: None })
    }

    fn name(&self, field: usize) -> Result<Foreign, String> {
        match self.text(field).trim() {
            "" => Err(format!("no {}: write its name", self.fields[field].label)),
            name => Ok(name.into()),
        }
    }

    /// Of tasks.
    fn number(&self) -> Result<u32, String> {
        let number = self.text(2).trim().parse().ok().filter(|number| (1..=MOST_WANTED).contains(number));
        number.ok_or_else(|| format!("{} is a number from 1 to {MOST_WANTED}", self.fields[2].label))
    }

    fn outcome(&self) -> Outcome {
        match self.action {
            Action::Fail => Outcome::Failed { reason: self.payload(0), details: self.payload(1) },
            Action::Cancel => Outcome::Canceled { details: self.payload(0) },
            _ => Outcome::Completed { result: self.payload(0) },
        }
    }
}

/// Asks before a close, naming the tasks and what will be written.
fn close_question(able: &[Arc<TaskFacts>], unable: &[String], outcome: Outcome) -> Confirm {
    let (verb, done) = match outcome {
        Outcome::Completed { .. } => ("Complete", "completed"),
        Outcome::Failed { .. } => ("Fail", "failed"),
        Outcome::Canceled { .. } => ("Respond canceled", "canceled"),
    };
    let mut lines = match able {
        [facts] if unable.is_empty() => vec![
            format!("{} {}", facts.activity_type.name.line(), facts.activity_type.version.line()),
            format!("workflow {}", facts.execution.workflow_id.line()),
        ],
        _ => targets::lines_of(able, unable),
    };
    lines.extend(payload_lines(&outcome));
    let asked = able.iter().filter(|facts| facts.cancel.is_some_and(|cancel| !cancel.answered)).count();
    if asked > 0 && !matches!(outcome, Outcome::Canceled { .. }) {
        lines.push(match able.len() {
            1 => "Its cancellation has been requested.".into(),
            _ => format!("The cancellation of {asked} of them has been requested."),
        });
    }
    lines.push(format!("A task can be {done} only once; this cannot be taken back."));
    let title = format!("{verb} {}?", targets::name_of(able));
    let claims = able.iter().map(|facts| facts.id).collect();
    Confirm::new(title, lines, verb, Yes::Send(Command::Close { claims, outcome }))
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
