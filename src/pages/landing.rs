//! `GET /invite?TOKEN`: who invites to where, until when, and the ways to accept. Opening it redeems nothing.

use std::sync::Arc;

use askama::Template;
use jiff::Timestamp;
use tide::Response;

use super::html::Html;
use super::look::{Around, Look};
use super::offered::{Cards, Offered, device};
use super::onlooker::{is_preview, wants};
use super::opened::{known, site_of_pending};
use super::page::page;
use super::preview;
use super::query::token_in;
use super::refused::GuestProblem;
use crate::caller::Request;
use crate::config::apps::Platform;
use crate::desk::{Offer, WebSignUp};
use crate::invite::Kind;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "landing.html")]
struct LandingPage<'a> {
    look: Look<'a>,
    title: Html<'static>,
    /// What a link preview says below the title.
    description: Html<'static>,
    /// Its picture, and this page; absolute.
    picture: String,
    address: String,
    /// The address of the account, where the invite is bound to a name.
    account: Option<String>,
    until: Html<'static>,
    uses_left: Option<Html<'static>>,
    contact: Option<Contact>,
    is_reset: bool,
    uri: Option<String>,
    web: WebSignUp,
    web_page: String,
    device: Option<Platform>,
    device_apps: Vec<Offered<'a>>,
    other_apps: Vec<Offered<'a>>,
    /// Where an app leads.
    setup: Around,
    is_phone: bool,
    qr: String,
    /// Says where codes are typed; and this one, in groups of four.
    enter: Html<'static>,
    code: Vec<&'a str>,
}

/// Who becomes a contact, for guests who have an account.
struct Contact {
    name: String,
    uri: String,
    /// An account can be created with it, too.
    is_for_accounts: bool,
}

impl LandingPage<'_> {
    /// Guests can add the contact to a new account, or to one that they have.
    fn has_both_ways(&self) -> bool {
        self.contact.as_ref().is_some_and(|contact| contact.is_for_accounts)
    }
}

/// The landing page; 404 for an unknown token, 410 for an invite that has ended.
///
/// # Errors
/// When the ledger cannot be used.
pub async fn get(request: Request, cards: Arc<Cards>) -> Result<Response, Problem> {
    let answer = opened(&request, &cards, request.state().desk.now()).await;
    answer.or_else(|problem| problem.answer(&request))
}

async fn opened(request: &Request, cards: &Cards, now: Timestamp) -> Result<Response, GuestProblem> {
    let desk = &request.state().desk;
    let invite = known(request, &token_in(request), now).await?;
    site_of_pending(request, &invite, now)?;
    let Offer { invite, token, uri, contact_uri, is_for_accounts, web } =
        desk.sign_up.offer(invite, wants(request), now).await?;
    // An app may have used it in the meantime.
    let host = site_of_pending(request, &invite, now)?;
    let (settings, draft) = (&request.state().settings, &invite.draft);
    let look = Look::of(request);
    let look = if is_preview(request) { look.for_others() } else { look }.on(host);
    let is_reset = matches!(draft.kind, Kind::Reset { .. });
    let (title, description) = match (&draft.kind, &draft.inviter) {
        (Kind::Reset { .. }, _) => (look.with("landing-title-reset", "site", &host.site_name), "landing-preview-reset"),
        (_, Some(inviter)) => {
            let names = [("inviter", inviter.as_str()), ("site", &host.site_name)];
            (Html::text(look.language.with_texts("landing-title-by", &names)), "landing-preview")
        }
        (_, None) => (look.with("landing-title", "site", &host.site_name), "landing-preview"),
    };
    let device = device(request);
    // Guests who have an account have an app.
    let (device_apps, other_apps) =
        if is_for_accounts { cards.offer(&settings.apps, device, &look) } else { (vec![], vec![]) };
    let public_url = settings.public_url_of(&draft.host);
    let base = public_url.map_or("", |url| url.base());
    let web_page = if is_reset { format!("/reset?t={token}") } else { format!("/register?t={token}") };
    let mut response = page(
        200,
        &LandingPage {
            description: look.with(description, "site", &host.site_name),
            picture: format!("{base}assets/{}", preview::name(&draft.host, host)),
            address: format!("{base}invite?{token}"),
            account: draft.kind.username().map(|name| format!("{name}@{}", draft.host)),
            until: look.until(&invite, now),
            uses_left: (draft.uses > 1).then(|| look.count("uses-left", invite.uses_left() as usize)),
            contact: draft.kind.contact().zip(contact_uri).map(|(contact, uri)| Contact {
                name: contact.to_string(),
                uri,
                is_for_accounts,
            }),
            is_reset,
            uri: uri.clone(),
            web,
            web_page: look.link(&web_page),
            device_apps,
            other_apps,
            setup: look.around("/invite/setup/", &format!("?{token}")),
            device,
            is_phone: matches!(device, Some(Platform::Android | Platform::Ios)),
            qr: look.link(&format!("/invite/qr?{token}")),
            enter: look.with_typed("code-text", "address", public_url.map_or("", |url| url.typed())),
            code: groups(&token),
            title,
            look,
        },
    )?;
    if let Some(uri) = &uri {
        response.insert_header("Link", format!("<{uri}>; rel=\"alternate\""));
    }
    Ok(response)
}

/// In groups of four, to be read and typed.
fn groups(code: &str) -> Vec<&str> {
    let mut groups = vec![];
    let mut rest = code;
    while let Some((group, further)) = rest.split_at_checked(4).filter(|(_, further)| !further.is_empty()) {
        groups.push(group);
        rest = further;
    }
    groups.push(rest);
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_in_groups() {
        assert_eq!(groups("AdXsSwAAAAevGz3NYIJEj6At").join(" "), "AdXs SwAA AAev Gz3N YIJE j6At");
        assert_eq!(groups("12345").join(" "), "1234 5");
        assert_eq!(groups("é2345").join(" "), "é23 45");
        assert_eq!(groups(""), [""]);
    }
}
