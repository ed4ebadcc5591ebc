//! Where the page of an invite, and those of the apps, lead guests first: by device, by invite, by what the server can do. Over
//! HTTP, in this process, before a scripted server.

use crate::common::fake_server;

use std::sync::Arc;

use fake_server::{AtWork, FakeServer};
use futures_lite::future::block_on;
use invited::backend::{Abilities, InApp};
use invited::caller::AppState;
use invited::desk::Caller;
use invited::invite::field::Given;
use invited::invite::request::InviteRequest;
use invited::metrics::Metrics;
use invited::pages::language::Language;
use invited::server::ReadyPart;
use tide::http::{Method, Request, Url};

const ANDROID: &str = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile";
const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15";
const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
const LINUX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const NOBODY: &str = "curl/8";

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
        Self::with(FakeServer::default(), host, rest)
    }

    fn with(server: FakeServer, host: &str, rest: &str) -> Self {
        server.state.lock().unwrap().accounts.insert("romeo".into(), String::new());
        let dir = tempfile::Builder::new().prefix("invited-test-").tempdir().unwrap();
        let desk = server.desk(dir.path(), host, rest);
        let metrics = Arc::new(Metrics::new(desk.ledger.commits().clone()));
        let app = invited::app::build(Arc::clone(&desk.state), metrics);
        Self { _dir: dir, desk, app, server }
    }

    /// The token of a new invite.
    fn invite(&self, request: &InviteRequest) -> String {
        let answer = block_on(self.desk.invites.create(&Caller::Admin, request, invited::clock::now())).unwrap();
        answer.value.into_iter().next().unwrap().token
    }

    /// The token of a new invite to an account.
    fn account(&self) -> String {
        self.invite(&InviteRequest::default())
    }

    fn get(&self, target: &str, agent: &str) -> Page {
        let mut request = Request::new(Method::Get, Url::parse("http://localhost").unwrap().join(target).unwrap());
        request.insert_header("User-Agent", agent);
        let response: tide::http::Response = block_on(self.app.respond(request)).unwrap();
        let ready = response.ext().get::<ReadyPart>();
        let text = ready.map_or_else(String::new, |ready| String::from_utf8(ready.body.to_vec()).unwrap());
        Page { status: response.status().into(), text }
    }

    /// The page of an invite.
    fn landing(&self, token: &str, agent: &str) -> Page {
        let page = self.get(&format!("/invite?{token}"), agent);
        assert_eq!(page.status, 200, "{}", page.text);
        page
    }

    /// The page of an app.
    fn setup(&self, app: &str, token: &str, agent: &str) -> Page {
        let page = self.get(&format!("/invite/setup/{app}?{token}"), agent);
        assert_eq!(page.status, 200, "{}", page.text);
        page
    }
}

/// An answer.
struct Page {
    status: u16,
    text: String,
}

/// A link on a page.
#[derive(Debug, PartialEq, Eq)]
struct Link {
    text: String,
    href: String,
}

/// What stands in HTML, with one blank for each gap.
fn words(html: &str) -> String {
    let text: String = html
        .split('<')
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once('>').unwrap().1 })
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Page {
    fn main(&self) -> &str {
        self.text.split("<main>").nth(1).unwrap().split("</main>").next().unwrap()
    }

    /// What is seen before anything is opened.
    fn first_sight(&self) -> &str {
        self.main().split("<details class=\"more\"").next().unwrap()
    }

    /// The links in `html` that have exactly these attributes before the address.
    fn links_in(html: &str, start: &str) -> Vec<Link> {
        let links = html.split(start).skip(1).map(|part| part.split("</a>").next().unwrap());
        let link = |link: &str| {
            let (href, rest) = link.split_once('"').unwrap();
            let text = rest.split_once('>').unwrap().1;
            // An app's drawing is for the eye.
            let text = text.split("</span> ").last().unwrap();
            Link { text: words(text), href: href.replace("&#38;", "&") }
        };
        links.map(link).collect()
    }

    /// The main buttons, of which there should be one.
    fn main_buttons(&self) -> Vec<Link> {
        Self::links_in(self.first_sight(), "<a class=\"button\" href=\"")
    }

    fn second_buttons(&self) -> Vec<Link> {
        Self::links_in(self.first_sight(), "<a class=\"button second\" href=\"")
    }

    /// The way in, in steps; the lists in `html`.
    fn steps(html: &str) -> Vec<Vec<String>> {
        let lists = html.split("<ol class=\"way\">").skip(1).map(|part| part.split("</ol>").next().unwrap());
        lists.map(|list| list.split("<li>").skip(1).map(words).collect()).collect()
    }

    fn says(&self, text: &str) -> bool {
        words(self.main()).contains(text)
    }
}

