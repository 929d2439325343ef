//! The screen as a whole, without a terminal: keys in, commands and pictures out.

mod commands;
mod finding;
mod forms;
mod grammar;
mod keys;
mod monkey;
mod notes;
mod pictures;
mod pty;
mod random;
mod stage;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

use super::countdown::Moment;
use super::fixtures::{T0, status};
use super::input::{Input, Parser};
use super::keys::Key;
use super::mouse::mouse;
use super::state::State;
use super::theme::Theme;
use super::update::{self, Wish};
use super::{News, Options, Zone, view};
use crate::console::TaskFacts;

/// A screen of 120 by 40 with these tasks.
fn screen(tasks: Vec<Arc<TaskFacts>>) -> State {
    let options = Options { zone: Zone::Fixed(0), task_list: Some("manual-ops".into()), ..Options::default() };
    let mut state = State::new(options, Rect::new(0, 0, 120, 40));
    let news = News { changed: tasks, status: Some(Arc::new(status())), ..News::default() };
    update::news(&mut state, news, T0.boot);
    state
}

/// Types what a terminal would send; gives what it made the screen want.
fn type_in(state: &mut State, bytes: &str) -> Vec<Wish> {
    let mut parser = Parser::default();
    let inputs: Vec<_> = parser.advance(bytes.as_bytes()).into_iter().chain(parser.expire()).collect();
    let take = |input| match input {
        Input::Key(key) => press(state, key),
        Input::Paste(text) => {
            update::paste(state, &text);
            None
        }
        Input::Mouse(gesture) => mouse(state, gesture, T0),
        Input::Focus(_) | Input::Background(_) => None,
    };
    inputs.into_iter().filter_map(take).collect()
}

fn press(state: &mut State, key: Key) -> Option<Wish> {
    update::key(state, key, T0)
}

/// Draws the screen as it is at [`T0`].
fn draw(state: &mut State, theme: &Theme) -> (Buffer, Option<Position>) {
    let moment = Moment::new(T0);
    state.settle(moment);
    let mut buf = Buffer::empty(state.area);
    let cursor = view::draw(&mut buf, state, theme, moment);
    (buf, cursor)
}

/// The text of a frame, and under each other line a map of the styles in it where there are any.
pub fn picture(buf: &Buffer, cursor: Option<Position>) -> String {
    let mut out = String::new();
    for y in buf.area.top()..buf.area.bottom() {
        let (mut text, mut styles) = (String::new(), String::new());
        let mut x = buf.area.left();
        while x < buf.area.right() {
            let cell = &buf[(x, y)];
            let cells = view::cells(cell.symbol()).max(1);
            text.push_str(cell.symbol());
            let style = if cursor == Some(Position::new(x, y)) { '_' } else { letter(cell.style()) };
            styles.extend(std::iter::repeat_n(style, cells));
            x += cells as u16;
        }
        out.push_str(text.trim_end());
        out.push('\n');
        if !styles.trim_end().is_empty() {
            out.push('\u{b7}');
            out.push_str(styles.trim_end().get(1..).unwrap_or_default());
            out.push('\n');
        }
    }
    out
}

/// One letter for a style: the colour's, in upper case if bold; `~` dim, `#` reversed, `!` on a background of its own.
fn letter(style: Style) -> char {
    let modifier = style.add_modifier;
    let letter = match style.fg {
        _ if style.bg.is_some_and(|color| color != Color::Reset) => return '!',
        Some(Color::Red) => 'r',
        Some(Color::Green) => 'g',
        Some(Color::Yellow) => 'y',
        Some(Color::Cyan) => 'c',
        Some(Color::Magenta) => 'm',
        Some(Color::Blue | Color::LightBlue) => 'l',
        _ if modifier.contains(Modifier::REVERSED) => return '#',
        _ if modifier.contains(Modifier::BOLD) => 'b',
        _ if modifier.contains(Modifier::DIM) => return '~',
        _ => return ' ',
    };
    if modifier.contains(Modifier::BOLD) { letter.to_ascii_uppercase() } else { letter }
}
