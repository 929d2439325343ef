//! The wire between screen and engine, and what is remembered of it for the way out.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use super::demo::{Autopilot, Present};
use crate::clock::Wall;
use crate::console::{Claiming, Command, Status, TaskFacts, TaskState};
use crate::runtime::Handle;
use crate::task::ClaimId;
use crate::tui::{Engine, EngineGone, News, Presenter};

/// A running engine as the screen sees it. In the demo an autopilot acts on what passes.
#[derive(Debug)]
pub struct Link {
    handle: Handle,
    autopilot: Option<Autopilot>,
    presenter: Option<Present>,
    last: LastKnown,
}

/// The newest facts, for whoever has to say what is lost.
#[derive(Debug, Default)]
pub struct LastKnown {
    tasks: BTreeMap<ClaimId, Arc<TaskFacts>>,
    /// The task lists of the poll in flight; the console forgets them when it leaves.
    polled: Arc<[Claiming]>,
    poll_in_flight: bool,
}

impl Link {
    pub fn new(handle: Handle, autopilot: Option<Autopilot>) -> Self {
        Self { handle, autopilot, presenter: None, last: LastKnown::default() }
    }

    /// The same with the stage behind the demo.
    pub fn with_presenter(self, presenter: Present) -> Self {
        Self { presenter: Some(presenter), ..self }
    }

    /// What was last known when news was last taken.
    pub fn last(&self) -> &LastKnown {
        &self.last
    }

    /// Nobody acts any more.
    pub fn end_autopilot(&mut self) {
        self.autopilot = None;
    }
}

impl Engine for Link {
    fn wake_fd(&self) -> BorrowedFd<'_> {
        self.handle.wake_fd()
    }

    fn take(&mut self) -> News {
        let news = self.handle.take();
        for facts in &news.changed {
            for command in self.autopilot.iter_mut().flat_map(|autopilot| autopilot.see(facts)) {
                // A stopped engine says so in its news.
                let _ = self.handle.send(command);
            }
        }
        self.last.learn(&news.changed, &news.removed, news.status.as_deref());
        let crate::runtime::News { changed, removed, status, log, calls, read, drained, gone } = news;
        News { changed, removed, status, log, calls, read, standing: None, drained, gone }
    }

    fn presenter(&mut self) -> Option<&mut dyn Presenter> {
        self.presenter.as_mut().map(|presenter| presenter as &mut dyn Presenter)
    }

    fn send(&mut self, command: Command) -> Result<(), EngineGone> {
        self.handle
            .send(command)
            .map_err(|gone| EngineGone(self.handle.take().gone.unwrap_or_else(|| gone.to_string())))
    }
}

impl LastKnown {
    fn learn(&mut self, changed: &[Arc<TaskFacts>], removed: &[ClaimId], status: Option<&Status>) {
        self.tasks.extend(changed.iter().map(|facts| (facts.id, Arc::clone(facts))));
        for claim in removed {
            self.tasks.remove(claim);
        }
        if let Some(status) = status {
            self.poll_in_flight = status.poll_in_flight;
            if !status.claiming.is_empty() {
                self.polled = Arc::clone(&status.claiming);
            }
        }
    }

    /// All tasks on the list.
    pub fn tasks(&self) -> impl Iterator<Item = &Arc<TaskFacts>> {
        self.tasks.values()
    }

    /// A task on the list.
    pub fn task(&self, claim: ClaimId) -> Option<&Arc<TaskFacts>> {
        self.tasks.get(&claim)
    }

    /// A poll has not been answered.
    pub fn poll_in_flight(&self) -> bool {
        self.poll_in_flight
    }

    /// How many tasks are kept alive, in words, and until when the last one is.
    pub fn kept(&self) -> Option<(String, Wall)> {
        let kept = || self.tasks.values().filter(|facts| !facts.has_ended()).filter_map(|facts| facts.lease);
        let until = kept().map(|lease| lease.until_wall).max()?;
        let tasks = match kept().count() {
            1 => "1 task".to_owned(),
            count => format!("{count} tasks"),
        };
        Some((tasks, until))
    }

