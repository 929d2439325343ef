//! What can be copied of a task. Never its token: the screen does not have it (promise inert-text).

use crate::console::TaskFacts;
use crate::text::Foreign;

/// A part of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The activity id.
    Id,
    /// The last details.
    Details,
    /// The input.
    Input,
    /// The workflow id.
    Workflow,
    /// The run id.
    Run,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Id, Self::Details, Self::Input, Self::Workflow, Self::Run];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "activity id",
            Self::Details => "details",
            Self::Input => "input",
            Self::Workflow => "workflow id",
            Self::Run => "run id",
        }
    }

    /// The raw text, if the task has one.
    pub fn of(self, facts: &TaskFacts) -> Option<&str> {
        let text = match self {
            Self::Id => Some(&facts.activity_id),
            Self::Details => facts.details.as_ref(),
            Self::Input => facts.input.as_ref(),
            Self::Workflow => Some(&facts.execution.workflow_id),
            Self::Run => Some(&facts.execution.run_id),
        };
        text.map(Foreign::raw).filter(|text| !text.is_empty())
    }
}
