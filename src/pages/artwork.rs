//! Drawings that stand for apps and stores, by name. Where each is from, and under which licence, is in `docs/artwork.md`.

/// Of apps that are built in, by their ids; and of all others.
pub(super) const APPS: [(&str, &str); 15] = [
    ("conversations", include_str!("assets/apps/conversations.svg")),
    ("cheogram", include_str!("assets/apps/cheogram.svg")),
    ("monocles", include_str!("assets/apps/monocles.svg")),
    ("monal", include_str!("assets/apps/monal.svg")),
    ("siskin", include_str!("assets/apps/siskin.svg")),
    ("beagle", include_str!("assets/apps/beagle.svg")),
    ("dino", include_str!("assets/apps/dino.svg")),
    ("gajim", include_str!("assets/apps/gajim.svg")),
    ("kaidan", include_str!("assets/apps/kaidan.svg")),
    ("psi", include_str!("assets/apps/psi.svg")),
    ("psi-plus", include_str!("assets/apps/psi-plus.svg")),
    ("profanity", include_str!("assets/apps/profanity.svg")),
    ("movim", include_str!("assets/apps/movim.svg")),
    ("converse", include_str!("assets/apps/converse.svg")),
    (OTHER, include_str!("assets/apps/other.svg")),
];

/// What stands for apps that have no drawing of their own; white, upon a colour.
pub(super) const OTHER: &str = "other";

/// Of stores, as the configuration calls them. They have one colour, which is that of the text beside them.
pub(super) const STORES: [(&str, &str); 6] = [
    ("google-play", include_str!("assets/stores/google-play.svg")),
    ("f-droid", include_str!("assets/stores/f-droid.svg")),
    ("app-store", include_str!("assets/stores/app-store.svg")),
    ("flathub", include_str!("assets/stores/flathub.svg")),
    ("debian", include_str!("assets/stores/debian.svg")),
    ("microsoft-store", include_str!("assets/stores/microsoft-store.svg")),
];

/// The drawing that stands for the app `id`.
pub(super) fn app(id: &str) -> &'static str {
    APPS.iter().find(|(name, _)| *name == id).map_or(OTHER, |(name, _)| name)
}
