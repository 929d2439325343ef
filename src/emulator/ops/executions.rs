//! Executions from outside: StartWorkflowExecution, SignalWorkflowExecution, RequestCancelWorkflowExecution,
//! TerminateWorkflowExecution.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::check::{CHILD_POLICY, Checks, DATA, LABEL, NAME, OPTIONAL_RUN_ID, REASON, ROLE};
use super::super::events::{WorkflowExecutionCancelRequested, WorkflowExecutionSignaled, WorkflowExecutionTerminated};
use super::super::execution::{Run, Settings};
use super::super::fault::{Fault, Result};
use super::super::registry::{TypeId, WorkflowDefaults};
use super::super::service::Service;
use super::super::shapes::{TaskListShape, TypeShape};
use super::types;

/// `StartWorkflowExecution`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    domain: Option<String>,
    workflow_id: Option<String>,
    workflow_type: Option<TypeShape>,
    task_list: Option<TaskListShape>,
    task_priority: Option<String>,
    input: Option<String>,
    execution_start_to_close_timeout: Option<String>,
    tag_list: Option<Vec<String>>,
    task_start_to_close_timeout: Option<String>,
    child_policy: Option<String>,
    lambda_role: Option<String>,
}

/// Its answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    run_id: String,
}

/// What a start says itself, before the type's defaults.
type Own = (WorkflowDefaults, Vec<String>);

/// Starts an execution, unless its workflow id has an open one.
pub fn start(service: &mut Service, input: Start) -> Result<Started> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let workflow_id: Arc<str> = checks.required("workflowId", input.workflow_id, &NAME).into();
    let (name, version) = checks.type_id("workflowType", input.workflow_type);
    let data = checks.optional("input", input.input, &DATA);
    let execution = input.execution_start_to_close_timeout;
    let task = input.task_start_to_close_timeout;
    let own = WorkflowDefaults {
        task_list: checks.task_list("taskList", input.task_list),
        priority: checks.priority("taskPriority", input.task_priority),
        execution_start_to_close: checks.optional_seconds("executionStartToCloseTimeout", execution),
        task_start_to_close: checks.duration("taskStartToCloseTimeout", task),
        child_policy: checks.optional("childPolicy", input.child_policy, &CHILD_POLICY),
        lambda_role: checks.optional("lambdaRole", input.lambda_role, &ROLE),
    };
    let tags = checks.tags(input.tag_list.unwrap_or_default());
    checks.done()?;

    let domain = service.registry.domain(&domain)?;
    let id = TypeId { name, version };
    domain.usable()?;
    let registered = types::usable::<WorkflowDefaults>(domain, &id)?;
    let settings = settle((own, tags), &registered.defaults)?;
    if domain.executions.open(&workflow_id).is_some() {
        return Err(Fault::already_started());
    }
    let (domain, workflow_type) = (domain.name.clone(), registered.id.clone());
    let run = service.start_execution(domain, workflow_id, workflow_type, settings, data.as_deref());
    Ok(Started { run_id: service.execution(run).run_id.to_string() })
}

fn settle((own, tags): Own, defaults: &WorkflowDefaults) -> Result<Settings> {
    let missing = Fault::default_undefined;
    let span = |own, default, member| Option::or(own, default).ok_or_else(|| missing(member));
    let execution = (own.execution_start_to_close, defaults.execution_start_to_close);
    let task = (own.task_start_to_close, defaults.task_start_to_close);
    let child_policy = own.child_policy.or_else(|| defaults.child_policy.clone());
    let task_list = own.task_list.or_else(|| defaults.task_list.clone());
    Ok(Settings {
        execution_start_to_close: span(execution.0, execution.1, "executionStartToCloseTimeout")?,
        task_start_to_close: span(task.0, task.1, "taskStartToCloseTimeout")?,
        child_policy: child_policy.ok_or_else(|| missing("childPolicy"))?,
        task_list: task_list.ok_or_else(|| missing("taskList"))?,
        priority: own.priority.or(defaults.priority),
        lambda_role: own.lambda_role.or_else(|| defaults.lambda_role.clone()),
        tags,
    })
}

