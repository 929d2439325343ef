//! The table of operations and decisions is complete.

use std::collections::BTreeSet;

use super::super::{decisions, ops};

/// The names in the first column of the table under a heading.
fn table(heading: &str) -> Vec<&'static str> {
    let text = include_str!("../../../assets/emulator.md");
    let section = text.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    rows.skip(1).flat_map(|names| names.split(", ")).collect()
}

#[test]
fn every_operation_and_decision_is_in_the_table_once() {
    let operations = table("Operations");
    assert_eq!(operations.len(), 39);
    assert_eq!(operations.iter().collect::<BTreeSet<_>>().len(), 39);
    for operation in operations {
        assert!(ops::find(operation).is_some(), "{operation} is not an operation");
    }
    let documented: BTreeSet<_> = table("Decisions").into_iter().collect();
    assert_eq!(documented, decisions::DECISION_TYPES.into_iter().collect());
}
