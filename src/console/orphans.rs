//! Looking for orphans: tasks that SWF gave to a poll of ours whose answer never reached the disk (engine rules, "Closing
//! once, and knowing it", 7).
//!
//! Nobody has an orphan's token, so it can only be named. It is found by the identity that the poll was sent with, in the
//! open executions of its domain, newest first: at most 200 histories, one page each, five a second.

use std::collections::{BTreeMap, VecDeque};

use crate::clock::Now;
use crate::task::{PollNumber, PollTarget, Record, TimeoutKind, Timeouts, WorkflowExecution};
use crate::text::Foreign;
use crate::wire::{Attributes, Class, Failure, HistoryPage, Request};

use super::Console;
use super::agenda::Job;
use super::cadence::CALL_LIMIT_MS;
use super::event::{Effect, Level, LogLine};
use super::live::Purpose;

/// Histories read in one search.
const HISTORIES: usize = 200;
/// Between two calls, milliseconds.
const STEP_MS: i64 = 200;
/// After a call that got no answer, milliseconds.
const AGAIN_MS: i64 = 1_000;
/// Calls without an answer after which the search is given up.
const TRIES: u32 = 5;
/// Executions and events a page: the most the service gives.
const PAGE: u16 = 1_000;
/// Executions that were started longer ago have ended: SWF lets none run for more than a year. Milliseconds.
const OLDEST_MS: i64 = 366 * 24 * 3_600_000;
/// For so long after its start a poll may still be given a task, and history may not show it yet; milliseconds.
const SETTLED_MS: i64 = 150_000;

/// One call of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The open executions of a domain.
    List(Foreign),
    /// The newest page of one execution's history.
    Read(Foreign, WorkflowExecution),
}

/// A search under way.
#[derive(Debug)]
pub(super) struct Search {
    /// Polls without an answer and what they were sent with.
    sought: BTreeMap<PollNumber, PollTarget>,
    steps: VecDeque<Step>,
    in_flight: bool,
    tries: u32,
    read: usize,
    found: usize,
    /// Executions that were not looked at, or not far enough back.
    skipped: usize,
    /// There are still more than `skipped`.
    more: bool,
    /// Why something could not be looked at.
    trouble: Option<String>,
}

/// A task that nobody has the token of.
#[derive(Debug, PartialEq, Eq)]
struct Orphan {
    activity_id: Option<Foreign>,
    /// How often the activity was scheduled, this time included.
    attempt: usize,
    /// The timeout that ends it first, and when in service time.
    ends: Option<(TimeoutKind, i64)>,
    /// Its end is in history already: the event.
    ended: Option<Foreign>,
}

impl Console {
    /// A person wants to know whether tasks got lost on their way here.
    pub(super) fn find_orphans(&mut self, now: Now) {
        if self.search.is_some() {
            self.say(now, Level::Info, "orphan", None, "the search is under way");
            return;
        }
        let open = self.ledger.open_polls.iter().filter(|&(&poll, _)| !self.claiming.has_poll(poll));
        let sought: BTreeMap<_, _> = open.filter_map(|(&poll, open)| Some((poll, open.target.clone()?))).collect();
        if sought.is_empty() {
            self.say(now, Level::Info, "orphan", None, "no poll is without an answer: there is nothing to look for");
            return;
        }
        let mut domains: Vec<_> = sought.values().map(|target| target.domain.clone()).collect();
        domains.sort_unstable();
        domains.dedup();
        let text = format!("looking through the open executions for {} without an answer", many(sought.len(), "poll"));
        self.say(now, Level::Info, "orphan", None, text);
        self.search = Some(Search {
            sought,
            steps: domains.into_iter().map(Step::List).collect(),
            in_flight: false,
            tries: 0,
            read: 0,
            found: 0,
            skipped: 0,
            more: false,
            trouble: None,
        });
        self.agenda.set(Job::Orphans, now.boot);
    }

    /// The next call of the search, or its end.
    pub(super) fn search_on(&mut self, now: Now) {
        let Some(search) = &mut self.search else { return };
        if search.in_flight {
            return;
        }
        if search.sought.is_empty() || search.steps.is_empty() || self.leaving.is_some() {
            self.search_over(now);
            return;
        }
        if let Err(until) = self.reach.may_send(now.boot, 0) {
            self.agenda.set(Job::Orphans, until.unwrap_or(now.boot + STEP_MS));
            return;
        }
        let Some(step) = search.steps.front().cloned() else { return };
        search.in_flight = true;
        let request = match step.clone() {
            Step::List(domain) => Request::ListOpen { domain, oldest: now.wall.0 - OLDEST_MS, page_size: PAGE },
            Step::Read(domain, execution) => {
                Request::History { domain, execution, reverse: true, page_size: PAGE, page_token: None }
            }
        };
        self.call(now, Purpose::Orphans(step), request, CALL_LIMIT_MS);
    }

