//! Between the screen's contexts and the engines: every context hears of its own tasks, every command goes to the right
//! engine, and what one engine's end means for the rest.

use std::collections::BTreeSet;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use super::opening::{Cause, Opener, Outcome, Ready};
use super::plan::{Plan, Rates};
use crate::cli::leave::Held;
use crate::cli::link::Link;
use crate::clock;
use crate::console::{Command, Level, LogLine, QueryId, Status};
use crate::journal::Place;
use crate::task::ClaimId;
use crate::text::{Foreign, printable};
use crate::tui::{Contexts, Engine, EngineGone, News, Standing};

/// Questions of the screen are numbered by context above this bit.
const QUERY_BITS: u32 = 48;

/// All contexts and engines of this process.
#[derive(Debug)]
pub struct Hub {
    plans: Vec<Plan>,
    opener: Opener,
    running: Vec<Running>,
    /// Contexts that look on, of which somebody has asked whether they still have to.
    asked_again: BTreeSet<usize>,
    /// Engines that have stopped by themselves, for what has to be said at the end.
    stopped: Vec<Link>,
}

/// An engine and who is on it.
#[derive(Debug)]
struct Running {
    number: usize,
    link: Link,
    journal: Place,
    /// The contexts on it, the one it was started for first.
    contexts: Vec<usize>,
    /// Who keeps the journal, if another process does.
    kept_by: Option<String>,
    /// What its context showed before, from another engine, and this one has not told of.
    shown_before: BTreeSet<ClaimId>,
    status: Option<Arc<Status>>,
}

impl Hub {
    /// With one context open. All others whose journals hold tasks that have not ended are opened now: nothing may die
    /// because nobody looks there.
    pub fn new(plans: Vec<Plan>, shown: usize, opener: Opener, ready: Ready) -> Self {
        let first = Running::new(ready, shown);
        for (context, plan) in plans.iter().enumerate().filter(|(context, _)| *context != shown) {
            opener.open(context, plan.clone(), Cause::IfNeeded);
        }
        Self { plans, opener, running: vec![first], asked_again: BTreeSet::new(), stopped: Vec::new() }
    }

    /// Everything that has to be left, and what has stopped before.
    pub fn into_held(mut self) -> Vec<Held> {
        for (context, outcome) in self.opener.take() {
            if let Outcome::Ready(ready) = outcome {
                self.running.push(Running::new(*ready, context));
            }
        }
        let several = self.running.len() > 1;
        let name = |running: &Running| {
            let names: Vec<_> = running.contexts.iter().map(|context| self.plans[*context].name.as_str()).collect();
            if several { names.join(", ") } else { String::new() }
        };
        let running = self.running.into_iter().map(|running| {
            let name = name(&running);
            Held::new(name, running.link, Some(running.journal))
        });
        running.chain(self.stopped.into_iter().map(Held::stopped)).collect()
    }

    /// Takes what came of openings; gives what the contexts are told of it.
    fn take_openings(&mut self) -> Vec<(usize, News)> {
        let mut told = Vec::new();
        for (context, outcome) in self.opener.take() {
            let again = self.asked_again.remove(&context);
            match outcome {
                Outcome::NotNeeded => {}
                Outcome::StillKept(by) => told.push((context, self.still_kept(context, by))),
                Outcome::Failed(why) if again => told.push((context, still_looks(&why))),
                Outcome::Failed(why) => told.push((context, failed(&why))),
                Outcome::Unknown(why) => told.push((context, unknown(&why))),
                Outcome::Ready(ready) => {
                    let mut running = Running::new(*ready, context);
                    let mut news = opened(running.standing());
                    if again {
                        let text = "its journal is kept here now: the other process has left";
                        news.log.push(line(Level::Info, text.into()));
                        told.extend(self.leave(context, &mut running.shown_before));
                    }
                    told.push((context, news));
                    self.running.push(running);
                }
                Outcome::On(number) => {
                    let mut before = BTreeSet::new();
                    if again {
                        told.extend(self.leave(context, &mut before));
                    }
                    let mut shared = self.share(number, context);
                    for (_, gets) in shared.iter_mut().filter(|(told, _)| *told == context) {
                        gets.changed.iter().for_each(|facts| _ = before.remove(&facts.id));
                        gets.removed.extend(std::mem::take(&mut before));
                    }
                    told.extend(shared);
                }
            }
        }
        told
    }

