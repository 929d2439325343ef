//! What goes into the console and what comes out: events, commands, effects.

use std::sync::Arc;

use crate::clock::{Boot, Wall};
use crate::task::{ClaimId, EndedMark, Entry, Limit, Outcome, Record, TimeoutKind};
use crate::text::Foreign;
use crate::wire::{Answer, Failure, Request};

use super::facts::{Status, TaskFacts};
use super::leases::LeaseTerms;
use super::notices::Notice;
use super::reading::{Query, QueryId};
use super::rules::Rules;
use super::told::CallLine;

/// Half of SWF's own heartbeat rate, which the whole account and region share; heartbeats a second (engine rules,
/// "Heartbeats under a quota").
pub const HEARTBEAT_RATE: f64 = 80.0;

/// What does not change while the console runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// First part of the identity sent with polls, such as `user@host` (at most 200 characters).
    pub identity: Foreign,
    /// Names this run in the identity, so that poll numbers of two runs differ.
    pub run: String,
    /// The current boot, see [`crate::clock::boot_id`].
    pub boot_id: Arc<str>,
    /// Where the service is, for the header: a region or an endpoint.
    pub service: Foreign,
    /// The context it is started for; empty if there is only one.
    pub context: Foreign,
    /// The domain the screen starts with.
    pub domain: Foreign,
    /// Seed of the jitter.
    pub seed: u64,
    /// Heartbeats a second at the most, see [`HEARTBEAT_RATE`]; `None` for no limit.
    pub heartbeat_rate: Option<f64>,
    /// For how long tasks may be kept alive.
    pub lease: LeaseTerms,
    /// A tolerated outage shorter than this is worth a notice, milliseconds; 0 for never.
    pub low_tolerance_ms: i64,
    /// Only look: no polls, no heartbeats, no closes.
    pub read_only: bool,
    /// The rules to keep: all of them, but for tests of the tests.
    pub rules: Rules,
}

/// Heartbeats a second at the most, see [`HEARTBEAT_RATE`]; `None` for no limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeartbeatRate(pub Option<f64>);

/// A rate is a number.
impl Eq for HeartbeatRate {}

/// Names one call to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// Names one append to the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchId(pub u64);

/// What an operator (or the demo's script in an operator's name) wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Poll a task list until `wanted` tasks are claimed.
    Claim {
        /// The domain.
        domain: Foreign,
        /// The task list.
        task_list: Foreign,
        /// How many tasks; replaces what was wanted from this list before.
        wanted: u32,
        /// Who claims, as [`Config::identity`]; that one if it is not said.
        identity: Option<Foreign>,
    },
    /// Poll a task list whenever fewer than `below` open tasks are held, for so long unless somebody acts (engine rules,
    /// "Keep-alive leases"). Replaces what was wanted from this list before.
    AutoClaim {
        /// The domain.
        domain: Foreign,
        /// The task list.
        task_list: Foreign,
        /// How many open tasks are enough, at least 1.
        below: u32,
        /// How long from the last act, milliseconds, at most [`LeaseTerms::longest_ms`].
        length_ms: i64,
        /// Who claims, as [`Config::identity`]; that one if it is not said.
        identity: Option<Foreign>,
    },
    /// Look for the tasks of polls whose answers never arrived.
    FindOrphans,
    /// No further poll; one in flight is waited for.
    StopClaiming,
    /// One heartbeat now.
    Beat {
        /// Which tasks.
        claims: Vec<ClaimId>,
        /// With which details.
        details: Details,
    },
    /// Keep alive by periodic heartbeats for so long from now (milliseconds, at most [`LeaseTerms::longest_ms`]).
    Keep {
        /// Which tasks.
        claims: Vec<ClaimId>,
        /// From now, milliseconds.
        length_ms: i64,
    },
    /// End keep-alive; the task stays.
    StopKeeping {
        /// Which tasks.
        claims: Vec<ClaimId>,
    },
    /// Close with one outcome.
    Close {
        /// Which tasks; each gets its own intent.
        claims: Vec<ClaimId>,
        /// Kind and payload.
        outcome: Outcome,
    },
    /// Take back a close of which every attempt was definitely not applied.
    WithdrawClose {
        /// Which task.
        claim: ClaimId,
    },
    /// Go on despite the cancel request.
    GoOn {
        /// Which tasks.
        claims: Vec<ClaimId>,
    },
    /// Say what nobody could tell us.
    SetTimeout {
        /// Which task.
        claim: ClaimId,
        /// Which timeout.
        kind: TimeoutKind,
        /// How long.
        limit: Limit,
    },
    /// Note something, or take the note away with no text and no follow-up.
    Note {
        /// Which tasks.
        claims: Vec<ClaimId>,
        /// What, at most [`super::NOTE_MAX`] UTF-16 units.
        text: Foreign,
        /// When to be reminded, at most [`super::FOLLOW_UP_MAX_MS`] ahead.
        follow_up: Option<Wall>,
    },
    /// Remove ended tasks from the list.
    Dismiss {
        /// Which tasks; those that have not ended are left.
        claims: Vec<ClaimId>,
    },
    /// Read something for the screen.
    Read {
        /// Comes back with the answer.
        query: QueryId,
        /// What.
        what: Query,
    },
    /// One more context of the same service shares this console.
    Join {
        /// What it is called.
        name: Foreign,
        /// Its domain.
        domain: Foreign,
        /// What holds for all of them from now on.
        heartbeat_rate: HeartbeatRate,
    },
    /// Take credentials anew and try again.
    ReloadCredentials,
    /// Stop polling, send one last heartbeat for what is kept, then say [`Effect::Drained`].
    Shutdown,
}

