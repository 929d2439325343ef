//! Roles instead of colours: the sixteen ANSI colours, so that the terminal's own palette decides, or none at all.
//!
//! Every role also differs by a modifier, a glyph or a word where it is used: nothing is said by colour alone.

use ratatui::style::{Color, Modifier, Style};

use super::surroundings::Surroundings;
use super::{ColorChoice, ThemeChoice};

/// What each kind of text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// What is behind the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Background {
    /// Most terminals.
    #[default]
    Dark,
    /// Paper.
    Light,
}

impl Theme {
    /// By the operator's choice and what is known of the terminal. `None`: as a terminal with this background wants it.
    pub fn choose(color: ColorChoice, theme: ThemeChoice, around: Surroundings, behind: Background) -> Self {
        let colors = match color {
            ColorChoice::Auto => around.colors,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        };
        match theme {
            _ if !colors => Self::plain(),
            ThemeChoice::None => Self::plain(),
            ThemeChoice::HighContrast => Self::high_contrast(),
            ThemeChoice::ColorBlind => Self::color_blind(behind),
            ThemeChoice::Light => Self::light(),
            ThemeChoice::Auto if behind == Background::Light => Self::light(),
            ThemeChoice::Dark | ThemeChoice::Auto => Self::dark(),
        }
    }

    /// For a dark background.
    pub fn dark() -> Self {
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

    /// For a light background, on which yellow and cyan cannot be read.
    pub fn light() -> Self {
        let plain = Self::plain();
        Self {
            accent: plain.accent.fg(Color::Blue),
            ok: plain.ok.fg(Color::Green),
            warn: plain.warn.fg(Color::Magenta),
            danger: plain.danger.fg(Color::Red),
            alarm: plain.alarm.fg(Color::Red),
            ..plain
        }
    }

    /// Nothing dim; what is urgent has a background of its own, so that it does not matter what is behind.
    pub fn high_contrast() -> Self {
        let plain = Self::plain();
        let style = Style::new();
        let loud = |text, behind| style.fg(text).bg(behind).add_modifier(Modifier::BOLD);
        Self {
            dim: style,
            title: style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            accent: style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            warn: loud(Color::Black, Color::LightYellow),
            danger: loud(Color::White, Color::Red),
            alarm: loud(Color::White, Color::Magenta).add_modifier(Modifier::UNDERLINED),
            selected: style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            chosen: style.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            ..plain
        }
    }

    /// Blue against yellow, which the usual kinds of colour blindness leave apart; what is worse is reversed as well.
    pub fn color_blind(behind: Background) -> Self {
        let plain = Self::plain();
        let (cool, warm) = match behind {
            Background::Dark => (Color::LightBlue, Color::Yellow),
            // Yellow cannot be read there; on black letters it can.
            Background::Light => (Color::Blue, Color::Reset),
        };
        Self {
            accent: plain.accent.fg(cool),
            ok: plain.ok.fg(cool),
            warn: plain.warn.fg(warm),
            danger: Style::new().fg(Color::Black).bg(Color::Yellow).add_modifier(Modifier::BOLD),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn around(variables: &'static [(&'static str, &'static str)]) -> Surroundings {
        Surroundings::of(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into()))
    }

    fn chosen(color: ColorChoice, theme: ThemeChoice, variables: &'static [(&'static str, &'static str)]) -> Theme {
        Theme::choose(color, theme, around(variables), Background::Dark)
    }

    #[test]
    fn no_color_wins_over_a_theme_and_color_always_over_the_environment() {
        use ColorChoice as C;
        let no_color = &[("NO_COLOR", "1")];
        assert_eq!(chosen(C::Auto, ThemeChoice::Dark, no_color), Theme::plain());
        assert_eq!(chosen(C::Auto, ThemeChoice::Auto, &[("NO_COLOR", "")]), Theme::dark());
        assert_eq!(chosen(C::Auto, ThemeChoice::Auto, &[("TERM", "dumb")]), Theme::plain());
        assert_eq!(chosen(C::Always, ThemeChoice::Auto, no_color), Theme::dark());
        assert_eq!(chosen(C::Never, ThemeChoice::HighContrast, &[]), Theme::plain());
        assert_eq!(chosen(C::Always, ThemeChoice::None, &[]), Theme::plain());
    }

    #[test]
    fn the_background_decides_unless_a_theme_is_named() {
        let on_light = |theme| Theme::choose(ColorChoice::Auto, theme, around(&[]), Background::Light);
        assert_eq!(on_light(ThemeChoice::Auto), Theme::light());
        assert_eq!(on_light(ThemeChoice::Dark), Theme::dark());
    }

    #[test]
    fn every_theme_tells_the_urgent_from_the_ordinary_and_has_ansi_colours_only() {
        let themes = [
            Theme::dark(),
            Theme::light(),
            Theme::high_contrast(),
            Theme::color_blind(Background::Dark),
            Theme::color_blind(Background::Light),
            Theme::plain(),
        ];
        for theme in themes {
            assert!(
                [theme.warn, theme.danger, theme.alarm].iter().all(|loud| *loud != theme.text && *loud != theme.ok)
            );
            assert!(theme.alarm != theme.danger && theme.selected != Style::new() && theme.chosen != Style::new());
            let colors = [theme.text, theme.dim, theme.accent, theme.ok, theme.warn, theme.danger, theme.alarm];
            let ansi = |color: Option<Color>| !matches!(color, Some(Color::Rgb(..) | Color::Indexed(_)));
            assert!(colors.iter().all(|style| ansi(style.fg) && ansi(style.bg)));
        }
    }
}
