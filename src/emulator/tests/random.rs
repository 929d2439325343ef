//! Random sequences of requests and time: what must hold whatever happens.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{World, at, attributes, request_cancel, schedule, start_timer};

const WORKFLOWS: [&str; 2] = ["w", "v"];

#[derive(Debug, Clone)]
enum Act {
    Pass(i64),
    Start(usize),
    PollDecision,
    Decide { which: usize, decisions: Vec<u8> },
    PollActivity,
    Beat(usize),
    Close { which: usize, how: u8 },
    Signal(usize),
    RequestCancel(usize),
    Terminate(usize),
    Forget(usize),
    ReleasePolls,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0i64..7_000).prop_map(Act::Pass),
        2 => (0..2usize).prop_map(Act::Start),
        4 => Just(Act::PollDecision),
        4 => (any::<usize>(), prop::collection::vec(0u8..12, 0..4)).prop_map(|(which, decisions)| Act::Decide { which, decisions }),
        4 => Just(Act::PollActivity),
        2 => any::<usize>().prop_map(Act::Beat),
        3 => (any::<usize>(), 0u8..3).prop_map(|(which, how)| Act::Close { which, how }),
        1 => (0..2usize).prop_map(Act::Signal),
        1 => (0..2usize).prop_map(Act::RequestCancel),
        1 => (0..2usize).prop_map(Act::Terminate),
        1 => any::<usize>().prop_map(Act::Forget),
        1 => Just(Act::ReleasePolls),
    ]
}

fn decision(n: u8) -> Value {
    match n {
        0 | 1 => schedule("a", json!({"heartbeatTimeout": "3", "startToCloseTimeout": "8"})),
        2 | 3 => schedule("b", json!({"scheduleToStartTimeout": "5", "scheduleToCloseTimeout": "9"})),
        4 => request_cancel("a"),
        5 => request_cancel("b"),
        6 => start_timer("t", "4"),
        7 => json!({"decisionType": "CancelTimer", "cancelTimerDecisionAttributes": {"timerId": "t"}}),
        8 => json!({"decisionType": "RecordMarker", "recordMarkerDecisionAttributes": {"markerName": "m"}}),
        9 => json!({"decisionType": "CompleteWorkflowExecution"}),
        10 => json!({"decisionType": "FailWorkflowExecution"}),
        _ => json!({"decisionType": "CancelWorkflowExecution"}),
    }
}

/// The world with everything clients got from it.
struct Played {
    world: World,
    runs: Vec<(String, String)>,
    decisions: Vec<String>,
    activities: Vec<String>,
    held: Vec<super::super::RequestId>,
}

impl Played {
    fn send(&mut self, operation: &str, body: &Value) -> Option<Value> {
        match self.world.send(operation, body) {
            Ok(answer) => {
                assert!(answer.status == 200 || answer.status == 400);
                (answer.status == 200 && !answer.body.is_empty()).then(|| super::value(&answer))
            }
            Err(request) => {
                self.held.push(request);
                None
            }
        }
    }

    fn took(&mut self, answer: &Value) {
        let Some(token) = answer["taskToken"].as_str() else { return };
        let list = if answer.get("activityId").is_some() { &mut self.activities } else { &mut self.decisions };
        assert!(!list.contains(&token.to_owned()), "a task is handed out once");
        list.push(token.to_owned());
    }

