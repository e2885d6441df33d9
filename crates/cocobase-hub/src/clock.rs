//! The time of day, as messages say it.

use alloc::format;
use alloc::string::String;

use cocobase_proto::Instant;

/// An instant since 1970 in RFC 3339, in UTC and to the millisecond.
pub(crate) fn rfc3339(at: Instant) -> String {
    let millis = at.as_nanos() / 1_000_000;
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// The date so many days after 1970-01-01. Years begin in March here, so that a leap day is the last;
/// an era is 400 years (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
const fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (400 * era + year + (month <= 2) as u64, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (951_868_800, "2000-03-01T00:00:00.000Z"),
            (1_705_315_800, "2024-01-15T10:50:00.000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(Instant::from_nanos(seconds * 1_000_000_000)), expected);
        }
        assert_eq!(rfc3339(Instant::from_nanos(1_999_999)), "1970-01-01T00:00:00.001Z");
        assert_eq!(rfc3339(Instant::from_nanos(u64::MAX)), "2554-07-21T23:34:33.709Z");
    }
}
