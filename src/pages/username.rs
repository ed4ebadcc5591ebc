//! The name that a guest typed.

use super::form_errors::UsernameError;
use crate::invite::name::{HostName, Username};

/// The name in what was typed, or what is wrong with it. Of a whole address it is what comes before the @.
pub(super) fn name_in(typed: &str, host: &HostName) -> Result<Username, UsernameError> {
    let typed = typed.trim();
    let name = match typed.split_once('@') {
        Some((name, domain)) if domain.parse::<HostName>().is_ok_and(|domain| domain == *host) => name,
        Some(_) => return Err(UsernameError::Address),
        None if typed.is_empty() => return Err(UsernameError::Empty),
        None => typed,
    };
    name.parse().map_err(|_| UsernameError::Invalid)
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
        ] {
            assert_eq!(name(typed), Err(error), "{typed}");
        }
    }
}
