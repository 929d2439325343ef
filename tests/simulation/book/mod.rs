//! The book of tasks: for each one what the service has, what is on disk, what the screen shows and what a person wanted.
//! The promises are checked against it, each when something changes that could break it.
//!
//! A countdown is an instant, and so is the service's own timer. One overtakes the other only when one of the two is
//! changed: the screen gets new facts of the task, or the service sets its timer anew (a heartbeat arrives; a timer that
//! nobody touches stands still, also against the other clock, because a seed's clocks run at one speed). So a countdown
//! is compared at both and at no other time, and [`Book::survey`] looks at everything now and then, so that a change
//! that went unnoticed here is found out.

mod claiming;
mod closes;
mod countdowns;
mod keeping;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use swfbeat::console::{TaskFacts, TaskState};
use swfbeat::emulator::{Look, TaskKey};
use swfbeat::task::{ClaimId, ClaimedTask, Outcome, PollNumber, Record, Verdict};
use swfbeat::wire::{Answer, Request};

use super::service::{Host, Spec, number};
use super::totals::Totals;
use super::violation::Broken;

use claiming::Claiming;
pub use countdowns::Clocks;

/// Within this time history tells of a cancel request: two looks 60 s apart, of which the first comes too early for what
/// history shows late, and each fails twice, with a limit of 10 s and 10 s until it is repeated.
const WATCHED_MS: i64 = 2 * (60_000 + 2 * 20_000);

pub type Checked = Result<(), Broken>;

/// Who closed a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Console,
    Colleague,
}

/// What is known of one task from outside. All instants are the world's.
#[derive(Debug)]
pub struct Task {
    pub token: String,
    pub key: TaskKey,
    /// `task-7` has the number 7.
    pub number: u32,
    spec: Spec,

    /// The service's own timers in the order of `TimeoutKind::CLAIMED`; of an ended task as they were then.
    pub truth: [Option<i64>; 4],
    /// The type of the event that ended it, and when that was noticed.
    pub end: Option<(&'static str, i64)>,
    /// When the heartbeat that the service took last was sent, if it was the console's.
    taken: Option<i64>,
    closed_by: Option<Who>,

    saved: bool,
    dismissed: bool,
    details: Option<String>,
    intent: Option<Outcome>,
    withdrawn: bool,
    lease: Option<(i64, i64)>,

    pub claim: Option<ClaimId>,
    pub facts: Option<Arc<TaskFacts>>,
    /// It has been shown at all, in any life.
    shown: bool,
    verdict: Option<Verdict>,
    cancel_shown: bool,
    /// When the workflow asked for it first, and when last something else than history could have told.
    cancel_asked_at: Option<i64>,
    kept_at: i64,
    /// Its place among those that are shown as open.
    place: Option<usize>,

    asked_at: Option<i64>,
    kept_until: i64,
    kept_for: i64,
    /// When the first heartbeat was acknowledged of those since it is shown as kept, and with what timeout for sure.
    settled_at: Option<i64>,
    decided_at: Option<i64>,

    close: Option<Request>,
    raced: bool,
    crashed: bool,
    /// An answer with `cancelRequested` was read, and that is not shown yet.
    cancel_read: bool,
}

/// All tasks that were ever handed out.
#[derive(Default)]
pub struct Book {
    pub tasks: Vec<Task>,
    by_token: HashMap<[u8; 16], u32>,
    by_number: HashMap<u32, u32>,
    by_claim: HashMap<ClaimId, u32>,
    claiming: Claiming,
    /// Not ended, as the service has it.
    pub alive: Vec<u32>,
    /// Not ended, as the screen has it, in no order.
    pub open: Vec<ClaimId>,
    /// Ended on the screen and not dismissed.
    pub ended: Vec<ClaimId>,
    /// Claims on disk, not dismissed.
    saved: BTreeSet<ClaimId>,
    /// Polls on disk without an end.
    polls: BTreeSet<PollNumber>,
    /// Tasks whose poll's answer the process has read, until they are on disk.
    read: Vec<(u32, PollNumber)>,
    /// Tasks that were asked to cancel, until that is shown.
    asked: Vec<u32>,
    /// Tasks with a cancel request that was read and is not shown.
    unseen: Vec<u32>,
    pub totals: Totals,
}

/// Where in a token of the emulator the random part begins.
fn short(token: &str) -> [u8; 16] {
    token.as_bytes().get(24..40).and_then(|part| part.try_into().ok()).unwrap_or_default()
}

impl Book {
    pub fn index(&self, token: &str) -> u32 {
        self.by_token[&short(token)]
    }

