//! What is asked of a password before a server sees it.

use rand::RngExt as _;

use crate::clock;
use crate::config::secret::Secret;
use crate::config::{HostSettings, MAX_PASSWORD_CHARS};
use crate::invite::code::CODE_ALPHABET;

/// A password that is guessed within so many tries, as powers of ten go: zxcvbn's score of 0 or 1. Such a one is refused,
/// as `mod_password_policy` does; a longer list of demands makes passwords worse (NIST SP 800-63B, 5.1.1.2).
const WEAK: zxcvbn::Score = zxcvbn::Score::One;

/// A generated password has at least so many groups…
const LEAST_GROUPS: usize = 4;
/// …of so many characters each, five bits a character.
const GROUP_CHARS: usize = 5;

/// What is wrong with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordError {
    /// There is none.
    Empty,
    /// It has fewer characters than this.
    Short(usize),
    /// It has more characters than this.
    Long(usize),
    /// It is easily guessed.
    Weak,
    /// The server does not take it; or it has a control character, which no server may take (RFC 8265, 4.2.2).
    Refused,
}

/// What is wrong with a password on `host`; `about` is what its owner would think of first.
pub(super) fn check(password: &Secret, host: &HostSettings, about: &[&str]) -> Result<(), PasswordError> {
    let password = password.reveal();
    if password.is_empty() {
        return Err(PasswordError::Empty);
    }
    if password.chars().count() < host.min_password_length {
        return Err(PasswordError::Short(host.min_password_length));
    }
    if password.chars().count() > MAX_PASSWORD_CHARS {
        return Err(PasswordError::Long(MAX_PASSWORD_CHARS));
    }
    if password.contains(char::is_control) {
        return Err(PasswordError::Refused);
    }
    if says_little(password, about) || zxcvbn::zxcvbn(password, about).score() <= WEAK {
        return Err(PasswordError::Weak);
    }
    Ok(())
}

/// A password by chance, for a guest who wants none of their own: at least 100 bits, in groups, of characters that are not taken
/// for others; as long as a host wants it.
#[must_use]
pub fn generated_password(min_length: usize) -> Secret {
    let groups = (min_length.min(MAX_PASSWORD_CHARS) + 1).div_ceil(GROUP_CHARS + 1).max(LEAST_GROUPS);
    let mut rng = clock::rng();
    let mut group = || -> String {
        let symbol = |_| char::from(CODE_ALPHABET[rng.random_range(0..CODE_ALPHABET.len())].to_ascii_lowercase());
        (0..GROUP_CHARS).map(symbol).collect()
    };
    let mut password = (0..groups).map(|_| group()).collect::<Vec<_>>().join("-");
    password.truncate(MAX_PASSWORD_CHARS);
    Secret::new(password)
}

/// Whether little is left of a password without what its owner would think of first; zxcvbn takes a dot between two such
/// words for a surprise.
fn says_little(password: &str, about: &[&str]) -> bool {
    let mut rest = password.to_lowercase();
    for word in about.iter().filter(|word| word.chars().count() > 2) {
        rest = rest.replace(&word.to_lowercase(), "");
    }
    rest.len() < password.len() && rest.chars().count() < 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_password_is_long_enough_and_never_the_same() {
        for (min_length, chars) in [(0, 23), (12, 23), (23, 23), (24, 29), (29, 29), (30, 35), (995, 995)] {
            let (one, other) = (generated_password(min_length), generated_password(min_length));
            assert_eq!((one.reveal().len(), other.reveal().len()), (chars, chars), "{min_length}");
            assert_ne!(one.reveal(), other.reveal());
            let groups = one.reveal().split('-').collect::<Vec<_>>();
            let is_symbol = |c: char| CODE_ALPHABET.iter().any(|symbol| char::from(symbol.to_ascii_lowercase()) == c);
            assert!(groups.iter().all(|group| group.len() == 5 && group.chars().all(is_symbol)), "{groups:?}");
            assert!(zxcvbn::zxcvbn(one.reveal(), &[]).score() > WEAK, "{groups:?}");
        }
        assert_eq!(generated_password(MAX_PASSWORD_CHARS).reveal().len(), MAX_PASSWORD_CHARS);
    }

    #[test]
    fn passwords_that_anybody_would_try_are_weak() {
        let about = ["juliet", "example.com", "Example"];
        assert!(says_little("Juliet.example.com", &about));
        assert!(says_little("juliet-juliet", &about));
        assert!(!says_little("juliet and the nurse", &about));
        assert!(!says_little("short", &about));
        let score = |password| zxcvbn::zxcvbn(password, &about).score();
        assert!(
            score("passwordpassword") <= WEAK && score("aaaaaaaaaaaaaaaa") <= WEAK && score("qwertyuiop123") <= WEAK
        );
        assert!(score("quarrel mantle orchid bridge") > WEAK);
    }
}
