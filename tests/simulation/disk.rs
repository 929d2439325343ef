//! Records on their way to the disk: synced in order, lost in a crash, refused when the disk is full.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use swfbeat::console::{AppendError, BatchId, Durability, Event};
use swfbeat::task::{ClaimId, Entry, Record};

use super::world::{Happening, World};

/// Entries after which what no longer matters is thrown away.
const MANY: usize = 500;

/// A write on its way.
pub struct Write {
    order: u64,
    batch: Option<BatchId>,
    records: Vec<Record>,
    /// The disk will refuse it.
    refused: bool,
}

/// What is on the disk, and what is on its way there.
#[derive(Default)]
pub struct Disk {
    pub entries: Vec<Entry>,
    /// In order.
    writes: Vec<Write>,
    seq: u64,
    last: u64,
    grown: usize,
    /// Every write is refused until this instant of the world.
    pub full_until: i64,
}

impl Disk {
    /// Nothing that somebody waits for is on its way.
    pub fn is_idle(&self) -> bool {
        self.writes.iter().all(|write| write.batch.is_none())
    }

    /// What was not synced is gone.
    pub fn crash(&mut self) {
        self.writes.clear();
    }

    /// Throws away what makes no difference any more, as retention does: beats before the last one, dismissed claims,
    /// polls that ended. What tells the highest numbers stays.
    pub fn tidy(&mut self) {
        if self.entries.len() - self.grown < MANY {
            return;
        }
        let mut last_beat: HashMap<ClaimId, u64> = HashMap::new();
        let mut dismissed: HashMap<ClaimId, u64> = HashMap::new();
        let mut ended = HashSet::new();
        for entry in &self.entries {
            match &entry.record {
                Record::Beaten { claim, .. } => drop(last_beat.insert(*claim, entry.seq)),
                Record::Dismissed { claim } => drop(dismissed.insert(*claim, entry.seq)),
                Record::PollEnded { poll } => drop(ended.insert(*poll)),
                Record::Claimed { source, .. } => drop(ended.insert(source.poll)),
                _ => {}
            }
        }
        self.entries.retain(|entry| match &entry.record {
            Record::PollStarted { poll, .. } => !ended.contains(poll),
            record => match record.claim() {
                Some(claim) if dismissed.contains_key(&claim) => dismissed[&claim] == entry.seq,
                Some(claim) if matches!(record, Record::Beaten { .. }) => last_beat[&claim] == entry.seq,
                _ => true,
            },
        });
        self.grown = self.entries.len();
    }
}

impl World {
    pub fn append(&mut self, batch: BatchId, records: Vec<Record>, durability: Durability) {
        self.disk.last += 1;
        let order = self.disk.last;
        let synced = durability == Durability::Synced;
        let refused = synced && (self.disk.full_until > self.at || (!self.feasible && self.chance.in_thousand(1)));
        if synced {
            for record in &records {
                if let Record::Intent { claim, .. } = record {
                    self.intent_on_its_way(*claim);
                }
            }
        }
        self.disk.writes.push(Write { order, batch: synced.then_some(batch), records, refused });
        if synced {
            let after = self.chance.between(1, 25);
            self.plan(after, if refused { Happening::DiskFull(order) } else { Happening::Synced(order) });
        }
    }

    /// A write is on the disk, and with it what was written before; what the disk will refuse stays refused.
    pub fn synced(&mut self, order: u64) {
        let writes = std::mem::take(&mut self.disk.writes);
        let (done, kept): (Vec<_>, Vec<_>) =
            writes.into_iter().partition(|write| write.order <= order && !write.refused);
        self.disk.writes = kept;
        // One after the other: what a write brings about may go out before the console knows of the next one.
        for write in done {
            for record in write.records {
                self.book.on_disk(self.at, &record);
                self.disk.seq += 1;
                let entry = Entry { seq: self.disk.seq, boot_id: Arc::clone(&self.boot_id), record };
                self.disk.entries.push(entry);
            }
            if let Some(batch) = write.batch {
                self.event(Event::Appended(batch));
            }
        }
    }

    pub fn disk_full(&mut self, order: u64) {
        let Some(place) = self.disk.writes.iter().position(|write| write.order == order) else { return };
        let Write { batch: Some(batch), .. } = self.disk.writes.remove(place) else { return };
        self.totals.disk_full += 1;
        self.note(|| "the disk is full".to_owned());
        let error = AppendError { message: "no space left on device".into(), intent_taken: None };
        self.event(Event::AppendFailed(batch, error));
    }
}
