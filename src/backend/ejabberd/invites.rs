//! Tokens for apps: mod_invites.
//!
//! Only a server that can withdraw tokens gives any (26.07): what is handed out must end with the invite it belongs to.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use async_io::Timer;
use serde_json::{Value, json};

use super::client::{Ejabberd, unexpected};
use super::http::ApiAnswer;
use super::lists::{LIST, List};
use super::tokens::{self, Listed};

use crate::backend::{CallError, InApp, Mint, Minted, Own, Refusal, TokenState};
use crate::clock;
use crate::invite::{Kind, link};

pub(super) const EXPIRE: &str = "expire_invite_by_token";
const DELETE: &str = "delete_invite_by_token";
const GENERATE: &str = "generate_invite";
const GENERATE_RESET: &str = "generate_reset_token";

/// What is asked for to see whether there is a command for it: no token is so short.
pub(super) const NO_TOKEN: &str = "none";

/// A list may be so old for [`Ejabberd::look_up_token`]; for why that does no harm see there.
const SHARED: Duration = Duration::from_secs(1);

/// A list during which a token was deleted fails as a whole. It is asked for again after so long, as often as there is
/// time: it changes nothing.
const LIST_AGAIN: Duration = Duration::from_millis(10);

/// An app that signs up may be in the way of a token that is minted, too.
const GENERATE_TRIES: usize = 5;

/// What came of withdrawing a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Withdrawal {
    /// Nobody has used it, and nobody will.
    Withdrawn,
    /// It was used.
    Used,
    /// It is not there.
    Absent,
}

impl Ejabberd {
    /// With which invites apps can sign up, as far as is known.
    pub(super) fn in_app(&self) -> InApp {
        let now = clock::instant();
        let can = self.known.may_have(&[LIST, EXPIRE, DELETE, GENERATE], now);
        let account = can && !self.count.is_full(now);
        let reset = can && self.known.may_have(&[GENERATE_RESET], now);
        InApp { account, bound: false, contact: false, reset }
    }

    /// Calls a command of mod_invites. Accounts do not depend on those: one that may not be called is one that is not
    /// there, and no reason to leave the server alone.
    async fn call_invites(&self, command: &'static str, arguments: Value) -> Result<ApiAnswer, CallError> {
        let answer = self.ask(command, &arguments).await;
        let is_there = match &answer {
            Ok(answer) => answer.status != 403 && !is_not_loaded(answer),
            Err(CallError::Refused(Refusal::Unsupported)) => false,
            Err(CallError::Refused(_) | CallError::Away(_) | CallError::Unsure(_)) => return answer,
        };
        self.known.note(command, is_there, clock::instant());
        if is_there { answer } else { Err(Refusal::Unsupported.into()) }
    }

    /// Sees whether the server can withdraw tokens.
    pub(super) async fn learn(&self) -> Result<(), CallError> {
        match self.known.has(EXPIRE, clock::instant()) {
            Some(true) => Ok(()),
            Some(false) => Err(Refusal::Unsupported.into()),
            None => self.call_invites(EXPIRE, self.token(NO_TOKEN)).await.map(drop),
        }
    }

    /// Whether that is not known yet, or was too long ago.
    pub(super) fn must_learn(&self) -> bool {
        self.known.has(EXPIRE, clock::instant()).is_none()
    }

    fn token(&self, token: &str) -> Value {
        json!({"host": self.host.as_str(), "token": token})
    }

