//! `POST /api/v1/register`: a site's own form has accounts created, by the rules of the invite, before a scripted server.

use crate::common::fake_server;
use crate::common::jwt;

use std::sync::Arc;

use fake_server::{AtWork, FakeServer, Fault};
use futures_lite::future::{self, block_on};
use invited::backend::Refusal;
use invited::caller::AppState;
use invited::desk::Caller;
use invited::invite::field::Given;
use invited::invite::request::InviteRequest;
use invited::invite::{Invite, Via};
use invited::ledger::{Repeatable, ReservationEnd};
use invited::metrics::Metrics;
use jwt::Signer;
use serde_json::{Value, json};
use tide::http::{Method, Request, Response, Url};

const PASSWORD: &str = "quarrel mantle orchid bridge";

/// Keys whose secret is `s3cret`; `other` is for another host.
const KEYS: &str = r#"
[keys.form]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.com"]
allow = ["register"]
[keys.other]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.org"]
allow = ["register"]
[keys.site]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.com"]
allow = ["create", "reset", "redeem"]
"#;

/// The API before a server.
struct Place {
    dir: tempfile::TempDir,
    desk: AtWork,
    app: tide::Server<Arc<AppState>>,
    server: FakeServer,
    beside: FakeServer,
}

fn at_work(
    dir: &std::path::Path,
    server: &FakeServer,
    beside: &FakeServer,
    keys: &str,
) -> (AtWork, tide::Server<Arc<AppState>>) {
    // There is no form of ours: that is no matter of the API.
    let desk = server.desk_beside(dir, "registration = false", keys, &[("example.org", beside)]);
    let metrics = Arc::new(Metrics::new(desk.ledger.commits().clone()));
    let app = invited::app::build(Arc::clone(&desk.state), metrics);
    (desk, app)
}

impl Place {
    fn new() -> Self {
        Self::with(KEYS)
    }

    fn with(keys: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("invited-test-").tempdir().unwrap();
        let (server, beside) = (FakeServer::default(), FakeServer::default());
        let (desk, app) = at_work(dir.path(), &server, &beside, keys);
        Self { dir, desk, app, server, beside }
    }

    /// What a crash leaves: the ledger as it is on the disk, and nothing that was remembered.
    fn restart(&mut self) {
        self.desk.ledger.close();
        (self.desk, self.app) = at_work(self.dir.path(), &self.server, &self.beside, KEYS);
    }

    /// The token of a new invite.
    fn invite(&self, request: InviteRequest) -> String {
        let request = InviteRequest { host: Given::Is("example.com".into()), ..request };
        let answer = block_on(self.desk.invites.create(&Caller::Admin, &request, invited::clock::now())).unwrap();
        answer.value.into_iter().next().unwrap().token
    }

    fn read(&self, token: &str) -> Invite {
        block_on(self.desk.invites.open_known(token)).unwrap().unwrap()
    }

    fn send(&self, key: &str, again: Option<&str>, body: &Value) -> Answer {
        block_on(self.sending(key, again, body))
    }

    async fn sending(&self, key: &str, again: Option<&str>, body: &Value) -> Answer {
        self.sending_as(&format!("{key}/s3cret"), again, body).await
    }

    async fn sending_as(&self, key: &str, again: Option<&str>, body: &Value) -> Answer {
        let url = Url::parse("http://localhost/api/v1/register").unwrap();
        let mut request = Request::new(Method::Post, url);
        request.set_body(body.to_string());
        request.insert_header("Content-Type", "application/json");
        request.insert_header("Authorization", format!("Bearer {key}"));
        if let Some(again) = again {
            request.insert_header("Idempotency-Key", again);
        }
        Answer::read(self.app.respond(request).await.unwrap()).await
    }

    fn register(&self, token: &str, username: &str) -> Answer {
        self.send("form", None, &body(token, username, PASSWORD))
    }

    fn repeatedly(&self, body: &Value) -> Answer {
        self.send("form", Some("once"), body)
    }
}

fn body(token: &str, username: &str, password: &str) -> Value {
    json!({ "token": token, "username": username, "password": password })
}

fn with_uses(uses: u32) -> InviteRequest {
    InviteRequest { uses: Given::Is(uses), ..InviteRequest::default() }
}

fn bound(name: &str) -> InviteRequest {
    InviteRequest { username: Given::Is(name.into()), ..InviteRequest::default() }
}

