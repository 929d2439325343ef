//! The promises, checked from outside: against the service's own timers and history and what was really sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use swfbeat::console::{Command, TaskFacts, TaskState};
use swfbeat::emulator::OpenActivity;
use swfbeat::task::{ClaimId, ClaimedTask, Outcome, OutcomeKind, PollNumber, Record, TimeoutKind, Verdict};
use swfbeat::wire::{Answer, Request};

use super::service::Host;
use super::violation::Broken;

/// A person's word counts this long for a heartbeat, plus a little for the disk.
const ASKED_MS: i64 = 61_000;
/// A claim's own first heartbeat: the same, and the disk may be full for a while.
const CLAIMED_MS: i64 = 120_000;
/// A close is its task's lease for so long.
const CLOSING_MS: i64 = 601_000;
/// A lease agreed so shortly before the end cannot be expected to help.
const LATE_MS: i64 = 6_000;

/// What is known of one task from outside, by activity id.
#[derive(Debug, Default)]
struct Task {
    token: String,
    claimed_at: i64,
    asked_at: Option<i64>,
    kept_from: i64,
    kept_until: i64,
    kept_for: i64,
    /// Asked to stop; if the disk refused that, heartbeats go on to the lease's end, and the operator was told.
    stopped: bool,
    decided_at: Option<i64>,
    /// Closes that went out.
    closes: Vec<Request>,
    withdrawn: bool,
    /// The console has read an answer with `cancelRequested`.
    cancel_read: bool,
    ended: bool,
    heartbeat_was_first: bool,
}

#[derive(Debug, Default)]
pub struct Checks {
    tasks: BTreeMap<String, Task>,
    by_token: BTreeMap<String, String>,
    /// Tasks whose poll answer the process has read, with the poll's number, until they are on disk.
    read: BTreeMap<String, u64>,
    seen_ended: BTreeSet<ClaimId>,
    pub timed_out: u64,
    pub kept_throughout: u64,
    pub verdicts: u64,
    pub cancels: u64,
}

type Verdicts = Result<(), Broken>;

impl Checks {
    pub fn handed_out(&mut self, at: i64, task: &ClaimedTask) {
        let id = task.activity_id.raw().to_owned();
        let token = task.token.expose().to_owned();
        self.by_token.insert(token.clone(), id.clone());
        self.tasks.insert(id, Task { token, claimed_at: at, ..Task::default() });
    }

    pub fn commanded(
        &mut self,
        at: i64,
        command: &Command,
        facts: &BTreeMap<ClaimId, Arc<TaskFacts>>,
        disk_works: bool,
    ) {
        let claims: &[ClaimId] = match command {
            Command::Beat { claims, .. }
            | Command::Keep { claims, .. }
            | Command::StopKeeping { claims }
            | Command::GoOn { claims }
            | Command::Close { claims, .. } => claims,
            _ => return,
        };
        for facts in claims.iter().filter_map(|claim| facts.get(claim)) {
            let Some(task) = self.tasks.get_mut(facts.activity_id.raw()) else { continue };
            match command {
                Command::Keep { length_ms, .. } => {
                    task.kept_from = if task.kept_until > at { task.kept_from } else { at };
                    (task.kept_until, task.kept_for, task.stopped) = (at + length_ms, *length_ms, false);
                }
                Command::StopKeeping { .. } => {
                    task.stopped = true;
                    if disk_works {
                        task.kept_until = task.kept_until.min(at + 1_000);
                    }
                }
                Command::Close { .. } => task.decided_at = Some(at),
                // Going on despite nothing is not an act.
                Command::GoOn { .. } if facts.cancel.is_none_or(|cancel| cancel.answered) => {}
                _ => {
                    task.asked_at = Some(at);
                    if task.kept_until > at {
                        task.kept_until = task.kept_until.max(at + task.kept_for);
                    }
                }
            }
        }
    }

    /// A request leaves the process: closes only with their intent on disk, each time the same.
    pub fn sent(&mut self, _at: i64, request: &Request, disk: &[Record]) -> Verdicts {
        let Some((token, outcome)) = close(request) else { return Ok(()) };
        let id = &self.by_token[token];
        let claim = disk.iter().find_map(|record| match record {
            Record::Claimed { claim, task, .. } if task.token.expose() == token => Some(*claim),
            _ => None,
        });
        let mut intent = None;
        let mut withdrawn = false;
        for record in disk.iter().filter(|record| record.claim() == claim && claim.is_some()) {
            match record {
                Record::Intent { outcome, .. } if intent.is_none() => intent = Some(outcome.clone()),
                Record::IntentWithdrawn { .. } => (intent, withdrawn) = (None, true),
                _ => {}
            }
        }
        if claim.is_some() && intent.as_ref() != Some(&outcome) {
            return Err(Broken::new("one-outcome", format!("{id} is closed with {outcome:?}, on disk is {intent:?}")));
        }
        let task = self.tasks.get_mut(id).ok_or_else(|| Broken::new("one-outcome", "a close of an unknown task"))?;
        task.withdrawn |= withdrawn;
        if !task.withdrawn && task.closes.first().is_some_and(|first| first != request) {
            return Err(Broken::new(
                "one-outcome",
                format!("{id} was closed with two outcomes: {:?} and {request:?}", task.closes),
            ));
        }
        task.closes.push(request.clone());
        Ok(())
    }

