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

use super::html::Html;
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
    pub(super) ending: Mutex<Option<(EndingKey, Html<'static>)>>,
}

/// Most sentences are shorter.
const SENTENCE_BYTES: usize = 128;

/// What is said of an invite's end: by which message, how many of its units are left, and the minute.
pub(super) type EndingKey = (&'static str, i64, i64);

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
    pub(super) fn isolated<'a>(&self, name: &str, text: &'a str) -> Cow<'a, str> {
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

    use fluent_syntax::ast::{Entry, VariantKey};
    use fluent_syntax::parser;

    use super::*;

    /// The messages of a language, each with the variables (`$name`) and messages (`name`) that stand in it.
    fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut messages = BTreeMap::new();
        let mut current = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some((id, _)) = line.split_once(" =").filter(|(id, _)| !id.starts_with([' ', '}'])) {
                id.clone_into(&mut current);
                assert!(messages.insert(current.clone(), BTreeSet::new()).is_none(), "{id} is there twice");
            }
            for part in line.split('{').skip(1).map(str::trim_start).filter(|part| !part.starts_with('"')) {
                let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '$').unwrap_or(part.len());
                messages.get_mut(&current).unwrap().insert(part[..end].to_owned());
            }
        }
        messages
    }

    fn english() -> BTreeMap<String, BTreeSet<String>> {
        messages(Language::fallback().source)
    }

    /// Of these, the variables.
    fn variables(parts: &BTreeSet<String>) -> impl Iterator<Item = &str> {
        parts.iter().filter_map(|part| part.strip_prefix('$'))
    }

    #[test]
    fn every_language_is_at_its_place_and_has_its_file() {
        for (at, language) in Language::all().iter().enumerate() {
            assert_eq!((language.number, language.tag), (at, LANGUAGES[at]));
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/pages/locales/{}.ftl", language.tag));
            assert_eq!(std::fs::read_to_string(path).unwrap(), language.source, "{}", language.tag);
        }
        let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages/locales")).unwrap();
        assert_eq!(files.count(), COUNT);
        assert_eq!(Language::fallback().tag, "en");
        // By name, Latin letters first; what has an accent stands where it is looked for.
        let names: Vec<_> = Language::all().iter().filter(|one| one.script == "Latn").map(|one| one.name).collect();
        let mut sorted = names.clone();
        sorted.sort_by_key(|name| name.replace('Č', "C"));
        assert_eq!(names, sorted);
    }

    #[test]
    fn a_language_is_parsed_when_it_is_first_asked_for() {
        let language = Language::new(4, "English", "Latn", Language::fallback().source);
        assert_eq!((language.name, language.dir()), ("English", "ltr"));
        assert!(language.bundle.get().is_none());
        assert_eq!(language.text("copy-button"), "Copy");
        assert!(language.bundle.get().is_some());
    }

    #[test]
    fn every_message_is_there_in_every_language_with_the_same_variables_and_terms() {
        for language in Language::all() {
            assert!(FluentResource::try_new(language.source.to_owned()).is_ok(), "{} is not Fluent", language.tag);
            assert_eq!(messages(language.source), english(), "{}", language.tag);
        }
    }

    #[test]
    fn every_message_can_be_said_with_any_number() {
        let numbers: [i64; 13] = [0, 1, 2, 3, 5, 10, 11, 12, 21, 22, 100, 103, 1000];
        for language in Language::all() {
            for (id, parts) in english() {
                for number in numbers {
                    let value = |name: &str| match name {
                        "count" | "day" | "month" => FluentValue::from(number),
                        _ => FluentValue::from("x"),
                    };
                    let month = (id == "moment").then(|| ("month", number.into()));
                    let arguments: FluentArgs<'_> =
                        variables(&parts).map(|name| (name, value(name))).chain(month).collect();
                    let mut errors = vec![];
                    let pattern = language.bundle().get_message(&id).unwrap().value().unwrap();
                    let text = language.bundle().format_pattern(pattern, Some(&arguments), &mut errors);
                    let is_said = errors.is_empty() && !text.is_empty() && !text.contains(['{', '$']);
                    assert!(is_said, "{}: {id}: {text} {errors:?}", language.tag);
                }
            }
        }
    }

    /// What CLDR tells apart in whole numbers below a million
    /// (<https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html>, 42 and later). `other` is always
    /// there, as Fluent wants one that fits everything.
    fn categories(tag: &str) -> &'static [&'static str] {
        match tag {
            "id" | "ja" | "zh-Hans" => &["other"],
            "da" | "de" | "el" | "en" | "es" | "fa" | "fr" | "hu" | "it" | "nl" | "pt-BR" | "sv" | "tr" => {
                &["one", "other"]
            }
            "he" => &["one", "other", "two"],
            "cs" | "ro" => &["few", "one", "other"],
            "pl" | "ru" | "uk" => &["few", "many", "one", "other"],
            "ar" => &["few", "many", "one", "other", "two", "zero"],
            _ => panic!("look up the plurals of {tag}"),
        }
    }

    /// The variants of each message that selects by `$count`.
    fn plurals(source: &str) -> BTreeMap<String, Vec<String>> {
        let Ok(resource) = parser::parse(source) else { panic!("a test says so") };
        let mut plurals = BTreeMap::new();
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            for element in message.value.into_iter().flat_map(|pattern| pattern.elements) {
                let PatternElement::Placeable { expression: Expression::Select { selector, variants } } = element
                else {
                    continue;
                };
                if !matches!(selector, InlineExpression::VariableReference { id } if id.name == "count") {
                    continue;
                }
                let keys = variants.iter().map(|variant| match &variant.key {
                    VariantKey::Identifier { name } => (*name).to_owned(),
                    VariantKey::NumberLiteral { value } => format!("={value}"),
                });
                assert!(plurals.insert(message.id.name.to_owned(), keys.collect()).is_none(), "two in one message");
            }
        }
        plurals
    }

    #[test]
    fn every_plural_has_the_categories_of_its_language() {
        let messages: Vec<_> = plurals(Language::fallback().source).into_keys().collect();
        assert_eq!(messages.len(), 7, "{messages:?}");
        for language in Language::all() {
            let plurals = plurals(language.source);
            assert_eq!(plurals.keys().cloned().collect::<Vec<_>>(), messages, "{}", language.tag);
            for (id, mut found) in plurals {
                // Less than one is said in its own way, in place of zero where a language has that.
                found.retain(|key| key != "=0");
                found.sort_unstable();
                assert_eq!(found, categories(language.tag), "{}: {id}", language.tag);
            }
        }
    }

    #[test]
    fn numbers_have_the_form_that_the_language_gives_them() {
        let said = |tag, id, count: i64| Language::named(tag).unwrap().with(id, [("count", count.into())]);
        for (tag, count, expected) in [
            ("ar", 1, "ما زال بإمكان شخص واحد استخدامها."),
            ("ar", 2, "ما زال بإمكان شخصين استخدامها."),
            ("ar", 10, "ما زال بإمكان 10 أشخاص استخدامها."),
            ("ar", 11, "ما زال بإمكان 11 شخصًا استخدامها."),
            ("ar", 100, "ما زال بإمكان 100 شخص استخدامها."),
            ("cs", 1, "Stačí ještě pro jednu osobu."),
            ("cs", 4, "Stačí ještě pro 4 osoby."),
            ("cs", 5, "Stačí ještě pro 5 osob."),
            ("fa", 12, "۱۲ نفر دیگر هم می‌توانند از آن استفاده کنند."),
            ("he", 2, "היא תקפה לעוד שני אנשים."),
            ("he", 20, "היא תקפה לעוד 20 אנשים."),
            ("ja", 3, "あと 3 人が使えます。"),
            ("pl", 22, "Wystarczy jeszcze dla 22 osób."),
            ("ro", 1, "Mai poate fi folosită de o persoană."),
            ("ro", 19, "Mai poate fi folosită de 19 persoane."),
            ("ro", 20, "Mai poate fi folosită de 20 de persoane."),
            ("ru", 21, "Его хватит ещё на 21 человека."),
            ("ru", 25, "Его хватит ещё на 25 человек."),
            ("uk", 2, "Його вистачить ще на 2 людини."),
            ("uk", 11, "Його вистачить ще на 11 людей."),
            ("uk", 21, "Його вистачить ще на 21 людину."),
        ] {
            assert_eq!(said(tag, "uses-left", count), expected, "{tag} {count}");
        }
    }

    /// Every message that pages ask for is there, and the other way round.
    #[test]
    fn messages_are_those_that_pages_use() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages");
        let files = ["", "manage", "templates"].into_iter().flat_map(|part| std::fs::read_dir(dir.join(part)).unwrap());
        let texts =
            files.map(|file| file.unwrap().path()).filter(|path| path.is_file() && !path.ends_with("language.rs"));
        let all: String = texts.map(|path| std::fs::read_to_string(path).unwrap()).collect();
        let quoted: BTreeSet<_> = all.split('"').collect();
        let english = english();
        let apps: toml::Table = include_str!("../config/apps.toml").parse().unwrap();
        let about = apps["about"].as_table().unwrap();
        let asks = about.values().flat_map(|about| about["how"].as_array().unwrap());
        let of_stores = about.values().filter_map(|about| about.get("get"));
        let of_apps: BTreeSet<_> = (about.keys().map(|id| format!("app-{id}")))
            .chain(asks.chain(of_stores).map(|how| format!("how-{}", how.as_str().unwrap())))
            .collect();
        let missing: Vec<_> = of_apps.iter().filter(|id| !english.contains_key(*id)).collect();
        assert_eq!(missing, Vec::<&String>::new(), "nothing is said of these");
        // `month` stands in `moment`.
        let is_used = |id: &String| id == "month" || of_apps.contains(id) || quoted.contains(&**id);
        let unused: Vec<_> = english.keys().filter(|id| !is_used(id)).collect();
        assert_eq!(unused, Vec::<&String>::new(), "nobody says these");
        for call in ["look.text(\"", "look.with(\"", "look.with_typed(\"", "language.text(\"", "language.with(\""] {
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
            for (id, parts) in english() {
                let texts: Vec<_> = variables(&parts).map(|name| (name, "Rock & Roll <1>")).collect();
                let isolated: Vec<_> =
                    texts.iter().map(|(name, text)| (*name, language.isolated(name, text))).collect();
                let said = language.with(&id, isolated.iter().map(|(name, text)| (*name, FluentValue::from(&**text))));
                assert_eq!(language.with_texts(&id, &texts), said, "{}: {id}", language.tag);
                joined += usize::from(language.joined(&id, &isolated).is_some());
            }
        }
        assert!(joined > COUNT * 100, "{joined}");
    }

    #[test]
    fn texts_of_others_are_isolated_where_they_may_run_the_other_way() {
        let said = |tag, site, inviter| {
            let texts = [("site", site), ("inviter", inviter)];
            Language::named(tag).unwrap().with_texts("landing-title-by", &texts)
        };
        assert_eq!(said("en", "Acme", "anna@example.com"), "anna@example.com invites you to chat on Acme");
        assert_eq!(said("en", "קפה!", "anna"), "anna invites you to chat on \u{2068}קפה!\u{2069}");
        let hebrew = said("he", "Psi+", "anna@example.com");
        assert_eq!(hebrew, "הזמנה מאת \u{2066}anna@example.com\u{2069} לשוחח באתר \u{2068}Psi+\u{2069}");
        for language in Language::all().iter().filter(|language| language.is_right_to_left()) {
            for (id, parts) in english() {
                let texts: Vec<_> = variables(&parts).map(|name| (name, "Psi+")).collect();
                let text = language.with_texts(&id, &texts);
                let marks = |marks: &[char]| text.chars().filter(|c| marks.contains(c)).count();
                let (opened, closed) = (marks(&['\u{2066}', '\u{2068}']), marks(&['\u{2069}']));
                assert_eq!(opened, closed, "{}: {id}: {text}", language.tag);
                let values = text.matches("Psi+").count();
                assert!(opened >= values, "{}: {id}: {text}", language.tag);
            }
        }
    }

    /// What is typed stands in sentences from right to left as well, and begins or ends with a mark that would move.
    #[test]
    fn what_is_typed_is_isolated_in_texts_of_ours() {
        for language in Language::all().iter().filter(|language| language.is_right_to_left()) {
            let hint = language.with_texts("register-username-hint", &[("host", "example.com")]);
            assert!(hint.contains("\u{2066}name@\u{2066}example.com\u{2069}\u{2069}"), "{}: {hint}", language.tag);
            let how = language.with_texts("how-terminal", &[("app", "Profanity")]);
            assert!(how.contains("\u{2066}/connect\u{2069}"), "{}: {how}", language.tag);
        }
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
            let said = |count| language.with("register-password-hint", [("count", FluentValue::from(count))]);
            let (one, many) = (said(1), said(12));
            let shared =
                one.chars().rev().zip(many.chars().rev()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8());
            assert!(shared.sum::<usize>() > 40, "{}: {one}", language.tag);
        }
    }

    /// What a language has no letters for is a slip of the keyboard, or of another language.
    #[test]
    fn every_language_has_its_own_letters_and_none_of_its_neighbours() {
        for language in Language::all() {
            let texts: String = english().keys().map(|id| language.text(id).into_owned()).collect();
            let foreign = match language.tag {
                "ru" => "іїєґ",
                "uk" => "ыъэё",
                // These have letters of their own for k and y, and the digits are set by us.
                "fa" => "كيىة",
                "ar" => "پچژگیک",
                // With a comma below, not a cedilla.
                "ro" => "şţŞŢ",
                "pl" | "cs" | "hu" | "tr" => "ãõåæøß",
                "da" => "äößÄÖ",
                "sv" => "æøßÆØ",
                "zh-Hans" => "のをはが",
                "ja" => "们这请码",
                _ => "",
            };
            let found: String = texts.chars().filter(|c| foreign.contains(*c)).collect();
            assert_eq!(found, "", "{}", language.tag);
            let of_script = |c: char| match language.script {
                "Grek" => ('Ͱ'..='Ͽ').contains(&c),
                "Cyrl" => ('Ѐ'..='ӿ').contains(&c),
                "Hebr" => ('א'..='ת').contains(&c),
                "Arab" => ('\u{620}'..='\u{6d3}').contains(&c),
                "Jpan" | "Hans" => ('\u{3040}'..='\u{9fff}').contains(&c),
                _ => c.is_alphabetic() && c < '\u{250}',
            };
            for id in english().keys().filter(|id| *id != "list-separator") {
                let text = language.text(id);
                assert!(text.chars().any(of_script), "{}: {id}: {text}", language.tag);
                let is_other = |c: char| c.is_alphabetic() && !c.is_ascii() && !of_script(c) && !"ªº’ʼー".contains(c);
                assert!(!text.chars().any(is_other), "{}: {id}: {text}", language.tag);
            }
        }
    }

    #[test]
    fn no_sentence_was_left_in_english() {
        let (english, ids) = (Language::fallback(), english());
        for language in Language::all().iter().filter(|language| language.tag != "en") {
            for id in ids.keys() {
                let text = language.text(id);
                assert!(text.split(' ').count() < 3 || text != english.text(id), "{}: {id}: {text}", language.tag);
            }
        }
    }
}
