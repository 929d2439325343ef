//! Time, network, disk and the process itself: what stands between the console and the service, and fails.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use swfbeat::clock::{Boot, Now, Wall};
use swfbeat::console::{
    AppendError, BatchId, CallId, Config, Console, Durability, Effect, Event, Status, TaskFacts, Timing,
};
use swfbeat::emulator::{Answer, Handled, RequestId};
use swfbeat::task::{ClaimId, Entry, Record};
use swfbeat::wire::{self, Failure, Phase, Request};

use crate::chance::Chance;
use crate::checks::Checks;
use crate::operator::Operator;
use crate::service::Host;
use crate::translate;

/// Something that happens at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Happening {
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
struct Call {
    console: CallId,
    request: Request,
    sent: i64,
    answer: Option<(u16, Vec<u8>, i64)>,
    /// Nobody waits any more.
    dropped: bool,
}

/// A write on its way.
struct Write {
    batch: Option<BatchId>,
    records: Vec<Record>,
}

/// What the network does at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Weather {
    Fair,
    /// Requests and answers get lost, this many in a thousand.
    Lossy(u64),
    /// Nothing gets through.
    Outage,
    /// "Rate exceeded", this many in a thousand.
    Throttling(u64),
}

/// What a run came to.
pub struct Run {
    pub hash: u64,
    pub totals: Totals,
}

/// Sums over runs, to see that everything happened.
#[derive(Debug, Default, Clone)]
pub struct Totals {
    pub steps: u64,
    pub beats: u64,
    pub claims: u64,
    pub closes: u64,
    pub verdicts: u64,
    pub cancels: u64,
    pub crashes: u64,
    pub timed_out: u64,
    pub unanswered: u64,
    pub countdowns: u64,
    pub kept_throughout: u64,
}

impl Totals {
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.beats += other.beats;
        self.claims += other.claims;
        self.closes += other.closes;
        self.verdicts += other.verdicts;
        self.cancels += other.cancels;
        self.crashes += other.crashes;
        self.timed_out += other.timed_out;
        self.unanswered += other.unanswered;
        self.countdowns += other.countdowns;
        self.kept_throughout += other.kept_throughout;
    }

    /// A simulation in which nothing goes wrong proves nothing.
    pub fn assert_everything_happened(&self) {
        let all = [
            self.beats,
            self.claims,
            self.closes,
            self.verdicts,
            self.cancels,
            self.crashes,
            self.timed_out,
            self.unanswered,
            self.countdowns,
            self.kept_throughout,
        ];
        assert!(all.iter().all(|&count| count > 20), "something never happened: {self:?}");
    }
}

/// One seed's world.
pub struct World {
    seed: u64,
    chance: Chance,
    at: i64,
    asleep_until: i64,
    slept: i64,
    /// Wall clock minus boot clock.
    wall: i64,
    queue: BinaryHeap<Reverse<(i64, u64, Happening)>>,
    order: u64,
    wake_at: Option<i64>,
    service_at: Option<i64>,
    host: Host,
    console: Console,
    life: u64,
    calls: BTreeMap<u64, Call>,
    last_call: u64,
    disk: Vec<Record>,
    writes: BTreeMap<u64, Write>,
    weather: Weather,
    /// A calm seed has nothing worse than a lost packet now and then: its kept tasks must never time out.
    calm: bool,
    date_header: bool,
    facts: BTreeMap<ClaimId, Arc<TaskFacts>>,
    status: Option<Arc<Status>>,
    operator: Operator,
    checks: Checks,
    totals: Totals,
    hash: DefaultHasher,
    trace: VecDeque<String>,
    /// This step changed what the service has or what the screen shows.
    touched: bool,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let at = 1_000_000;
        let wall = 1_790_000_000_000;
        let now = Now { boot: Boot(at), mono: at, wall: Wall(wall + at) };
        let (console, effects) = Console::new(config(seed, 0), now, &[]);
        let mut world = Self {
            seed,
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

    /// Lets so many milliseconds pass.
    pub fn run(mut self, ms: u64) -> Run {
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
            if !self.touched {
                continue;
            }
            let truth = self.host.service.open_activities();
            let told = self.checks.step(self.at, &self.host, &truth, &self.facts, self.writes.is_empty());
            match told {
                Ok(countdowns) => self.totals.countdowns += countdowns,
                Err(violation) => self.fail(&violation),
            }
        }
        self.totals.timed_out = self.checks.timed_out;
        self.totals.kept_throughout = self.checks.kept_throughout;
        self.totals.verdicts = self.checks.verdicts;
        self.totals.cancels = self.checks.cancels;
        Run { hash: self.hash.finish(), totals: self.totals }
    }

