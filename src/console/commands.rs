//! What an operator wants, checked before anything is done. A refusal says why and what to do (promise says-why).

use crate::clock::Now;
use crate::span;
use crate::task::{ClaimId, Limit, Outcome, Record, Source, TimeoutKind, Timeouts, check_length, limit};
use crate::text::Foreign;

use super::Console;
use super::agenda::Job;
use super::event::{Command, Details, Level};
use super::facts::Claiming;

impl Console {
    pub(super) fn command(&mut self, now: Now, command: Command) {
        if let Command::Read { query, what } = command {
            // Who only looks may look into the history too.
            self.query(now, query, what);
            return;
        }
        if let Command::Join { name, domain, heartbeat_rate } = command {
            // Nobody has acted.
            self.join(now, name, domain, heartbeat_rate);
            return;
        }
        if self.config.read_only && command != Command::Shutdown {
            self.say(now, Level::Error, "refused", None, "this screen only looks (read-only): nothing was done");
            return;
        }
        if !matches!(command, Command::StopClaiming | Command::Shutdown) {
            self.renew_auto_claims(now);
        }
        match command {
            Command::AutoClaim { domain, task_list, below, length_ms, identity } => {
                let want = Claiming { domain, task_list, wanted: 0, auto: None, identity };
                self.auto_claim_command(now, want, below, length_ms);
            }
            Command::Claim { domain, task_list, wanted, identity } => {
                self.claim_command(now, Claiming { domain, task_list, wanted, auto: None, identity });
            }
            Command::FindOrphans => self.find_orphans(now),
            Command::StopClaiming => {
                self.claiming.stop();
                self.agenda.clear(Job::Poll);
                let in_flight = self.claiming.poll_in_flight();
                let text = if in_flight { "stopped; the poll in flight is waited for" } else { "stopped" };
                self.say(now, Level::Info, "poll", None, text);
            }
            Command::Beat { claims, details } => self.beat_command(now, &claims, &details),
            Command::Keep { claims, length_ms } => self.keep_command(now, &claims, length_ms),
            Command::StopKeeping { claims } => {
                for id in claims {
                    if self.kept_until(id).is_some() {
                        self.end_lease(now, id, "as asked");
                    }
                }
            }
            Command::Close { claims, outcome } => self.close_command(now, &claims, &outcome),
            Command::WithdrawClose { claim } => self.withdraw(now, claim),
            Command::GoOn { claims } => {
                for id in claims {
                    if self.ledger.claims.get(&id).is_some_and(|claim| claim.wants_cancel()) {
                        self.append(now, Record::CancelAnswered { claim: id });
                        self.renew(now, id);
                    }
                }
            }
            Command::SetTimeout { claim, kind, limit } => self.set_timeout(now, claim, kind, limit),
            Command::Note { claims, text, follow_up } => self.note_command(now, &claims, &text, follow_up),
            Command::Dismiss { claims } => {
                for id in claims {
                    if self.ledger.claims.get(&id).is_some_and(|claim| !claim.is_open()) {
                        self.append(now, Record::Dismissed { claim: id });
                    }
                }
            }
            Command::ReloadCredentials => {
                self.new_credentials(now);
                self.go_on_sending();
                self.ask_everything_again(now);
                self.say(now, Level::Info, "service", None, "credentials are read again");
            }
            Command::Shutdown => self.leave(now),
            // Done above.
            Command::Read { .. } | Command::Join { .. } => {}
        }
    }

    fn claim_command(&mut self, now: Now, want: Claiming) {
        if self.has_names(now, &want.domain, &want.task_list) && self.leaving.is_none() {
            self.want_tasks(now, want);
        }
    }

    /// Whether SWF would take these names; says why not.
    pub(super) fn has_names(&mut self, now: Now, domain: &Foreign, task_list: &Foreign) -> bool {
        for (what, name) in [("domain", domain), ("task list", task_list)] {
            let length = check_length(what, name.raw(), limit::NAME);
            let why = match (name.is_empty(), &length) {
                (true, _) => format!("the {what} has no name: give one"),
                (_, Err(error)) => error.to_string(),
                _ => continue,
            };
            self.say(now, Level::Error, "claim", None, format!("not polled: {why}"));
            return false;
        }
        true
    }

