//! The director: registers, starts, decides, and lets things happen. Wakes up only when a poll is answered or something
//! is due.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use crate::clock::{self, Boot};
use crate::swf::decider::{Client, DecisionTask, Start};
use crate::task::ActivityType;
use crate::text::Foreign;
use crate::wire::{Class, Failure};

use tokio::sync::mpsc::{Receiver, Sender};

use super::agenda::{Agenda, Item, millis};
use super::audience::Audience;
use super::backstage::Cue;
use super::decide::{CANCEL_SIGNAL, decide, ends_execution};
use super::scenario::{Scenario, What, Workflow};
use super::view::Order;

/// For how many days a domain keeps closed executions.
const RETENTION_DAYS: u8 = 1;
/// A decision that got lost is asked for again after so many seconds.
const DECISION_TIMEOUT: &str = "10";
/// How long to wait after the first failure in a row; doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Prepares and plays a scenario until it is dropped. Ends only with a failure that no second attempt can mend, such as
/// a denial.
pub async fn direct(client: Client, scenario: &Scenario) -> Failure {
    match Director::prepare(client, scenario).await {
        Ok(director) => director.play().await,
        Err(failure) => failure,
    }
}

/// Plays one scenario. Nothing it has started ends with it.
#[derive(Debug)]
pub struct Director<'a> {
    client: Client,
    scenario: &'a Scenario,
    started_at: Boot,
    /// Since when the story stands still.
    paused: Option<Boot>,
}

/// Before whom and with whom a scenario is played.
pub struct House<'a> {
    /// Whoever watches.
    pub audience: &'a dyn Audience,
    /// Carries out faults.
    pub orders: Sender<Order>,
    /// What somebody wants to happen beside the script.
    pub cues: Receiver<Cue>,
    /// The operator's acts are played too.
    pub hands_free: bool,
}

/// Whether another attempt may go better.
fn may_pass(failure: &Failure) -> bool {
    matches!(failure.class, Class::Throttled | Class::NotApplied | Class::Unknown)
}

impl<'a> Director<'a> {
    /// Registers the domain and the types. From then on the scenario's task list can be polled; before, SWF refuses a poll
    /// because it does not know the domain.
    ///
    /// # Errors
    /// A failure that no second attempt can mend.
    pub async fn prepare(client: Client, scenario: &'a Scenario) -> Result<Self, Failure> {
        let director = Self { client, scenario, started_at: clock::now().boot, paused: None };
        director.register().await?;
        Ok(director)
    }

    /// Starts the scenario's clock and its workflows, decides, and lets things happen, until it is dropped. Nobody
    /// watches: captions, acts and faults are left out.
    ///
    /// Comes back only with a failure that no second attempt can mend.
    pub async fn play(self) -> Failure {
        self.play_before(None).await
    }

    /// The same before somebody, with everything a scenario has.
    pub async fn play_before(mut self, mut house: Option<House<'_>>) -> Failure {
        self.started_at = clock::now().boot;
        match self.run(&mut house).await {
            Ok(never) => match never {},
            Err(failure) => failure,
        }
    }

    async fn run(&mut self, house: &mut Option<House<'_>>) -> Result<Infallible, Failure> {
        let mut agenda = Agenda::new(self.scenario);
        let polling = self.polling();
        let mut poll = polling();
        loop {
            tokio::select! {
                // A poll is never dropped half way: a decision task could be lost with it.
                polled = &mut poll => {
                    if let Some(task) = polled? {
                        self.decide(task, &mut agenda).await?;
                    }
                    poll = polling();
                }
                cue = next(house) => match cue {
                    Cue::Happen(what) => self.perform(Item::Happen(what), &mut agenda, house.as_ref()).await?,
                    Cue::Pause(paused) => self.pause(paused),
                },
                () = self.until(agenda.next()) => {
                    while let Some(item) = agenda.take(self.elapsed()) {
                        self.perform(item, &mut agenda, house.as_ref()).await?;
                    }
                }
            }
        }
    }

