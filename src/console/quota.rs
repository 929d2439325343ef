//! The rates we may send at, one an API (engine rules, "Heartbeats under a quota", 4): token buckets that learn when they
//! are refused. Pure arithmetic.
//!
//! SWF's buckets are shared with every worker of the account and region, so ours are smaller. History and types have
//! theirs in `asking`.

use crate::clock::Boot;
use crate::wire::Request;

/// After a refusal the rate is cut to this, at most once in `CUT_MS`.
pub(super) const CUT: f64 = 0.7;
const CUT_MS: i64 = 2_000;
/// The rate grows back by this share of the setting a second.
const REGAIN: f64 = 0.02;
/// The rate is never below this, a second.
const LEAST: f64 = 2.0;
/// Weight of the latest answer in the share of what is taken: some thirty answers count.
const LATEST: f64 = 1.0 / 32.0;
/// Seconds of the setting that may go out at once: half of SWF's own bucket at half of its rate.
pub(super) const BURST: f64 = 12.5;
/// Closes a second, each of the three kinds: half of what the account has.
const CLOSES: f64 = 100.0;
/// Counts a second: half of what the account has.
const COUNTS: f64 = 3.0;

/// A token bucket whose rate learns from refusals (AIMD).
#[derive(Debug)]
pub(super) struct Bucket {
    /// The setting, a second; `None` is no limit.
    cap: Option<f64>,
    rate: f64,
    tokens: f64,
    at: Option<Boot>,
    cut_at: Option<Boot>,
    /// Of what went out lately, the share that was not refused.
    taken: f64,
    /// What the kept tasks need at the least.
    need: f64,
    has_floor: bool,
}
impl Bucket {
    /// A full bucket. `cap`: heartbeats a second, `None` for no limit.
    pub(super) fn new(cap: Option<f64>, has_floor: bool) -> Self {
        let rate = cap.unwrap_or(f64::INFINITY);
        Self { cap, rate, tokens: rate * BURST, at: None, cut_at: None, taken: 1.0, need: 0.0, has_floor }
    }

    /// Another setting. What was learned stays so if it was something.
    pub(super) fn set_cap(&mut self, cap: Option<f64>) {
        let most = cap.unwrap_or(f64::INFINITY);
        let has_learned = self.cap.is_none_or(|before| self.rate < before) && self.rate.is_finite();
        self.rate = if has_learned { self.rate.min(most) } else { most };
        self.tokens = self.tokens.min(most * BURST);
        self.cap = cap;
    }

    /// The rate at present, a second.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// What gets through at present, a second: at its floor the rate says only what is tried.
    pub(super) fn goodput(&self) -> f64 {
        self.rate * self.taken
    }

    /// What the kept tasks need at the least, a second: the rate is not cut below it, nor raised above the setting.
    pub(super) fn set_need(&mut self, need: f64) {
        self.need = need;
    }

    /// Takes one heartbeat's worth; `Err` is the instant at which there will be one.
    pub(super) fn take(&mut self, now: Boot) -> Result<(), Boot> {
        let has_one = self.has(1.0, now);
        if has_one.is_ok() && self.cap.is_some() {
            self.tokens -= 1.0;
        }
        has_one
    }

    /// Whether one could be taken that nobody else will want: without `savings`, one that would flow over. `Err` is the
    /// instant at which it could.
    pub(super) fn could_spare(&mut self, savings: bool, now: Boot) -> Result<(), Boot> {
        let full = self.cap.map_or(0.0, |cap| cap * BURST);
        self.has(if savings { 1.0 } else { full.max(1.0) }, now)
    }

    fn has(&mut self, least: f64, now: Boot) -> Result<(), Boot> {
        let Some(cap) = self.cap else { return Ok(()) };
        self.refill(now, cap);
        if self.tokens >= least {
            return Ok(());
        }
        let wait = (least - self.tokens) / self.rate * 1_000.0;
        Err(now + (wait.ceil() as i64).max(1))
    }

    /// The service did not refuse one for its rate.
    pub(super) fn taken(&mut self) {
        self.taken += (1.0 - self.taken) * LATEST;
    }

