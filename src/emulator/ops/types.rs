//! Types: RegisterActivityType, DescribeActivityType, ListActivityTypes, RegisterWorkflowType.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::activity::{Priority, Span};
use super::super::answer::{ListName, Stamp};
use super::super::check::{CHILD_POLICY, Checks, DESCRIPTION, NAME, PAGE_TOKEN, REGISTRATION_STATUS, ROLE, VERSION};
use super::super::fault::{Fault, Result};
use super::super::registry::{ActivityDefaults, Registered, Status, TypeId, Types, WorkflowDefaults};
use super::super::service::Service;
use super::super::shapes::{TaskListShape, TypeShape};
use super::paging;

/// `RegisterActivityType`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterActivity {
    domain: Option<String>,
    name: Option<String>,
    version: Option<String>,
    description: Option<String>,
    default_task_start_to_close_timeout: Option<String>,
    default_task_heartbeat_timeout: Option<String>,
    default_task_list: Option<TaskListShape>,
    default_task_priority: Option<String>,
    default_task_schedule_to_start_timeout: Option<String>,
    default_task_schedule_to_close_timeout: Option<String>,
}

/// Adds an activity type.
pub fn register_activity(service: &mut Service, input: RegisterActivity) -> Result<()> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let name = checks.required("name", input.name, &NAME);
    let version = checks.required("version", input.version, &VERSION);
    let description = checks.optional("description", input.description, &DESCRIPTION);
    let start_to_close = input.default_task_start_to_close_timeout;
    let heartbeat = input.default_task_heartbeat_timeout;
    let schedule_to_start = input.default_task_schedule_to_start_timeout;
    let schedule_to_close = input.default_task_schedule_to_close_timeout;
    let defaults = ActivityDefaults {
        start_to_close: checks.duration("defaultTaskStartToCloseTimeout", start_to_close),
        heartbeat: checks.duration("defaultTaskHeartbeatTimeout", heartbeat),
        task_list: checks.task_list("defaultTaskList", input.default_task_list),
        priority: checks.priority("defaultTaskPriority", input.default_task_priority),
        schedule_to_start: checks.duration("defaultTaskScheduleToStartTimeout", schedule_to_start),
        schedule_to_close: checks.duration("defaultTaskScheduleToCloseTimeout", schedule_to_close),
    };
    checks.done()?;
    let now = service.now;
    let types = &mut service.registry.domain_mut(&domain)?.activity_types;
    add(types, "ActivityType", TypeId { name, version }, description, now, defaults)
}

/// `RegisterWorkflowType`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterWorkflow {
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
pub fn register_workflow(service: &mut Service, input: RegisterWorkflow) -> Result<()> {
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
    let now = service.now;
    let types = &mut service.registry.domain_mut(&domain)?.workflow_types;
    add(types, "WorkflowType", TypeId { name, version }, description, now, defaults)
}

/// Adds a type; `sort` is how SWF names it in faults.
fn add<Defaults>(
    types: &mut Types<Defaults>,
    sort: &str,
    id: TypeId,
    description: Option<String>,
    created: i64,
    defaults: Defaults,
) -> Result<()> {
    if types.contains_key(&id) {
        return Err(Fault::type_exists(format!("{sort}={id}")));
    }
    let id = Arc::new(id);
    let status = Status::Registered;
    types.insert(id.clone(), Registered { id, status, description, created, deprecated: None, defaults });
    Ok(())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    activity_type: &'a TypeId,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    creation_date: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    deprecation_date: Option<Stamp>,
}

fn info<Defaults>(registered: &Registered<Defaults>) -> Info<'_> {
    Info {
        activity_type: &registered.id,
        status: registered.status,
        description: registered.description.as_deref(),
        creation_date: Stamp(registered.created),
        deprecation_date: registered.deprecated.map(Stamp),
    }
}

/// `DescribeActivityType`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeActivity {
    domain: Option<String>,
    activity_type: Option<TypeShape>,
}

/// Its answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityDescription<'a> {
    type_info: Info<'a>,
    configuration: ActivityConfiguration<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are SWF's")]
struct ActivityConfiguration<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    default_task_start_to_close_timeout: Option<Span>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_task_heartbeat_timeout: Option<Span>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_task_list: Option<ListName<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_task_priority: Option<Priority>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_task_schedule_to_start_timeout: Option<Span>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_task_schedule_to_close_timeout: Option<Span>,
}

/// Tells all about an activity type.
pub fn describe_activity(service: &Service, input: DescribeActivity) -> Result<ActivityDescription<'_>> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let (name, version) = checks.type_id("activityType", input.activity_type);
    checks.done()?;
    let id = TypeId { name, version };
    let types = &service.registry.domain(&domain)?.activity_types;
    let registered = types.get(&id).ok_or_else(|| Fault::unknown_type(&format!("ActivityType={id}")))?;
    let defaults = &registered.defaults;
    let configuration = ActivityConfiguration {
        default_task_start_to_close_timeout: defaults.start_to_close,
        default_task_heartbeat_timeout: defaults.heartbeat,
        default_task_list: defaults.task_list.as_deref().map(|name| ListName { name }),
        default_task_priority: defaults.priority,
        default_task_schedule_to_start_timeout: defaults.schedule_to_start,
        default_task_schedule_to_close_timeout: defaults.schedule_to_close,
    };
    Ok(ActivityDescription { type_info: info(registered), configuration })
}

/// `ListActivityTypes`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    domain: Option<String>,
    name: Option<String>,
    registration_status: Option<String>,
    next_page_token: Option<String>,
    maximum_page_size: Option<i64>,
    reverse_order: Option<bool>,
}

/// Its answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed<'a> {
    type_infos: Vec<Info<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// Activity types in alphabetical order, all or those of one name.
pub fn list_activities(service: &Service, input: List) -> Result<Listed<'_>> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let name = checks.optional("name", input.name, &NAME);
    let status = checks.required("registrationStatus", input.registration_status, &REGISTRATION_STATUS);
    let page = checks.optional("nextPageToken", input.next_page_token, &PAGE_TOKEN);
    let size = checks.page_size(input.maximum_page_size);
    checks.done()?;
    let status = Status::read(&status);
    let types = service.registry.domain(&domain)?.activity_types.values();
    let types = types.filter(|registered| registered.status == status);
    let types = types.filter(|registered| name.as_ref().is_none_or(|name| *name == registered.id.name));
    let reverse = input.reverse_order.unwrap_or(false);
    let query = ("ListActivityTypes", &domain, &name, status == Status::Registered, reverse);
    let (types, next_page_token) = paging::slice(service, types, reverse, size, page.as_deref(), query)?;
    Ok(Listed { type_infos: types.into_iter().map(info).collect(), next_page_token })
}
