//! The ledger key's file: 32 random bytes in base64, mode 0600, created on the first start.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::Rng as _;

use super::error::OpenError;
use super::postgres;
use crate::clock;
use crate::config::{LedgerSettings, LedgerUrl};
use crate::files::{self, Existing};
use crate::invite::token::LedgerKey;

/// Reads the key, or creates one where there is no ledger yet.
pub(super) fn load_or_create(settings: &LedgerSettings) -> Result<LedgerKey, OpenError> {
    let path = settings.key_file.as_path();
    let failed = |source| OpenError::Io { path: path.to_owned(), source };
    if let Some(key) = &settings.key {
        return decode(key.reveal()).ok_or_else(|| OpenError::BadKey(path.to_owned()));
    }
    match std::fs::read_to_string(path) {
        Ok(text) => return decode(&text).ok_or_else(|| OpenError::BadKey(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(OpenError::BadKey(path.to_owned())),
        Err(error) => return Err(failed(error)),
    }
    let has_ledger = match &settings.url {
        LedgerUrl::Sqlite(file) => file.exists(),
        LedgerUrl::Unread => return Err(OpenError::Unread),
        LedgerUrl::Postgres(server) => postgres::has_ledger(server, path)?,
    };
    if has_ledger {
        return Err(OpenError::KeyMissing { ledger: settings.url.to_string(), key_file: path.to_owned() });
    }
    if let Some(dir) = path.parent() {
        files::create_dir(dir).map_err(failed)?;
    }
    let mut bytes = [0; LedgerKey::BYTES];
    clock::rng().fill_bytes(&mut bytes);
    let text = format!("{}\n", STANDARD.encode(bytes));
    match files::write(path, text.as_bytes(), Existing::Keep) {
        Ok(()) => Ok(LedgerKey::new(&bytes)),
        // Another process was faster; its key counts.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(path).map_err(failed)?;
            decode(&text).ok_or_else(|| OpenError::BadKey(path.to_owned()))
        }
        Err(error) => Err(failed(error)),
    }
}

fn decode(text: &str) -> Option<LedgerKey> {
    let bytes: [u8; LedgerKey::BYTES] = STANDARD.decode(text.trim_end()).ok()?.try_into().ok()?;
    Some(LedgerKey::new(&bytes))
}
