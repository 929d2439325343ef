//! Forms: what an act needs to be told. A form holds texts; what it asks for becomes a command in `submit`.
//!
//! How a text is edited is in `editor` and `past`, what it can start from in `templates`.

mod editor;
mod length;
mod past;
mod submit;
mod templates;

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyModifiers};

use super::Zone;
use super::action::{Action, may_be_set};
use super::json;
use super::keys::Key;
use super::targets;
use crate::clock::Wall;
use crate::console::{FOLLOW_UP_MAX_MS, LeaseTerms, NOTE_MAX, TaskFacts};
use crate::span;
use crate::task::{ClaimId, TimeoutKind, check_length, limit};
use crate::text::Foreign;

pub use editor::Editor;
pub use submit::Submitted;
pub use templates::{Starts, Templates};

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
    /// What else is to be said, printable; until the next key.
    pub remark: Option<String>,
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
    starts: Starts,
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
    /// The field's text is to be edited outside.
    Edit,
}

/// The keys in a form, for the help and the footer: what is pressed, a word for it, and a sentence.
pub const KEYS: &[(&str, &str, &str)] = &[
    ("enter", "send", "send, or continue to the question"),
    ("esc", "back", "give the form up"),
    ("tab", "next field", "to the next field"),
    ("ctrl-j", "new line", "a new line; alt-enter too"),
    ("ctrl-e", "editor", "edit the text with the editor that VISUAL or EDITOR names; heartbeats go on"),
    ("ctrl-t", "template", "the next template of the config file, then your own text again"),
    ("alt-j", "check JSON", "whether the text is JSON, and where not; any text can be sent"),
    ("alt-u", "undo", "undo; ctrl-_ too"),
    ("alt-r", "redo", "redo"),
    ("ctrl-u", "clear line", "clear to the beginning of the line; ctrl-k to its end, ctrl-w a word"),
];