/// The details a heartbeat goes out with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Details {
    /// The last ones again: a blank heartbeat may erase what a timeout event would record.
    Same,
    /// New ones, at most 2,048 characters; saved before they are sent.
    New(Foreign),
}

/// When a call went out and came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Just before the request was written.
    pub sent: Boot,
    /// When the answer's headers were in, or the call was given up.
    pub received: Boot,
    /// The `Date` header in milliseconds since 1970, if there was one and no `Age`.
    pub date: Option<i64>,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// Somebody wants something.
    Command(Command),
    /// The batch is on disk, synced.
    Appended(BatchId),
    /// The batch is not on disk.
    AppendFailed(BatchId, AppendError),
    /// There is no room on the disk but for what was written so far: why and what was done, printable. `None`: there is
    /// room again.
    DiskFull(Option<String>),
    /// A call came to its end.
    Answered {
        /// Which.
        call: CallId,
        /// When.
        timing: Timing,
        /// How.
        result: Result<Answer, Failure>,
    },
    /// A call for the screen came to its end; the screen has the payload.
    Read {
        /// Which.
        call: CallId,
        /// When.
        timing: Timing,
        /// Why nothing was read, if so.
        failure: Option<Failure>,
    },
    /// Another process wrote these (read-only screens).
    Followed(Vec<Entry>),
    /// The time asked for by `next_wake` has come, or nearly.
    Wake,
}

/// Why an append failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendError {
    /// In words.
    pub message: String,
    /// The claim that already has a close intent, if that was the reason.
    pub intent_taken: Option<ClaimId>,
}

/// How soon a batch must be on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Synced before [`Event::Appended`] (group commit window at most 20 ms).
    Synced,
    /// Whenever something else is synced, at the latest after some seconds; no event comes back.
    Lazy,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Write these to the journal.
    Append {
        /// Comes back in the event.
        batch: BatchId,
        /// In this order, all or nothing.
        records: Vec<Record>,
        /// How soon.
        durability: Durability,
    },
    /// Call the service.
    Call {
        /// Comes back in the event.
        call: CallId,
        /// What.
        request: Request,
        /// Give up after so many milliseconds; polls have a limit of their own.
        limit_ms: u64,
    },
    /// Call the service for the screen: the answer goes there, only its end comes back ([`Event::Read`]).
    Read {
        /// Goes to the screen with the answer.
        query: QueryId,
        /// Comes back in the event.
        call: CallId,
        /// What.
        request: Request,
        /// Give up after so many milliseconds.
        limit_ms: u64,
    },
    /// Read in the journal for the screen what ended long ago; no event comes back.
    ReadEnded {
        /// Goes to the screen with what is found.
        query: QueryId,
        /// Behind this place.
        from: Option<EndedMark>,
        /// At most so many.
        most: usize,
    },
    /// Nothing is read for the screen.
    Unread {
        /// Which question.
        query: QueryId,
        /// Why, printable.
        why: String,
    },
    /// A call came to its end: for the log.
    Called(CallLine),
    /// Nobody waits for this call any more; no answer comes back. Never used for polls; for closes only after a sleep.
    Abandon(CallId),
    /// A task looks different now.
    Changed(Arc<TaskFacts>),
    /// A task is no longer on the list.
    Removed(ClaimId),
    /// The header looks different now.
    Status(Arc<Status>),
    /// Something to say.
    Log(LogLine),
    /// Something to call somebody for.
    Notice(Box<Notice>),
    /// The connections are dead (the machine slept): what follows goes out on new ones.
    Reconnect,
    /// Build the clients anew: credentials of profile files are cached for ever otherwise.
    ReloadCredentials,
    /// Nothing is in flight, nothing unsaved: the process may go.
    Drained,
}

/// How loud a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// What was done.
    Info,
    /// Needs a look soon.
    Warn,
    /// Failed or lost; also shown in the message line.
    Error,
    /// A cancel request and the like: rings the bell.
    Alarm,
}

/// One line of the log pane. Its texts are printable already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When, for display.
    pub at: Wall,
    /// How loud.
    pub level: Level,
    /// One word: `claim`, `beat`, `cancel`, `close`, `gone`, `keep`, `history`, `journal` …
    pub word: &'static str,
    /// The claim it is about.
    pub claim: Option<ClaimId>,
    /// What it is about in a word or two, such as the activity id; printable.
    pub subject: String,
    /// What happened and, where something failed, what to do next; printable.
    pub text: String,
}
