//! The demo, played by hand: what each key does to a task, on the screen and in the service's history.

use std::fmt::Write;

use swfbeat::clock;
use termlens::{Key, Screen};

use crate::app::{App, Home, end, free_port, heartbeat, row};
use crate::service::{DOMAIN, Service};

/// Stories that would take minutes in the program's own tour: an id, its heartbeat timeout, and what else there is to it.
pub fn scenario(stories: &[(&str, &str, &str)], happenings: &str) -> String {
    let mut text = format!(
        "title = \"stories\"\ndomain = \"{DOMAIN}\"\ntask_list = \"manual\"\nclaim = {}\n{happenings}\n",
        stories.iter().filter(|(.., more)| !more.contains("after")).count()
    );
    for (id, heartbeat, more) in stories {
        write!(
            text,
            "[[workflow]]\nid = \"{id}\"\ntype = \"Flow\"\nversion = \"1.0\"\ntimeout = \"2h\"\n\
             [[workflow.activity]]\nid = \"{id}\"\ntype = \"Act\"\nversion = \"1.0\"\nstart_to_close = \"1h\"\n\
             heartbeat = \"{heartbeat}\"\n{more}\n"
        )
        .unwrap();
    }
    text
}

/// The demo on stories, all of them claimed, and its service.
pub fn play(home: &Home, stories: &[(&str, &str, &str)], happenings: &str) -> (App, Service) {
    let port = free_port();
    let mut app = home.demo(&scenario(stories, happenings), &["--port", &port.to_string()]);
    for (id, ..) in stories.iter().filter(|(.., more)| !more.contains("after")) {
        app.until(|screen| row(screen, id).is_some_and(|row| row.contains(':') || row.contains('✝')));
    }
    (app, Service::on_port(port))
}

#[test]
fn the_tour_starts_with_a_full_screen_and_counts_down() {
    let home = Home::new();
    let mut app = home.run(&["demo"], (120, 40));
    let first = app.terminal.wait_frame(|_| true).unwrap();
    let first_at = app.age();
    assert!(first.row_text(0).contains("swfbeat") && first.row_text(39).contains("q quit"), "{}", first.text());
    assert!(first.contains("╭ Tasks") && first.contains("╭ Log"), "{}", first.text());
    // The underline's colour back to the default, and the title put aside: harmless where they are not known.
    let harmless = |sequence: &str| ["^[[59m", "^[[22;2t"].contains(&sequence);
    assert!(first.unsupported().iter().all(harmless), "{:?}", first.unsupported());

    let ids =
        ["rel-2026.11", "watch-rollout", "drain-rack-42", "swap-17", "keys-3", "bk-9", "dump-11", "patch-kernel-7"];
    app.until(|screen| ids.iter().filter(|id| heartbeat(screen, id).is_some()).count() >= 4);
    let four_at = app.age();
    assert!(four_at - first_at < 2_000, "four countdowns after {} ms", four_at - first_at);
    app.until(|screen| ids.iter().all(|id| heartbeat(screen, id).is_some()) && screen.contains("8 held"));
    app.shows("Press space on rel-2026.11");
    let before = app.read(|screen| heartbeat(screen, "keys-3").zip(end(screen, "keys-3")));
    app.until(|screen| {
        let now = heartbeat(screen, "keys-3").zip(end(screen, "keys-3"));
        now.is_some_and(|now| now.0 < before.0 && now.1 < before.1)
    });
    println!("first frame after {first_at} ms, four countdowns {} ms later", four_at - first_at);

    app.press('q');
    app.shows("5 tasks kept alive, then no longer beaten");
    app.shows("[▸ Cancel ◂]");
    app.key(Key::Enter);
    app.until(|screen| !screen.contains("no longer beaten"));
    assert!(app.screen().alternate_screen(), "Cancel is the default");
    app.quit();
    app.left(0);
}

