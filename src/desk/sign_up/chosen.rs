//! What a guest chose, a name and a password, and all that is wrong with it: the same on our form and on a site's own.

use super::SignUp;
use super::guest::SignUpError;
use super::password::{self, PasswordError};
use crate::backend;
use crate::config::HostSettings;
use crate::config::secret::Secret;
use crate::invite::name::{HostName, LocalNameError, MAX_PART_BYTES, NameError, Username};
use crate::invite::{Invite, Kind};

/// What is wrong with what a guest chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChoiceErrors {
    /// With the name.
    pub username: Option<UsernameError>,
    /// With the password.
    pub password: Option<PasswordError>,
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsernameError {
    /// There is none.
    Empty,
    /// No account can be called so.
    Invalid,
    /// It is an address, on another host.
    Address,
    /// It is reserved on this host.
    Reserved,
    /// Somebody has it.
    Taken,
    /// The invite is for another one.
    Other,
    /// It is longer than names of new accounts may be.
    Long,
}

impl UsernameError {
    /// What is wrong with the name, where that is what `error` says.
    #[must_use]
    pub fn of(error: &SignUpError) -> Option<Self> {
        match error {
            SignUpError::OtherName => Some(Self::Other),
            SignUpError::Reserved => Some(Self::Reserved),
            SignUpError::Taken => Some(Self::Taken),
            SignUpError::Name => Some(Self::Invalid),
            SignUpError::Ledger(_)
            | SignUpError::Absent
            | SignUpError::Ended(_)
            | SignUpError::WrongKind
            | SignUpError::PasswordTooShort(_)
            | SignUpError::Password
            | SignUpError::NotAllowed
            | SignUpError::Closed
            | SignUpError::IdempotencyKeyReused
            | SignUpError::Away => None,
        }
    }
}

impl SignUp {
    /// The name that a guest chose for a new account, or has, if that and the password may be used as far as we can tell; or
    /// all that is wrong with them. `host` is the invite's.
    ///
    /// # Errors
    /// They may not be used.
    pub async fn chosen(
        &self,
        invite: &Invite,
        host: &HostSettings,
        typed: &str,
        password: &Secret,
    ) -> Result<Username, ChoiceErrors> {
        let username = match &invite.draft.kind {
            Kind::Reset { username } => Ok(username.clone()),
            Kind::Account { username } | Kind::Contact { username, .. } => {
                // Whoever created an invite for a long name knew that it is one.
                let is_long = |name: &Username| name.is_long() && username.as_ref() != Some(name);
                name_in(typed, &invite.draft.host)
                    .and_then(|name| if is_long(&name) { Err(UsernameError::Long) } else { Ok(name) })
            }
        };
        let name = username.as_ref().map_or(typed.trim(), Username::as_str);
        let password = password::check(password, host, &[name, invite.draft.host.as_str(), &host.site_name]);
        let username = match (username, &password) {
            (Ok(username), Ok(())) => return Ok(username),
            (Err(error), _) => Some(error),
            // A guest who has to choose another password learns at once that the name is refused, too.
            (Ok(username), Err(_)) => match &invite.draft.kind {
                Kind::Account { .. } | Kind::Contact { .. } => {
                    self.check_name(invite, &username).await.err().as_ref().and_then(UsernameError::of)
                }
                Kind::Reset { .. } => None,
            },
        };
        Err(ChoiceErrors { username, password: password.err() })
    }
}

/// A name like the one that was `typed`, which cannot be one: as an XMPP server has it, with dots for blanks, and without what no
/// name has. None where nothing is left.
#[must_use]
pub fn name_instead(typed: &str) -> Option<Username> {
    let is_excluded = |c: &char| c.is_control() || "\"&'/:<>".contains(*c);
    let is_plain = |c: &char| c.is_alphanumeric() || ".-_".contains(*c);
    let with = |fits: &dyn Fn(&char) -> bool| {
        let words = typed.split('@').next().unwrap_or_default().split_whitespace();
        let words = words.map(|word| word.chars().filter(fits).collect::<String>()).filter(|word| !word.is_empty());
        let name = words.collect::<Vec<_>>().join(".");
        let name: Username = stringprep::nodeprep(&name).ok()?.parse().ok()?;
        (backend::is_kept(&name) && !name.is_long()).then_some(name)
    };
    with(&|c| !is_excluded(c)).or_else(|| with(&is_plain))
}

/// The name in what was typed, or what is wrong with it. Of a whole address it is what comes before the @.
fn name_in(typed: &str, host: &HostName) -> Result<Username, UsernameError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(UsernameError::Empty);
    }
    // More characters than a name may have octets: it is not prepared to see what else is wrong with it.
    if typed.split('@').next().unwrap_or_default().chars().count() > MAX_PART_BYTES {
        return Err(UsernameError::Long);
    }
    Username::at(typed, host).map_err(|error| match error {
        LocalNameError::OtherHost | LocalNameError::Name(NameError::Jid) => UsernameError::Address,
        LocalNameError::Name(NameError::Username | NameError::Host | NameError::KeyId) => UsernameError::Invalid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_address_is_taken_for_its_name() {
        let host = "bücher.example".parse().unwrap();
        let name = |typed| name_in(typed, &host).map(|name| name.to_string());
        for typed in [" Juliet ", "juliet@bücher.example", "juliet@XN--BCHER-KVA.example "] {
            assert_eq!(name(typed).as_deref(), Ok("juliet"), "{typed}");
        }
        for (typed, error) in [
            (" ", UsernameError::Empty),
            ("juliet@elsewhere.example", UsernameError::Address),
            ("juliet@", UsernameError::Address),
            ("@bücher.example", UsernameError::Invalid),
            ("juliet capulet", UsernameError::Invalid),
            (&*"j".repeat(MAX_PART_BYTES + 1), UsernameError::Long),
            (&*format!("{}@bücher.example", "ж".repeat(MAX_PART_BYTES + 1)), UsernameError::Long),
        ] {
            assert_eq!(name(typed), Err(error), "{typed}");
        }
    }

    #[test]
    fn a_name_that_cannot_be_has_one_beside_it_that_can() {
        let near = |typed| name_instead(typed).map(|name| name.to_string());
        for (typed, expected) in [
            ("juliet capulet", "juliet.capulet"),
            (" Анна  Каренина ", "анна.каренина"),
            ("weiß", "weiss"),
            ("ς", "σ"),
            ("anna🌻", "anna"),
            ("o'brien", "obrien"),
            ("<anna>@example.com", "anna"),
            ("☃ & 🌻 anna_1", "anna_1"),
        ] {
            assert_eq!(near(typed).as_deref(), Some(expected), "{typed}");
        }
        for nothing in ["", "@", " ", "🌻", "'&'", &"a b".repeat(40)] {
            assert_eq!(near(nothing), None, "{nothing}");
        }
    }
}
