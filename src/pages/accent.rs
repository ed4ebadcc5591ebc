//! `/assets/accent-….css`: the colour of a site, on top of the style sheet of all. A file, as no page has styles of its own.

use crate::config::Accent;
use crate::config::apps::digest;

/// What it is called in links.
pub(super) fn name(accent: Accent) -> String {
    format!("accent-{}.css", digest(sheet(accent).as_bytes()))
}

/// What is in it. It comes after the style sheet of all, and before nothing; so on paper it is the light one.
pub(super) fn sheet(accent: Accent) -> String {
    let Accent { light, dark } = accent;
    let (on_light, on_dark) = (Accent::ON_LIGHT, Accent::ON_DARK);
    format!(
        ":root {{ --strong: {light}; --on-strong: {on_light}; }}\n\
         @media screen and (prefers-color-scheme: dark) {{ :root {{ --strong: {dark}; --on-strong: {on_dark}; }} }}\n"
    )
}
