//! From raw to settled: every value checked on its own and against the others, secrets read, all faults collected.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use url::Url;

use super::apps::{self, App};
use super::origin::{Fault, Origin};
use super::postgres::PostgresError;
use super::public_key;
use super::raw::{self, ApiMethod, BackendKind, Raw, Scope, TlsUse};
use super::secret::{Credentials, Secret, SecretError};
use super::settings::{
    Backend, Component, CorsOrigins, Database, Host, Http, Invites, KeySettings, Ledger, Login, Proof, PublicUrl,
    Settings, Signed, Tls, Users, Xmpp, digest,
};
use super::{MAX_LAST_PART_BYTES, Merged, Purpose};
use crate::invite::name::{HostName, Jid, KeyId};

const RESERVED_USERNAMES: [&str; 7] = ["admin", "root", "abuse", "postmaster", "hostmaster", "webmaster", "security"];

/// Checks and converts; what is wrong is added to `faults`, and the rest is settled all the same.
pub(super) fn settle(
    raw: &Raw,
    credentials: &Credentials,
    purpose: Purpose,
    merged: &Merged,
    faults: &mut Vec<Fault>,
) -> Settings {
    let unreadable = faults.iter().map(|fault| fault.path.clone()).collect();
    let mut settling = Settling { merged, credentials, purpose, unreadable, faults, notices: Vec::new() };
    let state_dir = raw.state_dir.clone().unwrap_or_else(default_state_dir);
    if !state_dir.is_absolute() {
        settling.fault(&["state_dir"], "expected an absolute path");
    }
    let public_url = raw.public_url.as_ref().and_then(|text| match text.parse() {
        Ok(url) => Some(url),
        Err(error) => settling.fault_of(&["public_url"], &error),
    });
    let prefix = public_url.as_ref().map_or("", |url: &PublicUrl| url.prefix());
    if prefix.rsplit('/').next().is_some_and(|part| part.len() > MAX_LAST_PART_BYTES) {
        let reason = format!("expected a path whose last part has at most {MAX_LAST_PART_BYTES} characters");
        settling.fault(&["public_url"], &reason);
    }
    // What is needed may stand in a file that could not be read.
    if purpose != Purpose::Admin && settling.unreadable.iter().all(|path| !path.is_empty()) {
        settling.needed_to_serve(raw);
    }
    let hosts = settling.hosts(raw);
    let keys = settling.keys(raw, &hosts);
    let ledger = settling.ledger(raw, &state_dir);
    let settings = Settings {
        public_url,
        listen: raw.listen.clone(),
        metrics_listen: raw.metrics.listen.clone(),
        trusted_proxies: raw.trusted_proxies.iter().map(|network| network.0).collect(),
        cors_origins: settling.cors(raw),
        idle_exit: raw.idle_exit.map(|span| span.0),
        http: settling.http(raw),
        tls: settling.tls(raw),
        apps: settling.apps(raw),
        invites: settling.invites(raw),
        component: settling.component(raw, &hosts),
        ledger,
        hosts,
        keys,
        state_dir,
        notices: Vec::new(),
    };
    Settings { notices: settling.notices, ..settings }
}

/// `$STATE_DIRECTORY` is what systemd's `StateDirectory=` set; several are separated by colons (systemd.exec(5)).
fn default_state_dir() -> PathBuf {
    let passed = std::env::var("STATE_DIRECTORY").ok();
    let first = passed.as_deref().and_then(|dirs| dirs.split(':').find(|dir| !dir.is_empty()));
    PathBuf::from(first.unwrap_or("/var/lib/invited"))
}

struct Settling<'a> {
    merged: &'a Merged,
    credentials: &'a Credentials,
    purpose: Purpose,
    /// Where values could not be read at all: there is no more to say about these, or that they are not there.
    unreadable: Vec<String>,
    faults: &'a mut Vec<Fault>,
    notices: Vec<String>,
}

