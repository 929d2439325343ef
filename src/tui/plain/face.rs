//! State to lines, and typed lines to acts. Pure: time is an argument, nothing is sent or printed here.

use std::collections::HashMap;
use std::sync::Arc;

use crossterm::event::KeyCode;
use ratatui::layout::Rect;

use super::commands::{self, Command, Does};
use crate::clock::{Boot, Now};
use crate::console::{LogLine, TaskFacts, Urgency};
use crate::demo::view::Reports;
use crate::task::{ClaimId, TimeoutKind};
use crate::text::printable;
use crate::tui::News;
use crate::tui::action::Action;
use crate::tui::confirm::Answer;
use crate::tui::contexts::{Context, Desks, Leaving, Standing};
use crate::tui::countdown::{Left, Moment};
use crate::tui::form::{Body, Editor, Form};
use crate::tui::keys::Key;
use crate::tui::state::{Overlay, State};
use crate::tui::update::{self, Wish};
use crate::tui::view;

/// The state decides by the size of a screen what can be seen; here nothing is too small.
const NO_SCREEN: Rect = Rect { x: 0, y: 0, width: 200, height: 100 };
/// Lines of the log printed when asked for.
const LOG_LINES: usize = 20;
/// More tasks than this that have ended are told as a number, unless all are asked for: after a busy month a journal has a
/// thousand of them.
const ENDED_TOLD: usize = 10;

/// The console as somebody hears it.
#[derive(Debug)]
pub struct Face {
    desks: Desks,
    /// What was last said of each task's state, by context.
    said: HashMap<(usize, ClaimId), &'static str>,
    /// The service's clocks were asked for, and have not come yet.
    wants_clocks: bool,
    ascii: bool,
}

/// What is said, and what is to be done.
type Reply = (Vec<String>, Option<Wish>);

impl Face {
    pub fn new(mut contexts: Vec<Context>, shown: usize, ascii: bool) -> Self {
        for context in &mut contexts {
            context.options.keymap = commands::keymap();
        }
        Self { desks: Desks::new(contexts, shown, NO_SCREEN), said: HashMap::new(), wants_clocks: false, ascii }
    }

    pub fn greeting(&self) -> Vec<String> {
        let mut lines = vec!["swfbeat in lines. Type help for the commands, list for the tasks.".to_owned()];
        lines.extend(self.state().stage.as_ref().map(|stage| stage.caption.clone()));
        self.spoken(lines)
    }

    fn state(&self) -> &State {
        self.desks.shown()
    }

    fn state_mut(&mut self) -> &mut State {
        self.desks.shown_mut()
    }

    /// The number of the context that commands are about.
    pub fn context(&self) -> usize {
        self.desks.number()
    }

    /// Whether there is anything to act on yet, or never will be by itself.
    pub fn is_ready(&self) -> bool {
        let standing = self.state().around.shown().map(|one| &one.standing);
        self.state().status.is_some() || matches!(standing, Some(Standing::Failed(_)))
    }

    /// When something may have to be said although nothing comes in.
    pub fn next_change(&self) -> Option<Boot> {
        self.desks.states().filter_map(|(_, state)| state.tasks.next_change()).min()
    }

    /// Takes news of a context; says what happened and what differs now.
    pub fn news(&mut self, context: usize, news: News, now: Now) -> Vec<String> {
        let said = news.log.iter().map(|line| self.event(line));
        let mut lines = self.of_context(context, said.collect());
        for id in &news.removed {
            self.said.remove(&(context, *id));
        }
        let standing = news.standing.clone();
        self.desks.news(context, news, now.boot);
        self.state_mut().message = None;
        if standing.is_some() {
            let told = self.desks.summary(context).words();
            lines.extend(self.of_context(context, vec![told]));
        }
        lines.extend(self.changes(now));
        self.spoken(lines)
    }

    /// Takes what is new behind the demo. Most of what is to be heard of it is in the log; says what the service has if
    /// that was asked for.
    pub fn reports(&mut self, reports: Reports, now: Now) -> Vec<String> {
        let watched = self.state().stage.as_ref().is_some_and(|stage| stage.pane);
        let events = reports.events.iter().filter(|_| watched);
        let mut lines: Vec<_> = events.map(|event| view::event_line(event, self.state())).collect();
        let clocks_came = reports.clocks.is_some();
        update::reports(self.state_mut(), reports, now.boot);
        if clocks_came && std::mem::take(&mut self.wants_clocks) {
            lines.extend(view::clock_lines(self.state(), Moment::new(now)));
        }
        self.spoken(lines)
    }

