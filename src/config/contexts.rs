//! `[contexts]`: several places to work in, each with what it says itself over what the rest of the file says.
//!
//! A context is checked as it is written, so that a mistake is told where it stands. Then its lines are laid over the
//! other tables of the file, key by key, and what comes out is read like a file of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use toml::{Spanned, Table, Value};

use super::values::{self, Length, Rate};
use super::{Aws, Config, Hooks, Journal, Warnings};
use crate::mistake::Mistake;
use crate::task::limit;
use crate::tui::{Attention, Filters, Templates};

/// The keys of a context that stand under `[aws]` in the rest of the file.
const OF_AWS: [&str; 6] = ["profile", "region", "endpoint_url", "domain", "task_lists", "identity"];
/// A longer name does not fit where it is shown, characters.
const NAME_MAX: usize = 32;

/// A place to work in.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// What it says itself of where the service is. It wins over the environment, which is the same for all contexts.
    pub own: Aws,
    /// Everything, as if it were the only one.
    pub config: Config,
}

/// The table of contexts as it is written, by name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Written(BTreeMap<Name, WrittenContext>);

/// What a context is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let fits = (1..=NAME_MAX).contains(&name.len());
        if fits && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            return Ok(Self(name));
        }
        let why = format!("a context's name has letters, digits, - _ and . only, and at most {NAME_MAX} of them");
        Err(serde::de::Error::custom(why))
    }
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenContext {
    #[serde(deserialize_with = "values::optional")]
    profile: Option<String>,
    #[serde(deserialize_with = "values::optional")]
    region: Option<String>,
    #[serde(deserialize_with = "values::optional")]
    endpoint_url: Option<String>,
    #[serde(deserialize_with = "values::short::<{ limit::NAME }, _>")]
    domain: Option<String>,
    #[serde(deserialize_with = "values::names::<{ limit::NAME }, _>")]
    task_lists: Vec<String>,
    #[serde(deserialize_with = "values::short::<200, _>")]
    identity: Option<String>,
    read_only: Option<bool>,
    heartbeat_rate: Option<Rate>,
    lease: Option<Lease>,
    warnings: Option<Warnings>,
    hooks: Option<Hooks>,
    journal: Option<Journal>,
    notifications: Option<Attention>,
    templates: Option<Templates>,
    filters: Option<Filters>,
}

/// `[lease]`, whose two lengths are held against each other when both are known.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lease {
    pub default: Option<Length>,
    pub longest: Option<Length>,
}

/// Where the things stand that are only found to be wrong when all of the file is known.
#[derive(Deserialize)]
struct Places {
    context: Option<Spanned<String>>,
    #[serde(default)]
    contexts: BTreeMap<String, Spanned<Table>>,
}

impl WrittenContext {
    fn aws(&self) -> Aws {
        Aws {
            profile: self.profile.clone(),
            region: self.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
            domain: self.domain.clone(),
            task_lists: self.task_lists.clone(),
            identity: self.identity.clone(),
        }
    }
}

/// Every context of a text that has been read already, complete.
///
/// # Errors
/// The default context does not exist, or one does not fit together with the rest of the file.
pub(super) fn complete(text: &str, written: &Written) -> Result<BTreeMap<String, Context>, Mistake> {
    let places: Places = toml::from_str(text)?;
    let whole: Table = toml::from_str(text)?;
    let mut contexts = BTreeMap::new();
    for (Name(name), of_context) in &written.0 {
        let Some(lines) = places.contexts.get(name) else { continue };
        let config = laid_over(&whole, lines.get_ref()).try_into::<Config>();
        let config =
            config.map_err(|error| Mistake::new(lines.span(), format!("context {name}: {}", error.message())))?;
        contexts.insert(name.clone(), Context { own: of_context.aws(), config });
    }
    match places.context {
        Some(default) if !default.get_ref().is_empty() && !contexts.contains_key(default.get_ref()) => {
            let known = names(contexts.keys());
            let why = format!("there is no context `{}`, expected {known}", default.get_ref());
            Err(Mistake::new(default.span(), why))
        }
        _ => Ok(contexts),
    }
}

/// The names there are, in words.
pub(super) fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none: the file has no [contexts]".into() } else { format!("one of {}", names.join(", ")) }
}

/// The file with a context's lines over its own.
fn laid_over(whole: &Table, lines: &Table) -> Table {
    let mut out = whole.clone();
    out.remove("contexts");
    out.remove("context");
    for (key, value) in lines {
        // An empty text stands for one that is left out.
        if value.as_str().is_some_and(str::is_empty) {
            continue;
        }
        if OF_AWS.contains(&key.as_str()) {
            let aws = out.entry("aws").or_insert_with(|| Value::Table(Table::new()));
            lay(aws, &Value::Table(Table::from_iter([(key.clone(), value.clone())])));
        } else {
            lay(out.entry(key.clone()).or_insert_with(|| Value::Table(Table::new())), value);
        }
    }
    out
}

/// Lays a value over another: tables key by key, everything else in its place.
fn lay(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Table(under), Value::Table(over)) => {
            for (key, value) in over {
                match under.get_mut(key) {
                    Some(there) => lay(there, value),
                    None => drop(under.insert(key.clone(), value.clone())),
                }
            }
        }
        (under, over) => *under = over.clone(),
    }
}
