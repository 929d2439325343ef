//! Everything the screen remembers between two frames. Changed by `update`, read by `view`.

use std::borrow::Cow;
use std::sync::Arc;

use ratatui::layout::Rect;

use super::closed::Closed;
use super::confirm::Confirm;
use super::contexts::{Around, Standing, Switcher};
use super::countdown::Moment;
use super::events::Events;
use super::filtering::{Filtering, Filters};
use super::form::{Form, Templates};
use super::keymap::{Chord, Keymap};
use super::keys::Key;
use super::logbook::Logbook;
use super::palette::Palette;
use super::reads::Reads;
use super::stage::Stage;
use super::tasks::Tasks;
use super::view::{self, Layout, Shape};
use super::views::{View, Views};
use super::waiting::Waiting;
use super::{Options, Zone};
use crate::clock::Boot;
use crate::console::{LeaseTerms, Level, LogLine, REMIND_WORD, Status, TaskFacts};
use crate::task::ClaimId;
use crate::text::Foreign;

/// The word of log lines that are captions.
pub const CAPTION: &str = "demo";

/// All of it.
#[derive(Debug)]
pub struct State {
    /// The task list.
    pub tasks: Tasks,
    /// The header facts, once there are any.
    pub status: Option<Arc<Status>>,
    /// What happened.
    pub log: Logbook,
    /// The pane that arrows move in.
    pub focus: Focus,
    /// Lines of the detail pane above the first one in view.
    pub detail_scroll: usize,
    /// The view that fills the screen, and those it lies over.
    pub views: Views,
    /// What has ended.
    pub closed: Closed,
    /// Task lists.
    pub waiting: Waiting,
    /// The history of a task's workflow, once somebody looked.
    pub events: Option<Events>,
    /// What was asked for and is not there yet.
    pub reads: Reads,
    /// What lies over the panes and takes the keys.
    pub overlay: Option<Overlay>,
    /// The message line.
    pub message: Option<Message>,
    /// The stage behind the demo, in which service and tasks end with this process.
    pub stage: Option<Stage>,
    /// Only look, and why.
    pub read_only: Option<String>,
    /// The contexts there are.
    pub around: Around,
    /// The task list the claim form starts with.
    pub task_list: Option<Foreign>,
    /// What the lease form starts with, and the most it takes.
    pub lease: LeaseTerms,
    /// What forms can start from.
    pub templates: Templates,
    /// Filters with names.
    pub filters: Filters,
    /// The last key, and when it came.
    pub last_key: Option<(Key, Boot)>,
    /// The present key is the last one held down.
    pub repeated: bool,
    /// For times of day.
    pub zone: Zone,
    /// Which keys do what.
    pub keymap: Keymap,
    /// Keys pressed that are the beginning of longer ones.
    pub pressed: Chord,
    /// The mouse acts here.
    pub mouse: bool,
    /// The terminal.
    pub area: Rect,
}

/// A pane that can have the focus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Focus {
    /// The task table.
    #[default]
    Tasks,
    /// The selected task.
    Detail,
    /// What happened.
    Log,
}

/// Something over the panes.
#[derive(Debug)]
pub enum Overlay {
    /// All keys; lines above the first one in view.
    Help {
        /// Lines above the first one in view.
        scroll: usize,
    },
    /// A form being filled in.
    Form(Box<Form>),
    /// A question.
    Confirm(Box<Confirm>),
    /// All commands.
    Palette(Box<Palette>),
    /// The filter being typed.
    Filter(Box<Filtering>),
    /// A story of the demo is over, and this is what it was about; printable.
    Summary(String),
    /// The contexts, to go to another one.
    Contexts(Switcher),
}

/// What the message line says; printable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How loud.
    pub level: Level,
    /// The words.
    pub text: String,
    /// Keys don't wipe it before.
    pub stays_until: Boot,
}

impl State {
    /// Before any news.
    pub fn new(options: Options, area: Rect) -> Self {
        Self {
            tasks: Tasks::default(),
            status: None,
            log: Logbook::default(),
            focus: Focus::Tasks,
            detail_scroll: 0,
            views: Views::default(),
            closed: Closed::default(),
            waiting: Waiting::default(),
            events: None,
            reads: Reads::default(),
            overlay: None,
            message: None,
            stage: options.demo.map(Stage::new),
            read_only: options.read_only,
            around: Around::default(),
            task_list: options.task_list,
            lease: options.lease,
            templates: options.templates,
            filters: options.filters,
            last_key: None,
            repeated: false,
            zone: options.zone,
            keymap: options.keymap,
            pressed: Chord::new(),
            mouse: !options.mouse_off,
            area,
        }
    }

    /// Where everything goes now.
    pub fn layout(&self) -> Layout {
        let scene = self.stage.as_ref();
        let shape = Shape {
            focus: self.focus,
            strip: scene.map_or(0, |scene| scene.rows),
            service: scene.is_some_and(|scene| scene.pane),
        };
        Layout::of(self.area, shape)
    }

