//! `GET, POST /manage/invites/ID`: an invite with what its holder needs, who used it, and what can be done with it. Its token is
//! shown to whoever could have created it.

use askama::Template;
use jiff::Timestamp;
use tide::Response;

use super::input::span;
use super::input_errors::ttl_hint;
use super::list::{MomentText, names_of_users, status_words};
use super::sign_in::{self, PATH};
use super::visit::{VisitorBar, csrf, is_ours, kind_text, look, session};
use crate::caller::Request;
use crate::desk::AmendError;
use crate::desk::manage::{InviteAct, ManageError, Session};
use crate::invite::code::in_groups;
use crate::invite::policy::span_text;
use crate::invite::{Invite, InviteId, Status};
use crate::ledger::ChangeError;
use crate::pages::form::fields;
use crate::pages::html::Html;
use crate::pages::look::Look;
use crate::pages::page::{page, see_other};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "manage_invite.html")]
struct InvitePage<'a> {
    look: Look<'a>,
    bar: VisitorBar,
    back: String,
    action: String,
    csrf: String,
    kind: &'static str,
    host: &'a str,
    status: &'static str,
    status_text: &'static str,
    note: Option<&'a str>,
    name: Option<String>,
    contact: Option<String>,
    groups: String,
    until: MomentText,
    uses_left: Option<Html<'static>>,
    by: Option<String>,
    used_by: Vec<String>,
    way: Option<WayToShare>,
    may_revoke: bool,
    may_restore: bool,
    may_extend: bool,
    ttl: &'a str,
    ttl_hint: Html<'static>,
    errors: ActErrors,
}

/// What is handed out.
struct WayToShare {
    link: String,
    code: String,
    /// Says where codes are typed.
    enter: Html<'static>,
    qr: String,
    card: String,
}

impl WayToShare {
    fn groups(&self) -> Vec<&str> {
        in_groups(&self.code)
    }
}

impl InvitePage<'_> {
    fn ttl_error(&self) -> Option<&Html<'static>> {
        Some(&self.ttl_hint).filter(|_| self.errors.is_ttl_wrong)
    }
}

/// What was wrong with what was to be done.
#[derive(Default)]
struct ActErrors {
    above: Option<&'static str>,
    is_ttl_wrong: bool,
}

/// An invite.
///
/// # Errors
/// When there is none that whoever is signed in sees, or the ledger cannot be read.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let now = request.state().desk.now();
    let Some(session) = session(&request, now).await? else {
        return sign_in::show(&request, Look::of(&request).here());
    };
    show(&request, &session, (200, ActErrors::default(), ""), now).await
}

/// Revokes an invite, restores it, or has it end at another time, by the name of the button.
///
/// # Errors
/// When the form is none, or whoever is signed in may not do that, or the ledger cannot be used.
pub async fn post(mut request: Request) -> Result<Response, Problem> {
    let [revoke, restore, extend, ttl, csrf] =
        fields(&mut request, ["revoke", "restore", "extend", "ttl", "csrf"]).await?;
    let now = request.state().desk.now();
    let Some(session) = session(&request, now).await? else {
        return sign_in::show_ended(&request, Look::of(&request).here());
    };
    let ttl = ttl.unwrap_or_default();
    let above = |status, above| (status, ActErrors { above: Some(above), is_ttl_wrong: false }, ttl.as_str());
    if !is_ours(&request, &session, csrf.as_deref()) {
        return show(&request, &session, above(403, "error-form"), now).await;
    }
    let act = match (revoke, restore, extend) {
        (Some(_), None, None) => InviteAct::Revoke,
        (None, Some(_), None) => InviteAct::Restore,
        (None, None, Some(_)) => InviteAct::Extend(span(&ttl)),
        _ => return Err(Problem::BadRequest("One thing can be done at a time.")),
    };
    match request.state().desk.manage.act(&session.manager, id(&request)?, act, now).await {
        Ok(()) => Ok(see_other(&look(&request, &session).link(Look::of(&request).here()))),
        Err(ManageError::NotGiven) => Err(Problem::NotAllowed("Whoever is signed in may not do this.")),
        Err(ManageError::Amend(AmendError::Fields(_))) => {
            let errors = ActErrors { above: Some("error-summary"), is_ttl_wrong: true };
            show(&request, &session, (422, errors, &ttl), now).await
        }
        Err(ManageError::Amend(AmendError::Ledger(ChangeError::NameReserved(_)))) => {
            show(&request, &session, above(409, "error-username-taken"), now).await
        }
        Err(ManageError::Amend(AmendError::Ledger(ChangeError::Pending { .. }))) => {
            show(&request, &session, above(429, "manage-error-limit"), now).await
        }
        Err(ManageError::Amend(error)) => Err(error.into()),
    }
}

