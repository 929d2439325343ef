//! The operator's side, pure: what is held, what is due, what to send next.
//!
//! A state machine without I/O, clock, tokio or randomness: [`Console::handle`] takes a [`Now`] and an [`Event`] and
//! gives [`Effect`]s back, [`Console::next_wake`] says when it wants to be woken. Durable facts change only through
//! records. Not here: sending (`runtime`, `swf`), storing (`journal`), showing (`tui`).
//!
//! Where to look: `ledger` what is durable, `live` what is not, `agenda` when something is due, `quota` how many heartbeats may go out, `writing` records on their
//! way to the disk; then one file an activity: `claiming`, `beats`, `leases`, `lookup`, `closing`, `commands`, `leaving`;
//! `telling` what the screen gets, `notices` what is worth calling somebody for.

mod access;
mod admission;
mod agenda;
mod asking;
mod auto_claim;
mod beats;
mod cadence;
mod calls;
mod claiming;
mod closing;
mod commands;
mod contexts;
mod deadlines;
mod drain;
mod endings;
mod event;
mod executions;
mod facts;
mod hearing;
mod history_watch;
mod leases;
mod leaving;
mod ledger;
mod live;
mod load;
mod lookup;
mod notes;
mod notices;
mod numbers;
mod orphans;
mod plan;
mod quota;
mod reach;
mod reading;
mod ready;
mod rules;
mod scan;
mod shelf;
mod telling;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod told;
mod tolerance;
mod waking;
mod watch;
mod writing;

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::clock::{Boot, Now, ServiceClock};
use crate::task::{ActivityType, ClaimId, Entry, Record, Stamp, Timeouts};
use crate::text::Foreign;
use crate::wire::{Answer, Class, Failure, Request};

use access::Access;
use agenda::{Agenda, Job};
use asking::{Ask, Asks};
use calls::Calls;
use claiming::Claiming as Poller;
use contexts::Contexts;
use executions::Executions;
use leaving::Leaving;
use ledger::Ledger;
use live::{Live, Purpose};
use load::Load;
use notices::Notices;
use orphans::{Search, Step};
use quota::{Api, Quotas};
use reach::Reach;
use reading::Reading;
use ready::Ready;
use telling::Counts;
use watch::Watch;
use writing::Writing;

pub use event::{
    AppendError, BatchId, CallId, Command, Config, Details, Durability, Effect, Event, HEARTBEAT_RATE, HeartbeatRate,
    Level, LogLine, Timing,
};
pub use rules::{Rule, Rules};
pub use told::{CallEnd, CallLine};

pub use facts::{
    AutoClaim, BeatFact, CancelFact, Claiming, Connection, Deadline, LeaseFact, LeaseWarning, NoteFact, PendingCount,
    Status, TaskFacts, TaskState, Tolerance, Urgency,
};
pub use leases::LeaseTerms;
pub use notes::{FOLLOW_UP_MAX_MS, NOTE_MAX, REMIND_WORD};
pub use notices::{Notice, Occasion};
pub use reading::{Found, Query, QueryId};
pub use shelf::ended_facts;

/// The console's core.
#[derive(Debug)]
pub struct Console {
    config: Config,
    ledger: Ledger,
    live: BTreeMap<ClaimId, Box<Live>>,
    agenda: Agenda,
    ready: Ready,
    writing: Writing,
    claiming: Poller,
    reading: Reading,
    calls: Calls,
    clock: ServiceClock,
    reach: Reach,
    access: Access,
    quotas: Quotas,
    load: Load,
    /// Leases by the instant of their first warning.
    leases: BTreeSet<(Boot, ClaimId)>,
    counts: Counts,
    watch: Watch,
    notices: Notices,
    contexts: Contexts,
    /// Type defaults, asked once a type.
    types: BTreeMap<(Foreign, ActivityType), Timeouts>,
    /// Who waits for which type's defaults.
    types_waiting: BTreeMap<(Foreign, ActivityType), BTreeSet<ClaimId>>,
    types_denied: bool,
    /// Domains whose histories may not be read.
    history_denied: BTreeSet<Foreign>,
    executions: Executions,
    search: Option<Search>,
    asks: Asks,
    /// What was said once and for all tasks.
    said: BTreeSet<&'static str>,
    leaving: Option<Leaving>,
    last_call: u64,
    out: Vec<Effect>,
    dirty: BTreeSet<ClaimId>,
    /// Claims whose facts are told anew by and by.
    restate: BTreeSet<ClaimId>,
    status: Option<Arc<Status>>,
    /// As of `tolerated_at`.
    tolerances: Arc<[Tolerance]>,
    recovers_ms: Option<i64>,
    tolerated_at: Option<Boot>,
    /// When polls without an end were last looked at for their age, minutes since 1970.
    polls_aged: Option<i64>,
    /// When this process took up the journal.
    started_at: Boot,
    /// Whether the tasks found at the start may wait until they are due.
    settled: bool,
}

