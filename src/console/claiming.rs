//! Polling task lists for tasks, one poll in flight a list (engine rules, "Closing once", 6 and 7).
//!
//! A claim is irrevocable: its poll is numbered and written down before it goes out, is never retried blindly, and a
//! task is on disk before anybody sees it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::Now;
use crate::task::{ClaimId, ClaimSource, ClaimedTask, PollNumber, PollTarget, Record};
use crate::text::Foreign;
use crate::wire::{Class, Failure, Request};

use super::Console;
use super::agenda::Job;
use super::cadence::{CALL_LIMIT_MS, backoff};
use super::event::{Level, Timing};
use super::facts::{self, PendingCount};
use super::live::Purpose;
use super::quota::Api;

/// Between two counts of the same task list, milliseconds: the service allows 6 a second for the whole account.
const COUNT_MS: i64 = 60_000;
/// A count soon after something changed.
const COUNT_SOON_MS: i64 = 1_500;
/// During an outage one count asks whether the service is back, in case nothing else has to be sent, milliseconds.
const COUNT_OUTAGE_MS: i64 = 5_000;
/// While more than a second's heartbeats wait, nothing is claimed; then the next look, milliseconds.
const BACKLOG_MS: i64 = 1_000;
/// Held by the service for 60 s at most; the client gives up after 75 s.
const POLL_LIMIT_MS: u64 = 75_000;

/// Polls in flight at once, over all lists.
const POLLS: usize = 4;

/// Open tasks; polls that may bring one; tasks not on disk yet.
pub(super) type Held = (usize, usize, usize);

/// Which lists are polled, and the polls: one a list.
#[derive(Debug, Default)]
pub(super) struct Claiming {
    wants: Vec<facts::Claiming>,
    turn: usize,
    polls: BTreeMap<PollNumber, Poll>,
    failures: u32,
    counts: Vec<PendingCount>,
    count_denied: bool,
    /// Tasks that were received and are not on disk yet.
    landing: usize,
    /// Tasks held or on their way when it was last looked whether enough are held; `None` if nobody wants to hold any.
    pub(super) held_at_last_look: Option<Held>,
}

/// A poll being written down or in flight.
#[derive(Debug)]
struct Poll {
    domain: Foreign,
    task_list: Foreign,
    identity: Foreign,
    in_flight: bool,
}

impl Poll {
    fn is_of(&self, want: &facts::Claiming) -> bool {
        want.is_from(&self.domain, &self.task_list)
    }
}

impl Claiming {
    /// For the header.
    pub(super) fn wants(&self) -> &[facts::Claiming] {
        &self.wants
    }

    /// For the header.
    pub(super) fn counts(&self) -> &[PendingCount] {
        &self.counts
    }

    /// Whether a task may be on its way to us.
    pub(super) fn poll_in_flight(&self) -> bool {
        self.polls.values().any(|poll| poll.in_flight)
    }

    /// Whether a poll is in flight or about to be.
    pub(super) fn is_busy(&self) -> bool {
        !self.polls.is_empty()
    }

    /// The polls that are being written down or in flight.
    pub(super) fn poll_numbers(&self) -> impl Iterator<Item = &PollNumber> {
        self.polls.keys()
    }

    /// Whether a poll is being written down or in flight.
    pub(super) fn has_poll(&self, number: PollNumber) -> bool {
        self.polls.contains_key(&number)
    }

    /// The disk refused the poll's number, so the poll was not sent.
    pub(super) fn poll_not_sent(&mut self, number: PollNumber) {
        self.polls.remove(&number);
    }

    /// No further poll.
    pub(super) fn stop(&mut self) {
        self.wants.clear();
    }

    /// Polls that may bring a task, and tasks that were received and are not on disk.
    pub(super) fn on_their_way(&self) -> (usize, usize) {
        (self.polls.len(), self.landing)
    }

    /// How many tasks each auto-claim wants, and what was agreed.
    pub(super) fn autos(&mut self) -> impl Iterator<Item = (u32, &mut facts::AutoClaim)> {
        self.wants.iter_mut().filter_map(|want| Some((want.wanted, want.auto.as_mut()?)))
    }

    /// Counts what is missing to each auto-claim if so many open tasks are on disk. A poll of its own list is not in the
    /// way: there is one at a time.
    pub(super) fn count_missing(&mut self, open: usize) {
        for want in &mut self.wants {
            let Some(auto) = want.auto else { continue };
            let others = self.polls.values().filter(|poll| !poll.is_of(want)).count();
            let held = u32::try_from(open + self.landing + others).unwrap_or(u32::MAX);
            want.wanted = auto.below.saturating_sub(held);
        }
    }

    /// Shows each auto-claim with the name of its list, and drops those that are not to go on.
    pub(super) fn each_auto(&mut self, mut goes_on: impl FnMut(&Foreign, &mut facts::AutoClaim) -> bool) {
        self.wants.retain_mut(|want| want.auto.as_mut().is_none_or(|auto| goes_on(&want.task_list, auto)));
    }

    /// Nothing is wanted from a list any more.
    fn wants_no_longer(&mut self, domain: &Foreign, task_list: &Foreign) {
        self.wants.retain(|want| !want.is_from(domain, task_list));
    }

