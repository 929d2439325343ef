//! The binary: parses arguments, chooses a verb, maps errors to exit codes; nothing else.

fn main() {}
