//! What a crash, or a server that was away, has left undone: it is finished here. What the servers need is seen to as
//! well: each is tried while it is away, and cleared up now and then.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::app_tokens::AppTokens;
use super::sign_up::SignUp;
use crate::backend::{Backend, Backends, State};
use crate::ledger::LedgerError;

/// A server that answered, and was asked for nothing since, is asked whether it is still there.
const PROBE_EVERY: Duration = Duration::from_secs(30);

/// What was left undone: a part of the desk.
pub struct Reconcile {
    backends: Arc<Backends>,
    app_tokens: AppTokens,
    sign_up: SignUp,
}

impl Reconcile {
    pub(super) fn new(backends: Arc<Backends>, app_tokens: AppTokens, sign_up: SignUp) -> Self {
        Self { backends, app_tokens, sign_up }
    }

    /// Ends reservations that were left open, and withdraws app tokens that nobody is to use: asked every second.
    ///
    /// # Errors
    /// When the ledger cannot be used; the rest is for the next time.
    pub async fn run(&self, now: Timestamp) -> Result<(), LedgerError> {
        if self.backends.all().next().is_none() {
            return Ok(());
        }
        self.sign_up.reconcile_all(now).await?;
        self.app_tokens.withdraw_stale(now).await
    }

    /// What each server needs: to be run apart, as a server that hangs is to keep no other waiting. With `tidy` it is
    /// cleared up, too.
    pub fn servers(&self, tidy: bool) -> impl Iterator<Item = impl Future<Output = ()> + Send + use<>> {
        self.backends.all().map(move |(_, backend)| look_after(Arc::clone(backend), tidy))
    }
}

/// Sees that one server is there, and that what must be in place there is.
async fn look_after(backend: Arc<Backend>, tidy: bool) {
    let Some(_care) = backend.care() else { return };
    // How that went is logged by the backend itself.
    if backend.state() != State::Up || backend.is_quiet_for(PROBE_EVERY) {
        backend.probe().await;
    }
    let _ = backend.keep().await;
    if tidy {
        let _ = backend.tidy().await;
    }
}
