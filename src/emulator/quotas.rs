//! Request quotas: one token bucket an operation, as SWF has them for each account. Pure; time is an argument.
//!
//! Not here: quotas of single decisions and of single workflow executions.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Every operation with its bucket and refill per second (Amazon SWF Developer Guide, "Amazon SWF quotas").
const AWS: [(&str, u32, u32); 39] = [
    ("CountClosedWorkflowExecutions", 2_000, 6),
    ("CountOpenWorkflowExecutions", 2_000, 6),
    ("CountPendingActivityTasks", 200, 6),
    ("CountPendingDecisionTasks", 200, 6),
    ("DeleteActivityType", 200, 6),
    ("DeleteWorkflowType", 200, 6),
    ("DeprecateActivityType", 200, 6),
    ("DeprecateDomain", 100, 6),
    ("DeprecateWorkflowType", 200, 6),
    ("DescribeActivityType", 2_000, 6),
    ("DescribeDomain", 200, 6),
    ("DescribeWorkflowExecution", 2_000, 6),
    ("DescribeWorkflowType", 2_000, 6),
    ("GetWorkflowExecutionHistory", 2_000, 60),
    ("ListActivityTypes", 200, 6),
    ("ListClosedWorkflowExecutions", 200, 6),
    ("ListDomains", 100, 6),
    ("ListOpenWorkflowExecutions", 200, 48),
    ("ListTagsForResource", 50, 30),
    ("ListWorkflowTypes", 200, 6),
    ("PollForActivityTask", 2_000, 200),
    ("PollForDecisionTask", 2_000, 200),
    ("RecordActivityTaskHeartbeat", 2_000, 160),
    ("RegisterActivityType", 200, 60),
    ("RegisterDomain", 100, 6),
    ("RegisterWorkflowType", 200, 60),
    ("RequestCancelWorkflowExecution", 2_000, 30),
    ("RespondActivityTaskCanceled", 2_000, 200),
    ("RespondActivityTaskCompleted", 2_000, 200),
    ("RespondActivityTaskFailed", 2_000, 200),
    ("RespondDecisionTaskCompleted", 2_000, 200),
    ("SignalWorkflowExecution", 2_000, 30),
    ("StartWorkflowExecution", 2_000, 200),
    ("TagResource", 50, 30),
    ("TerminateWorkflowExecution", 2_000, 60),
    ("UndeprecateActivityType", 200, 6),
    ("UndeprecateDomain", 100, 6),
    ("UndeprecateWorkflowType", 200, 6),
    ("UntagResource", 50, 30),
];

/// One of SWF's operations, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Operation(&'static str);

impl Operation {
    /// All of them, in the order of their names.
    pub fn all() -> impl Iterator<Item = Self> {
        AWS.into_iter().map(|(name, _, _)| Self(name))
    }

    /// The operation of this name.
    pub fn named(name: &str) -> Option<Self> {
        AWS.binary_search_by_key(&name, |(name, _, _)| name).ok().map(|index| Self(AWS[index].0))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0
    }
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::named(text)
            .ok_or_else(|| format!("'{text}' is no operation of Amazon SWF; names are written as PollForActivityTask"))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A bucket's size in requests, and how many flow back in a second. Written `2000/160`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests that may come at once.
    pub bucket: u32,
    /// Requests a second in the long run.
    pub refill: u32,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (bucket, refill) = text.split_once('/')?;
            Some(Self { bucket: bucket.parse().ok()?, refill: refill.parse().ok()? })
        };
        read().ok_or_else(|| format!("'{text}' is no rate; one is bucket/refill a second, such as 2000/160"))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bucket, self.refill)
    }
}

/// A bucket in use. It starts full.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    rate: Rate,
    /// Thousandths of requests, which is what a refill of 1/s brings in a millisecond; `None` before the first request.
    level: Option<(i64, i64)>,
}

impl Bucket {
    fn take(&mut self, now: i64) -> bool {
        let full = i64::from(self.rate.bucket) * 1_000;
        let (level, since) = self.level.unwrap_or((full, now));
        let flowed = now.saturating_sub(since).max(0).saturating_mul(self.rate.refill.into());
        let level = level.saturating_add(flowed).min(full);
        let enough = level >= 1_000;
        self.level = Some((if enough { level - 1_000 } else { level }, since.max(now)));
        enough
    }
}

