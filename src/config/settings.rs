//! The settled configuration: typed, cross-checked, secrets read. What every other room is handed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use super::apps::App;
use super::origin::Origin;
use super::postgres::Postgres;
use super::public_key::PublicKey;
use super::raw::{Algorithm, ApiMethod, BackendKind, Scope, TlsUse};
use super::secret::Secret;
use super::value::{Listen, Sha256};
use crate::invite::name::{HostName, Jid, KeyId, NameError, Username};
use crate::rate::Rate;

/// Everything the program wants to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Base of every link; `serve` and whatever prints links need it.
    pub public_url: Option<PublicUrl>,
    /// Where to listen without systemd.
    pub listen: Vec<Listen>,
    /// Where metrics are served without systemd.
    pub metrics_listen: Vec<Listen>,
    /// The one directory that is written.
    pub state_dir: PathBuf,
    /// Whose word on the client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Who may call from a web page.
    pub cors_origins: CorsOrigins,
    /// Stop after so long without a request.
    pub idle_exit: Option<Duration>,
    /// Limits of the HTTP server.
    pub http: Http,
    /// Certificate and key, if we speak HTTPS.
    pub tls: Option<Tls>,
    /// Where invites are kept.
    pub ledger: Ledger,
    /// What invites are like.
    pub invites: Invites,
    /// The apps that guests are offered, in order.
    pub apps: Vec<App>,
    /// Commands for users, if they are served.
    pub component: Option<Component>,
    /// Hosts, by prepared domain.
    pub hosts: BTreeMap<HostName, Host>,
    /// Declared keys and who declared them.
    pub keys: BTreeMap<KeyId, (KeySettings, Origin)>,
    /// What an admin should know, or what could not be judged here; for the log.
    pub notices: Vec<String>,
}

/// The public base URL, which ends in a slash, and its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    base: Url,
}

impl PublicUrl {
    /// `https://host/prefix/`
    #[must_use]
    pub fn base(&self) -> &str {
        self.base.as_str()
    }

    /// Whether guests come by HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Without the scheme, as one types it: `host/prefix`.
    #[must_use]
    pub fn typed(&self) -> &str {
        let base = self.base.as_str();
        base.split_once("://").map_or(base, |(_, rest)| rest).trim_end_matches('/')
    }

    /// The path prefix without a slash at its end; empty at the root.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.base.path().trim_end_matches('/')
    }
}

impl std::str::FromStr for PublicUrl {
    type Err = super::value::ValueError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || super::value::ValueError("expected a URL such as \"https://invite.example.com/\"".into());
        let mut base = Url::parse(text).map_err(|_| wrong())?;
        let plain = base.query().is_none() && base.fragment().is_none() && base.username().is_empty();
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() || !plain || base.password().is_some() {
            return Err(wrong());
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self { base })
    }
}

/// Who may call from a web page (Fetch standard, `Access-Control-Allow-Origin`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigins {
    /// `*`
    Any,
    /// These origins.
    Only(BTreeSet<String>),
}

/// `[http]`
#[derive(Clone, Debug)]
pub struct Http {
    /// Connections served at once.
    pub max_connections: usize,
    /// The largest request body, in bytes.
    pub max_body_bytes: u64,
    /// For a whole request head.
    pub header_timeout: Duration,
    /// For a whole request body.
    pub body_timeout: Duration,
    /// For a connection without a request.
    pub idle_timeout: Duration,
    /// For answers in flight when the service stops.
    pub drain_timeout: Duration,
    /// Wrong keys per client address.
    pub auth_failures: Rate,
    /// The path of `/invites_api` below the prefix.
    pub invites_api: String,
}

/// `[tls]`
#[derive(Clone, Debug)]
pub struct Tls {
    /// PEM: the chain.
    pub certificate_file: PathBuf,
    /// PEM: the key.
    pub private_key_file: PathBuf,
}

/// `[ledger]`
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Where it is.
    pub database: Database,
    /// The ledger key's file. Nodes that share a ledger have the same.
    pub key_file: PathBuf,
    /// How long ended invites are kept.
    pub retention: Duration,
}

/// Where a ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// SQLite, in a file.
    Sqlite(PathBuf),
    /// PostgreSQL.
    Postgres(Box<Postgres>),
    /// A credential says it, which only the service itself gets to see.
    Unread,
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => file.display().fmt(f),
            Self::Postgres(_) => f.write_str("postgres://…"),
            Self::Unread => f.write_str("of ledger.url_file"),
        }
    }
}

/// `[invites]`
#[derive(Clone, Debug)]
pub struct Invites {
    /// Default life.
    pub ttl: Duration,
    /// Longest life.
    pub max_ttl: Duration,
    /// Somebody else's landing page.
    pub landing: Option<String>,
}

