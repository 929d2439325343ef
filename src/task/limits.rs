//! SWF's length limits, checked before anything is written or sent: the SDK checks none of them.

use thiserror::Error;

/// The limits themselves, in UTF-16 units (AWS API reference; no reading of its "characters" is longer).
pub mod limit {
    /// Details of a heartbeat.
    pub const HEARTBEAT_DETAILS: usize = 2_048;
    /// Result, input, and the details of a failed or canceled task.
    pub const DATA: usize = 32_768;
    /// The reason of a failed task.
    pub const REASON: usize = 256;
    /// The identity sent with a poll.
    pub const IDENTITY: usize = 256;
    /// Names: domain, task list, activity id, workflow id.
    pub const NAME: usize = 256;
}

/// A text is longer than the service takes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} has {actual} characters, SWF takes at most {limit}: shorten it")]
pub struct LengthError {
    /// Which member, in SWF's words.
    pub what: &'static str,
    /// Its length in UTF-16 units.
    pub actual: usize,
    /// The most the service takes.
    pub limit: usize,
}

/// The length of a text as the limits count it: UTF-16 units.
pub fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// Checks one text against its limit.
///
/// # Errors
/// [`LengthError`] with both lengths.
pub fn check_length(what: &'static str, text: &str, limit: usize) -> Result<(), LengthError> {
    let actual = length(text);
    if actual > limit { Err(LengthError { what, actual, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_utf16_units() {
        assert_eq!(length("abc"), 3);
        assert_eq!(length("é"), 1);
        assert_eq!(length("😀"), 2);
    }

    #[test]
    fn says_both_lengths() {
        let error = check_length("details", &"x".repeat(3_000), limit::HEARTBEAT_DETAILS).unwrap_err();
        assert_eq!(error.to_string(), "details has 3000 characters, SWF takes at most 2048: shorten it");
        assert_eq!(check_length("details", &"x".repeat(2_048), limit::HEARTBEAT_DETAILS), Ok(()));
    }
}
