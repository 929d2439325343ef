//! The list against one that looks at every task and sorts all of them anew after each step.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::console::Deadline;
use crate::task::TimeoutKind;
use crate::tui::fixtures::{T0, task};

/// What is looked at after each step, the simple way.
#[derive(Debug, Default)]
struct Naive {
    tasks: BTreeMap<ClaimId, Arc<TaskFacts>>,
    marks: BTreeSet<ClaimId>,
    sort: Sort,
    filter: Filter,
    /// Shown because the cursor is there, or was when that last mattered.
    lingers: BTreeSet<ClaimId>,
    /// The rows of a list that stands still.
    still: Option<Vec<ClaimId>>,
}

impl Naive {
    fn sorted(&self) -> Vec<ClaimId> {
        let names = |facts: &TaskFacts| match self.sort.by {
            SortBy::Activity => (facts.activity_type.name.clone(), facts.activity_type.version.clone()),
            SortBy::Id => (facts.activity_id.clone(), "".into()),
            _ => ("".into(), "".into()),
        };
        let at = |deadline: Option<&Deadline>| deadline.and_then(|deadline| deadline.at).map_or(i64::MAX, |at| at.0);
        let first =
            |facts: &TaskFacts| at(if facts.lease.is_some() { facts.ends_by() } else { facts.first_deadline() });
        let time = |facts: &TaskFacts| match self.sort.by {
            SortBy::Urgency => (Some(facts.urgency(T0.boot)), first(facts)),
            SortBy::Heartbeat => (None, at(facts.deadline(TimeoutKind::Heartbeat))),
            SortBy::EndsBy => (None, at(facts.ends_by())),
            SortBy::Kept => (None, facts.lease.map_or(i64::MAX, |lease| lease.until.0)),
            SortBy::Age => (None, facts.claimed_at.0),
            SortBy::Activity | SortBy::Id => (None, 0),
        };
        let mut sorted: Vec<&Arc<TaskFacts>> = self.tasks.values().collect();
        sorted.sort_by(|one, other| {
            let order = (time(one), names(one)).cmp(&(time(other), names(other)));
            if self.sort.reversed { order.reverse() } else { order }
        });
        sorted.sort_by_key(|facts| facts.urgency(T0.boot) > Urgency::Cancel);
        sorted.into_iter().map(|facts| facts.id).collect()
    }

    fn lets_through(&self, id: ClaimId) -> bool {
        let facts = &self.tasks[&id];
        let marked = |id| self.marks.contains(&id);
        self.filter.matches(facts, names::Names::of(facts), facts.urgency(T0.boot), marked)
    }

    fn list(&self) -> Vec<ClaimId> {
        let shown = |id: &ClaimId| self.lets_through(*id) || self.lingers.contains(id);
        self.still.clone().unwrap_or_else(|| self.sorted().into_iter().filter(shown).collect())
    }

    fn thaw(&mut self, stale: bool) {
        if self.still.take().is_some() && stale {
            self.anew();
        }
    }

