//! Task lists: tasks waiting for a poll, and polls held until there is a task.
//!
//! Higher priority first, then first in, first out, for tasks; strictly in order of arrival for polls. Matching waits
//! until a request is applied as a whole, so that a decision can still take back what another one scheduled.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::activity::Priority;
use super::deadlines::Key;
use super::execution::Run;
use super::service::RequestId;
use super::state::pairs;

/// The two sorts of task lists, which are apart also when their names are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Sort {
    Activity,
    Decision,
}

/// A task list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListId(usize);

/// A task's place in its list: by priority, then by order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place(Reverse<Priority>, u64);

/// A task that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Waiting {
    Activity { run: Run, scheduled: i64 },
    Decision(Run),
}

/// A held poll.
#[derive(Debug)]
pub struct Poll {
    pub request: RequestId,
    pub identity: Option<String>,
    /// When it goes back empty.
    pub armed: Option<Key>,
    pub wants: Wants,
}

/// What a poll asks for.
#[derive(Debug, Clone, Copy)]
pub enum Wants {
    /// An activity task.
    Activity,
    /// A decision task, with these events.
    Decision(EventsWanted),
}

/// Which events a decision poll gets, and how many of them in a page.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventsWanted {
    pub page_size: usize,
    pub reverse: bool,
    /// From the event that started the previous decision task.
    pub since_previous: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct TaskList {
    #[serde(with = "pairs")]
    tasks: BTreeMap<Place, Waiting>,
    #[serde(skip)]
    polls: BTreeMap<u64, Poll>,
}

/// All task lists.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Lists {
    all: Vec<TaskList>,
    #[serde(with = "pairs")]
    names: HashMap<(Sort, Arc<str>), HashMap<String, ListId>>,
    /// Lists to which something came since the last match.
    touched: Vec<ListId>,
    #[serde(skip)]
    held: HashMap<RequestId, (ListId, u64)>,
    arrivals: u64,
}

impl Lists {
    /// The list of this name in a domain; one that nobody named before is empty.
    pub fn list(&mut self, sort: Sort, domain: &Arc<str>, name: &str) -> ListId {
        let names = self.names.entry((sort, domain.clone())).or_default();
        if let Some(list) = names.get(name) {
            return *list;
        }
        let list = ListId(self.all.len());
        self.all.push(TaskList::default());
        names.insert(name.to_owned(), list);
        list
    }

    fn arrival(&mut self) -> u64 {
        self.arrivals += 1;
        self.arrivals
    }

    /// Adds a task.
    pub fn put(&mut self, list: ListId, priority: Priority, task: Waiting) -> Place {
        let place = Place(Reverse(priority), self.arrival());
        self.all[list.0].tasks.insert(place, task);
        self.touched.push(list);
        place
    }

    /// Takes a task back.
    pub fn remove(&mut self, list: ListId, place: Place) {
        self.all[list.0].tasks.remove(&place);
    }

    /// How many tasks wait in the list of this name.
    pub fn count(&self, sort: Sort, domain: &Arc<str>, name: &str) -> usize {
        let list = self.names.get(&(sort, domain.clone())).and_then(|names| names.get(name));
        list.map_or(0, |list| self.all[list.0].tasks.len())
    }

    /// Holds a poll.
    pub fn hold(&mut self, list: ListId, poll: Poll) {
        let arrival = self.arrival();
        self.held.insert(poll.request, (list, arrival));
        self.all[list.0].polls.insert(arrival, poll);
        self.touched.push(list);
    }

    /// Takes a held poll out.
    pub fn release(&mut self, request: RequestId) -> Option<Poll> {
        let (list, arrival) = self.held.remove(&request)?;
        self.all[list.0].polls.remove(&arrival)
    }

    /// How many polls are held.
    pub fn held_count(&self) -> usize {
        self.held.len()
    }

    /// Whose polls are held, in order of arrival.
    pub fn held(&self) -> Vec<RequestId> {
        let mut held: Vec<_> = self.held.iter().map(|(request, (_, arrival))| (*arrival, *request)).collect();
        held.sort_unstable();
        held.into_iter().map(|(_, request)| request).collect()
    }

    /// The next poll and task that belong together, both taken out.
    pub fn next_match(&mut self) -> Option<(Poll, Waiting)> {
        while let Some(&touched) = self.touched.last() {
            let list = &mut self.all[touched.0];
            if !list.tasks.is_empty()
                && let Some((_, poll)) = list.polls.pop_first()
                && let Some((_, task)) = list.tasks.pop_first()
            {
                self.held.remove(&poll.request);
                return Some((poll, task));
            }
            self.touched.pop();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(request: u64) -> Poll {
        Poll { request: RequestId(request), identity: None, armed: None, wants: Wants::Activity }
    }

    fn matched(lists: &mut Lists) -> Vec<(u64, Waiting)> {
        std::iter::from_fn(|| lists.next_match()).map(|(poll, task)| (poll.request.0, task)).collect()
    }

    #[test]
    fn first_in_first_out_but_higher_priority_first() {
        let mut lists = Lists::default();
        let domain = Arc::from("domain");
        let list = lists.list(Sort::Decision, &domain, "list");
        assert_ne!(list, lists.list(Sort::Activity, &domain, "list"));
        assert_eq!(list, lists.list(Sort::Decision, &domain, "list"));
        let task = |n| Waiting::Decision(Run(n));
        lists.put(list, Priority::DEFAULT, task(1));
        let gone = lists.put(list, Priority::DEFAULT, task(2));
        lists.put(list, Priority::DEFAULT, task(3));
        lists.put(list, Priority(7), task(4));
        lists.remove(list, gone);
        assert_eq!(lists.count(Sort::Decision, &domain, "list"), 3);
        assert_eq!(lists.count(Sort::Activity, &domain, "nowhere"), 0);
        for request in 1..=5 {
            lists.hold(list, poll(request));
        }
        assert!(lists.release(RequestId(2)).is_some());
        assert_eq!(matched(&mut lists), [(1, task(4)), (3, task(1)), (4, task(3))]);
        assert_eq!(lists.held(), [RequestId(5)]);
        lists.put(list, Priority::DEFAULT, task(6));
        assert_eq!(matched(&mut lists), [(5, task(6))]);
        assert!(lists.release(RequestId(5)).is_none());
    }
}
