//! How a verb ends when it cannot go on: a code and a sentence.

use std::fmt::Display;
use std::process::ExitCode;

use super::outlet;
use crate::config::ConfigError;
use crate::demo::ScenarioError;
use crate::emulator::StartError;
use crate::journal::OpenError;
use crate::swf::SetupError;
use crate::text::printable;

/// What kind of failure it is, as the exit code tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something failed while running.
    Failed = 1,
    /// Wrong arguments or input.
    Usage = 2,
    /// Domain, region, credentials, endpoint.
    Setup = 3,
    /// The journal.
    Journal = 4,
}

/// Why a verb ends: what failed, why, and what to do. May have several lines and foreign text.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    message: String,
}

impl Failure {
    pub fn new(kind: Kind, message: impl Display) -> Self {
        Self { kind, message: message.to_string() }
    }

    /// What clap says, which begins with `error:` itself.
    pub fn usage(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        Self::new(Kind::Usage, text.trim_start_matches("error: ").trim_end())
    }

    /// Says it, every line printable, and gives the exit code.
    pub fn report(&self) -> ExitCode {
        for (index, line) in self.message.lines().enumerate() {
            let prefix = if index == 0 { "swfbeat: " } else { "" };
            outlet::say(format_args!("{prefix}{}", printable(line)));
        }
        ExitCode::from(self.kind as u8)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        Self::new(Kind::Setup, error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::new(Kind::Journal, error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Kind::Usage, error)
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        Self::new(Kind::Usage, error)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::new(Kind::Failed, error)
    }
}