#[test]
fn space_starts_only_the_heartbeat_countdown_again() {
    let home = Home::new();
    let (mut app, _) = play(&home, &[("by-hand", "60s", ""), ("other", "60s", "")], "");
    app.select("by-hand");
    app.until(|screen| heartbeat(screen, "by-hand").is_some_and(|left| left <= 56));
    let before = app.read(|screen| end(screen, "by-hand"));
    app.press(' ');
    app.until(|screen| heartbeat(screen, "by-hand").is_some_and(|left| left > 56));
    let after = app.read(|screen| end(screen, "by-hand"));
    assert!(after <= before, "{before} s to the end before, {after} s after");
    let other = app.read(|screen| heartbeat(screen, "other"));
    assert!(other <= 56, "{other} s left for the other");
    app.quit();
    app.left(0);
}

#[test]
fn a_task_left_alone_times_out_and_its_last_details_stay() {
    let home = Home::new();
    let (mut app, service) = play(&home, &[("left", "5s", "beat = \"40 %\""), ("other", "60s", "")], "");
    app.select("left");
    let execution = app.execution(DOMAIN);
    app.row_shows("left", "✝ timed out");
    app.row_shows("left", "HEARTBEAT, last \"40 %\"");
    app.until(|screen| screen.contains("timed out: HEARTBEAT") && screen.contains("40 %"));
    let event = service.event(&execution, "ActivityTaskTimedOut").unwrap();
    let told = &event["activityTaskTimedOutEventAttributes"];
    assert_eq!((&told["timeoutType"], &told["details"]), (&"HEARTBEAT".into(), &"40 %".into()));

    app.press(' ');
    app.shows("left has ended; D takes it off the list");
    app.press('D');
    app.until(|screen| row(screen, "left").is_none());
    app.quit();
    app.left(0);
}

#[test]
fn a_cancel_request_is_seen_by_the_next_heartbeat_and_answered() {
    let home = Home::new();
    let stories = [("wanted", "4s", "keep = \"10m\""), ("stubborn", "4s", "keep = \"10m\"")];
    let happenings =
        "[[happening]]\nat = \"2s\"\ncancel = \"wanted\"\n[[happening]]\nat = \"2s\"\ncancel = \"stubborn\"";
    let (mut app, service) = play(&home, &stories, happenings);
    app.select("wanted");
    let execution = app.execution(DOMAIN);
    let bells = app.screen().bells();
    app.row_shows("wanted", "✖ cancel");
    let seen = clock::now().wall.0;
    let requested = service.event(&execution, "ActivityTaskCancelRequested").unwrap();
    let requested = (requested["eventTimestamp"].as_f64().unwrap() * 1_000.0) as i64;
    assert!(seen - requested <= 4_000, "seen {} ms after the request", seen - requested);
    println!("cancel request seen after {} ms", seen - requested);
    app.shows("✖ 2 cancel");
    app.shows("✖ REQUESTED");
    app.until(|screen| screen.bells() > bells);

    // Sticky: the heartbeats that follow do not make it go.
    app.select("stubborn");
    app.row_shows("stubborn", "✖ cancel");
    app.press('i');
    app.shows("✖ 1 cancel");
    app.row_shows("stubborn", "● held");
    app.close("wanted", 'x', "Respond canceled", &["left at 3 of 5"], "Respond canceled");
    app.row_shows("wanted", "⊘ canceled");
    app.until(|screen| !screen.row_text(0).contains("cancel"));
    let event = service.event(&execution, "ActivityTaskCanceled").unwrap();
    assert_eq!(event["activityTaskCanceledEventAttributes"]["details"], "left at 3 of 5");
    app.quit();
    app.left(0);
}

#[test]
fn closes_are_in_the_history_as_they_were_written() {
    let home = Home::new();
    let (mut app, service) = play(&home, &[("good", "10m", ""), ("bad", "10m", "")], "");
    app.select("good");
    let good = app.execution(DOMAIN);
    app.close("good", 'c', "Complete", &["{\"ok\":\"✓\"}"], "Complete");
    app.row_shows("good", "✓ completed");
    let event = service.event(&good, "ActivityTaskCompleted").unwrap();
    assert_eq!(event["activityTaskCompletedEventAttributes"]["result"], "{\"ok\":\"✓\"}");

    app.select("bad");
    let bad = app.execution(DOMAIN);
    app.close("bad", 'f', "Fail", &["no power", "rack 42"], "Fail");
    app.row_shows("bad", "✗ failed");
    let event = service.event(&bad, "ActivityTaskFailed").unwrap();
    let told = &event["activityTaskFailedEventAttributes"];
    assert_eq!((&told["reason"], &told["details"]), (&"no power".into(), &"rack 42".into()));
    app.shows("0 held");
    app.press('q');
    app.left(0);
}

