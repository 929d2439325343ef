//! Checks a request's values against the limits of their shapes, and says all violations at once as SWF does.
//!
//! Lengths are in UTF-16 units. Limits from the API reference; constraint texts as AWS's validator words them.

use super::activity::{Priority, Span};
use super::fault::{Fault, Result};
use super::shapes::{ExecutionShape, TaskListShape, TypeShape};

/// What a text must look like besides its length.
#[derive(Debug, Clone, Copy)]
pub enum Format {
    /// Anything.
    Any,
    /// No `:`, `/`, `|` or control character, and not the literal `arn`.
    Name,
    /// A name that also must not start or end with white space.
    PolledList,
    /// Whole seconds or `NONE`.
    Duration,
    /// Whole seconds.
    Seconds,
    /// Whole days up to 90, or `NONE`.
    Days,
    /// A 32-bit integer.
    Integer,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A token: its value is never quoted.
    Secret,
}

/// Length limits and format of a text.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    min: usize,
    max: usize,
    format: Format,
}

const fn rule(min: usize, max: usize, format: Format) -> Rule {
    Rule { min, max, format }
}

/// Domains, types, task lists, activity, workflow and timer ids.
pub const NAME: Rule = rule(1, 256, Format::Name);
/// Versions of types.
pub const VERSION: Rule = rule(1, 64, Format::Name);
/// The version of a type filter; empty means any.
pub const OPTIONAL_VERSION: Rule = rule(0, 64, Format::Any);
/// Signal and marker names have no format.
pub const LABEL: Rule = rule(1, 256, Format::Any);
/// A run id that must be there.
pub const RUN_ID: Rule = rule(1, 64, Format::Any);
/// A run id; empty means the open run.
pub const OPTIONAL_RUN_ID: Rule = rule(0, 64, Format::Any);
/// Descriptions of what is registered.
pub const DESCRIPTION: Rule = rule(0, 1_024, Format::Any);
/// Input, result, control, details of a closed task, execution context.
pub const DATA: Rule = rule(0, 32_768, Format::Any);
/// Details of a heartbeat.
pub const HEARTBEAT_DETAILS: Rule = rule(0, 2_048, Format::Any);
/// Why something failed or was terminated.
pub const REASON: Rule = rule(0, 256, Format::Any);
/// Who polls.
pub const IDENTITY: Rule = rule(0, 256, Format::Any);
/// The id of a Lambda task.
pub const FUNCTION_ID: Rule = rule(1, 256, Format::Any);
/// The name or ARN of a Lambda function.
pub const FUNCTION_NAME: Rule = rule(1, 64, Format::Any);
/// One tag of an execution.
pub const TAG: Rule = rule(0, 256, Format::Any);
/// An IAM role.
pub const ROLE: Rule = rule(1, 1_600, Format::Any);
/// The ARN of a domain.
pub const RESOURCE_ARN: Rule = rule(1, 1_600, Format::Any);
/// Key of a domain's tag.
pub const TAG_KEY: Rule = rule(1, 128, Format::Any);
/// Value of a domain's tag.
pub const TAG_VALUE: Rule = rule(0, 256, Format::Any);
/// A task priority.
pub const PRIORITY: Rule = rule(0, usize::MAX, Format::Integer);
/// A task token.
pub const TASK_TOKEN: Rule = rule(1, 1_024, Format::Secret);
/// A page token; empty means the first page.
pub const PAGE_TOKEN: Rule = rule(0, 2_048, Format::Secret);
/// A retention period.
pub const DAYS: Rule = rule(1, 8, Format::Days);
/// `RegistrationStatus`.
pub const REGISTRATION_STATUS: Rule = rule(0, usize::MAX, Format::OneOf(&["REGISTERED", "DEPRECATED"]));
/// `ChildPolicy`.
pub const CHILD_POLICY: Rule = rule(0, usize::MAX, Format::OneOf(&["TERMINATE", "REQUEST_CANCEL", "ABANDON"]));
/// `CloseStatus`.
pub const CLOSE_STATUS: Rule = rule(0, usize::MAX, Format::OneOf(&CLOSE_STATUSES));
const CLOSE_STATUSES: [&str; 6] = ["COMPLETED", "FAILED", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW", "TIMED_OUT"];
const POLLED_LIST: Rule = rule(1, 256, Format::PolledList);
const DURATION: Rule = rule(0, 8, Format::Duration);
const OPTIONAL_SECONDS: Rule = rule(0, 8, Format::Seconds);
const SECONDS: Rule = rule(1, 8, Format::Seconds);

const MAX_PAGE: usize = 1_000;
const MAX_TAGS: usize = 5;

/// The checks of one request. Each check gives the value back, or a stand-in that [`Checks::done`] keeps from use.
#[derive(Debug, Default)]
pub struct Checks {
    violations: Vec<String>,
}

impl Checks {
    /// Ends the checks.
    ///
    /// # Errors
    /// A ValidationException that counts and lists every violation.
    pub fn done(self) -> Result<()> {
        let count = self.violations.len();
        if count == 0 {
            return Ok(());
        }
        let errors = if count == 1 { "error" } else { "errors" };
        Err(Fault::validation(format!("{count} validation {errors} detected: {}", self.violations.join("; "))))
    }

    /// Records a violation; `value` is quoted, or `null`.
    pub fn violation(&mut self, at: &str, value: Option<&str>, constraint: &str) {
        let value = value.map_or_else(|| "null".to_owned(), |value| format!("'{value}'"));
        self.violations.push(format!("Value {value} at '{at}' failed to satisfy constraint: {constraint}"));
    }

    /// A member that must be there.
    pub fn present<T>(&mut self, at: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.violation(at, None, "Member must not be null");
        }
        value
    }

    /// A text that must be there.
    pub fn required(&mut self, at: &str, value: Option<String>, rule: &Rule) -> String {
        let value = self.present(at, value);
        self.optional(at, value, rule).unwrap_or_default()
    }

    /// A text that may be absent.
    pub fn optional(&mut self, at: &str, value: Option<String>, rule: &Rule) -> Option<String> {
        let text = value?;
        let quoted = if matches!(rule.format, Format::Secret) { "***" } else { &text };
        let length = length(&text);
        if length < rule.min {
            let constraint = format!("Member must have length greater than or equal to {}", rule.min);
            self.violation(at, Some(quoted), &constraint);
        } else if length > rule.max {
            let constraint = format!("Member must have length less than or equal to {}", rule.max);
            self.violation(at, Some(quoted), &constraint);
        }
        if let Some(constraint) = rule.format.violated_by(&text) {
            self.violation(at, Some(quoted), &constraint);
        }
        Some(text)
    }

    /// A timeout that may be `NONE`, absent or empty (which is the same).
    pub fn duration(&mut self, at: &str, value: Option<String>) -> Option<Span> {
        self.optional(at, value, &DURATION).and_then(|text| Span::read(&text))
    }

    /// A timeout that may be absent or empty, but not `NONE`.
    pub fn optional_seconds(&mut self, at: &str, value: Option<String>) -> Option<Span> {
        self.optional(at, value, &OPTIONAL_SECONDS).and_then(|text| Span::read(&text))
    }

    /// A number of seconds that must be there.
    pub fn seconds(&mut self, at: &str, value: Option<String>) -> Span {
        Span::read(&self.required(at, value, &SECONDS)).unwrap_or(Span::NONE)
    }

    /// A task priority.
    pub fn priority(&mut self, at: &str, value: Option<String>) -> Option<Priority> {
        self.optional(at, value, &PRIORITY).and_then(|text| text.parse().ok()).map(Priority)
    }

    /// A task list that may be absent.
    pub fn task_list(&mut self, at: &str, value: Option<TaskListShape>) -> Option<String> {
        value.map(|list| self.required(&format!("{at}.name"), list.name, &NAME))
    }

    /// The task list of a poll or a count.
    pub fn polled_list(&mut self, value: Option<TaskListShape>) -> String {
        let list = self.present("taskList", value);
        list.map(|list| self.required("taskList.name", list.name, &POLLED_LIST)).unwrap_or_default()
    }

    /// An activity or workflow type: name and version.
    pub fn type_id(&mut self, at: &str, value: Option<TypeShape>) -> (String, String) {
        let Some(id) = self.present(at, value) else { return Default::default() };
        let name = self.required(&format!("{at}.name"), id.name, &NAME);
        (name, self.required(&format!("{at}.version"), id.version, &VERSION))
    }

    /// An execution: workflow id and run id.
    pub fn execution(&mut self, value: Option<ExecutionShape>) -> (String, String) {
        let Some(execution) = self.present("execution", value) else { return Default::default() };
        let workflow_id = self.required("execution.workflowId", execution.workflow_id, &NAME);
        (workflow_id, self.required("execution.runId", execution.run_id, &RUN_ID))
    }

    /// At most five tags.
    pub fn tags(&mut self, at: &str, tags: Vec<String>) -> Vec<String> {
        if tags.len() > MAX_TAGS {
            let constraint = format!("Member must have length less than or equal to {MAX_TAGS}");
            self.violation(at, Some(&format!("[{}]", tags.join(", "))), &constraint);
        }
        let member = |n| format!("{at}.{}.member", n + 1);
        tags.into_iter().enumerate().map(|(n, tag)| self.required(&member(n), Some(tag), &TAG)).collect()
    }

    /// How many results a page has; absent and 0 mean the most, 1,000.
    pub fn page_size(&mut self, value: Option<i64>) -> usize {
        let size = value.unwrap_or(0);
        match usize::try_from(size) {
            Ok(0) => MAX_PAGE,
            Ok(size) if size <= MAX_PAGE => size,
            sized => {
                let (than, limit) = if sized.is_ok() { ("less", MAX_PAGE) } else { ("greater", 0) };
                let constraint = format!("Member must have value {than} than or equal to {limit}");
                self.violation("maximumPageSize", Some(&size.to_string()), &constraint);
                MAX_PAGE
            }
        }
    }
}

