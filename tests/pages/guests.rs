//! What guests are answered where a server makes accounts: the pages over HTTP, in this process, before a scripted server.

use crate::common::fake_server;

use std::sync::Arc;

use fake_server::{AtWork, FakeServer, Fault};
use futures_lite::future::{self, block_on};
use invited::backend::Refusal;
use invited::caller::AppState;
use invited::desk::Caller;
use invited::invite::Kind;
use invited::invite::field::Given;
use invited::invite::request::InviteRequest;
use invited::metrics::Metrics;
use invited::pages::language::Language;
use invited::server::ReadyPart;
use tide::http::{Method, Request, Response, Url};

const PASSWORD: &str = "quarrel mantle orchid bridge";

/// The pages with a server behind them.
struct Place {
    _dir: tempfile::TempDir,
    desk: AtWork,
    app: tide::Server<Arc<AppState>>,
    server: FakeServer,
}

impl Place {
    /// `host` are settings of the host, `rest` of everything else.
    fn new(host: &str, rest: &str) -> Self {
        Self::beside(host, rest, &[])
    }

    /// The same beside the servers of other hosts.
    fn beside(host: &str, rest: &str, others: &[(&str, &FakeServer)]) -> Self {
        let dir = tempfile::Builder::new().prefix("invited-test-").tempdir().unwrap();
        let server = FakeServer::default();
        let desk = server.desk_beside(dir.path(), host, rest, others);
        let metrics = Arc::new(Metrics::new(desk.ledger.commits().clone()));
        let app = invited::app::build(Arc::clone(&desk.state), metrics);
        Self { _dir: dir, app, desk, server }
    }

    /// The token of a new invite.
    fn invite(&self, request: &InviteRequest) -> String {
        let answer = block_on(self.desk.invites.create(&Caller::Admin, request, invited::clock::now())).unwrap();
        answer.value.into_iter().next().unwrap().token
    }

    fn ask(&self, method: Method, target: &str, headers: &[(&str, &str)]) -> Page {
        let mut request = Request::new(method, Url::parse("http://localhost").unwrap().join(target).unwrap());
        for (name, value) in headers {
            request.insert_header(*name, *value);
        }
        block_on(async { Page::read(self.app.respond(request).await.unwrap()).await })
    }

    fn get(&self, target: &str) -> Page {
        self.ask(Method::Get, target, &[("Accept", "text/html")])
    }

    /// The form at `target`, filled in.
    fn filled(&self, target: &str, username: &str) -> Form {
        self.filled_with(target, username, PASSWORD)
    }

    fn filled_with(&self, target: &str, username: &str, password: &str) -> Form {
        let form = self.get(target);
        let value = |name: &str| {
            let part = form.text.split(&format!("name=\"{name}\" value=\"")).nth(1);
            part.unwrap_or_else(|| panic!("no {name}: {}", form.text)).split('"').next().unwrap()
        };
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("token", value("token")).append_pair("csrf", value("csrf"));
        body.append_pair("username", username).append_pair("password", password);
        let cookie = form.cookie.split(';').next().unwrap().to_owned();
        Form { target: target.into(), body: body.finish(), cookie }
    }

    fn send(&self, form: &Form) -> Page {
        block_on(self.sending(form))
    }

    async fn sending(&self, form: &Form) -> Page {
        Page::read(self.app.respond(form.request()).await.unwrap()).await
    }

    /// Fills the form in and sends it; gives the page that it leads to.
    fn finish(&self, target: &str, username: &str) -> (String, Page) {
        let sent = self.send(&self.filled(target, username));
        assert_eq!(sent.status, 303, "{}", sent.text);
        let page = self.get(&sent.location);
        assert_eq!(page.status, 200, "{}", page.text);
        (sent.location, page)
    }

    fn code(&self, token: &str) -> String {
        self.desk.invites.code(block_on(self.desk.invites.open_known(token)).unwrap().unwrap().id)
    }

    fn uses_left(&self, token: &str) -> u32 {
        block_on(self.desk.invites.open_known(token)).unwrap().unwrap().uses_left()
    }
}

/// A form as a browser without scripts sends it.
struct Form {
    target: String,
    body: String,
    cookie: String,
}

impl Form {
    fn request(&self) -> Request {
        let mut request =
            Request::new(Method::Post, Url::parse("http://localhost").unwrap().join(&self.target).unwrap());
        request.set_body(&*self.body);
        request.insert_header("Content-Type", "application/x-www-form-urlencoded");
        request.insert_header("Accept", "text/html");
        request.insert_header("Cookie", &*self.cookie);
        request
    }
}

/// An answer.
struct Page {
    status: u16,
    text: String,
    location: String,
    cookie: String,
    /// How it may be kept.
    caching: String,
}

