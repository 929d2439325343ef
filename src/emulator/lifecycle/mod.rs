//! How things proceed: every change of an execution, with the events it writes and the deadlines it sets.
//!
//! Operations, decisions and deadlines all come through here; nothing here knows the wire format of requests.

mod activities;
mod decision_tasks;
mod executions;
mod timers;

pub use activities::{ActivityEnd, NewActivity};
