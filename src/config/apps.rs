//! `[apps]`: the apps that guests are offered, those built in and what the admin makes of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::address::{MAX_PATH_PART_BYTES, is_web_url};
use super::checks::Checks;
pub use super::picture::{Picture, digest};
use super::picture::{PictureError, picture_type, read_picture};
pub use super::platform::Platform;
use super::stores::store;

/// `[apps]`
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct RawApps {
    /// Ids of apps to recommend, best first: a page leads guests to the first of them for their device; default: to the
    /// first that signs up by the invite's link.
    pub recommend: Vec<String>,
    /// Ids of the apps to show, in this order; default: all built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show: Option<Vec<String>>,
    /// Ids of apps to leave out.
    pub hide: Vec<String>,
    /// Further apps.
    pub custom: Vec<RawApp>,
}

/// `[[apps.custom]]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct RawApp {
    /// Its id, in links.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Where it runs: Android, iOS, Linux, macOS, Windows, web.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The path of a picture of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Whether it signs up by an `xmpp:` link with a token.
    #[serde(default)]
    pub supports_preauth_uri: bool,
    /// A link that opens it with the invite, with `{uri}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub magic_link_format: Option<String>,
    /// Where to get it.
    #[serde(default)]
    pub download: Vec<RawDownload>,
    /// How to set it up, in a few sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
}

/// `[[apps.custom.download]]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct RawDownload {
    /// The link.
    pub url: String,
    /// What the button says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Where it is for, if that is not all of the app's platforms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// The path of a picture for the button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

/// An app.
#[derive(Clone, Debug)]
pub struct App {
    /// What it is called in links.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is, in a sentence of the admin's.
    pub text: Option<String>,
    /// Where it runs.
    pub platforms: Vec<Platform>,
    /// Its home page.
    pub link: Option<String>,
    /// A picture of it.
    pub picture: Option<Arc<Picture>>,
    /// Whether it signs up by an `xmpp:` link with a token.
    pub supports_preauth_uri: bool,
    /// A link that opens it with the invite, with `{uri}`.
    pub magic_link_format: Option<String>,
    /// Where to get it.
    pub downloads: Vec<Download>,
    /// How to set it up, in the admin's words.
    pub setup: Option<String>,
    /// What our pages say and show of it; none of the admin's own apps.
    pub about: Option<About>,
    /// Its place among those that the admin recommends.
    pub recommended: Option<usize>,
}

/// What our pages say and show of an app that is built in.
#[derive(Clone, Debug, Deserialize)]
pub struct About {
    /// Names the text that says what it is.
    #[serde(skip)]
    pub text: String,
    /// Names the text on what its store does with the invite.
    pub get: Option<String>,
    /// Names the texts on what it asks, in order: when it signs up by the invite's link if it does that, else at a log-in.
    pub how: Vec<String>,
}

/// Where to get an app.
#[derive(Clone, Debug)]
pub struct Download {
    /// The link.
    pub url: String,
    /// What the button says; none: the app's name will do.
    pub text: Option<String>,
    /// A picture for the button.
    pub picture: Option<Arc<Picture>>,
    /// Where it is for; empty: wherever the app runs.
    pub platforms: Vec<Platform>,
}

impl Download {
    /// Whether it is for `device`, on which the app runs.
    #[must_use]
    pub fn fits(&self, device: Platform) -> bool {
        self.platforms.is_empty() || self.platforms.contains(&device)
    }

    /// What the store is called that it leads to, if it is one that we know.
    #[must_use]
    pub fn store(&self) -> Option<&'static str> {
        store(&self.url)
    }
}

impl App {
    /// Whether it runs on `device`: what runs in a browser runs everywhere.
    #[must_use]
    pub fn fits(&self, device: Platform) -> bool {
        self.platforms.contains(&device) || self.platforms.contains(&Platform::Web)
    }

    /// Whether there is nothing to install.
    #[must_use]
    pub fn is_web_only(&self) -> bool {
        self.platforms == [Platform::Web]
    }
}

#[derive(Default, Deserialize)]
struct BuiltIn {
    app: Vec<RawApp>,
    about: BTreeMap<String, About>,
}

