//! Tokens in what becomes of links on their way: programs add `=` and parameters, encode, and take along what stood around a
//! link in a text. Pure.
//!
//! A token has no blank, no dot and no quote, and none of ours begins or ends with `-` or `_`: so it can be told from all that.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::token::TOKEN_CHARS;

/// What is encoded more often than this is no link.
const MOST_ENCODINGS: usize = 3;

/// The token of a link that has it alone, such as `invite?TOKEN`: the first parameter that begins with what is as long as
/// our tokens; else the first one without a value, as servers' tokens may be of any length. Empty if there is none.
#[must_use]
pub fn token_in_query(query: &str) -> String {
    let parts: Vec<_> = query.split('&').map(|part| readable(part.strip_prefix("amp;").unwrap_or(part))).collect();
    let ours = parts.iter().map(|part| first_word(part)).find(|word| word.len() == TOKEN_CHARS);
    let without_value = || parts.iter().find(|part| part.split_once('=').is_none_or(|(_, value)| value.is_empty()));
    ours.or_else(|| without_value().map(|part| first_word(part))).unwrap_or_default().to_owned()
}

/// The token in the parameter `name` of a link such as `register?t=TOKEN`. Empty if there is none.
#[must_use]
pub fn token_in_parameter(query: &str, name: &str) -> String {
    let value = |part: &str| {
        let (other, value) = part.strip_prefix("amp;").unwrap_or(part).split_once('=')?;
        (other == name).then(|| token_in_text(&readable(value)).to_owned())
    };
    query.split('&').find_map(value).unwrap_or_default()
}

/// The token in a text: the first word that is as long as our tokens, or else the first one.
#[must_use]
pub fn token_in_text(text: &str) -> &str {
    our_token_in(text).unwrap_or_else(|| first_word(text))
}

/// The first word of a text that is as long as our tokens.
#[must_use]
pub fn our_token_in(text: &str) -> Option<&str> {
    words(text).find(|word| word.len() == TOKEN_CHARS)
}

/// What a token may be made of.
#[must_use]
pub fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

fn first_word(text: &str) -> &str {
    words(text).next().unwrap_or_default()
}

/// The runs of characters that tokens are made of, without the `-` and `_` around those that are too long.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_of_token(c)).filter(|run| !run.is_empty()).map(|run| {
        let is_edge = |c| matches!(c, '-' | '_');
        let mut word = run;
        while word.len() > TOKEN_CHARS && word.starts_with(is_edge) {
            word = &word[1..];
        }
        while word.len() > TOKEN_CHARS && word.ends_with(is_edge) {
            word = &word[..word.len() - 1];
        }
        // A run that is still too long is no token of ours with something around it.
        if word.len() == TOKEN_CHARS { word } else { run }
    })
}

/// A part of a query as it was meant: decoded, and without what cannot be seen.
fn readable(part: &str) -> String {
    let mut text = Cow::from(part.replace('+', " "));
    for _ in 0..MOST_ENCODINGS {
        if !text.contains('%') {
            break;
        }
        text = percent_decode_str(&text).decode_utf8_lossy().into_owned().into();
    }
    seen(&text)
}

/// A text without what cannot be seen, and with a hyphen for each dash that word processors make of one.
#[must_use]
pub fn seen(text: &str) -> String {
    let plain = |c: char| if matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}') { '-' } else { c };
    text.chars().filter(|c| !is_unseen(*c)).map(plain).collect()
}

