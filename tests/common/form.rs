//! The forms for guests, filled in and sent as a browser does.

#![allow(dead_code, reason = "every test file uses a part of it")]

use crate::common::{Response, Served, http};

/// Why a server counts as away that did not answer within the deadline of a call.
const SLOW: &str = "not within ";

/// A form that was opened.
pub struct Form {
    path: String,
    token: String,
    csrf: String,
    cookie: String,
}

impl Form {
    /// Opens the form at `path` for an invite.
    pub fn open(served: &Served, path: &str, token: &str) -> Self {
        let page = served.client().get(&format!("{path}?t={token}"));
        let text = page.text();
        assert_eq!(page.status, 200, "{text}\n{}", served.log());
        let csrf = text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Self { path: path.into(), token: token.into(), csrf, cookie }
    }

    /// The same form for another invite, as somebody would send it who never opened that one's.
    pub fn with_token(self, token: &str) -> Self {
        Self { token: token.into(), ..self }
    }

    /// Fills it in and sends it; again, as the page asks for, when a server that is there was too slow.
    pub fn send(&self, served: &Served, username: &str, password: &str) -> Response {
        loop {
            let logged = served.log_length();
            let answer = self.send_once(served, username, password);
            if answer.status != 503 || !served.log().lines().skip(logged).any(|line| line.contains(SLOW)) {
                return answer;
            }
            served.wait_log_after(logged, "the XMPP server is back");
        }
    }

    fn send_once(&self, served: &Served, username: &str, password: &str) -> Response {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("token", &self.token).append_pair("csrf", &self.csrf);
        body.append_pair("username", username).append_pair("password", password);
        let cookie = format!("Cookie: {}", self.cookie);
        let headers = ["Content-Type: application/x-www-form-urlencoded", cookie.as_str()];
        let mut client = served.client();
        client.send(http::request("POST", &format!("{}?t={}", self.path, self.token), &headers, &body.finish()));
        client.read().unwrap()
    }
}