fn id(request: &Request) -> Result<InviteId, Problem> {
    request.param("id").ok().and_then(|id| id.parse().ok()).ok_or(Problem::NoSuchInvite)
}

/// The invite that `request` is about, as its host's server knows it now.
///
/// # Errors
/// When there is none that whoever is signed in sees, or the ledger cannot be read.
pub(super) async fn shown(request: &Request, session: &Session, now: Timestamp) -> Result<Invite, Problem> {
    let desk = &request.state().desk;
    let invite = desk.manage.find(&session.manager, id(request)?).await?.ok_or(Problem::NoSuchInvite)?;
    Ok(desk.app_tokens.renew(invite, now).await?)
}

async fn show(
    request: &Request,
    session: &Session,
    (answer, errors, ttl): (u16, ActErrors, &str),
    now: Timestamp,
) -> Result<Response, Problem> {
    let (desk, settings, manager) = (&request.state().desk, &request.state().settings, &session.manager);
    let invite = shown(request, session, now).await?;
    let look = look(request, session);
    let (draft, is) = (&invite.draft, invite.status(now));
    let way = if manager.may_have_token(&invite) && is == Status::Pending {
        let created = desk.invites.with_links(invite.clone())?;
        let typed = settings.public_url_of(&draft.host).map_or("", |url| url.typed());
        Some(WayToShare {
            link: created.landing_page,
            code: desk.invites.code(invite.id),
            enter: look.with_typed("code-text", "address", typed),
            qr: look.link(&format!("/invite/qr?{}", created.token)),
            card: look.link(&format!("{PATH}/card/{}", invite.id)),
        })
    } else {
        None
    };
    let may_amend = manager.may_amend(&invite);
    let (status, status_text) = status_words(is);
    let usual = span_text(settings.invites.ttl.min(desk.manage.max_ttl(manager)));
    page(
        answer,
        &InvitePage {
            bar: VisitorBar::of(request, session, &look),
            back: look.link(PATH),
            action: look.link(&format!("{PATH}/invites/{}", invite.id)),
            csrf: csrf(request, session),
            kind: kind_text(draft.kind.name()),
            host: draft.host.as_str(),
            status,
            status_text,
            note: draft.note.as_deref().filter(|note| !note.is_empty()),
            name: draft.kind.username().map(ToString::to_string),
            contact: draft.kind.contact().filter(|jid| manager.user() != Some(jid)).map(ToString::to_string),
            groups: draft.groups.join(", "),
            until: MomentText::of(draft.expires_at, &look),
            uses_left: (draft.uses > 1 && is == Status::Pending)
                .then(|| look.count("uses-left", invite.uses_left() as usize)),
            by: manager.sees_only().is_none().then(|| draft.source.to_string()),
            used_by: names_of_users(&invite),
            way,
            may_revoke: is == Status::Pending && manager.may_revoke(&invite),
            may_restore: is == Status::Revoked && may_amend,
            may_extend: matches!(is, Status::Pending | Status::Expired) && may_amend,
            ttl: if ttl.is_empty() { &usual } else { ttl },
            ttl_hint: ttl_hint(&desk.manage, manager, &look),
            errors,
            look,
        },
    )
}