impl Settling<'_> {
    fn fault(&mut self, path: &[&str], reason: &str) {
        let fault = self.merged.fault(path, reason.to_owned());
        let below = format!("{}.", fault.path);
        if !self.unreadable.iter().any(|path| *path == fault.path || path.starts_with(&below)) {
            self.faults.push(fault);
        }
    }

    /// Notes `error` at `path` and gives nothing, for use in a match.
    fn fault_of<T>(&mut self, path: &[&str], error: &dyn std::error::Error) -> Option<T> {
        self.fault(path, &error.to_string());
        None
    }

    fn needed_to_serve(&mut self, raw: &Raw) {
        if raw.public_url.is_none() {
            self.fault(&["public_url"], "is needed; expected a URL such as \"https://invite.example.com/\"");
        }
        if raw.hosts.is_empty() {
            self.fault(&["hosts"], "needs at least one host, such as [hosts.\"example.com\"]");
        }
    }

    /// Reads `x_file`. What cannot be judged outside of the service is a notice, everything else a fault.
    fn read_secret(&mut self, path: &[&str], name: &Path) -> Option<Secret> {
        match self.credentials.read(name) {
            Ok(secret) => Some(secret),
            Err(error @ SecretError::NoCredentials) if self.purpose != Purpose::Serve => {
                let at = super::show::dotted(path);
                self.notices.push(format!("{at} is not checked: {error}"));
                None
            }
            Err(error) => self.fault_of(path, &error),
        }
    }

    /// `x` and `x_file` exclude each other.
    fn twins<A, B>(&mut self, path: &[&str], names: [&str; 2], values: (&Option<A>, &Option<B>)) {
        if values.0.is_some() && values.1.is_some() {
            let [plain, file] = names;
            let at: Vec<_> = path.iter().copied().chain([file]).collect();
            self.fault(&at, &format!("`{plain}` and `{file}` exclude each other; remove one"));
        }
    }

    fn cors(&mut self, raw: &Raw) -> CorsOrigins {
        if raw.cors_origins.iter().any(|origin| origin == "*") {
            return CorsOrigins::Any;
        }
        let is_origin = |text: &str| {
            Url::parse(text).is_ok_and(|url| url.origin().is_tuple() && url.origin().ascii_serialization() == text)
        };
        if raw.cors_origins.iter().any(|origin| !is_origin(origin)) {
            self.fault(
                &["cors_origins"],
                "expected \"*\" or origins such as \"https://www.example.com\", without a path",
            );
        }
        CorsOrigins::Only(raw.cors_origins.iter().cloned().collect())
    }

    fn http(&mut self, raw: &Raw) -> Http {
        let http = &raw.http;
        if http.max_connections == 0 {
            self.fault(&["http", "max_connections"], "expected at least 1");
        }
        if http.max_body.0 < 1024 || http.max_body.0 > 64 << 20 {
            self.fault(&["http", "max_body"], "expected between 1KiB and 64MiB");
        }
        let path = &http.paths.invites_api;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.' | '~');
        let clean = path.starts_with('/') && path.len() > 1 && !path.ends_with('/') && !path.contains("//");
        if !clean || !path.chars().all(plain) || path.split('/').any(|part| matches!(part, "." | "..")) {
            self.fault(&["http", "paths", "invites_api"], "expected a path such as \"/invites_api\"");
        } else if matches!(path.as_str(), "/invite" | "/register" | "/reset" | "/healthz" | "/readyz")
            || ["/api/", "/assets/", "/invite/"].iter().any(|taken| path.starts_with(taken))
        {
            self.fault(&["http", "paths", "invites_api"], "this path is taken by another page");
        }
        if path.rsplit('/').next().is_some_and(|part| part.len() > MAX_LAST_PART_BYTES) {
            let reason = format!("expected a last part of at most {MAX_LAST_PART_BYTES} characters");
            self.fault(&["http", "paths", "invites_api"], &reason);
        }
        Http {
            max_connections: http.max_connections as usize,
            max_body_bytes: http.max_body.0,
            header_timeout: http.header_timeout.0,
            body_timeout: http.body_timeout.0,
            idle_timeout: http.idle_timeout.0,
            drain_timeout: http.drain_timeout.0,
            auth_failures: http.auth_failures,
            invites_api: path.clone(),
        }
    }

    fn tls(&mut self, raw: &Raw) -> Option<Tls> {
        let tls = raw.tls.as_ref()?;
        let mut locate = |name: &'static str, file: &Path| match self.credentials.locate(file) {
            Ok(path) => Some(path),
            Err(error @ SecretError::NoCredentials) if self.purpose != Purpose::Serve => {
                self.notices.push(format!("tls.{name} is not checked: {error}"));
                None
            }
            Err(error) => self.fault_of(&["tls", name], &error),
        };
        let certificate_file = locate("certificate_file", &tls.certificate_file);
        let private_key_file = locate("private_key_file", &tls.private_key_file);
        Some(Tls { certificate_file: certificate_file?, private_key_file: private_key_file? })
    }

    fn ledger(&mut self, raw: &Raw, state_dir: &Path) -> Ledger {
        let ledger = &raw.ledger;
        let database = match &ledger.url_file {
            Some(file) => {
                let set = self.merged.origin_at(&["ledger", "url"]) != Origin::Default;
                self.twins(&["ledger"], ["url", "url_file"], (&set.then_some(()), &Some(())));
                let url = self.read_secret(&["ledger", "url_file"], file);
                url.map_or(Database::Unread, |url| self.database("url_file", url.reveal(), state_dir))
            }
            None => self.database("url", &ledger.url, state_dir),
        };
        // A bare name is a credential where one was passed, else a file of the state directory.
        let credential = self.credentials.locate(&ledger.key_file).ok().filter(|path| path.exists());
        let key_file = credential.unwrap_or_else(|| state_dir.join(&ledger.key_file));
        Ledger { database, key_file, retention: ledger.retention.0 }
    }

    /// `named` is the setting that has the URL.
    fn database(&mut self, named: &str, url: &str, state_dir: &Path) -> Database {
        match url.strip_prefix("sqlite:") {
            Some(file) if !file.is_empty() && !file.starts_with("//") && !file.contains('?') => {
                return Database::Sqlite(state_dir.join(file));
            }
            _ if url.starts_with("postgres://") || url.starts_with("postgresql://") => match url.parse() {
                Ok(postgres) => return Database::Postgres(Box::new(postgres)),
                Err(error) => self.fault(&["ledger", named], &PostgresError::to_string(&error)),
            },
            _ => self.fault(
                &["ledger", named],
                "expected \"sqlite:FILE\", relative to state_dir or absolute, or \"postgres://USER@HOST/DATABASE\"",
            ),
        }
        Database::Unread
    }

    fn invites(&mut self, raw: &Raw) -> Invites {
        let invites = &raw.invites;
        if invites.ttl.0 > invites.max_ttl.0 {
            self.fault(&["invites", "ttl"], &format!("expected at most invites.max_ttl, {}", invites.max_ttl));
        }
        let landing = invites.landing.as_ref().and_then(|text| {
            let landing = landing_template(text);
            if landing.is_none() {
                self.fault(&["invites", "landing"], "expected a URL with {token} or {uri}, and maybe {host}");
            }
            landing
        });
        Invites { ttl: invites.ttl.0, max_ttl: invites.max_ttl.0, landing }
    }

    fn apps(&mut self, raw: &Raw) -> Vec<App> {
        let mut findings = apps::Findings::default();
        let apps = apps::settle(&raw.apps, &mut findings);
        for (field, reason) in findings.faults {
            self.fault(&["apps", field], &reason);
        }
        self.notices.extend(findings.notices);
        apps
    }

    fn hosts(&mut self, raw: &Raw) -> BTreeMap<HostName, Host> {
        let mut hosts = BTreeMap::new();
        for (name, host) in &raw.hosts {
            let at = ["hosts", name.as_str()];
            let Ok(domain) = name.parse::<HostName>() else {
                self.fault(&at, "expected a domain such as \"example.com\" as the table's name");
                continue;
            };
            for (key, link) in
                [("webchat_url", &host.webchat_url), ("terms_url", &host.terms_url), ("privacy_url", &host.privacy_url)]
            {
                let web = |text: &String| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
                if link.as_ref().is_some_and(|text| !web(text)) {
                    self.fault(&["hosts", name, key], "expected an http or https URL");
                }
            }
            let contact = host.contact.as_ref().map(|text| contact_link(text));
            if contact == Some(None) {
                let reason = "expected a mail address, or a link such as \"xmpp:help@example.com\" or \
                              \"https://example.com/help\"";
                self.fault(&["hosts", name, "contact"], reason);
            }
            let names = match &host.reserved_usernames {
                Some(names) => names.clone(),
                None => RESERVED_USERNAMES.map(String::from).to_vec(),
            };
            let mut reserved_usernames = BTreeSet::new();
            for reserved in names {
                match reserved.parse() {
                    Ok(username) => _ = reserved_usernames.insert(username),
                    Err(error) => self.fault(&["hosts", name, "reserved_usernames"], &format!("{reserved:?}: {error}")),
                }
            }
            let has_none = matches!(host.backend.kind, None | Some(BackendKind::Ledger));
            if host.registration == Some(true) && has_none {
                let at = super::show::dotted(&["hosts", name, "registration"]);
                self.notices.push(format!("{at}: has no effect, because backend.kind = \"ledger\" makes no accounts"));
            }
            let settled = Host {
                site_name: host.site_name.clone().unwrap_or_else(|| domain.to_string()),
                reserved_usernames,
                registration: host.registration.unwrap_or(true),
                min_password_length: usize::try_from(host.password.min_length).unwrap_or(usize::MAX),
                webchat_url: host.webchat_url.clone(),
                terms_url: host.terms_url.clone(),
                privacy_url: host.privacy_url.clone(),
                contact: contact.flatten(),
                backend: self.backend(name, &host.backend),
            };
            if hosts.insert(domain, settled).is_some() {
                self.fault(&at, "this domain is declared twice, in two spellings");
            }
        }
        hosts
    }

    /// A backend that lacks something is a fault, and none.
    fn backend(&mut self, host: &str, backend: &raw::Backend) -> Backend {
        let at = ["hosts", host, "backend"];
        let password = self.backend_secret(
            &at,
            ["password", "password_file"],
            backend.password.as_ref(),
            backend.password_file.as_ref(),
        );
        let token =
            self.backend_secret(&at, ["token", "token_file"], backend.token.as_ref(), backend.token_file.as_ref());
        let has_password = backend.password.is_some() || backend.password_file.is_some();
        let has_token = backend.token.is_some() || backend.token_file.is_some();
        let jid = |settling: &mut Self, key: &str, text: &Option<String>| {
            let jid = text.as_ref().map(|text| text.parse::<Jid>());
            if matches!(jid, Some(Err(_))) {
                settling.fault(&["hosts", host, "backend", key], "expected an address such as \"admin@example.com\"");
            }
            jid.and_then(Result::ok)
        };
        let (user, account) = (jid(self, "user", &backend.user), jid(self, "jid", &backend.jid));
        let url = backend.url.as_ref().and_then(|text| {
            let url = Url::parse(text.trim_end_matches('/')).ok();
            let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none());
            if url.is_none() {
                let expected = "expected a URL such as \"http://127.0.0.1:5280/api\"";
                self.fault(&["hosts", host, "backend", "url"], expected);
            }
            url
        });
        let Some(kind) = backend.kind else {
            // Whoever names a socket or a URL means a server: without a word, none of its guests could sign up.
            if let Some(name) = backend.names().first() {
                let reason = format!("is needed beside `{name}`; expected one of ledger, prosody, ejabberd, xmpp");
                self.fault(&["hosts", host, "backend", "kind"], &reason);
            }
            return Backend::Ledger;
        };
        let lacks = match kind {
            BackendKind::Ledger => return Backend::Ledger,
            BackendKind::Prosody => match &backend.socket {
                Some(socket) => return Backend::Prosody { socket: socket.clone() },
                None => "`socket`, the path of Prosody's admin socket",
            },
            BackendKind::Ejabberd if backend.url.is_none() => "`url`, the base of ejabberd's HTTP API",
            BackendKind::Ejabberd if has_token => match url {
                Some(url) => return Backend::Ejabberd { url, login: Login::Token(token) },
                None => return Backend::Ledger,
            },
            BackendKind::Ejabberd if !has_password || backend.user.is_none() => {
                "`user` and `password_file`, or `token_file`"
            }
            BackendKind::Ejabberd => match (url, user) {
                (Some(url), Some(user)) => {
                    return Backend::Ejabberd { url, login: Login::Password { user, password } };
                }
                _ => return Backend::Ledger,
            },
            BackendKind::Xmpp if !has_password || backend.jid.is_none() => "`jid` and `password_file`",
            BackendKind::Xmpp => match account {
                Some(jid) => {
                    let (address, tls) = (backend.address.clone(), backend.tls.unwrap_or(TlsUse::Required));
                    if tls == TlsUse::Off && !address.as_deref().is_some_and(is_loopback) {
                        let expected =
                            "expected \"required\": passwords are sent; \"off\" is for an address on loopback";
                        self.fault(&["hosts", host, "backend", "tls"], expected);
                    }
                    return Backend::Xmpp(Xmpp { jid, password, address, tls });
                }
                None => return Backend::Ledger,
            },
        };
        self.fault(&["hosts", host, "backend", "kind"], &format!("this kind needs {lacks}"));
        Backend::Ledger
    }

    fn backend_secret(
        &mut self,
        at: &[&str; 3],
        names: [&str; 2],
        plain: Option<&String>,
        file: Option<&PathBuf>,
    ) -> Option<Secret> {
        self.twins(at, names, (&plain, &file));
        let [table, host, part] = *at;
        match (plain, file) {
            (Some(plain), _) => Some(Secret::new(plain.clone())),
            (None, Some(file)) => self.read_secret(&[table, host, part, names[1]], file),
            (None, None) => None,
        }
    }

    fn keys(&mut self, raw: &Raw, hosts: &BTreeMap<HostName, Host>) -> BTreeMap<KeyId, (KeySettings, Origin)> {
        let mut keys = BTreeMap::new();
        for (name, key) in &raw.keys {
            let at = ["keys", name.as_str()];
            let id = match name.parse::<KeyId>() {
                Ok(id) => id,
                Err(error) => {
                    // Somebody may have written the whole key, with its secret.
                    let id = name.split_once('/').map_or(name.clone(), |(id, _)| format!("{id}/…"));
                    let path = super::show::dotted(&["keys", &id]);
                    let origin = Some(self.merged.origin_at(&at));
                    self.faults.push(Fault { path, value: None, origin, reason: error.to_string() });
                    continue;
                }
            };
            let Some(proof) = self.proof(name, key) else { continue };
            match settle_key(key, proof, Some(name)) {
                Ok(settled) => {
                    for host in settled.hosts.iter().flatten().filter(|host| !hosts.contains_key(*host)) {
                        self.fault(&["keys", name, "hosts"], &format!("{host} is not declared under [hosts]"));
                    }
                    keys.insert(id, (settled, self.merged.origin_at(&at)));
                }
                Err(wrong) => {
                    for (field, reason) in wrong {
                        self.fault(&["keys", name, field], &reason);
                    }
                }
            }
        }
        keys
    }

    fn proof(&mut self, name: &str, key: &raw::Key) -> Option<Proof> {
        let given = [
            ("sha256", key.sha256.is_some()),
            ("secret_file", key.secret_file.is_some()),
            ("public_key", key.public_key.is_some()),
            ("public_key_file", key.public_key_file.is_some()),
            ("jwks_file", key.jwks_file.is_some()),
        ];
        let given: Vec<_> = given.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
        if matches!(given.as_slice(), ["sha256" | "secret_file"]) {
            self.nothing_of_jwts(name, key);
        }
        match given.as_slice() {
            ["sha256"] => key.sha256.map(Proof::Opaque),
            ["secret_file"] => {
                let secret = self.read_secret(&["keys", name, "secret_file"], key.secret_file.as_ref()?);
                // Never given up for a key that is declared: an id without a proof opens nothing.
                Some(secret.map_or(Proof::Unread, |secret| Proof::Opaque(digest(secret.reveal()))))
            }
            [form] => {
                Some(self.signed(name, key, form).map_or(Proof::Unread, |signed| Proof::Signed(Arc::new(signed))))
            }
            [] => {
                self.fault(&["keys", name], "needs one of sha256, secret_file, public_key, public_key_file, jwks_file");
                None
            }
            [first, ..] => {
                let reason = format!("{} exclude each other; keep one", given.join(" and "));
                self.fault(&["keys", name, first], &reason);
                None
            }
        }
    }

    /// A claim that is asked of a secret would never be looked at.
    fn nothing_of_jwts(&mut self, name: &str, key: &raw::Key) {
        let given = [
            ("algorithm", key.algorithm.is_some()),
            ("issuer", key.issuer.is_some()),
            ("claims", !key.claims.is_empty()),
            ("max_age", key.max_age.is_some()),
        ];
        for (field, _) in given.into_iter().filter(|(_, is)| *is) {
            self.fault(&["keys", name, field], "is for JWTs, and this key is a secret; remove it");
        }
    }

    /// What JWTs of a key must be like; `form` is the setting that has its public keys.
    fn signed(&mut self, name: &str, key: &raw::Key, form: &str) -> Option<Signed> {
        let Some(algorithm) = key.algorithm else {
            self.fault(&["keys", name], "a key for JWTs needs `algorithm`: EdDSA, ES256, ES384, RS256 or PS256");
            return None;
        };
        let at = ["keys", name, form];
        let file = key.public_key_file.as_ref().or(key.jwks_file.as_ref());
        let text = match file {
            Some(file) => self.read_secret(&at, file)?,
            None => Secret::new(key.public_key.clone()?),
        };
        let keys = match form {
            "jwks_file" => public_key::from_jwks(text.reveal(), algorithm),
            _ => public_key::from_pem(text.reveal(), algorithm).map(|key| vec![key]),
        };
        match keys {
            Ok(keys) => {
                let (issuer, claims) = (key.issuer.clone(), key.claims.clone());
                Some(Signed { algorithm, keys, issuer, claims, max_age: key.max_age.map(|span| span.0) })
            }
            Err(error) => {
                let fault = self.merged.fault(&at, error.to_string());
                // What stands where a public key belongs may be a private one.
                self.faults.push(Fault { value: fault.value.filter(|_| file.is_some()), ..fault });
                None
            }
        }
    }

    fn component(&mut self, raw: &Raw, hosts: &BTreeMap<HostName, Host>) -> Option<Component> {
        let component = raw.component.as_ref()?;
        let jid = component.jid.parse::<HostName>();
        let host = component.host.parse::<HostName>();
        match &jid {
            Err(_) => self.fault(&["component", "jid"], "expected a domain such as \"invites.example.com\""),
            Ok(jid) if hosts.contains_key(jid) => {
                self.fault(&["component", "jid"], "expected a domain of its own, and not one of [hosts]");
            }
            Ok(_) => {}
        }
        if !host.as_ref().is_ok_and(|host| hosts.contains_key(host)) {
            self.fault(&["component", "host"], "expected one of [hosts]");
        }
        let port = component.server.rsplit_once(':').filter(|(name, _)| !name.is_empty() && !name.contains('/'));
        if !port.is_some_and(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0)) {
            self.fault(&["component", "server"], "expected \"host:port\", such as \"127.0.0.1:5347\"");
        } else if !is_loopback(&component.server) {
            let notice =
                "component.server is not on loopback: the protocol has no encryption, so the way there needs some";
            self.notices.push(notice.into());
        }
        let (plain, file) = (&component.secret, &component.secret_file);
        self.twins(&["component"], ["secret", "secret_file"], (plain, file));
        let secret = match (plain, file) {
            (Some(plain), _) => Some(Secret::new(plain.clone())),
            (None, Some(file)) => self.read_secret(&["component", "secret_file"], file),
            (None, None) => {
                self.fault(&["component"], "needs `secret` or `secret_file`, which the XMPP server has, too");
                None
            }
        };
        let (jid, host) = (jid.ok()?, host.ok()?);
        let contact_invites = self.users("contact_invites", &component.contact_invites, &host);
        let account_invites = self.users("account_invites", &component.account_invites, &host);
        let (server, per_user) = (component.server.clone(), component.per_user);
        Some(Component { jid, server, secret, host, contact_invites, account_invites, per_user })
    }

    /// Users of `host`, as a list in `[component]` has them.
    fn users(&mut self, field: &str, list: &[String], host: &HostName) -> Vec<Users> {
        let mut users = Vec::new();
        for text in list {
            match text.parse::<Users>() {
                Ok(one) if one.host() == host => users.push(one),
                _ => {
                    let expected =
                        format!("{text:?}: expected {host}, or the address of a user there without a resource");
                    self.fault(&["component", field], &expected);
                }
            }
        }
        users
    }
}

