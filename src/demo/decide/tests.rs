use super::*;
use crate::demo::Scenario;

/// A history that is written by applying decisions, as the service would.
#[derive(Default)]
struct Story {
    events: Vec<Event>,
}

impl Story {
    fn new() -> Self {
        let mut story = Self::default();
        story.happens(EventKind::Started { input: None });
        story
    }

    fn happens(&mut self, kind: EventKind) -> i64 {
        let id = self.events.len() as i64 + 1;
        self.events.push(Event { id, at: id * 1_000, kind });
        id
    }

    /// Decides, applies the decisions, and says what they were in short.
    fn decides(&mut self, workflow: &Workflow) -> Vec<String> {
        let decisions = decide(workflow, &"manual".into(), &self.events);
        assert_eq!(decisions, decide(workflow, &"manual".into(), &self.events), "the same history, the same decisions");
        decisions.into_iter().map(|decision| self.apply(decision)).collect()
    }

    fn apply(&mut self, decision: Decision) -> String {
        match decision {
            Decision::ScheduleActivityTask(schedule) => {
                self.happens(EventKind::Scheduled { activity_id: schedule.activity_id.clone() });
                format!("schedule {}", schedule.activity_id.raw())
            }
            Decision::RequestCancelActivityTask { activity_id } => {
                self.happens(EventKind::TaskCancelRequested { activity_id: activity_id.clone() });
                format!("cancel {}", activity_id.raw())
            }
            Decision::StartTimer { timer_id, seconds } => {
                self.happens(EventKind::TimerStarted { timer_id: timer_id.clone() });
                format!("timer {} {seconds}", timer_id.raw())
            }
            Decision::CompleteWorkflowExecution { result } => format!("complete {}", result.unwrap().raw()),
            Decision::FailWorkflowExecution { reason } => format!("fail {}", reason.unwrap().raw()),
            Decision::CancelWorkflowExecution => "canceled".to_owned(),
            other => panic!("{other:?}"),
        }
    }

    fn ends(&mut self, task: &str, how: TaskEnd) {
        let scheduled = self
            .events
            .iter()
            .find(|event| matches!(&event.kind, EventKind::Scheduled { activity_id } if activity_id.raw() == task));
        let scheduled_event_id = scheduled.expect("a scheduled task").id;
        self.happens(EventKind::TaskStarted { scheduled_event_id });
        self.happens(EventKind::TaskClosed { scheduled_event_id, how });
    }

    fn fires(&mut self, timer: &str) {
        self.happens(EventKind::TimerFired { timer_id: timer.into() });
    }

    fn signals_cancel(&mut self, activity: &str) {
        self.happens(EventKind::Signaled { name: CANCEL_SIGNAL.into(), input: Some(activity.into()) });
    }
}

const NOTHING: [&str; 0] = [];

/// A workflow with these activities.
fn workflow(activities: &str) -> Workflow {
    let text = format!(
        "title = \"t\"\ndomain = \"d\"\ntask_list = \"l\"\nclaim = 1\n[[workflow]]\nid = \"w\"\ntype = \"W\"\nversion = \"1\"\n\
         timeout = \"1h\"\n{activities}"
    );
    Scenario::parse(&text, "test").unwrap().workflows.remove(0)
}

fn activity(id: &str, more: &str) -> String {
    format!(
        "[[workflow.activity]]\nid = \"{id}\"\ntype = \"A\"\nversion = \"1\"\nheartbeat = \"1m\"\n\
         start_to_close = \"NONE\"\n{more}\n"
    )
}

fn timed_out() -> TaskEnd {
    TaskEnd::TimedOut { timeout_type: "HEARTBEAT".into(), details: None }
}

#[test]
fn a_task_is_scheduled_with_everything_the_scenario_says() {
    let workflow = workflow(&activity("a", "schedule_to_close = \"1h30m\"\ninput = \"{}\""));
    let story = Story::new();
    let expected = Schedule {
        activity_id: "a".into(),
        activity_type: workflow.activities[0].activity_type.clone(),
        task_list: "manual".into(),
        input: Some("{}".into()),
        heartbeat: Some("60".into()),
        start_to_close: Some("NONE".into()),
        schedule_to_close: Some("5400".into()),
        schedule_to_start: Some("NONE".into()),
    };
    let decisions = decide(&workflow, &"manual".into(), &story.events);
    assert_eq!(decisions, [Decision::ScheduleActivityTask(Box::new(expected))]);
}

#[test]
fn the_workflow_is_complete_when_all_its_tasks_are_closed() {
    let workflow = workflow(&(activity("a", "") + &activity("b", "")));
    let mut story = Story::new();
    assert_eq!(story.decides(&workflow), ["schedule a", "schedule b"]);
    assert_eq!(story.decides(&workflow), NOTHING);
    story.ends("a", TaskEnd::Completed(None));
    assert_eq!(story.decides(&workflow), NOTHING);
    story.ends("b", TaskEnd::Failed(None));
    assert_eq!(story.decides(&workflow), ["complete 1 completed, 1 failed, 0 canceled, 0 timed out"]);
}

