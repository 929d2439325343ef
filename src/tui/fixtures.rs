//! Facts for tests: a task of every kind, made in one line.

use std::sync::Arc;

use crate::clock::{Boot, Now, Wall};
use crate::console::{
    BeatFact, CallEnd, CallLine, CancelFact, Claiming, Connection, Deadline, LeaseFact, Level, LogLine, PendingCount,
    Status, TaskFacts, TaskState,
};
use crate::task::{ActivityType, ClaimId, Limit, OutcomeKind, Source, TimeoutKind, Verdict, WorkflowExecution};
use crate::wire::{Attributes, HistoryEvent};

/// 14:03:22.000 UTC.
pub const T0: Now = Now { boot: Boot(1_000_000), mono: 1_000_000, wall: Wall(50_602_000) };

/// A held task under construction.
pub struct Build(pub TaskFacts);

/// A held task with a heartbeat timeout of 60 s, beaten 8 s ago, and an hour to be closed in.
pub fn task(id: u64, activity_id: &str) -> Build {
    let unknown = |kind| Deadline { kind, limit: None, at: None, approximate: false };
    let facts = TaskFacts {
        id: ClaimId(id),
        domain: "ops-demo".into(),
        task_list: "manual-ops".into(),
        activity_id: activity_id.into(),
        activity_type: ActivityType { name: "ApproveRelease".into(), version: "1.0".into() },
        started_event_id: 6,
        execution: WorkflowExecution { workflow_id: "release-7".into(), run_id: "22f4a1c0ffee".into() },
        input: Some("{\"release\":\"2026.11\"}".into()),
        claimed_at: Wall(T0.wall.0 - 130_000),
        state: TaskState::Held,
        saved: true,
        cancel: None,
        deadlines: TimeoutKind::CLAIMED.map(unknown),
        workflow_cancel: false,
        looking_up: false,
        lease: None,
        next_beat: None,
        last_beat: Some(BeatFact {
            sent: Some(T0.boot + -8_000),
            sent_wall: Wall(T0.wall.0 - 8_000),
            took_ms: 8,
            count: 12,
        }),
        details: None,
        maybe: None,
        trouble: None,
        in_flight: false,
        left_out: false,
        note: None,
    };
    let unlimited = |build: Build, kind| build.deadline(kind, Limit::None, None);
    let build = Build(facts).heartbeat(60, 52).deadline(TimeoutKind::StartToClose, Limit::Seconds(3_600), Some(3_490));
    unlimited(unlimited(build, TimeoutKind::ScheduleToClose), TimeoutKind::Execution)
}

impl Build {
    pub fn arc(self) -> Arc<TaskFacts> {
        Arc::new(self.0)
    }

    pub fn heartbeat(self, limit: u32, left: i64) -> Self {
        self.deadline(TimeoutKind::Heartbeat, Limit::Seconds(limit), Some(left))
    }

    /// `left` in seconds.
    pub fn deadline(mut self, kind: TimeoutKind, limit: Limit, left: Option<i64>) -> Self {
        for deadline in &mut self.0.deadlines {
            if deadline.kind == kind {
                deadline.limit = Some((limit, Source::History));
                deadline.at = left.map(|left| T0.boot + left * 1_000 + 500);
            }
        }
        self
    }

    pub fn of_type(mut self, name: &str, version: &str) -> Self {
        self.0.activity_type = ActivityType { name: name.into(), version: version.into() };
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut TaskFacts)) -> Self {
        change(&mut self.0);
        self
    }

    pub fn cancel(self) -> Self {
        self.with(|facts| {
            facts.cancel = Some(CancelFact { seen_at: Wall(T0.wall.0 - 10_000), answered: false });
        })
    }

    pub fn details(self, details: &str) -> Self {
        self.with(|facts| facts.details = Some(details.into()))
    }

    pub fn kept(self) -> Self {
        self.with(|facts| {
            let (until, until_wall) = (T0.boot + 1_718_000, Wall(T0.wall.0 + 1_718_000));
            facts.lease = Some(LeaseFact { until, until_wall, length_ms: 1_800_000 });
            facts.next_beat = Some(T0.boot + 12_000);
        })
    }

    pub fn state(self, state: TaskState) -> Self {
        self.with(|facts| facts.state = state)
    }

    pub fn ended(self, verdict: Verdict) -> Self {
        self.state(TaskState::Ended { verdict, at: Wall(T0.wall.0 - 20_000) })
    }

    pub fn closing(self, attempts: u32, unconfirmed: bool, trouble: Option<&str>) -> Self {
        let trouble = trouble.map(Into::into);
        self.state(TaskState::Closing { kind: OutcomeKind::Completed, attempts, unconfirmed, trouble })
    }
}

