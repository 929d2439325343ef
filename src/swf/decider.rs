//! What a decider and whoever starts workflows call. Plain values in and out, one attempt a call, as for the console.
//!
//! Used by the demo's decider and by tests. Not here: what to decide (`demo`).

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_swf as sdk;
use aws_sdk_swf::error::ProvideErrorMetadata;
use aws_sdk_swf::operation::poll_for_decision_task::PollForDecisionTaskOutput;
use aws_sdk_swf::types;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use crate::task::{ActivityType, TaskToken, WorkflowExecution};
use crate::text::Foreign;
use crate::wire::Failure;

use super::transport::Trace;
use super::{POLL_LIMIT, attempt, name_of, translate};

pub use super::decision::{Decision, Schedule};

/// How long a call other than a poll may take.
const CALL_LIMIT: Duration = Duration::from_secs(10);

/// The calls of a decider. Clones share everything and are cheap.
#[derive(Debug, Clone)]
pub struct Client {
    sdk: sdk::Client,
}

/// A workflow to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The domain.
    pub domain: Foreign,
    /// The workflow id: at most one execution with it is open.
    pub workflow_id: Foreign,
    /// Name of the workflow type.
    pub name: Foreign,
    /// Version of the workflow type.
    pub version: Foreign,
    /// The task list of its decision tasks.
    pub task_list: Foreign,
    /// Its input (at most 32,768 characters).
    pub input: Option<Foreign>,
    /// The execution's start-to-close timeout in SWF's encoding: whole seconds.
    pub execution_timeout: String,
    /// The start-to-close timeout of its decision tasks in SWF's encoding: whole seconds or `NONE`.
    pub decision_timeout: String,
}

/// One decision task with the whole history of its execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionTask {
    /// The secret that stands for the task.
    pub token: TaskToken,
    /// The execution to decide for.
    pub execution: WorkflowExecution,
    /// Events up to this one were decided on before; 0 for the first decision.
    pub previous_started_event_id: i64,
    /// The event that started this decision task.
    pub started_event_id: i64,
    /// The whole history, oldest first.
    pub events: Vec<Event>,
}

/// One history event as a decider reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// From 1, dense.
    pub id: i64,
    /// Service time, milliseconds since 1970.
    pub at: i64,
    /// What happened.
    pub kind: EventKind,
}

/// What a decider has to know of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// `WorkflowExecutionStarted`.
    Started {
        /// The execution's input.
        input: Option<Foreign>,
    },
    /// `WorkflowExecutionSignaled`.
    Signaled {
        /// Name of the signal.
        name: Foreign,
        /// Its input.
        input: Option<Foreign>,
    },
    /// `WorkflowExecutionCancelRequested`.
    CancelRequested,
    /// `ActivityTaskScheduled`.
    Scheduled {
        /// The activity id.
        activity_id: Foreign,
    },
    /// `ScheduleActivityTaskFailed`.
    ScheduleFailed {
        /// The activity id.
        activity_id: Foreign,
        /// SWF's cause.
        cause: Foreign,
    },
    /// `ActivityTaskStarted`.
    TaskStarted {
        /// The event that scheduled the task.
        scheduled_event_id: i64,
    },
    /// The task is closed, one way or another.
    TaskClosed {
        /// The event that scheduled the task.
        scheduled_event_id: i64,
        /// Which way.
        how: TaskEnd,
    },
    /// `ActivityTaskCancelRequested`.
    TaskCancelRequested {
        /// The activity id.
        activity_id: Foreign,
    },
    /// `RequestCancelActivityTaskFailed`.
    TaskCancelFailed {
        /// The activity id.
        activity_id: Foreign,
    },
    /// `TimerStarted`.
    TimerStarted {
        /// The timer.
        timer_id: Foreign,
    },
    /// `TimerFired`.
    TimerFired {
        /// The timer.
        timer_id: Foreign,
    },
    /// Anything else, by SWF's name.
    Other(Foreign),
}

/// How an activity task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskEnd {
    /// `ActivityTaskCompleted`, with the result.
    Completed(Option<Foreign>),
    /// `ActivityTaskFailed`, with the reason.
    Failed(Option<Foreign>),
    /// `ActivityTaskCanceled`, with the details.
    Canceled(Option<Foreign>),
    /// `ActivityTaskTimedOut`.
    TimedOut {
        /// SWF's `timeoutType`.
        timeout_type: Foreign,
        /// The details of the last heartbeat.
        details: Option<Foreign>,
    },
}

impl Client {
    pub(super) fn new(sdk: sdk::Client) -> Self {
        Self { sdk }
    }

    /// Registers a domain that keeps closed executions for so many days (at most 90). One that exists already is fine.
    pub async fn register_domain(&self, domain: &Foreign, retention_days: u8) -> Result<(), Failure> {
        let call = self.sdk.register_domain().name(domain.raw());
        let call = call.workflow_execution_retention_period_in_days(retention_days.to_string());
        unless_exists(perform(call.send()).await)
    }

