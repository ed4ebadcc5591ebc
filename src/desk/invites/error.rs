//! Why no invite was created.

use crate::backend::CallError;
use crate::config::LackingScopes;
use crate::desk::context::ADMINS_PASSWORD;
use crate::invite::field::{FieldError, join};
use crate::invite::name::Username;
use crate::ledger::CreateError;

/// Why no invite was created.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateInviteError {
    /// The key was not given what is asked for.
    #[error(transparent)]
    Scopes(#[from] LackingScopes),
    /// A new password for an admin of the XMPP server, which only the command line lets somebody set.
    #[error("{ADMINS_PASSWORD}")]
    AdminsPassword,
    /// The key may not create invites for this host, or it is none of ours; with all else that is wrong.
    #[error("not a host for which invites can be created here; see [hosts] in the configuration")]
    Host(Vec<FieldError>),
    /// Several hosts are possible; with all else that is wrong.
    #[error("several hosts are declared; name one")]
    WhichHost(Vec<FieldError>),
    /// Fields of the request are wrong.
    #[error("{}", join(.0))]
    Fields(Vec<FieldError>),
    /// Somebody has the name that the invite would be bound to.
    #[error("{0} has an account; choose another name, or create a password reset for it")]
    NameTaken(Username),
    /// The host's server says that there is nobody of a name that is to be there.
    #[error("{}", join(.0))]
    Accounts(Vec<FieldError>),
    /// The ledger says no.
    #[error(transparent)]
    Ledger(#[from] CreateError),
    /// Tokens for apps were wanted by all means, and there is none.
    #[error("no token for apps")]
    NoAppToken(#[source] CallError),
    /// There is nothing to make links of.
    #[error("public_url is not set in the configuration; links begin with it")]
    NoPublicUrl,
}