    /// Milliseconds since the start of the scenario, without those in which it stood still.
    fn elapsed(&self) -> i64 {
        self.paused.unwrap_or_else(|| clock::now().boot) - self.started_at
    }

    fn pause(&mut self, paused: bool) {
        let now = clock::now().boot;
        match self.paused.take() {
            Some(since) if paused => self.paused = Some(since),
            Some(since) => self.started_at = self.started_at + (now - since),
            None => self.paused = paused.then_some(now),
        }
    }

    /// Waits until an instant of the scenario, or for ever.
    async fn until(&self, at: Option<i64>) {
        match at.filter(|_| self.paused.is_none()) {
            Some(at) => {
                let left = u64::try_from(at - self.elapsed()).unwrap_or(0);
                tokio::time::sleep(Duration::from_millis(left)).await;
            }
            None => std::future::pending().await,
        }
    }

    async fn register(&self) -> Result<(), Failure> {
        let domain = &self.scenario.domain;
        patiently(|| self.client.register_domain(domain, RETENTION_DAYS)).await?;
        let mut activity_types: Vec<&ActivityType> = self.scenario.activities().map(|it| &it.activity_type).collect();
        activity_types.sort_unstable();
        activity_types.dedup();
        for activity_type in activity_types {
            patiently(|| self.client.register_activity_type(domain, activity_type)).await?;
        }
        let workflows = self.scenario.workflows.iter();
        let mut workflow_types: Vec<_> = workflows.map(|workflow| (&workflow.name, &workflow.version)).collect();
        workflow_types.sort_unstable();
        workflow_types.dedup();
        for (name, version) in workflow_types {
            patiently(|| self.client.register_workflow_type(domain, name, version)).await?;
        }
        Ok(())
    }

    /// Makes polls that do not borrow from the director.
    fn polling(&self) -> impl Fn() -> BoxedPoll + use<> {
        let (client, domain, task_list) =
            (self.client.clone(), self.scenario.domain.clone(), self.scenario.decision_task_list());
        move || {
            let (client, domain, task_list) = (client.clone(), domain.clone(), task_list.clone());
            Box::pin(async move {
                let identity: Foreign = "swfbeat demo".into();
                patiently(|| client.poll_for_decision_task(&domain, &task_list, &identity)).await
            })
        }
    }

    async fn decide(&self, task: DecisionTask, agenda: &mut Agenda) -> Result<(), Failure> {
        let workflows = &self.scenario.workflows;
        let workflow = workflows.iter().enumerate().find(|(_, workflow)| workflow.id == task.execution.workflow_id);
        let decisions =
            workflow.map_or_else(Vec::new, |(_, workflow)| decide(workflow, &self.scenario.task_list, &task.events));
        let ends = decisions.iter().any(ends_execution);
        // What is lost is asked for again, and what was decided for an execution that is over does not matter.
        match self.client.respond_decision_task_completed(&task.token, decisions).await {
            Ok(()) => {}
            Err(failure) if may_pass(&failure) || failure.class == Class::Gone => return Ok(()),
            Err(failure) => return Err(failure),
        }
        if let Some((index, workflow)) = workflow.filter(|_| ends) {
            self.repeat(index, workflow, agenda);
        }
        Ok(())
    }

    fn repeat(&self, index: usize, workflow: &Workflow, agenda: &mut Agenda) {
        if let Some(pause) = workflow.repeat {
            agenda.add(self.elapsed() + millis(pause), Item::Start(index));
        }
    }

