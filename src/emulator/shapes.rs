//! Request shapes that several operations share, and how a body is read.
//!
//! Every member is optional here, because a missing one is a validation error with SWF's own text, not a parse error.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::fault::{Fault, Result};

/// Reads a request body; an empty one is `{}`.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Fault::serialization(&error))
}

/// `TaskList`.
#[derive(Debug, Deserialize)]
pub struct TaskListShape {
    pub name: Option<String>,
}

/// `ActivityType` and `WorkflowType`.
#[derive(Debug, Deserialize)]
pub struct TypeShape {
    pub name: Option<String>,
    pub version: Option<String>,
}

/// `WorkflowExecution`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionShape {
    pub workflow_id: Option<String>,
    pub run_id: Option<String>,
}
