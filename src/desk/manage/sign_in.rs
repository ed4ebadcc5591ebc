//! Signing in: with a key, or with an address of a host and its password.
//!
//! A key is looked at whatever came before, as everywhere ([`crate::desk::access`]); a password only while there is room
//! (`attempts`). A key that is not known and a wrong secret are refused alike, and so are an account that is not known and a wrong
//! password. Of the password nothing is kept.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Manage;
use super::attempts::Attempt;
use super::manager::Manager;
use crate::backend::{CallError, Refusal, is_kept};
use crate::clock;
use crate::config::secret::Secret;
use crate::config::{MAX_PASSWORD_CHARS, UserInvites};
use crate::desk::AuthError;
use crate::invite::name::{HostName, Jid, Username};
use crate::log::{Event, event};

/// A browser is known for so long after somebody signed in there.
pub const BROWSER_LIFE: SignedDuration = SignedDuration::from_hours(180 * 24);

/// What browsers are sealed for.
const PURPOSE: &str = "browser of /manage 1";

/// Why nobody is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInError {
    /// What was sent is not right. What of it, is not told.
    Refused,
    /// There was too much that was not right.
    Wait(Duration),
    /// The server is away that knows whether the password is right.
    Away,
}

/// What a browser is given when somebody signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Their session.
    pub session: String,
    /// What the browser is known by when somebody signs in to that account again.
    pub browser: Option<String>,
}

/// What is sealed of a browser.
#[derive(Serialize, Deserialize)]
struct BrowserRecord {
    id: String,
    account: Jid,
    /// Milliseconds since 1970.
    at: i64,
}

impl Manage {
    /// Whether holders of keys may sign in.
    #[must_use]
    pub fn takes_keys(&self) -> bool {
        self.context.settings.manage.keys
    }

    /// The hosts whose users may sign in.
    pub fn user_hosts(&self) -> impl Iterator<Item = &HostName> {
        self.hosts().map(|(host, _)| host)
    }

    fn hosts(&self) -> impl Iterator<Item = (&HostName, &UserInvites)> {
        self.context.settings.hosts.iter().filter_map(|(host, settings)| Some((host, settings.user_invites.as_ref()?)))
    }

    /// Signs in the holder of a key. A JWT is none: it is a program's.
    ///
    /// # Errors
    /// When the key opens nothing.
    pub fn sign_in_by_key(&self, key: &Secret, client: IpAddr, now: Timestamp) -> Result<SignedIn, SignInError> {
        let presented = key.reveal().trim();
        // What is none counts as a wrong one.
        let presented = if self.takes_keys() && presented.contains('/') { presented } else { "" };
        let session = match self.access.authenticate(Some(presented), client, false, now) {
            Ok(key) => self.opened(&Manager::Key(key), client, now),
            Err(AuthError::Wait(wait)) => return Err(SignInError::Wait(wait)),
            Err(AuthError::Refused(_) | AuthError::Ledger(_)) => None,
        };
        let session = session.ok_or_else(|| refuse("key", client))?;
        Ok(SignedIn { session, browser: None })
    }

    /// Signs in a user by an address, or by a name where that can be but one host's. `browser` is what the browser is known by, if
    /// it has anything.
    ///
    /// # Errors
    /// When the password is not known to be that of the account, also as it may not be tried.
    pub async fn sign_in_by_password(
        &self,
        address: &str,
        password: &Secret,
        browser: Option<&str>,
        client: IpAddr,
        now: Timestamp,
    ) -> Result<SignedIn, SignInError> {
        let failures = self.context.settings.http.auth_failures;
        let user = self.user(address.trim());
        let account = user.as_ref().map(|(jid, _)| jid);
        let browser = browser.zip(account).and_then(|(browser, account)| self.known_browser(browser, account, now));
        let attempt = Attempt { client, account, browser: browser.as_deref() };
        self.memory.take(&attempt, failures).map_err(SignInError::Wait)?;
        match self.is_right(account, password).await {
            Some(true) => self.memory.give_back(&attempt, failures),
            Some(false) => return Err(refuse("password", client)),
            None => {
                self.memory.give_back(&attempt, failures);
                return Err(SignInError::Away);
            }
        }
        let (account, rules) = user.ok_or(SignInError::Refused)?;
        let known = self.seal_browser(browser.clone().unwrap_or_else(clock::random_id), &account, now);
        let manager = Manager::User { jid: account, rules: rules.clone() };
        let session = self.opened(&manager, client, now).ok_or(SignInError::Refused)?;
        Ok(SignedIn { session, browser: known })
    }

    fn opened(&self, manager: &Manager, client: IpAddr, now: Timestamp) -> Option<String> {
        let session = self.open_session(manager, now)?;
        event(&Event::SessionOpened { manager: &manager.label(), client: &client });
        Some(session)
    }

    /// The user that an address, or a name, is meant for; nobody if users of that host do not sign in.
    fn user(&self, address: &str) -> Option<(Jid, &UserInvites)> {
        let (name, host) = match address.rsplit_once('@') {
            Some((name, host)) => (name, Some(host.parse::<HostName>().ok()?)),
            None => (address, None),
        };
        let mut hosts = self.hosts().filter(|(other, _)| host.as_ref().is_none_or(|host| host == *other));
        let ((host, rules), None) = (hosts.next()?, hosts.next()) else { return None };
        // A name that the server would make another of is that other's account, which would have two budgets.
        let user = name.parse::<Username>().ok().filter(is_kept)?;
        Some((Jid { user, host: host.clone() }, rules))
    }

    /// Whether it is the password of the account; nothing if that is not known.
    async fn is_right(&self, account: Option<&Jid>, password: &Secret) -> Option<bool> {
        let password = password.reveal();
        let Some(account) = account.filter(|_| !password.is_empty() && password.chars().count() <= MAX_PASSWORD_CHARS)
        else {
            return Some(false);
        };
        let backend = self.context.backend(&account.host)?;
        let _asking = self.memory.ask()?;
        match backend.check_password(&account.user, password).await {
            Ok(is_right) => Some(is_right),
            Err(CallError::Refused(
                Refusal::NoAccount | Refusal::Name | Refusal::Password | Refusal::NotAllowed(_),
            )) => Some(false),
            Err(_) => None,
        }
    }

    fn known_browser(&self, sealed: &str, account: &Jid, now: Timestamp) -> Option<String> {
        let bytes = self.context.ledger.seal().open_as(PURPOSE, &URL_SAFE_NO_PAD.decode(sealed).ok()?)?;
        let known: BrowserRecord = serde_json::from_slice(&bytes).ok()?;
        let at = Timestamp::from_millisecond(known.at).ok()?;
        (known.account == *account && clock::distance(at, now) < BROWSER_LIFE).then_some(known.id)
    }

    fn seal_browser(&self, id: String, account: &Jid, now: Timestamp) -> Option<String> {
        let record = BrowserRecord { id, account: account.clone(), at: now.as_millisecond() };
        let bytes = serde_json::to_vec(&record).ok()?;
        Some(URL_SAFE_NO_PAD.encode(self.context.ledger.seal().close_as(PURPOSE, &bytes)))
    }
}

fn refuse(with: &str, client: IpAddr) -> SignInError {
    event(&Event::SessionRefused { with: &with, client: &client });
    SignInError::Refused
}
