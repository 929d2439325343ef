//! What stands to the right of a `=`: lengths of time, rates, programs, names. Each says what would be right.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

use crate::span;
use crate::task::check_length;

/// Milliseconds, written like `30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Length(pub i64);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        span::parse(&text)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("\"{text}\" is not {}, in quotes", span::EXPECTED)))
    }
}

/// Heartbeats a second at the most, or no limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate(pub Option<f64>);

impl Rate {
    /// What there may be.
    pub const EXPECTED: &'static str = "heartbeats a second from 1 to 1000000, or none";

    /// Reads a number or `none`, as on the command line.
    ///
    /// # Errors
    /// What would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        text.parse::<f64>().ok().and_then(Self::of).ok_or_else(|| Self::EXPECTED.to_owned())
    }

    fn of(rate: f64) -> Option<Self> {
        (1.0..=1e6).contains(&rate).then_some(Self(Some(rate)))
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Rate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("heartbeats a second from 1 to 1000000, or \"none\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Rate, E> {
                let none = (text == "none").then_some(Rate(None));
                none.ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }

            fn visit_f64<E: Error>(self, rate: f64) -> Result<Rate, E> {
                Rate::of(rate).ok_or_else(|| E::invalid_value(Unexpected::Float(rate), &self))
            }

            fn visit_i64<E: Error>(self, rate: i64) -> Result<Rate, E> {
                Rate::of(rate as f64).ok_or_else(|| E::invalid_value(Unexpected::Signed(rate), &self))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// How long ended tasks are kept, milliseconds; `None`: for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention(pub Option<i64>);

impl<'de> Deserialize<'de> for Retention {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const DAY_MS: i64 = 86_400_000;
        let text = String::deserialize(deserializer)?;
        if text == "never" {
            return Ok(Self(None));
        }
        let days =
            text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()).filter(|days| (1..=3_650).contains(days));
        days.map(|days| Self(Some(days * DAY_MS))).ok_or_else(|| {
            D::Error::custom(format!("\"{text}\" is not a number of days from 1d to 3650d, or never, in quotes"))
        })
    }
}

/// A text that may be left out; the empty one stands for that.
pub(super) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(String::deserialize(deserializer)?).filter(|text| !text.is_empty()))
}

/// As [`optional`], of at most so many characters.
pub(super) fn short<'de, const MOST: usize, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = optional(deserializer)?;
    check_length("the text", text.as_deref().unwrap_or_default(), MOST).map_err(D::Error::custom)?;
    Ok(text)
}

/// Names of at most so many characters, none of them empty.
pub(super) fn names<'de, const MOST: usize, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    for name in &names {
        check_length("the name", name, MOST).map_err(D::Error::custom)?;
        if name.is_empty() {
            return Err(D::Error::custom("a name is not empty"));
        }
    }
    Ok(names)
}

/// A program and its arguments. No shell takes them apart, so a blank or a quote in one is just that.
pub(super) fn program<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let program = Vec::<String>::deserialize(deserializer)?;
    if program.first().is_some_and(String::is_empty) || program.iter().any(|part| part.contains('\0')) {
        return Err(D::Error::custom(
            "a program with its arguments, such as [\"/usr/local/bin/page\", \"--urgent\"], or []",
        ));
    }
    Ok(program)
}
