//! What a host's server costs: creates beside a Prosody that is up or down, and the adapter against the least that does
//! the same calls.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::os::unix::net::UnixStream;

use invited::clock;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::admin::{Client, result};
use crate::common::prosody::{HOST, Prosody, Storage};
use crate::load::content_length;
use crate::service::{KEY, Scratch, request};
use crate::{Effort, Rates, Rounds, rate, tell_most, tell_ratio, to_create};

/// Where the guests are.
const GUEST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const PASSWORD: &str = "correct horse battery staple";

pub fn measure(effort: &Effort) {
    creates(effort);
    sign_ups(effort);
}

/// A configuration with a Prosody.
pub fn beside(prosody: &Prosody) -> Scratch {
    let scratch = Scratch::new();
    scratch.configure_more(&format!(
        "[hosts.\"{HOST}\".backend]\nkind = \"prosody\"\nsocket = \"{}\"\n",
        prosody.socket().display()
    ));
    scratch
}

/// Creates by the API: none of them needs the server.
fn creates(effort: &Effort) {
    let [mut alone, mut up, mut down] = std::array::from_fn(|_| Rates::default());
    let mut prosody = Prosody::with_clients(Storage::Sql);
    let load = |scratch: &Scratch| {
        let service = scratch.serve();
        service.first_answer();
        rate(&service, &to_create(&service), effort)
    };
    for _ in 0..effort.rounds {
        alone.add(load(&Scratch::new()));
        let scratch = beside(&prosody);
        up.add(load(&scratch));
        prosody.stop();
        assert!(UnixStream::connect(prosody.socket()).is_err());
        down.add(load(&beside(&prosody)));
        prosody.start_again();
    }
    let [(alone, of_alone), (up, of_up), (down, of_down)] = [alone, up, down].map(Rates::done);
    tell_ratio("10 creates with Prosody down, of up", &down, &up, Some(0.95));
    tell_ratio("  creates with Prosody up, of no server", &up, &alone, None);
    println!("  processor time per answer, in µs: no server {of_alone:.1}, Prosody up {of_up:.1}, down {of_down:.1}");
}

/// Forms that guests send, and what Prosody is asked for each of them (whether there is such an account, and to make one) by
/// the bare client; in turn, so that each finds as many accounts there.
fn sign_ups(effort: &Effort) {
    let prosody = Prosody::with_clients(Storage::Sql);
    let scratch = beside(&prosody);
    let service = scratch.serve();
    service.first_answer();
    let mut web = TcpStream::connect(service.address).unwrap();
    web.set_nodelay(true).unwrap();
    let mut bare = Client::connect(&prosody.socket());
    let [mut forms, mut bares] = std::array::from_fn(|_| Rounds(vec![]));
    for round in 0..effort.rounds {
        let order = format!("{{\"count\":{}}}", effort.sign_ups);
        let (_, made) = exchange(&mut web, &request("POST", "/api/v1/invites", KEY, &order));
        let made: Value = serde_json::from_str(&made).unwrap();
        let [mut form, mut alone] = std::array::from_fn(|_| Rounds(vec![]));
        for (number, invite) in made["invites"].as_array().unwrap().iter().enumerate() {
            let token = invite["token"].as_str().unwrap();
            form.0.push(send_form(&mut web, token, &format!("web-{round}-{number}")));
            alone.0.push(ask_alone(&mut bare, &format!("bare-{round}-{number}")));
        }
        forms.0.push(form.median());
        bares.0.push(alone.median());
    }
    tell_most("11 web sign-up, p50, over Prosody's own time", &forms, Some(&bares), 3.0, "ms");
}

/// Opens the form and sends it; gives how long the answer to that took, in ms.
fn send_form(web: &mut TcpStream, token: &str, username: &str) -> f64 {
    let (head, page) = exchange(web, &request("GET", &format!("/register?t={token}"), KEY, ""));
    let csrf = page.split_once("name=\"csrf\" value=\"").expect("a form").1.split('"').next().unwrap();
    let cookie = head.split_once("set-cookie: ").expect("a cookie").1.split(';').next().unwrap();
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.append_pair("token", token).append_pair("csrf", csrf);
    let body = body.append_pair("username", username).append_pair("password", PASSWORD).finish();
    let form = format!(
        "POST /register?t={token} HTTP/1.1\r\nHost: invite.example.com\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let began = clock::instant();
    let (head, page) = exchange(web, form.as_bytes());
    let took = clock::instant().duration_since(began);
    assert!(head.starts_with("HTTP/1.1 303 "), "{head}\n{page}");
    took.as_secs_f64() * 1e3
}

/// What such a form has Prosody do; gives how long that took, in ms.
fn ask_alone(bare: &mut Client, username: &str) -> f64 {
    let exists = json!({"op": "exists", "host": HOST, "username": username});
    let create = json!({
        "op": "create", "host": HOST, "username": username, "password": PASSWORD, "groups": [], "roles": [],
        "not_after": Timestamp::MAX.as_second(), "ip": GUEST.to_string(),
    });
    let began = clock::instant();
    let answers = [bare.call(&exists), bare.call(&create)];
    let took = clock::instant().duration_since(began);
    for answer in &answers {
        result(answer);
    }
    took.as_secs_f64() * 1e3
}

/// Sends a request; gives the head and the body of its answer.
fn exchange(stream: &mut TcpStream, request: &[u8]) -> (String, String) {
    stream.write_all(request).unwrap();
    let (mut answer, mut part) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        let length = stream.read(&mut part).unwrap();
        assert!(length > 0, "the connection was closed");
        answer.extend_from_slice(&part[..length]);
        let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&answer[..end]).unwrap();
        if answer.len() >= end + 4 + content_length(head) {
            return (head.to_owned(), String::from_utf8(answer[end + 4..].to_vec()).unwrap());
        }
    }
}
