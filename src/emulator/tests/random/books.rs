//! What must hold of every history, on its own and against the description of its execution.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::super::{at, attributes};

/// What a history has opened and not closed.
#[derive(Default)]
struct Open {
    /// Decision and activity tasks by the event that scheduled them, and whether they are started.
    decisions: HashMap<i64, bool>,
    activities: HashMap<i64, bool>,
    timers: HashSet<i64>,
    /// Children by the event that initiated them.
    children: HashSet<i64>,
}

impl Open {
    fn task(&mut self, event_type: &str) -> &mut HashMap<i64, bool> {
        if event_type.starts_with("Decision") { &mut self.decisions } else { &mut self.activities }
    }

    /// Takes an event in.
    fn take(&mut self, id: i64, event_type: &str, attributes: &Value) {
        let member = |name: &str| attributes[name].as_i64();
        match event_type {
            "DecisionTaskScheduled" | "ActivityTaskScheduled" => drop(self.task(event_type).insert(id, false)),
            "DecisionTaskStarted" | "ActivityTaskStarted" => {
                let scheduled = member("scheduledEventId").unwrap();
                let started = self.task(event_type).get_mut(&scheduled).expect("only an open task starts");
                assert!(!std::mem::replace(started, true), "a task starts once");
            }
            "DecisionTaskCompleted"
            | "DecisionTaskTimedOut"
            | "ActivityTaskCompleted"
            | "ActivityTaskFailed"
            | "ActivityTaskCanceled"
            | "ActivityTaskTimedOut" => {
                let scheduled = member("scheduledEventId").unwrap();
                let started = self.task(event_type).remove(&scheduled).expect("a task closes once");
                assert_eq!(started, member("startedEventId") != Some(0));
            }
            "TimerStarted" => assert!(self.timers.insert(id)),
            "TimerFired" | "TimerCanceled" => {
                assert!(self.timers.remove(&member("startedEventId").unwrap()), "a timer ends once");
            }
            "ChildWorkflowExecutionStarted" => assert!(self.children.insert(member("initiatedEventId").unwrap())),
            ended if ended.starts_with("ChildWorkflowExecution") => {
                assert!(self.children.remove(&member("initiatedEventId").unwrap()), "a child ends once");
            }
            _ => {}
        }
        let started = self.decisions.values().filter(|started| **started).count();
        assert!(started <= 1 && self.decisions.len() - started <= 1, "one started, and one to come after it");
    }
}

/// Checks one history; how many of its activity tasks wait in their list.
pub fn check_history(events: &[Value], description: &Value) -> i64 {
    let mut open = Open::default();
    let mut latest = i64::MIN;
    // Whether the decider has something to see that no decision task showed it, now and at its latest answer.
    let (mut unseen, mut unseen_when_answered) = (false, false);
    let mut closed = false;
    for (n, event) in events.iter().enumerate() {
        assert!(!closed, "nothing comes after the end: {events:#?}");
        let (id, event_type) = (event["eventId"].as_i64().unwrap(), event["eventType"].as_str().unwrap());
        assert_eq!(id, n as i64 + 1, "ids are dense");
        assert!(at(event) >= latest, "time goes on");
        latest = at(event);
        open.take(id, event_type, attributes(event));
        match event_type {
            "DecisionTaskStarted" => unseen = false,
            "DecisionTaskCompleted" => unseen_when_answered = unseen,
            _ => unseen |= concerns_decider(event_type),
        }
        if ends(event_type) {
            closed = true;
            let decided = attributes(event).get("decisionTaskCompletedEventId").is_some();
            assert!(!(decided && unseen_when_answered), "closed over something unseen: {events:#?}");
            open.decisions.clear();
        }
    }
    let comes = open.decisions.values().any(|started| !started);
    assert!(closed || comes || !unseen, "the decider never hears of it: {events:#?}");
    check_description(&open, closed, description);
    if closed { 0 } else { open.activities.values().filter(|started| !**started).count() as i64 }
}

fn check_description(open: &Open, closed: bool, description: &Value) {
    let counts = &description["openCounts"];
    assert_eq!(counts["openActivityTasks"], open.activities.len());
    assert_eq!(counts["openDecisionTasks"], open.decisions.len().min(1));
    assert_eq!(counts["openTimers"], open.timers.len());
    assert_eq!(counts["openChildWorkflowExecutions"], open.children.len());
    assert_eq!(description["executionInfo"]["executionStatus"], if closed { "CLOSED" } else { "OPEN" });
}

/// Whether the decider has to get a decision task for it.
fn concerns_decider(event_type: &str) -> bool {
    let activity = event_type.strip_prefix("ActivityTask").unwrap_or_default();
    matches!(activity, "Completed" | "Failed" | "Canceled" | "TimedOut")
        || matches!(event_type, "TimerFired" | "WorkflowExecutionSignaled" | "WorkflowExecutionCancelRequested")
        || event_type.starts_with("ChildWorkflowExecution")
        || event_type.starts_with("ExternalWorkflowExecution")
        || (event_type.ends_with("Failed") && !event_type.starts_with("WorkflowExecution"))
}

fn ends(event_type: &str) -> bool {
    let how = event_type.strip_prefix("WorkflowExecution").unwrap_or_default();
    matches!(how, "Completed" | "Failed" | "Canceled" | "TimedOut" | "Terminated" | "ContinuedAsNew")
}
