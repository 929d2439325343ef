//! One console after the other on the same journal, each killed.

use std::thread;
use std::time::Duration;

use swfbeat::clock;
use tempfile::{TempDir, tempdir};
use termlens::{Key, Screen};

use crate::chance::Chance;
use crate::checks::{Checks, Totals};
use crate::console::{Console, journal};
use crate::keeping::Keeping;
use crate::notes::Notes;
use crate::operator::{self, Act};
use crate::screen::Frame;
use crate::service::Host;

/// The most of them in a row.
const IN_A_ROW: i64 = 4;
/// So many of them in a thousand are killed once they hold the journal, the others anywhere.
const IN_RECOVERY: u64 = 600;
/// Much of what a start takes, microseconds: process, settings, journal, first frame.
const START_US: i64 = 60_000;
/// The same from holding the journal on.
const RECOVERY_US: i64 = 12_000;
/// For a form to open or a question to be asked, milliseconds.
const FORM_MS: i64 = 300;
/// For a restarted console to show its tasks, and to find out how unconfirmed closes ended, milliseconds.
const SOON_MS: i64 = 20_000;
/// So many forms in a thousand are sent off with the kill close behind, when polls are answered and closes are on their way.
const AT_ACT: u64 = 300;
/// How close, milliseconds.
const ACT_MS: i64 = 15;
/// Between two looks at the screen, milliseconds.
const LOOK_MS: i64 = 5;
const DAY_MS: i64 = 86_400_000;

type Verdicts = Result<(), String>;

/// How fast things happen.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long a console lives after its start, milliseconds.
    pub life_ms: (i64, i64),
    /// After so many kills in a thousand, the next consoles are killed while they start.
    pub at_start: u64,
    /// The longest pause of the operator, milliseconds.
    pub pause_ms: i64,
    /// So many acts in a thousand are keep-alives, beyond the usual.
    pub keep: u64,
}

pub struct World {
    host: Host,
    /// Where the consoles think that the service is.
    endpoint: String,
    pace: Pace,
    home: TempDir,
    chance: Chance,
    checks: Checks,
    notes: Notes,
    acts: u64,
    last: Option<Screen>,
    keeping: Keeping,
}

impl World {
    pub fn new(seed: u64, host: Host, endpoint: String, pace: Pace) -> Self {
        Self {
            host,
            endpoint,
            pace,
            home: tempdir().unwrap(),
            chance: Chance::new(seed),
            checks: Checks::default(),
            notes: Notes::default(),
            acts: 0,
            last: None,
            keeping: Keeping::new(),
        }
    }

    /// What became of the tasks under keep-alive.
    pub fn keeping(&self) -> &Keeping {
        &self.keeping
    }

    pub fn totals(&self) -> &Totals {
        &self.checks.totals
    }

    pub fn last_screen(&self) -> String {
        self.last.as_ref().map_or_else(|| "nothing was drawn".into(), Screen::text)
    }

    pub fn into_totals(self) -> Totals {
        self.checks.totals
    }

    /// Starts a console, works with it, and kills it; then perhaps some that only get to take up what it left.
    pub fn live(&mut self) -> Verdicts {
        let mut console = Console::start(self.home.path(), &self.endpoint);
        let worked = self.await_tasks(&mut console).and_then(|frame| {
            console.kill_after(millis(self.chance.between(self.pace.life_ms.0, self.pace.life_ms.1)));
            self.work(&mut console, frame)
        });
        self.end(&mut console, worked)?;
        let mut in_a_row = 0;
        let mut recovered = 0;
        if self.chance.in_thousand(self.pace.at_start) {
            in_a_row = self.chance.between(1, IN_A_ROW);
        }
        for _ in 0..in_a_row {
            recovered = if self.die_starting()? { recovered + 1 } else { 0 };
            self.checks.totals.recoveries_in_a_row = self.checks.totals.recoveries_in_a_row.max(recovered);
        }
        Ok(())
    }

    /// A console that is killed before anybody types; whether that was while it took up the journal.
    fn die_starting(&mut self) -> Result<bool, String> {
        let mut console = Console::start(self.home.path(), &self.endpoint);
        if self.chance.in_thousand(IN_RECOVERY) {
            console.kill_in_recovery(micros(self.chance.between(0, RECOVERY_US)));
        } else {
            console.kill_after(micros(self.chance.between(0, START_US)));
        }
        self.end(&mut console, Ok(()))?;
        let in_recovery = console.holds_journal() && Frame::read(&console.screen()).is_none();
        self.checks.totals.kills_at_start += 1;
        self.checks.totals.kills_in_recovery += u64::from(in_recovery);
        Ok(in_recovery)
    }

    fn end(&mut self, console: &mut Console, result: Verdicts) -> Verdicts {
        self.checks.totals.kills += 1;
        let kill = self.checks.totals.kills;
        result.and_then(|()| self.bury(console)).map_err(|broken| format!("at kill {kill}: {broken}"))
    }

    /// A last console that nobody disturbs comes to know how every close ended.
    pub fn settle(&mut self) -> Verdicts {
        let mut console = Console::start(self.home.path(), &self.endpoint);
        let mut frame = self.await_tasks(&mut console)?;
        let deadline = clock::now().boot + SOON_MS;
        while frame.rows.iter().any(crate::screen::Row::is_undecided) {
            if clock::now().boot > deadline || console.gone {
                return Err("one-outcome: after a restart a close stays undecided".into());
            }
            thread::sleep(millis(LOOK_MS));
            frame = self.look(&mut console)?.unwrap_or(frame);
        }
        console.kill_after(Duration::ZERO);
        self.bury(&mut console)?;
        let undecided = self.notes.claims.iter().find(|(_, noted)| noted.intent.is_some() && noted.verdict.is_none());
        undecided.map_or(Ok(()), |(id, _)| Err(format!("one-outcome: {id} has an intent and no verdict in the end")))
    }

