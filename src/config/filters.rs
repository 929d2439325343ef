//! `[filters]`: filters with names, with mistakes told where they are.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use crate::tui::Filters;

impl<'de> Deserialize<'de> for Filters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Table)
    }
}

struct Table;

impl<'de> Visitor<'de> for Table {
    type Value = Filters;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of names and filters")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Filters, A::Error> {
        let mut filters = Filters::default();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(Line { name: &name, filters: &mut filters })?;
        }
        Ok(filters)
    }
}

/// One line, so that a mistake is told where it is.
struct Line<'a> {
    name: &'a str,
    filters: &'a mut Filters,
}

impl<'de> DeserializeSeed<'de> for Line<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let filter = String::deserialize(deserializer)?;
        self.filters.add(self.name, &filter).map_err(D::Error::custom)
    }
}
