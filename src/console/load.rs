//! How far apart the heartbeats of kept tasks are so that all of them fit under the rate, which tasks are left out when
//! they do not, and the longest outage that each survives (engine rules, "Heartbeats under a quota", 1 and 2). Pure.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::clock::Boot;
use crate::task::{ClaimId, Limit};

use super::cadence::{EARLIEST, EARLIEST_TIGHT};
use super::drain::{Drain, fastest};
use super::facts::Tolerance;
use super::numbers::NumberMap;
use super::plan::{Plan, USED_TIGHT};
use super::quota::BURST;

/// The plan is made anew when the learned rate has moved by this share.
const MOVED: f64 = 0.03;
/// A recovery that takes longer is none, seconds.
const LONGEST_RECOVERY: f64 = 86_400.0;
/// Plans given up within so many milliseconds count as the one that left the least.
const SAME_MS: i64 = 1_000;

/// Who waits for room: what the operator put first, then what saves most tasks, the longest timeouts, and of those what was
/// beaten last: its next heartbeat has the most time.
type Waiting = (Reverse<bool>, Reverse<u32>, Reverse<Option<Boot>>, ClaimId);

/// The kept tasks by their timeouts, and the plan for them.
#[derive(Debug)]
pub(super) struct Load {
    /// How many admitted tasks there are of each timeout in seconds; `None` is no timeout.
    tasks: BTreeMap<Option<u32>, u32>,
    waiting: BTreeSet<Waiting>,
    places: NumberMap<ClaimId, Waiting>,
    /// Heartbeats a second that may be used; `None` is no limit.
    cap: Option<f64>,
    /// The same as learned from refusals.
    rate: f64,
    plan: Plan,
    /// Earlier plans that left less room, and when they were given up: their intervals may still be running.
    before: VecDeque<(Plan, Boot)>,
    at: Boot,
    /// What the tasks need with the longest intervals there may be, heartbeats a second.
    tightest: f64,
    /// The plan is not that of these tasks and this rate any more.
    stale: bool,
    /// Something changed since it was last asked.
    changed: bool,
    /// The longest interval has become shorter since that was last asked.
    shortened: bool,
}

impl Load {
    /// No tasks. `cap`: heartbeats a second, `None` for no limit.
    pub(super) fn new(cap: Option<f64>) -> Self {
        let rate = cap.unwrap_or(f64::INFINITY);
        Self {
            tasks: BTreeMap::new(),
            waiting: BTreeSet::new(),
            places: NumberMap::default(),
            cap,
            rate,
            plan: Plan::IDLE,
            before: VecDeque::new(),
            at: Boot(0),
            tightest: 0.0,
            stale: false,
            changed: true,
            shortened: false,
        }
    }

    /// A task wants to be kept, which was beaten last at `beaten`. Whether it is admitted is said by [`Load::admit`].
    pub(super) fn want(&mut self, id: ClaimId, limit: Limit, first: bool, beaten: Option<Boot>) {
        // Without a timeout there is nothing to lose.
        let Limit::Seconds(timeout) = limit else { return };
        self.forget(id);
        let place = (Reverse(first), Reverse(timeout), Reverse(beaten), id);
        self.waiting.insert(place);
        self.places.insert(id, place);
        self.stale = true;
    }

    /// Whether a task waits for room before others.
    pub(super) fn is_first(&self, id: ClaimId) -> bool {
        self.places.get(&id).is_some_and(|&(Reverse(first), ..)| first)
    }

    /// A task that waits for room is no longer kept.
    pub(super) fn forget(&mut self, id: ClaimId) {
        if let Some(place) = self.places.remove(&id) {
            self.waiting.remove(&place);
        }
    }

    /// The next task that there is room for; it counts from now on.
    pub(super) fn admit(&mut self) -> Option<ClaimId> {
        let fits = |&&(_, Reverse(timeout), ..): &&Waiting| self.has_room_for(Limit::Seconds(timeout));
        // Whoever is behind one that does not fit has a shorter timeout and needs more, except behind one put first.
        let found = *self.waiting.first().filter(fits).or_else(|| {
            let behind = self
                .waiting
                .range((Reverse(false), Reverse(u32::MAX), Reverse(Some(Boot(i64::MAX))), ClaimId(0))..)
                .next();
            behind.filter(fits)
        })?;
        let (_, Reverse(timeout), _, id) = found;
        self.forget(id);
        self.add(Limit::Seconds(timeout));
        Some(id)
    }

