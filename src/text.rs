//! The one door for foreign text: raw string in, printable text out (promise inert-text).
//!
//! Text from SWF, files and the command line is kept as [`Foreign`], which cannot be formatted by accident. Whatever
//! leaves for a screen, a log line, a title or a message goes through [`Foreign::line`], [`Foreign::lines`] or
//! [`printable`], where control, bidi and invisible characters become visible pictures.
//! Not for layout: cutting to a column width is the screen's business.

use std::borrow::Cow;
use std::fmt;

use arcstr::ArcStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Combining marks kept on one base character; the rest is dropped, so that text cannot grow out of its line.
const MARKS_PER_BASE: usize = 3;

/// Raw text from outside. No `Display`: it cannot reach an output without going through the door.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Foreign(ArcStr);

impl Foreign {
    /// Takes raw text.
    pub fn new(raw: impl Into<ArcStr>) -> Self {
        Self(raw.into())
    }

    /// The raw text: for the wire, the journal, an editor or the clipboard, never for output.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// Keeps no copy of its own if the other is the same text.
    pub fn share(&mut self, other: &Self) {
        if self == other {
            *self = other.clone();
        }
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text as one printable line; line breaks become `⏎`.
    pub fn line(&self) -> Cow<'_, str> {
        printable(&self.0)
    }

    /// The text as printable lines.
    pub fn lines(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.lines().map(printable)
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.line())
    }
}

impl From<&str> for Foreign {
    fn from(raw: &str) -> Self {
        Self(raw.into())
    }
}

impl From<String> for Foreign {
    fn from(raw: String) -> Self {
        Self(raw.into())
    }
}

impl Serialize for Foreign {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Foreign {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// One line of text in which nothing can act on a terminal or hide: C0 and C1 controls become pictures or `\u{..}`,
/// bidi controls, zero-width and other invisible characters become `\u{..}`, combining marks are capped at three a base.
/// Plain text is borrowed, not copied.
pub fn printable(raw: &str) -> Cow<'_, str> {
    if raw.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len() + 8);
    let mut marks = 0;
    for c in raw.chars() {
        if is_mark(c) {
            marks += 1;
            if marks <= MARKS_PER_BASE && !out.is_empty() {
                out.push(c);
            }
            continue;
        }
        marks = 0;
        push_visible(&mut out, c);
    }
    Cow::Owned(out)
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\t' => out.push('→'),
        '\n' => out.push('⏎'),
        '\r' => out.push('␍'),
        '\0'..='\x1f' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('␦')),
        '\x7f' => out.push('␡'),
        c if c.is_control() || is_invisible(c) => out.extend(c.escape_unicode()),
        c => out.push(c),
    }
}

/// Characters without ink of their own, or that reorder what is around them (CWE-150, "trojan source").
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

/// Combining marks: what takes no cell of its own and is not invisible by itself.
fn is_mark(c: char) -> bool {
    !c.is_control() && !is_invisible(c) && unicode_width::UnicodeWidthChar::width(c) == Some(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(printable("rack-42 {\"a\":1}"), Cow::Borrowed(_)));
    }

    #[test]
    fn escape_sequences_become_pictures() {
        assert_eq!(printable("a\x1b[31mR\x07\tb\nc\u{9b}d"), "a␛[31mR␇→b⏎c\\u{9b}d");
    }

    #[test]
    fn bidi_and_zero_width_become_visible() {
        assert_eq!(printable("x\u{202e}y\u{200b}z\u{feff}\u{e0041}"), "x\\u{202e}y\\u{200b}z\\u{feff}\\u{e0041}");
    }

    #[test]
    fn stacked_marks_are_capped_and_cannot_join_what_is_before() {
        assert_eq!(printable("e\u{301}\u{301}\u{301}\u{301}\u{301}"), "e\u{301}\u{301}\u{301}");
        assert_eq!(printable("\u{301}a"), "a");
    }

    #[test]
    fn debug_is_inert_too() {
        assert_eq!(format!("{:?}", Foreign::from("a\x1b]0;x\x07")), "\"a␛]0;x␇\"");
    }

    proptest! {
        #[test]
        fn inert_text_nothing_that_acts_gets_out(raw in any::<String>()) {
            let out = printable(&raw);
            prop_assert!(!out.chars().any(|c| c.is_control() || is_invisible(c)));
            let again = printable(&out).into_owned();
            prop_assert_eq!(again, out.into_owned());
        }
    }
}
