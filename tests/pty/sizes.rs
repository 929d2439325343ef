//! Terminals of all sizes, and sizes that change.

use termlens::Screen;

use crate::app::Home;

/// Whether one row has the start of a task's id and a countdown.
fn counts_down(screen: &Screen, id: &str) -> bool {
    let counts =
        |row: &str| row.split_whitespace().any(|word| word.contains(':') && word.starts_with(char::is_numeric));
    (1..screen.rows()).map(|row| screen.row_text(row)).any(|row| row.contains(id) && counts(&row))
}

#[test]
fn activity_and_countdown_are_on_the_screen_at_every_size() {
    for (columns, rows) in [(120, 40), (80, 24), (40, 12)] {
        let home = Home::new();
        let mut app = home.run(&["demo"], (columns, rows));
        app.until(|screen| screen.row_text(0).contains("8 held"));
        app.press('g');
        // The tour's most urgent ones.
        for id in ["keys-3", "rel-2026"] {
            app.until(|screen| counts_down(screen, id));
        }
        app.until(|screen| screen.row_text(rows - 1).contains("? help  q quit"));
        app.press('c');
        app.shows("0 / 32768");
        app.escape_from("0 / 32768");
        app.quit();
        app.left(0);
    }
}

#[test]
fn a_terminal_too_small_says_so_and_grows_back() {
    let home = Home::new();
    let mut app = home.run(&["demo"], (30, 8));
    app.until(|screen| screen.row_text(0).contains("terminal too small"));
    app.terminal.resize(80, 24).unwrap();
    app.until(|screen| screen.row_text(0).contains("8 held") && screen.row_text(23).contains("q quit"));
    app.quit();
    app.left(0);
}

#[test]
fn a_storm_of_sizes_ends_with_the_last_one() {
    let home = Home::new();
    let mut app = home.run(&["demo"], (120, 40));
    app.until(|screen| screen.row_text(0).contains("8 held"));
    for step in 0..100u16 {
        app.terminal.resize(20 + step * 37 % 150, 5 + step * 13 % 50).unwrap();
    }
    app.terminal.resize(101, 31).unwrap();
    app.until(|screen| {
        let panes = (0..31).filter(|&row| screen.row_text(row).starts_with('╭')).count();
        panes == 2 && screen.row_text(30).contains("q quit") && counts_down(screen, "bk-9")
    });
    app.until(|screen| screen.row_text(0).contains("8 held"));
    app.quit();
    app.left(0);
}