    /// Whether the tasks or the plan have changed since this was last asked.
    pub(super) fn has_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The longest interval, milliseconds, if it has become shorter since this was last asked.
    pub(super) fn has_shortened(&mut self) -> Option<i64> {
        std::mem::take(&mut self.shortened).then(|| self.longest_ms(self.plan))
    }

    /// Tasks there is no room for.
    pub(super) fn left_out(&self) -> usize {
        self.waiting.len()
    }

    /// A task is kept from now on.
    pub(super) fn add(&mut self, limit: Limit) {
        *self.tasks.entry(seconds(limit)).or_default() += 1;
        self.tightest += tightest(limit);
        self.stale = true;
    }

    /// A task is no longer kept.
    pub(super) fn remove(&mut self, limit: Limit) {
        if let Some(count) = self.tasks.get_mut(&seconds(limit)) {
            *count -= 1;
            self.tightest -= tightest(limit);
            if *count == 0 {
                self.tasks.remove(&seconds(limit));
            }
        }
        self.stale = true;
    }

    /// The time, and the rate as it is learned, a second.
    pub(super) fn learned(&mut self, rate: f64, now: Boot) {
        self.at = now;
        if (rate - self.rate).abs() > MOVED * self.rate {
            self.rate = rate;
            self.stale = true;
        }
        self.settle();
    }

    /// Whether the tasks that are kept could be with this setting.
    pub(super) fn fits(&self, cap: Option<f64>) -> bool {
        cap.is_none_or(|cap| self.tightest <= USED_TIGHT * cap)
    }

    /// Another setting, and the rate that is learned with it, a second.
    pub(super) fn set_cap(&mut self, cap: Option<f64>, rate: f64) {
        (self.cap, self.rate) = (cap, rate);
        (self.stale, self.changed) = (true, true);
    }

    /// Whether tasks have come or gone since the last plan.
    pub(super) fn is_stale(&self) -> bool {
        self.stale
    }

    /// Makes a new plan if it is wanted.
    pub(super) fn settle(&mut self) {
        if self.waiting.is_empty() {
            // At a start all have waited for a moment.
            self.places.shrink_to_fit();
        }
        if std::mem::take(&mut self.stale) {
            self.replan();
        }
    }

    /// Milliseconds between two heartbeats at this timeout, jitter aside.
    pub(super) fn interval_ms(&self, limit: Limit) -> i64 {
        self.plan.interval_ms(seconds(limit))
    }

    /// What jitter may leave of an interval, a share.
    pub(super) fn earliest(&self) -> f64 {
        if self.is_tight() { EARLIEST_TIGHT } else { EARLIEST }
    }

    /// Whether the rate leaves no slack.
    pub(super) fn is_tight(&self) -> bool {
        self.plan.is_tight()
    }

    /// Whether one more task at this timeout could be kept with all the others.
    pub(super) fn has_room_for(&self, limit: Limit) -> bool {
        let Some(cap) = self.cap else { return true };
        self.tightest + tightest(limit) <= USED_TIGHT * cap
    }

    /// What the kept tasks need at the least, heartbeats a second.
    pub(super) fn need(&self) -> f64 {
        self.rate_of(Plan::LAZIEST)
    }

    /// What the kept tasks are planned to take, jitter included, heartbeats a second.
    pub(super) fn planned(&self) -> f64 {
        self.rate_of(self.plan) / self.earliest()
    }

    /// The longest silence of the service that the tasks of each timeout survive wherever in their intervals it begins,
    /// the least first: what the interval leaves of the timeout, less a failed attempt of `attempt_ms`, less the time in
    /// which the queue drains until it is their turn, with round trips of `rtt_ms`.
    pub(super) fn tolerances(&self, attempt_ms: i64, rtt_ms: i64, now: Boot) -> Vec<Tolerance> {
        let runs = |timeout: u32, (plan, end): (Plan, Boot)| end + plan.interval_ms(Some(timeout)) > now;
        let before = |timeout: u32| self.before.iter().filter(move |&&old| runs(timeout, old));
        let spare = |timeout: u32| {
            before(timeout).map(|(plan, _)| plan.spare(timeout)).fold(self.plan.spare(timeout), f64::min)
        };
        let kinds: Vec<_> =
            self.tasks.iter().filter_map(|(&timeout, &count)| Some((spare(timeout?), timeout?, count))).collect();
        let drain = Drain::new(&kinds, self.rate, self.cap, rtt_ms);
        let of = |&(spare, timeout_s, _): &(f64, u32, u32)| {
            let survives_ms = (drain.outage(spare) * 1_000.0) as i64 - attempt_ms;
            Tolerance { timeout_s, survives_ms: survives_ms.max(0) }
        };
        let mut found: Vec<_> = kinds.iter().map(of).collect();
        found.sort_by_key(|tolerance| tolerance.survives_ms);
        found
    }