impl Console {
    /// Takes up where the journal's entries end (none in a new journal): the same tasks, and on with them. A long journal
    /// is larger than what comes of it, so it had better be handed over.
    pub fn new(config: Config, now: Now, entries: impl IntoIterator<Item = impl Borrow<Entry>>) -> (Self, Vec<Effect>) {
        let (rate, rules) = (config.heartbeat_rate, config.rules);
        let contexts = Contexts::new(config.context.clone(), config.domain.clone());
        let mut console = Self {
            config,
            ledger: Ledger::new(rules),
            live: BTreeMap::new(),
            agenda: Agenda::default(),
            ready: Ready::default(),
            writing: Writing::default(),
            claiming: Poller::default(),
            reading: Reading::default(),
            calls: Calls::default(),
            clock: ServiceClock::default(),
            reach: Reach::new(),
            access: Access::default(),
            quotas: Quotas::new(rate, rules.hold(Rule::RateHasFloor)),
            load: Load::new(rate),
            leases: BTreeSet::new(),
            counts: Counts::default(),
            watch: Watch::new(now),
            notices: Notices::default(),
            contexts,
            types: BTreeMap::new(),
            types_waiting: BTreeMap::new(),
            types_denied: false,
            history_denied: BTreeSet::new(),
            executions: Executions::default(),
            search: None,
            asks: Asks::default(),
            said: BTreeSet::new(),
            leaving: None,
            last_call: 0,
            out: Vec::new(),
            dirty: BTreeSet::new(),
            restate: BTreeSet::new(),
            status: None,
            tolerances: Arc::new([]),
            recovers_ms: None,
            tolerated_at: None,
            polls_aged: None,
            started_at: now.boot,
            settled: true,
        };
        console.load.learned(console.quotas.goodput(), now.boot);
        for entry in entries {
            console.follow(entry.borrow());
        }
        for id in console.dirty.clone() {
            console.count_claim(id);
        }
        console.admit(now);
        if !console.config.read_only {
            console.take_up(now);
            console.settled = !console.falls_due_too_fast(now);
        }
        console.tell(now);
        let effects = std::mem::take(&mut console.out);
        (console, effects)
    }

    /// Takes in one event. `now` must never be before an earlier one.
    pub fn handle(&mut self, now: Now, event: Event) -> Vec<Effect> {
        self.load.learned(self.quotas.goodput(), now.boot);
        let asleep = self.look_at_clocks(now);
        if matches!(event, Event::Wake) && !asleep && self.out.is_empty() && self.agenda.next() > Some(now.boot) {
            // Only a look at the clocks, once a second.
            return Vec::new();
        }
        match event {
            Event::Command(command) => self.command(now, command),
            Event::Appended(batch) => self.appended(now, batch),
            Event::AppendFailed(batch, error) => self.append_failed(now, batch, &error),
            Event::DiskFull(why) => self.disk_full(now, why),
            Event::Answered { call, timing, result } => self.answered(now, call, timing, result),
            Event::Read { call, timing, failure } => self.was_read(now, call, timing, failure.as_ref()),
            Event::Followed(entries) => entries.iter().for_each(|entry| self.follow(entry)),
            Event::Wake => {}
        }
        if asleep {
            self.woke(now);
        }
        if self.load.is_stale() {
            self.admit(now);
        }
        if let Some(longest_ms) = self.load.has_shortened() {
            self.hasten(now, longest_ms);
        }
        while let Some((at, job)) = self.agenda.pop_due(now.boot) {
            self.run(now, at, job);
        }
        self.send_ready(now);
        self.send_asks(now);
        self.send_reads(now);
        self.settle(now);
        self.restate(now);
        self.tell(now);
        if self.hold_enough(now) {
            self.tell(now);
        }
        std::mem::take(&mut self.out)
    }

