//! The real binary in a real pseudo-terminal, seen and used as an operator would; what the service has is read over HTTP.
//!
//! Nothing of the program is called here but its clock and, for tokens, its journal. Waits are for what the screen shows,
//! never for a length of time.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod acting;
mod alone;
mod app;
mod contexts;
mod disk;
mod first_start;
mod forms;
mod freeze;
mod leaving;
mod many;
mod notes;
mod orphans;
mod outage;
mod presenting;
mod restart;
mod screen_only;
mod service;
mod sharing;
mod sizes;
mod tour;
mod waking;
