//! The console as a whole: stories with a scripted service and disk, then random ones.

mod auto_claim;
mod closing;
mod keeping;
mod leases;
mod lookup;
mod notes;
mod notices;
mod orphans;
mod quota;
mod random;
mod reading;
mod regressions;
mod story;
mod time;

use std::collections::BTreeMap;

use super::testing::{WALL_AT_BOOT, task};
use super::*;
use crate::clock::Wall;
use crate::task::{Limit, Source};
use crate::wire::{Attributes, HistoryEvent, HistoryPage, Phase};

/// Service time when the boot clock shows 0; the wall clock agrees.
const SERVICE_AT_BOOT: i64 = WALL_AT_BOOT;

/// A console between a disk and a service that do what the test says.
struct World {
    console: Console,
    at: i64,
    /// Calls in flight, oldest first.
    calls: Vec<(CallId, Request, Boot)>,
    /// The time limits of all calls, milliseconds.
    limits: BTreeMap<CallId, u64>,
    /// What is on disk.
    disk: Vec<Record>,
    /// Appends are acknowledged at once.
    disk_works: bool,
    waiting: Vec<(BatchId, Vec<Record>)>,
    /// Synced, and not yet said so.
    synced: Vec<BatchId>,
    facts: BTreeMap<ClaimId, Arc<TaskFacts>>,
    status: Option<Arc<Status>>,
    log: Vec<LogLine>,
    notices: Vec<Notice>,
    drained: bool,
    abandoned: Vec<CallId>,
    reconnected: u32,
    reloaded: u32,
    called: Vec<CallLine>,
    reads: Vec<(QueryId, CallId, Request)>,
    unread: Vec<(QueryId, String)>,
}

fn config() -> Config {
    Config {
        identity: "anna@ops".into(),
        run: "r1".into(),
        boot_id: "boot-1".into(),
        service: "us-east-1".into(),
        context: "night".into(),
        domain: "ops".into(),
        seed: 7,
        heartbeat_rate: Some(80.0),
        lease: LeaseTerms::default(),
        low_tolerance_ms: 0,
        rules: Rules::default(),
        read_only: false,
    }
}

impl World {
    fn new() -> Self {
        Self::restarted(10_000, Vec::new())
    }

    fn restarted(at: i64, disk: Vec<Record>) -> Self {
        Self::restarted_in(at, disk, "boot-1")
    }

    fn restarted_in(at: i64, disk: Vec<Record>, boot_id: &str) -> Self {
        let entries: Vec<_> = (1..)
            .zip(&disk)
            .map(|(seq, record)| Entry { seq, boot_id: boot_id.into(), record: record.clone() })
            .collect();
        let (console, effects) = Console::new(config(), now(at), &entries);
        let mut world = Self {
            console,
            at,
            calls: Vec::new(),
            limits: BTreeMap::new(),
            disk,
            disk_works: true,
            waiting: Vec::new(),
            synced: Vec::new(),
            facts: BTreeMap::new(),
            status: None,
            log: Vec::new(),
            notices: Vec::new(),
            drained: false,
            abandoned: Vec::new(),
            reconnected: 0,
            reloaded: 0,
            called: Vec::new(),
            reads: Vec::new(),
            unread: Vec::new(),
        };
        world.perform(effects);
        world
    }

    fn event(&mut self, event: Event) {
        let effects = self.console.handle(now(self.at), event);
        self.perform(effects);
    }

