//! The language that a reader gets of those that they want.
//!
//! In the reader's order: a language of ours that is theirs (whatever the region, in a script of theirs); else one near to what
//! they want, that they read as well. English may be there only because browsers add it by themselves, so it does not outdo
//! what is near to a language wanted more; all others were chosen. Last comes what is at least read by many of them. The two
//! tables have the idea and most of the rows of CLDR's `languageMatching`
//! (<https://www.unicode.org/cldr/charts/latest/supplemental/language_matching.html>); its distance of 20 is near where readers
//! learn both at school, and far where the other language is rather English.

use super::language::Language;

/// Tags of what we have under another one: older ones, and spoken languages that are written as another.
const SAME: [(&str, &str); 7] = [
    ("he", "iw"),
    ("id", "in"),
    ("ro", "mo"),
    ("fa", "pes prs"),
    ("zh", "cmn cjy cpx gan hsn mnp wuu czh"),
    // Norwegian is nearest to Danish: Bokmål grew out of it, and CLDR has them at 8. Swedish is not in its table at all.
    ("da", "no nb"),
    (
        "ar",
        "arb aao abh abv acm acq acw acx acy adf aeb aec afb ajp apc apd arq ars ary arz auz avl ayh ayl ayn ayp bbz pga shu ssh",
    ),
];

/// What is near: read by nearly all who want the others.
const NEAR: [(&str, &str); 8] = [
    ("de", "gsw lb rm"),
    ("fr", "br co oc"),
    ("es", "ca eu gl"),
    ("nl", "fy"),
    ("ru", "be"),
    ("da", "nn fo"),
    ("cs", "sk"),
    ("id", "jv su"),
];

/// What is far, but nearer than nothing.
const FAR: [(&str, &str); 9] = [
    ("nl", "af"),
    ("fr", "crs ht kg ln lua mg rw wo"),
    ("es", "ay gn qu"),
    ("ru", "ab az hy kk ky mn tg tk tt uz"),
    ("tr", "ku"),
    ("ar", "ckb"),
    ("id", "ms"),
    ("it", "la"),
    ("zh", "bo hak lzh nan ug yue za"),
];

/// What a tag says, as far as it matters here.
struct WantedLanguage {
    /// In small letters, and under the name that we have it by.
    language: String,
    script: Option<String>,
}

impl Language {
    /// The best one for `Accept-Language` (RFC 9110, 12.5.4), if any of ours was wanted, or one that is near.
    #[must_use]
    pub fn accepted(header: &str) -> Option<&'static Self> {
        let mut ranges: Vec<_> = header.split(',').filter_map(range).collect();
        // Stable: among equals the first one wins.
        ranges.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        let wanted: Vec<_> = ranges.into_iter().filter_map(|(tag, _)| WantedLanguage::of(tag)).collect();
        let mut near = None;
        for one in &wanted {
            match one.ours() {
                Some(ours) if ours.tag != "en" => return Some(ours),
                Some(english) => return near.or(Some(english)),
                None => near = near.or_else(|| one.among(&NEAR)),
            }
        }
        near.or_else(|| wanted.iter().find_map(|one| one.among(&FAR)))
    }

    /// The one that a link asks for by `tag`, as it is or by a tag that means it.
    #[must_use]
    pub fn asked_for(tag: &str) -> Option<&'static Self> {
        Self::named(tag).or_else(|| WantedLanguage::of(tag)?.ours())
    }
}

impl WantedLanguage {
    /// By a tag, also with `_` as systems write it; none if it is no language's.
    fn of(tag: &str) -> Option<Self> {
        let mut parts = tag.split(['-', '_', '.', '@']);
        let language = parts.next().filter(|part| (2..=3).contains(&part.len()) && is_alphabetic(part))?;
        let language = language.to_ascii_lowercase();
        let language = named_in(&SAME, &language).map_or(language, String::from);
        // What comes after a single letter is about other things: calendars, sorting.
        let parts: Vec<_> = parts.take_while(|part| part.len() > 1).collect();
        let given =
            parts.iter().find(|part| part.len() == 4 && is_alphabetic(part)).map(|part| part.to_ascii_lowercase());
        let is_traditional = || parts.iter().any(|part| ["tw", "hk", "mo"].contains(&&*part.to_ascii_lowercase()));
        let script = given.or_else(|| (language == "zh" && is_traditional()).then(|| "hant".into()));
        Some(Self { language, script })
    }

