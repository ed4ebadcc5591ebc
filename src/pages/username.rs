//! The name that a guest typed.

use super::form_errors::NameError;
use crate::invite::name::{HostName, Username};

/// The name in what was typed, or what is wrong with it. Whoever types the whole address means what comes before the @.
pub(super) fn name_in(typed: &str, host: &HostName) -> Result<Username, NameError> {
    let typed = typed.trim();
    let name = match typed.split_once('@') {
        Some((name, domain)) if domain.parse::<HostName>().is_ok_and(|domain| domain == *host) => name,
        Some(_) => return Err(NameError::Address),
        None if typed.is_empty() => return Err(NameError::Empty),
        None => typed,
    };
    name.parse().map_err(|_| NameError::Invalid)
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
            (" ", NameError::Empty),
            ("juliet@elsewhere.example", NameError::Address),
            ("juliet@", NameError::Address),
            ("@bücher.example", NameError::Invalid),
            ("juliet capulet", NameError::Invalid),
        ] {
            assert_eq!(name(typed), Err(error), "{typed}");
        }
    }
}
