//! Texts to start from: what the config file has for an activity type, and going through them in a field.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error};

use crate::task::{ActivityType, check_length, limit};

/// The name that stands for every activity type.
const ANY: &str = "*";

/// All of them: by activity type, by type and version (`SwapDisk 2.1`), or for every type (`*`).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Templates(BTreeMap<String, Template>);

/// Those of one activity type; each is a text or a list of texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Template {
    /// For heartbeats and for closes; at most 32,768 characters.
    #[serde(deserialize_with = "texts::<{ limit::DATA }, _>")]
    details: Vec<String>,
    /// At most 32,768 characters.
    #[serde(deserialize_with = "texts::<{ limit::DATA }, _>")]
    result: Vec<String>,
    /// At most 256 characters.
    #[serde(deserialize_with = "texts::<{ limit::REASON }, _>")]
    reason: Vec<String>,
}

impl Template {
    fn of(&self, label: &str) -> &[String] {
        match label {
            "details" => &self.details,
            "result" => &self.result,
            "reason" => &self.reason,
            _ => &[],
        }
    }
}

impl Templates {
    /// For a field of a form, the most special first.
    pub fn of(&self, activity_type: &ActivityType, label: &str) -> Vec<String> {
        let (name, version) = (activity_type.name.raw(), activity_type.version.raw());
        let names = [&format!("{name} {version}"), name, ANY];
        let found = names.into_iter().filter_map(|name| self.0.get(name));
        found.flat_map(|template| template.of(label)).cloned().collect()
    }
}

fn texts<'de, const MOST: usize, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged, expecting = "expected a text in quotes, or a list of texts")]
    enum Texts {
        One(String),
        Several(Vec<String>),
    }
    let texts = match Texts::deserialize(deserializer)? {
        Texts::One(text) => vec![text],
        Texts::Several(texts) => texts,
    };
    for text in &texts {
        check_length("the template", text, MOST).map_err(D::Error::custom)?;
    }
    Ok(texts)
}

/// The templates of a field, one of which may be in it.
#[derive(Debug, Default)]
pub struct Starts {
    texts: Vec<String>,
    at: Option<usize>,
    /// What was in the field before the first of them.
    own: String,
}

impl Starts {
    /// With these to go through.
    pub fn new(texts: Vec<String>) -> Self {
        Self { texts, ..Self::default() }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// What comes after the text that is in the field: the next template, and after the last the text there was before.
    /// With it, which of how many it is; `None` for that text.
    pub fn next(&mut self, now: &str) -> (String, Option<(usize, usize)>) {
        let at = self.at.filter(|at| self.texts.get(*at).is_some_and(|text| text == now));
        if at.is_none() {
            now.clone_into(&mut self.own);
        }
        let next = at.map_or(0, |at| at + 1);
        self.at = (next < self.texts.len()).then_some(next);
        match self.at {
            Some(at) => (self.texts[at].clone(), Some((at + 1, self.texts.len()))),
            None => (self.own.clone(), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_special_come_first() {
        let templates: Templates = toml::from_str(
            "[SwapDisk]\nresult = [\"swapped\", \"was fine\"]\n[\"SwapDisk 2.1\"]\nresult = \"new\"\n[\"*\"]\nresult = \"done\"",
        )
        .unwrap();
        let of = |name: &str, version: &str, label| {
            templates.of(&ActivityType { name: name.into(), version: version.into() }, label)
        };
        assert_eq!(of("SwapDisk", "2.1", "result"), ["new", "swapped", "was fine", "done"]);
        assert_eq!(of("SwapDisk", "1.0", "result"), ["swapped", "was fine", "done"]);
        assert_eq!(of("Other", "1.0", "result"), ["done"]);
        assert!(of("SwapDisk", "2.1", "reason").is_empty());
    }

    #[test]
    fn after_the_last_comes_what_was_there_before() {
        let mut starts = Starts::new(vec!["a".into(), "b".into()]);
        assert_eq!(starts.next("mine"), ("a".into(), Some((1, 2))));
        assert_eq!(starts.next("a"), ("b".into(), Some((2, 2))));
        assert_eq!(starts.next("b"), ("mine".into(), None));
        assert_eq!(starts.next("mine"), ("a".into(), Some((1, 2))));
        assert_eq!(starts.next("a, changed"), ("a".into(), Some((1, 2))), "a changed one is the operator's own text");
    }
}
