//! The README's worker in Rust claims and completes a task. Its text stands at the end, word by word as there:
//! `tests/readme.rs` compares.

use aws_config::BehaviorVersion;
use aws_sdk_swf::config::{Credentials, Region, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;
use serde_json::{Value, json};

use crate::client::{Emulator, SOON};

#[tokio::test]
async fn the_worker_in_the_readme_completes_a_task() {
    let emulator = Emulator::start(SOON);
    let execution = schedule(&emulator);
    let credentials = Credentials::new("emulator", "emulator", None, None, "test");
    // What the environment says that the emulator prints, and a client without TLS.
    let settings = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(format!("http://{}", emulator.addr))
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(TokioSleep::new())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    work(&settings).await.unwrap();

    let history = emulator.call("GetWorkflowExecutionHistory", &json!({"domain": "ops", "execution": execution}));
    let events = history["events"].as_array().unwrap();
    let completed = events.iter().find(|event| event["eventType"] == "ActivityTaskCompleted").unwrap();
    assert_eq!(completed["activityTaskCompletedEventAttributes"]["result"], "swapped");
}

/// What the README's example in Python does: one task waits; its execution.
fn schedule(emulator: &Emulator) -> Value {
    let (workflow_type, activity_type) =
        (json!({"name": "Maintenance", "version": "1"}), json!({"name": "SwapDisk", "version": "1"}));
    emulator.call("RegisterDomain", &json!({"name": "ops", "workflowExecutionRetentionPeriodInDays": "1"}));
    emulator.call("RegisterWorkflowType", &json!({"domain": "ops", "name": "Maintenance", "version": "1"}));
    emulator.call("RegisterActivityType", &json!({"domain": "ops", "name": "SwapDisk", "version": "1"}));
    let started = emulator.call(
        "StartWorkflowExecution",
        &json!({
            "domain": "ops", "workflowId": "rack-42", "workflowType": workflow_type, "childPolicy": "TERMINATE",
            "taskList": {"name": "deciders"}, "taskStartToCloseTimeout": "60", "executionStartToCloseTimeout": "600",
        }),
    );
    let decision = emulator.call("PollForDecisionTask", &json!({"domain": "ops", "taskList": {"name": "deciders"}}));
    let attributes = json!({
        "activityId": "swap-17", "activityType": activity_type, "taskList": {"name": "manual-ops"},
        "heartbeatTimeout": "120", "startToCloseTimeout": "3600",
        "scheduleToStartTimeout": "NONE", "scheduleToCloseTimeout": "NONE",
    });
    emulator.call(
        "RespondDecisionTaskCompleted",
        &json!({"taskToken": decision["taskToken"], "decisions": [{
            "decisionType": "ScheduleActivityTask", "scheduleActivityTaskDecisionAttributes": attributes,
        }]}),
    );
    json!({"workflowId": "rack-42", "runId": started["runId"]})
}

// ---- README.md ----

use std::error::Error;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_swf::Client;
use aws_sdk_swf::config::{Builder, StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_swf::types::TaskList;

/// `settings`: from `aws_config::load_defaults(BehaviorVersion::latest()).await`.
async fn work(settings: &SdkConfig) -> Result<(), Box<dyn Error>> {
    let config = Builder::from(settings)
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().read_timeout(Duration::from_secs(75)).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    let swf = Client::from_conf(config);

    let list = TaskList::builder().name("manual-ops").build()?;
    let task = swf.poll_for_activity_task().domain("ops").task_list(list).send().await?;
    let token = task.task_token();
    if token.is_empty() {
        return Ok(());
    }
    let beat = swf.record_activity_task_heartbeat().task_token(token).details("50%").send().await?;
    if beat.cancel_requested() {
        swf.respond_activity_task_canceled().task_token(token).send().await?;
    } else {
        swf.respond_activity_task_completed().task_token(token).result("swapped").send().await?;
    }
    Ok(())
}
