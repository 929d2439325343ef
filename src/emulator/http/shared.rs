//! What connections, the timer and the control share: the service under a lock, its clock, and who waits for a poll.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::DateTime;
use hyper::HeaderMap;
use hyper::header::HeaderValue;
use tokio::sync::{Notify, oneshot, watch};

use super::super::faults::{Faults, Rule, Treatment};
use super::super::feed::Written;
use super::super::inspect::Inspection;
use super::super::quotas::{Operation, Quotas, Rate};
use super::super::refusal::Refusal;
use super::super::service::{Answer, Config, Handled, RequestId, Service};
use super::super::state::StateError;
use super::{AdminToken, Keys, Log, Options};
use crate::clock;

/// Only for ARNs; clients may name any region.
const REGION: &str = "us-east-1";

/// Shared by everything around one server.
#[derive(Debug)]
pub struct Shared {
    state: Mutex<State>,
    /// Service time minus boot time. The boot clock never steps and counts suspend, so neither does the service's.
    offset: i64,
    date_header: bool,
    /// Where the server listens.
    pub port: u16,
    /// Who may use the admin interface.
    pub admin: Option<AdminToken>,
    /// Where requests are recorded.
    pub log: Option<Log>,
    keys: Option<Keys>,
    deny: Vec<Operation>,
    /// The timer's sleep is too long now.
    nearer: Notify,
    /// Something may have been written to a history.
    written: Notify,
    stopped: watch::Sender<bool>,
}

#[derive(Debug)]
struct State {
    service: Service,
    quotas: Quotas,
    faults: Faults,
    requests: u64,
    changes: u64,
    waiting: HashMap<RequestId, oneshot::Sender<Answer>>,
    /// Until when the timer sleeps.
    armed: Option<i64>,
    /// The second and its `Date` header, written once a second at most.
    date: Option<(i64, HeaderValue)>,
}

/// An answer, or the promise of one.
pub enum Reply {
    Now(Answer),
    Later(RequestId, oneshot::Receiver<Answer>),
}

impl Shared {
    /// A service, new or restored, whose clock starts at the wall clock, or where it stopped if that is later.
    ///
    /// # Errors
    /// [`StateError`] when it cannot be restored.
    pub fn new(options: Options, port: u16) -> Result<Self, StateError> {
        let start = clock::now();
        let config = Config {
            seed: RandomState::new().hash_one(start.boot),
            account: options.account,
            region: REGION.to_owned(),
            poll_hold: i64::try_from(options.poll_hold.as_millis()).unwrap_or(i64::MAX),
        };
        let service = match options.state {
            Some(text) => Service::restore(config, &text)?,
            None => Service::new(config),
        };
        let offset = start.wall.0.max(service.clock()) - start.boot.0;
        let state = State {
            service,
            quotas: options.quotas,
            faults: options.faults,
            requests: 0,
            changes: 0,
            waiting: HashMap::new(),
            armed: None,
            date: None,
        };
        Ok(Self {
            state: Mutex::new(state),
            offset,
            date_header: options.date_header,
            port,
            admin: options.admin,
            log: options.log,
            keys: options.keys,
            deny: options.deny,
            nearer: Notify::new(),
            written: Notify::new(),
            stopped: watch::Sender::new(false),
        })
    }

