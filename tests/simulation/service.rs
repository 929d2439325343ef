//! The service's side of the world: the emulator core with its own clock, and the workflows that keep it busy.

use std::collections::HashMap;

use serde::Deserialize;
use swfbeat::emulator::{Answer, Config, Handled, RequestId, Service};

use super::chance::Chance;
use super::translate::{Event, Execution, text};

/// Calls of the decider and of the world itself have ids from here on.
const OWN: u64 = 1 << 60;
/// Tasks that should wait for somebody to claim them.
const WAITING: usize = 12;
/// An execution in so many has a history of more than one page.
const LONG: i64 = 400;

/// A timeout in seconds; `None` is no limit.
pub type Seconds = Option<u32>;

/// What the decider asked for when it scheduled a task.
#[derive(Debug, Clone)]
pub struct Spec {
    pub workflow: u32,
    pub heartbeat: Seconds,
}

/// An open execution as the decider knows it.
#[derive(Debug, Default)]
struct Workflow {
    /// Open activity tasks by the event that scheduled them.
    open: HashMap<i64, u32>,
    begun: bool,
}

/// The emulator core and the decider.
pub struct Host {
    pub service: Service,
    chance: Chance,
    own: u64,
    /// Service time at the world's instant 0.
    base: i64,
    pub drift_ppm: i64,
    decision_poll: Option<u64>,
    /// Every task ever scheduled: `task-1` is the first.
    pub specs: Vec<Spec>,
    workflows: HashMap<String, Workflow>,
    started: u32,
    /// Tasks that were asked to cancel since somebody looked.
    pub asked_to_cancel: Vec<u32>,
    /// Something may have ended tasks that is not one of their own timeouts.
    pub swept: bool,
    /// The workflows schedule short-lived tasks only: the load is heavy.
    heavy: bool,
    /// No new tasks.
    pub winding_down: bool,
}

/// A decision task on the wire.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Decision<'a> {
    task_token: Option<&'a str>,
    #[serde(default, borrow)]
    events: Vec<Event<'a>>,
    #[serde(default, borrow)]
    workflow_execution: Execution<'a>,
}

impl Host {
    pub fn new(seed: u64, heavy: bool) -> Self {
        let mut chance = Chance::new(seed ^ 0xdec1_de12);
        let config = Config { seed, account: "123456789012".into(), region: "us-east-1".into(), poll_hold: 60_000 };
        let base = 1_790_000_000_000 + chance.between(-100_000_000, 100_000_000);
        // Up to the guard, and now and then right at it.
        let drift_ppm = chance.between(-600, 600).clamp(-500, 500);
        let mut host = Self {
            service: Service::new(config),
            chance,
            own: OWN,
            base,
            drift_ppm,
            decision_poll: None,
            specs: Vec::new(),
            workflows: HashMap::new(),
            started: 0,
            asked_to_cancel: Vec::new(),
            swept: false,
            heavy,
            winding_down: false,
        };
        host.set_up();
        host
    }

    /// The service's clock at an instant of the world.
    pub fn clock(&self, at: i64) -> i64 {
        self.base + at + (at * self.drift_ppm).div_euclid(1_000_000)
    }

    /// The first instant of the world at which the service's clock shows `service` or more.
    pub fn local(&self, service: i64) -> i64 {
        let mut at = (service - self.base) * 1_000_000 / (1_000_000 + self.drift_ppm);
        while self.clock(at) < service {
            at += 1;
        }
        while self.clock(at - 1) >= service {
            at -= 1;
        }
        at
    }

    /// One request of nobody's console, answered at once.
    pub fn ask(&mut self, at: i64, operation: &str, body: &str) -> Answer {
        self.own += 1;
        match self.service.handle(self.clock(at), RequestId(self.own), operation, body.as_bytes()) {
            Handled::Answer(answer) => answer,
            Handled::Held => panic!("{operation} is held"),
        }
    }

    fn must(&mut self, at: i64, operation: &str, body: &str) -> Answer {
        let answer = self.ask(at, operation, body);
        assert_eq!(answer.status, 200, "{operation}: {}", String::from_utf8_lossy(&answer.body));
        answer
    }

