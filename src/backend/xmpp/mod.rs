//! Any server, as a client of it: an account of ours creates invites by XEP-0401, and guests are signed up in-band with
//! their tokens (XEP-0445, XEP-0077).
//!
//! That is all that there is a protocol for. Whether an account exists, who used a token, and withdrawing one cannot be asked
//! of every server; the desk knows that, and never grants what it cannot be sure of. Whether a server still takes a token is
//! seen when it is shown, as an app does. What it takes no more counts as used, also where it has expired: so the next one is
//! minted, and never for more uses than there are.

mod examine;
mod invite;
mod login;
mod place;
mod session;
mod sign_up;
mod stream;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{
    Abilities, Adapter, CallError, Examination, InApp, Mint, Minted, NewAccount, NewPassword, Refusal, TokenState,
    is_kept,
};
use crate::clock;
use crate::config::XmppSettings;
use crate::invite::Kind;
use crate::invite::name::{HostName, Username};
use invite::Asked;
use session::AccountSession;

/// So many tokens are shown on one stream, some of many by chance: servers let a stranger send a few KiB a second, and the
/// call has a deadline.
const MAX_SHOWN: usize = 40;

const IBR_TOKEN: &str = "urn:xmpp:ibr-token:0";

/// A host on some server.
pub struct Xmpp {
    host: HostName,
    session: AccountSession,
    /// Whether the server turned out to create invites for a name alone; then none is for apps.
    wants_name: AtomicBool,
    spare: Mutex<Option<Spare>>,
}

/// A token that was minted for a guest who then got no account: it is still good, and the next one's.
struct Spare {
    minted: Minted,
    /// Whom it is for, where the server had to know.
    username: Option<Username>,
}

impl Xmpp {
    /// The server of `host`, with an account that creates invites. Connects when it is first asked something.
    #[must_use]
    pub fn new(host: &HostName, settings: &XmppSettings) -> Self {
        let session = AccountSession::new(host, settings);
        Self { host: host.clone(), session, wants_name: AtomicBool::new(false), spare: Mutex::default() }
    }

    /// A token for a guest who wants to be called `username`; for anybody if the server need not know.
    async fn invite(&self, username: Option<&Username>) -> Result<Spare, CallError> {
        let asked = self.session.invite(username).await?;
        let wants_name = !matches!(asked, Asked::Minted { is_for_name: false, .. });
        self.wants_name.store(wants_name, Ordering::Relaxed);
        match asked {
            Asked::Minted { minted, .. } => Ok(Spare { minted, username: username.filter(|_| wants_name).cloned() }),
            Asked::WantsName => Err(Refusal::Unsupported.into()),
        }
    }

    /// The token that is left over, if it can be this guest's.
    fn take_spare(&self, username: &Username) -> Option<Spare> {
        let now = clock::now();
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |spare: &mut Spare| {
            spare.username.as_ref().is_none_or(|name| name == username)
                && spare.minted.expires_at.is_none_or(|expires_at| expires_at > now)
        };
        spare.take_if(fits)
    }

    async fn sign_up(&self, token: &str, account: &NewAccount<'_>) -> Result<(), CallError> {
        let mut stream = self.session.open().await?;
        sign_up::sign_up(&mut stream, self.host.as_str(), token, account).await
    }
}

#[async_trait]
impl Adapter for Xmpp {
    fn abilities(&self) -> Abilities {
        let in_app = InApp { account: !self.wants_name.load(Ordering::Relaxed), ..InApp::NONE };
        Abilities { sign_up: true, reset: false, contacts: false, groups: false, in_app, asks: false }
    }

    async fn examine(&self, _base: &str) -> Examination {
        self.look_over().await
    }

    async fn keep(&self) -> Result<(), CallError> {
        if self.session.keep().await? { Ok(()) } else { Err(Refusal::Unsupported.into()) }
    }

    async fn exists(&self, _: &Username) -> Result<bool, CallError> {
        // No protocol tells: to all but an account's contacts a server is to answer as if there were none (RFC 6121, 8.5.1).
        Err(Refusal::Unsupported.into())
    }

    async fn create(&self, account: &NewAccount<'_>) -> Result<(), CallError> {
        let is_text = |text: &str| text.chars().all(is_xml);
        let password = account.password.reveal();
        if !is_text(password) || !is_usable(password) {
            return Err(Refusal::Password.into());
        }
        if !is_kept(account.username) {
            return Err(Refusal::Name.into());
        }
        if let Some(token) = account.token {
            let token = if is_text(token) { token } else { return Err(Refusal::NoToken.into()) };
            return self.sign_up(token, account).await;
        }
        loop {
            let (spare, is_new) = match self.take_spare(account.username) {
                Some(spare) => (spare, false),
                None => (self.invite(Some(account.username)).await?, true),
            };
            let answer = self.sign_up(&spare.minted.token, account).await;
            match answer {
                Ok(()) | Err(CallError::Unsure(_)) => return answer,
                Err(CallError::Refused(Refusal::NoToken)) if is_new => {
                    return Err(Refusal::Other("it does not know the token that it has just minted".into()).into());
                }
                // Somebody else has used it, or withdrawn it.
                Err(CallError::Refused(Refusal::NoToken)) => {}
                Err(_) => {
                    *self.spare.lock().unwrap_or_else(PoisonError::into_inner) = Some(spare);
                    return answer;
                }
            }
        }
    }

