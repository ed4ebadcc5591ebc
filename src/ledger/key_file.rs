//! The ledger key's file: 32 random bytes in base64, mode 0600, created on the first start.
//!
//! A ledger without its key is refused, and a key without its ledger is worth a warning. So a new key has
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
    /// It came from outside, as a credential or by a path of its own, and may be here before its ledger.
    Given,
    /// It is new, and has its name when its ledger is there; what is in the file.
    New(String),
    /// Its ledger was created.
    Established,
}

impl KeyFile {
    /// Whether it may be here before its ledger.
    pub(super) fn may_be_first(&self) -> bool {
        match self.stage {
            KeyStage::Given | KeyStage::New(_) => true,
            KeyStage::Established => false,
        }
    }

    /// Its ledger is there. No name is given to what stands under the temporary one by now: that may be another's, who
    /// comes too late.
    pub(super) fn establish(&mut self) -> Result<(), OpenError> {
        let KeyStage::New(text) = &self.stage else { return Ok(()) };
        match files::write(&self.path, text.as_bytes(), Existing::Keep) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(&self.path, error)),
            _ => {}
        }
        let name = new_name(&self.path);
        if std::fs::read_to_string(&name).is_ok_and(|found| found == *text) {
            // If another process was faster, it is gone.
            let _ = files::remove(&name);
        }
        self.stage = KeyStage::Established;
        Ok(())
    }
}

/// Reads the key, and the text of its file, if there is one. Nothing is created.
pub(super) fn find(settings: &LedgerSettings) -> Result<Option<(LedgerKey, String)>, OpenError> {
    let path = settings.key_file.as_path();
    match &settings.key {
        Some(key) => Ok(Some((decode(key.reveal(), path)?, key.reveal().to_owned()))),
        // A first start may have been broken off.
        None => Ok(match read(path)? {
            Some(found) => Some(found),
            None => read(&new_name(path))?,
        }),
    }
}

/// The same of the ledger that is there, and is told by `key_check`.
pub(super) fn find_of(
    settings: &LedgerSettings,
    ledger: &LedgerUrl,
    key_check: &[u8],
) -> Result<(LedgerKey, String), OpenError> {
    let (name, key_file) = (ledger.to_string(), settings.key_file.clone());
    match find(settings)? {
        Some((key, text)) if *key.check() == *key_check => Ok((key, text)),
        Some(_) => Err(OpenError::WrongKey { ledger: name, key_file }),
        None => Err(OpenError::KeyMissing { ledger: name, key_file }),
    }
}

/// Puts a key in its place; the one that was there is kept as `aside`, if it is another one. Says whether it was.
pub(super) fn put(path: &Path, text: &str, aside: &Path) -> Result<bool, OpenError> {
    let found = std::fs::read_to_string(path);
    if found.as_ref().is_ok_and(|found| found.trim_end() == text.trim_end()) {
        return Ok(false);
    }
    let is_replaced = found.is_ok() || path.exists();
    if is_replaced {
        std::fs::hard_link(path, aside).map_err(|source| failed(aside, source))?;
    }
    let written = files::write(path, format!("{}\n", text.trim_end()).as_bytes(), Existing::Replace);
    written.map_err(|source| failed(path, source))?;
    Ok(is_replaced)
}

/// The key that a text is.
pub(super) fn parse(text: &str) -> Option<LedgerKey> {
    let bytes = STANDARD.decode(text.trim_end()).ok()?;
    Some(LedgerKey::new(&<[u8; LedgerKey::BYTES]>::try_from(bytes).ok()?))
}

/// Reads the key, or creates one where there is no ledger yet.
pub(super) fn load_or_create(settings: &LedgerSettings) -> Result<KeyFile, OpenError> {
    let path = settings.key_file.as_path();
    let found = |key, stage| Ok(KeyFile { key, path: path.to_owned(), stage });
    if let Some(key) = &settings.key {
        return found(decode(key.reveal(), path)?, KeyStage::Given);
    }
    if let Some((key, _)) = read(path)? {
        let is_beside = |ledger: &Path| ledger.parent() == path.parent();
        let is_given = matches!(&settings.url, LedgerUrl::Sqlite(ledger) if !is_beside(ledger));
        return found(key, if is_given { KeyStage::Given } else { KeyStage::Established });
    }
    let has_ledger = match &settings.url {
        LedgerUrl::Sqlite(file) => return new_or_created_meanwhile(settings, file),
        LedgerUrl::Unread => return Err(OpenError::Unread),
        LedgerUrl::Postgres(server) => postgres::has_ledger(server, path)?,
    };
    if has_ledger {
        return Err(missing(settings));
    }
    // Nodes share such a ledger, and its key is the same whoever created it.
    let (key, text) = create(path)?;
    match files::write(path, text.as_bytes(), Existing::Keep) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(path, error)),
        _ => {}
    }
    // Another process may have been faster; its key counts.
    found(read(path)?.map_or(key, |(key, _)| key), KeyStage::Established)
}

/// The key of a ledger in a file, where it has not got its name yet; while other processes do the same. As long as it has not,
/// the first one's is under the temporary name.
fn new_or_created_meanwhile(settings: &LedgerSettings, ledger: &Path) -> Result<KeyFile, OpenError> {
    let path = settings.key_file.as_path();
    let name = new_name(path);
    let has_ledger = ledger.exists();
    let mut new = read(&name)?;
    let mut is_ours = false;
    if new.is_none() && !has_ledger {
        let created = create(path)?;
        match files::write(&name, created.1.as_bytes(), Existing::Keep) {
            Ok(()) => (new, is_ours) = (Some(created), true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => new = read(&name)?,
            Err(error) => return Err(failed(path, error)),
        }
    }
    if let Some((key, _)) = read(path)? {
        if is_ours {
            let _ = files::remove(&name);
        }
        return Ok(KeyFile { key, path: path.to_owned(), stage: KeyStage::Established });
    }
    let (key, text) = new.ok_or_else(|| missing(settings))?;
    Ok(KeyFile { key, path: path.to_owned(), stage: KeyStage::New(text) })
}

/// A new key, and its file's text; the directory is there then.
fn create(path: &Path) -> Result<(LedgerKey, String), OpenError> {
    if let Some(dir) = path.parent() {
        files::create_dir(dir).map_err(|source| failed(path, source))?;
    }
    let mut bytes = [0; LedgerKey::BYTES];
    clock::rng().fill_bytes(&mut bytes);
    Ok((LedgerKey::new(&bytes), format!("{}\n", STANDARD.encode(bytes))))
}

fn missing(settings: &LedgerSettings) -> OpenError {
    OpenError::KeyMissing { ledger: settings.url.to_string(), key_file: settings.key_file.clone() }
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

/// The key in a file of the state directory, which is for its owner alone; with the file's text.
fn read(path: &Path) -> Result<Option<(LedgerKey, String)>, OpenError> {
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
        Ok(_) => Ok(Some((decode(&text, path)?, text))),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(OpenError::BadKey(path.to_owned())),
        Err(error) => Err(failed(path, error)),
    }
}

fn decode(text: &str, path: &Path) -> Result<LedgerKey, OpenError> {
    parse(text).ok_or_else(|| OpenError::BadKey(path.to_owned()))
}