    /// Registers an activity type without defaults: whoever schedules says everything. One that exists already is fine.
    pub async fn register_activity_type(&self, domain: &Foreign, of: &ActivityType) -> Result<(), Failure> {
        let call = self.sdk.register_activity_type().domain(domain.raw());
        unless_exists(perform(call.name(of.name.raw()).version(of.version.raw()).send()).await)
    }

    /// Registers a workflow type without defaults. One that exists already is fine.
    pub async fn register_workflow_type(
        &self,
        domain: &Foreign,
        name: &Foreign,
        version: &Foreign,
    ) -> Result<(), Failure> {
        let call = self.sdk.register_workflow_type().domain(domain.raw());
        unless_exists(perform(call.name(name.raw()).version(version.raw()).send()).await)
    }

    /// Starts an execution and returns its run id.
    pub async fn start_workflow_execution(&self, start: &Start) -> Result<Foreign, Failure> {
        let call = self.sdk.start_workflow_execution().domain(start.domain.raw()).workflow_id(start.workflow_id.raw());
        let call = call.workflow_type(workflow_type_of(&start.name, &start.version));
        let call = call.task_list(name_of(&start.task_list)).child_policy(types::ChildPolicy::Terminate);
        let call = call.set_input(start.input.as_ref().map(|input| input.raw().to_owned()));
        let call = call.execution_start_to_close_timeout(&start.execution_timeout);
        let started = perform(call.task_start_to_close_timeout(&start.decision_timeout).send()).await?;
        Ok(started.run_id().unwrap_or_default().into())
    }

    /// Waits up to a minute for a decision task, and reads its history to the end.
    ///
    /// Dropping the future of a poll may lose a decision task until it times out.
    pub async fn poll_for_decision_task(
        &self,
        domain: &Foreign,
        task_list: &Foreign,
        identity: &Foreign,
    ) -> Result<Option<DecisionTask>, Failure> {
        let poll = self.sdk.poll_for_decision_task().domain(domain.raw()).identity(identity.raw());
        let poll = poll.task_list(name_of(task_list));
        let first = perform_within(POLL_LIMIT, None, poll.clone().send()).await?;
        let mut next = first.next_page_token.clone();
        let Some(mut task) = decision_task(first) else { return Ok(None) };
        while let Some(page) = next.filter(|page| !page.is_empty()) {
            let page = perform(poll.clone().next_page_token(page).send()).await?;
            task.events.extend(page.events().iter().map(event));
            next = page.next_page_token;
        }
        Ok(Some(task))
    }

    /// Answers a decision task; no decisions at all is an answer too.
    pub async fn respond_decision_task_completed(
        &self,
        token: &TaskToken,
        decisions: Vec<Decision>,
    ) -> Result<(), Failure> {
        let call = self.sdk.respond_decision_task_completed().task_token(token.expose());
        let call = call.set_decisions(Some(decisions.into_iter().map(Decision::into_sdk).collect()));
        perform_within(CALL_LIMIT, Some(token), call.send()).await.map(drop)
    }

    /// Asks an execution to cancel itself; what that means is up to its decider.
    pub async fn request_cancel_workflow_execution(
        &self,
        domain: &Foreign,
        workflow_id: &Foreign,
    ) -> Result<(), Failure> {
        let call = self.sdk.request_cancel_workflow_execution().domain(domain.raw());
        perform(call.workflow_id(workflow_id.raw()).send()).await.map(drop)
    }

    /// Signals the open execution of a workflow id.
    pub async fn signal_workflow_execution(
        &self,
        domain: &Foreign,
        workflow_id: &Foreign,
        signal: &str,
        input: Option<&Foreign>,
    ) -> Result<(), Failure> {
        let call = self.sdk.signal_workflow_execution().domain(domain.raw()).workflow_id(workflow_id.raw());
        let call = call.signal_name(signal).set_input(input.map(|input| input.raw().to_owned()));
        perform(call.send()).await.map(drop)
    }

    /// Ends the open execution of a workflow id at once; its tasks are gone.
    pub async fn terminate_workflow_execution(
        &self,
        domain: &Foreign,
        workflow_id: &Foreign,
        reason: Option<&Foreign>,
    ) -> Result<(), Failure> {
        let call = self.sdk.terminate_workflow_execution().domain(domain.raw()).workflow_id(workflow_id.raw());
        let call = call.set_reason(reason.map(|reason| reason.raw().to_owned()));
        perform(call.child_policy(types::ChildPolicy::Terminate).send()).await.map(drop)
    }

    /// An estimate of the activity tasks waiting in a task list, and whether there are more than counted.
    pub async fn count_pending_activity_tasks(
        &self,
        domain: &Foreign,
        task_list: &Foreign,
    ) -> Result<(u32, bool), Failure> {
        let call = self.sdk.count_pending_activity_tasks().domain(domain.raw());
        let counted = perform(call.task_list(name_of(task_list)).send()).await?;
        Ok((u32::try_from(counted.count()).unwrap_or(0), counted.truncated()))
    }
}

fn perform<T, E>(
    send: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
) -> impl Future<Output = Result<T, Failure>>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    perform_within(CALL_LIMIT, None, send)
}