    /// How long after an outage of `outage_ms` everything is as it was before, milliseconds: a failed attempt of
    /// `attempt_ms` is over, what fell due meanwhile has been sent, with round trips of `rtt_ms`, and what may go out at
    /// once is saved up again. `i64::MAX` if the rate leaves nothing for that.
    pub(super) fn recovery_ms(&self, outage_ms: i64, attempt_ms: i64, rtt_ms: i64) -> i64 {
        let outage = outage_ms as f64 / 1_000.0;
        // Every task once at the most, and no more than can have been sent in an equal time before.
        let tasks: u32 = self.tasks.iter().filter(|(timeout, _)| timeout.is_some()).map(|(_, count)| *count).sum();
        let sent = self.cap.map_or(f64::INFINITY, |cap| cap * BURST + self.rate * outage / self.earliest());
        let due = f64::from(tasks).min(sent);
        let spare = (self.rate - self.planned()).max(0.0);
        let seconds = due / spare.min(fastest(rtt_ms));
        if seconds > LONGEST_RECOVERY { i64::MAX } else { (seconds * 1_000.0) as i64 + attempt_ms + rtt_ms }
    }

    fn rate_of(&self, plan: Plan) -> f64 {
        let each = |timeout: &Option<u32>| 1.0 / plan.interval(timeout.map(f64::from)).max(0.1);
        self.tasks.iter().map(|(timeout, count)| each(timeout) * f64::from(*count)).sum()
    }

    fn longest_ms(&self, plan: Plan) -> i64 {
        self.tasks.keys().map(|&timeout| plan.interval_ms(timeout)).max().unwrap_or(0)
    }

    fn replan(&mut self) {
        self.changed = true;
        if self.cap.is_none() {
            return;
        }
        let plan = Plan::fitting(self.rate, |plan| self.rate_of(plan));
        let old = std::mem::replace(&mut self.plan, plan);
        self.shortened |= self.longest_ms(plan) < self.longest_ms(old);
        // Heartbeats on the agenda keep their old, longer intervals until they are sent.
        let leaves_less = |one: Plan, other: Plan| {
            self.tasks.keys().flatten().any(|&timeout| one.spare(timeout) < other.spare(timeout))
        };
        if leaves_less(old, plan) {
            let longest = self.longest_ms(old);
            let at = self.at;
            self.before.retain(|&(worse, end)| end + longest > at && leaves_less(worse, old));
            match self.before.back_mut() {
                // Tasks that leave one by one make many plans in no time.
                Some((_, end)) if at - *end < SAME_MS => *end = at,
                _ => self.before.push_back((old, at)),
            }
        }
    }
}

/// Heartbeats a second that a task needs with the longest interval there may be.
fn tightest(limit: Limit) -> f64 {
    1.0 / Plan::TIGHTEST.interval(seconds(limit).map(f64::from)).max(0.1)
}