    /// See [`crate::backend::Adapter::mint`].
    pub(super) async fn mint_token(&self, wanted: &Mint<'_>) -> Result<Minted, CallError> {
        let host = self.host.as_str();
        let (command, arguments) = match wanted.kind {
            Kind::Account { username: None } => (GENERATE, json!({"host": host})),
            Kind::Reset { username } => (GENERATE_RESET, json!({"username": username.as_str(), "host": host})),
            Kind::Account { username: Some(_) } | Kind::Contact { .. } => return Err(Refusal::Unsupported.into()),
        };
        self.learn().await?;
        let answer = self.generate(command, arguments).await?;
        match (answer.status, answer.body.as_str()) {
            (400, Some("User does not exist")) => return Err(Refusal::NoAccount.into()),
            (400, Some("num_invites_exceeded")) => {
                self.count.refused(clock::instant());
                return Err(Refusal::NoRoom.into());
            }
            _ => {}
        }
        let uri = answer.body.get("invite_uri").and_then(Value::as_str).unwrap_or_default();
        let token = link::token_in(uri).ok_or_else(|| unexpected(command, &answer))?.to_owned();
        let listed = match self.find(&token, Duration::ZERO).await {
            Ok(listed) => listed,
            Err(error) => {
                // Nobody will be given it. If this fails, too, it expires by itself.
                let _ = self.delete(&token).await;
                return Err(error);
            }
        };
        let expires_at = listed.and_then(|listed| listed.expires_at).unwrap_or_else(tokens::default_expiry);
        Ok(Minted { expires_at: Some(expires_at), token })
    }

    /// One after the other: what mod_invites does for several at once may end in a deadlock, of which its database lets
    /// some fail with nothing done, and Mnesia's own way to try them again is lost on it.
    async fn generate(&self, command: &'static str, arguments: Value) -> Result<ApiAnswer, CallError> {
        let _turn = self.minting.lock().await;
        for _ in 1..GENERATE_TRIES {
            let answer = self.call_invites(command, arguments.clone()).await?;
            if (answer.status, answer.body.as_str()) != (500, Some("internal_error")) {
                return Ok(answer);
            }
        }
        self.call_invites(command, arguments).await
    }

    /// See [`crate::backend::Adapter::withdraw`].
    pub(super) async fn withdraw_token(&self, token: &str) -> Result<bool, CallError> {
        Ok(self.try_withdraw(token).await? == Withdrawal::Withdrawn)
    }

    /// Withdraws a token, if there is one, before an account or a new password is created with it: nobody else uses it then.
    pub(super) async fn withdraw_before_use(&self, token: Option<&str>) -> Result<(), CallError> {
        let Some(token) = token else { return Ok(()) };
        if self.find(token, SHARED).await?.is_some_and(|listed| !listed.is_for_accounts()) {
            let what = "who invites may have no accounts created, see access_create_account of mod_invites";
            return Err(Refusal::NotAllowed(what.into()).into());
        }
        match self.try_withdraw(token).await {
            Ok(Withdrawal::Withdrawn) => Ok(()),
            Ok(Withdrawal::Used | Withdrawal::Absent) => Err(Refusal::NoToken.into()),
            Err(CallError::Refused(Refusal::Unsupported)) => match self.look_up_token(token).await? {
                TokenState::Live(_) => {
                    let what = "a token for apps is out, and this version cannot withdraw it";
                    Err(Refusal::Other(what.into()).into())
                }
                TokenState::Used(_) | TokenState::Befriended(_) | TokenState::Unused => Err(Refusal::NoToken.into()),
            },
            Err(error) => Err(error),
        }
    }

    /// An app that has shown an expired token before it expired may still sign up with it: only what is deleted is out
    /// of the world. But of what is deleted nobody learns that it was used. So it expires first, and then is looked at.
    async fn try_withdraw(&self, token: &str) -> Result<Withdrawal, CallError> {
        self.learn().await?;
        for command in [EXPIRE, DELETE] {
            match self.find(token, Duration::ZERO).await? {
                Some(listed) if listed.is_used() => return Ok(Withdrawal::Used),
                // In SQL those do not expire, they are said to be none.
                Some(listed) if listed.is_for_roster() && command == EXPIRE => continue,
                Some(_) => {}
                None => return Ok(Withdrawal::Absent),
            }
            let answer = match command {
                DELETE => self.delete(token).await?,
                _ => self.call_invites(command, self.token(token)).await?,
            };
            match (answer.status, answer.body.as_i64()) {
                (200, Some(0)) => {}
                // Somebody else was faster.
                (404, _) => return Ok(Withdrawal::Absent),
                _ => return Err(unexpected(command, &answer)),
            }
        }
        Ok(Withdrawal::Withdrawn)
    }

    async fn delete(&self, token: &str) -> Result<ApiAnswer, CallError> {
        let _lists = self.lists.0.lock().await;
        self.call_invites(DELETE, self.token(token)).await
    }