    /// A request reaches the service: a heartbeat needs a person's word.
    pub fn arrived(&mut self, _at: i64, sent: i64, request: &Request) -> Verdicts {
        let Request::Heartbeat { token, .. } = request else { return Ok(()) };
        let id = &self.by_token[token.expose()];
        let task = &self.tasks[id];
        let within = |from: Option<i64>, length| from.is_some_and(|from| sent - from <= length);
        let attended = sent <= task.kept_until + 100
            || within(task.asked_at, ASKED_MS)
            || within(Some(task.claimed_at), CLAIMED_MS)
            || within(task.decided_at, CLOSING_MS);
        if attended {
            Ok(())
        } else {
            Err(Broken::new("attended", format!("a heartbeat of {id} that nobody wanted: {task:?}")))
        }
    }

    /// The process has read an answer.
    pub fn read(&mut self, request: &Request, answer: &Answer) {
        match (request, answer) {
            (Request::Heartbeat { token, .. }, Answer::Beaten { cancel_requested: true }) => {
                let id = &self.by_token[token.expose()];
                self.tasks.get_mut(id).expect("known").cancel_read = true;
            }
            (Request::Poll { identity, .. }, Answer::Polled(Some(task))) => {
                let number = identity.raw().rsplit('/').next().and_then(|number| number.parse().ok());
                self.read.insert(task.activity_id.raw().to_owned(), number.expect("a poll number in the identity"));
            }
            _ => {}
        }
    }

    /// The process was killed: what it had read and not yet written must be findable by its poll's number.
    pub fn crashed(&mut self, disk: &[Record]) -> Verdicts {
        for (id, number) in std::mem::take(&mut self.read) {
            let saved =
                disk.iter().any(|it| matches!(it, Record::Claimed { task, .. } if task.activity_id.raw() == id));
            let poll = PollNumber(number);
            let started = disk.iter().any(|it| matches!(it, Record::PollStarted { poll: it, .. } if *it == poll));
            let ended = disk.iter().any(|it| matches!(it, Record::PollEnded { poll: it } if *it == poll));
            if !saved && (!started || ended) {
                return Err(Broken::new(
                    "no-lost-token",
                    format!("{id} was read and is neither on disk nor a possible orphan"),
                ));
            }
        }
        let mut agreed = BTreeMap::new();
        let mut tokens = BTreeMap::new();
        for record in disk {
            match record {
                Record::Claimed { claim, task, .. } => drop(tokens.insert(*claim, task.activity_id.raw())),
                Record::Lease { claim, at, length_ms, .. } => {
                    agreed.insert(tokens[claim], length_ms.map_or(at.boot.0, |length| at.boot.0 + length));
                }
                _ => {}
            }
        }
        for (id, task) in &mut self.tasks {
            // Only what is on disk is known after a restart; the next heartbeat says it again.
            task.cancel_read = false;
            task.kept_until = agreed.get(id.as_str()).copied().unwrap_or(0);
        }
        Ok(())
    }

    /// After a restart everything on disk is on the screen.
    pub fn restarted(disk: &[Record], facts: &BTreeMap<ClaimId, Arc<TaskFacts>>) -> Verdicts {
        let dismissed = |claim| disk.iter().any(|it| matches!(it, Record::Dismissed { claim: it } if *it == claim));
        for record in disk {
            if let Record::Claimed { claim, task, .. } = record
                && !dismissed(*claim)
                && !facts.contains_key(claim)
            {
                return Err(Broken::new(
                    "no-lost-token",
                    format!("{} is on disk and not on the screen", task.activity_id.raw()),
                ));
            }
        }
        Ok(())
    }

