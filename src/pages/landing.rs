//! `GET /invite?TOKEN`: the landing page. Opening it spends nothing.

use askama::Template;
use jiff::Timestamp;
use tide::Response;

use super::show;
use crate::caller::Request;
use crate::clock;
use crate::config::settings::Host;
use crate::desk::Offer;
use crate::invite::{Kind, Status};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "landing.html")]
struct LandingPage<'a> {
    title: String,
    username: Option<&'a str>,
    host: &'a str,
    uri: Option<&'a str>,
    token: &'a str,
    expires_at: Timestamp,
    expires_on: String,
}

#[derive(Template)]
#[template(path = "gone.html")]
struct GonePage {
    title: &'static str,
    text: &'static str,
}

/// The landing page; 404 for an unknown token, 410 for an invite that has ended.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let now = clock::now();
    let desk = request.state();
    // Whatever is appended to a link on its way, such as a campaign's name, comes after the token.
    let token = request.url().query().unwrap_or_default().split('&').next().unwrap_or_default();
    let Some(invite) = desk.open(token, now).await? else {
        return gone(404, "This invite is not known", "Maybe the link was cut off, or the invite is long over.");
    };
    let (title, text) = match invite.status(now) {
        Status::Pending => match desk.settings().hosts.get(&invite.draft.host) {
            Some(host) => return page(&desk.offer(invite, now).await?, host),
            // The host is declared no more.
            None => ("This invite is over", "The service that it leads to is no longer here."),
        },
        Status::Redeemed => ("This invite has been used", "Each invite works only so many times."),
        Status::Expired => ("This invite has expired", "Invites work for a limited time."),
        Status::Revoked => ("This invite was taken back", "It does not work any more."),
    };
    gone(410, title, text)
}

fn gone(status: u16, title: &'static str, text: &'static str) -> Result<Response, Problem> {
    let mut response = Response::new(status);
    show(&mut response, &GonePage { title, text })?;
    Ok(response)
}

fn page(issued: &Offer, host: &Host) -> Result<Response, Problem> {
    let draft = &issued.invite.draft;
    let title = match &draft.kind {
        Kind::Account { .. } => format!("You are invited to {}", host.site_name),
        Kind::Contact { contact, .. } => format!("{contact} invites you to {}", host.site_name),
        Kind::Reset { .. } => format!("A new password for {}", host.site_name),
    };
    let page = LandingPage {
        title,
        username: draft.kind.username().map(crate::invite::name::Username::as_str),
        host: draft.host.as_str(),
        uri: issued.uri.as_deref(),
        token: &issued.token,
        expires_at: draft.expires_at,
        expires_on: draft.expires_at.strftime("%e %B %Y, %H:%M UTC").to_string(),
    };
    let mut response = Response::new(200);
    show(&mut response, &page)?;
    if let Some(uri) = &issued.uri {
        response.insert_header("Link", format!("<{uri}>; rel=\"alternate\""));
    }
    Ok(response)
}