    fn fail(&self, violation: &str) -> ! {
        let trace = self.trace.iter().fold(String::new(), |all, line| all + line + "\n");
        panic!("{trace}seed {} at {} ms: {violation}", self.seed, self.at);
    }

    fn note(&mut self, what: impl Into<String>) {
        if self.trace.len() == 80 {
            self.trace.pop_front();
        }
        self.trace.push_back(format!("{:>10} {}", self.at, what.into()));
    }

    fn plan(&mut self, after: i64, happening: Happening) {
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

    fn now(&self) -> Now {
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

    fn event(&mut self, event: Event) {
        let effects = self.console.handle(self.now(), event);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Append { batch, records, durability } => self.append(batch, records, durability),
                Effect::Call { call, request, limit_ms } => self.send(call, request, limit_ms.cast_signed()),
                Effect::Abandon(call) => {
                    let found = self.calls.values_mut().find(|it| it.console == call && !it.dropped);
                    let call = found.expect("abandoned calls are in flight");
                    assert!(matches!(call.request, Request::Heartbeat { .. }), "only heartbeats are abandoned");
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
                    self.note(format!("{:?} {} {} {}", line.level, line.word, line.subject, line.text));
                }
                Effect::ReloadCredentials | Effect::Drained => {}
            }
        }
        if let Some(Boot(at)) = self.console.next_wake()
            && self.wake_at.is_none_or(|planned| at < planned)
        {
            self.wake_at = Some(at.max(self.at));
            self.plan((at - self.at).max(0), Happening::Wake);
        }
    }

    fn append(&mut self, batch: BatchId, records: Vec<Record>, durability: Durability) {
        self.order += 1;
        let order = self.order;
        let synced = durability == Durability::Synced;
        self.writes.insert(order, Write { batch: synced.then_some(batch), records });
        if synced {
            let full = !self.calm && self.chance.in_thousand(3);
            let after = self.chance.between(1, 25);
            self.plan(after, if full { Happening::DiskFull(order) } else { Happening::Synced(order) });
        }
    }

    fn synced(&mut self, order: u64) {
        let later = self.writes.split_off(&(order + 1));
        let mut done = Vec::new();
        for (order, write) in std::mem::replace(&mut self.writes, later) {
            // A batch that the disk will refuse stays refused, whatever comes after it.
            let refused = self.queue.iter().any(|Reverse((_, _, it))| *it == Happening::DiskFull(order));
            if refused {
                self.writes.insert(order, write);
                continue;
            }
            self.disk.extend(write.records);
            done.extend(write.batch);
        }
        for batch in done {
            self.event(Event::Appended(batch));
        }
    }

    fn disk_full(&mut self, order: u64) {
        let Some(Write { batch: Some(batch), .. }) = self.writes.remove(&order) else { return };
        self.note("the disk is full");
        let error = AppendError { message: "no space left on device".into(), intent_taken: None };
        self.event(Event::AppendFailed(batch, error));
    }

    fn send(&mut self, console: CallId, request: Request, limit: i64) {
        self.last_call += 1;
        let id = self.last_call;
        if let Err(violation) = self.checks.sent(self.at, &request, &self.disk) {
            self.fail(&violation);
        }
        let delay = self.chance.between(2, 90);
        match self.weather {
            Weather::Outage if self.chance.in_thousand(500) => self.plan(delay, Happening::Refused(id)),
            Weather::Outage => {}
            Weather::Lossy(n) if self.chance.in_thousand(n) => {}
            Weather::Throttling(n) if self.chance.in_thousand(n) => {
                let body = br#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#.to_vec();
                let call = Call {
                    console,
                    request,
                    sent: self.at,
                    answer: Some((400, body, self.host.clock(self.at))),
                    dropped: false,
                };
                self.calls.insert(id, call);
                self.plan(2 * delay, Happening::Return(id));
                return;
            }
            _ => self.plan(delay, Happening::Arrive(id)),
        }
        self.calls.insert(id, Call { console, request, sent: self.at, answer: None, dropped: false });
        self.plan(limit, Happening::GiveUp(id));
    }

