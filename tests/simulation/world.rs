//! Time and the process itself, and one queue of everything that happens.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;

use swfbeat::clock::{Boot, Now, Wall};
use swfbeat::console::{Config, Console, Effect, Event, Status};
use swfbeat::wire::Phase;

use super::Options;
use super::book::{Book, Checked, Clocks};
use super::chance::Chance;
use super::disk::Disk;
use super::mishaps::Weather;
use super::network::Call;
use super::operator::Operator;
use super::service::Host;
use super::totals::{Run, Totals};
use super::violation::{Broken, Violation};

/// Lines of the trace that are kept.
const TRACE: usize = 600;
/// Between two looks at everything.
const SURVEY_MS: i64 = 600_000;
/// Quiet time at the end, for everything to become known.
const QUIET_MS: i64 = 600_000;

/// Something that happens at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    /// The workflow wants a task back, a colleague acts on one, an execution ends.
    Meanwhile,
    /// The colleague closes a task.
    Colleague(u32),
    /// Something goes wrong.
    Trouble,
    /// And is over.
    Over,
    /// The process is killed, because of a close that is under way.
    Kill,
    /// The process starts again.
    Restart,
    /// Everything is looked at.
    Survey,
}

/// One seed's world. Its time is in milliseconds from 0.
pub struct World {
    seed: u64,
    options: Options,
    pub chance: Chance,
    pub at: i64,
    /// The instant at which the boot clock showed 0.
    boot_at: i64,
    pub boot_id: Arc<str>,
    pub boots: u32,
    /// The process does not run before this instant.
    pub asleep_until: i64,
    /// It is dead.
    pub dead: bool,
    /// And so is the machine.
    pub rebooting: bool,
    /// How much of this boot's time the machine slept.
    pub slept: i64,
    /// Wall clock minus world time.
    pub wall: i64,
    queue: BinaryHeap<Reverse<(i64, u64, Happening)>>,
    order: u64,
    wake_at: Option<i64>,
    pub service_at: Option<i64>,
    pub host: Host,
    console: Console,
    pub life: u64,
    pub calls: BTreeMap<u64, Call>,
    pub disk: Disk,
    pub weather: Weather,
    /// What this seed does to the tasks can be survived: what is kept must never time out by heartbeat.
    pub feasible: bool,
    pub date_header: bool,
    /// History and types may not be read.
    pub history_denied: bool,
    /// See [`Clocks`].
    pub date: Option<(i64, i64)>,
    rate: f64,
    pub status: Option<Arc<Status>>,
    pub operator: Operator,
    pub book: Book,
    pub totals: Totals,
    /// Nobody does anything any more.
    pub quiet: bool,
    hash: u64,
    tracing: bool,
    trace: VecDeque<String>,
    /// What is broken; nothing happens after it.
    broken: Option<Broken>,
}

/// Heartbeats a second with which 250 short-lived tasks are too many.
const OVERLOADED: f64 = 5.0;
/// Heartbeats a second that a poor operator may send. Three of ten are taken when others take their share: of tasks of half
/// a minute, not all twenty could be kept.
const POOR: f64 = 3.0;

impl World {
    /// Whether hardly anything may be sent.
    pub fn is_poor(&self) -> bool {
        self.feasible && self.rate <= POOR
    }

    pub fn new(seed: u64, options: Options, tracing: bool) -> Self {
        let mut chance = Chance::new(seed);
        let feasible = chance.in_thousand(650);
        let heavy = feasible && chance.in_thousand(60);
        // Some have a quota that they share with many: what they may send is little, and often refused.
        let poor = feasible && !heavy && chance.in_thousand(80);
        // And some want to keep more than their rate suffices for.
        let overloaded = !feasible && chance.in_thousand(250);
        let (rate, held) = if heavy {
            (25.0, 250)
        } else if overloaded {
            (OVERLOADED, 250)
        } else if poor {
            (POOR, 20)
        } else {
            (80.0, 50)
        };
        let (boot_at, wall) = (-1_000_000, 1_790_000_000_000);
        let boot_id: Arc<str> = "boot-0".into();
        let now = Now { boot: Boot(-boot_at), mono: -boot_at, wall: Wall(wall) };
        let config = config(seed, 0, &boot_id, rate, options);
        let (console, effects) = Console::new(config, now, &[]);
        let mut world = Self {
            seed,
            options,
            at: 0,
            boot_at,
            boot_id,
            boots: 0,
            asleep_until: 0,
            dead: false,
            rebooting: false,
            slept: 0,
            wall,
            queue: BinaryHeap::new(),
            order: 0,
            wake_at: None,
            service_at: None,
            host: Host::new(seed, heavy || overloaded),
            console,
            life: 0,
            calls: BTreeMap::new(),
            disk: Disk::default(),
            weather: Weather::new(seed),
            feasible,
            date_header: chance.in_thousand(500),
            history_denied: chance.in_thousand(60),
            date: None,
            rate,
            status: None,
            operator: Operator::new(seed, held, poor, options.greedy),
            book: Book::default(),
            totals: Totals::default(),
            quiet: false,
            hash: 0,
            tracing,
            trace: VecDeque::new(),
            broken: None,
            chance,
        };
        world.perform(effects);
        for (after, happening) in [
            (1, Happening::Service),
            (2, Happening::Meanwhile),
            (500, Happening::Operator),
            (120_000, Happening::Trouble),
            (SURVEY_MS, Happening::Survey),
        ] {
            world.plan(after, happening);
        }
        world
    }

