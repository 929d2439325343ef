//! A person at the keys: claims, beats, keeps, closes, changes their mind, goes away for a while.

use swfbeat::console::{Command, Details, TaskState};
use swfbeat::task::{ClaimId, Limit, Outcome, TimeoutKind};

use super::book::{Book, Task};
use super::chance::Chance;

pub struct Operator {
    chance: Chance,
    words: u64,
    /// One who lets nothing lapse: tasks are kept for hours. The other kind has tasks that come and go.
    diligent: bool,
    /// Tasks this person likes to hold.
    wanted: usize,
    claimed_for: usize,
    /// The console was told to claim by itself, until then.
    auto_until: i64,
    /// The close of this one was taken back, to close it otherwise.
    reconsidered: Option<ClaimId>,
    pub away_until: i64,
}

impl Operator {
    /// Who likes to hold so many tasks, or half of them: `poor` may send so little that it does not suffice to keep all.
    pub fn new(seed: u64, wanted: usize, poor: bool, greedy: bool) -> Self {
        let mut chance = Chance::new(seed ^ 0x0b5e_55ed);
        let diligent = chance.in_thousand(500);
        Self {
            diligent,
            chance,
            words: 0,
            wanted: if poor && (diligent || !greedy) { wanted / 2 } else { wanted },
            claimed_for: 0,
            auto_until: 0,
            reconsidered: None,
            away_until: 0,
        }
    }

    /// The process they used is gone, and with it what it was told to claim.
    pub fn restarted(&mut self) {
        (self.claimed_for, self.auto_until, self.reconsidered) = (0, 0, None);
    }

    /// So many now, or by itself for a while.
    fn claim(&mut self, at: i64, missing: usize) -> Option<Command> {
        if at < self.auto_until {
            return None;
        }
        let (domain, task_list) = ("sim".into(), "manual".into());
        if !self.chance.in_thousand(100) {
            return Some(Command::Claim { domain, task_list, wanted: missing as u32, identity: None });
        }
        let length_ms = self.chance.between(60_000, 3_600_000);
        self.auto_until = at + length_ms;
        Some(Command::AutoClaim { domain, task_list, below: self.wanted as u32, length_ms, identity: None })
    }

    /// What they do next.
    pub fn act(&mut self, at: i64, book: &Book) -> Vec<Command> {
        if self.away_until > at {
            return Vec::new();
        }
        let mut commands = Vec::new();
        let missing = self.wanted.saturating_sub(book.open.len());
        if missing > 0 && (self.claimed_for != book.open.len() || self.chance.in_thousand(50)) {
            self.claimed_for = book.open.len();
            commands.extend(self.claim(at, missing));
        }
        if book.ended.len() > 12 {
            commands.push(Command::Dismiss { claims: book.ended.clone() });
        }
        if let Some(command) = self.second_thoughts(book) {
            commands.push(command);
            return commands;
        }
        match self.chance.between(0, 299) {
            0 if !self.diligent || self.chance.in_thousand(200) => {
                self.away_until = at + self.chance.between(60_000, 1_800_000);
            }
            1..=20 => commands.push(self.close(book)),
            21..=150 => commands.push(self.keep(book)),
            _ => commands.extend(
                self.chance.pick(&book.open).copied().and_then(|claim| self.act_on(claim, book.of_claim(claim)?)),
            ),
        }
        commands
    }

    /// One to six tasks at once end the same way.
    fn close(&mut self, book: &Book) -> Command {
        let many = self.chance.between(1, 6);
        let mut claims: Vec<ClaimId> = Vec::new();
        for _ in 0..many {
            let claim = self.chance.pick(&book.open).copied();
            claims.extend(claim.filter(|claim| !claims.contains(claim) && undecided(book.of_claim(*claim))));
        }
        let canceled = claims.iter().any(|claim| book.of_claim(*claim).is_some_and(Task::shows_cancel));
        let words = Some(self.words().into());
        let outcome = match self.chance.between(0, 3) {
            0 => Outcome::Failed { reason: words, details: None },
            1 if canceled => Outcome::Canceled { details: words },
            _ => Outcome::Completed { result: words },
        };
        Command::Close { claims, outcome }
    }

    /// A close of which no attempt got through, as the screen has it, is taken back, and the task closed otherwise.
    fn second_thoughts(&mut self, book: &Book) -> Option<Command> {
        if let Some(claim) = self.reconsidered.take().filter(|claim| undecided(book.of_claim(*claim))) {
            let outcome = Outcome::Failed { reason: Some(self.words().into()), details: None };
            return Some(Command::Close { claims: vec![claim], outcome });
        }
        if !self.chance.in_thousand(400) {
            return None;
        }
        let failed = |claim: &&ClaimId| book.of_claim(**claim).is_some_and(Task::may_be_taken_back);
        let claim = *book.open.iter().find(failed)?;
        self.reconsidered = Some(claim);
        Some(Command::WithdrawClose { claim })
    }

    /// Whatever is not kept, or nearly not kept any more: all of it, or what is among a few.
    fn keep(&mut self, book: &Book) -> Command {
        let unkept = |claim: &ClaimId| book.of_claim(*claim).is_some_and(|task| !task.shows_lease());
        let mut claims: Vec<ClaimId> = Vec::new();
        if self.diligent {
            claims.extend(book.open.iter().copied().filter(unkept));
        } else {
            for _ in 0..10 {
                let claim = self.chance.pick(&book.open).copied();
                claims.extend(claim.filter(|claim| !claims.contains(claim)).filter(unkept));
            }
        }
        let length_ms = if self.diligent {
            self.chance.between(1_800_000, 28_800_000)
        } else if self.chance.in_thousand(150) {
            self.chance.between(10_000, 120_000)
        } else {
            self.chance.between(300_000, 7_200_000)
        };
        Command::Keep { claims, length_ms }
    }

    fn words(&mut self) -> String {
        self.words += 1;
        format!("words {}", self.words)
    }

    fn act_on(&mut self, claim: ClaimId, task: &Task) -> Option<Command> {
        let claims = vec![claim];
        if task.shows_close() && self.chance.in_thousand(300) {
            return Some(Command::WithdrawClose { claim });
        }
        Some(match self.chance.between(0, 19) {
            0..=5 => Command::Beat { claims, details: Details::Same },
            6..=9 => Command::Beat { claims, details: Details::New(self.words().into()) },
            10..=12 if self.diligent && !self.chance.in_thousand(50) => return None,
            10..=11 => Command::Keep { claims, length_ms: self.chance.between(10_000, 900_000) },
            12 => Command::StopKeeping { claims },
            13 | 14 => Command::GoOn { claims },
            15 => Command::WithdrawClose { claim },
            16 if task.heartbeat_unknown() => {
                let limit = task.heartbeat().map_or(Limit::None, Limit::Seconds);
                Command::SetTimeout { claim, kind: TimeoutKind::Heartbeat, limit }
            }
            17 => Command::ReloadCredentials,
            _ => return None,
        })
    }
}

fn undecided(task: Option<&Task>) -> bool {
    let facts = task.and_then(|task| task.facts.as_ref());
    facts.is_some_and(|facts| matches!(facts.state, TaskState::Held | TaskState::Refused { .. }))
}
