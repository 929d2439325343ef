//! The service's side of the world: the emulator core, a workflow that always has tasks to hand out, its own clock.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use swfbeat::emulator::{Answer, Config, Handled, RequestId, Service};

use super::chance::Chance;

/// Calls of the decider and of the world itself have ids from here on.
const OWN: u64 = 1 << 40;
/// Tasks the decider keeps open.
const OPEN: usize = 12;

/// The emulator core and the decider that keeps it busy.
pub struct Host {
    pub service: Service,
    /// The seed's weather is calm: see `World`.
    pub calm: bool,
    own: u64,
    tasks: u64,
    executions: u64,
    chance: Chance,
    /// Service time is `base + boot + drift`, milliseconds.
    base: i64,
    drift_ppm: i64,
    decision_poll: Option<u64>,
    /// The present execution has so long a history that it would not fit a page: time for the next.
    tired: bool,
}

impl Host {
    pub fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0xdec1_de12);
        let config = Config { seed, account: "123456789012".into(), region: "us-east-1".into(), poll_hold: 60_000 };
        let base = 1_790_000_000_000 + chance.between(-100_000_000, 100_000_000);
        let drift_ppm = chance.between(-400, 400);
        let service = Service::new(config);
        let mut host = Self {
            service,
            calm: false,
            own: OWN,
            tasks: 0,
            executions: 0,
            chance,
            base,
            drift_ppm,
            decision_poll: None,
            tired: false,
        };
        host.set_up();
        host
    }

    /// The service's clock at a boot instant.
    pub fn clock(&self, boot: i64) -> i64 {
        self.base + boot + boot * self.drift_ppm / 1_000_000
    }

    /// The first boot instant at which the service's clock shows `service` or more.
    pub fn local(&self, service: i64) -> i64 {
        let mut boot = (service - self.base) - (service - self.base) * self.drift_ppm / 1_000_000;
        while self.clock(boot) < service {
            boot += 1;
        }
        while self.clock(boot - 1) >= service {
            boot -= 1;
        }
        boot
    }

    /// One request that is answered at once.
    pub fn ask(&mut self, boot: i64, operation: &str, body: &Value) -> Value {
        self.own += 1;
        match self.service.handle(self.clock(boot), RequestId(self.own), operation, body.to_string().as_bytes()) {
            Handled::Answer(answer) => {
                assert_eq!(answer.status, 200, "{operation}: {}", String::from_utf8_lossy(&answer.body));
                if answer.body.is_empty() { Value::Null } else { serde_json::from_slice(&answer.body).expect("JSON") }
            }
            Handled::Held => panic!("{operation} is held"),
        }
    }

    fn set_up(&mut self) {
        self.ask(0, "RegisterDomain", &json!({"name": "sim", "workflowExecutionRetentionPeriodInDays": "1"}));
        self.ask(
            0,
            "RegisterWorkflowType",
            &json!({"domain": "sim", "name": "Sim", "version": "1",
            "defaultChildPolicy": "TERMINATE", "defaultTaskList": {"name": "deciders"},
            "defaultTaskStartToCloseTimeout": "30", "defaultExecutionStartToCloseTimeout": "86400"}),
        );
        self.ask(
            0,
            "RegisterActivityType",
            &json!({"domain": "sim", "name": "Act", "version": "1",
            "defaultTaskHeartbeatTimeout": "60", "defaultTaskStartToCloseTimeout": "600"}),
        );
        self.start(0);
    }

    /// Starts another execution.
    pub fn start(&mut self, boot: i64) {
        self.executions += 1;
        let id = format!("sim-{}", self.executions);
        self.ask(
            boot,
            "StartWorkflowExecution",
            &json!({"domain": "sim", "workflowId": id,
            "workflowType": {"name": "Sim", "version": "1"}}),
        );
    }

    /// Ends the present execution, and its tasks with it, and starts the next.
    pub fn replace_execution(&mut self, boot: i64) {
        let id = format!("sim-{}", self.executions);
        self.ask(boot, "TerminateWorkflowExecution", &json!({"domain": "sim", "workflowId": id}));
        self.start(boot);
    }

    /// Asks the decider to cancel a task.
    pub fn request_cancel(&mut self, boot: i64, activity_id: &str) {
        let id = format!("sim-{}", self.executions);
        self.ask(
            boot,
            "SignalWorkflowExecution",
            &json!({"domain": "sim", "workflowId": id, "signalName": "cancel", "input": activity_id}),
        );
    }

    /// The decider polls if it does not already; gives answers to held polls of others.
    pub fn advance(&mut self, boot: i64) -> Vec<(u64, Answer)> {
        let mut others = Vec::new();
        loop {
            if std::mem::take(&mut self.tired) {
                self.replace_execution(boot);
            }
            if self.decision_poll.is_none() {
                self.poll_for_decision(boot);
            }
            let answers = self.service.advance(self.clock(boot));
            if answers.is_empty() {
                return others;
            }
            for (RequestId(id), answer) in answers {
                if self.decision_poll == Some(id) {
                    self.decision_poll = None;
                    self.decide(boot, &answer.body);
                } else {
                    others.push((id, answer));
                }
            }
        }
    }

    fn poll_for_decision(&mut self, boot: i64) {
        loop {
            self.own += 1;
            let body = json!({"domain": "sim", "taskList": {"name": "deciders"}}).to_string();
            let handled =
                self.service.handle(self.clock(boot), RequestId(self.own), "PollForDecisionTask", body.as_bytes());
            match handled {
                Handled::Held => {
                    self.decision_poll = Some(self.own);
                    return;
                }
                Handled::Answer(answer) => self.decide(boot, &answer.body),
            }
        }
    }

    fn decide(&mut self, boot: i64, body: &[u8]) {
        let task: Value = serde_json::from_slice(body).expect("JSON");
        let Some(token) = task["taskToken"].as_str() else { return };
        let events = task["events"].as_array().expect("events");
        self.tired = events.len() > 900;
        let mut open: BTreeMap<i64, &str> = BTreeMap::new();
        let mut canceled: Vec<&str> = Vec::new();
        let mut signals: Vec<&str> = Vec::new();
        for event in events {
            match event["eventType"].as_str().expect("eventType") {
                "ActivityTaskScheduled" => {
                    let id = event["activityTaskScheduledEventAttributes"]["activityId"].as_str().expect("activityId");
                    open.insert(event["eventId"].as_i64().expect("eventId"), id);
                }
                name @ ("ActivityTaskCompleted"
                | "ActivityTaskFailed"
                | "ActivityTaskCanceled"
                | "ActivityTaskTimedOut") => {
                    let attributes = format!("a{}EventAttributes", &name[1..]);
                    open.remove(&event[attributes]["scheduledEventId"].as_i64().expect("scheduledEventId"));
                }
                "ActivityTaskCancelRequested" => {
                    canceled.extend(event["activityTaskCancelRequestedEventAttributes"]["activityId"].as_str());
                }
                "WorkflowExecutionSignaled" => {
                    signals.extend(event["workflowExecutionSignaledEventAttributes"]["input"].as_str());
                }
                _ => {}
            }
        }
        let mut decisions: Vec<Value> = signals
            .into_iter()
            .filter(|id| open.values().any(|other| other == id) && !canceled.contains(id))
            .map(|id| {
                json!({"decisionType": "RequestCancelActivityTask",
                "requestCancelActivityTaskDecisionAttributes": {"activityId": id}})
            })
            .collect();
        for _ in open.len()..OPEN {
            decisions.push(self.schedule());
        }
        self.ask(boot, "RespondDecisionTaskCompleted", &json!({"taskToken": token, "decisions": decisions}));
    }

    fn schedule(&mut self) -> Value {
        self.tasks += 1;
        let heartbeat = ["20", "30", "60", "60", "120", "300", "NONE"];
        let start_to_close = ["90", "300", "900", "3600", "NONE"];
        let pick = |chance: &mut Chance, from: &[&str]| (*chance.pick(from).expect("not empty")).to_owned();
        json!({"decisionType": "ScheduleActivityTask", "scheduleActivityTaskDecisionAttributes": {
            "activityType": {"name": "Act", "version": "1"}, "activityId": format!("task-{}", self.tasks),
            "taskList": {"name": "manual"}, "scheduleToStartTimeout": "3600",
            "heartbeatTimeout": pick(&mut self.chance, &heartbeat),
            "startToCloseTimeout": pick(&mut self.chance, &start_to_close),
            "scheduleToCloseTimeout": pick(&mut self.chance, &["1800", "7200", "NONE"]),
        }})
    }
}
