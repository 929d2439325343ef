//! Several contexts in one process: what each is made of (`plan`), how one is opened beside the screen (`opening`), and
//! the engines behind them with what passes between these and the screen (`hub`).
//!
//! An engine belongs to a service, that is to a region, a profile and an endpoint, and so does its journal. Contexts of
//! the same service are on the same engine; each of them shows the tasks of its domain.

mod hub;
mod opening;
mod plan;

pub use hub::Hub;
pub use opening::{Opener, Ready, start};
pub use plan::{Plan, Where, settings};