fn link(text: &str, href: &str) -> Link {
    Link { text: text.into(), href: href.into() }
}

/// A server whose apps cannot sign up with a token.
fn without_apps() -> FakeServer {
    let server = FakeServer::default();
    let in_app = InApp { account: false, bound: false, contact: false, reset: false };
    FakeServer { abilities: Abilities { in_app, ..server.abilities }, ..server }
}

const URI: &str = "xmpp:example.com?register;preauth=token-of-the-server-0001";
const FORM: &str = "Create an account in the browser";
const HAVE: &str = "I have an app for XMPP";

#[test]
fn one_button_leads_to_what_signs_up_on_the_device() {
    let place = Place::new("", "");
    let token = place.account();
    let form = format!("/register?t={token}");
    for (agent, app, name) in
        [(ANDROID, "conversations", "Conversations"), (IPHONE, "monal", "Monal"), (MAC, "monal", "Monal")]
    {
        let page = place.landing(&token, agent);
        let to_app = link(&format!("Get started with {name}"), &format!("/invite/setup/{app}?{token}"));
        assert_eq!(page.main_buttons(), [to_app], "{agent}");
        let steps = [format!("Get {name}"), "Open the invite in the app: it creates your account.".into()];
        assert_eq!(Page::steps(page.first_sight()), [steps], "{agent}");
        assert_eq!(page.second_buttons(), [link(HAVE, URI), link(FORM, &form)], "{agent}");
        // What the button leads to is no other app.
        let others = page.text.split("<details class=\"more\"").nth(1).unwrap();
        assert!(!others.contains(&format!("<bdi>{name}</bdi>")) && others.contains("<bdi>Dino</bdi>"), "{others}");
    }
    for agent in [WINDOWS, LINUX, NOBODY] {
        let page = place.landing(&token, agent);
        assert_eq!(page.main_buttons(), [link(FORM, &form)], "{agent}");
        assert_eq!(page.second_buttons(), [link(HAVE, URI)], "{agent}");
        assert!(page.says("No app needed yet: choose a name and a password, and pick an app afterwards."), "{agent}");
    }
}

#[test]
fn what_the_admin_recommends_for_the_device_comes_first() {
    let place = Place::new("", "[apps]\nrecommend = [\"gajim\", \"siskin\", \"cheogram\", \"conversations\"]\n");
    let token = place.account();
    let first = |agent| place.landing(&token, agent).main_buttons();
    let app = |id: &str, name: &str| link(&format!("Get started with {name}"), &format!("/invite/setup/{id}?{token}"));
    assert_eq!(first(ANDROID), [app("cheogram", "Cheogram")]);
    assert_eq!(first(IPHONE), [app("siskin", "Siskin IM")]);
    // An app that does not sign up comes after the account, on whose page it is then named.
    let form = link(FORM, &format!("/register?t={token}&c=gajim"));
    for agent in [WINDOWS, LINUX] {
        assert_eq!(first(agent), [link(FORM, &form.href)], "{agent}");
        let steps = Page::steps(place.landing(&token, agent).first_sight());
        assert_eq!(steps, [["Create your account", "Log in with Gajim"]], "{agent}");
    }
    // A Mac may be an iPad, which has another one.
    let page = place.landing(&token, MAC);
    assert_eq!(page.main_buttons(), [form, app("siskin", "Siskin IM")]);
    assert_eq!(page.first_sight().matches("<div class=\"screen\" data-touch>").count(), 1, "{}", page.text);
    assert_eq!(page.first_sight().matches("<div class=\"screen\" data-touch hidden>").count(), 1, "{}", page.text);
    assert!(!place.landing(&token, ANDROID).text.contains("data-touch"));
}

