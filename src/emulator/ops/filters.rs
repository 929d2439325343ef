//! The filters of lists and counts of executions: one over time, and at most one over something else.

use serde::Deserialize;

use super::super::check::{CLOSE_STATUS, Checks, NAME, OPTIONAL_VERSION, TAG};
use super::super::execution::Execution;
use super::super::fault::{Fault, Result};
use super::super::visibility::{Places, Visible};

/// The filters of a request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are SWF's")]
pub struct FilterShape {
    start_time_filter: Option<TimeShape>,
    close_time_filter: Option<TimeShape>,
    execution_filter: Option<WorkflowIdShape>,
    type_filter: Option<TypeShape>,
    tag_filter: Option<TagShape>,
    close_status_filter: Option<StatusShape>,
}

/// `ExecutionTimeFilter`: seconds since 1970.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TimeShape {
    oldest_date: Option<f64>,
    latest_date: Option<f64>,
}

/// `WorkflowExecutionFilter`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WorkflowIdShape {
    workflow_id: Option<String>,
}

/// `WorkflowTypeFilter`.
#[derive(Deserialize)]
struct TypeShape {
    name: Option<String>,
    version: Option<String>,
}

/// `TagFilter`.
#[derive(Deserialize)]
struct TagShape {
    tag: Option<String>,
}

/// `CloseStatusFilter`.
#[derive(Deserialize)]
struct StatusShape {
    status: Option<String>,
}

/// What a list or count takes in.
#[derive(Debug, Hash)]
pub struct Filter {
    among: Among,
    /// Milliseconds since 1970, both included.
    oldest: i64,
    latest: i64,
    by: Option<By>,
}

/// Which executions, and in which order.
#[derive(Debug, Clone, Copy, Hash)]
enum Among {
    Open,
    ClosedByStart,
    ClosedByClose,
}

#[derive(Debug, Hash)]
enum By {
    WorkflowId(String),
    Type { name: String, version: Option<String> },
    Tag(String),
    Status(String),
}

impl FilterShape {
    /// Reads the filters for open executions.
    ///
    /// # Errors
    /// A ValidationException for filters that exclude each other; all else goes to `checks`.
    pub fn check_open(mut self, checks: &mut Checks) -> Result<Filter> {
        (self.close_time_filter, self.close_status_filter) = (None, None);
        let time = checks.present("startTimeFilter", self.start_time_filter.take());
        let (oldest, latest) = time.map(|time| time.check(checks, "startTimeFilter")).unwrap_or_default();
        let by = self.check_by(checks, "[executionFilter, typeFilter, tagFilter]")?;
        Ok(Filter { among: Among::Open, oldest, latest, by })
    }

    /// Reads the filters for closed executions.
    ///
    /// # Errors
    /// A ValidationException for filters that exclude each other or when there is none over time; all else goes to
    /// `checks`.
    pub fn check_closed(mut self, checks: &mut Checks) -> Result<Filter> {
        let (among, (oldest, latest)) = match (self.start_time_filter.take(), self.close_time_filter.take()) {
            (Some(time), None) => (Among::ClosedByStart, time.check(checks, "startTimeFilter")),
            (None, Some(time)) => (Among::ClosedByClose, time.check(checks, "closeTimeFilter")),
            (None, None) => return Err(Fault::validation("Must specify time filter")),
            (Some(_), Some(_)) => {
                return Err(Fault::validation("Cannot specify both a startTimeFilter and a closeTimeFilter"));
            }
        };
        let by = self.check_by(checks, "[executionFilter, typeFilter, tagFilter, closeStatusFilter]")?;
        Ok(Filter { among, oldest, latest, by })
    }

    fn check_by(self, checks: &mut Checks, exclusive: &str) -> Result<Option<By>> {
        let by = [
            self.execution_filter
                .map(|filter| By::WorkflowId(checks.required("executionFilter.workflowId", filter.workflow_id, &NAME))),
            self.type_filter.map(|filter| By::Type {
                name: checks.required("typeFilter.name", filter.name, &NAME),
                version: checks.optional("typeFilter.version", filter.version, &OPTIONAL_VERSION),
            }),
            self.tag_filter.map(|filter| By::Tag(checks.required("tagFilter.tag", filter.tag, &TAG))),
            self.close_status_filter
                .map(|filter| By::Status(checks.required("closeStatusFilter.status", filter.status, &CLOSE_STATUS))),
        ];
        let mut given = by.into_iter().flatten();
        let first = given.next();
        if given.next().is_some() {
            let message = format!("Cannot specify more than one exclusive filters in the same query: {exclusive}");
            return Err(Fault::validation(message));
        }
        Ok(first)
    }
}

impl TimeShape {
    fn check(self, checks: &mut Checks, at: &str) -> (i64, i64) {
        let millis = |seconds: f64| (seconds * 1_000.0).round() as i64;
        let oldest = checks.present(&format!("{at}.oldestDate"), self.oldest_date).map_or(i64::MIN, millis);
        (oldest, self.latest_date.map_or(i64::MAX, millis))
    }
}

impl Filter {
    /// The executions to look at, the oldest first.
    pub fn places<'a>(&self, visible: &'a Visible) -> Places<'a> {
        match self.among {
            Among::Open => visible.open_by_start(),
            Among::ClosedByStart => visible.closed_by_start(),
            Among::ClosedByClose => visible.closed_by_close(),
        }
    }

    /// Whether one of them is wanted.
    pub fn takes(&self, execution: &Execution) -> bool {
        let at = match self.among {
            Among::Open | Among::ClosedByStart => execution.started_at,
            Among::ClosedByClose => execution.closed.map_or(execution.started_at, |closed| closed.at),
        };
        (self.oldest..=self.latest).contains(&at) && self.by.as_ref().is_none_or(|by| by.takes(execution))
    }
}

impl By {
    fn takes(&self, execution: &Execution) -> bool {
        match self {
            Self::WorkflowId(id) => **id == *execution.workflow_id,
            Self::Type { name, version } => {
                let version = version.as_ref().filter(|version| !version.is_empty());
                let id = &execution.workflow_type;
                *name == id.name && version.is_none_or(|version| *version == id.version)
            }
            Self::Tag(tag) => execution.settings.tags.contains(tag),
            Self::Status(status) => execution.closed.is_some_and(|closed| closed.status == *status),
        }
    }
}
