//! The screen: what the operator sees and the keys that act.
//!
//! Shows [`TaskFacts`] and sends [`Command`]s through an [`Engine`]; it never sees a token, the network or the journal,
//! and decides nothing about tasks. One thread, woken only by news, a key, a signal, or the next second at which a
//! visible countdown changes. Pure inside: keys become actions (`action`), actions change the state and give commands
//! (`update`), the state is drawn into a buffer (`view`). Only `run`, `session` and `signals` touch the system.

mod action;
pub mod assistant;
mod attention;
mod auto;
mod canvas;
mod clipboard;
mod closed;
mod confirm;
mod contexts;
mod countdown;
mod events;
mod filtering;
#[cfg(test)]
mod fixtures;
mod form;
mod input;
mod json;
mod keymap;
mod keys;
mod logbook;
mod mouse;
mod offscreen;
mod palette;
mod plain;
mod reads;
mod run;
mod session;
mod signals;
mod stage;
mod state;
mod surroundings;
mod targets;
mod tasks;
#[cfg(test)]
mod tests;
mod theme;
mod update;
mod view;
mod views;
mod visual;
mod waiting;
mod zone;

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use serde::Deserialize;
use thiserror::Error;

use crate::console::{CallLine, Command, LeaseTerms, LogLine, QueryId, Status, TaskFacts};
use crate::demo::view::{Order, Reports};
use crate::task::ClaimId;
use crate::text::Foreign;

pub use attention::{Attention, Desktop};
pub use auto::check as check_act;
pub use contexts::{Context, Contexts, Standing};
pub use filtering::Filters;
pub use form::Templates;
pub use keymap::{Keymap, KeymapError, Rebinding, check_sentence, defaults as default_keys};
pub use offscreen::Offscreen;
pub use reads::Read;
pub use run::{can_show, run, run_contexts};
pub use signals::{Signals, stop_process};
pub use view::key_table;

/// What the screen is connected to.
pub trait Engine {
    /// Readable while there is news.
    fn wake_fd(&self) -> BorrowedFd<'_>;

    /// Takes all news and makes the descriptor quiet again. Never blocks.
    fn take(&mut self) -> News;

    /// Hands over a command. Never blocks.
    ///
    /// # Errors
    /// [`EngineGone`] if nobody is there to take it.
    fn send(&mut self, command: Command) -> Result<(), EngineGone>;

    /// The stage behind the demo; there is none anywhere else.
    fn presenter(&mut self) -> Option<&mut dyn Presenter> {
        None
    }
}

/// The stage behind the demo. What is new there makes the engine's descriptor readable.
pub trait Presenter {
    /// Takes what is new. Never blocks.
    fn take(&mut self) -> Reports;

    /// Hands over an order. Never blocks; what comes of it is said in the log.
    fn order(&mut self, order: Order);
}

/// The engine has stopped; why, in one printable line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct EngineGone(pub String);

/// What changed since the last time it was taken.
#[derive(Debug, Clone, Default)]
pub struct News {
    /// The newest facts of each task that changed.
    pub changed: Vec<Arc<TaskFacts>>,
    /// Tasks that are no longer on the list.
    pub removed: Vec<ClaimId>,
    /// The newest header facts, if they changed.
    pub status: Option<Arc<Status>>,
    /// New log lines, oldest first.
    pub log: Vec<LogLine>,
    /// Calls that came to their end, oldest first.
    pub calls: Vec<CallLine>,
    /// Answers to what the screen asked for.
    pub read: Vec<(QueryId, Read)>,
    /// How far the context is, if that changed.
    pub standing: Option<Standing>,
    /// The engine is done after a shutdown: nothing in flight, nothing unsaved.
    pub drained: bool,
    /// The engine has stopped without being asked: why, in one printable line.
    pub gone: Option<String>,
}

/// Whether to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColorChoice {
    /// Unless `NO_COLOR` is set to something or the terminal is `dumb`.
    #[default]
    Auto,
    /// Whatever the environment says.
    Always,
    /// Bold, reverse and the like only.
    Never,
}

/// Which colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeChoice {
    /// Dark or light, as the terminal's background is.
    #[default]
    Auto,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// Nothing dim, and what is urgent on a background of its own.
    HighContrast,
    /// Blue and yellow instead of green and red.
    ColorBlind,
    /// No colours.
    None,
}

/// Which clock on the wall times of day are shown by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Zone {
    /// The machine's.
    #[default]
    Local,
    /// So many seconds east of UTC.
    Fixed(i32),
}

/// How the screen is to look and behave.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Colours or not.
    pub color: ColorChoice,
    /// Which colours.
    pub theme: ThemeChoice,
    /// No glyphs beyond ASCII, whatever the locale says.
    pub ascii: bool,
    /// The mouse is left to the terminal until somebody wants it here.
    pub mouse_off: bool,
    /// In lines instead of a screen; so it is anyway on a terminal that cannot move its cursor.
    pub plain: bool,
    /// Which keys do what.
    pub keymap: Keymap,
    /// How somebody who does not look is reached.
    pub attention: Attention,
    /// Only look: acts are refused, for this reason, a printable sentence.
    pub read_only: Option<String>,
    /// The task list the claim form starts with.
    pub task_list: Option<Foreign>,
    /// What the lease form starts with, and the most it takes.
    pub lease: LeaseTerms,
    /// What forms can start from.
    pub templates: Templates,
    /// Filters with names.
    pub filters: Filters,
    /// In the demo, what is said while there is no caption yet; printable.
    pub demo: Option<String>,
    /// For times of day.
    pub zone: Zone,
}

/// Why the screen was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// The operator said so, and confirmed it if anything depended on this process.
    Quit,
    /// A signal said so: its number.
    Signal(i32),
    /// The terminal is gone. Nothing may touch it again, stderr included if it was the terminal.
    TerminalLost,
    /// The engine stopped: why, in one printable line.
    EngineGone(String),
}

/// Why the screen could not be shown.
#[derive(Debug, Error)]
pub enum ScreenError {
    /// There is no terminal to show it on.
    #[error("this needs a terminal, and neither standard input nor /dev/tty is one ({0}); run it in a terminal")]
    NoTerminal(#[source] std::io::Error),
    /// A defect of ours ended it; what was said of that. The terminal is as it was before.
    #[error("the screen has crashed ({0}), a defect of swfbeat: start it again, the journal has every task")]
    Crashed(String),
    /// The terminal refused a mode or a write.
    #[error("the terminal does not do as told: {0}")]
    Terminal(#[source] std::io::Error),
}
