//! `[keys]`: which keys do what, with mistakes told where they are.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use crate::tui::{Keymap, Rebinding};

/// A key, or several.
#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "expected a key in quotes, such as \"ctrl-k\" or \"g g\", or a list of them")]
enum Keys {
    One(String),
    Several(Vec<String>),
}

impl<'de> Deserialize<'de> for Keymap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Table)
    }
}

struct Table;

impl<'de> Visitor<'de> for Table {
    type Value = Keymap;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of actions and their keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keymap, A::Error> {
        let mut changes = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(Line { name: &name, changes: &mut changes })?;
        }
        Keymap::with(&changes).map_err(A::Error::custom)
    }
}

/// One line. It is checked against those before it, so that a clash is told where it comes up.
struct Line<'a> {
    name: &'a str,
    changes: &'a mut Vec<Rebinding>,
}

impl<'de> DeserializeSeed<'de> for Line<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // The name first: whoever misspells it is told so, whatever stands behind it.
        Rebinding::parse(self.name, []).map_err(D::Error::custom)?;
        let keys = match Keys::deserialize(deserializer)? {
            Keys::One(key) if key.is_empty() => Vec::new(),
            Keys::One(key) => vec![key],
            Keys::Several(keys) => keys,
        };
        let change = Rebinding::parse(self.name, keys.iter().map(String::as_str)).map_err(D::Error::custom)?;
        self.changes.push(change);
        Keymap::with(self.changes).map(drop).map_err(D::Error::custom)
    }
}
