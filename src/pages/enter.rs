//! `GET /`: an invite's code, typed by hand, or its token, or a link that was pasted. Wrong ones are counted by address.

use std::time::Duration;

use askama::Template;
use tide::Response;
use tide::http::headers;

use super::look::Look;
use super::opened::guessed;
use super::page::{page, see_other};
use super::query::parameter;
use crate::caller::Request;
use crate::invite::found::{is_of_token, our_token_in, seen, token_in_parameter, token_in_query, token_in_text};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "enter.html")]
struct EnterPage<'a> {
    look: Look<'a>,
    code: String,
    error: Option<&'static str>,
}

/// The form; on to the invite if a code came with it that opens one.
///
/// # Errors
/// When the ledger cannot be used.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let look = Look::of(&request).on_only_site(&request);
    let Some(code) = parameter(&request, "code") else {
        return page(200, &EnterPage { look, code: String::new(), error: None });
    };
    let again = |look, status, error| page(status, &EnterPage { look, code: code.clone(), error: Some(error) });
    let token = token_of(&code, request.state().settings.invites.landing.as_deref());
    if token.is_empty() {
        return again(look, 422, "enter-error-empty");
    }
    let on = |look: &Look<'_>, token: &str| {
        let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
        see_other(&look.link(&format!("/invite?{token}")))
    };
    // What is right is opened whatever came from there before, as a code is no easier to guess than a token.
    if let Some(token) = request.state().desk.invites.token_of_code_in(&code).await? {
        return Ok(on(&look, &token));
    }
    match guessed(&request, &token, request.state().desk.now()).await {
        Ok(Some(_)) => Ok(on(&look, &token)),
        Ok(None) => again(look, 404, "enter-error-unknown"),
        Err(Problem::TooMany(_, wait)) => {
            let mut response = again(look, 429, "enter-error-wait")?;
            let seconds = wait.max(Duration::from_secs(1)).as_secs();
            response.insert_header(headers::RETRY_AFTER, seconds.to_string());
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
}

/// The token in what somebody typed or pasted: a code with blanks, one of our links or of `landing`'s, or an `xmpp:` link,
/// whatever stands around it.
fn token_of(text: &str, landing: Option<&str>) -> String {
    let text = seen(text);
    let whole: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let after_mark = ["preauth=", "preauth%3D"].into_iter().find_map(|mark| whole.split_once(mark));
    let begins = |rest: &str| token_in_text(rest.split(|c| !is_of_token(c)).next().unwrap_or_default()).to_owned();
    let found = after_mark.map(|(_, rest)| begins(rest)).or_else(|| in_link(&whole));
    if let Some(token) = found.or_else(|| after_landing(&whole, landing?).map(begins)) {
        return token;
    }
    // A code among other words, or in groups. What is neither is compared as a whole: nothing is guessed.
    our_token_in(&text).or_else(|| our_token_in(&whole)).map_or_else(|| whole.clone(), str::to_owned)
}

/// The token in a link of ours: `invite?TOKEN`, `invite/setup/APP?TOKEN`, `register?c=APP&t=TOKEN`.
fn in_link(text: &str) -> Option<String> {
    let (path, query) = text.split_once('?')?;
    let query = query.split('#').next().unwrap_or_default();
    if path.ends_with("/register") || path.ends_with("/reset") {
        return Some(token_in_parameter(query, "t"));
    }
    (path.ends_with("/invite") || path.contains("/invite/setup/")).then(|| token_in_query(query))
}

/// What begins with the token in a link to somebody else's landing page: it comes after what stands before its place.
fn after_landing<'a>(text: &'a str, landing: &str) -> Option<&'a str> {
    let (before, _) = landing.split_once("{token}").or_else(|| landing.split_once("{preauth}"))?;
    let before = before.rsplit('}').next().filter(|before| !before.is_empty())?;
    text.split_once(before).map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_in_what_people_type_and_paste() {
        let token = "AdXsSwAAAAevGz3NYI-Ej6At";
        for text in [
            "AdXs SwAA AAev Gz3N YI-E j6At",
            "  AdXsSwAA\tAAevGz3NYI–Ej6At\r\n",
            "https://invite.example.com/p/invite?AdXsSwAAAAevGz3NYI-Ej6At&lang=de",
            "https://invite.example.com/invite/setup/psi-plus?AdXsSwAAAAevGz3NYI-Ej6At",
            "https://invite.example.com/register?t=AdXsSwAAAAevGz3NYI-Ej6At&c=dino",
            "https://invite.example.com/register?c=dino&t=AdXsSwAAAAevGz3NYI-Ej6At#x",
            "https://invite.example.com/reset?lang=de&t=AdXsSwAAAAevGz3NYI-Ej6At",
            "xmpp:romeo@example.com?roster;preauth=AdXsSwAAAAevGz3NYI-Ej6At;ibr=y",
            "xmpp:example.com?register;preauth=AdXsSwAAAAevGz3NYI-Ej6At",
            "https://invite.example.com/invite?utm_source=x&AdXsSwAAAAevGz3NYI-Ej6At=",
            "https://invite.example.com/invite?AdXsSwAAAAevGz3NYI-Ej6At.",
            "<https://invite.example.com/register?c=dino&amp;t=AdXsSwAAAAevGz3NYI-Ej6At>",
            "AdXsSwAAAAevGz3NYI-Ej6At.",
            "(*AdXsSwAAAAevGz3NYI-Ej6At*)",
            "AdXsSwAAAAevGz3NYI-Ej6At\u{2019}s",
            "your code: AdXsSwAA\u{200b}AAevGz3NYI-Ej6At, until Monday",
            "_AdXs SwAA AAev Gz3N YI-E j6At_",
            "https://e.example/#xmpp%3Aexample.com%3Fregister%3Bpreauth%3DAdXsSwAAAAevGz3NYI-Ej6At",
        ] {
            assert_eq!(token_of(text, None), token, "{text}");
        }
        for (landing, text) in [
            ("https://e.example/join/{token}", "https://e.example/join/AdXsSwAAAAevGz3NYI-Ej6At"),
            ("https://e.example/{host}/i/{token}/x", "https://e.example/b%C3%BC.example/i/AdXsSwAAAAevGz3NYI-Ej6At/x"),
            ("https://e.example/?inv={preauth}", "https://e.example/?inv=AdXsSwAAAAevGz3NYI-Ej6At"),
            ("https://e.example/?h={host}&i={token}", "https://e.example/?h=a&i=AdXsSwAAAAevGz3NYI-Ej6At"),
        ] {
            assert_eq!(token_of(text, Some(landing)), token, "{text}");
        }
        assert_eq!(token_of(" \u{200b} ", None), "");
        // What is no link is compared as a whole: nothing is guessed.
        assert_eq!(token_of("nobody?knows", Some("https://e.example/{uri}")), "nobody?knows");
    }
}
