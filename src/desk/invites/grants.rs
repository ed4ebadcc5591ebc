//! Which scopes an invite takes: those of everything that whoever redeems it gets. They hold for whoever has it created, changes
//! it, or is shown its token.

use std::collections::BTreeSet;

use crate::config::Scope;
use crate::invite::field::Given;
use crate::invite::request::InviteRequest;
use crate::invite::{Draft, Invite, Kind, KindName, Source};
use crate::key::Key;

/// What `request` asks for. A field that cannot be read is asked for, too.
pub(super) fn of_request(request: &InviteRequest) -> BTreeSet<Scope> {
    let kind = request.kind.value();
    let is_reset = !request.reset.is_absent() || kind == Some(&KindName::Reset);
    let is_contact = !request.contact.is_absent() || kind == Some(&KindName::Contact);
    let is_some =
        |words: &Given<Vec<String>>| !words.is_absent() && words.value().is_none_or(|words| !words.is_empty());
    let mut all = scopes(is_reset, is_contact, is_some(&request.groups) || is_some(&request.roles));
    if !request.mail.is_absent() {
        all.insert(Scope::Mail);
    }
    all
}

/// What an invite like `draft` takes.
pub(super) fn of_draft(draft: &Draft) -> BTreeSet<Scope> {
    let is_reset = matches!(draft.kind, Kind::Reset { .. });
    scopes(is_reset, draft.kind.contact().is_some(), !(draft.groups.is_empty() && draft.roles.is_empty()))
}

fn scopes(is_reset: bool, is_contact: bool, has_roles: bool) -> BTreeSet<Scope> {
    let of = |scope, is: bool| is.then_some(scope);
    let account = if is_reset { Scope::Reset } else { Scope::Create };
    [Some(account), of(Scope::Contact, is_contact), of(Scope::Roles, has_roles)].into_iter().flatten().collect()
}

/// Whether an invite is for the command line alone: a new password that it lets somebody set may be an admin's.
pub(super) fn is_for_admins(draft: &Draft) -> bool {
    draft.source == Source::Cli && matches!(draft.kind, Kind::Reset { .. })
}

/// Whether the holder of `key` may have the token of `invite`: with that key it could have been created.
#[must_use]
pub fn may_have_token(key: &Key, invite: &Invite) -> bool {
    !is_for_admins(&invite.draft) && key.check_scopes(&of_draft(&invite.draft)).is_ok()
}
