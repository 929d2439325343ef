//! One open activity task and its clocks: which of its timeouts ends it next, and when.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::deadlines::Key;
use super::lists::{ListId, Place};
use super::registry::TypeId;
use super::state;

/// A timeout's length: whole seconds, or `NONE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(Option<u32>);

impl Span {
    /// No limit.
    pub const NONE: Self = Self(None);

    /// Reads seconds or `NONE`; nothing else, and not the empty text.
    pub fn read(text: &str) -> Option<Self> {
        if text == "NONE" { Some(Self::NONE) } else { text.parse().ok().map(|seconds| Self(Some(seconds))) }
    }

    /// The instant this long after `start`, in milliseconds.
    pub fn after(self, start: i64) -> Option<i64> {
        self.0.map(|seconds| start.saturating_add(i64::from(seconds) * 1_000))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(seconds) => write!(f, "{seconds}"),
            None => f.write_str("NONE"),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        state::from_text(deserializer, Self::read, "timeout")
    }
}

/// A task priority: higher ones are handed out first. Text on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Priority(pub i32);

impl Priority {
    /// Of a task without one.
    pub const DEFAULT: Self = Self(0);
}

impl Serialize for Priority {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Priority {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        state::from_text(deserializer, |text| text.parse().ok().map(Self), "priority")
    }
}

/// The four timeouts of an activity task, as they are in force.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Timeouts {
    pub schedule_to_start: Span,
    pub schedule_to_close: Span,
    pub start_to_close: Span,
    pub heartbeat: Span,
}

/// Where a task is on its way.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Stage {
    /// In its task list.
    Scheduled(Place),
    /// Handed out at `at`; `beaten` is the last heartbeat, or `at` before the first.
    Started { event_id: i64, at: i64, beaten: i64 },
}

/// An activity task between ActivityTaskScheduled and the event that closes it.
#[derive(Debug, Serialize, Deserialize)]
pub struct ActivityTask {
    pub activity_id: Arc<str>,
    pub activity_type: Arc<TypeId>,
    pub input: Option<String>,
    pub list: ListId,
    pub timeouts: Timeouts,
    pub scheduled_event_id: i64,
    pub scheduled_at: i64,
    pub stage: Stage,
    /// Of the last heartbeat.
    pub details: Option<String>,
    /// The latest ActivityTaskCancelRequested event.
    pub cancel_requested: Option<i64>,
    /// The place of the next timeout in the queue of deadlines.
    pub armed: Option<Key>,
    /// Which entry of the service's book of handed out tasks this is, once started.
    pub claim: Option<usize>,
}

impl ActivityTask {
    /// The event that started the task; 0 if none did, as the closing events say it.
    pub fn started_event_id(&self) -> i64 {
        match self.stage {
            Stage::Scheduled(_) => 0,
            Stage::Started { event_id, .. } => event_id,
        }
    }

    /// When each timeout that runs now ends the task, by SWF's `timeoutType`. Among equal instants the first counts.
    pub fn ends(&self) -> [(&'static str, Option<i64>); 4] {
        let whole = self.timeouts.schedule_to_close.after(self.scheduled_at);
        let (waiting, working, silent) = match self.stage {
            Stage::Scheduled(_) => (self.timeouts.schedule_to_start.after(self.scheduled_at), None, None),
            Stage::Started { at, beaten, .. } => {
                (None, self.timeouts.start_to_close.after(at), self.timeouts.heartbeat.after(beaten))
            }
        };
        [
            ("SCHEDULE_TO_CLOSE", whole),
            ("SCHEDULE_TO_START", waiting),
            ("START_TO_CLOSE", working),
            ("HEARTBEAT", silent),
        ]
    }

    /// The timeout that ends the task if nothing else does.
    pub fn next_timeout(&self) -> Option<(i64, &'static str)> {
        let running = self.ends().into_iter().filter_map(|(kind, at)| Some((at?, kind)));
        running.min_by_key(|(at, _)| *at)
    }
}