    /// The service's clock, milliseconds since 1970.
    pub fn now(&self) -> i64 {
        clock::now().boot.0 + self.offset
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic inside the service would be a bug of ours; the state stays readable either way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides what goes wrong with a request.
    pub fn treat(&self, operation: &str) -> Treatment {
        self.state().faults.treat(operation)
    }

    /// The answer to a request that the service is not to see.
    pub fn refuse(&self, refusal: &Refusal) -> Answer {
        self.state().service.refuse(refusal)
    }

    /// What AWS answers to a caller who is not who he says, or may not do this; nothing, to one who may.
    pub fn turn_away(&self, operation: &str, headers: &HeaderMap, body: &[u8]) -> Option<Answer> {
        let verified = self.keys.as_ref().map_or(Ok(()), |keys| keys.verify(self.now(), headers, body));
        if let Err(refusal) = verified {
            return Some(self.refuse(&refusal));
        }
        let denied = self.deny.iter().any(|denied| denied.name() == operation);
        denied.then(|| self.state().service.deny(operation, body))
    }

    /// Takes one request to the service, which shows no events in histories younger than the lag.
    pub fn handle(&self, operation: &str, body: &[u8], history_lag: i64) -> Reply {
        let now = self.now();
        let state = &mut *self.state();
        if !state.quotas.admit(now, operation) {
            return Reply::Now(state.service.refuse(&Refusal::Throttled));
        }
        state.service.set_history_lag(history_lag);
        state.requests += 1;
        let request = RequestId(state.requests);
        let reply = match state.service.handle(now, request, operation, body) {
            Handled::Answer(answer) => Reply::Now(answer),
            Handled::Held => {
                let (sender, receiver) = oneshot::channel();
                state.waiting.insert(request, sender);
                Reply::Later(request, receiver)
            }
        };
        self.deliver(state, now);
        reply
    }

    /// Sends ready answers to those who wait, and wakes the timer if it sleeps too long.
    fn deliver(&self, state: &mut State, now: i64) {
        state.changes += 1;
        for (request, answer) in state.service.advance(now) {
            if let Some(waiting) = state.waiting.remove(&request) {
                let _ = waiting.send(answer); // the connection went away in this very moment
            }
        }
        self.written.notify_waiters();
        let next = state.service.next_wake();
        if next.is_some_and(|next| state.armed.is_none_or(|armed| next < armed)) {
            state.armed = next;
            self.nearer.notify_one();
        }
    }

    /// Lets the service's time pass; for how long the timer may sleep then.
    pub fn advance(&self) -> Option<Duration> {
        let now = self.now();
        let state = &mut *self.state();
        self.deliver(state, now);
        state.armed = state.service.next_wake();
        state.armed.map(|next| Duration::from_millis((next - now).max(0) as u64))
    }

    /// Ends when the timer has to look at the service again.
    pub async fn deadline_came_nearer(&self) {
        self.nearer.notified().await;
    }

    /// Drops a poll whose connection closed.
    pub fn forget(&self, request: RequestId) {
        let state = &mut *self.state();
        if state.waiting.remove(&request).is_some() {
            state.service.forget(request);
        }
    }

    /// An id for an answer that does not come from the service.
    pub fn request_id(&self) -> String {
        self.state().service.request_id()
    }

    /// Takes note that an answer goes out.
    pub fn answered(&self, answer: &Answer) {
        self.state().service.answered(answer);
    }

    /// The `Date` header, off by so many milliseconds, unless it is to be left out.
    pub fn date(&self, offset: i64) -> Option<HeaderValue> {
        if !self.date_header {
            return None;
        }
        let second = self.now().saturating_add(offset).div_euclid(1_000);
        let state = &mut *self.state();
        if state.date.as_ref().is_none_or(|(written, _)| *written != second) {
            let text = DateTime::from_timestamp(second, 0)?.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            state.date = Some((second, HeaderValue::try_from(text).ok()?));
        }
        state.date.as_ref().map(|(_, header)| header.clone())
    }

    /// Answers all held polls as empty.
    pub fn release_polls(&self) {
        let now = self.now();
        let state = &mut *self.state();
        state.service.release_polls();
        self.deliver(state, now);
    }

    /// Answers all polls as empty from now on, and ends the server.
    pub fn stop(&self) {
        let now = self.now();
        {
            let state = &mut *self.state();
            state.service.drain();
            self.deliver(state, now);
        }
        self.stopped.send_replace(true);
    }

    /// Ends once the server is stopped.
    pub async fn stopped(&self) {
        // An error means that the sender is gone, and it is part of us.
        let _ = self.stopped.subscribe().wait_for(|stopped| *stopped).await;
    }

    /// The faults in force.
    pub fn faults(&self) -> Vec<Rule> {
        self.state().faults.rules().to_vec()
    }

    /// Puts other faults in their place.
    pub fn set_faults(&self, rules: Vec<Rule>) {
        self.state().faults.set(rules);
    }

    /// The quotas in force.
    pub fn quotas(&self) -> Vec<(Operation, Rate)> {
        self.state().quotas.rates().collect()
    }

    /// Puts other quotas in their place.
    pub fn set_quotas(&self, quotas: Quotas) {
        self.state().quotas = quotas;
    }

    /// History events after this number.
    pub fn events_after(&self, number: u64, limit: usize) -> Vec<Written> {
        let now = self.now();
        let state = &mut *self.state();
        self.deliver(state, now);
        state.service.events_after(number, limit)
    }

    /// The same once there is one.
    pub async fn next_events(&self, number: u64, limit: usize) -> Vec<Written> {
        loop {
            // Listens before it looks, so that nothing is missed in between.
            let mut written = pin!(self.written.notified());
            written.as_mut().enable();
            let events = self.state().service.events_after(number, limit);
            if !events.is_empty() {
                return events;
            }
            written.await;
        }
    }

    /// Counts what may have changed the service.
    pub fn changes(&self) -> u64 {
        self.state().changes
    }

    /// The service as text.
    pub fn save(&self) -> Vec<u8> {
        self.state().service.save()
    }

    /// How many polls are held.
    pub fn held_polls(&self) -> usize {
        self.state().service.held_polls()
    }

    /// Looks at the service as of now.
    pub fn inspect(&self) -> Inspection {
        let now = self.now();
        let state = &mut *self.state();
        self.deliver(state, now);
        state.service.inspect()
    }
}
