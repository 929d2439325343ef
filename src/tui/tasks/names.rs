//! What tasks are called, side by side: a hundred thousand names are looked through while somebody waits, and facts lie
//! wherever there was room for them. Pure.

use crate::console::TaskFacts;

/// What a task is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names<'a> {
    /// The activity id.
    pub id: &'a str,
    /// Name and version of the type.
    pub activity_type: (&'a str, &'a str),
    /// The workflow's id.
    pub workflow: &'a str,
}

impl<'a> Names<'a> {
    /// Of a task.
    pub fn of(facts: &'a TaskFacts) -> Self {
        Self {
            id: facts.activity_id.raw(),
            activity_type: (facts.activity_type.name.raw(), facts.activity_type.version.raw()),
            workflow: facts.execution.workflow_id.raw(),
        }
    }

    /// What a term of a filter without a field looks at.
    pub fn looked_at(self) -> [&'a str; 3] {
        [self.id, self.activity_type.0, self.workflow]
    }

    fn all(self) -> [&'a str; 4] {
        [self.id, self.activity_type.0, self.activity_type.1, self.workflow]
    }
}

/// From where names are, and how long each is.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    from: u32,
    lengths: [u32; 4],
}

impl Entry {
    fn length(self) -> usize {
        self.lengths.iter().map(|length| *length as usize).sum()
    }
}

/// The names of all rows, by the number of the row.
#[derive(Debug, Default)]
pub struct Book {
    text: String,
    entries: Vec<Entry>,
    /// How much of the text is of no row any more.
    unused: usize,
}

impl Book {
    /// Of a row; empty if it is not there.
    pub fn of(&self, slot: u32) -> Names<'_> {
        let entry = self.entries.get(slot as usize).copied().unwrap_or_default();
        let mut at = entry.from as usize;
        let [id, name, version, workflow] = entry.lengths.map(|length| {
            let from = at;
            at += length as usize;
            self.text.get(from..at).unwrap_or_default()
        });
        Names { id, activity_type: (name, version), workflow }
    }

    /// Writes down those of a row, instead of what there was.
    pub fn write(&mut self, slot: u32, names: Names<'_>) {
        self.strike(slot);
        if self.entries.len() <= slot as usize {
            self.entries.resize(slot as usize + 1, Entry::default());
        }
        let from = self.text.len() as u32;
        self.text.extend(names.all());
        if let Some(entry) = self.entries.get_mut(slot as usize) {
            *entry = Entry { from, lengths: names.all().map(|name| name.len() as u32) };
        }
    }

    /// Forgets those of a row.
    pub fn strike(&mut self, slot: u32) {
        let Some(entry) = self.entries.get_mut(slot as usize) else { return };
        self.unused += std::mem::take(entry).length();
        if self.unused > self.text.len() / 2 {
            self.tidy();
        }
    }

    /// Writes everything anew without what is of no use.
    fn tidy(&mut self) {
        let mut tidy = String::with_capacity(self.text.len() - self.unused);
        for entry in &mut self.entries {
            let from = entry.from as usize;
            entry.from = tidy.len() as u32;
            tidy.push_str(self.text.get(from..from + entry.length()).unwrap_or_default());
        }
        (self.text, self.unused) = (tidy, 0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_last_is_there(
            steps in prop::collection::vec((0u32..12, prop::option::of(prop::array::uniform4("[aé]{0,9}"))), 0..200),
        ) {
            let (mut book, mut naive) = (Book::default(), BTreeMap::new());
            for (slot, texts) in &steps {
                if let Some([id, name, version, workflow]) = texts {
                    let names = Names { id, activity_type: (name, version), workflow };
                    book.write(*slot, names);
                    naive.insert(*slot, names);
                } else {
                    book.strike(*slot);
                    naive.remove(slot);
                }
                for slot in 0..12 {
                    prop_assert_eq!(book.of(slot).all(), naive.get(&slot).map_or([""; 4], |names| names.all()));
                }
                let used: usize = naive.values().flat_map(|names| names.all()).map(str::len).sum();
                prop_assert!(book.text.len() <= used * 2);
            }
        }
    }
}
