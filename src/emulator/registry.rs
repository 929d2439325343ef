//! What is registered: domains, and in each its activity and workflow types.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::activity::{Priority, Span};
use super::fault::{Fault, Result};
use super::state::pairs;
use super::visibility::Visible;

/// Name and version of an activity or workflow type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TypeId {
    pub name: String,
    pub version: String,
}

impl fmt::Display for TypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[name={}, version={}]", self.name, self.version)
    }
}

/// Whether something new may be started with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    Registered,
    Deprecated,
}

impl Status {
    /// Reads `registrationStatus`, already checked.
    pub fn read(text: &str) -> Self {
        if text == "DEPRECATED" { Self::Deprecated } else { Self::Registered }
    }
}

/// A registered type with its defaults.
///
/// What is running with it holds on to its [`TypeId`], so that deprecating and deleting types disturbs nothing.
#[derive(Debug, Serialize, Deserialize)]
pub struct Registered<Defaults> {
    pub id: Arc<TypeId>,
    pub status: Status,
    pub description: Option<String>,
    pub created: i64,
    pub deprecated: Option<i64>,
    pub defaults: Defaults,
}

/// What an activity type says where a decision does not.
#[derive(Debug, Serialize, Deserialize)]
pub struct ActivityDefaults {
    pub task_list: Option<String>,
    pub priority: Option<Priority>,
    pub schedule_to_start: Option<Span>,
    pub schedule_to_close: Option<Span>,
    pub start_to_close: Option<Span>,
    pub heartbeat: Option<Span>,
}

/// What a workflow type says where a start does not.
#[derive(Debug, Serialize, Deserialize)]
pub struct WorkflowDefaults {
    pub task_list: Option<String>,
    pub priority: Option<Priority>,
    pub execution_start_to_close: Option<Span>,
    pub task_start_to_close: Option<Span>,
    pub child_policy: Option<String>,
    pub lambda_role: Option<String>,
}

/// Types of one sort, by name and version.
pub type Types<Defaults> = BTreeMap<Arc<TypeId>, Registered<Defaults>>;

/// A domain.
#[derive(Debug, Serialize, Deserialize)]
pub struct Domain {
    pub name: Arc<str>,
    pub status: Status,
    pub description: Option<String>,
    /// For how many days closed executions are kept, as it was given.
    pub retention: String,
    /// Resource tags: key and value, in the order of their keys.
    pub tags: BTreeMap<String, Option<String>>,
    #[serde(with = "pairs")]
    pub activity_types: Types<ActivityDefaults>,
    #[serde(with = "pairs")]
    pub workflow_types: Types<WorkflowDefaults>,
    /// Its executions.
    pub executions: Visible,
}

impl Domain {
    /// Refuses what a deprecated domain may not be used for.
    ///
    /// # Errors
    /// DomainDeprecatedFault.
    pub fn usable(&self) -> Result<()> {
        if self.status == Status::Deprecated { Err(Fault::domain_deprecated(&self.name)) } else { Ok(()) }
    }

    /// For how long closed executions are kept, in milliseconds; `NONE` and 0 mean not at all.
    pub fn retention_millis(&self) -> i64 {
        self.retention.parse().map_or(0, |days: i64| days * 24 * 60 * 60 * 1_000)
    }

    /// Deprecates the domain and with it all its types.
    pub fn deprecate(&mut self, now: i64) {
        self.status = Status::Deprecated;
        self.activity_types.values_mut().for_each(|registered| registered.deprecate(now));
        self.workflow_types.values_mut().for_each(|registered| registered.deprecate(now));
    }
}

impl<Defaults> Registered<Defaults> {
    /// From now on nothing new starts with it; one deprecated before stays as it is.
    pub fn deprecate(&mut self, now: i64) {
        self.status = Status::Deprecated;
        self.deprecated.get_or_insert(now);
    }
}

/// All domains, by name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Registry {
    pub domains: BTreeMap<Arc<str>, Domain>,
}

impl Registry {
    /// A domain by its name.
    pub fn domain(&self, name: &str) -> Result<&Domain> {
        self.domains.get(name).ok_or_else(|| Fault::unknown_domain(name))
    }

    /// A domain by its name, to change it.
    pub fn domain_mut(&mut self, name: &str) -> Result<&mut Domain> {
        self.domains.get_mut(name).ok_or_else(|| Fault::unknown_domain(name))
    }
}
