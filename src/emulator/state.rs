//! The whole service as text and back, for an emulator that goes on where it stopped.
//!
//! Everything is kept but what only matters to those connected now: held polls, and the feed of events. What fell due
//! in between happens at the next step of time, each at its own instant. A checksum finds out about files that are cut
//! off or were edited; nothing else in them is checked.

use std::fmt::Display;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde::{Deserialize as DeriveDeserialize, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::archive::Archive;
use super::deadlines::Deadlines;
use super::events;
use super::execution::Run;
use super::inspect::Claim;
use super::lists::Lists;
use super::mint::Mint;
use super::registry::Registry;
use super::service::{Config, Service};

/// What the text calls itself.
const FORMAT: &str = "swfbeat emulator";
/// Counts up whenever older programs could not read the text any more.
const VERSION: u32 = 1;
const CLOSE_STATUSES: [&str; 6] = ["COMPLETED", "FAILED", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW", "TIMED_OUT"];

/// Why a text is not taken for a service's state.
#[derive(Debug, Error)]
pub enum StateError {
    /// It is something else, or was cut off.
    #[error("it is not the state of an emulator, or not all of it: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It was changed since it was written.
    #[error("its checksum does not match: it was damaged or edited")]
    Damaged,
    /// A newer program wrote it.
    #[error("it has version {0}, and this program knows version {VERSION} only")]
    Version(u32),
}

#[derive(Serialize, DeriveDeserialize)]
struct Envelope<Content> {
    format: String,
    version: u32,
    sha256: String,
    service: Content,
}

#[derive(Serialize)]
struct Saved<'a> {
    now: i64,
    mint: &'a Mint,
    registry: &'a Registry,
    executions: &'a Archive,
    overgrown: &'a [Run],
    lists: &'a Lists,
    deadlines: &'a Deadlines,
    claims: &'a [Claim],
}

#[derive(DeriveDeserialize)]
struct Loaded {
    now: i64,
    mint: Mint,
    registry: Registry,
    executions: Archive,
    overgrown: Vec<Run>,
    lists: Lists,
    deadlines: Deadlines,
    claims: Vec<Claim>,
}

impl Service {
    /// The service as text. Takes time in proportion to all that is kept.
    #[expect(clippy::expect_used, reason = "all keys are text or numbers; writing to memory does not fail")]
    pub fn save(&self) -> Vec<u8> {
        let saved = Saved {
            now: self.now,
            mint: &self.mint,
            registry: &self.registry,
            executions: &self.executions,
            overgrown: &self.overgrown,
            lists: &self.lists,
            deadlines: &self.deadlines,
            claims: &self.claims,
        };
        let service = to_raw_value(&saved).expect("a service serialises");
        let sha256 = checksum(&service);
        super::answer::json(&Envelope { format: FORMAT.to_owned(), version: VERSION, sha256, service })
    }

    /// A service that goes on from a text. Account, region and the hold of polls are those of the configuration, the
    /// seed is the text's own.
    ///
    /// # Errors
    /// [`StateError`] when the text is not what [`Service::save`] of this or an older version wrote.
    pub fn restore(config: Config, text: &[u8]) -> Result<Self, StateError> {
        let envelope: Envelope<Box<RawValue>> = serde_json::from_slice(text)?;
        if envelope.format != FORMAT {
            return Err(serde_json::Error::custom("it calls itself something else").into());
        }
        if envelope.version != VERSION {
            return Err(StateError::Version(envelope.version));
        }
        if checksum(&envelope.service) != envelope.sha256 {
            return Err(StateError::Damaged);
        }
        let loaded: Loaded = serde_json::from_str(envelope.service.get())?;
        let mut service = Self::new(config);
        service.now = loaded.now;
        service.mint = loaded.mint;
        service.registry = loaded.registry;
        service.executions = loaded.executions;
        service.overgrown = loaded.overgrown;
        service.lists = loaded.lists;
        service.deadlines = loaded.deadlines;
        service.claims = loaded.claims;
        Ok(service)
    }
}

fn checksum(text: &RawValue) -> String {
    Sha256::digest(text.get()).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// One of the names that the service itself gives: an event type or a close status.
pub type Name = &'static str;

/// Reads one of the names that the service itself gives.
pub fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
    let text = String::deserialize(deserializer)?;
    known(&text)
}

/// The same, where there may be none.
pub fn maybe_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Name>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| known(&text)).transpose()
}

fn known<E: serde::de::Error>(text: &str) -> Result<Name, E> {
    let mut names = events::TYPES.iter().chain(&CLOSE_STATUSES).copied();
    names.find(|name| *name == text).ok_or_else(|| E::custom(format_args!("{text:?} is no event type or close status")))
}

/// Reads what was written as text.
pub fn from_text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl FnOnce(&str) -> Option<T>,
    what: impl Display,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    read(&text).ok_or_else(|| D::Error::custom(format_args!("{text:?} is no {what}")))
}

/// Maps whose keys are not text, as lists of pairs.
pub mod pairs {
    use super::{Deserialize, DeserializeOwned, Deserializer, Serialize, Serializer};

    pub fn serialize<'a, M, K, V, S>(map: &'a M, serializer: S) -> Result<S::Ok, S::Error>
    where
        &'a M: IntoIterator<Item = (&'a K, &'a V)>,
        K: Serialize + 'a,
        V: Serialize + 'a,
        S: Serializer,
    {
        serializer.collect_seq(map)
    }

    pub fn deserialize<'de, M, K, V, D>(deserializer: D) -> Result<M, D::Error>
    where
        M: IntoIterator<Item = (K, V)> + FromIterator<(K, V)>,
        K: DeserializeOwned,
        V: DeserializeOwned,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}
