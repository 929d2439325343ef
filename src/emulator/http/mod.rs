//! The service on a socket: AWS JSON 1.0 over HTTP/1.1, on loopback unless told otherwise.
//!
//! Polls are really held, and nothing of an answer is sent before the hold ends. A held poll whose connection closes
//! is forgotten at once. One task sleeps until the service's next deadline; while nothing is due and nobody calls,
//! nothing wakes up. After the machine was suspended that sleep may end late; what was due then happens, with its own
//! instants, at the next call.

mod admin;
mod connection;
mod line;
mod log;
mod options;
mod shared;
mod signature;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::faults::Rule;
use super::feed::Written;
use super::inspect::Inspection;
use super::quotas::{Operation, Quotas, Rate};
pub use admin::AdminToken;
use connection::Caller;
use line::Line;
pub use log::{Entry, Log};
pub use options::{Options, StartError};
use shared::Shared;
pub use signature::Keys;

/// For the head of a request, and for the next request of a kept connection. Longer than the 90 s for which the AWS
/// SDK keeps an idle connection, so that a request never meets a connection we are just closing.
const HEAD_TIMEOUT: Duration = Duration::from_mins(2);
/// After a stop: for answers that are being written.
const STOP_GRACE: Duration = Duration::from_millis(500);
/// After accept failed, which mostly means too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The service, listening.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    max_connections: usize,
    shared: Arc<Shared>,
}

impl Server {
    /// Starts to listen. Connections are accepted from now on, and answered once [`Server::run`] runs.
    ///
    /// # Errors
    /// [`StartError`] when the port is taken or not allowed, or the state to go on from is of no use.
    pub async fn bind(options: Options) -> Result<Self, StartError> {
        let wanted = SocketAddr::new(options.bind, options.port);
        let failed = |source| StartError::Listen { addr: wanted, source };
        let listener = TcpListener::bind(wanted).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let max_connections = options.max_connections;
        let shared = Arc::new(Shared::new(options, addr.port())?);
        Ok(Self { listener, addr, max_connections, shared })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A handle to it, for other threads.
    pub fn control(&self) -> Control {
        Control { shared: self.shared.clone() }
    }

    /// Serves until [`Control::stop`]; then answers held polls, lets answers in progress out, and ends. Must run
    /// inside a tokio runtime with time and network.
    pub async fn run(self) {
        let permits = Arc::new(Semaphore::new(self.max_connections));
        let mut connections = JoinSet::new();
        let timers = tokio::spawn(wake_on_time(self.shared.clone()));
        loop {
            tokio::select! {
                () = self.shared.stopped() => break,
                stream = accept(&self.listener, &permits) => {
                    let (shared, (stream, peer, permit)) = (self.shared.clone(), stream);
                    connections.spawn(async move {
                        serve(stream, peer, shared).await;
                        drop(permit);
                    });
                }
                Some(_) = connections.join_next() => {}
            }
        }
        drop(self.listener);
        timers.abort();
        let all_closed = async { while connections.join_next().await.is_some() {} };
        // Whoever does not read its answer by then loses it with the process anyway.
        let _ = timeout(STOP_GRACE, all_closed).await;
    }
}

/// Sleeps until the service's next deadline, again and again.
async fn wake_on_time(shared: Arc<Shared>) {
    loop {
        let wait = shared.advance();
        let woken = shared.deadline_came_nearer();
        match wait {
            Some(wait) => tokio::select! { () = sleep(wait) => {}, () = woken => {} },
            None => woken.await,
        }
    }
}

async fn accept(listener: &TcpListener, permits: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        // The semaphore is never closed; if it were, there would be no limit and no permit to wait for.
        let Ok(permit) = permits.clone().acquire_owned().await else { std::future::pending().await };
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, permit),
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    // Answers are small and written whole; waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let (line, breaker) = Line::new(stream);
    let caller = Caller { peer, breaker };
    let handler = service_fn(|request| connection::respond(shared.clone(), caller.clone(), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(line), handler);
    let mut connection = std::pin::pin!(connection);
    // A connection that breaks is the client's business; what it held is forgotten when its request is dropped.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = shared.stopped() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// A handle to a running server, for any thread.
#[derive(Debug, Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl Control {
    /// Answers every held poll at once, as empty. A poll that arrives later is held as ever, so whoever waits for a
    /// poll to end calls this again until it has.
    pub fn release_polls(&self) {
        self.shared.release_polls();
    }

    /// Ends [`Server::run`]: held polls are answered as empty, later ones too and at once.
    pub fn stop(&self) {
        self.shared.stop();
    }

    /// The faults in force.
    pub fn faults(&self) -> Vec<Rule> {
        self.shared.faults()
    }

    /// Puts other faults in their place.
    pub fn set_faults(&self, rules: Vec<Rule>) {
        self.shared.set_faults(rules);
    }

    /// The quotas in force.
    pub fn quotas(&self) -> Vec<(Operation, Rate)> {
        self.shared.quotas()
    }

    /// Puts other quotas in their place, with full buckets.
    pub fn set_quotas(&self, quotas: Quotas) {
        self.shared.set_quotas(quotas);
    }

    /// The history events after the one of this number, at most `limit` of them; 0 for all from the first.
    pub fn events_after(&self, number: u64, limit: usize) -> Vec<Written> {
        self.shared.events_after(number, limit)
    }

    /// The same as soon as there is at least one.
    pub async fn next_events(&self, number: u64, limit: usize) -> Vec<Written> {
        self.shared.next_events(number, limit).await
    }

    /// Counts what may have changed the service.
    pub fn changes(&self) -> u64 {
        self.shared.changes()
    }

    /// The service as text, for [`Options::state`]. No request is answered until it is written.
    pub fn save(&self) -> Vec<u8> {
        self.shared.save()
    }

    /// How many polls are held.
    pub fn held_polls(&self) -> usize {
        self.shared.held_polls()
    }

    /// Looks at the service from the inside, as of now.
    pub fn inspect(&self) -> Inspection {
        self.shared.inspect()
    }
}
