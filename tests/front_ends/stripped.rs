//! Front ends that strip the path of `public_url`, as their manuals suggest: told, to who asks and in the log.

use crate::At;
use crate::Place;
use crate::common::KEY;
use crate::curl::Curl;
use crate::front_end::{FrontEnd, Kind};

fn is_told(kind: Kind, from: &str, to: &str, test: &str) {
    if !kind.is_here(test) {
        return;
    }
    let place = Place::new(kind, At::Path, "");
    let served = place.serve();
    let example = kind.example("path");
    assert!(example.contains(from), "{example}");
    let front_end = FrontEnd::start(kind, &place.dir, &example.replace(from, to), &place.named_socket());
    let curl = Curl { dir: &place.dir, ports: front_end.ports };
    let answer = curl.get(&format!("{}invites_api?key={KEY}", place.base));
    assert_eq!(answer.status, 404, "{answer:?}");
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("/invited/") && detail.contains("front end"), "{detail}");
    let page = curl.ask(place.base, &["-H", "Accept: text/html"]).response;
    assert_eq!(page.status, 404, "{page:?}");
    assert!(page.text().contains(&detail), "{}", page.text());
    // Nothing that is not ours.
    assert!(!curl.get(&format!("{}wp-login.php", place.base)).text().contains("/invited"));
    let told = served.log();
    assert_eq!(told.matches("a request came without /invited/, the path of public_url").count(), 1, "{told}");
}

#[test]
fn caddy_that_handles_a_path_is_told_of() {
    is_told(Kind::Caddy, "\thandle /invited/*", "\thandle_path /invited/*", "caddy_that_handles_a_path_is_told_of");
}

#[test]
fn nginx_that_passes_to_another_path_is_told_of() {
    is_told(Kind::Nginx, "http.sock;", "http.sock:/;", "nginx_that_passes_to_another_path_is_told_of");
}
