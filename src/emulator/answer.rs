//! JSON out: how answers and history events are written.

use serde::{Serialize, Serializer};

/// Writes a value as JSON.
#[expect(clippy::expect_used, reason = "writing to memory does not fail, and our shapes have only text keys")]
pub fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("answers serialise")
}

/// An instant: milliseconds since 1970 inside, seconds with a fraction on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(pub i64);

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1_000.0)
    }
}

/// A task list on the wire.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ListName<'a> {
    pub name: &'a str,
}

/// An execution on the wire.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionName<'a> {
    pub workflow_id: &'a str,
    pub run_id: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_seconds_with_milliseconds() {
        assert_eq!(json(&Stamp(1_326_671_603_102)), b"1326671603.102");
        assert_eq!(json(&Stamp(1_326_671_603_000)), b"1326671603.0");
    }
}
