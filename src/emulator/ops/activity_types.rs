//! What only activity types have: RegisterActivityType, and the configuration that DescribeActivityType tells.

use serde::{Deserialize, Serialize};

use super::super::activity::{Priority, Span};
use super::super::answer::ListName;
use super::super::check::{Checks, DESCRIPTION, NAME, VERSION};
use super::super::fault::Result;
use super::super::registry::{ActivityDefaults, Domain, TypeId, Types};
use super::super::service::Service;
use super::super::shapes::{TaskListShape, TypeShape};
use super::types::{self, Named, Sort};

impl Sort for ActivityDefaults {
    const NAME: &'static str = "ActivityType";
    const MEMBER: &'static str = "activityType";
    const LIST: &'static str = "ListActivityTypes";

    fn of(domain: &Domain) -> &Types<Self> {
        &domain.activity_types
    }

    fn of_mut(domain: &mut Domain) -> &mut Types<Self> {
        &mut domain.activity_types
    }

    fn named(input: Named) -> Option<TypeShape> {
        input.activity_type
    }
}

/// `RegisterActivityType`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Register {
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
pub fn register(service: &mut Service, input: Register) -> Result<()> {
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
    types::add(service, &domain, TypeId { name, version }, description, defaults)
}

/// `ActivityTypeConfiguration`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are SWF's")]
pub struct Configuration<'a> {
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

impl<'a> From<&'a ActivityDefaults> for Configuration<'a> {
    fn from(defaults: &'a ActivityDefaults) -> Self {
        Self {
            default_task_start_to_close_timeout: defaults.start_to_close,
            default_task_heartbeat_timeout: defaults.heartbeat,
            default_task_list: defaults.task_list.as_deref().map(|name| ListName { name }),
            default_task_priority: defaults.priority,
            default_task_schedule_to_start_timeout: defaults.schedule_to_start,
            default_task_schedule_to_close_timeout: defaults.schedule_to_close,
        }
    }
}
