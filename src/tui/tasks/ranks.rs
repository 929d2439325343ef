//! A sorted list with row numbers: put in, take out and find the row of something in little time, also among a hundred
//! thousand. Pure.

/// Items a chunk is split at; moving that many is cheaper than a tree's pointers.
const FULL: usize = 512;

/// Sorted items in chunks; no chunk is empty.
#[derive(Debug)]
pub struct Ranks<T> {
    chunks: Vec<Vec<T>>,
    len: usize,
}

impl<T> Default for Ranks<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T: Ord> Ranks<T> {
    /// Of items in any order, each once.
    pub fn of(mut items: Vec<T>) -> Self {
        items.sort_unstable();
        let len = items.len();
        let mut chunks = Vec::with_capacity(len / (FULL / 2) + 1);
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            chunks.push(items.by_ref().take(FULL / 2).collect());
        }
        Self { chunks, len }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The chunk an item is in, or would be.
    fn chunk_of(&self, item: &T) -> usize {
        let after = self.chunks.partition_point(|chunk| chunk.first().is_some_and(|first| first <= item));
        after.saturating_sub(1)
    }

    /// Puts one in, unless it is there.
    pub fn insert(&mut self, item: T) {
        let index = self.chunk_of(&item);
        let Some(chunk) = self.chunks.get_mut(index) else {
            self.chunks.push(vec![item]);
            self.len = 1;
            return;
        };
        if let Err(at) = chunk.binary_search(&item) {
            chunk.insert(at, item);
            self.len += 1;
            if chunk.len() > FULL {
                let right = chunk.split_off(FULL / 2);
                self.chunks.insert(index + 1, right);
            }
        }
    }

    /// Takes one out, if it is there.
    pub fn remove(&mut self, item: &T) {
        let index = self.chunk_of(item);
        let Some(chunk) = self.chunks.get_mut(index) else { return };
        if let Ok(at) = chunk.binary_search(item) {
            chunk.remove(at);
            self.len -= 1;
            if chunk.is_empty() {
                self.chunks.remove(index);
            }
        }
    }

    /// The row of an item, from 0.
    pub fn row_of(&self, item: &T) -> Option<usize> {
        let index = self.chunk_of(item);
        let at = self.chunks.get(index)?.binary_search(item).ok()?;
        Some(self.chunks[..index].iter().map(Vec::len).sum::<usize>() + at)
    }

    /// The item of a row.
    pub fn get(&self, row: usize) -> Option<&T> {
        self.from(row).next()
    }

    /// The items from a row on.
    pub fn from(&self, row: usize) -> impl Iterator<Item = &T> {
        let mut before = 0;
        let index = self.chunks.iter().position(|chunk| {
            before += chunk.len();
            before > row
        });
        let index = index.unwrap_or(self.chunks.len());
        let skip = self.chunks.get(index).map_or(0, |chunk| row - (before - chunk.len()));
        self.chunks[index..].iter().flatten().skip(skip)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_sorted_set_with_row_numbers(
            first in prop::collection::btree_set(0u16..3_000, 0..1_500),
            steps in prop::collection::vec((any::<bool>(), 0u16..3_000), 0..1_500),
        ) {
            let mut ranks = Ranks::of(first.iter().rev().copied().collect());
            let mut set: BTreeSet<u16> = first;
            for (put_in, item) in steps {
                if put_in {
                    ranks.insert(item);
                    set.insert(item);
                } else {
                    ranks.remove(&item);
                    set.remove(&item);
                }
                prop_assert_eq!(ranks.len(), set.len());
            }
            prop_assert!(ranks.from(0).eq(set.iter()));
            for (row, item) in set.iter().enumerate().step_by(97) {
                prop_assert_eq!((ranks.row_of(item), ranks.get(row)), (Some(row), Some(item)));
                prop_assert!(ranks.from(row).eq(set.range(item..)));
            }
            prop_assert_eq!((ranks.get(set.len()), ranks.row_of(&9_999)), (None, None));
        }
    }
}
