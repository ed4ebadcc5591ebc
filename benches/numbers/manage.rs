//! A list page of `/manage` out of a full ledger, for the holder of a key that sees all of it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::load::content_length;
use crate::service::{KEY, Scratch, Service};
use crate::{Rounds, tell_most};

pub fn measure(full: &Scratch) {
    full.configure_more("[manage]\nkeys = true\n");
    let service = full.serve();
    service.first_answer();
    let cookie = signed_in(&service);
    let page = |target: &str| {
        let head =
            format!("GET {target} HTTP/1.1\r\nHost: invite.example.com\r\nCookie: {cookie}\r\n\r\n").into_bytes();
        let mut took: Vec<_> = service.ask(&head, 200, 200).iter().map(|took| took.as_secs_f64() * 1e3).collect();
        took.sort_by(f64::total_cmp);
        took[took.len() * 99 / 100]
    };
    let mut lists = Rounds(vec![]);
    for target in ["/manage", "/manage?status=pending", "/manage?host=example.com"] {
        lists.0.push(page(target));
    }
    tell_most("17 a list of /manage out of 200,000, p99", &lists, None, 15.0, "ms");
    println!(
        "  in a state in which none of them is, which is looked for in all: {:.1} ms",
        page("/manage?status=revoked")
    );
}

/// Signs in, as a browser does; gives its cookies.
fn signed_in(service: &Service) -> String {
    let (head, page) = exchange(service, "GET /manage HTTP/1.1\r\nHost: invite.example.com\r\n\r\n");
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let first = cookie_in(&head);
    let body =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("csrf", csrf).append_pair("key", KEY).finish();
    let (head, _) = exchange(
        service,
        &format!(
            "POST /manage HTTP/1.1\r\nHost: invite.example.com\r\nCookie: {first}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
            body.len()
        ),
    );
    cookie_in(&head)
}

fn cookie_in(head: &str) -> String {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie: ")).unwrap();
    line.split_once(' ').unwrap().1.split(';').next().unwrap().to_owned()
}

fn exchange(service: &Service, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    loop {
        let mut buffer = [0; 16 << 10];
        let read = stream.read(&mut buffer).unwrap();
        answer.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&answer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= content_length(head)
        {
            return (head.to_owned(), body.to_owned());
        }
    }
}