    /// What is wanted from a list, instead of what was wanted from it before.
    pub(super) fn wants_from_now_on(&mut self, want: facts::Claiming) {
        match self.want(&want.domain, &want.task_list) {
            Some(before) => *before = want,
            None => self.wants.push(want),
        }
        self.failures = 0;
    }

    fn want(&mut self, domain: &Foreign, task_list: &Foreign) -> Option<&mut facts::Claiming> {
        self.wants.iter_mut().find(|want| want.is_from(domain, task_list))
    }

    /// The next list in turn that wants tasks and has no poll.
    fn next_want(&mut self) -> Option<&facts::Claiming> {
        self.wants.retain(|want| want.wanted > 0 || want.auto.is_some());
        let lists = self.wants.len();
        let (first, polls) = (self.turn + 1, &self.polls);
        let may = |want: &facts::Claiming| want.may_be_polled() && !polls.values().any(|poll| poll.is_of(want));
        let turn = (first..first + lists).map(|turn| turn % lists).find(|&turn| may(&self.wants[turn]))?;
        self.turn = turn;
        self.wants.get(turn)
    }
}

impl Console {
    /// The operator wants tasks from a list.
    pub(super) fn want_tasks(&mut self, now: Now, want: facts::Claiming) {
        self.claiming.wants_from_now_on(want);
        self.agenda.set_by(Job::Count, now.boot);
        self.poll_next(now);
    }

    /// Writes down the next polls, if any are wanted and nothing stands against them: one a list.
    pub(super) fn poll_next(&mut self, now: Now) {
        // What is claimed now could not be kept alive (engine rules 3.3).
        let full = self.load.left_out() > 0;
        let blocked = self.leaving.is_some() || self.writing.is_blocked() || full;
        if blocked || self.agenda.when(Job::Poll).is_some() {
            return;
        }
        // Each claim wants a heartbeat at once: no faster than those go out.
        if self.ready.len() as f64 > self.quotas.rate() {
            if !self.claiming.wants.is_empty() {
                self.agenda.set(Job::Poll, now.boot + BACKLOG_MS);
            }
            return;
        }
        while self.claiming.polls.len() < POLLS {
            let Some(want) = self.claiming.next_want() else { return };
            let (domain, task_list) = (want.domain.clone(), want.task_list.clone());
            let number = self.ledger.new_poll();
            let who = want.identity.as_ref().unwrap_or(&self.config.identity);
            let identity: Foreign = format!("{}/{}/{}", who.raw(), self.config.run, number.0).into();
            let at = self.stamp(now);
            let target =
                PollTarget { domain: domain.clone(), task_list: task_list.clone(), identity: identity.clone() };
            self.claiming.polls.insert(number, Poll { domain, task_list, identity, in_flight: false });
            self.append(now, Record::PollStarted { poll: number, at, target: Some(target) });
            if self.writing.is_blocked() {
                return;
            }
        }
    }

    /// The poll's number is on disk: out with it, if it is still wanted.
    pub(super) fn send_poll(&mut self, now: Now, number: PollNumber) {
        let leaving = self.leaving.is_some();
        let unattended = self.claiming.held_at_last_look.is_some() && self.is_unattended(now);
        let Some(poll) = self.claiming.polls.get_mut(&number) else { return };
        let want = self.claiming.wants.iter().find(|want| poll.is_of(want));
        let wanted = want.is_some_and(|want| want.auto.is_none_or(|auto| !auto.is_ending(now.boot) && !unattended));
        if leaving || !wanted {
            self.claiming.polls.remove(&number);
            self.append_lazily(Record::PollEnded { poll: number });
            return;
        }
        poll.in_flight = true;
        let request = Request::Poll {
            domain: poll.domain.clone(),
            task_list: poll.task_list.clone(),
            identity: poll.identity.clone(),
        };
        self.call(now, Purpose::Poll { poll: number }, request, POLL_LIMIT_MS);
    }

    /// The poll was answered with a task, or with nothing.
    pub(super) fn polled(&mut self, now: Now, number: PollNumber, timing: Timing, task: Option<Box<ClaimedTask>>) {
        let Some(poll) = self.claiming.polls.remove(&number) else { return };
        self.claiming.failures = 0;
        self.heard(now, None);
        let Some(mut task) = task else {
            self.append_lazily(Record::PollEnded { poll: number });
            self.poll_next(now);
            return;
        };
        if let Some(want) = self.claiming.want(&poll.domain, &poll.task_list).filter(|want| want.auto.is_none()) {
            want.wanted = want.wanted.saturating_sub(1);
        }
        let mut source =
            ClaimSource { domain: poll.domain, task_list: poll.task_list, poll: number, identity: poll.identity };
        if let Some((_, last)) = self.ledger.claims.last_key_value() {
            source.share(&last.source);
            task.share(&last.task);
        }
        let task = Arc::from(task);
        let claim = self.ledger.new_claim();
        let (sent, received) = (self.stamp_at(now, timing.sent), self.stamp_at(now, timing.received));
        self.claiming.landing += 1;
        self.append(now, Record::Claimed { claim, source, task, sent, received });
    }