    /// The service is looked at, or no longer.
    fn service(&mut self, now: Now) -> Reply {
        update::act(self.state_mut(), Action::Service, now);
        self.wants_clocks = self.state().stage.as_ref().is_some_and(|stage| stage.pane);
        let ended = (!self.wants_clocks).then(|| "The service's history is no longer told.".to_owned());
        (ended.into_iter().collect(), update::watch(self.state_mut()))
    }

    /// Time goes on: says which tasks it made urgent.
    pub fn time(&mut self, now: Now) -> Vec<String> {
        self.desks.advance(now.boot);
        let lines = self.changes(now);
        self.spoken(lines)
    }

    /// Goes to another context; says so, and whether it is still to be opened.
    pub fn show(&mut self, context: usize) -> (Vec<String>, bool) {
        let opens = self.desks.show(context);
        let one = self.desks.summary(context);
        (self.spoken(vec![format!("Now in {}: {}, {}", one.name, one.place, one.words())]), opens)
    }

    /// A stop or the end was asked for: asks what is to be asked.
    pub fn ask(&mut self, leaving: Leaving) -> Reply {
        let wish = self.desks.ask(leaving);
        let (lines, wish) = self.outcome(wish);
        (self.spoken(lines), wish)
    }

    /// Lines of a context that is not the one in use begin with its name.
    fn of_context(&self, context: usize, lines: Vec<String>) -> Vec<String> {
        if context == self.desks.number() {
            return lines;
        }
        let prefix = self.desks.prefix(context);
        lines.into_iter().map(|line| format!("{prefix}{line}")).collect()
    }

    /// A line was typed.
    pub fn line(&mut self, typed: &str, now: Now) -> Reply {
        let typed = typed.trim();
        self.state_mut().tasks.advance(now.boot);
        let (lines, wish) = match &self.state().overlay {
            Some(Overlay::Confirm(_)) => self.answer(typed),
            _ if typed.is_empty() => (Vec::new(), None),
            _ => self.command(typed, now),
        };
        (self.spoken(lines), wish)
    }

    fn answer(&mut self, typed: &str) -> Reply {
        if typed == "yes" {
            let wish = update::answer(self.state_mut(), Answer::Yes);
            return self.outcome(wish);
        }
        update::answer(self.state_mut(), Answer::No);
        self.state_mut().overlay = None;
        (vec!["Nothing was done.".into()], None)
    }

    fn command(&mut self, typed: &str, now: Now) -> Reply {
        let (name, rest) = split(typed);
        let demo = self.state().stage.is_some();
        let Some(command) = Command::named(name, demo) else {
            return (vec![format!("There is no command {}; help lists them.", printable(name))], None);
        };
        match command.does {
            Does::Help => (Command::all(demo).map(Command::help).chain([HELP.to_owned()]).collect(), None),
            Does::List => (self.list(rest, now), None),
            Does::Log => (self.log(), None),
            Does::Context => self.go(rest),
            Does::Act(Action::Service) => self.service(now),
            Does::Act(action) => {
                let wish = update::act(self.state_mut(), action, now);
                self.fill(wish, &rest.split_whitespace().collect::<Vec<_>>(), now)
            }
            Does::Show | Does::OnTask(..) => {
                let (task, text) = split(rest);
                match self.find(task, command) {
                    Ok(id) => self.on_task(command, id, text, now),
                    Err(why) => (vec![why], None),
                }
            }
        }
    }

    /// To a context by its name, or what there is.
    fn go(&self, name: &str) -> Reply {
        let around = &self.state().around;
        if let Some(why) = Action::Contexts.disabled_reason(self.state()) {
            return (vec![format!("Not done: {why}")], None);
        }
        if let Some(context) = around.all.iter().position(|one| one.name == name) {
            return (Vec::new(), Some(Wish::Show(context)));
        }
        let unknown = (!name.is_empty()).then(|| format!("There is no context {}.", printable(name)));
        let all = around.all.iter().map(|one| format!("{}: {}, {}", one.name, one.place, one.words()));
        (unknown.into_iter().chain(all).collect(), None)
    }

