//! The service as a whole: takes requests and time, gives answers. Pure.

use serde::{Deserialize, Serialize};

use super::archive::Archive;
use super::deadlines::{Deadline, Deadlines};
use super::execution::{Execution, Run};
use super::fault::Fault;
use super::feed::Feed;
use super::inspect::Claim;
use super::limits::Limits;
use super::lists::{ListId, Lists, Poll, Waiting, Wants};
use super::mint::Mint;
use super::ops;
use super::registry::{Domain, Registry};

/// How the service is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Everything that looks random comes from it.
    pub seed: u64,
    /// The AWS account in ARNs.
    pub account: String,
    /// The region in ARNs.
    pub region: String,
    /// How long a poll is held, in milliseconds.
    pub poll_hold: i64,
}

/// How the caller knows a request; unique as long as the service lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// A complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// For the header `x-amzn-requestid`.
    pub request_id: String,
    /// JSON, or empty for operations without output.
    pub body: Vec<u8>,
    /// The activity task it hands out, for [`Service::answered`].
    pub(super) claim: Option<usize>,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handled {
    /// Answer now.
    Answer(Answer),
    /// A poll that waits; [`Service::advance`] will have its answer, unless it is forgotten.
    Held,
}

/// The service.
#[derive(Debug)]
pub struct Service {
    pub(super) config: Config,
    pub(super) mint: Mint,
    /// The service's clock, milliseconds since 1970. Never goes back.
    pub(super) now: i64,
    pub(super) registry: Registry,
    pub(super) executions: Archive,
    pub(super) limits: Limits,
    /// Executions whose histories have reached the limit.
    pub(super) overgrown: Vec<Run>,
    pub(super) lists: Lists,
    pub(super) deadlines: Deadlines,
    /// Every activity task ever handed out.
    pub(super) claims: Vec<Claim>,
    /// How old an event must be for GetWorkflowExecutionHistory to show it, in milliseconds.
    pub(super) history_lag: i64,
    pub(super) feed: Feed,
    /// No polls are held any more.
    pub(super) draining: bool,
    /// Answers to held polls, not yet fetched.
    outbox: Vec<(RequestId, Answer)>,
}

impl Service {
    /// An empty service.
    pub fn new(config: Config) -> Self {
        Self {
            mint: Mint::new(config.seed),
            config,
            now: i64::MIN,
            registry: Registry::default(),
            executions: Archive::default(),
            limits: Limits::AWS,
            overgrown: Vec::new(),
            lists: Lists::default(),
            deadlines: Deadlines::default(),
            claims: Vec::new(),
            history_lag: 0,
            feed: Feed::default(),
            draining: false,
            outbox: Vec::new(),
        }
    }

    /// Takes one request: what is due until `now` (milliseconds since 1970) happens first, each at its own instant.
    ///
    /// A request can also answer polls held earlier; [`Service::advance`] has those answers.
    pub fn handle(&mut self, now: i64, request: RequestId, operation: &str, body: &[u8]) -> Handled {
        self.fire_due(now);
        let result = match ops::find(operation) {
            Some(operation) => operation(self, request, body),
            None => Err(Fault::unknown_operation(operation)),
        };
        self.serve();
        match result {
            Ok(ops::Done::Body(body)) => Handled::Answer(self.answer(200, body)),
            Ok(ops::Done::Held) => self.served_at_once(request),
            Err(fault) => Handled::Answer(self.answer(fault.status, fault.body())),
        }
    }

    /// From now on GetWorkflowExecutionHistory does not show events younger than this, in milliseconds; a decision task
    /// does. SWF's histories are eventually consistent.
    pub fn set_history_lag(&mut self, millis: i64) {
        self.history_lag = millis;
    }

    /// Lets time pass until `now`, and gives the answers to held polls that are ready.
    pub fn advance(&mut self, now: i64) -> Vec<(RequestId, Answer)> {
        self.fire_due(now);
        std::mem::take(&mut self.outbox)
    }

    /// When [`Service::advance`] should be called next, if nothing else happens before.
    pub fn next_wake(&self) -> Option<i64> {
        if self.outbox.is_empty() { self.deadlines.next() } else { Some(self.now) }
    }

    /// Drops a held poll whose connection is gone, so that it is handed no task. (SWF itself may still hand one out,
    /// and the task is lost until it times out.)
    pub fn forget(&mut self, request: RequestId) {
        if let Some(poll) = self.lists.release(request) {
            self.deadlines.disarm(poll.armed);
        }
    }

