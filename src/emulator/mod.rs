//! The embedded SWF service: what the demo, the tests and `swfbeat emulator` talk to instead of AWS.
//!
//! Two parts. [`Service`] is pure: no I/O, no clock, no randomness; time and a seed are arguments. It keeps domains,
//! types, executions with their histories, task lists, held polls, and every timeout in one queue of deadlines.
//! [`Server`] is its HTTP face on loopback: AWS JSON 1.0 on `POST /`, polls really held, timers woken on time.
//!
//! Not here: anything of the console, and any shortcut past the API for the demo. Signatures are accepted unread unless there are
//! keys to verify them with.
//!
//! Where AWS's documentation is silent the emulator decides as follows.
//! - A heartbeat without details blanks the ones before: a timeout event carries the details of "the last call".
//! - A timeout of `0` is over at once; an empty timeout counts as not given.
//! - Timeouts of one task due at the same instant: schedule-to-close, then start-to-close, then heartbeat.
//! - A token the service never gave out is a validation error, "Invalid token".
//! - `RespondActivityTaskCanceled` is accepted without a cancel request before it.
//! - An execution may close over open activity tasks; `UNHANDLED_DECISION` is only for events the decider has not seen,
//!   that is, when the next decision task is scheduled already.
//! - Pending activity tasks are those not yet handed out.
//! - A heartbeat timeout given neither by the decision nor by the type is `NONE`; the other timeouts must be given.
//! - Closed executions and their histories are forgotten when their domain's retention period is over; with `NONE` or
//!   0, before anything else happens after the request that closed them.

mod activity;
mod answer;
mod archive;
mod check;
mod deadlines;
mod decisions;
mod events;
mod execution;
mod fault;
mod faults;
mod feed;
mod history;
mod http;
mod inspect;
mod length;
mod lifecycle;
mod limits;
mod lists;
mod mint;
mod ops;
mod quotas;
mod refusal;
mod registry;
mod service;
mod settings;
mod shapes;
#[cfg(test)]
mod tests;
mod visibility;

pub use faults::{Fate, Faults, Kind, Rule, Treatment};
pub use feed::Written;
pub use http::{AdminToken, Control, Entry, Keys, Log, Options, Server, StartError};
pub use inspect::{ActivityDeadlines, HandedOut, Inspection, OpenActivity};
pub use length::Length;
pub use quotas::{Operation, Quotas, Rate};
pub use refusal::Refusal;
pub use service::{Answer, Config, Handled, RequestId, Service};
