//! `invited invite revoke` and `invited invite restore`: whether invites can be redeemed.

use super::invite_admin::Admin;
use super::invite_create::explain;
use super::outcome::{Outcome, Reported};
use super::terminal::{hint, print_json};
use super::time;
use crate::api::view::InviteList;
use crate::invite::{Invite, Status};
use crate::log::chain;

/// Revokes invites, all at once. Says of each what has become of it.
pub(super) async fn revoke(admin: &Admin, ids: &[String], is_json: bool) -> Outcome {
    let invites = admin.find(ids).await?;
    let revoked = admin.invites.revoke(invites.iter().map(|invite| invite.id).collect(), admin.now).await?;
    let mut are_all = true;
    for invite in &invites {
        let id = invite.id;
        match invite.status(admin.now) {
            _ if revoked.iter().any(|revoked| revoked.id == id) => hint(&format!("revoked {id}")),
            Status::Revoked => hint(&format!("{id} has been revoked before")),
            Status::Expired => hint(&format!("{id} has expired; there was nothing to revoke")),
            Status::Pending | Status::Redeemed => {
                hint(&format!("invited: cannot revoke {id}: it has been redeemed"));
                are_all = false;
            }
        }
    }
    finish(admin, &invites, is_json, are_all).await
}

/// Restores invites, one after the other, as far as somebody can redeem them then. Says of each what has become of it.
pub(super) async fn restore(admin: &Admin, ids: &[String], is_json: bool) -> Outcome {
    let invites = admin.find(ids).await?;
    let mut are_all = true;
    for invite in &invites {
        let (id, expires_at) = (invite.id, invite.draft.expires_at);
        let end = time::away(expires_at, admin.now);
        let refused = match invite.status(admin.now) {
            Status::Pending => {
                hint(&format!("{id} is not revoked; it expires {end}"));
                continue;
            }
            Status::Redeemed => "it has been redeemed".to_owned(),
            Status::Expired | Status::Revoked if expires_at <= admin.now => {
                format!("it expired {end}; create another one")
            }
            Status::Expired | Status::Revoked => match admin.invites.restore(id, admin.now).await {
                Ok(_) => {
                    hint(&format!("restored {id}; it expires {end}"));
                    continue;
                }
                Err(error) => chain(&error).to_string(),
            },
        };
        hint(&format!("invited: cannot restore {id}: {refused}"));
        are_all = false;
    }
    finish(admin, &invites, is_json, are_all).await
}

/// Prints the invites as they are now, if that is asked for.
async fn finish(admin: &Admin, invites: &[Invite], is_json: bool, are_all: bool) -> Outcome {
    if is_json {
        let ids: Vec<_> = invites.iter().map(|invite| invite.id.to_string()).collect();
        let invites = admin.views(admin.find(&ids).await?).map_err(|error| explain(&admin.settings, error))?;
        print_json(&InviteList { invites, next_cursor: None })?;
    }
    if are_all { Ok(()) } else { Err(Reported(1).into()) }
}
