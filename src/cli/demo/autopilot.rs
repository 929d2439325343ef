//! What the demo's console does by itself, in the operator's name: keep some tasks alive, beat some once.
//!
//! A scenario says which; everything else is left to whoever sits in front of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::console::{Command, Details, TaskFacts, TaskState};
use crate::demo::Scenario;
use crate::task::ClaimId;

/// Acts once on each claim, as soon as it is saved.
#[derive(Debug)]
pub struct Autopilot {
    scenario: Arc<Scenario>,
    done: BTreeSet<ClaimId>,
}

impl Autopilot {
    pub fn new(scenario: Arc<Scenario>) -> Self {
        Self { scenario, done: BTreeSet::new() }
    }

    /// What to do about a task that looks so.
    pub fn see(&mut self, facts: &TaskFacts) -> Vec<Command> {
        let ready = facts.saved && facts.state == TaskState::Held;
        if !ready || !self.done.insert(facts.id) {
            return Vec::new();
        }
        let claims = || vec![facts.id];
        let beat = self.scenario.first_beat(&facts.activity_id);
        let beat = beat.map(|details| Command::Beat { claims: claims(), details: Details::New(details.clone()) });
        let keep = self.scenario.keep(&facts.activity_id);
        let keep = keep.map(|length| Command::Keep {
            claims: claims(),
            length_ms: i64::try_from(length.as_millis()).unwrap_or(i64::MAX),
        });
        beat.into_iter().chain(keep).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::link::tests::task;

    fn autopilot() -> Autopilot {
        Autopilot::new(Arc::new(Scenario::builtin("tour").unwrap()))
    }

    fn named(id: u64, activity_id: &str) -> TaskFacts {
        TaskFacts { activity_id: activity_id.into(), ..task(id) }
    }

    #[test]
    fn keeps_and_beats_what_the_scenario_says_and_only_once() {
        let mut autopilot = autopilot();
        let kept = autopilot.see(&named(1, "bk-9"));
        assert_eq!(kept, [Command::Keep { claims: vec![ClaimId(1)], length_ms: 600_000 }]);
        let beaten = autopilot.see(&named(2, "keys-3"));
        assert_eq!(beaten, [Command::Beat { claims: vec![ClaimId(2)], details: Details::New("40 %".into()) }]);
        assert_eq!(autopilot.see(&named(1, "bk-9")), []);
        assert_eq!(autopilot.see(&named(3, "keys-3-2")), [], "later tasks are the operator's");
    }

    #[test]
    fn waits_until_the_claim_is_saved() {
        let mut autopilot = autopilot();
        assert_eq!(autopilot.see(&TaskFacts { saved: false, ..named(1, "bk-9") }), []);
        assert_eq!(autopilot.see(&named(1, "bk-9")).len(), 1);
    }
}
