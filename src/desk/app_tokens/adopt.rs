//! Adoption: an invite that the host's server created itself is taken into the ledger when its link is first opened here.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::gate::{Asker, LookUpGate};
use super::life::Life;
use crate::backend::{Backend, CallError, End, Own, Refusal};
use crate::clock;
use crate::desk::context::Context;
use crate::invite::name::HostName;
use crate::invite::policy::MAX_USES;
use crate::invite::{AppToken, AppUser, Draft, Invite, Source};
use crate::ledger::LedgerError;

/// Why it is not known whether there is such an invite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Too many unknown ones were asked for there.
    #[error("too many unknown tokens came from there")]
    Wait(Duration),
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

    /// The invite that a server minted `token` for, if one of them did. All are asked at once, and the first that knows it
    /// decides. Where none does, those that answer decide: one that is away spoils no other's pages.
    ///
    /// # Errors
    /// When that cannot be found out now: none that might know it answers, or `asker` has asked too often.
    pub(super) async fn find(&self, token: &str, asker: &Asker, now: Timestamp) -> Result<Option<Invite>, FindError> {
        if !is_token(token) {
            return Ok(None);
        }
        if let Some(invite) = self.known(token).await? {
            return Ok(Some(invite));
        }
        let at = clock::instant();
        let unasked = |(host, _): &(&HostName, &Arc<Backend>)| !self.gate.is_miss(host, token, at);
        let servers: Vec<_> = self.context.backends.all().filter(unasked).collect();
        if servers.is_empty() {
            return Ok(None);
        }
        self.gate.admit(asker, at).map_err(FindError::Wait)?;
        let (answer, answers) = async_channel::bounded(servers.len());
        let mut open_calls = 0;
        let mut away = 0;
        for (host, backend) in servers {
            if self.gate.may_ask(host, at) {
                let (answer, host, backend, token) =
                    (answer.clone(), host.clone(), Arc::clone(backend), token.to_owned());
                async_std::task::spawn(async move { answer.send((host, own(&backend, &token).await)).await });
                open_calls += 1;
            } else {
                away += 1;
            }
        }
        drop(answer);
        let mut unknown = Vec::new();
        for _ in 0..open_calls {
            match answers.recv().await {
                Ok((host, Knowledge::Known(own))) => {
                    self.gate.found(asker, at);
                    return Ok(self.adopt(&host, token, *own, now).await?);
                }
                Ok((host, Knowledge::Unknown)) => unknown.push(host),
                Ok((_, Knowledge::None)) => {}
                Ok((_, Knowledge::Away)) | Err(_) => away += 1,
            }
        }
        if away > 0 && unknown.is_empty() {
            return Err(FindError::Away);
        }
        for host in unknown {
            self.gate.missed(&host, token, clock::instant());
        }
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
                Ok(Some(self.life.record_use(invite, out, account.map(AppUser::from), now).await?))
            }
            (Some(invite), Some(End::Befriended(account))) => {
                Ok(Some(self.life.record_use(invite, out, account.map(AppUser::befriended), now).await?))
            }
            (invite, _) => Ok(invite),
        }
    }
}

/// What a server says of a token.
enum Knowledge {
    /// It is that of an invite of its own.
    Known(Box<Own>),
    /// It is none.
    Unknown,
    /// Servers of this kind say nothing of any.
    None,
    /// It does not answer now.
    Away,
}

/// What the server knows of `token`.
async fn own(backend: &Backend, token: &str) -> Knowledge {
    match backend.own(token).await {
        Ok(Some(own)) => Knowledge::Known(Box::new(own)),
        Err(CallError::Refused(Refusal::Unsupported)) => Knowledge::None,
        // What the server does not say is not shown.
        Ok(None) | Err(CallError::Refused(_)) => Knowledge::Unknown,
        Err(CallError::Away(_) | CallError::Unsure(_)) => Knowledge::Away,
    }
}
