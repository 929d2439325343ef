//! The scenarios of the engine rules' table, whole or reduced.

/// From and to, milliseconds from the start.
pub type Window = (i64, i64);

/// What happens to ten thousand kept tasks.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub name: &'static str,
    pub tasks: u64,
    pub length_ms: i64,
    /// The service's bucket and its refill a second.
    pub bucket: (f64, f64),
    /// The console's ceiling a second.
    pub ceiling: f64,
    pub outages: Vec<Window>,
    /// Meanwhile the refill is less, and the bucket holds two seconds of it.
    pub squeezes: Vec<(Window, f64)>,
    pub suspends: Vec<Window>,
    /// Of a thousand attempts, so many are lost on their way.
    pub lost_of_1000: i64,
    /// Everything is due in the first instant, instead of over the first interval.
    pub herd: bool,
}

/// How much of the scenarios is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 10,000 tasks, one or two hours.
    Full,
    /// A tenth of the tasks and rates, a quarter of the time.
    Reduced,
}

impl Size {
    fn scale(self) -> f64 {
        match self {
            Self::Full => 1.0,
            Self::Reduced => 0.1,
        }
    }

    fn minutes(self, minutes: i64) -> i64 {
        match self {
            Self::Full => minutes * 60_000,
            Self::Reduced => minutes * 15_000,
        }
    }

    /// Five times, twenty minutes apart.
    fn repeated(self, length_ms: i64) -> Vec<Window> {
        (1..=5).map(|n| self.minutes(20 * n)).map(|from| (from, from + length_ms)).collect()
    }

    pub fn s1_steady(self) -> Scenario {
        Scenario {
            name: "S1 steady",
            tasks: (10_000.0 * self.scale()) as u64,
            length_ms: self.minutes(120),
            bucket: (2_000.0 * self.scale(), 160.0 * self.scale()),
            ceiling: 128.0 * self.scale(),
            outages: Vec::new(),
            squeezes: Vec::new(),
            suspends: Vec::new(),
            lost_of_1000: 0,
            herd: false,
        }
    }

    pub fn s2_outages(self) -> Scenario {
        Scenario { name: "S2 40 s outage every 20 min", outages: self.repeated(40_000), ..self.s1_steady() }
    }

    /// At half of the service's rate, which is the default.
    pub fn s2_at_the_default_rate(self) -> Scenario {
        Scenario { name: "S2 at the default rate", ceiling: 80.0 * self.scale(), ..self.s2_outages() }
    }

    pub fn s3_squeeze(self) -> Scenario {
        let window = (self.minutes(30), self.minutes(60));
        Scenario {
            name: "S3 quota squeezed to 45/s for 30 min",
            squeezes: vec![(window, 45.0 * self.scale())],
            ..self.s1_steady()
        }
    }

    pub fn s4_suspends(self) -> Scenario {
        Scenario { name: "S4 five suspends of 25 s", suspends: self.repeated(25_000), ..self.s1_steady() }
    }

    /// `ceiling`: the console's, a second.
    pub fn s5_herd(self, ceiling: f64, later_ms: i64) -> Scenario {
        let from = self.minutes(20) + later_ms;
        Scenario {
            name: "S5 60/s, all due at once, 35 s outage",
            length_ms: self.minutes(60),
            bucket: (2_000.0 * self.scale(), 60.0 * self.scale()),
            ceiling: ceiling * self.scale(),
            outages: vec![(from, from + 35_000)],
            herd: true,
            ..self.s1_steady()
        }
    }

    /// Hardly slack, and a network that loses some of what is sent.
    pub fn a_lossy_road(self) -> Scenario {
        Scenario {
            name: "60/s and one of twenty lost",
            length_ms: self.minutes(60),
            ceiling: 60.0 * self.scale(),
            lost_of_1000: 50,
            ..self.s1_steady()
        }
    }
}
