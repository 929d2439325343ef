//! Whether the service can be reached, and whether anything may be sent now (engine rules 3.4, 3.6 and 3.9).
//!
//! One state for the whole console: no private back-off a task. Not for retrying: who failed goes back to its queue.

use crate::clock::Boot;
use crate::wire::{Class, Failure};

use super::facts::Connection;

/// Failures in a row after which only probes go out.
const BREAKER: u32 = 5;
/// Between two probes during an outage.
const PROBE_MS: i64 = 500;
/// Probes in flight at once, and how long one may take, milliseconds: so there is one each `PROBE_MS`.
const PROBES: usize = 2;
const PROBE_LIMIT_MS: u64 = 1_000;
/// Connections that have been idle for so long may be gone, milliseconds.
const COLD_MS: i64 = 20_000;
/// Of those in flight, kept free of heartbeats for closes.
const FOR_CLOSES: usize = 4;
/// "Throttled" is said until there has been no refusal for so long.
const THROTTLED_MS: i64 = 5_000;
/// Out of reach again so soon after coming back: it comes and goes.
const FLAPS_MS: i64 = 10_000;
/// Then it is back when nothing has failed for so long.
const STEADY_MS: i64 = 3_000;
/// Between two tries with new credentials.
const ACCESS_MS: i64 = 5_000;

/// The state, see the file's head.
#[derive(Debug)]
pub(super) struct Reach {
    connection: Connection,
    failures: u32,
    /// Nothing goes out before this instant.
    closed_until: Option<Boot>,
    /// At most this many in flight.
    width: usize,
    smooth_rtt_ms: i64,
    throttled_at: Option<Boot>,
    heard_at: Option<Boot>,
    /// When the last outage was over.
    back_at: Option<Boot>,
    /// The service comes and goes; when a call failed last.
    flapping: Option<Boot>,
    /// Probes sent in this outage.
    probes: usize,
    /// Only the operator can say whether to go on.
    stopped: bool,
}

/// In flight at once, closes included (engine rules 3.3).
const WIDTH: usize = 64;

impl Reach {
    pub(super) fn new() -> Self {
        Self {
            connection: Connection::Untried,
            failures: 0,
            closed_until: None,
            width: WIDTH,
            smooth_rtt_ms: 0,
            throttled_at: None,
            heard_at: None,
            back_at: None,
            flapping: None,
            probes: 0,
            stopped: false,
        }
    }

    /// For the header.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Smoothed round trip, milliseconds; 0 while unknown.
    pub(super) fn rtt_ms(&self) -> i64 {
        self.smooth_rtt_ms
    }

    /// Whether one more call may go out beside those in flight; `Err` is the instant to ask again, if time will help.
    pub(super) fn may_send(&self, now: Boot, in_flight: usize) -> Result<(), Option<Boot>> {
        match self.closed_until {
            _ if self.stopped => Err(None),
            Some(until) if until > now => Err(Some(until)),
            _ if in_flight >= self.width => Err(None),
            _ => Ok(()),
        }
    }

    /// The same for a heartbeat, which leaves room for closes. While only probes go out, closes that wait for their
    /// answers, for longer than heartbeats, are not in its way.
    pub(super) fn may_beat(&self, now: Boot, beats: usize, closes: usize) -> Result<(), Option<Boot>> {
        let others = if self.width == WIDTH { closes + FOR_CLOSES } else { 0 };
        self.may_send(now, beats + others)
    }

    /// The same for a close.
    pub(super) fn may_close(&self, now: Boot, beats: usize, closes: usize) -> Result<(), Option<Boot>> {
        let others = if self.width == WIDTH { beats } else { 0 };
        self.may_send(now, closes + others)
    }

    /// Which of the most urgent is to be tried; another one with each probe.
    pub(super) fn turn(&self) -> usize {
        self.probes
    }

    /// The longest that an attempt may take now, milliseconds.
    pub(super) fn longest_attempt(&self) -> u64 {
        if self.probing() { PROBE_LIMIT_MS.max(3 * self.smooth_rtt_ms.unsigned_abs()) } else { u64::MAX }
    }

    /// Whether a new connection may be needed.
    pub(super) fn is_cold(&self, now: Boot) -> bool {
        self.heard_at.is_none_or(|at| now - at > COLD_MS)
    }

