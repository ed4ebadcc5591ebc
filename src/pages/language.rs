//! What guests read, in their language: Fluent messages, compiled in, parsed when a language is first asked for.
//!
//! Texts of others (names, addresses) that stand in a sentence are isolated where they could be read in another direction
//! than the sentence: Unicode's bidirectional algorithm would move them and the marks around them
//! (<https://www.w3.org/International/articles/inline-bidi-markup/>).

use std::borrow::Cow;
use std::sync::{Mutex, OnceLock};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::{Expression, InlineExpression, Pattern, PatternElement};

use super::scripts::{PERSIAN_DIGITS, in_digits, is_right_to_left, isolated};
use crate::config::{DEFAULT_LANGUAGE, LANGUAGES};

/// How many there are.
pub(super) const COUNT: usize = LANGUAGES.len();

/// Each with its name in itself, its script (ISO 15924), and its messages.
static ALL: [Language; COUNT] = [
    Language::new(0, "Bahasa Indonesia", "Latn", include_str!("locales/id.ftl")),
    Language::new(1, "Čeština", "Latn", include_str!("locales/cs.ftl")),
    Language::new(2, "Dansk", "Latn", include_str!("locales/da.ftl")),
    Language::new(3, "Deutsch", "Latn", include_str!("locales/de.ftl")),
    Language::new(4, "English", "Latn", include_str!("locales/en.ftl")),
    Language::new(5, "Español", "Latn", include_str!("locales/es.ftl")),
    Language::new(6, "Français", "Latn", include_str!("locales/fr.ftl")),
    Language::new(7, "Italiano", "Latn", include_str!("locales/it.ftl")),
    Language::new(8, "Magyar", "Latn", include_str!("locales/hu.ftl")),
    Language::new(9, "Nederlands", "Latn", include_str!("locales/nl.ftl")),
    Language::new(10, "Polski", "Latn", include_str!("locales/pl.ftl")),
    Language::new(11, "Português (Brasil)", "Latn", include_str!("locales/pt-BR.ftl")),
    Language::new(12, "Română", "Latn", include_str!("locales/ro.ftl")),
    Language::new(13, "Svenska", "Latn", include_str!("locales/sv.ftl")),
    Language::new(14, "Türkçe", "Latn", include_str!("locales/tr.ftl")),
    Language::new(15, "Ελληνικά", "Grek", include_str!("locales/el.ftl")),
    Language::new(16, "Русский", "Cyrl", include_str!("locales/ru.ftl")),
    Language::new(17, "Українська", "Cyrl", include_str!("locales/uk.ftl")),
    Language::new(18, "עברית", "Hebr", include_str!("locales/he.ftl")),
    Language::new(19, "العربية", "Arab", include_str!("locales/ar.ftl")),
    Language::new(20, "فارسی", "Arab", include_str!("locales/fa.ftl")),
    Language::new(21, "日本語", "Jpan", include_str!("locales/ja.ftl")),
    Language::new(22, "简体中文", "Hans", include_str!("locales/zh-Hans.ftl")),
];

/// A language with its texts.
pub struct Language {
    /// Its tag (BCP 47).
    pub tag: &'static str,
    /// Its name in itself.
    pub name: &'static str,
    /// The script it is written in (ISO 15924).
    pub(super) script: &'static str,
    /// Its place among all of them.
    pub number: usize,
    source: &'static str,
    bundle: OnceLock<FluentBundle<FluentResource>>,
    /// What was said last of an invite's end.
    pub(super) ending: Mutex<Option<(Ending, String)>>,
}

/// Most sentences are shorter.
const SENTENCE_BYTES: usize = 128;