impl Format {
    /// The constraint a text breaks, if any.
    fn violated_by(self, text: &str) -> Option<String> {
        let pattern = |pattern: &str| Some(format!("Member must satisfy regular expression pattern: {pattern}"));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Name | Self::PolledList if text == "arn" => Some("Member must not be the literal 'arn'".to_owned()),
            Self::PolledList if text.trim() != text => Some("Member must not start or end with white space".to_owned()),
            Self::Name | Self::PolledList
                if text.contains(|c: char| matches!(c, ':' | '/' | '|') || c.is_control()) =>
            {
                pattern(r"[^:/|\u0000-\u001f\u007f-\u009f]+")
            }
            Self::Duration if !digits(text) && text != "NONE" => pattern("[0-9]*|NONE"),
            Self::Seconds if !digits(text) => pattern("[0-9]*"),
            Self::Days if text == "NONE" => None,
            Self::Days if !digits(text) => pattern("[0-9]+|NONE"),
            Self::Days if text.parse().is_ok_and(|days: u32| days > 90) => {
                Some("Member must have value less than or equal to 90".to_owned())
            }
            Self::Integer if text.parse::<i32>().is_err() => pattern("-?[0-9]+"),
            Self::OneOf(allowed) if !allowed.contains(&text) => {
                Some(format!("Member must satisfy enum value set: [{}]", allowed.join(", ")))
            }
            _ => None,
        }
    }
}

fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(check: impl FnOnce(&mut Checks)) -> String {
        let mut checks = Checks::default();
        check(&mut checks);
        checks.done().map_or_else(|fault| String::from_utf8(fault.body()).unwrap(), |()| "fine".to_owned())
    }

    #[test]
    fn all_violations_are_counted_and_listed() {
        let text = message(|checks| {
            checks.required("taskToken", None, &TASK_TOKEN);
            checks.optional("reason", Some("x".repeat(257)), &REASON);
        });
        let long = "x".repeat(257);
        assert_eq!(
            text,
            format!(
                "{{\"__type\":\"com.amazon.coral.validate#ValidationException\",\"message\":\"2 validation errors detected: \
                 Value null at 'taskToken' failed to satisfy constraint: Member must not be null; \
                 Value '{long}' at 'reason' failed to satisfy constraint: Member must have length less than or equal to 256\"}}"
            )
        );
    }

    #[test]
    fn every_format_refuses_and_accepts() {
        let cases: &[(Rule, &[&str], &[&str])] = &[
            (NAME, &["a b", "ärn", "arn2"], &["a:b", "a/b", "a|b", "a\u{9f}", "arn", ""]),
            (POLLED_LIST, &["list"], &[" list", "list ", "arn"]),
            (DURATION, &["", "0", "NONE", "99999999"], &["none", "-1", "1.5", "123456789"]),
            (SECONDS, &["0", "60"], &["NONE", ""]),
            (DAYS, &["0", "90", "NONE"], &["91", "x", ""]),
            (PRIORITY, &["-2147483648", "0"], &["2147483648", "high"]),
            (CHILD_POLICY, &["ABANDON"], &["abandon", ""]),
        ];
        for (rule, good, bad) in cases {
            for text in *good {
                assert_eq!(message(|checks| drop(checks.optional("m", Some((*text).into()), rule))), "fine", "{text}");
            }
            for text in *bad {
                assert_ne!(message(|checks| drop(checks.optional("m", Some((*text).into()), rule))), "fine", "{text}");
            }
        }
    }

    #[test]
    fn lengths_are_utf16_units_and_tokens_are_not_quoted() {
        assert_eq!(message(|checks| drop(checks.optional("d", Some("😀".repeat(1_024)), &HEARTBEAT_DETAILS))), "fine");
        assert_ne!(message(|checks| drop(checks.optional("d", Some("😀".repeat(1_025)), &HEARTBEAT_DETAILS))), "fine");
        let text = message(|checks| drop(checks.required("taskToken", Some("s3cret".repeat(200)), &TASK_TOKEN)));
        assert!(text.contains("Value '***' at 'taskToken'") && !text.contains("s3cret"), "{text}");
    }

    #[test]
    fn page_sizes() {
        for (given, size) in [(None, 1_000), (Some(0), 1_000), (Some(7), 7)] {
            assert_eq!(Checks::default().page_size(given), size);
        }
        for (given, constraint) in [(1_001, "less than or equal to 1000"), (-1, "greater than or equal to 0")] {
            let text = message(|checks| assert_eq!(checks.page_size(Some(given)), 1_000));
            assert!(text.contains(&format!("Member must have value {constraint}")), "{text}");
        }
    }
}
