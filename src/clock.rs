//! Time: the boot clock (counts suspend), the wall clock, and the service's clock as an interval.
//!
//! The only file that asks the system for the time. `std::time::Instant` and tokio's timers stop during suspend, so
//! no deadline is ever kept in them. Pure code gets a [`Now`] as an argument.

use std::ops::{Add, Sub};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How far a local oscillator may be off, in parts per million: the least drift guard ρ.
pub const DRIFT_PPM: i64 = 500;

/// How far the clocks of the service's hosts may be apart, milliseconds.
const SKEW_MS: i64 = 250;

/// An instant on the boot clock, milliseconds since boot; goes on during suspend, never steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Boot(pub i64);

impl Add<i64> for Boot {
    type Output = Self;
    fn add(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

impl Sub for Boot {
    type Output = i64;
    fn sub(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

/// An instant on the wall clock, milliseconds since 1970 UTC. Can step; for display and for hints only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Wall(pub i64);

impl Wall {
    /// As ISO 8601 has it, in UTC and whole seconds: `2026-11-24T14:32:00Z`.
    pub fn utc(self) -> String {
        let at = chrono::DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

/// One reading of all local clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The boot clock.
    pub boot: Boot,
    /// The bare oscillator, milliseconds: stops during suspend, and nobody slews it. Only compared with `boot`.
    pub mono: i64,
    /// The wall clock.
    pub wall: Wall,
}

/// Reads the clocks. Rounded down to the millisecond, which is the safe side for an instant of sending.
pub fn now() -> Now {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let (boot, mono) = (ClockId::Boottime, ClockId::MonotonicRaw);
    // On macOS CLOCK_MONOTONIC counts suspend; there is nothing portable to compare it with.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let (boot, mono) = (ClockId::Monotonic, ClockId::Monotonic);
    Now {
        boot: Boot(millis(clock_gettime(boot))),
        mono: millis(clock_gettime(mono)),
        wall: Wall(millis(clock_gettime(ClockId::Realtime))),
    }
}

fn millis(time: rustix::time::Timespec) -> i64 {
    time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
}

/// Names the current boot: [`Boot`] instants of another boot mean nothing in this one.
pub fn boot_id() -> Arc<str> {
    if let Ok(id) = std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
        return id.trim().into();
    }
    // Elsewhere the minute in which the boot clock was 0. A stepped wall clock only makes countdowns "unsure".
    let now = now();
    format!("boot-{}", (now.wall.0 - now.boot.0) / 60_000).into()
}

/// What became of a sample of the service's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// It fits what was known.
    Agreed,
    /// It cannot be true together with what was known: some clock was stepped, or a proxy answered from a cache.
    Disjoint,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Interval {
    low: i64,
    high: i64,
    at: Boot,
}

impl Interval {
    fn widened(self, now: Boot, ppm: i64) -> Self {
        let drift = drift(now - self.at, ppm);
        Self { low: self.low - drift, high: self.high + drift, at: now }
    }

    /// How far the clocks can have drifted apart besides, at an instant after `now` or before the last sample: they were
    /// not always as far apart as they are. The drift moves the instant itself, hence twice.
    fn drift_beyond(self, instant: Boot, now: Boot, ppm: i64) -> i64 {
        let beyond = (self.at - instant).max(instant - now).max(0);
        drift(beyond + drift(beyond, ppm), ppm)
    }
}

/// The most that two clocks can drift apart in `elapsed` milliseconds, rounded up.
fn drift(elapsed: i64, ppm: i64) -> i64 {
    (elapsed.abs().saturating_mul(ppm) + 999_999) / 1_000_000
}

/// The service's clock minus the boot clock, kept as an interval that only shrinks with samples and grows with age
/// (engine rules, "Countdown that never overstates", 3 and 5).
#[derive(Debug, Clone)]
pub struct ServiceClock {
    known: Option<Interval>,
    /// The drift guard ρ.
    ppm: i64,
}

impl Default for ServiceClock {
    fn default() -> Self {
        Self { known: None, ppm: DRIFT_PPM }
    }
}

impl ServiceClock {
    /// The boot clock was seen to run off by so many parts per million. `true` if that is more than was allowed for.
    pub fn drifts_by(&mut self, ppm: i64) -> bool {
        let more = ppm > self.ppm;
        self.ppm = self.ppm.max(ppm);
        more
    }

    /// The most that the service's clock and ours can drift apart in `elapsed` milliseconds, rounded up.
    pub fn drift(&self, elapsed: i64) -> i64 {
        drift(elapsed, self.ppm)
    }

    /// Takes a sample: at some instant between `sent` and `received` the service's clock showed something between
    /// `earliest` and `latest` (milliseconds since 1970).
    pub fn sample(&mut self, earliest: i64, latest: i64, sent: Boot, received: Boot) -> Agreement {
        let new = Interval { low: earliest - received.0, high: latest - sent.0, at: received };
        let Some(old) = self.known else {
            self.known = Some(new);
            return Agreement::Agreed;
        };
        // A sample from the journal may be older than what is known.
        let at = old.at.max(received);
        let (old, new) = (old.widened(at, self.ppm), new.widened(at, self.ppm));
        let (low, high) = (old.low.max(new.low), old.high.min(new.high));
        if low <= high {
            self.known = Some(Interval { low, high, at });
            Agreement::Agreed
        } else {
            // Nobody knows which of the two is wrong: from one end to the other, so that a deadline counts from the
            // larger offset, which makes it earlier. The next sample narrows it to whichever is right.
            self.known = Some(Interval { low: old.low.min(new.low), high: old.high.max(new.high), at });
            Agreement::Disjoint
        }
    }

    /// Takes a `Date` header, which has whole seconds and may be up to a second stale.
    pub fn date_header(&mut self, date: i64, sent: Boot, received: Boot) -> Agreement {
        self.sample(date - SKEW_MS, date + 2_000 + SKEW_MS, sent, received)
    }

    /// Takes the timestamp of an event that our own call caused.
    pub fn event(&mut self, at: i64, sent: Boot, received: Boot) -> Agreement {
        self.sample(at - SKEW_MS, at + 1 + SKEW_MS, sent, received)
    }

    /// As [`ServiceClock::event`], of a call whose instants may be another boot's: then it says nothing.
    pub fn event_of(&mut self, at: i64, sent: Option<Boot>, received: Option<Boot>) -> Agreement {
        match (sent, received) {
            (Some(sent), Some(received)) => self.event(at, sent, received),
            _ => Agreement::Agreed,
        }
    }

    /// The earliest local instant at which the service's clock may show `service`.
    pub fn earliest_local(&self, service: i64, now: Boot) -> Option<Boot> {
        let known = self.known?;
        let instant = Boot(service - known.widened(now, self.ppm).high);
        Some(instant + -known.drift_beyond(instant, now, self.ppm))
    }

    /// The earliest local instant at which `length` milliseconds can have passed since the service's clock showed
    /// `start`.
    pub fn earliest_end(&self, start: i64, length: i64, now: Boot) -> Option<Boot> {
        self.earliest_local(start.saturating_add(length), now)
    }

    /// The latest local instant at which the service's clock may show `service`.
    pub fn latest_local(&self, service: i64, now: Boot) -> Option<Boot> {
        let known = self.known?;
        let instant = Boot(service - known.widened(now, self.ppm).low);
        Some(instant + known.drift_beyond(instant, now, self.ppm))
    }

    /// The most the service's clock can show at a local instant.
    pub fn upper_bound(&self, at: Boot, now: Boot) -> Option<i64> {
        let known = self.known?;
        Some(at.0 + known.widened(now, self.ppm).high + known.drift_beyond(at, now, self.ppm))
    }

    /// The least the service's clock can show at a local instant.
    pub fn lower_bound(&self, at: Boot, now: Boot) -> Option<i64> {
        let known = self.known?;
        Some(at.0 + known.widened(now, self.ppm).low - known.drift_beyond(at, now, self.ppm))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn clocks_run() {
        let (first, second) = (now(), now());
        assert!(second.boot >= first.boot && second.mono >= first.mono && first.wall.0 > 1_600_000_000_000);
        assert_eq!(boot_id(), boot_id());
    }

    #[test]
    fn samples_intersect_and_age_widens() {
        let mut clock = ServiceClock::default();
        assert_eq!(clock.earliest_local(5_000, Boot(0)), None);
        clock.sample(1_000_000, 1_000_000, Boot(0), Boot(60_000));
        assert_eq!(clock.earliest_local(1_010_000, Boot(60_000)), Some(Boot(10_000 - 26)));
        clock.sample(1_100_000, 1_100_000, Boot(100_000), Boot(100_010));
        assert_eq!(clock.earliest_local(1_110_000, Boot(100_010)), Some(Boot(110_000 - 5)));
        assert_eq!(clock.earliest_local(1_110_000, Boot(2_100_010)), Some(Boot(110_000 - 1_000)));
    }

    #[test]
    fn a_disjoint_sample_rebases_to_the_pessimistic_end() {
        let mut clock = ServiceClock::default();
        clock.sample(1_000_000, 1_000_000, Boot(0), Boot(10));
        assert_eq!(clock.sample(900_000, 900_000, Boot(20), Boot(30)), Agreement::Disjoint);
        assert!(clock.earliest_local(1_000_000, Boot(30)) <= Some(Boot(0)));
        assert!(clock.lower_bound(Boot(30), Boot(30)) <= Some(900_010));
    }

    #[test]
    fn after_a_disjoint_sample_the_next_one_decides() {
        for (odd, label) in [(900_000, "behind"), (5_000_000, "ahead")] {
            let mut clock = ServiceClock::default();
            clock.sample(1_000_000, 1_000_000, Boot(0), Boot(10));
            assert_eq!(clock.sample(odd, odd, Boot(20), Boot(30)), Agreement::Disjoint, "{label}");
            // It was a proxy's cache: the service goes on as before.
            assert_eq!(clock.sample(1_000_040, 1_000_040, Boot(40), Boot(50)), Agreement::Agreed, "{label}");
            assert_eq!(clock.earliest_local(1_000_040, Boot(50)), Some(Boot(40 - 1)), "{label}");
        }
        // Or the clock was really stepped.
        let mut clock = ServiceClock::default();
        clock.sample(1_000_000, 1_000_000, Boot(0), Boot(10));
        clock.sample(5_000_000, 5_000_000, Boot(20), Boot(30));
        assert_eq!(clock.sample(5_000_020, 5_000_020, Boot(40), Boot(50)), Agreement::Agreed);
        assert_eq!(clock.earliest_local(5_000_020, Boot(50)), Some(Boot(40 - 1)));
    }

    #[test]
    fn an_older_sample_does_not_make_what_is_known_older() {
        let mut clock = ServiceClock::default();
        clock.sample(1_100_000, 1_100_000, Boot(100_000), Boot(100_010));
        clock.sample(1_000_000, 1_000_000, Boot(0), Boot(60_000));
        assert_eq!(clock.earliest_local(1_110_000, Boot(100_010)), Some(Boot(110_000 - 5)));
    }

    #[test]
    fn no_overstatement_long_ago_the_clocks_were_further_apart() {
        // The service's clock is slow by the whole guard, and was exact when the boot clock showed 0.
        let mut clock = ServiceClock::default();
        clock.sample(1_999_000, 1_999_000, Boot(2_000_000), Boot(2_000_000));
        assert!(clock.earliest_local(0, Boot(2_000_000)) <= Some(Boot(0)));
        assert!(clock.upper_bound(Boot(0), Boot(2_000_000)) >= Some(0), "what it showed then may have been more");
        let mut clock = ServiceClock::default();
        clock.sample(2_001_000, 2_001_000, Boot(2_000_000), Boot(2_000_000));
        assert!(clock.latest_local(0, Boot(2_000_000)) >= Some(Boot(0)), "or fast");
        assert!(clock.lower_bound(Boot(0), Boot(2_000_000)) <= Some(0), "what it showed then may have been less");
    }

    proptest! {
        #[test]
        fn no_overstatement_the_true_offset_stays_inside(
            offset in -1_000_000_000i64..1_000_000_000,
            samples in prop::collection::vec((0i64..100_000, 0i64..60_000, 0i64..1_000, any::<bool>()), 1..20),
        ) {
            let mut clock = ServiceClock::default();
            let mut at = 0;
            for (gap, rtt, served, header) in samples {
                at += gap;
                let (sent, received) = (Boot(at), Boot(at + rtt));
                let service = offset + at + served.min(rtt);
                if header {
                    let stale = service.div_euclid(1_000) * 1_000;
                    clock.date_header(stale, sent, received);
                } else {
                    clock.sample(service, service, sent, received);
                }
                at += rtt;
                let earliest = clock.earliest_local(offset + at, Boot(at)).unwrap();
                let latest = clock.latest_local(offset + at, Boot(at)).unwrap();
                prop_assert!(earliest.0 <= at && at <= latest.0, "{earliest:?} {at} {latest:?}");
            }
        }
    }
}
