//! When to beat a task of unknown timeout, how long an attempt may take, how long to wait after a failure, and jitter:
//! pure arithmetic. How far apart the heartbeats of known timeouts are is said in `plan`.
//!
//! Sources: engine rules, "Heartbeats under a quota", 1, 5 and 8.

use crate::clock::Boot;
use crate::task::ClaimId;

/// While nobody knows the timeout (rule 8).
const UNKNOWN_MS: i64 = 10_000;
/// The same after five minutes without an answer.
const UNKNOWN_LATER_MS: i64 = 30_000;
const UNKNOWN_PATIENCE_MS: i64 = 300_000;
/// Longest attempt of a heartbeat (rule 5).
pub(super) const BEAT_LIMIT_MS: i64 = 3_000;
/// Shortest attempt: below this even a healthy network looks broken.
const SHORTEST_LIMIT_MS: i64 = 500;
/// What jitter leaves of an interval at the least, and the same when the rate hardly suffices: earlier is more often.
pub(super) const EARLIEST: f64 = 0.92;
pub(super) const EARLIEST_TIGHT: f64 = 0.98;
/// A second attempt is not sent before this, milliseconds.
const SOONEST_SECOND_MS: i64 = 100;
/// Attempt limit of closes and history pages, milliseconds (rule 5).
pub(super) const CALL_LIMIT_MS: u64 = 10_000;

/// Milliseconds from one periodic heartbeat to the next while nobody knows the timeout.
///
/// `held_for` is how long the task has been held, milliseconds.
pub(super) fn unknown_interval(held_for: i64) -> i64 {
    if is_fresh(held_for) { UNKNOWN_MS } else { UNKNOWN_LATER_MS }
}

/// Whether a task has been held for so short a time, milliseconds, that its history may still tell its timeout.
pub(super) fn is_fresh(held_for: i64) -> bool {
    held_for <= UNKNOWN_PATIENCE_MS
}

/// An interval with its jitter (from 0 to 1): only earlier, never later, because the rules are worst cases. `least` is what
/// it may leave, a share.
pub(super) fn jittered(interval_ms: i64, least: f64, jitter: f64) -> i64 {
    ((interval_ms as f64 * (least + (1.0 - least) * jitter)) as i64).max(200)
}

/// A number from 0 to 1 from the seed, the claim and the beat's number: the same in every run of a simulation.
pub(super) fn jitter(seed: u64, claim: ClaimId, beat: u64) -> f64 {
    let mut x = seed ^ claim.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ beat.wrapping_mul(0xd1b5_4a32_d192_ed03);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// How long a heartbeat attempt may take, milliseconds: min(3 s, slack/3), at least three round trips, and as many again
/// for a handshake if there may be no connection (`cold`).
pub(super) fn attempt_limit(deadline: Option<Boot>, now: Boot, rtt_ms: i64, cold: bool) -> u64 {
    let trips = if cold { 6 } else { 3 };
    let floor = (trips * rtt_ms).clamp(SHORTEST_LIMIT_MS, BEAT_LIMIT_MS);
    let limit = match deadline {
        Some(deadline) if deadline > now => ((deadline - now) / 3).clamp(floor, BEAT_LIMIT_MS),
        _ => BEAT_LIMIT_MS,
    };
    limit.unsigned_abs()
}

/// How long to wait for an answer before a second attempt goes out beside the first, milliseconds: only if the first, of
/// `limit`, leaves no time for another one after it.
pub(super) fn second_after(deadline: Option<Boot>, now: Boot, limit: u64, rtt_ms: i64) -> Option<i64> {
    let slack = deadline? - now;
    let limit = limit.cast_signed();
    (slack > 0 && slack < 2 * limit).then(|| (2 * rtt_ms).clamp(SOONEST_SECOND_MS, limit / 2))
}

/// Wait after the `n`th failure in a row (from 1): `first`, doubled each time, at most `most` milliseconds.
pub(super) fn backoff(n: u32, first: i64, most: i64) -> i64 {
    first.saturating_mul(1 << n.saturating_sub(1).min(20)).min(most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keep_alive_unknown_timeouts_are_beaten_often() {
        assert_eq!(unknown_interval(0), 10_000);
        assert_eq!(unknown_interval(300_001), 30_000);
    }

    #[test]
    fn back_off_doubles_up_to_its_limit() {
        let waits: Vec<_> = (1..=8).map(|n| backoff(n, 1_000, 60_000)).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(backoff(u32::MAX, 1_000, 60_000), 60_000);
    }

    #[test]
    fn rule_3_5_an_attempt_has_three_round_trips_and_a_handshake_if_cold() {
        assert_eq!(attempt_limit(Some(Boot(30_000)), Boot(0), 100, false), 3_000);
        assert_eq!(attempt_limit(Some(Boot(3_000)), Boot(0), 400, false), 1_200);
        assert_eq!(attempt_limit(Some(Boot(3_000)), Boot(0), 400, true), 2_400);
    }

    #[test]
    fn rule_3_5_a_second_attempt_only_without_time_for_one_after_the_first() {
        assert_eq!(second_after(Some(Boot(30_000)), Boot(0), 3_000, 100), None);
        assert_eq!(second_after(Some(Boot(900)), Boot(0), 500, 40), Some(100));
        assert_eq!(second_after(Some(Boot(2_000)), Boot(0), 1_200, 400), Some(600));
        assert_eq!(second_after(Some(Boot(0)), Boot(0), 3_000, 40), None, "too late is too late");
        assert_eq!(second_after(None, Boot(0), 3_000, 40), None);
    }

    proptest! {
        #[test]
        fn keep_alive_jitter_makes_an_interval_only_shorter(interval in 1_000i64..100_000, seed: u64, beat: u64) {
            let jitter = jitter(seed, ClaimId(7), beat);
            prop_assert!((0.0..1.0).contains(&jitter));
            prop_assert!((interval * 91 / 100..=interval).contains(&jittered(interval, EARLIEST, jitter)));
        }

        #[test]
        fn an_attempt_ends_before_the_deadline_where_it_can(slack in 1_500i64..1_000_000, rtt in 0i64..150) {
            let limit = attempt_limit(Some(Boot(slack)), Boot(0), rtt, false).cast_signed();
            prop_assert!((500..=3_000).contains(&limit) && limit <= slack);
        }
    }
}
