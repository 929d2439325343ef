//! The small strokes: text cut to width, wrapped text, borders.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Borders, Clear, Widget};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::Layout;
use crate::tui::theme::Theme;

/// How many cells a printable text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// A text cut to so many cells, with `…` where something was cut off.
pub fn fit(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let Some(room) = cells.checked_sub(1) else { return Cow::Borrowed("") };
    let mut used = 0;
    let kept = text.graphemes(true).take_while(|grapheme| {
        used += width(grapheme);
        used <= room
    });
    Cow::Owned(kept.chain(["…"]).collect())
}

/// The part of a text that is `skip` cells in and `cells` wide.
pub fn window(text: &str, skip: usize, cells: usize) -> String {
    let mut at = 0;
    let mut out = String::new();
    for grapheme in text.graphemes(true) {
        let end = at + width(grapheme);
        if at >= skip && end <= skip + cells {
            out.push_str(grapheme);
        }
        at = end;
    }
    out
}

/// A text in lines of at most so many cells, broken at spaces where there are any.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let bare = width(word.trim_end());
        if used > 0 && used + bare > cells {
            lines.push(String::new());
            used = 0;
        }
        for grapheme in word.graphemes(true) {
            let wide = width(grapheme);
            if used + wide > cells {
                // The space that no longer fits is the break itself.
                if grapheme == " " {
                    continue;
                }
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push_str(grapheme);
            }
            used += wide;
        }
    }
    lines
}

/// Writes a printable text, cut to so many cells; says where it ends.
pub fn put(buf: &mut Buffer, at: Position, cells: u16, text: &str, style: Style) -> u16 {
    if !buf.area.contains(at) {
        return at.x;
    }
    buf.set_stringn(at.x, at.y, fit(text, cells.into()), cells.into(), style).0
}

/// Writes a text that ends at the right edge of an area's first line.
pub fn put_right(buf: &mut Buffer, area: Rect, text: &str, style: Style) {
    let cells = width(text).min(area.width.into()) as u16;
    put(buf, Position::new(area.right() - cells, area.y), cells, text, style);
}

/// Draws a pane's border and titles.
pub fn pane(buf: &mut Buffer, area: Rect, layout: &Layout, title: &str, right: &str, focused: bool, theme: &Theme) {
    let border = if focused { theme.accent } else { theme.dim };
    let title_style = if focused { theme.accent } else { theme.title };
    let title = fit(title, usize::from(area.width).saturating_sub(6)).into_owned();
    let room = usize::from(area.width).saturating_sub(width(&title) + 10);
    let borders = if layout.boxed { Borders::ALL } else { Borders::TOP };
    let mut block = Block::new().borders(borders).border_type(BorderType::Rounded).border_style(border);
    block = block.title_top(Line::styled(format!(" {title} "), title_style));
    if !right.is_empty() && room >= 8 {
        block = block.title_top(Line::styled(format!(" {} ", fit(right, room)), theme.dim).right_aligned());
    }
    block.render(area, buf);
}

/// Clears a box of at most this size in the middle of an area and draws its border; gives what is inside.
pub fn popup(buf: &mut Buffer, over: Rect, cells: u16, rows: u16, title: &str, theme: &Theme) -> Rect {
    let area = popup_area(over, cells, rows);
    Clear.render(area, buf);
    let title = fit(title, usize::from(area.width).saturating_sub(4)).into_owned();
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(theme.accent);
    block.title_top(Line::styled(format!(" {title} "), theme.title)).render(area, buf);
    popup_inside(over, cells, rows)
}

/// What is inside a box that [`popup`] draws.
pub fn popup_inside(over: Rect, cells: u16, rows: u16) -> Rect {
    let area = popup_area(over, cells, rows);
    Rect {
        x: area.x + 2.min(area.width),
        y: area.y + 1.min(area.height),
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    }
}

fn popup_area(over: Rect, cells: u16, rows: u16) -> Rect {
    over.centered(
        ratatui::layout::Constraint::Length(cells.min(over.width)),
        ratatui::layout::Constraint::Length(rows.min(over.height)),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cuts_between_graphemes() {
        assert_eq!(fit("drain-rack-42", 20), "drain-rack-42");
        assert_eq!(fit("drain-rack-42", 6), "drain…");
        assert_eq!(fit("漢字漢字", 4), "漢…");
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(fit("ab", 0), "");
        assert_eq!(window("abcdef", 2, 3), "cde");
    }

    #[test]
    fn wraps_at_spaces_and_breaks_what_has_none() {
        assert_eq!(wrap("one two three", 8), ["one two ", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_asked(text in "[a-z 漢é]{0,60}", cells in 2usize..30) {
            prop_assert!(width(&fit(&text, cells)) <= cells);
            let lines = wrap(&text, cells);
            prop_assert!(lines.iter().all(|line| width(line) <= cells), "{lines:?}");
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