impl RawApps {
    /// The apps to offer, in order.
    pub(super) fn resolve(&self, checks: &mut Checks<'_>) -> Vec<App> {
        let mut apps: Vec<App> = Vec::new();
        for app in &self.custom {
            if apps.iter().any(|other| other.id == app.id) {
                app.fault("this id is there twice", checks);
            }
            apps.push(app.resolve(None, checks));
        }
        let BuiltIn { app: built_in, mut about } = toml::from_str(include_str!("apps.toml")).unwrap_or_default();
        for app in built_in {
            // A custom app stands in for the one that is built in.
            if apps.iter().all(|other| other.id != app.id) {
                let text = format!("app-{}", app.id);
                let about = about.remove(&app.id).map(|about| About { text, ..about });
                apps.push(app.resolve(about, checks));
            }
        }
        let show = self.show.as_deref().unwrap_or_default();
        for (field, ids) in [("recommend", &*self.recommend), ("show", show), ("hide", &*self.hide)] {
            for id in ids.iter().filter(|id| apps.iter().all(|app| app.id != **id)) {
                let known: Vec<_> = apps.iter().map(|app| &*app.id).collect();
                checks.fault(&["apps", field], &format!("{id:?} is no app; there are {}", known.join(", ")));
            }
        }
        if let Some(show) = &self.show {
            apps = show.iter().filter_map(|id| apps.iter().find(|app| app.id == *id).cloned()).collect();
        }
        apps.retain(|app| !self.hide.contains(&app.id));
        for app in &mut apps {
            app.recommended = self.recommend.iter().position(|id| *id == app.id);
        }
        apps
    }
}

impl RawApp {
    fn fault(&self, reason: &str, checks: &mut Checks<'_>) {
        checks.fault(&["apps", "custom"], &format!("{:?}: {reason}", self.id));
    }

    fn resolve(&self, about: Option<About>, checks: &mut Checks<'_>) -> App {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || self.id.len() > MAX_PATH_PART_BYTES || !self.id.chars().all(plain) {
            self.fault(&format!("expected an id of at most {MAX_PATH_PART_BYTES} of a-z 0-9 and -"), checks);
        }
        let links = self.link.iter().chain(self.download.iter().map(|download| &download.url));
        for link in links.filter(|link| !is_web_url(link)) {
            self.fault(&format!("{link:?}: expected an http or https URL"), checks);
        }
        if self.magic_link_format.as_ref().is_some_and(|format| !is_magic_link(format)) {
            self.fault("magic_link_format: expected a URL with {uri}", checks);
        }
        App {
            id: self.id.clone(),
            name: self.name.clone(),
            text: self.text.clone(),
            platforms: self.platforms(&self.platforms, checks),
            link: self.link.clone(),
            picture: self.picture(self.image.as_ref(), checks),
            supports_preauth_uri: self.supports_preauth_uri,
            magic_link_format: self.magic_link_format.clone(),
            downloads: self
                .download
                .iter()
                .map(|download| Download {
                    url: download.url.clone(),
                    text: download.text.clone(),
                    picture: self.picture(download.image.as_ref(), checks),
                    platforms: self.platforms(&download.platforms, checks),
                })
                .collect(),
            setup: self.setup.clone(),
            about,
            recommended: None,
        }
    }

    fn platforms(&self, names: &[String], checks: &mut Checks<'_>) -> Vec<Platform> {
        let mut platforms = Vec::new();
        for name in names {
            match Platform::ALL.into_iter().find(|platform| platform.name().eq_ignore_ascii_case(name)) {
                Some(platform) => platforms.push(platform),
                None => self.fault(&format!("{name:?}: expected Android, iOS, Linux, macOS, Windows or web"), checks),
            }
        }
        platforms
    }

    /// Pages can do without a picture that cannot be read; what is none that we would serve is a fault.
    fn picture(&self, path: Option<&String>, checks: &mut Checks<'_>) -> Option<Arc<Picture>> {
        let path = Path::new(path?);
        let content_type = picture_type(path).map_err(|reason| self.fault(&reason, checks)).ok()?;
        match read_picture(path, content_type) {
            Ok(picture) => Some(picture),
            Err(PictureError::Refused(reason)) => {
                self.fault(&reason, checks);
                None
            }
            Err(PictureError::Unreadable(reason)) => {
                checks.notice(format!("apps.custom: no picture of {:?}: {reason}", self.id));
                None
            }
        }
    }
}

fn is_magic_link(format: &str) -> bool {
    format.contains("{uri}") && Url::parse(&format.replace("{uri}", "u")).is_ok_and(|url| is_harmless(&url))
}