    /// A claim is on disk (or is shown as NOT SAVED): now it may be seen.
    pub(super) fn claim_landed(&mut self, now: Now, id: ClaimId) {
        // From now on it is counted among the open ones.
        self.count_claim(id);
        self.claiming.landing = self.claiming.landing.saturating_sub(1);
        let Some(claim) = self.ledger.claims.get(&id) else { return };
        let text = format!("from {}", claim.source.task_list.line());
        self.say(now, Level::Info, "claim", Some(id), text);
        self.join_execution(now, id);
        // A first heartbeat gives a tight bound, proves that the token works and shows a cancel request.
        self.beat_soon(now, id);
        self.agenda.set_by(Job::Count, now.boot + COUNT_SOON_MS);
        self.poll_next(now);
    }

    /// The poll came to nothing.
    pub(super) fn poll_failed(&mut self, now: Now, number: PollNumber, failure: &Failure) {
        let Some(poll) = self.claiming.polls.remove(&number) else { return };
        self.claiming.failures += 1;
        let list = poll.task_list.line().into_owned();
        if failure.class.definitely_not_applied() {
            self.append_lazily(Record::PollEnded { poll: number });
        } else {
            let text = format!(
                "poll {} of {list} had no answer ({}): if the service gave it a task, that task is a possible orphan; O \
                 looks for it",
                number.0,
                failure.line()
            );
            self.say(now, Level::Warn, "poll", None, text);
        }
        match failure.class {
            Class::Refused | Class::Denied | Class::Invalid | Class::Gone
                if failure.code.as_ref().is_none_or(|code| code.raw() != "LimitExceededFault") =>
            {
                self.claiming.wants_no_longer(&poll.domain, &poll.task_list);
                let text = format!(
                    "claiming from {list} stopped: {}; check domain, task list, region and profile",
                    failure.line()
                );
                self.say(now, Level::Error, "poll", None, text);
            }
            _ => {
                self.heard_failure(now, failure);
                let wait = backoff(self.claiming.failures, 100, 60_000);
                self.agenda.set(Job::Poll, now.boot + wait);
            }
        }
        self.poll_next(now);
    }

    /// Asks what waits in the lists that are of interest.
    pub(super) fn count(&mut self, now: Now) {
        let outage = self.reach.is_out();
        if self.leaving.is_some() || self.claiming.count_denied && !outage {
            return;
        }
        let mut lists = self.lists_of_interest();
        if outage {
            lists.truncate(1);
        }
        if lists.is_empty() {
            return;
        }
        for (domain, task_list) in lists {
            if self.reach.may_send(now.boot, 0).is_ok() && self.quotas.of(Api::Count).take(now.boot).is_ok() {
                let request = Request::CountPending { domain: domain.clone(), task_list: task_list.clone() };
                self.call(now, Purpose::Count { domain, task_list }, request, CALL_LIMIT_MS);
            }
        }
        self.agenda.set(Job::Count, now.boot + if outage { COUNT_OUTAGE_MS } else { COUNT_MS });
    }

    /// Each once: what is claimed from and what was; during an outage also where a task came from.
    fn lists_of_interest(&self) -> Vec<(Foreign, Foreign)> {
        let Claiming { wants, counts, .. } = &self.claiming;
        let wanted = wants.iter().map(|want| (&want.domain, &want.task_list));
        let counted = counts.iter().map(|count| (&count.domain, &count.task_list));
        let claims = self.ledger.claims.values().take(usize::from(self.reach.is_out()));
        let claimed = claims.map(|claim| (&claim.source.domain, &claim.source.task_list));
        let mut lists: Vec<(Foreign, Foreign)> = Vec::new();
        for (domain, list) in wanted.chain(counted).chain(claimed) {
            if !lists.iter().any(|(known, name)| known == domain && name == list) {
                lists.push((domain.clone(), list.clone()));
            }
        }
        lists
    }

    /// The service does not answer: from now on it is asked whether it is back.
    pub(super) fn ask_whether_back(&mut self, now: Now) {
        self.agenda.set_by(Job::Count, now.boot + COUNT_OUTAGE_MS);
    }

    /// The service's estimate.
    pub(super) fn counted(&mut self, domain: Foreign, task_list: Foreign, count: u32, truncated: bool) {
        let new = PendingCount { domain, task_list, count, truncated };
        let known =
            self.claiming.counts.iter_mut().find(|old| old.domain == new.domain && old.task_list == new.task_list);
        match known {
            Some(old) => *old = new,
            None => self.claiming.counts.push(new),
        }
    }

    /// Counting is a convenience: a denial is said once, and that is all.
    pub(super) fn count_failed(&mut self, now: Now, failure: &Failure) {
        if self.reach.is_out() && !failure.class.is_outage() {
            self.heard(now, None);
        }
        if failure.class == Class::Denied && !self.claiming.count_denied {
            self.claiming.count_denied = true;
            let text = format!("waiting tasks cannot be counted: {}", failure.line());
            self.say(now, Level::Warn, "count", None, text);
        }
    }
}
