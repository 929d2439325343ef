//! Between the console's plain values and the emulator's JSON, as `swf` does it between them and the SDK. Written by
//! hand: this is done for every simulated heartbeat. The texts of the simulation need no escapes.

use serde::Deserialize;
use swfbeat::task::{ActivityType, ClaimedTask, Limit, Source, TaskToken, Timeouts, WorkflowExecution};
use swfbeat::text::Foreign;
use swfbeat::wire::{Answer, Attributes, Failure, HistoryEvent, HistoryPage, Phase, Request};

/// Writes the JSON body of a request.
pub fn body(request: &Request) -> String {
    let mut out = Body(String::with_capacity(400));
    match request {
        Request::Poll { domain, task_list, identity } => {
            out.text("domain", domain.raw()).list(task_list).text("identity", identity.raw());
        }
        Request::Heartbeat { token, details } | Request::Cancel { token, details } => {
            out.text("taskToken", token.expose()).maybe("details", details.as_ref());
        }
        Request::Complete { token, result } => {
            out.text("taskToken", token.expose()).maybe("result", result.as_ref());
        }
        Request::Fail { token, reason, details } => {
            out.text("taskToken", token.expose()).maybe("reason", reason.as_ref()).maybe("details", details.as_ref());
        }
        Request::History { domain, execution, reverse, page_size, page_token } => {
            let (workflow, run) = (execution.workflow_id.raw(), execution.run_id.raw());
            out.text("domain", domain.raw())
                .plain("execution", &format!(r#"{{"workflowId":"{workflow}","runId":"{run}"}}"#))
                .plain("reverseOrder", if *reverse { "true" } else { "false" })
                .plain("maximumPageSize", &page_size.to_string());
            if let Some(token) = page_token {
                out.text("nextPageToken", token);
            }
        }
        Request::DescribeActivityType { domain, activity_type } => {
            let (name, version) = (activity_type.name.raw(), activity_type.version.raw());
            out.text("domain", domain.raw())
                .plain("activityType", &format!(r#"{{"name":"{name}","version":"{version}"}}"#));
        }
        Request::ListOpen { domain, oldest, page_size } => {
            out.text("domain", domain.raw())
                .plain("startTimeFilter", &format!(r#"{{"oldestDate":{}}}"#, oldest / 1_000))
                .plain("maximumPageSize", &page_size.to_string());
        }
        Request::CountPending { domain, task_list } => {
            out.text("domain", domain.raw()).list(task_list);
        }
    }
    out.0.push('}');
    out.0
}

/// A JSON object being written.
struct Body(String);

impl Body {
    fn plain(&mut self, name: &str, value: &str) -> &mut Self {
        for part in [if self.0.is_empty() { "{\"" } else { ",\"" }, name, "\":", value] {
            self.0.push_str(part);
        }
        self
    }

    fn text(&mut self, name: &str, value: &str) -> &mut Self {
        debug_assert!(!value.contains(['"', '\\']), "{value} needs escapes");
        for part in [if self.0.is_empty() { "{\"" } else { ",\"" }, name, "\":\"", value, "\""] {
            self.0.push_str(part);
        }
        self
    }

    fn maybe(&mut self, name: &str, value: Option<&Foreign>) -> &mut Self {
        if let Some(value) = value {
            self.text(name, value.raw());
        }
        self
    }

    fn list(&mut self, name: &Foreign) -> &mut Self {
        self.plain("taskList", &format!(r#"{{"name":"{}"}}"#, name.raw()))
    }
}

/// Any answer of the service that is no error, and any error.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Any<'a> {
    #[serde(rename = "__type")]
    code: Option<&'a str>,
    #[serde(alias = "Message")]
    message: Option<&'a str>,
    cancel_requested: bool,
    count: u32,
    next_page_token: Option<String>,
    #[serde(borrow)]
    events: Vec<Event<'a>>,
    execution_infos: Vec<Info<'a>>,
    configuration: Defaults<'a>,
    task_token: Option<&'a str>,
    activity_id: &'a str,
    activity_type: Name<'a>,
    started_event_id: i64,
    workflow_execution: Execution<'a>,
    input: Option<&'a str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Defaults<'a> {
    #[serde(rename = "defaultTaskHeartbeatTimeout")]
    heartbeat: Option<&'a str>,
    #[serde(rename = "defaultTaskStartToCloseTimeout")]
    start_to_close: Option<&'a str>,
    #[serde(rename = "defaultTaskScheduleToCloseTimeout")]
    schedule_to_close: Option<&'a str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Name<'a> {
    name: &'a str,
    version: &'a str,
}

/// An execution on the wire.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Execution<'a> {
    pub workflow_id: &'a str,
    pub run_id: &'a str,
}

/// An execution in a list.
#[derive(Deserialize)]
struct Info<'a> {
    #[serde(borrow)]
    execution: Execution<'a>,
}

/// A history event on the wire, as far as anybody here reads it.
#[derive(Deserialize)]
pub struct Event<'a> {
    #[serde(rename = "eventTimestamp")]
    seconds: f64,
    #[serde(rename = "eventType")]
    pub name: &'a str,
    #[serde(rename = "eventId")]
    pub id: i64,
    #[serde(
        default,
        borrow,
        alias = "workflowExecutionStartedEventAttributes",
        alias = "workflowExecutionSignaledEventAttributes",
        alias = "activityTaskScheduledEventAttributes",
        alias = "activityTaskStartedEventAttributes",
        alias = "activityTaskCompletedEventAttributes",
        alias = "activityTaskFailedEventAttributes",
        alias = "activityTaskCanceledEventAttributes",
        alias = "activityTaskTimedOutEventAttributes",
        alias = "activityTaskCancelRequestedEventAttributes"
    )]
    pub attributes: Members<'a>,
}

/// The members of all those attributes together.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Members<'a> {
    pub activity_id: &'a str,
    pub scheduled_event_id: i64,
    started_event_id: i64,
    identity: Option<&'a str>,
    pub input: Option<&'a str>,
    result: Option<&'a str>,
    reason: Option<&'a str>,
    details: Option<&'a str>,
    timeout_type: &'a str,
    heartbeat_timeout: Option<&'a str>,
    start_to_close_timeout: Option<&'a str>,
    schedule_to_close_timeout: Option<&'a str>,
    execution_start_to_close_timeout: Option<&'a str>,
}

/// A body as text: checked once, and not string by string.
pub fn text(body: &[u8]) -> &str {
    std::str::from_utf8(body).expect("bodies are UTF-8")
}

/// What the service's answer means to the console.
pub fn answer(request: &Request, status: u16, body: &[u8]) -> Result<Answer, Failure> {
    if status == 200 && matches!(request, Request::Heartbeat { .. }) {
        return Ok(Answer::Beaten { cancel_requested: body == br#"{"cancelRequested":true}"# });
    }
    let any =
        if body.is_empty() { Any::default() } else { serde_json::from_str(text(body)).expect("answers are JSON") };
    if status != 200 {
        return Err(Failure::new(Some(status), any.code, any.message.unwrap_or(""), Phase::Answered));
    }
    Ok(match request {
        Request::Poll { .. } => Answer::Polled(polled(&any)),
        Request::Heartbeat { .. } => Answer::Beaten { cancel_requested: any.cancel_requested },
        Request::Complete { .. } | Request::Fail { .. } | Request::Cancel { .. } => Answer::Closed,
        Request::History { .. } => Answer::History(HistoryPage {
            events: any.events.iter().map(event).collect(),
            next_page_token: any.next_page_token,
        }),
        Request::DescribeActivityType { .. } => Answer::ActivityType(defaults(&any.configuration)),
        Request::ListOpen { .. } => Answer::Open {
            executions: any.execution_infos.iter().map(|info| execution(&info.execution)).collect(),
            more: any.next_page_token.is_some(),
        },
        Request::CountPending { .. } => Answer::Pending { count: any.count, truncated: false },
    })
}

fn polled(any: &Any<'_>) -> Option<Box<ClaimedTask>> {
    Some(Box::new(ClaimedTask {
        token: TaskToken::new(any.task_token?.to_owned()),
        activity_id: any.activity_id.into(),
        activity_type: ActivityType { name: any.activity_type.name.into(), version: any.activity_type.version.into() },
        started_event_id: any.started_event_id,
        execution: execution(&any.workflow_execution),
        input: any.input.map(Foreign::from),
    }))
}

fn execution(it: &Execution<'_>) -> WorkflowExecution {
    WorkflowExecution { workflow_id: it.workflow_id.into(), run_id: it.run_id.into() }
}

fn limit(text: Option<&str>, source: Source) -> Option<(Limit, Source)> {
    text.and_then(|text| Limit::parse(text).ok()).map(|limit| (limit, source))
}

fn defaults(it: &Defaults<'_>) -> Timeouts {
    Timeouts {
        heartbeat: limit(it.heartbeat, Source::TypeDefault),
        start_to_close: limit(it.start_to_close, Source::TypeDefault),
        schedule_to_close: limit(it.schedule_to_close, Source::TypeDefault),
        execution: None,
    }
}

fn event(event: &Event<'_>) -> HistoryEvent {
    let it = &event.attributes;
    let text = |text: Option<&str>| text.map(Foreign::from);
    let started_event_id = it.started_event_id;
    let history = |limit_text| limit(limit_text, Source::History);
    let attributes = match event.name {
        "WorkflowExecutionStarted" => Attributes::ExecutionStarted {
            timeouts: Timeouts { execution: history(it.execution_start_to_close_timeout), ..Timeouts::default() },
        },
        "ActivityTaskScheduled" => Attributes::Scheduled {
            activity_id: it.activity_id.into(),
            timeouts: Timeouts {
                heartbeat: history(it.heartbeat_timeout),
                start_to_close: history(it.start_to_close_timeout),
                schedule_to_close: history(it.schedule_to_close_timeout),
                execution: None,
            },
        },
        "ActivityTaskStarted" => {
            Attributes::Started { scheduled_event_id: it.scheduled_event_id, identity: text(it.identity) }
        }
        "ActivityTaskCompleted" => Attributes::Completed { started_event_id, result: text(it.result) },
        "ActivityTaskFailed" => {
            Attributes::Failed { started_event_id, reason: text(it.reason), details: text(it.details) }
        }
        "ActivityTaskCanceled" => Attributes::Canceled { started_event_id, details: text(it.details) },
        "ActivityTaskTimedOut" => {
            Attributes::TimedOut { started_event_id, timeout_type: it.timeout_type.into(), details: text(it.details) }
        }
        "ActivityTaskCancelRequested" => Attributes::CancelRequested { activity_id: it.activity_id.into() },
        "WorkflowExecutionCancelRequested" => Attributes::ExecutionCancelRequested,
        "WorkflowExecutionCompleted"
        | "WorkflowExecutionFailed"
        | "WorkflowExecutionTimedOut"
        | "WorkflowExecutionCanceled"
        | "WorkflowExecutionTerminated" => Attributes::ExecutionClosed,
        _ => Attributes::Other,
    };
    let at = (event.seconds * 1_000.0).round() as i64;
    HistoryEvent { id: event.id, at, event_type: event.name.into(), attributes, says: Vec::new() }
}
