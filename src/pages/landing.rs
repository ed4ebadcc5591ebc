//! `GET /invite?TOKEN`: who invites to where, until when, and the ways to accept. Opening it redeems nothing.

use std::sync::Arc;

use askama::Template;
use jiff::Timestamp;
use tide::Response;

use super::html::Html;
use super::look::{Around, Look};
use super::mark::Mark;
use super::offered::{Cards, Offered, device, recommended};
use super::onlooker::{is_preview, wants};
use super::opened::{known, site_of_pending};
use super::page::page;
use super::preview;
use super::query::token_in;
use super::refused::GuestProblem;
use crate::caller::Request;
use crate::config::apps::{App, Platform};
use crate::desk::{Offer, WebSignUp};
use crate::invite::Kind;
use crate::invite::code::in_groups;
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
    /// The host, where the site has a name of another kind.
    domain: Option<&'a str>,
    /// The address of the account, where the invite is bound to a name.
    account: Option<String>,
    until: Html<'static>,
    uses_left: Option<Html<'static>>,
    contact: Option<Contact>,
    is_reset: bool,
    is_for_accounts: bool,
    uri: Option<String>,
    web: WebSignUp,
    /// The form: for an account, which is made for the app that is named in between, or for a new password.
    form: Around,
    /// The way in for the reader's device. A Mac may be an iPad, which calls itself so: where it has another way, that is
    /// the second.
    ways: Vec<WayIn<'a>>,
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

/// Where the one button leads.
enum WayIn<'a> {
    /// To the app, which signs up by the invite's link.
    App(&'a App, Mark),
    /// To the form; then to the app, if the admin recommends one.
    Form(Option<&'a App>),
}

impl<'a> WayIn<'a> {
    fn of(apps: &'a [App], device: Option<Platform>, has_link: bool, look: &Look<'_>) -> Self {
        match device.and_then(|device| recommended(apps, device, look)) {
            Some(app) if has_link && app.supports_preauth_uri => Self::App(app, Mark::of(app, look)),
            app => Self::Form(app.filter(|app| app.recommended.is_some())),
        }
    }

    fn app(&self) -> Option<&'a App> {
        match self {
            Self::App(app, _) => Some(*app),
            Self::Form(app) => *app,
        }
    }
}

/// Who becomes a contact, for guests who have an account.
struct Contact {
    name: String,
    uri: String,
}

impl LandingPage<'_> {
    /// Guests can add the contact to a new account, or to one that they have.
    fn has_both_ways(&self) -> bool {
        self.contact.is_some() && self.is_for_accounts
    }

    /// There is an app to lead to, so that all others may wait.
    fn has_app(&self) -> bool {
        self.ways.iter().any(|way| matches!(way, WayIn::App(..)))
    }

    fn has_form(&self) -> bool {
        self.web == WebSignUp::Open
    }

    /// Nothing but an app that is there already can use the invite.
    fn is_uri_main(&self) -> bool {
        self.web == WebSignUp::Closed && !self.has_app()
    }

    fn has_second_ways(&self) -> bool {
        (self.uri.is_some() && !self.is_uri_main()) || (self.has_form() && self.has_app())
    }

    /// A Mac may be an iPad; a script sees that.
    fn may_be_tablet(&self) -> bool {
        self.device == Some(Platform::MacOs)
    }

    fn has_apps(&self) -> bool {
        !self.device_apps.is_empty() || !self.other_apps.is_empty()
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
    let Offer { invite, token, uri, alternate, contact_uri, is_for_accounts, web } =
        desk.sign_up.offer(invite, wants(request), now).await?;
    // An app may have used it in the meantime.
    let host = site_of_pending(request, &invite, now)?;
    let (settings, draft) = (&request.state().settings, &invite.draft);
    let look = Look::of(request);
    let look = if is_preview(request) { look.for_others() } else { look }.on(host);
    let is_reset = matches!(draft.kind, Kind::Reset { .. });
    let device = device(request);
    let ways = ways(&settings.apps, device, uri.is_some(), &look);
    // Guests who have an account have an app.
    let (mut device_apps, other_apps) =
        if is_for_accounts && !is_reset { cards.offer(&settings.apps, device, &look) } else { (vec![], vec![]) };
    if let [WayIn::App(main, _)] = &ways[..] {
        device_apps.retain(|(id, _)| *id != main.id);
    }
    let public_url = settings.public_url_of(&draft.host);
    let base = public_url.map_or("", |url| url.base());
    let code = desk.invites.code(invite.id);
    let form = if is_reset { "/reset?t=" } else { "/register?t=" };
    let mut response = page(
        200,
        &LandingPage {
            title: Html::text(look.language.title(draft, &host.site_name)),
            domain: Some(draft.host.as_str()).filter(|domain| *domain != host.site_name),
            description: look.with(
                if is_reset { "landing-preview-reset" } else { "landing-preview" },
                "site",
                &host.site_name,
            ),
            picture: format!("{base}assets/{}", preview::name(&draft.host, host)),
            address: format!("{base}invite?{token}"),
            account: draft.kind.username().map(|name| format!("{name}@{}", draft.host)),
            until: look.until(&invite, now),
            uses_left: (draft.uses > 1).then(|| look.count("uses-left", invite.uses_left() as usize)),
            contact: draft
                .kind
                .contact()
                .zip(contact_uri)
                .map(|(contact, uri)| Contact { name: contact.to_string(), uri }),
            is_reset,
            is_for_accounts,
            uri,
            web,
            form: look.around(&format!("{form}{token}"), ""),
            ways,
            device_apps,
            other_apps,
            setup: look.around("/invite/setup/", &format!("?{token}")),
            device,
            is_phone: matches!(device, Some(Platform::Android | Platform::Ios)),
            qr: look.link(&format!("/invite/qr?{token}")),
            enter: look.with_typed("code-text", "address", public_url.map_or("", |url| url.typed())),
            code: in_groups(&code),
            look,
        },
    )?;
    if let Some(alternate) = &alternate {
        response.insert_header("Link", format!("<{alternate}>; rel=\"alternate\""));
    }
    Ok(response)
}

fn ways<'a>(apps: &'a [App], device: Option<Platform>, has_link: bool, look: &Look<'_>) -> Vec<WayIn<'a>> {
    let way = |device| WayIn::of(apps, device, has_link, look);
    let mut ways = vec![way(device)];
    if device == Some(Platform::MacOs) {
        let of_tablet = way(Some(Platform::Ios));
        let ids = |way: &WayIn<'a>| way.app().map(|app| &app.id);
        if ids(&of_tablet) != ids(&ways[0]) {
            ways.push(of_tablet);
        }
    }
    ways
}
