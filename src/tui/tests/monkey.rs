//! A monkey at the screen: random keys, mouse, pastes, sizes and news with hostile data. Nothing panics, no act is done
//! without its question, and no byte is outside the grammar.
//!
//! A few thousand events here; `SWFBEAT_MONKEY=1000000` for as many as CI plays.

use std::sync::Arc;

use super::{grammar, stage};
use crate::clock::{Now, Wall};
use crate::console::{Command, Level, TaskFacts};
use crate::task::ClaimId;
use crate::text::printable;
use crate::tui::fixtures::{T0, hostile, log_line, status, zoo};
use crate::tui::input::{Input, Parser};
use crate::tui::offscreen::Offscreen;
use crate::tui::state::Overlay;
use crate::tui::{News, Options, Zone, update};

const SEEDS: u64 = 100;
/// Frames are drawn after every so many events: most of the cost.
const EVENTS_A_FRAME: u64 = 8;

/// splitmix64: a few lines, and the same everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

const HOSTILE: [&str; 12] = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;pwn\x07",
    "\u{9b}1m",
    "a\u{202e}b\u{2066}c",
    "z\u{200b}w\u{200d}\u{feff}",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}",
    "漢字漢字",
    "👩\u{200d}👩\u{200d}👧",
    "\u{301}",
    "\t\r\n",
    "\x1bP1$r\x1b\\",
    "한\u{1160}글\u{3164}",
];

fn text(chance: &mut Chance) -> String {
    let one = chance.of(&HOSTILE);
    // Lines of 32 KB are rare, as they are slow.
    let times = if chance.below(200) == 0 { 32_768 / one.len() } else { 1 + chance.below(4) as usize };
    one.repeat(times)
}

fn facts(chance: &mut Chance, zoo: &[Arc<TaskFacts>]) -> Arc<TaskFacts> {
    let id = ClaimId(1 + chance.below(40));
    let mut facts = if chance.below(3) == 0 {
        (*hostile(id.0)).clone()
    } else {
        (*zoo[chance.below(zoo.len() as u64) as usize]).clone()
    };
    facts.id = id;
    if chance.below(4) == 0 {
        facts.input = Some(text(chance).into());
        facts.details = Some(text(chance).into());
        facts.activity_id = text(chance).into();
    }
    Arc::new(facts)
}

fn news(chance: &mut Chance, zoo: &[Arc<TaskFacts>]) -> News {
    let text = printable(&text(chance)).into_owned();
    let level = chance.of(&[Level::Info, Level::Warn, Level::Error, Level::Alarm]);
    News {
        changed: vec![facts(chance, zoo)],
        removed: (chance.below(3) == 0).then(|| ClaimId(1 + chance.below(40))).into_iter().collect(),
        status: (chance.below(4) == 0).then(|| Arc::new(status())),
        log: vec![log_line(level, "event", &text, &text)],
        ..News::default()
    }
}

/// What a terminal may send: keys, mostly, and everything else.
fn bytes(chance: &mut Chance) -> Vec<u8> {
    const SEQUENCES: [&str; 16] = [
        "\x1b[A",
        "\x1b[B",
        "\x1b[C",
        "\x1b[D",
        "\x1b[C\r",
        "\r",
        "\r",
        "\t",
        "\x1b",
        "\x1b[5~",
        "\x1b[6~",
        "\x1b[3~",
        "\x1b[I",
        "\x1b[O",
        "\x1b]11;rgb:ffff/ffff/ffff\x07",
        "\x1b[Z",
    ];
    match chance.below(12) {
        0..=5 => vec![b' ' + chance.below(95) as u8],
        6 | 7 => chance.of(&SEQUENCES).into(),
        8 => vec![chance.below(32) as u8],
        9 => {
            let (button, last) = (chance.of(&[0, 0, 0, 1, 2, 64, 65, 32]), chance.of(&['M', 'M', 'm']));
            format!("\x1b[<{button};{};{}{last}", chance.below(310), chance.below(110)).into_bytes()
        }
        10 => format!("\x1b[200~{}\x1b[201~", text(chance).replace("\x1b[201~", "")).into_bytes(),
        _ => (0..chance.below(12)).map(|_| chance.next() as u8).collect(),
    }
}

/// Whether the question on the screen names what this command does.
fn was_asked(screen: &Offscreen) -> bool {
    matches!(screen.state.overlay, Some(Overlay::Confirm(_)))
}

fn play(seed: u64, events: u64) {
    let mut chance = Chance(seed);
    let zoo = zoo();
    let demo = (seed % 2 == 1).then(|| "a tour ".repeat(1 + seed as usize % 40));
    let options = Options { zone: Zone::Fixed(0), ascii: seed % 10 == 9, demo, ..Options::default() };
    let mut screen = Offscreen::new(options, 120, 40);
    let mut parser = Parser::default();
    let mut now = T0;
    screen.take(News { changed: zoo.clone(), status: Some(Arc::new(status())), ..News::default() }, now);
    for event in 0..events {
        match chance.below(20) {
            0 => screen.resize(1 + chance.below(300) as u16, 1 + chance.below(100) as u16),
            1 => {
                screen.take(news(&mut chance, &zoo), now);
                update::reports(&mut screen.state, stage::anything(&mut || chance.below(4)), now.boot);
            }
            2 => {
                let millis = chance.below(90_000) as i64;
                now = Now { boot: now.boot + millis, mono: now.mono + millis, wall: Wall(now.wall.0 + millis) };
            }
            _ => {
                let sent = bytes(&mut chance);
                let inputs: Vec<Input> = parser.advance(&sent).into_iter().chain(parser.expire()).collect();
                for input in inputs {
                    let asked = was_asked(&screen);
                    let command = screen.input(input, now);
                    let closes = matches!(command, Some(Command::Close { .. }));
                    assert!(asked || !closes, "seed {seed}, event {event}: {command:?} without a question");
                }
            }
        }
        if event % EVENTS_A_FRAME == 0 {
            let frame = screen.frame(now);
            if let Err(why) = grammar::check(&frame) {
                panic!("seed {seed}, event {event}: a byte outside the grammar {why}");
            }
        }
    }
}

#[test]
fn random_a_monkey_breaks_nothing() {
    let all = std::env::var("SWFBEAT_MONKEY").ok().and_then(|all| all.parse().ok()).unwrap_or(4_000);
    let hands = std::thread::available_parallelism().map_or(1, |hands| hands.get() as u64);
    std::thread::scope(|scope| {
        for hand in 0..hands {
            scope.spawn(move || (hand..SEEDS).step_by(hands as usize).for_each(|seed| play(seed, all / SEEDS)));
        }
    });
    println!("{all} events with {SEEDS} seeds");
}
