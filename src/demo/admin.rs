//! A client of the emulator's admin interface: HTTP on loopback, with the bearer token. One connection a request; nothing
//! is sent unless somebody asks.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::view::{Clock, Fault, TaskName, Written};
use crate::clock::{self, Boot, Wall};
use crate::text::{Foreign, printable};

/// For everything that is answered at once.
const LIMIT: Duration = Duration::from_secs(5);
/// How long the service is asked to wait for an event, and how long that may take altogether.
const WAIT: (&str, Duration) = ("30s", Duration::from_secs(40));

/// What the console calls; what the decider calls meets no faults.
const OF_THE_CONSOLE: [&str; 9] = [
    "PollForActivityTask",
    "RecordActivityTaskHeartbeat",
    "RespondActivityTaskCompleted",
    "RespondActivityTaskFailed",
    "RespondActivityTaskCanceled",
    "GetWorkflowExecutionHistory",
    "DescribeActivityType",
    "ListOpenWorkflowExecutions",
    "CountPendingActivityTasks",
];

/// Where the admin interface is, and the token for it. Not shown by `Debug`.
#[derive(Clone)]
pub struct Admin {
    addr: SocketAddr,
    token: String,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl Admin {
    /// Of the emulator that listens there.
    pub fn new(addr: SocketAddr, token: String) -> Self {
        Self { addr, token }
    }

    /// Puts these faults in the place of all others.
    ///
    /// # Errors
    /// What went wrong, printable.
    pub async fn set_faults(&self, faults: &[Fault]) -> Result<(), String> {
        let rules: Vec<String> = faults.iter().flat_map(|fault| rules(*fault)).collect();
        self.ask(Method::PUT, "faults", Some(json!({ "faults": rules })), LIMIT).await.map(drop)
    }

    /// Completes a task as a colleague would who has its token.
    ///
    /// # Errors
    /// What went wrong, printable; nobody has the task, for instance.
    pub async fn complete(&self, task: &TaskName, result: &str) -> Result<(), String> {
        let body = json!({
            "workflowId": task.workflow_id.raw(),
            "runId": task.run_id.raw(),
            "activityId": task.activity_id.raw(),
            "result": result,
        });
        self.ask(Method::POST, "complete", Some(body), LIMIT).await.map(drop)
    }

    /// The service's open tasks and their clocks.
    ///
    /// # Errors
    /// What went wrong, printable.
    pub async fn clocks(&self) -> Result<Vec<Clock>, String> {
        let service = self.ask(Method::GET, "service", None, LIMIT).await?;
        Ok(clocks(&service, clock::now().boot))
    }

    /// The history events after the one of this number, as soon as there is one; none after a while.
    ///
    /// # Errors
    /// What went wrong, printable.
    pub async fn events(&self, after: u64) -> Result<Vec<Written>, String> {
        let (wait, limit) = WAIT;
        let answer = self.ask(Method::GET, &format!("events?after={after}&wait={wait}"), None, limit).await?;
        Ok(answer["events"].as_array().into_iter().flatten().filter_map(written).collect())
    }

    async fn ask(&self, method: Method, what: &str, body: Option<Value>, limit: Duration) -> Result<Value, String> {
        let answer = timeout(limit, self.send(method, what, body));
        answer.await.unwrap_or_else(|_| Err(format!("no answer within {} s", limit.as_secs())))
    }

    async fn send(&self, method: Method, what: &str, body: Option<Value>) -> Result<Value, String> {
        fn failed(error: impl std::fmt::Display) -> String {
            printable(&error.to_string()).into_owned()
        }
        let stream = TcpStream::connect(self.addr).await.map_err(failed)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
        let request = Request::builder()
            .method(method)
            .uri(format!("/_swfbeat/{what}"))
            .header(HOST, self.addr.to_string())
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.map_or_else(String::new, |body| body.to_string()))))
            .map_err(failed)?;
        let exchange = async {
            let answer = sender.send_request(request).await.map_err(failed)?;
            let good = answer.status().is_success();
            let bytes = answer.into_body().collect().await.map_err(failed)?.to_bytes();
            let value: Value = serde_json::from_slice(&bytes).map_err(failed)?;
            if good { Ok(value) } else { Err(failed(value["error"].as_str().unwrap_or("refused without a reason"))) }
        };
        tokio::select! {
            answer = exchange => answer,
            // It ends only with the exchange, or because it broke.
            Err(error) = connection => Err(failed(error)),
        }
    }
}

