//! `GET /`: an invite's code, typed by hand. Wrong ones are counted by address.

use std::time::Duration;

use askama::Template;
use tide::Response;
use tide::http::headers;

use super::look::Look;
use super::{page, parameter, see_other};
use crate::caller::{Request, address_of};
use crate::clock;
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
    let look = Look::of(&request);
    let Some(code) = parameter(&request, "code") else {
        return page(200, &EnterPage { look, code: String::new(), error: None });
    };
    let again = |look, status, error| page(status, &EnterPage { look, code: code.clone(), error: Some(error) });
    let token = token_of(&code);
    if token.is_empty() {
        return again(look, 422, "enter-error-empty");
    }
    let (desk, client, now) = (request.state(), address_of(&request), clock::now());
    if let Some(wait) = desk.wait_for_guess(client, now) {
        let mut response = again(look, 429, "enter-error-wait")?;
        let seconds = wait.max(Duration::from_secs(1)).as_secs();
        response.insert_header(headers::RETRY_AFTER, seconds.to_string());
        return Ok(response);
    }
    if desk.open(&token, now).await?.is_some() {
        let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
        Ok(see_other(&look.link(&format!("/invite?{token}"))))
    } else {
        desk.note_wrong_guess(client, now);
        again(look, 404, "enter-error-unknown")
    }
}

/// The token in what somebody typed or pasted: a code with blanks, a whole link, or an `xmpp:` link.
fn token_of(text: &str) -> String {
    let text = match (text.split_once("preauth="), text.split_once("invite?")) {
        (Some((_, rest)), _) | (None, Some((_, rest))) => rest.split([';', '&', '#']).next().unwrap_or_default(),
        (None, None) => text,
    };
    let plain = text.chars().filter(|c| !c.is_whitespace() && !c.is_control() && *c != '\u{200b}' && *c != '\u{feff}');
    // Word processors make dashes of hyphens.
    plain.map(|c| if matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}') { '-' } else { c }).collect()
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
            "xmpp:romeo@example.com?roster;preauth=AdXsSwAAAAevGz3NYI-Ej6At;ibr=y",
            "xmpp:example.com?register;preauth=AdXsSwAAAAevGz3NYI-Ej6At",
        ] {
            assert_eq!(token_of(text), token, "{text}");
        }
        assert_eq!(token_of(" \u{200b} "), "");
    }
}
