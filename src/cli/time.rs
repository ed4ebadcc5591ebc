//! Times as a person reads them at a terminal. Into a pipe they are RFC 3339, in UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Units, each with its length in seconds and how many of it there must be: one and a half are told in the next smaller one.
const UNITS: [(&str, i128, i128); 4] = [("day", 86_400, 2), ("hour", 3_600, 2), ("minute", 60, 2), ("second", 1, 0)];

/// How long `at` is away: `in 7 days`, `36 hours ago`.
pub(super) fn away(at: Timestamp, now: Timestamp) -> String {
    // Milliseconds that a command took are no part of seven days.
    let seconds = (at.duration_since(now).as_millis() + 500).div_euclid(1_000);
    if seconds == 0 {
        return "now".to_owned();
    }
    let amount = seconds.abs();
    let is_enough = |(_, length, least): &&(&str, i128, i128)| rounded(amount, *length) >= *least;
    let (unit, length, _) = UNITS.iter().find(is_enough).unwrap_or(&UNITS[3]);
    let number = rounded(amount, *length);
    let plural = if number == 1 { "" } else { "s" };
    if seconds > 0 { format!("in {number} {unit}{plural}") } else { format!("{number} {unit}{plural} ago") }
}

fn rounded(seconds: i128, length: i128) -> i128 {
    (seconds + length / 2) / length
}

/// The day and the hour in `zone`, and how long that is away: `2026-01-08 01:00 CET (in 7 days)`.
pub(super) fn local(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    format!("{} ({})", at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M %Z"), away(at, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_unit_in_which_they_are_thought_of() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for (at, told) in [
            ("2026-01-01T00:00:00.400Z", "now"),
            ("2026-01-01T00:00:01Z", "in 1 second"),
            ("2025-12-31T23:59:59Z", "1 second ago"),
            ("2026-01-01T00:01:29Z", "in 89 seconds"),
            ("2026-01-01T00:01:30Z", "in 2 minutes"),
            ("2025-12-31T23:00:00Z", "60 minutes ago"),
            ("2026-01-01T12:00:00Z", "in 12 hours"),
            ("2026-01-02T00:00:00Z", "in 24 hours"),
            ("2026-01-02T12:00:00Z", "in 2 days"),
            // As `invite list` has it a moment after `invite create`.
            ("2026-01-07T23:59:59.123Z", "in 7 days"),
            ("2027-01-01T00:00:00Z", "in 365 days"),
        ] {
            assert_eq!(away(at.parse().unwrap(), now), told, "{at}");
        }
        let berlin = TimeZone::fixed(jiff::tz::offset(1));
        assert_eq!(local("2026-01-08T00:00:00Z".parse().unwrap(), now, &berlin), "2026-01-08 01:00 +01 (in 7 days)");
    }
}
