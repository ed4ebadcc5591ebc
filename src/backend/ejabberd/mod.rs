//! ejabberd, by its HTTP API (mod_http_api).
//!
//! Accounts, passwords and roster pairs since long; tokens for apps since 26.01 (mod_invites), those for new passwords
//! since 26.07. An older server answers 404 to what it does not know, and is then not asked for it for a while. ejabberd
//! does not hold the bearer of a token to a name, and has no call that invites on behalf of a contact: such invites are
//! for the web.

mod http;
mod tokens;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde_json::{Value, json};
use url::Url;

use super::{
    Abilities, Adapter, CallError, Examination, Finding, InApp, Mint, Minted, NewAccount, NewPassword, Refusal,
    TokenState, is_kept,
};
use crate::clock;
use crate::config::settings::Login;
use crate::invite::Kind;
use crate::invite::link;
use crate::invite::name::{HostName, Jid, Username};
use http::{Answer, Api};

/// What a server turned out not to know may be there after it was renewed.
const ASK_AGAIN: Duration = Duration::from_hours(1);

/// A host on ejabberd.
pub struct Ejabberd {
    host: HostName,
    api: Api,
    /// Since when it is known that there are no tokens for sign-up, and none for new passwords.
    lacks: Mutex<Lacks>,
}

#[derive(Clone, Copy, Default)]
struct Lacks {
    invites: Option<Instant>,
    resets: Option<Instant>,
}

impl Ejabberd {
    /// The server whose API is at `url`.
    #[must_use]
    pub fn new(host: &HostName, url: &Url, login: &Login) -> Self {
        Self { host: host.clone(), api: Api::new(host, url, login), lacks: Mutex::default() }
    }

