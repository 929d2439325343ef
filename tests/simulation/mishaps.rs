//! What happens to everybody: weather, crashes, sleep, and what the workflow and a colleague do meanwhile.

use std::sync::Arc;

use swfbeat::console::Console;
use swfbeat::emulator::RequestId;
use swfbeat::task::{Entry, Record};
use swfbeat::wire::Request;

use super::checks::Checks;
use super::network::Weather;
use super::world::{Happening, World, config};

impl World {
    pub fn meanwhile(&mut self) {
        let open: Vec<_> = self.host.service.open_activities().into_iter().filter(|it| it.token.is_some()).collect();
        if let Some(task) = self.chance.pick(&open) {
            match self.chance.between(0, 9) {
                0 => self.host.replace_execution(self.at),
                1 | 2 => {
                    let body = serde_json::json!({"taskToken": task.token, "result": "a colleague's"});
                    self.note(|| format!("a colleague completes {}", task.activity_id));
                    self.host.ask(self.at, "RespondActivityTaskCompleted", &body);
                }
                _ => self.host.request_cancel(self.at, &task.activity_id.clone()),
            }
        }
        self.serve();
        let after = self.chance.between(10_000, 120_000);
        self.plan(after, Happening::Meanwhile);
    }

    pub fn change_weather(&mut self) {
        let (weather, length) = match self.chance.between(0, if self.calm { 1 } else { 5 }) {
            0 => (Weather::Fair, 120_000),
            1 => (Weather::Lossy(30), 60_000),
            2 => (Weather::Lossy(400), 40_000),
            3 => (Weather::Throttling(500), 60_000),
            _ => (Weather::Outage, 50_000),
        };
        self.note(|| format!("weather {weather:?}"));
        self.weather = weather;
        let after = self.chance.between(1_000, length);
        self.plan(after, Happening::Weather);
    }

    /// Killed at any moment: what was not synced is gone, and so is every connection.
    pub fn crash(&mut self) {
        let pending = !self.writes.is_empty();
        if !pending && self.chance.in_thousand(600) {
            // Rather while something is being written.
            self.plan(3, Happening::Crash);
            return;
        }
        self.totals.crashes += 1;
        self.note(|| "killed".to_owned());
        self.writes.clear();
        let polls: Vec<_> =
            self.calls.iter().filter(|(_, call)| matches!(call.request, Request::Poll { .. })).collect();
        for (&id, _) in polls {
            self.host.service.forget(RequestId(id));
        }
        for call in self.calls.values_mut() {
            call.dropped = true;
        }
        if let Err(broken) = self.checks.crashed(&self.disk) {
            self.fail(broken);
        }
        self.at += self.chance.between(100, 2_000);
        self.restart();
        let after = self.chance.between(5_000, 1_200_000);
        self.plan(after, Happening::Crash);
    }

    pub fn restart(&mut self) {
        self.life += 1;
        let boot_id: Arc<str> = "boot-1".into();
        let entry = |(seq, record): (u64, &Record)| Entry { seq, boot_id: boot_id.clone(), record: record.clone() };
        let entries: Vec<_> = (1..).zip(&self.disk).map(entry).collect();
        let (console, effects) = Console::new(config(self.seed, self.life, self.options), self.now(), &entries);
        self.console = console;
        self.facts.clear();
        self.wake_at = None;
        self.perform(effects);
        if let Err(broken) = Checks::restarted(&self.disk, &self.facts) {
            self.fail(broken);
        }
    }

    pub fn sleep(&mut self) {
        if !self.calm {
            let length = self.chance.between(3_000, 40_000);
            self.asleep_until = self.at + length;
            if self.chance.in_thousand(500) {
                self.slept += length;
            }
            if self.chance.in_thousand(300) {
                self.wall += self.chance.between(-86_400_000, 86_400_000);
            }
            self.note(|| format!("asleep for {length} ms"));
        }
        let after = self.chance.between(60_000, 1_800_000);
        self.plan(after, Happening::Sleep);
    }
}