    /// The task that acts are about: the one under the cursor, or the one the view shows.
    pub fn subject(&self) -> Option<&Arc<TaskFacts>> {
        match self.views.now() {
            View::Tasks | View::Service => self.tasks.selected(),
            View::Detail | View::Events => self.known(self.views.claim()?),
            View::Closed => self.closed.selected(),
            View::Log | View::Waiting => None,
        }
    }

    /// A task on the list, or one that has ended and was taken off it.
    pub fn known(&self, id: ClaimId) -> Option<&Arc<TaskFacts>> {
        self.tasks.get(id).or_else(|| self.closed.get(id))
    }

    /// Whether acts are refused altogether.
    pub fn only_looks(&self) -> bool {
        self.why_only_looks().is_some()
    }

    /// Why acts are refused altogether, if they are.
    pub fn why_only_looks(&self) -> Option<&str> {
        let kept_elsewhere = self.status.as_ref().is_some_and(|status| status.read_only);
        let tries = matches!(self.around.shown().map(|one| &one.standing), Some(Standing::LooksOn(_)));
        let why = if tries {
            "this screen only looks: another process keeps this journal; choose the context again when it has left"
        } else {
            "this screen only looks: another process is the keeper of this journal"
        };
        let why = kept_elsewhere.then_some(why);
        self.read_only.as_deref().or(why)
    }

    /// Keeps a log line and, if it is loud, says it in the message line too. The demo's captions stay above
    /// it: in the log, heartbeats would push them out of view.
    pub fn log(&mut self, mut line: LogLine, now: Boot) {
        line.text = self.told(&line).into_owned();
        if let Some(scene) = self.stage.as_mut().filter(|_| line.word == CAPTION) {
            scene.tell(line.text.clone(), now);
        }
        if matches!(line.level, Level::Error | Level::Alarm) || line.word == REMIND_WORD {
            let text =
                if line.subject.is_empty() { line.text.clone() } else { format!("{}: {}", line.subject, line.text) };
            self.message = Some(Message { level: line.level, text, stays_until: now + 6_000 });
        }
        self.log.say(line);
    }

    /// What a line of the log says. Captions name actions, and only the keymap knows what is to be pressed for them.
    pub fn told<'a>(&self, line: &'a LogLine) -> Cow<'a, str> {
        let is_caption = self.stage.is_some() && line.word == CAPTION;
        if is_caption { self.keymap.tell(&line.text).into() } else { line.text.as_str().into() }
    }

    /// Time goes on.
    pub fn advance(&mut self, now: Boot) {
        let broken = self.tasks.advance(now);
        self.moving_again(broken.as_deref(), now);
    }

    /// A list that stood still moves again because of a task.
    pub fn moving_again(&mut self, task: Option<&TaskFacts>, now: Boot) {
        if let Some(facts) = task {
            let text = format!("{} wants you: the list moves again", facts.activity_id.line());
            self.message = Some(Message { level: Level::Warn, text, stays_until: now + 6_000 });
        }
    }

    /// Says why something is not done.
    pub fn refuse(&mut self, why: impl Into<String>) {
        self.message = Some(Message { level: Level::Warn, text: why.into(), stays_until: Boot(0) });
    }

    /// Brings what is scrolled in line with the sizes of the panes.
    pub fn settle(&mut self, moment: Moment) {
        if let Some(scene) = &mut self.stage {
            scene.rows = scene.rows_at(self.area.width, Layout::is_boxed(self.area), moment.now.boot);
        }
        let layout = self.layout();
        self.tasks.select_first_if_free(moment.now.boot);
        self.tasks.settle(layout.table_rows());
        match self.views.now() {
            View::Tasks => {
                let last = self.log.said().len().saturating_sub(layout.log_rows());
                self.log.pane_scroll = self.log.pane_scroll.min(last);
            }
            // Counting is work, and mostly nobody has scrolled.
            View::Log if self.log.scroll > 0 => {
                self.log.scroll = self.log.scroll.min(self.log.entries().count().saturating_sub(layout.body_rows()));
            }
            View::Events => {
                if let Some(events) = &mut self.events {
                    events.cursor.settle(layout.event_rows(), events.len());
                }
            }
            View::Closed => self.closed.cursor.settle(layout.list_rows(), self.closed.len()),
            View::Waiting => {
                let tasks = self.tasks.all().map(AsRef::as_ref);
                self.waiting.gather(self.status.as_deref(), self.task_list.as_ref(), tasks);
                self.waiting.cursor.settle(layout.list_rows(), self.waiting.len());
            }
            View::Service => {
                if let Some(scene) = &mut self.stage {
                    scene.cursor.settle(layout.written_rows(), scene.events.len());
                }
            }
            View::Detail | View::Log => {}
        }
        if self.detail_scroll > 0 {
            self.detail_scroll = self.detail_scroll.min(view::detail_scroll_max(self, &layout, moment));
        }
    }
}
