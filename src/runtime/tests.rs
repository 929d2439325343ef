//! The engine with a scripted machine and a scripted service: it performs, it waits for polls, it tells the newest.

use std::cell::Cell;
use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tempfile::{TempDir, tempdir};
use tokio::sync::watch;

use super::*;
use crate::clock::{Boot, Wall};
use crate::console::{BatchId, CallId, Details, Durability, Event, LeaseTerms, Level, LogLine, Rules};
use crate::journal::Place;
use crate::task::{
    ActivityType, ClaimId, ClaimSource, ClaimedTask, Entry, Outcome, OutcomeKind, PollNumber, Record, Stamp, TaskToken,
    Verdict, WorkflowExecution,
};
use crate::wire::{Answer, Class, Request};

use crate::swf::Reply;

/// What answers without remembering anything.
type Answering = fn(&Event, &mut Option<Boot>) -> Vec<Effect>;

/// Tells the test each event and does what its script says.
struct Script<F> {
    events: Sender<Event>,
    act: F,
    wake: Option<Boot>,
}

impl<F: FnMut(&Event, &mut Option<Boot>) -> Vec<Effect>> Machine for Script<F> {
    fn handle(&mut self, _now: Now, event: Event) -> Vec<Effect> {
        let effects = (self.act)(&event, &mut self.wake);
        self.events.send(event).unwrap();
        effects
    }

    fn next_wake(&self) -> Option<Boot> {
        self.wake
    }
}

/// Answers when the test says so; a history call crashes.
#[derive(Clone)]
struct Held(watch::Receiver<bool>);

impl Caller for Held {
    async fn call(&self, request: Request, _limit: Duration) -> Reply {
        assert!(!matches!(request, Request::History { .. }), "no history here");
        let mut released = self.0.clone();
        released.wait_for(|released| *released).await.unwrap();
        let answer = match request {
            Request::Poll { .. } => Answer::Polled(None),
            _ => Answer::Closed,
        };
        Reply { date: Some(1_000), result: Ok(answer) }
    }

    fn reconnect(&self) {}

    async fn reload(&self) -> Result<Self, String> {
        Err("no credentials".into())
    }
}

/// No hooks.
fn silent() -> Bell {
    Bell::new(Hooks::default(), "here".into())
}

fn settings() -> Settings {
    Settings::new("ann@host", "boot".into(), "here")
}

struct Bench {
    handle: Handle,
    events: Receiver<Event>,
    release: watch::Sender<bool>,
    directory: TempDir,
}

impl Bench {
    fn new(script: impl FnMut(&Event, &mut Option<Boot>) -> Vec<Effect> + Send + 'static) -> Self {
        let directory = tempdir().unwrap();
        let opened = Opened::keeper(&Place::named(directory.path().join("test.db")), &settings()).unwrap();
        let (events_in, events) = channel();
        let (release, held) = watch::channel(false);
        let build = move |_: Now, _: Vec<Entry>| (Script { events: events_in, act: script, wake: None }, vec![]);
        let handle = launch(Held(held), silent(), || Ok(opened), build).unwrap();
        Self { handle, events, release, directory }
    }

    fn next(&self) -> Event {
        self.events.recv_timeout(Duration::from_secs(10)).expect("an event")
    }

    /// Skips the command itself.
    fn command(&self, command: Command) {
        self.handle.send(command).unwrap();
        assert!(matches!(self.next(), Event::Command(_)));
    }
}

fn readable(fd: impl AsFd, wait: Duration) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN)];
    let wait = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: 0 };
    poll(&mut fds, Some(&wait)).unwrap() > 0
}

fn poll_request() -> Request {
    Request::Poll { domain: "d".into(), task_list: "l".into(), identity: "i".into() }
}

fn call(call: u64, request: Request) -> Effect {
    Effect::Call { call: CallId(call), request, limit_ms: 1_000 }
}

fn beat() -> Request {
    Request::Heartbeat { token: TaskToken::new("t".into()), details: None }
}

