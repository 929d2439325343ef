//! The service as its clients see it, with a clock that the tests turn.
#![expect(clippy::needless_pass_by_value, reason = "bodies are written in place")]

mod canceling;
mod children;
mod continuing;
mod deciding;
mod documented;
mod external;
mod faults;
mod fuzz;
mod limits;
mod pages;
mod polls;
mod random;
mod recorded;
mod refusing;
mod registering;
mod restoring;
mod story;
mod timeouts;
mod timers;
mod visibility;

use serde_json::{Value, json};

use super::service::{Answer, Config, Handled, RequestId, Service};

/// When every test begins.
const START: i64 = 1_700_000_000_000;

/// A service with a domain `d`, an activity type `A` and a workflow type `W`, and a clock.
struct World {
    service: Service,
    now: i64,
    requests: u64,
    answers: Vec<(RequestId, Answer)>,
}

impl World {
    /// Nothing registered.
    fn empty() -> Self {
        let config = Config { seed: 1, account: "1".into(), region: "r".into(), poll_hold: 60_000 };
        Self { service: Service::new(config), now: START, requests: 0, answers: Vec::new() }
    }

    fn new() -> Self {
        let mut world = Self::empty();
        world.call("RegisterDomain", json!({"name": "d", "workflowExecutionRetentionPeriodInDays": "1"}));
        world.call(
            "RegisterActivityType",
            json!({
                "domain": "d", "name": "A", "version": "1", "defaultTaskList": {"name": "work"},
                "defaultTaskScheduleToStartTimeout": "NONE", "defaultTaskScheduleToCloseTimeout": "NONE",
                "defaultTaskStartToCloseTimeout": "NONE", "defaultTaskHeartbeatTimeout": "NONE",
            }),
        );
        world.call(
            "RegisterWorkflowType",
            json!({
                "domain": "d", "name": "W", "version": "1", "defaultTaskList": {"name": "decide"},
                "defaultTaskStartToCloseTimeout": "NONE", "defaultExecutionStartToCloseTimeout": "86400",
                "defaultChildPolicy": "TERMINATE",
            }),
        );
        world
    }

    /// Sends a request; the answer, unless it is held.
    fn send(&mut self, operation: &str, body: &Value) -> Result<Answer, RequestId> {
        self.requests += 1;
        let request = RequestId(self.requests);
        match self.service.handle(self.now, request, operation, body.to_string().as_bytes()) {
            Handled::Answer(answer) => Ok(answer),
            Handled::Held => Err(request),
        }
    }

    /// A request that is answered with 200 at once.
    fn call(&mut self, operation: &str, body: Value) -> Value {
        let answer = self.send(operation, &body).unwrap_or_else(|_| panic!("{operation} is held"));
        assert_eq!(answer.status, 200, "{operation} {}", String::from_utf8_lossy(&answer.body));
        if answer.body.is_empty() { Value::Null } else { value(&answer) }
    }

    /// A request that is answered with 400: the fault's type without its namespace, and its message.
    fn fault(&mut self, operation: &str, body: Value) -> (String, String) {
        let answer = self.send(operation, &body).unwrap_or_else(|_| panic!("{operation} is held"));
        assert_eq!(answer.status, 400, "{operation} {}", String::from_utf8_lossy(&answer.body));
        let body = value(&answer);
        let kind = body["__type"].as_str().unwrap().rsplit('#').next().unwrap().to_owned();
        (kind, body["message"].as_str().unwrap().to_owned())
    }

    /// Lets time pass.
    fn pass(&mut self, millis: i64) {
        self.now += millis;
        let answers = self.service.advance(self.now);
        self.answers.extend(answers);
    }

    /// Saves the service and goes on with what is restored.
    fn restart(&mut self) {
        let text = self.service.save();
        let mut restored = Service::restore(self.service.config.clone(), &text).expect("it is restored");
        assert_eq!(restored.save().len(), text.len(), "nothing is lost and nothing comes in");
        restored.limits = self.service.limits;
        self.service = restored;
    }

    /// The answer to a held poll, if it came.
    fn answered(&mut self, request: RequestId) -> Option<Value> {
        self.pass(0);
        let position = self.answers.iter().position(|(to, _)| *to == request)?;
        Some(value(&self.answers.remove(position).1))
    }

    /// Starts an execution of `W`; its run id.
    fn start(&mut self, workflow_id: &str) -> String {
        let started = self.call(
            "StartWorkflowExecution",
            json!({"domain": "d", "workflowId": workflow_id, "workflowType": {"name": "W", "version": "1"}}),
        );
        started["runId"].as_str().unwrap().to_owned()
    }

