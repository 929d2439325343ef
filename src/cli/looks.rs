//! How the screen is to look: the arguments that every verb with a screen takes.

use clap::{Args, ValueEnum};

use crate::config;
use crate::tui;

/// Colours, glyphs, mouse.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Looks")]
pub struct Looks {
    /// Whether to use colours
    #[arg(long, value_enum, value_name = "WHEN")]
    color: Option<Color>,
    /// Which colours; states differ by words and glyphs as well
    #[arg(long, value_enum, value_name = "NAME")]
    theme: Option<Theme>,
    /// No glyphs beyond ASCII; so it is anyway if the locale's encoding is not UTF-8 or TERM is linux
    #[arg(long)]
    ascii: bool,
    /// Whether the mouse acts here; off leaves it to the terminal, which can select text with it
    #[arg(long, value_enum, value_name = "WHICH")]
    mouse: Option<Mouse>,
    /// In lines instead of a screen, for screen readers and pipes: what happens is printed, acts are typed
    #[arg(long)]
    plain: bool,
}

impl Looks {
    /// As the screen takes them, the command line before the config file; the rest is left as it is by default.
    pub fn options(&self, file: &config::Config) -> tui::Options {
        tui::Options {
            color: self.color.map_or(file.looks.color, Into::into),
            theme: self.theme.map_or(file.looks.theme, Into::into),
            ascii: self.ascii || file.looks.ascii,
            mouse_off: self.mouse.map_or(!file.looks.mouse, |mouse| mouse == Mouse::Off),
            plain: self.plain,
            keymap: file.keys.clone(),
            attention: file.notifications,
            lease: file.lease,
            templates: file.templates.clone(),
            filters: file.filters.clone(),
            ..tui::Options::default()
        }
    }
}

/// Whether to use colours.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    /// Unless NO_COLOR is set or the terminal is dumb
    Auto,
    /// Whatever the environment says
    Always,
    /// Bold, reverse and the like only
    Never,
}

impl From<Color> for tui::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// Which colours.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Theme {
    /// Dark or light, as the terminal's background is
    Auto,
    /// For a dark background
    Dark,
    /// For a light background
    Light,
    /// Nothing dim, and what is urgent on a background of its own
    HighContrast,
    /// Blue and yellow instead of green and red
    ColorBlind,
    /// No colours
    None,
}

impl From<Theme> for tui::ThemeChoice {
    fn from(theme: Theme) -> Self {
        match theme {
            Theme::Auto => Self::Auto,
            Theme::Dark => Self::Dark,
            Theme::Light => Self::Light,
            Theme::HighContrast => Self::HighContrast,
            Theme::ColorBlind => Self::ColorBlind,
            Theme::None => Self::None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mouse {
    On,
    Off,
}