#[test]
fn keep_alive_goes_on_by_itself_and_ends_on_request() {
    let home = Home::new();
    let (mut app, _) = play(&home, &[("kept", "20s", "")], "");
    app.press('a');
    app.shows("Keep alive: kept");
    app.key(Key::Ctrl('u'));
    app.write("9h");
    app.key(Key::Enter);
    app.shows("at most 8h at a time");
    app.key(Key::Ctrl('u'));
    app.write("20m");
    app.key(Key::Enter);
    app.shows("held, kept alive until");
    let (mut last, mut rises) = (i64::MAX, 0);
    app.until(|screen| {
        let left = heartbeat(screen, "kept").unwrap_or(last);
        rises += usize::from(left > last);
        last = left;
        rises == 2
    });
    app.row_shows("kept", "● held");
    app.press('A');
    app.row_shows("kept", "by hand");
    app.press('q');
    app.left(0);
}

#[test]
fn details_and_percentages_are_sent_and_too_much_is_refused() {
    let home = Home::new();
    let (mut app, _) = play(&home, &[("work", "10m", "")], "");
    app.press('3');
    app.until(|screen| shows_details(screen, "30%"));
    app.press('0');
    app.until(|screen| shows_details(screen, "100%"));

    app.press('d');
    app.shows("Heartbeat with details: work");
    app.key(Key::Ctrl('u'));
    app.terminal.paste(&"x".repeat(3_000)).unwrap();
    app.shows("3000 / 2048: too long by 952");
    app.key(Key::Enter);
    app.shows("details has 3000 characters, SWF takes at most 2048");
    app.key(Key::Ctrl('u'));
    app.write("half way");
    app.key(Key::Enter);
    app.until(|screen| shows_details(screen, "half way"));

    app.press('5');
    app.shows("It replaces the details half way");
    app.key(Key::Enter);
    app.until(|screen| !screen.contains("It replaces") && shows_details(screen, "half way"));
    app.press('q');
    app.left(0);
}

fn shows_details(screen: &Screen, details: &str) -> bool {
    screen.contains(&format!("│ details   {details} "))
}

#[test]
fn what_is_no_key_does_nothing_and_help_tells_the_keys() {
    let home = Home::new();
    let (mut app, _) = play(&home, &[("work", "10m", "")], "");
    app.terminal.paste("q c\rx\r").unwrap();
    app.shows("a paste was ignored");
    app.press('x');
    app.shows("no cancel request was seen for work");
    app.press('w');
    app.shows("work is not being closed");
    app.press('P');
    app.shows("nothing is being claimed");
    app.write("ZB@#\x1b[1;5P\x1b[99~");
    app.press('?');
    app.until(|screen| screen.contains("╭ Keys") && screen.contains("send one heartbeat now"));
    for key in ["space", "D del"] {
        app.shows(&format!("│ {key} "));
    }
    // There are more than fit.
    app.press('G');
    for key in ["ctrl-z", "q ctrl-c"] {
        app.shows(&format!("│ {key} "));
    }
    app.escape_from("╭ Keys");
    app.row_shows("work", "○ held");
    app.press('q');
    app.left(0);
}

#[test]
fn a_task_that_comes_later_is_claimed_by_name() {
    let home = Home::new();
    let (mut app, _) = play(&home, &[("here", "10m", ""), ("later", "10m", "after = \"1s\"")], "");
    app.claim(1);
    app.row_shows("later", ":");
    app.shows("2 held");
    app.press('q');
    app.left(0);
}
