//! The embedded SWF service: what the demo, the tests and `swfbeat emulator` talk to instead of AWS.
//!
//! Two parts. [`Service`] is pure: no I/O, no clock, no randomness; time and a seed are arguments. It keeps domains,
//! types, executions with their histories, task lists, held polls, and every timeout in one queue of deadlines.
//! [`Server`] is its HTTP face, on loopback unless told otherwise: AWS JSON 1.0 on `POST /`, polls really held, timers
//! woken on time.
//!
//! Between client and service stand [`Quotas`] and [`Faults`], which are pure too: whoever carries requests to a
//! [`Service`] asks them first and does what they say, [`Server`] on its sockets and a simulation in its own way.
//! [`Service::save`] and [`Service::restore`] let an emulator go on where it stopped.
//!
//! Not here: anything of the console, and any shortcut past the API for the demo. Signatures are accepted unread unless
//! there are [`Keys`] to verify them with.
//!
//! What is supported, how it differs from AWS, and what was chosen where AWS's documentation is silent:
//! `assets/emulator.md`.

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
mod state;
#[cfg(test)]
mod tests;
mod visibility;

pub use faults::{Fate, Faults, Kind, Rule, Treatment};
pub use feed::Written;
pub use http::{AdminToken, Control, Entry, Keys, Log, Options, Server, StartError};
pub use inspect::{ActivityDeadlines, HandedOut, Inspection, Look, OpenActivity, TaskKey};
pub use length::Length;
pub use quotas::{Operation, Quotas, Rate};
pub use refusal::Refusal;
pub use service::{Answer, Config, Handled, RequestId, Service};
pub use state::StateError;