/// The buckets in force. An operation without one is not limited.
#[derive(Debug, Clone, Default)]
pub struct Quotas {
    buckets: BTreeMap<Operation, Bucket>,
}

impl Quotas {
    /// No limits.
    pub fn none() -> Self {
        Self::default()
    }

    /// Those of AWS.
    pub fn aws() -> Self {
        let mut quotas = Self::none();
        for (name, bucket, refill) in AWS {
            quotas.set(Operation(name), Rate { bucket, refill });
        }
        quotas
    }

    /// Limits an operation, with a full bucket to begin with.
    pub fn set(&mut self, operation: Operation, rate: Rate) {
        self.buckets.insert(operation, Bucket { rate, level: None });
    }

    /// The limits, in the order of their operations.
    pub fn rates(&self) -> impl Iterator<Item = (Operation, Rate)> {
        self.buckets.iter().map(|(operation, bucket)| (*operation, bucket.rate))
    }

    /// Whether a request is within its quota at `now` (milliseconds); one that is not takes nothing from the bucket.
    ///
    /// What is no operation of SWF is never limited.
    pub fn admit(&mut self, now: i64, operation: &str) -> bool {
        let bucket = Operation::named(operation).and_then(|operation| self.buckets.get_mut(&operation));
        bucket.is_none_or(|bucket| bucket.take(now))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BEAT: &str = "RecordActivityTaskHeartbeat";

    fn limited(rate: &str) -> Quotas {
        let mut quotas = Quotas::none();
        quotas.set(BEAT.parse().unwrap(), rate.parse().unwrap());
        quotas
    }

    #[test]
    fn operations_are_found_by_name() {
        assert!(Operation::all().zip(Operation::all().skip(1)).all(|(one, next)| one < next), "for the binary search");
        assert!(Operation::all().all(|operation| Operation::named(operation.name()) == Some(operation)));
        assert_eq!(Operation::named("PollForNothing"), None);
        assert!("Poll".parse::<Operation>().unwrap_err().starts_with("'Poll' is no operation"));
    }

    #[test]
    fn a_burst_empties_the_bucket_and_time_fills_it() {
        let mut quotas = limited("3/2");
        let burst: Vec<bool> = (0..4).map(|_| quotas.admit(1_000, BEAT)).collect();
        assert_eq!(burst, [true, true, true, false]);
        assert!(!quotas.admit(1_499, BEAT));
        assert!(quotas.admit(1_500, BEAT), "two a second: one in 500 ms");
        assert!(!quotas.admit(1_500, BEAT));
        let later: Vec<bool> = (0..4).map(|_| quotas.admit(1_000_000, BEAT)).collect();
        assert_eq!(later, [true, true, true, false], "never more than the bucket holds");
        assert!(!quotas.admit(0, BEAT), "a clock that goes back brings nothing");
    }

    #[test]
    fn only_the_operations_named_are_limited() {
        let mut quotas = limited("0/0");
        assert!(!quotas.admit(0, BEAT) && !quotas.admit(i64::MAX, BEAT));
        assert!(quotas.admit(0, "PollForActivityTask") && quotas.admit(0, "NoOperation"));
        let mut aws = Quotas::aws();
        assert_eq!(aws.rates().count(), 39);
        assert_eq!((0..300).filter(|_| aws.admit(0, "CountPendingActivityTasks")).count(), 200);
    }

    #[test]
    fn rates_are_read_as_they_are_written() {
        assert_eq!("2000/160".parse::<Rate>().unwrap().to_string(), "2000/160");
        for bad in ["", "5", "/", "5/", "-1/2", "1/2/3", "1.5/2", "99999999999/1"] {
            assert!(bad.parse::<Rate>().unwrap_err().contains("no rate"), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn never_more_than_bucket_and_refill(
            bucket in 0u32..20, refill in 0u32..50, gaps in prop::collection::vec(0i64..200, 1..200),
        ) {
            let mut quotas = limited(&format!("{bucket}/{refill}"));
            let (mut now, mut admitted) = (0, 0);
            for gap in gaps {
                now += gap;
                admitted += i64::from(quotas.admit(now, BEAT));
                prop_assert!(admitted * 1_000 <= i64::from(bucket) * 1_000 + now * i64::from(refill));
            }
        }
    }
}