    /// The call is over, however it ended.
    pub(super) fn search_back(&mut self, now: Now) {
        if let Some(search) = &mut self.search {
            search.in_flight = false;
            self.agenda.set(Job::Orphans, now.boot + STEP_MS);
        }
    }

    /// The open executions of a domain, the latest start first.
    pub(super) fn listed(&mut self, domain: &Foreign, executions: Vec<WorkflowExecution>, more: bool) {
        let Some(search) = &mut self.search else { return };
        search.step_done();
        let planned = search.read + search.steps.iter().filter(|step| matches!(step, Step::Read(..))).count();
        let room = HISTORIES.saturating_sub(planned);
        search.skipped += executions.len().saturating_sub(room);
        search.more |= more;
        search.steps.extend(executions.into_iter().take(room).map(|execution| Step::Read(domain.clone(), execution)));
    }

    /// The newest events of one of them.
    pub(super) fn read_for_orphans(&mut self, now: Now, domain: &Foreign, run: &WorkflowExecution, page: &HistoryPage) {
        let Some(search) = &mut self.search else { return };
        search.step_done();
        search.read += 1;
        let since =
            search.sought.keys().filter_map(|poll| self.ledger.open_polls.get(poll)).map(|open| open.at.service);
        // Without a known instant no page is certain to reach back far enough.
        let since = since.min().flatten().unwrap_or(0);
        let oldest = page.events.last().map_or(i64::MAX, |event| event.at);
        search.skipped += usize::from(page.next_page_token.is_some() && oldest > since);
        let found: Vec<_> = page
            .events
            .iter()
            .filter_map(|event| {
                let Attributes::Started { identity: Some(identity), .. } = &event.attributes else { return None };
                let mut sought = search.sought.iter();
                let poll = sought.find(|(_, target)| target.identity == *identity && target.domain == *domain)?;
                Some((*poll.0, orphan(page, event.id)))
            })
            .collect();
        for (poll, orphan) in found {
            search_found(self, now, poll, &orphan, run);
        }
    }

    /// A call got no answer, or a refusal.
    pub(super) fn search_failed(&mut self, now: Now, step: &Step, failure: &Failure) {
        let Some(search) = &mut self.search else { return };
        match failure.class {
            // The execution has ended and is forgotten, and its tasks with it.
            Class::Gone if matches!(step, Step::Read(..)) => search.step_done(),
            Class::Gone | Class::Denied | Class::Refused | Class::Invalid => {
                search.step_done();
                // What is refused for one is refused for all of the domain.
                let (Step::List(domain) | Step::Read(domain, _)) = step;
                let before = search.steps.len();
                search.steps.retain(|step| !matches!(step, Step::Read(other, _) if other == domain));
                search.skipped += before - search.steps.len() + usize::from(matches!(step, Step::Read(..)));
                search.more |= matches!(step, Step::List(_));
                search.trouble = Some(failure.line());
            }
            _ => {
                search.tries += 1;
                if search.tries >= TRIES {
                    search.skipped += search.steps.iter().filter(|step| matches!(step, Step::Read(..))).count();
                    search.more |= search.steps.iter().any(|step| matches!(step, Step::List(_)));
                    search.steps.clear();
                    search.trouble = Some(failure.line());
                }
                self.agenda.set(Job::Orphans, now.boot + AGAIN_MS);
                self.heard_failure(now, failure);
            }
        }
    }

    /// Says what came of it. A poll looked for in vain is settled if nothing was left out.
    fn search_over(&mut self, now: Now) {
        let Some(search) = self.search.take() else { return };
        let complete = search.steps.is_empty() && search.skipped == 0 && !search.more && search.trouble.is_none();
        let mut recent = 0;
        for &poll in search.sought.keys() {
            let old = self.ledger.open_polls.get(&poll).is_some_and(|open| now.wall.0 - open.at.wall.0 > SETTLED_MS);
            recent += usize::from(!old);
            if complete && old {
                self.append(now, Record::PollEnded { poll });
            }
        }
        let text = search.summary(complete, recent);
        let level = if search.trouble.is_some() { Level::Error } else { Level::Warn };
        self.say(now, level, "orphan", None, text);
    }
}

impl Search {
    fn step_done(&mut self) {
        self.steps.pop_front();
        self.tries = 0;
    }

