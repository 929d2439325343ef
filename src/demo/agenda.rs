//! What the director still has to do at which time, pure: milliseconds from the start of the scenario.

use std::time::Duration;

use super::scenario::{Scenario, What};
use super::view::Fault;

/// Something the director does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Start the workflow with this index.
    Start(usize),
    /// Let something happen.
    Happen(What),
    /// Say the caption with this index.
    Say(usize),
    /// Have the operator's act with this index done.
    Act(usize),
    /// End a fault.
    Heal(Fault),
    /// Say what was to be seen.
    End,
}

/// Everything still to do.
#[derive(Debug, Default)]
pub struct Agenda {
    /// Latest first, so that the next one is at the end.
    items: Vec<(i64, Item)>,
}

impl Agenda {
    /// What a scenario has in store.
    pub fn new(scenario: &Scenario) -> Self {
        let mut agenda = Self::default();
        for happening in &scenario.happenings {
            agenda.add(millis(happening.at), Item::Happen(happening.what.clone()));
        }
        for (index, caption) in scenario.captions.iter().enumerate() {
            agenda.add(millis(caption.at), Item::Say(index));
        }
        for (index, act) in scenario.acts.iter().enumerate() {
            agenda.add(millis(act.at), Item::Act(index));
        }
        if let Some(end) = &scenario.end {
            agenda.add(millis(end.at), Item::End);
        }
        for (index, workflow) in scenario.workflows.iter().enumerate() {
            agenda.add(millis(workflow.after), Item::Start(index));
        }
        agenda
    }

    /// Adds something; of two for the same instant, what was there first comes last.
    pub fn add(&mut self, at: i64, item: Item) {
        let place = self.items.partition_point(|(other, _)| *other >= at);
        self.items.insert(place, (at, item));
    }

    /// When the next thing is due.
    pub fn next(&self) -> Option<i64> {
        self.items.last().map(|(at, _)| *at)
    }

    /// Takes the next thing that is due.
    pub fn take(&mut self, now: i64) -> Option<Item> {
        self.next().filter(|&at| at <= now)?;
        self.items.pop().map(|(_, item)| item)
    }
}

/// A length of time in milliseconds.
pub fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_come_in_the_order_of_their_times_and_not_early() {
        let mut agenda = Agenda::default();
        for (at, index) in [(50, 3), (0, 1), (20, 2)] {
            agenda.add(at, Item::Start(index));
        }
        assert_eq!((agenda.next(), agenda.take(-1)), (Some(0), None));
        assert_eq!(
            (agenda.take(20), agenda.take(20), agenda.take(20)),
            (Some(Item::Start(1)), Some(Item::Start(2)), None)
        );
        assert_eq!((agenda.next(), agenda.take(99), agenda.next()), (Some(50), Some(Item::Start(3)), None));
    }

    #[test]
    fn workflows_start_before_anything_happens_to_them() {
        let scenario = Scenario::builtin("tour").unwrap();
        let mut agenda = Agenda::new(&scenario);
        let mut started = Vec::new();
        while let Some(item) = agenda.take(i64::MAX) {
            match item {
                Item::Start(index) => started.push(&scenario.workflows[index].id),
                Item::Happen(
                    What::Cancel { workflow, .. } | What::CancelWorkflow(workflow) | What::Terminate(workflow),
                ) => {
                    assert!(started.contains(&&workflow), "{workflow:?}");
                }
                _ => {}
            }
        }
        assert_eq!(started.len(), scenario.workflows.len());
    }
}
