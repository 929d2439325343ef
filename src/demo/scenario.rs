//! A scenario as plain values, and where scenarios come from. How the file looks is `format`'s business.

use std::path::Path;
use std::time::Duration;

use crate::task::{ActivityType, Limit};
use crate::text::Foreign;

use super::format::{self, ScenarioError};
use super::view::{Act, Fault};

/// The scenarios inside the program, by name.
pub const BUILTIN: [(&str, &str); 5] = [
    ("tour", include_str!("../../assets/scenarios/tour.toml")),
    ("missed-heartbeat", include_str!("../../assets/scenarios/missed-heartbeat.toml")),
    ("cancellation", include_str!("../../assets/scenarios/cancellation.toml")),
    ("outage", include_str!("../../assets/scenarios/outage.toml")),
    ("idle", include_str!("../../assets/scenarios/idle.toml")),
];

/// What happens in a demo. Everything was checked against SWF's limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// One line that says what it shows.
    pub title: Foreign,
    /// The domain it registers.
    pub domain: Foreign,
    /// The task list of its activity tasks.
    pub task_list: Foreign,
    /// How many tasks the console claims at the start.
    pub claim: u32,
    /// What to tell whoever is watching, and when.
    pub captions: Vec<Caption>,
    /// The workflows, at least one.
    pub workflows: Vec<Workflow>,
    /// What happens by itself.
    pub happenings: Vec<Happening>,
    /// What the operator does when the story is played without hands.
    pub acts: Vec<TimedAct>,
    /// What was to be seen, said at the end.
    pub end: Option<Caption>,
}

/// A sentence for whoever is watching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    /// From the start of the scenario.
    pub at: Duration,
    /// The sentence.
    pub text: Foreign,
}

/// Something the operator does in the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedAct {
    /// From the start of the scenario.
    pub at: Duration,
    /// What.
    pub act: Act,
}

/// One workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    /// The workflow id, unique in the scenario.
    pub id: Foreign,
    /// Name of its type.
    pub name: Foreign,
    /// Version of its type.
    pub version: Foreign,
    /// Its input.
    pub input: Option<Foreign>,
    /// The execution's start-to-close timeout in seconds.
    pub timeout: u32,
    /// When it is started, from the start of the scenario.
    pub after: Duration,
    /// How long after its end it is started again.
    pub repeat: Option<Duration>,
    /// Its activities, at least one.
    pub activities: Vec<Activity>,
}

/// One activity of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The activity id of its first task, unique in the scenario; later ones get `-2`, `-3` …
    pub id: Foreign,
    /// Name and version of its type.
    pub activity_type: ActivityType,
    /// Its input.
    pub input: Option<Foreign>,
    /// The heartbeat timeout.
    pub heartbeat: Limit,
    /// The start-to-close timeout.
    pub start_to_close: Limit,
    /// The schedule-to-close timeout.
    pub schedule_to_close: Limit,
    /// The schedule-to-start timeout.
    pub schedule_to_start: Limit,
    /// How many seconds after the workflow's start it is scheduled.
    pub after: u32,
    /// After which ends another task of the same kind is scheduled.
    pub again: Vec<End>,
    /// How many seconds after such an end.
    pub pause: u32,
    /// The console keeps it alive for so long, without being asked.
    pub keep: Option<Duration>,
    /// The console sends one heartbeat with these details right after the claim.
    pub beat: Option<Foreign>,
}

/// How an activity task can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// Completed.
    Completed,
    /// Failed.
    Failed,
    /// Canceled.
    Canceled,
    /// Timed out, whichever timeout it was.
    #[serde(rename = "timed out")]
    TimedOut,
}

/// Something that happens by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// From the start of the scenario.
    pub at: Duration,
    /// What.
    pub what: What,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The workflow asks for one of its tasks to be given up.
    Cancel {
        /// The workflow.
        workflow: Foreign,
        /// The activity.
        activity: Foreign,
    },
    /// Somebody asks for a whole workflow to be canceled.
    CancelWorkflow(Foreign),
    /// Somebody terminates a workflow.
    Terminate(Foreign),
    /// A fault begins.
    Break {
        /// Which.
        fault: Fault,
        /// How long it lasts.
        lasts: Duration,
    },
}

impl Scenario {
    /// A scenario of the program by its name, or else a file.
    ///
    /// # Errors
    /// [`ScenarioError`], with the line and the key where something is wrong.
    pub fn find(name_or_file: &str) -> Result<Self, ScenarioError> {
        match Self::builtin(name_or_file) {
            Err(ScenarioError::NoSuchName { .. }) if Path::new(name_or_file).exists() => {
                Self::load(Path::new(name_or_file))
            }
            found => found,
        }
    }

    /// A scenario of the program.
    ///
    /// # Errors
    /// [`ScenarioError::NoSuchName`] with the names there are.
    pub fn builtin(name: &str) -> Result<Self, ScenarioError> {
        let text = BUILTIN.iter().find(|(known, _)| *known == name).map(|(_, text)| text);
        let text = text.ok_or_else(|| ScenarioError::NoSuchName { name: name.into() })?;
        Self::parse(text, &format!("{name}.toml"))
    }

