//! The admin interface: what a presenter or a test sets and reads beside the SWF API, as JSON under `/_swfbeat/`.
//!
//! Only with a token, only from this machine, and only for a request that names this machine as its host, so that no
//! web page can reach it by a name of its own. It shows no task token.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::answer;
use super::super::faults::Rule;
use super::super::inspect::{ActivityDeadlines, Inspection, OpenActivity};
use super::super::length::Length;
use super::super::quotas::{Operation, Quotas};
use super::connection;
use super::shared::{Reply, Shared};

/// Where the admin interface begins.
pub const ROOT: &str = "/_swfbeat/";
/// Events in one answer.
const EVENTS: usize = 1_000;
/// The longest wait for an event.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// What whoever uses the admin interface has to know. Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminToken(String);

impl AdminToken {
    /// A new one: 32 random bytes.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; 32];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Its text, for whoever is to use it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

/// Whether two texts are the same; the time it takes tells nothing but their length.
pub fn same(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}

/// An answer that says no: the status and a sentence.
type Refused = (StatusCode, String);

/// Answers a request under [`ROOT`].
pub async fn respond(shared: &Shared, peer: SocketAddr, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let answer = match admit(shared, peer, request.headers()) {
        Ok(()) => perform(shared, request).await,
        Err(refused) => Err(refused),
    };
    let (status, value) = match answer {
        Ok(value) => (StatusCode::OK, value),
        Err((status, sentence)) => (status, answer::json(&json!({ "error": sentence }))),
    };
    let mut response = Response::new(Full::new(value.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn admit(shared: &Shared, peer: SocketAddr, headers: &HeaderMap) -> Result<(), Refused> {
    let Some(token) = &shared.admin else {
        return Err((StatusCode::NOT_FOUND, "there is no admin interface; start the emulator with --admin".into()));
    };
    let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    if !peer.ip().to_canonical().is_loopback() || !names_this_machine(header(HOST), shared.port) {
        return Err((StatusCode::FORBIDDEN, "the admin interface is for this machine only".into()));
    }
    let given = header(AUTHORIZATION).strip_prefix("Bearer ").unwrap_or_default();
    if same(given, token.reveal()) {
        Ok(())
    } else {
        Err((StatusCode::UNAUTHORIZED, "Authorization must be Bearer and the token printed at the start".into()))
    }
}

fn names_this_machine(host: &str, port: u16) -> bool {
    let port = format!(":{port}");
    host.strip_suffix(&port).is_some_and(|name| ["127.0.0.1", "localhost", "[::1]"].contains(&name))
}

async fn perform(shared: &Shared, request: Request<Incoming>) -> Result<Vec<u8>, Refused> {
    let (head, body) = request.into_parts();
    let what = head.uri.path().strip_prefix(ROOT).unwrap_or_default();
    match (what, head.method) {
        ("service", Method::GET) => Ok(answer::json(&Clocks::of(&shared.inspect()))),
        ("events", Method::GET) => events(shared, &head.uri).await,
        ("faults", Method::GET) => Ok(faults(shared)),
        ("faults", Method::PUT) => {
            shared.set_faults(read::<FaultList>(body).await?.faults);
            Ok(faults(shared))
        }
        ("faults", Method::DELETE) => {
            shared.set_faults(Vec::new());
            Ok(faults(shared))
        }
        ("quotas", Method::GET) => Ok(quotas(shared)),
        ("quotas", Method::PUT) => {
            shared.set_quotas(read::<QuotaList>(body).await?.read().map_err(bad)?);
            Ok(quotas(shared))
        }
        ("quotas", Method::DELETE) => {
            shared.set_quotas(Quotas::none());
            Ok(quotas(shared))
        }
        ("complete", Method::POST) => complete(shared, &read::<Colleague>(body).await?),
        ("service" | "events" | "faults" | "quotas" | "complete", _) => {
            let allowed = "GET; for faults and quotas also PUT and DELETE; for complete only POST";
            Err((StatusCode::METHOD_NOT_ALLOWED, allowed.into()))
        }
        _ => Err((StatusCode::NOT_FOUND, "there are service, events, faults, quotas and complete".into())),
    }
}

fn bad(sentence: String) -> Refused {
    (StatusCode::BAD_REQUEST, sentence)
}

async fn read<T: for<'de> Deserialize<'de>>(body: Incoming) -> Result<T, Refused> {
    let body = connection::read(body).await;
    let body = body.map_err(|fault| bad(format!("the body was not read, as HTTP status {} says", fault.status)))?;
    serde_json::from_slice(&body).map_err(|error| bad(error.to_string()))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultList {
    faults: Vec<Rule>,
}

fn faults(shared: &Shared) -> Vec<u8> {
    answer::json(&FaultList { faults: shared.faults() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuotaList {
    quotas: Limits,
}

/// `"aws"`, `"none"`, or operations with their rates.
#[derive(Deserialize)]
#[serde(untagged)]
enum Limits {
    Known(String),
    Rates(BTreeMap<String, String>),
}

impl QuotaList {
    fn read(self) -> Result<Quotas, String> {
        match self.quotas {
            Limits::Known(name) if name == "aws" => Ok(Quotas::aws()),
            Limits::Known(name) if name == "none" => Ok(Quotas::none()),
            Limits::Known(_) => Err("quotas are \"aws\", \"none\", or operations with rates such as 2000/160".into()),
            Limits::Rates(rates) => {
                let mut quotas = Quotas::none();
                for (operation, rate) in rates {
                    quotas.set(operation.parse::<Operation>()?, rate.parse()?);
                }
                Ok(quotas)
            }
        }
    }
}

fn quotas(shared: &Shared) -> Vec<u8> {
    let rates: BTreeMap<&str, String> =
        shared.quotas().into_iter().map(|(operation, rate)| (operation.name(), rate.to_string())).collect();
    answer::json(&json!({ "quotas": rates }))
}

/// A task that somebody else than its holder completes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Colleague {
    workflow_id: String,
    run_id: String,
    activity_id: String,
    result: Option<String>,
}

/// Completes a task as whoever has its token would; the token stays here.
fn complete(shared: &Shared, task: &Colleague) -> Result<Vec<u8>, Refused> {
    let named = |open: &&OpenActivity| {
        (&open.activity_id, &open.workflow_id, &open.run_id) == (&task.activity_id, &task.workflow_id, &task.run_id)
    };
    let inspection = shared.inspect();
    let token = inspection.activities.iter().find(named).and_then(|open| open.token.as_ref());
    let Some(token) = token else {
        return Err((StatusCode::NOT_FOUND, format!("nobody holds an open task {} there", task.activity_id)));
    };
    let request = answer::json(&json!({ "taskToken": token, "result": task.result }));
    match shared.handle("RespondActivityTaskCompleted", &request, 0) {
        Reply::Now(answer) if answer.status == 200 => Ok(answer::json(&json!({}))),
        _ => Err((StatusCode::CONFLICT, "the service does not take it".into())),
    }
}

/// `events?after=NUMBER&wait=TIME`: what was written since, at the latest when the wait is over.
async fn events(shared: &Shared, uri: &Uri) -> Result<Vec<u8>, Refused> {
    let (mut after, mut wait) = (0, Length(0));
    for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("after", number)) => after = number.parse().map_err(|_| bad("after is a number".into()))?,
            Some(("wait", length)) => wait = length.parse().map_err(bad)?,
            _ => return Err(bad("events take after=NUMBER and wait=TIME".into())),
        }
    }
    let wait = Duration::from_millis(wait.0).min(LONGEST_WAIT);
    let events = tokio::select! {
        biased;
        events = shared.next_events(after, EVENTS) => events,
        () = tokio::time::sleep(wait) => Vec::new(),
        () = shared.stopped() => Vec::new(),
    };
    let last = events.last().map_or(after, |event| event.number);
    Ok(answer::json(&json!({ "events": events, "last": last })))
}

/// The service's own clocks: an [`Inspection`] without tokens. Instants in milliseconds since 1970.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Clocks<'a> {
    now: i64,
    held_polls: usize,
    activities: Vec<Activity<'a>>,
    handed_out: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Activity<'a> {
    #[serde(rename = "activityId")]
    id: &'a str,
    workflow_id: &'a str,
    run_id: &'a str,
    started: bool,
    cancel_requested: bool,
    details: Option<&'a str>,
    deadlines: ActivityDeadlines,
}

impl<'a> Clocks<'a> {
    fn of(inspection: &'a Inspection) -> Self {
        let activities = inspection.activities.iter().map(|activity| Activity {
            id: &activity.activity_id,
            workflow_id: &activity.workflow_id,
            run_id: &activity.run_id,
            started: activity.token.is_some(),
            cancel_requested: activity.cancel_requested,
            details: activity.details.as_deref(),
            deadlines: activity.deadlines,
        });
        let handed_out = &inspection.handed_out;
        let answered = handed_out.iter().filter(|task| task.answered).count();
        Self {
            now: inspection.now,
            held_polls: inspection.held_polls,
            activities: activities.collect(),
            handed_out: json!({ "tasks": handed_out.len(), "reached": answered }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_random_and_not_shown() {
        let (one, other) = (AdminToken::random().unwrap(), AdminToken::random().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.reveal().len(), 43);
        assert!(!format!("{one:?}").contains(one.reveal()));
        assert!(same("abc", "abc") && !same("abc", "abd") && !same("abc", "ab") && !same("", "a"));
    }

    #[test]
    fn only_names_of_this_machine_with_the_port() {
        for host in ["127.0.0.1:80", "localhost:80", "[::1]:80"] {
            assert!(names_this_machine(host, 80), "{host}");
        }
        for host in ["", "localhost", "127.0.0.1:8080", "evil.example:80", "127.0.0.1.evil.example:80"] {
            assert!(!names_this_machine(host, 80), "{host}");
        }
    }

    #[test]
    fn quotas_by_name_or_one_by_one() {
        let read = |text: &str| serde_json::from_str::<QuotaList>(text).unwrap().read();
        assert_eq!(read(r#"{"quotas": "aws"}"#).unwrap().rates().count(), 39);
        assert_eq!(read(r#"{"quotas": {"ListDomains": "1/2"}}"#).unwrap().rates().count(), 1);
        assert!(read(r#"{"quotas": {"ListDomain": "1/2"}}"#).unwrap_err().contains("ListDomain"));
        assert!(read(r#"{"quotas": "mine"}"#).is_err());
    }
}
