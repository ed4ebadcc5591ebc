//! What a use was reserved for, asked of the server; and whether a name is free there.

use super::guest::{Applicant, SignUpError};
use crate::backend::{Backend, CallError, NewAccount, NewPassword, Refusal};
use crate::desk::context::Context;
use crate::invite::name::Username;
use crate::invite::{Kind, Source};
use crate::ledger::Reservation;

/// Has the server create the account, or set the password.
///
/// # Errors
/// Nothing was done, but for [`CallError::Unsure`].
pub(super) async fn carry_out(
    context: &Context,
    backend: &Backend,
    reservation: &Reservation,
    applicant: Applicant<'_>,
) -> Result<(), CallError> {
    let draft = &reservation.invite.draft;
    // An invite of the server itself is used up there, also where it has more uses than one.
    let adopted = || draft.app_token.as_ref().filter(|_| draft.source == Source::Server);
    let token = reservation.token.as_ref().or_else(adopted).and_then(|token| context.reveal(token));
    if matches!(draft.kind, Kind::Reset { .. }) {
        // It may have become one since the invite was created.
        match context.is_admins_reset(draft).await {
            Ok(false) => {}
            Ok(true) => return Err(Refusal::Admin.into()),
            // Nothing was asked for but this.
            Err(CallError::Unsure(why)) => return Err(CallError::Away(why)),
            Err(error) => return Err(error),
        }
        let reset = NewPassword {
            username: applicant.username,
            password: applicant.password,
            token: token.as_deref(),
            not_after: Backend::not_after(),
        };
        return backend.set_password(&reset).await;
    }
    let account = NewAccount {
        username: applicant.username,
        password: applicant.password,
        contact: draft.kind.contact(),
        groups: &draft.groups,
        roles: &draft.roles,
        token: token.as_deref(),
        client: applicant.client,
        not_after: Backend::not_after(),
    };
    backend.create(&account).await
}

/// What the server says of a name for a new account.
pub(super) async fn is_free(backend: &Backend, username: &Username) -> Result<(), SignUpError> {
    match backend.exists(username).await {
        Ok(true) => Err(SignUpError::Taken),
        // Where it cannot be asked, it is found out by trying.
        Ok(false) | Err(CallError::Refused(Refusal::Unsupported)) => Ok(()),
        Err(CallError::Refused(Refusal::Name)) => Err(SignUpError::Name),
        Err(_) => Err(SignUpError::Away),
    }
}
