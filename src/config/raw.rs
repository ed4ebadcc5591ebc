//! The configuration as people write it: every key, its form and its default. Nothing is cross-checked here, and
//! nothing but `config/` sees these types; a key of the state directory has the same shape as a declared one.
//!
//! The doc comments are the texts of the README's table and of `nix/module.nix`; a test holds them together.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::{Listen, Moment, Network, Sha256, Size, Span};
use crate::rate::Rate;

/// Everything.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Raw {
    /// Base of every link handed out, with the path prefix if there is one; required by `serve`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Where to listen: `host:port`, `[v6]:port` or `unix:/path`; unused where systemd passes sockets.
    pub listen: Vec<Listen>,
    /// The one directory that is written; default `$STATE_DIRECTORY`, else `/var/lib/invited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_dir: Option<PathBuf>,
    /// Networks whose `X-Forwarded-For` or `Forwarded` is believed; a peer on a Unix socket always is.
    pub trusted_proxies: Vec<Network>,
    /// Origins of web pages that may call `/invites_api` and `/api`; `*` for any.
    pub cors_origins: Vec<String>,
    /// Under socket activation only: stop after so long without a request, but not while apps hold tokens of an XMPP
    /// server; off by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_exit: Option<Span>,
    /// Limits of the HTTP server.
    pub http: Http,
    /// Speak HTTPS ourselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Where invites are kept.
    pub ledger: Ledger,
    /// What invites are like.
    pub invites: Invites,
    /// Metrics in a listener of their own.
    pub metrics: Metrics,
    /// The hosts for which invites are made, by domain.
    pub hosts: BTreeMap<String, Host>,
    /// Declared keys, by id.
    pub keys: BTreeMap<String, Key>,
    /// XEP-0401 commands for users, as a XEP-0114 component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<Component>,
    /// The apps offered on the pages.
    pub apps: Apps,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            public_url: None,
            listen: vec![Listen::Tcp("127.0.0.1:5290".into())],
            state_dir: None,
            trusted_proxies: vec![
                Network(std::net::IpAddr::from([127, 0, 0, 1]).into()),
                Network(std::net::IpAddr::from(std::net::Ipv6Addr::LOCALHOST).into()),
            ],
            cors_origins: vec!["*".into()],
            idle_exit: None,
            http: Http::default(),
            tls: None,
            ledger: Ledger::default(),
            invites: Invites::default(),
            metrics: Metrics::default(),
            hosts: BTreeMap::new(),
            keys: BTreeMap::new(),
            component: None,
            apps: Apps::default(),
        }
    }
}

/// `[http]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Connections served at once; more wait in the socket's backlog.
    pub max_connections: u32,
    /// The largest request body; a larger one is answered 413.
    pub max_body: Size,
    /// A request head that is slower is answered 408.
    pub header_timeout: Span,
    /// A request body that is slower is answered 408.
    pub body_timeout: Span,
    /// A connection without a request is closed after this.
    pub idle_timeout: Span,
    /// How long answers in flight may take when the service stops.
    pub drain_timeout: Span,
    /// Wrong keys per client address (IPv6: per /64), then 429.
    pub auth_failures: Rate,
    /// Paths that can be changed.
    pub paths: Paths,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            max_body: Size(64 << 10),
            header_timeout: Span::seconds(10),
            body_timeout: Span::seconds(10),
            idle_timeout: Span::seconds(60),
            drain_timeout: Span::seconds(20),
            auth_failures: Rate { count: 30, period: std::time::Duration::from_mins(1) },
            paths: Paths::default(),
        }
    }
}

/// `[http.paths]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Paths {
    /// Where `mod_invites_api`'s call is answered, below `public_url`.
    pub invites_api: String,
}

impl Default for Paths {
    fn default() -> Self {
        Self { invites_api: "/invites_api".into() }
    }
}

/// `[tls]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate chain in PEM, our own first; read again on reload.
    pub certificate_file: PathBuf,
    /// Its private key in PEM.
    pub private_key_file: PathBuf,
}

/// `[ledger]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ledger {
    /// `sqlite:FILE`, relative to `state_dir`, or `postgres://USER@HOST/DATABASE`.
    pub url: String,
    /// A file that holds the `url`, when it is secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// The secret that tokens are made with; made on first start in `state_dir` if absent. A credential of that name wins. Nodes with one PostgreSQL ledger have the same.
    pub key_file: PathBuf,
    /// Spent, expired and revoked invites are dropped after this.
    pub retention: Span,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            url: "sqlite:ledger.db".into(),
            url_file: None,
            key_file: "ledger.key".into(),
            retention: Span::days(90),
        }
    }
}

/// `[invites]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Invites {
    /// Default life of an invite.
    pub ttl: Span,
    /// The longest life that a caller may ask for.
    pub max_ttl: Span,
    /// Somebody else's landing page, with `{token}`, `{uri}` and `{host}`; default: our own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub landing: Option<String>,
}

impl Default for Invites {
    fn default() -> Self {
        Self { ttl: Span::days(7), max_ttl: Span::days(365), landing: None }
    }
}

/// `[metrics]`
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Where metrics are served; off unless set, never on the public listener.
    pub listen: Vec<Listen>,
}

/// `[hosts."example.com"]`
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Host {
    /// What the site calls itself; default: the domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_name: Option<String>,
    /// Offer the web sign-up form; default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration: Option<bool>,
    /// A web client to offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webchat_url: Option<String>,
    /// Terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms_url: Option<String>,
    /// Privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy_url: Option<String>,
    /// Whom guests may ask for help: a mail address, or a link (`xmpp:`, `mailto:`, `https:`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// What passwords must be like.
    pub password: Password,
    /// Names that no invite may claim; default: admin, root, abuse, postmaster, hostmaster, webmaster, security.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_usernames: Option<Vec<String>>,
    /// The XMPP server.
    pub backend: Backend,
}

