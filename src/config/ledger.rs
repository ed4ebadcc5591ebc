//! `[ledger]`: where invites are kept.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::checks::Checks;
use super::origin::Origin;
use super::postgres::{Postgres, PostgresError};
use super::secret::Secret;
use super::value::Span;

/// `[ledger]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct RawLedger {
    /// `sqlite:FILE`, relative to `state_dir`, or `postgres://USER@HOST/DATABASE`.
    pub url: String,
    /// A file that holds the `url`, when it is secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// The secret that tokens are created with; created on first start in `state_dir` if absent. A credential of that name wins. Nodes with one PostgreSQL ledger have the same.
    pub key_file: PathBuf,
    /// Redeemed, expired and revoked invites are deleted after this.
    pub retention: Span,
}

impl Default for RawLedger {
    fn default() -> Self {
        Self {
            url: "sqlite:ledger.db".into(),
            url_file: None,
            key_file: "ledger.key".into(),
            retention: Span::days(90),
        }
    }
}

/// `[ledger]`
#[derive(Clone, Debug)]
pub struct LedgerSettings {
    /// Where it is.
    pub url: LedgerUrl,
    /// The ledger key's file. Nodes that share a ledger have the same.
    pub key_file: PathBuf,
    /// What was in it, where it is not in the state directory: a file for root alone is read as long as that is who reads.
    pub key: Option<Secret>,
    /// How long ended invites are kept.
    pub retention: Duration,
}

impl LedgerSettings {
    /// Whether there may be a ledger: not where SQLite has no file for one. Opening it would create one.
    #[must_use]
    pub fn may_be_there(&self) -> bool {
        match &self.url {
            LedgerUrl::Sqlite(file) => file.try_exists().unwrap_or(true),
            LedgerUrl::Postgres(_) | LedgerUrl::Unread => true,
        }
    }
}

/// Where a ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerUrl {
    /// SQLite, in a file.
    Sqlite(PathBuf),
    /// PostgreSQL.
    Postgres(Box<Postgres>),
    /// A credential says it, which only the service itself gets to see.
    Unread,
}

impl LedgerUrl {
    /// Reads a URL as it is in the configuration; a relative file is one of `state_dir`.
    ///
    /// # Errors
    /// When it is none; says what is expected, and nothing of what it is.
    pub fn read(url: &str, state_dir: &Path) -> Result<Self, String> {
        match url.strip_prefix("sqlite:") {
            Some(file) if !file.is_empty() && !file.starts_with("//") && !file.contains('?') => {
                Ok(Self::Sqlite(state_dir.join(file)))
            }
            _ if url.starts_with("postgres://") || url.starts_with("postgresql://") => match url.parse() {
                Ok(postgres) => Ok(Self::Postgres(Box::new(postgres))),
                Err(error) => Err(PostgresError::to_string(&error)),
            },
            _ => {
                Err("expected \"sqlite:FILE\", relative to state_dir or absolute, or \"postgres://USER@HOST/DATABASE\""
                    .to_owned())
            }
        }
    }
}

impl fmt::Display for LedgerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => file.display().fmt(f),
            Self::Postgres(_) => f.write_str("postgres://…"),
            Self::Unread => f.write_str("of ledger.url_file"),
        }
    }
}

impl RawLedger {
    pub(super) fn resolve(&self, state_dir: &Path, checks: &mut Checks<'_>) -> LedgerSettings {
        let url = match &self.url_file {
            Some(file) => {
                let is_set = checks.origin_at(&["ledger", "url"]) != Origin::Default;
                checks.exclusive(&["ledger"], ["url", "url_file"], [is_set, true]);
                let url = checks.read_secret(&["ledger", "url_file"], file);
                url.map_or(LedgerUrl::Unread, |url| resolve_url("url_file", url.reveal(), state_dir, checks))
            }
            None => resolve_url("url", &self.url, state_dir, checks),
        };
        // Where it names no file, that would be the directory.
        if self.key_file.file_name().is_none() {
            checks.fault(&["ledger", "key_file"], "expected a file, such as \"ledger.key\"");
        }
        // A bare name is a credential where one was passed, else a file of the state directory.
        let credential = checks.credentials().locate(&self.key_file).ok().filter(|path| path.exists());
        let key_file = credential.unwrap_or_else(|| state_dir.join(&self.key_file));
        // Where it cannot be read, whoever opens the ledger says so.
        let elsewhere = !key_file.starts_with(state_dir);
        let key = elsewhere.then(|| checks.credentials().read(&key_file).ok()).flatten();
        LedgerSettings { url, key_file, key, retention: self.retention.0 }
    }
}

/// `named` is the setting that has the URL.
fn resolve_url(named: &str, url: &str, state_dir: &Path, checks: &mut Checks<'_>) -> LedgerUrl {
    LedgerUrl::read(url, state_dir).unwrap_or_else(|reason| {
        checks.fault(&["ledger", named], &reason);
        LedgerUrl::Unread
    })
}