    /// The service said "Rate exceeded".
    pub(super) fn refused(&mut self, now: Boot) {
        let Some(cap) = self.cap else { return };
        self.taken -= self.taken * LATEST;
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

/// What is left over, when the rate hardly suffices for the heartbeats of those that are promised to stay alive, for those
/// of others.
#[derive(Debug, Default)]
pub(super) struct LeftOver {
    tokens: f64,
    at: Option<Boot>,
}

impl LeftOver {
    /// Whether there is one, if so many are left over a second. None are saved up.
    pub(super) fn has_one(&mut self, rate: f64, now: Boot) -> bool {
        let passed = self.at.map_or(0.0, |at| (now - at).max(0) as f64 / 1_000.0);
        self.at = Some(now);
        self.tokens = (self.tokens + rate.max(0.0) * passed).min(1.0);
        self.tokens >= 1.0
    }

    /// Takes one.
    pub(super) fn take(&mut self) {
        self.tokens = (self.tokens - 1.0).max(0.0);
    }
}

/// The APIs that have a bucket here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    Heartbeat,
    Complete,
    Fail,
    Cancel,
    Count,
}

impl Api {
    /// The API of a request; `None` for what is limited elsewhere or by itself, as polls are.
    pub(super) fn of(request: &Request) -> Option<Self> {
        match request {
            Request::Heartbeat { .. } => Some(Self::Heartbeat),
            Request::Complete { .. } => Some(Self::Complete),
            Request::Fail { .. } => Some(Self::Fail),
            Request::Cancel { .. } => Some(Self::Cancel),
            Request::CountPending { .. } => Some(Self::Count),
            _ => None,
        }
    }
}

/// A bucket for each API.
#[derive(Debug)]
pub(super) struct Quotas {
    buckets: [Bucket; 5],
    left_over: LeftOver,
}

impl Quotas {
    /// Full buckets. `heartbeats`: a second, `None` for no limit.
    pub(super) fn new(heartbeats: Option<f64>, has_floor: bool) -> Self {
        let close = || Bucket::new(Some(CLOSES), true);
        let buckets = [Bucket::new(heartbeats, has_floor), close(), close(), close(), Bucket::new(Some(COUNTS), true)];
        Self { buckets, left_over: LeftOver::default() }
    }

    /// Heartbeats that were promised to nobody.
    pub(super) fn left_over(&mut self) -> &mut LeftOver {
        &mut self.left_over
    }

    pub(super) fn heartbeats(&mut self) -> &mut Bucket {
        self.of(Api::Heartbeat)
    }

    /// The bucket of one API.
    pub(super) fn of(&mut self, api: Api) -> &mut Bucket {
        &mut self.buckets[api as usize]
    }

    /// Heartbeats a second at present.
    pub(super) fn rate(&self) -> f64 {
        self.buckets[Api::Heartbeat as usize].rate()
    }

    /// Heartbeats a second that get through at present.
    pub(super) fn goodput(&self) -> f64 {
        self.buckets[Api::Heartbeat as usize].goodput()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_3_4_a_bucket_lets_a_burst_out_and_then_its_rate() {
        let mut bucket = Bucket::new(Some(10.0), true);
        let burst = (0..1_000).take_while(|_| bucket.take(Boot(0)).is_ok()).count();
        assert_eq!(burst, 125);
        let sent = (1..=10_000).filter(|&at| bucket.take(Boot(at)).is_ok()).count();
        assert!((99..=101).contains(&sent), "{sent}");
        assert!(Bucket::new(None, true).take(Boot(0)).is_ok());
    }

    #[test]
    fn rule_3_4_refusals_cut_the_rate_at_most_every_two_seconds_and_time_brings_it_back() {
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

    #[test]
    fn another_setting_holds_at_once_and_keeps_what_was_learned() {
        let mut bucket = Bucket::new(None, true);
        bucket.set_cap(Some(20.0));
        assert_eq!((0..1_000).take_while(|_| bucket.take(Boot(0)).is_ok()).count(), 250);
        bucket.set_cap(Some(40.0));
        assert!((bucket.rate() - 40.0).abs() < f64::EPSILON && bucket.take(Boot(0)).is_err());
        bucket.refused(Boot(1));
        let learned = bucket.rate();
        bucket.set_cap(Some(80.0));
        assert!(learned < 40.0 && (bucket.rate() - learned).abs() < f64::EPSILON);
        bucket.set_cap(None);
        assert!(bucket.take(Boot(2)).is_ok());
    }

    #[test]
    fn rule_3_1_what_is_planned_with_is_what_gets_through() {
        let mut bucket = Bucket::new(Some(3.0), true);
        assert!((bucket.goodput() - 3.0).abs() < f64::EPSILON);
        for at in 0..1_000 {
            if at % 10 < 7 { bucket.refused(Boot(at * 500)) } else { bucket.taken() }
        }
        assert!(bucket.rate() >= LEAST, "what is tried has a floor");
        let share = bucket.goodput() / bucket.rate();
        assert!((0.2..0.45).contains(&share), "seven of ten are refused: {share}");
        (0..200).for_each(|_| bucket.taken());
        assert!(bucket.goodput() > 0.99 * bucket.rate());
    }

    #[test]
    fn rule_3_4_each_api_has_a_bucket_of_its_own() {
        let mut quotas = Quotas::new(Some(10.0), true);
        quotas.of(Api::Complete).refused(Boot(0));
        assert!(quotas.of(Api::Complete).rate() < CLOSES);
        assert!(quotas.of(Api::Fail).rate() >= CLOSES && (quotas.rate() - 10.0).abs() < f64::EPSILON);
        while quotas.of(Api::Count).take(Boot(0)).is_ok() {}
        assert!(quotas.heartbeats().take(Boot(0)).is_ok());
    }
}
