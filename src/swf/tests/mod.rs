//! The real SDK over real sockets against a server that answers from a script.

mod catalog;
mod chain;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::task::{ActivityType, Limit, Source, Timeouts};
use crate::wire::{Attributes, Class, HistoryPage};

const TOKEN: &str = "AAAAKgAAAAEAAAAAAAAAAsecret";
const LIMIT: Duration = Duration::from_secs(5);

/// What the server does with one request.
#[derive(Debug, Clone)]
enum Step {
    /// Answers.
    Answer { status: u16, headers: &'static str, body: String },
    /// Never answers.
    Hang,
    /// Reads the request and resets the connection.
    Reset,
    /// Says that more is coming, and closes.
    BreakOff,
}

fn answer(status: u16, body: &str) -> Step {
    Step::Answer { status, headers: "", body: body.to_owned() }
}

/// A scripted SWF: one step a request, the last one for ever.
struct Scripted {
    addr: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    async fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let steps = Arc::new(Mutex::new(steps.into_iter().collect::<VecDeque<_>>()));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&steps), Arc::clone(&seen)));
            }
        });
        Self { addr, requests }
    }

    fn settings(&self) -> Settings {
        let endpoint_url = Some(format!("http://{}", self.addr));
        Settings { endpoint_url, access: Access::Fixed, ..Settings::default() }
    }

    async fn service(&self) -> Service {
        Service::connect(&self.settings()).await.unwrap()
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, steps: Arc<Mutex<VecDeque<Step>>>, seen: Arc<Mutex<Vec<String>>>) {
    while let Some(request) = read_request(&mut stream).await {
        seen.lock().unwrap().push(request);
        let step = {
            let mut steps = steps.lock().unwrap();
            if steps.len() > 1 { steps.pop_front() } else { steps.front().cloned() }
        };
        match step.expect("a script") {
            Step::Answer { status, headers, body } => {
                let answer = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            Step::Hang => std::future::pending().await,
            Step::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
            Step::BreakOff => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{").await.unwrap();
                return;
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return Some(text);
            }
        }
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.ok().filter(|&read| read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    }
}

fn heartbeat() -> Request {
    Request::Heartbeat { token: TaskToken::new(TOKEN.to_owned()), details: Some("40 %".into()) }
}

fn poll() -> Request {
    Request::Poll { domain: "ops".into(), task_list: "manual".into(), identity: "me@here/1/1".into() }
}

/// The failure of one heartbeat against one step.
async fn failed(step: Step) -> Failure {
    let server = Scripted::start([step]).await;
    let reply = server.service().await.call(heartbeat(), LIMIT).await;
    assert_eq!(server.requests().len(), 1, "exactly one attempt");
    reply.result.unwrap_err()
}

fn fault(code: &str, key: &str, message: &str) -> Step {
    answer(400, &format!(r#"{{"__type":"{code}","{key}":"{message}"}}"#))
}

#[tokio::test]
async fn a_heartbeat_goes_out_signed_and_comes_back() {
    let server = Scripted::start([answer(200, r#"{"cancelRequested":true}"#)]).await;
    let service = server.service().await;
    assert_eq!(service.region(), "us-east-1");
    assert_eq!(service.endpoint(), Some(format!("http://{}", server.addr).as_str()));
    let reply = service.call(heartbeat(), LIMIT).await;
    assert_eq!(reply, Reply { date: None, result: Ok(Answer::Beaten { cancel_requested: true }) });
    let request = server.requests().remove(0);
    assert!(request.contains("x-amz-target: SimpleWorkflowService.RecordActivityTaskHeartbeat"), "{request}");
    assert!(request.contains("/us-east-1/swf/aws4_request"), "{request}");
    assert!(request.contains(r#""details":"40 %""#), "{request}");
}

#[tokio::test]
async fn what_the_service_says_is_kept_and_classified() {
    let cases = [
        (
            "com.amazonaws.swf.base.model#UnknownResourceFault",
            "message",
            "Unknown activity, scheduledEventId = 5",
            Class::Gone,
        ),
        ("UnknownResourceFault", "message", "Unknown domain: nowhere", Class::Refused),
        ("com.amazon.coral.availability#ThrottlingException", "message", "Rate exceeded", Class::Throttled),
        ("AccessDeniedException", "Message", "User: x is not authorized to perform: swf:X", Class::Denied),
        ("com.amazonaws.swf.base.model#OperationNotPermittedFault", "message", "no", Class::Denied),
        ("ExpiredTokenException", "Message", "The security token included in the request is expired", Class::Expired),
        ("com.amazon.coral.validate#ValidationException", "message", "Invalid token", Class::Invalid),
        ("com.amazonaws.swf.base.model#LimitExceededFault", "message", "too many pollers", Class::Refused),
    ];
    for (code, key, message, class) in cases {
        let failure = failed(fault(code, key, message)).await;
        assert_eq!(failure.class, class, "{code}");
        assert_eq!(failure.message.raw(), message, "{code}");
        assert_eq!(failure.code.unwrap().raw(), code.rsplit('#').next().unwrap());
    }
}

#[tokio::test]
async fn answers_without_words_are_still_named() {
    let failure = failed(answer(500, r#"{"__type":"com.amazon.coral.service#InternalFailure"}"#)).await;
    assert_eq!((failure.class, failure.line().as_str()), (Class::Unknown, "InternalFailure: HTTP 500"));
    let failure = failed(answer(502, "<html>bad gateway</html>")).await;
    assert_eq!((failure.class, failure.line().as_str()), (Class::Unknown, "HTTP 502"));
    let failure = failed(answer(413, "too big")).await;
    assert_eq!((failure.class, failure.line().as_str()), (Class::Invalid, "HTTP 413"));
}

#[tokio::test]
async fn a_quoted_token_does_not_get_out() {
    let message = format!("1 validation error detected: Value '{TOKEN}' at 'taskToken' failed to satisfy constraint");
    let failure = failed(fault("ValidationException", "message", &message)).await;
    assert!(!format!("{failure:?} {}", failure.line()).contains(TOKEN), "{failure:?}");
    assert!(failure.message.raw().contains("(the task token)"), "{failure:?}");
}

#[tokio::test]
async fn nothing_listening_means_not_applied() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let settings =
        Settings { endpoint_url: Some(format!("http://{gone}")), access: Access::Fixed, ..Settings::default() };
    let service = Service::connect(&settings).await.unwrap();
    for request in [heartbeat(), poll()] {
        let failure = service.call(request, LIMIT).await.result.unwrap_err();
        assert_eq!(failure.class, Class::NotApplied);
        assert!(failure.line().starts_with("cannot connect: Connection refused"), "{failure:?}");
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_means_not_applied() {
    let settings = Settings {
        endpoint_url: Some("http://no-such-host.invalid".to_owned()),
        access: Access::Fixed,
        ..Settings::default()
    };
    let failure = Service::connect(&settings).await.unwrap().call(heartbeat(), LIMIT).await.result.unwrap_err();
    assert_eq!(failure.class, Class::NotApplied, "{failure:?}");
}

#[tokio::test]
async fn a_request_that_may_have_arrived_is_unknown() {
    let failure = failed(Step::Reset).await;
    assert_eq!(failure.class, Class::Unknown, "{failure:?}");
    assert!(failure.line().starts_with("no answer: "), "{failure:?}");
    let failure = failed(Step::BreakOff).await;
    assert_eq!(failure.class, Class::Unknown, "{failure:?}");
    let failure = failed(answer(200, "{\"cancelRequested\":")).await;
    assert_eq!(failure.class, Class::Unknown, "{failure:?}");
    assert_eq!(failure.line(), "the answer broke off or could not be read (HTTP 200)");
}

#[tokio::test]
async fn the_limit_ends_a_silent_call() {
    let server = Scripted::start([Step::Hang]).await;
    let failure = server.service().await.call(heartbeat(), Duration::from_millis(150)).await.result.unwrap_err();
    assert_eq!((failure.class, failure.line().as_str()), (Class::Unknown, "no answer within 150 ms"));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_broken_poll_is_not_sent_again() {
    for step in [Step::Reset, Step::BreakOff, answer(500, ""), fault("ThrottlingException", "message", "Rate exceeded")]
    {
        let server = Scripted::start([step]).await;
        assert!(server.service().await.call(poll(), LIMIT).await.result.is_err());
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_poll_ignores_the_limit_and_an_early_header() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        stream.write_all(br#"{"startedEventId":0}"#).await.unwrap();
    });
    let settings =
        Settings { endpoint_url: Some(format!("http://{addr}")), access: Access::Fixed, ..Settings::default() };
    let reply = Service::connect(&settings).await.unwrap().call(poll(), Duration::from_millis(50)).await;
    assert_eq!(reply.result, Ok(Answer::Polled(None)));
}

#[tokio::test]
async fn a_claim_has_everything_a_poll_says() {
    let body = format!(
        r#"{{"taskToken":"{TOKEN}","activityId":"swap-17","startedEventId":6,
        "workflowExecution":{{"workflowId":"rack-42","runId":"22f4"}},
        "activityType":{{"name":"SwapDisk","version":"2.1"}},"input":"{{}}"}}"#
    );
    let server = Scripted::start([answer(200, &body), answer(200, r#"{"taskToken":"","startedEventId":0}"#)]).await;
    let service = server.service().await;
    let Ok(Answer::Polled(Some(task))) = service.call(poll(), LIMIT).await.result else { panic!("a task") };
    assert_eq!(task.token.expose(), TOKEN);
    assert_eq!((task.activity_id.raw(), task.started_event_id), ("swap-17", 6));
    assert_eq!(task.activity_type, ActivityType { name: "SwapDisk".into(), version: "2.1".into() });
    assert_eq!(task.execution, WorkflowExecution { workflow_id: "rack-42".into(), run_id: "22f4".into() });
    assert_eq!(task.input, Some("{}".into()));
    assert_eq!(service.call(poll(), LIMIT).await.result, Ok(Answer::Polled(None)), "an empty token is no task");
}

#[tokio::test]
async fn a_date_is_taken_from_every_short_answer_but_not_from_polls() {
    const DATE: &str = "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n";
    const AGED: &str = "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\nAge: 7\r\n";
    let with = |status, headers, body: &str| Step::Answer { status, headers, body: body.to_owned() };
    let steps = [
        with(200, DATE, "{}"),
        with(400, DATE, r#"{"__type":"UnknownResourceFault"}"#),
        with(200, AGED, "{}"),
        with(200, DATE, r#"{"startedEventId":0}"#),
    ];
    let server = Scripted::start(steps).await;
    let service = server.service().await;
    let date = Some(784_887_151_000);
    assert_eq!(service.call(heartbeat(), LIMIT).await.date, date);
    let refused = service.call(heartbeat(), LIMIT).await;
    assert_eq!((refused.date, refused.result.unwrap_err().class), (date, Class::Gone));
    assert_eq!(service.call(heartbeat(), LIMIT).await.date, None);
    assert_eq!(service.call(poll(), LIMIT).await.date, None);
}

#[tokio::test]
async fn closes_answer_with_an_empty_body() {
    let server = Scripted::start([answer(200, "")]).await;
    let service = server.service().await;
    let token = || TaskToken::new(TOKEN.to_owned());
    let closes = [
        Request::Complete { token: token(), result: Some("done".into()) },
        Request::Fail { token: token(), reason: Some("why".into()), details: None },
        Request::Cancel { token: token(), details: None },
    ];
    for close in closes {
        let operation = close.operation();
        assert_eq!(service.call(close, LIMIT).await.result, Ok(Answer::Closed), "{operation}");
    }
    let requests = server.requests();
    assert!(requests[0].contains(r#""result":"done""#) && requests[1].contains(r#""reason":"why""#));
    assert!(!requests[1].contains("details") && requests[2].contains("RespondActivityTaskCanceled"));
}

#[tokio::test]
async fn history_becomes_plain_events() {
    let body = r#"{"nextPageToken":"more","events":[
        {"eventId":7,"eventType":"ActivityTaskTimedOut","eventTimestamp":1326671603.102,
         "activityTaskTimedOutEventAttributes":{"timeoutType":"HEARTBEAT","scheduledEventId":5,"startedEventId":6,"details":"40 %"}},
        {"eventId":5,"eventType":"ActivityTaskScheduled","eventTimestamp":1326671600,
         "activityTaskScheduledEventAttributes":{"activityId":"a","activityType":{"name":"n","version":"v"},
          "taskList":{"name":"l"},"decisionTaskCompletedEventId":4,"heartbeatTimeout":"60","startToCloseTimeout":"NONE",
          "scheduleToStartTimeout":"NONE"}},
        {"eventId":1,"eventType":"WorkflowExecutionStarted","eventTimestamp":1326671599.999,
         "workflowExecutionStartedEventAttributes":{"childPolicy":"TERMINATE","taskList":{"name":"l"},
          "workflowType":{"name":"n","version":"v"},"executionStartToCloseTimeout":"3600"}},
        {"eventId":9,"eventType":"SomethingNew","eventTimestamp":1}]}"#;
    let server = Scripted::start([answer(200, body)]).await;
    let execution = WorkflowExecution { workflow_id: "w".into(), run_id: "r".into() };
    let request =
        Request::History { domain: "d".into(), execution, reverse: true, page_size: 100, page_token: Some("p".into()) };
    let Ok(Answer::History(HistoryPage { events, next_page_token })) =
        server.service().await.call(request, LIMIT).await.result
    else {
        panic!("history")
    };
    assert_eq!(next_page_token.as_deref(), Some("more"));
    assert_eq!(
        (events[0].id, events[0].at, events[0].event_type.raw()),
        (7, 1_326_671_603_102, "ActivityTaskTimedOut")
    );
    let timed_out =
        Attributes::TimedOut { started_event_id: 6, timeout_type: "HEARTBEAT".into(), details: Some("40 %".into()) };
    assert_eq!(events[0].attributes, timed_out);
    let timeouts = Timeouts {
        heartbeat: Some((Limit::Seconds(60), Source::History)),
        start_to_close: Some((Limit::None, Source::History)),
        ..Timeouts::default()
    };
    assert_eq!(events[1].attributes, Attributes::Scheduled { activity_id: "a".into(), timeouts });
    let timeouts = Timeouts { execution: Some((Limit::Seconds(3_600), Source::History)), ..Timeouts::default() };
    assert_eq!(events[2].attributes, Attributes::ExecutionStarted { timeouts });
    assert_eq!((events[3].event_type.raw(), &events[3].attributes), ("SomethingNew", &Attributes::Other));
    let request = &server.requests()[0];
    assert!(request.contains(r#""reverseOrder":true"#) && request.contains(r#""nextPageToken":"p""#), "{request}");
}

#[tokio::test]
async fn types_and_counts_are_read() {
    let body = r#"{"typeInfo":{"activityType":{"name":"n","version":"v"},"status":"REGISTERED","creationDate":1},
        "configuration":{"defaultTaskHeartbeatTimeout":"30","defaultTaskScheduleToCloseTimeout":"NONE"}}"#;
    let server = Scripted::start([answer(200, body), answer(200, r#"{"count":7,"truncated":true}"#)]).await;
    let service = server.service().await;
    let activity_type = ActivityType { name: "n".into(), version: "v".into() };
    let request = Request::DescribeActivityType { domain: "d".into(), activity_type };
    let timeouts = Timeouts {
        heartbeat: Some((Limit::Seconds(30), Source::TypeDefault)),
        schedule_to_close: Some((Limit::None, Source::TypeDefault)),
        ..Timeouts::default()
    };
    assert_eq!(service.call(request, LIMIT).await.result, Ok(Answer::ActivityType(timeouts)));
    let request = Request::CountPending { domain: "d".into(), task_list: "l".into() };
    assert_eq!(service.call(request, LIMIT).await.result, Ok(Answer::Pending { count: 7, truncated: true }));
}

#[tokio::test]
async fn what_exists_already_is_as_good_as_registered() {
    let steps = [
        fault("com.amazonaws.swf.base.model#DomainAlreadyExistsFault", "message", "ops"),
        fault("TypeAlreadyExistsFault", "message", "t"),
        fault("TypeDeprecatedFault", "message", "t"),
    ];
    let server = Scripted::start(steps).await;
    let decider = server.service().await.decider();
    assert_eq!(decider.register_domain(&"ops".into(), 1).await, Ok(()));
    let activity_type = ActivityType { name: "n".into(), version: "v".into() };
    assert_eq!(decider.register_activity_type(&"ops".into(), &activity_type).await, Ok(()));
    assert!(decider.register_workflow_type(&"ops".into(), &"w".into(), &"1".into()).await.is_err());
}

#[tokio::test]
async fn a_decision_task_is_read_to_its_last_page() {
    let page = |id: i64, next: &str| {
        answer(
            200,
            &format!(
                r#"{{"taskToken":"decide","startedEventId":3,"previousStartedEventId":0{next},
                "workflowExecution":{{"workflowId":"w","runId":"r"}},"workflowType":{{"name":"n","version":"1"}},
                "events":[{{"eventId":{id},"eventType":"WorkflowExecutionSignaled","eventTimestamp":1,
                "workflowExecutionSignaledEventAttributes":{{"signalName":"go"}}}}]}}"#
            ),
        )
    };
    let server = Scripted::start([page(1, r#","nextPageToken":"p2""#), page(2, ""), answer(200, "")]).await;
    let decider = server.service().await.decider();
    let polled = decider.poll_for_decision_task(&"d".into(), &"l".into(), &"me".into()).await;
    let task = polled.unwrap().expect("a task");
    assert_eq!(task.events.iter().map(|event| event.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(task.events[0].kind, decider::EventKind::Signaled { name: "go".into(), input: None });
    let decisions = vec![decider::Decision::RequestCancelActivityTask { activity_id: "a".into() }];
    assert_eq!(decider.respond_decision_task_completed(&task.token, decisions).await, Ok(()));
    let answered = &server.requests()[2];
    assert!(answered.contains(r#""decisionType":"RequestCancelActivityTask""#), "{answered}");
    assert!(answered.contains(r#""taskToken":"decide""#), "{answered}");
}

#[tokio::test]
async fn reloading_makes_a_service_of_the_same_settings() {
    let server = Scripted::start([answer(200, "{}")]).await;
    let service = server.service().await;
    let again = service.reload().await.unwrap();
    assert_eq!((again.region(), again.endpoint()), (service.region(), service.endpoint()));
    assert!(again.call(heartbeat(), LIMIT).await.result.is_ok());
}

#[tokio::test]
async fn calls_can_be_spawned_and_are_small_enough_for_many() {
    fn spawnable(future: &(impl Future + Send)) -> usize {
        std::mem::size_of_val(future)
    }
    let service = Scripted::start([answer(200, "{}")]).await.service().await;
    assert!(spawnable(&service.call(heartbeat(), LIMIT)) < 1_024);
    assert!(spawnable(&service.reload()) < 1_024);
}

#[test]
fn the_iam_policy_allows_every_call_there_is() {
    let policy: serde_json::Value = serde_json::from_str(include_str!("../../../assets/iam-policy.json")).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let listed = |actions: &serde_json::Value| match actions {
        serde_json::Value::Array(actions) => actions.iter().map(|it| it.as_str().unwrap().to_owned()).collect(),
        action => vec![action.as_str().unwrap().to_owned()],
    };
    let allowed: Vec<String> = statements.iter().flat_map(|statement| listed(&statement["Action"])).collect();
    let (domain, task_list) = (Foreign::from("d"), Foreign::from("l"));
    let token = || TaskToken::new(TOKEN.to_owned());
    let activity_type = ActivityType { name: "n".into(), version: "v".into() };
    let execution = WorkflowExecution { workflow_id: "w".into(), run_id: "r".into() };
    let every = [
        poll(),
        heartbeat(),
        Request::Complete { token: token(), result: None },
        Request::Fail { token: token(), reason: None, details: None },
        Request::Cancel { token: token(), details: None },
        Request::History { domain: domain.clone(), execution, reverse: true, page_size: 1, page_token: None },
        Request::DescribeActivityType { domain: domain.clone(), activity_type },
        Request::ListOpen { domain: domain.clone(), oldest: 0, page_size: 1 },
        Request::CountPending { domain, task_list },
    ];
    for request in every {
        assert!(allowed.contains(&format!("swf:{}", request.operation())), "{}", request.operation());
    }
}