#[test]
fn an_app_signs_up_where_the_form_is_closed_and_the_form_where_apps_cannot() {
    let closed = Place::new("registration = false", "");
    let token = closed.account();
    let page = closed.landing(&token, ANDROID);
    assert_eq!(
        page.main_buttons(),
        [link("Get started with Conversations", &format!("/invite/setup/conversations?{token}"))]
    );
    assert_eq!(page.second_buttons(), [link(HAVE, URI)]);
    assert!(page.text.contains("<details class=\"more\">"), "{}", page.text);
    // On this device nothing can: there are apps elsewhere, which are shown.
    let page = closed.landing(&token, LINUX);
    assert_eq!((page.main_buttons(), page.second_buttons()), (vec![link(HAVE, URI)], vec![]));
    assert!(page.text.contains("<details class=\"more\" open>"), "{}", page.text);

    let by_form = Place::with(without_apps(), "", "");
    let token = by_form.account();
    for agent in [ANDROID, IPHONE, MAC, WINDOWS, LINUX, NOBODY] {
        let page = by_form.landing(&token, agent);
        assert_eq!(page.main_buttons(), [link(FORM, &format!("/register?t={token}"))], "{agent}");
        assert!(page.second_buttons().is_empty(), "{agent}: {}", page.text);
    }
    assert_eq!(by_form.server.count("mint"), 0);

    let nothing = Place::with(without_apps(), "registration = false", "");
    let page = nothing.landing(&nothing.account(), ANDROID);
    assert_eq!((page.main_buttons(), page.second_buttons()), (vec![], vec![]));
    assert!(page.says("Accounts are not created here Ask whoever invited you how to get one."), "{}", page.text);
}

#[test]
fn a_page_says_who_invites_to_what_in_every_language() {
    let place = Place::new("site_name = \"Maple Street\"", "");
    let contact = || Given::Is("romeo@example.com".into());
    let anna = || Given::Is("Anna".into());
    let requests = [
        (InviteRequest::default(), "You are invited to chat on Maple Street"),
        (InviteRequest { inviter: anna(), ..InviteRequest::default() }, "Anna invites you to chat on Maple Street"),
        (
            InviteRequest { contact: contact(), ..InviteRequest::default() },
            "You are invited to chat with romeo@example.com",
        ),
        (
            InviteRequest { contact: contact(), inviter: anna(), ..InviteRequest::default() },
            "You are invited to chat with Anna",
        ),
    ];
    for (request, expected) in requests {
        let token = place.invite(&request);
        let text = place.landing(&token, ANDROID).text;
        assert!(text.contains(&format!("<h1>{expected}</h1>")), "{expected}: {text}");
        // A name may be anybody's; an address ends in the host.
        assert!(text.contains("<bdi dir=\"ltr\">example.com</bdi>"), "{text}");
        assert!(text.contains(&format!("<title>{expected}</title>")), "{expected}: {text}");
        for language in Language::all() {
            let page = place.landing(&format!("{token}&lang={}", language.tag), ANDROID);
            assert!(page.text.contains(&format!("<p>{}</p>", language.text("about-chat"))), "{}", page.text);
            let title = page.text.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap();
            let named = if expected.contains("Anna") { "Anna" } else { expected.rsplit(' ').next().unwrap() };
            assert!(title.contains(named), "{}: {title}", language.tag);
        }
    }
}

