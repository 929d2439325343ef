//! What the screen knows of the stage behind the demo: the service's own clocks and history, the faults in force, and
//! the story's operator. Changed by `update` and `auto`, shown by `view`.

use std::collections::VecDeque;

use super::auto::Auto;
use super::view::caption_lines;
use super::views::Cursor;
use crate::clock::Boot;
use crate::console::TaskFacts;
use crate::demo::view::{Active, Clock, Fault, Order, Reports, TaskName, Written};

/// History events kept.
const MOST_EVENTS: usize = 500;
/// Where there is room for little, a caption gives way to the selected task after so many milliseconds.
const READ_MS: i64 = 20_000;

/// All of it.
#[derive(Debug)]
pub struct Stage {
    /// What is being told; printable.
    pub caption: String,
    /// When it was said.
    said_at: Option<Boot>,
    /// The service pane is wanted beside the tasks.
    pub pane: bool,
    /// What the stage was last told about watching.
    watching: bool,
    /// The faults in force.
    pub faults: Vec<Active>,
    /// What was ordered last, and not reported yet.
    ordered: Option<(Fault, bool)>,
    /// The story stands still.
    pub paused: bool,
    /// The service's open tasks, the next to end first; `None` until they were looked at.
    pub clocks: Option<Vec<Clock>>,
    /// History events, newest first.
    pub events: VecDeque<Written>,
    /// Where one is among them, in the view of its own.
    pub cursor: Cursor,
    /// The story's operator.
    pub auto: Auto,
    /// Lines that caption and bar take above the message line.
    pub rows: u16,
}

impl Stage {
    /// Before anything is told but the title.
    pub fn new(title: String) -> Self {
        Self {
            caption: title,
            said_at: None,
            pane: false,
            watching: false,
            faults: Vec::new(),
            ordered: None,
            paused: false,
            clocks: None,
            events: VecDeque::new(),
            cursor: Cursor::default(),
            auto: Auto::default(),
            rows: 0,
        }
    }

    /// Takes a caption.
    pub fn tell(&mut self, caption: String, now: Boot) {
        (self.caption, self.said_at) = (caption, Some(now));
    }

    /// Takes what is new, but for what the story's operator does.
    pub fn take(&mut self, reports: &mut Reports) {
        if let Some(faults) = reports.faults.take() {
            self.faults = faults;
            self.ordered = None;
        }
        if let Some(paused) = reports.paused.take() {
            self.paused = paused;
        }
        if let Some(mut clocks) = reports.clocks.take() {
            clocks.sort_by_key(|clock| [clock.heartbeat, clock.end].into_iter().flatten().min());
            self.clocks = Some(clocks);
        }
        self.cursor.pushed_down(reports.events.len().min(MOST_EVENTS));
        for event in reports.events.drain(..) {
            self.events.push_front(event);
        }
        self.events.truncate(MOST_EVENTS);
    }

    /// A fault in force.
    pub fn active(&self, fault: Fault) -> Option<&Active> {
        self.faults.iter().find(|active| active.fault == fault)
    }

    /// Orders a fault, or its end; which of them. Whoever orders twice in a row means the end, also before the first order
    /// is reported.
    pub fn toggle(&mut self, fault: Fault) -> bool {
        let ordered = self.ordered.filter(|(other, _)| *other == fault);
        let on = ordered.map_or_else(|| self.active(fault).is_none(), |(_, on)| !on);
        self.ordered = Some((fault, on));
        on
    }

    /// The service's clock of a task.
    pub fn clock_of(&self, facts: &TaskFacts) -> Option<&Clock> {
        let name = name_of(facts);
        self.clocks.iter().flatten().find(|clock| clock.task == name)
    }

    /// How many lines caption and bar take at a size.
    pub fn rows_at(&self, width: u16, boxed: bool, now: Boot) -> u16 {
        let read = self.said_at.is_some_and(|at| now - at > READ_MS);
        let caption = if !boxed && read { 0 } else { caption_lines(&self.caption, width).len() as u16 };
        caption + u16::from(self.has_bar(width, boxed))
    }

    /// Whether the bar has a line of its own: where there is room for all of it, and where it has something to say.
    pub fn has_bar(&self, width: u16, boxed: bool) -> bool {
        let says = !self.faults.is_empty() || self.paused || self.auto.is_playing();
        says || boxed && width >= super::view::BAR_WIDTH
    }

    /// Tells the stage whether anybody looks, if that has changed.
    pub fn watch(&mut self, watching: bool) -> Option<Order> {
        (std::mem::replace(&mut self.watching, watching) != watching).then_some(Order::Watch(watching))
    }
}

/// A task as the stage names it.
pub fn name_of(facts: &TaskFacts) -> TaskName {
    TaskName {
        workflow_id: facts.execution.workflow_id.clone(),
        run_id: facts.execution.run_id.clone(),
        activity_id: facts.activity_id.clone(),
    }
}