    /// What leaving at this moment may cost, a printable sentence each.
    pub fn losses(&self) -> Vec<String> {
        let mut losses = Vec::new();
        if self.poll_in_flight {
            let lists = list(self.polled.iter().map(|claiming| claiming.task_list.line().into_owned()));
            losses.push(format!(
                "a task that SWF has just started for us from task list {lists} may be lost: it times out there"
            ));
        }
        let mut name = |what: &str, is: fn(&TaskFacts) -> bool| {
            let tasks = self.tasks.values().filter(|facts| is(facts));
            let tasks: Vec<String> = tasks.map(|facts| facts.activity_id.line().into_owned()).collect();
            if !tasks.is_empty() {
                losses.push(format!("{what}: {}", list(tasks)));
            }
        };
        name("not saved, their tokens are lost", |facts| !facts.saved && !facts.has_ended());
        name("closed, but not confirmed", |facts| matches!(facts.state, TaskState::Closing { .. }));
        name("heartbeats stop for", |facts| facts.lease.is_some() && !facts.has_ended());
        losses
    }
}

/// The first few, and how many more.
fn list(names: impl IntoIterator<Item = String>) -> String {
    const SHOWN: usize = 8;
    let names: Vec<String> = names.into_iter().collect();
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::clock::Boot;
    use crate::console::{Connection, Deadline, LeaseFact};
    use crate::task::{ActivityType, OutcomeKind, TimeoutKind, WorkflowExecution};

    /// A held task without anything.
    pub fn task(id: u64) -> TaskFacts {
        TaskFacts {
            id: ClaimId(id),
            domain: "ops".into(),
            task_list: "manual".into(),
            activity_id: format!("swap-{id}\x1b").into(),
            activity_type: ActivityType { name: "SwapDisk".into(), version: "1".into() },
            started_event_id: 6,
            execution: WorkflowExecution { workflow_id: "w".into(), run_id: "r".into() },
            input: None,
            claimed_at: Wall(0),
            state: TaskState::Held,
            saved: true,
            cancel: None,
            deadlines: TimeoutKind::CLAIMED.map(|kind| Deadline { kind, limit: None, at: None, approximate: false }),
            workflow_cancel: false,
            looking_up: false,
            lease: None,
            next_beat: None,
            last_beat: None,
            details: None,
            maybe: None,
            trouble: None,
            in_flight: false,
            left_out: false,
            note: None,
        }
    }

    fn status(poll_in_flight: bool, claiming: Vec<Claiming>) -> Status {
        Status {
            service: "here".into(),
            domain: "ops".into(),
            connection: Connection::Untried,
            claiming: claiming.into(),
            pending: [].into(),
            poll_in_flight,
            kept: 0,
            survives_ms: None,
            recovers_ms: None,
            tolerances: std::sync::Arc::new([]),
            left_out: 0,
            closing: 0,
            possible_orphans: 0,
            read_only: false,
            not_saved: None,
            disk_full: None,
            draining: false,
        }
    }

    #[test]
    fn what_may_be_lost_is_named() {
        let mut last = LastKnown::default();
        assert!(last.losses().is_empty());
        let lease = Some(LeaseFact { until: Boot(9), until_wall: Wall(9), length_ms: 9 });
        let closing = TaskState::Closing { kind: OutcomeKind::Failed, attempts: 1, unconfirmed: true, trouble: None };
        let tasks = [
            task(1),
            TaskFacts { lease, ..task(2) },
            TaskFacts { lease, ..task(3) },
            TaskFacts { state: closing, ..task(4) },
            TaskFacts { saved: false, ..task(5) },
        ];
        let claiming =
            Claiming { domain: "ops".into(), task_list: "manual".into(), wanted: 2, auto: None, identity: None };
        last.learn(&tasks.map(Arc::new), &[], Some(&status(true, vec![claiming])));
        last.learn(&[], &[ClaimId(3)], Some(&status(true, vec![])));
        assert_eq!(
            last.losses(),
            [
                "a task that SWF has just started for us from task list manual may be lost: it times out there",
                "not saved, their tokens are lost: swap-5␛",
                "closed, but not confirmed: swap-4␛",
                "heartbeats stop for: swap-2␛",
            ]
        );
        last.learn(&[], &[], Some(&status(false, vec![])));
        assert_eq!(last.losses().len(), 3);
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(list((1..=10).map(|n| n.to_string())), "1, 2, 3, 4, 5, 6, 7, 8 and 2 more");
    }
}