    fn probing(&self) -> bool {
        self.width == PROBES
    }

    /// Whether only the operator can say that sending goes on.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Nothing goes out until the operator says so.
    pub(super) fn stop(&mut self, now: Boot, why: String) {
        self.stopped = true;
        self.connection = Connection::NoAccess { since: now, why };
    }

    /// Whether the service does not answer.
    pub(super) fn is_out(&self) -> bool {
        matches!(self.connection, Connection::OutOfReach { .. })
    }

    /// Whether credentials have to be taken anew before the next try.
    pub(super) fn wants_credentials(&self) -> bool {
        matches!(self.connection, Connection::NoAccess { .. })
    }

    /// A probe is going out: the next one not before a while.
    pub(super) fn sent(&mut self, now: Boot) {
        match self.connection {
            Connection::OutOfReach { .. } if self.probing() => {
                self.probes += 1;
                self.closed_until = Some(now + PROBE_MS);
            }
            Connection::NoAccess { .. } => self.closed_until = Some(now + ACCESS_MS),
            _ => {}
        }
    }

    /// The service answered, well or badly. `true` if that ends an outage.
    pub(super) fn answered(&mut self, now: Boot, rtt_ms: i64) -> bool {
        let back = matches!(self.connection, Connection::OutOfReach { .. } | Connection::NoAccess { .. });
        self.heard_at = Some(now);
        if self.stopped {
            return false;
        }
        self.open();
        self.smooth_rtt_ms =
            if self.smooth_rtt_ms == 0 { rtt_ms.max(1) } else { (self.smooth_rtt_ms * 7 + rtt_ms) / 8 };
        if self.steady_at().is_some_and(|at| at > now) {
            return false;
        }
        self.flapping = None;
        if back {
            self.back_at = Some(now);
        }
        let throttled = self.throttled_at.is_some_and(|at| now - at < THROTTLED_MS);
        if !throttled || !matches!(self.connection, Connection::Throttled { .. }) {
            self.connection = Connection::Online { rtt_ms };
        }
        back
    }

    /// When a service that comes and goes counts as back, unless another call fails before.
    pub(super) fn steady_at(&self) -> Option<Boot> {
        self.flapping.filter(|_| self.is_out() && self.failures == 0).map(|failed| failed + STEADY_MS)
    }

    /// As many may be in flight as ever.
    fn open(&mut self) {
        self.failures = 0;
        self.probes = 0;
        self.width = WIDTH;
        self.closed_until = None;
    }

    /// A call failed in a way that says something about the service or our access. `true` if that is news.
    pub(super) fn failed(&mut self, failure: &Failure, now: Boot) -> bool {
        match failure.class {
            Class::NotApplied | Class::Unknown => self.out_of_reach(failure, now),
            Class::Throttled => {
                let news = !matches!(self.connection, Connection::Throttled { .. });
                if news {
                    self.connection = Connection::Throttled { since: now };
                }
                self.throttled_at = Some(now);
                // A refusal for the rate is an answer, from a service that knows the account: probing is over.
                self.open();
                news
            }
            Class::Expired | Class::Denied => {
                let news = !matches!(self.connection, Connection::NoAccess { .. });
                if news {
                    self.connection = Connection::NoAccess { since: now, why: failure.line() };
                }
                self.width = 1;
                self.closed_until = Some(now + ACCESS_MS);
                news
            }
            Class::Gone | Class::Refused | Class::Invalid => false,
        }
    }

    fn out_of_reach(&mut self, failure: &Failure, now: Boot) -> bool {
        self.failures += 1;
        if self.failures >= BREAKER {
            self.width = PROBES;
            // Whoever has failed while probes go out does not put off the next one.
            self.closed_until = self.closed_until.or(Some(now + PROBE_MS));
        }
        let news = !self.is_out();
        if news {
            let flaps = self.back_at.is_some_and(|at| now - at < FLAPS_MS);
            let why = if flaps { format!("comes and goes, {}", failure.line()) } else { failure.line() };
            self.flapping = flaps.then_some(now);
            self.connection = Connection::OutOfReach { since: now, why };
        } else if let Some(failed) = &mut self.flapping {
            *failed = now;
        }
        news
    }