/// An answer, read.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    body: Value,
    retry_after: Option<String>,
}

impl Answer {
    async fn read(mut response: Response) -> Self {
        let retry_after = response.header("Retry-After").map(|value| value.as_str().to_owned());
        let text = response.body_string().await.unwrap();
        assert!(!text.contains(PASSWORD), "{text}");
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
        Self { status: response.status().into(), body, retry_after }
    }

    /// Status, the last part of the problem's type, and the fields that are named.
    fn problem(&self) -> (u16, &str, Vec<&str>) {
        let kind = self.body["type"].as_str().unwrap_or_else(|| panic!("{self:?}"));
        let errors = self.body["errors"].as_array().map_or(&[][..], Vec::as_slice);
        let fields = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
        (self.status, kind.strip_prefix("urn:invited:problem:").unwrap(), fields)
    }
}

#[test]
fn a_site_of_its_own_has_an_account_created() {
    let place = Place::new();
    let token = place.invite(InviteRequest {
        groups: Given::Is(vec!["Verona".into()]),
        inviter: Given::Is("Romeo".into()),
        ..with_uses(2)
    });
    let invite = place.read(&token);
    let answer = place.register(&token, "Juliet");
    assert_eq!(
        (answer.status, answer.body),
        (
            201,
            json!({
                "account": "juliet@example.com", "id": invite.id.to_string(), "kind": "account", "host": "example.com",
                "contact": null, "inviter": "Romeo", "groups": ["Verona"], "roles": [], "status": "pending", "uses_left": 1,
            })
        )
    );
    assert_eq!(place.server.state.lock().unwrap().accounts["juliet"], PASSWORD);
    assert_eq!(place.server.state.lock().unwrap().clients, [None], "the site's address is none of its guest");
    let last = place.register(&token, "nurse@Example.COM");
    assert_eq!(
        (last.status, &last.body["account"], &last.body["status"]),
        (201, &json!("nurse@example.com"), &json!("redeemed"))
    );
    assert!(place.read(&token).redemptions.iter().all(|redemption| redemption.via == Via::Api));
    assert_eq!(place.register(&token, "tybalt").problem(), (410, "invite-ended", vec![]));
    assert_eq!(
        place.register(&token, "juliet").problem(),
        (410, "invite-ended", vec![]),
        "it came before, and says so"
    );
    assert_eq!(place.server.accounts(), ["juliet", "nurse"]);
    for file in
        std::fs::read_dir(place.dir.path()).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file())
    {
        let at_rest = std::fs::read(&file).unwrap();
        assert!(!at_rest.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes()), "{}", file.display());
    }
}

#[test]
fn what_the_invite_does_not_allow_is_told_and_spends_nothing() {
    let place = Place::new();
    place.server.state.lock().unwrap().accounts.insert("romeo".into(), String::new());
    let (open, named) = (place.invite(InviteRequest::default()), place.invite(bound("juliet")));
    let reset = place.invite(InviteRequest { reset: Given::Is("romeo".into()), ..InviteRequest::default() });
    let told = |token: &str, username: &str, password: &str, expected: (u16, &str, Vec<&str>)| {
        let answer = place.send("form", None, &body(token, username, password));
        assert_eq!(answer.problem(), expected, "{username} {password}: {answer:?}");
    };
    told(&open, "romeo", PASSWORD, (409, "name-taken", vec![]));
    told(&open, "juliet", PASSWORD, (409, "name-taken", vec![]));
    told(&open, "admin", PASSWORD, (422, "not-accepted", vec!["username"]));
    told(&open, "a b", "short", (422, "not-accepted", vec!["password", "username"]));
    told(&open, "romeo", "aaaaaaaaaaaaaaaa", (422, "not-accepted", vec!["password", "username"]));
    told(&open, "", "", (422, "not-accepted", vec!["password", "username"]));
    told(&open, "tybalt@elsewhere.example", PASSWORD, (422, "not-accepted", vec!["username"]));
    told(&open, "tybalt", "tybalt.example.com", (422, "not-accepted", vec!["password"]));
    told(&open, "tybalt", &format!("{PASSWORD}\u{0}"), (422, "not-accepted", vec!["password"]));
    told(&open, "heß", PASSWORD, (422, "not-accepted", vec!["username"]));
    told(&named, "tybalt", PASSWORD, (422, "not-accepted", vec!["username"]));
    told(&reset, "romeo", PASSWORD, (400, "bad-request", vec![]));
    told("AAAAAAAAAAAAAAAAAAAAAAAA", "tybalt", PASSWORD, (404, "no-such-invite", vec![]));
    told("", "tybalt", "short", (404, "no-such-invite", vec![]));
    let other = place.send("other", None, &body(&open, "tybalt", PASSWORD));
    assert_eq!(other.problem(), (404, "no-such-invite", vec![]), "a host of another key");
    let lacking = place.send("site", None, &body(&open, "tybalt", PASSWORD));
    assert_eq!(lacking.problem(), (403, "not-allowed", vec![]));
    assert!(lacking.body["detail"].as_str().unwrap().contains("`register`"), "{lacking:?}");
    assert_eq!(place.read(&open).used + place.read(&named).used, 0);

    let details = |answer: Answer| answer.body["errors"].clone();
    assert_eq!(
        details(place.send("form", None, &body(&named, "tybalt", "short"))),
        json!([
            { "field": "password", "detail": "expected at least 12 characters" },
            { "field": "username", "detail": "expected juliet, for which this invite is" },
        ])
    );
    assert_eq!(place.register(&named, "juliet").status, 201);
    block_on(place.desk.invites.revoke(vec![place.read(&open).id], invited::clock::now())).unwrap();
    told(&open, "tybalt", "short", (410, "invite-ended", vec![]));
    assert_eq!(place.server.accounts(), ["juliet", "romeo"]);
}