    /// A scenario from a file.
    ///
    /// # Errors
    /// [`ScenarioError`], with the line and the key where something is wrong.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let file = path.to_string_lossy();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ScenarioError::Unreadable { file: file.as_ref().into(), why: error.to_string() })?;
        Self::parse(&text, &file)
    }

    /// A scenario from its text; `file` only names it in errors.
    ///
    /// # Errors
    /// [`ScenarioError::Invalid`], with the line and the key where something is wrong.
    pub fn parse(text: &str, file: &str) -> Result<Self, ScenarioError> {
        format::parse(text, file)
    }

    /// The task list of the decision tasks.
    pub fn decision_task_list(&self) -> Foreign {
        format!("{}-deciders", self.task_list.raw()).into()
    }

    /// All activities of all workflows.
    pub fn activities(&self) -> impl Iterator<Item = &Activity> {
        self.workflows.iter().flat_map(|workflow| &workflow.activities)
    }

    /// How long the console keeps a task alive by itself. Only the first task of an activity, not its later ones.
    pub fn keep(&self, activity_id: &Foreign) -> Option<Duration> {
        self.activity(activity_id)?.keep
    }

    /// The details of the heartbeat the console sends right after claiming a task. Only the first task of an activity.
    pub fn first_beat(&self, activity_id: &Foreign) -> Option<&Foreign> {
        self.activity(activity_id)?.beat.as_ref()
    }

    fn activity(&self, activity_id: &Foreign) -> Option<&Activity> {
        self.activities().find(|activity| activity.id == *activity_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Limit::Seconds;

    fn tour() -> Scenario {
        Scenario::builtin("tour").unwrap_or_else(|error| panic!("{error}"))
    }

    /// How long a limit leaves, if it is one.
    fn seconds(limit: Limit) -> Option<u32> {
        match limit {
            Seconds(seconds) => Some(seconds),
            Limit::None => None,
        }
    }

    #[test]
    fn every_builtin_scenario_is_without_mistakes() {
        for (name, text) in BUILTIN {
            let scenario = Scenario::parse(text, name).unwrap_or_else(|error| panic!("{error}"));
            let at_once = scenario.activities().filter(|activity| activity.after == 0).count();
            assert_eq!(at_once, scenario.claim as usize, "{name}: everything there at the start is claimed");
        }
    }

    #[test]
    fn the_tour_has_every_story() {
        let tour = tour();
        let has = |story: &dyn Fn(&Activity) -> bool| {
            tour.activities().any(|activity| activity.after == 0 && story(activity))
        };
        assert!(tour.activities().count() >= 6);
        assert!(has(&|it| it.keep.is_none() && it.beat.is_none() && it.heartbeat != Limit::None), "kept by hand");
        assert!(has(&|it| it.heartbeat == Limit::None), "without heartbeat timeout");
        assert!(
            has(&|it| it.keep.is_some() && seconds(it.start_to_close).is_some_and(|it| it <= 180)),
            "too short to close"
        );
        assert!(
            has(&|it| it.keep.is_none() && it.beat.is_some() && seconds(it.heartbeat).is_some_and(|it| it <= 50)),
            "dies within a minute, with last words"
        );
        assert!(has(&|it| seconds(it.schedule_to_close).is_some_and(|it| it <= 180)), "too short a life");
        assert!(tour.activities().any(|it| it.after > 0 && it.after <= 120), "something to claim later");
    }

    #[test]
    fn the_cancel_story_can_be_seen_within_a_minute() {
        let tour = tour();
        let canceled = tour.happenings.iter().find_map(|happening| match &happening.what {
            What::Cancel { activity, .. } => Some((happening.at, tour.activity(activity)?)),
            _ => None,
        });
        let (at, activity) = canceled.expect("a cancel request");
        assert!((20..=25).contains(&at.as_secs()));
        // It is seen by a heartbeat only, and a kept task is beaten at the latest at 0.85 of its timeout.
        assert!(activity.keep.is_some() && seconds(activity.heartbeat).is_some_and(|it| it <= 20));
    }

    #[test]
    fn everything_in_the_tour_happens_within_three_minutes() {
        let tour = tour();
        let captions = tour.captions.iter().map(|caption| caption.at);
        let latest = tour.happenings.iter().map(|happening| happening.at).chain(captions).max();
        assert!(latest.is_some_and(|latest| latest < Duration::from_mins(3)));
        assert!(tour.captions.is_sorted_by_key(|caption| caption.at));
    }

    #[test]
    fn the_quiet_night_is_quiet() {
        let idle = Scenario::builtin("idle").unwrap();
        let kept = idle.activities().filter(|activity| activity.keep.is_some()).count();
        assert_eq!((idle.activities().count(), kept), (20, 10));
        assert!(idle.activities().all(|it| seconds(it.heartbeat).is_none_or(|it| it >= 600)));
        assert!(idle.activities().all(|it| seconds(it.start_to_close).is_none_or(|it| it >= 600)));
        assert!(idle.happenings.is_empty());
    }

    #[test]
    fn the_console_learns_what_to_do_by_itself() {
        let tour = tour();
        assert_eq!(tour.keep(&"bk-9".into()), Some(Duration::from_mins(10)));
        assert_eq!(tour.keep(&"keys-3".into()), None);
        assert_eq!(tour.first_beat(&"keys-3".into()), Some(&"40 %".into()));
        assert_eq!(tour.first_beat(&"keys-3-2".into()), None);
    }
}
