//! `GET /manage`: invites that whoever is signed in sees, newest first. Page and filter are in the URL.

use askama::Template;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tide::Response;

use super::sign_in::{self, PATH};
use super::visit::{VisitorBar, kind_text, look, session};
use crate::caller::Request;
use crate::desk::manage::{InvitesFilter, Manager};
use crate::invite::name::{HostName, Username};
use crate::invite::{Invite, Status};
use crate::ledger::ListedInvites;
use crate::pages::html::Html;
use crate::pages::look::Look;
use crate::pages::page::page;
use crate::pages::query::{parameter, with_parameters};
use crate::problem::Problem;

/// So many on a page.
const PAGE: u32 = 50;

/// Names of those who used an invite; of more it is told that there are more.
const MOST_NAMES: usize = 5;

#[derive(Template)]
#[template(path = "manage_list.html")]
struct ManageListPage<'a> {
    look: Look<'a>,
    bar: VisitorBar,
    /// Where new ones are created, if they may create any.
    create: Option<String>,
    /// Where it is shown who invited whom, to whoever may see it.
    tree: Option<String>,
    statuses: Vec<Choice<'static>>,
    /// To choose from, if there are several.
    hosts: Vec<Choice<'a>>,
    invites: Vec<ListedInvite>,
    newest: Option<String>,
    older: Option<String>,
}

/// One of several that can be chosen.
pub(super) struct Choice<'a> {
    pub(super) value: &'a str,
    pub(super) text: Html<'a>,
    pub(super) is_chosen: bool,
}

/// What a list says of an invite.
struct ListedInvite {
    link: String,
    kind: &'static str,
    /// The host, where there are several.
    host: Option<String>,
    /// The name or the note that it is known by.
    title: Option<String>,
    status: &'static str,
    status_text: &'static str,
    until: MomentText,
    /// Who had it created, for whoever sees those of others.
    by: Option<String>,
    used_by: Vec<String>,
    has_more: bool,
}

/// A point in time, for people and for programs.
pub(super) struct MomentText {
    pub(super) text: String,
    pub(super) machine: String,
}

impl MomentText {
    pub(super) fn of(moment: Timestamp, look: &Look<'_>) -> Self {
        let machine = TimeZone::UTC.to_datetime(moment).strftime("%Y-%m-%dT%H:%MZ").to_string();
        Self { text: look.language.moment(moment), machine }
    }
}

/// A status, as a word of the URL and as a message.
pub(super) fn status_words(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Pending => ("pending", "manage-pending"),
        Status::Redeemed => ("redeemed", "manage-redeemed"),
        Status::Expired => ("expired", "manage-expired"),
        Status::Revoked => ("revoked", "manage-revoked"),
    }
}

const STATUSES: [Status; 4] = [Status::Pending, Status::Redeemed, Status::Expired, Status::Revoked];

/// Who had an invite created, and who used it, in the words of the address book.
pub(super) fn names_of_users(invite: &Invite) -> Vec<String> {
    let names = invite.redemptions.iter().map(|one| one.account.as_ref().map_or("?", Username::as_str).to_owned());
    names.collect()
}

/// The list, or the way in.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let now = request.state().desk.now();
    let Some(session) = session(&request, now).await? else {
        return sign_in::show(&request, Look::of(&request).here());
    };
    let (look, manager, manage) = (look(&request, &session), &session.manager, &request.state().desk.manage);
    let wanted = parameter(&request, "status");
    let status = STATUSES.into_iter().find(|status| Some(status_words(*status).0) == wanted.as_deref());
    let host = parameter(&request, "host").filter(|host| !host.is_empty());
    let hosts: Vec<_> = manage.hosts_of(manager).collect();
    let chosen = host.as_ref().map(|name| name.parse::<HostName>());
    let before = parameter(&request, "before").and_then(|id| id.parse().ok());
    let filter = InvitesFilter { status, host: chosen.clone().and_then(Result::ok), before, limit: PAGE };
    // What is no host has no invites.
    let ListedInvites { invites, next } = match chosen {
        Some(Err(_)) => ListedInvites::default(),
        Some(Ok(_)) | None => manage.list(manager, filter, now).await?,
    };
    let link = |before: Option<String>| {
        let status = status.map(|status| status_words(status).0);
        let parameters = [("status", status), ("host", host.as_deref()), ("before", before.as_deref())];
        look.link(&with_parameters(PATH, &parameters))
    };
    let older = next.map(|next| link(Some(next.to_string())));
    let listed = invites.into_iter().map(|invite| ListedInvite::of(invite, manager, hosts.len() > 1, &look, now));
    page(
        200,
        &ManageListPage {
            bar: VisitorBar::of(&request, &session, &look),
            create: (!manage.kinds_of(manager).is_empty()).then(|| look.link("/manage/new")),
            tree: manager.may_read().then(|| look.link("/manage/tree")),
            statuses: STATUSES
                .map(|one| {
                    let (value, id) = status_words(one);
                    Choice { value, text: look.text(id), is_chosen: status == Some(one) }
                })
                .into(),
            hosts: host_choices(&hosts, host.as_deref()),
            invites: listed.collect(),
            newest: before.map(|_| link(None)),
            older,
            look,
        },
    )
}

/// Hosts to choose from, if there are several.
pub(super) fn host_choices<'a>(hosts: &[&'a HostName], chosen: Option<&str>) -> Vec<Choice<'a>> {
    let choice = |host: &&'a HostName| Choice {
        value: host.as_str(),
        text: Html::text(host.as_str()),
        is_chosen: chosen == Some(host.as_str()),
    };
    if hosts.len() > 1 { hosts.iter().map(choice).collect() } else { vec![] }
}

impl ListedInvite {
    fn of(invite: Invite, manager: &Manager, has_hosts: bool, look: &Look<'_>, now: Timestamp) -> Self {
        let (status, status_text) = status_words(invite.status(now));
        let mut used_by = names_of_users(&invite);
        let has_more = used_by.len() > MOST_NAMES;
        used_by.truncate(MOST_NAMES);
        let name = invite.draft.kind.username().map(ToString::to_string);
        Self {
            link: look.link(&format!("{PATH}/invites/{}", invite.id)),
            kind: kind_text(invite.draft.kind.name()),
            host: has_hosts.then(|| invite.draft.host.to_string()),
            status,
            status_text,
            until: MomentText::of(invite.draft.expires_at, look),
            by: manager.sees_only().is_none().then(|| invite.draft.source.to_string()),
            title: invite.draft.note.or(name),
            used_by,
            has_more,
        }
    }
}
