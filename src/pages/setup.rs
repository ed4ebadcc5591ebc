//! `GET /invite/setup/APP?TOKEN`: get the app, then open the invite in it; or an account, then the app, where that wants one.

use std::borrow::Cow;
use std::iter;

use askama::Template;
use jiff::Timestamp;
use tide::Response;

use super::html::Html;
use super::look::Look;
use super::mark::Mark;
use super::offered::{self, device};
use super::onlooker::wants;
use super::opened::{known, site_of_pending};
use super::page::{page, see_other};
use super::query::token_in;
use super::refused::GuestProblem;
use crate::caller::Request;
use crate::config::apps::{App, Download, Platform};
use crate::desk::WebSignUp;
use crate::invite::Kind;
use crate::invite::link::percent_encode;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage<'a> {
    look: Look<'a>,
    app: &'a App,
    mark: Mark,
    text: Option<Cow<'a, str>>,
    /// Where to get it on the reader's device. A Mac may be an iPad, which calls itself so: where that has other stores,
    /// they are the second.
    stores: Vec<Stores<'a>>,
    note: Option<Html<'static>>,
    /// What it asks, in order.
    asks: Vec<String>,
    /// The invite in the app, if the app can open it.
    uri: Option<String>,
    web: WebSignUp,
    web_page: String,
    /// Whether the app is for another device than the reader's; and where that is a Mac, than an iPad.
    is_elsewhere: bool,
    is_elsewhere_by_touch: Option<bool>,
    qr: String,
    landing: String,
}

/// Where to get an app.
struct Stores<'a> {
    /// The one button: it passes the invite on if any does.
    link: Option<Cow<'a, str>>,
    /// Whose button that is, if there is a store for it.
    first: Option<&'a Download>,
    others: Vec<&'a Download>,
}

impl<'a> Stores<'a> {
    /// Those for `device`, if the app runs there. `magic` is the link that passes the invite on.
    fn of(app: &'a App, device: Option<Platform>, magic: Option<&str>) -> Self {
        let is_here = |store: &&Download| device.is_none_or(|device| !app.fits(device) || store.fits(device));
        let mut others: Vec<_> = app.downloads.iter().filter(is_here).collect();
        let Some(magic) = magic else {
            let first = (!others.is_empty()).then(|| others.remove(0));
            return Self { link: first.map(|store| store.url.as_str().into()), first, others };
        };
        let own = others.iter().position(|store| magic.starts_with(&store.url));
        let first = own.map(|at| others.remove(at));
        Self { link: Some(magic.to_owned().into()), first, others }
    }

    fn is_like(&self, other: &Self) -> bool {
        let urls = |stores: &Self| stores.others.iter().map(|store| store.url.clone()).collect::<Vec<_>>();
        self.link == other.link && urls(self) == urls(other)
    }
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
    let (token, device) = (&offer.token, device(request));
    let is_bound = offer.invite.draft.kind.username().is_some();
    let uri = offer.uri.filter(|_| app.supports_preauth_uri);
    let magic = app.magic_link_format.as_ref().zip(uri.as_ref());
    let magic = magic.map(|(format, uri)| format.replace("{uri}", &percent_encode(uri)));
    let stores = |device| Stores::of(app, device, magic.as_deref());
    let by_touch = (device == Some(Platform::MacOs)).then_some(Platform::Ios);
    let is_elsewhere = |device| !app.fits(device);
    let own_stores = stores(device);
    let touch_stores = by_touch.map(|touch| stores(Some(touch))).filter(|touch| !touch.is_like(&own_stores));
    let response = page(
        200,
        &SetupPage {
            app,
            mark: Mark::of(app, &look),
            text: offered::text_of(app, &look),
            stores: iter::once(own_stores).chain(touch_stores).collect(),
            note: offered::note_of(app, &look).filter(|_| uri.is_some()),
            asks: offered::asks(app, uri.is_none(), is_bound, &look).collect(),
            web: offer.web,
            web_page: look.link(&format!("/register?t={token}&c={}", app.id)),
            is_elsewhere: device.is_some_and(is_elsewhere),
            is_elsewhere_by_touch: by_touch
                .map(is_elsewhere)
                .filter(|by_touch| Some(*by_touch) != device.map(is_elsewhere)),
            qr: look.link(&format!("/invite/qr?{token}")),
            landing: look.link(&format!("/invite?{token}")),
            uri,
            look,
        },
    )?;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(url: &str, platforms: &[Platform]) -> Download {
        Download { url: url.into(), text: None, picture: None, platforms: platforms.into() }
    }

    fn app(downloads: Vec<Download>) -> App {
        App {
            id: "a".into(),
            name: "A".into(),
            text: None,
            platforms: vec![Platform::Ios, Platform::MacOs, Platform::Android],
            link: None,
            picture: None,
            supports_preauth_uri: true,
            magic_link_format: None,
            downloads,
            setup: None,
            about: None,
            recommended: None,
        }
    }

    /// The link of the one button, whether a store gives it its name, and the other stores.
    fn shown(app: &App, device: Option<Platform>, magic: Option<&str>) -> (Option<String>, bool, Vec<String>) {
        let stores = Stores::of(app, device, magic);
        let others = stores.others.iter().map(|store| store.url.clone());
        (stores.link.map(Cow::into_owned), stores.first.is_some(), others.collect())
    }

    #[test]
    fn a_store_is_shown_on_its_own_platform_alone() {
        let app = app(vec![store("phone", &[Platform::Ios]), store("mac", &[Platform::MacOs]), store("all", &[])]);
        let links = |links: &[&str]| links.iter().map(|link| (*link).to_owned()).collect::<Vec<_>>();
        let first = |link: &str, others: &[&str]| (Some(link.to_owned()), true, links(others));
        assert_eq!(shown(&app, Some(Platform::Ios), None), first("phone", &["all"]));
        assert_eq!(shown(&app, Some(Platform::MacOs), None), first("mac", &["all"]));
        assert_eq!(shown(&app, Some(Platform::Android), None), first("all", &[]));
        // Somebody else's device is not known.
        assert_eq!(shown(&app, Some(Platform::Linux), None), first("phone", &["mac", "all"]));
        assert_eq!(shown(&app, None, None), first("phone", &["mac", "all"]));
    }

    #[test]
    fn the_one_button_passes_the_invite_on_if_any_does() {
        let app = app(vec![store("https://one.example/", &[]), store("https://two.example/?id=a", &[])]);
        let magic = |magic: &str| shown(&app, None, Some(magic));
        let two = "https://two.example/?id=a&referrer=x";
        assert_eq!(magic(two), (Some(two.into()), true, vec!["https://one.example/".into()]));
        let own = "a:open?x";
        let both = vec!["https://one.example/".into(), "https://two.example/?id=a".into()];
        assert_eq!(magic(own), (Some(own.into()), false, both));
    }
}
