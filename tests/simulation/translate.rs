//! Between the console's plain values and the emulator's JSON, as `swf` does it between them and the SDK.

use serde_json::{Value, json};
use swfbeat::task::{ActivityType, ClaimedTask, Limit, Source, TaskToken, Timeouts, WorkflowExecution};
use swfbeat::text::Foreign;
use swfbeat::wire::{Answer, Attributes, Failure, HistoryEvent, HistoryPage, Phase, Request};

/// The JSON body of a request.
pub fn body(request: &Request) -> Vec<u8> {
    let text = |text: &Option<Foreign>| text.as_ref().map(|text| text.raw().to_owned());
    let execution = |it: &WorkflowExecution| json!({"workflowId": it.workflow_id.raw(), "runId": it.run_id.raw()});
    let mut value = match request {
        Request::Poll { domain, task_list, identity } => {
            json!({"domain": domain.raw(), "taskList": {"name": task_list.raw()}, "identity": identity.raw()})
        }
        Request::Heartbeat { token, details } | Request::Cancel { token, details } => {
            json!({"taskToken": token.expose(), "details": text(details)})
        }
        Request::Complete { token, result } => json!({"taskToken": token.expose(), "result": text(result)}),
        Request::Fail { token, reason, details } => {
            json!({"taskToken": token.expose(), "reason": text(reason), "details": text(details)})
        }
        Request::History { domain, execution: it, reverse, page_size, page_token } => json!({
            "domain": domain.raw(), "execution": execution(it), "reverseOrder": reverse,
            "maximumPageSize": page_size, "nextPageToken": page_token,
        }),
        Request::DescribeActivityType { domain, activity_type } => json!({
            "domain": domain.raw(),
            "activityType": {"name": activity_type.name.raw(), "version": activity_type.version.raw()},
        }),
        Request::CountPending { domain, task_list } => {
            json!({"domain": domain.raw(), "taskList": {"name": task_list.raw()}})
        }
    };
    // Absent members are left out, not null.
    if let Value::Object(members) = &mut value {
        members.retain(|_, value| !value.is_null());
    }
    value.to_string().into_bytes()
}

/// What the service's answer means to the console.
pub fn answer(request: &Request, status: u16, body: &[u8]) -> Result<Answer, Failure> {
    let value: Value =
        if body.is_empty() { Value::Null } else { serde_json::from_slice(body).expect("answers are JSON") };
    if status != 200 {
        let (code, message) = (value["__type"].as_str(), value["message"].as_str().unwrap_or(""));
        return Err(Failure::new(Some(status), code, message, Phase::Answered));
    }
    Ok(match request {
        Request::Poll { .. } => Answer::Polled(polled(&value)),
        Request::Heartbeat { .. } => {
            Answer::Beaten { cancel_requested: value["cancelRequested"].as_bool().expect("cancelRequested") }
        }
        Request::Complete { .. } | Request::Fail { .. } | Request::Cancel { .. } => Answer::Closed,
        Request::History { .. } => Answer::History(HistoryPage {
            events: value["events"].as_array().expect("events").iter().map(event).collect(),
            next_page_token: value["nextPageToken"].as_str().map(str::to_owned),
        }),
        Request::DescribeActivityType { .. } => Answer::ActivityType(Timeouts::default()),
        Request::CountPending { .. } => {
            Answer::Pending { count: value["count"].as_u64().expect("count") as u32, truncated: false }
        }
    })
}

fn polled(value: &Value) -> Option<Box<ClaimedTask>> {
    let token = value["taskToken"].as_str()?;
    Some(Box::new(ClaimedTask {
        token: TaskToken::new(token.to_owned()),
        activity_id: text(&value["activityId"]).unwrap_or_else(|| "".into()),
        activity_type: ActivityType {
            name: text(&value["activityType"]["name"]).unwrap_or_else(|| "".into()),
            version: text(&value["activityType"]["version"]).unwrap_or_else(|| "".into()),
        },
        started_event_id: value["startedEventId"].as_i64().expect("startedEventId"),
        execution: WorkflowExecution {
            workflow_id: text(&value["workflowExecution"]["workflowId"]).unwrap_or_else(|| "".into()),
            run_id: text(&value["workflowExecution"]["runId"]).unwrap_or_else(|| "".into()),
        },
        input: text(&value["input"]),
    }))
}

fn text(value: &Value) -> Option<Foreign> {
    value.as_str().map(Foreign::from)
}

fn limit(value: &Value) -> Option<(Limit, Source)> {
    value.as_str().and_then(|text| Limit::parse(text).ok()).map(|limit| (limit, Source::History))
}

fn event(value: &Value) -> HistoryEvent {
    let event_type = value["eventType"].as_str().expect("eventType");
    let mut name = event_type.to_owned();
    name[..1].make_ascii_lowercase();
    let it = &value[format!("{name}EventAttributes")];
    let started_event_id = it["startedEventId"].as_i64().unwrap_or(0);
    let attributes = match event_type {
        "WorkflowExecutionStarted" => {
            let execution = limit(&it["executionStartToCloseTimeout"]);
            Attributes::ExecutionStarted { timeouts: Timeouts { execution, ..Timeouts::default() } }
        }
        "ActivityTaskScheduled" => Attributes::Scheduled {
            activity_id: text(&it["activityId"]).expect("activityId"),
            timeouts: Timeouts {
                heartbeat: limit(&it["heartbeatTimeout"]),
                start_to_close: limit(&it["startToCloseTimeout"]),
                schedule_to_close: limit(&it["scheduleToCloseTimeout"]),
                execution: None,
            },
        },
        "ActivityTaskStarted" => Attributes::Started {
            scheduled_event_id: it["scheduledEventId"].as_i64().expect("scheduledEventId"),
            identity: text(&it["identity"]),
        },
        "ActivityTaskCompleted" => Attributes::Completed { started_event_id, result: text(&it["result"]) },
        "ActivityTaskFailed" => {
            Attributes::Failed { started_event_id, reason: text(&it["reason"]), details: text(&it["details"]) }
        }
        "ActivityTaskCanceled" => Attributes::Canceled { started_event_id, details: text(&it["details"]) },
        "ActivityTaskTimedOut" => Attributes::TimedOut {
            started_event_id,
            timeout_type: text(&it["timeoutType"]).expect("timeoutType"),
            details: text(&it["details"]),
        },
        "ActivityTaskCancelRequested" => {
            Attributes::CancelRequested { activity_id: text(&it["activityId"]).expect("activityId") }
        }
        "WorkflowExecutionCancelRequested" => Attributes::ExecutionCancelRequested,
        "WorkflowExecutionCompleted"
        | "WorkflowExecutionFailed"
        | "WorkflowExecutionTimedOut"
        | "WorkflowExecutionCanceled"
        | "WorkflowExecutionTerminated" => Attributes::ExecutionClosed,
        _ => Attributes::Other,
    };
    let at = (value["eventTimestamp"].as_f64().expect("eventTimestamp") * 1_000.0).round() as i64;
    HistoryEvent {
        id: value["eventId"].as_i64().expect("eventId"),
        at,
        event_type: event_type.into(),
        attributes,
        says: Vec::new(),
    }
}
