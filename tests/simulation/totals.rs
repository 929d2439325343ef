//! What runs came to, to see that everything happened.

/// What a run came to.
pub struct Run {
    pub hash: u64,
    pub totals: Totals,
}

/// Sums over runs, to see that everything happened.
#[derive(Debug, Default, Clone)]
pub struct Totals {
    pub steps: u64,
    pub beats: u64,
    pub claims: u64,
    pub closes: u64,
    pub verdicts: u64,
    pub cancels: u64,
    pub crashes: u64,
    pub timed_out: u64,
    pub unanswered: u64,
    pub countdowns: u64,
    pub kept_throughout: u64,
}

impl Totals {
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.beats += other.beats;
        self.claims += other.claims;
        self.closes += other.closes;
        self.verdicts += other.verdicts;
        self.cancels += other.cancels;
        self.crashes += other.crashes;
        self.timed_out += other.timed_out;
        self.unanswered += other.unanswered;
        self.countdowns += other.countdowns;
        self.kept_throughout += other.kept_throughout;
    }

    /// A simulation in which nothing goes wrong proves nothing.
    pub fn assert_everything_happened(&self) {
        let all = [
            self.beats,
            self.claims,
            self.closes,
            self.verdicts,
            self.cancels,
            self.crashes,
            self.timed_out,
            self.unanswered,
            self.countdowns,
            self.kept_throughout,
        ];
        assert!(all.iter().all(|&count| count > 20), "something never happened: {self:?}");
    }
}
