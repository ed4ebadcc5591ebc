//! What a use was reserved for, asked of the server.

use super::guest::Guest;
use crate::backend::{Backend, CallError, NewAccount, NewPassword, Refusal};
use crate::desk::context::Context;
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
    guest: Guest<'_>,
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
            username: guest.username,
            password: guest.password,
            token: token.as_deref(),
            not_after: Backend::not_after(),
        };
        return backend.set_password(&reset).await;
    }
    let account = NewAccount {
        username: guest.username,
        password: guest.password,
        contact: draft.kind.contact(),
        groups: &draft.groups,
        roles: &draft.roles,
        token: token.as_deref(),
        client: Some(guest.client),
        not_after: Backend::not_after(),
    };
    backend.create(&account).await
}
