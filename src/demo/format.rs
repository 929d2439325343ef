//! How a scenario is written down (TOML; `assets/scenarios/tour.toml` explains it), and what can be wrong with it.
//!
//! Every mistake is found here, with its line, before anything is registered anywhere.

use std::collections::HashSet;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use thiserror::Error;
use toml::Spanned;

use crate::mistake::{Mistake, Spot};
use crate::task::{ActivityType, Limit, check_length, limit};
use crate::text::Foreign;

use super::scenario::{Activity, BUILTIN, Caption, End, Happening, Scenario, TimedAct, What, Workflow};
use super::view::{Act, Fault};

/// The longest keep-alive a console agrees to without a policy of its own.
const LONGEST_KEEP: Duration = Duration::from_hours(8);
/// A scenario may claim as many tasks as one execution may have open (SWF quotas).
const MOST_CLAIMS: u32 = 1_000;
/// The longest timeout in 8 digits.
const MOST_SECONDS: u64 = 99_999_999;
/// An execution lasts at most a year (SWF quotas).
const YEAR: u64 = 365 * 24 * 3_600;
/// Activity ids leave room for `-2`, `-3` … of later tasks, the task list for `-deciders`.
const ID_LENGTH: usize = 240;
/// Versions are shorter than names.
const VERSION_LENGTH: usize = 64;

/// Why there is no scenario.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScenarioError {
    /// Neither a name nor a file.
    #[error("There is no scenario {}: the program has {}, everything else is taken for a file, and there is none of that name", name.line(), names())]
    NoSuchName {
        /// What was asked for.
        name: Foreign,
    },
    /// The file cannot be read.
    #[error("The scenario {} cannot be read: {why}", file.line())]
    Unreadable {
        /// The file.
        file: Foreign,
        /// Why not.
        why: String,
    },
    /// Something in it is wrong.
    #[error("{}:{spot}", file.line())]
    Invalid {
        /// The file.
        file: Foreign,
        /// Where and what.
        spot: Spot,
    },
}

fn names() -> String {
    BUILTIN.map(|(name, _)| name).join(", ")
}

