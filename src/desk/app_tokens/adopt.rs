//! Adoption: an invite that the host's server created itself is taken into the ledger when its link is first opened here.

use std::sync::Arc;

use jiff::Timestamp;

use super::gate::{Admits, LookUpGate};
use super::life::Life;
use crate::backend::{Backend, CallError, End, Own};
use crate::clock;
use crate::desk::context::Context;
use crate::invite::name::HostName;
use crate::invite::policy::MAX_USES;
use crate::invite::{AppToken, Draft, Invite, Source};
use crate::ledger::LedgerError;

/// Why it is not known whether there is such an invite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger has none, and the server that may have created it cannot be asked now.
    #[error("the XMPP server that may have created this invite cannot be asked now")]
    Away,
}

/// Tokens of all servers look like this.
fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (12..=128).contains(&text.len()) && text.bytes().all(fits)
}

/// Finds the invites of servers.
#[derive(Clone)]
pub(super) struct Adoption {
    context: Arc<Context>,
    life: Life,
    gate: Arc<LookUpGate>,
}

impl Adoption {
    pub(super) fn new(context: Arc<Context>, life: Life, gate: Arc<LookUpGate>) -> Self {
        Self { context, life, gate }
    }

    /// The invite that a server minted `token` for, if one of them did.
    ///
    /// # Errors
    /// When that cannot be found out now.
    pub(super) async fn find(&self, token: &str, now: Timestamp) -> Result<Option<Invite>, FindError> {
        let backends = &self.context.backends;
        if !is_token(token) || backends.all().next().is_none() {
            return Ok(None);
        }
        if let Some(invite) = self.known(token).await? {
            return Ok(Some(invite));
        }
        match self.gate.admits(token, now, clock::instant()) {
            Admits::Ask => {}
            Admits::Miss => return Ok(None),
            Admits::Later => return Err(FindError::Away),
        }
        let mut is_missing = true;
        for (host, backend) in backends.all() {
            match own(backend, token).await {
                Ok(Some(own)) => return Ok(self.adopt(host, token, own, now).await?),
                Ok(None) => {}
                Err(_) => is_missing = false,
            }
        }
        if !is_missing {
            return Err(FindError::Away);
        }
        self.gate.missed(token, clock::instant());
        Ok(None)
    }

    /// The invite that was adopted for `token`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(super) async fn known(&self, token: &str) -> Result<Option<Invite>, LedgerError> {
        if is_token(token) {
            for (host, _) in self.context.backends.all() {
                if let Some(invite) = self.context.ledger.adopted(token, host).await? {
                    return Ok(Some(invite));
                }
            }
        }
        Ok(None)
    }

    async fn adopt(
        &self,
        host: &HostName,
        token: &str,
        Own { found, end, .. }: Own,
        now: Timestamp,
    ) -> Result<Option<Invite>, LedgerError> {
        let sealed = self.context.ledger.seal().close(token.as_bytes());
        let out = AppToken { sealed, expires_at: found.expires_at, is_withdrawing: false };
        let draft = Draft {
            inviter: found.kind.contact().map(ToString::to_string),
            kind: found.kind,
            host: host.clone(),
            uses: if found.reusable { MAX_USES } else { 1 },
            created_at: now,
            expires_at: found.expires_at,
            groups: vec![],
            roles: vec![],
            note: None,
            source: Source::Server,
            // Of what has expired nothing is left to be watched.
            app_token: (end != Some(End::Unused)).then(|| out.clone()),
        };
        let invite = self.context.ledger.adopt(token, draft).await?;
        match (invite, end) {
            (Some(invite), Some(End::Used(account))) => {
                Ok(Some(self.life.record_use(invite, out, account, now).await?))
            }
            (invite, _) => Ok(invite),
        }
    }
}

/// The server's own invite behind `token`.
async fn own(backend: &Backend, token: &str) -> Result<Option<Own>, CallError> {
    match backend.own(token).await {
        // What the server does not say is not shown.
        Err(CallError::Refused(_)) => Ok(None),
        answer => answer,
    }
}
