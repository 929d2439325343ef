//! Faults on demand: what goes wrong with a request, its answer, or what the service says. Pure and seeded.
//!
//! [`Faults`] says what is to be done with a request; whoever stands between client and service does it: the HTTP face
//! on its sockets, a simulation in its own way. Faults are written as text, the same on the command line, in the admin
//! interface and in code (see [`Rule`]).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::length::Length;
use super::quotas::Operation;
use super::refusal::Refusal;

/// A chance in millionths.
const CERTAIN: u32 = 1_000_000;
/// Statuses that mean trouble on the server's side.
const TROUBLE: [u16; 4] = [500, 502, 503, 504];

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `latency:TIME` or `latency:LEAST-MOST`: the request reaches the service late.
    Latency(Length, Length),
    /// `late-answer:…`: the answer is late; what it says is not.
    LateAnswer(Length, Length),
    /// `lost-request`: never reaches the service, and nothing comes back.
    LostRequest,
    /// `lost-answer`: takes effect, but nothing comes back.
    LostAnswer,
    /// `reset-request`: the connection is reset before the service sees the request.
    ResetRequest,
    /// `reset-answer`: takes effect, but the connection is reset in place of an answer.
    ResetAnswer,
    /// `throttle`: answered with ThrottlingException.
    Throttle,
    /// `error:STATUS`: answered with 500, 502, 503 or 504.
    Error(u16),
    /// `expired`: answered with ExpiredTokenException.
    Expired,
    /// `date:+TIME` or `date:-TIME`: the answer's `Date` is off by so many milliseconds; no timeout is.
    Date(i64),
    /// `history-lag:TIME`: GetWorkflowExecutionHistory does not show events younger than this.
    HistoryLag(Length),
}

/// One fault: to which requests it happens, how often, what. Written `OPERATION=KIND[:VALUE][@CHANCE%][xTIMES]`.
///
/// `*` stands for every operation. Without a chance it always happens, without times for as long as it is set.
/// Of several faults for one request, times add up; of those that take the answer's place the first one counts, and
/// only that one is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Rule {
    /// To this operation's requests only.
    pub operation: Option<Operation>,
    /// What goes wrong.
    pub kind: Kind,
    /// In how many of a million requests.
    pub chance: u32,
    /// To so many more requests.
    pub times: Option<u32>,
}

/// What becomes of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Fate {
    /// It is answered.
    #[default]
    Answered,
    /// It never reaches the service, and nothing comes back.
    RequestLost,
    /// It takes effect, and nothing comes back.
    AnswerLost,
    /// The connection is reset at once.
    RequestReset,
    /// It takes effect, and the connection is reset.
    AnswerReset,
    /// It is answered without having any effect.
    Refused(Refusal),
}

impl Fate {
    /// Its name in logs, unless nothing is wrong.
    pub fn name(&self) -> Option<&'static str> {
        match self {
            Self::Answered => None,
            Self::RequestLost => Some("lost-request"),
            Self::AnswerLost => Some("lost-answer"),
            Self::RequestReset => Some("reset-request"),
            Self::AnswerReset => Some("reset-answer"),
            Self::Refused(_) => Some("refused"),
        }
    }
}

/// How one request and its answer are treated. All times in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Treatment {
    /// How long it takes the request to reach the service.
    pub request_after: u64,
    /// How long the answer takes to come back.
    pub answer_after: u64,
    /// What becomes of it.
    pub fate: Fate,
    /// By how much `Date` is off.
    pub date_offset: i64,
    /// How young events are that a history does not show.
    pub history_lag: i64,
}

/// The faults in force, and the chance they depend on.
#[derive(Debug, Clone)]
pub struct Faults {
    rules: Vec<Rule>,
    chance: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self::new(0, Vec::new())
    }
}

impl Faults {
    /// The same seed and the same requests in the same order meet the same faults.
    pub fn new(seed: u64, rules: Vec<Rule>) -> Self {
        Self { rules, chance: seed }
    }

    /// The faults in force; used up ones are gone.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Puts others in their place. The chance goes on where it was.
    pub fn set(&mut self, rules: Vec<Rule>) {
        self.rules = rules;
    }

    /// Decides about the next request.
    pub fn treat(&mut self, operation: &str) -> Treatment {
        let mut treatment = Treatment::default();
        let mut rules = std::mem::take(&mut self.rules);
        for rule in &mut rules {
            if !rule.concerns(operation) || self.below(CERTAIN.into()) >= rule.chance.into() {
                continue;
            }
            if self.apply(rule.kind, &mut treatment) {
                rule.times = rule.times.map(|times| times.saturating_sub(1));
            }
        }
        rules.retain(|rule| rule.times != Some(0));
        self.rules = rules;
        treatment
    }

