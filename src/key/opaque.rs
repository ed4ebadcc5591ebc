//! Opaque keys: `ID/SECRET`, both URL-safe base64 of random bytes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;

use crate::config::secret::Secret;
use crate::invite::name::KeyId;

const ID_BYTES: usize = 6;
const SECRET_BYTES: usize = 24;

/// Makes an id of 8 characters. None begins with a dash: it would look like an option on a command line.
pub fn generate_id(rng: &mut impl Rng) -> KeyId {
    loop {
        let mut bytes = [0; ID_BYTES];
        rng.fill_bytes(&mut bytes);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        if !text.starts_with('-')
            && let Ok(id) = text.parse()
        {
            return id;
        }
    }
}

/// Makes a secret of 32 characters.
pub fn generate_secret(rng: &mut impl Rng) -> Secret {
    let mut bytes = [0; SECRET_BYTES];
    rng.fill_bytes(&mut bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// Splits what a caller presents: the id ends at the first slash.
#[must_use]
pub fn split(presented: &str) -> Option<(KeyId, &str)> {
    let (id, secret) = presented.split_once('/')?;
    if secret.is_empty() { None } else { Some((id.parse().ok()?, secret)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn keys_are_8_and_32_characters() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(1);
        let (id, secret) = (generate_id(&mut rng), generate_secret(&mut rng));
        assert_eq!((id.as_str().len(), secret.reveal().len()), (8, 32));
        assert!((0..1000).all(|_| !generate_id(&mut rng).as_str().starts_with('-')));
    }

    #[test]
    fn the_id_ends_at_the_first_slash() {
        assert_eq!(split("a/b/c"), Some(("a".parse().unwrap(), "b/c")));
        for wrong in ["", "a", "/", "a/", "/b", "a b/c", "../x/y"] {
            assert_eq!(split(wrong), None, "{wrong:?}");
        }
    }
}