#[test]
fn a_task_comes_again_after_the_ends_that_say_so_and_a_pause() {
    let workflow = workflow(&activity("a", "again = [\"timed out\", \"failed\"]\npause = \"20s\""));
    let mut story = Story::new();
    story.decides(&workflow);
    story.ends("a", timed_out());
    assert_eq!(story.decides(&workflow), ["timer a 2 20"]);
    assert_eq!(story.decides(&workflow), NOTHING);
    story.fires("a 2");
    assert_eq!(story.decides(&workflow), ["schedule a-2"]);
    story.ends("a-2", TaskEnd::Failed(None));
    assert_eq!(story.decides(&workflow), ["timer a 3 20"]);
    story.fires("a 3");
    assert_eq!(story.decides(&workflow), ["schedule a-3"]);
    story.ends("a-3", TaskEnd::Canceled(None));
    assert_eq!(story.decides(&workflow), ["complete 0 completed, 1 failed, 1 canceled, 1 timed out"]);
}

#[test]
fn without_a_pause_it_comes_again_at_once() {
    let workflow = workflow(&activity("a", "again = [\"completed\"]"));
    let mut story = Story::new();
    story.decides(&workflow);
    story.ends("a", TaskEnd::Completed(None));
    assert_eq!(story.decides(&workflow), ["schedule a-2"]);
}

#[test]
fn a_later_task_waits_for_its_timer_and_the_workflow_for_it() {
    let workflow = workflow(&(activity("a", "") + &activity("b", "after = \"75s\"")));
    let mut story = Story::new();
    assert_eq!(story.decides(&workflow), ["schedule a", "timer b 1 75"]);
    story.ends("a", TaskEnd::Completed(None));
    assert_eq!(story.decides(&workflow), NOTHING);
    story.fires("b 1");
    assert_eq!(story.decides(&workflow), ["schedule b"]);
}

#[test]
fn a_signal_asks_for_the_open_task_once() {
    let workflow = workflow(&(activity("a", "again = [\"canceled\"]") + &activity("b", "")));
    let mut story = Story::new();
    story.decides(&workflow);
    story.signals_cancel("a");
    assert_eq!(story.decides(&workflow), ["cancel a"]);
    story.signals_cancel("a");
    assert_eq!(story.decides(&workflow), NOTHING);
    story.ends("a", TaskEnd::Canceled(None));
    assert_eq!(story.decides(&workflow), ["schedule a-2"], "an old signal does not concern the new task");
    assert_eq!(story.decides(&workflow), NOTHING);
    story.signals_cancel("a");
    assert_eq!(story.decides(&workflow), ["cancel a-2"]);
}

#[test]
fn a_refused_cancel_is_not_repeated_for_ever() {
    let workflow = workflow(&activity("a", ""));
    let mut story = Story::new();
    story.decides(&workflow);
    story.signals_cancel("a");
    story.happens(EventKind::TaskCancelFailed { activity_id: "a".into() });
    assert_eq!(story.decides(&workflow), NOTHING);
}

#[test]
fn other_signals_mean_nothing() {
    let workflow = workflow(&activity("a", ""));
    let mut story = Story::new();
    story.decides(&workflow);
    story.happens(EventKind::Signaled { name: "hello".into(), input: Some("a".into()) });
    story.happens(EventKind::Signaled { name: CANCEL_SIGNAL.into(), input: None });
    assert_eq!(story.decides(&workflow), NOTHING);
}

#[test]
fn a_workflow_that_is_to_be_canceled_asks_for_its_tasks_and_starts_no_more() {
    let workflow =
        workflow(&(activity("a", "again = [\"canceled\"]") + &activity("b", "") + &activity("c", "after = \"1m\"")));
    let mut story = Story::new();
    story.decides(&workflow);
    story.ends("b", TaskEnd::Completed(None));
    story.happens(EventKind::CancelRequested);
    assert_eq!(story.decides(&workflow), ["cancel a"]);
    story.fires("c 1");
    assert_eq!(story.decides(&workflow), NOTHING);
    story.ends("a", TaskEnd::Canceled(None));
    assert_eq!(story.decides(&workflow), ["canceled"]);
}

#[test]
fn what_swf_refuses_to_schedule_fails_the_workflow() {
    let workflow = workflow(&(activity("a", "") + &activity("b", "")));
    let mut story = Story::new();
    story.happens(EventKind::ScheduleFailed { activity_id: "a".into(), cause: "ACTIVITY_TYPE_DOES_NOT_EXIST".into() });
    assert_eq!(story.decides(&workflow), ["fail ACTIVITY_TYPE_DOES_NOT_EXIST"]);
}

#[test]
fn only_closing_decisions_end_an_execution() {
    assert!(ends_execution(&Decision::CancelWorkflowExecution));
    assert!(ends_execution(&Decision::CompleteWorkflowExecution { result: None }));
    assert!(!ends_execution(&Decision::RequestCancelActivityTask { activity_id: "a".into() }));
}
