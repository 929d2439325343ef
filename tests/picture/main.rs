//! The pictures of the README, drawn by the program itself: the demo is played in a pseudo-terminal, and what its screen
//! shows when a cancel request has come in and a task is due becomes an SVG. To draw them anew:
//!
//! ```text
//! cargo test --test picture -- --ignored
//! ```
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod svg;

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use termlens::{Key, Screen, Terminal};

/// Columns and rows of each.
const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 12)];
/// The cancel request comes after 20 s, and keys-3 is due soon after.
const SOON: Duration = Duration::from_mins(1);

fn path((columns, rows): (u16, u16)) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("assets/screen-{columns}x{rows}.svg"))
}

/// Plays the tour up to the moment, and a little further.
fn photograph((columns, rows): (u16, u16)) -> Screen {
    let mut terminal = Terminal::builder()
        .size(columns, rows)
        .env_clear()
        .envs([("TERM", "xterm-256color"), ("TZ", "UTC")])
        .args(["demo", "--scenario", "tour"])
        .timeout(SOON)
        .spawn(cargo_bin("swfbeat"))
        .unwrap();
    // Wherever the screen is narrow, words become glyphs; the names of the tasks stay.
    terminal.wait_until(|screen| screen.contains("1 due") && screen.contains("1 cancel")).unwrap();
    terminal.send(Key::Char('g')).unwrap();
    terminal.wait_until(|screen| (0..rows).any(|row| screen.row_text(row).contains("▌ ✖"))).unwrap();
    let screen = terminal.screen();
    terminal.send(Key::Char('q')).unwrap();
    terminal.wait_until(|screen| screen.contains("Quit")).unwrap();
    terminal.send(Key::Right).unwrap();
    terminal.send(Key::Enter).unwrap();
    assert!(terminal.wait_exit().unwrap().success());
    screen
}

#[test]
#[ignore = "writes the pictures into assets/"]
fn draw() {
    let draw = |size| fs::write(path(size), svg::draw(&photograph(size), "swfbeat demo")).unwrap();
    thread::scope(|scope| {
        for size in SIZES {
            scope.spawn(move || draw(size));
        }
    });
}

#[test]
fn the_pictures_are_there_and_the_readme_shows_the_first() {
    for size in SIZES {
        let picture = fs::read_to_string(path(size)).unwrap();
        let (width, height) = svg::extent(size);
        assert!(
            picture.starts_with(&format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\""
            ))
        );
        for word in ["drain-rack-42", "cancel"] {
            assert!(picture.contains(word), "{word} is not in the picture of {size:?}");
        }
    }
    let readme = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    assert!(fs::read_to_string(readme).unwrap().contains("(assets/screen-120x40.svg)"));
}