    fn command(&mut self, command: Command) {
        self.event(Event::Command(command));
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Append { batch, records, durability } => self.write(batch, records, durability),
                Effect::Call { call, request, limit_ms } => {
                    self.limits.insert(call, limit_ms);
                    self.calls.push((call, request, Boot(self.at)));
                }
                Effect::Abandon(call) => {
                    let index =
                        self.calls.iter().position(|(id, ..)| *id == call).expect("abandoned calls are in flight");
                    let (_, request, _) = self.calls.remove(index);
                    assert!(!matches!(request, Request::Poll { .. }), "a poll is never abandoned");
                    self.abandoned.push(call);
                }
                Effect::Changed(facts) => drop(self.facts.insert(facts.id, facts)),
                Effect::Removed(claim) => drop(self.facts.remove(&claim)),
                Effect::Status(status) => self.status = Some(status),
                Effect::Log(line) => self.log.push(line),
                Effect::Notice(notice) => self.notices.push(*notice),
                Effect::Reconnect => self.reconnected += 1,
                Effect::ReloadCredentials => self.reloaded += 1,
                Effect::Drained => self.drained = true,
                Effect::Called(call) => self.called.push(call),
                Effect::Read { query, call, request, .. } => self.reads.push((query, call, request)),
                Effect::ReadEnded { .. } => {}
                Effect::Unread { query, why } => self.unread.push((query, why)),
            }
        }
        for batch in std::mem::take(&mut self.synced) {
            self.event(Event::Appended(batch));
        }
    }

    fn write(&mut self, batch: BatchId, records: Vec<Record>, durability: Durability) {
        match durability {
            Durability::Lazy if self.disk_works => self.disk.extend(records),
            Durability::Lazy => {}
            Durability::Synced if self.disk_works => {
                self.disk.extend(records);
                self.synced.push(batch);
            }
            Durability::Synced => self.waiting.push((batch, records)),
        }
    }

    /// The disk refuses what waits.
    fn disk_refuses(&mut self) {
        for (batch, _) in std::mem::take(&mut self.waiting) {
            let error = AppendError { message: "no space left on device".into(), intent_taken: None };
            self.event(Event::AppendFailed(batch, error));
        }
    }

    /// The disk writes what waits.
    fn disk_writes(&mut self) {
        for (batch, records) in std::mem::take(&mut self.waiting) {
            self.disk.extend(records);
            self.event(Event::Appended(batch));
        }
    }

    /// Lets time pass, waking the console when it wants to be woken.
    fn pass(&mut self, ms: i64) {
        let end = self.at + ms;
        while let Some(Boot(wake)) = self.console.next_wake().filter(|wake| wake.0 <= end) {
            self.at = self.at.max(wake);
            self.event(Event::Wake);
        }
        self.at = end;
        self.event(Event::Wake);
    }

    fn calls_to(&self, operation: &str) -> usize {
        self.calls.iter().filter(|(_, request, _)| request.operation() == operation).count()
    }

    /// Answers the oldest call to an operation, `took` milliseconds after now.
    fn answer(&mut self, operation: &str, took: i64, result: Result<Answer, Failure>) -> Request {
        self.at += took;
        let index = self.calls.iter().position(|(_, request, _)| request.operation() == operation);
        let index = index.unwrap_or_else(|| panic!("no {operation} in flight, only {:?}", self.calls));
        let (call, request, sent) = self.calls.remove(index);
        let timing = Timing { sent, received: Boot(self.at), date: None };
        self.event(Event::Answered { call, timing, result });
        request
    }

    fn beat_ok(&mut self) -> Request {
        self.answer(BEAT, 8, Ok(Answer::Beaten { cancel_requested: false }))
    }

    /// Claims one task the whole way: poll, journal, first beat, timeouts from history.
    fn claim(&mut self, activity_id: &str) -> ClaimId {
        self.claim_of(activity_id, "run-1")
    }

    /// The same for a task of a certain run of the workflow.
    fn claim_of(&mut self, activity_id: &str, run_id: &str) -> ClaimId {
        let mut task = task(activity_id);
        task.execution.run_id = run_id.into();
        let before: Vec<_> = self.facts.keys().copied().collect();
        self.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
        if self.calls_to("CountPendingActivityTasks") > 0 {
            self.answer("CountPendingActivityTasks", 1, Ok(Answer::Pending { count: 3, truncated: false }));
        }
        let polled = self.at;
        self.answer(POLL, 40, Ok(Answer::Polled(Some(Box::new(task)))));
        self.beat_ok();
        let started = SERVICE_AT_BOOT + polled + 20;
        self.answer(HISTORY, 10, Ok(Answer::History(open_history(activity_id, started))));
        let new = self.facts.keys().copied().find(|id| !before.contains(id));
        new.expect("the claim is on the list")
    }

    fn facts(&self, claim: ClaimId) -> &TaskFacts {
        &self.facts[&claim]
    }

    fn left(&self, claim: ClaimId, kind: crate::task::TimeoutKind) -> i64 {
        self.facts(claim).deadline(kind).unwrap().at.unwrap() - Boot(self.at)
    }

    fn said(&self, word: &str) -> Vec<&str> {
        self.log.iter().filter(|line| line.word == word).map(|line| line.text.as_str()).collect()
    }

    fn verdict(&self, claim: ClaimId) -> Option<&crate::task::Verdict> {
        match &self.facts(claim).state {
            TaskState::Ended { verdict, .. } => Some(verdict),
            _ => None,
        }
    }
}

