//! A night's work by somebody who knows nothing but what the screen says: every key that is pressed here was read from it.

use termlens::{Key, Screen};

use crate::app::{App, Home, row};
use crate::service::{Emulator, Road, Timeouts};

/// Presses only what it has read, and counts.
struct Reader {
    app: App,
    keys: usize,
}

/// The key that the last line names for something.
fn in_footer(screen: &Screen, name: &str) -> Option<String> {
    let footer = screen.row_text(screen.rows() - 1);
    let hint =
        footer.trim().split("  ").find(|hint| hint.trim().strip_suffix(name).is_some_and(|key| key.ends_with(' ')))?;
    Some(hint.trim().strip_suffix(name)?.trim().to_owned())
}

/// The keys that the help has in front of a sentence.
fn in_help(screen: &Screen, sentence: &str) -> Option<Vec<String>> {
    let line = (0..screen.rows()).map(|row| screen.row_text(row)).find(|line| line.contains(sentence))?;
    let before = line.split(sentence).next()?.rsplit('│').next()?.to_owned();
    Some(before.split_whitespace().map(str::to_owned).collect())
}

/// What to press for a key as it is written.
fn key(written: &str) -> Key {
    match written {
        "enter" => Key::Enter,
        "esc" => Key::Esc,
        "tab" => Key::Tab,
        "→" => Key::Right,
        "↑" => Key::Up,
        "↓" => Key::Down,
        _ => match written.strip_prefix("ctrl-") {
            Some(letter) => Key::Ctrl(letter.chars().next().unwrap()),
            None => Key::Char(written.chars().next().unwrap()),
        },
    }
}

impl Reader {
    fn press(&mut self, written: &str) {
        self.keys += 1;
        self.app.key(key(written));
    }

    /// Does what the last line has a key for.
    #[track_caller]
    fn does(&mut self, name: &str) {
        let written = self.app.read(|screen| in_footer(screen, name));
        self.press(&written);
    }

    fn types(&mut self, text: &str) {
        self.keys += text.chars().count();
        self.app.write(text);
    }

    /// Chooses the other button of a question, and presses it.
    #[track_caller]
    fn confirms(&mut self, verb: &str) {
        self.does("continue");
        self.app.shows("[▸ Cancel ◂]");
        // "←→ choose"
        let arrows = self.app.read(|screen| in_footer(screen, "choose"));
        self.press(&arrows.chars().next_back().unwrap().to_string());
        self.app.shows(&format!("[▸ {verb} ◂]"));
        self.does("do it");
        self.app.until(|screen| !screen.contains(&format!("[▸ {verb} ◂]")));
    }

    #[track_caller]
    fn claims(&mut self, id: &str) {
        self.does("claim");
        self.app.shows("Claim tasks");
        self.does("send");
        self.app.row_shows(id, ":");
    }

    fn has_selected(&self, id: &str) -> bool {
        row(&self.app.screen(), id).is_some_and(|row| row.contains('▌'))
    }

    /// Goes to a task with the keys that the help names for it.
    #[track_caller]
    fn goes_to(&mut self, id: &str) {
        if self.has_selected(id) {
            return;
        }
        self.does("help");
        let keys = self.app.read(|screen| in_help(screen, "one up, one down"));
        self.does("back");
        self.app.until(|screen| !screen.contains("╭ Keys"));
        for arrow in ["↓", "↑"] {
            assert!(keys.iter().any(|key| key == arrow), "{keys:?}");
            self.press(arrow);
            let selected = |screen: &Screen| row(screen, id).is_some_and(|row| row.contains('▌'));
            if self.app.terminal.wait_until_for(selected, std::time::Duration::from_secs(2)).is_ok() {
                return;
            }
        }
        panic!("the cursor does not come to {id}");
    }
}

#[test]
fn forty_keys_read_from_the_screen_claim_keep_answer_and_complete() {
    let (emulator, home) = (Emulator::start("60s"), Home::new());
    let short = Timeouts { heartbeat: "5", start_to_close: "7200" };
    let kept = emulator.service.schedule("kept-one", short);
    let road = Road::to(emulator.service);
    let mut reader = Reader { app: home.console(road.service, &[]), keys: 0 };
    let press = |screen: &Screen| screen.contains("No tasks.").then(|| in_footer(screen, "claim"))?;
    reader.app.read(press);
    reader.claims("kept-one");

    // Kept alive for an hour: the field says how a length is written, and below what it means.
    reader.does("keep alive");
    reader.app.shows("for  30m, 2h, 14:32");
    reader.does("clear line");
    reader.types("1h");
    reader.app.shows("1 h");
    reader.does("send");
    reader.app.row_shows("kept-one", "● held");
    // An hour is agreed: nearly all of it is left after more heartbeats than the task would have lived without.
    road.carries_beats(8);
    reader.app.until(|screen| screen.contains("kept alive until") && screen.contains("59:"));
    reader.app.row_shows("kept-one", "● held");

    let done = emulator.service.schedule("other-one", Timeouts { heartbeat: "600", start_to_close: "7200" });
    reader.claims("other-one");

    // The cancel request says itself how it is answered.
    emulator.service.request_cancel(&kept, "kept-one");
    reader.app.row_shows("kept-one", "✖ cancel");
    reader.goes_to("kept-one");
    let said = reader.app.read(|screen| {
        let (_, rest) =
            screen.text().split_once("✖ REQUESTED: ").map(|(before, rest)| (before.len(), rest.to_owned()))?;
        rest.split_once(" canceled").map(|(key, _)| key.to_owned())
    });
    assert_eq!(Some(&said), reader.app.read(|screen| Some(in_footer(screen, "canceled"))).as_ref());
    reader.press(&said);
    reader.app.shows("Respond canceled: kept-one");
    reader.confirms("Respond canceled");
    reader.app.row_shows("kept-one", "⊘ canceled");

    reader.goes_to("other-one");
    reader.does("complete");
    reader.app.shows("Complete: other-one");
    reader.types("ok");
    reader.confirms("Complete");
    reader.app.row_shows("other-one", "✓ completed");

    assert!(emulator.service.event(&kept, "ActivityTaskCanceled").is_some());
    let event = emulator.service.event(&done, "ActivityTaskCompleted").unwrap();
    assert_eq!(event["activityTaskCompletedEventAttributes"]["result"], "ok");
    println!("{} keys", reader.keys);
    assert!(reader.keys <= 40, "{} keys", reader.keys);
    reader.does("quit");
    reader.app.left(0);
}
