//! What runs came to, to see that everything happened.

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    pub hash: u64,
    pub totals: Totals,
}

macro_rules! totals {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// Sums over runs.
        #[derive(Debug, Default, Clone, PartialEq, Eq)]
        pub struct Totals {
            $($(#[doc = $doc])* pub $name: u64,)*
        }

        impl Totals {
            pub fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }

            /// Each with its name.
            pub fn all(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name)),*]
            }
        }
    };
}

totals! {
    /// Operator-hours.
    hours,
    /// Milliseconds of processor time.
    cpu_ms,
    /// Things that happened.
    steps,
    /// The traces' hashes, shortened and added up: the same seeds under the same rules come to the same.
    traces,
    /// Heartbeats of the console that reached the service.
    beats,
    /// Tasks handed out.
    claims,
    /// Polls that the console decided on by itself.
    alone,
    /// Closes decided.
    decided,
    /// Of those, with the colleague's word on its way at the same time.
    raced,
    /// Of those, with the process killed between the intent and its answer.
    crashed,
    /// Closes that were applied just before nothing got through any more.
    cut_off,
    /// Closes that were taken back because none of their attempts got through, to be decided anew.
    taken_back,
    /// Verdicts shown.
    verdicts,
    /// Of those, our own close.
    ours,
    /// Of those, with nothing to prove them.
    unproven,
    /// Countdowns compared with the service's timers.
    countdowns,
    /// Of those, also for not being much too early.
    tight,
    /// Countdowns that are only a type's default.
    defaults,
    /// Cancel requests shown.
    cancels,
    /// Kept tasks that timed out by heartbeat, as the screen had said they would.
    foretold,
    /// Cancel requests of tasks kept by hand that the console had to notice in history.
    watched,
    /// Tasks that timed out.
    timed_out,
    /// Processes killed.
    crashes,
    /// Machines restarted.
    reboots,
    /// Suspends and freezes.
    sleeps,
    /// Steps of the wall clock.
    clock_steps,
    /// Times in which nothing got through, or too little.
    outages,
    /// Requests refused for their rate.
    throttled,
    /// Requests refused for their credentials.
    expired,
    /// Requests or answers lost.
    lost,
    /// Answers given twice.
    duplicates,
    /// Writes that the disk refused.
    disk_full,
}

impl Totals {
    /// What never happened, which a long run has to be told: a simulation in which nothing goes wrong proves nothing.
    pub fn missing(&self) -> Vec<&'static str> {
        let mut missing: Vec<_> =
            self.all().into_iter().filter(|(_, count)| *count < 3).map(|(name, _)| name).collect();
        // `unproven` needs a service that hides its history for an hour.
        missing.retain(|name| !["unproven", "cpu_ms", "hours"].contains(name));
        if self.raced * 5 < self.decided {
            missing.push("a fifth of the closes in a race");
        }
        if self.crashed * 5 < self.decided {
            missing.push("a fifth of the closes in a crash");
        }
        missing
    }
}
