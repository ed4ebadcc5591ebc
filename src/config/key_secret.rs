//! The secret of a declared key, as people put it into a file.

use std::path::Path;

use super::checks::Checks;
use super::secret::Secret;
use super::text::dotted;
use crate::invite::name::KeyId;

/// So many characters that nobody guesses them.
const ENOUGH_CHARS: usize = 16;

/// How many characters the secret of a key has that the program made.
const CREATED_CHARS: usize = 32;

/// What a file holds in place of the secret of the key by this id. Nothing of it is shown.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeySecretError {
    /// A whole key.
    #[error("holds a whole key by another id; expected SECRET or {0}/SECRET")]
    OfAnother(String),
    /// Half a key.
    #[error("holds nothing behind {0}/; expected SECRET or {0}/SECRET")]
    NoSecret(String),
}

/// Reads the `secret_file` of the key `id`.
pub(super) fn read(
    id: &str,
    file: &Path,
    is_declared: &dyn Fn(&str) -> bool,
    checks: &mut Checks<'_>,
) -> Option<Secret> {
    let at = ["keys", id, "secret_file"];
    match secret_of(id, checks.read_secret(&at, file)?, is_declared) {
        Ok(secret) => {
            if secret.reveal().chars().count() < ENOUGH_CHARS {
                let at = dotted(&at);
                checks.notice(format!(
                    "{at}: a secret of fewer than {ENOUGH_CHARS} characters can be guessed; `invited key create --declare` \
                     creates one that cannot"
                ));
            }
            Some(secret)
        }
        Err(error) => checks.fault_of(&at, &error),
    }
}

/// The secret of the key `id`, from a file that may hold the whole key, as `invited key create` prints it: `ID/SECRET`.
///
/// A secret may have slashes of its own. So what stands before the first is only another's id where that one is declared, or
/// where a secret follows that the program made.
pub(super) fn secret_of(id: &str, held: Secret, is_declared: &dyn Fn(&str) -> bool) -> Result<Secret, KeySecretError> {
    let Some((before, secret)) = held.reveal().split_once('/') else { return Ok(held) };
    match before == id {
        true if secret.is_empty() => return Err(KeySecretError::NoSecret(id.to_owned())),
        true => return Ok(Secret::new(secret.to_owned())),
        false => {}
    }
    let is_created = || {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        before.parse::<KeyId>().is_ok() && secret.len() == CREATED_CHARS && secret.chars().all(plain)
    };
    if is_declared(before) || is_created() {
        return Err(KeySecretError::OfAnother(id.to_owned()));
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_the_secret_or_the_whole_key() {
        let created = "abcdefghijklmnopqrstuvwxyz01234-";
        let read = |text: &str| {
            let secret = secret_of("web", Secret::new(text.to_owned()), &|id| id == "other");
            secret.map(|secret| secret.reveal().to_owned()).map_err(|error| error.to_string())
        };
        let is = |text: &str, secret: &str| assert_eq!(read(text).as_deref(), Ok(secret), "{text}");
        is(created, created);
        is(&format!("web/{created}"), created);
        is("web/short", "short");
        is("web/a/b", "a/b");
        // As `openssl rand -base64 32` has them.
        is("x9/Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFiY2RlZg=", "x9/Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFiY2RlZg=");
        is("/leading", "/leading");
        let refused = Err("holds a whole key by another id; expected SECRET or web/SECRET".to_owned());
        assert_eq!(read("other/s"), refused);
        assert_eq!(read(&format!("Web/{created}")), refused);
        assert_eq!(read("web/"), Err("holds nothing behind web/; expected SECRET or web/SECRET".to_owned()));
    }
}
