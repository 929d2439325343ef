//! JSON for people: laid out in lines without changing a character of what is written, or where it is wrong. Pure.

use serde::de::IgnoredAny;

/// Deeper nesting is not indented further.
const DEEPEST: usize = 20;

/// Whether a text is JSON.
///
/// # Errors
/// Line and column where it stops being JSON, from 1 and in characters, and why.
pub fn check(text: &str) -> Result<(), (usize, usize, String)> {
    serde_json::from_str::<IgnoredAny>(text).map(|_| ()).map_err(|error| {
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or_default().to_owned();
        let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
        let before = line.as_bytes().get(..error.column()).unwrap_or(line.as_bytes());
        (error.line(), String::from_utf8_lossy(before).chars().count(), words)
    })
}

/// The lines of a JSON object or array, raw; `None` if it is none. Keys keep their order, numbers their digits.
pub fn pretty(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) || check(text).is_err() {
        return None;
    }
    let mut layout = Layout::default();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => layout.string(&mut chars),
            '{' | '[' => {
                layout.line.push(c);
                while chars.next_if(char::is_ascii_whitespace).is_some() {}
                // Nothing in it: both brackets stay together.
                match chars.next_if(|c| matches!(c, '}' | ']')) {
                    Some(end) => layout.line.push(end),
                    None => layout.break_line(1),
                }
            }
            '}' | ']' => {
                layout.break_line(-1);
                layout.line.push(c);
            }
            ',' => {
                layout.line.push(c);
                layout.break_line(0);
            }
            ':' => layout.line.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => layout.line.push(c),
        }
    }
    layout.lines.push(layout.line);
    Some(layout.lines)
}

#[derive(Default)]
struct Layout {
    lines: Vec<String>,
    line: String,
    depth: usize,
}

impl Layout {
    fn break_line(&mut self, deeper: isize) {
        self.depth = self.depth.saturating_add_signed(deeper);
        let indent = "  ".repeat(self.depth.min(DEEPEST));
        self.lines.push(std::mem::replace(&mut self.line, indent));
    }

    /// The rest of a string, as it is written.
    fn string(&mut self, chars: &mut impl Iterator<Item = char>) {
        self.line.push('"');
        while let Some(c) = chars.next() {
            self.line.push(c);
            match c {
                '\\' => self.line.extend(chars.next()),
                '"' => return,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lays_out_without_changing_anything() {
        let lines = pretty(r#"{"b":[1.50,{}, []],"a":"x, \"y\": {","n":12345678901234567890}"#).unwrap();
        assert_eq!(
            lines,
            [
                "{",
                "  \"b\": [",
                "    1.50,",
                "    {},",
                "    []",
                "  ],",
                r#"  "a": "x, \"y\": {","#,
                "  \"n\": 12345678901234567890",
                "}",
            ]
        );
        for no in ["", "12", "\"text\"", "{", "{'a':1}", "rack 42"] {
            assert_eq!(pretty(no), None, "{no}");
        }
    }

    #[test]
    fn says_where_it_is_wrong() {
        assert_eq!(check("{\"a\": 1}"), Ok(()));
        let (line, column, words) = check("{\n  \"a\": x}").unwrap_err();
        assert_eq!((line, column, words.as_str()), (2, 8, "expected value"));
        assert_eq!(check("{\"ä\": x}").unwrap_err().1, 7, "characters are counted, not bytes");
        assert!(check("").is_err());
    }

    proptest! {
        #[test]
        fn the_same_value_comes_out(text in r#"(\{("[a-z\\"]{0,3}": ?[0-9]{1,3},? ?){0,3}\}|\[([0-9]{1,3},? ?){0,4}\])"#) {
            if let Some(lines) = pretty(&text) {
                let (before, after): (serde_json::Value, serde_json::Value) =
                    (serde_json::from_str(&text).unwrap(), serde_json::from_str(&lines.join("\n")).unwrap());
                prop_assert_eq!(before, after);
            }
        }
    }
}