/// A fault as the emulator writes them.
fn rules(fault: Fault) -> Vec<String> {
    let (operations, kinds): (&[&str], &[&str]) = match fault {
        Fault::Cut => (&OF_THE_CONSOLE, &["reset-request"]),
        Fault::Slow => (&OF_THE_CONSOLE, &["latency:500ms-1s", "late-answer:500ms-1s"]),
        Fault::Throttle => (&OF_THE_CONSOLE, &["throttle@75%"]),
        Fault::LoseAnswers => (&OF_THE_CONSOLE[1..5], &["lost-answer"]),
        Fault::Expire => (&OF_THE_CONSOLE, &["expired"]),
    };
    operations.iter().flat_map(|operation| kinds.iter().map(move |kind| format!("{operation}={kind}"))).collect()
}

/// The service's instants are on its own clock; what is left of each is not.
fn clocks(service: &Value, now: Boot) -> Vec<Clock> {
    let service_now = service["now"].as_i64().unwrap_or_default();
    let activities = service["activities"].as_array().into_iter().flatten();
    let clock = |activity: &Value| {
        let text = |name: &str| Foreign::from(activity[name].as_str().unwrap_or_default());
        let deadlines = &activity["deadlines"];
        let at = |name: &str| deadlines[name].as_i64().map(|at| now + (at - service_now));
        let ends = ["scheduleToStart", "startToClose", "scheduleToClose", "execution"];
        Clock {
            task: TaskName { workflow_id: text("workflowId"), run_id: text("runId"), activity_id: text("activityId") },
            started: activity["started"] == true,
            cancel_requested: activity["cancelRequested"] == true,
            heartbeat: at("heartbeat"),
            end: ends.into_iter().filter_map(at).min(),
        }
    };
    activities.map(clock).collect()
}

fn written(value: &Value) -> Option<Written> {
    let event = &value["event"];
    Some(Written {
        number: value["number"].as_u64()?,
        at: Wall((event["eventTimestamp"].as_f64()? * 1_000.0) as i64),
        workflow_id: value["workflowId"].as_str()?.into(),
        id: event["eventId"].as_i64()?,
        event_type: event["eventType"].as_str()?.into(),
        says: says(event).into(),
    })
}

/// The texts of an event's attributes; numbers of other events say nothing to a reader.
fn says(event: &Value) -> String {
    let attributes = event.as_object().into_iter().flatten();
    let attributes = attributes.filter(|(name, _)| name.ends_with("Attributes")).filter_map(|(_, it)| it.as_object());
    let texts = attributes.flatten().filter_map(|(name, value)| Some(format!("{name} {}", value.as_str()?)));
    texts.collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::Rule;

    #[test]
    fn every_fault_is_one_of_the_emulators() {
        for fault in Fault::ALL {
            for rule in rules(fault) {
                rule.parse::<Rule>().unwrap_or_else(|why| panic!("{rule}: {why}"));
            }
        }
        assert!(rules(Fault::LoseAnswers).iter().all(|rule| !rule.starts_with("Poll")), "a lost poll loses a task");
    }

    #[test]
    fn deadlines_are_moved_to_the_local_clock() {
        let service = json!({"now": 5_000, "activities": [{
            "activityId": "a", "workflowId": "w", "runId": "r", "started": true, "cancelRequested": true,
            "deadlines": {"heartbeat": 25_000, "startToClose": 65_000, "scheduleToClose": null, "execution": 45_000},
        }]});
        let clocks = clocks(&service, Boot(100));
        assert_eq!((clocks[0].heartbeat, clocks[0].end), (Some(Boot(20_100)), Some(Boot(40_100))));
        assert!(clocks[0].started && clocks[0].cancel_requested);
    }

    #[test]
    fn an_event_says_its_texts() {
        let value = json!({"number": 7, "workflowId": "rack-42", "event": {
            "eventId": 9, "eventTimestamp": 1.5, "eventType": "ActivityTaskTimedOut",
            "activityTaskTimedOutEventAttributes":
                {"timeoutType": "HEARTBEAT", "startedEventId": 6, "scheduledEventId": 5, "details": "40 %"},
        }});
        let event = written(&value).unwrap();
        assert_eq!((event.id, event.at), (9, Wall(1_500)));
        assert_eq!(event.says.raw(), "details 40 % · timeoutType HEARTBEAT");
        assert_eq!(written(&json!({"number": 7})), None);
    }
}
