//! One question after the other. Pure: nothing is asked of anybody here, and no time passes.

use crossterm::event::KeyCode;

use super::{Answers, Choice, Found, Question, Start};
use crate::task::{check_length, limit};
use crate::text::printable;
use crate::tui::form::Editor;
use crate::tui::keys::Key;

/// The regions of AWS's public cloud, for whoever has named none; any other can be typed.
const REGIONS: [&str; 20] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "af-south-1",
    "me-south-1",
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
];

/// A question to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Which profile.
    Profile,
    /// Which region.
    Region,
    /// Which domain.
    Domain,
    /// Which task list.
    TaskList,
    /// Whether to write it down.
    Write,
}

/// What has to be done for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Ask the account.
    Ask(u64, Question),
    /// All is said.
    Done(Answers),
    /// Nothing is wanted.
    Leave,
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What is taken.
    pub value: String,
    /// What there is to say about it.
    pub note: String,
}

/// The assistant.
#[derive(Debug)]
pub struct Assistant {
    start: Start,
    steps: Vec<Step>,
    at: usize,
    /// What was said so far.
    pub answers: Answers,
    /// What is being typed.
    pub typed: Editor,
    /// The line of the list with the cursor.
    pub cursor: usize,
    choices: Vec<Choice>,
    /// The number of the last question to the account.
    asked: u64,
    /// It is not answered yet.
    pub waits: bool,
    /// Why there are no choices, or what is typed cannot be.
    pub problem: Option<String>,
}

impl Assistant {
    /// At its first question.
    pub fn new(start: Start) -> Self {
        let mut steps = Vec::new();
        if start.profile.is_none() && start.profiles.len() > 1 {
            steps.push(Step::Profile);
        }
        if start.region.is_none() {
            steps.push(Step::Region);
        }
        steps.push(Step::Domain);
        if start.task_list.is_none() {
            steps.push(Step::TaskList);
        }
        steps.push(Step::Write);
        let answers = Answers {
            profile: start.profile.clone(),
            region: start.region.clone().unwrap_or_default(),
            task_list: start.task_list.clone().unwrap_or_default(),
            ..Answers::default()
        };
        let typed = Editor::new("", /*several_lines*/ false, limit::NAME);
        let (asked, waits, problem) = (0, false, None);
        Self { start, steps, at: 0, answers, typed, cursor: 0, choices: Vec::new(), asked, waits, problem }
    }

    /// The question that stands.
    pub fn step(&self) -> Step {
        self.steps[self.at]
    }

    /// Which one of how many it is, from 1.
    pub fn progress(&self) -> (usize, usize) {
        (self.at + 1, self.steps.len())
    }

    /// Begins with a question; what it needs of the account.
    pub fn enter(&mut self) -> Option<Wish> {
        self.typed = Editor::new("", /*several_lines*/ false, limit::NAME);
        (self.cursor, self.problem, self.choices, self.waits) = (0, None, Vec::new(), false);
        match self.step() {
            Step::Profile => self.choices = self.profiles(),
            Step::Region => self.choices = self.regions(),
            Step::Domain => return Some(self.ask(Question::Domains)),
            Step::TaskList => return Some(self.ask(Question::TaskLists)),
            Step::Write => {}
        }
        None
    }

    fn ask(&mut self, question: Question) -> Wish {
        self.asked += 1;
        (self.waits, self.problem) = (true, None);
        Wish::Ask(self.asked, question)
    }

    /// Takes what the account answered; late answers to older questions are nobody's.
    pub fn found(&mut self, number: u64, found: Found) {
        if number != self.asked || !self.waits {
            return;
        }
        self.waits = false;
        match found {
            Ok(choices) => self.choices = choices,
            Err(why) => self.problem = Some(why),
        }
    }

