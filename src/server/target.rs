//! Paths that tide's router must not see as they come.

use crate::config::MAX_PATH_PART_BYTES;

/// What no route has.
pub(super) const NO_SUCH_PATH: &str = "/.no-such-path";

/// Whether a part of `path` is `.` or `..`, also encoded. A URL resolves these, and a request would come to a route past the
/// rules that a proxy has for its path.
pub(super) fn has_dot_segment(path: &str) -> bool {
    const LONGEST: usize = "%2e%2e".len();
    let is_dot =
        |part: &str| part.len() <= LONGEST && matches!(&*part.to_ascii_lowercase().replace("%2e", "."), "." | "..");
    path.split('/').any(is_dot)
}

/// Whether tide's router may see `path`: what a route captures (always the last part, see `Table::at` in app/) must not be
/// too long for it, and no path of ours is.
pub(super) fn is_routable(path: &str) -> bool {
    let captured = path.rsplit('/').find(|part| !part.is_empty());
    captured.is_none_or(|part| part.len() <= MAX_PATH_PART_BYTES)
}

/// What the router sees instead of a `path` that it must not: one whose last part nothing is called. So a route that captures
/// that part answers as to any name that it does not know.
pub(super) fn stand_in(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((before, last)) if !last.is_empty() => format!("{before}{NO_SUCH_PATH}"),
        _ => NO_SUCH_PATH.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tide::http::Url;

    use super::*;

    #[test]
    fn dot_segments_are_found_however_they_are_written() {
        for path in ["/.", "/..", "/./a", "/a/../b", "/a/.", "/%2e/a", "/%2E%2e", "/.%2e/", "/a/%2E./b", "."] {
            assert!(has_dot_segment(path), "{path}");
        }
        for path in
            ["/", "//", "/...", "/.a", "/a.", "/..a/b..", "/%2e%2ea", "/%252e", "/a%2f..%2fb", "/%2e%2e%2e", "*"]
        {
            assert!(!has_dot_segment(path), "{path}");
        }
    }

    #[test]
    fn no_part_that_a_route_may_capture_is_longer_than_the_router_can_take() {
        let (longest, too_long) = ("x".repeat(MAX_PATH_PART_BYTES), "x".repeat(MAX_PATH_PART_BYTES + 1));
        for (start, end) in
            [("/", ""), ("/a/", ""), ("/a/", "/"), ("/a/", "//"), ("//a//", "///"), (&*format!("/{too_long}/"), "")]
        {
            assert!(is_routable(&format!("{start}{longest}{end}")), "{start} {end}");
            assert!(!is_routable(&format!("{start}{too_long}{end}")), "{start} {end}");
        }
        // As the router gets them: without what a URL resolves, and with what it encodes.
        for (target, is_short) in [
            (format!("/a/{too_long}/."), false),
            (format!("/a/{too_long}/.."), true),
            (format!("/a/{too_long}?/"), false),
            (format!("/a/{too_long}%2f"), false),
            (format!("/a/{}", "%2f".repeat(8)), false),
            (format!("/a/{}", "%2f".repeat(7)), true),
            (format!("/a/{}", "ü".repeat(4)), false),
            (format!("/a?/{too_long}"), true),
            ("/".into(), true),
        ] {
            let url = Url::parse(&format!("http://localhost{target}")).unwrap();
            assert_eq!(is_routable(url.path()), is_short, "{target}");
        }
    }

    #[test]
    fn a_part_that_the_router_must_not_see_is_one_that_nothing_is_called() {
        for (path, seen) in [
            ("/a/b/too-long", "/a/b/.no-such-path"),
            ("/too-long", "/.no-such-path"),
            ("/a/too-long/", "/.no-such-path"),
            ("", "/.no-such-path"),
        ] {
            assert_eq!(stand_in(path), seen, "{path}");
        }
    }
}