    /// When [`Event::Wake`] is wanted at the latest. Calls and appends on their way come back without it.
    pub fn next_wake(&self) -> Option<Boot> {
        // While tasks are held, a sleep or a step of a clock has to be noticed within a second.
        let look = (self.counts.any_open() && !self.config.read_only).then(|| self.watch.next_look());
        [self.agenda.next(), look].into_iter().flatten().min()
    }

    fn run(&mut self, now: Now, at: Boot, job: Job) {
        match job {
            Job::Beat(claim) => self.make_ready(now, claim, at),
            Job::Second(claim) => self.second_attempt(now, claim),
            Job::Close(claim) => self.attempt_close(now, claim),
            Job::Lookup(claim) => self.look_up(now, claim),
            Job::Overdue(claim) => self.overdue(now, claim),
            Job::Lease(claim) => self.look_at_lease(now, claim),
            // Telling its facts looks.
            Job::Due(claim) => drop(self.dirty.insert(claim)),
            Job::FollowUp(claim) => self.follow_up(now, claim),
            Job::Watch(execution) => self.watch(now, execution),
            Job::Orphans => self.search_on(now),
            Job::Poll => self.poll_next(now),
            Job::AutoClaim => self.look_at_auto_claims(now),
            Job::Count => self.count(now),
            Job::Save => self.save_again(now),
            Job::Disk => self.look_at_disk(now),
            Job::Reach => self.look_at_reach(now),
            // They only want what sends, and `settle`, to look again.
            Job::Ask | Job::Read | Job::Leave | Job::Restate => {}
        }
    }

    /// A fact that is on disk already.
    fn follow(&mut self, entry: &Entry) {
        self.ledger.apply(&entry.record, entry.boot_id == self.config.boot_id);
        let Some(id) = entry.record.claim() else { return };
        match (&entry.record, self.ledger.claims.get(&id)) {
            (Record::Dismissed { .. }, _) => {
                self.count_claim(id);
                self.live.remove(&id);
                self.dirty.remove(&id);
                self.out.push(Effect::Removed(id));
            }
            (Record::TimeoutsLearned { .. }, Some(claim)) => {
                self.dirty.insert(id);
                if let Some(started_at) = claim.started_at {
                    // Two claims of the past may disagree; what is said about it now has the next sample to go by.
                    let _ = self.clock.event_of(started_at, claim.sent.boot, claim.received);
                }
            }
            _ => drop(self.dirty.insert(id)),
        }
    }

    /// What a restart has to do for the tasks it finds.
    fn take_up(&mut self, now: Now) {
        let open = self.ledger.claims.values().filter(|claim| claim.is_open()).map(|claim| claim.id);
        let open: Vec<_> = open.collect();
        self.agenda.reserve(open.len());
        for id in open {
            let Some(claim) = self.ledger.claims.get(&id) else { continue };
            let (is_closing, lease) = (claim.intent.is_some(), claim.lease);
            self.join_execution(now, id);
            // Deadlines may have passed while nobody looked.
            self.agenda.set(Job::Overdue(id), now.boot);
            self.arm_follow_up(now, id);
            if is_closing {
                // An attempt may have been under way when the process ended: it may have been applied. That holds at once,
                // on disk or not; should it not get there, the next start says so again.
                self.append_lazily(Record::Attempt { claim: id, maybe_applied: true });
                self.agenda.set(Job::Close(id), now.boot);
            }
            if let Some(lease) = lease {
                self.agenda.set(Job::Lease(id), now.boot);
                if lease.until().is_some_and(|until| until > now.boot) {
                    self.arm(now, id);
                }
            }
        }
    }

    /// Sends a request; its end comes back as [`Event::Answered`].
    fn call(&mut self, now: Now, purpose: Purpose, request: Request, limit_ms: u64) -> CallId {
        let call = self.new_call(now, purpose, Api::of(&request));
        self.out.push(Effect::Call { call, request, limit_ms });
        call
    }

    /// A call is about to be sent.
    fn new_call(&mut self, now: Now, purpose: Purpose, api: Option<Api>) -> CallId {
        if self.reach.wants_credentials() && purpose.carries_token() {
            self.new_credentials(now);
        }
        self.reach.sent(now.boot);
        self.last_call += 1;
        let call = CallId(self.last_call);
        self.calls.insert(call, purpose, api);
        call
    }