    fn play(&mut self, act: Act) {
        let workflow = |n: usize| json!({"domain": "d", "workflowId": WORKFLOWS[n]});
        let answer = match act {
            Act::Pass(millis) => {
                self.world.now += millis;
                None
            }
            Act::Start(n) => {
                let mut body = workflow(n);
                body["workflowType"] = json!({"name": "W", "version": "1"});
                body["executionStartToCloseTimeout"] = json!("40");
                body["taskStartToCloseTimeout"] = json!("6");
                let started = self.send("StartWorkflowExecution", &body);
                let run = started.map(|started| started["runId"].as_str().unwrap().to_owned());
                self.runs.extend(run.map(|run| (WORKFLOWS[n].to_owned(), run)));
                None
            }
            Act::PollDecision => {
                self.send("PollForDecisionTask", &json!({"domain": "d", "taskList": {"name": "decide"}}))
            }
            Act::PollActivity => {
                self.send("PollForActivityTask", &json!({"domain": "d", "taskList": {"name": "work"}}))
            }
            Act::Decide { which, decisions } => {
                let token = pick(&self.decisions, which);
                let decisions: Vec<Value> = decisions.into_iter().map(decision).collect();
                self.send("RespondDecisionTaskCompleted", &json!({"taskToken": token, "decisions": decisions}));
                None
            }
            Act::Beat(which) => {
                let token = pick(&self.activities, which);
                self.send("RecordActivityTaskHeartbeat", &json!({"taskToken": token, "details": "x"}));
                None
            }
            Act::Close { which, how } => {
                let how = ["Completed", "Failed", "Canceled"][usize::from(how)];
                let token = pick(&self.activities, which);
                self.send(&format!("RespondActivityTask{how}"), &json!({"taskToken": token}));
                None
            }
            Act::Signal(n) => {
                let mut body = workflow(n);
                body["signalName"] = json!("s");
                self.send("SignalWorkflowExecution", &body);
                None
            }
            Act::RequestCancel(n) => self.send("RequestCancelWorkflowExecution", &workflow(n)),
            Act::Terminate(n) => self.send("TerminateWorkflowExecution", &workflow(n)),
            Act::Forget(which) => {
                if !self.held.is_empty() {
                    let request = self.held.swap_remove(which % self.held.len());
                    self.world.service.forget(request);
                }
                None
            }
            Act::ReleasePolls => {
                self.world.service.release_polls();
                None
            }
        };
        if let Some(answer) = answer {
            self.took(&answer);
        }
        let answers = self.world.service.advance(self.world.now);
        for (request, answer) in answers {
            let position = self.held.iter().position(|held| *held == request).expect("the poll is held");
            self.held.swap_remove(position);
            self.took(&super::value(&answer));
        }
    }

    /// Everything that must hold between two acts.
    fn check(&mut self) {
        let mut waiting = 0;
        for (workflow_id, run_id) in self.runs.clone() {
            let body = json!({"domain": "d", "execution": {"workflowId": workflow_id, "runId": run_id}});
            let history = self.send("GetWorkflowExecutionHistory", &body).unwrap();
            let description = self.send("DescribeWorkflowExecution", &body).unwrap();
            waiting += check_history(history["events"].as_array().unwrap(), &description);
        }
        assert_eq!(self.world.pending(), waiting);
        let inspection = self.world.service.inspect();
        let open = inspection.handed_out.iter().filter(|claim| claim.end.is_none()).count();
        assert_eq!(open, inspection.activities.iter().filter(|task| task.token.is_some()).count());
        for task in &inspection.activities {
            assert!(task.deadlines.earliest().unwrap() > inspection.now, "{task:?} should have ended");
        }
        assert_eq!(inspection.held_polls, self.held.len());
        assert!(self.world.service.next_wake().is_none_or(|wake| wake > self.world.now));
    }
}

fn pick(tokens: &[String], which: usize) -> &str {
    if tokens.is_empty() { "none" } else { &tokens[which % tokens.len()] }
}