    /// The service's clock, milliseconds since 1970; `i64::MIN` before the first step of time.
    pub fn clock(&self) -> i64 {
        self.now
    }

    /// Answers every held poll as empty. Polls that come later are held as ever.
    pub fn release_polls(&mut self) {
        for request in self.lists.held() {
            self.poll_ends_empty(request);
        }
    }

    /// From now on no poll is held and no task is handed out: polls are answered as empty at once.
    pub fn drain(&mut self) {
        self.draining = true;
        self.release_polls();
    }

    /// Takes note that an answer went out to a connection that was still there.
    pub fn answered(&mut self, answer: &Answer) {
        if let Some(claim) = answer.claim.and_then(|claim| self.claims.get_mut(claim)) {
            claim.answered = true;
        }
    }

    /// A fresh request id, for an answer that the service has no part in.
    pub fn request_id(&mut self) -> String {
        self.mint.request_id()
    }

    pub(super) fn answer(&mut self, status: u16, body: Vec<u8>) -> Answer {
        Answer { status, request_id: self.request_id(), body, claim: None }
    }

    fn served_at_once(&mut self, request: RequestId) -> Handled {
        match self.outbox.iter().rposition(|(to, _)| *to == request) {
            Some(position) => Handled::Answer(self.outbox.remove(position).1),
            None => Handled::Held,
        }
    }

    fn fire_due(&mut self, now: i64) {
        while let Some((at, deadline)) = self.deadlines.pop_due(now) {
            self.now = self.now.max(at);
            match deadline {
                Deadline::Activity { run, scheduled } => self.activity_timed_out(run, scheduled),
                Deadline::Decision(run) => self.decision_timed_out(run),
                Deadline::Timer { run, started } => self.timer_fired(run, started),
                Deadline::Execution(run) => self.execution_timed_out(run),
                Deadline::Retention(run) => self.forget_execution(run),
                Deadline::Poll(request) => self.poll_ends_empty(request),
            }
            self.serve();
        }
        self.now = self.now.max(now);
    }

    /// Brings waiting tasks and held polls together, after the executions that grew too long are ended.
    fn serve(&mut self) {
        loop {
            self.terminate_overgrown();
            let Some((poll, task)) = self.lists.next_match() else { break };
            self.deadlines.disarm(poll.armed);
            let (body, claim) = match task {
                Waiting::Activity { run, scheduled } => self.start_activity(run, scheduled, &poll),
                Waiting::Decision(run) => (self.start_decision(run, &poll), None),
            };
            let answer = Answer { claim, ..self.answer(200, body) };
            self.outbox.push((poll.request, answer));
        }
    }

    /// Holds a poll, or answers it as empty when no polls are held any more.
    pub(super) fn hold(
        &mut self,
        list: ListId,
        request: RequestId,
        identity: Option<String>,
        wants: Wants,
    ) -> ops::Done {
        if self.draining {
            return ops::Done::Body(empty_poll(wants));
        }
        let at = self.now.saturating_add(self.config.poll_hold);
        let armed = Some(self.deadlines.arm(at, Deadline::Poll(request)));
        self.lists.hold(list, Poll { request, identity, armed, wants });
        ops::Done::Held
    }

    fn poll_ends_empty(&mut self, request: RequestId) {
        if let Some(poll) = self.lists.release(request) {
            self.deadlines.disarm(poll.armed);
            let answer = self.answer(200, empty_poll(poll.wants));
            self.outbox.push((request, answer));
        }
    }

    /// An execution by its run.
    pub(super) fn execution(&self, run: Run) -> &Execution {
        &self.executions[run]
    }

    /// The same, to change it.
    pub(super) fn execution_mut(&mut self, run: Run) -> &mut Execution {
        &mut self.executions[run]
    }

    /// The domain of an execution.
    pub(super) fn domain_of(&mut self, run: Run) -> Option<&mut Domain> {
        let domain = self.executions[run].domain.clone();
        self.registry.domains.get_mut(&domain)
    }
}

/// As AWS writes it: no token at all, not an empty one.
fn empty_poll(wants: Wants) -> Vec<u8> {
    match wants {
        Wants::Activity => br#"{"startedEventId":0}"#.to_vec(),
        Wants::Decision(_) => br#"{"previousStartedEventId":0,"startedEventId":0}"#.to_vec(),
    }
}