    pub fn by_number(&self, number: u32) -> Option<u32> {
        self.by_number.get(&number).copied()
    }

    pub fn of_claim(&self, claim: ClaimId) -> Option<&Task> {
        self.by_claim.get(&claim).map(|index| &self.tasks[*index as usize])
    }

    fn of_claim_mut(&mut self, claim: ClaimId) -> Option<&mut Task> {
        self.by_claim.get(&claim).map(|index| &mut self.tasks[*index as usize])
    }

    /// The service hands a task out to the console's process.
    pub fn handed_out(&mut self, at: i64, task: &ClaimedTask, host: &Host) {
        let token = task.token.expose().to_owned();
        let key = host.service.task_of(&token).expect("the service knows its own tokens");
        let number = number(task.activity_id.raw());
        let index = self.tasks.len() as u32;
        self.by_token.insert(short(&token), index);
        self.by_number.insert(number, index);
        self.alive.push(index);
        self.tasks.push(Task {
            token,
            key,
            number,
            spec: host.specs[number as usize - 1].clone(),
            truth: [None; 4],
            end: None,
            taken: None,
            closed_by: None,
            saved: false,
            dismissed: false,
            details: None,
            intent: None,
            withdrawn: false,
            lease: None,
            claim: None,
            facts: None,
            shown: false,
            verdict: None,
            cancel_shown: false,
            cancel_asked_at: None,
            kept_at: at,
            place: None,
            asked_at: None,
            kept_until: 0,
            kept_for: 0,
            settled_at: None,
            decided_at: None,
            close: None,
            raced: false,
            crashed: false,
            cancel_read: false,
        });
        self.totals.claims += 1;
        self.look(at, index, host);
    }

    /// Takes down what the service has of a task. `true` if it has just ended.
    pub fn look(&mut self, at: i64, index: u32, host: &Host) -> bool {
        let task = &mut self.tasks[index as usize];
        if task.end.is_some() {
            return false;
        }
        match host.service.look(task.key).expect("it was handed out") {
            Look::Open { deadlines, .. } => {
                let all =
                    [deadlines.heartbeat, deadlines.start_to_close, deadlines.schedule_to_close, deadlines.execution];
                task.truth = all.map(|end| end.map(|end| host.local(end)));
                false
            }
            Look::Ended(event) => {
                task.end = Some((event, at));
                self.totals.timed_out += u64::from(event == "ActivityTaskTimedOut");
                self.alive.retain(|other| *other != index);
                true
            }
        }
    }

    /// Looks at every open task: at what may have ended without a request, or at all of it.
    pub fn survey(&mut self, at: i64, host: &Host, clocks: &Clocks, everything: bool) -> Result<Vec<u32>, Broken> {
        let mut ended = Vec::new();
        for index in self.alive.clone() {
            let task = &self.tasks[index as usize];
            if !everything && task.truth.iter().flatten().all(|end| *end > at) {
                continue;
            }
            let before = task.truth;
            if self.look(at, index, host) {
                ended.push(index);
            } else if self.tasks[index as usize].truth != before {
                let number = self.tasks[index as usize].number;
                return Err(Broken::new("simulation", format!("a timer of task-{number} was moved unnoticed")));
            }
            self.countdowns(index, clocks, false)?;
        }
        Ok(ended)
    }

    /// A record has reached the disk.
    pub fn on_disk(&mut self, at: i64, record: &Record) {
        match record {
            Record::PollStarted { poll, .. } => drop(self.polls.insert(*poll)),
            Record::PollEnded { poll } => drop(self.polls.remove(poll)),
            Record::Claimed { claim, source, task, .. } => {
                self.polls.remove(&source.poll);
                self.saved.insert(*claim);
                let index = self.index(task.token.expose());
                self.by_claim.insert(*claim, index);
                self.read.retain(|(other, _)| *other != index);
                let task = &mut self.tasks[index as usize];
                (task.saved, task.claim) = (true, Some(*claim));
            }
            Record::Dismissed { claim } => {
                self.saved.remove(claim);
                self.ended.retain(|other| other != claim);
                if let Some(task) = self.of_claim_mut(*claim) {
                    task.dismissed = true;
                }
            }
            other => {
                self.totals.taken_back += u64::from(matches!(other, Record::IntentWithdrawn { .. }));
                if let Some(task) = other.claim().and_then(|claim| self.of_claim_mut(claim)) {
                    task.on_disk(at, other);
                }
            }
        }
    }

