//! What only workflow types have: RegisterWorkflowType, and the configuration that DescribeWorkflowType tells.

use serde::{Deserialize, Serialize};

use super::super::activity::{Priority, Span};
use super::super::answer::ListName;
use super::super::check::{CHILD_POLICY, Checks, DESCRIPTION, NAME, ROLE, VERSION};
use super::super::fault::Result;
use super::super::registry::{Domain, TypeId, Types, WorkflowDefaults};
use super::super::service::Service;
use super::super::shapes::{TaskListShape, TypeShape};
use super::types::{self, Named, Sort};

impl Sort for WorkflowDefaults {
    const NAME: &'static str = "WorkflowType";
    const MEMBER: &'static str = "workflowType";
    const LIST: &'static str = "ListWorkflowTypes";

    fn of(domain: &Domain) -> &Types<Self> {
        &domain.workflow_types
    }

    fn of_mut(domain: &mut Domain) -> &mut Types<Self> {
        &mut domain.workflow_types
    }

    fn named(input: Named) -> Option<TypeShape> {
        input.workflow_type
    }
}

/// `RegisterWorkflowType`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Register {
    domain: Option<String>,
    name: Option<String>,
    version: Option<String>,
    description: Option<String>,
    default_task_start_to_close_timeout: Option<String>,
    default_execution_start_to_close_timeout: Option<String>,
    default_task_list: Option<TaskListShape>,
    default_task_priority: Option<String>,
    default_child_policy: Option<String>,
    default_lambda_role: Option<String>,
}

/// Adds a workflow type.
pub fn register(service: &mut Service, input: Register) -> Result<()> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let name = checks.required("name", input.name, &NAME);
    let version = checks.required("version", input.version, &VERSION);
    let description = checks.optional("description", input.description, &DESCRIPTION);
    let task = input.default_task_start_to_close_timeout;
    let execution = input.default_execution_start_to_close_timeout;
    let defaults = WorkflowDefaults {
        task_start_to_close: checks.duration("defaultTaskStartToCloseTimeout", task),
        execution_start_to_close: checks.optional_seconds("defaultExecutionStartToCloseTimeout", execution),
        task_list: checks.task_list("defaultTaskList", input.default_task_list),
        priority: checks.priority("defaultTaskPriority", input.default_task_priority),
        child_policy: checks.optional("defaultChildPolicy", input.default_child_policy, &CHILD_POLICY),
        lambda_role: checks.optional("defaultLambdaRole", input.default_lambda_role, &ROLE),
    };
    checks.done()?;
    types::add(service, &domain, TypeId { name, version }, description, defaults)
}

/// `WorkflowTypeConfiguration`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are SWF's")]
pub struct Configuration<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    default_task_start_to_close_timeout: Option<Span>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_execution_start_to_close_timeout: Option<Span>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_task_list: Option<ListName<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_task_priority: Option<Priority>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_child_policy: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_lambda_role: Option<&'a str>,
}

impl<'a> From<&'a WorkflowDefaults> for Configuration<'a> {
    fn from(defaults: &'a WorkflowDefaults) -> Self {
        Self {
            default_task_start_to_close_timeout: defaults.task_start_to_close,
            default_execution_start_to_close_timeout: defaults.execution_start_to_close,
            default_task_list: defaults.task_list.as_deref().map(|name| ListName { name }),
            default_task_priority: defaults.priority,
            default_child_policy: defaults.child_policy.as_deref(),
            default_lambda_role: defaults.lambda_role.as_deref(),
        }
    }
}
