//! `[hosts."example.com".backend]`: the XMPP server of a host, and how it is reached.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::address::{is_host_and_port, is_loopback, is_readable_on_the_way};
use super::checks::Checks;
use super::secret::Secret;
use super::text::dotted;
use crate::invite::name::Jid;

/// `[hosts."example.com".backend]`
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct RawBackend {
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
    /// xmpp: the account that creates invites.
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
    /// No XMPP server: callers create accounts and redeem invites.
    Ledger,
    /// Prosody, by its admin socket.
    Prosody,
    /// ejabberd, by its HTTP API.
    Ejabberd,
    /// Any server with XEP-0401.
    Xmpp,
    /// A pretend one. Nobody can write it.
    #[serde(skip)]
    Demo,
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
            Self::Demo => "demo",
        }
    }

    /// Whether the setting of this name in `[hosts."example.com".backend]` is one of this kind.
    fn uses(self, name: &str) -> bool {
        let names: &[&str] = match self {
            Self::Ledger | Self::Demo => &[],
            Self::Prosody => &["socket"],
            Self::Ejabberd => &["url", "user", "password", "password_file", "token", "token_file"],
            Self::Xmpp => &["jid", "password", "password_file", "address", "tls"],
        };
        name == "kind" || names.contains(&name)
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

/// `[hosts."example.com".backend]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendSettings {
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
    Xmpp(XmppSettings),
    /// A pretend server, of `invited demo` alone.
    Demo,
}

impl BackendSettings {
    /// Its name in the configuration.
    #[must_use]
    pub fn kind(&self) -> BackendKind {
        match self {
            Self::Ledger => BackendKind::Ledger,
            Self::Prosody { .. } => BackendKind::Prosody,
            Self::Ejabberd { .. } => BackendKind::Ejabberd,
            Self::Xmpp(_) => BackendKind::Xmpp,
            Self::Demo => BackendKind::Demo,
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

/// An account that creates invites, and where it logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmppSettings {
    /// The account.
    pub jid: Jid,
    /// Its password; none if only the service gets to see it.
    pub password: Option<Secret>,
    /// `host:port` of the client port, if it is not where DNS says.
    pub address: Option<String>,
    /// Whether the connection must be encrypted.
    pub tls: TlsUse,
}

impl RawBackend {
    /// The settings that are there.
    fn names(&self) -> Vec<String> {
        let value = serde_json::to_value(self).unwrap_or_default();
        value.as_object().into_iter().flat_map(|table| table.keys().cloned()).collect()
    }

    /// A backend that lacks something is a fault, and none.
    pub(super) fn resolve(&self, host: &str, checks: &mut Checks<'_>) -> BackendSettings {
        let at = ["hosts", host, "backend"];
        let password =
            checks.secret(&at, ["password", "password_file"], self.password.as_ref(), self.password_file.as_ref());
        let token = checks.secret(&at, ["token", "token_file"], self.token.as_ref(), self.token_file.as_ref());
        let has_password = self.password.is_some() || self.password_file.is_some();
        let has_token = self.token.is_some() || self.token_file.is_some();
        let mut jid = |key: &str, text: &Option<String>| {
            let jid = text.as_ref().map(|text| text.parse::<Jid>());
            if matches!(jid, Some(Err(_))) {
                checks.fault(&["hosts", host, "backend", key], "expected an address such as \"admin@example.com\"");
            }
            jid.and_then(Result::ok)
        };
        let (user, account) = (jid("user", &self.user), jid("jid", &self.jid));
        if self.address.as_ref().is_some_and(|address| !is_host_and_port(address)) {
            let expected = "expected \"host:port\", such as \"127.0.0.1:5222\"";
            checks.fault(&["hosts", host, "backend", "address"], expected);
        }
        if self.socket.as_ref().is_some_and(|socket| !socket.is_absolute()) {
            checks.fault(&["hosts", host, "backend", "socket"], "expected an absolute path");
        }
        let url = self.url.as_ref().and_then(|text| {
            let url = Url::parse(text.trim_end_matches('/')).ok();
            let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none());
            if url.is_none() {
                let expected = "expected a URL such as \"http://127.0.0.1:5280/api\"";
                checks.fault(&["hosts", host, "backend", "url"], expected);
            }
            if url.as_ref().is_some_and(is_readable_on_the_way) {
                let at = dotted(&["hosts", host, "backend", "url"]);
                checks.notice(format!(
                    "{at}: plain http to another machine shows our login and the password of every new account to whoever is \
                     on the way; use https, or a tunnel that ends on loopback"
                ));
            }
            url
        });
        let Some(kind) = self.kind else {
            // Whoever names a socket or a URL means a server: without a word, none of its guests could sign up.
            if let Some(name) = self.names().first() {
                let reason = format!("is needed beside `{name}`; expected one of ledger, prosody, ejabberd, xmpp");
                checks.fault(&["hosts", host, "backend", "kind"], &reason);
            }
            return BackendSettings::Ledger;
        };
        for unused in self.names().iter().filter(|name| !kind.uses(name)) {
            let at = dotted(&["hosts", host, "backend", unused]);
            checks.notice(format!("{at}: is not used with kind = \"{}\"", kind.word()));
        }
        let lacks = match kind {
            BackendKind::Ledger | BackendKind::Demo => return BackendSettings::Ledger,
            BackendKind::Prosody => match &self.socket {
                Some(socket) => return BackendSettings::Prosody { socket: socket.clone() },
                None => "`socket`, the path of Prosody's admin socket",
            },
            BackendKind::Ejabberd if self.url.is_none() => "`url`, the base of ejabberd's HTTP API",
            BackendKind::Ejabberd if has_token => match url {
                Some(url) => return BackendSettings::Ejabberd { url, login: Login::Token(token) },
                None => return BackendSettings::Ledger,
            },
            BackendKind::Ejabberd if !has_password || self.user.is_none() => {
                "`user` and `password_file`, or `token_file`"
            }
            BackendKind::Ejabberd => match (url, user) {
                (Some(url), Some(user)) => {
                    return BackendSettings::Ejabberd { url, login: Login::Password { user, password } };
                }
                _ => return BackendSettings::Ledger,
            },
            BackendKind::Xmpp if !has_password || self.jid.is_none() => "`jid` and `password_file`",
            BackendKind::Xmpp => match account {
                Some(jid) => {
                    let (address, tls) = (self.address.clone(), self.tls.unwrap_or(TlsUse::Required));
                    if tls == TlsUse::Off && !address.as_deref().is_some_and(is_loopback) {
                        let expected =
                            "expected \"required\": passwords are sent; \"off\" is for an address on loopback";
                        checks.fault(&["hosts", host, "backend", "tls"], expected);
                    }
                    return BackendSettings::Xmpp(XmppSettings { jid, password, address, tls });
                }
                None => return BackendSettings::Ledger,
            },
        };
        checks.fault(&["hosts", host, "backend", "kind"], &format!("this kind needs {lacks}"));
        BackendSettings::Ledger
    }
}
