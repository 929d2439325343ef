//! How things proceed: every change of an execution, with the events it writes and the deadlines it sets.
//!
//! Operations, decisions and deadlines all come through here; nothing here knows the wire format of requests.

mod activities;
mod children;
mod decision_tasks;
mod executions;
mod external;
mod lambdas;
mod timers;

pub use activities::{ActivityEnd, NewActivity};
pub use children::NewChild;
pub use executions::{Ending, NewExecution, Successor, Termination};
pub use external::{Message, Target};