    /// Adds a fault to the others; whether it makes a difference.
    fn apply(&mut self, kind: Kind, treatment: &mut Treatment) -> bool {
        let fate = match kind {
            Kind::Latency(least, most) => {
                treatment.request_after += self.between(least, most);
                return true;
            }
            Kind::LateAnswer(least, most) => {
                treatment.answer_after += self.between(least, most);
                return true;
            }
            Kind::Date(offset) => {
                treatment.date_offset += offset;
                return true;
            }
            Kind::HistoryLag(lag) => {
                treatment.history_lag += lag.0 as i64;
                return true;
            }
            Kind::LostRequest => Fate::RequestLost,
            Kind::LostAnswer => Fate::AnswerLost,
            Kind::ResetRequest => Fate::RequestReset,
            Kind::ResetAnswer => Fate::AnswerReset,
            Kind::Throttle => Fate::Refused(Refusal::Throttled),
            Kind::Error(status) => Fate::Refused(Refusal::Trouble(status)),
            Kind::Expired => Fate::Refused(Refusal::ExpiredCredentials),
        };
        let first = treatment.fate == Fate::Answered;
        if first {
            treatment.fate = fate;
        }
        first
    }

    fn between(&mut self, least: Length, most: Length) -> u64 {
        least.0 + self.below(most.0 - least.0 + 1)
    }

    /// A number below `limit`: SplitMix64 (Steele, Lea, Flood 2014).
    fn below(&mut self, limit: u64) -> u64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.chance;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

impl Rule {
    fn concerns(&self, operation: &str) -> bool {
        self.operation.is_none_or(|own| own.name() == operation)
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (operation, what) = text
            .split_once('=')
            .ok_or_else(|| format!("'{text}' is no fault; one is OPERATION=KIND, such as *=throttle"))?;
        let operation = if operation == "*" { None } else { Some(operation.parse()?) };
        let (what, times) = suffix(what, 'x');
        let times =
            times.map(|times| times.parse().map_err(|_| format!("'{times}' is no number of times"))).transpose()?;
        let (what, chance) = suffix(what, '@');
        Ok(Self { operation, kind: what.parse()?, chance: chance.map_or(Ok(CERTAIN), percent)?, times })
    }
}

/// Splits off what follows the last `mark`, if that begins with a digit; so the x of `expired` is no mark.
fn suffix(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.rsplit_once(mark) {
        Some((rest, suffix)) if suffix.starts_with(|c: char| c.is_ascii_digit()) => (rest, Some(suffix)),
        _ => (text, None),
    }
}

/// `20%` or `0.5%`, in millionths.
fn percent(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix('%').and_then(|number| number.parse::<f64>().ok());
    let fitting = number.filter(|number| (0.0..=100.0).contains(number));
    let chance = fitting.ok_or_else(|| format!("'{text}' is no chance; one is a percentage such as 20%"))?;
    Ok((chance * 10_000.0).round() as u32)
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once(':').map_or((text, None), |(name, value)| (name, Some(value)));
        Ok(match (name, value) {
            ("latency", Some(value)) => range(value).map(|(least, most)| Self::Latency(least, most))?,
            ("late-answer", Some(value)) => range(value).map(|(least, most)| Self::LateAnswer(least, most))?,
            ("lost-request", None) => Self::LostRequest,
            ("lost-answer", None) => Self::LostAnswer,
            ("reset-request", None) => Self::ResetRequest,
            ("reset-answer", None) => Self::ResetAnswer,
            ("throttle", None) => Self::Throttle,
            ("error", Some(value)) => {
                let status = value.parse().ok().filter(|status| TROUBLE.contains(status));
                Self::Error(status.ok_or("an error is one of error:500, error:502, error:503, error:504")?)
            }
            ("expired", None) => Self::Expired,
            ("date", Some(value)) => Self::Date(offset(value)?),
            ("history-lag", Some(value)) => Self::HistoryLag(value.parse()?),
            _ => {
                return Err(format!(
                    "'{text}' is no fault; there are latency:TIME, late-answer:TIME, lost-request, lost-answer, \
                     reset-request, reset-answer, throttle, error:STATUS, expired, date:+TIME, date:-TIME, \
                     history-lag:TIME"
                ));
            }
        })
    }
}

/// `200ms` or `100ms-2s`.
fn range(text: &str) -> Result<(Length, Length), String> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    let (least, most) = (least.parse()?, most.parse()?);
    if least <= most { Ok((least, most)) } else { Err(format!("'{text}' ends before it begins")) }
}

