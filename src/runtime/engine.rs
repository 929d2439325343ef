//! The loop: an event in, effects out, each performed.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::task::{AbortHandle, JoinError, JoinSet};

use super::alarm::Alarm;
use super::hooks::{self, Bell, Run, Said};
use super::mailbox::Mailbox;
use super::storage::Storage;
use crate::clock::{self, Boot, Now};
use crate::console::{self, CallId, Command, Console, Effect, Event, Found, Level, LogLine, Notice, QueryId, Timing};
use crate::journal::{Place, Shelf};
use crate::swf::{Reply, Service};
use crate::task::EndedMark;
use crate::text::printable;
use crate::wire::{Class, Failure, Request};

/// What decides: the console, or a script in tests.
pub(super) trait Machine {
    /// See [`Console::handle`].
    fn handle(&mut self, now: Now, event: Event) -> Vec<Effect>;
    /// See [`Console::next_wake`].
    fn next_wake(&self) -> Option<Boot>;
}

impl Machine for Console {
    fn handle(&mut self, now: Now, event: Event) -> Vec<Effect> {
        self.handle(now, event)
    }

    fn next_wake(&self) -> Option<Boot> {
        self.next_wake()
    }
}

/// What is called: SWF, or a script in tests.
pub(super) trait Caller: Clone + 'static {
    /// See [`Service::call`].
    fn call(&self, request: Request, limit: Duration) -> impl Future<Output = Reply>;
    /// See [`Service::reconnect`].
    fn reconnect(&self);
    /// See [`Service::reload`]; an error is a printable sentence.
    fn reload(&self) -> impl Future<Output = Result<Self, String>>;
}

impl Caller for Service {
    async fn call(&self, request: Request, limit: Duration) -> Reply {
        self.call(request, limit).await
    }

    fn reconnect(&self) {
        self.reconnect();
    }

    async fn reload(&self) -> Result<Self, String> {
        self.reload().await.map_err(|error| printable(&error.to_string()).into_owned())
    }
}

/// How something that was spawned came to its end.
enum Done<C> {
    Answered {
        call: CallId,
        timing: Timing,
        reply: Reply,
    },
    Reloaded(Result<C, String>),
    /// New credentials were waited for long enough.
    Waited,
    Hooked(Said),
}

/// How long calls wait for new credentials. With the old ones they may still succeed, and heartbeats have deadlines.
const RELOAD_PATIENCE: Duration = Duration::from_secs(1);

/// A call in flight.
struct Running {
    task: AbortHandle,
    /// A poll is never given up: the service may have started a task for it.
    poll: bool,
    /// The answer is for the screen.
    query: Option<QueryId>,
}

/// A call that waits to be sent.
struct Held {
    call: CallId,
    query: Option<QueryId>,
    request: Request,
    limit_ms: u64,
}

pub(super) struct Engine<M, C> {
    machine: M,
    caller: C,
    storage: Storage,
    /// Where the journal is, for readers beside the one that writes.
    place: Place,
    bell: Bell,
    mailbox: Arc<Mailbox>,
    alarm: Alarm,
    tasks: JoinSet<Done<C>>,
    running: HashMap<CallId, Running>,
    /// Calls that wait for new credentials, while these are being read.
    held: Option<Vec<Held>>,
    /// The last complaint about a journal that cannot be followed, so that it is said once.
    unfollowed: Option<String>,
    drained: bool,
}

impl<M: Machine, C: Caller> Engine<M, C> {
    /// Must be called on the engine's runtime.
    pub(super) fn new(
        machine: M,
        caller: C,
        (storage, place): (Storage, Place),
        bell: Bell,
        mailbox: Arc<Mailbox>,
    ) -> io::Result<Self> {
        Ok(Self {
            machine,
            caller,
            storage,
            place,
            bell,
            mailbox,
            alarm: Alarm::new()?,
            tasks: JoinSet::new(),
            running: HashMap::new(),
            held: None,
            unfollowed: None,
            drained: false,
        })
    }

