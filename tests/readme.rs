//! What the README says about keys, against the program.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fmt::Write;
use std::fs;

/// Every key of the program as a table, the keys as they are pressed.
fn table() -> String {
    let mut table = String::from("| key | what it does |\n| --- | --- |\n");
    for (keys, doc) in swfbeat::tui::key_table() {
        let keys: Vec<_> =
            keys.split(' ').map(|key| if key == "…" { key.into() } else { format!("`{key}`") }).collect();
        writeln!(table, "| {} | {doc} |", keys.join(" ")).unwrap();
    }
    table
}

#[test]
fn the_table_of_keys_is_the_list_of_actions() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let found = readme.lines().skip_while(|line| !line.starts_with("| key ")).take_while(|line| line.starts_with('|'));
    let found: String = found.map(|line| format!("{line}\n")).collect();
    assert!(found == table(), "README.md has\n{found}\nbut the program's keys are\n{}", table());
}
