//! What ended long ago and is not in memory: the facts that its records amount to, for the screen.

use crate::task::Entry;

use super::facts::TaskFacts;
use super::ledger::Ledger;
use super::live::Live;
use super::rules::Rules;
use super::telling;

/// The facts of one claim by everything that is written about it; `None` if that is not a claim that has ended.
pub fn ended_facts(entries: &[Entry]) -> Option<TaskFacts> {
    let mut ledger = Ledger::new(Rules::default());
    for entry in entries {
        // Taking it off the list is no reason to forget it here; and of its instants only those on the wall are shown.
        if !matches!(entry.record, crate::task::Record::Dismissed { .. }) {
            ledger.apply(&entry.record, false);
        }
    }
    let claim = ledger.claims.values().next()?;
    let facts = telling::facts(claim, &Live::default());
    facts.has_ended().then_some(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::testing::{claimed_record, stamp};
    use crate::task::{ClaimId, OutcomeKind, Record, Verdict};

    #[test]
    fn what_is_written_about_an_ended_task_is_enough_to_show_it() {
        let claim = ClaimId(7);
        let verdict = Verdict::Ours { kind: OutcomeKind::Completed, from_history: false };
        let records = [
            claimed_record(7, "rel-7", 1),
            Record::Details { claim, details: "60%".into() },
            Record::Verdict { claim, verdict, at: stamp(9_000) },
            Record::Dismissed { claim },
        ];
        let entries: Vec<_> =
            (1..).zip(records).map(|(seq, record)| Entry { seq, boot_id: "old".into(), record }).collect();
        let facts = ended_facts(&entries).unwrap();
        assert_eq!((facts.id, facts.activity_id, facts.details), (claim, "rel-7".into(), Some("60%".into())));
        assert_eq!(ended_facts(&entries[..2]), None, "it has not ended");
        assert_eq!(ended_facts(&[]), None);
    }
}
