//! The assistant on the terminal: waits for a key, an answer or a signal, and draws what changed.

use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::Signal;

use super::state::Wish;
use super::{Assistant, Outcome, Scout, Start, view};
use crate::clock::{self, Boot};
use crate::tui::canvas::Canvas;
use crate::tui::input::{Input, Parser};
use crate::tui::keys::Key;
use crate::tui::run::manners;
use crate::tui::session::{self, Manners, Session};
use crate::tui::signals::stop_process;
use crate::tui::surroundings::Surroundings;
use crate::tui::theme::Theme;
use crate::tui::{Options, ScreenError, Signals};

/// Leads through the questions; blocks the calling thread. The terminal is restored when it returns, unless it is lost.
///
/// # Errors
/// [`ScreenError`] when there is no terminal, or it does not do as told.
pub fn run(options: &Options, start: Start, scout: &mut dyn Scout, signals: &Signals) -> Result<Outcome, ScreenError> {
    let around = Surroundings::here();
    let manners = Manners { mouse: false, ..manners(options, around) };
    let session = Session::enter(manners)?;
    let behind = around.background.unwrap_or_default();
    let mut screen = Screen {
        theme: Theme::choose(options.color, options.theme, around, behind),
        canvas: Canvas::new(session.size(), options.ascii || around.ascii),
        assistant: Assistant::new(start),
        parser: Parser::default(),
        esc_at: None,
        options,
        around,
        manners,
        session,
        scout,
        signals,
    };
    let first = screen.assistant.enter();
    if let Some(outcome) = screen.grant(first) {
        return Ok(outcome);
    }
    loop {
        screen.draw()?;
        if let Some(outcome) = screen.turn()? {
            return Ok(outcome);
        }
    }
}

struct Screen<'a> {
    assistant: Assistant,
    session: Session,
    manners: Manners,
    options: &'a Options,
    around: Surroundings,
    theme: Theme,
    canvas: Canvas,
    parser: Parser,
    /// When a lone `esc` becomes a key.
    esc_at: Option<Boot>,
    scout: &'a mut dyn Scout,
    signals: &'a Signals,
}

impl Screen<'_> {
    fn draw(&mut self) -> Result<(), ScreenError> {
        let (area, assistant, theme) = (self.session.size(), &self.assistant, &self.theme);
        let bytes = self.canvas.frame(|buf| view::draw(buf, area, assistant, theme));
        bytes.and_then(|bytes| self.session.write(&bytes)).map_err(ScreenError::Terminal)
    }

    fn turn(&mut self) -> Result<Option<Outcome>, ScreenError> {
        let [tty, found, signals] = self.wait()?;
        if tty.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            session::forget();
            return Ok(Some(Outcome::TerminalLost));
        }
        if !signals.is_empty()
            && let Some(outcome) = self.take_signals()?
        {
            return Ok(Some(outcome));
        }
        if !found.is_empty() {
            for (number, found) in self.scout.take() {
                self.assistant.found(number, found);
            }
        }
        if tty.contains(PollFlags::IN) {
            return self.take_keys();
        }
        if self.esc_at.is_some_and(|at| at <= clock::now().boot) {
            self.esc_at = None;
            if let Some(input) = self.parser.expire() {
                return self.take_input(input);
            }
        }
        Ok(None)
    }

    fn wait(&self) -> Result<[PollFlags; 3], ScreenError> {
        let mut fds = [self.session.fd(), self.scout.wake_fd(), self.signals.fd()]
            .map(|fd: BorrowedFd<'_>| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        let millis = self.esc_at.map(|at| (at - clock::now().boot).clamp(0, 1_000) + 1);
        let timeout = millis.map(|millis| Timespec { tv_sec: millis / 1_000, tv_nsec: millis % 1_000 * 1_000_000 });
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => fds.iter_mut().for_each(PollFd::clear_revents),
            Err(error) => return Err(ScreenError::Terminal(error.into())),
        }
        Ok(fds.map(|fd| fd.revents()))
    }

    fn take_keys(&mut self) -> Result<Option<Outcome>, ScreenError> {
        let mut bytes = [0; 4_096];
        let read = match rustix::io::read(self.session.fd(), &mut bytes) {
            Ok(0) | Err(Errno::IO) => {
                session::forget();
                return Ok(Some(Outcome::TerminalLost));
            }
            Ok(read) => read,
            Err(Errno::INTR | Errno::AGAIN) => return Ok(None),
            Err(error) => return Err(ScreenError::Terminal(error.into())),
        };
        for input in self.parser.advance(&bytes[..read]) {
            if let Some(outcome) = self.take_input(input)? {
                return Ok(Some(outcome));
            }
        }
        self.esc_at = self.parser.waits_ms().map(|wait| clock::now().boot + wait);
        Ok(None)
    }

    fn take_input(&mut self, input: Input) -> Result<Option<Outcome>, ScreenError> {
        match input {
            Input::Key(key) if key == Key::ctrl('z') => self.suspend(/*job*/ true).map(|()| None),
            Input::Key(key) if key == Key::ctrl('l') => {
                self.repaint();
                Ok(None)
            }
            Input::Key(key) => {
                let wish = self.assistant.key(key);
                Ok(self.grant(wish))
            }
            Input::Paste(text) => {
                self.assistant.paste(&text);
                Ok(None)
            }
            Input::Background(behind) => {
                self.theme = Theme::choose(self.options.color, self.options.theme, self.around, behind);
                session::answered();
                Ok(None)
            }
            Input::Mouse(_) | Input::Focus(_) => Ok(None),
        }
    }

    fn grant(&mut self, wish: Option<Wish>) -> Option<Outcome> {
        match wish? {
            Wish::Ask(number, question) => {
                self.scout.ask(number, question, &self.assistant.answers);
                None
            }
            Wish::Done(answers) => Some(Outcome::Chosen(answers)),
            Wish::Leave => Some(Outcome::Left),
        }
    }

    fn take_signals(&mut self) -> Result<Option<Outcome>, ScreenError> {
        for signal in self.signals.drain() {
            match Signal::from_named_raw(signal) {
                Some(Signal::WINCH) => self.repaint(),
                Some(Signal::CONT) => self.resume()?,
                Some(Signal::TSTP) => self.suspend(/*job*/ false)?,
                _ => return Ok(Some(Outcome::Signal(signal))),
            }
        }
        Ok(None)
    }

    /// Nothing depends on this process yet: it stops without a question.
    fn suspend(&mut self, job: bool) -> Result<(), ScreenError> {
        session::leave();
        stop_process(job).map_err(ScreenError::Terminal)?;
        self.resume()
    }

    fn resume(&mut self) -> Result<(), ScreenError> {
        self.session.reenter(self.manners).map_err(ScreenError::Terminal)?;
        self.session.drop_typed();
        self.parser = Parser::default();
        self.repaint();
        Ok(())
    }

    fn repaint(&mut self) {
        self.canvas.reset(self.session.size());
    }
}
