//! The first start: nothing is said on the command line, and no config file is there.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use termlens::Key;

use crate::app::Home;
use crate::service::{DOMAIN, Emulator};

#[test]
fn it_leads_to_a_domain_and_a_task_list_and_writes_them_down() {
    let emulator = Emulator::start("1s");
    let list = json!({"name": "manual-ops"});
    let registered = json!({"domain": DOMAIN, "name": "SwapDisk", "version": "2.1", "defaultTaskList": list});
    emulator.service.call("RegisterActivityType", &registered);
    let home = Home::new();
    let url = emulator.service.url();
    let mut app = home.run(&["--endpoint-url", &url], (120, 40));
    app.until(|screen| screen.contains("First start: 1 of 4") && screen.contains("us-east-1  "));
    app.key(Key::Enter);
    app.until(|screen| screen.contains("First start: 2 of 4") && screen.contains("▸ ops"));
    app.key(Key::Enter);
    app.until(|screen| screen.contains("First start: 3 of 4") && screen.contains("▸ manual-ops  SwapDisk 2.1"));
    app.key(Key::Enter);
    let file = home.path(".config/swfbeat/config.toml");
    app.until(|screen| screen.contains("▸ Write it down and start") && screen.contains("config.toml"));
    assert!(!file.exists());
    app.key(Key::Enter);
    app.shows("No tasks. p claims some");
    app.press('p');
    app.until(|screen| screen.contains("Claim tasks") && screen.contains("manual-ops"));
    app.escape_from("Claim tasks");
    app.quit();
    app.left(0);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    // The next start asks nothing.
    let mut app = home.run(&[], (120, 40));
    app.until(|screen| screen.row_text(0).contains(&format!("{DOMAIN} · {url}")));
    app.quit();
    app.left(0);
}

#[test]
fn says_why_domains_cannot_be_listed_and_takes_a_typed_one() {
    let emulator = Emulator::with(&["--poll-hold", "1s", "--fault", "ListDomains=throttle"]);
    let home = Home::new();
    let mut app = home.run(&["--endpoint-url", &emulator.service.url(), "--region", "eu-west-1"], (80, 24));
    app.until(|screen| screen.contains("Rate exceeded") && screen.contains("The account is busy"));
    app.write("ops");
    app.shows("as typed");
    app.key(Key::Enter);
    app.shows("First start: 2 of 3");
    app.shows("none: the form of p asks each time");
    app.key(Key::Enter);
    app.shows("▸ Write it down and start");
    app.press('j');
    app.key(Key::Down);
    app.shows("▸ Start");
    app.key(Key::Enter);
    app.shows("No tasks. p claims some");
    app.quit();
    app.left(0);
    assert!(!home.path(".config/swfbeat").exists(), "nothing is written");
}

#[test]
fn leaving_it_leaves_the_terminal_as_it_was() {
    let emulator = Emulator::start("1s");
    let home = Home::new();
    let url = emulator.service.url();
    for (columns, rows) in [(40, 12), (120, 40)] {
        let mut app = home.run(&["--endpoint-url", &url], (columns, rows));
        app.shows("First start: 1 of 4");
        app.key(Key::Esc);
        app.left(0);
        let mut app = home.run(&["--endpoint-url", &url], (columns, rows));
        app.shows("First start: 1 of 4");
        app.signal(termlens::Signal::Term);
        app.left(0);
    }
}
