//! What happens to everybody: troubles of network and service, crashes, sleep, and what the workflow and a colleague do
//! meanwhile.

use std::sync::Arc;

use swfbeat::console::Status;
use swfbeat::emulator::{Faults, Operation, Quotas, RequestId, Rule};
use swfbeat::task::ClaimId;
use swfbeat::wire::Request;

use super::book::Who;
use super::world::{Happening, World};

/// What goes wrong at all times: delays, and a little of everything.
const ORDINARY: [&str; 7] = [
    "*=latency:2ms-90ms",
    "*=late-answer:2ms-90ms",
    "*=lost-request@0.1%",
    "*=lost-answer@0.1%",
    "*=reset-answer@0.1%",
    "*=latency:1s-20s@0.1%",
    "GetWorkflowExecutionHistory=history-lag:1500ms@10%",
];
/// A rate that leaves nothing over for recovering is looked at again after this.
const NO_RECOVERY_MS: i64 = 60_000;
/// Troubles that are remembered.
const REMEMBERED: usize = 100;
/// Of what the screen says can be survived, this is left over.
pub const MARGIN_MS: i64 = 500;
/// Of heartbeats that are refused for their rate, so many come in a row: 6 s at the least rate there is.
const PATIENCE: u32 = 12;
/// The longest time for which nothing gets through after a close.
const CUT_MS: i64 = 25_000;
/// When a trouble may not come yet, the next look.
const AGAIN_MS: i64 = 1_000;
/// After lost access the next try comes so late.
const ACCESS_MS: i64 = 5_500;

/// What network and service do at present.
pub struct Weather {
    pub faults: Faults,
    pub quotas: Quotas,
    /// Nothing gets through.
    pub outage: bool,
    /// So many connections in a thousand are refused rather than swallowed.
    pub refuses: u64,
    /// Heartbeats refused for their rate since one was not.
    refusals: u32,
    /// When the last trouble of any kind is or was over.
    pub over_at: i64,
    /// Recent troubles, the last one last.
    pub troubles: Vec<Trouble>,
    /// When the rate was last little, or refused.
    pub squeezed_until: i64,
    ordinary: Vec<Rule>,
}

impl Weather {
    pub fn new(seed: u64) -> Self {
        let ordinary: Vec<Rule> = ORDINARY.iter().map(|text| text.parse().expect("a rule")).collect();
        Self {
            faults: Faults::new(seed ^ 0xfa17, ordinary.clone()),
            quotas: Quotas::none(),
            outage: false,
            refuses: 0,
            over_at: 0,
            refusals: 0,
            troubles: Vec::new(),
            squeezed_until: 0,
            ordinary,
        }
    }

    /// Whether a heartbeat that is to be refused for its rate really is.
    ///
    /// The rules promise that a kept task is tried again and again, at two attempts a second if need be, not that the
    /// service takes one: chance alone has refused 57 in a row (seed 9). A quota is shared by taking turns, so a turn
    /// comes.
    pub fn refuses_beat(&mut self, refused: bool) -> bool {
        let refused = refused && self.refusals < PATIENCE;
        self.refusals = if refused { self.refusals + 1 } else { 0 };
        refused
    }

    /// Ordinary troubles and these.
    fn set(&mut self, rules: &[String]) {
        let special = rules.iter().map(|text| text.parse().expect("a rule"));
        self.faults.set(special.chain(self.ordinary.iter().copied()).collect());
    }

    /// Remembers a trouble.
    fn began(&mut self, trouble: Trouble) {
        if self.troubles.len() == REMEMBERED {
            self.troubles.remove(0);
        }
        self.lasts(trouble.until);
        self.troubles.push(trouble);
    }

    /// There is some trouble until then.
    fn lasts(&mut self, until: i64) {
        self.over_at = self.over_at.max(until);
    }
}

