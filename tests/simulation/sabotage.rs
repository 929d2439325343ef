//! Every checker is seen to fire: with one rule of the engine switched off, the simulation finds the promise broken that
//! the rule is for, within 200 simulated hours.

use swfbeat::console::{Config, Rule, Rules};

use crate::simulation::{Options, run};

/// Simulated hours within which a rule that is off must have been noticed.
const HOURS: u64 = 200;
/// So many of them with each seed: what is slow to show needs more than one.
const EACH: u64 = 5;

/// Runs seeds until the promise is found broken.
fn caught(promise: &str, tune: fn(&mut Config)) {
    for seed in 1..=HOURS / EACH {
        let options = Options { greedy: true, ..Options::default() };
        if let Err(violation) = run(seed, EACH, Options { tune, ..options }) {
            assert_eq!(violation.broken.promise, promise, "{violation}");
            let with_all = run(seed, EACH, options);
            assert!(with_all.is_ok(), "seed {seed} breaks a promise with every rule, too");
            return;
        }
    }
    panic!("{HOURS} simulated hours, and nobody noticed");
}

macro_rules! sabotage {
    ($($name:ident: $rule:ident breaks $promise:literal;)*) => {
        $(#[test]
        fn $name() {
            caught($promise, |config| config.rules = Rules::all_but(Rule::$rule));
        })*

        #[test]
        fn every_rule_has_its_test() {
            let all = [$(Rule::$rule),*];
            assert!(Rule::ALL.iter().all(|rule| all.contains(rule)));
        }
    };
}

sabotage! {
    a_deadline_counted_from_the_answer: DeadlineFromSending breaks "no-overstatement";
    a_failed_heartbeat_that_restarts_the_timer: FailureMovesNothing breaks "no-overstatement";
    a_close_whose_kind_changes: CloseIsFrozen breaks "one-outcome";
    a_definite_failure_that_lifts_the_doubt: OneUnknownKeepsDoubt breaks "one-outcome";
    heartbeats_with_blank_details: DetailsAreRepeated breaks "last-details";
    a_lease_that_is_ignored: LeaseEnds breaks "attended";
    first_come_first_served: EarliestDeadlineFirst breaks "keep-alive";
    a_rate_without_a_floor: RateHasFloor breaks "keep-alive";
    histories_that_nobody_looks_at: HistoryIsWatched breaks "cancel-seen";
    unknown_activity_taken_for_gone: GoneNeedsProof breaks "one-outcome";
}
