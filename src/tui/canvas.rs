//! From a drawn buffer to the bytes of one frame: only what differs from what is on the glass, inside a synchronized
//! update (DEC mode 2026), in one piece. Writes nothing itself and asks the terminal nothing.
//!
//! In place of `ratatui::Terminal`, which flushes in pieces and asks for size and cursor, and of its crossterm backend,
//! which needs a third more bytes for countdowns.

mod ascii;
mod pen;

use std::io;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use pen::Pen;

#[cfg(test)]
pub use ascii::simplify;

/// What is on the glass, and what is to be.
#[derive(Debug)]
pub struct Canvas {
    shown: Buffer,
    next: Buffer,
    cursor: Option<Position>,
    /// Nobody knows what is on the glass.
    anew: bool,
    /// The terminal has no glyphs beyond ASCII.
    ascii: bool,
}

impl Canvas {
    /// For a terminal of this size, of which nothing is known; with `ascii`, for one without other glyphs.
    pub fn new(area: Rect, ascii: bool) -> Self {
        Self { shown: Buffer::empty(area), next: Buffer::empty(area), cursor: None, anew: true, ascii }
    }

    /// The next frame is drawn anew, for this size.
    pub fn reset(&mut self, area: Rect) {
        *self = Self::new(area, self.ascii);
    }

    /// Draws a frame; its bytes, or nothing if it looks as before. `draw` says where the cursor is to be shown.
    ///
    /// # Errors
    /// None in practice: the bytes go to memory.
    pub fn frame(&mut self, draw: impl FnOnce(&mut Buffer) -> Option<Position>) -> io::Result<Vec<u8>> {
        self.next.reset();
        let cursor = draw(&mut self.next);
        if self.ascii {
            ascii::simplify(&mut self.next);
        }
        let changed = self.shown.diff(&self.next);
        let mut bytes = Vec::new();
        if changed.is_empty() && cursor == self.cursor && !self.anew {
            return Ok(bytes);
        }
        queue!(bytes, BeginSynchronizedUpdate)?;
        if self.anew {
            queue!(bytes, Hide, Clear(ClearType::All))?;
        } else if self.cursor.is_some() {
            queue!(bytes, Hide)?;
        }
        let mut pen = Pen::new(&mut bytes);
        for (x, y, cell) in changed {
            pen.write(Position { x, y }, cell);
        }
        pen.lay_down();
        if let Some(at) = cursor {
            queue!(bytes, MoveTo(at.x, at.y), Show)?;
        }
        queue!(bytes, EndSynchronizedUpdate)?;
        std::mem::swap(&mut self.shown, &mut self.next);
        (self.cursor, self.anew) = (cursor, false);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    fn put(text: &'static str) -> impl FnOnce(&mut Buffer) -> Option<Position> {
        move |buf| {
            buf.set_string(0, 0, text, Style::new());
            None
        }
    }

    #[test]
    fn writes_only_what_changed_in_one_synchronized_update() {
        let mut canvas = Canvas::new(Rect::new(0, 0, 20, 2), false);
        let first = String::from_utf8(canvas.frame(put("0:41 left")).unwrap()).unwrap();
        assert!(
            first.starts_with("\x1b[?2026h")
                && first.ends_with("\x1b[?2026l")
                && first.contains("0:41")
                && first.contains("left")
        );
        let second = String::from_utf8(canvas.frame(put("0:40 left")).unwrap()).unwrap();
        assert!(second.contains("[1;4H0") && !second.contains("left"), "{second:?}");
        assert_eq!(canvas.frame(put("0:40 left")).unwrap(), b"");
    }

    #[test]
    fn after_a_reset_everything_is_drawn_and_the_glass_is_cleared() {
        let mut canvas = Canvas::new(Rect::new(0, 0, 20, 2), false);
        canvas.frame(put("same")).unwrap();
        canvas.reset(Rect::new(0, 0, 10, 1));
        let bytes = String::from_utf8(canvas.frame(put("same")).unwrap()).unwrap();
        assert!(bytes.contains("\x1b[2J") && bytes.contains("same"), "{bytes:?}");
    }
}