fn offset(text: &str) -> Result<i64, String> {
    let (sign, length) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(length), _) => (1, length),
        (_, Some(length)) => (-1, length),
        _ => return Err("an offset of Date begins with + or -, such as date:+10m".into()),
    };
    length.parse().map(|Length(millis)| sign * millis as i64)
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.operation.map_or("*", Operation::name), self.kind)?;
        if self.chance != CERTAIN {
            write!(f, "@{}%", f64::from(self.chance) / 10_000.0)?;
        }
        self.times.map_or(Ok(()), |times| write!(f, "x{times}"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Latency(least, most) if least == most => write!(f, "latency:{least}"),
            Self::Latency(least, most) => write!(f, "latency:{least}-{most}"),
            Self::LateAnswer(least, most) if least == most => write!(f, "late-answer:{least}"),
            Self::LateAnswer(least, most) => write!(f, "late-answer:{least}-{most}"),
            Self::LostRequest => f.write_str("lost-request"),
            Self::LostAnswer => f.write_str("lost-answer"),
            Self::ResetRequest => f.write_str("reset-request"),
            Self::ResetAnswer => f.write_str("reset-answer"),
            Self::Throttle => f.write_str("throttle"),
            Self::Error(status) => write!(f, "error:{status}"),
            Self::Expired => f.write_str("expired"),
            Self::Date(offset) => {
                write!(f, "date:{}{}", if offset < 0 { '-' } else { '+' }, Length(offset.unsigned_abs()))
            }
            Self::HistoryLag(lag) => write!(f, "history-lag:{lag}"),
        }
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

impl TryFrom<String> for Rule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEAT: &str = "RecordActivityTaskHeartbeat";

    fn faults(rules: &[&str]) -> Faults {
        Faults::new(7, rules.iter().map(|rule| rule.parse().unwrap()).collect())
    }

    #[test]
    fn rules_are_read_as_they_are_written() {
        for text in [
            "*=throttle",
            "PollForActivityTask=latency:200ms",
            "*=latency:100ms-2s@20%",
            "*=late-answer:1s-90s",
            "*=late-answer:2s",
            "*=lost-request@0.5%x3",
            "*=lost-answer",
            "*=reset-request",
            "*=reset-answerx1",
            "*=error:503@0.0001%",
            "*=expired",
            "*=expiredx2",
            "*=date:+10m",
            "*=date:-1500ms",
            "GetWorkflowExecutionHistory=history-lag:5s",
        ] {
            assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
        }
        for (text, why) in [
            ("throttle", "no fault"),
            ("Nothing=throttle", "no operation"),
            ("*=burn", "there are latency"),
            ("*=latency", "there are latency"),
            ("*=latency:2s-1s", "ends before"),
            ("*=error:404", "error:500"),
            ("*=date:10m", "begins with"),
            ("*=throttle@120%", "percentage"),
            ("*=throttle@5", "percentage"),
            ("*=throttle@20%x99999999999", "number of times"),
            ("*=lost-answer:1", "no fault"),
        ] {
            let error = text.parse::<Rule>().unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_fault_happens_to_its_operation_and_no_other() {
        let mut faults = faults(&["RecordActivityTaskHeartbeat=lost-answer"]);
        assert_eq!(faults.treat(BEAT).fate, Fate::AnswerLost);
        assert_eq!(faults.treat("PollForActivityTask"), Treatment::default());
    }

    #[test]
    fn a_fault_is_used_up() {
        let mut faults = faults(&["*=throttlex2", "*=expiredx1", "*=latency:1s"]);
        let fates: Vec<_> = (0..4).map(|_| faults.treat(BEAT).fate).collect();
        let [throttled, expired] = [Refusal::Throttled, Refusal::ExpiredCredentials].map(Fate::Refused);
        assert_eq!(fates, [throttled.clone(), throttled, expired, Fate::Answered]);
        assert_eq!(faults.rules().len(), 1);
    }

    #[test]
    fn times_add_up_and_the_first_fate_counts() {
        let rules = [
            "*=latency:1s",
            "*=latency:500ms",
            "*=late-answer:2s",
            "*=reset-answer",
            "*=throttle",
            "*=date:-1m",
            "*=history-lag:3s",
        ];
        let treatment = faults(&rules).treat(BEAT);
        let expected = Treatment {
            request_after: 1_500,
            answer_after: 2_000,
            fate: Fate::AnswerReset,
            date_offset: -60_000,
            history_lag: 3_000,
        };
        assert_eq!(treatment, expected);
    }

    #[test]
    fn chance_follows_from_the_seed_and_is_about_right() {
        let fates = |seed| {
            let mut faults = Faults::new(seed, vec!["*=lost-request@20%".parse().unwrap()]);
            (0..10_000).map(|_| faults.treat(BEAT).fate == Fate::RequestLost).collect::<Vec<_>>()
        };
        assert_eq!(fates(1), fates(1));
        assert_ne!(fates(1), fates(2));
        let lost = fates(3).into_iter().filter(|lost| *lost).count();
        assert!((1_800..2_200).contains(&lost), "{lost} of 10,000");
        let mut faults = faults(&["*=latency:10ms-20ms"]);
        let delays: Vec<u64> = (0..1_000).map(|_| faults.treat(BEAT).request_after).collect();
        assert_eq!((delays.iter().min(), delays.iter().max()), (Some(&10), Some(&20)));
    }
}
