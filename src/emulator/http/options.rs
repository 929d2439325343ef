//! How a server is set up, and why it may not start.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use thiserror::Error;

use super::super::faults::Faults;
use super::super::quotas::{Operation, Quotas};
use super::super::state::StateError;
use super::{AdminToken, Keys, Log};

/// How the server is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to listen on. On any but a loopback address everybody on the network can use the service.
    pub bind: IpAddr,
    /// TCP port; 0 for any free one.
    pub port: u16,
    /// More connections than this wait to be accepted. Each takes an open file.
    pub max_connections: usize,
    /// How long a poll is held; SWF's own time is 60 s.
    pub poll_hold: Duration,
    /// The AWS account in ARNs.
    pub account: String,
    /// Whether answers carry a `Date` header, which shows the service's clock.
    pub date_header: bool,
    /// How many requests of each operation are let through.
    pub quotas: Quotas,
    /// What goes wrong.
    pub faults: Faults,
    /// Whether there is an admin interface, and for whom.
    pub admin: Option<AdminToken>,
    /// The keys that requests must be signed with; without them signatures are not looked at.
    pub keys: Option<Keys>,
    /// Operations that the caller may not use.
    pub deny: Vec<Operation>,
    /// Where requests are recorded.
    pub log: Option<Log>,
    /// What [`Control::save`](super::Control::save) of another server gave: this one goes on from there.
    pub state: Option<Vec<u8>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bind: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            max_connections: 1_000,
            poll_hold: Duration::from_mins(1),
            account: "123456789012".to_owned(),
            date_header: true,
            quotas: Quotas::none(),
            faults: Faults::default(),
            admin: None,
            keys: None,
            deny: Vec::new(),
            log: None,
            state: None,
        }
    }
}

/// The server could not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The port is taken or not allowed.
    #[error("cannot listen on {addr}: {source}; give another --port, or 0 for any free one")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The state it was to go on from is of no use.
    #[error(transparent)]
    State(#[from] StateError),
}