    fn arrive(&mut self, id: u64) {
        let Some(call) = self.calls.get(&id) else { return };
        if call.dropped && matches!(call.request, Request::Poll { .. }) && self.chance.in_thousand(500) {
            return;
        }
        let (operation, body) = (call.request.operation(), translate::body(&call.request));
        let heartbeat = matches!(call.request, Request::Heartbeat { .. });
        let arrived = self.checks.arrived(self.at, call.sent, &call.request);
        if let Err(violation) = arrived {
            self.fail(&violation);
        }
        self.totals.beats += u64::from(heartbeat);
        let handled = self.host.service.handle(self.host.clock(self.at), RequestId(id), operation, &body);
        if let Handled::Answer(answer) = handled {
            self.answered(id, answer);
        }
        self.serve();
    }

    /// The service has answered; whether the answer gets through is another matter.
    fn answered(&mut self, id: u64, answer: Answer) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let is_poll = matches!(call.request, Request::Poll { .. });
        let task = is_poll.then(|| translate::answer(&call.request, answer.status, &answer.body));
        if let Some(Ok(wire::Answer::Polled(Some(task)))) = task {
            self.totals.claims += 1;
            self.checks.handed_out(self.at, &task);
        }
        if answer.status == 200 && call.request.operation().starts_with("Respond") {
            self.totals.closes += 1;
        }
        call.answer = Some((answer.status, answer.body, self.host.clock(self.at)));
        let lost = match self.weather {
            Weather::Outage => true,
            Weather::Lossy(n) => self.chance.in_thousand(n),
            _ => false,
        };
        if lost {
            self.totals.unanswered += 1;
        } else {
            let delay = self.chance.between(2, 90);
            self.plan(delay, Happening::Return(id));
        }
    }

    fn serve(&mut self) {
        self.touched = true;
        for (id, answer) in self.host.advance(self.at) {
            self.answered(id, answer);
        }
        if let Some(next) = self.host.service.next_wake() {
            let at = self.host.local(next).max(self.at);
            if self.service_at.is_none_or(|planned| at < planned) {
                self.service_at = Some(at);
                self.plan(at - self.at, Happening::Service);
            }
        }
    }

    fn give_back(&mut self, id: u64) {
        let Some(call) = self.calls.remove(&id).filter(|call| !call.dropped) else { return };
        let Some((status, body, service_at)) = call.answer else { return };
        let mut result = translate::answer(&call.request, status, &body);
        if let Ok(wire::Answer::History(page)) = &mut result
            && self.chance.in_thousand(100)
        {
            // Eventually consistent: the newest events are not to be seen yet.
            page.events.retain(|event| event.at < service_at - 1_500);
        }
        if let Ok(answer) = &result {
            self.checks.read(&call.request, answer);
        }
        let date = (self.date_header && !matches!(call.request, Request::Poll { .. }))
            .then_some(service_at.div_euclid(1_000) * 1_000);
        let timing = Timing { sent: Boot(call.sent), received: Boot(self.at), date };
        self.event(Event::Answered { call: call.console, timing, result });
    }

    fn no_answer(&mut self, id: u64, phase: Phase) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if std::mem::replace(&mut call.dropped, true) {
            return;
        }
        let (console, sent) = (call.console, call.sent);
        if matches!(call.request, Request::Poll { .. }) {
            self.host.service.forget(RequestId(id));
        }
        let failure = Failure::new(None, None, "the network failed", phase);
        let timing = Timing { sent: Boot(sent), received: Boot(self.at), date: None };
        self.event(Event::Answered { call: console, timing, result: Err(failure) });
    }

    fn operate(&mut self) {
        for command in self.operator.act(&self.facts) {
            self.note(format!("operator {command:?}"));
            self.checks.commanded(self.at, &command, &self.facts, self.calm);
            self.event(Event::Command(command));
        }
        let after = self.chance.between(200, 20_000);
        self.plan(after, Happening::Operator);
    }

    fn meanwhile(&mut self) {
        let open: Vec<_> = self.host.service.open_activities().into_iter().filter(|it| it.token.is_some()).collect();
        if let Some(task) = self.chance.pick(&open) {
            match self.chance.between(0, 9) {
                0 => self.host.replace_execution(self.at),
                1 | 2 => {
                    let body = serde_json::json!({"taskToken": task.token, "result": "a colleague's"});
                    self.note(format!("a colleague completes {}", task.activity_id));
                    self.host.ask(self.at, "RespondActivityTaskCompleted", &body);
                }
                _ => self.host.request_cancel(self.at, &task.activity_id.clone()),
            }
        }
        self.serve();
        let after = self.chance.between(10_000, 120_000);
        self.plan(after, Happening::Meanwhile);
    }

    fn change_weather(&mut self) {
        let (weather, length) = match self.chance.between(0, if self.calm { 1 } else { 5 }) {
            0 => (Weather::Fair, 120_000),
            1 => (Weather::Lossy(30), 60_000),
            2 => (Weather::Lossy(400), 40_000),
            3 => (Weather::Throttling(500), 60_000),
            _ => (Weather::Outage, 50_000),
        };
        self.note(format!("weather {weather:?}"));
        self.weather = weather;
        let after = self.chance.between(1_000, length);
        self.plan(after, Happening::Weather);
    }

    /// Killed at any moment: what was not synced is gone, and so is every connection.
    fn crash(&mut self) {
        let pending = !self.writes.is_empty();
        if !pending && self.chance.in_thousand(600) {
            // Rather while something is being written.
            self.plan(3, Happening::Crash);
            return;
        }
        self.totals.crashes += 1;
        self.note("killed");
        self.writes.clear();
        let polls: Vec<_> =
            self.calls.iter().filter(|(_, call)| matches!(call.request, Request::Poll { .. })).collect();
        for (&id, _) in polls {
            self.host.service.forget(RequestId(id));
        }
        for call in self.calls.values_mut() {
            call.dropped = true;
        }
        if let Err(violation) = self.checks.crashed(&self.disk) {
            self.fail(&violation);
        }
        self.at += self.chance.between(100, 2_000);
        self.restart();
        let after = self.chance.between(5_000, 1_200_000);
        self.plan(after, Happening::Crash);
    }

    fn restart(&mut self) {
        self.life += 1;
        let boot_id: Arc<str> = "boot-1".into();
        let entry = |(seq, record): (u64, &Record)| Entry { seq, boot_id: boot_id.clone(), record: record.clone() };
        let entries: Vec<_> = (1..).zip(&self.disk).map(entry).collect();
        let (console, effects) = Console::new(config(self.seed, self.life), self.now(), &entries);
        self.console = console;
        self.facts.clear();
        self.wake_at = None;
        self.perform(effects);
        if let Err(violation) = Checks::restarted(&self.disk, &self.facts) {
            self.fail(&violation);
        }
    }

    fn sleep(&mut self) {
        if !self.calm {
            let length = self.chance.between(3_000, 40_000);
            self.asleep_until = self.at + length;
            if self.chance.in_thousand(500) {
                self.slept += length;
            }
            if self.chance.in_thousand(300) {
                self.wall += self.chance.between(-86_400_000, 86_400_000);
            }
            self.note(format!("asleep for {length} ms"));
        }
        let after = self.chance.between(60_000, 1_800_000);
        self.plan(after, Happening::Sleep);
    }
}

fn config(seed: u64, life: u64) -> Config {
    Config {
        identity: "anna@ops".into(),
        run: format!("r{life}"),
        boot_id: "boot-1".into(),
        service: "us-east-1".into(),
        domain: "sim".into(),
        seed,
        read_only: false,
    }
}