/// Somebody else's landing page, as it may stand in a header: what is no ASCII is written as URLs do. None if it is none.
fn landing_template(text: &str) -> Option<String> {
    const PLACES: [&str; 3] = ["{token}", "{uri}", "{host}"];
    let filled = PLACES.iter().fold(text.to_owned(), |text, place| text.replace(place, "x"));
    let is_web = Url::parse(&filled).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !is_web || filled.contains(['{', '}']) || !(text.contains("{token}") || text.contains("{uri}")) {
        return None;
    }
    // Where a URL has no braces, they are encoded, too.
    let encoded = |place: &str| place.replace('{', "%7B").replace('}', "%7D");
    let url = Url::parse(text).ok()?;
    Some(PLACES.iter().fold(url.into(), |url: String, place| url.replace(&encoded(place), place)))
}

/// The link that a guest can follow to somebody who helps. A bare address is one for mail: who has no account yet cannot
/// chat.
fn contact_link(text: &str) -> Option<String> {
    let is_address = |text: &str| {
        let parts = text.split_once('@').filter(|(name, domain)| !name.is_empty() && !domain.is_empty());
        parts.is_some() && !text.contains(|c: char| c.is_whitespace() || c.is_control() || ":/?#".contains(c))
    };
    if is_address(text) {
        return Some(format!("mailto:{text}"));
    }
    let url = Url::parse(text).ok()?;
    let leads_somewhere = match url.scheme() {
        "http" | "https" => true,
        "mailto" => is_address(url.path()),
        "xmpp" => !url.path().is_empty(),
        _ => false,
    };
    leads_somewhere.then(|| text.to_owned())
}

