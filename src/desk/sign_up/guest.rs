//! Who uses an invite on the web, and why that may not work.

use std::net::IpAddr;

use crate::config::secret::Secret;
use crate::desk::app_tokens::{FindError, TokenError};
use crate::invite::Status;
use crate::invite::name::Username;
use crate::ledger::{LedgerError, RedeemError};

/// Somebody who uses an invite on the web.
#[derive(Clone, Copy, Debug)]
pub struct Guest<'a> {
    /// The invite's token.
    pub token: &'a str,
    /// What the account is to be called; for a reset, what it is called.
    pub username: &'a Username,
    /// Its password.
    pub password: &'a Secret,
    /// Where the guest is.
    pub client: IpAddr,
}

/// Who is to have an account, or a new password.
#[derive(Clone, Copy)]
pub(super) struct Applicant<'a> {
    /// As in [`Guest::username`].
    pub(super) username: &'a Username,
    /// As in [`Guest::password`].
    pub(super) password: &'a Secret,
    /// Where they are. A site with a form of its own does not say: its own address would stand for all its guests, and a
    /// server that limits accounts by address would refuse most of them.
    pub(super) client: Option<IpAddr>,
}

impl<'a> From<Guest<'a>> for Applicant<'a> {
    fn from(guest: Guest<'a>) -> Self {
        Self { username: guest.username, password: guest.password, client: Some(guest.client) }
    }
}

/// Why there is no account, or no new password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignUpError {
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// There is no such invite.
    #[error("there is no such invite")]
    Absent,
    /// It is redeemed, expired or revoked.
    #[error("the invite is {0}")]
    Ended(Status),
    /// It is for a new password and not for an account, or the other way round.
    #[error("the invite is for something else")]
    WrongKind,
    /// It is for another name.
    #[error("the invite is for another name")]
    OtherName,
    /// The name is nobody's on this host.
    #[error("the name is reserved on this host")]
    Reserved,
    /// Somebody has the name.
    #[error("the name is taken")]
    Taken,
    /// The server takes no such name.
    #[error("the server does not take this name")]
    Name,
    /// The password has fewer characters than this.
    #[error("the password is shorter than {0} characters")]
    PasswordTooShort(usize),
    /// The server takes no such password.
    #[error("the server does not take this password")]
    Password,
    /// The server's own rules are against it.
    #[error("the server does not allow it")]
    NotAllowed,
    /// No accounts are created here.
    #[error("no accounts are created here")]
    Closed,
    /// An Idempotency-Key came before with another request.
    #[error("the Idempotency-Key came before with another request")]
    IdempotencyKeyReused,
    /// The server is away; later it may work.
    #[error("the XMPP server is away")]
    Away,
}

impl From<FindError> for SignUpError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Ledger(error) => error.into(),
            FindError::Away | FindError::Wait(_) => Self::Away,
        }
    }
}

impl From<TokenError> for SignUpError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Ledger(error) => error.into(),
            TokenError::Call(_) => Self::Away,
        }
    }
}

impl From<RedeemError> for SignUpError {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Ledger(error) => error.into(),
            RedeemError::Absent => Self::Absent,
            RedeemError::Ended(status) => Self::Ended(status),
            RedeemError::OtherName => Self::OtherName,
            RedeemError::Taken(_) => Self::Taken,
            RedeemError::IdempotencyKeyReused => Self::IdempotencyKeyReused,
            // A reservation takes the token along.
            RedeemError::AppTokenOutstanding => Self::Away,
        }
    }
}
