//! What deciders call: PollForDecisionTask, RespondDecisionTaskCompleted, CountPendingDecisionTasks.

use serde::Deserialize;

use super::super::answer::ListName;
use super::super::check::{Checks, DATA, IDENTITY, NAME, PAGE_TOKEN, TASK_TOKEN};
use super::super::decisions::{self, DecisionShape};
use super::super::events::DecisionTaskCompleted;
use super::super::execution::{DecisionStage, DecisionTask, ListOverride, Run};
use super::super::fault::{Fault, Result};
use super::super::lists::{EventsWanted, Sort, Wants};
use super::super::mint::Ticket;
use super::super::service::{RequestId, Service};
use super::super::shapes::TaskListShape;
use super::activity_tasks::{Count, Pending, pending};
use super::{Done, paging};

/// `PollForDecisionTask`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Poll {
    domain: Option<String>,
    task_list: Option<TaskListShape>,
    identity: Option<String>,
    next_page_token: Option<String>,
    maximum_page_size: Option<i64>,
    reverse_order: Option<bool>,
    start_at_previous_started_event: Option<bool>,
}

/// Asks for a task; with a page token, for more events of the task that came with the token.
pub fn poll(service: &mut Service, request: RequestId, input: Poll) -> Result<Done> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let name = checks.polled_list(input.task_list);
    let identity = checks.optional("identity", input.identity, &IDENTITY);
    let page = checks.optional("nextPageToken", input.next_page_token, &PAGE_TOKEN);
    let wanted = EventsWanted {
        page_size: checks.page_size(input.maximum_page_size),
        reverse: input.reverse_order.unwrap_or(false),
        since_previous: input.start_at_previous_started_event.unwrap_or(false),
    };
    checks.done()?;
    let domain = service.registry.domain(&domain)?.name.clone();
    if let Some(page) = page.filter(|page| !page.is_empty()) {
        return next_page(service, &page, wanted);
    }
    let list = service.lists.list(Sort::Decision, &domain, &name);
    Ok(service.hold(list, request, identity, Wants::Decision(wanted)))
}

fn next_page(service: &Service, token: &str, wanted: EventsWanted) -> Result<Done> {
    let Some(Ticket::DecisionPage { run, scheduled, position, minted }) = service.mint.read(token) else {
        return Err(Fault::invalid_token());
    };
    paging::check_age(service, minted)?;
    let (_, started) = started_task(service, run, scheduled)?;
    Ok(Done::Body(service.decision_page(run, scheduled, started, wanted, Some(position as i64))))
}

/// The open decision task of these ids, and the event that started it.
fn started_task(service: &Service, run: Run, scheduled: i64) -> Result<(&DecisionTask, i64)> {
    match &service.executions.open(run)?.decision {
        Some(task @ DecisionTask { stage: DecisionStage::Started { event_id }, .. })
            if task.scheduled_event_id == scheduled =>
        {
            Ok((task, *event_id))
        }
        _ => Err(Fault::unknown_decision_task(scheduled)),
    }
}

/// `RespondDecisionTaskCompleted`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Complete {
    task_token: Option<String>,
    decisions: Option<Vec<DecisionShape>>,
    execution_context: Option<String>,
    task_list: Option<TaskListShape>,
    task_list_schedule_to_start_timeout: Option<String>,
}

/// Applies all decisions or, if anything is wrong with the request, none.
pub fn complete(service: &mut Service, input: Complete) -> Result<()> {
    let mut checks = Checks::default();
    let token = checks.required("taskToken", input.task_token, &TASK_TOKEN);
    let decisions = decisions::check(&mut checks, input.decisions.unwrap_or_default());
    let context = checks.optional("executionContext", input.execution_context, &DATA);
    let task_list = checks.task_list("taskList", input.task_list);
    let wait = checks.duration("taskListScheduleToStartTimeout", input.task_list_schedule_to_start_timeout);
    checks.done()?;
    decisions::check_order(&decisions)?;
    let Some(Ticket::Decision { run, scheduled }) = service.mint.read(&token) else {
        return Err(Fault::invalid_token());
    };
    let (_, started) = started_task(service, run, scheduled)?;

    let event = DecisionTaskCompleted {
        scheduled_event_id: scheduled,
        started_event_id: started,
        execution_context: context.as_deref(),
        task_list: task_list.as_deref().map(|name| ListName { name }),
        task_list_schedule_to_start_timeout: wait,
    };
    let completed = service.record(run, &event);
    let execution = service.execution_mut(run);
    execution.previous_started = started;
    execution.context = context.or(execution.context.take());
    if let Some(task_list) = task_list {
        execution.list_override = Some(ListOverride { task_list, schedule_to_start: wait });
    }
    decisions::apply(service, run, completed, decisions);
    Ok(())
}

/// How many decision tasks wait in a task list.
pub fn count(service: &Service, input: Count) -> Result<Pending> {
    pending(service, input, Sort::Decision)
}
