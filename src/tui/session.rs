//! The terminal while it is ours: raw mode, the other screen, and the way back.
//!
//! One list of what entering does and one of how it is undone, used by the ordinary end, by a suspend and by the panic
//! hook alike. Leaving twice is harmless, and writes nothing once the terminal is lost. Every byte for the terminal goes
//! through [`Session::write`], so that nothing is drawn after the terminal was given back.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, Once, PoisonError, TryLockError};

use ratatui::layout::Rect;
use rustix::termios::{OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetwinsize, tcsetattr};

use super::ScreenError;

/// The other screen, bracketed paste, no cursor, cleared.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[2J";
/// The same in reverse, after ending a frame that was cut short.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[?25h\x1b[?2004l\x1b[?1049l";

/// The modes to go back to, while the terminal is ours. Global because the panic hook of any thread must find it.
static ENTERED: Mutex<Option<Entered>> = Mutex::new(None);

struct Entered {
    keys: OwnedFd,
    out: OwnedFd,
    modes: Termios,
}

impl Entered {
    /// Undoes every step, whatever becomes of the others.
    fn undo(&self) {
        let _ = write_all(self.out.as_fd(), LEAVE);
        let _ = tcsetattr(&self.keys, OptionalActions::Now, &self.modes);
    }
}

/// The terminal, entered. Dropping it leaves.
#[derive(Debug)]
pub struct Session {
    /// Where keys come from.
    keys: OwnedFd,
    /// The same terminal, open for writing: standard input may be open for reading only.
    out: OwnedFd,
}

impl Session {
    /// Takes the terminal: standard input and output if they are one, else `/dev/tty`.
    ///
    /// # Errors
    /// [`ScreenError`] when there is none or it refuses raw mode.
    pub fn enter() -> Result<Self, ScreenError> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                leave();
                before(info);
            }));
        });
        let keys = terminal(rustix::stdio::stdin()).map_err(ScreenError::NoTerminal)?;
        let out = terminal(rustix::stdio::stdout()).map_err(ScreenError::NoTerminal)?;
        let session = Self { keys, out };
        session.reenter().map_err(ScreenError::Terminal)?;
        Ok(session)
    }

    /// Sets every mode, for the first time or again: after a stop nobody knows what the shell has changed.
    ///
    /// # Errors
    /// What the terminal refuses.
    pub fn reenter(&self) -> io::Result<()> {
        let mut entered = lock();
        let modes = match &*entered {
            Some(entered) => entered.modes.clone(),
            None => tcgetattr(&self.keys)?,
        };
        let mut raw = modes.clone();
        raw.make_raw();
        *entered = Some(Entered { keys: self.keys.try_clone()?, out: self.out.try_clone()?, modes });
        tcsetattr(&self.keys, OptionalActions::Now, &raw)?;
        write_all(self.out.as_fd(), ENTER)
    }

    /// Where keys come from.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.keys.as_fd()
    }

    /// The size in cells; 80 by 24 if the terminal does not say.
    pub fn size(&self) -> Rect {
        match tcgetwinsize(&self.out) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => Rect::new(0, 0, size.ws_col, size.ws_row),
            _ => Rect::new(0, 0, 80, 24),
        }
    }

    /// Writes all of it at once, if the terminal is still ours.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let entered = lock();
        if entered.is_some() { write_all(self.out.as_fd(), bytes) } else { Ok(()) }
    }

    /// Drops what was typed and not read: keys meant for the shell must not act here.
    pub fn drop_typed(&self) {
        let _ = tcflush(&self.keys, QueueSelector::IFlush);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        leave();
    }
}

/// Gives the terminal back. Harmless when it is not ours.
pub fn leave() {
    // A panic while a frame is written holds the lock in this very thread: better a dirty terminal than a deadlock.
    let mut entered = match ENTERED.try_lock() {
        Ok(entered) => entered,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return,
    };
    if let Some(entered) = entered.take() {
        entered.undo();
    }
}

/// Whether the terminal is ours: the panic hook of another thread may have given it back.
pub fn is_entered() -> bool {
    lock().is_some()
}

/// Forgets the terminal without touching it: it is gone.
pub fn forget() {
    *lock() = None;
}

fn lock() -> MutexGuard<'static, Option<Entered>> {
    ENTERED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn terminal(standard: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    if isatty(standard) {
        return standard.try_clone_to_owned();
    }
    File::options().read(true).write(true).open("/dev/tty").map(OwnedFd::from)
}

fn write_all(tty: BorrowedFd<'_>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(tty, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
