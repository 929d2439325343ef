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
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetwinsize, tcsetattr};

use super::ScreenError;
use crate::clock::{self, Boot};

/// The other screen, bracketed paste, no cursor, cleared.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[2J";
/// The same in reverse, after ending a frame that was cut short.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[?25h\x1b[?2004l\x1b[?1049l";

/// Where the terminal can do it: its title is put on its stack, and it says whether somebody is looking.
const PUSH_TITLE: &[u8] = b"\x1b[22;2t";
const FOCUS_ON: &[u8] = b"\x1b[?1004h";
/// The same in reverse.
const LEAVE_RICH: &[u8] = b"\x1b[?1004l\x1b[23;2t";

/// Presses and the wheel, with columns beyond 223.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// What is behind the text? Answered as input, some time or never.
const ASK_BACKGROUND: &[u8] = b"\x1b]11;?\x1b\\";
/// An answer that has not come so long after the question is not expected any more, milliseconds.
const ANSWER_MS: i64 = 1_000;
/// For so long leaving waits for an answer still expected, milliseconds: the shell must not take it for typed.
const LAST_WAIT_MS: i64 = 100;

/// The modes to go back to, while the terminal is ours. Global because the panic hook of any thread must find it.
static ENTERED: Mutex<Option<Entered>> = Mutex::new(None);

struct Entered {
    keys: OwnedFd,
    out: OwnedFd,
    modes: Termios,
    manners: Manners,
    /// When the terminal was asked something it has not answered.
    asked: Option<Boot>,
}

impl Entered {
    /// Undoes every step, whatever becomes of the others.
    fn undo(&self) {
        self.drop_answer();
        let mut bytes = Vec::new();
        if self.manners.rich {
            bytes.extend(LEAVE_RICH);
        }
        // Off, whatever was asked for last: being wrong about it would leave the shell with a mouse that types.
        bytes.extend(MOUSE_OFF);
        bytes.extend(LEAVE);
        let _ = write_all(self.out.as_fd(), &bytes);
        let _ = tcsetattr(&self.keys, OptionalActions::Now, &self.modes);
    }

    fn drop_answer(&self) {
        if self.asked.is_none_or(|asked| clock::now().boot - asked > ANSWER_MS) {
            return;
        }
        let mut fds = [PollFd::from_borrowed_fd(self.keys.as_fd(), PollFlags::IN)];
        let _ = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: LAST_WAIT_MS * 1_000_000 }));
        let _ = tcflush(&self.keys, QueueSelector::IFlush);
    }
}

/// What is asked of the terminal beyond a screen and keys.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manners {
    /// Title and focus.
    pub rich: bool,
    /// The mouse.
    pub mouse: bool,
    /// Its background is not known.
    pub ask_background: bool,
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
    pub fn enter(manners: Manners) -> Result<Self, ScreenError> {
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
        session.reenter(manners).map_err(ScreenError::Terminal)?;
        if manners.ask_background {
            session.ask_background().map_err(ScreenError::Terminal)?;
        }
        Ok(session)
    }

    /// Sets every mode, for the first time or again: after a stop nobody knows what the shell has changed.
    ///
    /// # Errors
    /// What the terminal refuses.
    pub fn reenter(&self, manners: Manners) -> io::Result<()> {
        let mut entered = lock();
        // A title is put on the stack once, however often the rest is set.
        let (modes, titled) = match &*entered {
            Some(entered) => (entered.modes.clone(), true),
            None => (tcgetattr(&self.keys)?, false),
        };
        let mut raw = modes.clone();
        raw.make_raw();
        let (keys, out) = (self.keys.try_clone()?, self.out.try_clone()?);
        *entered = Some(Entered { keys, out, modes, manners, asked: None });
        tcsetattr(&self.keys, OptionalActions::Now, &raw)?;
        let mut bytes = Vec::new();
        if manners.rich && !titled {
            bytes.extend(PUSH_TITLE);
        }
        bytes.extend(ENTER);
        if manners.rich {
            bytes.extend(FOCUS_ON);
        }
        if manners.mouse {
            bytes.extend(MOUSE_ON);
        }
        write_all(self.out.as_fd(), &bytes)
    }

    fn ask_background(&self) -> io::Result<()> {
        let mut entered = lock();
        if let Some(entered) = &mut *entered {
            entered.asked = Some(clock::now().boot);
            write_all(self.out.as_fd(), ASK_BACKGROUND)?;
        }
        Ok(())
    }

    /// Lets the mouse be used, or leaves it to the terminal's own selection.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn set_mouse(&self, on: bool) -> io::Result<()> {
        self.write(if on { MOUSE_ON } else { MOUSE_OFF })
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

    /// Gives the terminal back for a while; gives the modes it then has, for [`Session::put_back`].
    ///
    /// # Errors
    /// What the terminal says.
    pub fn lend(&self) -> io::Result<Termios> {
        leave();
        Ok(tcgetattr(&self.keys)?)
    }

    /// Whatever somebody else has left, the modes are as they were when the terminal was lent. It is not entered yet.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn put_back(&self, modes: &Termios) -> io::Result<()> {
        Ok(tcsetattr(&self.keys, OptionalActions::Now, modes)?)
    }

    /// Writes to a terminal that is lent what neither prints nor moves the cursor: bells and notifications. All in one
    /// piece, so that nothing of somebody else's comes in between.
    pub fn tell_lent(&self, bytes: &[u8]) {
        let _ = write_all(self.out.as_fd(), bytes);
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

/// The terminal has answered what it was asked.
pub fn answered() {
    if let Some(entered) = &mut *lock() {
        entered.asked = None;
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
