//! Time and the process itself, and one queue of everything that happens.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use swfbeat::clock::{Boot, Now, Wall};
use swfbeat::console::{BatchId, CallId, Config, Console, Effect, Event, Rules, Status, TaskFacts};
use swfbeat::task::{ClaimId, Record};
use swfbeat::wire::{Phase, Request};

use super::Options;
use super::chance::Chance;
use super::checks::Checks;
use super::network::Weather;
use super::operator::Operator;
use super::service::Host;
use super::totals::{Run, Totals};
use super::violation::{Broken, Violation};

/// Something that happens at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Happening {
    /// A request reaches the service.
    Arrive(u64),
    /// An answer reaches the console's process.
    Return(u64),
    /// The client gives up, or learns that the connection is dead.
    GiveUp(u64),
    /// The connection was refused.
    Refused(u64),
    /// A write reaches the disk, and all before it.
    Synced(u64),
    /// A write is refused by the disk.
    DiskFull(u64),
    /// The console wanted to be woken.
    Wake,
    /// The service has something due.
    Service,
    /// The operator does something.
    Operator,
    /// The workflow wants a task back, a colleague closes one, or the execution ends.
    Meanwhile,
    /// The weather changes.
    Weather,
    /// The process is killed and started again.
    Crash,
    /// The machine sleeps, or the process is stopped.
    Sleep,
}

/// A request on its way.
pub struct Call {
    pub console: CallId,
    pub request: Request,
    pub sent: i64,
    pub answer: Option<(u16, Vec<u8>, i64)>,
    /// Nobody waits any more.
    pub dropped: bool,
}

/// A write on its way.
pub struct Write {
    pub batch: Option<BatchId>,
    pub records: Vec<Record>,
}

/// One seed's world.
pub struct World {
    pub seed: u64,
    pub options: Options,
    /// What is broken; nothing happens after it.
    broken: Option<Broken>,
    tracing: bool,
    pub chance: Chance,
    pub at: i64,
    pub asleep_until: i64,
    pub slept: i64,
    /// Wall clock minus boot clock.
    pub wall: i64,
    pub queue: BinaryHeap<Reverse<(i64, u64, Happening)>>,
    pub order: u64,
    pub wake_at: Option<i64>,
    pub service_at: Option<i64>,
    pub host: Host,
    pub console: Console,
    pub life: u64,
    pub calls: BTreeMap<u64, Call>,
    pub last_call: u64,
    pub disk: Vec<Record>,
    pub writes: BTreeMap<u64, Write>,
    pub weather: Weather,
    /// A calm seed has nothing worse than a lost packet now and then: its kept tasks must never time out.
    pub calm: bool,
    pub date_header: bool,
    pub facts: BTreeMap<ClaimId, Arc<TaskFacts>>,
    pub status: Option<Arc<Status>>,
    pub operator: Operator,
    pub checks: Checks,
    pub totals: Totals,
    pub hash: DefaultHasher,
    pub trace: VecDeque<String>,
    /// This step changed what the service has or what the screen shows.
    pub touched: bool,
}

impl World {
    pub fn new(seed: u64, options: Options, tracing: bool) -> Self {
        let mut chance = Chance::new(seed);
        let at = 1_000_000;
        let wall = 1_790_000_000_000;
        let now = Now { boot: Boot(at), mono: at, wall: Wall(wall + at) };
        let (console, effects) = Console::new(config(seed, 0, options), now, &[]);
        let mut world = Self {
            seed,
            options,
            broken: None,
            tracing,
            at,
            asleep_until: at,
            slept: 0,
            wall,
            queue: BinaryHeap::new(),
            order: 0,
            wake_at: None,
            service_at: None,
            host: Host::new(seed),
            console,
            life: 0,
            calls: BTreeMap::new(),
            last_call: 0,
            disk: Vec::new(),
            writes: BTreeMap::new(),
            weather: Weather::Fair,
            calm: chance.in_thousand(400),
            date_header: chance.in_thousand(500),
            facts: BTreeMap::new(),
            status: None,
            operator: Operator::new(seed),
            checks: Checks::default(),
            totals: Totals::default(),
            hash: DefaultHasher::new(),
            trace: VecDeque::new(),
            touched: false,
            chance,
        };
        world.host.calm = world.calm;
        world.perform(effects);
        world.plan(1, Happening::Service);
        world.plan(500, Happening::Operator);
        for (most, happening) in [
            (60_000, Happening::Meanwhile),
            (60_000, Happening::Weather),
            (900_000, Happening::Crash),
            (1_800_000, Happening::Sleep),
        ] {
            let after = world.chance.between(1_000, most);
            world.plan(after, happening);
        }
        world
    }

