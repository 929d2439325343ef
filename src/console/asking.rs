//! What is asked of the service for reading only: history and types, each question once however many tasks want to know,
//! at a rate of its own (engine rules, "Heartbeats under a quota": history 20/s), a few in flight.

use std::collections::{BTreeSet, VecDeque};

use crate::clock::{Boot, Now};
use crate::task::ActivityType;
use crate::text::Foreign;
use crate::wire::Request;

use super::Console;
use super::agenda::Job;
use super::cadence::CALL_LIMIT_MS;
use super::executions::ExecutionId;
use super::live::Purpose;
use super::quota::Bucket;

/// Questions in flight at once.
const WIDTH: usize = 4;
/// Questions a second: a third of what the account has for all its workers.
const RATE: f64 = 20.0;
/// Events a page: the most the service gives.
const PAGE: u16 = 1_000;
/// The same where only news are sought: seldom is there more in the minute between two looks.
const NEWS_PAGE: u16 = 20;
/// Until it may be possible again to send, if nobody can tell, milliseconds.
const AGAIN_MS: i64 = 100;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ask {
    /// The next page of an execution's history, newest first.
    Scan(ExecutionId),
    /// An execution's first event.
    Start(ExecutionId),
    /// The defaults of a type.
    Type(Foreign, ActivityType),
}

/// Questions that wait, and those in flight.
#[derive(Debug)]
pub(super) struct Asks {
    waiting: VecDeque<Ask>,
    /// News that nobody waits for: when nothing else is to be asked. Those that are not in `lazy` any more are passed over.
    idle: VecDeque<Ask>,
    lazy: BTreeSet<Ask>,
    /// What somebody waits for, and what is in flight.
    open: BTreeSet<Ask>,
    in_flight: usize,
    bucket: Bucket,
}

impl Default for Asks {
    fn default() -> Self {
        let bucket = Bucket::new(Some(RATE), /*has_floor*/ true);
        let (waiting, idle) = (VecDeque::new(), VecDeque::new());
        Self { waiting, idle, lazy: BTreeSet::new(), open: BTreeSet::new(), in_flight: 0, bucket }
    }
}

impl Asks {
    /// The question came back, or was given up.
    pub(super) fn back(&mut self, ask: &Ask) {
        self.open.remove(ask);
        self.in_flight -= 1;
    }

    /// "Rate exceeded".
    pub(super) fn throttled(&mut self, now: Now) {
        self.bucket.refused(now.boot);
    }

    /// Whether one more question may go out at this rate; else when.
    pub(super) fn may_ask(&mut self, now: Now) -> Result<(), Boot> {
        self.bucket.take(now.boot)
    }

    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.lazy.is_empty()
    }

    fn take(&mut self) -> Option<Ask> {
        if let Some(ask) = self.waiting.pop_front() {
            return Some(ask);
        }
        while let Some(ask) = self.idle.pop_front() {
            if self.lazy.remove(&ask) {
                self.open.insert(ask.clone());
                return Some(ask);
            }
        }
        None
    }
}

impl Console {
    /// Asks as soon as may be, if it is not being asked already.
    pub(super) fn ask(&mut self, ask: Ask) {
        if self.asks.open.insert(ask.clone()) {
            self.asks.lazy.remove(&ask);
            self.asks.waiting.push_back(ask);
        }
    }

    /// Asks when nobody else has a question.
    pub(super) fn ask_when_idle(&mut self, ask: Ask) {
        if !self.asks.open.contains(&ask) && self.asks.lazy.insert(ask.clone()) {
            self.asks.idle.push_back(ask);
        }
    }

    /// The answer of a question was lost: it is asked from the beginning.
    pub(super) fn ask_anew(&mut self, ask: Ask) {
        if let Ask::Scan(id) = ask
            && let Some(reading) = self.executions.get_mut(id)
        {
            reading.scan = None;
        }
        self.ask(ask);
    }

    /// Sends what waits, as long as anything may be sent.
    pub(super) fn send_asks(&mut self, now: Now) {
        while self.asks.in_flight < WIDTH && !self.asks.is_empty() {
            let may = match self.reach.may_send(now.boot, 0) {
                Ok(()) => self.asks.bucket.take(now.boot),
                Err(until) => Err(until.unwrap_or(now.boot + AGAIN_MS)),
            };
            if let Err(until) = may {
                self.agenda.set(Job::Ask, until);
                return;
            }
            let Some(ask) = self.asks.take() else { return };
            match self.request(&ask) {
                Some(request) => {
                    self.asks.in_flight += 1;
                    self.call(now, Purpose::Ask(ask), request, CALL_LIMIT_MS);
                }
                // Its tasks have ended meanwhile.
                None => drop(self.asks.open.remove(&ask)),
            }
        }
    }

    fn request(&mut self, ask: &Ask) -> Option<Request> {
        let (id, reverse) = match ask {
            Ask::Scan(id) => (*id, true),
            Ask::Start(id) => (*id, false),
            Ask::Type(domain, activity_type) => {
                let (domain, activity_type) = (domain.clone(), activity_type.clone());
                return Some(Request::DescribeActivityType { domain, activity_type });
            }
        };
        let (page_size, page_token) = if reverse { self.next_page(id)? } else { (1, None) };
        let reading = self.executions.get(id)?;
        let (domain, execution) = (reading.domain.clone(), reading.execution.clone());
        Some(Request::History { domain, execution, reverse, page_size, page_token })
    }

    /// Size and token of the page that an execution's scan wants next.
    fn next_page(&mut self, id: ExecutionId) -> Option<(u16, Option<String>)> {
        if self.executions.get(id)?.scan.is_none() {
            let scan = self.new_scan(id)?;
            self.executions.get_mut(id)?.scan = Some(Box::new((scan, None)));
        }
        let reading = self.executions.get_mut(id)?;
        let (scan, token) = &mut **reading.scan.as_mut()?;
        // The same for all pages of a scan: SWF wants that.
        let few = reading.read_before && scan.seeks_only_news();
        Some((if few { NEWS_PAGE } else { PAGE }, token.take()))
    }
}
