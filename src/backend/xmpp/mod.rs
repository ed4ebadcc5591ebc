//! Any server, as a client of it: an account of ours makes invites by XEP-0401, and guests are signed up in-band with
//! their tokens (XEP-0445, XEP-0077).
//!
//! That is all that there is a protocol for. Whether an account exists, what became of a token, and taking one back
//! cannot be asked of every server; the desk is told so, and never grants what it cannot be sure of.

mod invite;
mod stream;

use async_lock::Mutex;
use async_trait::async_trait;
use minidom::Element;

use super::net::Trust;
use super::{
    Abilities, Adapter, CallError, Examination, Finding, InApp, Mint, Minted, NewAccount, NewPassword, Refusal,
    TokenState, is_kept,
};
use crate::clock;
use crate::config::settings;
use crate::invite::Kind;
use crate::invite::name::{HostName, Username};
use stream::{StanzaError, Stream, before, element};

const REGISTER: &str = "jabber:iq:register";
const IBR_TOKEN: &str = "urn:xmpp:ibr-token:0";

/// A host on some server.
pub struct Xmpp {
    host: HostName,
    settings: settings::Xmpp,
    trust: Trust,
    /// The stream of our account, while nobody uses it.
    session: Mutex<Option<Stream>>,
}

impl Xmpp {
    /// The server of `host`, with an account that makes invites. Connects when it is first asked something.
    #[must_use]
    pub fn new(host: &HostName, settings: &settings::Xmpp) -> Self {
        Self { host: host.clone(), settings: settings.clone(), trust: Trust::of_system(), session: Mutex::new(None) }
    }

    async fn stream(&self) -> Result<Stream, CallError> {
        let default = || format!("{}:5222", idna::domain_to_ascii(self.host.as_str()).unwrap_or_default());
        let place = self.settings.address.clone().unwrap_or_else(default);
        Stream::open(&self.host, &place, self.settings.tls, &self.trust).await
    }

    async fn log_in(&self) -> Result<Stream, CallError> {
        let unread = || CallError::Away("its password is a credential that only the service can read".into());
        let password = self.settings.password.as_ref().ok_or_else(unread)?;
        let mut stream = self.stream().await?;
        stream.login(self.settings.jid.user.as_str(), password.reveal()).await.map_err(before)?;
        Ok(stream)
    }

    /// A token for anybody, from the account's own stream. That is put back when all is well: whoever goes away in
    /// between takes it along.
    async fn invite(&self) -> Result<Minted, CallError> {
        let mut session = self.session.lock().await;
        let (mut stream, is_kept) = match session.take() {
            Some(stream) => (stream, true),
            None => (self.log_in().await?, false),
        };
        let mut answer = invite::create_account(&mut stream, self.host.as_str()).await;
        if is_kept && matches!(answer, Err(CallError::Unsure(_))) {
            // The server had ended it; a token that nobody got to know is none.
            stream = self.log_in().await?;
            answer = invite::create_account(&mut stream, self.host.as_str()).await;
        }
        if !matches!(answer, Err(CallError::Unsure(_))) {
            *session = Some(stream);
        }
        answer.map_err(before)
    }
}

#[async_trait]
impl Adapter for Xmpp {
    fn abilities(&self) -> Abilities {
        let in_app = InApp { account: true, ..InApp::NONE };
        Abilities { sign_up: true, reset: false, contacts: false, groups: false, in_app }
    }

    async fn examine(&self) -> Examination {
        let mut examination = Examination::default();
        let mut add = |is_fault, what: String, mend: &str| {
            examination.findings.push(Finding { is_fault, what, mend: mend.into() });
        };
        let guest = match self.stream().await {
            Ok(stream) => stream,
            Err(error) => {
                add(
                    true,
                    error.to_string(),
                    "config.toml: see address and tls of this backend.\nThe server's certificate must be for the host's domain, from an authority that this system trusts.",
                );
                return examination;
            }
        };
        if !guest.features.has_child("register", IBR_TOKEN) {
            add(true, "the server offers no sign-up with a token (XEP-0445)".into(), SIGN_UP);
        }
        match self.invite().await {
            Ok(_) => {}
            Err(CallError::Refused(Refusal::Unsupported)) => {
                add(true, "the server has no command to make invites (XEP-0401)".into(), COMMAND);
            }
            Err(error) => add(true, error.to_string(), ACCOUNT),
        }
        examination.server = Some(format!("an XMPP server for {}", self.host));
        examination
    }

