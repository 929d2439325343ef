//! Lengths of time as a person writes them: a whole number with `ms`, `s`, `m` or `h`.

use std::fmt;
use std::str::FromStr;

const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A length of time in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Length(pub u64);

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let Some((_, millis)) = UNITS.into_iter().find(|(name, _)| *name == unit) else {
            return Err("a length of time is a number with ms, s, m or h, such as 60s".into());
        };
        let number: u64 = number.parse().map_err(|_| "a length of time begins with a whole number, such as 60s")?;
        // Far below what would overflow an instant.
        number.checked_mul(millis).filter(|millis| *millis < 1 << 50).map(Self).ok_or_else(|| "too long a time".into())
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = UNITS.into_iter().find(|(_, millis)| self.0 != 0 && self.0.is_multiple_of(*millis));
        let (unit, millis) = fits.unwrap_or(("s", 1_000));
        write!(f, "{}{unit}", self.0 / millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_and_written() {
        for (text, millis) in [("60s", 60_000), ("250ms", 250), ("2m", 120_000), ("1h", 3_600_000), ("0s", 0)] {
            assert_eq!(text.parse(), Ok(Length(millis)));
        }
        for (millis, text) in [(0, "0s"), (250, "250ms"), (1_500, "1500ms"), (60_000, "1m"), (7_200_000, "2h")] {
            assert_eq!(Length(millis).to_string(), text);
        }
        for bad in ["", "s", "60", "1d", "-1s", "1.5s", "99999999999999999999s", "9999999999999h"] {
            assert!(bad.parse::<Length>().is_err(), "{bad}");
        }
    }
}
