//! The operator's side, pure: what is held, what is due, what to send next.
//!
//! A state machine without I/O, clock, tokio or randomness: [`Console::handle`] takes a [`Now`](crate::clock::Now) and
//! an [`Event`] and gives [`Effect`]s back, [`Console::next_wake`] says when it wants to be woken. Durable facts change
//! only through records. Not here: sending (`runtime`, `swf`), storing (`journal`), showing (`tui`).

mod event;
mod facts;

pub use event::{
    AppendError, BatchId, CallId, Command, Config, Details, Durability, Effect, Event, Level, LogLine, Timing,
};
pub use facts::{
    BeatFact, CancelFact, Claiming, Connection, Deadline, LeaseFact, PendingCount, Status, TaskFacts, TaskState,
    Urgency,
};
