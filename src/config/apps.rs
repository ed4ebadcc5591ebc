//! The apps that guests are offered: those built in, and what `[apps]` makes of them. Pictures are read here, so that a
//! page loads nothing from elsewhere.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use url::Url;

use super::{MAX_LAST_PART_BYTES, raw};

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
}

/// What our pages say and show of an app that is built in.
#[derive(Clone, Debug, Deserialize)]
pub struct About {
    /// A character or two that stand for it.
    pub mark: String,
    /// Names the text that says what it is.
    #[serde(skip)]
    pub text: String,
    /// Names the text on how to go on once it is there.
    pub how: String,
    /// Its place among them.
    #[serde(skip)]
    pub number: usize,
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
}

/// A picture that we serve ourselves.
#[derive(Debug)]
pub struct Picture {
    /// Its file name in links: the digest of what is in it.
    pub name: String,
    /// `image/…`
    pub content_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Where an app runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Phones and tablets.
    Android,
    /// iPhone and iPad.
    Ios,
    /// Desktops.
    Linux,
    /// Desktops.
    MacOs,
    /// Desktops.
    Windows,
    /// Any browser.
    Web,
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

impl Platform {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Android, Self::Ios, Self::Linux, Self::MacOs, Self::Windows, Self::Web];

    /// What it is called, here and by its makers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Android => "Android",
            Self::Ios => "iOS",
            Self::Linux => "Linux",
            Self::MacOs => "macOS",
            Self::Windows => "Windows",
            Self::Web => "web",
        }
    }
}

/// A larger picture was named by mistake: it delays the page on a phone.
const MAX_PICTURE_BYTES: u64 = 64 << 10;

/// What is found to be wrong.
#[derive(Default)]
pub(super) struct Findings {
    /// Each with the setting below `apps` that it is about.
    pub(super) faults: Vec<(&'static str, String)>,
    /// Pictures that cannot be read: pages can do without.
    pub(super) notices: Vec<String>,
}

#[derive(Default, Deserialize)]
struct BuiltIn {
    app: Vec<raw::App>,
    about: BTreeMap<String, About>,
}

/// The apps to offer, in order. What is wrong is added to `findings`.
pub(super) fn settle(raw: &raw::Apps, findings: &mut Findings) -> Vec<App> {
    let mut apps: Vec<App> = Vec::new();
    for app in &raw.custom {
        if apps.iter().any(|other| other.id == app.id) {
            findings.faults.push(("custom", format!("{:?}: this id is there twice", app.id)));
        }
        apps.push(app_of(app, None, findings));
    }
    let BuiltIn { app: built_in, mut about } = toml::from_str(include_str!("apps.toml")).unwrap_or_default();
    for (number, app) in built_in.into_iter().enumerate() {
        // A custom app stands in for the one that is built in.
        if apps.iter().all(|other| other.id != app.id) {
            let about = about.remove(&app.id).map(|about| About { number, text: format!("app-{}", app.id), ..about });
            apps.push(app_of(&app, about, findings));
        }
    }
    for (field, ids) in [("show", raw.show.as_deref().unwrap_or_default()), ("hide", &raw.hide)] {
        for id in ids.iter().filter(|id| apps.iter().all(|app| app.id != **id)) {
            let known: Vec<_> = apps.iter().map(|app| &*app.id).collect();
            findings.faults.push((field, format!("{id:?} is no app; there are {}", known.join(", "))));
        }
    }
    if let Some(show) = &raw.show {
        apps = show.iter().filter_map(|id| apps.iter().find(|app| app.id == *id).cloned()).collect();
    }
    apps.retain(|app| !raw.hide.contains(&app.id));
    apps
}

fn app_of(app: &raw::App, about: Option<About>, findings: &mut Findings) -> App {
    let mut wrong = |reason: String| findings.faults.push(("custom", format!("{:?}: {reason}", app.id)));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if app.id.is_empty() || app.id.len() > MAX_LAST_PART_BYTES || !app.id.chars().all(plain) {
        wrong(format!("expected an id of at most {MAX_LAST_PART_BYTES} of a-z 0-9 and -"));
    }
    let links = app.link.iter().chain(app.download.iter().map(|download| &download.url));
    for link in links.filter(|link| !is_web(link)) {
        wrong(format!("{link:?}: expected an http or https URL"));
    }
    if let Some(format) = &app.magic_link_format
        && !(format.contains("{uri}") && Url::parse(&format.replace("{uri}", "u")).is_ok_and(|url| is_harmless(&url)))
    {
        wrong("magic_link_format: expected a URL with {uri}".into());
    }
    let mut platforms = Vec::new();
    for name in &app.platforms {
        match Platform::ALL.into_iter().find(|platform| platform.name().eq_ignore_ascii_case(name)) {
            Some(platform) => platforms.push(platform),
            None => wrong(format!("{name:?}: expected Android, iOS, Linux, macOS, Windows or web")),
        }
    }
    let mut picture = |path: Option<&String>| {
        let path = Path::new(path?);
        let content_type = picture_type(path).map_err(&mut wrong).ok()?;
        let picture = read_picture(path, content_type);
        picture
            .map_err(|reason| findings.notices.push(format!("apps.custom: no picture of {:?}: {reason}", app.id)))
            .ok()
    };
    App {
        id: app.id.clone(),
        name: app.name.clone(),
        text: app.text.clone(),
        platforms,
        link: app.link.clone(),
        picture: picture(app.image.as_ref()),
        supports_preauth_uri: app.supports_preauth_uri,
        magic_link_format: app.magic_link_format.clone(),
        downloads: app
            .download
            .iter()
            .map(|download| Download {
                url: download.url.clone(),
                text: download.text.clone(),
                picture: picture(download.image.as_ref()),
            })
            .collect(),
        setup: app.setup.clone(),
        about,
    }
}

fn is_web(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// An app may have a scheme of its own; these run what they are given.
fn is_harmless(url: &Url) -> bool {
    !matches!(url.scheme(), "javascript" | "data" | "vbscript" | "file")
}

/// What kind of picture a path is of.
fn picture_type(path: &Path) -> Result<&'static str, String> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match extension {
        _ if !path.is_absolute() => {
            Err(format!("{}: expected the absolute path of a picture; we serve it ourselves", path.display()))
        }
        "svg" => Ok("image/svg+xml"),
        "png" => Ok("image/png"),
        "webp" => Ok("image/webp"),
        "jpg" | "jpeg" => Ok("image/jpeg"),
        _ => Err(format!("{}: expected a file that ends in .svg, .png, .webp or .jpg", path.display())),
    }
}