    /// Another process still keeps the journal of a context.
    fn still_kept(&mut self, context: usize, by: String) -> News {
        let text = format!("still only looks: its journal is kept by {by}");
        if let Some(running) = self.running.iter_mut().find(|running| running.contexts.contains(&context)) {
            running.kept_by = Some(by.clone());
        }
        News { standing: Some(Standing::LooksOn(by)), log: vec![line(Level::Error, text)], ..News::default() }
    }

    /// Takes a context off the engine it looks on with, as it gets another: `shown` is what it showed. Without contexts
    /// that engine leaves; otherwise it is told what they have without this one.
    fn leave(&mut self, context: usize, shown: &mut BTreeSet<ClaimId>) -> Vec<(usize, News)> {
        let Some(index) = self.running.iter().position(|running| running.contexts.contains(&context)) else {
            return Vec::new();
        };
        shown.extend(self.running[index].link.last().tasks().map(|facts| facts.id));
        let running = &mut self.running[index];
        running.contexts.retain(|other| *other != context);
        if running.contexts.is_empty() {
            let running = self.running.remove(index);
            self.opener.forget(running.number);
            // Dropped, it leaves; it only followed.
            return Vec::new();
        }
        let running = &self.running[index];
        let changed = running.link.last().tasks().map(Arc::clone).collect();
        self.split(running, News { changed, ..News::default() })
    }

    /// Puts a context on an engine that runs: it gets the tasks of its domain, which the first one no longer has.
    fn share(&mut self, number: usize, context: usize) -> Vec<(usize, News)> {
        let Some(index) = self.running.iter().position(|running| running.number == number) else {
            // It has stopped meanwhile.
            return vec![(context, failed("the engine of its service has stopped; try again"))];
        };
        let joins = !self.running[index].contexts.contains(&context);
        let told = if joins { self.join(index, context) } else { None };
        let running = &self.running[index];
        let homes = self.homes(running);
        let mut gets = opened(running.standing());
        let mut gives = News::default();
        for facts in running.link.last().tasks() {
            let at = homes.of(&facts.domain);
            if at.contains(&context) {
                gets.changed.push(Arc::clone(facts));
                if !at.contains(&running.contexts[0]) {
                    gives.removed.push(facts.id);
                }
            }
        }
        gets.status = running.status.as_ref().map(|status| self.localized(context, status));
        let first = &self.plans[running.contexts[0]].name;
        let text = format!("on the engine of {first}: its hooks are used here too");
        gets.log.push(line(Level::Info, text));
        if let Some(told) = told {
            gets.log.push(told.clone());
            gives.log.push(told);
        }
        vec![(running.contexts[0], gives), (context, gets)]
    }

    /// Makes a context known to an engine; gives what is to be said of the heartbeat rate, if that is new.
    fn join(&mut self, index: usize, context: usize) -> Option<LogLine> {
        let (plans, running) = (&self.plans, &mut self.running[index]);
        let before = running.rates(plans);
        running.contexts.push(context);
        let rates = running.rates(plans);
        // A stopped engine says so in its news.
        let _ = running.link.send(plans[context].join(rates.lowest));
        let says = rates.differ && rates != before;
        let rate = rates.lowest.0.unwrap_or_default();
        let text = format!(
            "at most {rate} heartbeats/s, the lowest that a context of this service sets: the quota is that of the \
             account and region"
        );
        says.then(|| line(Level::Warn, text))
    }