#[test]
fn every_field_that_is_none_is_named_at_once_with_what_is_wrong_with_the_others() {
    let place = Place::new();
    let token = place.invite(InviteRequest::default());
    for (body, fields) in [
        (json!({}), vec!["password", "token", "username"]),
        (
            json!({ "token": token, "username": 5, "password": "short", "colour": 1 }),
            vec!["colour", "password", "username"],
        ),
        (json!({ "token": token, "username": "a b" }), vec!["password", "username"]),
        (json!({ "token": "unknown", "password": PASSWORD }), vec!["username"]),
        (json!({ "token": null, "username": "juliet", "password": PASSWORD }), vec!["token"]),
    ] {
        assert_eq!(place.send("form", None, &body).problem(), (400, "invalid-fields", fields), "{body}");
    }
    assert_eq!(place.server.count("create"), 0);
}

#[test]
fn what_the_server_refuses_is_told_and_spends_nothing() {
    let place = Place::new();
    let token = place.invite(InviteRequest::default());
    for (refusal, expected) in [
        (Refusal::Taken, (409, "name-taken", vec![])),
        (Refusal::Name, (422, "not-accepted", vec!["username"])),
        (Refusal::Password, (422, "not-accepted", vec!["password"])),
        (Refusal::NotAllowed("what only we may know".into()), (403, "not-allowed", vec![])),
        (Refusal::Unsupported, (403, "not-allowed", vec![])),
        (Refusal::Other("what only we may know".into()), (503, "server-away", vec![])),
    ] {
        place.server.script("create", Fault::Refuse(refusal));
        let answer = place.register(&token, "juliet");
        assert_eq!(answer.problem(), expected);
        assert_eq!(answer.retry_after.is_some(), answer.status == 503);
        assert_eq!(place.read(&token).used, 0);
    }
    place.server.script("create", Fault::Away);
    assert_eq!(place.register(&token, "juliet").problem(), (503, "server-away", vec![]));
    assert_eq!(place.register(&token, "juliet").status, 201);
}

/// Whom a site's guests guess for is that site: a limit by address would be one for all of them.
#[test]
fn unknown_tokens_are_limited_by_key_and_known_ones_are_not() {
    let place = Place::new();
    let token = place.invite(InviteRequest::default());
    let guess = |key: &str, guess: usize| {
        let body = body(&format!("guessed-token-{guess:04}"), "juliet", PASSWORD);
        place.send(key, None, &body)
    };
    let answers = (0..1_000).map(|number| guess("form", number));
    let mut slowed = None;
    let unknown = answers
        .take_while(|answer| {
            answer.status == 404 || {
                slowed = Some(answer.problem().0);
                false
            }
        })
        .count();
    assert!(unknown >= 30, "{unknown}");
    assert_eq!(slowed, Some(429));
    let slowed = guess("form", 1_000);
    assert_eq!(slowed.problem(), (429, "too-many-failures", vec![]));
    assert!(slowed.retry_after.is_some());
    assert_eq!(guess("other", 1_001).status, 404, "another key has a budget of its own");
    assert_eq!(place.register(&token, "juliet").status, 201, "what is known is no guess");
}

