//! What an execution is started with: what the starter says, completed by the defaults of the workflow type.

use serde::{Deserialize, Serialize};

use super::activity::{Priority, Span};
use super::check::{CHILD_POLICY, Checks, ROLE};
use super::registry::WorkflowDefaults;
use super::shapes::TaskListShape;

/// The settings of an execution.
#[derive(Debug, Serialize, Deserialize)]
pub struct Settings {
    pub task_list: String,
    pub priority: Option<Priority>,
    pub execution_start_to_close: Span,
    pub task_start_to_close: Span,
    pub child_policy: String,
    pub lambda_role: Option<String>,
    pub tags: Vec<String>,
}

/// The members in which StartWorkflowExecution, StartChildWorkflowExecution and ContinueAsNewWorkflowExecution say it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingsShape {
    task_list: Option<TaskListShape>,
    task_priority: Option<String>,
    execution_start_to_close_timeout: Option<String>,
    tag_list: Option<Vec<String>>,
    task_start_to_close_timeout: Option<String>,
    child_policy: Option<String>,
    lambda_role: Option<String>,
}

/// What a starter says itself.
#[derive(Debug)]
pub struct Wanted {
    own: WorkflowDefaults,
    tags: Vec<String>,
}

/// What neither the starter nor the type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undefined {
    ExecutionStartToClose,
    TaskStartToClose,
    ChildPolicy,
    TaskList,
}

impl Undefined {
    /// The member of a start, as DefaultUndefinedFault names it.
    pub fn member(self) -> &'static str {
        match self {
            Self::ExecutionStartToClose => "executionStartToCloseTimeout",
            Self::TaskStartToClose => "taskStartToCloseTimeout",
            Self::ChildPolicy => "childPolicy",
            Self::TaskList => "taskList",
        }
    }

    /// The cause of a failed decision.
    pub fn cause(self) -> &'static str {
        match self {
            Self::ExecutionStartToClose => "DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED",
            Self::TaskStartToClose => "DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED",
            Self::ChildPolicy => "DEFAULT_CHILD_POLICY_UNDEFINED",
            Self::TaskList => "DEFAULT_TASK_LIST_UNDEFINED",
        }
    }
}

impl Settings {
    /// The tags, as events have them: absent when there are none.
    pub fn tag_list(&self) -> Option<&[String]> {
        (!self.tags.is_empty()).then_some(&self.tags)
    }
}

impl SettingsShape {
    /// Checks the members of a request, where an execution must have a limit of time.
    pub fn check(mut self, checks: &mut Checks) -> Wanted {
        let limit = self.execution_start_to_close_timeout.take();
        let limit = checks.optional_seconds("executionStartToCloseTimeout", limit);
        self.check_rest(checks, "", limit)
    }

    /// Checks the members of a decision's attributes at `at`; there the reference allows `NONE`.
    pub fn check_decision(mut self, checks: &mut Checks, at: &str) -> Wanted {
        let limit = self.execution_start_to_close_timeout.take();
        let limit = checks.duration(&format!("{at}.executionStartToCloseTimeout"), limit);
        self.check_rest(checks, &format!("{at}."), limit)
    }

    fn check_rest(self, checks: &mut Checks, prefix: &str, execution_start_to_close: Option<Span>) -> Wanted {
        let member = |name: &str| format!("{prefix}{name}");
        let own = WorkflowDefaults {
            task_list: checks.task_list(&member("taskList"), self.task_list),
            priority: checks.priority(&member("taskPriority"), self.task_priority),
            execution_start_to_close,
            task_start_to_close: checks.duration(&member("taskStartToCloseTimeout"), self.task_start_to_close_timeout),
            child_policy: checks.optional(&member("childPolicy"), self.child_policy, &CHILD_POLICY),
            lambda_role: checks.optional(&member("lambdaRole"), self.lambda_role, &ROLE),
        };
        Wanted { own, tags: checks.tags(&member("tagList"), self.tag_list.unwrap_or_default()) }
    }
}

impl Wanted {
    /// Fills in the defaults.
    pub fn settle(self, defaults: &WorkflowDefaults) -> Result<Settings, Undefined> {
        let Self { own, tags } = self;
        let execution = own.execution_start_to_close.or(defaults.execution_start_to_close);
        let task = own.task_start_to_close.or(defaults.task_start_to_close);
        let child_policy = own.child_policy.or_else(|| defaults.child_policy.clone());
        let task_list = own.task_list.or_else(|| defaults.task_list.clone());
        Ok(Settings {
            execution_start_to_close: execution.ok_or(Undefined::ExecutionStartToClose)?,
            task_start_to_close: task.ok_or(Undefined::TaskStartToClose)?,
            child_policy: child_policy.ok_or(Undefined::ChildPolicy)?,
            task_list: task_list.ok_or(Undefined::TaskList)?,
            priority: own.priority.or(defaults.priority),
            lambda_role: own.lambda_role.or_else(|| defaults.lambda_role.clone()),
            tags,
        })
    }
}