fn perform_within<T, E>(
    limit: Duration,
    secret: Option<&TaskToken>,
    send: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
) -> impl Future<Output = Result<T, Failure>>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    attempt(Arc::new(Trace::default()), limit, secret, send)
}

fn unless_exists<T>(registered: Result<T, Failure>) -> Result<(), Failure> {
    let exists = |failure: &Failure| {
        let code = failure.code.as_ref().map_or("", Foreign::raw);
        matches!(code, "DomainAlreadyExistsFault" | "TypeAlreadyExistsFault")
    };
    match registered {
        Err(failure) if !exists(&failure) => Err(failure),
        _ => Ok(()),
    }
}

#[expect(clippy::expect_used, reason = "fails only without name and version, and they are given here")]
pub(super) fn activity_type_of(of: &ActivityType) -> types::ActivityType {
    let builder = types::ActivityType::builder().name(of.name.raw()).version(of.version.raw());
    builder.build().expect("an activity type with name and version")
}

#[expect(clippy::expect_used, reason = "fails only without name and version, and they are given here")]
fn workflow_type_of(name: &Foreign, version: &Foreign) -> types::WorkflowType {
    let builder = types::WorkflowType::builder().name(name.raw()).version(version.raw());
    builder.build().expect("a workflow type with name and version")
}

fn decision_task(first: PollForDecisionTaskOutput) -> Option<DecisionTask> {
    if first.task_token.is_empty() {
        return None;
    }
    Some(DecisionTask {
        execution: translate::execution(first.workflow_execution()),
        previous_started_event_id: first.previous_started_event_id(),
        started_event_id: first.started_event_id(),
        events: first.events().iter().map(event).collect(),
        token: TaskToken::new(first.task_token),
    })
}

fn event(event: &types::HistoryEvent) -> Event {
    let kind = kind(event).unwrap_or_else(|| EventKind::Other(event.event_type().as_str().into()));
    Event { id: event.event_id(), at: translate::millis(*event.event_timestamp()), kind }
}

fn kind(event: &types::HistoryEvent) -> Option<EventKind> {
    use types::EventType;
    Some(match event.event_type() {
        EventType::WorkflowExecutionStarted => {
            let it = event.workflow_execution_started_event_attributes()?;
            EventKind::Started { input: it.input().map(Foreign::from) }
        }
        EventType::WorkflowExecutionSignaled => {
            let it = event.workflow_execution_signaled_event_attributes()?;
            EventKind::Signaled { name: it.signal_name().into(), input: it.input().map(Foreign::from) }
        }
        EventType::WorkflowExecutionCancelRequested => EventKind::CancelRequested,
        EventType::ActivityTaskScheduled => {
            let it = event.activity_task_scheduled_event_attributes()?;
            EventKind::Scheduled { activity_id: it.activity_id().into() }
        }
        EventType::ScheduleActivityTaskFailed => {
            let it = event.schedule_activity_task_failed_event_attributes()?;
            EventKind::ScheduleFailed { activity_id: it.activity_id().into(), cause: it.cause().as_str().into() }
        }
        EventType::ActivityTaskStarted => {
            let it = event.activity_task_started_event_attributes()?;
            EventKind::TaskStarted { scheduled_event_id: it.scheduled_event_id() }
        }
        EventType::ActivityTaskCancelRequested => {
            let it = event.activity_task_cancel_requested_event_attributes()?;
            EventKind::TaskCancelRequested { activity_id: it.activity_id().into() }
        }
        EventType::RequestCancelActivityTaskFailed => {
            let it = event.request_cancel_activity_task_failed_event_attributes()?;
            EventKind::TaskCancelFailed { activity_id: it.activity_id().into() }
        }
        EventType::TimerStarted => {
            EventKind::TimerStarted { timer_id: event.timer_started_event_attributes()?.timer_id().into() }
        }
        EventType::TimerFired => {
            EventKind::TimerFired { timer_id: event.timer_fired_event_attributes()?.timer_id().into() }
        }
        _ => return task_closed(event),
    })
}

fn task_closed(event: &types::HistoryEvent) -> Option<EventKind> {
    use types::EventType;
    let text = |text: Option<&str>| text.map(Foreign::from);
    let (scheduled_event_id, how) = match event.event_type() {
        EventType::ActivityTaskCompleted => {
            let it = event.activity_task_completed_event_attributes()?;
            (it.scheduled_event_id(), TaskEnd::Completed(text(it.result())))
        }
        EventType::ActivityTaskFailed => {
            let it = event.activity_task_failed_event_attributes()?;
            (it.scheduled_event_id(), TaskEnd::Failed(text(it.reason())))
        }
        EventType::ActivityTaskCanceled => {
            let it = event.activity_task_canceled_event_attributes()?;
            (it.scheduled_event_id(), TaskEnd::Canceled(text(it.details())))
        }
        EventType::ActivityTaskTimedOut => {
            let it = event.activity_task_timed_out_event_attributes()?;
            let timeout_type = it.timeout_type().as_str().into();
            (it.scheduled_event_id(), TaskEnd::TimedOut { timeout_type, details: text(it.details()) })
        }
        _ => return None,
    };
    Some(EventKind::TaskClosed { scheduled_event_id, how })
}