/// `[hosts."example.com".password]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Password {
    /// The fewest characters of a password.
    pub min_length: u32,
}

impl Default for Password {
    fn default() -> Self {
        Self { min_length: 12 }
    }
}

/// `[hosts."example.com".backend]`
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Backend {
    /// `ledger` (no XMPP server), `prosody`, `ejabberd` or `xmpp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<BackendKind>,
    /// prosody: its admin socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
    /// ejabberd: base URL of its HTTP API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// ejabberd: the account that calls the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// ejabberd, xmpp: the account's password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// ejabberd, xmpp: a file or credential that holds the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// ejabberd: an OAuth token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// ejabberd: a file or credential that holds the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// xmpp: the account that makes invites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jid: Option<String>,
    /// xmpp: where the client port is, if not where DNS says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// xmpp: `required` or `off`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsUse>,
}

/// What stands behind a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BackendKind {
    /// No XMPP server: callers make accounts and redeem invites.
    Ledger,
    /// Prosody, by its admin socket.
    Prosody,
    /// ejabberd, by its HTTP API.
    Ejabberd,
    /// Any server with XEP-0401.
    Xmpp,
}

impl Backend {
    /// The settings that are there.
    pub(super) fn names(&self) -> Vec<String> {
        let value = serde_json::to_value(self).unwrap_or_default();
        value.as_object().into_iter().flat_map(|table| table.keys().cloned()).collect()
    }
}

impl BackendKind {
    /// The word for it, in the configuration and the log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Prosody => "prosody",
            Self::Ejabberd => "ejabberd",
            Self::Xmpp => "xmpp",
        }
    }
}

/// Whether an XMPP connection must be encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TlsUse {
    /// STARTTLS, verified.
    Required,
    /// Plain; for loopback only.
    Off,
}

/// `[keys.website]`
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "a public key is called so")]
pub struct Key {
    /// What the key is for, in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// SHA-256 of the secret, in hexadecimal; safe in a world-readable file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// A file or credential that holds the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// For JWTs: the public key in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// For JWTs: a file or credential that holds the public key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key_file: Option<PathBuf>,
    /// For JWTs: a file or credential that holds a JSON Web Key Set; read again on reload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_file: Option<PathBuf>,
    /// For JWTs: the one algorithm that is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
    /// For JWTs: what `iss` must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// For JWTs: claims that must be there, each exactly so.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, String>,
    /// For JWTs: the greatest age of a token, by `iat`; default: any, as long as it lives a day at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Span>,
    /// The hosts it may make invites for; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<String>>,
    /// What it may do: create, read, revoke, redeem; default: create.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<Scope>>,
    /// The methods it may use on `/invites_api`; default: GET and POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<ApiMethod>>,
    /// The longest life of its invites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ttl: Option<Span>,
    /// The most uses of one of its invites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u32>,
    /// Invites made, in bursts up to that many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Rate>,
    /// The most pending invites that it may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_pending: Option<u32>,
    /// When it stops working.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Moment>,
    /// When it was made; written by `key create`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Moment>,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Make invites.
    Create,
    /// See invites.
    Read,
    /// Revoke invites.
    Revoke,
    /// Redeem invites.
    Redeem,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Create, Self::Read, Self::Revoke, Self::Redeem];
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Revoke => "revoke",
            Self::Redeem => "redeem",
        })
    }
}

/// A method of `/invites_api`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ApiMethod {
    /// As links and `curl URL` do.
    Get,
    /// As forms and programs do.
    Post,
}

/// How JWTs of a key are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[value(rename_all = "verbatim")]
pub enum Algorithm {
    /// Ed25519.
    EdDSA,
    /// ECDSA with P-256.
    ES256,
    /// ECDSA with P-384.
    ES384,
    /// RSA, PKCS #1 1.5.
    RS256,
    /// RSA, PSS.
    PS256,
}

/// `[component]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The component's own domain.
    pub jid: String,
    /// Where the XMPP server takes components.
    pub server: String,
    /// The shared secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// A file or credential that holds the shared secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// The host for which it makes invites.
    pub host: String,
    /// Who may run `urn:xmpp:invite#invite`: all of `host` by its name, or users by their JIDs.
    #[serde(default)]
    pub contact_invites: Vec<String>,
    /// Who may run `urn:xmpp:invite#create-account`, likewise.
    #[serde(default)]
    pub account_invites: Vec<String>,
    /// Invites per user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_user: Option<Rate>,
}

/// `[apps]`
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Apps {
    /// Ids of the apps to show, in this order; default: all built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show: Option<Vec<String>>,
    /// Ids of apps to leave out.
    pub hide: Vec<String>,
    /// Further apps.
    pub custom: Vec<App>,
}

/// `[[apps.custom]]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Its id, in links.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Where it runs: Android, iOS, Linux, macOS, Windows, web.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The path of a picture of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Whether it signs up by an `xmpp:` link with a token.
    #[serde(default)]
    pub supports_preauth_uri: bool,
    /// A link that opens it with the invite, with `{uri}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub magic_link_format: Option<String>,
    /// Where to get it.
    #[serde(default)]
    pub download: Vec<Download>,
    /// How to set it up, in a few sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
}

/// `[[apps.custom.download]]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Download {
    /// The link.
    pub url: String,
    /// What the button says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The path of a picture for the button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}