    /// The one of ours that it is.
    fn ours(&self) -> Option<&'static Language> {
        Language::all().iter().find(|ours| {
            let reads = self.script.as_ref().is_none_or(|script| ours.script.eq_ignore_ascii_case(script));
            ours.tag.split('-').next() == Some(&self.language) && reads
        })
    }

    /// The one of ours that a table has it at.
    fn among(&self, table: &[(&'static str, &str)]) -> Option<&'static Language> {
        // Traditional Chinese is read by others than the simplified one, which they read with some trouble.
        let is_traditional = self.language == "zh" && self.script.as_deref() == Some("hant");
        let ours = named_in(table, if is_traditional { "yue" } else { &self.language })?;
        Language::all().iter().find(|language| language.tag.split('-').next() == Some(ours))
    }
}

fn named_in(table: &[(&'static str, &str)], language: &str) -> Option<&'static str> {
    table.iter().find(|(_, others)| others.split(' ').any(|other| other == language)).map(|(ours, _)| *ours)
}

fn is_alphabetic(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// A language range with its weight in thousandths; none if it is refused, or is any language.
fn range(text: &str) -> Option<(&str, u32)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty() && *tag != "*")?;
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let weight = weight.map_or(1000, crate::caller::thousandths);
    (weight > 0).then_some((tag, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(header: &str) -> &'static str {
        Language::accepted(header).map_or("none", |language| language.tag)
    }

    #[test]
    fn readers_get_the_language_they_prefer() {
        for (header, expected) in [
            ("de-AT,de;q=0.9,en;q=0.8", "de"),
            ("ko, fr;q=0.3, ru;q=0.7", "ru"),
            ("de;q=0, it;q=0.1", "it"),
            ("en;Q=0.2, tr;Q=0.9", "tr"),
            ("en_GB", "en"),
            ("pl_PL.UTF-8", "pl"),
            ("DE", "de"),
            ("ja-JP-u-ca-japanese", "ja"),
            ("pt", "pt-BR"),
            ("pt-PT, en;q=0.5", "pt-BR"),
            ("uk, ru;q=0.9", "uk"),
        ] {
            assert_eq!(tag(header), expected, "{header}");
        }
    }

    #[test]
    fn every_language_of_ours_is_found_by_its_tag() {
        for language in Language::all() {
            assert_eq!(tag(language.tag), language.tag);
            assert_eq!(tag(&format!("{}, en;q=0.5", language.tag.replace('-', "_"))), language.tag);
            assert_eq!(Language::asked_for(&language.tag.to_uppercase()).map(|found| found.tag), Some(language.tag));
        }
    }

    #[test]
    fn chinese_is_told_by_its_script() {
        for simplified in
            ["zh", "zh-CN", "zh_CN", "zh-SG", "zh-MY", "zh-Hans-CN", "zh-Hans-HK", "zh-cmn-Hans-CN", "cmn"]
        {
            assert_eq!(tag(&format!("{simplified}, en;q=0.1")), "zh-Hans", "{simplified}");
        }
        for traditional in ["zh-TW", "zh_TW", "zh-HK", "zh-MO", "zh-Hant", "zh-Hant-HK", "yue-HK", "nan-TW"] {
            assert_eq!(tag(&format!("{traditional}, ja;q=0.1")), "ja", "{traditional}");
            assert_eq!(tag(&format!("{traditional}, en;q=0.1")), "en", "{traditional}");
            assert_eq!(tag(traditional), "zh-Hans", "{traditional}");
        }
    }

    #[test]
    fn older_tags_and_spoken_languages_are_known() {
        for (old, expected) in [
            ("iw-IL", "he"),
            ("in", "id"),
            ("mo", "ro"),
            ("prs-AF", "fa"),
            ("fa-AF", "fa"),
            ("ary", "ar"),
            ("ar-MA", "ar"),
        ] {
            assert_eq!(tag(&format!("{old}, en;q=0.5")), expected, "{old}");
        }
    }

    #[test]
    fn what_is_near_is_read_rather_than_the_english_that_browsers_add() {
        for (header, expected) in [
            ("sk-SK,sk;q=0.9,en-US;q=0.8,en;q=0.7", "cs"),
            ("nb-NO,nb;q=0.9,no;q=0.8,nn;q=0.7,en-US;q=0.6", "da"),
            ("nn", "da"),
            ("ca, en;q=0.5", "es"),
            ("ca, fr;q=0.5, en;q=0.4", "fr"),
            ("gl-ES", "es"),
            ("be, en", "ru"),
            ("be, pl;q=0.5", "pl"),
            ("lb, en", "de"),
            // Who wants English more gets it.
            ("en, sk;q=0.5", "en"),
            // What is far is better than nothing, and not better than English.
            ("af, en", "en"),
            ("af", "nl"),
            ("ms-MY", "id"),
            ("kk, en", "en"),
            ("kk", "ru"),
        ] {
            assert_eq!(tag(header), expected, "{header}");
        }
    }

    #[test]
    fn a_script_that_we_do_not_write_is_none_that_they_read() {
        assert_eq!(tag("sr-Latn"), "none");
        assert_eq!(tag("sr-Latn, de;q=0.1"), "de");
        assert_eq!(tag("ru-Latn, it;q=0.1"), "it");
        assert_eq!(tag("ar-Latn"), "none");
        assert_eq!(tag("el-Grek"), "el");
    }

    #[test]
    fn garbage_is_nobodys_wish() {
        for none in
            ["", "*", "*;q=0.5", "ko", "tlh;q=x", ",,;;", "x-klingon", "i-navajo", "e", "12", "😀", "-", "_", "en-;q=0"]
        {
            assert_eq!(tag(none), "none", "{none}");
        }
        assert_eq!(tag("*, de;q=0.5"), "de");
        assert_eq!(tag(&"de-".repeat(3000)), "de");
    }

    #[test]
    fn a_link_may_ask_by_any_tag_that_means_the_language() {
        let asked = |tag| Language::asked_for(tag).map(|language| language.tag);
        assert_eq!(asked("zh-CN"), Some("zh-Hans"));
        assert_eq!(asked("pt"), Some("pt-BR"));
        assert_eq!(asked("de-CH"), Some("de"));
        for none in ["", "zh-TW", "sk", "klingon", "xx"] {
            assert_eq!(asked(none), None, "{none}");
        }
    }

    #[test]
    fn the_tables_lead_to_languages_of_ours_and_have_each_other_language_once() {
        let all: Vec<_> = SAME.iter().chain(&NEAR).chain(&FAR).collect();
        let mut others: Vec<_> = all.iter().flat_map(|(_, others)| others.split(' ')).collect();
        let primary: Vec<_> = Language::all().iter().filter_map(|language| language.tag.split('-').next()).collect();
        assert!(all.iter().all(|(ours, _)| primary.contains(ours)));
        assert!(others.iter().all(|other| !primary.contains(other)));
        let count = others.len();
        others.sort_unstable();
        others.dedup();
        assert_eq!(others.len(), count);
    }
}
