//! Run ids, request ids and tokens, all from one seed, shaped like SWF's.
//!
//! A token says which task it stands for, so nothing is kept per token: the ids are masked with a keyed hash, and a
//! token is genuine only if minting the same ids again gives the same text. Without the seed none can be guessed from
//! others. This keeps tests honest; it is not cryptography.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use serde::{Deserialize, Serialize};

use super::execution::Run;

/// What a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ticket {
    /// A started activity task.
    Activity { run: Run, scheduled: i64 },
    /// A started decision task.
    Decision { run: Run, scheduled: i64 },
    /// The next page of a query; `query` is the query's fingerprint, `minted` an instant.
    Page { query: u64, position: u64, minted: i64 },
    /// The next page of a started decision task's events.
    DecisionPage { run: Run, scheduled: i64, position: u64, minted: i64 },
}

/// SWF's tokens open with these bytes (published samples).
const PREAMBLE: [u32; 4] = [0x2a, 1, 0, 3];
/// Their length.
const OPENING: usize = PREAMBLE.len() * 4;
/// 64-bit words after the preamble.
const WORDS: usize = 28;
/// The whole of a token, 320 characters in base64.
const BYTES: usize = OPENING + WORDS * 8;
/// Kind and ids.
const IDS: usize = 5;

/// The source of everything that looks random.
#[derive(Debug, Serialize, Deserialize)]
pub struct Mint {
    key: [u64; 2],
    minted: u64,
}

impl Mint {
    /// Everything minted follows from the seed.
    pub fn new(seed: u64) -> Self {
        let half = |n: u64| {
            let mut hasher = DefaultHasher::new();
            (seed, n).hash(&mut hasher);
            hasher.finish()
        };
        Self { key: [half(0), half(1)], minted: 0 }
    }

    /// A keyed hash of anything.
    fn hash(&self, what: impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.key, what).hash(&mut hasher);
        hasher.finish()
    }

    fn unique(&mut self) -> u64 {
        self.minted += 1;
        self.minted
    }

    /// A fresh run id: 46 characters.
    pub fn run_id(&mut self) -> String {
        let number = self.unique();
        let bytes: Vec<u8> = (0u8..4).flat_map(|n| self.hash(("run", number, n)).to_be_bytes()).collect();
        format!("22{}", STANDARD.encode(bytes))
    }

    /// A fresh request id, shaped like a version 4 UUID.
    pub fn request_id(&mut self) -> String {
        let number = self.unique();
        let (a, b) = (self.hash(("request", number, 0)), self.hash(("request", number, 1)));
        let (version, variant) = (0x4000 | (a & 0xfff), 0x8000 | (b >> 48 & 0x3fff));
        let mut id = String::with_capacity(36);
        let groups = [(a >> 32, 8), (a >> 16, 4), (version, 4), (variant, 4), (b, 12)];
        for (n, (bits, digits)) in groups.into_iter().enumerate() {
            if n > 0 {
                id.push('-');
            }
            hex(&mut id, bits, digits);
        }
        id
    }

    /// The fingerprint of a query, so that a page token only continues the query it came from.
    pub fn fingerprint(&self, query: impl Hash) -> u64 {
        self.hash(("query", query))
    }

    /// The token for a ticket; the same ticket always gives the same token.
    pub fn token(&self, ticket: Ticket) -> String {
        STANDARD.encode(self.bytes(ticket))
    }

    /// What a token stands for, if it is one of ours.
    pub fn read(&self, token: &str) -> Option<Ticket> {
        let mut bytes = [0; BYTES + 2];
        let length = STANDARD.decode_slice(token, &mut bytes).ok()?;
        let bytes: &[u8; BYTES] = bytes.get(..length)?.try_into().ok()?;
        let mut words = bytes[OPENING..].chunks_exact(8).map(word);
        let tag = [words.next()?, words.next()?];
        let mut masked = [0; IDS];
        masked.iter_mut().zip(words).for_each(|(id, word)| *id = word);
        let ids = self.mask(tag, masked);
        // With the right tag the masks are right; what is left to compare follows from the tag alone.
        (self.tag(ids) == tag && written(tag, masked) == *bytes).then(|| ticket(ids))?
    }

    fn bytes(&self, ticket: Ticket) -> [u8; BYTES] {
        let ids = ids(ticket);
        let tag = self.tag(ids);
        written(tag, self.mask(tag, ids))
    }

    fn tag(&self, ids: [u64; IDS]) -> [u64; 2] {
        [self.hash(("tag", ids, 0)), self.hash(("tag", ids, 1))]
    }

    fn mask(&self, tag: [u64; 2], mut ids: [u64; IDS]) -> [u64; IDS] {
        // One keyed hash, and the rest from it: one for each id would cost more than the rest of reading a token.
        let key = self.hash(("mask", tag));
        for (n, id) in (1..).zip(&mut ids) {
            *id ^= mixed(key.wrapping_mul(2 * n + 1));
        }
        ids
    }
}

