//! Prosody 0.12 and 13, by its admin socket (mod_admin_shell); no further module is needed.
//!
//! Whoever can connect to that socket can do everything in Prosody. What we do there is in `invited.lua`: each call is
//! one piece of Lua, during which nothing else happens in Prosody. It also holds sign-up in apps to what the ledger says.

mod connection;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_lock::Mutex;
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Abilities, Adapter, CallError, Examination, Finding, Found, InApp, Mint, Minted, NewAccount, NewPassword, Refusal,
    TokenState,
};
use crate::invite::Kind;
use crate::invite::name::{HostName, Jid, Username};
use connection::Connection;

/// A host on Prosody.
pub struct Prosody {
    host: HostName,
    socket: PathBuf,
    connection: Mutex<Option<Arc<Connection>>>,
}

impl Prosody {
    /// The server whose admin socket is at `socket`. Connects when it is first asked something.
    #[must_use]
    pub fn new(host: &HostName, socket: &Path) -> Self {
        Self { host: host.clone(), socket: socket.to_owned(), connection: Mutex::new(None) }
    }

    /// The connection, or a new one where it has ended: by path, for a restarted Prosody makes another socket.
    async fn connection(&self) -> Result<Arc<Connection>, CallError> {
        let mut connection = self.connection.lock().await;
        if let Some(open) = connection.as_ref().filter(|connection| connection.is_open()) {
            return Ok(Arc::clone(open));
        }
        *connection = None;
        let open = Arc::new(Connection::open(&self.socket).await?);
        *connection = Some(Arc::clone(&open));
        Ok(open)
    }

    /// Calls an operation of `invited.lua`.
    async fn call(&self, op: &'static str, mut request: Value) -> Result<Value, CallError> {
        request["op"] = op.into();
        request["host"] = self.host.as_str().into();
        let mut answer = self.connection().await?.call(request).await?;
        if answer["ok"] == true {
            return Ok(answer["result"].take());
        }
        let what = answer["msg"].as_str().unwrap_or_default();
        Err(match answer["code"].as_str().unwrap_or_default() {
            "user-exists" => Refusal::Taken.into(),
            "no-such-user" => Refusal::NoAccount.into(),
            "token-invalid" => Refusal::NoToken.into(),
            "bad-username" => Refusal::Name.into(),
            "bad-password" => Refusal::Password.into(),
            "unsupported" => Refusal::Unsupported.into(),
            "not-allowed" => Refusal::Other(format!("a module does not allow {op}")).into(),
            "late" => CallError::Away("it took too long".into()),
            "no-such-host" => CallError::Away(format!("it does not serve {}", self.host)),
            // The text is Prosody's own, about its storage or its code; it holds nothing that was sent.
            _ => Refusal::Other(format!(
                "{op}: {}",
                what.chars().filter(|c| !c.is_control()).take(200).collect::<String>()
            ))
            .into(),
        })
    }

    fn found(&self, answer: &Value) -> Option<Found> {
        let username = || answer["username"].as_str().and_then(|name| name.parse::<Username>().ok());
        let kind = match answer["kind"].as_str()? {
            "reset" => Kind::Reset { username: username()? },
            "contact" => {
                let user = answer["contact"].as_str()?.parse().ok()?;
                Kind::Contact { contact: Jid { user, host: self.host.clone() }, username: username() }
            }
            _ => Kind::Account { username: username() },
        };
        let expires_at = moment(&answer["expires"])?;
        Some(Found { kind, expires_at, reusable: answer["reusable"] == true })
    }
}

/// Lua has one kind of number.
#[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 are whole and far from any limit")]
fn moment(seconds: &Value) -> Option<Timestamp> {
    Timestamp::from_second(seconds.as_i64().or_else(|| seconds.as_f64().map(|seconds| seconds as i64))?).ok()
}

#[async_trait]
impl Adapter for Prosody {
    fn abilities(&self) -> Abilities {
        let in_app = InApp { account: true, bound: true, contact: true, reset: true };
        Abilities { sign_up: true, reset: true, contacts: true, groups: true, in_app }
    }

