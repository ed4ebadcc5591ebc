//! A pretend server, for `invited demo` alone: accounts in memory, with which nobody can chat. No configuration leads here.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::account::{NewAccount, NewPassword, is_kept};
use super::adapter::{Abilities, Adapter, InApp};
use super::error::{CallError, Refusal};
use super::examination::Examination;
use super::token::{Mint, Minted, TokenState};
use crate::invite::name::Username;

/// A pretend server. Passwords are not kept.
#[derive(Default)]
pub(super) struct Demo {
    accounts: Mutex<BTreeSet<Username>>,
}

impl Demo {
    fn accounts(&self) -> MutexGuard<'_, BTreeSet<Username>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Adapter for Demo {
    /// No app reaches it, so there is nothing for one.
    fn abilities(&self) -> Abilities {
        Abilities { sign_up: true, reset: true, contacts: true, groups: true, in_app: InApp::NONE, asks: false }
    }

    async fn examine(&self, _base: &str) -> Examination {
        Examination { server: Some("a pretend server".into()), findings: vec![] }
    }

    async fn exists(&self, username: &Username) -> Result<bool, CallError> {
        Ok(self.accounts().contains(username))
    }

    async fn create(&self, account: &NewAccount<'_>) -> Result<(), CallError> {
        if !is_kept(account.username) {
            return Err(Refusal::Name.into());
        }
        if self.accounts().insert(account.username.clone()) { Ok(()) } else { Err(Refusal::Taken.into()) }
    }

    async fn set_password(&self, reset: &NewPassword<'_>) -> Result<(), CallError> {
        if self.accounts().contains(reset.username) { Ok(()) } else { Err(Refusal::NoAccount.into()) }
    }

    async fn mint(&self, _wanted: &Mint<'_>) -> Result<Minted, CallError> {
        Err(Refusal::Unsupported.into())
    }

    async fn withdraw(&self, _token: &str) -> Result<bool, CallError> {
        Ok(false)
    }

    async fn look_up(&self, _token: &str) -> Result<TokenState, CallError> {
        Err(Refusal::Unsupported.into())
    }
}