    /// Lets so many milliseconds pass, or fewer if a promise is broken.
    pub fn run(mut self, ms: u64) -> Result<Run, Box<Violation>> {
        let end = self.at + ms.cast_signed();
        while let Some(Reverse((at, _, happening))) = self.queue.pop() {
            if at > end {
                break;
            }
            self.at = self.at.max(at);
            self.totals.steps += 1;
            (self.at, &happening).hash(&mut self.hash);
            if self.at < self.asleep_until && !matches!(happening, Happening::Service | Happening::Arrive(_)) {
                self.after_sleep(happening);
                continue;
            }
            self.touched = false;
            self.happen(happening);
            if self.broken.is_none() && self.touched {
                self.check();
            }
            if let Some(broken) = self.broken.take() {
                let trace = self.trace.into();
                return Err(Box::new(Violation { seed: self.seed, at: self.at, broken, trace }));
            }
        }
        self.totals.timed_out = self.checks.timed_out;
        self.totals.kept_throughout = self.checks.kept_throughout;
        self.totals.verdicts = self.checks.verdicts;
        self.totals.cancels = self.checks.cancels;
        Ok(Run { hash: self.hash.finish(), totals: self.totals })
    }

    fn check(&mut self) {
        let truth = self.host.service.open_activities();
        match self.checks.step(self.at, &self.host, &truth, &self.facts, self.writes.is_empty()) {
            Ok(countdowns) => self.totals.countdowns += countdowns,
            Err(broken) => self.fail(broken),
        }
    }

    pub fn fail(&mut self, broken: Broken) {
        self.broken.get_or_insert(broken);
    }

    /// Adds a line to the trace, which is written only when somebody will read it.
    pub fn note(&mut self, what: impl FnOnce() -> String) {
        if !self.tracing {
            return;
        }
        if self.trace.len() == 400 {
            self.trace.pop_front();
        }
        self.trace.push_back(format!("{:>10} {}", self.at, what()));
    }

    pub fn plan(&mut self, after: i64, happening: Happening) {
        self.order += 1;
        self.queue.push(Reverse((self.at + after, self.order, happening)));
    }

    /// The process does not run: what would reach it has to wait; what came over the network is lost.
    fn after_sleep(&mut self, happening: Happening) {
        let after = self.asleep_until - self.at;
        match happening {
            Happening::Return(call) => self.plan(after, Happening::GiveUp(call)),
            other => self.plan(after, other),
        }
    }

    pub fn now(&self) -> Now {
        Now { boot: Boot(self.at), mono: self.at - self.slept, wall: Wall(self.wall + self.at) }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Arrive(call) => self.arrive(call),
            Happening::Return(call) => self.give_back(call),
            Happening::GiveUp(call) => self.no_answer(call, Phase::NoAnswer),
            Happening::Refused(call) => self.no_answer(call, Phase::NotSent),
            Happening::Synced(order) => self.synced(order),
            Happening::DiskFull(order) => self.disk_full(order),
            Happening::Wake => {
                if self.wake_at.is_some_and(|at| at <= self.at) {
                    self.wake_at = None;
                    self.event(Event::Wake);
                }
            }
            Happening::Service => {
                self.service_at = None;
                self.serve();
            }
            Happening::Operator => self.operate(),
            Happening::Meanwhile => self.meanwhile(),
            Happening::Weather => self.change_weather(),
            Happening::Crash => self.crash(),
            Happening::Sleep => self.sleep(),
        }
    }

    pub fn event(&mut self, event: Event) {
        let effects = self.console.handle(self.now(), event);
        self.perform(effects);
    }

    pub fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Append { batch, records, durability } => self.append(batch, records, durability),
                Effect::Call { call, request, limit_ms } => self.send(call, request, limit_ms.cast_signed()),
                Effect::Abandon(call) => {
                    let found = self.calls.values_mut().find(|it| it.console == call && !it.dropped);
                    let call = found.expect("abandoned calls are in flight");
                    assert!(!matches!(call.request, Request::Poll { .. }), "a poll is never abandoned");
                    call.dropped = true;
                }
                Effect::Changed(facts) => {
                    self.touched = true;
                    self.facts.insert(facts.id, facts);
                }
                Effect::Removed(claim) => {
                    self.facts.remove(&claim);
                }
                Effect::Status(status) => self.status = Some(status),
                Effect::Log(line) => {
                    self.note(|| format!("{:?} {} {} {}", line.level, line.word, line.subject, line.text));
                }
                // The simulated operator reads nothing, no log either.
                Effect::Read { .. }
                | Effect::Unread { .. }
                | Effect::Called(_)
                | Effect::Reconnect
                | Effect::ReloadCredentials
                | Effect::Drained => {}
            }
        }
        if let Some(Boot(at)) = self.console.next_wake()
            && self.wake_at.is_none_or(|planned| at < planned)
        {
            self.wake_at = Some(at.max(self.at));
            self.plan((at - self.at).max(0), Happening::Wake);
        }
    }

    fn operate(&mut self) {
        for command in self.operator.act(&self.facts) {
            self.note(|| format!("operator {command:?}"));
            self.checks.commanded(self.at, &command, &self.facts, self.calm);
            self.event(Event::Command(command));
        }
        let after = self.chance.between(200, 20_000);
        self.plan(after, Happening::Operator);
    }
}

pub fn config(seed: u64, life: u64, options: Options) -> Config {
    let mut config = Config {
        identity: "anna@ops".into(),
        run: format!("r{life}"),
        boot_id: "boot-1".into(),
        service: "us-east-1".into(),
        domain: "sim".into(),
        seed,
        heartbeat_rate: Some(80.0),
        lease: swfbeat::console::LeaseTerms::default(),
        rules: Rules::default(),
        read_only: false,
    };
    (options.tune)(&mut config);
    config
}
