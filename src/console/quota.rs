//! Heartbeats under a quota (engine rules, "Heartbeats under a quota", 1, 2 and 4): the rate we may send at, and how far
//! apart the heartbeats of kept tasks are so that all of them fit in. Pure arithmetic.
//!
//! SWF's bucket is shared with every worker of the account and region, so ours is smaller and learns when it is refused.

use std::collections::BTreeMap;

use crate::clock::Boot;
use crate::task::Limit;

/// Share of the rate that periodic heartbeats may take; the rest is for retries and people.
const USED: f64 = 0.75;
/// The same when nothing else fits.
const USED_TIGHT: f64 = 0.97;
/// Bounds of an interval as a share of the timeout.
const SHARES: (f64, f64) = (0.20, 0.85);
/// The longest share when nothing else fits.
const SHARE_TIGHT: f64 = 0.93;
/// The silence that intervals leave room for is at most this, seconds.
const MOST_SLACK: f64 = 600.0;
/// A cancel request is seen only in a heartbeat's answer: an interval is at most this as long as the quota allows it,
/// seconds.
const FOR_CANCEL: f64 = 60.0;
/// The same when it does not.
const LAZIEST: f64 = 600.0;
/// After a refusal the rate is cut to this, at most once in `CUT_MS`.
const CUT: f64 = 0.7;
const CUT_MS: i64 = 2_000;
/// The rate grows back by this share of the setting a second.
const REGAIN: f64 = 0.02;
/// The rate is never below this, a second.
const LEAST: f64 = 2.0;
/// Seconds of the setting that may go out at once: half of SWF's own bucket at half of its rate.
const BURST: f64 = 12.5;

/// A token bucket whose rate learns from refusals (AIMD).
#[derive(Debug)]
pub(super) struct Bucket {
    /// The setting, a second; `None` is no limit.
    cap: Option<f64>,
    rate: f64,
    tokens: f64,
    at: Option<Boot>,
    cut_at: Option<Boot>,
    /// What the kept tasks need at the least.
    need: f64,
    /// The rate is not cut below what is needed.
    has_floor: bool,
}

impl Bucket {
    /// A full bucket. `cap`: heartbeats a second, `None` for no limit.
    pub(super) fn new(cap: Option<f64>, has_floor: bool) -> Self {
        let rate = cap.unwrap_or(f64::INFINITY);
        Self { cap, rate, tokens: rate * BURST, at: None, cut_at: None, need: 0.0, has_floor }
    }

    /// The rate at present, a second.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// What the kept tasks need at the least, a second: the rate is not cut below it, nor raised above the setting.
    pub(super) fn set_need(&mut self, need: f64) {
        self.need = need;
    }

    /// Takes one heartbeat's worth; `Err` is the instant at which there will be one.
    pub(super) fn take(&mut self, now: Boot) -> Result<(), Boot> {
        let Some(cap) = self.cap else { return Ok(()) };
        self.refill(now, cap);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let wait = (1.0 - self.tokens) / self.rate * 1_000.0;
        Err(now + (wait.ceil() as i64).max(1))
    }

    /// The service said "Rate exceeded".
    pub(super) fn refused(&mut self, now: Boot) {
        let Some(cap) = self.cap else { return };
        self.refill(now, cap);
        self.tokens = self.tokens.min(1.0);
        if self.cut_at.is_none_or(|at| now - at >= CUT_MS) {
            self.cut_at = Some(now);
            let floor = if self.has_floor { self.need.max(LEAST) } else { f64::MIN_POSITIVE };
            self.rate = (self.rate * CUT).max(floor).min(cap);
        }
    }

    fn refill(&mut self, now: Boot, cap: f64) {
        let passed = self.at.map_or(0.0, |at| (now - at).max(0) as f64 / 1_000.0);
        self.at = Some(now);
        // The rate grows while time passes; in between its mean counts.
        let grown = (self.rate + cap * REGAIN * passed).min(cap);
        self.tokens = (self.tokens + f64::midpoint(self.rate, grown) * passed).min(cap * BURST);
        self.rate = grown;
    }
}

/// How intervals follow from timeouts at present.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Plan {
    /// `f = clamp(1 − D/T, 0.20, 0.85)`, at most `longest` seconds.
    Slack { slack: f64, longest: f64 },
    /// Every task at the same share, because no slack fits.
    Tight { share: f64 },
}