    fn homes(&self, running: &Running) -> Homes<'_> {
        let domain = |context: &usize| (*context, self.plans[*context].domain.as_ref());
        Homes { contexts: running.contexts.iter().map(domain).collect() }
    }

    /// The header facts as a context has them: with its own domain.
    fn localized(&self, context: usize, status: &Arc<Status>) -> Arc<Status> {
        match &self.plans[context].domain {
            Some(domain) if *domain != status.domain => {
                Arc::new(Status { domain: domain.clone(), ..Status::clone(status) })
            }
            _ => Arc::clone(status),
        }
    }

    /// An engine's news, for the only context on it.
    fn whole(&self, context: usize, mut news: News) -> News {
        news.status = news.status.map(|status| self.localized(context, &status));
        news.read = news.read.into_iter().map(|(query, read)| (asked(query).1, read)).collect();
        news
    }

    /// An engine's news, for each context on it.
    fn split(&self, running: &Running, news: News) -> Vec<(usize, News)> {
        let first = match running.contexts.as_slice() {
            [] => return Vec::new(),
            [only] => return vec![(*only, self.whole(*only, news))],
            [first, ..] => first,
        };
        let homes = self.homes(running);
        let mut parts: Vec<(usize, News)> =
            running.contexts.iter().map(|context| (*context, News::default())).collect();
        let mut give = |contexts: &[usize], add: &mut dyn FnMut(&mut News)| {
            parts.iter_mut().filter(|(context, _)| contexts.contains(context)).for_each(|(_, part)| add(part));
        };
        for facts in &news.changed {
            give(&homes.of(&facts.domain), &mut |part| part.changed.push(Arc::clone(facts)));
        }
        let tasks = running.link.last();
        // What is about a task goes where that is; what is about none concerns all.
        let at = |claim: Option<_>| match claim {
            None => running.contexts.clone(),
            Some(claim) => tasks.task(claim).map_or_else(|| vec![*first], |facts| homes.of(&facts.domain)),
        };
        for line in &news.log {
            give(&at(line.claim), &mut |part| part.log.push(line.clone()));
        }
        for call in &news.calls {
            give(&at(call.claim), &mut |part| part.calls.push(call.clone()));
        }
        for (query, read) in news.read {
            let (context, query) = asked(query);
            give(&[context], &mut |part| part.read.push((query, read.clone())));
        }
        for (context, part) in &mut parts {
            part.removed.clone_from(&news.removed);
            part.status = news.status.as_ref().map(|status| self.localized(*context, status));
            part.drained = news.drained;
            part.gone.clone_from(&news.gone);
        }
        parts
    }
}

/// Who asked, and under which number.
fn asked(query: QueryId) -> (usize, QueryId) {
    ((query.0 >> QUERY_BITS) as usize, QueryId(query.0 & ((1 << QUERY_BITS) - 1)))
}

/// Where a task of a domain is at home, among the contexts of one engine.
struct Homes<'a> {
    contexts: Vec<(usize, Option<&'a Foreign>)>,
}

impl Homes<'_> {
    /// The contexts of its domain; if there is none, the first, because a task has to be somewhere.
    fn of(&self, domain: &Foreign) -> Vec<usize> {
        let same = self.contexts.iter().filter(|(_, its)| *its == Some(domain)).map(|(context, _)| *context);
        let same: Vec<_> = same.collect();
        if same.is_empty() { self.contexts.iter().take(1).map(|(context, _)| *context).collect() } else { same }
    }
}

impl Running {
    fn new(ready: Ready, context: usize) -> Self {
        let Ready { number, link, journal, kept_by } = ready;
        let (contexts, shown_before) = (vec![context], BTreeSet::new());
        Self { number, link, journal, contexts, kept_by, shown_before, status: None }
    }

    fn rates(&self, plans: &[Plan]) -> Rates {
        Rates::of(self.contexts.iter().map(|context| &plans[*context]))
    }

    /// With its first status everything has been told; what has not is no more.
    fn forget_shown_before(&mut self, news: &mut News) {
        news.changed.iter().for_each(|facts| _ = self.shown_before.remove(&facts.id));
        if news.status.is_some() {
            news.removed.extend(std::mem::take(&mut self.shown_before));
        }
    }

    fn standing(&self) -> Standing {
        self.kept_by.clone().map_or(Standing::Open, Standing::LooksOn)
    }
}

