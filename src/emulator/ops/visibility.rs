//! Executions to look at: DescribeWorkflowExecution; those that are open or closed, listed and counted through filters.

use serde::{Deserialize, Serialize};

use super::super::activity::{Priority, Span};
use super::super::answer::{ExecutionName, ListName, Stamp};
use super::super::check::{Checks, NAME, PAGE_TOKEN};
use super::super::execution::{Execution, Parent, Run};
use super::super::fault::Result;
use super::super::registry::TypeId;
use super::super::service::Service;
use super::super::settings::Settings;
use super::super::shapes::ExecutionShape;
use super::executions::any_run;
use super::filters::{Filter, FilterShape};
use super::paging;

/// `DescribeWorkflowExecution`.
#[derive(Deserialize)]
pub struct Describe {
    domain: Option<String>,
    execution: Option<ExecutionShape>,
}

/// Its answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description<'a> {
    execution_info: Info<'a>,
    execution_configuration: Configuration<'a>,
    open_counts: OpenCounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_activity_task_timestamp: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_execution_context: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    execution: ExecutionName<'a>,
    workflow_type: &'a TypeId,
    start_timestamp: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    close_timestamp: Option<Stamp>,
    execution_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    close_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<ExecutionName<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tag_list: &'a [String],
    cancel_requested: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Configuration<'a> {
    task_start_to_close_timeout: Span,
    execution_start_to_close_timeout: Span,
    task_list: ListName<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_priority: Option<Priority>,
    child_policy: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lambda_role: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are SWF's")]
struct OpenCounts {
    open_activity_tasks: usize,
    open_decision_tasks: usize,
    open_timers: usize,
    open_child_workflow_executions: usize,
    open_lambda_functions: usize,
}

/// Tells all about an execution, open or closed.
pub fn describe(service: &Service, input: Describe) -> Result<Description<'_>> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let (workflow_id, run_id) = checks.execution(input.execution);
    checks.done()?;
    let execution = service.execution(any_run(service, &domain, &workflow_id, &run_id)?);
    let counts = execution.open_counts();
    let open_counts = OpenCounts {
        open_activity_tasks: counts.activities,
        open_decision_tasks: counts.decisions,
        open_timers: counts.timers,
        open_child_workflow_executions: counts.children,
        open_lambda_functions: 0,
    };
    Ok(Description {
        execution_info: info(execution),
        execution_configuration: configuration(&execution.settings),
        open_counts,
        latest_activity_task_timestamp: execution.latest_activity_at.map(Stamp),
        latest_execution_context: execution.context.as_deref(),
    })
}

fn info(execution: &Execution) -> Info<'_> {
    Info {
        execution: ExecutionName { workflow_id: &execution.workflow_id, run_id: &execution.run_id },
        workflow_type: &execution.workflow_type,
        start_timestamp: Stamp(execution.started_at),
        close_timestamp: execution.closed.map(|closed| Stamp(closed.at)),
        execution_status: if execution.is_open() { "OPEN" } else { "CLOSED" },
        close_status: execution.closed.map(|closed| closed.status),
        parent: execution.parent.as_ref().map(Parent::name),
        tag_list: &execution.settings.tags,
        // Real answers have it false once the execution is closed.
        cancel_requested: execution.cancel_requested && execution.is_open(),
    }
}

fn configuration(settings: &Settings) -> Configuration<'_> {
    Configuration {
        task_start_to_close_timeout: settings.task_start_to_close,
        execution_start_to_close_timeout: settings.execution_start_to_close,
        task_list: ListName { name: &settings.task_list },
        task_priority: settings.priority,
        child_policy: &settings.child_policy,
        lambda_role: settings.lambda_role.as_deref(),
    }
}

/// `List…WorkflowExecutions` and `Count…WorkflowExecutions`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Look {
    domain: Option<String>,
    #[serde(flatten)]
    filter: FilterShape,
    next_page_token: Option<String>,
    maximum_page_size: Option<i64>,
    reverse_order: Option<bool>,
}

/// What the lists answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed<'a> {
    execution_infos: Vec<Info<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// What the counts answer.
#[derive(Serialize)]
pub struct Counted {
    count: usize,
    truncated: bool,
}

/// Open executions, the latest start first.
pub fn list_open(service: &Service, input: Look) -> Result<Listed<'_>> {
    list(service, input, "ListOpenWorkflowExecutions", FilterShape::check_open)
}

/// Closed executions, the latest start or close first.
pub fn list_closed(service: &Service, input: Look) -> Result<Listed<'_>> {
    list(service, input, "ListClosedWorkflowExecutions", FilterShape::check_closed)
}

/// How many executions are open.
pub fn count_open(service: &Service, input: Look) -> Result<Counted> {
    count(service, input, FilterShape::check_open)
}

/// How many executions are closed.
pub fn count_closed(service: &Service, input: Look) -> Result<Counted> {
    count(service, input, FilterShape::check_closed)
}

/// One of the two ways to read a filter.
type Reading = fn(FilterShape, &mut Checks) -> Result<Filter>;

fn list<'a>(service: &'a Service, input: Look, operation: &str, read: Reading) -> Result<Listed<'a>> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let filter = read(input.filter, &mut checks);
    let token = checks.optional("nextPageToken", input.next_page_token, &PAGE_TOKEN);
    let size = checks.page_size(input.maximum_page_size);
    checks.done()?;
    let filter = filter?;
    let ascending = input.reverse_order.unwrap_or(false);
    let query = (operation, &domain, &filter, ascending);
    let from = paging::position(service, token.as_deref(), query)?;

    let found = filter.places(&service.registry.domain(&domain)?.executions);
    let found: Box<dyn Iterator<Item = (u64, Run)>> = if ascending {
        Box::new(found.skip_while(move |(place, _)| from.is_some_and(|from| *place < from)))
    } else {
        Box::new(found.rev().skip_while(move |(place, _)| from.is_some_and(|from| *place > from)))
    };
    let mut found = found.filter(|(_, run)| filter.takes(service.execution(*run)));
    let runs: Vec<Run> = found.by_ref().take(size).map(|(_, run)| run).collect();
    let next_page_token = found.next().map(|(place, _)| paging::token(service, query, place));
    Ok(Listed { execution_infos: runs.into_iter().map(|run| info(service.execution(run))).collect(), next_page_token })
}

fn count(service: &Service, input: Look, read: Reading) -> Result<Counted> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let filter = read(input.filter, &mut checks);
    checks.done()?;
    let filter = filter?;
    let found = filter.places(&service.registry.domain(&domain)?.executions);
    let count = found.filter(|(_, run)| filter.takes(service.execution(*run))).count();
    Ok(Counted { count, truncated: false })
}
