//! The apps for a device, and how they look.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use askama::Template;
use tide::http::headers;

use super::html::Html;
use super::language::{COUNT, Language};
use super::look::{Around, Look};
use super::mark::Mark;
use super::query::parameter;
use crate::caller::Request;
use crate::config::apps::{App, Platform};

/// What is seen of an app.
#[derive(Template)]
#[template(path = "card.html")]
struct Card<'a> {
    app: &'a App,
    /// What it is, in a sentence.
    text: Option<Cow<'a, str>>,
    /// Where it runs.
    platforms: Platforms<'a>,
    mark: Mark,
}

/// An app on a page: its id, and what is seen of it.
pub(super) type Offered<'a> = (&'a str, Html<'a>);

/// What is seen of the apps of one configuration, drawn once in each language that somebody reads: it is most of a page.
#[derive(Default)]
pub struct Cards([OnceLock<Vec<Html<'static>>>; COUNT]);

impl Cards {
    /// The `apps` of the configuration that are offered: those for `device`, and the others.
    pub(super) fn offer<'a>(
        &'a self,
        apps: &'a [App],
        device: Option<Platform>,
        look: &Look<'_>,
    ) -> (Vec<Offered<'a>>, Vec<Offered<'a>>) {
        let draw = || apps.iter().map(|app| Html::drawn(&Card::of(app, look))).collect();
        let cards = self.0[look.language.number].get_or_init(draw);
        let (mut here, mut elsewhere) = (Vec::with_capacity(apps.len()), Vec::with_capacity(apps.len()));
        for (app, card) in apps.iter().zip(cards).filter(|(app, _)| is_offered(app, look)) {
            let place = if device.is_some_and(|device| app.fits(device)) { &mut here } else { &mut elsewhere };
            place.push((&*app.id, card.borrowed()));
        }
        (here, elsewhere)
    }
}

/// Platforms in words.
pub(super) struct Platforms<'a> {
    platforms: &'a [Platform],
    language: &'static Language,
}

impl fmt::Display for Platforms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = self.language.text("list-separator");
        self.platforms.iter().enumerate().try_for_each(|(at, platform)| {
            f.write_str(if at == 0 { "" } else { &between })?;
            f.write_str(&platform_name(*platform, self.language))
        })
    }
}

impl<'a> Card<'a> {
    fn of(app: &'a App, look: &Look<'_>) -> Self {
        let platforms = Platforms { platforms: &app.platforms, language: look.language };
        Self { app, text: text_of(app, look), platforms, mark: Mark::of(app, look) }
    }
}

/// What an app is, in a sentence: the admin's, else ours.
pub(super) fn text_of<'a>(app: &'a App, look: &Look<'_>) -> Option<Cow<'a, str>> {
    let ours = || app.about.as_ref().map(|about| look.language.text(&about.text));
    app.text.as_deref().map(Cow::Borrowed).or_else(ours)
}

/// What an app asks, in order: when it signs up by the invite's link, or at a log-in. Apps that sign up are none that we lead
/// guests with an account to step by step.
pub(super) fn asks<'a>(
    app: &'a App,
    is_with_account: bool,
    is_bound: bool,
    look: &Look<'_>,
) -> impl Iterator<Item = String> + use<'a> {
    let about = app.about.as_ref().filter(|_| !(is_with_account && app.supports_preauth_uri));
    let language = look.language;
    // A name that is the invite's is not asked for.
    let asked = about.into_iter().flat_map(|about| &about.how).filter(move |how| !(is_bound && *how == "name"));
    asked.map(move |how| language.with_texts(&format!("how-{how}"), &[("app", &app.name)]))
}