/// The open execution that a signal, cancel request or termination means.
fn open_run(service: &Service, domain: &str, workflow_id: &str, run_id: Option<&str>) -> Result<Run> {
    let open = service.registry.domain(domain)?.executions.open(workflow_id);
    match run_id.filter(|run_id| !run_id.is_empty()) {
        None => open.ok_or_else(|| Fault::no_open_execution(workflow_id)),
        Some(run_id) => open
            .filter(|run| *service.execution(*run).run_id == *run_id)
            .ok_or_else(|| Fault::unknown_execution(workflow_id, run_id)),
    }
}

/// The execution of this name, open or closed.
pub fn any_run(service: &Service, domain: &str, workflow_id: &str, run_id: &str) -> Result<Run> {
    service.registry.domain(domain)?;
    let named = |run: &Run| {
        let execution = service.execution(*run);
        *execution.domain == *domain && *execution.workflow_id == *workflow_id
    };
    let run = service.executions.named(run_id).filter(named);
    run.ok_or_else(|| Fault::unknown_execution(workflow_id, run_id))
}

/// `SignalWorkflowExecution`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are SWF's")]
pub struct Signal {
    domain: Option<String>,
    workflow_id: Option<String>,
    run_id: Option<String>,
    signal_name: Option<String>,
    input: Option<String>,
}

/// Tells the decider something.
pub fn signal(service: &mut Service, input: Signal) -> Result<()> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let workflow_id = checks.required("workflowId", input.workflow_id, &NAME);
    let run_id = checks.optional("runId", input.run_id, &OPTIONAL_RUN_ID);
    let signal_name = checks.required("signalName", input.signal_name, &LABEL);
    let data = checks.optional("input", input.input, &DATA);
    checks.done()?;
    let run = open_run(service, &domain, &workflow_id, run_id.as_deref())?;
    service.record(run, &WorkflowExecutionSignaled { signal_name: &signal_name, input: data.as_deref() });
    service.need_decision(run);
    Ok(())
}

/// `RequestCancelWorkflowExecution`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestCancel {
    domain: Option<String>,
    workflow_id: Option<String>,
    run_id: Option<String>,
}

/// Only asks the decider: no activity task learns of it.
pub fn request_cancel(service: &mut Service, input: RequestCancel) -> Result<()> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let workflow_id = checks.required("workflowId", input.workflow_id, &NAME);
    let run_id = checks.optional("runId", input.run_id, &OPTIONAL_RUN_ID);
    checks.done()?;
    let run = open_run(service, &domain, &workflow_id, run_id.as_deref())?;
    service.record(run, &WorkflowExecutionCancelRequested { cause: None });
    service.execution_mut(run).cancel_requested = true;
    service.need_decision(run);
    Ok(())
}

/// `TerminateWorkflowExecution`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Terminate {
    domain: Option<String>,
    workflow_id: Option<String>,
    run_id: Option<String>,
    reason: Option<String>,
    details: Option<String>,
    child_policy: Option<String>,
}

/// Closes an execution without asking its decider.
pub fn terminate(service: &mut Service, input: Terminate) -> Result<()> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let workflow_id = checks.required("workflowId", input.workflow_id, &NAME);
    let run_id = checks.optional("runId", input.run_id, &OPTIONAL_RUN_ID);
    let reason = checks.optional("reason", input.reason, &REASON);
    let details = checks.optional("details", input.details, &DATA);
    let child_policy = checks.optional("childPolicy", input.child_policy, &CHILD_POLICY);
    checks.done()?;
    let run = open_run(service, &domain, &workflow_id, run_id.as_deref())?;
    let child_policy = child_policy.unwrap_or_else(|| service.execution(run).settings.child_policy.clone());
    let event = WorkflowExecutionTerminated {
        child_policy: &child_policy,
        reason: reason.as_deref(),
        details: details.as_deref(),
        cause: Some("OPERATOR_INITIATED"),
    };
    service.record(run, &event);
    service.close_execution(run, "TERMINATED");
    Ok(())
}
