//! A frame for terminals that have ASCII only: every other glyph becomes one that is as wide.

use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr;

/// Replaces what is not ASCII, cell by cell. States stay apart, because their glyphs do; foreign letters become `?`.
pub fn simplify(buf: &mut Buffer) {
    for cell in &mut buf.content {
        let symbol = cell.symbol();
        if symbol.is_ascii() {
            continue;
        }
        // The cell behind a wide one is blank in the buffer, but a terminal would leave it as it was.
        let plain = if symbol.width() > 1 { '?' } else { plain(symbol.chars().next().unwrap_or('?')) };
        cell.set_char(plain);
    }
}

fn plain(glyph: char) -> char {
    match glyph {
        '─' | '━' | '–' | '·' => '-',
        '│' | '┃' | '▌' => '|',
        '╭' | '╮' | '╰' | '╯' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '✝' => {
            '+'
        }
        '█' | '▓' => '=',
        '░' | '▒' | '…' => '.',
        '●' => '*',
        '○' => 'o',
        '◔' => 'c',
        '▲' => 'A',
        '△' | '▴' | '↑' => '^',
        '▾' | '▿' | '▼' | '▽' | '↓' | '✓' => 'v',
        '✖' => 'X',
        '✗' => 'x',
        '⊘' => '/',
        '▸' | '›' | '→' => '>',
        '◂' | '‹' | '←' => '<',
        '▁' | '▂' => '_',
        '▃' | '▄' | '▅' => 'm',
        '▆' | '▇' => 'M',
        '⏎' => '$',
        '✎' => '"',
        '⚑' => 'F',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn glyphs_of_states_stay_apart_and_everything_is_ascii() {
        let states = ["✖", "▲", "△", "?", "!", "…", "●", "○", "✝", "✓", "✗", "⊘"];
        let plain: Vec<_> = states.iter().map(|state| plain_or_same(state)).collect();
        for (index, one) in plain.iter().enumerate() {
            assert!(!plain[index + 1..].contains(one), "{one} of {}", states[index]);
        }
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 1));
        buf.set_string(0, 0, "│漢é e\u{301} 0:41", Style::new());
        simplify(&mut buf);
        let text: String = buf.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(text, "|? ? ? 0:41 ");
    }

    fn plain_or_same(state: &str) -> char {
        let glyph = state.chars().next().unwrap();
        if glyph.is_ascii() { glyph } else { plain(glyph) }
    }
}
