//! `GET /assets/…`: what pages load, from us alone. A name holds the digest of what is in the file, so a browser may keep
//! it for a year.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use tide::Response;
use tide::http::headers;

use super::{accent, artwork, preview};
use crate::caller::Request;
use crate::config::apps::digest;
use crate::problem::Problem;

struct Asset {
    /// As pages call it; drawings are called by the style sheet alone.
    name: &'static str,
    /// As it is called in links.
    file: String,
    content_type: &'static str,
    body: Cow<'static, str>,
}

static ALL: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let drawings = artwork::APPS.iter().chain(&artwork::STORES).map(|(_, drawing)| Asset {
        name: "",
        file: drawing_name(drawing),
        content_type: "image/svg+xml",
        body: Cow::Borrowed(drawing),
    });
    let style = format!("{}{}", include_str!("assets/style.css"), drawing_rules());
    [
        ("style.css", "text/css; charset=utf-8", Cow::Owned(style)),
        ("api.css", "text/css; charset=utf-8", include_str!("assets/api.css").into()),
        ("manage.css", "text/css; charset=utf-8", include_str!("assets/manage.css").into()),
        ("script.js", "text/javascript; charset=utf-8", include_str!("assets/script.js").into()),
        ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg").into()),
    ]
    .map(|(name, content_type, body)| Asset { name, file: file_name(name, &body), content_type, body })
    .into_iter()
    .chain(drawings)
    .collect()
});

fn file_name(name: &str, body: &str) -> String {
    let (stem, extension) = name.split_once('.').unwrap_or((name, "bin"));
    format!("{stem}-{}.{extension}", digest(body.as_bytes()))
}

/// The names of some drawings are too long for links.
fn drawing_name(drawing: &str) -> String {
    format!("{}.svg", digest(drawing.as_bytes()))
}

/// Rules of the style sheet that show each drawing: so it is loaded where it is seen, and not where it is folded away.
fn drawing_rules() -> String {
    let mut rules = String::new();
    for (name, drawing) in artwork::APPS {
        let _ = writeln!(rules, ".m-{name} {{ background-image: url({}); }}", drawing_name(drawing));
    }
    for (name, drawing) in artwork::STORES {
        let _ = writeln!(rules, ".s-{name} {{ --drawing: url({}); }}", drawing_name(drawing));
    }
    rules
}

/// What the file that pages call `name` is called in links.
pub(super) fn name(name: &str) -> &'static str {
    ALL.iter().find(|asset| asset.name == name).map_or("", |asset| &asset.file)
}

/// One of our files, or what the configuration has: a picture that it names, the colour of a site.
///
/// # Errors
/// When there is no such file.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let name = request.param("name").unwrap_or_default();
    let settings = &request.state().settings;
    if let Some(asset) = ALL.iter().find(|asset| asset.file == name) {
        return Ok(file(asset.content_type, (&*asset.body).into()));
    }
    let of_apps = settings.apps.iter().flat_map(|app| {
        app.picture.iter().chain(app.downloads.iter().filter_map(|download| download.picture.as_ref()))
    });
    let mut pictures = of_apps.chain(settings.hosts.values().filter_map(|site| site.logo.as_ref()));
    if let Some(picture) = pictures.find(|picture| picture.name == name) {
        return Ok(file(picture.content_type, picture.bytes.as_slice().into()));
    }
    let mut accents = settings.hosts.values().filter_map(|site| site.accent);
    if let Some(accent) = accents.find(|accent| accent::name(*accent) == name) {
        return Ok(file("text/css; charset=utf-8", accent::sheet(accent).into()));
    }
    let mut hosts = settings.hosts.iter();
    let (host, site) = hosts.find(|(host, site)| preview::name(host, site) == name).ok_or(Problem::NotFound)?;
    let picture = preview::picture(host, site).map_err(Problem::internal)?;
    Ok(file("image/png", picture.into()))
}

fn file(content_type: &str, body: tide::Body) -> Response {
    let mut response = Response::new(200);
    response.set_body(body);
    response.set_content_type(content_type);
    response.insert_header(headers::CACHE_CONTROL, "public, max-age=31536000, immutable");
    // A drawing that somebody opens by itself runs and loads nothing.
    response.insert_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_reach_us() {
        let accent = "accent-000000000000.css";
        for file in ALL.iter().map(|asset| &*asset.file).chain([accent]) {
            assert!(file.len() <= crate::config::MAX_PATH_PART_BYTES, "{file}");
        }
    }

    /// Whatever is built in has a drawing of its own.
    #[test]
    fn apps_have_drawings_and_drawings_apps() {
        let table: toml::Table = include_str!("../config/apps.toml").parse().unwrap();
        let apps: Vec<_> = table["app"].as_array().unwrap().iter().map(|app| app["id"].as_str().unwrap()).collect();
        let drawn: Vec<_> =
            artwork::APPS.iter().map(|(name, _)| *name).filter(|name| *name != artwork::OTHER).collect();
        let sorted = |mut names: Vec<&'static str>| {
            names.sort_unstable();
            names
        };
        assert_eq!(sorted(drawn), sorted(apps.iter().map(|id| artwork::app(id)).collect()));
        assert_eq!(artwork::app("nobody's"), artwork::OTHER);
    }

    #[test]
    fn drawings_are_small_and_different_and_what_we_would_serve() {
        let all: Vec<_> = artwork::APPS.into_iter().chain(artwork::STORES).collect();
        let bodies: std::collections::BTreeSet<_> = all.iter().map(|(_, drawing)| *drawing).collect();
        assert_eq!(bodies.len(), all.len(), "two look alike");
        for (name, drawing) in all {
            let begin = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ";
            assert!(drawing.starts_with(begin) && drawing.trim_end().ends_with("</svg>"), "{name}");
            for refused in ["<script", "<style", "href", " on", "<!", "<title", "id=\"metadata", "data:"] {
                assert!(!drawing.contains(refused), "{name} has {refused}");
            }
            assert!(drawing.len() <= 3 << 10, "{name} has {} bytes", drawing.len());
        }
    }
}
