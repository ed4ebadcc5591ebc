//! Scripts: which way a text runs, how it is kept apart from what stands around it, and digits.

/// The digits of Persian (CLDR's `arabext`).
pub(super) const PERSIAN_DIGITS: [char; 10] = ['۰', '۱', '۲', '۳', '۴', '۵', '۶', '۷', '۸', '۹'];

/// `text` with `digits` in place of `0` to `9`.
pub(super) fn in_digits(text: &str, digits: &[char; 10]) -> String {
    text.chars().map(|c| c.to_digit(10).map_or(c, |digit| digits[digit as usize])).collect()
}

/// Whether there is a letter in `text` that is written from right to left, or a mark that says so: in the blocks that Unicode
/// keeps for these (<https://www.unicode.org/Public/UCD/latest/ucd/extracted/DerivedBidiClass.txt>).
pub(super) fn is_right_to_left(text: &str) -> bool {
    // Nearly all texts are ASCII.
    !text.is_ascii()
        && text.chars().any(|c| {
            matches!(c, '\u{590}'..='\u{8ff}' | '\u{200f}' | '\u{202b}' | '\u{202e}' | '\u{2067}'
                | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
                | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
        })
}

/// FIRST STRONG ISOLATE: as its first letter is read.
pub(super) const BY_ITSELF: char = '\u{2068}';
/// LEFT-TO-RIGHT ISOLATE.
pub(super) const LEFT_TO_RIGHT: char = '\u{2066}';
/// POP DIRECTIONAL ISOLATE.
pub(super) const END: char = '\u{2069}';

/// The variables whose values are read from left to right whatever their letters are: addresses and what is typed.
const TYPED: [&str; 4] = ["address", "contact", "host", "id"];

/// The text of the variable `name` in isolation.
pub(super) fn isolated(name: &str, text: &str) -> String {
    let mark = if TYPED.contains(&name) || text.contains('@') { LEFT_TO_RIGHT } else { BY_ITSELF };
    format!("{mark}{text}{END}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_from_right_to_left_are_known_by_their_letters() {
        for text in ["שלום", "Cafe مرحبا", "چت", "ﻻ", "a\u{202e}b"] {
            assert!(is_right_to_left(text), "{text}");
        }
        for text in ["", "Psi+", "Łódź 7", "чат", "日本語", "“example.com”"] {
            assert!(!is_right_to_left(text), "{text}");
        }
    }

    #[test]
    fn addresses_are_isolated_from_left_to_right_and_names_as_they_are_read() {
        assert_eq!(isolated("site", "קפה"), "\u{2068}קפה\u{2069}");
        assert_eq!(isolated("inviter", "محمد@example.com"), "\u{2066}محمد@example.com\u{2069}");
        assert_eq!(isolated("host", "example.com"), "\u{2066}example.com\u{2069}");
    }

    #[test]
    fn digits_are_replaced_and_nothing_else() {
        assert_eq!(in_digits("1404 and x", &PERSIAN_DIGITS), "۱۴۰۴ and x");
        assert_eq!(in_digits("0123456789", &PERSIAN_DIGITS), PERSIAN_DIGITS.iter().collect::<String>());
    }
}
