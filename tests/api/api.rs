//! `/api/v1`: every call, whole answers, and what it refuses.

use crate::common;

use std::net::SocketAddr;

use common::http::{Client, Response, request};
use common::{CONFIG, Scratch, Served};
use serde_json::{Value, json};

/// Keys of every kind; the secret is `s3cret`.
const KEYS: &str = r#"
[hosts."example.org"]
[keys.all]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.com"]
allow = ["create", "contact", "reset", "roles", "read", "revoke", "redeem"]
max_uses = 10000
[keys.reader]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["read"]
[keys.org]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.org"]
allow = ["create", "contact", "reset", "roles", "read", "revoke", "redeem"]
max_uses = 10000
[keys.small]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.com"]
allow = ["create", "read", "revoke"]
max_ttl = "2d"
max_uses = 3
max_pending = 2
[keys.limited]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.com"]
limit = "3/d"
"#;

fn scratch() -> Scratch {
    Scratch::new(&format!("{CONFIG}{KEYS}"))
}

/// Asks with a key; the secret is added.
struct Api(Client, &'static str);

impl Api {
    fn new(served: &Served, key: &'static str) -> Self {
        Self(served.client(), key)
    }

    fn with(&mut self, method: &str, path: &str, headers: &[&str], body: &str) -> Response {
        let key = format!("Authorization: Bearer {}/s3cret", self.1);
        let mut lines = vec![key.as_str()];
        lines.extend(headers);
        if !body.is_empty() {
            lines.push("Content-Type: application/json");
        }
        self.0.send(request(method, path, &lines, body));
        self.0.try_read(method == "HEAD").unwrap().expect("an answer")
    }

    fn ask(&mut self, method: &str, path: &str, body: &Value) -> Response {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.with(method, path, &[], &body)
    }

    fn get(&mut self, path: &str) -> Response {
        self.ask("GET", path, &Value::Null)
    }

    /// Makes one invite.
    fn make(&mut self, body: &Value) -> Value {
        let answer = self.ask("POST", "/api/v1/invites", body);
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    fn redeem(&mut self, body: &Value) -> Response {
        self.ask("POST", "/api/v1/redeem", body)
    }

    fn list(&mut self, query: &str) -> Value {
        let answer = self.get(&format!("/api/v1/invites{query}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} in {value}"))
}

fn path(invite: &Value) -> String {
    format!("/api/v1/invites/{}", text(invite, "id"))
}

/// The fields that a refusal names.
fn fields(answer: &Response) -> Vec<String> {
    assert_eq!((answer.status, answer.header("content-type")), (400, Some("application/problem+json")));
    let answer = answer.json();
    assert_eq!(answer["type"], "urn:invited:problem:invalid-fields");
    answer["errors"].as_array().unwrap().iter().map(|error| text(error, "field").to_owned()).collect()
}

fn ids(list: &Value) -> Vec<String> {
    list["invites"].as_array().unwrap().iter().map(|invite| text(invite, "id").to_owned()).collect()
}

#[test]
fn an_invite_reads_as_the_contract_says() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "all");
    let answer = api.ask(
        "POST",
        "/api/v1/invites",
        &json!({
            "host": "Example.COM", "kind": "contact", "contact": "Romeo@example.com", "username": "Juliet", "groups": ["Verona"],
            "roles": ["member"], "ttl": "3d", "note": "a note", "inviter": "Romeo of Verona", "uri": true,
        }),
    );
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("x-request-id").is_some());
    let made = answer.json();
    let (id, token) = (text(&made, "id"), text(&made, "token"));
    assert_eq!((id.len(), token.len()), (11, 24));
    assert_eq!(answer.header("location"), Some(&*format!("https://invite.example.com/api/v1/invites/{id}")));
    let times = [text(&made, "created_at"), text(&made, "expires_at")]
        .map(|text| text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    assert_eq!(times[1] - times[0], 3 * 24 * 3_600 * 1_000);
    let expected = json!({
        "id": id, "kind": "contact", "host": "example.com", "token": token,
        "landing_page": format!("https://invite.example.com/invite?{token}"),
        "uri": format!("xmpp:romeo@example.com?roster;preauth={token};ibr=y"),
        "status": "pending", "uses": 1, "uses_left": 1, "username": "juliet", "contact": "romeo@example.com",
        "inviter": "Romeo of Verona", "groups": ["Verona"], "roles": ["member"], "note": "a note",
        "source": "key/all", "created_at": made["created_at"], "expires_at": made["expires_at"], "redemptions": [],
    });
    assert_eq!(made, expected);
    assert_eq!(api.get(&path(&made)).json(), expected);
    assert_eq!(api.list(""), json!({ "invites": [expected], "next_cursor": null }));
    let head = api.ask("HEAD", &path(&made), &Value::Null);
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn everything_has_a_default() {
    let scratch = scratch();
    let served = scratch.serve();
    for body in [Value::Null, json!({})] {
        let made = Api::new(&served, "all").make(&body);
        assert_eq!((text(&made, "kind"), text(&made, "host")), ("account", "example.com"));
        assert_eq!(made["inviter"], Value::Null);
    }
    let reset = Api::new(&served, "all").make(&json!({ "reset": "alice" }));
    let times = [text(&reset, "created_at"), text(&reset, "expires_at")]
        .map(|text| text.parse::<jiff::Timestamp>().unwrap().as_second());
    assert_eq!((text(&reset, "kind"), text(&reset, "username"), times[1] - times[0]), ("reset", "alice", 86_400));
    let several = Api(served.client(), "site").ask("POST", "/api/v1/invites", &json!({}));
    assert_eq!(several.status, 400, "two hosts are possible");
    let other = Api::new(&served, "all").ask("POST", "/api/v1/invites", &json!({ "host": "example.org" }));
    assert_eq!(other.status, 403, "a host of another key");
}

#[test]
fn all_wrong_fields_are_named_at_once_and_nothing_is_made() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "all");
    for (body, expected) in [
        (json!({ "uses": "many", "ttl": true, "colour": "red", "note": "fine" }), vec!["colour", "ttl", "uses"]),
        (json!({ "username": "a b", "uses": 0, "ttl": "400d" }), vec!["username", "uses", "ttl"]),
        (json!({ "username": "admin@" }), vec!["username"]),
        (json!({ "contact": "romeo@elsewhere.example" }), vec!["contact"]),
        (json!({ "reset": "alice", "username": "bob" }), vec!["reset"]),
        (json!({ "kind": "reset" }), vec!["reset"]),
        (json!({ "kind": "contact" }), vec!["contact"]),
        (json!({ "kind": "account", "reset": "alice" }), vec!["kind"]),
        (json!({ "kind": "party" }), vec!["kind"]),
        (json!({ "count": 0 }), vec!["count"]),
        (json!({ "count": 1001 }), vec!["count"]),
        (json!({ "count": 2, "username": "alice" }), vec!["count"]),
        (json!({ "uses": 10001 }), vec!["uses"]),
        (json!({ "groups": [""], "roles": ["a\nb"] }), vec!["groups", "roles"]),
        (json!({ "note": "x".repeat(1001), "inviter": "" }), vec!["note", "inviter"]),
    ] {
        let answer = api.ask("POST", "/api/v1/invites", &body);
        let mut found = fields(&answer);
        let mut expected = expected;
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{body}: {}", answer.text());
    }
    for (body, status, slug) in [
        ("[]", 400, "bad-request"),
        ("{", 400, "bad-request"),
        ("null", 400, "bad-request"),
        ("{\"uses\": 1", 400, "bad-request"),
    ] {
        let answer = api.with("POST", "/api/v1/invites", &[], body);
        assert_eq!((answer.status, text(&answer.json(), "type")), (status, &*format!("urn:invited:problem:{slug}")));
    }
    api.0.send(request(
        "POST",
        "/api/v1/invites",
        &["Authorization: Bearer all/s3cret", "Content-Type: text/plain"],
        "{}",
    ));
    assert_eq!(api.0.read().unwrap().status, 415);
    assert_eq!(ids(&api.list("")), Vec::<String>::new());
}