    /// Runs until the machine says that it is drained, then closes the journal.
    pub(super) async fn run(mut self, effects: Vec<Effect>, mut commands: Receiver<Command>) -> Result<(), String> {
        let mut commanded = true;
        self.settle(effects);
        while !self.drained {
            let wake = [self.machine.next_wake(), self.storage.next_follow()].into_iter().flatten().min();
            tokio::select! {
                // What a person says comes first: after a shutdown no further poll goes out, whatever is answered.
                biased;
                command = commands.recv(), if commanded => {
                    commanded = command.is_some();
                    // With nobody left to give commands, leave in order.
                    self.step(Event::Command(command.unwrap_or(Command::Shutdown)));
                }
                reached = self.alarm.reached(wake) => {
                    reached.map_err(|error| format!("the system's timer fails: {error}"))?;
                    self.awake();
                }
                event = self.storage.told() => self.step(event),
                Some(done) = self.tasks.join_next() => self.done(done),
            }
        }
        self.storage.close()
    }

    fn awake(&mut self) {
        let now = clock::now().boot;
        match self.storage.follow(now) {
            Ok(entries) if entries.is_empty() => {}
            Ok(entries) => self.step(Event::Followed(entries)),
            Err(error) => self.complain(&error.to_string()),
        }
        if self.machine.next_wake().is_some_and(|wake| wake <= now) {
            self.step(Event::Wake);
        }
    }

    fn done(&mut self, done: Result<Done<C>, JoinError>) {
        match done {
            Ok(Done::Answered { call, timing, reply }) => self.answered(call, timing, reply),
            Ok(Done::Reloaded(result)) => {
                match result {
                    Ok(caller) => self.caller = caller,
                    Err(why) => self.say(Level::Error, "access", why),
                }
                self.release();
            }
            Ok(Done::Waited) => self.release(),
            Ok(Done::Hooked(said)) => self.hooked(said),
            Err(error) if error.is_cancelled() => {}
            Err(error) => self.crashed(&error),
        }
    }

    fn answered(&mut self, call: CallId, timing: Timing, reply: Reply) {
        // Abandoned in the meantime: nobody waits for it.
        let Some(running) = self.running.remove(&call) else { return };
        let timing = Timing { date: reply.date, ..timing };
        let Some(query) = running.query else {
            self.step(Event::Answered { call, timing, result: reply.result });
            return;
        };
        let failure = reply.result.as_ref().err().cloned();
        self.mailbox.read(query, reply.result.map(Found::Answer).map_err(|failure| failure.line()));
        self.step(Event::Read { call, timing, failure });
    }

    /// A call that panicked may have been sent.
    fn crashed(&mut self, error: &JoinError) {
        let call = self.running.iter().find(|(_, running)| running.task.id() == error.id()).map(|(call, _)| *call);
        if let Some(call) = call {
            let now = clock::now().boot;
            let message = "the call crashed inside swfbeat".into();
            let result = Err(Failure { class: Class::Unknown, code: None, message });
            self.answered(call, Timing { sent: now, received: now, date: None }, Reply { date: None, result });
        }
    }

    /// Lets the machine handle an event, and what follows from it at once.
    fn step(&mut self, event: Event) {
        let effects = self.machine.handle(clock::now(), event);
        self.settle(effects);
    }

    /// Performs effects until none is left that has its answer at once.
    fn settle(&mut self, effects: Vec<Effect>) {
        let mut events = VecDeque::from(self.perform(effects));
        while let Some(event) = events.pop_front() {
            let effects = self.machine.handle(clock::now(), event);
            events.extend(self.perform(effects));
        }
    }

    /// Performs effects in their order; gives back events that came of it at once.
    fn perform(&mut self, effects: Vec<Effect>) -> Vec<Event> {
        let mut events = Vec::new();
        for effect in effects {
            match effect {
                Effect::Append { batch, records, durability } => {
                    if let Err(error) = self.storage.append(batch, records, durability) {
                        events.push(Event::AppendFailed(batch, error));
                    }
                }
                Effect::Call { call, request, limit_ms } => self.call(call, None, request, limit_ms),
                Effect::Read { query, call, request, limit_ms } => self.call(call, Some(query), request, limit_ms),
                Effect::ReadEnded { query, from, most } => self.read_ended(query, from, most),
                Effect::Unread { query, why } => self.mailbox.read(query, Err(why)),
                Effect::Called(line) => self.mailbox.called(line),
                Effect::Abandon(call) => self.abandon(call),
                Effect::Changed(facts) => self.mailbox.changed(facts),
                Effect::Removed(claim) => self.mailbox.removed(claim),
                Effect::Status(status) => self.mailbox.status(status),
                Effect::Log(line) => self.mailbox.log(line),
                Effect::Notice(notice) => self.ring(&notice),
                Effect::Reconnect => self.caller.reconnect(),
                Effect::ReloadCredentials => self.reload(),
                Effect::Drained => self.drained = true,
            }
        }
        events
    }

