//! The console in lines, for screen readers and terminals that cannot move a cursor, and through pipes: what happens is
//! printed when it happens, and acts are typed as commands.
//!
//! The same state, the same acts and the same questions as on the screen (`update`); only the face is another. No colour,
//! no control sequence, nothing is ever printed again over something else.

mod commands;
mod face;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::Signal;

use super::contexts::{Context, Contexts, Leaving};
use super::signals::stop_process;
use super::surroundings::Surroundings;
use super::update::Wish;
use super::{Exit, ScreenError, Signals};
use crate::clock;

use face::Face;

/// A longer line is no command; the rest of it is dropped, bytes.
const LINE_MAX: usize = 256 * 1024;

/// Plays the console in lines until its input ends, or somebody or something else ends it.
///
/// # Errors
/// [`ScreenError::Terminal`] when input or output fail.
pub fn run(
    contexts: Vec<Context>,
    shown: usize,
    engines: &mut dyn Contexts,
    signals: &Signals,
) -> Result<Exit, ScreenError> {
    let ascii = contexts[shown].options.ascii || Surroundings::here().ascii;
    let mut talk = Talk { face: Face::new(contexts, shown, ascii), engines, signals, typed: Vec::new(), ended: false };
    let mut lines = talk.face.greeting();
    loop {
        if let Err(error) = print(&lines) {
            // Nobody reads any more.
            return if error.kind() == io::ErrorKind::BrokenPipe { Ok(Exit::Quit) } else { Ok(Exit::TerminalLost) };
        }
        lines = Vec::new();
        if let Some(exit) = talk.turn(&mut lines).map_err(ScreenError::Terminal)? {
            return print(&lines).map(|()| exit).or(Ok(Exit::Quit));
        }
    }
}

struct Talk<'a> {
    face: Face,
    engines: &'a mut dyn Contexts,
    signals: &'a Signals,
    /// Of a line that has not ended yet.
    typed: Vec<u8>,
    /// There is no more input.
    ended: bool,
}

impl Talk<'_> {
    /// Waits once, and takes what came; adds what is to be said of it.
    fn turn(&mut self, lines: &mut Vec<String>) -> io::Result<Option<Exit>> {
        let [typed, news] = self.wait()?;
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        for signal in self.signals.drain() {
            if let Some(exit) = self.take_signal(signal, lines)? {
                return Ok(Some(exit));
            }
        }
        if news.contains(PollFlags::IN) {
            for (context, mut news) in self.engines.take() {
                if let Some(why) = news.gone.take() {
                    return Ok(Some(Exit::EngineGone(why)));
                }
                if news.drained {
                    return Ok(Some(Exit::Quit));
                }
                lines.extend(self.face.news(context, news, clock::now()));
            }
            if let Some(presenter) = self.engines.presenter() {
                lines.extend(self.face.reports(presenter.take(), clock::now()));
            }
        } else if news.intersects(gone) {
            return Ok(Some(Exit::EngineGone("the engine has stopped without a word".into())));
        }
        lines.extend(self.face.time(clock::now()));
        if !typed.is_empty() {
            return self.read(lines);
        }
        Ok(None)
    }

    fn wait(&self) -> io::Result<[PollFlags; 2]> {
        let now = clock::now().boot;
        // What is typed before there is anything to act on waits in its pipe.
        let input = if self.ended || !self.face.is_ready() { PollFlags::empty() } else { PollFlags::IN };
        let stdin = rustix::stdio::stdin();
        let engines = self.engines.wake_fds().into_iter().map(|fd| (fd, PollFlags::IN));
        let fds = [(stdin, input), (self.signals.fd(), PollFlags::IN)].into_iter().chain(engines);
        let mut fds: Vec<_> = fds.map(|(fd, flags): (BorrowedFd<'_>, _)| PollFd::from_borrowed_fd(fd, flags)).collect();
        let timeout = self.face.next_change().map(|at| {
            let millis = (at - now).clamp(0, 1_000) + 1;
            Timespec { tv_sec: millis / 1_000, tv_nsec: millis % 1_000 * 1_000_000 }
        });
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => fds.iter_mut().for_each(PollFd::clear_revents),
            Err(error) => return Err(error.into()),
        }
        let typed = fds[0].revents();
        let news = fds[2..].iter().fold(PollFlags::empty(), |all, fd| all | fd.revents());
        Ok([if input.is_empty() { PollFlags::empty() } else { typed }, news])
    }

    fn read(&mut self, lines: &mut Vec<String>) -> io::Result<Option<Exit>> {
        let mut bytes = [0; 4_096];
        let read = match rustix::io::read(rustix::stdio::stdin(), &mut bytes) {
            Ok(read) => read,
            Err(Errno::INTR | Errno::AGAIN) => return Ok(None),
            Err(Errno::IO) => return Ok(Some(Exit::TerminalLost)),
            Err(error) => return Err(error.into()),
        };
        self.ended = read == 0;
        for &byte in &bytes[..read] {
            if byte != b'\n' {
                if self.typed.len() < LINE_MAX {
                    self.typed.push(byte);
                }
            } else if let Some(exit) = self.line(lines)? {
                return Ok(Some(exit));
            }
        }
        if !self.ended {
            return Ok(None);
        }
        if !self.typed.is_empty()
            && let Some(exit) = self.line(lines)?
        {
            return Ok(Some(exit));
        }
        lines.push("The input has ended: leaving.".into());
        Ok(Some(Exit::Quit))
    }

    fn line(&mut self, lines: &mut Vec<String>) -> io::Result<Option<Exit>> {
        let typed = String::from_utf8_lossy(&std::mem::take(&mut self.typed)).into_owned();
        let (said, wish) = self.face.line(typed.trim_end_matches('\r'), clock::now());
        lines.extend(said);
        self.grant(wish, lines)
    }

    fn grant(&mut self, wish: Option<Wish>, lines: &mut Vec<String>) -> io::Result<Option<Exit>> {
        match wish {
            Some(Wish::Ask(leaving)) => {
                let (said, wish) = self.face.ask(leaving);
                lines.extend(said);
                self.grant(wish, lines)
            }
            Some(Wish::Show(context)) => {
                let (said, opens) = self.face.show(context);
                lines.extend(said);
                if opens {
                    self.engines.open(context);
                }
                Ok(None)
            }
            None | Some(Wish::Repaint | Wish::Mouse | Wish::Copy(_) | Wish::Edit { .. }) => Ok(None),
            Some(Wish::Order(order)) => {
                if let Some(presenter) = self.engines.presenter() {
                    presenter.order(order);
                }
                Ok(None)
            }
            Some(Wish::Quit) => Ok(Some(Exit::Quit)),
            Some(Wish::Suspend { job }) => stop_process(job).map(|()| None),
            Some(Wish::Send(command)) => match self.engines.send(self.face.context(), command) {
                Ok(()) => Ok(None),
                Err(gone) => Ok(Some(Exit::EngineGone(gone.0))),
            },
        }
    }

    fn take_signal(&mut self, signal: i32, lines: &mut Vec<String>) -> io::Result<Option<Exit>> {
        match Signal::from_named_raw(signal) {
            Some(Signal::WINCH | Signal::CONT) => Ok(None),
            Some(Signal::TSTP) => {
                let (said, wish) = self.face.ask(Leaving::Suspend { job: false });
                lines.extend(said);
                self.grant(wish, lines)
            }
            _ => Ok(Some(Exit::Signal(signal))),
        }
    }
}

fn print(lines: &[String]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all((lines.join("\n") + "\n").as_bytes())?;
    out.flush()
}