/// Checks one history on its own and against the description; how many activity tasks wait.
fn check_history(events: &[Value], description: &Value) -> i64 {
    // What is open, by the event that opened it: (sort, started).
    let mut open: HashMap<i64, (&str, bool)> = HashMap::new();
    let mut latest = i64::MIN;
    // Whether the decider has something to see that no decision task showed it, now and at its latest answer.
    let (mut unseen, mut unseen_when_answered) = (false, false);
    for (n, event) in events.iter().enumerate() {
        let (id, attributes) = (event["eventId"].as_i64().unwrap(), attributes(event));
        assert_eq!(id, n as i64 + 1, "ids are dense");
        assert!(at(event) >= latest, "time goes on");
        latest = at(event);
        let scheduled = attributes["scheduledEventId"].as_i64();
        let started = attributes["startedEventId"].as_i64();
        let event_type = event["eventType"].as_str().unwrap();
        match event_type {
            "DecisionTaskStarted" => unseen = false,
            "DecisionTaskCompleted" => unseen_when_answered = unseen,
            _ => unseen |= concerns_decider(event_type),
        }
        match event_type {
            "DecisionTaskScheduled" => {
                assert!(!open.values().any(|(sort, _)| *sort == "decision"), "one decision task at a time");
                open.insert(id, ("decision", false));
            }
            "ActivityTaskScheduled" => drop(open.insert(id, ("activity", false))),
            "TimerStarted" => drop(open.insert(id, ("timer", true))),
            "DecisionTaskStarted" | "ActivityTaskStarted" => {
                let task = open.get_mut(&scheduled.unwrap()).expect("only an open task starts");
                assert!(!std::mem::replace(&mut task.1, true), "a task starts once");
            }
            "DecisionTaskCompleted"
            | "DecisionTaskTimedOut"
            | "ActivityTaskCompleted"
            | "ActivityTaskFailed"
            | "ActivityTaskCanceled"
            | "ActivityTaskTimedOut" => {
                let (_, was_started) = open.remove(&scheduled.unwrap()).expect("a task closes once");
                assert_eq!(was_started, started != Some(0));
            }
            "TimerFired" | "TimerCanceled" => drop(open.remove(&started.unwrap()).expect("a timer ends once")),
            closing if closing.starts_with("WorkflowExecution") && ends(closing) => {
                assert_eq!(n + 1, events.len(), "nothing comes after the end");
                let decided = attributes.get("decisionTaskCompletedEventId").is_some();
                assert!(!(decided && unseen_when_answered), "closed over something unseen: {events:#?}");
                open.clear();
            }
            _ => {}
        }
    }
    let closed = ends(events.last().unwrap()["eventType"].as_str().unwrap());
    let decision_open = open.values().any(|(sort, _)| *sort == "decision");
    assert!(closed || decision_open || !unseen, "the decider never hears of it: {events:#?}");
    let counts = &description["openCounts"];
    for (sort, member) in
        [("activity", "openActivityTasks"), ("decision", "openDecisionTasks"), ("timer", "openTimers")]
    {
        let count = open.values().filter(|(of, _)| *of == sort).count();
        assert_eq!(counts[member], count, "{sort} in {events:#?}");
    }
    assert_eq!(description["executionInfo"]["executionStatus"], if closed { "CLOSED" } else { "OPEN" });
    open.values().filter(|task| **task == ("activity", false)).count() as i64
}

/// Whether the decider has to get a decision task for it.
fn concerns_decider(event_type: &str) -> bool {
    let activity = event_type.strip_prefix("ActivityTask").unwrap_or_default();
    matches!(activity, "Completed" | "Failed" | "Canceled" | "TimedOut")
        || matches!(event_type, "TimerFired" | "WorkflowExecutionSignaled" | "WorkflowExecutionCancelRequested")
        || (event_type.ends_with("Failed") && !event_type.starts_with("WorkflowExecution"))
}

fn ends(event_type: &str) -> bool {
    let how = event_type.strip_prefix("WorkflowExecution").unwrap_or_default();
    matches!(how, "Completed" | "Failed" | "Canceled" | "TimedOut" | "Terminated")
}

proptest! {
    #[test]
    fn the_service_keeps_its_books(acts in prop::collection::vec(act(), 1..80)) {
        let world = World::new();
        let mut played = Played { world, runs: vec![], decisions: vec![], activities: vec![], held: vec![] };
        for act in acts {
            played.play(act);
            played.check();
        }
    }
}
