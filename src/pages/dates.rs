//! Points in time in words. Dates are messages like any other: day, month and year as each language orders and declines
//! them, in the calendar that its readers live by. CLDR's own data would weigh more than the rest of the program for this
//! one date.

use std::sync::PoisonError;

use calendrical_calculations::persian::fast_persian_from_fixed;
use calendrical_calculations::rata_die::RataDie;
use fluent_bundle::FluentValue;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::language::Language;
use super::scripts::in_digits;

/// 1 January 1970, by the count of days that calendars are converted by.
const EPOCH: i64 = 719_163;

impl Language {
    /// A point in time, in words, in UTC: the time zone of the reader is not known.
    #[must_use]
    pub fn moment(&self, moment: Timestamp) -> String {
        let date = TimeZone::UTC.to_datetime(moment);
        let (year, month, day) = self.in_calendar(date.date());
        // Not as numbers: no language groups these digits, and all want the zero in front.
        let written = |text: String| FluentValue::from(self.digits().map_or(text.clone(), |all| in_digits(&text, all)));
        let variables = [
            ("day", FluentValue::from(day)),
            ("month", month.into()),
            ("year", written(year.to_string())),
            ("hour", written(format!("{:02}", date.hour()))),
            ("minute", written(format!("{:02}", date.minute()))),
        ];
        self.with("moment", variables)
    }

    /// Year, month and day in the calendar that readers of this language live by. Iran and Afghanistan have the solar Hijri
    /// one; everywhere else it is the Gregorian one that an appointment is made by.
    fn in_calendar(&self, date: Date) -> (i32, u8, u8) {
        let gregorian = (i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs());
        if self.tag != "fa" {
            return gregorian;
        }
        let days = date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
        fast_persian_from_fixed(RataDie::new(EPOCH + days)).unwrap_or(gregorian)
    }

    /// Until when, and how long that is from `now` on.
    #[must_use]
    pub fn until(&self, end: Timestamp, now: Timestamp) -> String {
        // An invite of seven days has seven days also a moment later.
        let minutes = end.duration_since(now).as_mins();
        let hours = if minutes < 60 { 0 } else { (minutes + 30) / 60 };
        let (id, count) = if hours >= 48 { ("until-days", (hours + 12) / 24) } else { ("until-hours", hours) };
        // Invites that are opened often, or were created together, end together.
        let ending = (id, count, end.as_second().div_euclid(60));
        let mut last = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, text)) = last.as_ref().filter(|(other, _)| *other == ending) {
            return text.clone();
        }
        let text = self.with(id, [("count", count.into()), ("moment", self.moment(end).into())]);
        *last = Some((ending, text.clone()));
        text
    }
}