/// Such as a UUID, or a token in the wrong place.
#[test]
fn an_unknown_id_is_no_such_invite_however_long_it_is() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "all");
    for id in ["x", "00000000-0000-0000-0000-000000000000", &"x".repeat(24), &"x".repeat(4_000)] {
        let path = format!("/api/v1/invites/{id}");
        for method in ["GET", "PATCH", "DELETE"] {
            let answer = api.with(method, &path, &[], if method == "PATCH" { "{}" } else { "" });
            let told = (answer.status, text(&answer.json(), "type").to_owned());
            assert_eq!(told, (404, "urn:invited:problem:no-such-invite".to_owned()), "{method} {id}");
        }
        assert_eq!(served.client().get(&path).status, 401, "{id}");
        assert_eq!(served.client().ask("PUT", &path, &[]).status, 405, "{id}");
        assert_eq!(served.client().get(&format!("{path}/x")).status, 404, "{id}");
    }
}

#[test]
fn a_body_that_is_not_said_to_be_anything_is_read_as_json() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut client = served.client();
    client.send(request("POST", "/api/v1/invites", &["Authorization: Bearer all/s3cret"], "{\"note\": \"x\"}"));
    let created = client.read().unwrap();
    assert_eq!((created.status, text(&created.json(), "note")), (201, "x"));
}

#[test]
fn a_host_that_has_to_be_named_is_told_with_all_else_that_is_wrong() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "site");
    let which = ("host", "several hosts are possible: name one; `GET /api/v1/self` lists them");
    assert_eq!(errors(&api.ask("POST", "/api/v1/invites", &json!({}))), wrong(&[which]));
    let uses = ("uses", "expected a whole number from 1 to 1");
    assert_eq!(errors(&api.ask("POST", "/api/v1/invites", &json!({ "uses": 0 }))), wrong(&[which, uses]));
}

const NAME: &str = "expected a user name: letters, digits and . _ - without blanks or any of \" & ' / : < > @";
const JID: &str = "expected an address such as \"romeo@example.com\"";
const WORDS: &str = "expected at most 32 names of 1 to 128 characters, without control characters";
const NOTE: &str = "expected at most 1000 characters, without NUL and bidirectional controls";

/// What a refusal says of each field.
fn errors(answer: &Response) -> Value {
    assert_eq!(answer.status, 400, "{}", answer.text());
    answer.json()["errors"].clone()
}

fn wrong(errors: &[(&str, &str)]) -> Value {
    errors.iter().map(|(field, detail)| json!({ "field": field, "detail": detail })).collect()
}

