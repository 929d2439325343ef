//! Behind the stage: carries out what the presenter and the story order, and watches the service while somebody wants to
//! see it. Sleeps otherwise.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender};

use super::admin::Admin;
use super::audience::Audience;
use super::scenario::{Scenario, What};
use super::view::{Active, Fault, Order, TaskName, Written};
use crate::clock;
use crate::text::Foreign;

/// The service's clocks are read this often while somebody looks at them.
const LOOK: Duration = Duration::from_secs(1);
/// After the admin interface did not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// What a colleague's completion says.
const COLLEAGUE: &str = "done by a colleague";

/// What the director is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cue {
    /// Let this happen now.
    Happen(What),
    /// The story's clock stands still, or goes on.
    Pause(bool),
}

type Events = Pin<Box<dyn Future<Output = Result<Vec<Written>, String>>>>;

/// Everything behind the stage.
pub struct Backstage<'a> {
    admin: Admin,
    scenario: &'a Scenario,
    audience: &'a dyn Audience,
    cues: Sender<Cue>,
    active: Vec<Active>,
    /// Somebody looks: the question for the next events that is under way.
    watch: Option<Events>,
    /// The number of the last event that was shown.
    shown: u64,
}

impl<'a> Backstage<'a> {
    /// Nothing goes wrong yet, and nobody looks.
    pub fn new(admin: Admin, scenario: &'a Scenario, audience: &'a dyn Audience, cues: Sender<Cue>) -> Self {
        Self { admin, scenario, audience, cues, active: Vec::new(), watch: None, shown: 0 }
    }

    /// Carries out orders as they come, for as long as it is not dropped.
    pub async fn run(mut self, mut orders: Receiver<Order>) -> Infallible {
        loop {
            let watches = self.watch.is_some();
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.carry_out(order).await,
                    None => std::future::pending().await,
                },
                events = next(&mut self.watch) => self.show_events(events).await,
                () = tokio::time::sleep(LOOK), if watches => {}
            }
            if self.watch.is_some() {
                self.show_clocks().await;
            }
        }
    }

    async fn carry_out(&mut self, order: Order) {
        match order {
            Order::Set(fault, on) => self.set(fault, on).await,
            Order::Cancel(task) => match self.activity(&task) {
                Some(what) => {
                    self.audience.say(format!("{}: its workflow wants it back", task.activity_id.line()));
                    self.cue(Cue::Happen(what)).await;
                }
                None => self.audience.complain(format!("{} is not of this scenario", task.activity_id.line())),
            },
            Order::Kill(task) => {
                self.audience.say(format!("{}: somebody terminates the workflow", task.workflow_id.line()));
                self.cue(Cue::Happen(What::Terminate(task.workflow_id))).await;
            }
            Order::Close(task) => match self.admin.complete(&task, COLLEAGUE).await {
                Ok(()) => self.audience.say(format!("{}: a colleague has completed it", task.activity_id.line())),
                Err(why) => self.audience.complain(format!("{}: {why}", task.activity_id.line())),
            },
            Order::Watch(true) if self.watch.is_none() => self.watch = Some(self.ask()),
            Order::Watch(true) => {}
            Order::Watch(false) => self.watch = None,
            Order::Pause(paused) => {
                let text = if paused { "the story stands still; timeouts do not" } else { "the story goes on" };
                self.audience.say(text.into());
                self.cue(Cue::Pause(paused)).await;
                self.audience.report(&mut |reports| reports.paused = Some(paused));
            }
        }
    }

    async fn cue(&self, cue: Cue) {
        // Without a director the play is over, which was said.
        let _ = self.cues.send(cue).await;
    }

    async fn set(&mut self, fault: Fault, on: bool) {
        if self.active.iter().any(|active| active.fault == fault) == on {
            return;
        }
        let mut active = self.active.clone();
        if on {
            active.push(Active { fault, since: clock::now().boot });
        } else {
            active.retain(|active| active.fault != fault);
        }
        let faults: Vec<Fault> = active.iter().map(|active| active.fault).collect();
        if let Err(why) = self.admin.set_faults(&faults).await {
            self.audience.complain(format!("the fault could not be set: {why}"));
            return;
        }
        self.active = active;
        self.audience.say(if on { fault.begins() } else { fault.ends() }.into());
        self.audience.report(&mut |reports| reports.faults = Some(self.active.clone()));
    }

    /// The cancel request of a task, whose id may have a number after that of its activity.
    fn activity(&self, task: &TaskName) -> Option<What> {
        let workflow = self.scenario.workflows.iter().find(|workflow| workflow.id == task.workflow_id)?;
        let activity = workflow.activities.iter().find(|activity| is_of(&task.activity_id, &activity.id))?;
        Some(What::Cancel { workflow: workflow.id.clone(), activity: activity.id.clone() })
    }

    fn ask(&self) -> Events {
        let (admin, after) = (self.admin.clone(), self.shown);
        Box::pin(async move { admin.events(after).await })
    }

    async fn show_events(&mut self, events: Result<Vec<Written>, String>) {
        match events {
            Ok(events) => {
                self.shown = events.last().map_or(self.shown, |event| event.number);
                self.audience.report(&mut |reports| reports.events.extend(events.iter().cloned()));
            }
            Err(why) => {
                self.audience.complain(format!("the service's history is not read: {why}"));
                tokio::time::sleep(PAUSE).await;
            }
        }
        self.watch = Some(self.ask());
    }

    async fn show_clocks(&self) {
        // A failure is said by the events, which go the same way.
        if let Ok(clocks) = self.admin.clocks().await {
            self.audience.report(&mut |reports| reports.clocks = Some(clocks.clone()));
        }
    }
}

/// What comes of the question under way, if one is.
async fn next(watch: &mut Option<Events>) -> Result<Vec<Written>, String> {
    match watch {
        Some(events) => events.await,
        None => std::future::pending().await,
    }
}

/// Whether a task is one of an activity's: its id is the activity's, or that with `-2`, `-3` … after it.
fn is_of(task: &Foreign, activity: &Foreign) -> bool {
    let rest = task.raw().strip_prefix(activity.raw());
    rest.is_some_and(|rest| {
        let number = rest.strip_prefix('-').and_then(|number| number.parse::<u32>().ok());
        rest.is_empty() || number.is_some_and(|number| number > 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_tasks_are_of_their_activity_and_others_are_not() {
        let is_of = |task: &str, activity: &str| is_of(&task.into(), &activity.into());
        assert!(is_of("keys-3", "keys-3") && is_of("keys-3-2", "keys-3") && is_of("keys-3-14", "keys-3"));
        assert!(!is_of("keys-31", "keys-3") && !is_of("keys-3-x", "keys-3") && !is_of("keys-3-1", "keys-3"));
    }
}
