//! The real console core with its kept tasks, the service, and what lies between them: round trips, outages, sleep.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use swfbeat::clock::{Boot, Now, Wall};
use swfbeat::console::{CallId, Config, Console, Effect, Event, LeaseTerms, Rules, Status, TaskFacts, Timing};
use swfbeat::task::{
    ActivityType, ClaimId, ClaimSource, ClaimedTask, Entry, Limit, PollNumber, Record, Source, Stamp, TaskToken,
    Timeouts, WorkflowExecution,
};
use swfbeat::wire::{Answer, Failure, HistoryPage, Phase, Request};

use super::chance::Chance;
use super::scenario::Scenario;
use super::service::{Met, Service};

/// The boot clock when the scenario begins, milliseconds.
const BEGIN: i64 = 10_000_000;
const WALL_AT_BOOT: i64 = 1_790_000_000_000;
const RTT_MS: (i64, i64) = (40, 180);
const KEPT_MS: i64 = 8 * 3_600_000;

/// Milliseconds from the scenario's begin; ties in the order in which they were made.
type At = (i64, u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    /// A heartbeat for a task reaches the service.
    Arrive(CallId, u64),
    /// The answer is in, good or "Rate exceeded".
    Return(CallId, bool),
    /// The client's patience is over.
    GiveUp(CallId),
    /// Anything but a heartbeat is answered with nothing new.
    Nothing(CallId),
}

struct Call {
    request: Request,
    sent: i64,
    limit_ms: i64,
}

pub struct World {
    scenario: Scenario,
    chance: Chance,
    pub service: Service,
    console: Console,
    at: i64,
    slept: i64,
    queue: BinaryHeap<Reverse<(At, Happening)>>,
    order: u64,
    calls: HashMap<CallId, Call>,
    pub most_in_flight: usize,
    pub facts: BTreeMap<ClaimId, Arc<TaskFacts>>,
    pub status: Option<Arc<Status>>,
}

impl World {
    pub fn new(scenario: &Scenario, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mut service = Service::new(scenario, &mut chance);
        let records: Vec<_> =
            (0..scenario.tasks).flat_map(|task| journal(scenario, task, &mut service, &mut chance)).collect();
        let boot_id: Arc<str> = "boot-1".into();
        let entries: Vec<_> =
            (1..).zip(records).map(|(seq, record)| Entry { seq, boot_id: Arc::clone(&boot_id), record }).collect();
        let (console, effects) = Console::new(config(scenario, seed), now(0, 0), &entries);
        let mut world = Self {
            scenario: scenario.clone(),
            chance,
            service,
            console,
            at: 0,
            slept: 0,
            queue: BinaryHeap::new(),
            order: 0,
            calls: HashMap::new(),
            most_in_flight: 0,
            facts: BTreeMap::new(),
            status: None,
        };
        world.perform(effects);
        world
    }

    /// Lets things happen until an instant.
    pub fn run_until(&mut self, end: i64) {
        loop {
            let happens = self.queue.peek().map_or(i64::MAX, |Reverse(((at, _), _))| *at);
            let wakes = self.console.next_wake().map_or(i64::MAX, |Boot(at)| at - BEGIN);
            let next = happens.min(wakes.max(self.at));
            if next > end {
                break;
            }
            if happens <= wakes {
                let Some(Reverse(((at, _), happening))) = self.queue.pop() else { break };
                self.at = at;
                self.happen(happening);
            } else {
                self.at = next;
                self.tell(Event::Wake);
            }
        }
        self.at = end;
    }

    fn happen(&mut self, happening: Happening) {
        let (call, result) = match happening {
            Happening::Arrive(call, task) => {
                self.arrive(call, task);
                return;
            }
            Happening::Return(call, true) => (call, Ok(Answer::Beaten { cancel_requested: false })),
            Happening::Return(call, false) => (call, Err(throttled())),
            Happening::GiveUp(call) => (call, Err(Failure::new(None, None, "no answer in time", Phase::NoAnswer))),
            Happening::Nothing(call) => {
                let Some(Call { request, .. }) = self.calls.get(&call) else { return };
                (call, Ok(nothing_new(request)))
            }
        };
        // A machine that sleeps reads no answer.
        let Some(Call { sent, .. }) = self.calls.remove(&call) else { return };
        self.sleep();
        let timing = Timing { sent: Boot(BEGIN + sent), received: Boot(BEGIN + self.at), date: None };
        self.tell(Event::Answered { call, timing, result });
    }

    fn arrive(&mut self, call: CallId, task: u64) {
        let lost_of_1000 = self.scenario.lost_of_1000;
        let is_lost = lost_of_1000 > 0 && lost_of_1000 > self.chance.between(0, 999);
        let met = if is_lost { Met::Outage } else { self.service.heartbeat(task, self.at) };
        let Some(&Call { sent, limit_ms, .. }) = self.calls.get(&call) else { return };
        // The way back takes as long as the way there.
        let back = self.at + (self.at - sent);
        if met == Met::Outage || back > sent + limit_ms {
            self.push(sent + limit_ms, Happening::GiveUp(call));
        } else {
            self.push(back, Happening::Return(call, met == Met::Recorded));
        }
    }

    /// While the machine sleeps nothing is done; what would have been is done when it wakes up.
    fn sleep(&mut self) {
        if let Some(&(_, to)) = self.scenario.suspends.iter().find(|(from, to)| (*from..*to).contains(&self.at)) {
            self.slept += to - self.at;
            self.at = to;
        }
    }