#[test]
fn every_wrong_field_is_told_at_once_whatever_is_wrong_with_it() {
    const TTL: &str = "expected a duration such as \"90s\", \"10m\" or \"7d\", or a number of seconds, at most";
    const FIELDS: &str =
        "contact, count, groups, host, inviter, kind, language, mail, note, reset, roles, ttl, uri, username, uses";
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "all");
    let unknown = format!("unknown; expected one of {FIELDS}");
    let (year, two_days) = (format!("{TTL} 365d"), format!("{TTL} 2d"));
    let (count, uses) = ("expected a whole number from 1 to 1000", "expected a whole number from 1 to 10000");
    let kind = "expected account, contact or reset";
    let word = "expected 1 to 128 characters, without control characters";
    let host = "expected a domain such as \"example.com\"";
    for (body, expected) in [
        (json!({ "count": 5000, "ttl": "9999d", "uses": 0 }), vec![("count", count), ("ttl", &year), ("uses", uses)]),
        (json!({ "uses": "5" }), vec![("uses", uses)]),
        (json!({ "uses": 1.5, "count": -1, "ttl": 0 }), vec![("count", count), ("ttl", &year), ("uses", uses)]),
        (
            // Wrong types, what is out of bounds, and what there is none of.
            json!({
                "host": 1, "kind": 2, "username": 3, "contact": 4, "reset": 5, "groups": "6", "roles": [7], "uses": "8",
                "ttl": {}, "note": 10, "inviter": 11, "uri": "yes", "count": 1001, "colour": "red", "size": 1,
            }),
            vec![
                ("colour", &unknown),
                ("contact", JID),
                ("count", count),
                ("groups", WORDS),
                ("host", host),
                ("inviter", word),
                ("kind", kind),
                ("note", NOTE),
                ("reset", NAME),
                ("roles", WORDS),
                ("size", &unknown),
                ("ttl", &year),
                ("uri", "expected true or false"),
                ("username", NAME),
                ("uses", uses),
            ],
        ),
        (
            json!({ "username": "admin", "uses": 2, "kind": "contact", "note": "\u{0}" }),
            vec![
                ("contact", "expected with kind contact"),
                ("note", NOTE),
                ("username", "admin is reserved on example.com"),
                ("uses", "an invite for one account has one use"),
            ],
        ),
    ] {
        assert_eq!(errors(&api.ask("POST", "/api/v1/invites", &body)), wrong(&expected), "{body}");
    }
    // What the key may.
    let small = Api::new(&served, "small").ask("POST", "/api/v1/invites", &json!({ "uses": "5", "ttl": 172_801 }));
    assert_eq!(errors(&small), wrong(&[("ttl", &two_days), ("uses", "expected a whole number from 1 to 3")]));

    let made = api.make(&json!({ "uses": 2, "ttl": 3600 }));
    let lifetime = [text(&made, "expires_at"), text(&made, "created_at")]
        .map(|text| text.parse::<jiff::Timestamp>().unwrap().as_second());
    assert_eq!(lifetime[0] - lifetime[1], 3_600, "a number is seconds");
    api.redeem(&json!({ "token": made["token"] }));
    api.redeem(&json!({ "token": made["token"] }));
    let change = json!({ "uses": 1, "note": 5, "expires_at": 5, "status": "redeemed", "host": "example.org" });
    let refused = errors(&api.ask("PATCH", &path(&made), &change));
    let time = text(&refused[0], "detail").to_owned();
    assert!(time.starts_with("expected a time such as \"2027-01-01T00:00:00Z\", in the future and 20"), "{time}");
    let expected = wrong(&[
        ("expires_at", &time),
        ("host", "unknown; expected one of expires_at, note, status, uses"),
        ("note", NOTE),
        ("status", "expected pending or revoked"),
        ("uses", "expected at least 2: so many are spent already"),
    ]);
    assert_eq!(refused, expected);

    let refused = errors(&api.redeem(&json!({ "token": 5, "account": "a b", "who": "me" })));
    let expected = wrong(&[
        ("account", "expected the user name of the account, or its address"),
        ("token", "expected the token of a link"),
        ("who", "unknown; expected one of account, token"),
    ]);
    assert_eq!(refused, expected);

    let query = "?limit=many&status=new&kind=party&key=a%2Fb&username=a%20b&cursor=x&colour=red&host=a&host=b";
    let expected = wrong(&[
        ("colour", "unknown; expected one of cursor, host, inviter, key, kind, limit, status, username"),
        ("cursor", "expected next_cursor of the page before"),
        ("host", "expected once"),
        ("key", "expected 1 to 64 characters of A-Z a-z 0-9 . _ - that do not begin with a dot"),
        ("kind", kind),
        ("limit", "expected a whole number from 1 to 500"),
        ("status", "expected pending, redeemed, expired or revoked"),
        ("username", NAME),
    ]);
    assert_eq!(errors(&api.get(&format!("/api/v1/invites{query}"))), expected);
    assert_eq!(ids(&api.list("")).len(), 1, "nothing is made of what is wrong");
}

#[test]
fn many_are_made_in_one_answer_all_or_none() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "all");
    let made = api.ask("POST", "/api/v1/invites", &json!({ "count": 1000, "note": "alike" })).json();
    let mut tokens: Vec<_> = made["invites"].as_array().unwrap().iter().map(|invite| text(invite, "token")).collect();
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!((tokens.len(), &made["next_cursor"]), (1000, &Value::Null));
    let mut limited = Api::new(&served, "limited");
    assert_eq!(limited.ask("POST", "/api/v1/invites", &json!({ "count": 4 })).status, 429);
    assert_eq!(ids(&api.list("?key=limited")), Vec::<String>::new());
    assert_eq!(limited.ask("POST", "/api/v1/invites", &json!({ "count": 3 })).status, 201);
    let mut small = Api::new(&served, "small");
    assert_eq!(small.ask("POST", "/api/v1/invites", &json!({ "count": 3 })).status, 429);
    assert_eq!(small.ask("POST", "/api/v1/invites", &json!({ "count": 2 })).status, 201);
}

