//! The loop: waits for a key, news, a signal or the next tick, and draws what changed. The only place where the screen
//! meets the system; what anything means is decided in `update`.

mod editing;

use std::io;
use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::Signal;
use rustix::termios::isatty;

use super::attention;
use super::auto;
use super::canvas::Canvas;
use super::contexts::{Alone, Context, Contexts, Desks, Standing};
use super::countdown::{Moment, next_tick};
use super::input::{Input, Parser};
use super::mouse::mouse;
use super::plain;
use super::session::{self, Manners, Session};
use super::signals::stop_process;
use super::surroundings::Surroundings;
use super::theme::{Background, Theme};
use super::update::{self, Wish};
use super::view;
use super::{ColorChoice, Engine, Exit, Options, ScreenError, Signals, ThemeChoice};
use crate::clock::{self, Boot};
use crate::console::LogLine;

/// At most so many milliseconds between two frames, however much happens: 60 a second.
const FRAME_MS: i64 = 16;

/// Shows the screen until somebody or something ends it. Blocks the calling thread; the terminal is restored when it
/// returns, unless it is lost.
///
/// # Errors
/// [`ScreenError`] when there is no terminal, or it does not do as told.
pub fn run(options: Options, engine: &mut dyn Engine, signals: &Signals) -> Result<Exit, ScreenError> {
    let context = Context { name: String::new(), place: String::new(), options, standing: Standing::Open };
    run_contexts(vec![context], 0, &mut Alone(engine), signals)
}

/// As [`run`], with several contexts, of which one is shown first.
///
/// # Errors
/// See [`run`].
///
/// # Panics
/// If `shown` is none of the contexts.
pub fn run_contexts(
    contexts: Vec<Context>,
    shown: usize,
    engines: &mut dyn Contexts,
    signals: &Signals,
) -> Result<Exit, ScreenError> {
    let around = Surroundings::here();
    let options = contexts[shown].options.clone();
    if options.plain || around.dumb {
        return plain::run(contexts, shown, engines, signals);
    }
    let ascii = options.ascii || around.ascii;
    let manners = manners(&options, around);
    let colors = (options.color, options.theme, around);
    let session = Session::enter(manners)?;
    let area = session.size();
    let behind = around.background.unwrap_or_default();
    let mut screen = Screen {
        colors,
        theme: Theme::choose(options.color, options.theme, around, behind),
        manners,
        focused: None,
        title: String::new(),
        said: Vec::new(),
        desks: Desks::new(contexts, shown, area),
        canvas: Canvas::new(area, ascii),
        parser: Parser::default(),
        esc_at: None,
        frame_at: Some(Boot(i64::MIN)),
        drawn_at: Boot(i64::MIN),
        tick_at: None,
        bells: 0,
        session,
        engines,
        signals,
    };
    loop {
        #[cfg(debug_assertions)]
        crash_if_ordered();
        if let Some(exit) = screen.turn()? {
            return Ok(exit);
        }
    }
}

/// A crash for the tests of the real program, ordered by a file that comes to be. There is none of it in a release.
#[cfg(debug_assertions)]
fn crash_if_ordered() {
    let order = std::env::var_os("SWFBEAT_CRASH_ORDER");
    assert!(!order.is_some_and(|file| std::path::Path::new(&file).exists()), "as ordered");
}

/// Whether somebody at a terminal can be asked things on a screen.
pub fn can_show(options: &Options) -> bool {
    !options.plain && !Surroundings::here().dumb && isatty(rustix::stdio::stdin()) && isatty(rustix::stdio::stdout())
}

/// What is asked of the terminal. Its background only if it makes a difference; the answer is not waited for: the first
/// frame is drawn for a dark one, and is drawn again should it turn out to be light.
pub(super) fn manners(options: &Options, around: Surroundings) -> Manners {
    let by_background = matches!(options.theme, ThemeChoice::Auto | ThemeChoice::ColorBlind);
    let colors = options.color == ColorChoice::Always || options.color == ColorChoice::Auto && around.colors;
    Manners {
        rich: around.rich,
        mouse: around.rich && !options.mouse_off,
        ask_background: around.rich && colors && by_background && around.background.is_none(),
    }
}