impl Page {
    async fn read(mut response: Response) -> Self {
        let header = |name: &str| response.header(name).map_or(String::new(), |values| values.as_str().to_owned());
        let (location, cookie) = (header("Location"), header("Set-Cookie"));
        let ready = response.ext().get::<ReadyPart>();
        let caching = ready.and_then(|ready| ready.headers.iter().find(|(name, _)| name == "cache-control"));
        let caching = caching.map_or(String::new(), |(_, value)| value.to_str().unwrap().to_owned());
        let text = match response.ext().get::<ReadyPart>() {
            Some(ready) => String::from_utf8(ready.body.to_vec()).unwrap(),
            None => response.body_string().await.unwrap(),
        };
        Self { status: response.status().into(), text, location, cookie, caching }
    }

    /// Where links lead, those in `<main>` alone.
    fn links(&self) -> Vec<String> {
        let main = self.text.split("<main>").nth(1).unwrap().split("</main>").next().unwrap();
        main.split("href=\"").skip(1).map(|part| part.split('"').next().unwrap().replace("&#38;", "&")).collect()
    }

    /// What is said to be wrong with a field, beside it and above the form, where it is a link to the field: whoever cannot
    /// see the page hears it with the field.
    fn error(&self, field: &str) -> Option<&str> {
        let input = self.text.split(&format!("<input id=\"{field}\"")).nth(1)?.split('>').next().unwrap();
        let described = input.split("aria-describedby=\"").nth(1).unwrap().split('"').next().unwrap();
        let is_described = described.split(' ').any(|id| id == format!("{field}-error"));
        let beside = self.text.split(&format!("<p class=\"error\" id=\"{field}-error\">")).nth(1);
        assert_eq!(
            (is_described, input.contains("aria-invalid=\"true\"")),
            (beside.is_some(), beside.is_some()),
            "{input}"
        );
        let beside = beside.map(|part| part.split("</p>").next().unwrap());
        let above = self.text.split("role=\"alert\">").nth(1).map(|part| part.split("</div>").next().unwrap());
        let link = beside.map(|error| format!("<li><a href=\"#{field}\">{error}</a></li>"));
        let is_above = |part: &str| above.is_some_and(|above| above.contains(part));
        assert_eq!(is_above(&format!("href=\"#{field}\"")), beside.is_some(), "{above:?}");
        assert!(link.is_none_or(|link| is_above(&link)), "{above:?}");
        beside
    }