    /// After every step. Gives the number of countdowns that were compared.
    pub fn step(
        &mut self,
        at: i64,
        host: &Host,
        truth: &[OpenActivity],
        facts: &BTreeMap<ClaimId, Arc<TaskFacts>>,
        disk_idle: bool,
    ) -> Result<u64, Broken> {
        let mut countdowns = 0;
        let open: BTreeMap<_, _> = truth.iter().map(|it| (it.activity_id.as_str(), it)).collect();
        for facts in facts.values() {
            let id = facts.activity_id.raw();
            if facts.has_ended() {
                if self.seen_ended.insert(facts.id) {
                    self.verdict(facts, host)?;
                }
                continue;
            }
            if let Some(task) = open.get(id) {
                countdowns += overstated(host, facts, task)?;
            }
            let task = self
                .tasks
                .get_mut(id)
                .ok_or_else(|| Broken::new("no-lost-token", format!("{id} is shown and was never handed out")))?;
            if disk_idle && std::mem::take(&mut task.cancel_read) {
                if facts.cancel.is_none() {
                    return Err(Broken::new("cancel-seen", format!("{id} has a cancel request that is not shown")));
                }
                self.cancels += 1;
            }
        }
        self.timeouts(at, host, &open)?;
        Ok(countdowns)
    }
}

/// no-overstatement: each deadline is at or before the service's own.
fn overstated(host: &Host, facts: &TaskFacts, task: &OpenActivity) -> Result<u64, Broken> {
    let mut compared = 0;
    for deadline in &facts.deadlines {
        let truth = match deadline.kind {
            TimeoutKind::Heartbeat => task.deadlines.heartbeat,
            TimeoutKind::StartToClose => task.deadlines.start_to_close,
            TimeoutKind::ScheduleToClose => task.deadlines.schedule_to_close,
            _ => task.deadlines.execution,
        };
        let (Some(shown), Some(truth)) = (deadline.at, truth) else { continue };
        let truth = host.local(truth);
        compared += 1;
        if shown.0 > truth {
            let (id, kind, by) = (facts.activity_id.raw(), deadline.kind, shown.0 - truth);
            return Err(Broken::new("no-overstatement", format!("{id} {kind:?} is shown {by} ms too late")));
        }
    }
    Ok(compared)
}

impl Checks {
    /// one-outcome: the verdict is what the service has.
    fn verdict(&mut self, facts: &TaskFacts, host: &Host) -> Verdicts {
        let TaskState::Ended { verdict, .. } = &facts.state else { return Ok(()) };
        self.verdicts += 1;
        let task = &self.tasks[facts.activity_id.raw()];
        let end = host.service.how_it_ended(&task.token);
        let closed = |kind: &OutcomeKind| match kind {
            OutcomeKind::Completed => end == Some("ActivityTaskCompleted"),
            OutcomeKind::Failed => end == Some("ActivityTaskFailed"),
            OutcomeKind::Canceled => end == Some("ActivityTaskCanceled"),
        };
        let right = match verdict {
            Verdict::Ours { kind, .. } => closed(kind) && !task.closes.is_empty(),
            Verdict::ClosedByOther { kind, .. } => closed(kind),
            Verdict::TimedOut { .. } => end == Some("ActivityTaskTimedOut"),
            Verdict::ExecutionClosed { event_type } => end == Some(event_type.raw()),
            Verdict::Unproven { .. } => end.is_some(),
        };
        if right {
            Ok(())
        } else {
            Err(Broken::new("one-outcome", format!("{task:?} has the verdict {verdict:?}, the service {end:?}")))
        }
    }

    /// keep-alive: what the service lets time out by heartbeat was not kept.
    fn timeouts(&mut self, at: i64, host: &Host, open: &BTreeMap<&str, &OpenActivity>) -> Verdicts {
        for (id, task) in self.tasks.iter_mut().filter(|(_, task)| !task.ended) {
            if let Some(activity) = open.get(id.as_str()) {
                let deadlines = activity.deadlines;
                task.heartbeat_was_first = deadlines.heartbeat.is_some() && deadlines.heartbeat == deadlines.earliest();
                continue;
            }
            task.ended = true;
            let timed_out = host.service.how_it_ended(&task.token) == Some("ActivityTaskTimedOut");
            self.timed_out += u64::from(timed_out);
            let kept = task.kept_until > at + 100
                && at - task.kept_from > LATE_MS
                && !task.stopped
                && task.decided_at.is_none();
            self.kept_throughout += u64::from(kept && !timed_out);
            if host.calm && kept && timed_out && task.heartbeat_was_first {
                return Err(Broken::new(
                    "keep-alive",
                    format!("{id} timed out by heartbeat though it was kept: {task:?}"),
                ));
            }
        }
        Ok(())
    }
}

/// A close as token and outcome.
fn close(request: &Request) -> Option<(&str, Outcome)> {
    match request.clone() {
        Request::Complete { result, .. } => Some(Outcome::Completed { result }),
        Request::Fail { reason, details, .. } => Some(Outcome::Failed { reason, details }),
        Request::Cancel { details, .. } => Some(Outcome::Canceled { details }),
        _ => None,
    }
    .and_then(|outcome| match request {
        Request::Complete { token, .. } | Request::Fail { token, .. } | Request::Cancel { token, .. } => {
            Some((token.expose(), outcome))
        }
        _ => None,
    })
}