    /// Lets so many milliseconds pass, or fewer if a promise is broken, and then a quiet time in which everything that is
    /// still open becomes known.
    pub fn run(mut self, ms: i64) -> Result<Run, Box<Violation>> {
        self.until(ms)?;
        self.quieten();
        self.until(ms + QUIET_MS)?;
        let settled = self.book.settled(self.at, self.history_denied);
        self.heed(settled);
        self.give_up_if_broken()?;
        self.totals.add(&self.book.totals);
        Ok(Run { hash: self.hash, totals: self.totals })
    }

    fn until(&mut self, end: i64) -> Result<(), Box<Violation>> {
        while let Some(Reverse((at, _, happening))) = self.queue.peek().copied() {
            if at > end {
                break;
            }
            self.queue.pop();
            self.at = self.at.max(at);
            self.totals.steps += 1;
            self.mix(self.at.cast_unsigned());
            self.step(happening);
            if self.book.has_unseen_cancels() && self.disk.is_idle() {
                let checked = self.book.cancels();
                self.heed(checked);
            }
            self.give_up_if_broken()?;
        }
        self.at = end;
        Ok(())
    }

    fn give_up_if_broken(&mut self) -> Result<(), Box<Violation>> {
        let Some(broken) = self.broken.take() else { return Ok(()) };
        let trace = std::mem::take(&mut self.trace).into();
        Err(Box::new(Violation { seed: self.seed, at: self.at, broken, trace }))
    }