    /// See [`crate::backend::Adapter::forget`].
    pub(super) async fn forget_token(&self, token: &str) -> Result<(), CallError> {
        if !self.count.is_scarce() {
            return Ok(());
        }
        match self.find(token, Duration::ZERO).await? {
            Some(listed) if listed.is_used() => self.delete(token).await.map(drop),
            Some(_) | None => Ok(()),
        }
    }

    /// See [`crate::backend::Adapter::look_up`].
    ///
    /// The list may be one that was asked for up to a second earlier, for somebody else: that a token was used stays
    /// true, and one that could be used then is seen to be used a little later, as if it had been used then; whoever
    /// grants something for it withdraws it first. That a token is not there is never trusted to such a list: it may
    /// have been minted since.
    pub(super) async fn look_up_token(&self, token: &str) -> Result<TokenState, CallError> {
        match self.find(token, SHARED).await? {
            Some(listed) => listed.state(clock::now()),
            // Whoever deletes it, be it an admin, says nothing of a use; and what we know of was put down.
            None => Ok(TokenState::Unused),
        }
    }

    /// See [`crate::backend::Adapter::own`].
    pub(super) async fn own_token(&self, token: &str) -> Result<Option<Own>, CallError> {
        self.find(token, SHARED).await?.map(|listed| listed.own(clock::now())).transpose()
    }

    /// Counts the tokens, so that it is known before there is no room for another.
    pub(super) async fn count(&self) -> Result<(), CallError> {
        self.find(NO_TOKEN, Duration::ZERO).await.map(drop)
    }

    /// The invite of the server with that token, from a list that was asked for after this call or, if it is in it, at
    /// most `age` before. Who comes while one is asked for waits, and shares the next.
    async fn find(&self, token: &str, age: Duration) -> Result<Option<Listed>, CallError> {
        let asked = clock::instant();
        let mut kept = self.lists.0.lock().await;
        if let Some(list) = &*kept {
            let found = list.rows.get(token);
            if list.began >= asked || (found.is_some() && asked.duration_since(list.began) <= age) {
                return Ok(found.cloned());
            }
        }
        let (began, rows) = self.list().await.inspect_err(|error| {
            if matches!(error, CallError::Refused(_)) {
                // Without it nothing is known of any token; so none is minted until that is mended.
                self.known.note(LIST, false, clock::instant());
            }
        })?;
        self.count.note(&rows, clock::instant());
        let list = kept.insert(List { began, rows });
        Ok(list.rows.get(token).cloned())
    }

    /// A row of a list, by its token.
    pub(super) fn row(&self, row: &Value) -> Option<(String, Listed)> {
        Some((row.get("token")?.as_str()?.to_owned(), Listed::new(row, &self.host)))
    }

    /// Asks for the list until no deletion comes in between; the deadline of the call ends that.
    async fn list(&self) -> Result<(Instant, HashMap<String, Listed>), CallError> {
        loop {
            let began = clock::instant();
            let answer = self.call_invites(LIST, json!({"host": self.host.as_str()})).await?;
            if is_disturbed(&answer) {
                Timer::after(LIST_AGAIN).await;
                continue;
            }
            let rows = answer.body.as_array().ok_or_else(|| unexpected(LIST, &answer))?;
            return Ok((began, rows.iter().filter_map(|row| self.row(row)).collect()));
        }
    }
}

/// Whether mod_invites is there, but not for this host.
pub(super) fn is_not_loaded(answer: &ApiAnswer) -> bool {
    answer.status == 400 && answer.body.as_str().is_some_and(|text| text.starts_with("Virtual host not known"))
}

/// Whether a list came to nothing because a token was deleted meanwhile: mod_invites reads the tokens' names and then each
/// of them, and a name without a token is `not_found` where it asks whether that is valid, and an error of Erlang's before.
pub(super) fn is_disturbed(answer: &ApiAnswer) -> bool {
    let text = answer.body.as_str().unwrap_or_default();
    (answer.status == 404 && text == "not_found") || (answer.status == 400 && text == "badarg")
}
