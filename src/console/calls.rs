//! The calls in flight, what each is for, and how many there are of a kind: counted, never searched for.

use std::collections::BTreeMap;

use super::event::CallId;
use super::live::Purpose;
use super::quota::Api;

/// Calls in flight.
#[derive(Debug, Default)]
pub(super) struct Calls {
    purposes: BTreeMap<CallId, (Purpose, Option<Api>)>,
    beats: usize,
    closes: usize,
    polls: usize,
    reads: usize,
    for_screen: usize,
}

impl Calls {
    pub(super) fn insert(&mut self, call: CallId, purpose: Purpose, api: Option<Api>) {
        *self.count(&purpose) += 1;
        self.purposes.insert(call, (purpose, api));
    }

    pub(super) fn remove(&mut self, call: CallId) -> Option<Purpose> {
        let (purpose, _) = self.purposes.remove(&call)?;
        *self.count(&purpose) -= 1;
        Some(purpose)
    }

    pub(super) fn get(&self, call: CallId) -> Option<&Purpose> {
        self.purposes.get(&call).map(|(purpose, _)| purpose)
    }

    /// Whose quota the call is charged to.
    pub(super) fn api(&self, call: CallId) -> Option<Api> {
        self.purposes.get(&call)?.1
    }

    /// All, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (CallId, &Purpose)> {
        self.purposes.iter().map(|(&call, (purpose, _))| (call, purpose))
    }

    /// Heartbeats.
    pub(super) fn beats(&self) -> usize {
        self.beats
    }

    /// Closes.
    pub(super) fn closes(&self) -> usize {
        self.closes
    }

    /// Those that leaving waits for: not what only reads.
    pub(super) fn that_matter(&self) -> usize {
        self.beats + self.closes + self.polls
    }

    /// Those that the screen waits for.
    pub(super) fn for_screen(&self) -> usize {
        self.for_screen
    }

    fn count(&mut self, purpose: &Purpose) -> &mut usize {
        match purpose {
            Purpose::Beat { .. } => &mut self.beats,
            Purpose::Close { .. } => &mut self.closes,
            Purpose::Poll { .. } => &mut self.polls,
            Purpose::Ask(_) | Purpose::Orphans(_) | Purpose::Count { .. } => &mut self.reads,
            Purpose::Read { .. } => &mut self.for_screen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Boot;
    use crate::task::{ClaimId, PollNumber};

    #[test]
    fn calls_are_counted_by_what_they_are_for() {
        let mut calls = Calls::default();
        calls.insert(CallId(1), Purpose::Beat { claim: ClaimId(1), due: Boot(0) }, Some(Api::Heartbeat));
        calls.insert(CallId(2), Purpose::Close { claim: ClaimId(2) }, Some(Api::Fail));
        calls.insert(CallId(3), Purpose::Count { domain: "ops".into(), task_list: "manual".into() }, None);
        calls.insert(CallId(4), Purpose::Poll { poll: PollNumber(1) }, None);
        assert_eq!((calls.beats(), calls.closes(), calls.that_matter()), (1, 1, 3));
        assert_eq!((calls.api(CallId(2)), calls.api(CallId(3))), (Some(Api::Fail), None));
        assert!(calls.remove(CallId(1)).is_some() && calls.remove(CallId(1)).is_none());
        assert_eq!((calls.beats(), calls.closes(), calls.that_matter()), (0, 1, 2));
    }
}
