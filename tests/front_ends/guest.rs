//! A guest in a browser, who comes from another site. Both are reached through a proxy (RFC 9110, 9.3.6), so that the guest has
//! an address that is neither the front end's nor anybody else's here, and nothing else in the world is there.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::thread;

use serde_json::json;

use crate::Place;
use crate::common::http::connect_from;
use crate::common::{self, KEY, Served, chromium};
use crate::front_end::FrontEnd;

/// The other site, whose pages may call.
pub const ELSEWHERE: &str = "http://www.example.net";

const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// A page of the other site has an invite created, and the guest creates an account with it.
pub fn signs_up(place: &Place, front_end: &FrontEnd, served: &Served) {
    let host = place.base.trim_start_matches("https://").split('/').next().unwrap();
    let proxy = proxy(format!("CONNECT {host}:443 "), front_end.ports.1);
    let given = json!({
        "key": KEY,
        "elsewhere": ELSEWHERE,
        "arguments": [
            format!("--proxy-server={proxy}"),
            format!("--ignore-certificate-errors-spki-list={}", front_end.pin),
        ],
    });
    if !chromium::drive("behind_front_end", place.base, &given) {
        return;
    }
    assert!(place.ejabberd.state().accounts.contains_key("romeo"));
    // A sign-up is logged without an address, and the wrong key of the same browser with it.
    let line = served.wait_log(&format!("client={ADDRESS} "));
    assert!(line.contains("event=key.refused"), "{line}");
}

/// The address of a proxy that knows the way to the front end, for whom `asks` so, and the page of the other site.
fn proxy(asks: String, front_end: u16) -> SocketAddr {
    let listener = common::listener();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for browser in listener.incoming().map_while(Result::ok) {
            let asks = asks.clone();
            thread::spawn(move || serve(&browser, &asks, front_end));
        }
    });
    address
}

fn serve(mut browser: &TcpStream, asks: &str, front_end: u16) -> io::Result<()> {
    let head: Result<Vec<_>, _> =
        BufReader::new(browser).lines().take_while(|line| !matches!(line.as_deref(), Ok(""))).collect();
    let asked = head?.into_iter().next().unwrap_or_default();
    if asked.starts_with(asks) {
        let front_end = connect_from(ADDRESS, (Ipv4Addr::LOCALHOST, front_end).into())?;
        browser.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        return thread::scope(|scope| {
            scope.spawn(|| pass_on(browser, &front_end));
            pass_on(&front_end, browser)
        });
    }
    let page = "<!doctype html><title>Another site</title>";
    let status = if asked.starts_with(&format!("GET {ELSEWHERE}/")) { "200 OK" } else { "502 Bad Gateway" };
    let fields = format!("Content-Type: text/html\r\nContent-Length: {}\r\nConnection: close", page.len());
    browser.write_all(format!("HTTP/1.1 {status}\r\n{fields}\r\n\r\n{page}").as_bytes())
}

fn pass_on(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    let passed = io::copy(&mut from, &mut to);
    to.shutdown(Shutdown::Write)?;
    passed.map(drop)
}
