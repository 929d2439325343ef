//! What a decider can decide, as plain values, and as the SDK wants it.

use aws_sdk_swf::error::BuildError;
use aws_sdk_swf::types::{self, DecisionType};

use crate::task::ActivityType;
use crate::text::Foreign;

use super::decider::activity_type_of;
use super::{name_of, raw};

/// One decision. Timeouts are in SWF's encoding: whole seconds (at most 8 digits) or `NONE`; an absent one is the default
/// of the activity type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Schedule an activity task.
    ScheduleActivityTask(Box<Schedule>),
    /// Ask for an activity task to be given up; its worker learns it from a heartbeat.
    RequestCancelActivityTask {
        /// The activity id.
        activity_id: Foreign,
    },
    /// Start a timer.
    StartTimer {
        /// Its id, unique among the open timers of the execution.
        timer_id: Foreign,
        /// Whole seconds.
        seconds: u32,
    },
    /// Cancel a timer.
    CancelTimer {
        /// Its id.
        timer_id: Foreign,
    },
    /// Write a note into the history.
    RecordMarker {
        /// Its name.
        name: Foreign,
        /// What it says.
        details: Option<Foreign>,
    },
    /// The workflow is done.
    CompleteWorkflowExecution {
        /// At most 32,768 characters.
        result: Option<Foreign>,
    },
    /// The workflow failed.
    FailWorkflowExecution {
        /// At most 256 characters.
        reason: Option<Foreign>,
    },
    /// The workflow was canceled.
    CancelWorkflowExecution,
}

/// An activity task to schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The activity id, unique among the open tasks of the execution.
    pub activity_id: Foreign,
    /// Name and version of its type, which must be registered.
    pub activity_type: ActivityType,
    /// Where its workers poll.
    pub task_list: Foreign,
    /// At most 32,768 characters.
    pub input: Option<Foreign>,
    /// The heartbeat timeout.
    pub heartbeat: Option<String>,
    /// The start-to-close timeout.
    pub start_to_close: Option<String>,
    /// The schedule-to-close timeout.
    pub schedule_to_close: Option<String>,
    /// The schedule-to-start timeout.
    pub schedule_to_start: Option<String>,
}

impl Decision {
    #[expect(clippy::expect_used, reason = "fails only where a required member is missing, and all are given here")]
    pub(super) fn into_sdk(self) -> types::Decision {
        self.built().expect("a decision with all its members")
    }

    fn built(self) -> Result<types::Decision, BuildError> {
        let decision = types::Decision::builder();
        let decision = match self {
            Self::ScheduleActivityTask(schedule) => decision
                .decision_type(DecisionType::ScheduleActivityTask)
                .schedule_activity_task_decision_attributes(schedule.built()?),
            Self::RequestCancelActivityTask { activity_id } => {
                let it = types::RequestCancelActivityTaskDecisionAttributes::builder();
                decision
                    .decision_type(DecisionType::RequestCancelActivityTask)
                    .request_cancel_activity_task_decision_attributes(it.activity_id(activity_id.raw()).build()?)
            }
            Self::StartTimer { timer_id, seconds } => {
                let it = types::StartTimerDecisionAttributes::builder().timer_id(timer_id.raw());
                decision
                    .decision_type(DecisionType::StartTimer)
                    .start_timer_decision_attributes(it.start_to_fire_timeout(seconds.to_string()).build()?)
            }
            Self::CancelTimer { timer_id } => {
                let it = types::CancelTimerDecisionAttributes::builder().timer_id(timer_id.raw());
                decision.decision_type(DecisionType::CancelTimer).cancel_timer_decision_attributes(it.build()?)
            }
            Self::RecordMarker { name, details } => {
                let it = types::RecordMarkerDecisionAttributes::builder().marker_name(name.raw());
                decision
                    .decision_type(DecisionType::RecordMarker)
                    .record_marker_decision_attributes(it.set_details(raw(details)).build()?)
            }
            Self::CompleteWorkflowExecution { result } => {
                let it = types::CompleteWorkflowExecutionDecisionAttributes::builder().set_result(raw(result));
                decision
                    .decision_type(DecisionType::CompleteWorkflowExecution)
                    .complete_workflow_execution_decision_attributes(it.build())
            }
            Self::FailWorkflowExecution { reason } => {
                let it = types::FailWorkflowExecutionDecisionAttributes::builder().set_reason(raw(reason));
                decision
                    .decision_type(DecisionType::FailWorkflowExecution)
                    .fail_workflow_execution_decision_attributes(it.build())
            }
            Self::CancelWorkflowExecution => decision
                .decision_type(DecisionType::CancelWorkflowExecution)
                .cancel_workflow_execution_decision_attributes(
                    types::CancelWorkflowExecutionDecisionAttributes::builder().build(),
                ),
        };
        decision.build()
    }
}

impl Schedule {
    fn built(self) -> Result<types::ScheduleActivityTaskDecisionAttributes, BuildError> {
        types::ScheduleActivityTaskDecisionAttributes::builder()
            .activity_id(self.activity_id.raw())
            .activity_type(activity_type_of(&self.activity_type))
            .task_list(name_of(&self.task_list))
            .set_input(raw(self.input))
            .set_heartbeat_timeout(self.heartbeat)
            .set_start_to_close_timeout(self.start_to_close)
            .set_schedule_to_close_timeout(self.schedule_to_close)
            .set_schedule_to_start_timeout(self.schedule_to_start)
            .build()
    }
}