    /// Whether acting on a claim makes sense; says why not.
    fn open(&mut self, now: Now, id: ClaimId) -> bool {
        match self.ledger.claims.get(&id) {
            Some(claim) if claim.is_open() => true,
            Some(_) => {
                self.say(now, Level::Error, "refused", Some(id), "the task has ended; dismiss takes it off the list");
                false
            }
            None => false,
        }
    }

    fn beat_command(&mut self, now: Now, claims: &[ClaimId], details: &Details) {
        if let Details::New(text) = details
            && let Err(error) = check_length("details", text.raw(), limit::HEARTBEAT_DETAILS)
        {
            self.say(now, Level::Error, "beat", claims.first().copied(), format!("not sent: {error}"));
            return;
        }
        for &id in claims {
            if !self.open(now, id) {
                continue;
            }
            let closing = self.ledger.claims.get(&id).is_some_and(|claim| claim.intent.is_some());
            if closing {
                let text = "not sent: a close is on its way, heartbeats go on by themselves until it is certain";
                self.say(now, Level::Error, "beat", Some(id), text);
                continue;
            }
            self.renew(now, id);
            self.live(id).lone = claims.len() == 1;
            match details {
                Details::Same => self.beat_soon(now, id),
                Details::New(details) => {
                    // Saved before they are sent; the heartbeat follows when they are on disk.
                    self.append(now, Record::Details { claim: id, details: details.clone() });
                }
            }
        }
    }

    fn keep_command(&mut self, now: Now, claims: &[ClaimId], length_ms: i64) {
        let longest_ms = self.config.lease.longest_ms;
        if !(1_000..=longest_ms).contains(&length_ms) {
            let text = format!("a keep-alive lasts from 1 second to {}: say another length", span::words(longest_ms));
            self.say(now, Level::Error, "keep", None, text);
            return;
        }
        let mut kept = claims.to_vec();
        kept.retain(|&id| self.open(now, id) && self.fits(now, id));
        self.keep(now, &kept, length_ms);
    }

    /// Whether the quota has room for one more kept task; says why not.
    fn fits(&mut self, now: Now, id: ClaimId) -> bool {
        let limit = self.ledger.claims.get(&id).and_then(|claim| super::deadlines::heartbeat_limit(claim));
        let fits = self.live(id).counted.kept
            || limit.is_none_or(|limit| self.load.has_room_for(limit) && self.load.left_out() == 0);
        self.notice_load(id, fits);
        if fits {
            return true;
        }
        let text = "not kept alive: the heartbeat rate does not suffice for one more task, and those kept already would \
                    suffer; stop keeping others, beat by hand, or start with a higher --heartbeat-rate";
        self.say(now, Level::Error, "keep", Some(id), text);
        false
    }

    fn close_command(&mut self, now: Now, claims: &[ClaimId], outcome: &Outcome) {
        if let Err(error) = outcome.check() {
            self.say(now, Level::Error, "close", claims.first().copied(), format!("nothing was sent: {error}"));
            return;
        }
        for &id in claims {
            if !self.open(now, id) {
                continue;
            }
            let decided = self.ledger.claims.get(&id).is_some_and(|claim| claim.intent.is_some());
            if decided || self.live(id).deciding {
                let text = "how it ends was already decided; the same close is sent until it is certain";
                self.say(now, Level::Error, "close", Some(id), text);
                continue;
            }
            self.decide(now, id, outcome.clone());
        }
    }

    fn set_timeout(&mut self, now: Now, id: ClaimId, kind: TimeoutKind, limit: Limit) {
        if !self.open(now, id) {
            return;
        }
        let known = self.ledger.claims.get(&id).and_then(|claim| claim.timeouts.get(kind));
        if matches!(known, Some((_, Source::History))) {
            let text = format!("the {} timeout is known from history, that stands", kind.name());
            self.say(now, Level::Error, "refused", Some(id), text);
            return;
        }
        let value = Some((limit, Source::Operator));
        let mut timeouts = Timeouts::default();
        match kind {
            TimeoutKind::Heartbeat => timeouts.heartbeat = value,
            TimeoutKind::StartToClose => timeouts.start_to_close = value,
            TimeoutKind::ScheduleToClose => timeouts.schedule_to_close = value,
            TimeoutKind::Execution => timeouts.execution = value,
            TimeoutKind::ScheduleToStart => return,
        }
        self.learn_timeouts(now, id, timeouts);
        self.renew(now, id);
    }
}