/// What its store does with the invite.
pub(super) fn note_of(app: &App, look: &Look<'_>) -> Option<Html<'static>> {
    let get = app.about.as_ref()?.get.as_ref()?;
    Some(look.with(&format!("how-{get}"), "app", &app.name))
}

/// How to go on with an app once there is an account: in the admin's words, else in ours.
fn setup_of<'a>(app: &'a App, look: &Look<'_>) -> Option<Cow<'a, str>> {
    let ours = || Some(asks(app, true, false, look).collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty());
    app.setup.as_deref().map(Cow::Borrowed).or_else(|| ours().map(Cow::Owned))
}

/// The app that guests with `device` are led to: the first that the admin recommends for it, else the first that signs up by
/// an invite's link.
pub(super) fn recommended<'a>(apps: &'a [App], device: Platform, look: &Look<'_>) -> Option<&'a App> {
    let here = || apps.iter().filter(|app| app.fits(device) && is_offered(app, look));
    let by_admin = here().filter(|app| app.recommended.is_some()).min_by_key(|app| app.recommended);
    by_admin.or_else(|| here().find(|app| app.supports_preauth_uri))
}

/// Other people's sites are not offered where the site has a web chat of its own.
fn is_offered(app: &App, look: &Look<'_>) -> bool {
    !(look.webchat().is_some() && app.is_web_only() && app.about.is_some())
}

/// What a platform is called.
fn platform_name(platform: Platform, language: &'static Language) -> Cow<'static, str> {
    if platform == Platform::Web { language.text("apps-web") } else { platform.name().into() }
}

/// What the reader's device runs, if it tells: by client hint, else by User-Agent.
pub(super) fn device(request: &Request) -> Option<Platform> {
    let hint = request.header("Sec-CH-UA-Platform").map_or("", |values| values.as_str());
    let agent = || request.header(headers::USER_AGENT).map_or("", |values| values.as_str());
    by_hint(hint).or_else(|| by_agent(agent()))
}

/// By `Sec-CH-UA-Platform`; a browser that will not tell says "Unknown".
fn by_hint(hint: &str) -> Option<Platform> {
    let hint = hint.trim_matches('"');
    let named = |platform: &Platform| *platform != Platform::Web && platform.name().eq_ignore_ascii_case(hint);
    // Its name has no blank, or one, or is that of the project.
    let is_chrome_os = ["Chrome OS", "ChromeOS", "Chromium OS"].contains(&hint);
    Platform::ALL.into_iter().find(named).or_else(|| is_chrome_os.then_some(Platform::Linux))
}

fn by_agent(agent: &str) -> Option<Platform> {
    // In this order: Android says Linux, too, and an iPhone says Mac OS X.
    let signs = [
        ("Android", Platform::Android),
        ("iPhone", Platform::Ios),
        ("iPad", Platform::Ios),
        ("iPod", Platform::Ios),
        ("Windows", Platform::Windows),
        ("Macintosh", Platform::MacOs),
        ("Linux", Platform::Linux),
        ("X11", Platform::Linux),
        ("CrOS", Platform::Linux),
    ];
    signs.into_iter().find(|(sign, _)| agent.contains(sign)).map(|(_, platform)| platform)
}

/// What comes after an account or a new password: the app that was chosen, or apps to choose from, and the web chat.
pub(super) struct NextSteps<'a> {
    pub(super) chosen: Option<Chosen<'a>>,
    pub(super) apps: Vec<Offered<'a>>,
    /// Where each of them leads.
    pub(super) link: Around,
}

/// The app that the guest came for.
pub(super) struct Chosen<'a> {
    pub(super) app: &'a App,
    pub(super) mark: Mark,
    pub(super) setup: Option<Cow<'a, str>>,
}

impl<'a> NextSteps<'a> {
    /// For this page, which an app is chosen on by its link with `c=APP`.
    pub(super) fn of(request: &'a Request, look: &Look<'_>) -> Self {
        let here: Vec<_> = look.here().split('&').filter(|part| !part.starts_with("c=")).collect();
        let mut next = Self { chosen: None, apps: vec![], link: look.around(&format!("{}&c=", here.join("&")), "") };
        if let Some(app) = chosen(request) {
            next.chosen = Some(Chosen { app, mark: Mark::of(app, look), setup: setup_of(app, look) });
            return next;
        }
        let device = device(request);
        let apps = request.state().settings.apps.iter().filter(|app| is_offered(app, look));
        let here = apps.filter(|app| device.is_none_or(|device| app.fits(device)));
        next.apps = here.map(|app| (&*app.id, Html::drawn(&Card::of(app, look)))).collect();
        next
    }
}

/// The app that the link names.
pub(super) fn chosen(request: &Request) -> Option<&App> {
    let id = parameter(request, "c")?;
    request.state().settings.apps.iter().find(|app| app.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_that_does_not_tell_is_known_by_its_agent() {
        assert_eq!(by_hint("\"Android\""), Some(Platform::Android));
        assert_eq!(by_hint("\"Chrome OS\""), Some(Platform::Linux));
        for none in ["", "\"\"", "\"Unknown\"", "\"web\""] {
            assert_eq!(by_hint(none), None, "{none}");
        }
        assert_eq!(by_agent("Mozilla/5.0 (Linux; Android 14; Pixel 8)"), Some(Platform::Android));
        assert_eq!(by_agent("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)"), Some(Platform::Ios));
        assert_eq!(by_agent("curl/8"), None);
    }
}