    fn poll_decision(&mut self) -> Value {
        self.call("PollForDecisionTask", json!({"domain": "d", "taskList": {"name": "decide"}}))
    }

    /// Takes the next decision task and answers it.
    fn decide(&mut self, decisions: Value) {
        let task = self.poll_decision();
        let body = json!({"taskToken": task["taskToken"], "decisions": decisions});
        self.call("RespondDecisionTaskCompleted", body);
    }

    fn poll_activity(&mut self) -> Result<Value, RequestId> {
        let body = json!({"domain": "d", "taskList": {"name": "work"}, "identity": "me"});
        self.send("PollForActivityTask", &body).map(|answer| value(&answer))
    }

    /// Claims the next activity task; its token.
    fn claim(&mut self) -> String {
        self.poll_activity().expect("a task waits")["taskToken"].as_str().unwrap().to_owned()
    }

    /// Starts an execution with one activity `a`, with these timeouts besides the defaults.
    fn with_activity(&mut self, timeouts: Value) -> String {
        let run_id = self.start("w");
        self.decide(json!([schedule("a", timeouts)]));
        run_id
    }

    fn beat(&mut self, token: &str, details: Option<&str>) -> bool {
        let body = json!({"taskToken": token, "details": details});
        self.call("RecordActivityTaskHeartbeat", body)["cancelRequested"].as_bool().unwrap()
    }

    fn history(&mut self, run_id: &str) -> Vec<Value> {
        self.history_of("w", run_id)
    }

    fn history_of(&mut self, workflow_id: &str, run_id: &str) -> Vec<Value> {
        let body = json!({"domain": "d", "execution": {"workflowId": workflow_id, "runId": run_id}});
        self.call("GetWorkflowExecutionHistory", body)["events"].as_array().unwrap().clone()
    }

    fn types(&mut self, run_id: &str) -> Vec<String> {
        self.history(run_id).iter().map(|event| event["eventType"].as_str().unwrap().to_owned()).collect()
    }

    /// The latest event of a type: milliseconds after the start, and its attributes.
    fn last(&mut self, run_id: &str, event_type: &str) -> (i64, Value) {
        self.last_of("w", run_id, event_type)
    }

    fn last_of(&mut self, workflow_id: &str, run_id: &str, event_type: &str) -> (i64, Value) {
        let history = self.history_of(workflow_id, run_id);
        let event = history.iter().rfind(|event| event["eventType"] == event_type);
        let event = event.unwrap_or_else(|| panic!("no {event_type} in {history:#?}"));
        (at(event), attributes(event).clone())
    }

    fn describe(&mut self, run_id: &str) -> Value {
        let body = json!({"domain": "d", "execution": {"workflowId": "w", "runId": run_id}});
        self.call("DescribeWorkflowExecution", body)
    }

    fn pending(&mut self) -> i64 {
        let body = json!({"domain": "d", "taskList": {"name": "work"}});
        self.call("CountPendingActivityTasks", body)["count"].as_i64().unwrap()
    }
}

fn value(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// An event's instant, in milliseconds after the start.
fn at(event: &Value) -> i64 {
    (event["eventTimestamp"].as_f64().unwrap() * 1_000.0).round() as i64 - START
}

/// An event's attributes, whatever its type.
fn attributes(event: &Value) -> &Value {
    let members = event.as_object().unwrap();
    assert_eq!(members.len(), 4, "{event}");
    members.iter().find(|(name, _)| name.ends_with("EventAttributes")).unwrap().1
}

/// A ScheduleActivityTask decision.
fn schedule(activity_id: &str, more: Value) -> Value {
    let mut attributes = json!({"activityId": activity_id, "activityType": {"name": "A", "version": "1"}});
    attributes.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
    json!({"decisionType": "ScheduleActivityTask", "scheduleActivityTaskDecisionAttributes": attributes})
}

/// A RequestCancelActivityTask decision.
fn request_cancel(activity_id: &str) -> Value {
    json!({
        "decisionType": "RequestCancelActivityTask",
        "requestCancelActivityTaskDecisionAttributes": {"activityId": activity_id},
    })
}

/// A decision with these attributes.
fn decision(kind: &str, attributes: Value) -> Value {
    let member = format!("{}{}DecisionAttributes", kind[..1].to_lowercase(), &kind[1..]);
    json!({"decisionType": kind, member: attributes})
}

/// A StartTimer decision.
fn start_timer(timer_id: &str, seconds: &str) -> Value {
    json!({
        "decisionType": "StartTimer",
        "startTimerDecisionAttributes": {"timerId": timer_id, "startToFireTimeout": seconds},
    })
}
