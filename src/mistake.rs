//! Where in a TOML text a mistake is, for whoever wrote it: line, column, key, and what would be right.
//!
//! Shared by scenarios (`demo`) and the config file (`config`); what is a mistake is decided there.

use std::fmt;
use std::ops::Range;

use crate::text::Foreign;

/// Something wrong at a place of a text.
#[derive(Debug)]
pub struct Mistake {
    span: Range<usize>,
    message: String,
}

/// A [`Mistake`] as a person finds it. Its `Display` is one printable line: `3:12: key: what is wrong`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The key it is about, if it is about one.
    pub key: Option<Foreign>,
    /// What is wrong and what would be right.
    pub message: Foreign,
}

impl Mistake {
    /// At a range of bytes of the text.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }

    /// Finds the place in the text it was made for.
    pub fn located(&self, text: &str) -> Spot {
        let before = text.get(..self.span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Spot {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            key: missing(&self.message).or_else(|| key_at(text, &self.span)).map(Foreign::from),
            message: self.message.trim_end().into(),
        }
    }
}

impl From<toml::de::Error> for Mistake {
    fn from(error: toml::de::Error) -> Self {
        Self::new(error.span().unwrap_or(0..0), error.message())
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if let Some(key) = &self.key {
            write!(f, "{}: ", key.line())?;
        }
        f.write_str(&self.message.line())
    }
}

/// The key that is not there: the place is then the whole table.
fn missing(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.split('`').next()
}

/// The key whose value is at a place, or the key that is itself there.
fn key_at<'a>(text: &'a str, span: &Range<usize>) -> Option<&'a str> {
    let is_key = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let before = text.get(..span.start)?.trim_end_matches([' ', '\t']);
    if let Some(before) = before.strip_suffix('=') {
        let before = before.trim_end_matches([' ', '\t']);
        return Some(&before[before.trim_end_matches(is_key).len()..]).filter(|key| !key.is_empty());
    }
    let here = text.get(span.start..)?;
    let key = &here[..here.len() - here.trim_start_matches(is_key).len()];
    Some(key).filter(|key| !key.is_empty())
}