    /// Waits until a restarted console shows what the journal holds, and compares.
    fn await_tasks(&mut self, console: &mut Console) -> Result<Frame, String> {
        let deadline = clock::now().boot + SOON_MS;
        loop {
            let frame = self.look(console)?;
            let out_of_time = clock::now().boot > deadline || console.gone;
            match frame {
                // The first frame may come before the first news.
                Some(frame) if frame.rows.len() >= self.notes.claims.len() || out_of_time => {
                    self.checks.restarted(&frame, &self.notes)?;
                    self.keeping.runs();
                    return Ok(frame);
                }
                None if out_of_time => return Err("the restarted console shows nothing".into()),
                _ => thread::sleep(millis(LOOK_MS)),
            }
        }
    }

    /// Types until the kill.
    fn work(&mut self, console: &mut Console, mut frame: Frame) -> Verdicts {
        while !console.gone {
            self.acts += 1;
            let keep = self.chance.in_thousand(self.pace.keep);
            let act = if keep { operator::keep() } else { operator::next(&mut self.chance, &frame, self.acts) };
            self.perform(console, act)?;
            let pause = clock::now().boot + self.chance.between(0, self.pace.pause_ms);
            loop {
                frame = self.look(console)?.unwrap_or(frame);
                if clock::now().boot >= pause {
                    break;
                }
                thread::sleep(millis(LOOK_MS));
            }
        }
        Ok(())
    }

    fn perform(&mut self, console: &mut Console, act: Act) -> Verdicts {
        match act {
            Act::Keys(keys) => console.press(&keys),
            Act::Dismiss => self.dismiss(console)?,
            Act::Form { key, title, fields, confirmed } => {
                console.press(&[Key::Char(key)]);
                // Refused, or dead.
                if !self.await_text(console, title)? {
                    return Ok(());
                }
                for (index, field) in fields.iter().enumerate() {
                    if index > 0 {
                        console.press(&[Key::Tab]);
                    }
                    if !field.is_empty() {
                        console.press(&[Key::Ctrl('u')]);
                        console.write(field);
                    }
                }
                console.press(&[Key::Enter]);
                if confirmed {
                    if self.await_text(console, "only once")? {
                        console.press(&[Key::Right, Key::Enter]);
                    } else {
                        console.press(&[Key::Esc]);
                    }
                }
                if self.chance.in_thousand(AT_ACT) {
                    console.kill_after(millis(self.chance.between(0, ACT_MS)));
                }
            }
        }
        Ok(())
    }

    /// Only what the checks are done with may go: it is out of their sight from then on. So it must be certain which task
    /// the key will hit: what was typed before has been read when the help has come and gone, and the cursor moves by
    /// itself only when a task is taken off the list.
    fn dismiss(&mut self, console: &mut Console) -> Verdicts {
        console.press(&[Key::Char('?')]);
        if !self.await_text(console, "any other key")? {
            return Ok(());
        }
        console.press(&[Key::Char('?')]);
        if !self.await_text(console, "q quit")? {
            return Ok(());
        }
        let Some(frame) = self.last.as_ref().and_then(Frame::read) else { return Ok(()) };
        let still_leaving = console.dismissed.as_ref().is_some_and(|id| frame.ids().any(|other| other == id));
        if let Some(row) = frame.selected().filter(|row| self.checks.is_settled(&row.id) && !still_leaving) {
            self.checks.dismissing(&row.id);
            console.dismissed = Some(row.id.clone());
            console.press(&[Key::Char('D')]);
        }
        Ok(())
    }

    fn await_text(&mut self, console: &mut Console, text: &str) -> Result<bool, String> {
        let deadline = clock::now().boot + FORM_MS;
        loop {
            self.look(console)?;
            if self.last.as_ref().is_some_and(|screen| screen.contains(text)) {
                return Ok(true);
            }
            if clock::now().boot > deadline || console.gone {
                return Ok(false);
            }
            thread::sleep(millis(2));
        }
    }

    /// Checks what was drawn since the last look; gives the newest frame of the table.
    fn look(&mut self, console: &mut Console) -> Result<Option<Frame>, String> {
        let mut newest = None;
        for screen in console.frames() {
            let frame = Frame::read(&screen);
            self.last = Some(screen);
            if let Some(frame) = frame {
                let service = self.host.inspect();
                self.checks.frame(&frame, stood_until(&frame, service.now), &service)?;
                newest = Some(frame);
            }
        }
        Ok(newest)
    }

    /// Waits for the kill, and looks at what it left.
    fn bury(&mut self, console: &mut Console) -> Verdicts {
        self.keeping.runs_no_more();
        console.await_kill().inspect_err(|_| self.last = Some(console.screen()))?;
        // What was in its terminal is read to the end.
        while !console.gone {
            self.look(console)?;
            thread::sleep(millis(1));
        }
        self.notes = Notes::read(&journal(self.home.path()));
        let (told, service) = (self.host.told()?, self.host.inspect());
        self.keeping.look(&self.notes, &told);
        self.checks.killed(&self.notes, &told, &service)
    }
}

/// The service's time when the clock on a frame changes, and with it every countdown; `now` is its time now.
fn stood_until(frame: &Frame, now: i64) -> i64 {
    let wall = clock::now().wall.0;
    let since_drawn_second = (wall - frame.second * 1_000).rem_euclid(DAY_MS);
    now - since_drawn_second + 1_000
}

fn micros(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

fn millis(millis: i64) -> Duration {
    Duration::from_millis(millis.unsigned_abs())
}
