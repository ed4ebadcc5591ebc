//! The apps for a device, and how they look.

use super::look::Look;
use crate::caller::Request;
use crate::config::apps::{App, Platform, digest};

/// An app on a page.
pub(super) struct Card<'a> {
    pub(super) app: &'a App,
    /// Where it leads.
    pub(super) href: String,
    /// Where it runs, in words.
    pub(super) platforms: String,
    pub(super) mark: Mark,
}

/// What stands for an app: its picture, or its first letter in a colour of its own. Drawn by us: the logos of apps are
/// theirs, and each would be a request.
pub(super) struct Mark {
    pub(super) picture: Option<String>,
    pub(super) letter: Option<char>,
    pub(super) colour: usize,
}

/// The style sheet has so many.
const COLOURS: usize = 8;

impl Mark {
    pub(super) fn of(app: &App, look: &Look<'_>) -> Self {
        Self {
            picture: app.picture.as_ref().map(|picture| look.file(&picture.name)),
            letter: app.name.chars().next().map(|letter| letter.to_ascii_uppercase()),
            colour: digest(app.id.as_bytes()).bytes().map(usize::from).sum::<usize>() % COLOURS,
        }
    }
}

impl<'a> Card<'a> {
    pub(super) fn of(app: &'a App, href: String, look: &Look<'_>) -> Self {
        let names = app.platforms.iter().map(|platform| platform_name(*platform, look));
        Self { app, href, platforms: names.collect::<Vec<_>>().join(", "), mark: Mark::of(app, look) }
    }
}

/// What a platform is called.
pub(super) fn platform_name(platform: Platform, look: &Look<'_>) -> String {
    if platform == Platform::Web { look.text("apps-web").into_owned() } else { platform.name().to_owned() }
}

/// What the reader's device runs, if it tells: by client hint, else by User-Agent.
pub(super) fn device(request: &Request) -> Option<Platform> {
    let hint = request.header("Sec-CH-UA-Platform").map(|values| values.as_str().trim_matches('"').to_owned());
    if let Some(hint) = hint {
        let named = |platform: &Platform| platform.name().eq_ignore_ascii_case(&hint);
        return Platform::ALL.into_iter().find(named).or_else(|| (hint == "Chrome OS").then_some(Platform::Linux));
    }
    let agent = request.header("User-Agent").map_or("", |values| values.as_str());
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
