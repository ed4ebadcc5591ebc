//! A pretend server, for `invited demo` alone: accounts in memory, with which nobody can chat. No configuration leads here.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::account::{NewAccount, NewPassword, is_kept};
use super::adapter::{Abilities, Adapter, InApp};
use super::error::{CallError, Refusal};
use super::examination::Examination;
use super::token::{Mint, Minted, TokenState};
use crate::config::secret::Secret;
use crate::invite::name::Username;

/// A pretend server.
#[derive(Default)]
pub(super) struct Demo {
    /// With their passwords.
    accounts: Mutex<BTreeMap<Username, Secret>>,
}

impl Demo {
    fn accounts(&self) -> MutexGuard<'_, BTreeMap<Username, Secret>> {
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
        Ok(self.accounts().contains_key(username))
    }

    async fn create(&self, account: &NewAccount<'_>) -> Result<(), CallError> {
        if !is_kept(account.username) {
            return Err(Refusal::Name.into());
        }
        match self.accounts().entry(account.username.clone()) {
            Entry::Vacant(free) => {
                free.insert(account.password.clone());
                Ok(())
            }
            Entry::Occupied(_) => Err(Refusal::Taken.into()),
        }
    }

    async fn set_password(&self, reset: &NewPassword<'_>) -> Result<(), CallError> {
        let mut accounts = self.accounts();
        let password = accounts.get_mut(reset.username).ok_or(Refusal::NoAccount)?;
        *password = reset.password.clone();
        Ok(())
    }

    async fn check_password(&self, username: &Username, password: &str) -> Result<bool, CallError> {
        Ok(self.accounts().get(username).is_some_and(|known| known.reveal() == password))
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

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_password_is_that_of_the_account_and_of_the_last_reset() {
        let (demo, username) = (Demo::default(), "juliet".parse().unwrap());
        let check = |password: &str| block_on(demo.check_password(&username, password));
        assert_eq!(check("a \"password\""), Ok(false), "there is no account");
        let (first, second) = (Secret::new("a \"password\"".into()), Secret::new("another one".into()));
        let account = NewAccount {
            username: &username,
            password: &first,
            contact: None,
            groups: &[],
            roles: &[],
            token: None,
            client: None,
            not_after: Timestamp::MAX,
        };
        assert_eq!(block_on(demo.create(&account)), Ok(()));
        assert_eq!(["a \"password\"", "another one", ""].map(check), [Ok(true), Ok(false), Ok(false)]);
        assert_eq!(block_on(demo.create(&NewAccount { password: &second, ..account })), Err(Refusal::Taken.into()));
        assert_eq!(check("another one"), Ok(false), "it stays as it is");
        let reset = NewPassword { username: &username, password: &second, token: None, not_after: Timestamp::MAX };
        assert_eq!(block_on(demo.set_password(&reset)), Ok(()));
        assert_eq!(["a \"password\"", "another one"].map(check), [Ok(false), Ok(true)]);
    }
}