impl Plan {
    /// Seconds between two heartbeats at this timeout, jitter aside.
    fn interval(self, timeout: Option<f64>) -> f64 {
        match (self, timeout) {
            (Self::Slack { slack, longest }, Some(timeout)) => {
                ((1.0 - slack / timeout).clamp(SHARES.0, SHARES.1) * timeout).min(longest)
            }
            (Self::Slack { longest, .. }, None) => longest,
            (Self::Tight { share }, Some(timeout)) => share * timeout,
            (Self::Tight { .. }, None) => LAZIEST,
        }
    }
}

/// The kept tasks by their timeouts, and the plan for them.
#[derive(Debug)]
pub(super) struct Load {
    /// How many tasks there are of each timeout in seconds; `None` is no timeout.
    tasks: BTreeMap<Option<u32>, u32>,
    /// Heartbeats a second that may be used; `None` is no limit.
    cap: Option<f64>,
    plan: Plan,
}

impl Load {
    /// No tasks. `cap`: heartbeats a second, `None` for no limit.
    pub(super) fn new(cap: Option<f64>) -> Self {
        Self { tasks: BTreeMap::new(), cap, plan: Plan::Slack { slack: MOST_SLACK, longest: FOR_CANCEL } }
    }

    /// A task is kept from now on.
    pub(super) fn add(&mut self, limit: Limit) {
        *self.tasks.entry(seconds(limit)).or_default() += 1;
        self.replan();
    }

    /// A task is no longer kept.
    pub(super) fn remove(&mut self, limit: Limit) {
        if let Some(count) = self.tasks.get_mut(&seconds(limit)) {
            *count = count.saturating_sub(1);
        }
        self.tasks.retain(|_, count| *count > 0);
        self.replan();
    }

    /// Milliseconds between two heartbeats at this timeout, jitter aside.
    pub(super) fn interval_ms(&self, limit: Limit) -> i64 {
        (self.plan.interval(seconds(limit).map(f64::from)) * 1_000.0) as i64
    }

    /// Whether one more task at this timeout could be kept with all the others.
    pub(super) fn has_room_for(&self, limit: Limit) -> bool {
        let Some(cap) = self.cap else { return true };
        let one = 1.0 / (Plan::Tight { share: SHARE_TIGHT }).interval(seconds(limit).map(f64::from)).max(0.1);
        self.rate_of(Plan::Tight { share: SHARE_TIGHT }) + one <= USED_TIGHT * cap
    }

    /// What the kept tasks need at the least, heartbeats a second.
    pub(super) fn need(&self) -> f64 {
        self.rate_of(Plan::Slack { slack: 0.0, longest: f64::INFINITY })
    }

    /// The longest silence of the service, milliseconds, that every kept task survives wherever in its interval it
    /// begins: what the interval leaves of the timeout, less a failed attempt of `attempt_ms`, less the time in which the
    /// queue drains at `rate` heartbeats a second. `None` if no task has a heartbeat timeout.
    pub(super) fn survives_ms(&self, attempt_ms: i64, rate: f64) -> Option<i64> {
        let slack = |timeout: u32| (f64::from(timeout) - self.plan.interval(Some(f64::from(timeout)))) * 1_000.0;
        let least = self.tasks.keys().flatten().map(|&timeout| slack(timeout)).min_by(f64::total_cmp)?;
        let tasks: u32 = self.tasks.values().sum();
        let drain = if rate.is_finite() { f64::from(tasks) / rate * 1_000.0 } else { 0.0 };
        Some(((least - drain) as i64 - attempt_ms).max(0))
    }

    fn rate_of(&self, plan: Plan) -> f64 {
        let each = |timeout: &Option<u32>| 1.0 / plan.interval(timeout.map(f64::from)).max(0.1);
        self.tasks.iter().map(|(timeout, count)| each(timeout) * f64::from(*count)).sum()
    }

    /// The largest slack that fits (water-filling): short timeouts are beaten early, long ones lazily.
    fn replan(&mut self) {
        let Some(cap) = self.cap else { return };
        let fits = |plan: Plan, share: f64| self.rate_of(plan) <= share * cap;
        let generous = Plan::Slack { slack: MOST_SLACK, longest: FOR_CANCEL };
        let lazy = |slack: f64| Plan::Slack { slack, longest: LAZIEST };
        self.plan = if fits(generous, USED) {
            generous
        } else if fits(lazy(0.0), USED) {
            lazy(bisect(0.0, MOST_SLACK, |slack| fits(lazy(slack), USED)))
        } else {
            let tight = |spare: f64| Plan::Tight { share: SHARE_TIGHT - spare };
            let spare = bisect(0.0, SHARE_TIGHT - SHARES.1, |spare| fits(tight(spare), USED_TIGHT));
            tight(spare)
        };
    }
}

