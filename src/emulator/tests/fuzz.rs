//! Bodies that no client would send: whatever arrives, the service answers as AWS does, at once, and goes on.
//!
//! `SWFBEAT_FUZZ=N` tries N of them, `SWFBEAT_FUZZ_SEED=S` others than usual.

use serde_json::{Value, json};

use super::super::service::{Handled, RequestId};
use super::World;

/// Bodies that are right, or nearly: where the wrong ones begin.
fn corpus() -> Vec<(&'static str, String)> {
    let named = json!({"domain": "d", "name": "A", "version": "1", "description": "x", "defaultTaskPriority": "-7",
        "defaultTaskList": {"name": "work"}, "defaultTaskHeartbeatTimeout": "NONE", "defaultChildPolicy": "ABANDON"});
    let typed = json!({"domain": "d", "activityType": {"name": "A", "version": "1"},
        "workflowType": {"name": "W", "version": "1"}, "registrationStatus": "REGISTERED", "maximumPageSize": 3,
        "reverseOrder": true, "nextPageToken": "AAAA"});
    let execution = json!({"domain": "d", "workflowId": "w", "runId": "r", "workflowType": {"name": "W", "version": "1"},
        "execution": {"workflowId": "w", "runId": "r"}, "tagList": ["a", "b"], "input": "i", "signalName": "s",
        "taskPriority": "2147483647", "executionStartToCloseTimeout": "60", "childPolicy": "TERMINATE",
        "reverseOrder": true, "maximumPageSize": 1000});
    let visible = json!({"domain": "d", "startTimeFilter": {"oldestDate": 1.7e9, "latestDate": 1_800_000_000.5},
        "closeTimeFilter": {"oldestDate": 0}, "tagFilter": {"tag": "a"}, "closeStatusFilter": {"status": "FAILED"},
        "typeFilter": {"name": "W", "version": "1"}, "executionFilter": {"workflowId": "w"}});
    let task = json!({"taskToken": "AAAAKgAAAAE=", "details": "d", "result": "r", "reason": "why", "executionContext": "c",
        "taskList": {"name": "decide"}, "decisions": [
            {"decisionType": "StartTimer", "startTimerDecisionAttributes": {"timerId": "t", "startToFireTimeout": "1"}},
            {"decisionType": "CompleteWorkflowExecution"}]});
    let poll = json!({"domain": "d", "taskList": {"name": "work"}, "identity": "me", "maximumPageSize": 1});
    let tags =
        json!({"resourceArn": "arn:aws:swf:r:1:/domain/d", "tags": [{"key": "k", "value": "v"}], "tagKeys": ["k"]});
    let domain = json!({"name": "d2", "workflowExecutionRetentionPeriodInDays": "NONE", "tags": [{"key": "k"}]});
    let families: [(&Value, &[&'static str]); 8] = [
        (
            &named,
            &["RegisterActivityType", "RegisterWorkflowType", "DescribeDomain", "DeprecateDomain", "UndeprecateDomain"],
        ),
        (
            &typed,
            &[
                "DescribeActivityType",
                "ListActivityTypes",
                "DeprecateActivityType",
                "UndeprecateActivityType",
                "DeleteActivityType",
                "DescribeWorkflowType",
                "ListWorkflowTypes",
                "DeprecateWorkflowType",
                "UndeprecateWorkflowType",
                "DeleteWorkflowType",
                "ListDomains",
            ],
        ),
        (
            &execution,
            &[
                "StartWorkflowExecution",
                "SignalWorkflowExecution",
                "RequestCancelWorkflowExecution",
                "TerminateWorkflowExecution",
                "DescribeWorkflowExecution",
                "GetWorkflowExecutionHistory",
            ],
        ),
        (
            &visible,
            &[
                "ListOpenWorkflowExecutions",
                "ListClosedWorkflowExecutions",
                "CountOpenWorkflowExecutions",
                "CountClosedWorkflowExecutions",
            ],
        ),
        (
            &task,
            &[
                "RespondDecisionTaskCompleted",
                "RecordActivityTaskHeartbeat",
                "RespondActivityTaskCompleted",
                "RespondActivityTaskFailed",
                "RespondActivityTaskCanceled",
            ],
        ),
        (
            &poll,
            &["PollForDecisionTask", "PollForActivityTask", "CountPendingActivityTasks", "CountPendingDecisionTasks"],
        ),
        (&tags, &["TagResource", "UntagResource", "ListTagsForResource"]),
        (&domain, &["RegisterDomain", "NoSuchOperation"]),
    ];
    let bodies = families.iter().flat_map(|(body, operations)| operations.iter().map(|name| (*name, body.to_string())));
    bodies.collect()
}

/// Numbers from a seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) % n.max(1) as u64) as usize
    }
}

