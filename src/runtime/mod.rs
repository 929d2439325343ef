//! The engine thread: performs what the console asks for and feeds back what came of it.
//!
//! One thread with one current-thread tokio runtime: calls go out through `swf`, records through `journal`, news to the
//! screen through a mailbox that keeps only the newest facts. It decides nothing: what is sent, retried or given up is the
//! console's business. A poll, once sent, is waited for whatever else happens (a dropped poll loses a task).

mod alarm;
mod engine;
mod mailbox;
mod storage;

#[cfg(test)]
mod tests;

use std::io;
use std::os::fd::BorrowedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use thiserror::Error;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender, WeakUnboundedSender};

use crate::clock::{self, Now};
use crate::console::{Command, Config, Console, Effect, LogLine};
use crate::journal::{OpenError, Place, Settings};
use crate::swf::Service;
use crate::task::Entry;

pub use mailbox::News;
pub use storage::Opened;

use engine::{Caller, Engine, Machine};
use mailbox::Mailbox;

/// Everything an engine is made of.
#[derive(Debug)]
pub struct Parts {
    /// What does not change while it runs.
    pub config: Config,
    /// Whom to call.
    pub service: Service,
    /// Where to write, and what was written before.
    pub opened: Opened,
}

/// The engine has stopped; [`Handle::take`] says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the engine has stopped")]
pub struct Gone;

/// The other end of a running engine. Dropped, it makes the engine leave in order, as [`Command::Shutdown`] does.
#[derive(Debug)]
pub struct Handle {
    commands: UnboundedSender<Command>,
    mailbox: Arc<Mailbox>,
    thread: JoinHandle<Result<(), String>>,
}

impl Handle {
    /// Hands over a command; never blocks. Unbounded, because nobody types faster than the engine reads.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn send(&self, command: Command) -> Result<(), Gone> {
        self.commands.send(command).map_err(|_| Gone)
    }

    /// Readable while there is news.
    pub fn wake_fd(&self) -> BorrowedFd<'_> {
        self.mailbox.wake_fd()
    }

    /// Takes all news and makes the descriptor quiet; never blocks.
    pub fn take(&self) -> News {
        self.mailbox.take()
    }

    /// A way to the engine for other threads, which does not keep it running.
    pub fn remote(&self) -> Remote {
        Remote { commands: self.commands.downgrade(), mailbox: Arc::clone(&self.mailbox) }
    }

    /// Waits until the engine is done: after a shutdown, when nothing is in flight and the journal is closed.
    ///
    /// # Errors
    /// Why it ended otherwise, in one line.
    pub fn join(self) -> Result<(), String> {
        drop(self.commands);
        self.thread.join().unwrap_or_else(|_| Err("the engine has crashed".into()))
    }
}

/// A running engine for whoever is not its screen, such as the demo's director.
#[derive(Debug, Clone)]
pub struct Remote {
    commands: WeakUnboundedSender<Command>,
    mailbox: Arc<Mailbox>,
}

impl Remote {
    /// Hands over a command, if the engine still takes any; never blocks.
    pub fn send(&self, command: Command) {
        if let Some(commands) = self.commands.upgrade() {
            // The engine ends on its own terms; a late command changes nothing.
            let _ = commands.send(command);
        }
    }

    /// Adds a line to the screen's log; never blocks. Its texts are printable already.
    pub fn tell(&self, line: LogLine) {
        self.mailbox.log(line);
    }
}

/// Starts the engine. The console is restored on its thread, so this returns at once.
///
/// # Errors
/// The system has no thread or descriptor left.
pub fn start(parts: Parts) -> io::Result<Handle> {
    let Parts { config, service, opened } = parts;
    launch(service, || Ok(opened), |now, entries| Console::new(config, now, entries))
}

/// As [`start`], with a new journal that nobody else can have: it is made on the engine's thread, because that takes
/// longer than the first frame may. If it cannot be made, the engine's news says why.
///
/// # Errors
/// The system has no thread or descriptor left.
pub fn start_afresh(config: Config, service: Service, place: Place, settings: Settings) -> io::Result<Handle> {
    launch(service, move || Opened::keeper(&place, &settings), |now, entries| Console::new(config, now, entries))
}

/// [`start`] for any machine and any service.
fn launch<M, C, O, B>(caller: C, open: O, build: B) -> io::Result<Handle>
where
    M: Machine,
    C: Caller + Send,
    O: FnOnce() -> Result<Opened, OpenError> + Send + 'static,
    B: FnOnce(Now, &[Entry]) -> (M, Vec<Effect>) + Send + 'static,
{
    let mailbox = Arc::new(Mailbox::new()?);
    let (commands, inbox) = mpsc::unbounded_channel();
    let post = Arc::clone(&mailbox);
    let thread = thread::Builder::new().name("engine".into()).spawn(move || {
        let body = AssertUnwindSafe(|| run(caller, open, build, inbox, Arc::clone(&post)));
        let result = catch_unwind(body).unwrap_or_else(|panic| Err(crash(panic.as_ref())));
        post.finish(&result);
        result
    })?;
    Ok(Handle { commands, mailbox, thread })
}

fn run<M, C, O, B>(
    caller: C,
    open: O,
    build: B,
    inbox: UnboundedReceiver<Command>,
    mailbox: Arc<Mailbox>,
) -> Result<(), String>
where
    M: Machine,
    C: Caller,
    O: FnOnce() -> Result<Opened, OpenError>,
    B: FnOnce(Now, &[Entry]) -> (M, Vec<Effect>),
{
    let opened = open().map_err(|error| error.to_string())?;
    let cannot = |error: io::Error| format!("the engine cannot start: {error}");
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).map_err(cannot)?;
    runtime.block_on(async {
        let (machine, effects) = build(clock::now(), &opened.entries);
        let engine = Engine::new(machine, caller, opened.storage, mailbox).map_err(cannot)?;
        engine.run(effects, inbox).await
    })
}

fn crash(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the engine has crashed ({}): start swfbeat again, the journal has every task", text.unwrap_or("no reason"))
}
