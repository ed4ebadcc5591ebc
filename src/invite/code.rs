//! Codes: the short form of a token, which is read over a phone and typed by hand.
//!
//! A code is 16 characters, 80 bits: the invite's id (63 bits) and 17 bits of zero, enciphered as one block under the ledger
//! key. Whoever guesses has no way to prefer one code to another: each of 2^80 is as likely to be the code of an invite, also
//! for one who knows the ids and the codes of others. What does not decipher to 17 zeros is refused before the ledger is asked,
//! and what does names the record: so nothing about it is stored, and it ends when the invite does.
//!
//! To encipher what has redundancy in it makes it unforgeable (Bellare and Rogaway, Encode-then-encipher encryption, 2000). The
//! cipher is a Feistel network as in NIST SP 800-38G, with HMAC-SHA-256 in its rounds.

use hmac::Mac as _;

use super::InviteId;
use super::found::seen;
use super::token::LedgerKey;

/// The length of a code, in characters.
pub const CODE_CHARS: usize = CHARS as usize;

/// The characters of a code, five bits each: no I, L, O and U, which look like others (Crockford's base 32).
pub const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const CHARS: u32 = 16;
const CHAR_BITS: u32 = 5;
const HALF_BITS: u32 = 40;
const HALF: u64 = (1 << HALF_BITS) - 1;
/// The zeros behind the id; one more is before it, as no id has its first bit.
const ZERO_BITS: u32 = 16;
/// As many as FF1 has; six are enough that nobody tells it from a random permutation by less than 2^40 codes (Patarin, 2004).
const ROUNDS: u8 = 10;
/// Codes are looked for at so many words of a text…
const MOST_WORDS: usize = 32;
/// …until there were so many that may be one.
const MOST_CANDIDATES: usize = 4;

impl LedgerKey {
    /// The code of the invite called `id`.
    #[must_use]
    pub fn code(&self, id: InviteId) -> String {
        let block = u128::from(u64::from_be_bytes(id.to_bytes())) << ZERO_BITS;
        let (mut left, mut right) = halves(block);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ self.round(round, right));
        }
        let block = whole(left, right);
        let symbol = |place| (block >> (CHAR_BITS * place)) & (CODE_ALPHABET.len() as u128 - 1);
        let places = (0..CHARS).rev().map(|place| usize::try_from(symbol(place)).unwrap_or_default());
        places.map(|symbol| char::from(CODE_ALPHABET[symbol])).collect()
    }

    /// The invite whose code this may be: 16 characters of the alphabet and nothing else. Of wrong ones one in 131,072 names an
    /// id, that of no invite but with the likelihood that the module tells of.
    fn open_code(&self, code: &str) -> Option<InviteId> {
        if code.len() != CODE_CHARS {
            return None;
        }
        let value = |symbol: u8| CODE_ALPHABET.iter().position(|other| *other == symbol);
        let block =
            code.bytes().try_fold(0_u128, |block, symbol| Some((block << CHAR_BITS) | value(symbol)? as u128))?;
        let (mut left, mut right) = halves(block);
        for round in (0..ROUNDS).rev() {
            (left, right) = (right ^ self.round(round, left), left);
        }
        let block = whole(left, right);
        let id = u64::try_from(block >> ZERO_BITS).ok().filter(|id| id >> 63 == 0)?;
        (block & ((1 << ZERO_BITS) - 1) == 0).then(|| InviteId::from_bytes(id.to_be_bytes()))
    }

    /// The invites whose codes may be in a text that somebody typed or pasted: in any letter case, with look-alikes, in groups,
    /// and among other words. Nearly always none or one.
    pub fn codes_in(&self, text: &str) -> impl Iterator<Item = InviteId> {
        candidates(text).into_iter().filter_map(|code| self.open_code(&code))
    }

    fn round(&self, round: u8, half: u64) -> u64 {
        let mut mac = self.code_mac().clone();
        mac.update(&[round]);
        mac.update(&half.to_be_bytes());
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        whole[..8].iter().fold(0, |half, byte| (half << 8) | u64::from(*byte)) & HALF
    }
}

/// A code in groups of four, to be read and typed.
#[must_use]
pub fn in_groups(code: &str) -> Vec<&str> {
    (0..code.len()).step_by(4).filter_map(|at| code.get(at..code.len().min(at + 4))).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "they are masked")]
