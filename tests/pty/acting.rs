//! The program's own stories, which play themselves. The tour takes three minutes, and tests begin in the order of their
//! names.

use std::thread;
use std::time::Duration;

use swfbeat::demo::Scenario;
use swfbeat::tui::Keymap;
use termlens::{Key, Screen};

use crate::app::Home;

/// A story's next caption is said within this, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(3);

/// Watches a story to its end.
fn watch(name: &str, ends: &[&str]) {
    let home = Home::new();
    let scenario = Scenario::builtin(name).unwrap();
    let mut app = home.run(&["demo", "--scenario", name, "--auto"], (120, 40));
    for caption in &scenario.captions {
        let text = format!("» {}", Keymap::default().tell(&caption.text.line()));
        let told = app.terminal.wait_until_for(|screen| screen.contains(&text), PATIENCE);
        assert!(told.is_ok(), "{name} does not say {text}: {}", app.screen().text());
    }
    let over = |screen: &Screen| screen.contains("The end of the story") && ends.iter().all(|end| screen.contains(end));
    let ended = app.terminal.wait_until_for(over, PATIENCE);
    assert!(ended.is_ok(), "{name} does not end with {ends:?}: {}", app.screen().text());
    app.key(Key::Esc);
    app.until(|screen| !screen.contains("The end of the story"));
    app.quit();
    app.left(0);
}

#[test]
fn every_story_plays_itself_and_ends_as_it_should() {
    let stories: [(&str, &[&str]); 4] = [
        (
            "tour",
            &[
                "drain-rack-42 ⊘ canceled, by us",
                "keys-3 ✝ timed out, HEARTBEAT, last \"40 %\"",
                "rel-2026.11 ✓ completed, by us",
                "patch-kernel-7 ✝ wf closed",
                "swap-17 ✝ timed out, START_TO_CLOSE",
            ],
        ),
        (
            "missed-heartbeat",
            &["keys-3 ✝ timed out, HEARTBEAT, last \"40 %\"", "keys-3-2 ✓ completed, by us", "1 still held"],
        ),
        (
            "cancellation",
            &["drain-rack-42 ⊘ canceled", "drain-rack-43 ✓ completed", "approve-7 ⊘ canceled", "0 still held"],
        ),
        ("outage", &["rel-7 ✓ completed, as history has it: ours, or identical", "2 still held"]),
    ];
    thread::scope(|scope| {
        for (name, ends) in stories {
            scope.spawn(move || watch(name, ends));
        }
    });
}