    /// Everything is looked at anew.
    fn anew(&mut self) {
        self.lingers.clear();
        if self.still.take().is_some() {
            self.still = Some(self.list());
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Update { id: u64, name: usize, seconds: i64, cancel: bool, kept: bool },
    Remove(u64),
    Filter(usize),
    Sort(SortBy, bool),
    Move(isize),
    Mark,
    MarkRange,
    Invert,
    Freeze,
    Thaw,
}

const FILTERS: [&str; 12] =
    ["", "r", "ra", "rack", "-7", "id:rack-1", "type:b 1", "marked", "-marked r", "state:due", "kept", "é"];
const NAMES: [&str; 9] = [
    "rack-1",
    "rack-17",
    "many-letters-alike-1",
    "many-letters-alike-2",
    "many-letters-alike-and-more-of-them-1",
    "many-letters-alike-and-more-of-them-2",
    "Ré",
    "",
    "RACK",
];

fn step() -> impl Strategy<Value = Step> {
    let update = (0u64..40, 0..NAMES.len(), 0i64..5, prop::bool::weighted(0.1), any::<bool>());
    let update = update.prop_map(|(id, name, seconds, cancel, kept)| Step::Update { id, name, seconds, cancel, kept });
    prop_oneof![
        12 => update,
        2 => (0u64..40).prop_map(Step::Remove),
        3 => (0..FILTERS.len()).prop_map(Step::Filter),
        3 => (prop::sample::select(SortBy::ALL.to_vec()), any::<bool>()).prop_map(|(by, up)| Step::Sort(by, up)),
        3 => (-9isize..9).prop_map(Step::Move),
        2 => Just(Step::Mark),
        1 => Just(Step::MarkRange),
        1 => Just(Step::Invert),
        1 => Just(Step::Freeze),
        1 => Just(Step::Thaw),
    ]
}

fn built(id: u64, name: usize, seconds: i64, cancel: bool, kept: bool) -> Arc<TaskFacts> {
    let task = task(id, NAMES[name]).of_type(NAMES[id as usize % 3 + 2], &format!("b{}", id % 2));
    let task = task.heartbeat(3_600, 500 + seconds * 200).with(|facts| facts.claimed_at.0 -= seconds);
    let task = if kept { task.kept() } else { task };
    if cancel { task.cancel().arc() } else { task.arc() }
}

fn take(step: &Step, tasks: &mut Tasks, naive: &mut Naive) {
    let left = tasks.selected;
    let stale = tasks.frozen.as_ref().is_some_and(|frozen| !frozen.stale.is_empty()) || naive.filter.looks_at_marks();
    match *step {
        Step::Update { id, name, seconds, cancel, kept } => {
            let id = ClaimId(id);
            // A claim keeps its names; a list that stands still counts on it.
            let name = naive
                .tasks
                .get(&id)
                .filter(|_| naive.still.is_some())
                .map_or(name, |facts| NAMES.iter().position(|name| *name == facts.activity_id.raw()).unwrap());
            let facts = built(id.0, name, seconds, cancel, kept);
            naive.tasks.insert(id, Arc::clone(&facts));
            if tasks.update(facts, T0.boot).is_some() {
                naive.thaw(stale);
            }
            if naive.still.is_none() {
                naive.lingers.remove(&id);
                naive.lingers.extend(tasks.selected.filter(|selected| *selected == id));
            }
        }
        Step::Remove(id) => {
            let id = ClaimId(id);
            tasks.remove(id);
            naive.tasks.remove(&id);
            naive.lingers.remove(&id);
            naive.marks.remove(&id);
            if let Some(still) = &mut naive.still {
                still.retain(|one| *one != id);
            }
        }
        Step::Filter(filter) => {
            naive.filter = Filter::parse(FILTERS[filter]);
            tasks.set_filter(Filter::parse(FILTERS[filter]));
            naive.anew();
        }
        Step::Sort(by, reversed) => {
            naive.sort = Sort { by, reversed };
            tasks.set_sort(naive.sort);
            naive.anew();
        }
        Step::Move(rows) => tasks.move_by(rows),
        Step::Mark => tasks.toggle_mark(),
        Step::MarkRange => tasks.mark_range(),
        Step::Invert => tasks.invert_marks(),
        Step::Freeze if tasks.frozen.is_some() => {}
        Step::Freeze => {
            tasks.freeze(T0.wall);
            naive.still = Some(naive.list());
        }
        Step::Thaw => {
            tasks.thaw();
            naive.thaw(stale);
        }
    }
    if matches!(step, Step::Mark | Step::MarkRange | Step::Invert) {
        naive.marks = tasks.marks.clone();
        if naive.filter.looks_at_marks() && naive.still.is_none() {
            naive.anew();
        }
    }
    let moved = matches!(step, Step::Move(_) | Step::Mark) && left != tasks.selected;
    if let Some(left) = left.filter(|_| moved && naive.still.is_none()) {
        naive.lingers.remove(&left);
    }
}

proptest! {
    #[test]
    fn after_every_step_the_list_is_what_filtering_and_sorting_anew_gives(
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let (mut tasks, mut naive) = (Tasks::default(), Naive::default());
        for step in &steps {
            take(step, &mut tasks, &mut naive);
            let list: Vec<ClaimId> = tasks.in_view(99).map(|row| row.facts.id).collect();
            prop_assert_eq!(&list, &naive.list(), "after {:?}", step);
            prop_assert_eq!(tasks.shown(), list.len());
            for (row, id) in list.iter().enumerate() {
                let slot = tasks.rows.slot(*id).unwrap();
                prop_assert_eq!(tasks.row_of(slot), Some(row));
            }
            let index = tasks.selected.and_then(|id| list.iter().position(|one| *one == id));
            prop_assert_eq!(tasks.selected_index(), index);
            let marked: Vec<ClaimId> = tasks.marked().iter().map(|facts| facts.id).collect();
            let expected: Vec<ClaimId> = list.iter().filter(|id| tasks.marks.contains(id)).copied().collect();
            prop_assert_eq!(marked, expected);
        }
    }
}
