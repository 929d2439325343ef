//! The screen without a terminal: bytes in, bytes out. For benchmarks and tests.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::countdown::Moment;
use super::input::{Input, Parser};
use super::mouse::mouse;
use super::state::State;
use super::surroundings::Surroundings;
use super::theme::Theme;
use super::update::{self, Wish};
use super::{News, Options, attention, view};
use crate::clock::Now;
use crate::console::Command;

/// A screen of a size, drawn into memory.
#[derive(Debug)]
pub struct Offscreen {
    pub(super) state: State,
    canvas: Canvas,
    theme: Theme,
    parser: Parser,
    around: Surroundings,
    title: String,
    said: Vec<u8>,
}

impl Offscreen {
    /// An empty one, for a terminal of which nothing else is known.
    pub fn new(options: Options, columns: u16, rows: u16) -> Self {
        let around = Surroundings::of(|_| None);
        let area = Rect::new(0, 0, columns, rows);
        Self {
            theme: Theme::choose(options.color, options.theme, around, around.background.unwrap_or_default()),
            canvas: Canvas::new(area, options.ascii),
            state: State::new(options, area),
            parser: Parser::default(),
            around,
            title: String::new(),
            said: Vec::new(),
        }
    }

    /// Another size, as after a SIGWINCH.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        let area = Rect::new(0, 0, columns, rows);
        self.state.area = area;
        self.canvas.reset(area);
    }

    /// Takes news.
    pub fn take(&mut self, news: News, now: Now) {
        if let Some(text) = attention::alarm(&news.log, super::Attention::default()) {
            self.said.extend(attention::notification(&text, attention::Desktop::Auto, self.around));
        }
        let bells = attention::bells(&news.log, super::Attention::default());
        update::news(&mut self.state, news, now.boot);
        self.said.resize(self.said.len() + bells, b'\x07');
    }

    /// Takes bytes as a terminal sends them, and nothing after them for a while; gives what it would do.
    pub fn type_in(&mut self, bytes: &[u8], now: Now) -> Vec<Command> {
        let inputs: Vec<_> = self.parser.advance(bytes).into_iter().chain(self.parser.expire()).collect();
        inputs.into_iter().filter_map(|input| self.input(input, now)).collect()
    }

    /// Takes one input; gives the command it leads to, if it leads to one.
    pub(super) fn input(&mut self, input: Input, now: Now) -> Option<Command> {
        let wish = match input {
            Input::Key(key) => update::key(&mut self.state, key, now),
            Input::Mouse(gesture) => mouse(&mut self.state, gesture, now),
            Input::Paste(text) => {
                update::paste(&mut self.state, &text);
                None
            }
            Input::Focus(_) | Input::Background(_) => None,
        };
        match wish? {
            Wish::Send(command) => Some(command),
            Wish::Copy(text) => {
                self.said.extend(attention::clipboard(&text, self.around));
                None
            }
            Wish::Repaint => {
                self.canvas.reset(self.state.area);
                None
            }
            Wish::Order(_)
            | Wish::Quit
            | Wish::Suspend { .. }
            | Wish::Mouse
            | Wish::Edit { .. }
            | Wish::Ask(_)
            | Wish::Show(_) => None,
        }
    }

    /// The bytes of the next frame, with all else that goes to the terminal.
    pub fn frame(&mut self, now: Now) -> Vec<u8> {
        let moment = Moment::new(now);
        self.state.tasks.advance(now.boot);
        self.state.settle(moment);
        let (state, theme) = (&self.state, &self.theme);
        let mut bytes = self.canvas.frame(|buf| view::draw(buf, state, theme, moment)).unwrap_or_default();
        bytes.append(&mut self.said);
        let title = attention::title(&self.state);
        if title != self.title {
            bytes.extend(attention::title_bytes(&title));
            self.title = title;
        }
        bytes
    }
}