    async fn keep(&self) -> Result<(), CallError> {
        // Whoever uses the stream now attends to it.
        let Some(mut session) = self.session.try_lock() else { return Err(Refusal::Unsupported.into()) };
        let mut stream = match session.take() {
            Some(stream) => stream,
            None => self.log_in().await?,
        };
        stream.look().await.map_err(before)?;
        *session = Some(stream);
        Ok(())
    }

    async fn exists(&self, _: &Username) -> Result<bool, CallError> {
        // No protocol tells: to all but an account's contacts a server is to answer as if there were none (RFC 6121, 8.5.1).
        Err(Refusal::Unsupported.into())
    }

    async fn create(&self, account: &NewAccount<'_>) -> Result<(), CallError> {
        let is_text = |text: &str| text.chars().all(is_xml);
        if !is_text(account.password.reveal()) {
            return Err(Refusal::Password.into());
        }
        if !is_kept(account.username) {
            return Err(Refusal::Name.into());
        }
        let token = match account.token {
            Some(token) if is_text(token) => token.to_owned(),
            Some(_) => return Err(Refusal::NoToken.into()),
            None => self.invite().await?.token,
        };
        let mut stream = self.stream().await?;
        let host = self.host.as_str();
        let preauth = element("preauth", "urn:xmpp:pars:0", &[("token", &token)]);
        if stream.ask("set", Some(host), preauth).await.map_err(before)?.is_err() {
            return Err(Refusal::NoToken.into());
        }
        if clock::now() > account.not_after {
            return Err(CallError::Away("it took too long".into()));
        }
        let mut query = Element::bare("query", REGISTER);
        for (name, value) in [("username", account.username.as_str()), ("password", account.password.reveal())] {
            let mut field = Element::bare(name, REGISTER);
            field.append_text(value);
            query.append_child(field);
        }
        stream.ask("set", Some(host), query).await?.map(drop).map_err(|StanzaError { condition }| {
            match condition.as_str() {
                "conflict" => Refusal::Taken,
                "not-acceptable" | "jid-malformed" | "bad-request" => Refusal::Name,
                "item-not-found" => Refusal::NoToken,
                _ => Refusal::Other(format!("registration: {condition}")),
            }
            .into()
        })
    }

    async fn set_password(&self, _: &NewPassword<'_>) -> Result<(), CallError> {
        Err(Refusal::Unsupported.into())
    }

    async fn mint(&self, wanted: &Mint<'_>) -> Result<Minted, CallError> {
        match wanted.kind {
            Kind::Account { username: None } => self.invite().await,
            Kind::Account { username: Some(_) } | Kind::Contact { .. } | Kind::Reset { .. } => {
                Err(Refusal::Unsupported.into())
            }
        }
    }

    fn takes_back(&self) -> bool {
        false
    }

    async fn withdraw(&self, _: &str) -> Result<bool, CallError> {
        Err(Refusal::Unsupported.into())
    }

    async fn look_up(&self, _: &str) -> Result<TokenState, CallError> {
        Err(Refusal::Unsupported.into())
    }
}

/// XML 1.0, 2.2; a line end is not what was typed when it arrives (2.11).
fn is_xml(c: char) -> bool {
    !matches!(c, '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}') || c == '\t'
}

const SIGN_UP: &str = "Prosody, prosody.cfg.lua:\nmodules_enabled = { \"invites\"; \"invites_register\" }\nejabberd 26.01, \
                       ejabberd.yml:\nmodules:\n  mod_invites:\n    access_create_account: admin\n  mod_register:\n    \
                       allow_modules: [mod_invites]";
const COMMAND: &str = "Prosody, prosody.cfg.lua:\nmodules_enabled = { \"invites\"; \"invites_adhoc\"; \"invites_register\" \
                       }\nejabberd 26.01, ejabberd.yml:\nmodules:\n  mod_adhoc: {}\n  mod_invites:\n    \
                       access_create_account: admin";
const ACCOUNT: &str = "Prosody, prosody.cfg.lua, where invites-admin@example.com is the account of this backend:\nadmins = { \
                       \"invites-admin@example.com\" }\nejabberd.yml:\nacl:\n  admin:\n    user: invites-admin@example.com";
