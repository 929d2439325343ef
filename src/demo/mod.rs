//! The demo's side of SWF: scenarios, a decider and a script of happenings, all through the ordinary API (`swf::decider`).
//!
//! It never touches the emulator's insides, so the same scenario can be directed against any SWF. Not here: what the
//! operator does; a scenario only says which tasks the console claims, keeps and beats by itself.

mod admin;
mod agenda;
mod audience;
mod backstage;
mod decide;
mod direct;
mod format;
mod scenario;
pub mod view;

pub use admin::Admin;
pub use audience::Audience;
pub use backstage::{Backstage, Cue};
pub use direct::{Director, House, direct};
pub use format::ScenarioError;
pub use scenario::{Activity, BUILTIN, Caption, End, Happening, Scenario, TimedAct, What, Workflow};