    async fn examine(&self) -> Examination {
        let mut examination = Examination::default();
        let mut add = |is_fault, what: String, mend: String| {
            examination.findings.push(Finding { is_fault, what, mend });
        };
        let answer = match self.call("examine", json!({})).await {
            Ok(answer) => answer,
            Err(error) => {
                add(true, error.to_string(), socket_lines(&self.socket));
                return examination;
            }
        };
        let is_loaded = |module: &str| answer["loaded"][module] == true;
        match answer["type"].as_str() {
            Some("local") => {}
            Some(_) => add(true, format!("{} is a component, and has no accounts", self.host), String::new()),
            None => add(
                true,
                format!("it does not serve {}", self.host),
                format!("prosody.cfg.lua:\nVirtualHost \"{}\"", self.host),
            ),
        }
        if answer["type"] == "local" {
            let enable =
                |modules: &str| format!("prosody.cfg.lua, for {}:\nmodules_enabled = {{ {modules} }}", self.host);
            if !is_loaded("invites") {
                let what = "mod_invites is not loaded: no sign-up in apps, and no invites of its own are shown".into();
                add(true, what, enable("\"invites\"; \"invites_register\""));
            } else if !is_loaded("invites_register") {
                let what =
                    "mod_invites_register is not loaded: apps cannot sign up with an invite, and no contacts are made"
                        .into();
                add(true, what, enable("\"invites_register\""));
            }
            if answer["storage"] == "internal" {
                let what = "storage is \"internal\": every token for apps rewrites one file while all of Prosody waits, 0.5 s \
                            each at 10,000 pending invites"
                    .into();
                add(false, what, "prosody.cfg.lua:\nstorage = \"sql\"\nsql = { driver = \"SQLite3\", database = \"prosody.sqlite\" }".into());
            }
            if answer["page"].is_null() && is_loaded("invites") {
                let what = "invites that users make in their apps do not lead here".into();
                add(false, what, page_lines());
            }
        }
        examination.server = Some(format!("Prosody {}", answer["version"].as_str().unwrap_or_default()));
        examination
    }

    async fn keep(&self) -> Result<(), CallError> {
        self.call("keep", json!({})).await.map(drop)
    }

    async fn exists(&self, username: &Username) -> Result<bool, CallError> {
        Ok(self.call("exists", json!({"username": username.as_str()})).await?["exists"] == true)
    }

    async fn create(&self, account: &NewAccount<'_>) -> Result<(), CallError> {
        let request = json!({
            "username": account.username.as_str(),
            "password": account.password.reveal(),
            "groups": account.groups,
            "roles": account.roles,
            "not_after": account.not_after.as_second(),
        });
        let request = with(request, "contact", account.contact.map(|contact| contact.user.to_string()));
        let request = with(request, "token", account.token.map(str::to_owned));
        let request = with(request, "ip", account.client.map(|client| client.to_string()));
        self.call("create", request).await.map(drop)
    }

    async fn set_password(&self, reset: &NewPassword<'_>) -> Result<(), CallError> {
        let request = json!({
            "username": reset.username.as_str(),
            "password": reset.password.reveal(),
            "not_after": reset.not_after.as_second(),
        });
        self.call("set_password", with(request, "token", reset.token.map(str::to_owned))).await.map(drop)
    }

    async fn mint(&self, wanted: &Mint<'_>) -> Result<Minted, CallError> {
        let request = json!({
            "kind": wanted.kind.name().word(),
            "groups": wanted.groups,
            "roles": wanted.roles,
            // Prosody counts whole seconds, and takes a token until its last one is over.
            "ttl": wanted.ttl.as_secs().saturating_sub(1),
        });
        let request = with(request, "username", wanted.kind.username().map(ToString::to_string));
        let request = with(request, "contact", wanted.kind.contact().map(|contact| contact.user.to_string()));
        let answer = self.call("mint", request).await?;
        let token = answer["token"].as_str().ok_or_else(|| Refusal::Other("mint: no token".into()))?.to_owned();
        Ok(Minted { token, expires_at: moment(&answer["expires"]) })
    }

    async fn withdraw(&self, token: &str) -> Result<bool, CallError> {
        Ok(self.call("withdraw", json!({"token": token})).await?["withdrawn"] == true)
    }

    async fn look_up(&self, token: &str) -> Result<TokenState, CallError> {
        let answer = self.call("look_up", json!({"token": token})).await?;
        Ok(match answer["state"].as_str() {
            Some("live") => self.found(&answer).map_or(TokenState::Absent, TokenState::Live),
            Some("used") => TokenState::Used(answer["by"].as_str().and_then(|name| name.parse().ok())),
            _ => TokenState::Absent,
        })
    }

    async fn tidy(&self) -> Result<(), CallError> {
        self.call("tidy", json!({})).await.map(drop)
    }
}

/// Prosody's JSON has a null that is true: what there is none of is left out.
fn with(mut request: Value, field: &str, value: Option<String>) -> Value {
    if let Some(value) = value {
        request[field] = value.into();
    }
    request
}

/// What lets us in.
fn socket_lines(socket: &Path) -> String {
    format!(
        "prosody.cfg.lua:\nmodules_enabled = {{ \"admin_shell\" }} -- beside those that are there\numask = \"007\"\n\
         admin_socket = \"{}\"\nsystemctl edit prosody.service:\n[Service]\nUMask=0007\n\
         systemctl edit invited.service:\n[Service]\nSupplementaryGroups=prosody",
        socket.display()
    )
}

fn page_lines() -> String {
    "prosody.cfg.lua, with 13:\ninvites_page = \"https://invite.example.com/invite?{invite.token}\"\nwith 0.12 \
     (mod_invites_page of prosody-modules):\ninvites_page = \"https://invite.example.com/invite?{invite.token}\"\n\
     invites_page_external = true"
        .into()
}