    /// The process has read an answer.
    pub fn answer_read(&mut self, request: &Request, answer: &Answer) {
        match (request, answer) {
            (Request::Heartbeat { token, .. }, Answer::Beaten { cancel_requested: true }) => {
                let index = self.index(token.expose());
                let task = &mut self.tasks[index as usize];
                if !task.cancel_shown && !std::mem::replace(&mut task.cancel_read, true) {
                    self.unseen.push(index);
                }
            }
            (Request::Poll { identity, .. }, Answer::Polled(Some(task))) => {
                let number = identity.raw().rsplit('/').next().and_then(|number| number.parse().ok());
                let poll = PollNumber(number.expect("a poll number in the identity"));
                let index = self.index(task.token.expose());
                if !self.tasks[index as usize].saved {
                    self.read.push((index, poll));
                }
            }
            _ => {}
        }
    }

    /// The screen gets new facts of a task.
    pub fn changed(&mut self, at: i64, facts: Arc<TaskFacts>, clocks: &Clocks) -> Checked {
        let known = self.by_claim.get(&facts.id).copied();
        let Some(index) = known.or_else(|| self.by_number(number(facts.activity_id.raw()))) else {
            let what = format!("{:?} is shown and was never handed out", facts.activity_id);
            return Err(Broken::new("no-lost-token", what));
        };
        self.by_claim.insert(facts.id, index);
        let task = &mut self.tasks[index as usize];
        task.claim = Some(facts.id);
        if !std::mem::replace(&mut task.shown, true) {
            // A claim's own first heartbeat is as good as asked for.
            task.asked_at = Some(at);
        }
        self.show(index, &facts);
        self.cancel_stays(index, &facts)?;
        self.tasks[index as usize].keeping(at, &facts);
        self.tasks[index as usize].facts = Some(facts);
        self.verdict(index)?;
        self.countdowns(index, clocks, true)
    }

    /// Keeps the lists of what the screen shows.
    fn show(&mut self, index: u32, facts: &TaskFacts) {
        let task = &mut self.tasks[index as usize];
        match (task.place, facts.has_ended()) {
            (None, false) if task.verdict.is_none() => {
                task.place = Some(self.open.len());
                self.open.push(facts.id);
            }
            (Some(place), true) => {
                task.place = None;
                self.open.swap_remove(place);
                if let Some(moved) = self.open.get(place).copied() {
                    self.of_claim_mut(moved).expect("shown").place = Some(place);
                }
                self.ended.push(facts.id);
            }
            (None, true) if !self.ended.contains(&facts.id) => self.ended.push(facts.id),
            _ => {}
        }
    }

    /// cancel-seen: once shown, a cancel request stays.
    fn cancel_stays(&mut self, index: u32, facts: &TaskFacts) -> Checked {
        let task = &mut self.tasks[index as usize];
        if facts.cancel.is_some() {
            self.totals.cancels += u64::from(!std::mem::replace(&mut task.cancel_shown, true));
            task.cancel_read = false;
        } else if task.cancel_shown {
            return Err(Broken::new("cancel-seen", format!("task-{} has lost its cancel request", task.number)));
        }
        Ok(())
    }

    /// The decider has asked to cancel a task.
    pub fn asked_to_cancel(&mut self, at: i64, number: u32) {
        let Some(index) = self.by_number(number) else { return };
        let task = &mut self.tasks[index as usize];
        if task.end.is_none() && task.cancel_asked_at.replace(at).is_none() {
            self.asked.push(index);
        }
    }

    /// cancel-seen: of a task kept by hand, history tells it. `calm_since`: nothing has been wrong since then.
    pub fn cancels_by_hand(&mut self, at: i64, calm_since: i64) -> Checked {
        let mut late = None;
        let (tasks, watched) = (&self.tasks, &mut self.totals.watched);
        self.asked.retain(|&index| {
            let task = &tasks[index as usize];
            let open = task.end.is_none() && !task.dismissed && task.verdict.is_none();
            // A heartbeat that is minutes away, because little may be sent, is an answer to wait for until the lease ends.
            let kept = task.kept_at.max(task.kept_until.min(at));
            let since = task.cancel_asked_at.unwrap_or(at).max(kept).max(calm_since);
            let by_hand = task.shown && task.facts.as_ref().is_some_and(|facts| facts.lease.is_none());
            if open && !task.cancel_shown && by_hand && at - since > WATCHED_MS {
                late = Some(index);
            }
            *watched += u64::from(task.cancel_shown && by_hand);
            open && !task.cancel_shown
        });
        let Some(task) = late.map(|index| &self.tasks[index as usize]) else { return Ok(()) };
        let asked = task.cancel_asked_at;
        let what =
            format!("task-{} was asked to cancel at {asked:?}, and history was not looked at: {task:?}", task.number);
        Err(Broken::new("cancel-seen", what))
    }

