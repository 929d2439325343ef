//! What the screen wants to read: history pages and counts of task lists. The console spends the quota; the payload goes
//! from the runtime to the screen, past the console.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::clock::Now;
use crate::task::{EndedMark, WorkflowExecution};
use crate::text::Foreign;
use crate::wire::{Answer, Class, Failure, Request};

use super::Console;
use super::agenda::Job;
use super::cadence::CALL_LIMIT_MS;
use super::event::{CallId, Effect, Timing};
use super::facts::{Connection, TaskFacts};
use super::live::Purpose;

/// Reads in flight at once; they share the rate of the console's own questions.
const WIDTH: usize = 2;
/// More wait only if somebody leans on a key: the oldest are dropped.
const MOST_WAITING: usize = 32;

/// Names one question of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueryId(pub u64);

/// Something the screen wants to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// A page of an execution's history, newest first. Answered with [`crate::wire::Answer::History`].
    History {
        /// The domain.
        domain: Foreign,
        /// The execution.
        execution: WorkflowExecution,
        /// Events a page, 1 to 1,000.
        page_size: u16,
        /// From the page before; `None` for the newest.
        page_token: Option<String>,
    },
    /// Tasks that ended long ago, from the journal; costs no quota. Answered with [`Found::Ended`].
    Ended {
        /// Those behind this place; `None` for those that ended last.
        from: Option<EndedMark>,
        /// At most so many.
        most: usize,
    },
    /// How many tasks wait in a task list. Answered with [`crate::wire::Answer::Pending`].
    Waiting {
        /// The domain.
        domain: Foreign,
        /// The task list.
        task_list: Foreign,
    },
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The service's answer.
    Answer(Answer),
    /// Tasks that have ended, those that ended last first.
    Ended {
        /// Their facts.
        tasks: Vec<Arc<TaskFacts>>,
        /// Where to go on, if there are more.
        next: Option<EndedMark>,
    },
}

/// A question of the screen to the service.
#[derive(Debug)]
struct Asked {
    query: QueryId,
    request: Request,
}

/// The questions that wait for their turn.
#[derive(Debug, Default)]
pub(super) struct Reading {
    waiting: VecDeque<Asked>,
}

impl Console {
    /// The screen wants to read something.
    pub(super) fn query(&mut self, now: Now, id: QueryId, query: Query) {
        let request = match query {
            Query::Ended { from, most } => {
                self.out.push(Effect::ReadEnded { query: id, from, most });
                return;
            }
            Query::History { domain, execution, page_size, page_token } => {
                Request::History { domain, execution, reverse: true, page_size, page_token }
            }
            Query::Waiting { domain, task_list } => Request::CountPending { domain, task_list },
        };
        let Reading { waiting, .. } = &mut self.reading;
        waiting.push_back(Asked { query: id, request });
        if waiting.len() > MOST_WAITING
            && let Some(Asked { query, .. }) = waiting.pop_front()
        {
            self.out.push(Effect::Unread { query, why: "too many questions at once".into() });
        }
        self.agenda.set_by(Job::Read, now.boot);
    }

    /// Sends what waits, as far as quota and service allow.
    pub(super) fn send_reads(&mut self, now: Now) {
        loop {
            if self.reading.waiting.is_empty() || self.calls.for_screen() >= WIDTH {
                return;
            }
            if self.reach.may_send(now.boot, 0).is_err() {
                self.refuse_reads();
                return;
            }
            if let Err(until) = self.asks.may_ask(now) {
                self.agenda.set(Job::Read, until);
                return;
            }
            let Some(Asked { query, request }) = self.reading.waiting.pop_front() else { return };
            let call = self.new_call(now, Purpose::Read { query, operation: request.operation() }, None);
            self.out.push(Effect::Read { query, call, request, limit_ms: CALL_LIMIT_MS });
        }
    }

    /// Nothing can be read now: better said than waited for.
    fn refuse_reads(&mut self) {
        let why = match self.reach.connection() {
            Connection::OutOfReach { why, .. } => format!("the service is out of reach: {why}"),
            Connection::NoAccess { why, .. } => format!("no access: {why}"),
            _ => "the service is out of reach".to_owned(),
        };
        for Asked { query, .. } in std::mem::take(&mut self.reading.waiting) {
            self.out.push(Effect::Unread { query, why: why.clone() });
        }
    }

    /// A read came to its end; the screen has what was read, or why not, already.
    pub(super) fn was_read(&mut self, now: Now, call: CallId, timing: Timing, failure: Option<&Failure>) {
        let Some(purpose) = self.calls.remove(call) else { return };
        self.sample_date(now, timing);
        self.tell_call(now, &purpose, timing, failure);
        match failure {
            None => {
                self.heard(now, Some(timing.received - timing.sent));
            }
            // What only concerns the reading is no reason to stop heartbeats.
            Some(Failure { class: Class::Denied | Class::Gone | Class::Refused | Class::Invalid, .. }) => {}
            Some(failure) => self.heard_failure(now, failure),
        }
        self.agenda.set_by(Job::Read, now.boot);
    }
}
