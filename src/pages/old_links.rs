//! Links that other programs handed out lead to the page that is theirs here, once their token is known.

use percent_encoding::percent_decode_str;
use tide::Response;
use tide::http::headers;

use super::look::Look;
use super::opened::known;
use super::query::{parameter, token_in, token_in_t};
use crate::caller::Request;
use crate::invite::found::token_in_text;
use crate::problem::Problem;

/// What is shorter in a path is no token, but a page's name.
const LEAST_CHARS: usize = 8;

/// What an old link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OldLink {
    LandingPage,
    SignUp,
}

/// A token in the path of an old link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathToken {
    token: String,
    link: OldLink,
}

impl PathToken {
    /// The token in `TOKEN`, `TOKEN/` (of Snikket) or `TOKEN/register`, the end of a path.
    #[must_use]
    pub fn of(end: &str) -> Option<Self> {
        let (token, link) = match end.strip_suffix("/register") {
            Some(token) => (token, OldLink::SignUp),
            None => (end.strip_suffix('/').unwrap_or(end), OldLink::LandingPage),
        };
        let token = percent_decode_str(token).decode_utf8_lossy();
        let is_token = !token.contains('/') && token.len() >= LEAST_CHARS;
        is_token.then(|| Self { token: token_in_text(&token).to_owned(), link })
    }
}

/// `/invites_page?TOKEN`, of Prosody's `mod_invites_page`.
///
/// # Errors
/// When the ledger cannot be used.
pub async fn invites_page(request: Request) -> Result<Response, Problem> {
    lead(&request, &token_in(&request), OldLink::LandingPage).await
}

/// `/invites_register_web?t=TOKEN&c=APP`, of Prosody's `mod_invites_register_web`.
///
/// # Errors
/// When the ledger cannot be used.
pub async fn invites_register_web(request: Request) -> Result<Response, Problem> {
    lead(&request, &token_in_t(&request), OldLink::SignUp).await
}

/// `/invite/TOKEN`, `/invite/TOKEN/` and `/invite/TOKEN/register`
///
/// # Errors
/// When the ledger cannot be used.
pub async fn with_path_token(request: Request, PathToken { token, link }: PathToken) -> Result<Response, Problem> {
    lead(&request, &token, link).await
}

async fn lead(request: &Request, token: &str, link: OldLink) -> Result<Response, Problem> {
    // Nothing is said of a token that is none, as on the pages.
    if let Err(problem) = known(request, token, request.state().desk.now()).await {
        return problem.answer(request);
    }
    let page = match link {
        OldLink::LandingPage => format!("/invite?{token}"),
        OldLink::SignUp => {
            let app =
                parameter(request, "c").filter(|app| request.state().settings.apps.iter().any(|one| one.id == *app));
            format!("/register?t={token}{}", app.map_or(String::new(), |app| format!("&c={app}")))
        }
    };
    let mut response = Response::new(308);
    response.insert_header(headers::LOCATION, Look::of(request).link(&page));
    response.insert_header("Referrer-Policy", "no-referrer");
    response.insert_header(headers::CACHE_CONTROL, "no-store");
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_in_paths_are_told_from_pages() {
        let of = |end: &str| PathToken::of(end).map(|path| (path.token, path.link));
        let token = "A4FWzqGQHfz6bThSkFkU9DHl".to_owned();
        for (end, link) in [
            ("A4FWzqGQHfz6bThSkFkU9DHl", OldLink::LandingPage),
            ("A4FWzqGQHfz6bThSkFkU9DHl.", OldLink::LandingPage),
            ("A4FWzqGQHfz6bThSkFkU9DHl/", OldLink::LandingPage),
            ("%41%34FWzqGQHfz6bThSkFkU9DHl%20", OldLink::LandingPage),
            ("A4FWzqGQHfz6bThSkFkU9DHl/register", OldLink::SignUp),
        ] {
            assert_eq!(of(end), Some((token.clone(), link)), "{end}");
        }
        for end in
            ["", "qr", "setup", "setup/register", "setup/monal", "A4FWzqGQHfz6bThSkFkU9DHl/else", "a/b%2fregister"]
                .into_iter()
                .chain(["A4FWzqGQHfz6bThSkFkU9DHl//", "/A4FWzqGQHfz6bThSkFkU9DHl/"])
        {
            assert_eq!(of(end), None, "{end}");
        }
    }
}
