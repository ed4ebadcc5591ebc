//! The invite that a link opens, and the site that it is for.

use jiff::Timestamp;

use super::refused::GuestProblem;
use crate::caller::{Request, address_of, note_slowed};
use crate::config::HostSettings;
use crate::desk::Asker;
use crate::invite::{Invite, Status};
use crate::problem::{Problem, TooMany};

/// The invite that a link's token opens. Where servers are asked for those that are none of ours, wrong ones are counted.
///
/// # Errors
/// When there were too many of them, or the ledger cannot be used.
pub(super) async fn find(request: &Request, token: &str, now: Timestamp) -> Result<Option<Invite>, Problem> {
    let invites = &request.state().desk.invites;
    if invites.may_be_a_servers(token) {
        return guessed(request, token, now).await;
    }
    Ok(invites.open(token, &Asker::guest(address_of(request)), now).await?)
}

/// The same for what may be guessed: wrong ones are counted by address. What the ledger knows is opened whatever came from
/// there before; where too many were wrong, no server is asked any more.
///
/// # Errors
/// As [`find`].
pub(super) async fn guessed(request: &Request, token: &str, now: Timestamp) -> Result<Option<Invite>, Problem> {
    let (desk, client) = (&request.state().desk, address_of(request));
    let wait = desk.access.wait_for_guess(client);
    let invite = match wait {
        None => desk.invites.open(token, &Asker::guest(client), now).await?,
        Some(_) => desk.invites.open_known(token).await?,
    };
    match (&invite, wait) {
        (None, Some(wait)) => {
            note_slowed(request);
            return Err(Problem::TooMany(TooMany::Failures, wait));
        }
        (None, None) => desk.access.note_wrong_guess(client),
        (Some(_), _) => {}
    }
    Ok(invite)
}

/// The same for a page, which is about an invite.
///
/// # Errors
/// When there is none, or that cannot be told.
pub(super) async fn known(request: &Request, token: &str, now: Timestamp) -> Result<Invite, GuestProblem> {
    find(request, token, now).await?.ok_or(GuestProblem::Unknown)
}

/// The site of an invite.
///
/// # Errors
/// When its host is no longer declared.
pub(super) fn site_of<'a>(request: &'a Request, invite: &Invite) -> Result<&'a HostSettings, GuestProblem> {
    request.state().settings.hosts.get(&invite.draft.host).ok_or_else(|| GuestProblem::ended(invite, Status::Pending))
}

/// The site of an invite that can still be redeemed.
///
/// # Errors
/// When it has ended, or its host is no longer declared.
pub(super) fn site_of_pending<'a>(
    request: &'a Request,
    invite: &Invite,
    now: Timestamp,
) -> Result<&'a HostSettings, GuestProblem> {
    match invite.status(now) {
        Status::Pending => site_of(request, invite),
        ended @ (Status::Redeemed | Status::Expired | Status::Revoked) => Err(GuestProblem::ended(invite, ended)),
    }
}