/// One task in every state the screen knows, hostile text included.
pub fn zoo() -> Vec<Arc<TaskFacts>> {
    let timed_out = Verdict::TimedOut { kind: TimeoutKind::Heartbeat, details: Some("40%".into()) };
    let by_other = Verdict::ClosedByOther { kind: OutcomeKind::Failed, written: Some("disk gone".into()) };
    let execution = Verdict::ExecutionClosed { event_type: "WorkflowExecutionTerminated".into() };
    let ours = |kind| Verdict::Ours { kind, from_history: false };
    vec![
        task(1, "drain-rack-42").of_type("DrainRack", "1.0").heartbeat(60, 41).cancel().kept().details("60%").arc(),
        task(2, "swap-17").of_type("SwapDisk", "2.1").heartbeat(60, 14).details("10%").arc(),
        task(3, "rel-2026.11").kept().arc(),
        task(4, "bk-9").of_type("VerifyBackup", "1.0").heartbeat(60, -3).arc(),
        task(5, "fw-3")
            .of_type("FlashFirmware", "0.9")
            .heartbeat(60, 5)
            .with(|facts| {
                facts.trouble = Some(Arc::new((T0.boot + -21_000, "connection refused".into())));
            })
            .arc(),
        task(6, "cert-1").of_type("RenewCert", "1.0").closing(3, true, Some("no answer within 10 s")).arc(),
        task(7, "cert-2")
            .of_type("RenewCert", "1.0")
            .closing(1, false, Some("ThrottlingException: Rate exceeded"))
            .arc(),
        task(8, "dns-4")
            .of_type("MoveDns", "3.0")
            .with(|facts| facts.deadlines[0].approximate = true)
            .state(TaskState::Refused { said: "UnknownResourceFault: Unknown activity, scheduledEventId = 5".into() })
            .arc(),
        task(9, "keys-3").of_type("RotateKeys", "1.0").ended(timed_out).arc(),
        task(10, "rel-2026.10").ended(ours(OutcomeKind::Completed)).arc(),
        task(11, "rel-2026.09").ended(by_other).arc(),
        task(12, "rel-2026.08").ended(execution).arc(),
        task(13, "new-1")
            .of_type("Inspect", "1.0")
            .with(|facts| {
                facts.deadlines =
                    TimeoutKind::CLAIMED.map(|kind| Deadline { kind, limit: None, at: None, approximate: false });
                facts.looking_up = true;
                facts.last_beat = None;
            })
            .arc(),
        task(14, "lost-1").of_type("Inspect", "1.0").with(|facts| facts.saved = false).cancel().arc(),
        task(15, "free-1").of_type("WaitForParts", "1.0").deadline(TimeoutKind::Heartbeat, Limit::None, None).arc(),
        hostile(16),
    ]
}

/// A task whose every text tries to act on the terminal.
pub fn hostile(id: u64) -> Arc<TaskFacts> {
    let evil = "a\x1b[31mR\x1b]0;pwn\x07\u{9b}1m\tb\u{202e}xyz\u{200b}\u{feff}e\u{301}\u{301}\u{301}\u{301}漢字";
    task(id, evil)
        .of_type(evil, evil)
        .details(evil)
        .with(|facts| {
            facts.input = Some(format!("{evil}\nsecond line {evil}").into());
            facts.execution = WorkflowExecution { workflow_id: evil.into(), run_id: evil.into() };
            facts.domain = evil.into();
            facts.task_list = evil.into();
        })
        .arc()
}

/// A header with everything in order.
pub fn status() -> Status {
    Status {
        service: "us-east-1".into(),
        domain: "ops-demo".into(),
        connection: Connection::Online { rtt_ms: 8 },
        claiming: [Claiming {
            domain: "ops-demo".into(),
            task_list: "manual-ops".into(),
            wanted: 2,
            auto: None,
            identity: None,
        }]
        .into(),
        pending: [PendingCount {
            domain: "ops-demo".into(),
            task_list: "manual-ops".into(),
            count: 7,
            truncated: false,
        }]
        .into(),
        poll_in_flight: true,
        survives_ms: Some(45_000),
        recovers_ms: Some(4_000),
        tolerances: std::sync::Arc::new([]),
        left_out: 0,
        kept: 2,
        closing: 2,
        possible_orphans: 0,
        read_only: false,
        not_saved: None,
        disk_full: None,
        draining: false,
    }
}

pub fn log_line(level: Level, word: &'static str, subject: &str, text: &str) -> LogLine {
    LogLine { at: T0.wall, level, word, claim: None, subject: subject.into(), text: text.into() }
}

/// A heartbeat that was answered in so many milliseconds.
pub fn call(claim: u64, took_ms: i64) -> CallLine {
    CallLine {
        at: T0.wall,
        operation: "RecordActivityTaskHeartbeat",
        claim: Some(ClaimId(claim)),
        took_ms,
        late_ms: Some(0),
        end: CallEnd::Answered,
    }
}

/// An event of a history, one a second.
pub fn event(id: i64, attributes: Attributes) -> HistoryEvent {
    let event_type = match &attributes {
        Attributes::ExecutionStarted { .. } => "WorkflowExecutionStarted",
        Attributes::ExecutionClosed => "WorkflowExecutionTerminated",
        Attributes::ExecutionCancelRequested => "WorkflowExecutionCancelRequested",
        Attributes::Scheduled { .. } => "ActivityTaskScheduled",
        Attributes::Started { .. } => "ActivityTaskStarted",
        Attributes::Completed { .. } => "ActivityTaskCompleted",
        Attributes::Failed { .. } => "ActivityTaskFailed",
        Attributes::Canceled { .. } => "ActivityTaskCanceled",
        Attributes::TimedOut { .. } => "ActivityTaskTimedOut",
        Attributes::CancelRequested { .. } => "ActivityTaskCancelRequested",
        Attributes::Other => "DecisionTaskCompleted",
    };
    HistoryEvent { id, at: T0.wall.0 + 1_000 * id, event_type: event_type.into(), attributes, says: Vec::new() }
}