/// What is said of an invite's end: by which message, how many of its units are left, and the minute.
pub(super) type Ending = (&'static str, i64, i64);

impl Language {
    const fn new(number: usize, name: &'static str, script: &'static str, source: &'static str) -> Self {
        let tag = LANGUAGES[number];
        Self { tag, name, script, number, source, bundle: OnceLock::new(), ending: Mutex::new(None) }
    }

    /// All of them.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &ALL
    }

    /// The language called `tag`.
    #[must_use]
    pub fn named(tag: &str) -> Option<&'static Self> {
        ALL.iter().find(|language| language.tag.eq_ignore_ascii_case(tag))
    }

    /// The one for whoever wants none of ours.
    #[must_use]
    pub fn fallback() -> &'static Self {
        Self::named(DEFAULT_LANGUAGE).unwrap_or(&ALL[0])
    }

    /// Whether it is written from right to left.
    #[must_use]
    pub fn is_right_to_left(&self) -> bool {
        matches!(self.script, "Arab" | "Hebr")
    }

    /// Its direction, as HTML has it.
    #[must_use]
    pub fn dir(&self) -> &'static str {
        if self.is_right_to_left() { "rtl" } else { "ltr" }
    }

    /// The digits it is written with, where these are not `0` to `9`. See docs/languages.md.
    pub(super) fn digits(&self) -> Option<&'static [char; 10]> {
        (self.tag == "fa").then_some(&PERSIAN_DIGITS)
    }

    /// A message.
    #[must_use]
    pub fn text(&self, id: &str) -> Cow<'_, str> {
        match self.pattern(id).map(|pattern| pattern.elements.as_slice()) {
            // A page has dozens of these.
            Some([PatternElement::TextElement { value }]) => Cow::Borrowed(value),
            _ => self.with(id, []).into(),
        }
    }

    /// A message with texts of others in it, each with its variable's name.
    #[must_use]
    pub fn with_texts(&self, id: &str, texts: &[(&str, &str)]) -> String {
        let texts: Vec<_> = texts.iter().map(|(name, text)| (*name, self.isolated(name, text))).collect();
        let variables = || texts.iter().map(|(name, text)| (*name, FluentValue::from(&**text)));
        self.joined(id, &texts).unwrap_or_else(|| self.with(id, variables()))
    }

    /// A text as it stands in a sentence of this language.
    fn isolated<'a>(&self, name: &str, text: &'a str) -> Cow<'a, str> {
        if self.is_right_to_left() || is_right_to_left(text) { isolated(name, text).into() } else { text.into() }
    }

    /// The same where texts are all there is, which is no work for Fluent.
    fn joined(&self, id: &str, texts: &[(&str, Cow<'_, str>)]) -> Option<String> {
        let mut joined = String::with_capacity(SENTENCE_BYTES);
        for element in &self.pattern(id)?.elements {
            joined.push_str(match element {
                PatternElement::TextElement { value } => value,
                PatternElement::Placeable {
                    expression: Expression::Inline(InlineExpression::VariableReference { id }),
                } => &texts.iter().find(|(name, _)| *name == id.name)?.1,
                PatternElement::Placeable { .. } => return None,
            });
        }
        Some(joined)
    }

    /// A message with variables of ours.
    #[must_use]
    pub fn with<'a>(&'a self, id: &str, variables: impl IntoIterator<Item = (&'a str, FluentValue<'a>)>) -> String {
        let variables: FluentArgs<'_> = variables.into_iter().collect();
        let said = |pattern| self.bundle().format_pattern(pattern, Some(&variables), &mut vec![]).into_owned();
        // An id on a page is a fault; a test looks for them first.
        self.pattern(id).map_or_else(|| id.to_owned(), said)
    }

    fn pattern(&self, id: &str) -> Option<&Pattern<&str>> {
        self.bundle().get_message(id)?.value()
    }

    fn bundle(&self) -> &FluentBundle<FluentResource> {
        self.bundle.get_or_init(|| {
            let mut bundle = FluentBundle::new_concurrent(self.tag.parse().into_iter().collect());
            // Numbers need no isolation, and marks would end up in what people copy: see `isolated`.
            bundle.set_use_isolating(false);
            if self.digits().is_some() {
                bundle.set_formatter(Some(|value, _| match value {
                    FluentValue::Number(number) => Some(in_digits(&number.as_string(), &PERSIAN_DIGITS)),
                    _ => None,
                }));
            }
            // The tests find every fault there could be.
            let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(self.source.to_owned());
            let _ = bundle.add_resource(resource);
            bundle
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use super::*;

    /// The messages of a source, each with its variables.
    fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut messages = BTreeMap::new();
        let mut current = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some((id, _)) = line.split_once(" =").filter(|(id, _)| !id.starts_with([' ', '}'])) {
                id.clone_into(&mut current);
                assert!(messages.insert(current.clone(), BTreeSet::new()).is_none(), "{id} is there twice");
            }
            for part in line.split('$').skip(1) {
                let end = part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(part.len());
                messages.get_mut(&current).unwrap().insert(part[..end].to_owned());
            }
        }
        messages
    }

    #[test]
    fn every_message_is_there_in_every_language_with_the_same_variables() {
        let english = messages(SOURCES[0].1);
        for (tag, source) in SOURCES {
            assert!(FluentResource::try_new(source.to_owned()).is_ok(), "{tag} is not Fluent");
            assert_eq!(messages(source), english, "{tag}");
        }
    }

    #[test]
    fn every_message_can_be_said_with_any_number() {
        let numbers: [i64; 9] = [0, 1, 2, 3, 5, 11, 21, 22, 1000];
        for language in Language::all() {
            for (id, variables) in messages(SOURCES[0].1) {
                for number in numbers {
                    let value = |name: &str| match name {
                        "count" | "day" | "month" => FluentValue::from(number),
                        _ => FluentValue::from("x"),
                    };
                    let arguments: FluentArgs<'_> = variables.iter().map(|name| (&**name, value(name))).collect();
                    let mut errors = vec![];
                    let pattern = language.bundle.get_message(&id).unwrap().value().unwrap();
                    let arguments: FluentArgs<'_> = if id == "moment" {
                        arguments
                            .iter()
                            .map(|(name, value)| (name, value.clone()))
                            .chain([("month", number.into())])
                            .collect()
                    } else {
                        arguments
                    };
                    let text = language.bundle.format_pattern(pattern, Some(&arguments), &mut errors);
                    assert!(
                        errors.is_empty() && !text.contains(['{', '$']),
                        "{}: {id}: {text} {errors:?}",
                        language.tag
                    );
                }
            }
        }
    }

    /// Every message that pages ask for is there, and the other way round.
    #[test]
    fn messages_are_those_that_pages_use() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages");
        let files = ["", "templates"].into_iter().flat_map(|part| std::fs::read_dir(dir.join(part)).unwrap());
        let texts =
            files.map(|file| file.unwrap().path()).filter(|path| path.is_file() && !path.ends_with("language.rs"));
        let all: String = texts.map(|path| std::fs::read_to_string(path).unwrap()).collect();
        let own = include_str!("language.rs").split("mod tests").next().unwrap();
        let all = all + own;
        let quoted: BTreeSet<_> = all.split('"').collect();
        let english = messages(SOURCES[0].1);
        let apps: toml::Table = include_str!("../config/apps.toml").parse().unwrap();
        let about = apps["about"].as_table().unwrap();
        let of_apps: BTreeSet<_> = (about.keys().map(|id| format!("app-{id}")))
            .chain(about.values().map(|about| format!("how-{}", about["how"].as_str().unwrap())))
            .collect();
        let missing: Vec<_> = of_apps.iter().filter(|id| !english.contains_key(*id)).collect();
        assert_eq!(missing, Vec::<&String>::new(), "nothing is said of these");
        // `month` stands in `moment`.
        let is_used = |id: &String| id == "month" || of_apps.contains(id) || quoted.contains(&**id);
        let unused: Vec<_> = english.keys().filter(|id| !is_used(id)).collect();
        assert_eq!(unused, Vec::<&String>::new(), "nobody says these");
        for call in ["look.text(\"", "look.with(\"", "language.text(\"", "language.with(\""] {
            for part in all.split(call).skip(1) {
                let id = part.split('"').next().unwrap();
                assert!(english.contains_key(id), "{id} is missing");
            }
        }
    }

    #[test]
    fn texts_are_joined_as_fluent_has_it() {
        let mut joined = 0;
        for language in Language::all() {
            for (id, variables) in messages(SOURCES[0].1) {
                let texts: Vec<_> = variables.iter().map(|name| (&**name, "Rock & Roll <1>")).collect();
                let said = language.with(&id, texts.iter().map(|(name, text)| (*name, FluentValue::from(*text))));
                assert_eq!(language.with_texts(&id, &texts), said, "{}: {id}", language.tag);
                joined += usize::from(language.joined(&id, &texts).is_some());
            }
        }
        assert!(joined > 9 * 100, "{joined}");
    }

    #[test]
    fn what_is_to_be_a_link_is_marked_in_every_language() {
        for language in Language::all() {
            let text = language.text("register-terms");
            let marks: String = text.chars().filter(|c| matches!(c, '[' | ']')).collect();
            assert_eq!(marks, "[]", "{}: {text}", language.tag);
        }
    }

    #[test]
    fn advice_is_given_whatever_the_number() {
        for language in Language::all() {
            let [one, many] = [1, 12].map(|count| language.with("register-password-hint", [("count", count.into())]));
            let advice = |text: &str| text.split_once(". ").map(|(_, advice)| advice.to_owned());
            assert_eq!(advice(&one), advice(&many), "{}", language.tag);
            assert!(advice(&one).is_some_and(|advice| advice.len() > 20), "{}: {one}", language.tag);
        }
    }

    #[test]
    fn readers_get_the_language_they_prefer() {
        let tag = |header| Language::accepted(header).tag;
        assert_eq!(tag("de-AT,de;q=0.9,en;q=0.8"), "de");
        assert_eq!(tag("ja, fr;q=0.3, ru;q=0.7"), "ru");
        assert_eq!(tag("pt"), "pt-BR");
        assert_eq!(tag("pt-PT"), "pt-BR");
        assert_eq!(tag("de;q=0, it;q=0.1"), "it");
        for none in ["", "*", "ja", "tlh;q=x", ",,;;"] {
            assert_eq!(tag(none), "en", "{none}");
        }
    }

    #[test]
    fn dates_and_plurals_are_those_of_the_language() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let after = |hours| now + jiff::SignedDuration::from_hours(hours);
        let until = |tag, hours| Language::named(tag).unwrap().until(after(hours), now);
        assert_eq!(until("en", 7 * 24), "The invite is good for 7 more days, until 8 January 2026, 00:00 UTC.");
        assert_eq!(until("en", 1), "The invite is good for one more hour, until 1 January 2026, 01:00 UTC.");
        assert_eq!(until("en", 0), "The invite is good for less than an hour, until 1 January 2026, 00:00 UTC.");
        assert_eq!(until("de", 72), "Die Einladung gilt noch 3 Tage, bis 4. Januar 2026, 00:00 Uhr UTC.");
        assert_eq!(
            until("fr", 12),
            "L’invitation est valable encore 12 heures, jusqu’au 1er janvier 2026 à 12:00 UTC."
        );
        assert_eq!(until("pl", 3), "Zaproszenie jest ważne jeszcze 3 godziny, do 1 stycznia 2026 r., 03:00 UTC.");
        assert_eq!(until("pl", 5), "Zaproszenie jest ważne jeszcze 5 godzin, do 1 stycznia 2026 r., 05:00 UTC.");
        assert_eq!(until("it", 7 * 24), "L’invito scade tra 7 giorni: 8 gennaio 2026, 00:00 UTC.");
        assert_eq!(until("it", 1), "L’invito scade tra un’ora: 1º gennaio 2026, 01:00 UTC.");
        assert_eq!(until("it", 0), "L’invito scade tra meno di un’ora: 1º gennaio 2026, 00:00 UTC.");
        assert_eq!(until("es", 48), "La invitación vale 2 días más, hasta el 3 de enero de 2026, 00:00 UTC.");
        assert_eq!(until("es", 0), "La invitación vale menos de una hora, hasta el 1 de enero de 2026, 00:00 UTC.");
        assert_eq!(until("nl", 11 * 24), "De uitnodiging is nog 11 dagen geldig, tot 12 januari 2026 om 00:00 UTC.");
        assert_eq!(until("nl", 1), "De uitnodiging is nog één uur geldig, tot 1 januari 2026 om 01:00 UTC.");
        assert_eq!(until("ru", 21 * 24), "Приглашение действует ещё 21 день, до 22 января 2026 г., 00:00 UTC.");
        assert_eq!(until("ru", 3 * 24), "Приглашение действует ещё 3 дня, до 4 января 2026 г., 00:00 UTC.");
        assert_eq!(until("ru", 5 * 24), "Приглашение действует ещё 5 дней, до 6 января 2026 г., 00:00 UTC.");
        assert_eq!(until("pt-BR", 48), "O convite vale por mais 2 dias, até 3 de janeiro de 2026, 00:00 UTC.");
    }
}
