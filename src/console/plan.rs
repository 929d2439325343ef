//! How intervals follow from timeouts: the plan whose heartbeats fit under a rate (engine rules, "Heartbeats under a
//! quota", 1). Pure arithmetic; who has to fit is said in `load`.

/// Share of the rate that periodic heartbeats may take; the rest is for retries and people.
const USED: f64 = 0.75;
/// The same up to a slack of `SHORT` seconds, without which every little outage costs tasks, and down to intervals of a
/// `THIRD` of the timeout. Jitter makes it nearly all of the rate: what is tried again then takes the place of long
/// timeouts, which can wait.
const USED_SHORT: f64 = 0.94;
const SHORT: f64 = 40.0;
const THIRD: f64 = 1.0 / 3.0;
/// The same when nothing else fits.
pub(super) const USED_TIGHT: f64 = 0.97;
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

/// How intervals follow from timeouts at present.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Plan {
    /// `f = clamp(1 − D/T, 0.20, 0.85)`, or less with `short` for D, but then no less than a third; at most `longest` seconds.
    Slack { slack: f64, short: f64, longest: f64 },
    /// Every task at the same share, because no slack fits.
    Tight { share: f64 },
}

impl Plan {
    /// Of no tasks: as often as anybody could want.
    pub(super) const IDLE: Self = Self::Slack { slack: MOST_SLACK, short: 0.0, longest: FOR_CANCEL };
    /// The most lazy that leaves what every task has to have.
    pub(super) const LAZIEST: Self = Self::Slack { slack: 0.0, short: 0.0, longest: f64::INFINITY };
    /// The most lazy there is.
    pub(super) const TIGHTEST: Self = Self::Tight { share: SHARE_TIGHT };

    /// Seconds between two heartbeats at this timeout, jitter aside.
    pub(super) fn interval(self, timeout: Option<f64>) -> f64 {
        match (self, timeout) {
            (Self::Slack { slack, short, longest }, Some(timeout)) => {
                let share = |slack: f64, least: f64| (1.0 - slack / timeout).clamp(least, SHARES.1);
                (share(slack, SHARES.0).min(share(short, THIRD)) * timeout).min(longest)
            }
            (Self::Slack { longest, .. }, None) => longest,
            (Self::Tight { share }, Some(timeout)) => share * timeout,
            (Self::Tight { .. }, None) => LAZIEST,
        }
    }

    /// The same in milliseconds, of a timeout in seconds; `None` is no timeout.
    pub(super) fn interval_ms(self, timeout: Option<u32>) -> i64 {
        (self.interval(timeout.map(f64::from)) * 1_000.0) as i64
    }

    /// What an interval leaves of the timeout, seconds.
    pub(super) fn spare(self, timeout: u32) -> f64 {
        f64::from(timeout) - self.interval(Some(f64::from(timeout)))
    }

    /// Whether it leaves no slack.
    pub(super) fn is_tight(self) -> bool {
        matches!(self, Self::Tight { .. })
    }

    /// The plan of the greatest slack whose heartbeats, `rate_of` a second with a plan, fit under `rate` a second
    /// (water-filling): short timeouts are beaten early, long ones lazily.
    pub(super) fn fitting(rate: f64, rate_of: impl Fn(Self) -> f64) -> Self {
        let fits = |plan: Self, share: f64| rate_of(plan) <= share * rate;
        let slack = |slack: f64, short: f64| Self::Slack { slack, short, longest: LAZIEST };
        let idle = |longest: f64| Self::Slack { slack: MOST_SLACK, short: 0.0, longest };
        if fits(idle(LAZIEST), USED) {
            // What is left goes into seeing cancel requests early.
            let earlier = bisect(LAZIEST - FOR_CANCEL, |by| fits(idle(LAZIEST - by), USED));
            idle(LAZIEST - earlier)
        } else if fits(slack(0.0, 0.0), USED_SHORT) {
            let usual = bisect(MOST_SLACK, |usual| fits(slack(usual, 0.0), USED));
            // Little slack is worth more than what is kept for retries.
            slack(usual, bisect(SHORT, |short| fits(slack(usual, short), USED_SHORT)))
        } else {
            let tight = |spare: f64| Self::Tight { share: SHARE_TIGHT - spare };
            tight(bisect(SHARE_TIGHT - SHARES.1, |spare| fits(tight(spare), USED_TIGHT)))
        }
    }
}

/// The largest number from 0 to `most` for which `fits` holds, which it does from 0 up to some point.
fn bisect(most: f64, fits: impl Fn(f64) -> bool) -> f64 {
    if fits(most) {
        return most;
    }
    let (mut low, mut high) = (0.0, most);
    for _ in 0..20 {
        let middle = f64::midpoint(low, high);
        if fits(middle) { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The mix of the engine rules' evidence.
    const MIX: [(u32, u32); 4] = [(60, 1_000), (300, 3_000), (900, 4_000), (3_600, 2_000)];

    fn rate_of(plan: Plan, tasks: &[(u32, u32)]) -> f64 {
        tasks.iter().map(|&(timeout, count)| f64::from(count) / plan.interval(Some(f64::from(timeout)))).sum()
    }

    fn fitting(rate: f64, tasks: &[(u32, u32)]) -> Plan {
        Plan::fitting(rate, |plan| rate_of(plan, tasks))
    }

    #[test]
    fn rule_3_1_the_mix_of_the_evidence_gets_the_slack_of_the_evidence() {
        // Engine rules: at the default of 80/s D is 36 s with three quarters of it.
        let mix = fitting(80.0, &MIX);
        let Plan::Slack { slack, short, .. } = mix else { panic!("{mix:?}") };
        assert!((33.0..37.0).contains(&slack) && (36.0..=40.0).contains(&short), "{slack} {short}");
        assert!(rate_of(mix, &MIX) <= USED_SHORT * 80.0);
    }

    #[test]
    fn rule_3_1_little_slack_may_take_more_of_the_rate() {
        let plan = fitting(48.0, &MIX);
        let Plan::Slack { slack, short, .. } = plan else { panic!("{plan:?}") };
        assert!(slack < 10.0 && (15.0..20.0).contains(&short), "{slack} {short}");
        assert!(rate_of(plan, &MIX) <= USED_SHORT * 48.0);
        assert_eq!(
            fitting(80.0, &[(30, 700)]).interval_ms(Some(30)),
            10_000,
            "no more often than three times a timeout"
        );
        assert!(fitting(80.0, &[(30, 500)]).interval_ms(Some(30)) < 9_000, "unless there is plenty");
    }

    proptest! {
        #[test]
        fn rule_3_1_the_plan_fits_or_is_the_tightest(
            rate in 1.0f64..2_000.0,
            tasks in prop::collection::vec((2u32..10_000, 1u32..50), 1..20),
        ) {
            let plan = fitting(rate, &tasks);
            let takes = rate_of(plan, &tasks);
            match plan {
                Plan::Slack { slack, short, .. } => {
                    let used = if short > slack { USED_SHORT } else { USED };
                    prop_assert!(short <= SHORT && takes <= used * rate + 1e-6);
                }
                Plan::Tight { share } => {
                    prop_assert!(share <= SHARE_TIGHT && (takes <= USED_TIGHT * rate + 1e-6 || share > SHARE_TIGHT - 1e-6));
                }
            }
            for (timeout, _) in tasks {
                let interval = plan.interval_ms(Some(timeout));
                prop_assert!(interval > 0 && interval < i64::from(timeout) * 940);
            }
        }
    }
}
