//! A context in a few figures, for whoever looks at another one.

use super::Standing;
use crate::console::{Connection, Urgency};
use crate::tui::state::State;

/// All contexts, and which of them is shown. Empty if there is only one without a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// The one that is shown.
    pub shown: usize,
    /// All of them.
    pub all: Vec<Summary>,
}

/// One context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What it is called; printable.
    pub name: String,
    /// Where it is; printable.
    pub place: String,
    /// How far it is.
    pub standing: Standing,
    /// Acts are refused in it.
    pub read_only: bool,
    /// Its tasks.
    pub counts: Counts,
    /// Why its service cannot be worked with, if it cannot.
    pub trouble: Option<&'static str>,
}

/// How many tasks of what kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// That have not ended.
    pub held: usize,
    /// With a cancel request that nobody has answered.
    pub cancel: usize,
    /// Not on the disk.
    pub not_saved: usize,
    /// Due, or worse.
    pub due: usize,
    /// Of which nobody knows whether they live.
    pub unsure: usize,
    /// Whose keep-alive ends soon.
    pub lapsing: usize,
}

impl Counts {
    /// Those of a state.
    pub fn of(state: &State) -> Self {
        let tasks = &state.tasks;
        Self {
            held: tasks.open(),
            cancel: tasks.cancels(),
            not_saved: tasks.count(Urgency::NotSaved),
            due: tasks.count(Urgency::Due) + tasks.count(Urgency::Critical),
            unsure: tasks.count(Urgency::Unsure),
            lapsing: tasks.count(Urgency::Lapsing),
        }
    }

    /// What wants a person, the gravest first.
    pub fn alarms(&self) -> Vec<(usize, &'static str)> {
        let all = [
            (self.cancel, "cancel"),
            (self.not_saved, "NOT SAVED"),
            (self.due, "due"),
            (self.unsure, "unsure"),
            (self.lapsing, "lapsing"),
        ];
        all.into_iter().filter(|(count, _)| *count > 0).collect()
    }

    fn add(&mut self, other: &Self) {
        self.held += other.held;
        self.cancel += other.cancel;
        self.not_saved += other.not_saved;
        self.due += other.due;
        self.unsure += other.unsure;
        self.lapsing += other.lapsing;
    }
}

/// Why a service cannot be worked with, in two or three words.
pub fn trouble(state: &State) -> Option<&'static str> {
    match state.status.as_ref()?.connection {
        Connection::OutOfReach { .. } => Some("out of reach"),
        Connection::NoAccess { .. } => Some("no access"),
        _ => None,
    }
}

impl Around {
    /// Whether one can go anywhere.
    pub fn several(&self) -> bool {
        self.all.len() > 1
    }

    /// The one that is shown, if it has a name.
    pub fn shown(&self) -> Option<&Summary> {
        self.all.get(self.shown)
    }

    /// What wants a person in the contexts that are not shown, the gravest first, and where: a name, or how many places.
    pub fn elsewhere(&self) -> Option<(Vec<String>, String)> {
        let others = || self.all.iter().enumerate().filter(|(index, _)| *index != self.shown).map(|(_, one)| one);
        let mut sum = Counts::default();
        others().for_each(|one| sum.add(&one.counts));
        let mut words: Vec<_> = sum.alarms().into_iter().map(|(count, word)| format!("{count} {word}")).collect();
        for trouble in ["not open", "no access", "out of reach"] {
            if others().any(|one| one.trouble() == Some(trouble)) {
                words.push(trouble.to_owned());
            }
        }
        let wanting: Vec<_> = others().filter(|one| one.wants_somebody()).collect();
        match wanting.as_slice() {
            [] => None,
            [one] => Some((words, one.name.clone())),
            several => Some((words, format!("{} contexts", several.len()))),
        }
    }
}

impl Summary {
    /// Whether anything in it wants a person.
    pub fn wants_somebody(&self) -> bool {
        self.trouble().is_some() || !self.counts.alarms().is_empty()
    }

    /// Why nothing can be done in it, if so: one that was to be opened and is not, too.
    pub fn trouble(&self) -> Option<&'static str> {
        if matches!(self.standing, Standing::Failed(_)) { Some("not open") } else { self.trouble }
    }

    /// How far it is and what wants a person in it, in words, the gravest first.
    pub fn words(&self) -> String {
        let open = match &self.standing {
            Standing::NotOpened => return "not opened".into(),
            Standing::Opening => return "opening…".into(),
            Standing::Failed(why) => {
                let why = why.lines().next().unwrap_or_default();
                return format!("not open: {why}");
            }
            Standing::Open if self.read_only => Some("read only".to_owned()),
            Standing::Open => None,
            Standing::LooksOn(by) => Some(format!("read only, kept by {by}")),
        };
        let alarms = self.counts.alarms().into_iter().map(|(count, word)| format!("{count} {word}"));
        let held = format!("{} held", self.counts.held);
        let trouble = self.trouble.map(str::to_owned);
        trouble.into_iter().chain(alarms).chain([held]).chain(open).collect::<Vec<_>>().join(", ")
    }
}
