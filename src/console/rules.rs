//! The engine's rules that can be switched off one by one, to see that the simulation notices: a checker that never
//! fired proves nothing (engine rules, "How it is proven").
//!
//! Without the `sabotage` feature there is no way to switch one off, and no code left of it.

/// A rule, named by what it demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A heartbeat's deadline counts from its sending, never from its answer (2.1).
    DeadlineFromSending,
    /// A heartbeat that failed moves no deadline (2.1).
    FailureMovesNothing,
    /// Every attempt to close says the same (4.1).
    CloseIsFrozen,
    /// A close of which one attempt may have been applied stays in doubt, whatever became of the others (4.2).
    OneUnknownKeepsDoubt,
    /// Automatic heartbeats repeat the last details (3.7).
    DetailsAreRepeated,
    /// Heartbeats stop when the keep-alive lease ends (5).
    LeaseEnds,
    /// The earliest deadline is served first (3.3).
    EarliestDeadlineFirst,
    /// The learned rate is never below what the kept tasks need (3.4).
    RateHasFloor,
    /// "Unknown activity" is no proof that a task is gone (3.9).
    GoneNeedsProof,
    /// Tasks that nobody keeps alive have their histories looked at (3.10).
    HistoryIsWatched,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::DeadlineFromSending,
        Self::FailureMovesNothing,
        Self::CloseIsFrozen,
        Self::OneUnknownKeepsDoubt,
        Self::DetailsAreRepeated,
        Self::LeaseEnds,
        Self::EarliestDeadlineFirst,
        Self::RateHasFloor,
        Self::GoneNeedsProof,
        Self::HistoryIsWatched,
    ];
}

/// Which rules hold: all, unless one was sabotaged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rules {
    #[cfg(feature = "sabotage")]
    off: Option<Rule>,
}

impl Rules {
    /// All but one.
    #[cfg(feature = "sabotage")]
    pub fn all_but(rule: Rule) -> Self {
        Self { off: Some(rule) }
    }

    /// Whether a rule is to be kept.
    #[cfg(feature = "sabotage")]
    pub(super) fn hold(self, rule: Rule) -> bool {
        self.off != Some(rule)
    }

    /// Whether a rule is to be kept: always.
    #[cfg(not(feature = "sabotage"))]
    #[expect(clippy::unused_self, reason = "the same call as with the feature")]
    pub(super) const fn hold(self, _rule: Rule) -> bool {
        true
    }
}