/// `[hosts."example.com"]`
#[derive(Clone, Debug)]
pub struct Host {
    /// What the site calls itself.
    pub site_name: String,
    /// Names that no invite may claim.
    pub reserved_usernames: BTreeSet<Username>,
    /// Whether the web sign-up form is offered.
    pub registration: bool,
    /// The fewest characters of a password.
    pub min_password_length: usize,
    /// A web client to offer.
    pub webchat_url: Option<String>,
    /// Terms of service.
    pub terms_url: Option<String>,
    /// Privacy policy.
    pub privacy_url: Option<String>,
    /// Whom guests may ask for help.
    pub contact: Option<String>,
    /// What stands behind it.
    pub backend: Backend,
}

/// `[hosts."example.com".backend]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// No XMPP server.
    Ledger,
    /// Prosody, by its admin socket.
    Prosody {
        /// Where the socket is.
        socket: PathBuf,
    },
    /// ejabberd, by its HTTP API.
    Ejabberd {
        /// The base of the API; ends in no slash.
        url: Url,
        /// Who calls.
        login: Login,
    },
    /// Any server, by its client port.
    Xmpp(Xmpp),
}

impl Backend {
    /// Its name in the configuration.
    #[must_use]
    pub fn kind(&self) -> BackendKind {
        match self {
            Self::Ledger => BackendKind::Ledger,
            Self::Prosody { .. } => BackendKind::Prosody,
            Self::Ejabberd { .. } => BackendKind::Ejabberd,
            Self::Xmpp(_) => BackendKind::Xmpp,
        }
    }
}

/// How a caller of ejabberd's HTTP API proves who it is. A secret that only the service gets to see is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// Basic.
    Password {
        /// The account.
        user: Jid,
        /// Its password.
        password: Option<Secret>,
    },
    /// Bearer, with an OAuth token.
    Token(Option<Secret>),
}

/// An account that makes invites, and where it logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xmpp {
    /// The account.
    pub jid: Jid,
    /// Its password; none if only the service gets to see it.
    pub password: Option<Secret>,
    /// `host:port` of the client port, if it is not where DNS says.
    pub address: Option<String>,
    /// Whether the connection must be encrypted.
    pub tls: TlsUse,
}

/// `[component]`: XEP-0401 commands for users of a host, served as a component (XEP-0114).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its domain.
    pub jid: HostName,
    /// `host:port` where the server takes components.
    pub server: String,
    /// What it shares with the server; none if only the service gets to see it.
    pub secret: Option<Secret>,
    /// For which host it makes invites.
    pub host: HostName,
    /// Who may have contacts invited.
    pub contact_invites: Vec<Users>,
    /// Who may have accounts made.
    pub account_invites: Vec<Users>,
    /// Invites that each of them may have made.
    pub per_user: Option<Rate>,
}

/// A user, or all of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Users {
    /// All.
    Of(HostName),
    /// One.
    One(Jid),
}

impl Users {
    /// Where they are.
    #[must_use]
    pub fn host(&self) -> &HostName {
        match self {
            Self::Of(host) => host,
            Self::One(jid) => &jid.host,
        }
    }

    /// Whether `user` is one of them.
    #[must_use]
    pub fn are(&self, user: &Jid) -> bool {
        match self {
            Self::Of(host) => *host == user.host,
            Self::One(jid) => jid == user,
        }
    }
}

impl std::str::FromStr for Users {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains('@') { text.parse().map(Self::One) } else { text.parse().map(Self::Of) }
    }
}

/// What a key may do and how it proves itself; the same for declared keys and those of the state directory.
#[derive(Clone, Debug)]
pub struct KeySettings {
    /// What it is for.
    pub name: String,
    /// How its holder proves to hold it.
    pub proof: Proof,
    /// The hosts it may make invites for; none: all.
    pub hosts: Option<BTreeSet<HostName>>,
    /// What it may do.
    pub allow: BTreeSet<Scope>,
    /// Methods on `/invites_api`.
    pub methods: BTreeSet<ApiMethod>,
    /// Longest life of its invites.
    pub max_ttl: Option<Duration>,
    /// Most uses of one of its invites.
    pub max_uses: Option<u32>,
    /// Invites made.
    pub limit: Option<Rate>,
    /// Most pending invites.
    pub max_pending: Option<u32>,
    /// When it stops working.
    pub expires: Option<jiff::Timestamp>,
    /// When it was made.
    pub created_at: Option<jiff::Timestamp>,
}

/// How the holder of a key proves to hold it.
#[derive(Clone, Debug)]
pub enum Proof {
    /// An opaque secret with this digest.
    Opaque(Sha256),
    /// JWTs.
    Signed(Arc<Signed>),
    /// A credential that only the service itself gets to see.
    Unread,
}

/// What a JWT must be like.
#[derive(Debug)]
pub struct Signed {
    /// The one algorithm.
    pub algorithm: Algorithm,
    /// Any of these has signed it.
    pub keys: Vec<PublicKey>,
    /// `iss`.
    pub issuer: Option<String>,
    /// Claims that must be there, each exactly so.
    pub claims: BTreeMap<String, String>,
    /// Its greatest age, by `iat`.
    pub max_age: Option<Duration>,
}

/// The digest that is kept of a secret.
#[must_use]
pub fn digest(secret: &str) -> Sha256 {
    use sha2::Digest as _;
    Sha256(sha2::Sha256::digest(secret.as_bytes()).into())
}
