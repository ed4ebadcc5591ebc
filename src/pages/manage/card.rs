//! `GET /manage/card/ID`: an invite on a card to be printed, with nothing else beside it.

use askama::Template;
use tide::Response;

use super::invite::shown;
use super::sign_in;
use super::visit::{look, session};
use crate::caller::Request;
use crate::invite::Status;
use crate::invite::code::in_groups;
use crate::pages::html::Html;
use crate::pages::look::Look;
use crate::pages::page::page;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "manage_card.html")]
struct PaperPage<'a> {
    look: Look<'a>,
    title: Html<'static>,
    account: Option<String>,
    qr: String,
    enter: Html<'static>,
    code: Vec<&'a str>,
    until: Html<'static>,
    back: String,
}

/// The card of an invite that can be used, for whoever may have its token.
///
/// # Errors
/// When there is none, or the ledger cannot be read.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let (desk, settings) = (&request.state().desk, &request.state().settings);
    let now = desk.now();
    let Some(session) = session(&request, now).await? else {
        return sign_in::show(&request, Look::of(&request).here());
    };
    let invite = shown(&request, &session, now).await?;
    if !session.manager.may_have_token(&invite) || invite.status(now) != Status::Pending {
        return Err(Problem::NoSuchInvite);
    }
    let look = look(&request, &session).on_site_of(&request, &invite.draft.host);
    let code = desk.invites.code(invite.id);
    let created = desk.invites.with_links(invite)?;
    let invite = &created.invite;
    let site = settings.hosts.get(&invite.draft.host).map_or(invite.draft.host.as_str(), |site| &site.site_name);
    let typed = settings.public_url_of(&invite.draft.host).map_or("", |url| url.typed());
    page(
        200,
        &PaperPage {
            title: Html::text(look.language.title(&invite.draft, site)),
            account: invite.draft.kind.username().map(|name| format!("{name}@{}", invite.draft.host)),
            qr: look.link(&format!("/invite/qr?{}", created.token)),
            enter: look.with_typed("code-text", "address", typed),
            code: in_groups(&code),
            until: look.until(invite, now),
            back: look.link(&format!("{}/invites/{}", sign_in::PATH, invite.id)),
            look,
        },
    )
}
