//! What workers call: PollForActivityTask, RecordActivityTaskHeartbeat, RespondActivityTaskCompleted, …Failed and
//! …Canceled, CountPendingActivityTasks.

use serde::{Deserialize, Serialize};

use super::super::check::{Checks, DATA, HEARTBEAT_DETAILS, IDENTITY, NAME, REASON, TASK_TOKEN};
use super::super::execution::Run;
use super::super::fault::{Fault, Result};
use super::super::lifecycle::ActivityEnd;
use super::super::lists::{Sort, Wants};
use super::super::mint::Ticket;
use super::super::service::{RequestId, Service};
use super::super::shapes::TaskListShape;
use super::Done;

/// `PollForActivityTask`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Poll {
    domain: Option<String>,
    task_list: Option<TaskListShape>,
    identity: Option<String>,
}

/// Waits for an activity task.
pub fn poll(service: &mut Service, request: RequestId, input: Poll) -> Result<Done> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let name = checks.polled_list(input.task_list);
    let identity = checks.optional("identity", input.identity, &IDENTITY);
    checks.done()?;
    let domain = service.registry.domain(&domain)?.name.clone();
    let list = service.lists.list(Sort::Activity, &domain, &name);
    Ok(service.hold(list, request, identity, Wants::Activity))
}

/// The open, started task that a token stands for.
fn task(service: &Service, token: &str) -> Result<(Run, i64)> {
    let Some(Ticket::Activity { run, scheduled }) = service.mint.read(token) else {
        return Err(Fault::invalid_token());
    };
    if !service.executions.open(run)?.activities.contains_key(&scheduled) {
        return Err(Fault::unknown_activity(scheduled));
    }
    Ok((run, scheduled))
}

/// `RecordActivityTaskHeartbeat`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Heartbeat {
    task_token: Option<String>,
    details: Option<String>,
}

/// Its answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Beaten {
    cancel_requested: bool,
}

/// Keeps a task alive, and tells whether its cancellation is requested.
pub fn heartbeat(service: &mut Service, input: Heartbeat) -> Result<Beaten> {
    let mut checks = Checks::default();
    let token = checks.required("taskToken", input.task_token, &TASK_TOKEN);
    let details = checks.optional("details", input.details, &HEARTBEAT_DETAILS);
    checks.done()?;
    let (run, scheduled) = task(service, &token)?;
    Ok(Beaten { cancel_requested: service.beat(run, scheduled, details) })
}

/// `RespondActivityTaskCompleted`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Complete {
    task_token: Option<String>,
    result: Option<String>,
}

/// The work is done.
pub fn complete(service: &mut Service, input: Complete) -> Result<()> {
    let mut checks = Checks::default();
    let token = checks.required("taskToken", input.task_token, &TASK_TOKEN);
    let result = checks.optional("result", input.result, &DATA);
    checks.done()?;
    let (run, scheduled) = task(service, &token)?;
    service.end_activity(run, scheduled, ActivityEnd::Completed { result });
    Ok(())
}

/// `RespondActivityTaskFailed`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fail {
    task_token: Option<String>,
    reason: Option<String>,
    details: Option<String>,
}

/// The work failed.
pub fn fail(service: &mut Service, input: Fail) -> Result<()> {
    let mut checks = Checks::default();
    let token = checks.required("taskToken", input.task_token, &TASK_TOKEN);
    let reason = checks.optional("reason", input.reason, &REASON);
    let details = checks.optional("details", input.details, &DATA);
    checks.done()?;
    let (run, scheduled) = task(service, &token)?;
    service.end_activity(run, scheduled, ActivityEnd::Failed { reason, details });
    Ok(())
}

/// `RespondActivityTaskCanceled`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancel {
    task_token: Option<String>,
    details: Option<String>,
}

/// The work is given up.
pub fn cancel(service: &mut Service, input: Cancel) -> Result<()> {
    let mut checks = Checks::default();
    let token = checks.required("taskToken", input.task_token, &TASK_TOKEN);
    let details = checks.optional("details", input.details, &DATA);
    checks.done()?;
    let (run, scheduled) = task(service, &token)?;
    service.end_activity(run, scheduled, ActivityEnd::Canceled { details });
    Ok(())
}

/// `CountPendingActivityTasks`, and the same for decision tasks.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    domain: Option<String>,
    task_list: Option<TaskListShape>,
}

/// Its answer.
#[derive(Serialize)]
pub struct Pending {
    count: usize,
    truncated: bool,
}

/// How many activity tasks wait in a task list.
pub fn count(service: &Service, input: Count) -> Result<Pending> {
    pending(service, input, Sort::Activity)
}

/// How many tasks wait in a task list; a list nobody knows has none.
pub fn pending(service: &Service, input: Count, sort: Sort) -> Result<Pending> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let name = checks.polled_list(input.task_list);
    checks.done()?;
    let domain = &service.registry.domain(&domain)?.name;
    Ok(Pending { count: service.lists.count(sort, domain, &name), truncated: false })
}