    fn lacks(&self) -> Lacks {
        *self.lacks.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn note_lack(&self, note: impl FnOnce(&mut Lacks)) {
        note(&mut self.lacks.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// Calls a command, and takes what is not specific to one.
    async fn call(&self, command: &str, arguments: Value) -> Result<Answer, CallError> {
        let answer = self.api.call(command, &arguments).await?;
        match (answer.status, answer.code()) {
            (401, _) => Err(CallError::Away("it does not know the user, or the password or token is wrong".into())),
            (403, _) => Err(CallError::Away(format!("the account may not call {command} (see api_permissions)"))),
            (404, Some(40)) => Err(Refusal::Unsupported.into()),
            (502..=504, _) => Err(CallError::Unsure(format!("status {} to {command}", answer.status))),
            _ => Ok(answer),
        }
    }

    async fn register(&self, username: &Username, password: &str) -> Result<(), CallError> {
        let arguments = json!({"user": username.as_str(), "host": self.host.as_str(), "password": password});
        let answer = self.call("register", arguments).await?;
        match (answer.status, answer.code()) {
            (200, _) => Ok(()),
            (409, _) => Err(Refusal::Taken.into()),
            // A name that it does not take, or a host that it does not have; the latter is found by `examine`.
            (500, Some(10_001)) => Err(Refusal::Name.into()),
            _ => Err(unexpected("register", &answer)),
        }
    }

    /// Puts `other` into the roster of `user`, both ways subscribed.
    async fn add_contact(&self, user: &Username, other: &Jid) -> Result<(), CallError> {
        let mut arguments = json!({
            "localuser": user.as_str(), "localhost": self.host.as_str(),
            "user": other.user.as_str(), "host": other.host.as_str(),
            "nick": other.user.as_str(), "group": "", "subs": "both",
        });
        let mut answer = self.call("add_rosteritem", arguments.clone()).await?;
        if answer.status == 400 {
            // Since 24.02 there may be several groups.
            if let Some(arguments) = arguments.as_object_mut() {
                arguments.remove("group");
                arguments.insert("groups".into(), json!([]));
            }
            answer = self.call("add_rosteritem", arguments).await?;
        }
        if answer.status == 200 { Ok(()) } else { Err(unexpected("add_rosteritem", &answer)) }
    }

    /// Uses up a token, if there is one.
    async fn spend(&self, token: Option<&str>) -> Result<(), CallError> {
        match token {
            Some(token) if !self.withdraw(token).await? => Err(Refusal::NoToken.into()),
            _ => Ok(()),
        }
    }
}

/// An answer that no table has; without its text, which may repeat what was sent.
fn unexpected(command: &str, answer: &Answer) -> CallError {
    let code = answer.code().map_or_else(String::new, |code| format!(", code {code}"));
    Refusal::Other(format!("{command} was answered with status {}{code}", answer.status)).into()
}

#[async_trait]
impl Adapter for Ejabberd {
    fn abilities(&self) -> Abilities {
        let (lacks, now) = (self.lacks(), clock::instant());
        let is_there = |lack: Option<Instant>| lack.is_none_or(|since| now.duration_since(since) >= ASK_AGAIN);
        let account = is_there(lacks.invites);
        let in_app = InApp { account, bound: false, contact: false, reset: account && is_there(lacks.resets) };
        Abilities { sign_up: true, reset: true, contacts: true, groups: false, in_app }
    }

    async fn examine(&self) -> Examination {
        let mut examination = Examination::default();
        let mut add = |is_fault, what: String, mend: String| {
            examination.findings.push(Finding { is_fault, what, mend });
        };
        match self.call("check_account", json!({"user": "postmaster", "host": self.host.as_str()})).await {
            Ok(_) => {}
            Err(CallError::Refused(_)) => {
                add(true, "where url points, no command of mod_admin_extra is known".into(), listener());
                return examination;
            }
            Err(CallError::Away(why) | CallError::Unsure(why)) => {
                add(true, why, format!("{}\n{}", listener(), permissions()));
                return examination;
            }
        }
        match self.call("registered_vhosts", json!({})).await {
            Ok(Answer { body: Value::Array(hosts), .. }) => {
                if !hosts.iter().any(|host| host.as_str() == Some(self.host.as_str())) {
                    let mend = format!("ejabberd.yml:\nhosts:\n  - {}", self.host);
                    add(true, format!("it does not serve {}", self.host), mend);
                }
            }
            _ => add(false, "whether it serves the host cannot be seen".into(), permissions()),
        }
        for command in ["register", "change_password", "add_rosteritem"] {
            // Without arguments nothing is done: 400 says that it could be.
            if let Err(CallError::Away(why)) = self.call(command, json!({})).await {
                add(true, why, permissions());
            }
        }
        if self.call("list_invites", json!({"host": self.host.as_str()})).await.is_err() {
            let what = "no tokens for apps: they need ejabberd 26.01 or later with mod_invites".into();
            let mend = "Invites are for the web sign-up until then. With 26.01, ejabberd.yml:\nmodules:\n  mod_invites: {}\n  mod_register:\n    allow_modules: [mod_invites]";
            add(false, what, mend.into());
        }
        let version = self.call("status", json!({})).await.ok().and_then(|answer| {
            let text = answer.body.as_str()?.to_owned();
            let after = text.split("ejabberd ").nth(1)?;
            Some(after.split(|c: char| !(c.is_ascii_digit() || c == '.')).next()?.trim_end_matches('.').to_owned())
        });
        examination.server = Some(format!("ejabberd {}", version.unwrap_or_default()).trim_end().to_owned());
        examination
    }

    async fn exists(&self, username: &Username) -> Result<bool, CallError> {
        let arguments = json!({"user": username.as_str(), "host": self.host.as_str()});
        let answer = self.call("check_account", arguments).await?;
        match (answer.status, answer.body.as_i64()) {
            (200, Some(0)) => Ok(true),
            (200, Some(1)) => Ok(false),
            _ => Err(unexpected("check_account", &answer)),
        }
    }

    async fn create(&self, account: &NewAccount<'_>) -> Result<(), CallError> {
        if !is_kept(account.username) {
            return Err(Refusal::Name.into());
        }
        self.spend(account.token).await?;
        if clock::now() > account.not_after {
            return Err(CallError::Away("it took too long".into()));
        }
        self.register(account.username, account.password.reveal()).await?;
        if let Some(contact) = account.contact {
            let new = Jid { user: account.username.clone(), host: self.host.clone() };
            // There is an account now, whatever comes of this.
            for added in
                [self.add_contact(account.username, contact).await, self.add_contact(&contact.user, &new).await]
            {
                if let Err(error) = added {
                    log::warn!("host":% = self.host, "error":% = error; "a contact was not added to a roster");
                }
            }
        }
        Ok(())
    }

    async fn set_password(&self, reset: &NewPassword<'_>) -> Result<(), CallError> {
        if !self.exists(reset.username).await? {
            return Err(Refusal::NoAccount.into());
        }
        self.spend(reset.token).await?;
        if clock::now() > reset.not_after {
            return Err(CallError::Away("it took too long".into()));
        }
        let arguments = json!({
            "user": reset.username.as_str(), "host": self.host.as_str(), "newpass": reset.password.reveal(),
        });
        let answer = self.call("change_password", arguments).await?;
        match (answer.status, answer.body.as_i64()) {
            (200, Some(0)) => Ok(()),
            (200, _) => Err(Refusal::Password.into()),
            _ => Err(unexpected("change_password", &answer)),
        }
    }

    async fn mint(&self, wanted: &Mint<'_>) -> Result<Minted, CallError> {
        let host = self.host.as_str();
        let (command, arguments) = match wanted.kind {
            Kind::Account { username: None } => ("generate_invite", json!({"host": host})),
            Kind::Reset { username } => ("generate_reset_token", json!({"username": username.as_str(), "host": host})),
            Kind::Account { username: Some(_) } | Kind::Contact { .. } => return Err(Refusal::Unsupported.into()),
        };
        let answer = self.call(command, arguments).await.inspect_err(|error| {
            if *error == CallError::Refused(Refusal::Unsupported) {
                self.note_lack(|lacks| match wanted.kind {
                    Kind::Reset { .. } => lacks.resets = Some(clock::instant()),
                    Kind::Account { .. } | Kind::Contact { .. } => lacks.invites = Some(clock::instant()),
                });
            }
        })?;
        if (answer.status, answer.body.as_str()) == (400, Some("User does not exist")) {
            return Err(Refusal::NoAccount.into());
        }
        let uri = answer.body.get("invite_uri").and_then(Value::as_str).unwrap_or_default();
        let token = link::token_in(uri).ok_or_else(|| unexpected(command, &answer))?.to_owned();
        let expires_at = match self.find(&token).await? {
            Some(listed) => listed.expires_at,
            None => None,
        };
        Ok(Minted { expires_at: Some(expires_at.unwrap_or_else(tokens::default_expiry)), token })
    }

    async fn withdraw(&self, token: &str) -> Result<bool, CallError> {
        if !matches!(self.look_up(token).await?, TokenState::Live(_)) {
            return Ok(false);
        }
        let answer = self.call("expire_invite_by_token", json!({"host": self.host.as_str(), "token": token})).await?;
        match answer.status {
            // Somebody may have used it in between; then it says by whom.
            200 => Ok(!matches!(self.look_up(token).await?, TokenState::Used(_))),
            404 => Ok(false),
            _ => Err(unexpected("expire_invite_by_token", &answer)),
        }
    }

    async fn look_up(&self, token: &str) -> Result<TokenState, CallError> {
        Ok(self.find(token).await?.map_or(TokenState::Absent, |listed| listed.state(&self.host, clock::now())))
    }

    async fn tidy(&self) -> Result<(), CallError> {
        match self.call("cleanup_expired_invite_tokens", json!({})).await {
            Ok(_) | Err(CallError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Ejabberd {
    /// The invite of the server with that token.
    async fn find(&self, token: &str) -> Result<Option<tokens::Listed>, CallError> {
        let answer = self.call("list_invites", json!({"host": self.host.as_str()})).await.inspect_err(|error| {
            if *error == CallError::Refused(Refusal::Unsupported) {
                self.note_lack(|lacks| lacks.invites = Some(clock::instant()));
            }
        })?;
        let listed = answer.body.as_array().ok_or_else(|| unexpected("list_invites", &answer))?;
        Ok(listed.iter().find(|one| one.get("token").and_then(Value::as_str) == Some(token)).map(tokens::Listed::new))
    }
}

fn listener() -> String {
    "ejabberd.yml:\nlisten:\n  - port: 5280\n    ip: \"127.0.0.1\"\n    module: ejabberd_http\n    \
     request_handlers:\n      /api: mod_http_api\nmodules:\n  mod_http_api: {}\n  mod_admin_extra: {}"
        .into()
}

fn permissions() -> String {
    "ejabberd.yml, where admin@example.com is the account that invited calls with:\nacl:\n  admin:\n    user: \
     admin@example.com\naccess_rules:\n  configure:\n    allow: admin\napi_permissions:\n  \"invited\":\n    who:\n      \
     access:\n        allow:\n          - acl: admin\n      oauth:\n        scope: \"ejabberd:admin\"\n        access:\n          \
     allow:\n            - acl: admin\n    what: \"*\""
        .into()
}