#[test]
fn a_request_that_comes_again_has_the_same_answer_and_no_second_account() {
    let mut place = Place::new();
    let token = place.invite(with_uses(3));
    let asked = body(&token, "juliet", PASSWORD);
    let first = place.repeatedly(&asked);
    assert_eq!((first.status, &first.body["uses_left"]), (201, &json!(2)));
    // What has become of the invite since plays no part.
    assert_eq!(place.register(&token, "nurse").status, 201);
    block_on(place.desk.invites.revoke(vec![place.read(&token).id], invited::clock::now())).unwrap();
    assert_eq!(place.repeatedly(&asked), first);
    place.restart();
    assert_eq!(place.repeatedly(&asked), first);
    assert_eq!((place.server.count("create"), place.read(&token).used), (2, 2));
    let others = [body(&token, "juliet", "another mantle orchid bridge"), body(&token, "tybalt", PASSWORD), {
        let other = place.invite(InviteRequest::default());
        body(&other, "juliet", PASSWORD)
    }];
    for other in &others {
        assert_eq!(place.repeatedly(other).problem(), (422, "idempotency-key-reused", vec![]), "{other}");
    }
    assert_eq!(place.server.accounts(), ["juliet", "nurse"]);
}

#[test]
fn two_that_come_at_once_are_one() {
    let place = Place::new();
    let token = place.invite(with_uses(3));
    let asked = body(&token, "juliet", PASSWORD);
    let (release, held) = async_channel::bounded(1);
    place.server.script("create", Fault::Held(held));
    let (first, second) = block_on(async {
        let second = async {
            release.close();
            place.sending("form", Some("once"), &asked).await
        };
        future::zip(place.sending("form", Some("once"), &asked), second).await
    });
    assert_eq!((first.status, &first), (201, &second));
    assert_eq!((place.server.count("create"), place.read(&token).used), (1, 1));
}

#[test]
fn a_refusal_is_not_kept() {
    let place = Place::new();
    let token = place.invite(InviteRequest::default());
    let asked = body(&token, "juliet", PASSWORD);
    place.server.script("create", Fault::Refuse(Refusal::Taken));
    assert_eq!(place.repeatedly(&asked).status, 409);
    place.server.script("create", Fault::Away);
    assert_eq!(place.repeatedly(&asked).status, 503);
    assert_eq!(place.repeatedly(&asked).status, 201);
    assert_eq!(place.server.accounts(), ["juliet"]);
}

/// The server has done it, or not, and no answer came; with a restart in between or without.
#[test]
fn what_was_not_answered_is_found_out_when_it_comes_again() {
    for (fault, is_done) in [(Fault::LostAfter, true), (Fault::LostBefore, false)] {
        for is_restarted in [false, true] {
            let mut place = Place::new();
            let token = place.invite(with_uses(2));
            let asked = body(&token, "juliet", PASSWORD);
            place.server.script("create", fault.clone());
            assert_eq!(place.repeatedly(&asked).problem(), (503, "server-away", vec![]));
            if is_restarted {
                place.restart();
            }
            let again = place.repeatedly(&asked);
            assert_eq!(again.status, if is_done { 201 } else { 503 }, "{again:?}");
            if is_done {
                place.restart();
                assert_eq!(place.repeatedly(&asked), again);
                assert_eq!(place.read(&token).used, 1);
            }
            assert_eq!(place.server.count("create"), 1, "it may still come true");
        }
    }
}

/// The account was recorded, and then we crashed, before the answer was kept.
#[test]
fn what_was_recorded_and_not_kept_is_answered_all_the_same() {
    let place = Place::new();
    let token = place.invite(with_uses(2));
    let asked = body(&token, "juliet", PASSWORD);
    let key = place.desk.keys.all().into_iter().find(|(id, _)| id.as_str() == "form").unwrap().1;
    let request = Repeatable::new(
        place.desk.ledger.seal(),
        [&Caller::Key(&key).as_granted(), "/api/v1/register", "once"],
        asked.to_string().as_bytes(),
    );
    let invite = place.read(&token);
    let (ledger, now) = (&place.desk.ledger, invited::clock::now());
    let reserved = block_on(ledger.reserve_for(request.clone(), invite.id, "juliet".parse().unwrap(), now)).unwrap();
    block_on(ledger.end_reservation(reserved.id, ReservationEnd::Redeemed)).unwrap();
    place.server.state.lock().unwrap().accounts.insert("juliet".into(), PASSWORD.into());

    let answer = place.repeatedly(&asked);
    assert_eq!((answer.status, &answer.body["uses_left"]), (201, &json!(1)));
    assert_eq!(place.server.count("create"), 0);
    assert_eq!(place.register(&token, "nurse").status, 201);
    assert_eq!(place.repeatedly(&asked), answer, "now it is kept");
}

