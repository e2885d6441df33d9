//! The time that documents carry.

use jiff::fmt::temporal::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

/// A clock that never goes back, so that times order like sequence numbers.
#[derive(Debug)]
pub(crate) struct Clock {
    last: Timestamp,
}

impl Clock {
    /// A clock that starts no earlier than `last`, the latest time already written.
    pub(crate) fn after(last: Option<&str>) -> Self {
        let last = last.and_then(|text| text.parse().ok()).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { last }
    }

    /// The time, or the last one again while the system's clock lies behind it.
    pub(crate) fn now(&mut self) -> Timestamp {
        self.last = self.last.max(Timestamp::now());
        self.last
    }
}

/// RFC 3339 in UTC with six decimals: the width is fixed, so texts order like times.
///
/// `2026-01-15T10:30:00.123456Z`
pub(crate) fn rfc3339(time: Timestamp) -> String {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
    PRINTER.timestamp_to_string(&time)
}

/// `time` minus `hours`.
pub(crate) fn hours_before(time: Timestamp, hours: i64) -> Timestamp {
    time.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_width_and_order_as_text() {
        let table = [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_768_473_000_000_000, "2026-01-15T10:30:00.000000Z"),
            (1_768_473_000_123_456, "2026-01-15T10:30:00.123456Z"),
            (1_768_473_000_900_000, "2026-01-15T10:30:00.900000Z"),
        ];
        let mut texts = Vec::new();
        for (micros, text) in table {
            assert_eq!(rfc3339(Timestamp::from_microsecond(micros).unwrap()), text);
            texts.push(text);
        }
        assert!(texts.is_sorted());
    }

    #[test]
    fn a_clock_never_goes_back() {
        let mut clock = Clock::after(Some("2999-01-01T00:00:00.000000Z"));
        assert_eq!(rfc3339(clock.now()), "2999-01-01T00:00:00.000000Z");
        let mut clock = Clock::after(None);
        let first = clock.now();
        assert!(first > Timestamp::UNIX_EPOCH && clock.now() >= first);
    }
}
