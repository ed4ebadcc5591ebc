//! The stores that apps are got from, known by their links.

use url::Url;

/// By the host that a link leads to, without `www.`, what a store is called among our drawings.
const STORES: [(&str, &str); 8] = [
    ("play.google.com", "google-play"),
    ("f-droid.org", "f-droid"),
    ("apps.apple.com", "app-store"),
    ("itunes.apple.com", "app-store"),
    ("flathub.org", "flathub"),
    ("packages.debian.org", "debian"),
    ("apps.microsoft.com", "microsoft-store"),
    ("microsoft.com", "microsoft-store"),
];

/// The store that `link` leads to.
pub(super) fn store(link: &str) -> Option<&'static str> {
    let url = Url::parse(link).ok()?;
    let host = url.host_str()?.trim_start_matches("www.");
    let found = STORES.iter().find(|(own, _)| *own == host);
    // Most of what Microsoft has there is no store.
    let is_store = host != "microsoft.com" || url.path().contains("/store/");
    found.filter(|_| is_store).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_known_by_its_links() {
        for (link, name) in [
            ("https://play.google.com/store/apps/details?id=x", Some("google-play")),
            ("https://f-droid.org/packages/x/", Some("f-droid")),
            ("https://apps.apple.com/app/id1", Some("app-store")),
            ("https://flathub.org/apps/x", Some("flathub")),
            ("https://packages.debian.org/stable/x", Some("debian")),
            ("https://apps.microsoft.com/detail/x", Some("microsoft-store")),
            ("https://www.microsoft.com/store/apps/x", Some("microsoft-store")),
            ("https://www.microsoft.com/en-us/windows", None),
            ("https://example.com/?play.google.com", None),
            ("https://play.google.com.example/", None),
            ("https://gajim.org/download/", None),
            ("ours", None),
        ] {
            assert_eq!(store(link), name, "{link}");
        }
    }
}