    fn set_up(&mut self) {
        self.must(0, "RegisterDomain", r#"{"name":"sim","workflowExecutionRetentionPeriodInDays":"1"}"#);
        self.must(
            0,
            "RegisterWorkflowType",
            r#"{"domain":"sim","name":"Sim","version":"1","defaultChildPolicy":"TERMINATE",
                "defaultTaskList":{"name":"deciders"},"defaultTaskStartToCloseTimeout":"30",
                "defaultExecutionStartToCloseTimeout":"86400"}"#,
        );
        self.must(
            0,
            "RegisterActivityType",
            r#"{"domain":"sim","name":"Act","version":"1","defaultTaskHeartbeatTimeout":"60",
                "defaultTaskStartToCloseTimeout":"3600","defaultTaskScheduleToCloseTimeout":"NONE"}"#,
        );
    }

    /// Starts executions until enough tasks wait.
    pub fn supply(&mut self, at: i64) {
        if self.winding_down {
            return;
        }
        let answer = self.must(at, "CountPendingActivityTasks", r#"{"domain":"sim","taskList":{"name":"manual"}}"#);
        let mut waiting =
            String::from_utf8_lossy(&answer.body).chars().filter(char::is_ascii_digit).collect::<String>();
        waiting.truncate(9);
        for _ in (waiting.parse().unwrap_or(0)..WAITING).step_by(3) {
            self.started += 1;
            let lengths = if self.heavy { ["86400"; 4] } else { ["86400", "28800", "7200", "1800"] };
            let length = self.chance.pick(&lengths).copied().expect("not empty");
            let body = format!(
                r#"{{"domain":"sim","workflowId":"sim-{}","workflowType":{{"name":"Sim","version":"1"}},
                    "executionStartToCloseTimeout":"{length}"}}"#,
                self.started
            );
            self.must(at, "StartWorkflowExecution", &body);
        }
    }

    /// Asks the decider to cancel a task.
    pub fn request_cancel(&mut self, at: i64, number: u32) {
        let workflow = self.specs[number as usize - 1].workflow;
        let body = format!(
            r#"{{"domain":"sim","workflowId":"sim-{workflow}","signalName":"cancel","input":"task-{number}"}}"#
        );
        // The execution may have closed: then there is nothing to cancel.
        self.ask(at, "SignalWorkflowExecution", &body);
    }

    /// Ends the execution of a task, and all its tasks with it.
    pub fn terminate(&mut self, at: i64, number: u32) {
        let workflow = self.specs[number as usize - 1].workflow;
        let body = format!(r#"{{"domain":"sim","workflowId":"sim-{workflow}"}}"#);
        self.ask(at, "TerminateWorkflowExecution", &body);
        self.swept = true;
    }

    /// Lets the decider work; gives answers to held polls of others.
    pub fn advance(&mut self, at: i64) -> Vec<(u64, Answer)> {
        let mut others = Vec::new();
        loop {
            if self.decision_poll.is_none() {
                self.poll_for_decision(at);
            }
            let answers = self.service.advance(self.clock(at));
            if answers.is_empty() {
                return others;
            }
            for (RequestId(id), answer) in answers {
                if self.decision_poll == Some(id) {
                    self.decision_poll = None;
                    self.decide(at, &answer.body);
                } else {
                    others.push((id, answer));
                }
            }
        }
    }

    fn poll_for_decision(&mut self, at: i64) {
        loop {
            self.own += 1;
            let body = br#"{"domain":"sim","taskList":{"name":"deciders"},"startAtPreviousStartedEvent":true}"#;
            match self.service.handle(self.clock(at), RequestId(self.own), "PollForDecisionTask", body) {
                Handled::Held => {
                    self.decision_poll = Some(self.own);
                    return;
                }
                Handled::Answer(answer) => self.decide(at, &answer.body),
            }
        }
    }

    fn decide(&mut self, at: i64, body: &[u8]) {
        let task: Decision<'_> = serde_json::from_str(text(body)).expect("JSON");
        let Some(token) = task.task_token else { return };
        let id = task.workflow_execution.workflow_id;
        let mut workflow = self.workflows.remove(id).unwrap_or_default();
        let mut decisions = Vec::new();
        for event in &task.events {
            match event.name {
                "ActivityTaskScheduled" => {
                    workflow.open.insert(event.id, number(event.attributes.activity_id));
                }
                "ActivityTaskCompleted" | "ActivityTaskFailed" | "ActivityTaskCanceled" | "ActivityTaskTimedOut" => {
                    workflow.open.remove(&event.attributes.scheduled_event_id);
                }
                "WorkflowExecutionSignaled" => {
                    let wanted = number(event.attributes.input.unwrap_or(""));
                    if workflow.open.values().any(|it| *it == wanted) {
                        self.asked_to_cancel.push(wanted);
                        decisions.push(format!(
                            r#"{{"decisionType":"RequestCancelActivityTask","requestCancelActivityTaskDecisionAttributes":{{"activityId":"task-{wanted}"}}}}"#
                        ));
                    }
                }
                _ => {}
            }
        }
        if !std::mem::replace(&mut workflow.begun, true) {
            self.begin(id, &mut decisions);
        } else if workflow.open.is_empty() && decisions.is_empty() {
            decisions.push(r#"{"decisionType":"CompleteWorkflowExecution"}"#.to_owned());
        }
        self.workflows.insert(id.to_owned(), workflow);
        let body = format!(r#"{{"taskToken":"{token}","decisions":[{}]}}"#, decisions.join(","));
        self.ask(at, "RespondDecisionTaskCompleted", &body);
    }

    /// An execution's first decisions: all its tasks.
    fn begin(&mut self, id: &str, decisions: &mut Vec<String>) {
        for _ in 0..self.chance.between(1, 5) {
            decisions.push(self.schedule(number(id)));
        }
        if self.chance.between(1, LONG) == 1 {
            let marker = r#"{"decisionType":"RecordMarker","recordMarkerDecisionAttributes":{"markerName":"m"}}"#;
            decisions.extend((0..1_050).map(|_| marker.to_owned()));
        }
    }

    fn schedule(&mut self, workflow: u32) -> String {
        const NONE: Seconds = None;
        let chance = &mut self.chance;
        let (heartbeat, start_to_close, whole) = if self.heavy {
            (chance.pick(&[30, 30, 45, 60]).copied().map(Some), Some(Some(28_800)), Some(NONE))
        } else {
            let heartbeats =
                [Some(30), Some(30), Some(45), Some(60), Some(60), Some(120), Some(300), Some(900), Some(3_600)];
            let lazy = [Some(28_800), NONE];
            let heartbeat =
                if chance.in_thousand(850) { chance.pick(&heartbeats).copied() } else { chance.pick(&lazy).copied() };
            let lengths = [Some(300), Some(1_800), Some(3_600), Some(28_800), Some(28_800), NONE];
            (
                heartbeat,
                chance.pick(&lengths).copied(),
                chance.pick(&[Some(1_200), Some(7_200), Some(28_800), NONE, NONE]).copied(),
            )
        };
        let (heartbeat, start_to_close) = (heartbeat.expect("picked"), start_to_close.expect("picked"));
        self.specs.push(Spec { workflow, heartbeat });
        format!(
            r#"{{"decisionType":"ScheduleActivityTask","scheduleActivityTaskDecisionAttributes":{{
                "activityType":{{"name":"Act","version":"1"}},"activityId":"task-{}","taskList":{{"name":"manual"}},
                "scheduleToStartTimeout":"3600","heartbeatTimeout":"{}","startToCloseTimeout":"{}",
                "scheduleToCloseTimeout":"{}"}}}}"#,
            self.specs.len(),
            words(heartbeat),
            words(start_to_close),
            words(whole.expect("picked")),
        )
    }
}

fn words(seconds: Seconds) -> String {
    seconds.map_or_else(|| "NONE".to_owned(), |seconds| seconds.to_string())
}

/// `7` of `task-7` and of `sim-7`; 0 of anything else.
pub fn number(id: &str) -> u32 {
    id.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
