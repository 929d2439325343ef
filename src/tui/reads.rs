//! What the open views want to read, and who waits for which answer. Asked after every change and every tick; nothing is
//! read for a view that is not open.

use std::collections::HashMap;

use super::events::Part;
use super::state::State;
use super::views::View;
use super::waiting::ListName;
use crate::clock::Boot;
use crate::console::{Found, Query, QueryId};
use crate::task::ClaimId;
use crate::wire::Answer;

/// What a question of the screen came to: an answer, or why there is none, printable.
pub type Read = Result<Found, String>;

/// Who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asker {
    Events(ClaimId, Part),
    Waiting(ListName),
    Closed,
}

/// The questions on their way.
#[derive(Debug, Default)]
pub struct Reads {
    last: u64,
    asked: HashMap<QueryId, Asker>,
}

impl Reads {
    fn ask(&mut self, asker: Asker) -> QueryId {
        self.last += 1;
        let id = QueryId(self.last);
        self.asked.insert(id, asker);
        id
    }
}

/// What the view on top wants to read now.
pub fn wanted(state: &mut State, now: Boot) -> Option<(QueryId, Query)> {
    let rows = state.layout().list_rows();
    let (asker, query) = match state.views.now() {
        View::Events => {
            let events = state.events.as_mut()?;
            let (part, query) = events.wants(now, rows)?;
            (Asker::Events(events.claim, part), query)
        }
        View::Waiting => {
            let (name, query) = state.waiting.wants(now)?;
            (Asker::Waiting(name), query)
        }
        View::Closed => (Asker::Closed, state.closed.wants(rows)?),
        View::Tasks | View::Detail | View::Log | View::Service => return None,
    };
    Some((state.reads.ask(asker), query))
}

/// Takes what was read, for whoever asked and is still there.
pub fn take(state: &mut State, id: QueryId, read: Read, now: Boot) {
    match (state.reads.asked.remove(&id), read) {
        (Some(Asker::Events(claim, part)), read) => {
            let page = read.and_then(|answer| match answer {
                Found::Answer(Answer::History(page)) => Ok(page),
                _ => Err("the service answered something else".to_owned()),
            });
            if let Some(events) = state.events.as_mut().filter(|events| events.claim == claim) {
                events.take(part, page, now);
            }
        }
        (Some(Asker::Closed), read) => state.closed.read(read.and_then(|found| match found {
            Found::Ended { tasks, next } => Ok((tasks, next)),
            Found::Answer(_) => Err("the journal answered something else".to_owned()),
        })),
        (Some(Asker::Waiting(name)), Ok(Found::Answer(Answer::Pending { count, truncated }))) => {
            state.waiting.counted(name, Ok((count, truncated)), now);
        }
        (Some(Asker::Waiting(name)), Err(why)) => state.waiting.counted(name, Err(why), now),
        (Some(Asker::Waiting(_)), Ok(_)) | (None, _) => {}
    }
}