    async fn set_password(&self, _: &NewPassword<'_>) -> Result<(), CallError> {
        Err(Refusal::Unsupported.into())
    }

    async fn check_password(&self, username: &Username, password: &str) -> Result<bool, CallError> {
        if !password.chars().all(is_xml) || !is_usable(password) || !is_kept(username) {
            return Ok(false);
        }
        self.session.lets_in(username, &prepared(password)).await
    }

    async fn mint(&self, wanted: &Mint<'_>) -> Result<Minted, CallError> {
        match wanted.kind {
            Kind::Account { username: None } => Ok(self.invite(None).await?.minted),
            Kind::Account { username: Some(_) } | Kind::Contact { .. } | Kind::Reset { .. } => {
                Err(Refusal::Unsupported.into())
            }
        }
    }

    fn can_withdraw(&self) -> bool {
        false
    }

    async fn withdraw(&self, _: &str) -> Result<bool, CallError> {
        Err(Refusal::Unsupported.into())
    }

    async fn ended(&self, tokens: &[&str]) -> Result<Vec<(usize, TokenState)>, CallError> {
        let at = rand::seq::index::sample(&mut clock::rng(), tokens.len(), tokens.len().min(MAX_SHOWN)).into_vec();
        let some: Vec<_> = at.iter().filter_map(|at| tokens.get(*at).copied()).collect();
        let mut stream = self.session.open().await?;
        if !stream.features.has_child("register", IBR_TOKEN) {
            return Err(Refusal::Unsupported.into());
        }
        let gone = sign_up::gone(&mut stream, self.host.as_str(), &some).await?;
        Ok(gone.into_iter().filter_map(|gone| Some((*at.get(gone)?, TokenState::Used(None)))).collect())
    }

    async fn look_up(&self, _: &str) -> Result<TokenState, CallError> {
        Err(Refusal::Unsupported.into())
    }
}

/// Prosody prepares no longer ones.
const MAX_PASSWORD_BYTES: usize = 1_023;

/// Whether somebody can log in with a password once a server has prepared it (RFC 4013): it takes the password and leaves
/// something of it. Prosody 13 creates the account of one that it does not take, answers that it has not, and nobody can have
/// that name any more. What is newer than the Unicode of that RFC is let pass by servers.
fn is_usable(password: &str) -> bool {
    let known: String = password.chars().filter(|c| !stringprep::tables::unassigned_code_point(*c)).collect();
    let is_prepared = |prepared: &str| !prepared.is_empty() || known.len() < password.len();
    password.len() <= MAX_PASSWORD_BYTES && stringprep::saslprep(&known).is_ok_and(|prepared| is_prepared(&prepared))
}

/// A password as servers prepare it (RFC 4013), which is what SCRAM hashes. What is newer than the Unicode of that RFC they
/// leave as it is.
fn prepared(password: &str) -> String {
    let (mut prepared, mut rest) = (String::new(), password);
    while let Some(first) = rest.chars().next() {
        let is_new = stringprep::tables::unassigned_code_point(first);
        let end = rest.find(|c| stringprep::tables::unassigned_code_point(c) != is_new).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        prepared += &stringprep::saslprep(run).unwrap_or_else(|_| run.into());
        rest = after;
    }
    prepared
}

/// XML 1.0, 2.2; a line end is not what was typed when it arrives (2.11).
fn is_xml(c: char) -> bool {
    !matches!(c, '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}') || c == '\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_hashed_as_servers_prepare_it() {
        for (password, expected) in [
            ("a password", "a password"),
            ("a\u{a0}\u{ad}\u{2168}", "a IX"),
            ("\u{1f468}\u{200d}\u{1f469}", "\u{1f468}\u{1f469}"),
            ("\u{1fae0}\u{a0}x\u{1fae0}", "\u{1fae0} x\u{1fae0}"),
        ] {
            assert_eq!(prepared(password), expected, "{password:?}");
        }
    }

    #[test]
    fn a_password_that_no_server_takes_is_not_sent() {
        let (long, too_long) = ("x".repeat(1_023), "x".repeat(1_024));
        for usable in
            [&*long, "a password", "pässwörd", "a\u{a0}b", "\u{5d0}\u{5d1}\u{5d2}", "\u{1fae0}\u{1f9cb}", "\u{ad}x"]
        {
            assert!(is_usable(usable), "{usable:?}");
        }
        // Nothing is left, a control character, private use, no character, and Hebrew that begins and Latin that ends.
        for unusable in [&*too_long, "", "\u{ad}\u{2060}", "a\u{7f}", "a\tb", "\u{e000}", "\u{fdd0}", "\u{5d0}b"] {
            assert!(!is_usable(unusable), "{unusable:?}");
        }
    }
}
