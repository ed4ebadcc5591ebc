//! The ledger key's file: 32 random bytes in base64, mode 0600, created on the first start.
//!
//! A key without its ledger is as much of a loss as a ledger without its key, and both are refused. So a new key has
//! another name until its ledger is there, and whatever ends the first start in between, the next one goes on with it.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::Rng as _;

use super::error::OpenError;
use super::postgres;
use crate::clock;
use crate::config::{LedgerSettings, LedgerUrl};
use crate::files::{self, Existing};
use crate::invite::token::LedgerKey;

/// The ledger key, and where it is from.
pub(super) struct KeyFile {
    pub(super) key: LedgerKey,
    pub(super) path: PathBuf,
    stage: KeyStage,
}

/// What a key says of whether there is a ledger.
enum KeyStage {
    /// It came from outside, as a credential, and may be here before its ledger.
    Given,
    /// It is new, and has its name when its ledger is there.
    New,
    /// Its ledger was created.
    Established,
}

impl KeyFile {
    /// Whether the ledger may be created: it was not there before.
    pub(super) fn may_be_first(&self) -> bool {
        match self.stage {
            KeyStage::Given | KeyStage::New => true,
            KeyStage::Established => false,
        }
    }

    /// Its ledger is there.
    pub(super) fn establish(&mut self) -> Result<(), OpenError> {
        if matches!(self.stage, KeyStage::New) {
            let renamed = files::rename(&new_name(&self.path), &self.path);
            // Another process may have been faster.
            renamed.or_else(|source| if self.path.exists() { Ok(()) } else { Err(failed(&self.path, source)) })?;
        }
        self.stage = KeyStage::Established;
        Ok(())
    }
}

/// Reads the key, or creates one where there is no ledger yet.
pub(super) fn load_or_create(settings: &LedgerSettings) -> Result<KeyFile, OpenError> {
    let path = settings.key_file.as_path();
    let found = |key, stage| Ok(KeyFile { key, path: path.to_owned(), stage });
    if let Some(key) = &settings.key {
        return found(decode(key.reveal(), path)?, KeyStage::Given);
    }
    if let Some(key) = read(path)? {
        return found(key, KeyStage::Established);
    }
    // Nodes share a PostgreSQL ledger, and its key is the same whoever created it.
    let (name, stage, has_ledger) = match &settings.url {
        LedgerUrl::Sqlite(file) => {
            let name = new_name(path);
            if let Some(key) = read(&name)? {
                return found(key, KeyStage::New);
            }
            (name, KeyStage::New, file.exists())
        }
        LedgerUrl::Unread => return Err(OpenError::Unread),
        LedgerUrl::Postgres(server) => (path.to_owned(), KeyStage::Established, postgres::has_ledger(server, path)?),
    };
    if has_ledger {
        // Another process may have created both just now.
        return match read(path)? {
            Some(key) => found(key, KeyStage::Established),
            None => Err(OpenError::KeyMissing { ledger: settings.url.to_string(), key_file: path.to_owned() }),
        };
    }
    if let Some(dir) = path.parent() {
        files::create_dir(dir).map_err(|source| failed(path, source))?;
    }
    let mut bytes = [0; LedgerKey::BYTES];
    clock::rng().fill_bytes(&mut bytes);
    let text = format!("{}\n", STANDARD.encode(bytes));
    let created = files::write(&name, text.as_bytes(), Existing::Keep);
    // If another process was faster, its key counts, whatever it is called by now.
    match (created, read(path)?) {
        (Ok(()), None) => found(LedgerKey::new(&bytes), stage),
        (Ok(()), Some(key)) if name == path => found(key, stage),
        (Ok(()), Some(key)) => {
            files::remove(&name).map_err(|source| failed(&name, source))?;
            found(key, KeyStage::Established)
        }
        (Err(_), Some(key)) => found(key, KeyStage::Established),
        (Err(error), None) => match read(&name)? {
            Some(key) => found(key, stage),
            None => Err(failed(path, error)),
        },
    }
}

fn failed(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { path: path.to_owned(), source }
}

/// What a key is called until its ledger is there.
fn new_name(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(files::TEMPORARY_PREFIX);
    name.push(path.file_name().unwrap_or_default());
    path.with_file_name(name)
}

/// The key in a file of the state directory, which is for its owner alone.
fn read(path: &Path) -> Result<Option<LedgerKey>, OpenError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, error)),
    };
    let mode = file.metadata().map_err(|source| failed(path, source))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(OpenError::KeyReadable { key_file: path.to_owned(), mode });
    }
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) => decode(&text, path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(OpenError::BadKey(path.to_owned())),
        Err(error) => Err(failed(path, error)),
    }
}

fn decode(text: &str, path: &Path) -> Result<LedgerKey, OpenError> {
    let bytes = STANDARD.decode(text.trim_end()).ok().and_then(|bytes| <[u8; LedgerKey::BYTES]>::try_from(bytes).ok());
    bytes.map(|bytes| LedgerKey::new(&bytes)).ok_or_else(|| OpenError::BadKey(path.to_owned()))
}