/// A time in which nothing got through, or too little.
#[derive(Debug, Clone)]
pub struct Trouble {
    pub from: i64,
    pub until: i64,
    /// What the screen said when it began.
    pub said: Option<Arc<Status>>,
}

impl World {
    /// There is trouble from now on for so long.
    fn trouble_for(&mut self, length: i64) {
        let (from, said) = (self.at, self.status.clone());
        self.weather.began(Trouble { from, until: from + length, said });
    }

    /// Whether a trouble now would come before everything is as it was before the last one, as the screen has it.
    fn is_recovering(&self) -> bool {
        let Some(last) = self.weather.troubles.last() else { return false };
        let statuses = [last.said.as_ref(), self.status.as_ref()].into_iter().flatten();
        let longest = statuses.filter(|status| status.survives_ms.is_some()).map(|status| recovery(status)).max();
        self.at < last.until + longest.unwrap_or(0)
    }

    /// The longest silence that every kept task survives, as the screen shows it.
    fn tolerated(&self) -> i64 {
        self.status.as_ref().and_then(|status| status.survives_ms).unwrap_or(120_000) - MARGIN_MS
    }

    /// The next trouble begins.
    pub fn trouble(&mut self) {
        if self.quiet {
            return;
        }
        if self.feasible && self.is_recovering() {
            self.plan(AGAIN_MS, Happening::Trouble);
            return;
        }
        let worst = if self.feasible { self.tolerated().min(120_000) } else { 150_000 };
        let kind = self.chance.between(0, 13);
        self.note(|| format!("trouble of kind {kind}, {worst} ms at most"));
        let silence = match kind {
            0..=5 => self.silence(kind, worst),
            6..=9 if self.is_poor() => self.squeeze(),
            6 => self.lost_access(worst),
            7 => self.squeeze(),
            8 => self.lag(),
            9 | 10 => self.sleep(worst.min(60_000)),
            11 => self.crash(false),
            12 => self.crash(true),
            _ => self.odds_and_ends(),
        };
        // Some come as soon as they may.
        let calm = if self.chance.in_thousand(200) { 100 } else { self.chance.between(1_000, 240_000) };
        let after = silence + calm;
        self.plan(after, Happening::Trouble);
    }

    /// Nothing gets through, or hardly anything, or so slowly that it does not help.
    fn silence(&mut self, kind: i64, worst: i64) -> i64 {
        let length = self.chance.between(1_000, worst);
        if worst < 1_000 {
            return 0;
        }
        let rule = match kind {
            0..=2 => "*=lost-request".to_owned(),
            3 => "*=lost-request@40%".to_owned(),
            4 => format!("*=error:{}@80%", self.chance.pick(&[500, 503]).copied().expect("not empty")),
            _ => "*=late-answer:500ms-6s".to_owned(),
        };
        self.weather.set(&[rule]);
        self.weather.outage = kind <= 2;
        self.weather.refuses = if self.chance.in_thousand(500) { 500 } else { 0 };
        self.totals.outages += 1;
        self.begin(length)
    }

    /// A close was applied. Now and then that was the last thing that got through for a while: its answer is lost, and
    /// then every connection is refused, so that each attempt after it is certain to have failed.
    pub fn cut_off(&mut self) {
        let busy = self.quiet || self.feasible && (self.at < self.weather.over_at || self.is_recovering());
        let worst = if self.feasible { self.tolerated().min(CUT_MS) } else { CUT_MS };
        if busy || worst < 4_000 || !self.chance.in_thousand(40) {
            return;
        }
        let length = self.chance.between(4_000, worst);
        self.note(|| format!("a close was applied, and for {length} ms nothing else gets through"));
        self.weather.set(&["*=lost-request".to_owned()]);
        (self.weather.outage, self.weather.refuses) = (true, 1_000);
        self.totals.cut_off += 1;
        self.begin(length);
    }

    fn begin(&mut self, length: i64) -> i64 {
        self.trouble_for(length);
        self.plan(length, Happening::Over);
        length
    }