impl Contexts for Hub {
    fn wake_fds(&self) -> Vec<BorrowedFd<'_>> {
        self.running.iter().map(|running| running.link.wake_fd()).chain([self.opener.wake_fd()]).collect()
    }

    fn take(&mut self) -> Vec<(usize, News)> {
        let mut told = self.take_openings();
        let mut index = 0;
        while index < self.running.len() {
            let mut news = self.running[index].link.take();
            self.running[index].forget_shown_before(&mut news);
            if let Some(status) = &news.status {
                self.running[index].status = Some(Arc::clone(status));
            }
            // The last engine's end is the end of the screen; that of another leaves its contexts closed.
            let gone = if self.running.len() > 1 { news.gone.take() } else { None };
            told.extend(self.split(&self.running[index], news));
            match gone {
                None => index += 1,
                Some(why) => {
                    let running = self.running.remove(index);
                    self.opener.forget(running.number);
                    told.extend(running.contexts.iter().map(|context| (*context, failed(&why))));
                    self.stopped.push(running.link);
                }
            }
        }
        told
    }

    fn send(&mut self, context: usize, command: Command) -> Result<(), EngineGone> {
        let last = self.running.len() == 1;
        let Some(running) = self.running.iter_mut().find(|running| running.contexts.contains(&context)) else {
            return Ok(());
        };
        let command = match command {
            Command::Read { query, what } => {
                Command::Read { query: QueryId(query.0 | (context as u64) << QUERY_BITS), what }
            }
            claim @ (Command::Claim { .. } | Command::AutoClaim { .. }) => self.plans[context].claims(claim),
            other => other,
        };
        // Of one engine among several the news says that it has stopped.
        running.link.send(command).or_else(|gone| if last { Err(gone) } else { Ok(()) })
    }

    fn open(&mut self, context: usize) {
        let Some(plan) = self.plans.get(context) else { return };
        let on = self.running.iter().find(|running| running.contexts.contains(&context));
        let cause = match on {
            None => Cause::Wanted,
            Some(running) if running.kept_by.is_some() && plan.read_only.is_none() => Cause::Again,
            Some(_) => return,
        };
        // Two at a time would come to the same.
        if cause == Cause::Wanted || self.asked_again.insert(context) {
            self.opener.open(context, plan.clone(), cause);
        }
    }
}

fn opened(standing: Standing) -> News {
    let log = match &standing {
        Standing::LooksOn(by) => vec![line(Level::Warn, format!("only looks: its journal is kept by {by}"))],
        _ => Vec::new(),
    };
    News { standing: Some(standing), log, ..News::default() }
}

/// What a context is told that stays as it is.
fn unknown(why: &str) -> News {
    let why = why.lines().next().unwrap_or_default();
    let text = format!("not looked at for tasks: {}", printable(why));
    News { log: vec![line(Level::Warn, text)], ..News::default() }
}

/// What a context is told that looks on, and of which it is not known whether it still has to.
fn still_looks(why: &str) -> News {
    let why = why.lines().next().unwrap_or_default();
    News { log: vec![line(Level::Error, format!("still only looks: {}", printable(why)))], ..News::default() }
}

/// What a context is told that has no engine: every line of the reason, but the way to the demo.
fn failed(why: &str) -> News {
    let lines = why.lines().filter(|line| !line.contains("swfbeat demo"));
    let lines: Vec<_> = lines.map(|line| printable(line).into_owned()).collect();
    let log = lines
        .iter()
        .enumerate()
        .map(|(index, text)| line(if index == 0 { Level::Alarm } else { Level::Info }, text.clone()));
    News { log: log.collect(), standing: Some(Standing::Failed(lines.join("\n"))), ..News::default() }
}

fn line(level: Level, text: String) -> LogLine {
    LogLine { at: clock::now().wall, level, word: "context", claim: None, subject: String::new(), text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_at_home_in_the_contexts_of_its_domain_or_in_the_first() {
        let [ops, billing] = ["ops", "billing"].map(Foreign::from);
        let homes = Homes { contexts: vec![(3, Some(&ops)), (1, Some(&billing)), (4, Some(&ops)), (0, None)] };
        assert_eq!(homes.of(&ops), [3, 4]);
        assert_eq!(homes.of(&billing), [1]);
        assert_eq!(homes.of(&"other".into()), [3]);
    }

    #[test]
    fn a_failure_of_several_lines_is_said_in_full_and_printable() {
        let news = failed("No AWS region.\n  tried\x1b");
        assert_eq!(news.standing, Some(Standing::Failed("No AWS region.\n  tried␛".into())));
        assert_eq!(news.log.iter().map(|line| line.level).collect::<Vec<_>>(), [Level::Alarm, Level::Info]);
    }
}
