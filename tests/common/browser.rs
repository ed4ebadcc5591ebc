//! A browser as far as forms go: it keeps cookies, and sends what a page's form holds.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::collections::BTreeMap;

use crate::common::{Response, Served, http};

/// A browser of somebody.
#[derive(Clone)]
pub struct Browser<'a> {
    pub served: &'a Served,
    /// Each by its name.
    pub cookies: BTreeMap<String, String>,
    /// Whole lines that it sends, too.
    pub headers: Vec<String>,
}

impl<'a> Browser<'a> {
    pub fn new(served: &'a Served) -> Self {
        Self { served, cookies: BTreeMap::new(), headers: vec![] }
    }

    /// One at another address, behind a proxy.
    pub fn at(served: &'a Served, address: &str) -> Self {
        Self { headers: vec![format!("X-Forwarded-For: {address}")], ..Self::new(served) }
    }

    /// The same browser at a service that was started again.
    pub fn moved<'b>(&self, served: &'b Served) -> Browser<'b> {
        Browser { served, cookies: self.cookies.clone(), headers: self.headers.clone() }
    }

    pub fn get(&mut self, target: &str) -> Response {
        self.ask("GET", target, "")
    }

    /// Sends a form with these fields.
    pub fn send(&mut self, target: &str, fields: &[(&str, &str)]) -> Response {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.ask("POST", target, &body.finish())
    }

    /// Fills in the form that the page at `from` has, and sends it to `to`.
    pub fn fill(&mut self, from: &str, to: &str, fields: &[(&str, &str)]) -> Response {
        let page = self.get(from);
        assert_eq!(page.status, 200, "{from}: {}", page.text());
        let hidden = hidden(&page.text(), to);
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.send(to, &hidden.chain(fields.iter().copied()).collect::<Vec<_>>())
    }

    fn ask(&mut self, method: &str, target: &str, body: &str) -> Response {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookie = format!("Cookie: {}", cookies.join("; "));
        let mut headers = vec!["Accept: text/html"];
        headers.extend(self.headers.iter().map(String::as_str));
        headers.extend((!cookies.is_empty()).then_some(&*cookie));
        headers.extend((method == "POST").then_some("Content-Type: application/x-www-form-urlencoded"));
        let mut client = self.served.client();
        client.send(http::request(method, target, &headers, body));
        let answer = client.read().unwrap();
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

/// The hidden fields of the first form of a page that leads to `to`.
pub fn hidden(page: &str, to: &str) -> Vec<(String, String)> {
    let action = format!("action=\"{to}");
    let form = page.split("<form").skip(1).find(|form| form.split('>').next().unwrap().contains(&action));
    let form = form.unwrap_or_else(|| panic!("no form leads to {to}:\n{page}")).split("</form>").next().unwrap();
    let fields = form.split("<input type=\"hidden\" ").skip(1).map(|rest| rest.split('>').next().unwrap());
    let part = |field: &str, before: &str| field.split(before).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let value = |field: &str| part(field, "value=\"").replace("&#38;", "&");
    fields.map(|field| (part(field, "name=\""), value(field))).collect()
}