#[test]
fn pages_stay_right_while_invites_are_made() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "all");
    let mut before: Vec<_> = (0..25).map(|_| text(&api.make(&Value::Null), "id").to_owned()).collect();
    before.reverse();
    let (mut seen, mut cursor, mut pages) = (vec![], String::new(), 0);
    loop {
        let page = api.list(&format!("?limit=10{cursor}"));
        seen.extend(ids(&page));
        pages += 1;
        api.make(&Value::Null);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((seen, pages), (before, 3));
}

#[test]
fn lists_are_filtered() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "all");
    let plain = api.make(&json!({}));
    let named = api.make(&json!({ "username": "alice" }));
    let reset = api.make(&json!({ "reset": "bob" }));
    let contact = api.make(&json!({ "contact": "bob@example.com" }));
    let small = Api::new(&served, "small").make(&json!({}));
    let elsewhere = Api::new(&served, "org").make(&json!({}));
    assert_eq!(api.ask("DELETE", &path(&plain), &Value::Null).status, 204);
    assert_eq!(api.redeem(&json!({ "token": reset["token"] })).status, 200);
    for (query, expected) in [
        ("?status=revoked", vec![&plain]),
        ("?status=redeemed", vec![&reset]),
        ("?status=pending", vec![&small, &contact, &named]),
        ("?status=expired", vec![]),
        ("?kind=contact", vec![&contact]),
        ("?kind=reset&status=pending", vec![]),
        ("?key=small", vec![&small]),
        ("?username=Alice", vec![&named]),
        ("?username=bob", vec![&reset]),
        ("?host=example.com&kind=account", vec![&small, &named, &plain]),
        ("?host=example.org", vec![]),
        ("?host=nowhere.example", vec![]),
        ("?host=%20", vec![]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|invite| text(invite, "id")).collect();
        assert_eq!(ids(&api.list(query)), expected, "{query}");
    }
    let all = Api::new(&served, "reader").list("?limit=500");
    assert_eq!(ids(&all).len(), 6);
    let of_org = Api::new(&served, "reader").list("?host=example.org");
    assert_eq!(ids(&of_org), [text(&elsewhere, "id")]);
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=501", "limit"),
        ("?limit=ten", "limit"),
        ("?status=new", "status"),
        ("?kind=new", "kind"),
        ("?cursor=x", "cursor"),
        ("?colour=red", "colour"),
        ("?limit=1&limit=2", "limit"),
        ("?key=a%2Fb", "key"),
    ] {
        assert_eq!(fields(&api.get(&format!("/api/v1/invites{query}"))), [field], "{query}");
    }
}