    /// The operator, or a resume after suspend, says that it may work again.
    pub(super) fn try_again(&mut self) {
        self.closed_until = None;
        self.stopped = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Phase;

    fn failure(code: Option<&str>, phase: Phase) -> Failure {
        Failure::new(code.map(|_| 400), code, "words", phase)
    }

    #[test]
    fn rule_3_6_five_failures_leave_a_probe_each_half_second() {
        let mut reach = Reach::new();
        for n in 0..5 {
            assert_eq!(reach.failed(&failure(None, Phase::NoAnswer), Boot(n)), n == 0);
        }
        assert_eq!(reach.may_send(Boot(10), 0), Err(Some(Boot(504))));
        assert_eq!(reach.may_send(Boot(504), 0), Ok(()));
        reach.sent(Boot(504));
        assert_eq!(reach.may_send(Boot(600), 0), Err(Some(Boot(1_004))));
        assert_eq!(reach.may_beat(Boot(1_004), 1, 5), Ok(()));
        assert_eq!(reach.may_beat(Boot(1_004), 2, 0), Err(None));
        assert_eq!((reach.turn(), reach.longest_attempt()), (1, 1_000), "another one of the most urgent");
        assert!(reach.answered(Boot(1_004), 8));
        assert_eq!(reach.may_send(Boot(1_004), 63), Ok(()));
        assert_eq!((reach.may_beat(Boot(1_004), 50, 9), reach.may_beat(Boot(1_004), 50, 10)), (Ok(()), Err(None)));
    }

    #[test]
    fn a_service_that_comes_and_goes_is_back_when_nothing_has_failed_for_a_while() {
        let mut reach = Reach::new();
        let lost = failure(None, Phase::NoAnswer);
        assert!(reach.failed(&lost, Boot(0)) && reach.answered(Boot(100), 8));
        assert!(reach.failed(&lost, Boot(200)), "said once more");
        for at in [300, 500, 700] {
            assert!(!reach.answered(Boot(at), 8) && reach.is_out());
            assert_eq!(reach.may_send(Boot(at), 60), Ok(()), "but whatever can be sent is sent");
            assert!(!reach.failed(&lost, Boot(at + 100)));
            assert_eq!(reach.steady_at(), None);
        }
        assert!(!reach.answered(Boot(3_799), 8));
        assert_eq!(reach.steady_at(), Some(Boot(3_800)));
        assert!(reach.answered(Boot(3_800), 8) && !reach.is_out());
        // Whoever was back for longer has a new outage.
        reach.failed(&lost, Boot(20_000));
        assert!(reach.answered(Boot(20_100), 8));
    }

    #[test]
    fn rule_3_6_a_refusal_for_the_rate_ends_the_probing() {
        let mut reach = Reach::new();
        for n in 0..5 {
            reach.failed(&failure(None, Phase::NoAnswer), Boot(n));
        }
        reach.sent(Boot(504));
        assert!(reach.failed(&failure(Some("ThrottlingException"), Phase::Answered), Boot(560)));
        assert_eq!(
            (reach.may_beat(Boot(560), 59, 0), reach.turn()),
            (Ok(()), 0),
            "the most urgent, as soon as its rate allows"
        );
        assert_eq!(reach.longest_attempt(), u64::MAX);
        // Lost access: whoever is told to send slower has been let in.
        reach.failed(&failure(Some("ExpiredTokenException"), Phase::Answered), Boot(600));
        reach.failed(&failure(Some("ThrottlingException"), Phase::Answered), Boot(6_000));
        assert_eq!(reach.may_beat(Boot(6_000), 1, 0), Ok(()));
    }

    #[test]
    fn says_why_lost_access_is_news_once() {
        let mut reach = Reach::new();
        assert!(reach.failed(&failure(Some("ExpiredTokenException"), Phase::Answered), Boot(0)));
        assert!(!reach.failed(&failure(Some("ExpiredTokenException"), Phase::Answered), Boot(9)));
        assert!(reach.wants_credentials());
        assert!(reach.may_send(Boot(100), 0).is_err());
        reach.try_again();
        assert_eq!(reach.may_send(Boot(100), 0), Ok(()));
    }
}
