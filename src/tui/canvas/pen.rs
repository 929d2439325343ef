//! Changed cells as bytes, few of them: every second of every countdown goes down somebody's line.

use std::io::Write;

use ratatui::buffer::Cell;
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

/// Modifiers and their SGR parameters.
const MODIFIERS: [(Modifier, u8); 9] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::RAPID_BLINK, 6),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// What the terminal's cursor and its style are while a frame is written.
#[derive(Debug)]
pub struct Pen<'a> {
    bytes: &'a mut Vec<u8>,
    at: Option<Position>,
    /// Only ASCII since the last absolute move: how far anything else moves the cursor is the terminal's opinion.
    sure: bool,
    style: (Color, Color, Modifier),
}

const PLAIN: (Color, Color, Modifier) = (Color::Reset, Color::Reset, Modifier::empty());

impl<'a> Pen<'a> {
    /// Somewhere on the glass, with no style.
    pub fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self { bytes, at: None, sure: false, style: PLAIN }
    }

    /// Writes one cell.
    pub fn write(&mut self, at: Position, cell: &Cell) {
        self.go(at);
        self.dip((cell.fg, cell.bg, cell.modifier));
        let symbol = cell.symbol();
        self.bytes.extend(symbol.as_bytes());
        self.sure &= symbol.len() == 1;
        // Behind a wide one there is no next cell at this place, so that one is gone to.
        self.at = Some(Position { x: at.x + 1, ..at });
    }

    /// Leaves the terminal without a style.
    pub fn lay_down(mut self) {
        self.dip(PLAIN);
    }

    fn go(&mut self, to: Position) {
        match self.at {
            Some(at) if at == to => {}
            Some(at) if self.sure && at.y == to.y && at.x < to.x => match to.x - at.x {
                1 => self.bytes.extend(b"\x1b[C"),
                cells => self.put(format_args!("\x1b[{cells}C")),
            },
            _ => {
                self.put(format_args!("\x1b[{};{}H", to.y + 1, to.x + 1));
                self.sure = true;
            }
        }
    }

    /// All off, and on what is wanted: hardly longer than the difference, and right whatever was before.
    fn dip(&mut self, style: (Color, Color, Modifier)) {
        if style == self.style {
            return;
        }
        self.style = style;
        let (fg, bg, modifier) = style;
        self.bytes.extend(b"\x1b[0");
        for (_, parameter) in MODIFIERS.into_iter().filter(|(one, _)| modifier.contains(*one)) {
            self.put(format_args!(";{parameter}"));
        }
        self.color(30, fg);
        self.color(40, bg);
        self.bytes.push(b'm');
    }

    /// `base` is 30 for the text and 40 for what is behind it.
    fn color(&mut self, base: u8, color: Color) {
        let number = match color {
            Color::Reset => return,
            Color::Indexed(index) => return self.put(format_args!(";{};5;{index}", base + 8)),
            Color::Rgb(red, green, blue) => return self.put(format_args!(";{};2;{red};{green};{blue}", base + 8)),
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 60,
            Color::LightRed => 61,
            Color::LightGreen => 62,
            Color::LightYellow => 63,
            Color::LightBlue => 64,
            Color::LightMagenta => 65,
            Color::LightCyan => 66,
            Color::White => 67,
        };
        self.put(format_args!(";{}", base + number));
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.bytes.write_fmt(text); // memory takes everything
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    /// What is written to get from one row of text to another.
    fn written(before: &str, after: &str, style: Style) -> String {
        let area = Rect::new(0, 0, 30, 1);
        let (mut shown, mut next) = (Buffer::empty(area), Buffer::empty(area));
        shown.set_string(0, 0, before, style);
        next.set_string(0, 0, after, style);
        let mut bytes = Vec::new();
        let mut pen = Pen::new(&mut bytes);
        for (x, y, cell) in shown.diff(&next) {
            pen.write(Position { x, y }, cell);
        }
        pen.lay_down();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn jumps_along_a_row_and_never_over_what_a_terminal_may_measure_otherwise() {
        assert_eq!(written("0:49 12:02", "0:48 12:01", Style::new()), "\x1b[1;4H8\x1b[5C1");
        assert_eq!(written("ab c", "xb y", Style::new()), "\x1b[1;1Hx\x1b[2Cy");
        assert_eq!(written("abc", "xby", Style::new()), "\x1b[1;1Hx\x1b[Cy");
        assert_eq!(written("██ c", "░█ y", Style::new()), "\x1b[1;1H░\x1b[1;4Hy");
        assert_eq!(written("abcd", "漢cx", Style::new()), "\x1b[1;1H漢\x1b[1;4Hx");
        assert_eq!(written("same", "same", Style::new()), "");
    }

    #[test]
    fn sets_a_style_once_and_takes_it_off_at_the_end() {
        assert_eq!(written("", "ab", Style::new().bold().cyan()), "\x1b[1;1H\x1b[0;1;36mab\x1b[0m");
        let many = Style::new().reversed().fg(Color::White).bg(Color::Indexed(200));
        assert_eq!(written("", "a", many), "\x1b[1;1H\x1b[0;7;97;48;5;200ma\x1b[0m");
        assert_eq!(written("", "a", Style::new().fg(Color::Rgb(1, 2, 3))), "\x1b[1;1H\x1b[0;38;2;1;2;3ma\x1b[0m");
    }
}