/// An app may have a scheme of its own; these run what they are given.
fn is_harmless(url: &Url) -> bool {
    !matches!(url.scheme(), "javascript" | "data" | "vbscript" | "file")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::checks::checked;

    /// The ids of what is built in, in order.
    const BUILT_IN: [&str; 14] = [
        "conversations",
        "cheogram",
        "monocles",
        "monal",
        "siskin",
        "beagle",
        "dino",
        "gajim",
        "kaidan",
        "psi",
        "psi-plus",
        "profanity",
        "movim",
        "converse",
    ];

    fn ids(config: &str) -> (Vec<String>, Vec<String>) {
        let raw: RawApps = toml::from_str(config).unwrap();
        let (apps, faults) = checked(|checks| raw.resolve(checks));
        (apps.into_iter().map(|app| app.id).collect(), faults)
    }

    #[test]
    fn what_is_built_in_is_right_and_runs_everywhere() {
        let (apps, faults) = checked(|checks| RawApps::default().resolve(checks));
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(apps.iter().map(|app| &*app.id).collect::<Vec<_>>(), BUILT_IN);
        for platform in Platform::ALL {
            assert!(apps.iter().any(|app| app.platforms.contains(&platform)), "{platform:?}");
        }
        for app in &apps {
            assert!(!app.downloads.is_empty() && app.link.is_some() && !app.platforms.is_empty(), "{}", app.id);
            assert!(app.about.is_some(), "nothing is said of {}", app.id);
        }
    }

    #[test]
    fn a_store_is_for_a_platform_of_its_app() {
        let (apps, _) = checked(|checks| RawApps::default().resolve(checks));
        for app in &apps {
            for platform in &app.platforms {
                assert!(app.downloads.iter().any(|download| download.fits(*platform)), "{}: {platform:?}", app.id);
            }
            for download in &app.downloads {
                assert!(download.platforms.iter().all(|platform| app.platforms.contains(platform)), "{}", download.url);
            }
        }
        let stores = |url: &str| {
            apps.iter().flat_map(|app| &app.downloads).filter(|download| download.url == url).collect::<Vec<_>>()
        };
        let [mac] = stores("https://apps.apple.com/app/id1637078500")[..] else { panic!("no Mac App Store") };
        assert_eq!((mac.fits(Platform::MacOs), mac.fits(Platform::Ios)), (true, false));
    }

    #[test]
    fn apps_are_recommended_in_the_admins_order() {
        let config = "recommend = ['gajim', 'monal', 'dino']\nhide = ['monal']";
        let raw: RawApps = toml::from_str(config).unwrap();
        let (apps, faults) = checked(|checks| raw.resolve(checks));
        let recommended: Vec<_> = apps.iter().filter_map(|app| Some((&*app.id, app.recommended?))).collect();
        assert_eq!((recommended, faults), (vec![("dino", 2), ("gajim", 0)], vec![]));
        let (_, faults) = ids("recommend = ['icq']");
        assert!(faults[0].starts_with("\"icq\" is no app; there are conversations, "), "{faults:?}");
    }

    #[test]
    fn apps_are_shown_hidden_and_replaced() {
        assert_eq!(ids("show = ['monal', 'dino']").0, ["monal", "dino"]);
        assert_eq!(ids("show = ['monal', 'dino']\nhide = ['monal']").0, ["dino"]);
        let (apps, _) = ids("[[custom]]\nid = 'dino'\nname = 'Our Dino'\n[[custom]]\nid = 'ours'\nname = 'Ours'");
        assert_eq!((&apps[..2], apps.len()), (&["dino".to_owned(), "ours".to_owned()][..], BUILT_IN.len() + 1));
    }

    #[test]
    fn what_is_wrong_is_told() {
        let (_, faults) = ids("hide = ['icq']");
        assert!(faults[0].starts_with("\"icq\" is no app; there are conversations, "), "{faults:?}");
        let custom = |line: &str| ids(&format!("[[custom]]\nid = 'a'\nname = 'A'\n{line}")).1.join("; ");
        assert_eq!(
            custom("platforms = ['OS/2']"),
            "\"a\": \"OS/2\": expected Android, iOS, Linux, macOS, Windows or web"
        );
        assert_eq!(
            custom("download = [{ url = 'https://a.example/', platforms = ['Symbian'] }]"),
            "\"a\": \"Symbian\": expected Android, iOS, Linux, macOS, Windows or web"
        );
        assert_eq!(custom("link = 'javascript:x'"), "\"a\": \"javascript:x\": expected an http or https URL");
        assert_eq!(
            custom("magic_link_format = 'javascript:{uri}'"),
            "\"a\": magic_link_format: expected a URL with {uri}"
        );
        let elsewhere = "\"a\": a.png: expected the absolute path of a picture; we serve it ourselves";
        assert_eq!(custom("image = 'a.png'"), elsewhere);
    }
}
