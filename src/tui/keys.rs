//! A key as it is bound and as it is written in footer and help. Not for what keys do: see `action`.

use std::fmt;

use crossterm::event::{KeyCode, KeyModifiers};

/// One key with its modifiers. An upper-case letter is itself, without shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// Held with it.
    pub modifiers: KeyModifiers,
}

impl Key {
    /// Without modifiers.
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    /// A character by itself.
    pub const fn char(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    /// With ctrl; the letter in lower case.
    pub const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: KeyModifiers::CONTROL }
    }

    /// With alt.
    pub const fn alt(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: KeyModifiers::ALT }
    }
}

impl Key {
    /// Keys that are written as a word.
    pub const NAMES: [&str; 15] = [
        "space",
        "enter",
        "esc",
        "tab",
        "backspace",
        "up",
        "down",
        "left",
        "right",
        "home",
        "end",
        "pgup",
        "pgdn",
        "del",
        "insert",
    ];

    /// Reads a key as it is shown; `None` if no terminal sends it.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("ctrl-") {
            let letter = rest.chars().next().filter(|letter| rest.len() == 1 && letter.is_ascii_lowercase())?;
            // To a terminal these are backspace, tab and enter.
            return (!matches!(letter, 'h' | 'i' | 'm')).then_some(Self::ctrl(letter));
        }
        if let Some(rest) = text.strip_prefix("alt-") {
            let key = Self::parse(rest)?;
            return Some(Self { modifiers: key.modifiers | KeyModifiers::ALT, ..key });
        }
        let code = match text {
            "space" => KeyCode::Char(' '),
            "enter" => KeyCode::Enter,
            "esc" => KeyCode::Esc,
            "tab" => KeyCode::Tab,
            "shift-tab" => KeyCode::BackTab,
            "backspace" => KeyCode::Backspace,
            "up" | "↑" => KeyCode::Up,
            "down" | "↓" => KeyCode::Down,
            "left" | "←" => KeyCode::Left,
            "right" | "→" => KeyCode::Right,
            "home" => KeyCode::Home,
            "end" => KeyCode::End,
            "pgup" => KeyCode::PageUp,
            "pgdn" => KeyCode::PageDown,
            "del" => KeyCode::Delete,
            "insert" => KeyCode::Insert,
            _ => return Self::parse_other(text),
        };
        Some(Self::plain(code))
    }

    /// A function key, or a character by itself.
    fn parse_other(text: &str) -> Option<Self> {
        if let Some(number @ 1..=12) = text.strip_prefix('F').and_then(|number| number.parse().ok()) {
            return Some(Self::plain(KeyCode::F(number)));
        }
        let mut chars = text.chars();
        let c = chars.next().filter(|c| !c.is_control() && !c.is_whitespace())?;
        chars.next().is_none().then_some(Self::char(c))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [(KeyModifiers::CONTROL, "ctrl-"), (KeyModifiers::ALT, "alt-"), (KeyModifiers::SHIFT, "shift-")];
        for (modifier, name) in names {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("space"),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(number) => write!(f, "F{number}"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::BackTab => f.write_str("shift-tab"),
            KeyCode::PageUp => f.write_str("pgup"),
            KeyCode::PageDown => f.write_str("pgdn"),
            KeyCode::Delete => f.write_str("del"),
            other => f.write_str(&format!("{other:?}").to_lowercase()),
        }
    }
}
