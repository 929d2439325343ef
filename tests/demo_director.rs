//! The demo's director against the emulator over real sockets, with raw polls in the place of the console: the stories
//! of a scenario with short times unfold, and everything the tour shows at once is there at once.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::cell::RefCell;
use std::time::Duration;

use swfbeat::clock;
use swfbeat::demo::view::{Order, Reports};
use swfbeat::demo::{Admin, Audience, Backstage, Director, House, Scenario};
use swfbeat::emulator::{AdminToken, Control, Options, Server};
use swfbeat::swf::{Access, Service, Settings};
use swfbeat::task::{ClaimedTask, Outcome};
use swfbeat::text::Foreign;
use swfbeat::wire::{Answer, Attributes, Class, Failure, HistoryEvent, Request};
use tokio::sync::mpsc;

const LIMIT: Duration = Duration::from_secs(5);

/// The stories of the tour in seconds instead of minutes.
const SHORT: &str = r#"
title = "Short stories"
domain = "ops"
task_list = "manual"
claim = 3

[[workflow]]
id = "keys"
type = "Keys"
version = "1"
timeout = "10m"

[[workflow.activity]]
id = "keys-3"
type = "RotateKeys"
version = "1.0"
input = '{"keys":25}'
heartbeat = "1s"
start_to_close = "10m"
beat = "40 %"
again = ["timed out"]
pause = "2s"

[[workflow.activity]]
id = "cable-5"
type = "InspectCable"
version = "1.0"
heartbeat = "NONE"
start_to_close = "10m"
after = "2s"

[[workflow]]
id = "rack"
type = "Rack"
version = "1"
timeout = "10m"
repeat = "1s"

[[workflow.activity]]
id = "drain-42"
type = "DrainRack"
version = "1.0"
heartbeat = "1m"
start_to_close = "10m"
keep = "30m"

[[workflow]]
id = "kernel"
type = "Kernel"
version = "1"
timeout = "10m"

[[workflow.activity]]
id = "patch-7"
type = "PatchKernel"
version = "1.0"
heartbeat = "1m"
start_to_close = "10m"

[[happening]]
at = "1s"
cancel = "drain-42"

[[happening]]
at = "1s"
terminate = "kernel"
"#;

/// The operator, with raw calls.
struct Operator {
    service: Service,
    domain: Foreign,
    task_list: Foreign,
}

impl Operator {
    async fn call(&self, request: Request) -> Result<Answer, Failure> {
        self.service.call(request, LIMIT).await.result
    }

    async fn claim(&self) -> ClaimedTask {
        let (domain, task_list) = (self.domain.clone(), self.task_list.clone());
        match self.call(Request::Poll { domain, task_list, identity: "tester".into() }).await {
            Ok(Answer::Polled(Some(task))) => *task,
            other => panic!("{other:?} instead of a task"),
        }
    }

    /// Claims so many tasks, sorted by activity id.
    async fn claim_all(&self, count: u32) -> Vec<ClaimedTask> {
        let mut tasks = Vec::new();
        for _ in 0..count {
            tasks.push(self.claim().await);
        }
        tasks.sort_by(|a, b| a.activity_id.cmp(&b.activity_id));
        tasks
    }

    async fn beat(&self, task: &ClaimedTask, details: &str) -> Result<bool, Failure> {
        let request = Request::Heartbeat { token: task.token.clone(), details: Some(details.into()) };
        match self.call(request).await? {
            Answer::Beaten { cancel_requested } => Ok(cancel_requested),
            other => panic!("{other:?} instead of a heartbeat"),
        }
    }

    async fn close(&self, task: &ClaimedTask, outcome: Outcome) {
        let token = task.token.clone();
        let request = match outcome {
            Outcome::Completed { result } => Request::Complete { token, result },
            Outcome::Failed { reason, details } => Request::Fail { token, reason, details },
            Outcome::Canceled { details } => Request::Cancel { token, details },
        };
        assert_eq!(self.call(request).await, Ok(Answer::Closed));
    }

    /// The task's execution, newest event first.
    async fn history(&self, task: &ClaimedTask) -> Vec<HistoryEvent> {
        let (domain, execution) = (self.domain.clone(), task.execution.clone());
        let request = Request::History { domain, execution, reverse: true, page_size: 100, page_token: None };
        match self.call(request).await {
            Ok(Answer::History(page)) => page.events,
            other => panic!("{other:?} instead of history"),
        }
    }
}

/// Runs a scenario on an emulator of its own, and what an operator does about it.
async fn played(scenario: &Scenario, act: impl AsyncFnOnce(Operator, Control)) {
    let server = Server::bind(Options::default()).await.unwrap();
    let control = server.control();
    let settings = Settings {
        endpoint_url: Some(format!("http://{}", server.addr())),
        access: Access::Fixed,
        ..Settings::default()
    };
    let service = Service::connect(&settings).await.unwrap();
    let operator =
        Operator { service: service.clone(), domain: scenario.domain.clone(), task_list: scenario.task_list.clone() };
    let played = async {
        let director = Director::prepare(service.decider(), scenario).await.unwrap();
        tokio::select! {
            failure = director.play() => panic!("the director ended: {failure:?}"),
            () = act(operator, control) => {}
        }
    };
    tokio::select! {
        () = server.run() => panic!("the emulator ended"),
        () = played => {}
    }
}

