//! The engine thread: performs what the console asks for and feeds back what came of it.
//!
//! One thread with one current-thread tokio runtime: calls go out through `swf`, records through `journal`, news to the
//! screen through a mailbox that keeps only the newest facts, and notices to the programs that call somebody. It decides nothing: what is sent, retried or given up is the
//! console's business. A poll, once sent, is waited for whatever else happens (a dropped poll loses a task).

mod alarm;
mod engine;
mod hooks;
mod mailbox;
mod storage;

#[cfg(test)]
mod tests;

use std::any::Any;
use std::io;
use std::os::fd::BorrowedFd;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use thiserror::Error;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, OwnedPermit, Receiver, Sender, WeakSender};

use crate::clock::{self, Now};
use crate::console::{Command, Config, Console, Effect, Level, LogLine};
use crate::journal::{OpenError, Place, Settings};
use crate::swf::Service;
use crate::task::Entry;

pub use hooks::Hooks;
pub use mailbox::News;
pub use storage::Opened;

use engine::{Caller, Engine, Machine};
use hooks::Bell;
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
    /// Whom to call.
    pub hooks: Hooks,
}

/// The engine has stopped; [`Handle::take`] says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the engine has stopped")]
pub struct Gone;

/// Commands that may wait for the engine. It reads one in well under a millisecond; a bulk act is a single one.
const COMMANDS: usize = 1_024;

/// The other end of a running engine. Dropped, it makes the engine leave in order, as [`Command::Shutdown`] does.
#[derive(Debug)]
pub struct Handle {
    commands: Sender<Command>,
    /// A place in the queue that nothing but a shutdown takes, so that there is always one for it.
    shutdown: Mutex<Option<OwnedPermit<Command>>>,
    mailbox: Arc<Mailbox>,
    thread: JoinHandle<Result<(), String>>,
}

impl Handle {
    /// Hands over a command; never blocks. If 1,024 are waiting already, it is dropped, and the news says so; a shutdown
    /// never is.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn send(&self, command: Command) -> Result<(), Gone> {
        if command == Command::Shutdown {
            // Nothing panics under this lock.
            let permit = self.shutdown.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(permit) = permit {
                // Looked at before: an engine with nothing to wait for is gone, in order, before we could look after.
                if self.commands.is_closed() {
                    return Err(Gone);
                }
                permit.send(command);
                return Ok(());
            }
        }
        offer(&self.commands, &self.mailbox, command)
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
        drop((self.commands, self.shutdown));
        self.thread.join().unwrap_or_else(|_| Err("the engine has crashed".into()))
    }
}

/// A running engine for whoever is not its screen, such as the demo's director.
#[derive(Debug, Clone)]
pub struct Remote {
    commands: WeakSender<Command>,
    mailbox: Arc<Mailbox>,
}

impl Remote {
    /// Hands over a command, if the engine still takes any; never blocks. One too many is dropped, and the news says so.
    pub fn send(&self, command: Command) {
        if let Some(commands) = self.commands.upgrade() {
            // The engine ends on its own terms; a late command changes nothing.
            let _ = offer(&commands, &self.mailbox, command);
        }
    }

    /// Makes the screen look for news, although the engine has none; never blocks.
    pub fn wake(&self) {
        self.mailbox.wake();
    }

    /// Adds a line to the screen's log; never blocks. Its texts are printable already.
    pub fn tell(&self, line: LogLine) {
        self.mailbox.log(line);
    }
}

/// Puts a command into the queue, or says on the screen that there is no place left in it.
fn offer(commands: &Sender<Command>, mailbox: &Mailbox, command: Command) -> Result<(), Gone> {
    match commands.try_send(command) {
        // A shutdown that finds no place follows the one that took the place meant for it.
        Ok(()) | Err(TrySendError::Full(Command::Shutdown)) => Ok(()),
        Err(TrySendError::Closed(_)) => Err(Gone),
        Err(TrySendError::Full(_)) => {
            let text = format!("not done: {COMMANDS} others wait already; do it again when the screen has caught up");
            let (at, subject) = (clock::now().wall, String::new());
            mailbox.log(LogLine { at, level: Level::Error, word: "refused", claim: None, subject, text });
            Ok(())
        }
    }
}

/// Starts the engine. The console is restored on its thread, so this returns at once.
///
/// # Errors
/// The system has no thread or descriptor left.
pub fn start(parts: Parts) -> io::Result<Handle> {
    let Parts { config, service, opened, hooks } = parts;
    let bell = Bell::new(hooks, config.service.clone());
    launch(service, bell, || Ok(opened), |now, entries| Console::new(config, now, entries))
}

/// As [`start`], with a new journal that nobody else can have: it is made on the engine's thread, because that takes
/// longer than the first frame may. If it cannot be made, the engine's news says why.
///
/// # Errors
/// The system has no thread or descriptor left.
pub fn start_afresh(config: Config, service: Service, place: Place, settings: Settings) -> io::Result<Handle> {
    launch(
        service,
        Bell::new(Hooks::default(), config.service.clone()),
        move || Opened::keeper(&place, &settings),
        |now, entries| Console::new(config, now, entries),
    )
}

/// [`start`] for any machine and any service.
fn launch<M, C, O, B>(caller: C, bell: Bell, open: O, build: B) -> io::Result<Handle>
where
    M: Machine + 'static,
    C: Caller + Send,
    O: FnOnce() -> Result<Opened, OpenError> + Send + 'static,
    B: FnOnce(Now, Vec<Entry>) -> (M, Vec<Effect>) + Send + 'static,
{
    let mailbox = Arc::new(Mailbox::new()?);
    let (commands, inbox) = mpsc::channel(COMMANDS + 1);
    let permit = commands.clone().try_reserve_owned().map_err(io::Error::other)?;
    let post = Arc::clone(&mailbox);
    let thread = thread::Builder::new().name("engine".into()).spawn(move || {
        let body = AssertUnwindSafe(|| run(caller, bell, open, build, inbox, Arc::clone(&post)));
        let result = catch_unwind(body).unwrap_or_else(|panic| Err(crash(panic.as_ref())));
        post.finish(&result);
        result
    })?;
    Ok(Handle { commands, shutdown: Mutex::new(Some(permit)), mailbox, thread })
}

fn run<M, C, O, B>(
    caller: C,
    bell: Bell,
    open: O,
    build: B,
    inbox: Receiver<Command>,
    mailbox: Arc<Mailbox>,
) -> Result<(), String>
where
    M: Machine + 'static,
    C: Caller,
    O: FnOnce() -> Result<Opened, OpenError>,
    B: FnOnce(Now, Vec<Entry>) -> (M, Vec<Effect>),
{
    let Opened { storage, place, entries } = open().map_err(|error| error.to_string())?;
    let cannot = |error: io::Error| format!("the engine cannot start: {error}");
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).map_err(cannot)?;
    runtime.block_on(async {
        let (machine, effects) = build(clock::now(), entries);
        let engine = Engine::new(machine, caller, (storage, place), bell, mailbox).map_err(cannot)?;
        // Waking what `block_on` itself waits for costs a write to the kernel each time; a task of the runtime is just
        // queued.
        let run = tokio::task::spawn_local(engine.run(effects, inbox)).await;
        run.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(cancelled) => Err(format!("the engine was stopped: {cancelled}")),
        })
    })
}

fn crash(panic: &(dyn Any + Send)) -> String {
    let reason = panic_reason(panic);
    format!("the engine has crashed ({reason}): start swfbeat again, the journal has every task")
}

/// What a panic says.
pub fn panic_reason(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no reason")
}
