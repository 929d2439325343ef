//! Random sequences of requests, valid and not, and of time: what must hold whatever happens.

mod acts;
mod books;

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::RequestId;
use super::World;
use acts::{Act, act};

/// The world with everything clients got from it.
struct Played {
    world: World,
    /// Tokens of decision tasks and of activity tasks.
    decisions: Vec<String>,
    activities: Vec<String>,
    held: Vec<RequestId>,
}

impl Played {
    fn new() -> Self {
        let mut world = World::new();
        let limits = &mut world.service.limits;
        (limits.open_activities, limits.open_timers, limits.open_children) = (3, 1, 2);
        (limits.open_executions, limits.history) = (6, 60);
        Self { world, decisions: vec![], activities: vec![], held: vec![] }
    }

    /// Sends a request; the answer's value, unless it is a fault, empty or held.
    fn send(&mut self, operation: &str, body: &Value) -> Option<Value> {
        match self.world.send(operation, body) {
            Ok(answer) if answer.status == 200 => (!answer.body.is_empty()).then(|| super::value(&answer)),
            Ok(answer) => {
                let fault = super::value(&answer);
                assert_eq!(answer.status, 400, "{operation} {fault}");
                assert!(fault["__type"].as_str().unwrap().contains('#') && fault["message"].is_string(), "{fault}");
                None
            }
            Err(request) => {
                assert!(operation.starts_with("PollFor"), "{operation} is held");
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
        match act {
            Act::Pass(millis) => self.world.now += millis,
            Act::Forget(which) if !self.held.is_empty() => {
                let request = self.held.swap_remove(which % self.held.len());
                self.world.service.forget(request);
            }
            Act::Forget(_) => {}
            Act::ReleasePolls => self.world.service.release_polls(),
            Act::Restart => {
                self.world.restart();
                self.held.clear();
            }
            Act::Send { operation, body } => {
                let answer = self.send(&operation, &body);
                self.took(&answer.unwrap_or_default());
            }
            Act::Decide { which, decisions } => {
                let body = json!({"taskToken": pick(&self.decisions, which), "decisions": decisions});
                self.send("RespondDecisionTaskCompleted", &body);
            }
            Act::Work { which, operation } => {
                let body = json!({"taskToken": pick(&self.activities, which), "details": "x"});
                self.send(operation, &body);
            }
        }
        let answers = self.world.service.advance(self.world.now);
        for (request, answer) in answers {
            let position = self.held.iter().position(|held| *held == request).expect("the poll is held");
            self.held.swap_remove(position);
            self.took(&super::value(&answer));
        }
    }

    /// The executions that a list operation gives, page by page, each once; the count must say the same.
    fn listed(&mut self, which: &str, filter: &str, ascending: bool) -> Vec<Value> {
        let mut body = json!({"domain": "d", filter: {"oldestDate": 0}});
        let count = self.send(&format!("Count{which}WorkflowExecutions"), &body).unwrap()["count"].clone();
        (body["maximumPageSize"], body["reverseOrder"]) = (json!(2), json!(ascending));
        let mut found = Vec::new();
        loop {
            let page = self.send(&format!("List{which}WorkflowExecutions"), &body).unwrap();
            let infos = page["executionInfos"].as_array().unwrap();
            assert!(infos.len() <= 2);
            found.extend(infos.iter().map(|info| info["execution"].clone()));
            match page.get("nextPageToken") {
                Some(token) => body["nextPageToken"] = token.clone(),
                None => break,
            }
        }
        assert_eq!(count, found.len(), "the count is that of the list");
        assert_eq!(names(&found).len(), found.len(), "nothing comes twice");
        found
    }

    /// Everything that must hold between two acts.
    fn check(&mut self) {
        let open = self.listed("Open", "startTimeFilter", false);
        let mut closed = self.listed("Closed", "startTimeFilter", true);
        let by_close = self.listed("Closed", "closeTimeFilter", false);
        assert_eq!(names(&closed), names(&by_close));
        closed.reverse();
        assert_eq!(closed, self.listed("Closed", "startTimeFilter", false), "one order is the reverse of the other");
        let workflow_ids: BTreeSet<_> = open.iter().map(|name| name["workflowId"].to_string()).collect();
        assert_eq!(workflow_ids.len(), open.len(), "a workflow id has one open execution");

        let mut waiting = 0;
        for execution in open.iter().chain(&closed) {
            let body = json!({"domain": "d", "execution": execution});
            let description = self.send("DescribeWorkflowExecution", &body).unwrap();
            let events = self.send("GetWorkflowExecutionHistory", &body).unwrap()["events"].clone();
            waiting += books::check_history(events.as_array().unwrap(), &description);
        }
        assert_eq!(self.world.pending(), waiting);
        self.check_inside();
    }

    /// The service's own books.
    fn check_inside(&mut self) {
        let inspection = self.world.service.inspect();
        let out = inspection.handed_out.iter().filter(|claim| claim.end.is_none()).count();
        assert_eq!(out, inspection.activities.iter().filter(|task| task.token.is_some()).count());
        for task in &inspection.activities {
            assert!(task.deadlines.earliest().unwrap() > inspection.now, "{task:?} should have ended");
        }
        assert_eq!(inspection.held_polls, self.held.len());
        assert!(self.world.service.next_wake().is_none_or(|wake| wake > self.world.now));
    }
}

fn names(executions: &[Value]) -> BTreeSet<String> {
    executions.iter().map(ToString::to_string).collect()
}

/// One of the latest tokens; older ones are mostly of closed tasks.
fn pick(tokens: &[String], which: usize) -> &str {
    let recent = tokens.len().min(3);
    if recent == 0 { "none" } else { &tokens[tokens.len() - 1 - which % recent] }
}

proptest! {
    // Every step looks at everything there is.
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_service_keeps_its_books(acts in prop::collection::vec(act(), 1..120)) {
        let mut played = Played::new();
        for act in acts {
            played.play(act);
            played.check();
        }
    }
}
