//! How the ledger and the XMPP servers are, for whoever operates the service.

use std::sync::Arc;

use super::context::Context;
use crate::backend::State;
use crate::config::BackendKind;
use crate::invite::name::HostName;
use crate::ledger::{ClockDifference, LedgerError};

/// How it goes: a part of the desk.
pub struct ServiceHealth {
    context: Arc<Context>,
}

impl ServiceHealth {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Whether the ledger can be written, which is tried at most once a second, however often it is asked; and this node may
    /// judge.
    ///
    /// # Errors
    /// When it cannot, or may not.
    pub async fn is_writable(&self) -> Result<(), LedgerError> {
        self.context.ledger.is_writable().await
    }

    /// Whether anything in the ledger was found damaged since the start, though it can be written.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.context.ledger.damaged() > 0
    }

    /// How far this node's clock is from the one by which it judges, if an admin is to know that.
    #[must_use]
    pub fn clock_trouble(&self) -> Option<ClockDifference> {
        self.context.ledger.clock_difference().filter(|difference| difference.is_large())
    }

    /// Whether this node may judge: its clock is not too far from the database's.
    #[must_use]
    pub fn may_judge(&self) -> bool {
        self.context.ledger.may_judge().is_ok()
    }

    /// The hosts, each with the kind of its backend, and how its server is if there is one.
    pub fn hosts(&self) -> impl Iterator<Item = (&HostName, BackendKind, Option<State>)> {
        let state = |host: &HostName| self.context.backend(host).map(crate::backend::Backend::state);
        self.context.settings.hosts.iter().map(move |(host, settings)| (host, settings.backend.kind(), state(host)))
    }
}
