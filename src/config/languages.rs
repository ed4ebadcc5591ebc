//! The languages that pages are written in: what `hosts.*.language` may be.

/// Their tags (BCP 47), in the order in which readers are shown them: by the name that each has in itself, Latin letters
/// first.
pub const LANGUAGES: [&str; 23] = [
    "id", "cs", "da", "de", "en", "es", "fr", "it", "hu", "nl", "pl", "pt-BR", "ro", "sv", "tr", "el", "ru", "uk",
    "he", "ar", "fa", "ja", "zh-Hans",
];

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
