//! Notes that an operator makes on a task, and when to be reminded of them.
//!
//! A follow-up is an appointment among people, so it is kept on the wall clock: if that is moved, so is what is left.

use crate::clock::{Boot, Now, Wall};
use crate::task::{ClaimId, Record, length};
use crate::text::Foreign;

use super::Console;
use super::agenda::Job;
use super::event::Level;
use super::facts::NoteFact;
use super::ledger::Claim;

/// The longest note, in UTF-16 units.
pub const NOTE_MAX: usize = 1_000;
/// A follow-up is at most so far ahead, milliseconds: a time of day then says which it is.
pub const FOLLOW_UP_MAX_MS: i64 = 24 * 3_600_000;

/// The word of log lines that remind of a note: an alarm of low rank, which the operator asked for.
pub const REMIND_WORD: &str = "remind";

impl Console {
    pub(super) fn note_command(&mut self, now: Now, claims: &[ClaimId], text: &Foreign, follow_up: Option<Wall>) {
        let ahead = follow_up.map_or(0, |at| at.0 - now.wall.0);
        let why = if length(text.raw()) > NOTE_MAX {
            format!("a note has at most {NOTE_MAX} characters: shorten it")
        } else if ahead > FOLLOW_UP_MAX_MS {
            "a follow-up is at most 24 h ahead: say an earlier time".to_owned()
        } else {
            for &claim in claims {
                if self.ledger.claims.contains_key(&claim) {
                    let at = self.stamp(now);
                    self.append(now, Record::Note { claim, at, text: text.clone(), follow_up });
                    self.renew(now, claim);
                }
            }
            return;
        };
        self.say(now, Level::Error, "note", claims.first().copied(), format!("not noted: {why}"));
    }

    pub(super) fn note_landed(&mut self, now: Now, id: ClaimId) {
        let Some(claim) = self.ledger.claims.get(&id) else { return };
        let text = claim.note.as_ref().map_or("taken away".to_owned(), |note| note.text.line().into_owned());
        self.say(now, Level::Info, "note", Some(id), text);
        self.agenda.clear(Job::FollowUp(id));
        self.arm_follow_up(now, id);
    }

    /// Reminds of it when its time comes; at once if that has passed already.
    pub(super) fn arm_follow_up(&mut self, now: Now, id: ClaimId) {
        let open = self.ledger.claims.get(&id).filter(|claim| claim.is_open());
        if let Some(at) = open.and_then(|claim| follow_up(claim)) {
            self.agenda.set(Job::FollowUp(id), Boot(now.boot.0.saturating_add((at.0 - now.wall.0).max(0))));
        }
    }

    /// Its time may have come.
    pub(super) fn follow_up(&mut self, now: Now, id: ClaimId) {
        let Some(claim) = self.ledger.claims.get(&id).filter(|claim| claim.is_open()) else { return };
        let Some(at) = follow_up(claim) else { return };
        if at > now.wall {
            // The wall clock was moved meanwhile.
            self.arm_follow_up(now, id);
            return;
        }
        let text = claim.note.as_ref().map_or_else(Default::default, |note| note.text.line());
        let text = format!("follow up now{}{text}", if text.is_empty() { "" } else { ": " });
        self.dirty.insert(id);
        self.say(now, Level::Warn, REMIND_WORD, Some(id), text);
    }

    /// The wall clock was moved, or everything starts: appointments are as far away as it says now. One that was told of
    /// already is not told of again.
    pub(super) fn arm_follow_ups(&mut self, now: Now) {
        let is_ahead = |claim: &Claim| follow_up(claim).is_some_and(|at| at > now.wall);
        let waiting = self.ledger.claims.values().filter(|claim| is_ahead(claim));
        let ids: Vec<_> = waiting.map(|claim| claim.id).collect();
        for id in ids {
            self.arm_follow_up(now, id);
        }
    }
}

fn follow_up(claim: &Claim) -> Option<Wall> {
    claim.note.as_ref()?.follow_up
}

/// The note as the screen gets it.
pub(super) fn fact(claim: &Claim, now: Now) -> Option<NoteFact> {
    let note = claim.note.as_ref()?;
    let due = claim.is_open() && note.follow_up.is_some_and(|at| at <= now.wall);
    Some(NoteFact { text: note.text.clone(), at: note.at, follow_up: note.follow_up, due })
}