    async fn perform(&self, item: Item, agenda: &mut Agenda, house: Option<&House<'_>>) -> Result<(), Failure> {
        let (client, domain) = (&self.client, &self.scenario.domain);
        let done = match &item {
            Item::Say(_) | Item::Act(_) | Item::Heal(_) | Item::End | Item::Happen(What::Break { .. }) => {
                if let Some(house) = house {
                    self.show(&item, agenda, house).await;
                }
                Ok(())
            }
            Item::Start(index) => {
                let start = self.start(&self.scenario.workflows[*index]);
                patiently(|| client.start_workflow_execution(&start)).await.map(drop)
            }
            Item::Happen(What::Cancel { workflow, activity }) => {
                let signal = || client.signal_workflow_execution(domain, workflow, CANCEL_SIGNAL, Some(activity));
                patiently(signal).await
            }
            Item::Happen(What::CancelWorkflow(workflow)) => {
                patiently(|| client.request_cancel_workflow_execution(domain, workflow)).await
            }
            Item::Happen(What::Terminate(id)) => {
                let workflows = self.scenario.workflows.iter().enumerate();
                for (index, workflow) in workflows.filter(|(_, workflow)| workflow.id == *id) {
                    self.repeat(index, workflow, agenda);
                }
                let reason: Foreign = "terminated by the demo".into();
                patiently(|| client.terminate_workflow_execution(domain, id, Some(&reason))).await
            }
        };
        match done {
            // It is over already, or was started by an earlier run: the show goes on.
            Err(failure) if failure.class == Class::Gone || already_started(&failure) => Ok(()),
            done => done,
        }
    }

    /// What the service has no part in.
    async fn show(&self, item: &Item, agenda: &mut Agenda, house: &House<'_>) {
        let order = |fault, on| house.orders.send(Order::Set(fault, on));
        match item {
            Item::Say(index) => house.audience.caption(self.scenario.captions[*index].text.line().into_owned()),
            Item::Act(index) if house.hands_free => {
                let act = &self.scenario.acts[*index].act;
                house.audience.report(&mut |reports| reports.acts.push(act.clone()));
            }
            Item::Happen(What::Break { fault, lasts }) => {
                agenda.add(self.elapsed() + millis(*lasts), Item::Heal(*fault));
                // Nobody takes it only if nobody is there to see it.
                let _ = order(*fault, true).await;
            }
            Item::Heal(fault) => {
                let _ = order(*fault, false).await;
            }
            Item::End => self.end(house),
            _ => {}
        }
    }

    /// Says what was to be seen: to whoever only watched in a place of its own, to everybody else as a caption.
    fn end(&self, house: &House<'_>) {
        let Some(end) = &self.scenario.end else { return };
        let text = end.text.line();
        if house.hands_free {
            house.audience.report(&mut |reports| reports.summary = Some(text.clone().into_owned()));
        } else {
            house.audience.caption(text.into_owned());
        }
    }

    fn start(&self, workflow: &Workflow) -> Start {
        Start {
            domain: self.scenario.domain.clone(),
            workflow_id: workflow.id.clone(),
            name: workflow.name.clone(),
            version: workflow.version.clone(),
            task_list: self.scenario.decision_task_list(),
            input: workflow.input.clone(),
            execution_timeout: workflow.timeout.to_string(),
            decision_timeout: DECISION_TIMEOUT.to_owned(),
        }
    }
}

type BoxedPoll = Pin<Box<dyn Future<Output = Result<Option<DecisionTask>, Failure>>>>;

/// The next cue, if somebody is there to give one.
async fn next(house: &mut Option<House<'_>>) -> Cue {
    let cue = match house {
        Some(house) => house.cues.recv().await,
        None => None,
    };
    match cue {
        Some(cue) => cue,
        None => std::future::pending().await,
    }
}

/// Makes a call until it is answered, however often the way there fails.
async fn patiently<T, F>(mut call: impl FnMut() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match call().await {
            Err(failure) if may_pass(&failure) => tokio::time::sleep(pause).await,
            end => return end,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn already_started(failure: &Failure) -> bool {
    failure.code.as_ref().is_some_and(|code| code.raw() == "WorkflowExecutionAlreadyStartedFault")
}
