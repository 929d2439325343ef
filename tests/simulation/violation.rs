//! A broken promise, and where to look.

use std::fmt;

/// Which promise, and what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its name in the design, such as `no-overstatement`.
    pub promise: &'static str,
    pub what: String,
}

impl Broken {
    pub fn new(promise: &'static str, what: impl Into<String>) -> Self {
        Self { promise, what: what.into() }
    }
}

/// A broken promise with all that is needed to find out why.
#[derive(Debug, Clone)]
pub struct Violation {
    pub seed: u64,
    /// Milliseconds since the run began.
    pub at: i64,
    pub broken: Broken,
    /// What happened before, the last line last.
    pub trace: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.trace {
            writeln!(f, "{line}")?;
        }
        let Broken { promise, what } = &self.broken;
        write!(f, "seed {} at {} ms: {promise}: {what}", self.seed, self.at)
    }
}