/// Whether a `host:port` is on this machine.
fn is_loopback(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A key's settings from its raw form, or what is wrong with them, by field.
///
/// # Errors
/// The fields at fault, each with what is allowed.
pub(crate) fn settle_key(
    key: &raw::Key,
    proof: Proof,
    name: Option<&str>,
) -> Result<KeySettings, Vec<(&'static str, String)>> {
    let mut wrong = Vec::new();
    let mut hosts = key.hosts.as_ref().map(|_| BTreeSet::new());
    for host in key.hosts.iter().flatten() {
        match host.parse::<HostName>() {
            Ok(host) => _ = hosts.as_mut().map(|hosts| hosts.insert(host)),
            Err(error) => wrong.push(("hosts", error.to_string())),
        }
    }
    if key.max_uses == Some(0) {
        wrong.push(("max_uses", "expected at least 1".into()));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let methods = key.methods.clone().unwrap_or_else(|| vec![ApiMethod::Get, ApiMethod::Post]);
    Ok(KeySettings {
        name: key.name.clone().or(name.map(String::from)).unwrap_or_default(),
        proof,
        hosts,
        allow: key.allow.clone().unwrap_or_else(|| vec![Scope::Create]).into_iter().collect(),
        methods: methods.into_iter().collect(),
        max_ttl: key.max_ttl.map(|span| span.0),
        max_uses: key.max_uses,
        limit: key.limit,
        max_pending: key.max_pending,
        expires: key.expires.map(|moment| moment.0),
        created_at: key.created_at.map(|moment| moment.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn landing_pages_are_urls_that_fit_into_a_header() {
        let is = |text: &str, expected: Option<&str>| assert_eq!(landing_template(text).as_deref(), expected, "{text}");
        is("https://e.example/{host}/#{uri}", Some("https://e.example/{host}/#{uri}"));
        is("https://e.example/i/{token}?h={host}", Some("https://e.example/i/{token}?h={host}"));
        is("https://{host}/{token}", Some("https://{host}/{token}"));
        is("https://bücher.example/grüß/{token}", Some("https://xn--bcher-kva.example/gr%C3%BC%C3%9F/{token}"));
        is("https://e.example/?ж={token}\n", Some("https://e.example/?%D0%B6={token}"));
        for wrong in ["", "nope", "https://e.example/", "javascript:{uri}", "https://e.example/{token}/{x}", "{token}"]
        {
            is(wrong, None);
        }
    }

    #[test]
    fn guests_can_follow_a_contact() {
        for good in
            ["https://e.example/help", "mailto:help@e.example", "xmpp:room@muc.e.example?join", "xmpp:e.example"]
        {
            assert_eq!(contact_link(good).as_deref(), Some(good));
        }
        assert_eq!(contact_link("help@e.example").as_deref(), Some("mailto:help@e.example"));
        for wrong in ["javascript:alert(1)", "javascript:a@b", "mailto:", "xmpp:", "tel:110", "help", "@", "a b@c", ""]
        {
            assert_eq!(contact_link(wrong), None, "{wrong}");
        }
    }
}
