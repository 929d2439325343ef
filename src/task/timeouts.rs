//! The timeouts of an activity task: which there are, how long they run, and who says so.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The timeouts that can end a claimed task (AWS developer guide, "Amazon SWF timeout types").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TimeoutKind {
    /// Reset by each successful heartbeat; the only one that is.
    Heartbeat,
    /// From ActivityTaskStarted.
    StartToClose,
    /// From ActivityTaskScheduled.
    ScheduleToClose,
    /// From ActivityTaskScheduled until a claim; a claimed task is past it.
    ScheduleToStart,
    /// The workflow execution's own start-to-close timeout.
    Execution,
}

impl TimeoutKind {
    /// The four that count for a claimed task, in the order they are shown.
    pub const CLAIMED: [Self; 4] = [Self::Heartbeat, Self::StartToClose, Self::ScheduleToClose, Self::Execution];

    /// SWF's own name, as `timeoutType` has it in history.
    pub fn name(self) -> &'static str {
        match self {
            Self::Heartbeat => "HEARTBEAT",
            Self::StartToClose => "START_TO_CLOSE",
            Self::ScheduleToClose => "SCHEDULE_TO_CLOSE",
            Self::ScheduleToStart => "SCHEDULE_TO_START",
            Self::Execution => "EXECUTION",
        }
    }

    /// A word for narrow columns.
    pub fn short(self) -> &'static str {
        match self {
            Self::Heartbeat => "beat",
            Self::StartToClose => "close",
            Self::ScheduleToClose => "sched",
            Self::ScheduleToStart => "start",
            Self::Execution => "exec",
        }
    }

    /// Reads SWF's `timeoutType`.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Heartbeat, Self::StartToClose, Self::ScheduleToClose, Self::ScheduleToStart]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A timeout's length as SWF encodes it: whole seconds, or `NONE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Limit {
    /// Whole seconds, at most 99,999,999.
    Seconds(u32),
    /// Unlimited, said so by the service or the operator. Not the same as unknown.
    None,
}

impl Limit {
    /// Reads SWF's encoding: decimal seconds or `NONE`.
    ///
    /// # Errors
    /// What was found instead.
    pub fn parse(text: &str) -> Result<Self, LimitParseError> {
        if text == "NONE" {
            return Ok(Self::None);
        }
        let digits = !text.is_empty() && text.len() <= 8 && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(seconds) if digits => Ok(Self::Seconds(seconds)),
            _ => Err(LimitParseError),
        }
    }

    /// The length in milliseconds, if there is a limit.
    pub fn millis(self) -> Option<i64> {
        match self {
            Self::Seconds(seconds) => Some(i64::from(seconds) * 1_000),
            Self::None => None,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => write!(f, "{seconds} s"),
            Self::None => f.write_str("none"),
        }
    }
}

/// A timeout that is neither whole seconds (at most 8 digits) nor `NONE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a timeout is whole seconds, at most 8 digits, or NONE")]
pub struct LimitParseError;

/// Who says how long a timeout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Source {
    /// The ActivityTaskScheduled or WorkflowExecutionStarted event.
    History,
    /// `DescribeActivityType`: a fallback, not proof (a decision may have overridden it).
    TypeDefault,
    /// A person, with `t`.
    Operator,
}

impl Source {
    /// The word shown beside the value.
    pub fn word(self) -> &'static str {
        match self {
            Self::History => "history",
            Self::TypeDefault => "type default",
            Self::Operator => "operator",
        }
    }
}

/// The timeouts of one task as far as they are known; an absent one is unknown, which is not "none".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    /// Heartbeat timeout.
    pub heartbeat: Option<(Limit, Source)>,
    /// Start-to-close timeout.
    pub start_to_close: Option<(Limit, Source)>,
    /// Schedule-to-close timeout.
    pub schedule_to_close: Option<(Limit, Source)>,
    /// The execution's start-to-close timeout.
    pub execution: Option<(Limit, Source)>,
}

impl Timeouts {
    /// The value for one of [`TimeoutKind::CLAIMED`].
    pub fn get(&self, kind: TimeoutKind) -> Option<(Limit, Source)> {
        match kind {
            TimeoutKind::Heartbeat => self.heartbeat,
            TimeoutKind::StartToClose => self.start_to_close,
            TimeoutKind::ScheduleToClose => self.schedule_to_close,
            TimeoutKind::Execution => self.execution,
            TimeoutKind::ScheduleToStart => None,
        }
    }

    /// Takes from `other` what is better known there: history beats the operator's word, which beats a type default.
    pub fn merge(&mut self, other: &Self) {
        fn better(mine: &mut Option<(Limit, Source)>, theirs: Option<(Limit, Source)>) {
            fn rank(value: Option<(Limit, Source)>) -> u8 {
                match value {
                    None => 0,
                    Some((_, Source::TypeDefault)) => 1,
                    Some((_, Source::Operator)) => 2,
                    Some((_, Source::History)) => 3,
                }
            }
            if rank(theirs) > 0 && rank(theirs) >= rank(*mine) {
                *mine = theirs;
            }
        }
        better(&mut self.heartbeat, other.heartbeat);
        better(&mut self.start_to_close, other.start_to_close);
        better(&mut self.schedule_to_close, other.schedule_to_close);
        better(&mut self.execution, other.execution);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_swf_encoding() {
        assert_eq!(Limit::parse("60"), Ok(Limit::Seconds(60)));
        assert_eq!(Limit::parse("NONE"), Ok(Limit::None));
        for bad in ["", "+5", "-1", "1.5", "none", "123456789", " 5"] {
            assert_eq!(Limit::parse(bad), Err(LimitParseError), "{bad:?}");
        }
    }

    #[test]
    fn history_beats_operator_beats_type_default() {
        let value =
            |seconds, source| Timeouts { heartbeat: Some((Limit::Seconds(seconds), source)), ..Timeouts::default() };
        let mut known = value(1, Source::TypeDefault);
        known.merge(&value(2, Source::Operator));
        assert_eq!(known, value(2, Source::Operator));
        known.merge(&value(3, Source::TypeDefault));
        assert_eq!(known, value(2, Source::Operator));
        known.merge(&value(4, Source::History));
        known.merge(&Timeouts::default());
        assert_eq!(known, value(4, Source::History));
    }
}