fn append(batch: u64) -> Effect {
    let at = Stamp { boot: Boot(0), wall: Wall(0), service: None };
    let records = vec![Record::PollStarted { poll: PollNumber(batch), at, target: None }];
    Effect::Append { batch: BatchId(batch), records, durability: Durability::Synced }
}

fn line(text: String) -> Effect {
    let subject = String::new();
    Effect::Log(LogLine { at: Wall(0), level: Level::Info, word: "beat", claim: None, subject, text })
}

#[test]
fn a_poll_outlives_abandon_and_shutdown() {
    let bench = Bench::new(|event, _| match event {
        Event::Command(Command::StopClaiming) => vec![call(1, poll_request()), Effect::Abandon(CallId(1))],
        Event::Answered { .. } => vec![append(1)],
        Event::Appended(_) => vec![Effect::Drained],
        _ => vec![],
    });
    bench.command(Command::StopClaiming);
    bench.command(Command::Shutdown);
    bench.release.send(true).unwrap();
    let Event::Answered { call, timing, result } = bench.next() else { panic!("the poll's answer") };
    assert_eq!((call, result), (CallId(1), Ok(Answer::Polled(None))));
    assert!(timing.sent <= timing.received && timing.date == Some(1_000));
    assert!(matches!(bench.next(), Event::Appended(BatchId(1))));
    bench.handle.join().unwrap();
    let place = Place::named(bench.directory.path().join("test.db"));
    assert_eq!(Opened::keeper(&place, &settings()).unwrap().entries.len(), 1, "written, and the lock released");
}

