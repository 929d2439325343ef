//! The task lists the screen knows of: what waits there, what is being claimed, what is held from it.

use std::collections::BTreeMap;

use super::views::Cursor;
use crate::clock::Boot;
use crate::console::{Query, Status, TaskFacts};
use crate::text::Foreign;

/// Domain and name of a task list.
pub type ListName = (Foreign, Foreign);

/// How many wait and whether there are more than counted, or why nobody knows, printable.
pub type Count = Result<(u32, bool), String>;

/// Between two counts of a list while the view is open, milliseconds: the account has 6 counts a second.
const AGAIN_MS: i64 = 10_000;

/// What is known of one task list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskList {
    /// How many wait; `None` while nobody has said.
    pub waiting: Option<Count>,
    /// How many are still wanted from it.
    pub wanted: u32,
    /// Claimed from by itself while fewer tasks than this are held.
    pub below: Option<u32>,
    /// How many open tasks come from it.
    pub held: usize,
}

/// All of them, by name.
#[derive(Debug, Default)]
pub struct Waiting {
    lists: BTreeMap<ListName, TaskList>,
    /// What the service said last to this view, and when.
    counted: BTreeMap<ListName, (Count, Boot)>,
    asking: bool,
    /// Where one is in it.
    pub cursor: Cursor,
}

impl Waiting {
    /// Puts together what is known. `offered` is the list the claim form starts with.
    pub fn gather<'a>(
        &mut self,
        status: Option<&Status>,
        offered: Option<&Foreign>,
        tasks: impl Iterator<Item = &'a TaskFacts>,
    ) {
        let selected = self.selected().map(|(name, _)| name.clone());
        let mut lists: BTreeMap<ListName, TaskList> = BTreeMap::new();
        if let Some(status) = status {
            if let Some(offered) = offered {
                lists.entry((status.domain.clone(), offered.clone())).or_default();
            }
            for count in &*status.pending {
                let list = lists.entry((count.domain.clone(), count.task_list.clone())).or_default();
                list.waiting = Some(Ok((count.count, count.truncated)));
            }
            for claiming in &*status.claiming {
                let list = lists.entry((claiming.domain.clone(), claiming.task_list.clone())).or_default();
                list.wanted = claiming.wanted;
                list.below = claiming.auto.map(|auto| auto.below);
            }
        }
        for facts in tasks.filter(|facts| !facts.has_ended()) {
            let name = (facts.domain.clone(), facts.task_list.clone());
            lists.entry(name).or_default().held += 1;
        }
        for (name, (count, _)) in &self.counted {
            if let Some(list) = lists.get_mut(name) {
                list.waiting = Some(count.clone());
            }
        }
        self.lists = lists;
        if let Some(at) = selected.and_then(|name| self.lists.keys().position(|known| *known == name)) {
            self.cursor.at = at;
        }
    }

    /// Which list to count now, one at a time.
    pub fn wants(&mut self, now: Boot) -> Option<(ListName, Query)> {
        let is_due = |name: &&ListName| self.counted.get(*name).is_none_or(|(_, at)| now - *at >= AGAIN_MS);
        let name = self.lists.keys().find(is_due).filter(|_| !self.asking)?.clone();
        self.asking = true;
        let (domain, task_list) = name.clone();
        Some((name, Query::Waiting { domain, task_list }))
    }

    /// Takes what the service says of a list.
    pub fn counted(&mut self, name: ListName, count: Count, now: Boot) {
        self.asking = false;
        self.counted.insert(name, (count, now));
    }

    /// The list under the cursor.
    pub fn selected(&self) -> Option<(&ListName, &TaskList)> {
        self.lists.iter().nth(self.cursor.at)
    }

    /// Those from the first one in view on, and whether the cursor is there.
    pub fn in_view(&self) -> impl Iterator<Item = (&ListName, &TaskList, bool)> {
        let from = self.lists.iter().enumerate().skip(self.cursor.offset);
        from.map(|(index, (name, list))| (name, list, index == self.cursor.at))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lists.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixtures::{status, task};

    #[test]
    fn what_is_known_of_a_list_is_put_together() {
        let mut waiting = Waiting::default();
        let tasks = [task(1, "a").0, task(2, "b").0, task(3, "c").with(|facts| facts.task_list = "night".into()).0];
        waiting.gather(Some(&status()), Some(&"spare".into()), tasks.iter());
        let seen: Vec<_> = waiting.in_view().map(|(name, list, _)| (name.1.raw().to_owned(), list.clone())).collect();
        let list = |waiting, wanted, held| TaskList { waiting, wanted, below: None, held };
        assert_eq!(
            seen,
            [
                ("manual-ops".to_owned(), list(Some(Ok((7, false))), 2, 2)),
                ("night".to_owned(), list(None, 0, 1)),
                ("spare".to_owned(), list(None, 0, 0)),
            ]
        );
        waiting.cursor.move_by(1, waiting.len());
        waiting.gather(
            Some(&status()),
            None,
            tasks.iter().chain([&task(4, "d").with(|facts| facts.task_list = "a".into()).0]),
        );
        assert_eq!(waiting.selected().unwrap().0.1.raw(), "night", "the cursor stays on its list");
    }

    #[test]
    fn each_list_is_counted_in_turn_and_again_after_a_while() {
        let mut waiting = Waiting::default();
        waiting.gather(Some(&status()), Some(&"spare".into()), std::iter::empty());
        let mut asked = Vec::new();
        for now in [0, 1, 2, 3, 9_000, AGAIN_MS, AGAIN_MS + 1] {
            if let Some((name, _)) = waiting.wants(Boot(now)) {
                assert!(waiting.wants(Boot(now)).is_none(), "one at a time");
                asked.push((now, name.1.raw().to_owned()));
                waiting.counted(name, Err("denied".into()), Boot(now));
            }
        }
        let list = |now, name: &str| (now, name.to_owned());
        let again = [list(AGAIN_MS, "manual-ops"), list(AGAIN_MS + 1, "spare")];
        assert_eq!(asked, [vec![list(0, "manual-ops"), list(1, "spare")], again.to_vec()].concat());
        waiting.gather(Some(&status()), Some(&"spare".into()), std::iter::empty());
        assert_eq!(waiting.selected().unwrap().1.waiting, Some(Err("denied".into())));
    }
}