    fn tell(&mut self, event: Event) {
        self.sleep();
        let effects = self.console.handle(now(self.at, self.slept), event);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Call { call, request, limit_ms } => self.call(call, request, limit_ms.cast_signed()),
                Effect::Abandon(call) => drop(self.calls.remove(&call)),
                Effect::Changed(facts) => drop(self.facts.insert(facts.id, facts)),
                Effect::Status(status) => self.status = Some(status),
                Effect::Append { batch, durability: swfbeat::console::Durability::Synced, .. } => {
                    self.tell(Event::Appended(batch));
                }
                _ => {}
            }
        }
    }

    fn call(&mut self, call: CallId, request: Request, limit_ms: i64) {
        let rtt = self.chance.between(RTT_MS.0, RTT_MS.1);
        if let Request::Heartbeat { token, .. } = &request {
            let task = token.expose().parse().expect("tokens are task numbers");
            self.push(self.at + rtt / 2, Happening::Arrive(call, task));
        } else {
            self.push(self.at + rtt, Happening::Nothing(call));
        }
        self.calls.insert(call, Call { request, sent: self.at, limit_ms });
        self.most_in_flight = self.most_in_flight.max(self.calls.len());
    }

    fn push(&mut self, at: i64, happening: Happening) {
        self.order += 1;
        self.queue.push(Reverse(((at, self.order), happening)));
    }
}

/// The answer of a service on which nothing else happens.
fn nothing_new(request: &Request) -> Answer {
    match request {
        Request::History { .. } => Answer::History(HistoryPage::default()),
        Request::DescribeActivityType { .. } => Answer::ActivityType(Timeouts::default()),
        Request::CountPending { .. } => Answer::Pending { count: 0, truncated: false },
        Request::Poll { .. } => Answer::Polled(None),
        _ => Answer::Closed,
    }
}

fn throttled() -> Failure {
    Failure::new(Some(400), Some("ThrottlingException"), "Rate exceeded", Phase::Answered)
}

/// The clocks at a scenario's instant, of which the machine has slept so long.
fn now(at: i64, slept: i64) -> Now {
    let boot = BEGIN + at;
    Now { boot: Boot(boot), mono: boot - slept, wall: Wall(WALL_AT_BOOT + boot) }
}

fn stamp(at: i64) -> Stamp {
    Stamp { boot: Boot(BEGIN + at), wall: Wall(WALL_AT_BOOT + BEGIN + at), service: None }
}

fn config(scenario: &Scenario, seed: u64) -> Config {
    Config {
        identity: "anna@ops".into(),
        run: "r1".into(),
        boot_id: "boot-1".into(),
        service: "us-east-1".into(),
        context: "".into(),
        domain: "ops".into(),
        seed,
        rules: Rules::default(),
        lease: LeaseTerms::default(),
        low_tolerance_ms: 0,
        heartbeat_rate: Some(scenario.ceiling),
        read_only: false,
    }
}

/// What the journal has of a kept task when the scenario begins.
fn journal(scenario: &Scenario, task: u64, service: &mut Service, chance: &mut Chance) -> Vec<Record> {
    let claim = ClaimId(task + 1);
    let timeout_ms = service.timeout_ms(task);
    let before = if scenario.herd { 0 } else { -timeout_ms };
    let mut records = vec![claimed(claim, task, before), learned(claim, timeout_ms, before)];
    if !scenario.herd {
        // Somewhere in an interval of the length with which the model begins.
        let share = (1.0 - 20_000.0 / timeout_ms as f64).clamp(0.20, 0.85);
        let sent = -chance.between(0, (timeout_ms as f64 * share) as i64);
        service.was_set(task, sent);
        records.push(Record::Beaten { claim, sent: stamp(sent), took_ms: 100, count: 1 });
    }
    records.push(Record::Lease { claim, at: stamp(0), length_ms: Some(KEPT_MS), why: "agreed".into(), first: false });
    records
}

fn claimed(claim: ClaimId, task: u64, at: i64) -> Record {
    let source = ClaimSource {
        domain: "ops".into(),
        task_list: "manual".into(),
        poll: PollNumber(claim.0),
        identity: "anna@ops/r1/1".into(),
    };
    let task = ClaimedTask {
        token: TaskToken::new(task.to_string()),
        activity_id: format!("task-{task}").into(),
        activity_type: ActivityType { name: "ApproveRelease".into(), version: "1.0".into() },
        started_event_id: 6,
        execution: WorkflowExecution { workflow_id: format!("release-{task}").into(), run_id: "run-1".into() },
        input: None,
    };
    Record::Claimed { claim, source, task: Arc::new(task), sent: stamp(at), received: stamp(at) }
}

fn learned(claim: ClaimId, timeout_ms: i64, at: i64) -> Record {
    let known = |seconds| Some((Limit::Seconds(seconds), Source::History));
    let (started, day) = (Some(WALL_AT_BOOT + BEGIN + at), known(86_400));
    Record::TimeoutsLearned {
        claim,
        timeouts: Timeouts {
            heartbeat: known((timeout_ms / 1_000) as u32),
            start_to_close: day,
            schedule_to_close: day,
            execution: day,
        },
        scheduled_at: started,
        started_at: started,
        execution_started_at: started,
        scheduled_event_id: Some(5),
    }
}