#[test]
fn late_records_keep_their_order_and_are_written_before_the_engine_ends() {
    let late = |batch| match append(batch) {
        Effect::Append { batch, records, .. } => Effect::Append { batch, records, durability: Durability::Lazy },
        other => other,
    };
    let bench = Bench::new(move |event, _| match event {
        Event::Command(Command::StopClaiming) => vec![late(1), late(2), append(3), late(4)],
        Event::Command(Command::Shutdown) => vec![Effect::Drained],
        _ => vec![],
    });
    bench.command(Command::StopClaiming);
    assert!(matches!(bench.next(), Event::Appended(BatchId(3))), "nobody waits for the others");
    bench.command(Command::Shutdown);
    bench.handle.join().unwrap();
    let place = Place::named(bench.directory.path().join("test.db"));
    let entries = Opened::keeper(&place, &settings()).unwrap().entries;
    let polls = entries.iter().map(|entry| match entry.record {
        Record::PollStarted { poll, .. } => poll.0,
        _ => 0,
    });
    assert_eq!(polls.collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn an_abandoned_heartbeat_is_not_answered() {
    let bench = Bench::new(|event, _| match event {
        Event::Command(Command::StopClaiming) => vec![call(1, beat()), call(2, beat()), Effect::Abandon(CallId(1))],
        Event::Command(Command::Shutdown) => vec![Effect::Drained],
        _ => vec![],
    });
    bench.command(Command::StopClaiming);
    bench.release.send(true).unwrap();
    assert!(matches!(bench.next(), Event::Answered { call: CallId(2), .. }));
    bench.command(Command::Shutdown);
    bench.handle.join().unwrap();
    assert!(bench.events.try_recv().is_err());
}

#[test]
fn a_call_that_crashes_counts_as_unknown() {
    let execution = crate::task::WorkflowExecution { workflow_id: "w".into(), run_id: "r".into() };
    let history = Request::History { domain: "d".into(), execution, reverse: true, page_size: 10, page_token: None };
    let history = Cell::new(Some(history));
    let bench = Bench::new(move |event, _| match event {
        Event::Command(_) => history.take().map(|history| call(1, history)).into_iter().collect(),
        _ => vec![],
    });
    bench.command(Command::StopClaiming);
    let Event::Answered { result: Err(failure), .. } = bench.next() else { panic!("a failure") };
    assert_eq!(failure.class, Class::Unknown);
}

#[test]
fn wakes_when_asked_and_only_then() {
    let bench = Bench::new(|event, wake| {
        *wake = match event {
            Event::Command(_) => Some(clock::now().boot + 1),
            _ => None,
        };
        vec![]
    });
    bench.command(Command::StopClaiming);
    let asked = clock::now().boot;
    assert!(matches!(bench.next(), Event::Wake));
    assert!(clock::now().boot - asked < 5_000);
    bench.command(Command::StopClaiming);
    assert!(matches!(bench.next(), Event::Wake), "a second time");
    assert!(bench.events.try_recv().is_err());
}

#[test]
fn a_screen_that_does_not_look_gets_the_newest() {
    let mut count = 0;
    let bench = Bench::new(move |event, _| match event {
        Event::Command(Command::Beat { .. }) => {
            count += 1;
            vec![line(format!("{count}"))]
        }
        Event::Command(Command::StopClaiming) => vec![Effect::Removed(ClaimId(7)), Effect::Removed(ClaimId(7))],
        _ => vec![],
    });
    assert!(!readable(bench.handle.wake_fd(), Duration::ZERO));
    for _ in 0..1_200 {
        bench.command(Command::Beat { claims: vec![], details: Details::Same });
    }
    bench.command(Command::StopClaiming);
    bench.command(Command::Shutdown); // handled after the effects before it were performed
    assert!(readable(bench.handle.wake_fd(), Duration::ZERO));
    let news = bench.handle.take();
    assert_eq!((news.log.len(), news.log[0].text.as_str(), news.removed.as_slice()), (1_000, "201", &[ClaimId(7)][..]));
    assert!(!readable(bench.handle.wake_fd(), Duration::ZERO));
    assert!(bench.handle.take().log.is_empty());
}

#[test]
fn a_command_too_many_is_said_and_a_shutdown_is_never_too_many() {
    let (go, gate) = channel::<()>();
    let bench = Bench::new(move |event, _| match event {
        Event::Command(Command::StopClaiming) => {
            gate.recv().unwrap();
            vec![]
        }
        Event::Command(Command::Shutdown) => vec![Effect::Drained],
        _ => vec![],
    });
    let beat = || Command::Beat { claims: vec![], details: Details::Same };
    let remote = bench.handle.remote();
    bench.handle.send(Command::StopClaiming).unwrap();
    for _ in 0..COMMANDS + 10 {
        bench.handle.send(beat()).unwrap();
    }
    remote.send(beat());
    let said = bench.handle.take().log;
    assert!((11..=12).contains(&said.len()), "the first may have been taken out already: {}", said.len());
    assert!(said.iter().all(|line| line.text.starts_with("not done: 1024 others")), "{said:?}");
    bench.handle.send(Command::Shutdown).unwrap();
    bench.handle.send(Command::Shutdown).unwrap();
    go.send(()).unwrap();
    bench.handle.join().unwrap();
    let beats = bench.events.iter().filter(|event| matches!(event, Event::Command(Command::Beat { .. })));
    assert!((COMMANDS - 1..=COMMANDS).contains(&beats.count()), "all that were not refused");
}

#[test]
fn an_engine_that_is_done_at_once_has_been_told_all_the_same() {
    for _ in 0..50 {
        let bench = Bench::new(|event, _| match event {
            Event::Command(Command::Shutdown) => vec![Effect::Drained],
            _ => vec![],
        });
        bench.handle.send(Command::Shutdown).unwrap();
        bench.handle.join().unwrap();
    }
}

#[test]
fn credentials_that_cannot_be_reloaded_are_told() {
    let bench = Bench::new(|event, _| match event {
        Event::Command(Command::ReloadCredentials) => vec![Effect::ReloadCredentials],
        _ => vec![],
    });
    bench.command(Command::ReloadCredentials);
    assert!(readable(bench.handle.wake_fd(), Duration::from_secs(10)));
    assert_eq!(bench.handle.take().log[0].text, "no credentials");
}

/// Answers with how often it was reloaded.
#[derive(Clone)]
struct Reloaded(u32);

impl Caller for Reloaded {
    async fn call(&self, _: Request, _: Duration) -> Reply {
        Reply { date: None, result: Ok(Answer::Pending { count: self.0, truncated: false }) }
    }

    fn reconnect(&self) {}

    async fn reload(&self) -> Result<Self, String> {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok(Self(self.0 + 1))
    }
}

#[test]
fn rule_3_9_the_call_after_a_reload_goes_out_with_the_new_credentials() {
    let directory = tempdir().unwrap();
    let opened = Opened::keeper(&Place::named(directory.path().join("test.db")), &settings()).unwrap();
    let (events_in, events) = channel();
    let act = |event: &Event, _: &mut Option<Boot>| match event {
        Event::Command(Command::ReloadCredentials) => vec![Effect::ReloadCredentials, call(1, beat())],
        Event::Command(Command::Shutdown) => vec![Effect::Drained],
        _ => vec![],
    };
    let build = move |_: Now, _: Vec<Entry>| (Script { events: events_in, act, wake: None }, vec![]);
    let handle = launch(Reloaded(0), silent(), || Ok(opened), build).unwrap();
    handle.send(Command::ReloadCredentials).unwrap();
    let answered = std::iter::from_fn(|| events.recv_timeout(Duration::from_secs(10)).ok())
        .find_map(|event| if let Event::Answered { result, .. } = event { Some(result) } else { None });
    assert_eq!(answered.unwrap(), Ok(Answer::Pending { count: 1, truncated: false }));
}

#[test]
fn a_crash_is_told_and_ends_the_engine() {
    let bench = Bench::new(|_, _| panic!("out of cheese"));
    bench.handle.send(Command::StopClaiming).unwrap();
    assert!(readable(bench.handle.wake_fd(), Duration::from_secs(10)));
    let news = bench.handle.take();
    assert!(news.gone.as_ref().is_some_and(|why| why.contains("out of cheese")), "{news:?}");
    assert!(!news.drained);
    assert!(bench.handle.join().is_err());
}

#[test]
fn a_journal_that_cannot_be_made_is_told() {
    let place = Place::named("/nowhere/at/all.db");
    let build = |_: Now, _: Vec<Entry>| -> (Script<Answering>, Vec<Effect>) {
        unreachable!("there is nothing to restore from")
    };
    let open = move || Opened::keeper(&place, &settings());
    let handle = launch(Held(watch::channel(false).1), silent(), open, build).unwrap();
    assert!(readable(handle.wake_fd(), Duration::from_secs(10)));
    assert!(handle.take().gone.is_some_and(|why| why.contains("/nowhere/at cannot be opened")));
}

#[test]
fn a_dropped_handle_shuts_down_in_order() {
    let bench = Bench::new(|event, _| match event {
        Event::Command(Command::Shutdown) => vec![Effect::Drained],
        _ => vec![],
    });
    bench.handle.join().unwrap();
    assert!(matches!(bench.events.recv().unwrap(), Event::Command(Command::Shutdown)));
}

#[test]
fn a_read_only_engine_follows_the_keeper_and_writes_nothing() {
    let directory = tempdir().unwrap();
    let place = Place::named(directory.path().join("test.db"));
    let (journal, _) = crate::journal::Journal::open(&place, &settings(), |_| {}).unwrap();
    let (events_in, events) = channel();
    let script = |event: &Event, _: &mut Option<Boot>| match event {
        Event::Command(Command::Shutdown) => vec![Effect::Drained],
        Event::Command(_) => vec![append(1)],
        _ => vec![],
    };
    let build = move |_: Now, _: Vec<Entry>| (Script { events: events_in, act: script, wake: None }, vec![]);
    let opened = Opened::read_only(&place).unwrap();
    let handle = launch(Held(watch::channel(false).1), silent(), || Ok(opened), build).unwrap();
    handle.send(Command::StopClaiming).unwrap();
    assert!(matches!(events.recv().unwrap(), Event::AppendFailed(BatchId(1), _) | Event::Command(_)));

    let record = Record::PollEnded { poll: PollNumber(3) };
    journal.append(1, vec![record.clone()], crate::journal::Durability::Synced).unwrap();
    let followed = events.iter().find_map(|event| match event {
        Event::Followed(entries) => Some(entries),
        _ => None,
    });
    assert_eq!(followed.unwrap()[0].record, record);
    handle.join().unwrap();
}

/// What the journal gives back leads to the same console as all that was ever written, whatever it has left out.
#[test]
fn a_restart_from_the_journal_is_one_from_every_record() {
    let at = |boot| Stamp { boot: Boot(boot), wall: Wall(boot), service: Some(boot) };
    let place = |directory: &TempDir| Place::named(directory.path().join("test.db"));
    let mut written = Vec::new();
    for number in 1..=250 {
        let (claim, poll) = (ClaimId(number), PollNumber(2 * number));
        let source =
            ClaimSource { domain: "d".into(), task_list: "l".into(), poll, identity: format!("i/{}", poll.0).into() };
        let task = ClaimedTask {
            token: TaskToken::new(format!("token {number}")),
            activity_id: format!("a-{number}").into(),
            activity_type: ActivityType { name: "T".into(), version: "1".into() },
            started_event_id: 7,
            execution: WorkflowExecution { workflow_id: "w".into(), run_id: "r".into() },
            input: None,
        };
        written.extend([
            Record::PollStarted { poll, at: at(1), target: None },
            Record::Claimed { claim, source, task: Arc::new(task), sent: at(1), received: at(2) },
        ]);
        written.extend((1..5).map(|count| Record::Beaten { claim, sent: at(count), took_ms: 3, count: count as u64 }));
        let outcome = Outcome::Completed { result: None };
        let verdict = Verdict::Ours { kind: OutcomeKind::Completed, from_history: false };
        let end = [Record::Intent { claim, outcome, at: at(8) }, Record::Verdict { claim, verdict, at: at(9) }];
        written.extend(end.into_iter().take(number as usize % 3));
        if number % 9 == 2 {
            written.push(Record::Dismissed { claim });
        }
        // One poll in four is an orphan.
        let poll = PollNumber(2 * number + 1);
        written.push(Record::PollStarted { poll, at: at(1), target: None });
        if number % 4 > 0 {
            written.push(Record::PollEnded { poll });
        }
    }
    let directory = tempdir().unwrap();
    let mut opened = Opened::keeper(&place(&directory), &settings()).unwrap();
    opened.storage.append(BatchId(1), written.clone(), Durability::Synced).unwrap();
    opened.storage.close().unwrap();
    let kept = Opened::keeper(&place(&directory), &settings()).unwrap().entries;
    let entry = |(seq, record)| Entry { seq, boot_id: "boot".into(), record };
    let all: Vec<_> = (1..).zip(written).map(entry).collect();
    assert!(kept.len() < all.len() / 2, "{} of {}", kept.len(), all.len());

    let effects = |entries: &[Entry]| {
        let config = crate::console::Config {
            identity: "i".into(),
            run: "r".into(),
            boot_id: "boot".into(),
            service: "here".into(),
            context: "".into(),
            domain: "d".into(),
            seed: 1,
            heartbeat_rate: None,
            lease: LeaseTerms::default(),
            low_tolerance_ms: 0,
            rules: Rules::default(),
            read_only: false,
        };
        let now = Now { boot: Boot(100), mono: 100, wall: Wall(100) };
        let effects = crate::console::Console::new(config, now, entries).1;
        // That a task is gone means nothing to a screen that never had it.
        let effects = effects.iter().filter(|effect| !matches!(effect, Effect::Removed(_)));
        effects.map(|effect| format!("{effect:?}")).collect::<Vec<_>>()
    };
    let (kept, all) = (effects(&kept), effects(&all));
    let differs = kept.iter().zip(&all).find(|(kept, all)| kept != all);
    assert_eq!(differs, None);
    assert_eq!(kept.len(), all.len());
}