/// The same name, for which somebody on our own form is being served, is not taken for the one of this request.
#[test]
fn a_reservation_of_somebody_else_is_not_that_of_the_same_request() {
    let place = Place::new();
    let token = place.invite(with_uses(2));
    let asked = body(&token, "juliet", PASSWORD);
    place.server.script("create", Fault::Away);
    assert_eq!(place.repeatedly(&asked).status, 503, "it has begun, and nothing is reserved any more");
    place.server.script("create", Fault::LostAfter);
    let other = body(&token, "juliet", "another mantle orchid bridge");
    assert_eq!(place.send("form", None, &other).status, 503);
    assert_eq!(place.repeatedly(&asked).problem(), (409, "name-taken", vec![]));
}

/// Nobody is told of an account whose password is another's: the app that is just signing up has the name.
#[test]
fn a_name_that_an_app_is_signing_up_with_is_taken() {
    let place = Place::new();
    let token = place.invite(with_uses(2));
    let (ledger, now) = (&place.desk.ledger, invited::clock::now());
    let id = place.read(&token).id;
    block_on(ledger.reserve(id, "juliet".parse().unwrap(), Via::App, now)).unwrap();
    place.server.state.lock().unwrap().accounts.insert("juliet".into(), "chosen in the app".into());
    assert_eq!(place.register(&token, "juliet").problem(), (409, "name-taken", vec![]));
    assert_eq!(place.register(&token, "nurse").status, 201);
}

/// A place with a key that signs, and a token of it.
fn with_tokens() -> (Place, impl Fn(&str) -> String) {
    let signer = Signer::new(1);
    let ci = jwt::key("ci", &signer.public_pem(), "hosts = [\"example.com\"]\nallow = [\"register\"]");
    let place = Place::with(&format!("{KEYS}{ci}"));
    (place, move |jti| signer.token("ci", &json!({ "jti": jti })))
}

#[test]
fn a_token_for_one_use_is_used_by_an_account_and_by_what_was_told() {
    let (place, one) = with_tokens();
    let token = place.invite(with_uses(9));
    let ask = |jti: &str, again: Option<&str>, username: &str| {
        block_on(place.sending_as(&one(jti), again, &body(&token, username, PASSWORD))).status
    };
    assert_eq!([ask("a", None, "juliet"), ask("a", None, "romeo")], [201, 401]);
    assert_eq!([ask("b", None, "juliet"), ask("b", None, "nurse")], [409, 401]);
    // The server was not there: nothing was done, and nothing told.
    for again in [None, Some("once")] {
        let (jti, name) = if again.is_some() { ("c", "tybalt") } else { ("d", "paris") };
        place.server.script("exists", Fault::Away);
        assert_eq!(ask(jti, again, name), 503);
        place.server.script("create", Fault::Away);
        assert_eq!([ask(jti, again, name), ask(jti, again, name)], [503, 201]);
        assert_eq!(ask(jti, None, "nobody"), 401);
    }
    // That request, and no other, may come again.
    assert_eq!([ask("c", Some("once"), "tybalt"), ask("c", Some("once"), "nobody")], [201, 401]);
    // It did not say whether it has: whoever asks again with the same key learns that.
    place.server.script("create", Fault::LostAfter);
    assert_eq!([ask("e", Some("lost"), "rosaline"), ask("e", Some("lost"), "rosaline")], [503, 201]);
    // Another token that ends what was begun with the first is used by that.
    place.server.script("create", Fault::LostAfter);
    assert_eq!([ask("f", None, "abram"), ask("f", None, "abram")], [503, 401]);
    assert_eq!([ask("g", None, "abram"), ask("g", None, "nobody")], [201, 401]);
    assert_eq!(place.server.accounts(), ["abram", "juliet", "paris", "rosaline", "tybalt"]);
}
