//! The one deadline queue: what wants to happen when. A few entries a claim, no timer anywhere.
//!
//! Not for deciding: what a job does when its time has come is said where the job belongs (`beats`, `closing` …).

use std::collections::BTreeSet;

use crate::clock::Boot;
use crate::task::ClaimId;

use super::executions::ExecutionId;
use super::numbers::NumberMap;

/// Something that wants to happen at an instant. Each is at most once in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Job {
    /// A heartbeat is due.
    Beat(ClaimId),
    /// A heartbeat in flight wants a second attempt beside it.
    Second(ClaimId),
    /// The close is to be sent (again).
    Close(ClaimId),
    /// History or the type is to be asked (again).
    Lookup(ClaimId),
    /// A lower bound has passed: has the service ended the task?
    Overdue(ClaimId),
    /// The keep-alive lease wants a warning, or ends.
    Lease(ClaimId),
    /// A deadline of the task becomes due.
    Due(ClaimId),
    /// The operator wanted to be reminded of the task.
    FollowUp(ClaimId),
    /// Facts of more claims are told anew.
    Restate,
    /// A look at an execution's history, for tasks that nobody beats.
    Watch(ExecutionId),
    /// A question about history or a type may go out.
    Ask,
    /// The search for orphans goes on.
    Orphans,
    /// A poll may go out (again).
    Poll,
    /// Whether enough tasks are held, and for how long that is wanted.
    AutoClaim,
    /// Task lists are counted (again).
    Count,
    /// What the screen wants to read may be asked.
    Read,
    /// What is not on disk is tried again.
    Save,
    /// The disk should have answered.
    Disk,
    /// Something may be sent again after an outage, a refusal or throttling.
    Reach,
    /// The patience of leaving is over.
    Leave,
}

/// The queue, ordered by instant.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    queue: BTreeSet<(Boot, Job)>,
    /// Heartbeats have a queue of their own: sometimes the next one is wanted before its time.
    beats: BTreeSet<(Boot, ClaimId)>,
    at: NumberMap<Job, Boot>,
    /// Where those of `beats` are.
    beats_at: NumberMap<ClaimId, Boot>,
}

impl Agenda {
    /// So many claims are about to come: each wants a heartbeat and some two other jobs.
    pub(super) fn reserve(&mut self, claims: usize) {
        self.beats_at.reserve(claims);
        self.at.reserve(2 * claims);
    }

    /// Puts a job at an instant, instead of wherever it was.
    pub(super) fn set(&mut self, job: Job, at: Boot) {
        let before = match job {
            Job::Beat(claim) => self.beats_at.insert(claim, at),
            _ => self.at.insert(job, at),
        };
        match before {
            Some(old) if old == at => return,
            Some(old) => self.remove(old, job),
            None => {}
        }
        match job {
            Job::Beat(claim) => self.beats.insert((at, claim)),
            _ => self.queue.insert((at, job)),
        };
    }

    /// As [`Agenda::set`], unless the job would happen earlier anyway.
    pub(super) fn set_by(&mut self, job: Job, at: Boot) {
        if self.when(job).is_none_or(|old| at < old) {
            self.set(job, at);
        }
    }

    /// Takes a job out.
    pub(super) fn clear(&mut self, job: Job) {
        let before = match job {
            Job::Beat(claim) => self.beats_at.remove(&claim),
            _ => self.at.remove(&job),
        };
        if let Some(old) = before {
            self.remove(old, job);
        }
    }

    fn remove(&mut self, at: Boot, job: Job) {
        match job {
            Job::Beat(claim) => self.beats.remove(&(at, claim)),
            _ => self.queue.remove(&(at, job)),
        };
    }

    /// Takes out all that concerns a claim.
    pub(super) fn clear_claim(&mut self, claim: ClaimId) {
        let jobs = [Job::Beat, Job::Second, Job::Close, Job::Lookup, Job::Overdue, Job::Lease, Job::Due, Job::FollowUp];
        for job in jobs.map(|job| job(claim)) {
            self.clear(job);
        }
    }

    /// When a job will happen.
    pub(super) fn when(&self, job: Job) -> Option<Boot> {
        match job {
            Job::Beat(claim) => self.beats_at.get(&claim).copied(),
            _ => self.at.get(&job).copied(),
        }
    }

    /// The first instant at which something wants to happen.
    pub(super) fn next(&self) -> Option<Boot> {
        self.first().map(|(at, _)| at)
    }

    /// The task whose heartbeat is due next.
    pub(super) fn next_beat(&self) -> Option<ClaimId> {
        self.beats.first().map(|&(_, claim)| claim)
    }

    /// All heartbeats, the next one first.
    pub(super) fn beats(&self) -> impl Iterator<Item = (Boot, ClaimId)> {
        self.beats.iter().copied()
    }

    /// The tasks whose heartbeats are due only after an instant.
    pub(super) fn beats_after(&self, at: Boot) -> Vec<ClaimId> {
        self.beats.range((at, ClaimId(u64::MAX))..).map(|&(_, claim)| claim).collect()
    }

    /// Takes out the first job whose time has come.
    pub(super) fn pop_due(&mut self, now: Boot) -> Option<(Boot, Job)> {
        let (at, job) = self.first().filter(|&(at, _)| at <= now)?;
        self.clear(job);
        Some((at, job))
    }

    fn first(&self) -> Option<(Boot, Job)> {
        let beat = self.beats.first().map(|&(at, claim)| (at, Job::Beat(claim)));
        [beat, self.queue.first().copied()].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_come_in_the_order_of_their_instants_and_once() {
        let mut agenda = Agenda::default();
        agenda.set(Job::Beat(ClaimId(1)), Boot(30));
        agenda.set(Job::Poll, Boot(20));
        agenda.set(Job::Beat(ClaimId(1)), Boot(10));
        agenda.set_by(Job::Poll, Boot(25));
        assert_eq!(agenda.next(), Some(Boot(10)));
        assert_eq!(agenda.pop_due(Boot(9)), None);
        assert_eq!(agenda.pop_due(Boot(40)), Some((Boot(10), Job::Beat(ClaimId(1)))));
        assert_eq!(agenda.pop_due(Boot(40)), Some((Boot(20), Job::Poll)));
        assert_eq!(agenda.pop_due(Boot(40)), None);
    }

    #[test]
    fn a_claim_leaves_nothing_behind() {
        let mut agenda = Agenda::default();
        agenda.set(Job::Beat(ClaimId(1)), Boot(1));
        agenda.set(Job::Lease(ClaimId(1)), Boot(1));
        agenda.set(Job::Close(ClaimId(2)), Boot(2));
        agenda.clear_claim(ClaimId(1));
        assert_eq!(agenda.next(), Some(Boot(2)));
    }
}