impl Form {
    /// The form of an act on tasks; `None` if the act needs none.
    pub fn on_tasks(
        action: Action,
        tasks: &[Arc<TaskFacts>],
        lease: LeaseTerms,
        now: Wall,
        zone: Zone,
    ) -> Option<Self> {
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
            Action::Note => note_fields(tasks, now, zone),
            Action::SetTimeout => {
                let settable = facts.deadlines.iter().filter(|deadline| may_be_set(deadline));
                let options = settable.map(|deadline| deadline.kind).collect();
                let body = Body::Choice { options, at: 0 };
                let kind = Field { label: "timeout", hint: "", body, starts: Starts::default() };
                vec![kind, line("seconds", "whole seconds, or NONE", "", 8)]
            }
            _ => return None,
        };
        let title = format!("{}: {}", title(action), targets::name_of(tasks));
        let claims = tasks.iter().map(|facts| facts.id).collect();
        Some(Self { action, claims, title, fields, at: 0, problem: None, remark: None }.past_single_choice())
    }

    /// With texts to start from, where all its tasks have the same.
    pub fn with_templates(mut self, templates: &Templates, tasks: &[Arc<TaskFacts>]) -> Self {
        let Some((first, others)) = tasks.split_first() else { return self };
        for field in &mut self.fields {
            let texts = templates.of(&first.activity_type, field.label);
            if others.iter().all(|facts| templates.of(&facts.activity_type, field.label) == texts) {
                field.starts = Starts::new(texts);
            }
        }
        self
    }

    /// The form to claim from a task list.
    pub fn claim(domain: &str, task_list: &str) -> Self {
        let fields = vec![
            line("domain", "its name", domain, limit::NAME),
            line("task list", "its name", task_list, limit::NAME),
            line("how many", "a number", "1", 4),
        ];
        Self::without_tasks(Action::Claim, fields)
    }

    /// The form to claim from a task list while fewer tasks are held than a number.
    pub fn auto_claim(domain: &str, task_list: &str, lease: LeaseTerms) -> Self {
        let fields = vec![
            line("domain", "its name", domain, limit::NAME),
            line("task list", "its name", task_list, limit::NAME),
            line("while I hold fewer than", "a number of tasks", "3", 4),
            line("for", "30m, 2h, 14:32, from the last act on", &span::written(lease.default_ms), 32),
        ];
        Self::without_tasks(Action::AutoClaim, fields)
    }

    fn without_tasks(action: Action, fields: Vec<Field>) -> Self {
        let title = title(action).to_owned();
        Self { action, claims: Vec::new(), title, fields, at: 1, problem: None, remark: None }
    }

    fn past_single_choice(mut self) -> Self {
        if matches!(self.fields[0].body, Body::Choice { ref options, .. } if options.len() == 1) {
            self.at = 1;
        }
        self
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Reply {
        self.remark = None;
        let plain = !key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Reply::Close,
            KeyCode::Enter if plain => return Reply::Submit,
            KeyCode::Char('s') if key == Key::ctrl('s') => return Reply::Submit,
            KeyCode::Tab => self.at = (self.at + 1) % self.fields.len(),
            KeyCode::BackTab => self.at = (self.at + self.fields.len() - 1) % self.fields.len(),
            _ if key == Key::ctrl('e') => match self.fields[self.at].body {
                Body::Text(_) => return Reply::Edit,
                Body::Choice { .. } => {}
            },
            _ if key == Key::ctrl('t') => self.next_template(),
            _ if key == Key::alt('j') => self.check_json(),
            _ => {
                if !self.fields[self.at].key(key) {
                    self.step(key.code);
                }
                self.problem = None;
            }
        }
        Reply::Open
    }

    /// The text of the field with the cursor and what it is called, for an editor outside.
    pub fn to_edit(&self) -> (String, &'static str) {
        let field = &self.fields[self.at];
        match &field.body {
            Body::Text(editor) => (editor.text(), field.label),
            Body::Choice { .. } => (String::new(), field.label),
        }
    }

    /// The editor outside has left a text, or why it has not, printable.
    pub fn edited(&mut self, text: Result<String, String>) {
        (self.problem, self.remark) = (None, None);
        let label = self.fields[self.at].label;
        match (text, &mut self.fields[self.at].body) {
            (Ok(text), Body::Text(editor)) => {
                // Editors end the last line too.
                let text = text.replace("\r\n", "\n");
                let text = text.strip_suffix('\n').unwrap_or(&text);
                if text == editor.text() {
                    self.remark = Some(format!("the editor has left {label} as it was"));
                }
                editor.replace(text);
                self.problem = check_length(label, text, editor.limit).err().map(|error| error.to_string());
            }
            (Err(why), _) => self.problem = Some(format!("{why}; {label} is as it was")),
            (Ok(_), Body::Choice { .. }) => {}
        }
    }

    fn next_template(&mut self) {
        let field = &mut self.fields[self.at];
        let Body::Text(editor) = &mut field.body else { return };
        if field.starts.is_empty() {
            self.remark = Some("no template: [templates] of the config file has them by activity type".into());
            return;
        }
        let (text, which) = field.starts.next(&editor.text());
        editor.replace(&text);
        self.problem = None;
        self.remark = Some(which.map_or_else(
            || "your own text again".into(),
            |(at, of)| format!("template {at} of {of}; ctrl-t goes on, alt-u takes it back"),
        ));
    }

    fn check_json(&mut self) {
        let Body::Text(editor) = &mut self.fields[self.at].body else { return };
        match json::check(&editor.text()) {
            Ok(()) => (self.problem, self.remark) = (None, Some("this is JSON".into())),
            Err((line, column, why)) => {
                editor.go((line.saturating_sub(1), column.saturating_sub(1)));
                self.problem =
                    Some(format!("no JSON: line {line}, column {column}: {why}. It can be sent all the same"));
            }
        }
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
        let text = |field: usize| match &self.fields[field].body {
            Body::Text(editor) => Some(editor.text()),
            Body::Choice { .. } => None,
        };
        let length_ms = match self.action {
            Action::Keep => length::parse(&text(0)?, lease.longest_ms, now, zone).ok()?,
            Action::AutoClaim => length::parse(&text(3)?, lease.longest_ms, now, zone).ok()?,
            Action::Note => {
                let ahead = length::parse_ahead(&text(1)?, FOLLOW_UP_MAX_MS, now, zone).ok()?;
                return Some(format!(
                    "at {}, in {}",
                    zone.minute_and_day(Wall(now.0 + ahead), now),
                    span::words(ahead)
                ));
            }
            _ => return None,
        };
        let until = zone.minute_and_day(Wall(now.0 + length_ms), now);
        Some(format!("until {until}, {}", span::words(length_ms)))
    }

    /// The keys valid in it, for the footer, most telling first.
    pub fn footer(&self) -> Vec<(&'static str, &'static str)> {
        let asks = self.claims.len() > 1 || matches!(self.action, Action::Complete | Action::Fail | Action::Cancel);
        let field = &self.fields[self.at];
        let (text, several_lines) = match &field.body {
            Body::Text(editor) => (true, editor.has_several_lines()),
            Body::Choice { .. } => (false, false),
        };
        let valid = |key: &str| match key {
            "tab" => self.fields.len() > 1,
            "ctrl-t" => !field.starts.is_empty(),
            "ctrl-j" | "alt-j" => several_lines,
            "enter" | "esc" => true,
            _ => text,
        };
        let mut keys: Vec<_> = KEYS.iter().filter(|(key, ..)| valid(key)).map(|(key, name, _)| (*key, *name)).collect();
        if asks {
            keys[0].1 = "continue";
        }
        if !text {
            keys.insert(2, ("←→", "choose"));
        }
        keys
    }
}

impl Field {
    fn text(label: &'static str, hint: &'static str, editor: Editor) -> Self {
        Self { label, hint, body: Body::Text(Box::new(editor)), starts: Starts::default() }
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

/// What is noted already, if all have the same.
fn note_fields(tasks: &[Arc<TaskFacts>], now: Wall, zone: Zone) -> Vec<Field> {
    let note = tasks[0].note.as_ref().filter(|_| tasks.iter().all(|facts| facts.note == tasks[0].note));
    let text = note.map_or("", |note| note.text.raw());
    let follow_up = note.and_then(|note| note.follow_up).filter(|at| *at > now).map(|at| zone.minute(at));
    vec![
        Field::text("note", "only here, never sent; empty takes it away", Editor::new(text, true, NOTE_MAX)),
        line("follow up", "in 20m, 14:32; may be empty", &follow_up.unwrap_or_default(), 32),
    ]
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
        Action::Note => "Note",
        Action::Claim => "Claim tasks",
        Action::AutoClaim => "Claim by itself",
        other => other.name(),
    }
}