    /// The code that the page shows: on the screen, and on paper.
    fn codes(&self) -> Vec<String> {
        let parts = self.text.split("<code").skip(1).map(|part| part.split("</code>").next().unwrap());
        let groups = |part: &str| {
            part.split("<span>")
                .skip(1)
                .map(|group| group.split("</span>").next().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        parts.map(|part| groups(part).join(" ")).collect()
    }
}

#[test]
fn preview_fetches_and_openings_mint_one_token_and_spend_nothing() {
    let place = Place::new("", "");
    let token = place.invite(&InviteRequest::default());
    assert_eq!(place.server.count("mint"), 0);
    let target = format!("/invite?{token}");
    for headers in [&[("Sec-Purpose", "prefetch")][..], &[("User-Agent", "facebookexternalhit/1.1")], &[]] {
        for method in [Method::Head, Method::Get] {
            assert_eq!(place.ask(method, &target, headers).status, 200);
        }
    }
    place.get(&format!("/invite/setup/conversations?{token}"));
    place.get(&format!("/register?t={token}"));
    assert_eq!((place.server.count("mint"), place.server.count("create"), place.uses_left(&token)), (1, 0, 1));
}

#[test]
fn a_form_that_is_sent_twice_makes_one_account() {
    let place = Place::new("", "");
    let token = place.invite(&InviteRequest { uses: Given::Is(5), ..InviteRequest::default() });
    let form = place.filled(&format!("/register?t={token}"), "juliet");
    let (one, other) = block_on(future::zip(place.sending(&form), place.sending(&form)));
    let late = place.send(&form);
    assert_eq!((one.status, other.status, late.status), (303, 303, 303));
    assert_eq!((&one.location, &one.location), (&other.location, &late.location));
    assert_eq!((place.server.accounts(), place.server.count("create")), (vec!["juliet".to_owned()], 1));
    assert_eq!(place.uses_left(&token), 4);
    assert_eq!(place.get(&one.location).status, 200);
}

#[test]
fn a_whole_address_is_taken_and_another_one_explained() {
    let place = Place::new("", "");
    let target = format!("/register?t={}", place.invite(&InviteRequest::default()));
    let other = place.send(&place.filled(&target, "juliet@elsewhere.example"));
    assert_eq!(other.status, 422);
    assert!(other.text.contains("Enter only what comes before the @; the rest is fixed."), "{}", other.text);
    assert!(other.text.contains("value=\"juliet@elsewhere.example\""), "what was typed is kept: {}", other.text);
    let (_, page) = place.finish(&target, "Juliet@Example.com");
    assert!(page.text.contains(">juliet@example.com<"), "{}", page.text);
    assert_eq!(place.server.accounts(), ["juliet"]);
}

/// The names and passwords that a form is refused for, each with what the page says of it.
const WRONG_NAMES: [(&str, &str); 8] = [
    ("", "error-username-empty"),
    ("juliet capulet", "error-username-invalid"),
    // A server would make another name of it.
    ("weiß", "error-username-invalid"),
    ("juliet@elsewhere.example", "error-username-address"),
    ("a-name-that-is-longer-than-any-that-every-server-can-write-on-disk", "error-username-long"),
    ("admin", "error-username-reserved"),
    ("romeo", "error-username-taken"),
    ("Romeo@example.com", "error-username-taken"),
];
const WRONG_PASSWORDS: [(&str, &str); 3] =
    [("", "error-password-empty"), ("short", "error-password-short"), ("passwordpassword", "error-password-weak")];

#[test]
fn every_wrong_field_is_named_at_once_in_every_language() {
    let place = Place::new("", "");
    place.server.state.lock().unwrap().accounts.insert("romeo".into(), String::new());
    let token = place.invite(&InviteRequest::default());
    for language in Language::all() {
        let said = |id: &str| match id {
            "error-password-short" => language.with(id, [("count", 12.into())]),
            _ => language.text(id).into_owned(),
        };
        let target = format!("/register?t={token}&lang={}", language.tag);
        let send = |username: &str, password: &str| place.send(&place.filled_with(&target, username, password));
        for (password, password_error) in WRONG_PASSWORDS {
            let case = format!("{} {password:?}", language.tag);
            for (name, name_error) in WRONG_NAMES {
                let page = send(name, password);
                assert_eq!(page.status, 422, "{case} {name}: {}", page.text);
                assert_eq!(page.error("username"), Some(&*said(name_error)), "{case} {name}");
                assert_eq!(page.error("password"), Some(&*said(password_error)), "{case} {name}");
                assert!(page.text.contains(&format!("role=\"alert\"><p>{}</p>", said("error-summary"))), "{case}");
                assert!(page.text.contains(&format!("value=\"{name}\"")), "what was typed is kept: {}", page.text);
                assert!(password.is_empty() || !page.text.contains(&format!("\"{password}\"")), "{}", page.text);
            }
            let page = send("juliet", password);
            assert_eq!((page.status, page.error("username")), (422, None), "{case}");
            assert_eq!(page.error("password"), Some(&*said(password_error)), "{case}");
        }
        for (name, name_error) in WRONG_NAMES {
            let page = send(name, PASSWORD);
            let status = if name_error == "error-username-taken" { 409 } else { 422 };
            assert_eq!((page.status, page.error("password")), (status, None), "{name}: {}", page.text);
            assert_eq!(page.error("username"), Some(&*said(name_error)), "{name}");
        }
    }
    assert_eq!((place.server.count("create"), place.uses_left(&token)), (0, 1));
}

#[test]
fn a_bound_name_is_named_beside_the_password_and_a_new_password_alone() {
    let place = Place::new("", "");
    let bound = place.invite(&InviteRequest { username: Given::Is("juliet".into()), ..InviteRequest::default() });
    let page = place.send(&place.filled_with(&format!("/register?t={bound}"), "tybalt", "short"));
    assert_eq!((page.status, page.error("username")), (422, Some("This invite is for another name.")));
    assert_eq!(page.error("password"), Some("The password needs at least 12 characters."));
    place.server.state.lock().unwrap().accounts.insert("juliet".into(), "forgotten".into());
    let reset = place.invite(&InviteRequest { reset: Given::Is("juliet".into()), ..InviteRequest::default() });
    let asked = place.server.count("exists");
    let page = place.send(&place.filled_with(&format!("/reset?t={reset}"), "tybalt", "short"));
    assert_eq!(page.status, 422);
    assert_eq!(page.error("password"), Some("The password needs at least 12 characters."));
    assert!(page.text.contains("<strong class=\"address\" dir=\"ltr\">juliet@example.com</strong>"), "{}", page.text);
    assert_eq!(place.server.count("exists"), asked, "its name is the invite's");
    assert_eq!((place.uses_left(&bound), place.uses_left(&reset)), (1, 1));
}

#[test]
fn a_wrong_password_is_told_although_the_server_cannot_be_asked_for_the_name() {
    let place = Place::new("", "");
    let form = place.filled_with(
        &format!("/register?t={}", place.invite(&InviteRequest::default())),
        "juliet",
        "passwordpassword",
    );
    place.server.script("exists", Fault::Away);
    let page = place.send(&form);
    assert_eq!((page.status, page.error("username")), (422, None), "{}", page.text);
    assert!(page.error("password").is_some());
}

#[test]
fn nothing_is_asked_again_for_an_invite_that_has_ended() {
    let place = Place::new("", "");
    let target = format!("/register?t={}", place.invite(&InviteRequest::default()));
    let wrong = place.filled_with(&target, "admin", "short");
    place.finish(&target, "juliet");
    let page = place.send(&wrong);
    assert_eq!(page.status, 410);
    assert!(page.text.contains("This invite has been used") && !page.text.contains("<form"), "{}", page.text);
}

#[test]
fn a_form_that_is_closed_leads_to_an_app() {
    let place = Place::new("registration = false", "");
    let token = place.invite(&InviteRequest::default());
    let form = place.get(&format!("/register?t={token}"));
    assert_eq!(form.status, 403);
    assert!(form.text.contains("Please open the invite in an app."), "{}", form.text);
    let setup = place.get(&format!("/invite/setup/dino?{token}")).text;
    assert!(setup.contains("Create one with another app first"), "{setup}");
}

#[test]
fn a_finished_account_leads_on_to_an_app() {
    let ours = "[apps]\nshow = [\"ours\", \"dino\", \"conversations\", \"movim\"]\n[[apps.custom]]\nid = \"ours\"\n\
                name = \"Ours\"\nplatforms = [\"Linux\"]\nsetup = \"Say hello.\"\n";
    let place = Place::new("webchat_url = \"https://chat.example.com/\"", ours);
    let token = place.invite(&InviteRequest::default());
    let (location, page) = place.finish(&format!("/register?t={token}"), "juliet");
    let links = page.links();
    assert_eq!(links[0], "https://chat.example.com/");
    // Other people's sites are none of them, as there is a web chat here.
    let choices = ["ours", "dino", "conversations"].map(|app| format!("{location}&c={app}"));
    assert_eq!(links[1..], choices);
    assert!(!page.text.contains("href=\"\""), "{}", page.text);
    // An app that is not there is none.
    assert_eq!(place.get(&format!("{location}&c=nothing")).links()[1..], choices);
    // On a phone: what runs there.
    let phone = place.ask(Method::Get, &location, &[("User-Agent", "Mozilla/5.0 (Linux; Android 14)")]);
    assert_eq!(phone.links()[1..], choices[2..]);
    let texts = choices.map(|choice| place.get(&choice).text);
    assert!(texts[0].contains("Say hello.") && texts[0].contains("Log in with Ours"), "{}", texts[0]);
    assert!(texts[1].contains("https://dino.im/#download") && texts[1].contains("choose to log in"), "{}", texts[1]);
    // What it would say of the invite is over.
    assert!(texts[2].contains("play.google.com") && !texts[2].contains("opens the invite"), "{}", texts[2]);
}

#[test]
fn a_new_password_leads_on_too() {
    let place = Place::new("webchat_url = \"https://chat.example.com/\"\nsite_name = \"Acme\"", "");
    place.server.state.lock().unwrap().accounts.insert("juliet".into(), "forgotten".into());
    let token = place.invite(&InviteRequest { reset: Given::Is("juliet".into()), ..InviteRequest::default() });
    let setup = place.get(&format!("/invite/setup/dino?{token}"));
    assert_eq!((setup.status, &*setup.location), (303, &*format!("/invite?{token}")));
    let (location, page) = place.finish(&format!("/reset?t={token}"), "juliet");
    assert_eq!(place.server.state.lock().unwrap().accounts["juliet"], PASSWORD);
    assert!(page.text.contains("<p class=\"site\"><bdi>Acme</bdi></p>"), "{}", page.text);
    assert!(page.links().contains(&"https://chat.example.com/".into()));
    assert!(page.links().contains(&format!("{location}&c=gajim")), "{:?}", page.links());
    let app = place.get(&format!("{location}&c=gajim"));
    assert!(app.text.contains("https://gajim.org/download/"), "{}", app.text);
    let again = place.get(&format!("/reset?t={token}"));
    assert_eq!(again.status, 410);
}

#[test]
fn terms_are_a_link_where_they_are_accepted() {
    let place = Place::new("terms_url = \"https://example.com/terms\"", "");
    let token = place.invite(&InviteRequest::default());
    let text = place.get(&format!("/register?t={token}&lang=de")).text;
    let sentence = "Mit dem Konto stimmst du den <a href=\"https://example.com/terms\">Nutzungsbedingungen</a> zu.";
    assert!(text.contains(sentence), "{text}");
}

/// What is printed is neither folded away nor waits for being scrolled to, whatever the device.
#[test]
fn a_phone_prints_the_code_and_its_picture() {
    let place = Place::new("", "");
    let token = place.invite(&InviteRequest::default());
    let code = place.code(&token);
    for agent in ["Mozilla/5.0 (Linux; Android 14)", "Mozilla/5.0 (X11; Linux x86_64)"] {
        let text = place.ask(Method::Get, &format!("/invite?{token}"), &[("User-Agent", agent)]).text;
        let paper = text.split("<section class=\"paper\">").nth(1).unwrap().split("</section>").next().unwrap();
        assert!(paper.contains(&format!("src=\"/invite/qr?{token}\"")) && !paper.contains("<details"), "{paper}");
        assert!(paper.contains(&format!("<span>{}</span>", &code[..4])), "{paper}");
        assert!(!text.contains("loading="), "{text}");
    }
}

#[test]
fn tokens_that_servers_are_asked_for_are_counted_apart_from_keys() {
    let place = Place::new(
        "",
        "[http]\nauth_failures = \"4/h\"\n[keys.site]\nsha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"",
    );
    let wrong = |at: u32| format!("nobody-knows-this-one-{at}");
    let pages = ["/invite?", "/register?t=", "/reset?t=", "/invite/setup/dino?"];
    for (page, at) in pages.into_iter().zip(0..) {
        assert_eq!(place.get(&format!("{page}{}", wrong(at))).status, 404, "{page}");
    }
    for (page, at) in pages.into_iter().chain(["/invite/qr?"]).zip(4..) {
        assert_eq!(place.get(&format!("{page}{}", wrong(at))).status, 429, "{page}");
    }
    assert_eq!(place.server.count("look_up"), 4);
    // What is ours, and what has a key, goes on.
    assert_eq!(place.get(&format!("/invite?{}", place.invite(&InviteRequest::default()))).status, 200);
    let made = place.ask(Method::Post, "/invites_api", &[("Authorization", "Bearer site/s3cret")]);
    assert_eq!(made.status, 201, "{}", made.text);
}

#[test]
fn one_who_guesses_tokens_of_the_server_uses_up_only_their_own() {
    let place = Place::new("", "[http]\nauth_failures = \"1000000/m\"");
    let in_an_hour = invited::clock::now() + jiff::SignedDuration::from_hours(1);
    place.server.own_invite("an-invite-of-the-server", Kind::Account { username: None }, in_an_hour);
    let open = |token: &str, client: &str| {
        place
            .ask(Method::Get, &format!("/invite?{token}"), &[("Accept", "text/html"), ("X-Forwarded-For", client)])
            .status
    };
    // A guess a second, and more: also from other addresses of the same network.
    let guesses = |from: u32| (from..from + 100).map(|at| open(&format!("nobody-knows-this-one-{at}"), "2001:db8::1"));
    let statuses: Vec<_> = guesses(0).collect();
    let asked = statuses.iter().filter(|status| **status == 404).count();
    assert!((30..60).contains(&asked) && statuses.last() == Some(&429), "{statuses:?}");
    assert_eq!(place.server.count("look_up"), asked);
    assert_eq!(open("nobody-knows-this-one-either", "2001:db8::2"), 429);
    assert_eq!(open("an-invite-of-the-server", "2001:db8:1::1"), 200);
    // What is known by now is opened for them, too.
    assert_eq!(open("an-invite-of-the-server", "2001:db8::1"), 200);
}

#[test]
fn a_server_that_is_away_spoils_no_other_hosts_pages() {
    let dead = FakeServer::default();
    let place = Place::beside("", "", &[("example.org", &dead)]);
    let in_an_hour = invited::clock::now() + jiff::SignedDuration::from_hours(1);
    let account = Kind::Account { username: None };
    place.server.own_invite("an-invite-of-the-server", account.clone(), in_an_hour);
    dead.own_invite("an-invite-of-the-dead-one", account, in_an_hour);
    dead.script("look_up", Fault::Away);
    assert_eq!(place.get("/invite?an-invite-of-the-dead-one").status, 404, "the other one does not know it");
    assert_eq!(place.get("/invite?an-invite-of-the-server").status, 200);
    dead.script("look_up", Fault::Away);
    assert_eq!(place.get("/?code=a-mistyped-code-of-any").status, 404);
    // Nothing is remembered of one that did not answer.
    while place.get("/invite?an-invite-of-the-dead-one").status != 200 {
        // Who was away is asked again after a while.
        block_on(place.desk.backends.of(&"example.org".parse().unwrap()).unwrap().probe());
    }
    // Where nobody answers, nobody knows.
    place.server.script("look_up", Fault::Away);
    dead.script("look_up", Fault::Away);
    assert_eq!(place.get("/invite?another-one-of-any-server").status, 503);
}

#[test]
fn what_is_known_is_opened_whatever_came_from_its_address() {
    let place = Place::new("", "[http]\nauth_failures = \"2/h\"");
    let [known, unknown] = ["an-invite-of-the-server", "another-one-of-the-server"];
    let in_an_hour = invited::clock::now() + jiff::SignedDuration::from_hours(1);
    for token in [known, unknown] {
        place.server.own_invite(token, Kind::Account { username: None }, in_an_hour);
    }
    assert_eq!(place.get(&format!("/invite?{known}")).status, 200);
    let ours = place.invite(&InviteRequest::default());
    let statuses = [1, 2, 3].map(|at| place.get(&format!("/?code=nobody-knows-this-one-{at}")).status);
    assert_eq!(statuses, [404, 404, 429]);
    for token in [&*ours, known] {
        assert_eq!(place.get(&format!("/invite?{token}")).status, 200, "{token}");
        assert_eq!(place.get(&format!("/?code={token}")).status, 303, "{token}");
    }
    let asked = place.server.count("look_up");
    assert_eq!(place.get(&format!("/invite?{unknown}")).status, 429, "the server is not asked for a guesser");
    assert_eq!(place.server.count("look_up"), asked);
}

#[test]
fn what_the_server_does_not_allow_is_told_beside_the_form() {
    let place = Place::new("", "");
    let token = place.invite(&InviteRequest::default());
    let form = place.filled(&format!("/register?t={token}"), "juliet");
    place.server.script("create", Fault::Refuse(Refusal::NotAllowed("what only we may know".into())));
    let page = place.send(&form);
    assert_eq!(page.status, 403);
    assert!(page.text.contains("The server does not allow this account."), "{}", page.text);
    assert!(page.text.contains("value=\"juliet\"") && !page.text.contains("only we"), "{}", page.text);
    assert_eq!(place.uses_left(&token), 1);
}

#[test]
fn a_page_elsewhere_that_wants_what_apps_need_has_that_of_the_server() {
    for (place_in_link, before) in [("{uri}", "xmpp%3Aexample.com%3Fregister%3Bpreauth%3D"), ("{preauth}", "")] {
        let place = Place::new("", &format!("[invites]\nlanding = \"https://welcome.example/#{place_in_link}\""));
        let link = || {
            let request = InviteRequest::default();
            let answer = block_on(place.desk.invites.create(&Caller::Admin, &request, invited::clock::now())).unwrap();
            answer.value.into_iter().next().unwrap().landing_page
        };
        let first = link();
        let tokens = place.server.live_tokens();
        assert_eq!(tokens.len(), 1, "it is minted with the invite");
        assert_eq!(first, format!("https://welcome.example/#{before}{}", tokens[0]));
        // The server is away: an invite is made all the same, and its link leads to a page that can do without.
        place.server.script("mint", Fault::Away);
        assert!(link().starts_with("https://invite.example.com/invite?"));
    }
}

/// By whichever address a guest comes, the form works there, and its cookie is for there.
#[test]
fn a_form_works_at_the_hosts_own_address_and_at_that_of_all() {
    let place = Place::new("public_url = \"http://join.example.com/us/\"", "");
    for (prefix, cookie) in [
        ("/us", "csrf=COOKIE; Path=/us/; HttpOnly; SameSite=Strict"),
        ("", "__Host-csrf=COOKIE; Path=/; HttpOnly; SameSite=Strict; Secure"),
    ] {
        let token = place.invite(&InviteRequest::default());
        let target = format!("{prefix}/register?t={token}");
        let form = place.get(&target);
        let value = form.cookie.split(['=', ';']).nth(1).unwrap();
        assert_eq!(form.cookie.replace(value, "COOKIE"), cookie);
        let name = if prefix.is_empty() { "romeo" } else { "juliet" };
        let (location, done) = place.finish(&target, name);
        assert!(location.starts_with(&format!("{prefix}/register?t={token}&u={name}&done=")), "{location}");
        assert!(done.text.contains(&format!("{name}@example.com")), "{}", done.text);
    }
    assert_eq!(place.server.accounts(), ["juliet", "romeo"]);
}

#[test]
fn a_code_that_is_typed_leads_to_its_invite_and_ends_with_it() {
    let place = Place::new("", "[http]\nauth_failures = \"3/h\"");
    let token = place.invite(&InviteRequest::default());
    let target = format!("/invite?{token}");
    let page = place.get(&target);
    let code = place.code(&token);
    let shown = [&code[..4], &code[4..8], &code[8..12], &code[12..]].join(" ");
    assert_eq!(page.codes(), [&*shown, &*shown], "on the screen, and on paper");
    assert!(!page.text.contains(&format!("<span>{}</span>", &token[..4])), "{}", page.text);
    let type_in = |text: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("code", text).finish();
        let page = place.get(&format!("/?{query}"));
        (page.status, page.location)
    };
    let right = [
        code.clone(),
        shown.to_lowercase(),
        shown.replace(' ', " - ").replace('0', "o").replace('1', "l"),
        format!("The code is {code}."),
        // As before, the token and links with it.
        token.clone(),
        format!("https://invite.example.com/invite?{token}"),
    ];
    for text in &right {
        assert_eq!(type_in(text), (303, target.clone()), "{text}");
    }
    // The wrong ones are counted, and what is right is opened all the same.
    let last = if code.ends_with('2') { "3" } else { "2" };
    let wrong = format!("{}{last}", &code[..15]);
    assert_eq!([1, 2, 3, 4].map(|_| type_in(&wrong).0), [404, 404, 404, 429]);
    assert_eq!(type_in(&code), (303, target.clone()));
    // It leads to the page on which it is said how the invite ended.
    place.finish(&format!("/register?t={token}"), "juliet");
    assert_eq!(type_in(&shown), (303, target.clone()));
    assert_eq!(place.get(&target).status, 410);
}

#[test]
fn a_password_by_chance_is_shown_once_and_works() {
    let place = Place::new("password = { min_length = 30 }", "");
    let token = place.invite(&InviteRequest { uses: Given::Is(2), ..InviteRequest::default() });
    for (target, name) in
        [(format!("/register?t={token}"), "juliet"), (format!("/register?t={token}&lang=de"), "romeo")]
    {
        let mut form = place.filled_with(&target, name, "mine was not sent");
        let (fields, asked) = (form.body.clone(), place.server.count("exists"));
        form.body.push_str("&generate=1");
        let shown = place.send(&form);
        assert_eq!((shown.status, &*shown.caching), (200, "no-store"), "{}", shown.text);
        let field = shown.text.split("<input id=\"password\"").nth(1).unwrap().split('>').next().unwrap();
        assert!(field.contains("type=\"text\"") && field.contains("autocomplete=\"off\""), "{field}");
        let password = field.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(password.len() == 35 && password.split('-').all(|group| group.len() == 5), "{password}");
        assert!(
            shown.text.contains(&format!("name=\"username\" value=\"{name}\"")) && !shown.text.contains("mine was")
        );
        assert!(shown.text.contains("id=\"password-generated\">") && !shown.text.contains("role=\"alert\""));
        assert_eq!((place.server.count("create"), place.server.count("exists")), (usize::from(name == "romeo"), asked));
        // Another time it is another one; what was wrong with the rest is told without it.
        assert!(!place.send(&form).text.contains(password));
        let chosen = fields.replace("mine+was+not+sent", password);
        let refused = Form { body: chosen.replace(name, "admin"), ..form };
        let page = place.send(&refused);
        assert!(page.status == 422 && page.error("username").is_some() && !page.text.contains(password));
        assert_eq!(place.send(&Form { body: chosen, ..refused }).status, 303);
        assert_eq!(place.server.state.lock().unwrap().accounts[name], password);
    }
    // It is not given to others, nor for an invite that has ended.
    let mut form = place.filled_with(&format!("/register?t={}", place.invite(&InviteRequest::default())), "tybalt", "");
    form.body.push_str("&generate=1");
    let foreign = Form { cookie: "__Host-csrf=another".into(), ..form };
    let page = place.send(&foreign);
    assert!(page.status == 403 && page.text.contains("id=\"password-generated\" hidden"), "{}", page.text);
    let page = place.get(&format!("/register?t={token}"));
    assert_eq!(page.status, 410);
}

/// The button that is the first one is pressed by Enter in a field: the other one must not be it.
#[test]
fn enter_sends_the_form_and_asks_for_no_password() {
    let place = Place::new("", "");
    let text = place.get(&format!("/register?t={}", place.invite(&InviteRequest::default()))).text;
    let form = text.split("<form").nth(1).unwrap().split("</form>").next().unwrap();
    let submits: Vec<_> = form.split("<button").skip(1).filter(|button| !button.contains("type=\"button\"")).collect();
    assert!(submits.len() == 2 && !submits[0].contains("generate") && submits[1].contains("formnovalidate"), "{form}");
}

#[test]
fn a_bound_name_that_somebody_has_leads_to_whoever_invites() {
    for (contact, inviter, told) in [
        ("contact = \"help@example.com\"", Some("Romeo"), "Please ask Romeo for a new invite."),
        ("", None, "Please ask whoever invited you for a new invite."),
    ] {
        let place = Place::new(contact, "");
        let inviter = Given::from(inviter.map(str::to_owned));
        let token =
            place.invite(&InviteRequest { username: Given::Is("juliet".into()), inviter, ..InviteRequest::default() });
        place.server.state.lock().unwrap().accounts.insert("juliet".into(), String::new());
        for password in [PASSWORD, "short"] {
            let page = place.send(&place.filled_with(&format!("/register?t={token}"), "juliet", password));
            assert_eq!(page.status, if password == "short" { 422 } else { 409 });
            let error = page.error("username").unwrap();
            assert!(error.contains(told) && !error.contains("choose"), "{error}");
            assert_eq!(page.error("password").is_some(), password == "short");
            let field = page.text.split("<p class=\"error\" id=\"username-error\">").nth(1).unwrap();
            let field = field.split("<input").next().unwrap();
            assert_eq!(field.contains("href=\"mailto:help@example.com\""), !contact.is_empty(), "{field}");
        }
    }
}

#[test]
fn a_name_that_cannot_be_is_explained_by_one_that_can() {
    let place = Place::new("", "");
    let target = format!("/register?t={}", place.invite(&InviteRequest::default()));
    for (typed, instead) in [("weiß", "weiss"), ("Anna Karenina", "anna.karenina"), ("Анна Каренина", "анна.каренина")]
    {
        let page = place.send(&place.filled(&target, typed));
        assert_eq!(page.status, 422);
        assert!(page.error("username").unwrap().contains("letters such as a to z, digits and . _ -"));
        let proposal = page.text.split("id=\"username-proposal\">").nth(1).unwrap().split("</p>").next().unwrap();
        assert_eq!(proposal.replace("<bdi>", "").replace("</bdi>", ""), format!("How about {instead}?"));
        let field = page.text.split("<input id=\"username\"").nth(1).unwrap().split('>').next().unwrap();
        assert!(field.contains("username-error username-proposal"), "{field}");
    }
    let page = place.send(&place.filled(&target, "admin"));
    assert!(page.error("username").is_some() && !page.text.contains("username-proposal"), "{}", page.text);
    // A name of other letters is one.
    let (_, page) = place.finish(&target, "Анна");
    assert!(page.text.contains(">анна@example.com<"), "{}", page.text);
}

#[test]
fn what_is_too_long_is_told_before_the_server_is_asked() {
    let place = Place::new("", "");
    let token = place.invite(&InviteRequest { uses: Given::Is(3), ..InviteRequest::default() });
    let target = format!("/register?t={token}");
    let password = |chars: usize| PASSWORD.chars().cycle().take(chars).collect::<String>();
    for (name, chars, wrong_name, wrong_password) in [
        ("x".repeat(65), 30, true, false),
        ("ж".repeat(33), 30, true, false),
        ("x".repeat(30_000), 1_001, true, true),
        ("x".repeat(64), 1_001, false, true),
        ("x".repeat(64), 20_000, false, true),
    ] {
        let page = place.send(&place.filled_with(&target, &name, &password(chars)));
        let case = format!("{} {chars}", name.len());
        assert_eq!(page.status, 422, "{case}");
        let (name_error, password_error) = (page.error("username"), page.error("password"));
        assert_eq!(name_error, wrong_name.then_some("This name is too long. Please choose a shorter one."), "{case}");
        let told = "A password can have at most 1000 characters.";
        assert_eq!(password_error, wrong_password.then_some(told), "{case}");
    }
    assert_eq!(place.server.count("create"), 0);
    for name in ["x".repeat(64), "ж".repeat(32)] {
        let sent = place.send(&place.filled_with(&target, &name, &password(1_000)));
        assert_eq!(sent.status, 303, "{}", sent.text);
    }
    let request = InviteRequest { username: Given::Is("x".repeat(65)), ..InviteRequest::default() };
    let refused = block_on(place.desk.invites.create(&Caller::Admin, &request, invited::clock::now())).unwrap_err();
    assert!(refused.to_string().contains("too long for a new account: expected at most 64 bytes"), "{refused}");
}

#[test]
fn an_app_comes_first_once_there_is_an_account_and_then_the_address() {
    let place = Place::new("", "[apps]\nshow = [\"dino\", \"conversations\", \"gajim\"]\n");
    let token = place.invite(&InviteRequest::default());
    let (location, page) = place.finish(&format!("/register?t={token}"), "juliet");
    assert_eq!(page.links(), ["dino", "conversations", "gajim"].map(|app| format!("{location}&c={app}")));
    let main = page.text.split("<main>").nth(1).unwrap();
    let place_of = |what: &str| main.find(what).unwrap_or_else(|| panic!("no {what}: {main}"));
    assert!(place_of("Log in with Dino") < place_of(">juliet@example.com<"));
    assert!(main.contains("data-copy=\"address\"") && !main.contains("<input"), "{main}");
    // With an app that was chosen, that one.
    let page = place.get(&format!("{location}&c=gajim"));
    let main = page.text.split("<main>").nth(1).unwrap();
    assert!(main.find("https://gajim.org/download/").unwrap() < main.find(">juliet@example.com<").unwrap(), "{main}");
    assert!(!page.links().iter().any(|link| link.contains("c=dino")), "{:?}", page.links());
}

#[test]
fn an_app_that_takes_the_invite_along_has_it_in_its_link() {
    let ours = "[apps]\nshow = [\"ours\"]\n[[apps.custom]]\nid = \"ours\"\nname = \"Ours\"\nplatforms = [\"Android\"]\n\
                supports_preauth_uri = true\nmagic_link_format = \"ours:open?{uri}\"\n";
    let place = Place::new("", ours);
    let token = place.invite(&InviteRequest::default());
    let links = place.get(&format!("/invite/setup/ours?{token}")).links();
    let expected = "ours:open?xmpp%3Aexample.com%3Fregister%3Bpreauth%3Dtoken-of-the-server-0001";
    assert!(links.iter().any(|link| link == expected), "{links:?}");
}
