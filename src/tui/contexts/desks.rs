//! A state for each context, and which of them is on the screen.

use ratatui::layout::Rect;

use super::summary::trouble;
use super::{Around, Context, Counts, Standing, Summary};
use crate::clock::Boot;
use crate::console::{Level, LogLine};
use crate::tui::confirm;
use crate::tui::state::{Message, State};
use crate::tui::update::{self, Wish};
use crate::tui::{Attention, News};

/// A way for the process to stop, which is asked about if anything depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// It ends.
    Quit,
    /// It stops until `fg`, with the whole job or only this process.
    Suspend {
        /// The whole job.
        job: bool,
    },
}

/// One context.
#[derive(Debug)]
struct Desk {
    name: String,
    place: String,
    standing: Standing,
    state: State,
    attention: Attention,
}

/// All of them; there is at least one.
#[derive(Debug)]
pub struct Desks {
    desks: Vec<Desk>,
    shown: usize,
}

impl Desks {
    /// Before any news, for a terminal of this size.
    ///
    /// # Panics
    /// If `shown` is none of the contexts.
    pub fn new(contexts: Vec<Context>, shown: usize, area: Rect) -> Self {
        assert!(shown < contexts.len(), "the context to be shown is one of them");
        let desk = |Context { name, place, options, standing }: Context| {
            let attention = options.attention;
            Desk { name, place, standing, state: State::new(options, area), attention }
        };
        let mut desks = Self { desks: contexts.into_iter().map(desk).collect(), shown };
        desks.look_around();
        desks
    }

    /// What is on the screen.
    pub fn shown(&self) -> &State {
        &self.desks[self.shown].state
    }

    /// To change it.
    pub fn shown_mut(&mut self) -> &mut State {
        &mut self.desks[self.shown].state
    }

    /// The number of the context that is shown.
    pub fn number(&self) -> usize {
        self.shown
    }

    /// How somebody is reached who does not look, in a context.
    pub fn attention(&self, context: usize) -> Attention {
        self.desks[context].attention
    }

    /// What an alarm of a context begins with; nothing if there is only one.
    pub fn prefix(&self, context: usize) -> String {
        if self.desks.len() > 1 { format!("{}: ", self.desks[context].name) } else { String::new() }
    }

    /// Takes news of a context. An alarm in one that is not shown is said in the one that is.
    pub fn news(&mut self, context: usize, news: News, now: Boot) {
        let alarm = news.log.iter().rfind(|line| line.level == Level::Alarm).cloned();
        let desk = &mut self.desks[context];
        if let Some(standing) = &news.standing {
            desk.standing = standing.clone();
            if !matches!(standing, Standing::Open | Standing::LooksOn(_)) {
                // What was known of its service no longer holds.
                desk.state.status = None;
            }
        }
        update::news(&mut desk.state, news, now);
        if let Some(line) = alarm.filter(|_| context != self.shown) {
            let text = self.prefix(context) + &told(&line);
            self.shown_mut().message = Some(Message { level: Level::Alarm, text, stays_until: now + 6_000 });
        }
        self.look_around();
    }

    /// Time goes on, everywhere.
    pub fn advance(&mut self, now: Boot) {
        self.desks.iter_mut().for_each(|desk| desk.state.advance(now));
        self.look_around();
    }

    /// Another size of the terminal.
    pub fn resize(&mut self, area: Rect) {
        self.desks.iter_mut().for_each(|desk| desk.state.area = area);
    }

    /// Shows another context; `true` if it is still to be opened, or may be opened better than to look on.
    pub fn show(&mut self, context: usize) -> bool {
        let Some(desk) = self.desks.get(context) else { return false };
        let opens = matches!(desk.standing, Standing::NotOpened | Standing::Failed(_));
        let looks_on = matches!(desk.standing, Standing::LooksOn(_));
        let (mouse, area) = (self.shown().mouse, self.shown().area);
        self.shown = context;
        let desk = &mut self.desks[context];
        if opens {
            desk.standing = Standing::Opening;
        }
        (desk.state.mouse, desk.state.area) = (mouse, area);
        self.look_around();
        opens || looks_on
    }

    /// Asks before the process stops, over what is shown; gives what to do if nothing depends on it.
    pub fn ask(&mut self, leaving: Leaving) -> Option<Wish> {
        let states: Vec<_> = self.desks.iter().map(|desk| (desk.name.as_str(), &desk.state)).collect();
        let question = match leaving {
            Leaving::Quit => confirm::before_quit(&states),
            Leaving::Suspend { job } => confirm::before_suspend(&states, job),
        };
        match question {
            Some(question) => {
                update::ask(self.shown_mut(), question);
                None
            }
            None => Some(match leaving {
                Leaving::Quit => Wish::Quit,
                Leaving::Suspend { job } => Wish::Suspend { job },
            }),
        }
    }

    /// Every context's state, by number.
    pub fn states(&self) -> impl Iterator<Item = (usize, &State)> {
        self.desks.iter().map(|desk| &desk.state).enumerate()
    }

    /// A context in a few figures.
    pub fn summary(&self, context: usize) -> Summary {
        self.desks[context].summary()
    }

    /// Tells the shown state what there is around it. A single context without a name has nothing around it.
    fn look_around(&mut self) {
        if self.desks.len() == 1 && self.desks[0].name.is_empty() {
            return;
        }
        let all = self.desks.iter().map(Desk::summary).collect();
        let around = Around { shown: self.shown, all };
        self.shown_mut().around = around;
    }
}

impl Desk {
    fn summary(&self) -> Summary {
        let status = self.state.status.as_ref();
        let place = status.map(|status| format!("{} · {}", status.domain.line(), status.service.line()));
        Summary {
            name: self.name.clone(),
            place: place.unwrap_or_else(|| self.place.clone()),
            standing: self.standing.clone(),
            read_only: self.state.only_looks(),
            counts: Counts::of(&self.state),
            trouble: trouble(&self.state),
        }
    }
}

/// A line of the log in one sentence.
fn told(line: &LogLine) -> String {
    if line.subject.is_empty() { line.text.clone() } else { format!("{}: {}", line.subject, line.text) }
}