    /// Takes something into the hash by which two runs of a seed are compared.
    fn mix(&mut self, what: u64) {
        self.hash = (self.hash.rotate_left(5) ^ what).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn step(&mut self, happening: Happening) {
        let of_the_process = !matches!(
            happening,
            Happening::Service
                | Happening::Arrive(_)
                | Happening::Meanwhile
                | Happening::Colleague(_)
                | Happening::Survey
                | Happening::Over
                | Happening::Restart
        );
        if of_the_process && self.dead {
            self.while_dead(happening);
        } else if of_the_process && self.at < self.asleep_until {
            self.after_sleep(happening);
        } else {
            self.happen(happening);
        }
    }

    /// Nobody is there for it; the operator and the world's troubles go on later.
    fn while_dead(&mut self, happening: Happening) {
        match happening {
            Happening::Operator | Happening::Trouble => self.plan(2_000, happening),
            Happening::Return(call) | Happening::GiveUp(call) | Happening::Refused(call) => {
                self.calls.remove(&call);
            }
            _ => {}
        }
    }

    /// The process does not run: what would reach it has to wait. What came over the network may be lost.
    fn after_sleep(&mut self, happening: Happening) {
        let after = self.asleep_until - self.at;
        match happening {
            Happening::Return(call) if self.chance.in_thousand(500) => self.plan(after, Happening::GiveUp(call)),
            other => self.plan(after, other),
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Arrive(call) => self.arrive(call),
            Happening::Return(call) => self.give_back(call),
            Happening::GiveUp(call) => self.no_answer(call, Phase::NoAnswer),
            Happening::Refused(call) => self.no_answer(call, Phase::NotSent),
            Happening::Synced(order) => self.synced(order),
            Happening::DiskFull(order) => self.disk_full(order),
            Happening::Wake => self.wake(),
            Happening::Service => {
                self.service_at = None;
                self.serve();
                self.look_at_due();
            }
            Happening::Operator => self.operate(),
            Happening::Meanwhile => self.meanwhile(),
            Happening::Colleague(index) => self.colleague_closes(index),
            Happening::Trouble => self.trouble(),
            Happening::Over => self.trouble_is_over(),
            Happening::Kill => self.kill_for_a_close(),
            Happening::Restart => self.restart(),
            Happening::Survey => self.survey(),
        }
    }

    pub fn plan(&mut self, after: i64, happening: Happening) {
        self.order += 1;
        self.queue.push(Reverse((self.at + after.max(0), self.order, happening)));
    }

    /// Adds a line to the trace, which is written only when somebody will read it.
    pub fn note(&mut self, what: impl FnOnce() -> String) {
        if !self.tracing {
            return;
        }
        if self.trace.len() == TRACE && self.options.trace.is_none() {
            self.trace.pop_front();
        }
        let line = format!("{:>10} {}", self.at, what());
        if let Some(print) = self.options.trace {
            print(&line);
        } else {
            self.trace.push_back(line);
        }
    }

    pub fn heed(&mut self, checked: Checked) {
        if let Err(broken) = checked {
            self.fail(broken);
        }
    }

    pub fn fail(&mut self, broken: Broken) {
        self.broken.get_or_insert(broken);
    }

    pub fn clocks(&self) -> Clocks {
        Clocks { boot_at: self.boot_at, drift_ppm: self.host.drift_ppm, now: self.at, date: self.date }
    }

    pub fn boot(&self, at: i64) -> Boot {
        Boot(at - self.boot_at)
    }

    fn now(&self) -> Now {
        let boot = self.boot(self.at);
        Now { boot, mono: boot.0 - self.slept, wall: Wall(self.wall + self.at) }
    }

    /// Another boot begins now.
    pub fn boot_anew(&mut self) {
        self.boots += 1;
        self.boot_id = format!("boot-{}", self.boots).into();
        self.boot_at = self.at - self.chance.between(4_000, 20_000);
        self.slept = 0;
    }

    fn wake(&mut self) {
        if self.wake_at.is_none_or(|at| at > self.at) {
            return;
        }
        self.wake_at = None;
        if self.console.next_wake().is_some_and(|wake| wake <= self.boot(self.at)) {
            self.event(Event::Wake);
        } else {
            self.plan_wake();
        }
    }

    fn plan_wake(&mut self) {
        let Some(wake) = self.console.next_wake() else { return };
        let at = (wake.0 + self.boot_at).max(self.at);
        if self.wake_at.is_none_or(|planned| at < planned) {
            self.wake_at = Some(at);
            self.plan(at - self.at, Happening::Wake);
        }
    }

    pub fn event(&mut self, event: Event) {
        let effects = self.console.handle(self.now(), event);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Append { batch, records, durability } => self.append(batch, records, durability),
                Effect::Call { call, request, limit_ms } => self.send(call, request, limit_ms.cast_signed()),
                Effect::Abandon(call) => self.abandon(call),
                Effect::Changed(facts) => {
                    self.mix(facts.deadlines[0].at.map_or(0, |at| at.0.cast_unsigned()));
                    let checked = self.book.changed(self.at, facts, &self.clocks());
                    self.heed(checked);
                }
                Effect::Status(status) => self.status = Some(status),
                Effect::Log(line) => {
                    self.note(|| format!("{:?} {} {} {}", line.level, line.word, line.subject, line.text));
                }
                // The simulated operator reads nothing, no log either.
                Effect::Notice(_)
                | Effect::Removed(_)
                | Effect::Read { .. }
                | Effect::ReadEnded { .. }
                | Effect::Unread { .. }
                | Effect::Called(_)
                | Effect::Reconnect
                | Effect::ReloadCredentials
                | Effect::Drained => {}
            }
        }
        self.plan_wake();
    }

    /// The console's process starts, with what is on the disk.
    pub fn start_console(&mut self) {
        self.life += 1;
        self.disk.tidy();
        let config = config(self.seed, self.life, &self.boot_id, self.rate, self.options);
        let (console, effects) = Console::new(config, self.now(), &self.disk.entries);
        self.console = console;
        self.wake_at = None;
        self.date = None;
        self.perform(effects);
    }

    fn operate(&mut self) {
        if self.quiet {
            return;
        }
        for command in self.operator.act(self.at, &self.book) {
            self.note(|| format!("operator {command:?}"));
            self.book.commanded(self.at, &command, self.feasible);
            self.event(Event::Command(command));
        }
        let after = self.chance.between(200, 12_000);
        self.plan(after, Happening::Operator);
    }

    fn survey(&mut self) {
        let surveyed = self.book.survey(self.at, &self.host, &self.clocks(), true);
        self.ends(surveyed);
        self.plan(SURVEY_MS, Happening::Survey);
    }

    /// Timers of the service may have ended tasks.
    fn look_at_due(&mut self) {
        let surveyed = self.book.survey(self.at, &self.host, &self.clocks(), false);
        self.ends(surveyed);
    }

    /// Something has ended tasks, nobody knows which.
    pub fn look_at_all(&mut self) {
        let surveyed = self.book.survey(self.at, &self.host, &self.clocks(), true);
        self.ends(surveyed);
    }

    fn ends(&mut self, surveyed: Result<Vec<u32>, Broken>) {
        match surveyed {
            Ok(ended) => {
                for index in ended {
                    let (weather, clocks) = (&self.weather, self.clocks());
                    let checked = self.book.timed_out(self.at, index, weather, &clocks, self.feasible);
                    self.heed(checked);
                }
            }
            Err(broken) => self.fail(broken),
        }
    }
}

fn config(seed: u64, life: u64, boot_id: &Arc<str>, rate: f64, options: Options) -> Config {
    let mut config = Config {
        identity: "anna@ops".into(),
        run: format!("r{life}"),
        boot_id: Arc::clone(boot_id),
        service: "us-east-1".into(),
        context: "".into(),
        domain: "sim".into(),
        seed,
        heartbeat_rate: Some(rate),
        lease: swfbeat::console::LeaseTerms::default(),
        low_tolerance_ms: 0,
        rules: swfbeat::console::Rules::default(),
        read_only: false,
    };
    (options.tune)(&mut config);
    config
}
