//! ejabberd, by its HTTP API (mod_http_api).
//!
//! Accounts, passwords and roster pairs since long; tokens for apps since 26.07: mod_invites is there since 26.01, but
//! withdraws no token before. An older server says that it does not know a command, and is then not asked for it for a
//! while. ejabberd does not hold the bearer of a token to a name, and has no call that invites on behalf of a contact:
//! such invites are for the web.

mod client;
mod examine;
mod http;
mod invites;
mod known;
mod lists;
mod room;
mod tokens;

use async_trait::async_trait;
use serde_json::json;

use super::{
    Abilities, Adapter, CallError, Examination, Mint, Minted, NewAccount, NewPassword, Own, Refusal, Room, TokenState,
    is_kept,
};
use crate::clock;
use crate::invite::Kind;
use crate::invite::name::{Jid, Username};
use crate::log::chain;
pub use client::Ejabberd;
use client::unexpected;

impl Ejabberd {
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
}

#[async_trait]
impl Adapter for Ejabberd {
    fn abilities(&self) -> Abilities {
        Abilities { sign_up: true, reset: true, contacts: true, groups: false, in_app: self.in_app(), asks: false }
    }

    async fn examine(&self, base: &str) -> Examination {
        self.look_over(base).await
    }

    async fn keep(&self) -> Result<(), CallError> {
        // So that an older server is known for one before it is asked for tokens.
        if self.must_learn() {
            self.learn().await?;
        } else if !self.count.is_due(clock::instant()) {
            return Err(Refusal::Unsupported.into());
        }
        self.count().await
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

    /// No command of the API says who is in an `acl`. The account that we log in with is one by what it may.
    async fn is_admin(&self, username: &Username) -> Result<bool, CallError> {
        let is_ours = self.api.user().is_some_and(|user| user.user == *username && user.host == self.host);
        Err(if is_ours { Refusal::Admin } else { Refusal::Unsupported }.into())
    }

    async fn create(&self, account: &NewAccount<'_>) -> Result<(), CallError> {
        if !is_kept(account.username) {
            return Err(Refusal::Name.into());
        }
        self.withdraw_before_use(account.token).await?;
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
                    tracing::warn!(host = %self.host, error = %chain(&error), "cannot add a contact to a roster");
                }
            }
        }
        Ok(())
    }

    async fn set_password(&self, reset: &NewPassword<'_>) -> Result<(), CallError> {
        if !self.exists(reset.username).await? {
            return Err(Refusal::NoAccount.into());
        }
        self.withdraw_before_use(reset.token).await?;
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
            (404, _) => Err(Refusal::NoAccount.into()),
            _ => Err(unexpected("change_password", &answer)),
        }
    }

    async fn check_password(&self, username: &Username, password: &str) -> Result<bool, CallError> {
        let arguments = json!({"user": username.as_str(), "host": self.host.as_str(), "password": password});
        let answer = self.call("check_password", arguments).await?;
        match (answer.status, answer.body.as_i64()) {
            (200, Some(0)) => Ok(true),
            (200, Some(1)) => Ok(false),
            _ => Err(unexpected("check_password", &answer)),
        }
    }

    async fn mint(&self, wanted: &Mint<'_>) -> Result<Minted, CallError> {
        match wanted.kind {
            Kind::Reset { username }
                if wanted.spares_admins && self.is_admin(username).await == Err(Refusal::Admin.into()) =>
            {
                Err(Refusal::Admin.into())
            }
            _ => self.mint_token(wanted).await,
        }
    }

    async fn withdraw(&self, token: &str) -> Result<bool, CallError> {
        self.withdraw_token(token).await
    }

    async fn look_up(&self, token: &str) -> Result<TokenState, CallError> {
        self.look_up_token(token).await
    }

    async fn own(&self, token: &str) -> Result<Option<Own>, CallError> {
        self.own_token(token).await
    }

    async fn forget(&self, token: &str) -> Result<(), CallError> {
        self.forget_token(token).await
    }

    fn limits(&self) -> Vec<String> {
        self.own_limits()
    }

    fn room(&self) -> Option<Room> {
        self.count.room(clock::instant())
    }
}
