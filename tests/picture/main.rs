//! The pictures of the README, drawn by the program itself: the demo is played in a pseudo-terminal, and what its screen
//! shows becomes an SVG: the tour when a cancel request has come in and a task is due, an outage with the service beside
//! the console, and a story that plays itself as a moving one. To draw them anew, in two minutes:
//!
//! ```text
//! cargo test --test picture -- --ignored
//! ```
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod film;
mod svg;

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use termlens::{Key, Screen, Terminal};

/// Columns and rows of the tour's pictures.
const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 12)];
/// Those of the moving one.
const FILM: (u16, u16) = (100, 30);
/// Between two screens of it, and how much faster it is played.
const SAMPLE: Duration = Duration::from_secs(1);
const FASTER: f64 = 2.0;
/// It ends by itself; nothing takes longer.
const SOON: Duration = Duration::from_mins(3);

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("assets/{name}.svg"))
}

fn screen_name((columns, rows): (u16, u16)) -> String {
    format!("screen-{columns}x{rows}")
}

fn start((columns, rows): (u16, u16), arguments: &[&str]) -> Terminal {
    Terminal::builder()
        .size(columns, rows)
        .env_clear()
        .envs([("TERM", "xterm-256color"), ("TZ", "UTC")])
        .args(["demo"])
        .args(arguments.iter().copied())
        .timeout(SOON)
        .spawn(cargo_bin("swfbeat"))
        .unwrap()
}

fn quit(mut terminal: Terminal) {
    terminal.send(Key::Char('q')).unwrap();
    terminal.wait_until(|screen| screen.contains("Quit")).unwrap();
    terminal.send(Key::Right).unwrap();
    terminal.send(Key::Enter).unwrap();
    assert!(terminal.wait_exit().unwrap().success());
}

/// Plays the tour up to the moment, and a little further.
fn tour(size: (u16, u16)) -> Screen {
    let mut terminal = start(size, &["--scenario", "tour"]);
    // Wherever the screen is narrow, words become glyphs; the names of the tasks stay.
    terminal.wait_until(|screen| screen.contains("1 due") && screen.contains("1 cancel")).unwrap();
    terminal.send(Key::Char('g')).unwrap();
    let selected = |screen: &Screen, row| ['▌', '✖'].iter().all(|glyph| screen.row_text(row).contains(*glyph));
    terminal.wait_until(|screen| (0..size.1).any(|row| selected(screen, row))).unwrap();
    let screen = terminal.screen();
    quit(terminal);
    screen
}

/// The network is cut under the tour, with the service beside the console.
fn outage() -> Screen {
    let mut terminal = start((120, 40), &["--scenario", "tour"]);
    terminal.wait_until(|screen| screen.contains("8 held")).unwrap();
    terminal.send(Key::Char('B')).unwrap();
    terminal.wait_until(|screen| screen.contains("ActivityTaskStarted")).unwrap();
    terminal.send_str("bn").unwrap();
    terminal.wait_until(|screen| screen.contains("out of reach 0:07")).unwrap();
    let screen = terminal.screen();
    quit(terminal);
    screen
}

/// A story that plays itself, from its first caption to its end.
fn story() -> Vec<Screen> {
    let mut terminal = start(FILM, &["--scenario", "missed-heartbeat", "--auto"]);
    terminal.wait_until(|screen| screen.contains("» Two tasks")).unwrap();
    let mut screens = Vec::new();
    let mut left = 6;
    while left > 0 {
        // Nothing is waited for: the time is to pass.
        let _ = terminal.wait_until_for(|_| false, SAMPLE);
        screens.push(terminal.screen());
        left -= usize::from(screens.last().unwrap().contains("The end of the story"));
    }
    terminal.send(Key::Esc).unwrap();
    terminal.wait_until(|screen| !screen.contains("The end of the story")).unwrap();
    quit(terminal);
    screens
}

#[test]
#[ignore = "writes the pictures into assets/"]
fn draw() {
    thread::scope(|scope| {
        for size in SIZES {
            scope.spawn(move || fs::write(path(&screen_name(size)), svg::draw(&tour(size), "swfbeat demo")).unwrap());
        }
        scope.spawn(|| fs::write(path("screen-outage"), svg::draw(&outage(), "swfbeat demo")).unwrap());
        scope.spawn(|| {
            let screens = story();
            let seconds = screens.len() as f64 * SAMPLE.as_secs_f64() / FASTER;
            let film = film::draw(&screens, seconds, "swfbeat demo --scenario missed-heartbeat --auto");
            fs::write(path("missed-heartbeat"), film).unwrap();
        });
    });
}

#[test]
fn the_pictures_are_there_and_the_readme_shows_them() {
    let stills = SIZES.map(|size| (screen_name(size), size, vec!["drain-rack-42", "cancel"]));
    let others = [
        ("screen-outage".to_owned(), (120, 40), vec!["service", "out of reach"]),
        ("missed-heartbeat".to_owned(), FILM, vec!["@keyframes", "step-end", "The end of the story"]),
    ];
    for (name, size, words) in stills.into_iter().chain(others) {
        let picture = fs::read_to_string(path(&name)).unwrap();
        let (width, height) = svg::extent(size);
        let head = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\"");
        assert!(picture.starts_with(&head), "{name}");
        for word in words {
            assert!(picture.contains(word), "{word} is not in {name}");
        }
    }
    let readme = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for name in ["screen-120x40", "screen-outage", "missed-heartbeat"] {
        assert!(readme.contains(&format!("(assets/{name}.svg)")), "the README does not show {name}");
    }
}
