//! Lengths of time as people write and read them: `1h30m` in a form or a file, `1 h 30 min` in a sentence.
//!
//! Not for instants (`clock`), nor for a scenario's whole seconds, which are stricter (`demo`).

/// How a length is written, for whoever wrote it otherwise.
pub const EXPECTED: &str = "a length of time like 90s, 30m, 2h or 1h30m";

/// Reads a sum of hours, minutes and seconds, such as `1h30m`; milliseconds. `None` for anything else.
pub fn parse(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut sum = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        let unit = match rest.as_bytes()[digits] {
            b'h' => 3_600_000,
            b'm' => 60_000,
            b's' => 1_000,
            _ => return None,
        };
        sum = sum.checked_add(number.checked_mul(unit)?)?;
        rest = rest[digits + 1..].trim_start();
    }
    Some(sum)
}

/// A length for people, the two largest units, rounded to the second.
pub fn words(ms: i64) -> String {
    let seconds = (ms + 500) / 1_000;
    match (seconds / 3_600, seconds % 3_600 / 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, 0) => format!("{m} min"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, 0, _) => format!("{h} h"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

/// A length as [`parse`] reads it, whole seconds, without a blank: `1h30m`.
pub fn written(ms: i64) -> String {
    let seconds = ms / 1_000;
    let parts = [(seconds / 3_600, 'h'), (seconds % 3_600 / 60, 'm'), (seconds % 60, 's')];
    let mut text = String::new();
    for (number, unit) in parts.into_iter().filter(|(number, _)| *number > 0) {
        text.push_str(&number.to_string());
        text.push(unit);
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_in_words() {
        assert_eq!(words(30_000), "30 s");
        assert_eq!(words(1_800_000), "30 min");
        assert_eq!(words(5_400_000), "1 h 30 min");
        assert_eq!(words(359_600), "6 min");
    }

    #[test]
    fn what_people_write_is_read() {
        assert_eq!(parse(" 1h 30m "), Some(5_400_000));
        assert_eq!(parse("90s"), Some(90_000));
        for bad in ["", "30", "m", "1d", "-5m", "9999999999999999h", "3µ", "1.5h"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_the_same(seconds in 0i64..1_000_000) {
            prop_assert_eq!(parse(&written(seconds * 1_000)), Some(seconds * 1_000));
        }
    }
}