fn seconds(limit: Limit) -> Option<u32> {
    match limit {
        Limit::Seconds(seconds) => Some(seconds),
        Limit::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Boot = Boot(0);

    fn load(cap: f64, tasks: &[(u32, u32)]) -> Load {
        let mut load = Load::new(Some(cap));
        for &(timeout, count) in tasks {
            for _ in 0..count {
                load.add(Limit::Seconds(timeout));
            }
        }
        load.settle();
        load
    }

    fn survives(load: &Load) -> Vec<(u32, i64)> {
        let found = load.tolerances(3_000, 100, Boot(1_000_000));
        found.iter().map(|tolerance| (tolerance.timeout_s, tolerance.survives_ms)).collect()
    }

    #[test]
    fn rule_3_1_few_tasks_are_beaten_often() {
        let load = load(80.0, &[(60, 5), (28_800, 1)]);
        assert_eq!(load.interval_ms(Limit::Seconds(60)), 12_000);
        assert_eq!(load.interval_ms(Limit::Seconds(28_800)), 60_000, "a cancel request is to be seen within a minute");
        assert_eq!(load.interval_ms(Limit::None), 60_000);
    }

    #[test]
    fn rule_3_1_a_lower_rate_is_planned_with_as_soon_as_it_is_learned() {
        let mut load = load(80.0, &[(60, 1_000), (300, 3_000)]);
        let before = load.interval_ms(Limit::Seconds(60));
        load.learned(60.0, NOW);
        assert!(load.interval_ms(Limit::Seconds(60)) > before);
    }

    #[test]
    fn rule_3_1_who_does_not_fit_is_left_out_and_the_longest_timeouts_come_first() {
        let mut load = Load::new(Some(5.0));
        for id in 0..400 {
            load.want(ClaimId(id), Limit::Seconds(if id % 2 == 0 { 30 } else { 300 }), false, None);
        }
        let admitted: Vec<_> = std::iter::from_fn(|| load.admit()).collect();
        assert!(admitted[..200].iter().all(|id| id.0 % 2 == 1), "the long ones first");
        assert_eq!(admitted.len() + load.left_out(), 400);
        assert!(load.left_out() > 0 && load.rate_of(Plan::TIGHTEST) <= USED_TIGHT * 5.0);
        load.want(ClaimId(1_000), Limit::Seconds(30), true, None);
        load.remove(Limit::Seconds(30));
        assert_eq!(load.admit(), Some(ClaimId(1_000)), "what the operator put first");
        assert_eq!(load.admit(), None);
    }

    #[test]
    fn rule_3_2_the_tolerance_leaves_room_for_an_attempt_and_the_queue() {
        let few = load(80.0, &[(60, 5)]);
        let [(60, ms)] = survives(&few)[..] else { panic!() };
        assert!((44_900..45_000).contains(&ms), "60 s less 12 s less 3 s less a round trip: {ms}");
        let mix = survives(&load(80.0, &[(60, 1_000), (300, 3_000), (900, 4_000), (3_600, 2_000)]));
        assert!(mix[0].1 < 40_000, "{mix:?}");
        assert_eq!(mix.last().unwrap().0, 3_600);
    }

    #[test]
    fn rule_3_2_also_of_the_longer_timeouts_when_the_shortest_stays_as_it_was() {
        let mut load = load(4.0, &[(30, 9), (60, 30)]);
        let of_60 = |load: &Load, ms| {
            load.tolerances(0, 100, Boot(ms)).iter().find(|it| it.timeout_s == 60).unwrap().survives_ms
        };
        let before = of_60(&load, 0);
        for _ in 0..15 {
            load.remove(Limit::Seconds(60));
        }
        load.settle();
        assert!(of_60(&load, 1_000) < before + 3_000, "{before} {}", of_60(&load, 1_000));
        assert!(of_60(&load, 61_000) > before + 5_000, "{before} {}", of_60(&load, 61_000));
    }

    #[test]
    fn rule_3_2_after_an_outage_the_queue_drains_and_the_burst_is_saved_up_again() {
        let few = load(80.0, &[(60, 5)]).recovery_ms(44_000, 3_000, 100);
        assert!((3_100..3_200).contains(&few), "an attempt, a round trip and five heartbeats: {few}");
        // 75 of 100/s go to heartbeats, in jittered intervals a little more; 12.5 s of the rate may go out at once.
        let mix = load(100.0, &[(60, 1_000), (300, 3_000), (900, 4_000), (3_600, 2_000)]);
        let many = mix.recovery_ms(30_000, 3_000, 100);
        assert!((200_000..260_000).contains(&many), "{many}");
        assert!(mix.recovery_ms(5_000, 3_000, 100) < many);
        let full = load(1.0, &[(60, 60)]);
        assert_eq!(full.recovery_ms(1_000, 3_000, 100), i64::MAX, "nothing is left over");
    }

    #[test]
    fn rule_3_2_a_tolerance_grows_only_when_the_old_intervals_are_over() {
        let mut load = load(1.0, &[(60, 30)]);
        let before = load.tolerances(0, 100, NOW)[0].survives_ms;
        for _ in 0..25 {
            load.remove(Limit::Seconds(60));
        }
        load.settle();
        let at = |ms| load.tolerances(0, 100, Boot(ms))[0].survives_ms;
        assert!(at(1_000) < before + 3_000, "{before} {}", at(1_000));
        assert!(at(61_000) > before + 10_000, "{before} {}", at(61_000));
    }

    #[test]
    fn of_equal_timeouts_what_was_beaten_last_is_admitted_first() {
        let mut load = Load::new(Some(1.0));
        for (id, beaten) in [(1, 5_000), (2, 9_000), (3, 7_000)] {
            load.want(ClaimId(id), Limit::Seconds(30), false, Some(Boot(beaten)));
        }
        load.forget(ClaimId(3));
        let admitted: Vec<_> = std::iter::from_fn(|| load.admit()).collect();
        assert_eq!(admitted, [ClaimId(2), ClaimId(1)]);
    }
}