    /// Which task is meant: its number, or its activity id if no other has the same.
    fn find(&self, task: &str, command: &Command) -> Result<ClaimId, String> {
        if task.is_empty() {
            return Err(format!("Which task? {}", command.help()));
        }
        let number = task.trim_start_matches('#').parse().ok().map(ClaimId);
        if let Some(id) = number.filter(|id| self.state().known(*id).is_some()) {
            return Ok(id);
        }
        let such: Vec<_> = self.state().tasks.such(|facts| facts.activity_id.raw() == task);
        match such.as_slice() {
            [one] => Ok(one.id),
            [] => Err(format!("There is no task {}; list shows their numbers.", printable(task))),
            several => {
                let numbers = several.iter().map(|facts| facts.id.0.to_string()).collect::<Vec<_>>().join(", ");
                Err(format!("Several tasks are called {}: say its number, one of {numbers}.", printable(task)))
            }
        }
    }

    fn on_task(&mut self, command: &Command, id: ClaimId, text: &str, now: Now) -> Reply {
        self.state_mut().tasks.select(id);
        self.state_mut().tasks.pin(now.boot);
        let Does::OnTask(bare, telling) = command.does else { return (self.in_full(id, now), None) };
        let action = if text.is_empty() { bare } else { telling };
        let wish = update::act(self.state_mut(), action, now);
        let texts: Vec<&str> = match action {
            Action::Fail | Action::Note => text.splitn(2, '|').map(str::trim).collect(),
            Action::SetTimeout => text.split_whitespace().collect(),
            _ if text.is_empty() => Vec::new(),
            _ => vec![text],
        };
        self.fill(wish, &texts, now)
    }

    /// Fills in the form that the act has opened, if it has, and sends it.
    fn fill(&mut self, wish: Option<Wish>, texts: &[&str], now: Now) -> Reply {
        let Some(Overlay::Form(form)) = &mut self.state_mut().overlay else { return self.outcome(wish) };
        fill(form, texts);
        let wish = update::key(self.state_mut(), Key::plain(KeyCode::Enter), now);
        if let Some(Overlay::Form(form)) = &self.state().overlay {
            let problem = form.problem.clone().unwrap_or_default();
            self.state_mut().overlay = None;
            return (vec![format!("Not done: {problem}")], None);
        }
        self.outcome(wish)
    }

    /// What an act has led to: a question, a refusal, or something to do.
    fn outcome(&mut self, wish: Option<Wish>) -> Reply {
        let mut lines = Vec::new();
        if let Some(message) = self.state_mut().message.take() {
            lines.push(format!("Not done: {}", message.text));
        }
        if let Some(Overlay::Confirm(question)) = &self.state().overlay {
            lines.push(question.title.clone());
            lines.extend(question.lines.iter().cloned());
            lines.push(format!("Type yes to {}; anything else leaves it.", question.verb.to_lowercase()));
        }
        (lines, wish)
    }

    /// The newest lines of the log, oldest first.
    fn log(&self) -> Vec<String> {
        let mut newest: Vec<_> = self.state().log.said().take(LOG_LINES).map(|line| self.event(line)).collect();
        newest.reverse();
        newest
    }

    fn list(&self, which: &str, now: Now) -> Vec<String> {
        let tasks = self.state().tasks.such(|_| true);
        match which {
            "" | "all" if tasks.is_empty() => vec!["No tasks; claim takes some from a task list.".into()],
            "" => self.tasks(&tasks, now),
            "all" => tasks.into_iter().map(|facts| self.task(facts, now)).collect(),
            other => vec![format!("Not done: list alone or list all, not list {}.", printable(other))],
        }
    }

    /// Tasks in a line each, but many that have ended in one.
    fn tasks(&self, tasks: &[&Arc<TaskFacts>], now: Now) -> Vec<String> {
        let ended = tasks.iter().filter(|facts| facts.has_ended()).count();
        let counted = ended > ENDED_TOLD;
        let told = tasks.iter().filter(|facts| !counted || !facts.has_ended());
        let told = told.map(|facts| self.task(facts, now));
        let rest = counted.then(|| format!("{ended} tasks have ended; list all tells them too."));
        told.chain(rest).collect()
    }

