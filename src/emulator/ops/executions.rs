//! Executions from outside: StartWorkflowExecution, SignalWorkflowExecution, RequestCancelWorkflowExecution,
//! TerminateWorkflowExecution.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::check::{CHILD_POLICY, Checks, DATA, LABEL, NAME, OPTIONAL_RUN_ID, REASON};
use super::super::events::{WorkflowExecutionCancelRequested, WorkflowExecutionSignaled};
use super::super::execution::Run;
use super::super::fault::{Fault, Result};
use super::super::lifecycle::{NewExecution, Termination};
use super::super::registry::{TypeId, WorkflowDefaults};
use super::super::service::Service;
use super::super::settings::SettingsShape;
use super::super::shapes::TypeShape;
use super::types;

/// `StartWorkflowExecution`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    domain: Option<String>,
    workflow_id: Option<String>,
    workflow_type: Option<TypeShape>,
    input: Option<String>,
    #[serde(flatten)]
    settings: SettingsShape,
}

/// Its answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    run_id: String,
}

/// Starts an execution, unless its workflow id has an open one.
pub fn start(service: &mut Service, input: Start) -> Result<Started> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let workflow_id: Arc<str> = checks.required("workflowId", input.workflow_id, &NAME).into();
    let (name, version) = checks.type_id("workflowType", input.workflow_type);
    let data = checks.optional("input", input.input, &DATA);
    let wanted = input.settings.check(&mut checks);
    checks.done()?;

    let domain = service.registry.domain(&domain)?;
    domain.usable()?;
    let registered = types::usable::<WorkflowDefaults>(domain, &TypeId { name, version })?;
    let settings = wanted.settle(&registered.defaults);
    let settings = settings.map_err(|undefined| Fault::default_undefined(undefined.member()))?;
    if domain.executions.open(&workflow_id).is_some() {
        return Err(Fault::already_started());
    }
    if domain.executions.open_count() >= service.limits.open_executions {
        return Err(Fault::limit_exceeded("Too many open workflow executions"));
    }
    let (domain, workflow_type) = (domain.name.clone(), registered.id.clone());
    let run_id: Arc<str> = service.mint.run_id().into();
    let answer = Started { run_id: run_id.to_string() };
    let (parent, continued) = (None, None);
    let new = NewExecution { domain, workflow_id, run_id, workflow_type, settings, input: data, parent, continued };
    service.start_execution(new);
    Ok(answer)
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
    let event = WorkflowExecutionSignaled {
        signal_name: &signal_name,
        input: data.as_deref(),
        external_workflow_execution: None,
        external_initiated_event_id: 0,
    };
    service.signal(run, &event);
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
    let event = WorkflowExecutionCancelRequested {
        cause: None,
        external_workflow_execution: None,
        external_initiated_event_id: 0,
    };
    service.request_cancel(run, &event);
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
    let how = Termination {
        child_policy: &child_policy,
        reason: reason.as_deref(),
        details: details.as_deref(),
        cause: "OPERATOR_INITIATED",
    };
    service.terminate(run, &how);
    Ok(())
}
