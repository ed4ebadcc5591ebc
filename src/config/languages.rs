//! The languages that pages are written in: what `hosts.*.language` may be.

use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Their tags (BCP 47), in the order in which readers are shown them: by the name that each has in itself, Latin letters
/// first.
pub const LANGUAGES: [&str; 23] = [
    "id", "cs", "da", "de", "en", "es", "fr", "it", "hu", "nl", "pl", "pt-BR", "ro", "sv", "tr", "el", "ru", "uk",
    "he", "ar", "fa", "ja", "zh-Hans",
];

/// One of them, as a request names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LanguageTag(pub &'static str);

/// No page is written in that language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a language of the pages, such as \"de\"")]
pub struct NoLanguage;

impl FromStr for LanguageTag {
    type Err = NoLanguage;
    fn from_str(text: &str) -> Result<Self, NoLanguage> {
        language(text).map(Self).ok_or(NoLanguage)
    }
}

impl<'de> Deserialize<'de> for LanguageTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for LanguageTag {
    fn schema_name() -> Cow<'static, str> {
        "LanguageTag".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "language" })
    }
}

/// What a host speaks that says nothing else.
pub const DEFAULT_LANGUAGE: &str = "en";

/// The tag that is written `text`, in any case.
pub(super) fn language(text: &str) -> Option<&'static str> {
    LANGUAGES.into_iter().find(|tag| tag.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_in_any_case() {
        assert_eq!(language("PT-br"), Some("pt-BR"));
        assert_eq!(language("zh-hans"), Some("zh-Hans"));
        for none in ["", "pt", "pt_BR", "xx", "en "] {
            assert_eq!(language(none), None, "{none}");
        }
        assert_eq!(language(DEFAULT_LANGUAGE), Some("en"));
    }
}
