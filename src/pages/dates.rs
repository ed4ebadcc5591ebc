//! Points in time in words. Dates are messages like any other: day, month and year as each language orders and declines
//! them, in the calendar that its readers live by. CLDR's own data would weigh more than the rest of the program for this
//! one date.

use std::sync::PoisonError;

use askama::Template;
use calendrical_calculations::persian::fast_persian_from_fixed;
use calendrical_calculations::rata_die::RataDie;
use fluent_bundle::FluentValue;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::html::Html;
use super::language::Language;
use super::scripts::in_digits;

/// 1 January 1970, by the count of days that calendars are converted by.
const EPOCH: i64 = 719_163;

/// A sentence with a point in time in it, which a script can write anew: in the reader's zone.
#[derive(Template)]
#[template(source = "{{ before }}<time datetime=\"{{ machine }}\">{{ moment }}</time>{{ after }}", ext = "html")]
struct Ending<'a> {
    before: &'a str,
    moment: &'a str,
    /// The same for programs.
    machine: String,
    after: &'a str,
}

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
    pub(super) fn until(&self, end: Timestamp, now: Timestamp) -> Html<'static> {
        // An invite of seven days has seven days also a moment later.
        let minutes = end.duration_since(now).as_mins();
        let hours = if minutes < 60 { 0 } else { (minutes + 30) / 60 };
        let (id, count) = if hours >= 48 { ("until-days", (hours + 12) / 24) } else { ("until-hours", hours) };
        // Invites that are opened often, or were created together, end together.
        let ending = (id, count, end.as_second().div_euclid(60));
        let mut last = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, html)) = last.as_ref().filter(|(other, _)| *other == ending) {
            return html.clone();
        }
        let moment = self.moment(end);
        let text = self.with(id, [("count", count.into()), ("moment", moment.as_str().into())]);
        let (before, after) = text.split_once(&moment).unwrap_or((&*text, ""));
        let machine = TimeZone::UTC.to_datetime(end).strftime("%Y-%m-%dT%H:%MZ").to_string();
        let html = Html::drawn(&Ending { before, moment: &moment, machine, after });
        *last = Some((ending, html.clone()));
        html
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::SignedDuration;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn language(tag: &str) -> &'static Language {
        Language::named(tag).unwrap()
    }

    #[test]
    fn every_minute_of_a_day_and_every_day_of_a_year_has_its_words() {
        for language in Language::all() {
            let days: BTreeSet<_> = (0..366)
                .map(|day| language.moment(at("2028-01-01T07:05:00Z") + SignedDuration::from_hours(24 * day)))
                .collect();
            assert_eq!(days.len(), 366, "{}", language.tag);
            let minutes: BTreeSet<_> = (0..24 * 60)
                .map(|minute| language.moment(at("2028-12-31T00:00:00Z") + SignedDuration::from_mins(minute)))
                .collect();
            assert_eq!(minutes.len(), 24 * 60, "{}", language.tag);
            for text in days.iter().chain(&minutes) {
                assert!(text.contains("UTC") && !text.contains(['{', '$', '\u{fffd}']), "{}: {text}", language.tag);
            }
            let months: BTreeSet<_> =
                (1..=12).map(|month: i64| language.with("month", [("month", month.into())])).collect();
            assert_eq!(months.len(), 12, "{}", language.tag);
        }
    }

    #[test]
    fn iran_and_afghanistan_have_their_own_calendar() {
        for (gregorian, persian) in [
            ("2024-03-19", "۲۹ اسفند ۱۴۰۲"),
            ("2024-03-20", "۱ فروردین ۱۴۰۳"),
            ("2025-03-20", "۳۰ اسفند ۱۴۰۳"),
            ("2025-03-21", "۱ فروردین ۱۴۰۴"),
            ("2026-01-08", "۱۸ دی ۱۴۰۴"),
            ("2026-09-22", "۳۱ شهریور ۱۴۰۵"),
            ("2026-09-23", "۱ مهر ۱۴۰۵"),
        ] {
            let text = language("fa").moment(at(&format!("{gregorian}T23:05:00Z")));
            assert_eq!(text, format!("{persian}، ساعت ۲۳:۰۵ به وقت جهانی (UTC)"), "{gregorian}");
        }
        // Far away it is a date all the same.
        for far in ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-30T00:00:00Z"] {
            assert!(language("fa").moment(at(far)).contains("UTC"), "{far}");
        }
    }

    #[test]
    fn dates_and_plurals_are_those_of_the_language() {
        let now = at("2026-01-01T00:00:00Z");
        for (tag, hours, expected) in [
            ("en", 7 * 24, "The invite is good for 7 more days, until 8 January 2026, 00:00 UTC."),
            ("en", 1, "The invite is good for one more hour, until 1 January 2026, 01:00 UTC."),
            ("en", 0, "The invite is good for less than an hour, until 1 January 2026, 00:00 UTC."),
            ("de", 72, "Die Einladung gilt noch 3 Tage, bis 4. Januar 2026, 00:00 Uhr UTC."),
            ("fr", 12, "L’invitation est valable encore 12 heures, jusqu’au 1er janvier 2026 à 12:00 UTC."),
            ("pl", 3, "Zaproszenie jest ważne jeszcze 3 godziny, do 1 stycznia 2026 r., 03:00 UTC."),
            ("pl", 5, "Zaproszenie jest ważne jeszcze 5 godzin, do 1 stycznia 2026 r., 05:00 UTC."),
            ("it", 7 * 24, "L’invito scade tra 7 giorni: 8 gennaio 2026, 00:00 UTC."),
            ("it", 1, "L’invito scade tra un’ora: 1º gennaio 2026, 01:00 UTC."),
            ("it", 0, "L’invito scade tra meno di un’ora: 1º gennaio 2026, 00:00 UTC."),
            ("es", 48, "La invitación vale 2 días más, hasta el 3 de enero de 2026, 00:00 UTC."),
            ("es", 0, "La invitación vale menos de una hora, hasta el 1 de enero de 2026, 00:00 UTC."),
            ("nl", 11 * 24, "De uitnodiging is nog 11 dagen geldig, tot 12 januari 2026 om 00:00 UTC."),
            ("nl", 1, "De uitnodiging is nog één uur geldig, tot 1 januari 2026 om 01:00 UTC."),
            ("ru", 21 * 24, "Приглашение действует ещё 21 день, до 22 января 2026 г., 00:00 UTC."),
            ("ru", 3 * 24, "Приглашение действует ещё 3 дня, до 4 января 2026 г., 00:00 UTC."),
            ("ru", 5 * 24, "Приглашение действует ещё 5 дней, до 6 января 2026 г., 00:00 UTC."),
            ("pt-BR", 48, "O convite vale por mais 2 dias, até 3 de janeiro de 2026, 00:00 UTC."),
            ("uk", 3 * 24, "Запрошення діє ще 3 дні, до 4 січня 2026 р., 00:00 UTC."),
            ("uk", 5, "Запрошення діє ще 5 годин, до 1 січня 2026 р., 05:00 UTC."),
            ("sv", 7 * 24, "Inbjudan gäller i 7 dagar till, fram till 8 januari 2026 kl. 00:00 UTC."),
            ("da", 7 * 24, "Invitationen gælder i 7 dage endnu, indtil 8. januar 2026 kl. 00.00 UTC."),
            ("cs", 3 * 24, "Pozvánka platí ještě 3 dny, do 4. ledna 2026, 00:00 UTC."),
            ("cs", 5, "Pozvánka platí ještě 5 hodin, do 1. ledna 2026, 05:00 UTC."),
            ("tr", 7 * 24, "Davet 7 gün daha geçerli; bitiş: 8 Ocak 2026, 00:00 UTC."),
            ("ro", 7 * 24, "Invitația mai este valabilă 7 zile, până la 8 ianuarie 2026, ora 00:00 UTC."),
            ("ro", 24 * 24, "Invitația mai este valabilă 24 de zile, până la 25 ianuarie 2026, ora 00:00 UTC."),
            ("hu", 7 * 24, "A meghívó még 7 napig érvényes, eddig: 2026. január 8., 00:00 UTC."),
            ("el", 7 * 24, "Η πρόσκληση ισχύει για 7 ημέρες ακόμη, έως 8 Ιανουαρίου 2026, 00:00 UTC."),
            ("el", 1, "Η πρόσκληση ισχύει για μία ώρα ακόμη, έως 1η Ιανουαρίου 2026, 01:00 UTC."),
            ("id", 7 * 24, "Undangan ini masih berlaku 7 hari lagi, sampai 8 Januari 2026 pukul 00.00 UTC."),
            ("ja", 7 * 24, "この招待の有効期間は残り 7 日です（2026年1月8日 00:00 UTC まで）。"),
            ("ja", 0, "この招待の有効期間は残り 1 時間未満です（2026年1月1日 00:00 UTC まで）。"),
            ("zh-Hans", 7 * 24, "此邀请还有 7 天有效（至 2026年1月8日 00:00 UTC）。"),
            ("ar", 1, "تنتهي صلاحية الدعوة بعد ساعة واحدة، في 1 يناير 2026، الساعة 01:00 بالتوقيت العالمي (UTC)."),
            ("ar", 48, "تنتهي صلاحية الدعوة بعد يومين، في 3 يناير 2026، الساعة 00:00 بالتوقيت العالمي (UTC)."),
            ("ar", 7 * 24, "تنتهي صلاحية الدعوة بعد 7 أيام، في 8 يناير 2026، الساعة 00:00 بالتوقيت العالمي (UTC)."),
            ("ar", 11 * 24, "تنتهي صلاحية الدعوة بعد 11 يومًا، في 12 يناير 2026، الساعة 00:00 بالتوقيت العالمي (UTC)."),
            ("fa", 7 * 24, "این دعوت‌نامه ۷ روز دیگر اعتبار دارد، تا ۱۸ دی ۱۴۰۴، ساعت ۰۰:۰۰ به وقت جهانی (UTC)."),
            ("fa", 0, "این دعوت‌نامه کمتر از یک ساعت دیگر اعتبار دارد، تا ۱۱ دی ۱۴۰۴، ساعت ۰۰:۰۰ به وقت جهانی (UTC)."),
            ("he", 48, "ההזמנה תקפה לעוד יומיים, עד 3 בינואר 2026 בשעה 00:00 לפי UTC."),
            ("he", 7 * 24, "ההזמנה תקפה לעוד 7 ימים, עד 8 בינואר 2026 בשעה 00:00 לפי UTC."),
        ] {
            let end = now + SignedDuration::from_hours(hours);
            let html = language(tag).until(end, now).to_string();
            let (before, rest) = html.split_once("<time datetime=\"").unwrap();
            let (machine, rest) = rest.split_once("\">").unwrap();
            let (moment, after) = rest.split_once("</time>").unwrap();
            assert_eq!(format!("{before}{moment}{after}"), expected, "{tag} {hours}");
            assert_eq!(moment, language(tag).moment(end), "{tag} {hours}");
            assert_eq!(machine.replace('Z', ":00Z").parse::<Timestamp>().unwrap(), end, "{tag} {hours}");
        }
    }
}
