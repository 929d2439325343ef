//! How much there may be of what: SWF's quotas on executions and tasks (developer guide, "Amazon SWF Quotas").
//!
//! Not here: how fast requests may come, and quotas on whole accounts.

/// The limits in force.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Open executions in a domain, children included.
    pub open_executions: usize,
    /// Events in a history: with this many the service terminates the execution.
    pub history: i64,
    /// Open activity tasks of an execution.
    pub open_activities: usize,
    /// Open timers of an execution.
    pub open_timers: usize,
    /// Open children of an execution.
    pub open_children: usize,
    /// Milliseconds an execution may last, whatever its own timeout says.
    pub execution: i64,
}

impl Limits {
    /// As AWS has them.
    pub const AWS: Self = Self {
        open_executions: 100_000,
        history: 25_000,
        open_activities: 1_000,
        open_timers: 1_000,
        open_children: 1_000,
        execution: 365 * 24 * 60 * 60 * 1_000,
    };
}