    fn summary(&self, complete: bool, recent: usize) -> String {
        let (read, left) = (many(self.read, "open execution"), self.sought.len());
        let mut text = format!("looked at {read}: {} found, {left} not", self.found);
        if self.skipped > 0 || self.more {
            let more = if self.more { "more than " } else { "" };
            let skipped = format!("; {more}{} not looked at, or not far enough back", self.skipped);
            text.push_str(&skipped);
        }
        if let Some(trouble) = &self.trouble {
            let identities: Vec<_> = self.sought.values().take(3).map(|target| target.identity.line()).collect();
            let identities = identities.join(", ");
            let advice = format!(": {trouble}; who may list executions finds the task by its identity {identities}");
            text.push_str(&advice);
        } else if recent > 0 && complete {
            text.push_str("; a poll of the last minutes may still be given one: look again later");
        } else if complete && left > 0 {
            text.push_str(": no task was given to them, or it is over");
        }
        text
    }
}

/// So many of something.
fn many(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// A poll has an answer after all, though nobody can act on it.
fn search_found(console: &mut Console, now: Now, poll: PollNumber, orphan: &Orphan, run: &WorkflowExecution) {
    if let Some(search) = &mut console.search {
        search.sought.remove(&poll);
        search.found += 1;
    }
    let end = match (&orphan.ended, orphan.ends) {
        (Some(event), _) => format!("it has ended: {}", event.line()),
        (None, None) => "nobody knows when it ends".to_owned(),
        (None, Some((kind, at))) => {
            let latest = console.clock.latest_local(at, now.boot);
            let left = latest.map_or(at - now.wall.0, |latest| latest - now.boot).max(0) / 1_000;
            format!("it ends by {} within {left} s", kind.name())
        }
    };
    let activity = orphan.activity_id.as_ref().map_or("an activity".into(), Foreign::line);
    let text = format!(
        "poll {} got it, and its token is lost: workflow {} / {}, attempt {}; {end}; only the workflow can do something",
        poll.0,
        run.workflow_id.line(),
        run.run_id.line(),
        orphan.attempt
    );
    let subject = activity.into_owned();
    let line = LogLine { at: now.wall, level: Level::Error, word: "orphan", claim: None, subject, text };
    console.out.push(Effect::Log(line));
    console.append(now, Record::PollEnded { poll });
}

/// What a page says about the task that this event started.
fn orphan(page: &HistoryPage, started_event_id: i64) -> Orphan {
    let start = page.events.iter().find(|event| event.id == started_event_id);
    let started = start.and_then(|event| match &event.attributes {
        Attributes::Started { scheduled_event_id, .. } => Some((event.at, *scheduled_event_id)),
        _ => None,
    });
    let schedule = |id: i64| {
        let event = page.events.iter().find(|event| event.id == id)?;
        let Attributes::Scheduled { activity_id, timeouts } = &event.attributes else { return None };
        Some((event.at, activity_id, timeouts))
    };
    let scheduled = started.and_then(|(_, id)| schedule(id));
    let ended = page.events.iter().find(|event| match &event.attributes {
        Attributes::Completed { started_event_id: id, .. }
        | Attributes::Failed { started_event_id: id, .. }
        | Attributes::Canceled { started_event_id: id, .. }
        | Attributes::TimedOut { started_event_id: id, .. } => *id == started_event_id,
        Attributes::ExecutionClosed => true,
        _ => false,
    });
    let same = |activity: &Foreign| {
        let scheduled = page.events.iter().filter(|event| event.id < started_event_id);
        scheduled
            .filter(|event| matches!(&event.attributes, Attributes::Scheduled { activity_id, .. } if activity_id == activity))
            .count()
    };
    Orphan {
        activity_id: scheduled.map(|(_, activity_id, _)| activity_id.clone()),
        attempt: scheduled.map_or(1, |(_, activity_id, _)| same(activity_id)),
        ends: started
            .zip(scheduled)
            .and_then(|((started_at, _), (scheduled_at, _, timeouts))| first_end(started_at, scheduled_at, timeouts)),
        ended: ended.map(|event| event.event_type.clone()),
    }
}

/// Which timeout ends a task that nobody beats, and when.
fn first_end(started_at: i64, scheduled_at: i64, timeouts: &Timeouts) -> Option<(TimeoutKind, i64)> {
    let starts = [
        (TimeoutKind::Heartbeat, started_at),
        (TimeoutKind::StartToClose, started_at),
        (TimeoutKind::ScheduleToClose, scheduled_at),
    ];
    let ends = starts.into_iter().filter_map(|(kind, at)| Some((kind, at + timeouts.get(kind)?.0.millis()?)));
    ends.min_by_key(|&(_, at)| at)
}