    /// One task in one line.
    fn task(&self, facts: &TaskFacts, now: Now) -> String {
        let moment = Moment::new(now);
        let activity_type = &facts.activity_type;
        let mut parts = vec![format!("{} {}", activity_type.name.line(), activity_type.version.line())];
        if facts.has_ended() {
            parts.extend(view::ended_text(facts));
        } else {
            for deadline in facts.deadlines.iter().filter(|deadline| deadline.at.is_some()) {
                let left = Left::of(deadline, moment.stands_until).to_string();
                parts.push(format!("{} {left}", words(deadline.kind)));
            }
            if facts.deadlines.iter().any(crate::console::Deadline::is_unknown) {
                parts.push("a timeout is unknown".into());
            }
            parts.push(facts.lease.map_or_else(
                || "by hand".into(),
                |lease| format!("kept until {}", self.state().zone.minute(lease.until_wall)),
            ));
        }
        format!("{} {}: {}, {}", facts.id.0, facts.activity_id.line(), full_word(facts, now), parts.join(", "))
    }

    fn in_full(&self, id: ClaimId, now: Now) -> Vec<String> {
        let Some(facts) = self.state().known(id) else { return Vec::new() };
        let lines = view::detail_lines(facts, self.state(), Moment::new(now));
        std::iter::once(self.task(facts, now)).chain(lines).collect()
    }

    fn event(&self, line: &LogLine) -> String {
        let subject = if line.subject.is_empty() { String::new() } else { format!(" {}", line.subject) };
        let alarm = if line.level == crate::console::Level::Alarm { "ALARM " } else { "" };
        format!("{} {alarm}{}{subject}: {}", self.state().zone.clock(line.at), line.word, self.state().told(line))
    }

    /// The tasks of which something else has to be said than was last said, in every context.
    fn changes(&mut self, now: Now) -> Vec<String> {
        let mut lines = Vec::new();
        let mut said = Vec::new();
        for (context, state) in self.desks.states() {
            let new =
                |facts: &TaskFacts| self.said.get(&(context, facts.id)) != Some(&word(facts, facts.urgency(now.boot)));
            let changed = state.tasks.such(new);
            said.extend(changed.iter().map(|facts| ((context, facts.id), word(facts, facts.urgency(now.boot)))));
            lines.extend(self.of_context(context, self.tasks(&changed, now)));
        }
        self.said.extend(said);
        lines
    }

    /// Lines as a voice can read them: without the glyphs that only repeat a word.
    fn spoken(&self, lines: Vec<String>) -> Vec<String> {
        let plain = |line: String| {
            let line: String = line.chars().filter(|c| !GLYPHS.contains(*c)).collect();
            if self.ascii { line.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect() } else { line }
        };
        lines.into_iter().map(plain).collect()
    }
}

/// After the list of commands.
const HELP: &str = "N is a task's number in the list, or its activity id. What cannot be taken back is asked first.";

/// They stand beside words that say the same.
const GLYPHS: &str = "✖▲△●○✝✓✗⊘";

/// The state's word, and a cancel request that waits behind something worse.
fn full_word(facts: &TaskFacts, now: Now) -> String {
    let urgency = facts.urgency(now.boot);
    let waits = urgency != Urgency::Cancel && crate::tui::tasks::asks_for_cancel(facts);
    format!("{}{}", word(facts, urgency), if waits { ", cancel requested" } else { "" })
}

fn word(facts: &TaskFacts, urgency: Urgency) -> &'static str {
    let word = view::state_word(facts, urgency);
    word.split_once(' ').map_or(word, |(_, word)| word)
}

fn words(kind: TimeoutKind) -> &'static str {
    match kind {
        TimeoutKind::Heartbeat => "heartbeat within",
        TimeoutKind::StartToClose => "start to close",
        TimeoutKind::ScheduleToClose => "schedule to close",
        TimeoutKind::ScheduleToStart => "schedule to start",
        TimeoutKind::Execution => "execution",
    }
}

/// The first word and what follows it.
fn split(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).map_or((text, ""), |(first, rest)| (first, rest.trim()))
}

/// Puts texts into the fields, in order. Fields that the command does not speak of stay as they are.
fn fill(form: &mut Form, texts: &[&str]) {
    // A claim's domain is that of the console.
    let from = usize::from(matches!(form.action, Action::Claim | Action::AutoClaim));
    let mut texts = texts.iter();
    for field in form.fields.iter_mut().skip(from) {
        let Some(text) = texts.next() else { return };
        match &mut field.body {
            Body::Text(editor) => **editor = Editor::new(text, editor.has_several_lines(), editor.limit),
            Body::Choice { options, at } => {
                let name = text.to_ascii_uppercase().replace('-', "_");
                // An unknown one is told by the form, not guessed.
                *at = options.iter().position(|kind| kind.name() == name).unwrap_or(usize::MAX);
            }
        }
    }
}
