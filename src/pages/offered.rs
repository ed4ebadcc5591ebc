//! The apps for a device, and how they look.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use askama::Template;
use tide::http::headers;

use super::html::Html;
use super::language::{COUNT, Language};
use super::look::{Around, Look};
use super::query::parameter;
use crate::caller::Request;
use crate::config::apps::{App, Platform, digest};

/// What is seen of an app.
#[derive(Template)]
#[template(path = "card.html")]
struct Card<'a> {
    app: &'a App,
    /// What it is, in a sentence.
    text: Option<Cow<'a, str>>,
    /// Where it runs.
    platforms: Platforms<'a>,
    mark: Mark<'a>,
}

/// An app on a page: its id, and what is seen of it.
pub(super) type Offered<'a> = (&'a str, Html<'a>);

/// What is seen of the apps of one configuration, drawn once in each language that somebody reads: it is most of a page.
#[derive(Default)]
pub struct Cards([OnceLock<Vec<Html<'static>>>; COUNT]);

impl Cards {
    /// The `apps` of the configuration: those for `device`, and the others.
    pub(super) fn offer<'a>(
        &'a self,
        apps: &'a [App],
        device: Option<Platform>,
        look: &Look<'_>,
    ) -> (Vec<Offered<'a>>, Vec<Offered<'a>>) {
        let draw = || apps.iter().map(|app| Html::drawn(&Card::of(app, look))).collect();
        let cards = self.0[look.language.number].get_or_init(draw);
        let (mut here, mut elsewhere) = (Vec::with_capacity(apps.len()), Vec::with_capacity(apps.len()));
        for (app, card) in apps.iter().zip(cards) {
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

/// What stands for an app: its picture, or letters in a colour and shape of its own. Drawn by us: the logos of apps are
/// theirs, and each would be a request.
pub(super) struct Mark<'a> {
    pub(super) picture: Option<String>,
    pub(super) letters: Cow<'a, str>,
    pub(super) colour: usize,
    pub(super) is_round: bool,
}

/// The style sheet has so many.
const COLOURS: usize = 8;

impl<'a> Mark<'a> {
    pub(super) fn of(app: &'a App, look: &Look<'_>) -> Self {
        let picture = app.picture.as_ref().map(|picture| look.file(&picture.name));
        let (letters, number) = if let Some(about) = &app.about {
            (about.mark.as_str().into(), about.number)
        } else {
            let number = digest(app.id.as_bytes()).bytes().map(usize::from).sum::<usize>() % COLOURS;
            (app.name.chars().take(1).flat_map(char::to_uppercase).collect::<String>().into(), number)
        };
        Self { picture, letters, colour: number % COLOURS, is_round: number >= COLOURS }
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

/// How to go on with an app once it is there: in the admin's words, else in ours. Where apps can do without a page of
/// ours, what we say is about the invite, so it does not help guests who have an account by now.
pub(super) fn setup_of<'a>(app: &'a App, is_with_account: bool, look: &Look<'_>) -> Option<Cow<'a, str>> {
    let about = app.about.as_ref().filter(|_| !(is_with_account && app.supports_preauth_uri));
    let ours =
        || about.map(|about| look.language.with_texts(&format!("how-{}", about.how), &[("app", &app.name)]).into());
    app.setup.as_deref().map(Cow::Borrowed).or_else(ours)
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
    pub(super) mark: Mark<'a>,
    pub(super) setup: Option<Cow<'a, str>>,
}

impl<'a> NextSteps<'a> {
    /// For this page, which an app is chosen on by its link with `c=APP`.
    pub(super) fn of(request: &'a Request, look: &Look<'_>) -> Self {
        let here: Vec<_> = look.here().split('&').filter(|part| !part.starts_with("c=")).collect();
        let mut next = Self { chosen: None, apps: vec![], link: look.around(&format!("{}&c=", here.join("&")), "") };
        if let Some(app) = chosen(request) {
            next.chosen = Some(Chosen { app, mark: Mark::of(app, look), setup: setup_of(app, true, look) });
            return next;
        }
        let device = device(request);
        let apps = request.state().settings.apps.iter().filter(|app| device.is_none_or(|device| app.fits(device)));
        next.apps = apps.map(|app| (&*app.id, Html::drawn(&Card::of(app, look)))).collect();
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