    fn lost_access(&mut self, worst: i64) -> i64 {
        let worst = worst - ACCESS_MS;
        if worst < 1_000 {
            return 0;
        }
        self.weather.set(&["*=expired".to_owned()]);
        let length = self.chance.between(1_000, worst);
        self.trouble_for(length + ACCESS_MS);
        self.plan(length, Happening::Over);
        length + ACCESS_MS
    }

    /// The account's quota is used up by others. A feasible seed leaves enough.
    fn squeeze(&mut self) -> i64 {
        let length = self.chance.between(10_000, 300_000);
        self.plan(length, Happening::Over);
        self.weather.lasts(self.at + length);
        self.weather.squeezed_until = self.at + length;
        if self.is_poor() {
            self.weather.set(&["RecordActivityTaskHeartbeat=throttle@70%".to_owned()]);
            return length;
        }
        let refill = if self.feasible { self.chance.between(12, 40) } else { self.chance.between(1, 3) };
        let beat: Operation = "RecordActivityTaskHeartbeat".parse().expect("an operation");
        self.weather.quotas.set(beat, format!("{}/{refill}", self.chance.between(1, 20)).parse().expect("a rate"));
        if self.chance.in_thousand(500) {
            let close: Operation = "RespondActivityTaskCompleted".parse().expect("an operation");
            self.weather.quotas.set(close, "1/1".parse().expect("a rate"));
        }
        length
    }

    /// Histories lag behind, which matters only to whoever reads them.
    fn lag(&mut self) -> i64 {
        let seconds = self.chance.between(2, 90);
        self.weather.set(&[format!("GetWorkflowExecutionHistory=history-lag:{seconds}s")]);
        let length = self.chance.between(10_000, 600_000);
        self.plan(length, Happening::Over);
        self.weather.lasts(self.at + length + 1_000 * seconds);
        length
    }

    pub fn trouble_is_over(&mut self) {
        self.note(|| "the trouble is over".to_owned());
        self.weather.set(&[]);
        self.weather.quotas = Quotas::none();
        (self.weather.outage, self.weather.refuses) = (false, 0);
    }

    /// The machine sleeps, or the process is stopped.
    fn sleep(&mut self, worst: i64) -> i64 {
        if worst < 1_000 {
            return 0;
        }
        let length = self.chance.between(500, worst);
        self.totals.sleeps += 1;
        self.asleep_until = self.at + length;
        if self.chance.in_thousand(500) {
            self.slept += length;
        }
        self.step_clock(300);
        self.note(|| format!("asleep for {length} ms"));
        self.trouble_for(length);
        length
    }

    fn step_clock(&mut self, chance: u64) {
        if self.chance.in_thousand(chance) {
            self.totals.clock_steps += 1;
            self.wall += self.chance.between(-86_400_000, 86_400_000);
        }
    }

    fn odds_and_ends(&mut self) -> i64 {
        self.step_clock(1_000);
        if !self.feasible {
            self.disk.full_until = self.at + self.chance.between(1_000, 30_000);
        }
        0
    }

    /// Killed at any moment: what was not synced is gone, and so is every connection. With `reboot` the machine is
    /// started anew, and its boot clock with it.
    fn crash(&mut self, reboot: bool) -> i64 {
        if self.dead {
            return 0;
        }
        self.note(|| if reboot { "the machine goes down".to_owned() } else { "killed".to_owned() });
        self.totals.crashes += 1;
        self.totals.reboots += u64::from(reboot);
        self.dead = true;
        self.disk.crash();
        for (&id, call) in &mut self.calls {
            call.dropped = true;
            if matches!(call.request, Request::Poll { .. }) && self.chance.in_thousand(700) {
                self.host.service.forget(RequestId(id));
            }
        }
        let checked = self.book.crashed(reboot, self.clocks().boot_at);
        self.heed(checked);
        self.operator.restarted();
        let down = if reboot { self.chance.between(5_000, 60_000) } else { self.chance.between(50, 1_500) };
        self.trouble_for(down);
        self.rebooting = reboot;
        self.plan(down, Happening::Restart);
        down
    }