struct Screen<'a> {
    session: Session,
    manners: Manners,
    /// The terminal has the focus; `None` until it says so, which some never do.
    focused: Option<bool>,
    /// The title as it was last set.
    title: String,
    /// What else goes out with the next frame.
    said: Vec<u8>,
    engines: &'a mut dyn Contexts,
    signals: &'a Signals,
    desks: Desks,
    theme: Theme,
    /// What the theme was chosen by.
    colors: (ColorChoice, ThemeChoice, Surroundings),
    canvas: Canvas,
    parser: Parser,
    /// When a lone `esc` becomes a key.
    esc_at: Option<Boot>,
    /// When the next frame is due, if something changed.
    frame_at: Option<Boot>,
    drawn_at: Boot,
    /// When the clock and every countdown change, if any is to be seen.
    tick_at: Option<Boot>,
    /// Bells to ring with the next frame.
    bells: usize,
}

/// What woke the loop.
struct Woken {
    terminal_lost: bool,
    keys: bool,
    news: bool,
    engine_gone: bool,
    signals: bool,
}

impl Screen<'_> {
    /// Draws if it is time, waits once, takes what came.
    fn turn(&mut self) -> Result<Option<Exit>, ScreenError> {
        if let Some(exit) = self.draw_if_due()? {
            return Ok(Some(exit));
        }
        let woken = self.wait().map_err(ScreenError::Terminal)?;
        if woken.terminal_lost {
            return Ok(Some(lost()));
        }
        if woken.signals
            && let Some(exit) = self.take_signals()?
        {
            return Ok(Some(exit));
        }
        if woken.news
            && let Some(exit) = self.take_news()
        {
            return Ok(Some(exit));
        }
        if woken.engine_gone {
            return Ok(Some(Exit::EngineGone("the engine has stopped without a word".into())));
        }
        if woken.keys
            && let Some(exit) = self.take_keys()?
        {
            return Ok(Some(exit));
        }
        self.take_time()
    }

    fn wait(&self) -> io::Result<Woken> {
        let fds = [self.session.fd(), self.signals.fd()].into_iter().chain(self.engines.wake_fds());
        let mut fds: Vec<_> = fds.map(|fd: BorrowedFd<'_>| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
        match poll(&mut fds, self.timeout().as_ref()) {
            Ok(_) => {}
            // The signal is in its pipe: the next turn finds it.
            Err(Errno::INTR) => fds.iter_mut().for_each(PollFd::clear_revents),
            Err(error) => return Err(error.into()),
        }
        let (tty, signals) = (fds[0].revents(), fds[1].revents());
        let news = fds[2..].iter().fold(PollFlags::empty(), |all, fd| all | fd.revents());
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        Ok(Woken {
            terminal_lost: tty.intersects(gone),
            keys: tty.contains(PollFlags::IN),
            news: news.contains(PollFlags::IN),
            engine_gone: news.intersects(gone),
            signals: !signals.is_empty(),
        })
    }

    /// Until the earliest of: the frame that is due, a lone `esc`, the next tick.
    fn timeout(&self) -> Option<Timespec> {
        let now = clock::now();
        let at = [self.frame_at, self.esc_at, self.tick_at, self.auto_at()].into_iter().flatten().min()?;
        // The clock is read in whole milliseconds, rounded down: one more, or the wake-up is early by a part of one.
        let millis = (at.0.saturating_sub(now.boot.0)).clamp(0, 1_000) + i64::from(at > now.boot);
        Some(Timespec { tv_sec: millis / 1_000, tv_nsec: millis % 1_000 * 1_000_000 })
    }

    /// When the story's operator acts next.
    fn auto_at(&self) -> Option<Boot> {
        self.desks.shown().stage.as_ref()?.auto.next_at()
    }

    /// Something may look different now.
    fn touch(&mut self) {
        self.frame_at = self.frame_at.or(Some(self.drawn_at + FRAME_MS));
    }

    fn draw_if_due(&mut self) -> Result<Option<Exit>, ScreenError> {
        let now = clock::now();
        if self.frame_at.is_none_or(|at| at > now.boot) {
            return Ok(None);
        }
        if !session::is_entered() {
            // The panic hook of another thread has given the terminal back.
            return Ok(Some(Exit::EngineGone("a part of the program has failed".into())));
        }
        let moment = Moment::new(now);
        self.desks.advance(now.boot);
        self.desks.shown_mut().settle(moment);
        if let Some(wish) = update::reads(self.desks.shown_mut(), now.boot)
            && let Some(exit) = self.grant(wish)?
        {
            return Ok(Some(exit));
        }
        if let Some(wish) = update::watch(self.desks.shown_mut()) {
            self.grant(wish)?;
        }
        let (state, theme) = (self.desks.shown(), &self.theme);
        let bytes = self.canvas.frame(|buf| view::draw(buf, state, theme, moment));
        let mut bytes = bytes.map_err(ScreenError::Terminal)?;
        bytes.append(&mut self.said);
        bytes.extend(self.new_title());
        let bells = std::mem::take(&mut self.bells);
        bytes.resize(bytes.len() + bells, b'\x07');
        (self.frame_at, self.drawn_at) = (None, now.boot);
        let nothing_ticks = self.desks.shown().layout().too_small;
        self.tick_at = (!nothing_ticks).then(|| next_tick(now));
        match self.session.write(&bytes) {
            Ok(()) => Ok(None),
            Err(error) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => Ok(Some(lost())),
            Err(error) => Err(ScreenError::Terminal(error)),
        }
    }

    fn take_news(&mut self) -> Option<Exit> {
        // Contexts on one engine have its own alarms in common: heard once is enough.
        let mut heard: Vec<LogLine> = Vec::new();
        for (context, mut news) in self.engines.take() {
            if let Some(why) = news.gone.take() {
                return Some(Exit::EngineGone(why));
            }
            if news.drained {
                return Some(Exit::Quit);
            }
            let fresh: Vec<_> = news.log.iter().filter(|line| !heard.contains(line)).cloned().collect();
            self.alarm(context, &fresh);
            heard.extend(fresh);
            self.desks.news(context, news, clock::now().boot);
        }
        if let Some(presenter) = self.engines.presenter() {
            update::reports(self.desks.shown_mut(), presenter.take(), clock::now().boot);
        }
        self.touch();
        None
    }

    /// Reaches somebody who does not look, if anything in this log is worth it.
    fn alarm(&mut self, context: usize, log: &[LogLine]) {
        let attention = self.desks.attention(context);
        if let Some(text) =
            attention::alarm(log, attention).filter(|_| self.focused != Some(true) || attention.focused_too)
        {
            let text = self.desks.prefix(context) + &text;
            self.say(|around| attention::notification(&text, attention.desktop, around));
        }
        if attention.bell {
            self.bells += attention::bells(log, attention);
        }
    }

    fn take_keys(&mut self) -> Result<Option<Exit>, ScreenError> {
        let mut bytes = [0; 4_096];
        let read = match rustix::io::read(self.session.fd(), &mut bytes) {
            Ok(0) | Err(Errno::IO) => return Ok(Some(lost())),
            Ok(read) => read,
            Err(Errno::INTR | Errno::AGAIN) => return Ok(None),
            Err(error) => return Err(ScreenError::Terminal(error.into())),
        };
        for input in self.parser.advance(&bytes[..read]) {
            if let Some(exit) = self.take_input(input)? {
                return Ok(Some(exit));
            }
        }
        self.esc_at = self.parser.waits_ms().map(|wait| clock::now().boot + wait);
        Ok(None)
    }

    /// A lone `esc` that nothing followed, and the tick.
    fn take_time(&mut self) -> Result<Option<Exit>, ScreenError> {
        let now = clock::now();
        if self.tick_at.is_some_and(|at| at <= now.boot) {
            self.touch();
        }
        if self.auto_at().is_some_and(|at| at <= now.boot) {
            self.touch();
            if let Some(wish) = auto::play(self.desks.shown_mut(), now)
                && let Some(exit) = self.grant(wish)?
            {
                return Ok(Some(exit));
            }
        }
        if self.esc_at.is_some_and(|at| at <= now.boot) {
            self.esc_at = None;
            if let Some(input) = self.parser.expire() {
                return self.take_input(input);
            }
        }
        Ok(None)
    }

    fn take_input(&mut self, input: Input) -> Result<Option<Exit>, ScreenError> {
        self.touch();
        let wish = match input {
            Input::Key(key) => update::key(self.desks.shown_mut(), key, clock::now()),
            Input::Paste(text) => {
                update::paste(self.desks.shown_mut(), &text);
                None
            }
            Input::Mouse(gesture) => mouse(self.desks.shown_mut(), gesture, clock::now()),
            Input::Focus(focused) => {
                self.focused = Some(focused);
                None
            }
            Input::Background(behind) => {
                self.set_background(behind);
                None
            }
        };
        wish.map_or(Ok(None), |wish| self.grant(wish))
    }

    fn set_background(&mut self, behind: Background) {
        let (color, theme, around) = self.colors;
        self.theme = Theme::choose(color, theme, around, behind);
        session::answered();
    }

    /// Bytes for the terminal that are not cells, if it is one that knows them.
    fn say(&mut self, bytes: impl FnOnce(Surroundings) -> Vec<u8>) {
        let (.., around) = self.colors;
        if around.rich {
            self.said.extend(bytes(around));
            self.touch();
        }
    }

    /// What sets the title, if it is to be another.
    fn new_title(&mut self) -> Vec<u8> {
        let (.., around) = self.colors;
        let title = attention::title(self.desks.shown());
        let wanted = self.desks.attention(self.desks.number()).title;
        if !around.rich || !wanted || title == self.title {
            return Vec::new();
        }
        self.title = title;
        attention::title_bytes(&self.title)
    }

    fn grant(&mut self, wish: Wish) -> Result<Option<Exit>, ScreenError> {
        match wish {
            Wish::Send(command) => match self.engines.send(self.desks.number(), command) {
                Ok(()) => Ok(None),
                Err(gone) => Ok(Some(Exit::EngineGone(gone.0))),
            },
            Wish::Order(order) => {
                if let Some(presenter) = self.engines.presenter() {
                    presenter.order(order);
                }
                Ok(None)
            }
            Wish::Quit => Ok(Some(Exit::Quit)),
            Wish::Ask(leaving) => match self.desks.ask(leaving) {
                Some(wish) => self.grant(wish),
                None => Ok(None),
            },
            Wish::Show(context) => {
                if self.desks.show(context) {
                    self.engines.open(context);
                }
                self.touch();
                Ok(None)
            }
            Wish::Repaint => {
                self.repaint();
                Ok(None)
            }
            Wish::Copy(text) => {
                self.say(|around| attention::clipboard(&text, around));
                Ok(None)
            }
            Wish::Mouse => {
                self.manners.mouse = self.desks.shown().mouse;
                self.session.set_mouse(self.manners.mouse).map_err(ScreenError::Terminal)?;
                Ok(None)
            }
            Wish::Suspend { job } => self.suspend(job).map(|()| None),
            Wish::Edit { text, name } => self.edit(&text, name),
        }
    }

    fn take_signals(&mut self) -> Result<Option<Exit>, ScreenError> {
        for signal in self.signals.drain() {
            match Signal::from_named_raw(signal) {
                Some(Signal::WINCH) => self.repaint(),
                // Somebody else has stopped this process: nobody knows the terminal's modes.
                Some(Signal::CONT) => self.resume()?,
                Some(Signal::TSTP) => {
                    self.touch();
                    if let Some(wish) = update::suspend(self.desks.shown_mut(), /*job*/ false) {
                        self.grant(wish)?;
                    }
                }
                Some(Signal::HUP) if self.is_lost() => return Ok(Some(lost())),
                _ => return Ok(Some(Exit::Signal(signal))),
            }
        }
        Ok(None)
    }

    /// SIGHUP mostly comes because the terminal is gone; if it is not, it is left like any other time.
    fn is_lost(&self) -> bool {
        let mut fds = [PollFd::from_borrowed_fd(self.session.fd(), PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut fds, Some(&now)).is_err()
            || fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
    }

    fn suspend(&mut self, job: bool) -> Result<(), ScreenError> {
        session::leave();
        let stopped = stop_process(job);
        if stopped.is_ok() {
            self.await_resume();
        }
        self.resume()?;
        if let Err(error) = stopped {
            self.desks.shown_mut().refuse(format!("the system does not suspend this process: {error}"));
        }
        Ok(())
    }

    /// The stop may take effect a little later than asked for. SIGCONT ends the wait; so does time, for a process that
    /// cannot be stopped, such as a container's first.
    fn await_resume(&self) {
        let mut fds = [PollFd::from_borrowed_fd(self.signals.fd(), PollFlags::IN)];
        let _ = poll(&mut fds, Some(&Timespec { tv_sec: 1, tv_nsec: 0 }));
    }

    fn resume(&mut self) -> Result<(), ScreenError> {
        self.session.reenter(self.manners).map_err(ScreenError::Terminal)?;
        self.session.drop_typed();
        self.parser = Parser::default();
        // The shell has had a title of its own meanwhile.
        self.title.clear();
        self.repaint();
        Ok(())
    }

    /// Every cell anew, for the size as it is now.
    fn repaint(&mut self) {
        let area = self.session.size();
        self.desks.resize(area);
        self.canvas.reset(area);
        self.touch();
    }
}

/// The terminal is gone and not to be touched again.
fn lost() -> Exit {
    session::forget();
    Exit::TerminalLost
}
