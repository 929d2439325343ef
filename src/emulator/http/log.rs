//! A record of every request: when, what, how it went. Never a body, so never a token.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

use super::super::faults::Fate;
use super::shared::Shared;
use crate::clock;
use crate::text::printable;

/// More of an operation's name is not kept: it is whatever a client sent.
const NAME: usize = 64;

/// One request, when it is over.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// When it arrived, by the service's clock.
    pub time: String,
    /// The operation, as the client named it, made printable.
    pub operation: String,
    /// The HTTP status; none when nothing was answered, or when the client had gone.
    pub status: Option<u16>,
    /// How long it took in milliseconds.
    pub ms: i64,
    /// The error's type without its namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The fault it met on demand, in place of its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'static str>,
}

/// Where records go. Called on the server's thread, which waits for it.
#[derive(Clone)]
pub struct Log(Arc<dyn Fn(&Entry) + Send + Sync>);

impl Log {
    /// Calls this with every record.
    pub fn new(write: impl Fn(&Entry) + Send + Sync + 'static) -> Self {
        Self(Arc::new(write))
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log(..)")
    }
}

/// A record in the making; it is made when this is dropped, also when the client goes away before its answer. Without a
/// log it is nothing and costs nothing.
pub struct Note(Option<Record>);

struct Record {
    log: Log,
    entry: Entry,
    began: clock::Boot,
}

impl Note {
    /// A request has arrived.
    pub fn begin(shared: &Shared) -> Self {
        Self(shared.log.clone().map(|log| {
            let time = DateTime::from_timestamp_millis(shared.now()).unwrap_or_default();
            let entry = Entry {
                time: time.to_rfc3339_opts(SecondsFormat::Millis, true),
                operation: String::new(),
                status: None,
                ms: 0,
                error: None,
                fault: None,
            };
            Record { log, entry, began: clock::now().boot }
        }))
    }

    /// Which operation it names, and what it meets on demand.
    pub fn call(&mut self, operation: &str, fate: &Fate) {
        if let Some(Record { entry, .. }) = &mut self.0 {
            let name: String = operation.chars().take(NAME).collect();
            entry.operation = printable(&name).into_owned();
            entry.fault = fate.name();
        }
    }

    /// What it is answered.
    pub fn answered(&mut self, status: u16, body: &[u8]) {
        #[derive(Deserialize)]
        struct Type {
            __type: String,
        }
        let Some(Record { entry, .. }) = &mut self.0 else { return };
        entry.status = Some(status);
        if status >= 400 {
            let error = serde_json::from_slice::<Type>(body).ok();
            entry.error = error.and_then(|error| error.__type.rsplit('#').next().map(str::to_owned));
        }
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if let Some(Record { log: Log(write), entry, began }) = &mut self.0 {
            entry.ms = clock::now().boot - *began;
            write(entry);
        }
    }
}