#[test]
fn an_address_is_taken_wherever_a_name_is() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "all");
    let made = api.make(&json!({ "username": "Alice@example.com" }));
    assert_eq!(made["username"], "alice");
    assert_eq!(api.make(&json!({ "reset": "bob@EXAMPLE.com" }))["username"], "bob");
    for field in ["username", "reset"] {
        let refused = api.ask("POST", "/api/v1/invites", &json!({ field: "alice@example.org" }));
        let answer = refused.json();
        assert_eq!((refused.status, text(&answer, "type")), (422, "urn:invited:problem:not-for-server"));
        let expected = wrong(&[(field, "expected a user name, or an address at example.com")]);
        assert_eq!(answer["errors"], expected);
    }
    let mut reader = Api::new(&served, "reader");
    for query in ["?username=alice@example.com", "?username=ALICE%40example.com&host=example.com", "?username=alice"] {
        assert_eq!(ids(&reader.list(query)), [text(&made, "id")], "{query}");
    }
    for query in
        ["?username=alice@example.org", "?username=alice@elsewhere.example", "?username=alice&host=example.org"]
    {
        assert_eq!(ids(&reader.list(query)), [""; 0], "{query}");
    }
    let refused = reader.get("/api/v1/invites?username=alice@example.org&host=example.com");
    assert_eq!((refused.status, &refused.json()["errors"][0]["field"]), (422, &json!("username")));
    let link = scratch.ok(&["invite", "create", "--host", "example.com", "--username", "carol@example.com", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&link).unwrap()["username"], "carol");
    let output = scratch.run(&["invite", "create", "--host", "example.com", "--reset", "carol@example.org"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(told.contains("--reset: expected a user name, or an address at example.com"), "{told}");
}

#[test]
fn a_reader_gets_no_secrets() {
    let scratch = scratch();
    let served = scratch.serve();
    let made = Api::new(&served, "all").make(&json!({}));
    let mut reader = Api::new(&served, "reader");
    for seen in [reader.get(&path(&made)).json(), reader.list("")["invites"][0].clone()] {
        assert_eq!((&seen["token"], &seen["landing_page"], &seen["uri"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!(seen["id"], made["id"]);
    }
    assert!(!reader.get("/api/v1/invites").text().contains(text(&made, "token")));
}

/// Every operation of the description: method, path with an id in it, what it needs.
fn operations(served: &Served) -> Vec<(String, String, Option<String>)> {
    let description = served.client().get("/api/v1/openapi.json").json();
    let mut operations = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
            let summary = text(operation, "summary");
            let scope = summary.split_once("scope `").map(|(_, rest)| rest.split('`').next().unwrap().to_owned());
            operations.push((method.to_uppercase(), path.replace("{id}", "AAAAAAAAAAA"), scope));
        }
    }
    operations
}

#[test]
fn every_call_needs_a_key_with_its_scope() {
    let config = |scope: &str| {
        format!(
            "{CONFIG}[keys.one]\nallow = [\"{scope}\"]\nsha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"\n"
        )
    };
    for scope in ["create", "read", "revoke", "redeem", "register"] {
        let scratch = Scratch::new(&config(scope));
        let served = scratch.serve();
        let mut operations = operations(&served);
        operations.retain(|(_, path, _)| path.starts_with("/api/"));
        assert_eq!(operations.len(), 9, "{operations:?}");
        for (method, path, needed) in operations {
            let none = served.client().ask(&method, &path, &[]);
            assert_eq!((none.status, none.header("www-authenticate")), (401, Some("Bearer")), "{method} {path}");
            let wrong = served.client().ask(&method, &path, &["Authorization: Bearer one/wrong"]);
            assert_eq!(wrong.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{method} {path}");
            assert_eq!((wrong.status, text(&wrong.json(), "type")), (401, "urn:invited:problem:unauthorized"));
            let query = served.client().ask(&method, &format!("{path}?key=one/s3cret"), &[]);
            assert_eq!(query.status, 401, "Bearer only: {method} {path}");
            let right = Api(served.client(), "one").ask(&method, &path, &Value::Null).status;
            let lets_in = needed.is_none_or(|needed| needed == scope);
            assert_eq!(right == 403, !lets_in, "{method} {path} with {scope}: {right}");
        }
    }
}

#[test]
fn the_description_and_the_routes_are_the_same() {
    let scratch = scratch();
    let served = scratch.serve();
    let operations = operations(&served);
    for (_, path, _) in &operations {
        let described: Vec<_> = operations.iter().filter(|other| other.1 == *path).map(|other| &*other.0).collect();
        let allow = served.client().ask("OPTIONS", path, &[]);
        let allow: Vec<_> = allow.header("allow").unwrap().split(", ").collect();
        for method in ["GET", "POST", "PATCH", "DELETE", "PUT"] {
            assert_eq!(allow.contains(&method), described.contains(&method), "{method} {path}");
            if !allow.contains(&method) {
                assert_eq!(served.client().ask(method, path, &[]).status, 405);
            }
        }
        // HEAD works where GET is safe.
        assert_eq!(allow.contains(&"HEAD"), allow.contains(&"GET") && path != "/invites_api", "{path}");
    }
}

#[test]
fn what_a_key_may_not_know_is_not_there() {
    let scratch = scratch();
    let served = scratch.serve();
    let made = Api::new(&served, "org").make(&json!({}));
    let mut api = Api::new(&served, "all");
    for path in [path(&made), "/api/v1/invites/AAAAAAAAAAA".into(), "/api/v1/invites/short".into()] {
        for method in ["GET", "PATCH", "DELETE"] {
            let answer = api.ask(method, &path, &Value::Null);
            assert_eq!((answer.status, text(&answer.json(), "type")), (404, "urn:invited:problem:no-such-invite"));
        }
    }
    assert_eq!(api.redeem(&json!({ "token": made["token"] })).status, 404);
    assert_eq!(text(&Api::new(&served, "org").get(&path(&made)).json(), "status"), "pending");
}

#[test]
fn an_invite_is_changed_within_the_limits_of_the_key() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "small");
    let made = api.make(&json!({ "note": "old", "uses": 2 }));
    let path = path(&made);
    let now: jiff::Timestamp = text(&made, "created_at").parse().unwrap();
    let in_hours = |hours: i64| (now + jiff::SignedDuration::from_hours(hours)).to_string();
    let soon = in_hours(47);
    let changed = api.ask("PATCH", &path, &json!({ "note": "new", "uses": 3, "expires_at": soon }));
    assert_eq!(changed.status, 200, "{}", changed.text());
    let changed = changed.json();
    assert_eq!((text(&changed, "note"), &changed["uses"], &changed["uses_left"]), ("new", &json!(3), &json!(3)));
    assert_eq!(text(&changed, "expires_at")[..19], soon[..19]);
    for (body, field) in [
        (json!({ "uses": 4 }), "uses"),
        (json!({ "uses": 0 }), "uses"),
        (json!({ "expires_at": in_hours(49) }), "expires_at"),
        (json!({ "expires_at": in_hours(-1) }), "expires_at"),
        (json!({ "expires_at": "tomorrow" }), "expires_at"),
        (json!({ "note": "x".repeat(1001) }), "note"),
        (json!({ "status": "redeemed" }), "status"),
        (json!({ "host": "example.org" }), "host"),
    ] {
        assert_eq!(fields(&api.ask("PATCH", &path, &body)), [field], "{body}");
    }
    assert_eq!(api.get(&path).json(), changed, "what is refused changes nothing");
    assert_eq!(api.ask("PATCH", &path, &json!({ "note": null })).json()["note"], Value::Null);
    let named = api.make(&json!({ "username": "alice" }));
    assert_eq!(fields(&api.ask("PATCH", &self::path(&named), &json!({ "uses": 2 }))), ["uses"]);
}

#[test]
fn a_revoked_invite_can_be_given_again() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "all");
    let made = api.make(&json!({ "username": "alice" }));
    let revoked = api.ask("PATCH", &path(&made), &json!({ "status": "revoked" }));
    assert_eq!((revoked.status, text(&revoked.json(), "status")), (200, "revoked"));
    assert_eq!(api.redeem(&json!({ "token": made["token"] })).status, 410);
    assert_eq!(text(&api.ask("PATCH", &path(&made), &json!({ "status": "pending" })).json(), "status"), "pending");
    assert_eq!(api.ask("DELETE", &path(&made), &Value::Null).status, 204);
    assert_eq!(api.ask("DELETE", &path(&made), &Value::Null).status, 204, "idempotent");
    // Somebody else reserves the name in the meantime.
    let other = api.make(&json!({ "username": "alice" }));
    let again = api.ask("PATCH", &path(&made), &json!({ "status": "pending" }));
    assert_eq!((again.status, text(&again.json(), "type")), (409, "urn:invited:problem:name-taken"));
    assert_eq!(api.redeem(&json!({ "token": other["token"] })).status, 200);
    assert_eq!(api.ask("PATCH", &path(&made), &json!({ "status": "pending" })).status, 409, "alice has it now");
    // A key that has no room for one more cannot give one again.
    let mut small = Api::new(&served, "small");
    let first = small.make(&json!({}));
    small.ask("DELETE", &path(&first), &Value::Null);
    small.ask("POST", "/api/v1/invites", &json!({ "count": 2 }));
    assert_eq!(small.ask("PATCH", &path(&first), &json!({ "status": "pending" })).status, 429);
}