#[test]
fn a_guest_with_a_contact_has_both_ways() {
    let place = Place::new("", "");
    let token =
        place.invite(&InviteRequest { contact: Given::Is("romeo@example.com".into()), ..InviteRequest::default() });
    let page = place.landing(&token, ANDROID);
    let (have, new) =
        ("xmpp:romeo@example.com?roster;preauth=token-of-the-server-0001", format!("/register?t={token}"));
    assert_eq!(page.main_buttons()[0].text, "Get started with Conversations");
    assert_eq!(
        page.second_buttons(),
        [link(HAVE, &format!("{have};ibr=y")), link(FORM, &new), link("Add the contact", have)]
    );
    let text = words(page.first_sight());
    let places = ["I am new here", "Get started with Conversations", "I have an account", "Add the contact"];
    let places = places.map(|part| text.find(part).unwrap_or_else(|| panic!("{part}: {text}")));
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn the_sites_own_web_chat_takes_the_place_of_other_peoples_sites() {
    let chat = "webchat_url = \"https://chat.example.com/\"";
    let custom = "[[apps.custom]]\nid = \"ours\"\nname = \"Ours\"\nplatforms = [\"web\"]\n";
    for (host, has_others) in [("", true), (chat, false)] {
        let place = Place::new(host, custom);
        let page = place.landing(&place.account(), LINUX);
        for name in ["Movim", "Converse"] {
            assert_eq!(page.text.contains(&format!("<bdi>{name}</bdi>")), has_others, "{name} with {host:?}");
        }
        assert!(page.text.contains("<bdi>Ours</bdi>") && page.text.contains("<bdi>Dino</bdi>"), "{}", page.text);
        let says = "No app needed: choose a name and a password, and chat in the browser.";
        assert_eq!(page.says(says), !has_others, "{}", page.text);
    }
}

#[test]
fn a_deadline_is_for_readers_and_for_programs() {
    let place = Place::new("", "");
    let token = place.account();
    for target in [format!("/invite?{token}"), format!("/register?t={token}")] {
        let text = place.get(&target, LINUX).text;
        let (before, rest) = text.split_once("<time datetime=\"").unwrap_or_else(|| panic!("{text}"));
        let (machine, rest) = rest.split_once("\">").unwrap();
        let moment = rest.split("</time>").next().unwrap();
        let at: jiff::Timestamp = machine.replace('Z', ":00Z").parse().unwrap();
        assert_eq!(moment, Language::fallback().moment(at));
        assert!(moment.ends_with(" UTC") && before.ends_with("The invite is good for 7 more days, until "), "{text}");
    }
}

#[test]
fn a_preview_shows_site_inviter_and_picture_and_costs_nothing() {
    let place = Place::new("site_name = \"Maple Street\"", "");
    let invite = |contact: Given<String>| {
        place.invite(&InviteRequest { inviter: Given::Is("Anna".into()), contact, ..InviteRequest::default() })
    };
    let (account, contact) = (invite(Given::Absent), invite(Given::Is("romeo@example.com".into())));
    for agent in [
        "TelegramBot (like TwitterBot)",
        "WhatsApp/2.23.20.0 A",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
        "Synapse (bot; +https://github.com/matrix-org/synapse)",
    ] {
        for (token, title) in
            [(&account, "Anna invites you to chat on Maple Street"), (&contact, "You are invited to chat with Anna")]
        {
            let page = place.landing(token, agent);
            let property = |name: &str| {
                let part = page.text.split(&format!("\"{name}\" content=\"")).nth(1);
                part.unwrap_or_else(|| panic!("no {name}: {}", page.text)).split('"').next().unwrap().to_owned()
            };
            assert_eq!((&*property("og:site_name"), &*property("og:title")), ("Maple Street", title), "{agent}");
            let picture = property("og:image");
            let picture = picture.strip_prefix("https://invite.example.com").unwrap_or_else(|| panic!("{picture}"));
            assert_eq!(place.get(picture, agent).status, 200, "{agent}");
        }
        place.setup("conversations", &account, agent);
    }
    let calls = place.server.state.lock().unwrap().calls.clone();
    assert!(!calls.contains(&"mint") && !calls.contains(&"create"), "{calls:?}");
    // Whoever reads is given what apps need.
    place.landing(&account, ANDROID);
    assert_eq!(place.server.count("mint"), 1);
}

#[test]
fn a_store_that_passes_the_invite_on_is_the_one_button() {
    let place = Place::new("", "");
    let token = place.account();
    let page = place.setup("conversations", &token, ANDROID);
    let buttons = page.main_buttons();
    let [store, open] = &buttons[..] else { panic!("{}", page.text) };
    let play = "https://play.google.com/store/apps/details?id=eu.siacs.conversations";
    let uri = "xmpp%3Aexample.com%3Fregister%3Bpreauth%3Dtoken-of-the-server-0001";
    assert_eq!(store, &link("Google Play", &format!("{play}&referrer={uri}")));
    assert_eq!(open, &link("Open in Conversations", URI));
    assert!(page.second_buttons().is_empty(), "{}", page.text);
    let elsewhere = page.text.split("<p class=\"elsewhere\">").nth(1).unwrap().split("</p>").next().unwrap();
    assert_eq!(
        words(elsewhere),
        "Elsewhere: F-Droid Website of Conversations",
        "the store itself is not there a second time"
    );
    let asks = [
        "Your name: it becomes the first part of your address.",
        "A picture of you: you can skip that.",
        "Notifications: allow them, or you see messages late.",
    ];
    assert_eq!(Page::steps(page.main()), [asks]);
    // It is for the phone in the guest's hand.
    assert!(!page.text.contains("class=\"qr\""), "{}", page.text);
    assert!(place.setup("conversations", &token, LINUX).text.contains("class=\"qr\""));

    // A name that is the invite's is not asked for.
    let bound = place.invite(&InviteRequest { username: Given::Is("juliet".into()), ..InviteRequest::default() });
    assert_eq!(Page::steps(place.setup("conversations", &bound, ANDROID).main()), [asks[1..].to_vec()]);
}

#[test]
fn a_store_is_offered_on_its_own_device_alone() {
    let place = Place::new("", "");
    let token = place.account();
    let stores = |agent| {
        let page = place.setup("monal", &token, agent);
        let buttons = page.main_buttons().into_iter().map(|link| link.text);
        buttons.filter(|text| text.ends_with("Store")).collect::<Vec<_>>()
    };
    assert_eq!(stores(IPHONE), ["App Store"]);
    assert!(!place.setup("monal", &token, IPHONE).text.contains("Mac App Store"));
    // An iPad calls itself a Mac, until a script sees its touch screen.
    assert_eq!(stores(MAC), ["Mac App Store", "App Store"]);
    let page = place.setup("monal", &token, MAC).text;
    let (mac, touch) = (page.find("<div data-touch>").unwrap(), page.find("<div data-touch hidden>").unwrap());
    assert!(mac < page.find("Mac App Store").unwrap() && page.find("Mac App Store").unwrap() < touch, "{page}");
    // Siskin is for iPads and not for Macs, Beagle the other way round.
    let code = |app| {
        let page = place.setup(app, &token, MAC).text;
        let card =
            page.split("<section class=\"card beside\"").nth(1).map(|part| part.split('>').next().unwrap().to_owned());
        card.unwrap_or_else(|| "none".into())
    };
    assert_eq!((&*code("siskin"), &*code("beagle"), &*code("monal")), (" data-touch", " data-touch hidden", "none"));
    assert_eq!(code("dino"), "");
}

#[test]
fn an_app_that_needs_an_account_is_opened_after_there_is_one() {
    let place = Place::new("", "");
    let token = place.account();
    for (app, agent) in [("dino", LINUX), ("gajim", WINDOWS), ("movim", ANDROID), ("converse", IPHONE)] {
        let page = place.setup(app, &token, agent);
        let form = link(FORM, &format!("/register?t={token}&c={app}"));
        assert_eq!(page.main_buttons(), [form], "{app}: the account is the one button");
        let links: Vec<_> = page.main().split("href=\"").skip(1).map(|part| part.split('"').next().unwrap()).collect();
        assert!(links[0].starts_with("/register?") && links[1].starts_with("https://"), "{app}: {links:?}");
        assert!(!page.text.contains("xmpp:"), "{app}: {}", page.text);
        // What it asks stands where it asks it.
        let steps: Vec<_> = page.main().split("<li class=\"card\"").skip(1).map(words).collect();
        assert_eq!(steps.len(), 3, "{app}: {steps:?}");
        assert!(steps[0].contains("Create your account") && steps[2].contains("Log in"), "{app}: {steps:?}");
    }
    let page = place.setup("dino", &token, LINUX);
    let last = words(page.main().split("<li class=\"card\"").last().unwrap());
    assert!(last.contains("At the first start, choose to log in, not to create an account."), "{last}");
    // Apps that sign up do so for nobody where the server has no token for them.
    let by_form = Place::with(without_apps(), "", "");
    let token = by_form.account();
    let page = by_form.setup("conversations", &token, ANDROID);
    assert_eq!(page.main_buttons(), [link(FORM, &format!("/register?t={token}&c=conversations"))]);
    assert!(!page.says("Your name:") && page.says("Open Conversations and log in"), "{}", page.text);
}