const BEAT: &str = "RecordActivityTaskHeartbeat";
const COUNT: &str = "CountPendingActivityTasks";
const POLL: &str = "PollForActivityTask";
const HISTORY: &str = "GetWorkflowExecutionHistory";
const COMPLETE: &str = "RespondActivityTaskCompleted";

fn now(at: i64) -> Now {
    Now { boot: Boot(at), mono: at, wall: Wall(WALL_AT_BOOT + at) }
}

fn event(id: i64, at: i64, event_type: &str, attributes: Attributes) -> HistoryEvent {
    HistoryEvent { id, at, event_type: event_type.into(), attributes, says: Vec::new() }
}

/// History, newest first, of an execution with one started task: heartbeat 60 s, start-to-close 10 min.
fn open_history(activity_id: &str, started: i64) -> HistoryPage {
    let known = |seconds| Some((Limit::Seconds(seconds), Source::History));
    let timeouts =
        Timeouts { heartbeat: known(60), start_to_close: known(600), schedule_to_close: known(1_200), execution: None };
    let execution = Timeouts { execution: known(3_600), ..Timeouts::default() };
    let scheduled = Attributes::Scheduled { activity_id: activity_id.into(), timeouts };
    HistoryPage {
        events: vec![
            event(6, started, "ActivityTaskStarted", Attributes::Started { scheduled_event_id: 5, identity: None }),
            event(5, started - 5_000, "ActivityTaskScheduled", scheduled),
            event(1, started - 9_000, "WorkflowExecutionStarted", Attributes::ExecutionStarted { timeouts: execution }),
        ],
        next_page_token: None,
    }
}

/// The same history with one event more on top, as an answer.
#[expect(clippy::unnecessary_wraps, reason = "all answers of this file are results, ready for `World::answer`")]
fn history_with(activity_id: &str, event_type: &str, attributes: Attributes) -> Result<Answer, Failure> {
    let started = SERVICE_AT_BOOT + 10_020;
    let mut page = open_history(activity_id, started);
    page.events.insert(0, event(9, started + 60_000, event_type, attributes));
    Ok(Answer::History(page))
}

fn refused(code: &str, message: &str) -> Result<Answer, Failure> {
    Err(Failure::new(Some(400), Some(code), message, Phase::Answered))
}

fn gone() -> Result<Answer, Failure> {
    refused("UnknownResourceFault", "Unknown activity, scheduledEventId = 5")
}

fn no_answer() -> Result<Answer, Failure> {
    Err(Failure::new(None, None, "connection reset", Phase::NoAnswer))
}

fn not_sent() -> Result<Answer, Failure> {
    Err(Failure::new(None, None, "connection refused", Phase::NotSent))
}
