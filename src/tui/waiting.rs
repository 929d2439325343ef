//! The task lists the screen knows of: what waits there, what is being claimed, what is held from it.

use std::collections::BTreeMap;

use super::views::Cursor;
use crate::console::{Status, TaskFacts};
use crate::text::Foreign;

/// Domain and name of a task list.
pub type ListName = (Foreign, Foreign);

/// What is known of one task list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskList {
    /// How many wait, and whether there are more than counted; `None` while nobody has said.
    pub waiting: Option<(u32, bool)>,
    /// How many are still wanted from it.
    pub wanted: u32,
    /// How many open tasks come from it.
    pub held: usize,
}

/// All of them, by name.
#[derive(Debug, Default)]
pub struct Waiting {
    lists: BTreeMap<ListName, TaskList>,
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
            for count in &status.pending {
                let list = lists.entry((count.domain.clone(), count.task_list.clone())).or_default();
                list.waiting = Some((count.count, count.truncated));
            }
            for claiming in &status.claiming {
                lists.entry((claiming.domain.clone(), claiming.task_list.clone())).or_default().wanted =
                    claiming.wanted;
            }
        }
        for facts in tasks.filter(|facts| !facts.has_ended()) {
            let name = (facts.domain.clone(), facts.task_list.clone());
            lists.entry(name).or_default().held += 1;
        }
        self.lists = lists;
        if let Some(at) = selected.and_then(|name| self.lists.keys().position(|known| *known == name)) {
            self.cursor.at = at;
        }
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
        let list = |waiting, wanted, held| TaskList { waiting, wanted, held };
        assert_eq!(
            seen,
            [
                ("manual-ops".to_owned(), list(Some((7, false)), 2, 2)),
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
}