#[tokio::test]
async fn the_stories_unfold() {
    let scenario = Scenario::parse(SHORT, "short").unwrap();
    Box::pin(played(&scenario, async |operator: Operator, _| {
        let tasks = operator.claim_all(scenario.claim).await;
        let [drain, keys, patch] = &tasks[..] else { panic!("three tasks") };
        assert_eq!(keys.input, Some(r#"{"keys":25}"#.into()));
        assert_eq!(operator.beat(keys, scenario.first_beat(&keys.activity_id).unwrap().raw()).await, Ok(false));
        assert_eq!(operator.beat(drain, "draining").await, Ok(false));
        assert_eq!(operator.beat(patch, "patching").await, Ok(false));

        // After a second the workflow wants one back and another is terminated, after two a new task comes in.
        assert_eq!(operator.claim().await.activity_id.raw(), "cable-5");
        assert_eq!(operator.beat(drain, "draining").await, Ok(true));
        let gone = operator.beat(patch, "patching").await.unwrap_err();
        assert_eq!(gone.class, Class::Gone);
        let last = operator.history(patch).await.remove(0);
        assert_eq!(last.event_type.raw(), "WorkflowExecutionTerminated");

        // Nobody beat the keys: they come again two seconds after their heartbeat timeout, and the last words stay.
        let again = operator.claim().await;
        assert_eq!(again.activity_id.raw(), "keys-3-2");
        let history = operator.history(keys).await;
        let timed_out = history.iter().find_map(|event| match &event.attributes {
            Attributes::TimedOut { timeout_type, details, .. } => Some((timeout_type.raw(), details.clone())),
            _ => None,
        });
        assert_eq!(timed_out, Some(("HEARTBEAT", Some("40 %".into()))));

        // The rack's only task is given up: its workflow is complete, and starts again a second later.
        operator.close(drain, Outcome::Canceled { details: None }).await;
        let next = operator.claim().await;
        assert_eq!(next.activity_id, drain.activity_id);
        assert_ne!(next.execution.run_id, drain.execution.run_id);
        let last = operator.history(drain).await.remove(0);
        assert_eq!(last.event_type.raw(), "WorkflowExecutionCompleted");
    }))
    .await;
}

#[tokio::test]
async fn the_tour_has_all_its_tasks_at_once_with_the_timeouts_it_says() {
    let tour = Scenario::builtin("tour").unwrap();
    let before = clock::now().boot;
    Box::pin(played(&tour, async |operator: Operator, control: Control| {
        let tasks = operator.claim_all(tour.claim).await;
        let took = clock::now().boot - before;
        assert!(took < 1_000, "{took} ms for {} tasks", tasks.len());
        let open = control.inspect().activities;
        assert_eq!(open.len(), tasks.len());
        let find = |id: &str| open.iter().find(|task| task.activity_id == id).unwrap_or_else(|| panic!("no {id}"));
        let countdowns = open.iter().filter(|task| task.deadlines.heartbeat.is_some()).count();
        assert!(countdowns >= 4);
        assert_eq!(find("watch-rollout").deadlines.heartbeat, None);
        let swap = find("swap-17").deadlines;
        assert_eq!(swap.start_to_close.unwrap() - swap.heartbeat.unwrap(), 80_000);
        assert!(find("dump-11").deadlines.schedule_to_close < find("dump-11").deadlines.start_to_close);
        // The director waits for the next decision task and does nothing else.
        assert_eq!(control.inspect().held_polls, 1);
    }))
    .await;
}

/// A story with everything that is shown and nothing that is decided.
const SHOW: &str = r#"
title = "A show"
domain = "ops"
task_list = "manual"
claim = 1
[[workflow]]
id = "rack"
type = "Rack"
version = "1"
timeout = "10m"
[[workflow.activity]]
id = "drain-42"
type = "DrainRack"
version = "1.0"
heartbeat = "1m"
start_to_close = "10m"
[[caption]]
at = "1s"
text = "one second"
[[act]]
at = "1s"
do = "beat"
[[happening]]
at = "1s"
fault = "cut"
for = "1s"
[end]
at = "2s"
text = "two seconds"
"#;

/// Remembers everything.
#[derive(Default)]
struct Memory {
    said: RefCell<Vec<String>>,
    reports: RefCell<Reports>,
}

impl Memory {
    fn has_said(&self, text: &str) -> bool {
        self.said.borrow().iter().any(|said| said.contains(text))
    }

    /// Waits until something is so.
    async fn until(&self, what: impl Fn(&Self) -> bool) {
        let so = async {
            while !what(self) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let came = tokio::time::timeout(Duration::from_secs(20), so).await;
        assert!(came.is_ok(), "{:?} {:?}", self.said.borrow(), self.reports.borrow());
    }
}

impl Audience for Memory {
    fn caption(&self, text: String) {
        self.said.borrow_mut().push(format!("caption: {text}"));
    }

    fn say(&self, text: String) {
        self.said.borrow_mut().push(text);
    }

    fn complain(&self, text: String) {
        panic!("{text}");
    }

    fn report(&self, change: &mut dyn FnMut(&mut Reports)) {
        change(&mut self.reports.borrow_mut());
    }
}

/// Plays the show before a memory, and what somebody orders meanwhile.
async fn shown(act: impl AsyncFnOnce(&Memory, mpsc::Sender<Order>, Control)) {
    let scenario = Scenario::parse(SHOW, "show").unwrap();
    let token = AdminToken::random().unwrap();
    let server = Server::bind(Options { admin: Some(token.clone()), ..Options::default() }).await.unwrap();
    let control = server.control();
    let admin = Admin::new(server.addr(), token.reveal().to_owned());
    let endpoint_url = Some(format!("http://{}", server.addr()));
    let settings = Settings { endpoint_url, access: Access::Fixed, ..Settings::default() };
    let service = Service::connect(&settings).await.unwrap();
    let memory = Memory::default();
    let played = async {
        let director = Director::prepare(service.decider(), &scenario).await.unwrap();
        let ((orders, ordered), (cue, cues)) = (mpsc::channel(8), mpsc::channel(8));
        let house = House { audience: &memory, orders: orders.clone(), cues, hands_free: true };
        let backstage = Backstage::new(admin, &scenario, &memory, cue);
        tokio::select! {
            failure = director.play_before(Some(house)) => panic!("the director ended: {failure:?}"),
            never = backstage.run(ordered) => match never {},
            () = act(&memory, orders, control) => {}
        }
    };
    tokio::select! {
        () = server.run() => panic!("the emulator ended"),
        () = played => {}
    }
}

#[tokio::test]
async fn captions_acts_faults_and_the_end_come_in_their_time() {
    Box::pin(shown(async |memory: &Memory, _, control: Control| {
        memory.until(|memory| memory.has_said("caption: one second")).await;
        memory.until(|memory| memory.has_said("the network is cut")).await;
        let faults: Vec<String> = control.faults().iter().map(ToString::to_string).collect();
        assert!(faults.contains(&"RecordActivityTaskHeartbeat=reset-request".to_owned()), "{faults:?}");
        assert!(faults.iter().all(|fault| !fault.contains("Decision")), "the story goes on: {faults:?}");
        assert_eq!(memory.reports.borrow().acts.len(), 1);
        memory.until(|memory| memory.has_said("the network is there again")).await;
        assert_eq!(control.faults(), []);
        memory.until(|memory| memory.reports.borrow().summary.as_deref() == Some("two seconds")).await;
    }))
    .await;
}

#[tokio::test]
async fn the_service_is_looked_at_only_while_somebody_watches() {
    Box::pin(shown(async |memory: &Memory, orders: mpsc::Sender<Order>, _| {
        memory.until(|memory| memory.has_said("one second")).await;
        assert_eq!((memory.reports.borrow().clocks.as_ref(), memory.reports.borrow().events.len()), (None, 0));
        orders.send(Order::Watch(true)).await.unwrap();
        memory
            .until(|memory| memory.reports.borrow().clocks.is_some() && !memory.reports.borrow().events.is_empty())
            .await;
        let reports = memory.reports.take();
        assert_eq!(reports.clocks.unwrap()[0].task.activity_id.raw(), "drain-42");
        assert_eq!((reports.events[0].number, reports.events[0].event_type.raw()), (1, "WorkflowExecutionStarted"));
        memory.until(|memory| memory.reports.borrow().clocks.is_some()).await;
        orders.send(Order::Watch(false)).await.unwrap();
        orders.send(Order::Pause(true)).await.unwrap();
        memory.until(|memory| memory.reports.borrow().paused == Some(true)).await;
        memory.reports.take();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!(*memory.reports.borrow(), Reports::default(), "nothing is asked any more");
    }))
    .await;
}

#[tokio::test]
async fn a_story_that_stands_still_does_nothing_until_it_goes_on() {
    Box::pin(shown(async |memory: &Memory, orders: mpsc::Sender<Order>, _| {
        orders.send(Order::Pause(true)).await.unwrap();
        memory.until(|memory| memory.reports.borrow().paused == Some(true)).await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert!(!memory.has_said("one second"));
        orders.send(Order::Pause(false)).await.unwrap();
        memory.until(|memory| memory.has_said("one second")).await;
    }))
    .await;
}