/// Reads and checks a scenario.
pub fn parse(text: &str, file: &str) -> Result<Scenario, ScenarioError> {
    let parsed = toml::from_str::<File>(text).map_err(Mistake::from).and_then(File::checked);
    parsed.map_err(|mistake| ScenarioError::Invalid { file: file.into(), spot: mistake.located(text) })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: Text<{ limit::DATA }>,
    domain: Name<{ limit::NAME }>,
    task_list: Name<ID_LENGTH>,
    claim: Spanned<u32>,
    #[serde(default, rename = "caption")]
    captions: Vec<RawCaption>,
    #[serde(rename = "workflow")]
    workflows: Spanned<Vec<RawWorkflow>>,
    #[serde(default, rename = "happening")]
    happenings: Vec<Spanned<RawHappening>>,
    #[serde(default, rename = "act")]
    acts: Vec<Spanned<RawAct>>,
    end: Option<RawCaption>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCaption {
    at: Seconds,
    text: Text<{ limit::DATA }>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWorkflow {
    id: Spanned<Name<{ limit::NAME }>>,
    #[serde(rename = "type")]
    name: Name<{ limit::NAME }>,
    version: Name<VERSION_LENGTH>,
    input: Option<Text<{ limit::DATA }>>,
    timeout: Spanned<Seconds>,
    after: Option<Seconds>,
    repeat: Option<Seconds>,
    #[serde(rename = "activity")]
    activities: Spanned<Vec<RawActivity>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawActivity {
    id: Spanned<Name<ID_LENGTH>>,
    #[serde(rename = "type")]
    name: Name<{ limit::NAME }>,
    version: Name<VERSION_LENGTH>,
    input: Option<Text<{ limit::DATA }>>,
    heartbeat: Timeout,
    start_to_close: Timeout,
    #[serde(default)]
    schedule_to_close: Timeout,
    #[serde(default)]
    schedule_to_start: Timeout,
    after: Option<Seconds>,
    #[serde(default)]
    again: Vec<End>,
    pause: Option<Seconds>,
    keep: Option<Spanned<Seconds>>,
    beat: Option<Text<{ limit::HEARTBEAT_DETAILS }>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHappening {
    at: Seconds,
    cancel: Option<Spanned<String>>,
    cancel_workflow: Option<Spanned<String>>,
    terminate: Option<Spanned<String>>,
    fault: Option<Fault>,
    #[serde(rename = "for")]
    lasts: Option<Seconds>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAct {
    at: Seconds,
    task: Option<Name<ID_LENGTH>>,
    #[serde(rename = "do")]
    action: Option<String>,
    write: Option<Text<{ limit::DATA }>>,
    press: Option<String>,
}

impl File {
    fn checked(self) -> Result<Scenario, Mistake> {
        if *self.claim.get_ref() > MOST_CLAIMS {
            return Err(Mistake::new(self.claim.span(), format!("at most {MOST_CLAIMS} tasks")));
        }
        let (span, workflows) = (self.workflows.span(), self.workflows.into_inner());
        if workflows.is_empty() {
            return Err(Mistake::new(span, "at least one [[workflow]]"));
        }
        unique(workflows.iter().map(|workflow| &workflow.id))?;
        unique(workflows.iter().flat_map(|workflow| workflow.activities.get_ref()).map(|activity| &activity.id))?;
        let workflows = workflows.into_iter().map(RawWorkflow::checked).collect::<Result<Vec<_>, _>>()?;
        let happenings = self.happenings.into_iter().map(|raw| happening(raw, &workflows)).collect::<Result<_, _>>()?;
        Ok(Scenario {
            title: self.title.0,
            domain: self.domain.0,
            task_list: self.task_list.0,
            claim: self.claim.into_inner(),
            captions: self.captions.into_iter().map(RawCaption::checked).collect(),
            workflows,
            happenings,
            acts: self.acts.into_iter().map(act).collect::<Result<_, _>>()?,
            end: self.end.map(RawCaption::checked),
        })
    }
}

impl RawCaption {
    fn checked(self) -> Caption {
        Caption { at: self.at.duration(), text: self.text.0 }
    }
}

impl RawWorkflow {
    fn checked(self) -> Result<Workflow, Mistake> {
        if u64::from(self.timeout.get_ref().0) > YEAR || self.timeout.get_ref().0 == 0 {
            return Err(Mistake::new(self.timeout.span(), "a workflow takes from 1s to a year"));
        }
        let (span, activities) = (self.activities.span(), self.activities.into_inner());
        if activities.is_empty() {
            return Err(Mistake::new(span, "at least one [[workflow.activity]]"));
        }
        Ok(Workflow {
            id: self.id.into_inner().0,
            name: self.name.0,
            version: self.version.0,
            input: self.input.map(|input| input.0),
            timeout: self.timeout.into_inner().0,
            after: self.after.unwrap_or_default().duration(),
            repeat: self.repeat.map(Seconds::duration),
            activities: activities.into_iter().map(RawActivity::checked).collect::<Result<_, _>>()?,
        })
    }
}

impl RawActivity {
    fn checked(self) -> Result<Activity, Mistake> {
        if let Some(keep) = self.keep.as_ref().filter(|keep| keep.get_ref().duration() > LONGEST_KEEP) {
            return Err(Mistake::new(keep.span(), "a keep-alive lasts at most 8h"));
        }
        Ok(Activity {
            id: self.id.into_inner().0,
            activity_type: ActivityType { name: self.name.0, version: self.version.0 },
            input: self.input.map(|input| input.0),
            heartbeat: self.heartbeat.0,
            start_to_close: self.start_to_close.0,
            schedule_to_close: self.schedule_to_close.0,
            schedule_to_start: self.schedule_to_start.0,
            after: self.after.unwrap_or_default().0,
            again: self.again,
            pause: self.pause.unwrap_or_default().0,
            keep: self.keep.map(|keep| keep.into_inner().duration()),
            beat: self.beat.map(|beat| beat.0),
        })
    }
}

fn unique<'a, const MOST: usize>(ids: impl Iterator<Item = &'a Spanned<Name<MOST>>>) -> Result<(), Mistake> {
    let mut seen = HashSet::new();
    for id in ids {
        let name = &id.get_ref().0;
        if !seen.insert(name) {
            return Err(Mistake::new(id.span(), format!("a second {}; ids are unique in a scenario", name.raw())));
        }
    }
    Ok(())
}

fn happening(raw: Spanned<RawHappening>, workflows: &[Workflow]) -> Result<Happening, Mistake> {
    let span = raw.span();
    let RawHappening { at, cancel, cancel_workflow, terminate, fault, lasts } = raw.into_inner();
    let workflow = |id: Spanned<String>| {
        let found = workflows.iter().find(|workflow| workflow.id.raw() == id.get_ref());
        let known = || workflows.iter().map(|workflow| workflow.id.raw()).collect::<Vec<_>>().join(", ");
        found.map(|workflow| workflow.id.clone()).ok_or_else(|| {
            Mistake::new(id.span(), format!("there is no workflow {}; there are: {}", id.get_ref(), known()))
        })
    };
    let what = match (cancel, cancel_workflow, terminate, fault, lasts) {
        (Some(id), None, None, None, None) => activity(&id, workflows)?,
        (None, Some(id), None, None, None) => What::CancelWorkflow(workflow(id)?),
        (None, None, Some(id), None, None) => What::Terminate(workflow(id)?),
        (None, None, None, Some(fault), Some(lasts)) => What::Break { fault, lasts: lasts.duration() },
        _ => {
            let text = "exactly one of cancel, cancel_workflow, terminate, and fault with for";
            return Err(Mistake::new(span, text));
        }
    };
    Ok(Happening { at: at.duration(), what })
}

/// What the names of actions and keys mean is the screen's business.
fn act(raw: Spanned<RawAct>) -> Result<TimedAct, Mistake> {
    let span = raw.span();
    let RawAct { at, task, action, write, press } = raw.into_inner();
    let press = press.iter().flat_map(|keys| keys.split_whitespace()).map(str::to_owned).collect();
    let act = Act { task: task.map(|task| task.0), action, write: write.map(|text| text.0), press };
    if act == Act::default() {
        return Err(Mistake::new(span, "at least one of task, do, write and press"));
    }
    Ok(TimedAct { at: at.duration(), act })
}

fn activity(id: &Spanned<String>, workflows: &[Workflow]) -> Result<What, Mistake> {
    let all = || workflows.iter().flat_map(|workflow| workflow.activities.iter().map(move |it| (workflow, it)));
    let found = all().find(|(_, activity)| activity.id.raw() == id.get_ref());
    let Some((workflow, activity)) = found else {
        let known = all().map(|(_, activity)| activity.id.raw()).collect::<Vec<_>>().join(", ");
        return Err(Mistake::new(id.span(), format!("there is no activity {}; there are: {known}", id.get_ref())));
    };
    Ok(What::Cancel { workflow: workflow.id.clone(), activity: activity.id.clone() })
}

/// Text of at most so many characters.
struct Text<const MOST: usize>(Foreign);

impl<'de, const MOST: usize> Deserialize<'de> for Text<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        check_length("the text", &text, MOST).map_err(D::Error::custom)?;
        Ok(Self(text.into()))
    }
}

/// A name as SWF takes them (API reference): no colon, slash, bar or control character, and not `arn`.
struct Name<const MOST: usize>(Foreign);

impl<'de, const MOST: usize> Deserialize<'de> for Name<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        check_length("the name", &name, MOST).map_err(D::Error::custom)?;
        if name.is_empty() || name.trim() != name || name == "arn" {
            return Err(D::Error::custom("a name is not empty, not \"arn\", and has no blanks around it"));
        }
        if name.contains([':', '/', '|']) || name.contains(char::is_control) {
            return Err(D::Error::custom("a name has no : / | and no control characters"));
        }
        Ok(Self(name.into()))
    }
}