    pub fn restart(&mut self) {
        self.dead = false;
        if std::mem::take(&mut self.rebooting) {
            self.boot_anew();
        }
        self.start_console();
        let checked = self.book.restarted();
        self.heed(checked);
    }

    /// A close was decided: a fifth and more of them meet a colleague, and a fifth and more a crash.
    pub fn intent_on_its_way(&mut self, claim: ClaimId) {
        let Some(number) = self.book.of_claim(claim).map(|task| task.number) else { return };
        if self.quiet {
            return;
        }
        if self.chance.in_thousand(450) {
            let after = self.chance.between(0, 300);
            self.plan(after, Happening::Colleague(number));
        }
        if self.chance.in_thousand(180) {
            let after = self.chance.between(5, 150);
            self.plan(after, Happening::Kill);
        }
    }

    pub fn kill_for_a_close(&mut self) {
        // In a feasible seed not on top of another trouble: together they would be longer than what can be survived.
        if !(self.quiet || self.feasible && self.is_recovering()) {
            self.crash(false);
        }
    }

    /// The colleague has the token too.
    pub fn colleague_closes(&mut self, number: u32) {
        let Some(index) = self.book.by_number(number) else { return };
        self.book.colleague_closes(index);
        let token = &self.book.tasks[index as usize].token;
        let (operation, member) = match self.chance.between(0, 2) {
            0 => ("RespondActivityTaskFailed", "details"),
            1 => ("RespondActivityTaskCanceled", "details"),
            _ => ("RespondActivityTaskCompleted", "result"),
        };
        let body = format!(r#"{{"taskToken":"{token}","{member}":"the words of a colleague"}}"#);
        let answer = self.host.ask(self.at, operation, &body);
        self.note(|| format!("a colleague closes task-{number}: {}", answer.status));
        if answer.status == 200 {
            self.book.closed(index, Who::Colleague);
            self.book.look(self.at, index, &self.host);
        }
        self.serve();
    }

    fn colleague_beats(&mut self, index: u32) {
        let body = format!(r#"{{"taskToken":"{}","details":"beaten by"}}"#, self.book.tasks[index as usize].token);
        if self.host.ask(self.at, "RecordActivityTaskHeartbeat", &body).status == 200 {
            self.book.look(self.at, index, &self.host);
            let checked = self.book.beat_taken(index, None, &self.clocks());
            self.heed(checked);
        }
    }

    pub fn meanwhile(&mut self) {
        if self.quiet {
            self.serve();
            return;
        }
        self.host.supply(self.at);
        self.serve();
        if let Some(index) = self.chance.pick(&self.book.alive).copied() {
            let number = self.book.tasks[index as usize].number;
            match self.chance.between(0, 599) {
                0 => self.host.terminate(self.at, number),
                1..=3 => self.colleague_closes(number),
                4..=20 => self.colleague_beats(index),
                21..=70 => self.host.request_cancel(self.at, number),
                _ => {}
            }
        }
        self.serve();
        if !self.history_denied && !self.dead {
            let calm_since = self.weather.over_at.max(self.asleep_until);
            let checked = self.book.cancels_by_hand(self.at, calm_since);
            self.heed(checked);
        }
        let after = self.chance.between(500, 6_000);
        self.plan(after, Happening::Meanwhile);
    }

    /// From now on nobody does anything, and nothing goes wrong.
    pub fn quieten(&mut self) {
        self.quiet = true;
        self.host.winding_down = true;
        self.trouble_is_over();
        self.disk.full_until = 0;
        self.weather.faults.set(self.weather.ordinary.clone());
    }
}

/// How long after a trouble everything is as it was, as a screen has it.
pub fn recovery(said: &Status) -> i64 {
    said.recovers_ms.unwrap_or(NO_RECOVERY_MS)
}
