//! Roles instead of colours: the sixteen ANSI colours, so that the terminal's own palette decides, or none at all.
//!
//! Every role also differs by a modifier, a glyph or a word where it is used: nothing is said by colour alone.

use ratatui::style::{Color, Modifier, Style};

use super::ColorChoice;

/// What each kind of text looks like.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    /// Ordinary text.
    pub text: Style,
    /// Of second rank: labels, times, borders.
    pub dim: Style,
    /// Titles and column heads.
    pub title: Style,
    /// The border of what has the focus, and keys in the footer.
    pub accent: Style,
    /// All is well.
    pub ok: Style,
    /// Needs a look soon.
    pub warn: Style,
    /// Failed, lost, or about to be.
    pub danger: Style,
    /// A cancel request: not to be overlooked.
    pub alarm: Style,
    /// The selected row, over its other styles.
    pub selected: Style,
    /// The chosen button.
    pub chosen: Style,
}

impl Theme {
    /// By the operator's choice and the environment.
    pub fn choose(choice: ColorChoice) -> Self {
        let environment = || {
            let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
            !no_color && !dumb
        };
        let colors = match choice {
            ColorChoice::Auto => environment(),
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        };
        if colors { Self::ansi() } else { Self::plain() }
    }

    /// With the sixteen ANSI colours.
    pub fn ansi() -> Self {
        let plain = Self::plain();
        Self {
            accent: plain.accent.fg(Color::Cyan),
            ok: plain.ok.fg(Color::Green),
            warn: plain.warn.fg(Color::Yellow),
            danger: plain.danger.fg(Color::Red),
            alarm: plain.alarm.fg(Color::Magenta),
            ..plain
        }
    }

    /// Without colours.
    pub fn plain() -> Self {
        let style = Style::new();
        Self {
            text: style,
            dim: style.add_modifier(Modifier::DIM),
            // Both stand on borders, and what is bold and dim at once looks different from terminal to terminal.
            title: style.add_modifier(Modifier::BOLD).remove_modifier(Modifier::DIM),
            accent: style.add_modifier(Modifier::BOLD).remove_modifier(Modifier::DIM),
            ok: style,
            warn: style.add_modifier(Modifier::BOLD),
            danger: style.add_modifier(Modifier::BOLD),
            alarm: style.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            selected: style.add_modifier(Modifier::BOLD),
            chosen: style.add_modifier(Modifier::REVERSED),
        }
    }
}
