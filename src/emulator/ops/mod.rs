//! The operations, one file per family: read the body, check it, let the service act, shape the answer.

mod activity_tasks;
mod activity_types;
mod decision_tasks;
mod domains;
mod executions;
mod filters;
mod histories;
mod paging;
mod tags;
mod types;
mod visibility;
mod workflow_types;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::answer::json;
use super::fault::Result;
use super::registry::{ActivityDefaults, WorkflowDefaults};
use super::service::{RequestId, Service};
use super::shapes::read;

/// How an operation went.
pub enum Done {
    /// The answer's body; empty for operations without output.
    Body(Vec<u8>),
    /// A poll that is held now.
    Held,
}

/// An operation: the service, the request, its body.
pub type Operation = fn(&mut Service, RequestId, &[u8]) -> Result<Done>;

/// The operation of this name, if the emulator has it.
pub fn find(name: &str) -> Option<Operation> {
    Some(match name {
        "RegisterDomain" => |s, _, body| silent(body, |input| domains::register(s, input)),
        "DescribeDomain" => |s, _, body| spoken(body, |input| domains::describe(s, input)),
        "ListDomains" => |s, _, body| spoken(body, |input| domains::list(s, input)),
        "DeprecateDomain" => |s, _, body| silent(body, |input| domains::deprecate(s, input)),
        "UndeprecateDomain" => |s, _, body| silent(body, |input| domains::undeprecate(s, input)),
        "TagResource" => |s, _, body| silent(body, |input| tags::tag(s, input)),
        "UntagResource" => |s, _, body| silent(body, |input| tags::untag(s, input)),
        "ListTagsForResource" => |s, _, body| spoken(body, |input| tags::list(s, input)),

        "RegisterActivityType" => |s, _, body| silent(body, |input| activity_types::register(s, input)),
        "DescribeActivityType" => {
            |s, _, body| spoken(body, |input| types::describe::<_, activity_types::Configuration<'_>>(s, input))
        }
        "ListActivityTypes" => |s, _, body| spoken(body, |input| types::list::<ActivityDefaults>(s, input)),
        "DeprecateActivityType" => |s, _, body| silent(body, |input| types::deprecate::<ActivityDefaults>(s, input)),
        "UndeprecateActivityType" => {
            |s, _, body| silent(body, |input| types::undeprecate::<ActivityDefaults>(s, input))
        }
        "DeleteActivityType" => |s, _, body| silent(body, |input| types::delete::<ActivityDefaults>(s, input)),

        "RegisterWorkflowType" => |s, _, body| silent(body, |input| workflow_types::register(s, input)),
        "DescribeWorkflowType" => {
            |s, _, body| spoken(body, |input| types::describe::<_, workflow_types::Configuration<'_>>(s, input))
        }
        "ListWorkflowTypes" => |s, _, body| spoken(body, |input| types::list::<WorkflowDefaults>(s, input)),
        "DeprecateWorkflowType" => |s, _, body| silent(body, |input| types::deprecate::<WorkflowDefaults>(s, input)),
        "UndeprecateWorkflowType" => {
            |s, _, body| silent(body, |input| types::undeprecate::<WorkflowDefaults>(s, input))
        }
        "DeleteWorkflowType" => |s, _, body| silent(body, |input| types::delete::<WorkflowDefaults>(s, input)),

        "StartWorkflowExecution" => |s, _, body| spoken(body, |input| executions::start(s, input)),
        "SignalWorkflowExecution" => |s, _, body| silent(body, |input| executions::signal(s, input)),
        "RequestCancelWorkflowExecution" => |s, _, body| silent(body, |input| executions::request_cancel(s, input)),
        "TerminateWorkflowExecution" => |s, _, body| silent(body, |input| executions::terminate(s, input)),
        "DescribeWorkflowExecution" => |s, _, body| spoken(body, |input| visibility::describe(s, input)),
        "ListOpenWorkflowExecutions" => |s, _, body| spoken(body, |input| visibility::list_open(s, input)),
        "ListClosedWorkflowExecutions" => |s, _, body| spoken(body, |input| visibility::list_closed(s, input)),
        "CountOpenWorkflowExecutions" => |s, _, body| spoken(body, |input| visibility::count_open(s, input)),
        "CountClosedWorkflowExecutions" => |s, _, body| spoken(body, |input| visibility::count_closed(s, input)),
        "GetWorkflowExecutionHistory" => |s, _, body| spoken(body, |input| histories::page(s, input)),

        "PollForDecisionTask" => |s, request, body| decision_tasks::poll(s, request, read(body)?),
        "RespondDecisionTaskCompleted" => |s, _, body| silent(body, |input| decision_tasks::complete(s, input)),
        "CountPendingDecisionTasks" => |s, _, body| spoken(body, |input| decision_tasks::count(s, input)),

        "PollForActivityTask" => |s, request, body| activity_tasks::poll(s, request, read(body)?),
        "RecordActivityTaskHeartbeat" => |s, _, body| spoken(body, |input| activity_tasks::heartbeat(s, input)),
        "RespondActivityTaskCompleted" => |s, _, body| silent(body, |input| activity_tasks::complete(s, input)),
        "RespondActivityTaskFailed" => |s, _, body| silent(body, |input| activity_tasks::fail(s, input)),
        "RespondActivityTaskCanceled" => |s, _, body| silent(body, |input| activity_tasks::cancel(s, input)),
        "CountPendingActivityTasks" => |s, _, body| spoken(body, |input| activity_tasks::count(s, input)),
        _ => return None,
    })
}

/// An operation without output.
fn silent<I: DeserializeOwned>(body: &[u8], operation: impl FnOnce(I) -> Result<()>) -> Result<Done> {
    operation(read(body)?)?;
    Ok(Done::Body(Vec::new()))
}

/// An operation with output.
fn spoken<I: DeserializeOwned, O: Serialize>(body: &[u8], operation: impl FnOnce(I) -> Result<O>) -> Result<Done> {
    Ok(Done::Body(json(&operation(read(body)?)?)))
}