    fn answered(&mut self, now: Now, call: CallId, timing: Timing, result: Result<Answer, Failure>) {
        // A call nobody waits for any more has no purpose, and its answer no meaning.
        let api = self.calls.api(call);
        let Some(purpose) = self.calls.remove(call) else { return };
        self.sample_date(now, timing);
        self.tell_call(now, &purpose, timing, result.as_ref().err());
        self.no_longer_in_flight(now, call, &purpose);
        match result {
            Ok(answer) => {
                if let Some(api) = api {
                    self.quotas.of(api).taken();
                }
                if purpose.carries_token() {
                    self.token_taken(now, timing.sent);
                }
                if !matches!(purpose, Purpose::Poll { .. }) {
                    self.heard(now, Some(timing.received - timing.sent));
                }
                self.took(now, purpose, timing, answer);
            }
            Err(failure) => {
                if let (Some(api), Class::Throttled) = (api, failure.class) {
                    self.quotas.of(api).refused(now.boot);
                }
                if let (Purpose::Beat { claim, .. }, Class::Unknown) = (&purpose, failure.class) {
                    self.live(*claim).unknown_beat = Some(timing.sent);
                }
                self.missed(now, &purpose, &failure);
            }
        }
    }

    fn no_longer_in_flight(&mut self, now: Now, call: CallId, purpose: &Purpose) {
        match *purpose {
            Purpose::Beat { claim, .. } | Purpose::Close { claim } => {
                let live = self.live(claim);
                let other = live.second.take().filter(|&second| second != call);
                live.in_flight = if live.in_flight == Some(call) { other } else { live.in_flight };
                let parked = live.due.filter(|_| live.in_flight.is_none());
                self.dirty.insert(claim);
                self.agenda.clear(Job::Second(claim));
                if let Some(due) = parked {
                    self.make_ready(now, claim, due);
                }
            }
            Purpose::Ask(ref ask) => self.asks.back(ask),
            Purpose::Orphans(_) => self.search_back(now),
            Purpose::Poll { .. } | Purpose::Count { .. } | Purpose::Read { .. } => {}
        }
    }

    fn took(&mut self, now: Now, purpose: Purpose, timing: Timing, answer: Answer) {
        match (purpose, answer) {
            (Purpose::Beat { claim, due }, Answer::Beaten { cancel_requested }) => {
                self.beaten(now, claim, due, timing, cancel_requested);
            }
            (Purpose::Close { claim }, Answer::Closed) => self.closed(now, claim),
            (Purpose::Ask(Ask::Scan(execution)), Answer::History(page)) => self.scanned(now, execution, &page),
            (Purpose::Ask(Ask::Start(execution)), Answer::History(page)) => self.execution_start(now, execution, &page),
            (Purpose::Ask(Ask::Type(domain, activity_type)), Answer::ActivityType(defaults)) => {
                self.type_described(now, (domain, activity_type), defaults);
            }
            (Purpose::Orphans(Step::List(domain)), Answer::Open { executions, more }) => {
                self.listed(&domain, executions, more);
            }
            (Purpose::Orphans(Step::Read(domain, run)), Answer::History(page)) => {
                self.read_for_orphans(now, &domain, &run, &page);
            }
            (Purpose::Poll { poll }, Answer::Polled(task)) => self.polled(now, poll, timing, task),
            (Purpose::Count { domain, task_list }, Answer::Pending { count, truncated }) => {
                self.counted(domain, task_list, count, truncated);
            }
            // The runtime answers a request with its own kind of answer; anything else is a defect of ours.
            (purpose, answer) => {
                debug_assert!(false, "{purpose:?} was answered with {answer:?}");
            }
        }
    }

    fn missed(&mut self, now: Now, purpose: &Purpose, failure: &Failure) {
        match *purpose {
            Purpose::Beat { claim, due } => self.beat_failed(now, claim, due, failure),
            Purpose::Close { claim } => self.close_failed(now, claim, failure),
            Purpose::Poll { poll } => self.poll_failed(now, poll, failure),
            Purpose::Count { .. } => self.count_failed(now, failure),
            Purpose::Orphans(ref step) => self.search_failed(now, step, failure),
            Purpose::Ask(ref ask) => self.lookup_failed(now, ask, failure),
            // Comes back by an event of its own.
            Purpose::Read { .. } => {}
        }
    }

    fn live(&mut self, claim: ClaimId) -> &mut Live {
        self.live.entry(claim).or_default()
    }

    /// A past instant of this boot as it is stored.
    fn stamp_at(&self, now: Now, at: Boot) -> Stamp {
        let wall = crate::clock::Wall(now.wall.0 - (now.boot - at));
        Stamp { boot: at, wall, service: self.clock.lower_bound(at, now.boot) }
    }
}
