//! Times of day by the operator's clock on the wall.

use chrono::{DateTime, FixedOffset, Local, NaiveTime, TimeZone, Timelike};

use super::Zone;
use crate::clock::Wall;

impl Zone {
    /// `14:03:22`
    pub fn clock(self, at: Wall) -> String {
        let at = self.at(at);
        format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
    }

    /// `14:32`
    pub fn minute(self, at: Wall) -> String {
        let at = self.at(at);
        format!("{:02}:{:02}", at.hour(), at.minute())
    }

    /// `14:32`, with the day if that is not today.
    pub fn minute_and_day(self, at: Wall, now: Wall) -> String {
        let time = self.minute(at);
        let (at, today) = (self.at(at).date_naive(), self.at(now).date_naive());
        match (at - today).num_days() {
            0 => time,
            1 => format!("{time} tomorrow"),
            _ => format!("{time} on {}", at.format("%Y-%m-%d")),
        }
    }

    /// `14:32`, or `11-24` of another day.
    pub fn minute_or_day(self, at: Wall, now: Wall) -> String {
        if self.is_same_day(at, now) { self.minute(at) } else { self.at(at).format("%m-%d").to_string() }
    }

    /// `14:03:22`, or `11-24 14:03` of another day.
    pub fn clock_or_day(self, at: Wall, now: Wall) -> String {
        if self.is_same_day(at, now) { self.clock(at) } else { self.at(at).format("%m-%d %H:%M").to_string() }
    }

    /// Whether both are of the same day.
    pub fn is_same_day(self, at: Wall, now: Wall) -> bool {
        self.at(at).date_naive() == self.at(now).date_naive()
    }

    /// Milliseconds from now until the clock next shows a time of day.
    pub fn until(self, now: Wall, hour: u32, minute: u32) -> Option<i64> {
        let here = self.at(now);
        let wanted = NaiveTime::from_hms_opt(hour, minute, 0)?;
        // Today or tomorrow; the offset of that instant may differ from today's.
        (0..=1).find_map(|days| {
            let local = (here.date_naive() + chrono::Days::new(days)).and_time(wanted);
            let at = match self {
                Self::Local => Local.from_local_datetime(&local).earliest()?.timestamp_millis(),
                Self::Fixed(_) => here.timezone().from_local_datetime(&local).earliest()?.timestamp_millis(),
            };
            (at > now.0).then_some(at - now.0)
        })
    }

    fn at(self, at: Wall) -> DateTime<FixedOffset> {
        let utc = DateTime::from_timestamp_millis(at.0).unwrap_or_default();
        match self {
            Self::Local => utc.with_timezone(&Local).fixed_offset(),
            Self::Fixed(seconds) => {
                utc.with_timezone(&FixedOffset::east_opt(seconds).unwrap_or(utc.fixed_offset().timezone()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_time_of_day_of_the_zone() {
        assert_eq!(Zone::Fixed(0).clock(Wall(50_602_999)), "14:03:22");
        assert_eq!(Zone::Fixed(-3_600).minute(Wall(0)), "23:00");
    }

    #[test]
    fn another_day_is_named() {
        let (zone, now) = (Zone::Fixed(3_600), Wall(22 * 3_600_000));
        assert_eq!(zone.minute_and_day(Wall(now.0 + 59 * 60_000), now), "23:59");
        assert_eq!(zone.minute_and_day(Wall(now.0 + 7 * 3_600_000), now), "06:00 tomorrow");
        assert_eq!(zone.minute_and_day(Wall(now.0 + 31 * 3_600_000), now), "06:00 on 1970-01-03");
    }

    #[test]
    fn until_is_today_or_tomorrow() {
        let zone = Zone::Fixed(7_200);
        let now = Wall(12 * 3_600_000);
        assert_eq!(zone.until(now, 14, 32), Some(32 * 60_000));
        assert_eq!(zone.until(now, 14, 0), Some(24 * 3_600_000));
        assert_eq!(zone.until(now, 13, 0), Some(23 * 3_600_000));
        assert_eq!(zone.until(now, 24, 0), None);
    }
}
