//! What the README says about keys and exit codes, against the program; its example in Rust, against the one that is run.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fmt::Write;
use std::fs;

use assert_cmd::Command;

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

/// The table in the README that begins with these words.
fn found(head: &str) -> String {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let lines = readme.lines().skip_while(|line| !line.starts_with(head)).take_while(|line| line.starts_with('|'));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn the_table_of_keys_is_the_list_of_actions() {
    let (found, table) = (found("| key |"), table());
    assert!(found == table, "README.md has\n{found}\nbut the program's keys are\n{table}");
}

#[test]
fn the_table_of_exit_codes_is_that_of_the_help() {
    let output = Command::cargo_bin("swfbeat").unwrap().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    let mut table = String::from("| code | meaning |\n| --- | --- |\n");
    for (code, meaning) in codes.lines().filter_map(|line| line.trim().split_once("  ")) {
        writeln!(table, "| {code} | {} |", meaning.trim()).unwrap();
    }
    assert_eq!(found("| code |"), table);
}

#[test]
fn the_example_in_rust_is_the_one_that_is_run() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, example) = readme.split_once("```rust\n").unwrap();
    let (example, _) = example.split_once("```\n").unwrap();
    let (_, run) = include_str!("emulator/readme.rs").split_once("// ---- README.md ----\n\n").unwrap();
    assert_eq!(example, run);
}
