//! A person at the keys: claims, beats, keeps, closes, changes their mind.

use std::collections::BTreeMap;
use std::sync::Arc;

use swfbeat::console::{Command, Details, TaskFacts, TaskState};
use swfbeat::task::{ClaimId, Outcome};

use super::chance::Chance;

/// Tasks a person likes to hold.
const WANTED: usize = 8;

pub struct Operator {
    chance: Chance,
    words: u64,
}

impl Operator {
    pub fn new(seed: u64) -> Self {
        Self { chance: Chance::new(seed ^ 0x0b5e_55ed), words: 0 }
    }

    /// What they do next.
    pub fn act(&mut self, facts: &BTreeMap<ClaimId, Arc<TaskFacts>>) -> Vec<Command> {
        let open: Vec<_> = facts.values().filter(|facts| !facts.has_ended()).collect();
        let mut commands = Vec::new();
        if open.len() < WANTED && self.chance.in_thousand(300) {
            let wanted = (WANTED - open.len()) as u32;
            commands.push(Command::Claim { domain: "sim".into(), task_list: "manual".into(), wanted });
        }
        let ended: Vec<_> = facts.values().filter(|facts| facts.has_ended()).map(|facts| facts.id).collect();
        if ended.len() > 6 {
            commands.push(Command::Dismiss { claims: ended });
        }
        if let Some(task) = self.chance.pick(&open).copied() {
            commands.extend(self.act_on(task));
        }
        commands
    }

    fn act_on(&mut self, task: &TaskFacts) -> Option<Command> {
        let claims = vec![task.id];
        self.words += 1;
        let words = format!("words {}", self.words);
        let undecided = matches!(task.state, TaskState::Held | TaskState::Refused { .. });
        Some(match self.chance.between(0, 19) {
            0..=4 => Command::Beat { claims, details: Details::Same },
            5..=7 => Command::Beat { claims, details: Details::New(words.into()) },
            8..=11 => Command::Keep { claims, length_ms: self.chance.between(10_000, 900_000) },
            12 => Command::StopKeeping { claims },
            13 => Command::GoOn { claims },
            14 | 15 if undecided => {
                Command::Close { claims, outcome: Outcome::Completed { result: Some(words.into()) } }
            }
            16 if undecided => {
                Command::Close { claims, outcome: Outcome::Failed { reason: Some(words.into()), details: None } }
            }
            17 if undecided && task.cancel.is_some() => {
                Command::Close { claims, outcome: Outcome::Canceled { details: Some(words.into()) } }
            }
            18 => Command::WithdrawClose { claim: task.id },
            _ => return None,
        })
    }
}
