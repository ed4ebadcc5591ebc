//! `GET /assets/…`: what pages load, from us alone. A name holds the digest of what is in the file, so a browser may keep
//! it for a year.

use std::sync::LazyLock;

use tide::Response;
use tide::http::headers;

use super::preview;
use crate::caller::Request;
use crate::config::apps::digest;
use crate::problem::Problem;

struct Asset {
    /// As pages call it.
    name: &'static str,
    /// As it is called in links.
    file: String,
    content_type: &'static str,
    body: &'static str,
}

static ALL: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    [
        ("style.css", "text/css; charset=utf-8", include_str!("assets/style.css")),
        ("api.css", "text/css; charset=utf-8", include_str!("assets/api.css")),
        ("script.js", "text/javascript; charset=utf-8", include_str!("assets/script.js")),
        ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
    ]
    .map(|(name, content_type, body)| Asset { name, file: file_name(name, body), content_type, body })
});

fn file_name(name: &str, body: &str) -> String {
    let (stem, extension) = name.split_once('.').unwrap_or((name, "bin"));
    format!("{stem}-{}.{extension}", digest(body.as_bytes()))
}

/// What the file that pages call `name` is called in links.
pub(super) fn name(name: &str) -> &'static str {
    ALL.iter().find(|asset| asset.name == name).map_or("", |asset| &asset.file)
}

/// One of our files, or a picture that the configuration names.
///
/// # Errors
/// When there is no such file.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let name = request.param("name").unwrap_or_default();
    let settings = &request.state().settings;
    let pictures = settings.apps.iter().flat_map(|app| {
        app.picture.iter().chain(app.downloads.iter().filter_map(|download| download.picture.as_ref()))
    });
    if let Some(asset) = ALL.iter().find(|asset| asset.file == name) {
        return Ok(file(asset.content_type, asset.body.into()));
    }
    if let Some(picture) = pictures.into_iter().find(|picture| picture.name == name) {
        return Ok(file(picture.content_type, picture.bytes.as_slice().into()));
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
        for asset in &*ALL {
            assert!(asset.file.len() <= crate::config::MAX_PATH_PART_BYTES, "{}", asset.file);
        }
    }
}
