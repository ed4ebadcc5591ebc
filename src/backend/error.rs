//! Why a call came to nothing.

use crate::log::Cause;

/// Why a call came to nothing. No text in it is for a guest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The server says no; asked again it would say so again.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The server cannot be reached, or refuses us. Nothing was done.
    #[error("the server is away")]
    Away(#[source] Cause),
    /// The call was sent and no answer came: nobody knows whether it was done.
    #[error("the server did not answer")]
    Unsure(#[source] Cause),
}

/// What a server says no for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The name has an account.
    #[error("there is an account of that name")]
    Taken,
    /// The name has no account.
    #[error("there is no account of that name")]
    NoAccount,
    /// The token was used, has expired or was withdrawn.
    #[error("the server's token is no longer there")]
    NoToken,
    /// The server takes no such name.
    #[error("the server does not take this name")]
    Name,
    /// The account is an admin's, and what is asked is not for these.
    #[error("the account is an admin of the server")]
    Admin,
    /// The server takes no such password.
    #[error("the server does not take this password")]
    Password,
    /// The server's own rules are against this account; what they are about, for the log.
    #[error("the server does not allow it ({0})")]
    NotAllowed(String),
    /// The server's own rules are against it for now, such as too many accounts from one place; for the log.
    #[error("the server wants us to wait ({0})")]
    Later(String),
    /// It has as many tokens as it takes.
    #[error("the server has as many tokens as it takes")]
    NoRoom,
    /// This kind of server, or its version, cannot do it.
    #[error("the server cannot do this")]
    Unsupported,
    /// Something else; for the log, without anything secret or that a guest typed.
    #[error("the server refused ({0})")]
    Other(String),
}
