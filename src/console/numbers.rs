//! Maps by numbers that we hand out ourselves. Nobody outside chooses them, so a simple hash does; the standard one would
//! cost more than the rest of many a look-up here.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by small keys made of our own numbers.
pub(super) type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;

/// Multiplies and folds, number by number (the hash of the Rust compiler, "FxHash").
#[derive(Debug, Default)]
pub(super) struct NumberHasher(u64);

/// Odd, and with its bits well mixed.
const FACTOR: u64 = 0x517c_c1b7_2722_0a95;

impl Hasher for NumberHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(FACTOR);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        // A product's low bits depend on the factors' low bits only.
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::{BuildHasher, BuildHasherDefault};

    use super::*;

    #[test]
    fn numbers_in_a_row_are_spread() {
        let hash = |number: u64| BuildHasherDefault::<NumberHasher>::default().hash_one((3_isize, number));
        let low: HashSet<_> = (0..1_024).map(|number| hash(number) % 1_024).collect();
        assert!(low.len() > 512, "{}", low.len());
    }
}
