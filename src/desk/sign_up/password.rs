//! What is asked of a password before a server sees it.

use crate::config::HostSettings;
use crate::config::secret::Secret;

/// A password that is guessed within so many tries, as powers of ten go: zxcvbn's score of 0 or 1. Such a one is refused,
/// as `mod_password_policy` does; a longer list of demands makes passwords worse (NIST SP 800-63B, 5.1.1.2).
const WEAK: zxcvbn::Score = zxcvbn::Score::One;

/// What is wrong with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordError {
    /// There is none.
    Empty,
    /// It has fewer characters than this.
    Short(usize),
    /// It is easily guessed.
    Weak,
    /// The server does not take it.
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
    if says_little(password, about) || zxcvbn::zxcvbn(password, about).score() <= WEAK {
        return Err(PasswordError::Weak);
    }
    Ok(())
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