/// The largest number between `low` and `high` for which `fits` holds, which it does from `low` up to some point.
fn bisect(mut low: f64, mut high: f64, fits: impl Fn(f64) -> bool) -> f64 {
    if fits(high) {
        return high;
    }
    for _ in 0..30 {
        let middle = f64::midpoint(low, high);
        if fits(middle) { low = middle } else { high = middle }
    }
    low
}

fn seconds(limit: Limit) -> Option<u32> {
    match limit {
        Limit::Seconds(seconds) => Some(seconds),
        Limit::None => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn load(cap: f64, tasks: &[(u32, u32)]) -> Load {
        let mut load = Load::new(Some(cap));
        for &(timeout, count) in tasks {
            for _ in 0..count {
                load.add(Limit::Seconds(timeout));
            }
        }
        load
    }

    #[test]
    fn keep_alive_few_tasks_are_beaten_often() {
        let load = load(80.0, &[(60, 5), (28_800, 1)]);
        assert_eq!(load.interval_ms(Limit::Seconds(60)), 12_000);
        assert_eq!(load.interval_ms(Limit::Seconds(28_800)), 60_000, "a cancel request is to be seen within a minute");
        assert_eq!(load.interval_ms(Limit::None), 60_000);
        assert_eq!(load.survives_ms(3_000, 80.0), Some(60_000 - 12_000 - 3_000 - 75));
    }

    #[test]
    fn keep_alive_the_mix_of_the_evidence_gets_the_slack_of_the_evidence() {
        // Engine rules: at the default of 80/s D is 36 s for 10 % of 60 s, 30 % of 300 s, 40 % of 900 s, 20 % of 3600 s.
        let mix = load(80.0, &[(60, 1_000), (300, 3_000), (900, 4_000), (3_600, 2_000)]);
        let Plan::Slack { slack, .. } = mix.plan else { panic!("{:?}", mix.plan) };
        assert!((30.0..42.0).contains(&slack), "{slack}");
        assert!(mix.rate_of(mix.plan) <= 60.0);
    }

    #[test]
    fn keep_alive_what_cannot_be_done_is_refused() {
        let tight = load(10.0, &[(30, 240)]);
        assert!(matches!(tight.plan, Plan::Tight { .. }), "{:?}", tight.plan);
        assert!(tight.has_room_for(Limit::Seconds(3_600)));
        assert!(!load(10.0, &[(30, 270)]).has_room_for(Limit::Seconds(30)));
    }

    #[test]
    fn a_bucket_lets_a_burst_out_and_then_its_rate() {
        let mut bucket = Bucket::new(Some(10.0), true);
        let burst = (0..1_000).take_while(|_| bucket.take(Boot(0)).is_ok()).count();
        assert_eq!(burst, 125);
        let sent = (1..=10_000).filter(|&at| bucket.take(Boot(at)).is_ok()).count();
        assert!((99..=101).contains(&sent), "{sent}");
        assert!(Bucket::new(None, true).take(Boot(0)).is_ok());
    }

    #[test]
    fn refusals_cut_the_rate_at_most_every_two_seconds_and_time_brings_it_back() {
        let mut bucket = Bucket::new(Some(100.0), true);
        for at in 0..1_000 {
            bucket.refused(Boot(at));
        }
        assert!((70.0..73.0).contains(&bucket.rate()), "{}", bucket.rate());
        bucket.set_need(60.0);
        for at in 0..20 {
            bucket.refused(Boot(3_000 + at * 2_000));
        }
        assert!(bucket.rate() >= 60.0, "never below what the kept tasks need");
        let _ = bucket.take(Boot(200_000));
        assert!((bucket.rate() - 100.0).abs() < f64::EPSILON);
    }

    proptest! {
        #[test]
        fn keep_alive_the_plan_fits_or_is_the_tightest(
            cap in 1.0f64..2_000.0,
            tasks in prop::collection::vec((2u32..10_000, 1u32..50), 1..20),
        ) {
            let load = load(cap, &tasks);
            let rate = load.rate_of(load.plan);
            match load.plan {
                Plan::Slack { .. } => prop_assert!(rate <= USED * cap + 1e-6),
                Plan::Tight { share } => {
                    prop_assert!(share <= SHARE_TIGHT && (rate <= USED_TIGHT * cap + 1e-6 || share > SHARE_TIGHT - 1e-6));
                }
            }
            for (timeout, _) in tasks {
                let interval = load.interval_ms(Limit::Seconds(timeout));
                prop_assert!(interval > 0 && interval < i64::from(timeout) * 940);
            }
        }
    }
}
