//! Forms: what an act needs to be told. A form holds texts; what it asks for becomes a command in `submit`.

mod editor;
mod length;
mod submit;

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyModifiers};

use super::Zone;
use super::action::{Action, may_be_set};
use super::keys::Key;
use super::targets;
use crate::clock::Wall;
use crate::console::{LeaseTerms, TaskFacts};
use crate::span;
use crate::task::{ClaimId, TimeoutKind, limit};
use crate::text::Foreign;

pub use editor::Editor;
pub use submit::Submitted;

/// A form being filled in.
#[derive(Debug)]
pub struct Form {
    /// The act it is for; one of those with a form.
    pub action: Action,
    /// The tasks it is about, if it is about any.
    pub claims: Vec<ClaimId>,
    /// What it says on top; printable.
    pub title: String,
    /// What is asked.
    pub fields: Vec<Field>,
    /// Which field has the cursor.
    pub at: usize,
    /// Why it was not sent, printable; until something is changed.
    pub problem: Option<String>,
}

/// One thing asked.
#[derive(Debug)]
pub struct Field {
    /// What is asked.
    pub label: &'static str,
    /// How to write it.
    pub hint: &'static str,
    /// The answer.
    pub body: Body,
}

/// An answer.
#[derive(Debug)]
pub enum Body {
    /// A text.
    Text(Box<Editor>),
    /// One of several timeouts.
    Choice {
        /// Which there are; at least one.
        options: Vec<TimeoutKind>,
        /// The chosen one.
        at: usize,
    },
}

/// What became of a form after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It stays.
    Open,
    /// It is given up.
    Close,
    /// It is to be sent.
    Submit,
}

impl Form {
    /// The form of an act on tasks; `None` if the act needs none.
    pub fn on_tasks(action: Action, tasks: &[Arc<TaskFacts>], lease: LeaseTerms) -> Option<Self> {
        let facts = tasks.first()?;
        let text = |label, hint, limit| Field::text(label, hint, Editor::new("", true, limit));
        let fields = match action {
            Action::Details => {
                // Several start from what they have in common.
                let same = tasks.iter().all(|other| other.details == facts.details);
                let last = facts.details.as_ref().filter(|_| same).map_or("", Foreign::raw);
                vec![Field::text("details", "how far the work is", Editor::new(last, true, limit::HEARTBEAT_DETAILS))]
            }
            Action::Keep => {
                vec![line("for", "30m, 2h, 14:32; stop ends it", &span::written(lease.default_ms), 32)]
            }
            Action::Complete => vec![text("result", "may be empty", limit::DATA)],
            Action::Fail => {
                vec![line("reason", "may be empty", "", limit::REASON), text("details", "may be empty", limit::DATA)]
            }
            Action::Cancel => vec![text("details", "may be empty", limit::DATA)],
            Action::SetTimeout => {
                let settable = facts.deadlines.iter().filter(|deadline| may_be_set(deadline));
                let options = settable.map(|deadline| deadline.kind).collect();
                let kind = Field { label: "timeout", hint: "", body: Body::Choice { options, at: 0 } };
                vec![kind, line("seconds", "whole seconds, or NONE", "", 8)]
            }
            _ => return None,
        };
        let title = format!("{}: {}", title(action), targets::name_of(tasks));
        Some(
            Self { action, claims: tasks.iter().map(|facts| facts.id).collect(), title, fields, at: 0, problem: None }
                .past_single_choice(),
        )
    }

    /// The form to claim from a task list.
    pub fn claim(domain: &str, task_list: &str) -> Self {
        let fields = vec![
            line("domain", "its name", domain, limit::NAME),
            line("task list", "its name", task_list, limit::NAME),
            line("how many", "a number", "1", 4),
        ];
        let title = title(Action::Claim).to_owned();
        Self { action: Action::Claim, claims: Vec::new(), title, fields, at: 1, problem: None }
    }

    fn past_single_choice(mut self) -> Self {
        if matches!(self.fields[0].body, Body::Choice { ref options, .. } if options.len() == 1) {
            self.at = 1;
        }
        self
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Reply {
        let plain = !key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Reply::Close,
            KeyCode::Enter if plain => return Reply::Submit,
            KeyCode::Char('s') if key == Key::ctrl('s') => return Reply::Submit,
            KeyCode::Tab => self.at = (self.at + 1) % self.fields.len(),
            KeyCode::BackTab => self.at = (self.at + self.fields.len() - 1) % self.fields.len(),
            _ => {
                if !self.fields[self.at].key(key) {
                    self.step(key.code);
                }
                self.problem = None;
            }
        }
        Reply::Open
    }

    /// Up and down go to the next field where the field has no use for them.
    fn step(&mut self, code: KeyCode) {
        match code {
            KeyCode::Up => self.at = self.at.saturating_sub(1),
            KeyCode::Down => self.at = (self.at + 1).min(self.fields.len() - 1),
            _ => {}
        }
    }

    /// Takes a pasted text; `false` if the field takes none.
    pub fn paste(&mut self, text: &str) -> bool {
        self.problem = None;
        match &mut self.fields[self.at].body {
            Body::Text(editor) => {
                editor.insert(text);
                true
            }
            Body::Choice { .. } => false,
        }
    }

    /// What the answer means, where that is not plain from its text; printable.
    pub fn note(&self, lease: LeaseTerms, now: Wall, zone: Zone) -> Option<String> {
        let Body::Text(editor) = &self.fields[0].body else { return None };
        let length_ms = match self.action {
            Action::Keep => length::parse(&editor.text(), lease.longest_ms, now, zone).ok()?,
            _ => return None,
        };
        let until = zone.minute_and_day(Wall(now.0 + length_ms), now);
        Some(format!("until {until}, {}", span::words(length_ms)))
    }

    /// The keys valid in it, for the footer.
    pub fn footer(&self) -> Vec<(&'static str, &'static str)> {
        let asks = self.claims.len() > 1 || matches!(self.action, Action::Complete | Action::Fail | Action::Cancel);
        let mut keys = vec![("enter", if asks { "continue" } else { "send" }), ("esc", "back")];
        match &self.fields[self.at].body {
            Body::Text(editor) if editor.has_several_lines() => keys.push(("ctrl-j", "new line")),
            Body::Choice { .. } => keys.push(("←→", "choose")),
            Body::Text(_) => {}
        }
        if self.fields.len() > 1 {
            keys.push(("tab", "next field"));
        }
        keys.push(("ctrl-u", "clear line"));
        keys
    }
}

impl Field {
    fn text(label: &'static str, hint: &'static str, editor: Editor) -> Self {
        Self { label, hint, body: Body::Text(Box::new(editor)) }
    }

    fn key(&mut self, key: Key) -> bool {
        match &mut self.body {
            Body::Text(editor) => editor.key(key),
            Body::Choice { options, at } => {
                match key.code {
                    KeyCode::Left => *at = (*at + options.len() - 1) % options.len(),
                    KeyCode::Right | KeyCode::Char(' ') => *at = (*at + 1) % options.len(),
                    _ => return false,
                }
                true
            }
        }
    }
}

fn line(label: &'static str, hint: &'static str, text: &str, limit: usize) -> Field {
    Field::text(label, hint, Editor::new(text, false, limit))
}

/// What a form says on top.
fn title(action: Action) -> &'static str {
    match action {
        Action::Details => "Heartbeat with details",
        Action::Keep => "Keep alive",
        Action::Complete => "Complete",
        Action::Fail => "Fail",
        Action::Cancel => "Respond canceled",
        Action::SetTimeout => "Set a timeout",
        Action::Claim => "Claim tasks",
        other => other.name(),
    }
}