#[test]
fn a_use_is_spent_by_redeeming() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "all");
    let made = api.make(&json!({ "uses": 2, "groups": ["Verona"], "note": "not told" }));
    let first = api.redeem(&json!({ "token": made["token"], "account": "Juliet" }));
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(
        first.json(),
        json!({
            "id": made["id"], "kind": "account", "host": "example.com", "account": "juliet", "contact": null,
            "inviter": null, "groups": ["Verona"], "roles": [], "status": "pending", "uses_left": 1,
        })
    );
    let taken = api.redeem(&json!({ "token": made["token"], "account": "juliet@example.com" }));
    assert_eq!((taken.status, text(&taken.json(), "type")), (409, "urn:invited:problem:name-taken"));
    assert_eq!(api.redeem(&json!({ "token": made["token"], "account": "romeo@elsewhere.example" })).status, 403);
    assert_eq!(text(&api.redeem(&json!({ "token": made["token"] })).json(), "status"), "redeemed");
    let spent = api.redeem(&json!({ "token": made["token"], "account": "nurse" }));
    assert_eq!((spent.status, text(&spent.json(), "type")), (410, "urn:invited:problem:invite-ended"));
    let seen = api.get(&path(&made)).json();
    let redemptions = seen["redemptions"].as_array().unwrap();
    let told: Vec<_> = redemptions.iter().map(|one| (&one["account"], text(one, "via"))).collect();
    assert_eq!(told, [(&json!("juliet"), "api"), (&Value::Null, "api")]);
    assert!(redemptions.iter().all(|one| text(one, "at").parse::<jiff::Timestamp>().is_ok()));
    served.wait_log(&format!("request.id={} ", spent.header("x-request-id").unwrap()));
    assert_eq!(served.log().matches("event=invite.redeemed").count(), 2);

    let bound = api.make(&json!({ "username": "alice" }));
    assert_eq!(api.redeem(&json!({ "token": bound["token"], "account": "bob" })).status, 403);
    let other = api.make(&json!({}));
    assert_eq!(api.redeem(&json!({ "token": other["token"], "account": "alice" })).status, 409, "reserved");
    assert_eq!(text(&api.redeem(&json!({ "token": bound["token"] })).json(), "account"), "alice");
    let reset = api.make(&json!({ "reset": "alice" }));
    assert_eq!(api.redeem(&json!({ "token": reset["token"], "account": "alice" })).status, 200);

    let good = text(&other, "token");
    let flipped = if good.ends_with('A') { 'B' } else { 'A' };
    for unknown in ["", "x", &format!("{}{flipped}", &good[..23]), &"A".repeat(24), &"A".repeat(10_000)] {
        assert_eq!(api.redeem(&json!({ "token": unknown })).status, 404);
    }
    for (body, field) in
        [(json!({}), "token"), (json!({ "token": 5 }), "token"), (json!({ "token": "x", "who": 1 }), "who")]
    {
        assert_eq!(fields(&api.redeem(&body)), [field]);
    }
    assert_eq!(fields(&api.redeem(&json!({ "token": good, "account": "a b" }))), ["account"]);
    assert_eq!(text(&api.get(&path(&other)).json(), "status"), "pending");
}

/// As on the page, in apps, and over `/register`.
#[test]
fn a_reserved_name_is_redeemed_by_nobody() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "all");
    let made = api.make(&json!({}));
    for name in ["admin", "Admin", "ADMIN@example.com"] {
        let refused = api.redeem(&json!({ "token": made["token"], "account": name }));
        assert_eq!(
            (refused.status, text(&refused.json(), "type")),
            (422, "urn:invited:problem:not-accepted"),
            "{name}"
        );
        assert_eq!(refused.json()["errors"], wrong(&[("account", "admin is reserved on example.com")]));
    }
    let bound = api.make(&json!({ "username": "alice" }));
    assert_eq!(api.redeem(&json!({ "token": bound["token"], "account": "admin" })).status, 403, "another name");
    let reset = api.make(&json!({ "reset": "alice" }));
    assert_eq!(api.redeem(&json!({ "token": reset["token"], "account": "admin" })).status, 403, "another name");
    assert_eq!(api.redeem(&json!({ "token": made["token"], "account": "administrator" })).status, 200, "it was spent");
}

