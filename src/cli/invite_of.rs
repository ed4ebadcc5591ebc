//! `invited invite revoke --of` and `invited invite forget`: what concerns all that somebody has invited.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::invite_admin::Admin;
use super::invite_create::explain;
use super::outcome::{Outcome, Reported};
use super::server_tools::disable;
use super::terminal::{count, hint, print, print_json};
use super::time;
use crate::api::tree::InvitedAccountView;
use crate::api::view::InviteView;
use crate::config::BackendKind;
use crate::invite::name::{HostName, Jid};
use crate::invite::policy::span_text;
use crate::invite::{Invite, Inviter};
use crate::ledger::InvitedAccount;

/// What is created while invites are revoked is revoked as well, so many times.
const ROUNDS: usize = 3;

/// What was revoked of an inviter, in JSON.
#[derive(Default, Serialize)]
struct RevokedView {
    /// Those that were pending.
    invites: Vec<InviteView>,
    next_cursor: Option<String>,
    /// The accounts that were invited before.
    accounts: Vec<InvitedAccountView>,
    /// Lines for the servers' own tools, which disable these accounts.
    commands: Vec<String>,
}

/// Revokes what an inviter has pending, and with `is_deep` what those have whom they invited. Says of each what it was; the result
/// are lines that disable the accounts, for the servers' own tools.
pub(super) async fn revoke_of(admin: &Admin, user: &Jid, is_deep: bool, is_json: bool) -> Outcome {
    let (mut invites, mut accounts, mut is_done) = (vec![], vec![], false);
    for _ in 0..ROUNDS {
        let revoked = admin.invites.revoke_of(user, is_deep, admin.ledger.now()).await?;
        accounts = revoked.accounts;
        is_done = revoked.invites.is_empty();
        if is_done {
            break;
        }
        invites.extend(revoked.invites);
    }
    for invite in &invites {
        hint(&format!("revoked {}", described(invite)));
    }
    if invites.is_empty() {
        hint(&format!("{user} has no pending invites{}", if is_deep { ", nor has anybody below" } else { "" }));
    }
    if !is_done {
        hint(
            "invited: invites of theirs are created while these are revoked; revoke the key's right to, and run this again",
        );
    }
    tell_accounts(admin, &accounts);
    let commands = commands(admin, &accounts);
    if is_json {
        let ids: Vec<_> = invites.iter().map(|invite| invite.id.to_string()).collect();
        let invites = admin.views(admin.find(&ids).await?).map_err(|error| explain(&admin.settings, error))?;
        let accounts = accounts.into_iter().map(Into::into).collect();
        print_json(&RevokedView { invites, next_cursor: None, accounts, commands })?;
    } else if !commands.is_empty() {
        print(&commands.join("\n"))?;
    }
    if is_done { Ok(()) } else { Err(Reported(1).into()) }
}

/// The same where there is no ledger yet.
pub(super) fn revoke_of_none(inviter: &Jid, is_json: bool) -> Outcome {
    hint(&format!("{inviter} has no pending invites"));
    if is_json { print_json(&RevokedView::default()) } else { Ok(()) }
}

fn described(invite: &Invite) -> String {
    format!("{}, of {} ({})", invite.id, Inviter::of(&invite.draft), invite.draft.source)
}

/// Lists the accounts, each with who says that they were invited by whom.
fn tell_accounts(admin: &Admin, accounts: &[InvitedAccount]) {
    if accounts.is_empty() {
        return;
    }
    hint(&format!("{} invited before:", if accounts.len() == 1 { "1 account was" } else { "these accounts were" }));
    for InvitedAccount { account, inviter, source, at, .. } in accounts {
        hint(&format!("  {account} by {inviter} ({source}), {}", time::away(*at, admin.now)));
    }
    let mut without: BTreeMap<&HostName, usize> = BTreeMap::new();
    let mut servers = BTreeSet::new();
    for InvitedAccount { account, .. } in accounts {
        match server_of(admin, &account.host) {
            kind @ (BackendKind::Prosody | BackendKind::Ejabberd) => _ = servers.insert(kind.word()),
            BackendKind::Ledger | BackendKind::Xmpp | BackendKind::Demo => {
                *without.entry(&account.host).or_default() += 1;
            }
        }
    }
    for (host, accounts) in without {
        let accounts = count(accounts, "account");
        hint(&format!("disable {accounts} on {host} with the tools of its server, which this program does not know"));
    }
    if !servers.is_empty() {
        hint("nothing was done to these accounts; to disable them, look through these lines and run them:");
    }
    if servers.contains(BackendKind::Prosody.word()) {
        hint("(Prosody 0.12 has no disable; there `prosodyctl shell user delete ADDRESS` deletes an account)");
    }
}

fn server_of(admin: &Admin, host: &HostName) -> BackendKind {
    admin.settings.hosts.get(host).map_or(BackendKind::Ledger, |host| host.backend.kind())
}

fn commands(admin: &Admin, accounts: &[InvitedAccount]) -> Vec<String> {
    let line = |one: &InvitedAccount| disable(server_of(admin, &one.account.host), &one.account, &one.inviter);
    accounts.iter().filter_map(line).collect()
}

/// What was forgotten of a user, in JSON.
#[derive(Serialize)]
struct ForgottenView {
    user: String,
    /// Of so many accounts it is not known any more who invited them.
    accounts: u64,
}

/// What was forgotten, in JSON.
#[derive(Serialize)]
struct ForgottenList {
    forgotten: Vec<ForgottenView>,
}

/// Forgets who invited users, and whom they invited. Says what stays.
pub(super) async fn forget(admin: &Admin, users: &[Jid], is_json: bool) -> Outcome {
    let mut forgotten = vec![];
    for user in users {
        let accounts = admin.invites.forget_invited(user).await?;
        forgotten.push((user, accounts));
    }
    tell_forgotten(&forgotten, is_json)?;
    let retention = span_text(admin.settings.ledger.retention);
    hint(&format!(
        "What invites themselves say of them, and who redeemed those, stays until {retention} after each has ended \
         (ledger.retention), and in backups; what of theirs is still pending is noted again when it is redeemed."
    ));
    Ok(())
}

/// The same where there is no ledger yet.
pub(super) fn forget_none(users: &[Jid], is_json: bool) -> Outcome {
    tell_forgotten(&users.iter().map(|user| (user, 0)).collect::<Vec<_>>(), is_json)
}

fn tell_forgotten(forgotten: &[(&Jid, u64)], is_json: bool) -> Outcome {
    for (user, accounts) in forgotten {
        hint(&match accounts {
            0 => format!("nothing is known of who invited {user}, or whom they invited"),
            1 => format!("forgot who invited whom of {user}: 1 account"),
            accounts => format!("forgot who invited whom of {user}: {accounts} accounts"),
        });
    }
    if is_json {
        let view = |(user, accounts): &(&Jid, u64)| ForgottenView { user: user.to_string(), accounts: *accounts };
        print_json(&ForgottenList { forgotten: forgotten.iter().map(view).collect() })?;
    }
    Ok(())
}
