//! How long to keep alive, or when to be reminded, as an operator writes it: `30m`, `2h`, `1h30m`, `14:32`, `until 14:32`,
//! `in 20m`.

use crate::clock::Wall;
use crate::span;
use crate::tui::Zone;

/// Reads a length of at most `longest_ms`; milliseconds from now.
///
/// # Errors
/// What is wrong and how to write it.
pub fn parse(text: &str, longest_ms: i64, now: Wall, zone: Zone) -> Result<i64, String> {
    match from_now(text, now, zone)? {
        0 => Err("a lease of no time keeps nothing alive".into()),
        length if length > longest_ms => {
            let longest = span::written(longest_ms);
            Err(format!("at most {longest} at a time: nothing is kept alive for longer unattended"))
        }
        length => Ok(length),
    }
}

/// Reads how far ahead something is, at most so many milliseconds; milliseconds from now.
///
/// # Errors
/// What is wrong and how to write it.
pub fn parse_ahead(text: &str, most_ms: i64, now: Wall, zone: Zone) -> Result<i64, String> {
    match from_now(text, now, zone)? {
        length if length > most_ms => Err(format!("a follow-up is at most {} ahead", span::written(most_ms))),
        length => Ok(length),
    }
}

fn from_now(text: &str, now: Wall, zone: Zone) -> Result<i64, String> {
    let text = text.trim();
    let text = text.strip_prefix("in ").map_or(text, str::trim_start);
    let time = text.strip_prefix("until").or_else(|| text.contains(':').then_some(text));
    Ok(match time {
        Some(time) => until(time.trim(), now, zone).ok_or("a time of day is written like 14:32")?,
        None => span::parse(text).ok_or("write how long, like 30m, 2h or 1h30m, or until when, like 14:32")?,
    })
}

fn until(time: &str, now: Wall, zone: Zone) -> Option<i64> {
    let (hour, minute) = time.split_once(':')?;
    let number = |digits: &str| (digits.len() <= 2).then(|| digits.parse().ok()).flatten();
    zone.until(now, number(hour)?, number(minute)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LONGEST_MS: i64 = 8 * 3_600_000;

    fn read(text: &str) -> Result<i64, String> {
        parse(text, LONGEST_MS, Wall(50_602_000), Zone::Fixed(0))
    }

    #[test]
    fn reads_what_operators_write() {
        assert_eq!(read("30m"), Ok(1_800_000));
        assert_eq!(read(" 1h 30m "), Ok(5_400_000));
        assert_eq!(read("45s"), Ok(45_000));
        assert_eq!(read("in 20m"), Ok(1_200_000));
        assert_eq!(read("8h"), Ok(LONGEST_MS));
        assert_eq!(read("until 14:32"), Ok(1_718_000));
        assert_eq!(read(" 14:32"), Ok(1_718_000));
        for bad in [
            "",
            "30",
            "m",
            "1d",
            "until",
            "until 25:00",
            "until 2",
            "24:00",
            ":",
            "-5m",
            "8h1s",
            "0m",
            "9999999999999999h",
            "3µ",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read("until 14:00").unwrap_err().contains("at most 8h"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(until )?[0-9hms: µ]{0,20}") {
            if let Ok(length) = read(&text) {
                prop_assert!(length > 0 && length <= LONGEST_MS);
            }
        }
    }
}