#[test]
fn a_key_sees_itself_and_what_is_left_of_its_limits() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut limited = Api::new(&served, "limited");
    let made = limited.ask("POST", "/api/v1/invites", &json!({}));
    assert_eq!(made.header("ratelimit-policy"), Some("\"invites\";q=3;w=86400"));
    let state = made.header("ratelimit").unwrap();
    assert!(state == "\"invites\";r=2;t=28800" || state == "\"invites\";r=2;t=28799", "{state}");
    let seen = limited.get("/api/v1/self").json();
    assert_eq!(
        seen,
        json!({
            "id": "limited", "name": "limited", "allow": ["create"], "hosts": ["example.com"], "max_ttl": "365d",
            "max_uses": 1, "limit": "3/d", "limit_left": 2, "max_pending": null, "pending": 1, "expires": null,
        })
    );
    for left in [1, 0] {
        let made = limited.ask("POST", "/api/v1/invites", &json!({}));
        assert!(made.header("ratelimit").unwrap().starts_with(&format!("\"invites\";r={left};")));
    }
    served.signal("HUP");
    served.wait_log("event=reload.done");
    let refused = Api::new(&served, "limited").ask("POST", "/api/v1/invites", &json!({}));
    assert_eq!((refused.status, text(&refused.json(), "type")), (429, "urn:invited:problem:too-many-invites"));
    assert!(refused.header("ratelimit").unwrap().starts_with("\"invites\";r=0;"));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((28_000..=28_800).contains(&wait), "{wait}");
    let all = Api::new(&served, "all").get("/api/v1/self");
    assert_eq!((all.header("ratelimit"), &all.json()["limit"]), (None, &Value::Null));
}

#[test]
fn limits_are_exact_under_concurrency() {
    let scratch = scratch();
    let served = scratch.serve();
    for (key, most) in [("limited", 3), ("small", 2)] {
        let made: usize = std::thread::scope(|scope| {
            let asks: Vec<_> = (0..16)
                .map(|_| {
                    let mut api = Api::new(&served, key);
                    scope.spawn(move || usize::from(api.ask("POST", "/api/v1/invites", &json!({})).status == 201))
                })
                .collect();
            asks.into_iter().map(|ask| ask.join().unwrap()).sum()
        });
        assert_eq!(made, most, "{key}");
    }
}

const TWICE: &str = "Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324";

