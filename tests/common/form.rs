//! The forms for guests, filled in and sent as a browser does.

#![allow(dead_code, reason = "every test file uses a part of it")]

use super::common::{Response, Served, http};

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

    /// Fills it in and sends it.
    pub fn send(&self, served: &Served, username: &str, password: &str) -> Response {
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