    /// The lines to choose from: those with the typed letters in them, then what is typed itself where anything goes.
    pub fn rows(&self) -> Vec<Row> {
        let typed = self.typed.text();
        let row = |value: &str, note: &str| Row { value: value.to_owned(), note: note.to_owned() };
        if self.step() == Step::Write {
            let write = self.start.file.as_ref().map(|file| row("Write it down and start", file));
            return write.into_iter().chain([row("Start", "nothing is written")]).collect();
        }
        let such = self.choices.iter().filter(|choice| choice.value.to_lowercase().contains(&typed.to_lowercase()));
        let mut rows: Vec<_> = such.map(|choice| row(&choice.value, &choice.note)).collect();
        let free = self.step() != Step::Profile && !typed.trim().is_empty();
        if free && !self.choices.iter().any(|choice| choice.value == typed.trim()) {
            rows.push(row(typed.trim(), "as typed"));
        }
        if self.step() == Step::TaskList && typed.is_empty() && !self.waits {
            rows.push(row("", "none: the form of p asks each time"));
        }
        rows
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Option<Wish> {
        let last = self.rows().len().saturating_sub(1);
        match key.code {
            _ if key == Key::ctrl('c') => return Some(Wish::Leave),
            _ if key == Key::ctrl('r') && self.problem.is_some() => return self.enter(),
            KeyCode::Esc if self.at == 0 => return Some(Wish::Leave),
            KeyCode::Esc => {
                self.at -= 1;
                return self.enter();
            }
            KeyCode::Up | KeyCode::BackTab => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Down | KeyCode::Tab => self.cursor = (self.cursor + 1).min(last),
            KeyCode::PageUp => self.cursor = self.cursor.saturating_sub(10),
            KeyCode::PageDown => self.cursor = (self.cursor + 10).min(last),
            KeyCode::Enter => return self.take(),
            _ if self.step() == Step::Write => {}
            _ => self.edit(|typed| {
                typed.key(key);
            }),
        }
        None
    }

    /// Takes a pasted text, its first line.
    pub fn paste(&mut self, text: &str) {
        if self.step() != Step::Write {
            self.edit(|typed| typed.insert(text.lines().next().unwrap_or_default()));
        }
    }

    fn edit(&mut self, change: impl FnOnce(&mut Editor)) {
        let before = self.typed.text();
        change(&mut self.typed);
        if self.typed.text() != before {
            self.cursor = 0;
        }
    }

    /// Takes the line under the cursor as the answer and goes on.
    fn take(&mut self) -> Option<Wish> {
        let row = self.rows().into_iter().nth(self.cursor)?;
        if let Err(error) = check_length("the name", &row.value, limit::NAME) {
            self.problem = Some(error.to_string());
            return None;
        }
        match self.step() {
            Step::Profile => self.answers.profile = Some(row.value),
            Step::Region => self.answers.region = row.value,
            Step::Domain => self.answers.domain = row.value,
            Step::TaskList => self.answers.task_list = row.value,
            Step::Write => {
                self.answers.write = self.start.file.is_some() && self.cursor == 0;
                return Some(Wish::Done(self.answers.clone()));
            }
        }
        self.at += 1;
        self.enter()
    }

    /// The default one first: it is what every AWS tool takes.
    fn profiles(&self) -> Vec<Choice> {
        let note = |region: &Option<String>| region.clone().unwrap_or_default();
        let mut choices: Vec<_> = self.start.profiles.iter().collect();
        choices.sort_by_key(|(name, _)| name != "default");
        choices.into_iter().map(|(name, region)| Choice { value: name.clone(), note: note(region) }).collect()
    }

    /// What the environment or the profile says first, then all others.
    fn regions(&self) -> Vec<Choice> {
        let profile = self.answers.profile.as_deref().unwrap_or("default");
        let of_profile =
            self.start.profiles.iter().find(|(name, _)| name == profile).and_then(|(_, region)| region.clone());
        let said = [
            (self.start.region_around.clone(), "from AWS_REGION".to_owned()),
            (of_profile, format!("of the profile {profile}")),
        ];
        let mut choices: Vec<Choice> = Vec::new();
        let said = said.into_iter().filter_map(|(value, note)| Some((value?, note)));
        for (value, note) in said.chain(REGIONS.map(|region| (region.to_owned(), String::new()))) {
            if !choices.iter().any(|choice| choice.value == value) {
                choices.push(Choice { value, note });
            }
        }
        choices
    }

    /// What the question is about, in a sentence or two; printable.
    pub fn words(&self) -> String {
        match self.step() {
            Step::Profile => "Which profile of the AWS config files? To look around without AWS: swfbeat demo".into(),
            Step::Region => match &self.start.endpoint {
                Some(url) => format!("Which region? {} takes any.", printable(url)),
                None => "Which region is the work in? To look around without AWS: swfbeat demo".into(),
            },
            Step::Domain if self.waits => "Which domain? Listing the domains…".into(),
            Step::Domain if self.choices.is_empty() && self.problem.is_none() => {
                "Which domain? There is none here: esc goes back to another region, or type a name.".into()
            }
            Step::Domain if self.problem.is_some() => "Which domain? Type its name, or try again with ctrl-r.".into(),
            Step::Domain => "Which domain?".into(),
            Step::TaskList if self.waits => "Which task list? Asking the activity types…".into(),
            Step::TaskList => {
                "Which task list do you claim from? SWF has no list of them: these are defaults of activity \
                               types. Any other can be typed."
                    .into()
            }
            Step::Write if self.start.file.is_some() => {
                "Shall this be written down, so that the next start needs no questions?".into()
            }
            Step::Write => "There is a config file already; it is left as it is. Put this into it, and the next start \
                            needs no questions."
                .into(),
        }
    }

    /// What was said so far, each on a line of a config file.
    pub fn summary(&self) -> Vec<(&'static str, String)> {
        let Answers { profile, region, domain, task_list, .. } = &self.answers;
        let profile = profile.clone().unwrap_or_default();
        let url = self.start.endpoint.clone().unwrap_or_default();
        let all = [
            (Step::Profile, "profile", &profile),
            (Step::Region, "region", region),
            (Step::Write, "endpoint_url", &url),
            (Step::Domain, "domain", domain),
            (Step::TaskList, "task list", task_list),
        ];
        let said = |step: &Step| self.steps.iter().position(|other| other == step).is_none_or(|index| index < self.at);
        let all = all.into_iter().filter(|(step, _, value)| !value.is_empty() && (said(step) || *step == Step::Write));
        all.map(|(_, name, value)| (name, printable(value).into_owned())).collect()
    }
}
