//! Tokens of XMPP servers with which apps sign up, as the ledger has them.

use crate::invite::Invite;

/// Whether a token that was minted is the invite's.
#[derive(Clone, Debug)]
pub enum Kept {
    /// It is.
    Kept(Invite),
    /// The invite has one already, or has ended: this one is to be withdrawn.
    NotNeeded(Option<Invite>),
}

/// Which app tokens to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppTokenFilter {
    /// Those with which an app can use an invite.
    Live,
    /// Those that nobody is to use any more, and of which it is not known what became of them.
    Stale,
}
