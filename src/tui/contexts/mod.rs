//! Several contexts on one screen: one is shown, all of them go on.
//!
//! A context has a name, options of its own, and a state of its own (`desks`); what engine it is on, and whether two are
//! on the same one, is the business of whoever gives them ([`Contexts`]). The screen gets a summary of each, for the
//! header and the switcher.

mod desks;
mod summary;
mod switcher;

#[cfg(test)]
pub mod tests;

use std::os::fd::BorrowedFd;

use super::{Engine, EngineGone, News, Options, Presenter};
use crate::console::Command;

pub use desks::{Desks, Leaving};
pub use summary::{Around, Counts, Summary};
pub use switcher::{Picked, Switcher};

/// A place to work in, as the screen gets to know it.
#[derive(Debug, Clone)]
pub struct Context {
    /// What it is called; printable. Empty for the only one there is.
    pub name: String,
    /// Where it is, before an engine says so itself; printable.
    pub place: String,
    /// How the screen is to look and behave in it. Looks and keys are those of the context shown first.
    pub options: Options,
    /// How far it is.
    pub standing: Standing,
}

/// How far a context is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has wanted it yet.
    NotOpened,
    /// Its service and its journal are being opened.
    Opening,
    /// It has an engine.
    Open,
    /// It has an engine that only looks, because another process keeps its journal: which; printable.
    LooksOn(String),
    /// It could not be opened, or its engine has stopped: why; printable, may have several lines.
    Failed(String),
}

/// Contexts and the engines behind those that are open. They are known by their number, from 0.
pub trait Contexts {
    /// Readable while there is news.
    fn wake_fds(&self) -> Vec<BorrowedFd<'_>>;

    /// Takes all news and makes the descriptors quiet again. Never blocks.
    fn take(&mut self) -> Vec<(usize, News)>;

    /// Hands over a command. Never blocks.
    ///
    /// # Errors
    /// [`EngineGone`] if nobody is there to take it, and no other engine is left either.
    fn send(&mut self, context: usize, command: Command) -> Result<(), EngineGone>;

    /// The stage behind the demo; there is none anywhere else.
    fn presenter(&mut self) -> Option<&mut dyn Presenter> {
        None
    }

    /// Begins to open one that is not open, or only looks on because another process keeps its journal; its news says what
    /// comes of it. Never blocks.
    fn open(&mut self, context: usize);
}

/// The only context there is.
pub struct Alone<'a>(pub &'a mut dyn Engine);

impl Contexts for Alone<'_> {
    fn wake_fds(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.0.wake_fd()]
    }

    fn take(&mut self) -> Vec<(usize, News)> {
        vec![(0, self.0.take())]
    }

    fn send(&mut self, _: usize, command: Command) -> Result<(), EngineGone> {
        self.0.send(command)
    }

    fn presenter(&mut self) -> Option<&mut dyn Presenter> {
        self.0.presenter()
    }

    fn open(&mut self, _: usize) {}
}
