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
/// 64-bit words after the preamble: 240 bytes altogether, 320 characters.
const WORDS: usize = 28;
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
        format!("{:08x}-{:04x}-{version:04x}-{variant:04x}-{:012x}", a >> 32, a >> 16 & 0xffff, b & 0xffff_ffff_ffff)
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
        let bytes = STANDARD.decode(token).ok()?;
        let words = bytes.get(PREAMBLE.len() * 4..)?.chunks_exact(8).map(word).collect::<Vec<u64>>();
        let (&[first, second], masked) = words.split_first_chunk()?;
        let masked: [u64; IDS] = *masked.first_chunk()?;
        let ticket = ticket(self.mask([first, second], masked))?;
        (self.bytes(ticket) == bytes).then_some(ticket)
    }

    fn bytes(&self, ticket: Ticket) -> Vec<u8> {
        let ids = ids(ticket);
        let tag = [self.hash(("tag", ids, 0)), self.hash(("tag", ids, 1))];
        // Whoever cannot guess the tag cannot guess what follows from it; a keyed hash for each word would cost more than
        // all the rest of a heartbeat.
        let filler = (1..).map(|n| mixed(tag[0].wrapping_mul(n) ^ tag[1])).take(WORDS - 2 - IDS);
        let words = tag.into_iter().chain(self.mask(tag, ids)).chain(filler);
        PREAMBLE.into_iter().flat_map(u32::to_be_bytes).chain(words.flat_map(u64::to_be_bytes)).collect()
    }

    fn mask(&self, tag: [u64; 2], mut ids: [u64; IDS]) -> [u64; IDS] {
        for (n, id) in ids.iter_mut().enumerate() {
            *id ^= self.hash(("mask", tag, n));
        }
        ids
    }
}

/// Splitmix64's last step (Steele, Lea, Flood 2014): every bit depends on all.
fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))
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
