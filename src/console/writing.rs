//! Records on their way to the disk, and what follows when they are there.
//!
//! Command → append → synced → state and network effect. What the service said stays true when the disk refuses it (it
//! is shown as NOT SAVED and tried again); what we decide is not done before it is written. Nothing is claimed while the
//! disk is full or does not answer.

use std::collections::BTreeMap;

use crate::clock::{Boot, Now};
use crate::task::{ClaimId, Record, Stamp};

use super::Console;
use super::agenda::Job;
use super::event::{AppendError, BatchId, Durability, Effect, Level};
use super::notices::Occasion;

/// Between two tries to write what could not be written, milliseconds.
const SAVE_AGAIN_MS: i64 = 1_000;
/// A disk that takes longer than this for a write hangs, milliseconds.
const HANGS_MS: i64 = 3_000;

/// Batches on their way.
#[derive(Debug, Default)]
pub(super) struct Writing {
    batches: BTreeMap<BatchId, Vec<Record>>,
    /// What the service said and the disk refused, in order.
    unsaved: Vec<Record>,
    /// The batch that tries the first so many of `unsaved` again.
    retry: Option<(BatchId, usize)>,
    failure: Option<String>,
    /// The disk is full, and what was done.
    full: Option<String>,
    /// Since when the disk owes an answer.
    owed: Option<Boot>,
    hangs: bool,
    last: u64,
}

impl Writing {
    /// Why the journal cannot be written.
    pub(super) fn failure(&self) -> Option<String> {
        let hangs =
            || format!("the disk has not answered for more than {} s, what was done last waits", HANGS_MS / 1_000);
        self.failure.clone().or_else(|| self.hangs.then(hangs))
    }

    /// What was done about a full disk.
    pub(super) fn full(&self) -> Option<&String> {
        self.full.as_ref()
    }

    /// Nothing more should be claimed.
    pub(super) fn is_blocked(&self) -> bool {
        self.failure.is_some() || self.full.is_some() || self.hangs
    }

    /// Nothing is on its way and nothing is waiting.
    pub(super) fn is_idle(&self) -> bool {
        self.batches.is_empty() && self.unsaved.is_empty()
    }

    fn batch(&mut self, records: Vec<Record>) -> BatchId {
        self.last += 1;
        let batch = BatchId(self.last);
        self.batches.insert(batch, records);
        batch
    }

    /// An answer of the disk has come; whether it was long overdue.
    fn answered(&mut self, now: Now) -> bool {
        self.owed = (!self.batches.is_empty()).then_some(now.boot);
        std::mem::take(&mut self.hangs)
    }
}

/// Whether a fact holds even if it cannot be written: the service said it, or it ends a keep-alive, which time or a
/// person did.
fn holds_unwritten(record: &Record) -> bool {
    matches!(
        record,
        Record::Claimed { .. }
            | Record::TimeoutsLearned { .. }
            | Record::CancelSeen { .. }
            | Record::Verdict { .. }
            | Record::PollEnded { .. }
            | Record::Lease { length_ms: None, .. }
    )
}

impl Console {
    /// This instant as it is stored.
    pub(super) fn stamp(&self, now: Now) -> Stamp {
        Stamp { boot: now.boot, wall: now.wall, service: self.clock.lower_bound(now.boot, now.boot) }
    }

    /// Writes one fact; it lands when it is synced.
    pub(super) fn append(&mut self, now: Now, record: Record) {
        self.append_all(now, vec![record]);
    }

    /// Writes facts that one act brings about: they land together, or none does.
    pub(super) fn append_all(&mut self, now: Now, records: Vec<Record>) {
        if records.is_empty() {
            return;
        }
        if let Some(message) = self.writing.failure.clone() {
            // Facts go to the disk in order, so these have to wait behind the others.
            let error = AppendError { message, intent_taken: None };
            for record in records {
                self.not_written(now, record, &error);
            }
            return;
        }
        let batch = self.writing.batch(records.clone());
        self.send_to_disk(now, batch, records);
    }

    fn send_to_disk(&mut self, now: Now, batch: BatchId, records: Vec<Record>) {
        self.writing.owed.get_or_insert(now.boot);
        self.agenda.set_by(Job::Disk, now.boot + HANGS_MS);
        self.out.push(Effect::Append { batch, records, durability: Durability::Synced });
    }

    /// Says so if the disk hangs.
    pub(super) fn look_at_disk(&mut self, now: Now) {
        let Some(owed) = self.writing.owed else { return };
        if now.boot - owed < HANGS_MS {
            self.agenda.set(Job::Disk, owed + HANGS_MS);
        } else if !std::mem::replace(&mut self.writing.hangs, true) {
            let text = "the disk does not answer: what is not written yet is not done, and nothing more is claimed";
            self.say(now, Level::Alarm, "journal", None, text);
        }
    }

    /// The disk is full, or there is room again.
    pub(super) fn disk_full(&mut self, now: Now, why: Option<String>) {
        match (&why, &self.writing.full) {
            (Some(why), None) => {
                self.say(now, Level::Alarm, "journal", None, format!("nothing more is claimed: {why}"));
            }
            (None, Some(_)) => self.say(now, Level::Warn, "journal", None, "there is room on the disk again"),
            _ => {}
        }
        self.writing.full = why;
        self.poll_next(now);
    }

    /// The disk has answered, however.
    fn disk_answered(&mut self, now: Now) {
        if self.writing.answered(now) {
            self.say(now, Level::Warn, "journal", None, "the disk answers again");
            self.poll_next(now);
        }
    }