/// A token's bytes from its tag and its masked ids.
fn written(tag: [u64; 2], masked: [u64; IDS]) -> [u8; BYTES] {
    // Whoever cannot guess the tag cannot guess what follows from it; a keyed hash for each word would cost more than
    // all the rest of a heartbeat.
    let filler = (1..).map(|n| mixed(tag[0].wrapping_mul(n) ^ tag[1])).take(WORDS - 2 - IDS);
    let words = tag.into_iter().chain(masked).chain(filler);
    let mut bytes = [0; BYTES];
    let (opening, rest) = bytes.split_at_mut(OPENING);
    opening.chunks_exact_mut(4).zip(PREAMBLE).for_each(|(to, word)| to.copy_from_slice(&word.to_be_bytes()));
    rest.chunks_exact_mut(8).zip(words).for_each(|(to, word)| to.copy_from_slice(&word.to_be_bytes()));
    bytes
}

/// Splitmix64's last step (Steele, Lea, Flood 2014): every bit depends on all.
fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn word(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_be_bytes)
}

/// Appends the lowest hexadecimal digits of a number.
fn hex(to: &mut String, bits: u64, digits: u32) {
    let digit = |n: u32| char::from(b"0123456789abcdef"[(bits >> (4 * n) & 0xf) as usize]);
    to.extend((0..digits).rev().map(digit));
}

fn ids(ticket: Ticket) -> [u64; IDS] {
    match ticket {
        Ticket::Activity { run, scheduled } => [1, run.0.into(), scheduled as u64, 0, 0],
        Ticket::Decision { run, scheduled } => [2, run.0.into(), scheduled as u64, 0, 0],
        Ticket::Page { query, position, minted } => [3, query, position, minted as u64, 0],
        Ticket::DecisionPage { run, scheduled, position, minted } => {
            [4, run.0.into(), scheduled as u64, position, minted as u64]
        }
    }
}

fn ticket(ids: [u64; IDS]) -> Option<Ticket> {
    let run = |id: u64| u32::try_from(id).ok().map(Run);
    Some(match ids {
        [1, id, scheduled, 0, 0] => Ticket::Activity { run: run(id)?, scheduled: scheduled as i64 },
        [2, id, scheduled, 0, 0] => Ticket::Decision { run: run(id)?, scheduled: scheduled as i64 },
        [3, query, position, minted, 0] => Ticket::Page { query, position, minted: minted as i64 },
        [4, id, scheduled, position, minted] => {
            Ticket::DecisionPage { run: run(id)?, scheduled: scheduled as i64, position, minted: minted as i64 }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shapes_are_those_of_swf() {
        let mut mint = Mint::new(7);
        let token = mint.token(Ticket::Activity { run: Run(1), scheduled: 5 });
        assert_eq!(token.len(), 320);
        assert!(token.starts_with("AAAAKgAAAAEAAAAA"), "{token}");
        assert_ne!(token, Mint::new(8).token(Ticket::Activity { run: Run(1), scheduled: 5 }));
        let run_id = mint.run_id();
        assert!(run_id.len() == 46 && run_id.starts_with("22") && run_id.ends_with('='), "{run_id}");
        assert_ne!(run_id, mint.run_id());
        let id = mint.request_id();
        let groups: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(id.as_bytes()[14], b'4');
    }

    proptest! {
        #[test]
        fn only_our_own_tokens_are_read(run: u32, scheduled: i64, at in 0usize..320, with in "[A-Za-z0-9+/]") {
            let mint = Mint::new(1);
            let ticket = Ticket::Decision { run: Run(run), scheduled };
            let token = mint.token(ticket);
            prop_assert_eq!(mint.read(&token), Some(ticket));
            prop_assert_eq!(Mint::new(2).read(&token), None);
            let mut forged = token.clone();
            forged.replace_range(at..=at, &with);
            prop_assert_eq!(mint.read(&forged).is_some(), forged == token);
        }
    }
}
