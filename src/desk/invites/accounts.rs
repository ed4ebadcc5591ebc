//! Whether those whom an invite names have accounts, asked of the host's server before the invite is created.

use std::time::Duration;

use futures_lite::future::zip;

use super::Invites;
use super::caller::Caller;
use super::error::CreateInviteError;
use crate::backend::Backend;
use crate::clock::within;
use crate::invite::field::{FieldError, FieldErrorKind};
use crate::invite::name::Username;
use crate::invite::{Draft, Kind};

/// Whoever creates an invite does not wait for longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Whom an invite names; nobody: the server need not be asked.
struct NamedAccounts<'a> {
    /// Who is to have a new account.
    newcomer: Option<&'a Username>,
    /// Who is to have one already, with the field that names them.
    member: Option<(&'static str, &'a Username)>,
}

impl<'a> NamedAccounts<'a> {
    fn by(caller: &Caller<'_>, draft: &'a Draft) -> Self {
        match &draft.kind {
            Kind::Account { username } => Self { newcomer: username.as_ref(), member: None },
            Kind::Contact { contact, username } => {
                // Whoever asks from an account has it.
                let is_caller = matches!(caller, Caller::User { jid, .. } if *jid == contact);
                Self { newcomer: username.as_ref(), member: (!is_caller).then_some(("contact", &contact.user)) }
            }
            Kind::Reset { username } => Self { newcomer: None, member: Some(("reset", username)) },
        }
    }

    fn is_nobody(&self) -> bool {
        self.newcomer.is_none() && self.member.is_none()
    }
}

/// Whether the host's server can be asked about whom an invite names.
pub(super) fn has_names(caller: &Caller<'_>, draft: &Draft) -> bool {
    !NamedAccounts::by(caller, draft).is_nobody()
}

impl Invites {
    /// Better said now to whoever creates an invite than later to the guest: that somebody has the name, or nobody. A server
    /// that is away, slow, or cannot be asked is no reason not to create it.
    ///
    /// # Errors
    /// When the server says that the invite could not be used.
    pub(super) async fn check_accounts(&self, caller: &Caller<'_>, draft: &Draft) -> Result<(), CreateInviteError> {
        let NamedAccounts { newcomer, member } = NamedAccounts::by(caller, draft);
        let Some(backend) = self.context.backend(&draft.host) else { return Ok(()) };
        let (newcomer_is, member_is) =
            zip(exists(backend, newcomer), exists(backend, member.map(|(_, name)| name))).await;
        let taken = newcomer.filter(|_| newcomer_is == Some(true));
        let absent = member.filter(|_| member_is == Some(false));
        let error = |field, reason| FieldError { kind: FieldErrorKind::NotForServer, ..FieldError::new(field, reason) };
        match (absent, taken) {
            (None, None) => Ok(()),
            (None, Some(name)) => Err(CreateInviteError::NameTaken(name.clone())),
            (Some((field, name)), taken) => {
                let mut errors = vec![error(field, format!("there is no account {name} on {}", draft.host))];
                errors.extend(taken.map(|name| error("username", format!("{name} has an account on {}", draft.host))));
                Err(CreateInviteError::Accounts(errors))
            }
        }
    }
}

/// Whether somebody of that name has an account; nothing if that is not known.
async fn exists(backend: &Backend, name: Option<&Username>) -> Option<bool> {
    within(PATIENCE, backend.exists(name?)).await?.ok()
}