    /// Writes one fact whose loss would only make countdowns pessimistic; it holds at once.
    pub(super) fn append_lazily(&mut self, record: Record) {
        self.ledger.apply(&record, true);
        self.dirty.extend(record.claim());
        self.writing.last += 1;
        let batch = BatchId(self.writing.last);
        self.out.push(Effect::Append { batch, records: vec![record], durability: Durability::Lazy });
    }

    pub(super) fn appended(&mut self, now: Now, batch: BatchId) {
        if let Some((_, count)) = self.writing.retry.filter(|(retry, _)| *retry == batch) {
            self.saved_again(now, count);
        }
        let records = self.writing.batches.remove(&batch).unwrap_or_default();
        self.disk_answered(now);
        for record in records {
            self.land(now, &record);
        }
    }

    pub(super) fn append_failed(&mut self, now: Now, batch: BatchId, error: &AppendError) {
        if self.writing.retry.is_some_and(|(retry, _)| retry == batch) {
            self.writing.retry = None;
            self.writing.batches.remove(&batch);
            self.agenda.set(Job::Save, now.boot + SAVE_AGAIN_MS);
        }
        let records = self.writing.batches.remove(&batch).unwrap_or_default();
        self.disk_answered(now);
        for record in records {
            self.not_written(now, record, error);
        }
    }

    fn not_written(&mut self, now: Now, record: Record, error: &AppendError) {
        let claim = record.claim();
        if let Some(taken) = error.intent_taken {
            self.live(taken).deciding = false;
            self.dirty.insert(taken);
            self.say(now, Level::Error, "close", Some(taken), "another process has already decided how to close it");
            return;
        }
        if self.writing.failure.is_none() {
            let text = format!("cannot write the journal: {}; trying again every second", error.message);
            self.say(now, Level::Alarm, "journal", None, text);
        }
        self.writing.failure = Some(error.message.clone());
        self.agenda.set_by(Job::Save, now.boot + SAVE_AGAIN_MS);
        if holds_unwritten(&record) {
            self.land(now, &record);
            if let (Record::Claimed { .. }, Some(claim)) = (&record, claim) {
                self.live(claim).unsaved = true;
            }
            self.writing.unsaved.push(record);
        } else {
            self.refused_by_disk(now, &record);
        }
    }

    fn refused_by_disk(&mut self, now: Now, record: &Record) {
        if let Record::PollStarted { poll, .. } = record {
            self.claiming.poll_not_sent(*poll);
            return;
        }
        if let Some(claim) = record.claim() {
            self.live(claim).deciding = false;
            self.dirty.insert(claim);
        }
        let text = "not done, because it could not be written down first; free disk space, then try again";
        self.say(now, Level::Error, "journal", record.claim(), text);
    }

    /// Tries again what the disk refused.
    pub(super) fn save_again(&mut self, now: Now) {
        if self.writing.retry.is_some() {
            return;
        }
        if self.writing.unsaved.is_empty() {
            // Only decisions were refused, and nobody waits for those: the next write will show.
            self.writing.failure = None;
            self.poll_next(now);
            return;
        }
        let batch = self.writing.batch(Vec::new());
        let records = self.writing.unsaved.clone();
        self.writing.retry = Some((batch, records.len()));
        self.send_to_disk(now, batch, records);
    }

    /// The first `count` of what waited are on disk. More may have come while they were being written.
    fn saved_again(&mut self, now: Now, count: usize) {
        self.writing.retry = None;
        let rest = self.writing.unsaved.split_off(count);
        for record in std::mem::replace(&mut self.writing.unsaved, rest) {
            if let Record::Claimed { claim, .. } = record {
                self.live(claim).unsaved = false;
                self.dirty.insert(claim);
            }
        }
        if !self.writing.unsaved.is_empty() {
            self.save_again(now);
            return;
        }
        self.writing.failure = None;
        self.say(now, Level::Warn, "journal", None, "written after all: everything is saved again");
        self.poll_next(now);
    }

    /// A fact holds from here on.
    fn land(&mut self, now: Now, record: &Record) {
        self.ledger.apply(record, true);
        self.dirty.extend(record.claim());
        match record {
            Record::PollStarted { poll, .. } => self.send_poll(now, *poll),
            Record::PollEnded { .. } | Record::Beaten { .. } | Record::Attempt { .. } => {}
            Record::Claimed { claim, .. } => self.claim_landed(now, *claim),
            Record::TimeoutsLearned { claim, .. } => self.timeouts_landed(now, *claim),
            Record::Details { claim, .. } => self.beat_soon(now, *claim),
            Record::Lease { claim, length_ms, why, .. } => self.lease_landed(now, *claim, *length_ms, why),
            Record::CancelSeen { claim, .. } => {
                let text = "cancel requested by the workflow: respond canceled or go on";
                self.say(now, Level::Alarm, "cancel", Some(*claim), text);
                self.notice(*claim, Occasion::CancelSeen);
            }
            Record::CancelAnswered { claim } => {
                self.say(now, Level::Info, "cancel", Some(*claim), "going on despite the cancel request");
            }
            Record::Intent { claim, .. } => self.intent_landed(now, *claim),
            Record::IntentWithdrawn { claim } => self.withdrawal_landed(now, *claim),
            Record::Verdict { claim, verdict, .. } => self.verdict_landed(now, *claim, verdict),
            Record::Note { claim, .. } => self.note_landed(now, *claim),
            Record::Dismissed { claim } => self.dismissed(*claim),
        }
    }

    fn dismissed(&mut self, claim: ClaimId) {
        self.leave_execution(claim);
        self.count_claim(claim);
        self.live.remove(&claim);
        self.agenda.clear_claim(claim);
        self.dirty.remove(&claim);
        self.out.push(Effect::Removed(claim));
    }
}