fn read_picture(path: &Path, content_type: &'static str) -> Result<Arc<Picture>, String> {
    let cannot = |error: std::io::Error| format!("cannot read {} ({error})", path.display());
    if std::fs::metadata(path).map_err(cannot)?.len() > MAX_PICTURE_BYTES {
        return Err(format!("{} is larger than {} KiB", path.display(), MAX_PICTURE_BYTES >> 10));
    }
    let bytes = std::fs::read(path).map_err(cannot)?;
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    Ok(Arc::new(Picture { name: format!("{}.{extension}", digest(&bytes)), content_type, bytes }))
}

/// What tells the content of one file from another's, short enough for a link.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    let digest = sha2::Sha256::digest(bytes);
    digest[..6].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let mut findings = Findings::default();
        let apps = settle(&toml::from_str(config).unwrap(), &mut findings);
        (apps.into_iter().map(|app| app.id).collect(), findings.faults.into_iter().map(|(_, reason)| reason).collect())
    }

    #[test]
    fn what_is_built_in_is_right_and_runs_everywhere() {
        let mut findings = Findings::default();
        let apps = settle(&raw::Apps::default(), &mut findings);
        assert!(findings.faults.is_empty());
        assert_eq!(apps.iter().map(|app| &*app.id).collect::<Vec<_>>(), BUILT_IN);
        for platform in Platform::ALL {
            assert!(apps.iter().any(|app| app.platforms.contains(&platform)), "{platform:?}");
        }
        for app in &apps {
            assert!(!app.downloads.is_empty() && app.link.is_some() && !app.platforms.is_empty(), "{}", app.id);
            assert!(app.about.is_some(), "{} has no mark", app.id);
        }
        let marks: std::collections::BTreeSet<_> = apps.iter().map(|app| &app.about.as_ref().unwrap().mark).collect();
        assert_eq!(marks.len(), apps.len(), "two look alike: {marks:?}");
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
        assert_eq!(custom("link = 'javascript:x'"), "\"a\": \"javascript:x\": expected an http or https URL");
        assert_eq!(
            custom("magic_link_format = 'javascript:{uri}'"),
            "\"a\": magic_link_format: expected a URL with {uri}"
        );
        let elsewhere = "\"a\": a.png: expected the absolute path of a picture; we serve it ourselves";
        assert_eq!(custom("image = 'a.png'"), elsewhere);
    }
}
