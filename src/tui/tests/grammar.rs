//! Everything the screen may write to a terminal, as a grammar. A byte outside of it is a hole in promise inert-text.

use crate::text::printable;

/// Sequences written as they are.
const FIXED: [&str; 19] = [
    "\x1b[?2026h",
    "\x1b[?2026l",
    "\x1b[?25h",
    "\x1b[?25l",
    "\x1b[2J",
    "\x1b[?1049h",
    "\x1b[?1049l",
    "\x1b[?2004h",
    "\x1b[?2004l",
    "\x1b[?1004h",
    "\x1b[?1004l",
    "\x1b[?1000h",
    "\x1b[?1000l",
    "\x1b[?1006h",
    "\x1b[?1006l",
    "\x1b[22;2t",
    "\x1b[23;2t",
    "\x1b]11;?\x1b\\",
    "\x07",
];
/// Strings for the terminal: title, notifications, clipboard.
const STRINGS: [&str; 4] = ["2;", "9;swfbeat: ", "777;notify;swfbeat;", "52;c;"];

/// What is wrong with these bytes, if anything.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8: {error}"))?;
    let mut rest = text;
    while !rest.is_empty() {
        rest = one(rest).ok_or_else(|| {
            let around: String = rest.chars().take(24).collect();
            format!("at {}: {around:?}", text.len() - rest.len())
        })?;
    }
    Ok(())
}

/// What follows the first thing in a text; `None` if it is nothing that may be written.
fn one(text: &str) -> Option<&str> {
    if let Some(fixed) = FIXED.iter().find(|fixed| text.starts_with(**fixed)) {
        return Some(&text[fixed.len()..]);
    }
    if let Some(passed) = text.strip_prefix("\x1bPtmux;") {
        // ESC is doubled inside; a single one begins the end.
        let end = passed.replace("\x1b\x1b", "\u{1}\u{1}").find("\x1b\\")?;
        check(passed[..end].replace("\x1b\x1b", "\x1b").as_bytes()).ok()?;
        return Some(&passed[end + 2..]);
    }
    if let Some(string) = text.strip_prefix("\x1b]") {
        let (body, rest) = string.split_once("\x1b\\")?;
        let inside = STRINGS.iter().find_map(|start| body.strip_prefix(start))?;
        return (printable(inside) == inside).then_some(rest);
    }
    if let Some(sequence) = text.strip_prefix("\x1b[") {
        let end = sequence.find(|c: char| !c.is_ascii_digit() && c != ';')?;
        let numbers = sequence[..end].split(';').filter(|number| !number.is_empty()).count();
        let right = match sequence.as_bytes()[end] {
            b'H' => numbers == 2,
            b'C' => numbers <= 1,
            b'm' => sequence.starts_with('0'),
            _ => false,
        };
        return right.then(|| &sequence[end + 1..]);
    }
    let first = text.chars().next()?;
    let shown = first.to_string();
    // A combining mark stands behind its base, where it is its own picture.
    (printable(&shown) == shown || printable(&format!("a{first}")) == format!("a{first}"))
        .then(|| &text[first.len_utf8()..])
}

#[test]
fn it_takes_what_is_ours_and_nothing_else() {
    for good in [
        "\x1b[?2026h\x1b[1;4H\x1b[0;1;36mdrain 漢e\u{301}\x1b[0m\x1b[?2026l",
        "\x1b[5C\x1b[C\x07",
        "\x1b]2;1 due\x1b\\",
    ] {
        assert_eq!(check(good.as_bytes()), Ok(()), "{good:?}");
    }
    for bad in [
        "\x1b[31m",
        "\x1b[6n",
        "\n",
        "\u{9b}",
        "\u{202e}",
        "\x1b]0;x\x07",
        "\x1b]2;a\x07\x1b\\",
        "\x1bc",
        "\x1b[1H",
        "\x1bPtmux;\x1b\x1b]8;x\x1b\x1b\\\x1b\\",
    ] {
        assert!(check(bad.as_bytes()).is_err(), "{bad:?}");
    }
    let passed = "\x1bPtmux;\x1b\x1b]9;swfbeat: x\x1b\x1b\\\x1b\\";
    assert_eq!(check(passed.as_bytes()), Ok(()));
}
