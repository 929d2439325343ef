//! While the operator's own editor has the terminal. Nothing is drawn; news is taken, and alarms ring and notify.

use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::Signal;

use super::{Screen, lost};
use crate::tui::visual::{Edited, Visual};
use crate::tui::{Exit, ScreenError, update};

/// How it came out.
enum Outcome {
    /// The editor has ended.
    Edited(Edited),
    /// Something more important has.
    Exit(Exit),
}

impl Screen<'_> {
    /// Lends the terminal to the operator's editor, and gives what it leaves of a text to the form.
    pub(super) fn edit(&mut self, text: &str, name: &str) -> Result<Option<Exit>, ScreenError> {
        let modes = self.session.lend().map_err(ScreenError::Terminal)?;
        // It says no more whether somebody is looking, and the editor may have a window elsewhere.
        self.focused = None;
        self.tell_beside();
        let outcome = match Visual::start(text, name, self.session.fd()) {
            Ok(visual) => self.beside(visual)?,
            Err(why) => Outcome::Edited(Err(why)),
        };
        match outcome {
            Outcome::Exit(Exit::TerminalLost) => return Ok(Some(lost())),
            Outcome::Exit(exit) => {
                self.session.put_back(&modes).map_err(ScreenError::Terminal)?;
                return Ok(Some(exit));
            }
            Outcome::Edited(edited) => {
                self.session.put_back(&modes).map_err(ScreenError::Terminal)?;
                self.resume()?;
                update::edited(self.desks.shown_mut(), edited);
            }
        }
        Ok(None)
    }

    fn beside(&mut self, visual: Visual) -> Result<Outcome, ScreenError> {
        loop {
            let [terminal, news, signals, child] =
                self.wait_beside(&visual).map_err(|error| ScreenError::Terminal(error.into()))?;
            let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
            let exit = if terminal.intersects(gone) {
                Some(Exit::TerminalLost)
            } else if !signals.is_empty() {
                self.signal_beside()
            } else if news.intersects(gone) {
                Some(Exit::EngineGone("the engine has stopped without a word".into()))
            } else if !news.is_empty() {
                self.news_beside()
            } else {
                None
            };
            if let Some(exit) = exit {
                visual.end();
                return Ok(Outcome::Exit(exit));
            }
            if !child.is_empty()
                && let Some(edited) = visual.look(self.session.fd())
            {
                return Ok(Outcome::Edited(edited));
            }
        }
    }

    fn wait_beside(&self, visual: &Visual) -> Result<[PollFlags; 4], Errno> {
        let near = [
            // Its keys are the editor's; that it is gone is said all the same.
            (self.session.fd(), PollFlags::empty()),
            (self.signals.fd(), PollFlags::IN),
            (visual.fd(), PollFlags::IN),
        ];
        let engines = self.engines.wake_fds().into_iter().map(|fd| (fd, PollFlags::IN));
        let fds = near.into_iter().chain(engines);
        let mut fds: Vec<_> = fds.map(|(fd, flags): (BorrowedFd<'_>, _)| PollFd::from_borrowed_fd(fd, flags)).collect();
        match poll(&mut fds, None) {
            Ok(_) => {}
            Err(Errno::INTR) => fds.iter_mut().for_each(PollFd::clear_revents),
            Err(error) => return Err(error),
        }
        let news = fds[3..].iter().fold(PollFlags::empty(), |all, fd| all | fd.revents());
        Ok([fds[0].revents(), news, fds[1].revents(), fds[2].revents()])
    }

    fn news_beside(&mut self) -> Option<Exit> {
        let exit = self.take_news();
        self.tell_beside();
        exit
    }

    /// Alarms, as far as they do not disturb what the editor has drawn: a bell and a notification of the desktop. Within a
    /// sequence that the editor has written half of, they would; but it writes what belongs together at once, and a part
    /// of its screen can be drawn again, other than a task.
    fn tell_beside(&mut self) {
        let mut bytes = std::mem::take(&mut self.said);
        if std::mem::take(&mut self.bells) > 0 {
            bytes.push(b'\x07');
        }
        if !bytes.is_empty() {
            self.session.tell_lent(&bytes);
        }
    }

    /// What a terminal sends to everybody in front of it is the editor's business: ctrl-c, ctrl-z, another size.
    fn signal_beside(&mut self) -> Option<Exit> {
        let ends = |signal: &i32| {
            !matches!(Signal::from_named_raw(*signal), Some(Signal::INT | Signal::TSTP | Signal::CONT | Signal::WINCH))
        };
        let signal = self.signals.drain().into_iter().find(ends)?;
        let hangup = Signal::from_named_raw(signal) == Some(Signal::HUP);
        Some(if hangup && self.is_lost() { Exit::TerminalLost } else { Exit::Signal(signal) })
    }
}
