//! What a backend is asked about tokens, and what it is answered when it asks us.

use super::Backend;
use crate::backend::error::{CallError, Refusal};
use crate::backend::question::Verdict;
use crate::backend::token::{Mint, Minted, Own, TokenState};

impl Backend {
    /// See [`crate::backend::Adapter::can_withdraw`].
    #[must_use]
    pub fn can_withdraw(&self) -> bool {
        self.adapter.can_withdraw()
    }

    /// See [`crate::backend::Adapter::mint`].
    ///
    /// # Errors
    /// There is no token that anybody knows of.
    pub async fn mint(&self, wanted: &Mint<'_>) -> Result<Minted, CallError> {
        self.call("mint", self.adapter.mint(wanted)).await
    }

    /// See [`crate::backend::Adapter::withdraw`].
    ///
    /// # Errors
    /// It may still be there.
    pub async fn withdraw(&self, token: &str) -> Result<bool, CallError> {
        self.call("withdraw", self.adapter.withdraw(token)).await
    }

    /// See [`crate::backend::Adapter::look_up`].
    ///
    /// # Errors
    /// When the server is away.
    pub async fn look_up(&self, token: &str) -> Result<TokenState, CallError> {
        self.call("look_up", self.adapter.look_up(token)).await
    }

    /// See [`crate::backend::Adapter::own`].
    ///
    /// # Errors
    /// When the server is away.
    pub async fn own(&self, token: &str) -> Result<Option<Own>, CallError> {
        self.call("own", self.adapter.own(token)).await
    }

    /// See [`crate::backend::Adapter::forget`].
    ///
    /// # Errors
    /// It is still there.
    pub async fn forget(&self, token: &str) -> Result<(), CallError> {
        self.call("forget", self.adapter.forget(token)).await
    }

    /// See [`crate::backend::Adapter::limits`].
    #[must_use]
    pub fn limits(&self) -> Vec<String> {
        self.adapter.limits()
    }

    /// Whether the server mints no token for want of room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.adapter.room().is_some_and(|room| room.used >= room.limit)
    }

    /// See [`crate::backend::Adapter::ended`]; where the server has no such call, each token is looked up.
    ///
    /// # Errors
    /// When the server is away.
    pub async fn ended(&self, tokens: &[&str]) -> Result<Vec<(usize, TokenState)>, CallError> {
        match self.call("ended", self.adapter.ended(tokens)).await {
            Err(CallError::Refused(Refusal::Unsupported)) => {}
            answer => return answer,
        }
        let mut ended = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            match self.look_up(token).await? {
                TokenState::Live(_) => {}
                state => ended.push((at, state)),
            }
        }
        Ok(ended)
    }

    /// See [`crate::backend::Adapter::answer`].
    ///
    /// # Errors
    /// Nobody was told, but for [`CallError::Unsure`].
    pub async fn answer(&self, question: &str, verdict: &Verdict) -> Result<bool, CallError> {
        let _turn = self.answers.acquire().await;
        self.call("answer", self.adapter.answer(question, verdict)).await
    }
}