fn halves(block: u128) -> (u64, u64) {
    (((block >> HALF_BITS) as u64) & HALF, (block as u64) & HALF)
}

fn whole(left: u64, right: u64) -> u128 {
    (u128::from(left) << HALF_BITS) | u128::from(right)
}

/// What may be a code in `text`: words that have as many characters together, as they are meant.
fn candidates(text: &str) -> Vec<String> {
    let text = seen(text);
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(MOST_WORDS)
        .map(|word| word.chars().map(meant).collect())
        .collect();
    let from = |start: usize| {
        let mut code = String::new();
        for word in &words[start..] {
            code.push_str(word);
            if code.len() >= CODE_CHARS {
                break;
            }
        }
        (code.len() == CODE_CHARS).then_some(code)
    };
    (0..words.len()).filter_map(from).take(MOST_CANDIDATES).collect()
}

/// The character of a code that somebody means who types `c`: a small letter, a look-alike, or a digit or letter of another
/// keyboard.
fn meant(c: char) -> char {
    let wide = |c: char| char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c);
    let digit = |c: char, zero: u32| char::from_digit(u32::from(c) - zero, 10).unwrap_or(c);
    let plain = match c {
        '\u{ff01}'..='\u{ff5e}' => wide(c),
        '٠'..='٩' => digit(c, 0x660),
        '۰'..='۹' => digit(c, 0x6f0),
        'А' | 'а' | 'Α' | 'α' => 'A',
        'В' | 'в' | 'Β' | 'β' => 'B',
        'С' | 'с' => 'C',
        'Е' | 'е' | 'Ε' | 'ε' => 'E',
        'Н' | 'н' | 'Η' | 'η' => 'H',
        'К' | 'к' | 'Κ' | 'κ' => 'K',
        'М' | 'м' | 'Μ' | 'μ' => 'M',
        'Ν' | 'ν' => 'N',
        'О' | 'о' | 'Ο' | 'ο' => 'O',
        'Р' | 'р' | 'Ρ' | 'ρ' => 'P',
        'Т' | 'т' | 'Τ' | 'τ' => 'T',
        'Х' | 'х' | 'Χ' | 'χ' => 'X',
        'У' | 'у' | 'Υ' | 'υ' => 'Y',
        'Ζ' | 'ζ' => 'Z',
        'І' | 'і' | 'Ι' | 'ι' => 'I',
        other => other,
    };
    match plain.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        'U' => 'V',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::{any, prop};
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    use super::*;

    fn runner(cases: u32) -> TestRunner {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        TestRunner::new_with_rng(Config { cases, failure_persistence: None, ..Config::default() }, rng)
    }

    fn id(number: u64) -> InviteId {
        InviteId::from_bytes((number >> 1).to_be_bytes())
    }

    fn found(key: &LedgerKey, text: &str) -> Vec<InviteId> {
        key.codes_in(text).collect()
    }

    #[test]
    fn a_code_opens_its_invite_however_it_is_typed() {
        let alike = |c: char, way: u8| match (c, way % 4) {
            ('0', 1) => 'O',
            ('0', 2) => 'o',
            ('0', 3) => 'о',
            ('1', 1) => 'I',
            ('1', 2) => 'l',
            ('1', 3) => 'i',
            ('V', 1) => 'U',
            ('V', 2) => 'u',
            ('A', 3) => 'А',
            ('2', 3) => '٢',
            ('3', 3) => '۳',
            ('B', 3) => 'Ｂ',
            (c, 2) => c.to_ascii_lowercase(),
            (c, _) => c,
        };
        let between = ["", " ", "-", " - ", "–", "\u{a0}", "\u{200b}", ".", "\t", "\r\n"];
        let ways = prop::collection::vec(any::<u8>(), CODE_CHARS);
        let outcome = runner(4_000).run(&(any::<[u8; 32]>(), any::<u64>(), ways), |(key, number, ways)| {
            let (key, id) = (LedgerKey::new(&key), id(number));
            let code = key.code(id);
            assert!(code.len() == CODE_CHARS && code.bytes().all(|c| CODE_ALPHABET.contains(&c)), "{code}");
            let typed: String = code
                .chars()
                .zip(&ways)
                .flat_map(|(c, way)| [alike(c, *way)].into_iter().chain(between[*way as usize % 10].chars()))
                .collect();
            for text in [typed.clone(), format!("(*{typed}*)"), format!("{typed}!"), format!("Code: {code}."), code] {
                assert!(found(&key, &text).contains(&id), "{text:?}");
            }
            Ok(())
        });
        outcome.unwrap();
    }

    #[test]
    fn what_is_no_code_of_this_ledger_opens_nothing() {
        let (key, other) = (LedgerKey::new(&[7; 32]), LedgerKey::new(&[8; 32]));
        let code = key.code(id(14));
        assert_eq!(code, key.code(id(14)), "it is always the same");
        assert_eq!(found(&other, &code), []);
        for at in 0..CODE_CHARS {
            for symbol in CODE_ALPHABET {
                let mut wrong = code.clone().into_bytes();
                wrong[at] = *symbol;
                let wrong = String::from_utf8(wrong).unwrap();
                assert_eq!(found(&key, &wrong).is_empty(), wrong != code, "{wrong}");
            }
        }
        let around = [&code[1..], &format!("{code}2"), &format!("2{code}"), &code.replace(&code[..1], "é"), "", " - "];
        for wrong in around {
            assert_eq!(found(&key, wrong), [], "{wrong}");
        }
        // Neither does a token, nor the code as one.
        assert_eq!(found(&key, &key.token(id(14))), []);
        assert_eq!(key.open(&code), None);
    }

    #[test]
    fn codes_are_read_in_groups() {
        assert_eq!(in_groups("7K3M9QXA2B4CD5EF").join(" "), "7K3M 9QXA 2B4C D5EF");
        assert_eq!(in_groups("12345").join(" "), "1234 5");
    }

    /// Of random codes one in 2^17 deciphers to an id at all: what the ledger is asked for by somebody who guesses.
    #[test]
    fn a_guess_seldom_reaches_the_ledger() {
        let key = LedgerKey::new(&[7; 32]);
        let reached = Cell::new(0);
        let outcome = runner(1 << 16).run(&any::<[u8; 16]>(), |bytes| {
            let code: String = bytes.iter().map(|byte| char::from(CODE_ALPHABET[*byte as usize & 31])).collect();
            reached.set(reached.get() + u32::from(key.open_code(&code).is_some()));
            Ok(())
        });
        outcome.unwrap();
        assert!(reached.get() < 6, "{} of 65,536, where 0.5 are likely", reached.get());
    }

    /// Ids of one millisecond differ in few bits, and their codes in about half of theirs.
    #[test]
    fn codes_of_neighbours_have_nothing_in_common() {
        let key = LedgerKey::new(&[7; 32]);
        let codes: Vec<_> = (0..2_000).map(|number| key.code(id((1 << 60) | (number * 2)))).collect();
        let alike = |one: &str, other: &str| one.bytes().zip(other.bytes()).filter(|(a, b)| a == b).count();
        let pairs: Vec<_> = codes.windows(2).map(|pair| alike(&pair[0], &pair[1])).collect();
        let mean = pairs.iter().sum::<usize>() * 1_000 / pairs.len();
        // By chance it is 16 of 32: a half.
        assert!((400..600).contains(&mean) && pairs.iter().all(|alike| *alike < 7), "{mean} thousandths");
        for place in 0..CODE_CHARS {
            for symbol in CODE_ALPHABET {
                let times = codes.iter().filter(|code| code.as_bytes()[place] == *symbol).count();
                assert!((25..110).contains(&times), "{} at {place}: {times} of 2,000", char::from(*symbol));
            }
        }
    }

    #[test]
    fn a_text_is_looked_at_only_so_far() {
        let key = LedgerKey::new(&[7; 32]);
        let code = key.code(id(14));
        assert_eq!(found(&key, &format!("{}{code}", "and ".repeat(MOST_WORDS - 1))).len(), 1);
        assert_eq!(found(&key, &format!("{}{code}", "and ".repeat(MOST_WORDS))), []);
        let other = format!("{} ", "2".repeat(CODE_CHARS));
        assert_eq!(found(&key, &format!("{}{code}", other.repeat(MOST_CANDIDATES - 1))).len(), 1);
        assert_eq!(found(&key, &format!("{}{code}", other.repeat(MOST_CANDIDATES))), []);
    }
}
