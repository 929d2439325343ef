//! How often a kept task is beaten, how long an attempt may take, how long to wait after a failure: pure arithmetic.
//!
//! Sources: engine rules, "Heartbeats under a quota", 1, 5, 8 and 10. Sharing a quota among thousands of tasks (the
//! water-filling of rule 1) changes [`interval`] only.

use crate::clock::Boot;
use crate::task::{ClaimId, Limit};

/// Smallest share of the timeout between two heartbeats (the `f` of rule 1 when the quota is no constraint).
const SHARE: f64 = 0.20;
/// A cancel request is seen only in a heartbeat's answer, so a kept task is beaten at least this often (rule 10).
const LONGEST_MS: i64 = 60_000;
/// While nobody knows the timeout (rule 8).
const UNKNOWN_MS: i64 = 10_000;
/// The same after five minutes without an answer.
const UNKNOWN_LATER_MS: i64 = 30_000;
const UNKNOWN_PATIENCE_MS: i64 = 300_000;
/// Longest attempt of a heartbeat (rule 5).
const BEAT_LIMIT_MS: i64 = 3_000;
/// Shortest attempt: below this even a healthy network looks broken.
const SHORTEST_LIMIT_MS: i64 = 500;
/// Attempt limit of closes and history pages, milliseconds (rule 5).
pub(super) const CALL_LIMIT_MS: u64 = 10_000;

/// Milliseconds from one periodic heartbeat to the next.
///
/// `limit` is the heartbeat timeout, `held_for` how long the task has been held, `jitter` from 0 to 1.
pub(super) fn interval(limit: Option<Limit>, held_for: i64, jitter: f64) -> i64 {
    let base = match limit {
        Some(Limit::Seconds(seconds)) => ((f64::from(seconds) * 1_000.0 * SHARE) as i64).min(LONGEST_MS),
        Some(Limit::None) => LONGEST_MS,
        None if held_for > UNKNOWN_PATIENCE_MS => UNKNOWN_LATER_MS,
        None => UNKNOWN_MS,
    };
    // Only earlier, never later: the rules are worst cases.
    ((base as f64 * (0.92 + 0.08 * jitter)) as i64).max(200)
}

/// The longest silence of the service, milliseconds, that a kept task survives wherever in its interval it begins: what
/// the longest interval leaves of the timeout, less one attempt that fails by its limit (engine rules 3.2).
pub(super) fn survives(limit: Limit) -> Option<i64> {
    let timeout = limit.millis()?;
    Some((timeout - interval(Some(limit), 0, 1.0) - BEAT_LIMIT_MS).max(0))
}

/// A number from 0 to 1 from the seed, the claim and the beat's number: the same in every run of a simulation.
pub(super) fn jitter(seed: u64, claim: ClaimId, beat: u64) -> f64 {
    let mut x = seed ^ claim.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ beat.wrapping_mul(0xd1b5_4a32_d192_ed03);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// How long a heartbeat attempt may take, milliseconds: min(3 s, slack/3), at least three round trips.
pub(super) fn attempt_limit(deadline: Option<Boot>, now: Boot, rtt_ms: i64) -> u64 {
    let floor = (3 * rtt_ms).clamp(SHORTEST_LIMIT_MS, BEAT_LIMIT_MS);
    let limit = match deadline {
        Some(deadline) if deadline > now => ((deadline - now) / 3).clamp(floor, BEAT_LIMIT_MS),
        _ => BEAT_LIMIT_MS,
    };
    limit.unsigned_abs()
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
        assert_eq!(interval(None, 0, 1.0), 10_000);
        assert_eq!(interval(None, 300_001, 1.0), 30_000);
        assert_eq!(interval(Some(Limit::None), 0, 1.0), 60_000);
        assert_eq!(interval(Some(Limit::Seconds(60)), 0, 1.0), 12_000);
        assert_eq!(interval(Some(Limit::Seconds(28_800)), 0, 1.0), 60_000);
    }

    #[test]
    fn keep_alive_the_tolerance_is_what_the_interval_leaves() {
        assert_eq!(survives(Limit::Seconds(60)), Some(60_000 - 12_000 - 3_000));
        assert_eq!(survives(Limit::Seconds(2)), Some(0));
        assert_eq!(survives(Limit::None), None);
    }

    #[test]
    fn back_off_doubles_up_to_its_limit() {
        let waits: Vec<_> = (1..=8).map(|n| backoff(n, 1_000, 60_000)).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(backoff(u32::MAX, 1_000, 60_000), 60_000);
    }

    proptest! {
        #[test]
        fn keep_alive_an_interval_leaves_room_for_failures(seconds in 1u32..100_000, seed: u64, beat: u64) {
            let jitter = jitter(seed, ClaimId(7), beat);
            prop_assert!((0.0..1.0).contains(&jitter));
            let interval = interval(Some(Limit::Seconds(seconds)), 0, jitter);
            prop_assert!(interval <= i64::from(seconds) * 200 && interval <= LONGEST_MS);
        }

        #[test]
        fn an_attempt_ends_before_the_deadline_where_it_can(slack in 1_500i64..1_000_000, rtt in 0i64..150) {
            let limit = attempt_limit(Some(Boot(slack)), Boot(0), rtt).cast_signed();
            prop_assert!((500..=3_000).contains(&limit) && limit <= slack);
        }
    }
}
