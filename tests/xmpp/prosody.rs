//! The same requests to us and to a real Prosody 0.12 with mod_invites_api: where the answers differ, the difference is
//! named here, with its reason. And the keys of that Prosody, taken over.

use crate::common;
use crate::common::prosody;

use common::{CONFIG, Scratch, http::Client};
use prosody::Prosody;

/// What is compared: the status, and whether `Location` has a token of 24 characters.
type Answer = (u16, bool);

fn answer_of(text: &str) -> Answer {
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    let location = text.lines().find(|line| line.to_ascii_lowercase().starts_with("location: "));
    let token = location.and_then(|line| line.trim().split_once('?')).map(|(_, token)| token);
    (status, token.is_some_and(|token| token.len() == 24 && token.chars().all(|c| c.is_ascii_graphic())))
}

#[test]
fn a_client_of_mod_invites_api_works_unchanged() {
    let prosody = Prosody::start();
    let key = prosody.create_key("My test key");
    let (id, _) = key.split_once('/').unwrap();

    // The key is taken over; callers keep it.
    let scratch = Scratch::new(CONFIG);
    let file = prosody.key_file();
    assert_eq!(scratch.ok(&["key", "import", file.to_str().unwrap()]), format!("{id}\tMy test key\n"));
    let listed = scratch.ok(&["key", "list"]);
    assert!(listed.contains(&format!("{id}\tMy test key\t")), "{listed}");
    assert!(listed.contains("\tcreate\texample.com\t"), "{listed}");
    let served = scratch.serve();

    let same = "";
    let no_query = "Prosody 0.12 fails on every request without a query, before it looks at the key";
    let post = "mod_invites_api has no POST route, though its keys allow POST";
    let redirect = "Prosody takes any value of redirect for yes";
    let strict_scheme = "RFC 9110, 11.1: the scheme is in any letter case";
    let options = "both answer a preflight; 204 is what has no body";
    let allow = "RFC 9110, 15.5.6: a method that a known path does not have is 405";
    let duplicate = "Prosody takes the last of several key=, we the first: what is appended changes nothing";

    let bearer = format!("Authorization: Bearer {key}");
    let lower = format!("Authorization: bearer {key}");
    let wrong = format!("Authorization: Bearer {id}/wrong");
    let get = |query: &str| format!("GET /invites_api?{query} HTTP/1.1\r\nHost: example.com\r\n");
    let with = |query: &str, header: &str| format!("{}{header}\r\n", get(query));
    let other = |method: &str, query: &str| get(query).replacen("GET", method, 1);
    let (made, redirected, refused) = ((201, true), (303, true), (403, false));
    let table: Vec<(String, Answer, Answer, &str)> = vec![
        (get(&format!("key={key}")), made, made, same),
        (get(&format!("key={}", key.replace('/', "%2F"))), made, made, same),
        (with("x=1", &bearer), made, made, same),
        (with(&format!("key={id}/wrong"), &bearer), made, made, same),
        (with(&format!("key={key}"), &wrong), refused, refused, same),
        (with(&format!("key={key}"), "Authorization: Basic Zm9vOmJhcg=="), refused, refused, same),
        (get(&format!("key={key}&redirect=true")), redirected, redirected, same),
        (with("redirect=true", &bearer), redirected, redirected, same),
        (get(&format!("key={key}&redirect")), made, made, same),
        (get("x=1"), refused, refused, same),
        (get(&format!("key={id}/wrong")), refused, refused, same),
        (get("key=unknown/secret"), refused, refused, same),
        (get("key=nonsense"), refused, refused, same),
        (other("HEAD", &format!("key={key}")), (405, false), (405, false), same),
        (get(&format!("key={key}")).replace("/invites_api?", "/invites_api/?"), (404, false), (404, false), same),
        (get(&format!("key={key}&redirect=false")), redirected, made, redirect),
        (get(&format!("key={key}&redirect=0")), redirected, made, redirect),
        (get(&format!("key={key}&redirect=")), redirected, made, redirect),
        (get("").replace('?', ""), (500, false), refused, no_query),
        (with("", &bearer).replace('?', ""), (500, false), made, no_query),
        (other("POST", &format!("key={key}")), (404, false), made, post),
        (other("POST", "x=1") + bearer.as_str() + "\r\n", (404, false), made, post),
        (with("x=1", &lower), refused, made, strict_scheme),
        (other("OPTIONS", "x=1"), (200, false), (204, false), options),
        (other("PUT", &format!("key={key}")), (404, false), (405, false), allow),
        (get(&format!("key={key}&key={id}/wrong")), refused, made, duplicate),
        (get(&format!("key={id}/wrong&key={key}")), made, refused, duplicate),
    ];
    for (request, theirs, ours, reason) in &table {
        assert_eq!(theirs == ours, reason.is_empty(), "a difference has a reason: {request}");
        assert_eq!(answer_of(&prosody.exchange(request)), *theirs, "Prosody to {request}");
        assert_eq!(ask(&served, request), *ours, "invited to {request}");
    }

    // A deleted key is refused by both.
    prosody.delete_key(id);
    // One in 64 of Prosody's begins with a dash.
    scratch.ok(&["key", "delete", "--", id]);
    let request = get(&format!("key={key}"));
    assert_eq!(answer_of(&prosody.exchange(&request)), refused);
    assert_eq!(ask(&served, &request), refused);
}

