//! A sorted list with row numbers: put in, take out and find the row of something in little time, also among a hundred
//! thousand. Pure: what is before what is told by who asks, the same every time.

use std::cmp::Ordering;

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

impl<T> Ranks<T> {
    /// Of items in order, each once.
    pub fn of(items: impl IntoIterator<Item = T>) -> Self {
        let mut ranks = Self::default();
        let mut items = items.into_iter();
        loop {
            let mut chunk = Vec::with_capacity(FULL / 2);
            chunk.extend(items.by_ref().take(FULL / 2));
            if chunk.is_empty() {
                return ranks;
            }
            ranks.len += chunk.len();
            ranks.chunks.push(chunk);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The chunk an item is in, or would be.
    fn chunk_of(&self, item: &T, order: impl Fn(&T, &T) -> Ordering) -> usize {
        let begins_before = |chunk: &Vec<T>| chunk.first().is_some_and(|first| order(first, item).is_le());
        self.chunks.partition_point(begins_before).saturating_sub(1)
    }

    /// Puts one in, unless it is there.
    pub fn insert(&mut self, item: T, order: impl Fn(&T, &T) -> Ordering) {
        let index = self.chunk_of(&item, &order);
        let Some(chunk) = self.chunks.get_mut(index) else {
            self.chunks.push(vec![item]);
            self.len = 1;
            return;
        };
        if let Err(at) = chunk.binary_search_by(|known| order(known, &item)) {
            chunk.insert(at, item);
            self.len += 1;
            if chunk.len() > FULL {
                let right = chunk.split_off(FULL / 2);
                self.chunks.insert(index + 1, right);
            }
        }
    }

    /// Takes one out, if it is there.
    pub fn remove(&mut self, item: &T, order: impl Fn(&T, &T) -> Ordering) {
        let index = self.chunk_of(item, &order);
        let Some(chunk) = self.chunks.get_mut(index) else { return };
        if let Ok(at) = chunk.binary_search_by(|known| order(known, item)) {
            chunk.remove(at);
            self.len -= 1;
            if chunk.is_empty() {
                self.chunks.remove(index);
            }
        }
    }

    /// The row of an item, from 0.
    pub fn row_of(&self, item: &T, order: impl Fn(&T, &T) -> Ordering) -> Option<usize> {
        let index = self.chunk_of(item, &order);
        let at = self.chunks.get(index)?.binary_search_by(|known| order(known, item)).ok()?;
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
            let mut ranks = Ranks::of(first.iter().copied());
            let mut set: BTreeSet<u16> = first;
            for (put_in, item) in steps {
                if put_in {
                    ranks.insert(item, Ord::cmp);
                    set.insert(item);
                } else {
                    ranks.remove(&item, Ord::cmp);
                    set.remove(&item);
                }
                prop_assert_eq!(ranks.len(), set.len());
            }
            prop_assert!(ranks.from(0).eq(set.iter()));
            for (row, item) in set.iter().enumerate().step_by(97) {
                prop_assert_eq!((ranks.row_of(item, Ord::cmp), ranks.get(row)), (Some(row), Some(item)));
                prop_assert!(ranks.from(row).eq(set.range(item..)));
            }
            prop_assert_eq!((ranks.get(set.len()), ranks.row_of(&9_999, Ord::cmp)), (None, None));
        }
    }
}