    /// cancel-seen: what was read is shown as soon as it is on disk.
    pub fn cancels(&mut self) -> Checked {
        for index in std::mem::take(&mut self.unseen) {
            let task = &self.tasks[index as usize];
            let over = task.facts.as_ref().is_some_and(|facts| facts.has_ended());
            if task.cancel_read && !over {
                let what = format!("task-{} has a cancel request that is not shown", task.number);
                return Err(Broken::new("cancel-seen", what));
            }
        }
        Ok(())
    }

    pub fn has_unseen_cancels(&self) -> bool {
        !self.unseen.is_empty()
    }

    /// The process was killed: what it had read and not yet written must be findable by its poll's number. `rebooted`:
    /// the boot clock began anew, so that leases mean nothing; `boot_at`: the world's instant at which it began before.
    pub fn crashed(&mut self, rebooted: bool, boot_at: i64) -> Checked {
        for (index, poll) in std::mem::take(&mut self.read) {
            let task = &self.tasks[index as usize];
            if !task.saved && !self.polls.contains(&poll) {
                let what = format!("task-{} was read and is neither on disk nor a possible orphan", task.number);
                return Err(Broken::new("no-lost-token", what));
            }
        }
        self.unseen.clear();
        self.open.clear();
        self.ended.clear();
        self.by_claim.clear();
        for (index, task) in (0..).zip(&mut self.tasks) {
            if task.dismissed {
                continue;
            }
            self.totals.crashed += u64::from(task.crashed_while_closing());
            task.crash(rebooted, boot_at);
            match (task.claim, task.saved) {
                (Some(claim), true) => drop(self.by_claim.insert(claim, index)),
                // A claim id that never reached the disk may be given to another.
                _ => task.claim = None,
            }
        }
        Ok(())
    }

    /// no-lost-token: after a restart everything on disk is on the screen.
    pub fn restarted(&mut self) -> Checked {
        // What it was told to claim it has forgotten.
        self.claiming = Claiming::default();
        for claim in &self.saved {
            if self.of_claim(*claim).is_none_or(|task| task.facts.is_none()) {
                return Err(Broken::new("no-lost-token", format!("{claim} is on disk and not on the screen")));
            }
        }
        Ok(())
    }
}

impl Task {
    fn on_disk(&mut self, at: i64, record: &Record) {
        match record {
            Record::Details { details, .. } => {
                self.details = Some(details.raw().to_owned());
                // The heartbeat with them is sent when they are saved.
                self.asked_at = Some(at);
            }
            Record::Intent { outcome, .. } => drop(self.intent.get_or_insert_with(|| outcome.clone())),
            Record::IntentWithdrawn { .. } => (self.intent, self.withdrawn) = (None, true),
            Record::Lease { at: agreed, length_ms, .. } => {
                self.lease = length_ms.map(|length| (agreed.boot.0, length));
                // Acts renew what is agreed on disk, not what was asked for and refused there or lost in a crash.
                self.kept_for = length_ms.unwrap_or(self.kept_for);
            }
            _ => {}
        }
    }

    /// What dies with the process.
    fn crash(&mut self, rebooted: bool, boot_at: i64) {
        self.facts = None;
        self.place = None;
        self.cancel_read = false;
        // Only what was on disk is known after a restart; the next heartbeat says it again.
        self.cancel_shown = false;
        self.verdict = None;
        self.settled_at = None;
        self.asked_at = None;
        if rebooted {
            self.lease = None;
        }
        // What was stopped and not written down goes on.
        let agreed = |(at, length): (i64, i64)| self.kept_until.max(at + boot_at + length);
        self.kept_until = self.lease.map_or(0, agreed);
        if self.intent.is_none() {
            self.decided_at = None;
        }
    }
}

/// What the screen shows, as far as the operator acts on it.
impl Task {
    pub fn shows_cancel(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.cancel.is_some())
    }

    pub fn shows_lease(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.lease.is_some())
    }

    pub fn shows_close(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| matches!(facts.state, TaskState::Closing { .. }))
    }

    /// Its close has failed, certainly, and nothing came of any attempt.
    pub fn may_be_taken_back(&self) -> bool {
        let state = self.facts.as_ref().map(|facts| &facts.state);
        matches!(state, Some(TaskState::Closing { unconfirmed: false, trouble: Some(_), .. }))
    }

    pub fn heartbeat_unknown(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.deadlines[0].limit.is_none())
    }

    /// Its heartbeat timeout, as a person might find it out elsewhere.
    pub fn heartbeat(&self) -> super::service::Seconds {
        self.spec.heartbeat
    }
}