fn ask(served: &common::Served, request: &str) -> Answer {
    let mut client = Client::tcp(served.address());
    client.send(format!("{request}\r\n"));
    let answer = client.try_read(request.starts_with("HEAD")).unwrap().unwrap();
    let token = answer.header("location").map(|_| answer.token());
    (answer.status, token.is_some_and(|token| token.len() == 24))
}

#[test]
fn keys_are_imported_all_or_none() {
    let scratch = Scratch::new(CONFIG);
    let file = scratch.path().join("invite_api_keys.dat");
    let entry = |id: &str, more: &str| format!("[\"{id}\"] = {{ id = \"{id}\", token = \"t0k3n\", {more} }};");
    let write = |entries: &[String]| std::fs::write(&file, format!("return {{ {} }}", entries.concat())).unwrap();
    let import = || scratch.run(&["key", "import", "--host", "example.com", file.to_str().unwrap()]);

    write(&[entry("AAAAAAAAAAAA", "name = 'one'"), "os.execute('true');".to_owned()]);
    let output = import();
    assert_eq!((output.status.code(), output.stdout), (Some(1), vec![]));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("t0k3n"));
    assert_eq!(scratch.ok(&["key", "list"]).lines().count(), 1);

    write(&[entry("BBBBBBBBBBBB", "name = 'two'"), entry("site", "name = 'declared elsewhere'")]);
    assert_eq!(import().status.code(), Some(1));
    assert_eq!(scratch.ok(&["key", "list"]).lines().count(), 1);

    write(&[entry("BBBBBBBBBBBB", "allowed_methods = { PUT = true }"), entry("-AAAAAAAAAAA", "name = 'a\\nb'")]);
    let twice = [import(), import()];
    for output in twice {
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "-AAAAAAAAAAA\ta b\nBBBBBBBBBBBB\t\n");
    }
    let served = scratch.serve();
    let mut client = served.client();
    assert_eq!(client.invite("-AAAAAAAAAAA/t0k3n").status, 201);
    let methods = client.invite("BBBBBBBBBBBB/t0k3n");
    assert_eq!((methods.status, methods.header("allow")), (405, Some("OPTIONS")));
    scratch.ok(&["key", "delete", "--", "-AAAAAAAAAAA"]);
    assert_eq!(client.invite("-AAAAAAAAAAA/t0k3n").status, 403);
}
