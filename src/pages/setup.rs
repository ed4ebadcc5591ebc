//! `GET /invite/setup/APP?TOKEN`: get the app, then open the invite in it; or an account first, where the app wants one.

use std::borrow::Cow;

use askama::Template;
use jiff::Timestamp;
use tide::Response;

use super::look::Look;
use super::offered::{self, Mark, device};
use super::onlooker::wants;
use super::opened::{known, site_of_pending};
use super::page::{page, see_other};
use super::query::token_in;
use super::refused::GuestProblem;
use crate::caller::Request;
use crate::config::apps::App;
use crate::desk::WebSignUp;
use crate::invite::Kind;
use crate::invite::link::percent_encode;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage<'a> {
    look: Look<'a>,
    app: &'a App,
    mark: Mark<'a>,
    text: Option<Cow<'a, str>>,
    /// How to go on once it is there.
    setup: Option<Cow<'a, str>>,
    /// The invite in the app, if the app can open it.
    uri: Option<String>,
    /// The app with the invite.
    magic: Option<String>,
    web: WebSignUp,
    web_page: String,
    /// The app is for another device than the reader's.
    is_elsewhere: bool,
    qr: String,
    landing: String,
}

/// The page; 404 for an unknown app or token, 410 for an invite that has ended.
///
/// # Errors
/// When there is no such app, or the ledger cannot be used.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let answer = opened(&request, request.state().desk.now()).await;
    answer.or_else(|problem| problem.answer(&request))
}

async fn opened(request: &Request, now: Timestamp) -> Result<Response, GuestProblem> {
    let desk = &request.state().desk;
    let id = request.param("app").unwrap_or_default();
    let app = request.state().settings.apps.iter().find(|app| app.id == id).ok_or(Problem::NotFound)?;
    let token = token_in(request);
    let invite = known(request, &token, now).await?;
    let host = site_of_pending(request, &invite, now)?;
    let look = Look::of(request).on(host);
    let back = look.link(&format!("/invite?{token}"));
    if matches!(invite.draft.kind, Kind::Reset { .. }) {
        return Ok(see_other(&back));
    }
    let offer = desk.sign_up.offer(invite, wants(request), now).await?;
    if !offer.is_for_accounts {
        return Ok(see_other(&back));
    }
    let token = &offer.token;
    let uri = offer.uri.filter(|_| app.supports_preauth_uri);
    let magic = app.magic_link_format.as_ref().zip(uri.as_ref());
    let response = page(
        200,
        &SetupPage {
            app,
            mark: Mark::of(app, &look),
            text: offered::text_of(app, &look),
            setup: offered::setup_of(app, uri.is_none(), &look),
            magic: magic.map(|(format, uri)| format.replace("{uri}", &percent_encode(uri))),
            web: offer.web,
            web_page: look.link(&format!("/register?t={token}&c={}", app.id)),
            is_elsewhere: device(request).is_some_and(|device| !app.fits(device)),
            qr: look.link(&format!("/invite/qr?{token}")),
            landing: look.link(&format!("/invite?{token}")),
            uri,
            look,
        },
    )?;
    Ok(response)
}