#[test]
fn a_repeated_request_is_answered_as_before_also_after_a_restart() {
    let scratch = scratch();
    let mut served = scratch.serve();
    let mut api = Api::new(&served, "all");
    let body = r#"{"note":"once","uses":2}"#;
    let first = api.with("POST", "/api/v1/invites", &[TWICE], body);
    assert_eq!(first.status, 201);
    // What has become of it since plays no part.
    api.redeem(&json!({ "token": first.json()["token"] }));
    let same = |answer: &Response| {
        assert_eq!((answer.status, &answer.body), (first.status, &first.body));
        assert_eq!(answer.header("location"), first.header("location"));
    };
    same(&api.with("POST", "/api/v1/invites", &[TWICE], body));
    let other_body = api.with("POST", "/api/v1/invites", &[TWICE], r#"{"note":"another","uses":2}"#);
    assert_eq!(
        (other_body.status, text(&other_body.json(), "type")),
        (422, "urn:invited:problem:idempotency-key-reused")
    );
    let other_key = Api::new(&served, "small").with("POST", "/api/v1/invites", &[TWICE], body);
    assert_eq!(other_key.status, 201, "another caller's is another one");
    assert_ne!(other_key.json()["id"], first.json()["id"]);
    let token = first.json()["token"].clone();
    let redeemed = api.with("POST", "/api/v1/redeem", &[TWICE], &json!({ "token": token }).to_string());
    assert_eq!(redeemed.status, 200, "another path is another one");
    served.kill();
    drop(served);
    let served = scratch.serve();
    let mut api = Api::new(&served, "all");
    same(&api.with("POST", "/api/v1/invites", &[TWICE], body));
    let again = api.with("POST", "/api/v1/redeem", &[TWICE], &json!({ "token": token }).to_string());
    assert_eq!((again.status, &again.body), (200, &redeemed.body));
    assert_eq!(api.list("?key=all")["invites"].as_array().unwrap().len(), 1);
    assert_eq!(api.get(&path(&first.json())).json()["redemptions"].as_array().unwrap().len(), 2);

    let empty = api.with("POST", "/api/v1/invites", &["Idempotency-Key: "], "{}");
    let long = api.with("POST", "/api/v1/invites", &[&format!("Idempotency-Key: {}", "x".repeat(256))], "{}");
    let two = api.with("POST", "/api/v1/invites", &["Idempotency-Key: a", "Idempotency-Key: b"], "{}");
    assert_eq!([empty.status, long.status, two.status], [400; 3]);
    // Not ASCII: these two must not be taken for the same.
    let foreign =
        ["ü", "ö"].map(|key| api.with("POST", "/api/v1/invites", &[&format!("Idempotency-Key: {key}")], "{}"));
    assert_eq!(foreign.map(|answer| answer.status), [400; 2]);
    // A refusal is not kept: whoever asks again may be luckier.
    let wrong = api.with("POST", "/api/v1/invites", &["Idempotency-Key: r"], r#"{"uses":0}"#);
    let right = api.with("POST", "/api/v1/invites", &["Idempotency-Key: r"], "{}");
    assert_eq!((wrong.status, right.status), (400, 201));
}

#[test]
fn a_repeated_answer_has_the_invites_of_then_and_the_links_of_now() {
    let config = |base: &str| format!("{CONFIG}{KEYS}").replace("https://invite.example.com/", base);
    let scratch = scratch();
    let served = scratch.serve();
    let body = r#"{"count":2,"note":"once"}"#;
    let first = Api::new(&served, "all").with("POST", "/api/v1/invites", &[TWICE], body);
    let made = first.json()["invites"][0].clone();
    let change = json!({ "note": "another", "status": "revoked" });
    assert_eq!(Api::new(&served, "all").ask("PATCH", &path(&made), &change).status, 200);
    std::fs::write(scratch.config(), config("https://elsewhere.example/")).unwrap();
    served.signal("HUP");
    served.wait_log("event=reload.done");
    let again = Api::new(&served, "all").with("POST", "/api/v1/invites", &[TWICE], body);
    let moved = first.text().replace("https://invite.example.com/", "https://elsewhere.example/");
    assert_eq!((again.status, again.text()), (201, moved));
    let location = format!("https://elsewhere.example/api/v1/invites/{}", text(&made, "id"));
    assert_eq!(again.header("location"), Some(&*location));
}

/// An answer of a version that kept what it had sent: it is not found, and does no harm.
#[test]
fn an_answer_in_an_older_form_is_not_repeated() {
    let scratch = scratch();
    let mut served = scratch.serve();
    let first = Api::new(&served, "all").with("POST", "/api/v1/invites", &[TWICE], "{}");
    served.kill();
    drop(served);
    let ledger = rusqlite::Connection::open(scratch.path().join("state/ledger.db")).unwrap();
    assert_eq!(ledger.execute("UPDATE answer SET slot = x'00'", []).unwrap(), 1);
    drop(ledger);
    let served = scratch.serve();
    let second = Api::new(&served, "all").with("POST", "/api/v1/invites", &[TWICE], "{}");
    assert_eq!(second.status, 201);
    assert_ne!(second.json()["id"], first.json()["id"]);
}

#[test]
fn a_whole_number_may_have_a_point() {
    let scratch = scratch();
    let served = scratch.serve();
    let mut api = Api::new(&served, "all");
    let made = api.with("POST", "/api/v1/invites", &[], r#"{"uses":2.0,"count":1e0}"#);
    assert_eq!((made.status, &made.json()["invites"][0]["uses"]), (201, &json!(2)));
    let refused = api.with("POST", "/api/v1/invites", &[], r#"{"uses":1.5,"count":1e300}"#);
    let fields: Vec<_> = refused.json()["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert_eq!((refused.status, fields), (400, vec![json!("count"), json!("uses")]));
}

#[test]
fn concurrent_twins_get_the_same_invite() {
    let scratch = scratch();
    let served = scratch.serve();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let asks: Vec<_> = (0..16)
            .map(|_| {
                let mut api = Api::new(&served, "all");
                scope.spawn(move || api.with("POST", "/api/v1/invites", &[TWICE], "{}"))
            })
            .collect();
        asks.into_iter().map(|ask| ask.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
    assert_eq!(ids(&Api::new(&served, "all").list("")).len(), 1);
}

#[test]
fn web_pages_may_call() {
    let scratch = scratch();
    let served = scratch.serve();
    let answer = served.client().ask("OPTIONS", "/api/v1/invites", &["Origin: https://a.example"]);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some("*")));
    assert_eq!(answer.header("access-control-allow-headers"), Some("Authorization, Content-Type, Idempotency-Key"));
    assert!(answer.header("access-control-allow-methods").unwrap().contains("DELETE"));
    let refused = served.client().ask("GET", "/api/v1/invites", &["Origin: https://a.example"]);
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, Some("*")));
}

fn redeem(address: SocketAddr, token: &str) -> std::io::Result<Option<u16>> {
    let mut client = Client::try_tcp(address)?;
    let body = json!({ "token": token }).to_string();
    let headers = ["Authorization: Bearer all/s3cret", "Content-Type: application/json"];
    client.try_send(request("POST", "/api/v1/redeem", &headers, &body))?;
    Ok(client.try_read(false)?.map(|answer| answer.status))
}

#[test]
fn never_more_redemptions_than_uses_also_when_it_is_killed() {
    const USES: usize = 40;
    let scratch = scratch();
    let mut served = scratch.serve();
    let invite = Api::new(&served, "all").make(&json!({ "uses": USES }));
    let token = text(&invite, "token").to_owned();
    let mut told = 0;
    for _ in 0..4 {
        let address = served.address();
        told += std::thread::scope(|scope| {
            let asks: Vec<_> = (0..8)
                .map(|_| {
                    let token = &token;
                    scope.spawn(move || (0..4).filter(|_| matches!(redeem(address, token), Ok(Some(200)))).count())
                })
                .collect();
            served.wait_log("event=invite.redeemed");
            served.kill();
            asks.into_iter().map(|ask| ask.join().unwrap()).sum::<usize>()
        });
        drop(served);
        served = scratch.serve();
    }
    // The rest, one after the other.
    while redeem(served.address(), &token).unwrap() == Some(200) {
        told += 1;
    }
    let seen = Api::new(&served, "all").get(&path(&invite)).json();
    let recorded = seen["redemptions"].as_array().unwrap().len();
    assert_eq!((recorded, &seen["uses_left"], text(&seen, "status")), (USES, &json!(0), "redeemed"));
    assert!((1..=USES).contains(&told), "{told} were told of {recorded}");
}
