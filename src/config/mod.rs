//! Configuration: read from its sources, merged, and turned once into [`Settings`].
//!
//! Each table has a file of its own, with what people write (`Raw…`), what is in force (`…Settings`), its defaults and
//! its checks. In order of reading:
//!
//! | file | what it has |
//! |---|---|
//! | `sources`, `variables`, `toml_values` | where values come from, and how they are merged and read |
//! | `shape` | what is wanted at each place, from the schema |
//! | [`settings`] | all of it, and what has no table of its own |
//! | `http`, `tls`, `ledger`, `invites`, `metrics`, `hosts`, `backend`, `keys`, `component`, `manage`, `webhooks`, `mail`, [`apps`] | a table each |
//! | `public_url`, [`postgres`], [`public_key`], `key_secret`, `scopes`, `picture`, `drawing` | values that are larger than a line |
//! | `checks` | what the checks of all tables share: faults, notices, secrets in files |
//! | `exposure`, `direction` | secrets in files that others can read; texts that read as others |
//! | `listeners` | addresses to listen on that are there twice |
//! | `merged`, `text`, `show` | values with who set them, and how they are shown |
//! | `reference` | every setting with what it says of itself |
//! | [`secret`], [`value`], `address`, `colour`, `forwarded`, `languages`, `origin`, `platform`, `stores` | small values; faults |

mod address;
pub mod apps;
mod backend;
mod checks;
mod colour;
mod component;
mod cors;
mod direction;
mod drawing;
mod exposure;
mod forwarded;
mod hosts;
mod http;
mod invites;
mod key_secret;
mod keys;
mod languages;
mod ledger;
mod listeners;
mod mail;
mod manage;
mod merged;
mod metrics;
mod origin;
mod passfile;
mod picture;
mod platform;
pub mod postgres;
pub mod public_key;
mod public_url;
mod reference;
mod remaining;
mod scopes;
pub mod secret;
pub mod settings;
mod shape;
mod show;
mod sources;
mod stores;
mod text;
mod tls;
mod toml_values;
pub mod value;
mod variables;
mod webhooks;

pub use address::MAX_PATH_PART_BYTES;
pub use backend::{BackendKind, BackendSettings, Login, TlsUse, XmppSettings};
pub use checks::Purpose;
pub use colour::{Accent, Colour};
pub use component::{ComponentSettings, News, Users};
pub use cors::CorsOrigins;
pub use forwarded::ForwardedHeader;
pub use hosts::{HostSettings, MAX_PASSWORD_CHARS};
pub use http::{HttpPaths, HttpSettings};
pub use invites::{InviteSettings, RemindedAdmin};
pub(crate) use keys::RawKey;
pub use keys::{JwtSettings, KeySettings, Proof};
pub use languages::{DEFAULT_LANGUAGE, LANGUAGES, LanguageTag};
pub use ledger::{LedgerSettings, LedgerUrl};
pub use mail::{MailLogin, MailSettings};
pub use manage::{ManageSettings, UserInvites};
pub use merged::Merged;
pub use metrics::MetricsSettings;
pub use origin::{ConfigFault, Faults, Origin};
pub use public_key::Algorithm;
pub use public_url::{Prefixes, PublicUrl};
pub use reference::{DescribedSetting, reference};
pub use scopes::{ApiMethod, DEFAULT_MAX_USES, LackingScopes, Scope};
pub use secret::Credentials;
pub use settings::{DEFAULT_STATE_DIR, Settings};
pub use show::{ShownSetting, show, shown};
pub use sources::{DEFAULT_FILES, Sources};
pub use tls::TlsSettings;
#[cfg(test)]
pub(crate) use webhooks::webhook_secret;
pub use webhooks::{WebhookSecret, WebhookSettings};

/// The JSON Schema of the configuration, as `tests/` hold docs/settings.md, example and Nix module against it.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(settings::RawConfig).to_value()
}

/// The built-in defaults, in the shape of the configuration.
#[must_use]
pub fn defaults() -> serde_json::Value {
    serde_json::to_value(settings::RawConfig::default()).unwrap_or_default()
}
