//! The config file: what somebody wants every time, in TOML. `assets/config.toml` is the commented default.
//!
//! Command line and environment win over it; that is `cli`'s business. A key that does not exist is a mistake, never
//! ignored: somebody counts on it. Not here: what a setting does.

mod contexts;
mod filters;
mod first;
mod keys;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy, Xdg};
use serde::{Deserialize, Deserializer};
use thiserror::Error;

use crate::console::{LeaseTerms, Occasion};
use crate::journal::RETENTION_MS;
use crate::mistake::{Mistake, Spot};
use crate::span;
use crate::task::limit;
use crate::text::{Foreign, printable};
use crate::tui::{self, Attention, ColorChoice, Filters, Keymap, Templates, ThemeChoice};

pub use contexts::Context;
pub use first::{vacant_place, write_first};
pub use values::{Length, Rate, Retention};

/// The commented default without its last table.
const DEFAULT: &str = include_str!("../../assets/config.toml");

/// The commented default, as `--print-config` writes it. The keys are those of the list of actions.
pub fn default_text() -> String {
    let lines = tui::default_keys().map(|(action, keys)| match keys.as_slice() {
        [key] => format!("#{action} = \"{key}\"\n"),
        keys => {
            format!("#{action} = [{}]\n", keys.iter().map(|key| format!("\"{key}\"")).collect::<Vec<_>>().join(", "))
        }
    });
    DEFAULT.to_owned() + &lines.collect::<String>()
}

/// Nobody attends to a task for longer than a week without saying so again, milliseconds.
const LONGEST_LEASE_MS: i64 = 7 * 24 * 3_600_000;

/// Everything in the file. What is left out has its default.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Only look.
    pub read_only: bool,
    /// Heartbeats a second at the most, if it is said.
    pub heartbeat_rate: Option<Rate>,
    /// Where the service is and who we are.
    pub aws: Aws,
    /// How long tasks are kept alive.
    pub lease: LeaseTerms,
    /// How loud to be.
    pub warnings: Warnings,
    /// Programs to call somebody with.
    pub hooks: Hooks,
    /// Where tasks are written down.
    pub journal: Journal,
    /// How the screen looks.
    pub looks: Looks,
    /// How somebody who does not look is reached.
    pub notifications: Attention,
    /// What forms can start from.
    pub templates: Templates,
    /// Filters with names.
    pub filters: Filters,
    /// Which keys do what.
    pub keys: Keymap,
    /// The context to start in.
    #[serde(deserialize_with = "values::optional")]
    pub context: Option<String>,
    #[serde(rename = "contexts")]
    written: contexts::Written,
    /// Places to work in, by name.
    #[serde(skip)]
    pub contexts: BTreeMap<String, Context>,
}

/// `[looks]`: how the screen looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Looks {
    /// Which colours.
    pub theme: ThemeChoice,
    /// Whether to use colours.
    pub color: ColorChoice,
    /// No glyphs beyond ASCII.
    pub ascii: bool,
    /// The mouse acts.
    pub mouse: bool,
}

impl Default for Looks {
    fn default() -> Self {
        Self { theme: ThemeChoice::Auto, color: ColorChoice::Auto, ascii: false, mouse: true }
    }
}

/// `[warnings]`: what is worth one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Warnings {
    /// A tolerated outage shorter than this is worth a warning.
    pub tolerance: Length,
}

/// `[hooks]`: a program and its arguments for each occasion; empty for none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hooks {
    #[serde(deserialize_with = "values::program")]
    lease_ending: Vec<String>,
    #[serde(deserialize_with = "values::program")]
    task_due: Vec<String>,
    #[serde(deserialize_with = "values::program")]
    cancel_seen: Vec<String>,
    #[serde(deserialize_with = "values::program")]
    credentials_lost: Vec<String>,
    #[serde(deserialize_with = "values::program")]
    tolerance_low: Vec<String>,
    #[serde(deserialize_with = "values::program")]
    load_infeasible: Vec<String>,
}

impl Hooks {
    /// The program and its arguments, if there are any.
    pub fn of(&self, occasion: Occasion) -> Option<&[String]> {
        let program = match occasion {
            Occasion::LeaseEnding => &self.lease_ending,
            Occasion::TaskDue => &self.task_due,
            Occasion::CancelSeen => &self.cancel_seen,
            Occasion::CredentialsLost => &self.credentials_lost,
            Occasion::ToleranceLow => &self.tolerance_low,
            Occasion::LoadInfeasible => &self.load_infeasible,
        };
        Some(program.as_slice()).filter(|program| !program.is_empty())
    }
}