/// Whole seconds, written like `45s`, `30m` or `1h30m`.
#[derive(Clone, Copy, Default)]
struct Seconds(u32);

impl Seconds {
    const EXPECTED: &'static str = "a length of time like 45s, 30m or 1h30m";

    fn duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }

    fn parse(text: &str) -> Option<Self> {
        let (mut seconds, mut rest) = (0_u64, text);
        for (unit, length) in [('h', 3_600), ('m', 60), ('s', 1)] {
            let Some((number, after)) = rest.split_once(unit) else { continue };
            if number.is_empty() || number.len() > 8 || !number.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            seconds += number.parse::<u64>().ok()? * length;
            rest = after;
        }
        let whole = rest.is_empty() && !text.is_empty() && seconds <= MOST_SECONDS;
        whole.then_some(Self(u32::try_from(seconds).ok()?))
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("\"{text}\" is not {}", Self::EXPECTED)))
    }
}

/// A timeout: at least a second, or `NONE`.
struct Timeout(Limit);

impl Default for Timeout {
    fn default() -> Self {
        Self(Limit::None)
    }
}

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match Seconds::parse(&text) {
            _ if text == "NONE" => Ok(Self(Limit::None)),
            Some(Seconds(seconds)) if seconds > 0 => Ok(Self(Limit::Seconds(seconds))),
            _ => Err(D::Error::custom(format!("\"{text}\" is not {} of at least 1s, nor \"NONE\"", Seconds::EXPECTED))),
        }
    }
}

#[cfg(test)]
mod tests;