/// Soft hyphens, zero-width characters and marks of direction, which are copied along with a text.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::{Strategy, any, prop_oneof};
    use proptest::sample::select;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    use super::*;
    use crate::invite::InviteId;
    use crate::invite::token::LedgerKey;

    /// What stands before a token in a text, or behind it.
    const BEFORE: &[&str] = &["", "(", "*", "_", "__", "<", "“", "'", " ", "\u{200b}", "\u{feff}", "[", "-"];
    const BEHIND: &[&str] = &[
        "", ".", ",", ")", "!", "*", "'s", "’s", " ", "\u{a0}", "\u{200b}", "\u{2060}", "_", "-", "–", "?", ";", ":",
        ">", "”", "…", "!!!", ").", "_*", "\n", "\t", "]", "/", "\"", "=", "==",
    ];
    /// What other parameters there are.
    const OTHERS_BEFORE: &[&str] = &["", "&", "utm_source=x&", "fbclid=IwAR0_abc-def&", "lang=de&amp;", "c=dino&"];
    const OTHERS_BEHIND: &[&str] =
        &["", "&", "&utm_source=mail&utm_medium=a.b", "&amp;lang=de", "&fbclid=IwAR0abcdefghijklmnopqrstuvw"];

    /// How much of it is encoded.
    #[derive(Clone, Copy, Debug)]
    enum Encoding {
        WhatMust,
        All,
        Twice,
    }

    fn encoded(text: &str, encoding: Encoding) -> String {
        let all =
            |text: &str| text.bytes().map(percent_encoding::percent_encode_byte).collect::<String>().to_lowercase();
        match encoding {
            Encoding::WhatMust => {
                utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().replace("%2D", "-").replace("%5F", "_")
            }
            Encoding::All => all(text),
            Encoding::Twice => all(&all(text)),
        }
    }

    #[test]
    fn a_token_is_found_whatever_was_put_around_it() {
        let encodings = select(&[Encoding::WhatMust, Encoding::All, Encoding::Twice][..]);
        let decorated = (any::<[u8; 8]>(), any::<[u8; 32]>(), select(BEFORE), select(BEHIND), encodings).prop_map(
            |(id, key, before, behind, encoding)| {
                let token = LedgerKey::new(&key).token(InviteId::from_bytes([
                    id[0] & 0x7f,
                    id[1],
                    id[2],
                    id[3],
                    id[4],
                    id[5],
                    id[6],
                    id[7],
                ]));
                (token.clone(), encoded(&format!("{before}{token}{behind}"), encoding))
            },
        );
        let plain = decorated.clone().prop_map(|(token, _)| (token.clone(), token + "="));
        let others = (select(OTHERS_BEFORE), select(OTHERS_BEHIND));
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let mut runner =
            TestRunner::new_with_rng(Config { cases: 4_000, failure_persistence: None, ..Config::default() }, rng);
        let outcome =
            runner.run(&(prop_oneof![4 => decorated, 1 => plain], others), |((token, text), (before, behind))| {
                assert_eq!(token_in_query(&format!("{before}{text}{behind}")), token, "{before}{text}{behind}");
                assert_eq!(
                    token_in_parameter(&format!("{before}t={text}{behind}"), "t"),
                    token,
                    "{before}t={text}{behind}"
                );
                Ok(())
            });
        outcome.unwrap();
    }

    #[test]
    fn tokens_of_servers_may_be_of_any_length() {
        for (query, token) in [
            ("abc123", "abc123"),
            ("abc123=", "abc123"),
            ("lang=de&abc123.&utm_source=x", "abc123"),
            ("a-b_c_", "a-b_c_"),
            ("lang=de", ""),
            ("", ""),
            ("&&", ""),
            ("%zz%", "zz"),
            ("%ff%fe", ""),
        ] {
            assert_eq!(token_in_query(query), token, "{query}");
        }
        for (query, token) in [("t=abc123", "abc123"), ("c=x&t=abc.&t=d", "abc"), ("t=", ""), ("t", ""), ("s=t=a", "")]
        {
            assert_eq!(token_in_parameter(query, "t"), token, "{query}");
        }
    }

    #[test]
    fn a_token_is_no_part_of_a_longer_word() {
        let token = "AdXsSwAAAAevGz3NYIJEj6At";
        for text in [format!("{token}A"), format!("A{token}"), format!("{token}_A"), "x".repeat(64)] {
            assert_eq!(our_token_in(&text), None, "{text}");
            assert_eq!(token_in_text(&text), text);
        }
        assert_eq!(token_in_text(&format!("here: {token}.")), token);
    }
}
