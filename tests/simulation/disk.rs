//! Records on their way to the disk: synced in order, lost in a crash, refused when the disk is full.

use std::cmp::Reverse;

use swfbeat::console::{AppendError, BatchId, Durability, Event};
use swfbeat::task::Record;

use super::world::{Happening, World, Write};

impl World {
    pub fn append(&mut self, batch: BatchId, records: Vec<Record>, durability: Durability) {
        self.order += 1;
        let order = self.order;
        let synced = durability == Durability::Synced;
        self.writes.insert(order, Write { batch: synced.then_some(batch), records });
        if synced {
            let full = !self.calm && self.chance.in_thousand(3);
            let after = self.chance.between(1, 25);
            self.plan(after, if full { Happening::DiskFull(order) } else { Happening::Synced(order) });
        }
    }

    pub fn synced(&mut self, order: u64) {
        let later = self.writes.split_off(&(order + 1));
        let mut done = Vec::new();
        for (order, write) in std::mem::replace(&mut self.writes, later) {
            // A batch that the disk will refuse stays refused, whatever comes after it.
            let refused = self.queue.iter().any(|Reverse((_, _, it))| *it == Happening::DiskFull(order));
            if refused {
                self.writes.insert(order, write);
                continue;
            }
            self.disk.extend(write.records);
            done.extend(write.batch);
        }
        for batch in done {
            self.event(Event::Appended(batch));
        }
    }

    pub fn disk_full(&mut self, order: u64) {
        let Some(Write { batch: Some(batch), .. }) = self.writes.remove(&order) else { return };
        self.note(|| "the disk is full".to_owned());
        let error = AppendError { message: "no space left on device".into(), intent_taken: None };
        self.event(Event::AppendFailed(batch, error));
    }
}