impl Default for Warnings {
    fn default() -> Self {
        Self { tolerance: Length(0) }
    }
}

/// `[aws]`: where the service is and who we are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Aws {
    /// A profile of the AWS config files.
    #[serde(deserialize_with = "values::optional")]
    pub profile: Option<String>,
    /// The region.
    #[serde(deserialize_with = "values::optional")]
    pub region: Option<String>,
    /// Another SWF.
    #[serde(deserialize_with = "values::optional")]
    pub endpoint_url: Option<String>,
    /// The domain, at most 256 characters.
    #[serde(deserialize_with = "values::short::<{ limit::NAME }, _>")]
    pub domain: Option<String>,
    /// Task lists to claim from, the usual one first; at most 256 characters each.
    #[serde(deserialize_with = "values::names::<{ limit::NAME }, _>")]
    pub task_lists: Vec<String>,
    /// Who claims, at most 200 characters.
    #[serde(deserialize_with = "values::short::<200, _>")]
    pub identity: Option<String>,
}

/// `[journal]`: where tasks are written down, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Journal {
    /// The file, instead of one for each service.
    #[serde(deserialize_with = "values::optional")]
    pub file: Option<String>,
    /// How long ended tasks are kept.
    pub retention: Retention,
}

impl Default for Journal {
    fn default() -> Self {
        Self { file: None, retention: Retention(Some(RETENTION_MS)) }
    }
}

/// `[lease]`.
impl<'de> Deserialize<'de> for LeaseTerms {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (written, standard) = (contexts::Lease::deserialize(deserializer)?, Self::default());
        let longest_ms = written.longest.map_or(standard.longest_ms, |longest| longest.0);
        let default_ms = written.default.map_or(standard.default_ms.min(longest_ms), |default| default.0);
        let why = if longest_ms > LONGEST_LEASE_MS {
            format!("longest is at most {}", span::written(LONGEST_LEASE_MS))
        } else if !(1_000..=longest_ms).contains(&default_ms) {
            format!("default is from 1s to longest, which is {}", span::written(longest_ms))
        } else {
            return Ok(Self { default_ms, longest_ms });
        };
        Err(serde::de::Error::custom(why))
    }
}

/// Why there is no config. Printable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// The file that was named, or that is there, cannot be read.
    #[error("The config file {} cannot be read: {why}; name another with --config FILE", file.line())]
    Unreadable {
        /// The file.
        file: Foreign,
        /// Why not.
        why: String,
    },
    /// Something in it is wrong.
    #[error("{}:{spot}\nswfbeat --print-config shows every setting.", file.line())]
    Invalid {
        /// The file.
        file: Foreign,
        /// Where and what.
        spot: Spot,
    },
}

impl Config {
    /// Reads a file that was named, or else the usual one, which need not exist.
    ///
    /// # Errors
    /// It cannot be read, or something in it is wrong.
    pub fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = named.map(Path::to_path_buf).or_else(usual_place) else { return Ok(Self::default()) };
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, &path),
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => {
                let why = printable(&error.to_string()).into_owned();
                Err(ConfigError::Unreadable { file: path.to_string_lossy().into_owned().into(), why })
            }
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        Self::read(text).map_err(|mistake| ConfigError::Invalid {
            file: path.to_string_lossy().into_owned().into(),
            spot: mistake.located(text),
        })
    }

    fn read(text: &str) -> Result<Self, Mistake> {
        let mut config: Self = toml::from_str(text)?;
        config.contexts = contexts::complete(text, &config.written)?;
        Ok(config)
    }

    /// The context to start in: the one that was asked for, else the file's default, else, in a file whose other tables
    /// name no domain, the first by name. `None`: none, the rest of the file is all there is.
    ///
    /// # Errors
    /// There is none of that name; the names there are, in a printable sentence.
    pub fn start(&self, asked: Option<&str>) -> Result<Option<&str>, String> {
        let Some(asked) = asked.filter(|name| !name.is_empty()).or(self.context.as_deref()) else {
            let first = self.contexts.keys().next().filter(|_| self.aws.domain.is_none());
            return Ok(first.map(String::as_str));
        };
        if let Some((name, _)) = self.contexts.get_key_value(asked) {
            return Ok(Some(name));
        }
        let known = contexts::names(self.contexts.keys());
        Err(format!("there is no context `{}`, expected {known}", printable(asked)))
    }
}

/// `$XDG_CONFIG_HOME/swfbeat/config.toml`; `None` without a home.
fn usual_place() -> Option<PathBuf> {
    Xdg::new().ok().map(|xdg| xdg.config_dir().join("swfbeat").join("config.toml"))
}