    fn call(&mut self, call: CallId, query: Option<QueryId>, request: Request, limit_ms: u64) {
        if let Some(held) = &mut self.held {
            held.push(Held { call, query, request, limit_ms });
            return;
        }
        let limit = Duration::from_millis(limit_ms);
        let poll = matches!(request, Request::Poll { .. });
        let caller = self.caller.clone();
        let task = self.tasks.spawn_local(async move {
            let sent = clock::now().boot;
            let reply = caller.call(request, limit).await;
            let received = clock::now().boot;
            Done::Answered { call, timing: Timing { sent, received, date: None }, reply }
        });
        self.running.insert(call, Running { task, poll, query });
    }

    /// On a thread of its own: the disk may take its time, and nobody may have to wait for it.
    fn read_ended(&self, query: QueryId, from: Option<EndedMark>, most: usize) {
        let (place, mailbox) = (self.place.clone(), Arc::clone(&self.mailbox));
        let read = move || {
            let page = Shelf::open(&place).and_then(|shelf| shelf.ended(from, most));
            let found = page.map(|page| {
                let facts = page.tasks.iter().filter_map(|entries| console::ended_facts(entries));
                Found::Ended { tasks: facts.map(Arc::new).collect(), next: page.next }
            });
            mailbox.read(query, found.map_err(|error| printable(&error.to_string()).into_owned()));
        };
        if let Err(error) = thread::Builder::new().name("shelf".into()).spawn(read) {
            self.mailbox.read(query, Err(format!("the system has no thread left: {error}")));
        }
    }

    fn release(&mut self) {
        for Held { call, query, request, limit_ms } in self.held.take().unwrap_or_default() {
            self.call(call, query, request, limit_ms);
        }
    }

    fn abandon(&mut self, call: CallId) {
        if let Some(held) = &mut self.held {
            held.retain(|held| held.call != call || matches!(held.request, Request::Poll { .. }));
        }
        if let Some(running) = self.running.remove(&call) {
            if running.poll {
                self.running.insert(call, running);
            } else {
                running.task.abort();
            }
        }
    }

    fn reload(&mut self) {
        let caller = self.caller.clone();
        self.tasks.spawn_local(async move { Done::Reloaded(caller.reload().await) });
        // What is called from now on is to go out with them: the call that finds out whether they work comes next.
        self.held.get_or_insert_default();
        self.tasks.spawn_local(async {
            tokio::time::sleep(RELOAD_PATIENCE).await;
            Done::Waited
        });
    }

    fn ring(&mut self, notice: &Notice) {
        match self.bell.ring(notice, clock::now().boot) {
            Ok(run) => self.run_hook(run),
            Err(said) => self.say(said.level, "hook", said.text),
        }
    }

    fn run_hook(&mut self, run: Option<Run>) {
        if let Some(run) = run {
            self.tasks.spawn_local(async move { Done::Hooked(hooks::run(run).await) });
        }
    }

    fn hooked(&mut self, said: Said) {
        self.say(said.level, "hook", said.text);
        let next = self.bell.ended();
        self.run_hook(next);
    }

    fn complain(&mut self, why: &str) {
        let why = printable(why).into_owned();
        if self.unfollowed.as_ref() != Some(&why) {
            self.unfollowed = Some(why.clone());
            self.say(Level::Error, "journal", why);
        }
    }

    /// What no machine knows of: the engine's own troubles.
    fn say(&self, level: Level, word: &'static str, text: String) {
        let at = clock::now().wall;
        self.mailbox.log(LogLine { at, level, word, claim: None, subject: String::new(), text });
    }
}