/// One change for the worse.
fn spoil(body: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    const BITS: [&[u8]; 14] = [
        b"null",
        b"-1",
        b"1e999",
        b"99999999999999999999",
        b"\"\"",
        b"[]",
        b"{}",
        b"true",
        b"\\u0000",
        b"\\ud800",
        b"\xff\xfe",
        b"[[[[[[[[[[[[",
        b"\"NONE\"",
        b"\":\"",
    ];
    let at = chance.below(body.len() + 1);
    let end = (at + chance.below(24)).min(body.len());
    match chance.below(6) {
        0 if at < body.len() => body[at] ^= 1 << chance.below(8),
        1 => drop(body.drain(at..end)),
        2 => body.splice(at..at, BITS[chance.below(BITS.len())].iter().copied()).for_each(drop),
        3 => body.splice(at..end, BITS[chance.below(BITS.len())].iter().copied()).for_each(drop),
        4 => {
            let from = chance.below(other.len());
            body.splice(at..end, other[from..].iter().copied()).for_each(drop);
        }
        _ => {
            let long = vec![b'x'; chance.below(40_000)];
            body.splice(at..at, long).for_each(drop);
        }
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// Says what was sent last, should that end the test.
struct Last {
    operation: &'static str,
    body: Vec<u8>,
}

impl Drop for Last {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{} {}", self.operation, String::from_utf8_lossy(&self.body));
        }
    }
}

#[test]
fn whatever_arrives_is_answered_as_aws_does() {
    let corpus = corpus();
    let mut chance = Chance(setting("SWFBEAT_FUZZ_SEED", 1));
    let mut world = World::new();
    let (mut good, mut bad) = (0, 0);
    for number in 0..setting("SWFBEAT_FUZZ", 20_000) {
        if number % 5_000 == 0 {
            world = World::new();
        }
        let (operation, body) = &corpus[chance.below(corpus.len())];
        let other = &corpus[chance.below(corpus.len())].1;
        let mut body = body.clone().into_bytes();
        for _ in 0..chance.below(4) {
            spoil(&mut body, other.as_bytes(), &mut chance);
        }
        world.now += chance.below(50) as i64;
        let last = Last { operation, body };
        let request = RequestId(1_000_000 + number);
        match world.service.handle(world.now, request, last.operation, &last.body) {
            Handled::Held => assert!(last.operation.starts_with("PollFor"), "{} is held", last.operation),
            Handled::Answer(answer) if answer.status == 200 => {
                good += 1;
                assert!(answer.body.is_empty() || serde_json::from_slice::<Value>(&answer.body).unwrap().is_object());
            }
            Handled::Answer(answer) => {
                bad += 1;
                let fault: Value = serde_json::from_slice(&answer.body).unwrap();
                assert!((400..500).contains(&answer.status), "{fault}");
                assert!(fault["__type"].as_str().unwrap().contains('#') && fault["message"].is_string(), "{fault}");
                assert!(!fault.to_string().contains("AAAAKgAAAAE"), "a token is not quoted: {fault}");
            }
        }
        if number % 100 == 0 {
            world.service.advance(world.now);
        }
    }
    assert!(good > 0 && bad > 0, "{good} good, {bad} bad");
}
