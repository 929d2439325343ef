//! What is known of each task of the list. A row keeps its number while its task is there: the sorted lists name rows by
//! it, so that going through all of them looks nothing up. Facts lie wherever there was room for them; what is needed of a
//! hundred thousand of them while somebody waits is kept here, side by side.

use std::collections::HashMap;
use std::sync::Arc;

use super::filter::letters;
use super::names::{Book, Names};
use super::sort::{Keys, Place};
use crate::clock::Boot;
use crate::console::{TaskFacts, Urgency};
use crate::task::ClaimId;

/// A task of the list.
#[derive(Debug)]
pub struct Row {
    pub id: ClaimId,
    pub facts: Arc<TaskFacts>,
    pub urgency: Urgency,
    /// When its urgency changes by itself.
    pub change: Option<Boot>,
    /// Where it is in the list of all, as one number; `None` if it is new in a list that stands still.
    pub head: Option<u128>,
    /// The filter lets it through, or did when it was put where it is.
    pub passes: bool,
    /// By what it is sorted.
    pub keys: Keys,
    /// The characters of its names, see [`letters`].
    pub letters: u64,
}

impl Row {
    /// Where it is in the list of all.
    pub fn place(&self, slot: u32) -> Option<Place> {
        Some(Place { head: self.head?, id: self.id, slot })
    }
}

/// All rows, by number and by task.
#[derive(Debug, Default)]
pub struct Rows {
    slots: Vec<Option<Row>>,
    free: Vec<u32>,
    of: HashMap<ClaimId, u32>,
    names: Book,
}

impl Rows {
    /// The number of a task's row.
    pub fn slot(&self, id: ClaimId) -> Option<u32> {
        self.of.get(&id).copied()
    }

    /// A row by its number.
    pub fn at(&self, slot: u32) -> Option<&Row> {
        self.slots.get(slot as usize)?.as_ref()
    }

    /// A row by its number, to be changed.
    pub fn at_mut(&mut self, slot: u32) -> Option<&mut Row> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    /// A task's row.
    pub fn get(&self, id: ClaimId) -> Option<&Row> {
        self.at(self.slot(id)?)
    }

    /// What the task of a row is called.
    pub fn names(&self, slot: u32) -> Names<'_> {
        self.names.of(slot)
    }

    /// Takes a task in, which has no row yet; gives the number of its row.
    pub fn insert(&mut self, facts: Arc<TaskFacts>, urgency: Urgency, change: Option<Boot>) -> u32 {
        let id = facts.id;
        let (names, keys) = (Names::of(&facts), Keys::of(&facts));
        let letters = letters(names);
        let slot = self.free.pop().unwrap_or(self.slots.len() as u32);
        self.names.write(slot, names);
        let row = Some(Row { id, facts, urgency, change, head: None, passes: false, keys, letters });
        if let Some(free) = self.slots.get_mut(slot as usize) {
            *free = row;
        } else {
            self.slots.push(row);
        }
        self.of.insert(id, slot);
        slot
    }

    /// Takes new facts of the task of a row.
    pub fn renew(&mut self, slot: u32, facts: Arc<TaskFacts>, urgency: Urgency, change: Option<Boot>) {
        let Some(row) = self.slots.get_mut(slot as usize).and_then(Option::as_mut) else { return };
        let names = Names::of(&facts);
        if self.names.of(slot) != names {
            self.names.write(slot, names);
            row.letters = letters(names);
        }
        row.keys = Keys::of(&facts);
        (row.facts, row.urgency, row.change) = (facts, urgency, change);
    }

    /// Takes a task's row out.
    pub fn remove(&mut self, id: ClaimId) {
        let Some(slot) = self.of.remove(&id) else { return };
        self.names.strike(slot);
        if let Some(row) = self.slots.get_mut(slot as usize) {
            *row = None;
            self.free.push(slot);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// All numbers of rows are below.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// All of them with their numbers, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Row)> {
        (0..).zip(&self.slots).filter_map(|(slot, row)| Some((slot, row.as_ref()?)))
    }

    /// All of them with their numbers and names, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (u32, Names<'_>, &mut Row)> {
        let rows = (0..).zip(&mut self.slots).filter_map(|(slot, row)| Some((slot, row.as_mut()?)));
        rows.map(|(slot, row)| (slot, self.names.of(slot), row))
    }
}
