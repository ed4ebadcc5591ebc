//! `/manage`: who may sign in, what proves it, what each may do, and what becomes of those who try to get more.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;
use crate::common::browser;
use crate::common::ejabberd;
use crate::common::fake_clock;
use crate::common::fake_ejabberd;
use crate::common::prosody;

use browser::{Browser, hidden};
use common::{CONFIG, KEY, Response, Scratch, Served};
use ejabberd::{ADMIN, Ejabberd, PASSWORD};
use fake_clock::FakeClock;
use fake_ejabberd::{FakeEjabberd, Version};
use prosody::{Prosody, Storage};
use serde_json::{Value, json};

/// Keys of [`CONFIG`]'s secret: one that may all that is offered, one that sees everything, one of another host.
const KEYS: &str = r#"
[manage]
keys = true
[hosts."other.example"]
[keys.all]
name = "The moderators"
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "contact", "reset", "roles", "read", "revoke"]
max_uses = 10
max_ttl = "30d"
hosts = ["example.com", "other.example"]
[keys.reader]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["read"]
[keys.other]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "read", "revoke"]
hosts = ["other.example"]
"#;

fn with_keys() -> Scratch {
    Scratch::new(&format!("{CONFIG}{KEYS}"))
}

/// A host whose users may sign in, with a scripted server.
fn with_users(fake: &FakeEjabberd, rules: &str) -> String {
    let host = format!("[hosts.\"example.com\"]\nuser_invites = {{ {rules} }}\n");
    let config = CONFIG.replace("[hosts.\"example.com\"]\n", &host);
    format!(
        "{config}[hosts.\"example.com\".backend]\nkind = \"ejabberd\"\nurl = \"http://{}/api\"\nuser = \"{ADMIN}\"\n\
         password = {PASSWORD:?}\n",
        fake.address
    )
}

fn accounts(fake: &FakeEjabberd) {
    for (name, password) in [("romeo", "wherefore art thou"), ("juliet", "a rose by any name")] {
        fake.state().accounts.insert(name.into(), password.into());
    }
}

fn sign_in(browser: &mut Browser<'_>, fields: &[(&str, &str)]) -> Response {
    browser.fill("/manage", "/manage", fields)
}

/// A browser in which the holder of a key is signed in.
fn holder<'a>(served: &'a Served, key: &str) -> Browser<'a> {
    let mut browser = Browser::new(served);
    let answer = sign_in(&mut browser, &[("key", key)]);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/manage")), "{}", answer.text());
    assert!(is_in(&mut browser));
    browser
}

fn user<'a>(served: &'a Served, address: &str, password: &str) -> Browser<'a> {
    let mut browser = Browser::new(served);
    let answer = sign_in(&mut browser, &[("address", address), ("password", password)]);
    assert_eq!(answer.status, 303, "{}\n{}", answer.text(), served.log());
    assert!(is_in(&mut browser));
    browser
}

/// Whether somebody is signed in.
fn is_in(browser: &mut Browser<'_>) -> bool {
    let page = browser.get("/manage");
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    let text = page.text();
    assert_ne!(text.contains("action=\"/manage/sign-out\""), text.contains("name=\"next\""), "{text}");
    text.contains("action=\"/manage/sign-out\"")
}

/// Creates an invite by the form; gives the path of its page.
fn create(browser: &mut Browser<'_>, fields: &[(&str, &str)]) -> String {
    let answer = browser.fill("/manage/new", "/manage/new", fields);
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").unwrap().to_owned()
}

fn invites(scratch: &Scratch) -> Vec<Value> {
    let list: Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    list["invites"].as_array().unwrap().clone()
}

/// Where invites lead in a list.
fn listed(page: &str) -> Vec<String> {
    page.split("href=\"/manage/invites/").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn the_page_is_there_where_it_is_declared_and_nowhere_else() {
    let pages =
        ["/manage", "/manage/new", "/manage/tree", "/manage/sign-out", "/manage/invites/AbC", "/manage/card/AbC"];
    let fake = FakeEjabberd::start(Version::V26_07);
    let nobody =
        CONFIG.replace("[hosts.\"example.com\"]", "[hosts.\"example.com\"]\nuser_invites = { per_user = \"5/d\" }");
    for config in [CONFIG, &format!("{CONFIG}[manage]\nkeys = false\n"), &nobody] {
        let scratch = Scratch::new(config);
        let served = scratch.serve();
        for target in pages {
            for method in ["GET", "POST"] {
                let answer = served.client().ask(method, target, &[]);
                let unknown = served.client().ask(method, "/nowhere", &[]);
                assert_eq!((answer.status, &answer.body), (404, &unknown.body), "{method} {target}");
            }
        }
    }
    let told = Scratch::new(&nobody).run(&["check"]);
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("user_invites: has no effect, because backend.kind = \"ledger\""), "{told}");

    let scratch = Scratch::new(&format!("{CONFIG}[manage]\nkeys = true\n"));
    let served = scratch.serve();
    let page = served.client().get("/manage");
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let text = page.text();
    assert!(text.contains("name=\"key\" dir=\"ltr\" type=\"password\""), "{text}");
    assert!(!text.contains("name=\"password\""), "{text}");
    assert_eq!(served.client().ask("HEAD", "/manage", &[]).status, 200);
    assert_eq!(served.client().ask("PUT", "/manage", &[]).header("allow"), Some("GET, HEAD, POST, OPTIONS"));

    let scratch = Scratch::new(&with_users(&fake, "per_user = \"5/30d\""));
    let text = scratch.serve().client().get("/manage").text();
    assert!(text.contains("autocomplete=\"username\"") && text.contains("autocomplete=\"current-password\""), "{text}");
    assert!(!text.contains("name=\"key\"") && text.contains("With an account at example.com."), "{text}");
}

#[test]
fn check_says_what_cannot_work_and_which_budgets_differ() {
    let told = |config: &str| String::from_utf8(Scratch::new(config).run(&["check"]).stderr).unwrap();
    let fake = FakeEjabberd::start(Version::V26_07);
    let component = "[component]\njid = \"invites.example.com\"\nserver = \"127.0.0.1:1\"\nsecret = \"a secret\"\n\
                     host = \"example.com\"\n";
    let users = with_users(&fake, "per_user = \"5/30d\"");
    let differ = "component.per_user and hosts.\"example.com\".user_invites.per_user differ";
    for (lines, expected) in [
        (String::new(), None),
        (format!("{component}per_user = \"5/30d\"\n"), None),
        (format!("{component}per_user = \"10/d\"\n"), Some(differ)),
        (component.to_owned(), Some("component.per_user is not set: what users create in apps does not count")),
    ] {
        let told = told(&format!("{users}{lines}"));
        for text in [differ, "component.per_user is not set"] {
            let is_expected = expected.is_some_and(|expected| expected.starts_with(text));
            assert_eq!(told.contains(text), is_expected, "{lines}: {told}");
        }
    }
    let xmpp =
        CONFIG.replace("[hosts.\"example.com\"]", "[hosts.\"example.com\"]\nuser_invites = { per_user = \"5/d\" }");
    let xmpp =
        format!("{xmpp}[hosts.\"example.com\".backend]\nkind = \"xmpp\"\njid = \"a@example.com\"\npassword = \"x\"\n");
    let told = told(&xmpp);
    assert!(told.contains("user_invites.kinds: contact has no effect"), "{told}");
    assert_eq!(Scratch::new(&xmpp).serve().client().get("/manage").status, 404);
    for wrong in [
        "per_user = \"5\"",
        "kinds = [\"contact\"]",
        "per_user = \"5/d\", kinds = [\"reset\"]",
        "per_user = \"5/d\", kinds = []",
    ] {
        let output = Scratch::new(&with_users(&fake, wrong)).run(&["check"]);
        assert_eq!(output.status.code(), Some(2), "{wrong}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn cookies_are_what_no_script_and_no_other_site_gets_to_see() {
    let scratch = with_keys();
    let served = scratch.serve();
    let mut browser = Browser::new(&served);
    let answer = sign_in(&mut browser, &[("key", "all/s3cret")]);
    let cookies: Vec<_> = answer.headers.iter().filter(|(name, _)| name == "set-cookie").collect();
    let (_, cookie) = cookies[0];
    let (value, rest) = cookie.split_once(';').unwrap();
    assert!(cookies.len() == 1 && value.starts_with("__Host-session="), "{cookies:?}");
    assert_eq!(rest, " Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure");
    assert!(!value.contains("s3cret"), "{value}");

    let below = format!("{CONFIG}{KEYS}").replace("https://invite.example.com/", "http://localhost/some/where/");
    let scratch = Scratch::new(&below);
    let served = scratch.serve();
    let mut browser = Browser::new(&served);
    let answer = browser.fill("/some/where/manage", "/some/where/manage", &[("key", "all/s3cret")]);
    assert_eq!(answer.header("location"), Some("/some/where/manage"));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("session=")
            && cookie.ends_with("Path=/some/where/; Max-Age=43200; HttpOnly; SameSite=Strict")
    );
    assert!(browser.get("/some/where/manage").text().contains("/some/where/manage/new"));
}

#[test]
fn the_holder_of_a_key_creates_sees_prints_revokes_restores_and_extends() {
    let scratch = with_keys();
    let served = scratch.serve();
    let mut browser = holder(&served, "all/s3cret");
    let fields = [("kind", "account"), ("host", "example.com"), ("name", ""), ("contact", ""), ("uses", "3")];
    let way =
        create(&mut browser, &[&fields[..], &[("ttl", "2d"), ("groups", ""), ("note", "For <the> choir")]].concat());
    let made = &invites(&scratch)[0];
    assert_eq!(made["source"], "key/all");
    assert_eq!(
        (&made["uses"], &made["note"], &made["host"]),
        (&json!(3), &json!("For <the> choir"), &json!("example.com"))
    );
    let id = made["id"].as_str().unwrap();
    assert_eq!(way, format!("/manage/invites/{id}"));
    let token = made["token"].as_str().unwrap();
    let text = browser.get(&way).text();
    let link = format!("https://invite.example.com/invite?{token}");
    for said in [
        &*link,
        "For &#60;the&#62; choir",
        "It works for 3 more people.",
        "key/all",
        "name=\"revoke\"",
        "name=\"extend\"",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let qr = text.split("<img class=\"qr\" src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(browser.get(&qr).header("content-type"), Some("image/svg+xml"));
    let card = browser.get(&format!("/manage/card/{id}"));
    assert!(card.status == 200 && card.text().contains("You are invited to chat on example.com"), "{}", card.text());
    assert!(!card.text().contains("choir"), "{}", card.text());

    served.client().ask("GET", &format!("/invite?{token}"), &[]);
    let redeemed = served.api("all/s3cret", "GET", &format!("/api/v1/invites/{id}"), &Value::Null);
    assert_eq!(redeemed.1["uses_left"], 3, "looking at it redeems nothing");
    let state = |scratch: &Scratch| invites(scratch)[0]["status"].as_str().unwrap().to_owned();
    assert_eq!(browser.fill(&way, &way, &[("revoke", "1")]).status, 303);
    assert_eq!(state(&scratch), "revoked");
    let text = browser.get(&way).text();
    assert!(!text.contains(token) && text.contains("name=\"restore\"") && text.contains("Taken back"), "{text}");
    assert_eq!(browser.get(&format!("/manage/card/{id}")).status, 404);
    assert_eq!(browser.fill(&way, &way, &[("restore", "1")]).status, 303);
    assert_eq!(state(&scratch), "pending");
    let before = invites(&scratch)[0]["expires_at"].clone();
    for (ttl, status) in [("31d", 422), ("nonsense", 422), ("", 422), ("20d", 303)] {
        let answer = browser.fill(&way, &way, &[("extend", "1"), ("ttl", ttl)]);
        assert_eq!(answer.status, status, "{ttl}");
        assert_eq!(status == 422, invites(&scratch)[0]["expires_at"] == before, "{ttl}");
        assert_eq!(status == 422, answer.text().contains("at most 30d"), "{ttl}");
    }
    assert_eq!(browser.fill(&way, &way, &[("revoke", "1"), ("restore", "1")]).status, 400);
    assert_eq!(browser.fill(&way, &way, &[]).status, 400);
}

#[test]
fn what_is_wrong_is_said_beside_each_field_at_once_and_nothing_is_lost() {
    let scratch = with_keys();
    let served = scratch.serve();
    let mut browser = holder(&served, "all/s3cret");
    let fields = [
        ("kind", "contact"),
        ("host", "example.com"),
        ("name", "ad min"),
        ("contact", "romeo@elsewhere.example"),
        ("uses", "11"),
        ("ttl", "31d"),
        ("groups", "friends"),
        ("note", "kept"),
    ];
    let answer = browser.fill("/manage/new", "/manage/new", &fields);
    let text = answer.text();
    assert_eq!(answer.status, 422, "{text}");
    for id in ["name", "contact", "uses", "ttl"] {
        assert!(
            text.contains(&format!("<a href=\"#{id}\">")) && text.contains(&format!("id=\"{id}-error\"")),
            "{id}: {text}"
        );
    }
    for (name, value) in &fields[2..] {
        assert!(text.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{name}: {text}");
    }
    assert!(text.contains("<option value=\"contact\" selected>") && invites(&scratch).is_empty());
    let answer =
        browser.fill("/manage/new", "/manage/new", &[("kind", "account"), ("host", "example.com"), ("name", "admin")]);
    assert!(answer.status == 422 && answer.text().contains("This name is reserved."), "{}", answer.text());
    create(&mut browser, &[("kind", "account"), ("host", "example.com"), ("name", "juliet")]);
    let answer =
        browser.fill("/manage/new", "/manage/new", &[("kind", "account"), ("host", "example.com"), ("name", "Juliet")]);
    assert!(answer.status == 409 && answer.text().contains("Somebody has this name already."), "{}", answer.text());
    // An invite for one name has one use, whatever the key may.
    for (name, most) in [("", "at most 10."), ("benvolio", "at most 1.")] {
        let fields = [("kind", "account"), ("host", "example.com"), ("name", name), ("uses", "11")];
        let text = browser.fill("/manage/new", "/manage/new", &fields).text();
        assert_eq!(text.matches("A whole number, at most ").count(), text.matches(most).count(), "{name}: {text}");
        assert!(text.contains("id=\"uses-error\"") && text.contains(most), "{name}: {text}");
    }
    for garbage in [&[("kind", "account"), ("kind", "reset")][..], &[("note", "\u{fffd}")]] {
        assert_eq!(browser.fill("/manage/new", "/manage/new", garbage).status, 400);
    }
    assert_eq!(invites(&scratch).len(), 1);
}

#[test]
fn what_a_key_was_not_given_is_not_offered_and_refused_by_its_name() {
    let scratch = with_keys();
    let served = scratch.serve();
    // It may create plain invites for accounts, of one use each, and see its own.
    let mut plain = holder(&served, KEY);
    let form = plain.get("/manage/new").text();
    for field in ["contact", "uses", "groups"] {
        assert!(!form.contains(&format!("name=\"{field}\"")), "{field}: {form}");
    }
    assert!(!form.contains("value=\"contact\"") && !form.contains("value=\"reset\""), "{form}");
    for (fields, scope) in [
        (&[("kind", "contact"), ("contact", "romeo@example.com")][..], "contact"),
        (&[("kind", "reset"), ("name", "romeo")], "reset"),
        (&[("kind", "account"), ("groups", "admins")], "roles"),
    ] {
        let answer = plain.fill("/manage/new", "/manage/new", &[fields, &[("host", "example.com")]].concat());
        assert!(
            answer.status == 403 && answer.text().contains(&format!("not given to you: {scope}.")),
            "{}",
            answer.text()
        );
    }
    let answer =
        plain.fill("/manage/new", "/manage/new", &[("kind", "account"), ("host", "example.com"), ("uses", "2")]);
    assert!(answer.status == 422 && answer.text().contains("at most 1."), "{}", answer.text());
    assert_eq!(invites(&scratch).len(), 0);

    let own = create(&mut plain, &[("kind", "account"), ("host", "example.com")]);
    let foreign = served.api("all/s3cret", "POST", "/api/v1/invites", &json!({ "host": "example.com" })).1;
    let foreign = format!("/manage/invites/{}", foreign["id"].as_str().unwrap());
    assert_eq!(listed(&plain.get("/manage").text()).len(), 1);
    for target in [foreign.clone(), foreign.replace("invites", "card"), "/manage/invites/nobody".into()] {
        assert_eq!(plain.get(&target).status, 404, "{target}");
    }
    let csrf = hidden(&plain.get(&own).text(), &own).remove(0).1;
    for act in ["revoke", "restore", "extend"] {
        assert_eq!(plain.send(&foreign, &[("csrf", &csrf), (act, "1"), ("ttl", "1d")]).status, 404, "{act}");
    }
    assert_eq!(plain.send(&own, &[("csrf", &csrf), ("revoke", "1")]).status, 303, "as over the API, its own");

    // Whoever only reads sees all, gets no link, and does nothing.
    let mut reader = holder(&served, "reader/s3cret");
    assert_eq!(listed(&reader.get("/manage").text()).len(), 2);
    let page = reader.get(&foreign).text();
    assert!(
        !page.contains("/invite?") && !page.contains("name=\"revoke\"") && !page.contains("name=\"extend\""),
        "{page}"
    );
    assert!(!reader.get("/manage").text().contains("/manage/new"));
    assert_eq!(reader.get("/manage/new").status, 403);
    let csrf = hidden(&page, "/manage/sign-out").remove(0).1;
    for act in ["revoke", "restore", "extend"] {
        assert_eq!(reader.send(&foreign, &[("csrf", &csrf), (act, "1"), ("ttl", "1d")]).status, 403, "{act}");
    }
    let fields = [("csrf", &*csrf), ("once", "x"), ("kind", "account"), ("host", "example.com")];
    assert_eq!(reader.send("/manage/new", &fields).status, 403);
    assert_eq!(reader.get(&foreign.replace("invites", "card")).status, 404);

    // And a key of another host sees and does nothing here.
    let mut other = holder(&served, "other/s3cret");
    assert!(listed(&other.get("/manage").text()).is_empty());
    assert!(listed(&other.get("/manage?host=example.com").text()).is_empty());
    assert_eq!(other.get(&foreign).status, 404);
    let csrf = hidden(&other.get("/manage").text(), "/manage/sign-out").remove(0).1;
    assert_eq!(other.send(&foreign, &[("csrf", &csrf), ("revoke", "1")]).status, 404);
    let fields = [("csrf", &*csrf), ("once", "x"), ("kind", "account"), ("host", "example.com")];
    assert_eq!(other.send("/manage/new", &fields).status, 403);
    assert_eq!(invites(&scratch).len(), 2);
}

#[test]
fn whoever_makes_up_a_session_or_takes_what_is_none_is_not_signed_in() {
    let fake = FakeEjabberd::start(Version::V26_07);
    accounts(&fake);
    let scratch = Scratch::new(&format!("{}{KEYS}", with_users(&fake, "per_user = \"5/30d\"")));
    let served = scratch.serve();
    let (key, romeo) = (holder(&served, "all/s3cret"), user(&served, "romeo@example.com", "wherefore art thou"));
    let session = |browser: &Browser<'_>| browser.cookies["__Host-session"].clone();
    let (of_key, of_user, browser) = (session(&key), session(&romeo), romeo.cookies["__Host-browser"].clone());
    let mut tampered = of_key.clone().into_bytes();
    tampered[40] = if tampered[40] == b'A' { b'B' } else { b'A' };
    let half = of_key.len() / 2;
    for forged in [
        String::new(),
        "x".into(),
        "all/s3cret".into(),
        browser,
        String::from_utf8(tampered).unwrap(),
        of_key[..half].to_owned(),
        format!("{}{}", &of_key[..half], &of_user[half.min(of_user.len())..]),
        "A".repeat(of_key.len()),
        "%00".repeat(50),
        key.cookies["__Host-csrf"].clone(),
    ] {
        let mut stranger = Browser::new(&served);
        stranger.cookies.insert("__Host-session".into(), forged.clone());
        assert!(!is_in(&mut stranger), "{forged}");
        assert!(!stranger.get("/manage/new").text().contains("name=\"once\""), "{forged}");
    }
    // What is another service's is not ours.
    let elsewhere = with_keys();
    let other_service = elsewhere.serve();
    let mut stranger = Browser::new(&other_service);
    stranger.cookies.insert("__Host-session".into(), of_key.clone());
    assert!(!is_in(&mut stranger));
    // A session is not taken for a browser that is known, and without its name's prefix it is not looked at.
    let mut stranger = Browser::new(&served);
    stranger.cookies.insert("session".into(), of_key.clone());
    assert!(!is_in(&mut stranger));
    stranger.cookies = [("__Host-session".to_owned(), of_key)].into();
    assert!(is_in(&mut stranger), "which shows that this is all that it takes");
}

#[test]
fn a_session_that_was_signed_out_of_is_over_for_every_copy_and_after_a_restart() {
    let scratch = with_keys();
    let mut served = scratch.serve();
    let (mut browser, mut second) = (holder(&served, "all/s3cret"), holder(&served, "all/s3cret"));
    let copy = browser.clone();
    assert_ne!(browser.cookies["__Host-session"], second.cookies["__Host-session"], "each has its own");
    let answer = browser.fill("/manage", "/manage/sign-out", &[]);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/manage")));
    assert!(!browser.cookies.contains_key("__Host-session"));
    assert!(!is_in(&mut copy.clone()) && is_in(&mut second));
    served.wait_log("event=session.closed manager=all");
    let (copy, second) = (copy.moved(&served).cookies, second.cookies);
    served.kill();
    let served = scratch.serve();
    let again = |cookies| is_in(&mut Browser { cookies, ..Browser::new(&served) });
    assert!(!again(copy) && again(second), "a restart ends no session, and brings none back");
}

#[test]
fn a_session_ends_when_what_it_stands_for_is_another() {
    let fake = FakeEjabberd::start(Version::V26_07);
    accounts(&fake);
    let config = format!("{}{KEYS}", with_users(&fake, "per_user = \"5/30d\""));
    let scratch = Scratch::new(&config);
    let served = scratch.serve();
    let stored = scratch.key(&["stored", "--id", "stored"]);
    let reload = |config: &str| {
        let logged = served.log_length();
        scratch.configure(config);
        served.signal("HUP");
        served.wait_log_after(logged, "event=reload.done");
    };
    let all = |line: &str| config.replace("max_uses = 10\nmax_ttl = \"30d\"\n", line);
    let without_keys = config.replace("keys = true", "keys = false");
    for (what, changed) in [
        ("granted otherwise", all("max_uses = 11\nmax_ttl = \"30d\"\n")),
        ("limited", all("max_uses = 10\nmax_ttl = \"30d\"\nlimit = \"5/h\"\n")),
        ("expired", all("max_uses = 10\nmax_ttl = \"30d\"\nexpires = \"2020-01-01T00:00:00Z\"\n")),
        ("gone", config.replace("[keys.all]", "[keys.another]")),
        (
            "of another secret",
            config.replacen(
                "[keys.all]\nname = \"The moderators\"\nsha256 = \"1ec1",
                "[keys.all]\nname = \"The moderators\"\nsha256 = \"2ec1",
                1,
            ),
        ),
        (
            "for another host",
            config.replace("hosts = [\"example.com\", \"other.example\"]", "hosts = [\"example.com\"]"),
        ),
        ("not to be used here", without_keys),
    ] {
        assert_ne!(changed, config, "{what}");
        let (mut key, mut romeo) =
            (holder(&served, "all/s3cret"), user(&served, "romeo@example.com", "wherefore art thou"));
        reload(&changed);
        assert!(!is_in(&mut key), "{what}");
        assert!(is_in(&mut romeo), "{what}");
        reload(&config);
        assert!(is_in(&mut key), "{what}: it is the same again");
    }
    for changed in [
        with_users(&fake, "per_user = \"6/30d\""),
        with_users(&fake, "per_user = \"5/30d\", kinds = [\"account\", \"contact\"]"),
        CONFIG.to_owned(),
    ] {
        let mut romeo = user(&served, "romeo@example.com", "wherefore art thou");
        reload(&format!("{changed}{KEYS}"));
        assert!(!is_in(&mut romeo), "{changed}");
        reload(&config);
    }
    // What has nothing to do with it changes nothing.
    let (mut key, mut romeo) =
        (holder(&served, "all/s3cret"), user(&served, "romeo@example.com", "wherefore art thou"));
    reload(&config.replace("allow = [\"read\"]", "allow = [\"create\"]"));
    assert!(is_in(&mut key) && is_in(&mut romeo));
    // A key of the state directory, which is deleted without a reload.
    let mut key = holder(&served, &stored);
    scratch.ok(&["key", "delete", "stored"]);
    assert!(!is_in(&mut key));
}

#[test]
fn a_session_ends_after_half_a_day_whatever_the_clock_does() {
    let scratch = with_keys();
    let Some(clock) = FakeClock::new(&scratch) else { return };
    let served = clock.serve(&scratch);
    let mut browser = holder(&served, "all/s3cret");
    for (time, is_there) in [("+43000", true), ("+43300", false), ("-43300", false), ("+30d", false), ("+0", true)] {
        clock.set(time);
        assert_eq!(is_in(&mut browser), is_there, "{time}");
    }
}

#[test]
fn no_other_site_and_no_other_session_has_a_form_sent() {
    let scratch = with_keys();
    let served = scratch.serve();
    let mut browser = holder(&served, "all/s3cret");
    let way = create(&mut browser, &[("kind", "account"), ("host", "example.com")]);
    let own = hidden(&browser.get(&way).text(), &way).remove(0).1;
    let foreign = hidden(&holder(&served, "all/s3cret").get("/manage").text(), "/manage/sign-out").remove(0).1;
    let sign_in_csrf = hidden(&Browser::new(&served).get("/manage").text(), "/manage").remove(0).1;
    for csrf in ["", "x", &foreign, &sign_in_csrf] {
        assert_eq!(browser.send(&way, &[("csrf", csrf), ("revoke", "1")]).status, 403, "{csrf}");
        let fields = [("csrf", csrf), ("once", "x"), ("kind", "account"), ("host", "example.com")];
        let answer = browser.send("/manage/new", &fields);
        assert!(answer.status == 403 && answer.text().contains("Please send it again."), "{csrf}");
        assert_eq!(browser.send("/manage/sign-out", &[("csrf", csrf)]).status, 403, "{csrf}");
    }
    for site in ["cross-site", "same-site"] {
        let headers = vec![format!("Sec-Fetch-Site: {site}")];
        let mut led = Browser { headers: headers.clone(), ..browser.clone() };
        assert_eq!(led.send(&way, &[("csrf", &own), ("revoke", "1")]).status, 403, "{site}");
        let mut stranger = Browser { headers, ..Browser::new(&served) };
        assert_eq!(sign_in(&mut stranger, &[("key", "all/s3cret")]).status, 403, "{site}");
    }
    assert_eq!(invites(&scratch).len(), 1);
    assert_eq!(invites(&scratch)[0]["status"], "pending");
    let mut own_site = Browser { headers: vec!["Sec-Fetch-Site: same-origin".into()], ..browser.clone() };
    assert_eq!(own_site.send(&way, &[("csrf", &own), ("revoke", "1")]).status, 303);

    // To sign somebody in is no other site's business either.
    let mut victim = Browser::new(&served);
    victim.get("/manage");
    let attackers = hidden(&Browser::new(&served).get("/manage").text(), "/manage").remove(0).1;
    for csrf in ["", &attackers] {
        let answer = victim.send("/manage", &[("csrf", csrf), ("key", "all/s3cret"), ("next", "/manage")]);
        assert_eq!(answer.status, 403);
        assert!(!is_in(&mut victim));
    }
    // A session that somebody else has put there is not the one that a sign-in opens.
    let csrf = hidden(&victim.get("/manage").text(), "/manage").remove(0).1;
    victim.cookies.insert("__Host-session".into(), browser.cookies["__Host-session"].clone());
    assert_eq!(victim.send("/manage", &[("csrf", &csrf), ("key", "reader/s3cret")]).status, 303);
    assert_ne!(victim.cookies["__Host-session"], browser.cookies["__Host-session"]);
    assert!(victim.get("/manage").text().contains("Signed in: reader"));
}

#[test]
fn a_form_that_is_sent_twice_creates_one_invite() {
    let scratch = with_keys();
    let served = scratch.serve();
    let mut browser = holder(&served, "all/s3cret");
    let form = hidden(&browser.get("/manage/new").text(), "/manage/new");
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let filled = |note| [&form[..], &[("kind", "account"), ("host", "example.com"), ("note", note)]].concat();
    let first = browser.send("/manage/new", &filled("one"));
    let second = browser.clone().send("/manage/new", &filled("one"));
    assert_eq!((first.status, first.header("location")), (303, second.header("location")));
    let browsers: Vec<_> = (0..8).map(|_| browser.clone()).collect();
    std::thread::scope(|threads| {
        for mut tab in browsers {
            let filled = filled("one");
            threads.spawn(move || assert_eq!(tab.send("/manage/new", &filled).status, 303));
        }
    });
    assert_eq!(invites(&scratch).len(), 1);
    // Back, something else is filled in: then it is another form.
    let answer = browser.send("/manage/new", &filled("two"));
    let text = answer.text();
    assert!(answer.status == 409 && text.contains("value=\"two\""), "{text}");
    let again = hidden(&text, "/manage/new");
    let again: Vec<_> = again.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let filled = [&again[..], &[("kind", "account"), ("host", "example.com"), ("note", "two")]].concat();
    assert_eq!(browser.send("/manage/new", &filled).status, 303);
    assert_eq!(invites(&scratch).len(), 2);
    for once in ["", &"x".repeat(100)] {
        let fields = [("csrf", form[0].1), ("once", once), ("kind", "account"), ("host", "example.com")];
        assert_eq!(browser.send("/manage/new", &fields).status, 400);
    }
}

#[test]
fn a_bookmark_fills_the_form_in_also_through_the_sign_in() {
    let scratch = with_keys();
    let served = scratch.serve();
    let bookmark = "/manage/new?kind=contact&host=other.example&contact=romeo%40other.example&note=The+%22choir%22+%26+more&uses=2&ttl=3d";
    let mut browser = Browser::new(&served);
    let page = browser.get(bookmark).text();
    assert!(page.contains("name=\"next\"") && !page.contains("name=\"once\""), "{page}");
    let answer = browser.fill(bookmark, "/manage", &[("key", "all/s3cret")]);
    assert_eq!((answer.status, answer.header("location")), (303, Some(bookmark)));
    let page = browser.get(bookmark).text();
    for said in [
        "<option value=\"contact\" selected>",
        "<option value=\"other.example\" selected>",
        "value=\"romeo@other.example\"",
        "value=\"The &#34;choir&#34; &#38; more\"",
        "name=\"uses\" value=\"2\"",
        "name=\"ttl\" value=\"3d\"",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    // A form that is sent when the session has ended leads back to what was filled in.
    let mut late = browser.clone();
    let form = hidden(&page, "/manage/new");
    browser.fill("/manage", "/manage/sign-out", &[]);
    let mut fields: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend([("kind", "account"), ("note", "not lost")]);
    let answer = late.send("/manage/new", &fields);
    assert_eq!(answer.status, 403);
    let next = hidden(&answer.text(), "/manage").into_iter().find(|(name, _)| name == "next").unwrap().1;
    assert_eq!(next, "/manage/new?kind=account&note=not+lost");
    // It leads to these pages alone.
    for elsewhere in
        ["https://e.example/", "//e.example/manage", "/manage//e.example", "/invite?x", "javascript:alert(1)"]
    {
        let mut browser = Browser::new(&served);
        let csrf = hidden(&browser.get("/manage").text(), "/manage").remove(0).1;
        let answer = browser.send("/manage", &[("csrf", &csrf), ("key", "all/s3cret"), ("next", elsewhere)]);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/manage")), "{elsewhere}");
    }
    let mut german = Browser::new(&served);
    let answer = german.fill("/manage/new?lang=de", "/manage?lang=de", &[("key", "all/s3cret")]);
    assert_eq!(answer.header("location"), Some("/manage/new?lang=de"));
}

#[test]
fn lists_have_pages_and_filters_in_the_url() {
    let scratch = with_keys();
    let served = scratch.serve();
    scratch.ok(&["invite", "create", "--host", "example.com", "--count", "60"]);
    scratch.ok(&["invite", "create", "--host", "other.example", "--count", "55", "--note", "elsewhere"]);
    let mut browser = holder(&served, "all/s3cret");
    let all: Vec<_> = invites(&scratch).iter().map(|invite| invite["id"].as_str().unwrap().to_owned()).collect();
    let (mut seen, mut next, mut pages) = (vec![], "/manage".to_owned(), 0);
    loop {
        let text = browser.get(&next).text();
        seen.extend(listed(&text));
        pages += 1;
        let Some(rest) = text.split("rel=\"next\" href=\"").nth(1) else { break };
        next = rest.split('"').next().unwrap().replace("&#38;", "&");
        assert!(next.starts_with("/manage?before="), "{next}");
    }
    assert_eq!((pages, &seen), (3, &all));
    let count = |browser: &mut Browser<'_>, query: &str| listed(&browser.get(&format!("/manage?{query}")).text()).len();
    let page = browser.get("/manage?host=other.example&status=pending").text();
    assert_eq!(listed(&page).len(), 50);
    let next = page.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    assert!(next.starts_with("/manage?status=pending&host=other.example&before="), "{next}");
    assert_eq!(listed(&browser.get(&next).text()).len(), 5);
    scratch.ok(&["invite", "revoke", &all[0]]);
    assert_eq!(count(&mut browser, "status=revoked"), 1);
    assert_eq!(count(&mut browser, "status=redeemed"), 0);
    assert_eq!(count(&mut browser, "host=nowhere.example"), 0);
    assert_eq!(count(&mut browser, "host=%00"), 0);
    // What is no filter filters nothing.
    for query in ["status=x", "before=x", "before=", "host=", "limit=1"] {
        assert_eq!(count(&mut browser, query), 50, "{query}");
    }
    assert!(browser.get("/manage?status=redeemed").text().contains("There are no such invites."));
}

/// What is rare is found at once; where nothing that is asked for is, it is looked for among some at a time, so that nobody waits.
#[test]
fn what_is_rare_only_together_is_found_a_page_further() {
    let scratch = with_keys();
    scratch.ok(&["invite", "create", "--host", "example.com"]);
    let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    ledger
        .execute_batch(
            "INSERT INTO invite (id, kind, host, source, uses, created_at, expires_at) \
             WITH RECURSIVE number (n, newest, created_at, expires_at) AS \
             (SELECT 1, id, created_at, expires_at FROM invite UNION ALL \
             SELECT n + 1, newest, created_at, expires_at FROM number WHERE n < 45000) \
             SELECT newest - n, 'account', CASE WHEN n % 2 OR n = 45000 THEN 'example.com' ELSE 'example.org' END, \
             'key/site', 1, created_at, expires_at FROM number; \
             UPDATE invite SET revoked_at = created_at WHERE host = 'example.org' OR id = (SELECT min(id) FROM invite)",
        )
        .unwrap();
    drop(ledger);
    let served = scratch.serve();
    for key in ["all/s3cret", KEY] {
        let mut browser = holder(&served, key);
        let (mut next, mut found) = ("/manage?status=revoked&host=example.com".to_owned(), vec![]);
        loop {
            let text = browser.get(&next).text();
            found.push(listed(&text).len());
            let Some(rest) = text.split("rel=\"next\" href=\"").nth(1) else {
                assert!(!text.contains("There are no such invites."), "{text}");
                break;
            };
            assert!(!text.contains("There are no such invites."), "there may be more: {text}");
            next = rest.split('"').next().unwrap().replace("&#38;", "&");
        }
        assert_eq!(found, [0, 1], "{key}");
        assert_eq!(listed(&browser.get("/manage?status=pending").text()).len(), 50);
    }
}

#[test]
fn users_see_and_change_their_own_and_nobody_elses() {
    let fake = FakeEjabberd::start(Version::V26_07);
    accounts(&fake);
    let scratch = Scratch::new(&with_users(&fake, "per_user = \"3/30d\""));
    let served = scratch.serve();
    let mut romeo = user(&served, "Romeo@EXAMPLE.com", "wherefore art thou");
    let mut juliet = user(&served, "juliet", "a rose by any name");
    let form = romeo.get("/manage/new").text();
    for field in ["name", "contact", "uses", "groups", "host"] {
        assert!(!form.contains(&format!("name=\"{field}\"")), "{field}: {form}");
    }
    let way = create(&mut romeo, &[("kind", "contact"), ("note", "a friend")]);
    let made = &invites(&scratch)[0];
    for (field, expected) in [
        ("source", json!("xmpp/romeo@example.com")),
        ("contact", json!("romeo@example.com")),
        ("inviter", json!("romeo@example.com")),
        ("kind", json!("contact")),
        ("uses", json!(1)),
    ] {
        assert_eq!(made[field], expected, "{field}");
    }
    assert!(romeo.get(&way).text().contains(made["token"].as_str().unwrap()));
    assert_eq!(listed(&romeo.get("/manage").text()).len(), 1);
    assert!(listed(&juliet.get("/manage").text()).is_empty());
    let csrf = hidden(&juliet.get("/manage").text(), "/manage/sign-out").remove(0).1;
    for target in [way.clone(), way.replace("invites", "card")] {
        assert_eq!(juliet.get(&target).status, 404);
    }
    for act in ["revoke", "restore", "extend"] {
        assert_eq!(juliet.send(&way, &[("csrf", &csrf), (act, "1"), ("ttl", "1d")]).status, 404, "{act}");
    }
    // What the API made for the same host is no user's.
    served.api(KEY, "POST", "/api/v1/invites", &json!({}));
    let of_key = invites(&scratch).into_iter().find(|invite| invite["source"] == "key/site").unwrap();
    assert_eq!(romeo.get(&format!("/manage/invites/{}", of_key["id"].as_str().unwrap())).status, 404);

    let refused = |browser: &mut Browser<'_>, fields: &[(&str, &str)]| {
        let answer = browser.fill("/manage/new", "/manage/new", fields);
        (answer.status, answer.text())
    };
    for (fields, scope) in [
        (&[("kind", "account")][..], "create"),
        (&[("kind", "reset"), ("name", "juliet")], "reset"),
        (&[("kind", "contact"), ("groups", "admins")], "roles"),
        (&[("kind", "contact"), ("contact", "juliet@example.com")], "contact"),
        (&[("kind", "contact"), ("name", "tybalt")], "create"),
        (&[("kind", "")], "create"),
    ] {
        let (status, text) = refused(&mut romeo, fields);
        assert!(status == 403 && text.contains(&format!("not given to you: {scope}.")), "{fields:?}: {text}");
    }
    assert_eq!(refused(&mut romeo, &[("kind", "contact"), ("uses", "2")]).0, 422);
    // Another host is not theirs to name.
    create(&mut romeo, &[("kind", "contact"), ("host", "elsewhere.example")]);
    assert_eq!(invites(&scratch)[0]["host"], "example.com");

    // Three in thirty days, and who else had some does not matter.
    create(&mut romeo, &[("kind", "contact")]);
    let (status, text) = refused(&mut romeo, &[("kind", "contact"), ("note", "kept")]);
    assert!(status == 429 && text.contains("as many invites as you may") && text.contains("value=\"kept\""), "{text}");
    create(&mut juliet, &[("kind", "contact")]);
    // A new browser is no new budget, and neither is a restart.
    let mut again = user(&served, "romeo@example.com", "wherefore art thou");
    assert_eq!(refused(&mut again, &[("kind", "contact")]).0, 429);
    // To revoke gives none back.
    assert_eq!(romeo.fill(&way, &way, &[("revoke", "1")]).status, 303);
    assert_eq!(refused(&mut romeo, &[("kind", "contact")]).0, 429);
    assert_eq!(romeo.fill(&way, &way, &[("restore", "1")]).status, 303);
}

/// Where nothing but an account may be had, it is no contact's; and a name may be kept for it.
#[test]
fn users_create_what_their_host_is_declared_to_give_them() {
    let fake = FakeEjabberd::start(Version::V26_07);
    accounts(&fake);
    let scratch = Scratch::new(&with_users(&fake, "per_user = \"5/30d\", kinds = [\"account\"]"));
    let served = scratch.serve();
    let mut romeo = user(&served, "romeo@example.com", "wherefore art thou");
    create(&mut romeo, &[("kind", "account"), ("name", "benvolio")]);
    let made = &invites(&scratch)[0];
    assert_eq!(
        (&made["kind"], &made["username"], &made["contact"]),
        (&json!("account"), &json!("benvolio"), &Value::Null)
    );
    let answer = romeo.fill("/manage/new", "/manage/new", &[("kind", "contact")]);
    assert!(answer.status == 403 && answer.text().contains("not given to you: contact."), "{}", answer.text());
}

#[test]
fn what_is_refused_looks_the_same_whatever_is_wrong_with_it() {
    let fake = FakeEjabberd::start(Version::V26_07);
    accounts(&fake);
    let config = format!("{}{KEYS}[http]\nauth_failures = \"1000/m\"\n", with_users(&fake, "per_user = \"5/30d\""));
    let scratch = Scratch::new(&config);
    let served = scratch.serve();
    let clean = |text: String| {
        let parts = text.split("value=\"").enumerate();
        parts.map(|(at, part)| if at == 0 { part } else { part.split_once('"').unwrap().1 }).collect::<String>()
    };
    let refused = |fields: &[(&str, &str)]| {
        let answer = sign_in(&mut Browser::new(&served), fields);
        assert_eq!(answer.status, 403, "{fields:?}");
        clean(answer.text())
    };
    let wrong_secret = refused(&[("key", "all/wrong")]);
    for key in ["nobody/s3cret", "all", "", "s3cret", "all/", "e30.e30.e30"] {
        assert_eq!(refused(&[("key", key)]), wrong_secret, "{key}");
    }
    let wrong_password = refused(&[("address", "romeo@example.com"), ("password", "wrong")]);
    for (address, password) in [
        ("nobody@example.com", "wherefore art thou"),
        ("romeo@other.example", "wherefore art thou"),
        ("romeo@elsewhere.example", "wherefore art thou"),
        ("romeo@", "wherefore art thou"),
        ("ro meo", "wherefore art thou"),
        ("", "wherefore art thou"),
        ("romeo@example.com", ""),
        ("romeo@example.com", &"x".repeat(1_001)),
    ] {
        assert_eq!(refused(&[("address", address), ("password", password)]), wrong_password, "{address}");
    }
    // A name that the server would take for another one's is nobody's.
    fake.state().accounts.insert("weiß".into(), "a password of ours".into());
    refused(&[("address", "weiß@example.com"), ("password", "a password of ours")]);
    assert_eq!(fake.count("check_password"), 2, "what can be no account's is not asked about");
}

#[test]
fn guesses_are_slowed_by_address_and_a_right_key_never_is() {
    let scratch = Scratch::new(&format!("{CONFIG}{KEYS}[http]\nauth_failures = \"3/h\"\n"));
    let served = scratch.serve();
    let mut guesser = Browser::at(&served, "192.0.2.7");
    for _ in 0..3 {
        assert_eq!(sign_in(&mut guesser, &[("key", "all/wrong")]).status, 403);
    }
    let answer = sign_in(&mut guesser, &[("key", "all/wrong")]);
    assert_eq!(answer.status, 429);
    assert!((1..=1_201).contains(&answer.header("retry-after").unwrap().parse::<u64>().unwrap()), "{answer:?}");
    assert_eq!(sign_in(&mut Browser::at(&served, "192.0.2.8"), &[("key", "all/wrong")]).status, 403);
    assert_eq!(sign_in(&mut guesser, &[("key", "all/s3cret")]).status, 303);
    served.wait_log("event=session.refused with=key client=192.0.2.7");
    served.wait_log("event=session.opened manager=all client=192.0.2.7");
}

#[test]
fn a_stranger_neither_guesses_a_password_nor_locks_its_owner_out() {
    let fake = FakeEjabberd::start(Version::V26_07);
    accounts(&fake);
    let config = format!("{}[http]\nauth_failures = \"6/h\"\n", with_users(&fake, "per_user = \"5/30d\""));
    let scratch = Scratch::new(&config);
    let served = scratch.serve();
    let right = [("address", "romeo@example.com"), ("password", "wherefore art thou")];
    let wrong = [("address", "romeo@example.com"), ("password", "guess")];
    let mut own = Browser::at(&served, "198.51.100.1");
    assert_eq!(sign_in(&mut own, &right).status, 303);
    own.fill("/manage", "/manage/sign-out", &[]);
    // One address has its share, whatever accounts it tries.
    let mut guesser = Browser::at(&served, "192.0.2.1");
    for number in 0..6 {
        let address = format!("nobody{number}@example.com");
        assert_eq!(sign_in(&mut guesser, &[("address", &address), ("password", "guess")]).status, 403, "{number}");
    }
    let asked = fake.count("check_password");
    assert_eq!(sign_in(&mut guesser, &right).status, 429, "right or not: it is not asked about");
    assert_eq!(fake.count("check_password"), asked);
    // And an account its share, from however many addresses.
    for number in 2..12 {
        assert_eq!(sign_in(&mut Browser::at(&served, &format!("192.0.2.{number}")), &wrong).status, 403, "{number}");
    }
    let asked = fake.count("check_password");
    for number in 12..20 {
        assert_eq!(sign_in(&mut Browser::at(&served, &format!("192.0.2.{number}")), &right).status, 429, "{number}");
    }
    assert_eq!(fake.count("check_password"), asked, "the server is not asked beyond that");
    // Others are no worse off for it, and whoever has signed in here before gets in.
    let other = [("address", "juliet@example.com"), ("password", "a rose by any name")];
    assert_eq!(sign_in(&mut Browser::at(&served, "192.0.2.30"), &other).status, 303);
    own.headers = vec!["X-Forwarded-For: 192.0.2.1".into()];
    assert_eq!(sign_in(&mut own, &right).status, 303, "also at the address of the guesser");
    // What the browser knows is of that account, and has an end.
    own.fill("/manage", "/manage/sign-out", &[]);
    for number in 0..10 {
        assert_eq!(sign_in(&mut own, &wrong).status, 403, "{number}");
    }
    assert_eq!(sign_in(&mut own, &right).status, 429);
    let mut thief = Browser::at(&served, "192.0.2.40");
    thief.cookies = own.cookies.clone();
    assert_eq!(sign_in(&mut thief, &[("address", "juliet@example.com"), ("password", "guess")]).status, 403);
}

#[test]
fn a_server_that_is_away_is_told_of_and_costs_no_try() {
    let fake = FakeEjabberd::start(Version::V26_07);
    accounts(&fake);
    let config = format!("{}[http]\nauth_failures = \"2/h\"\n", with_users(&fake, "per_user = \"5/30d\""));
    let scratch = Scratch::new(&config);
    let served = scratch.serve();
    fake.script("check_password", 500, "");
    fake.script("check_password", 500, "");
    let fields = [("address", "romeo@example.com"), ("password", "wherefore art thou")];
    let mut browser = Browser::new(&served);
    for _ in 0..2 {
        let answer = sign_in(&mut browser, &fields);
        let text = answer.text();
        assert!(answer.status == 503 && text.contains("The server cannot be reached right now."), "{text}");
        assert!(answer.header("retry-after").is_some() && text.contains("value=\"romeo@example.com\""), "{text}");
        assert!(!text.contains("wherefore"), "{text}");
    }
    loop {
        // It is left alone for a moment.
        let answer = sign_in(&mut browser, &fields);
        if answer.status == 303 {
            break;
        }
        assert_eq!(answer.status, 503);
    }
}

#[test]
fn no_secret_of_a_sign_in_is_told_logged_or_kept() {
    let fake = FakeEjabberd::start(Version::V26_07);
    accounts(&fake);
    let scratch = Scratch::new(&format!("{}{KEYS}", with_users(&fake, "per_user = \"5/30d\"")));
    let served = scratch.serve_as(&["-vv"], &[]);
    let (mut key, mut romeo) =
        (holder(&served, "all/s3cret"), user(&served, "romeo@example.com", "wherefore art thou"));
    create(&mut romeo, &[("kind", "contact")]);
    create(&mut key, &[("kind", "account"), ("host", "example.com")]);
    let mut answers = vec![];
    for fields in [
        &[("key", "all/zLEAKz")][..],
        &[("key", "zLEAKz")],
        &[("address", "romeo@example.com"), ("password", "zLEAKz")],
        &[("address", "zLEAKz"), ("password", "zLEAKz")],
    ] {
        answers.push(sign_in(&mut Browser::new(&served), fields).text().replace("value=\"zLEAKz\"", ""));
    }
    romeo.fill("/manage", "/manage/sign-out", &[]);
    served.wait_log("event=session.closed manager=user");
    let log = served.log();
    let kept: Vec<u8> = std::fs::read_dir(scratch.state())
        .unwrap()
        .filter_map(|file| std::fs::read(file.unwrap().path()).ok())
        .flatten()
        .collect();
    let kept = String::from_utf8_lossy(&kept).into_owned();
    let session = key.cookies["__Host-session"].clone();
    for secret in ["zLEAKz", "s3cret", "wherefore", &session, &key.cookies["__Host-csrf"]] {
        assert!(!log.contains(secret), "{secret}: {log}");
        assert!(!kept.contains(secret), "{secret} is kept");
        assert!(secret == session || answers.iter().all(|answer| !answer.contains(secret)), "{secret}");
    }
    assert!(log.contains("event=session.opened manager=user client="), "{log}");
    assert!(!log.contains("event=session.opened manager=romeo"), "{log}");
}

/// A user signs in and creates an invite, at a real server.
fn at_a_real_server(scratch: &Scratch) {
    let served = scratch.serve();
    let fields = |password| [("address", "romeo@example.com"), ("password", password)];
    let mut browser = Browser::new(&served);
    assert_eq!(sign_in(&mut browser, &fields("not the password")).status, 403, "{}", served.log());
    let nobody = [("address", "nobody@example.com"), ("password", "wherefore art thou")];
    assert_eq!(sign_in(&mut browser, &nobody).status, 403, "{}", served.log());
    assert_eq!(sign_in(&mut browser, &fields("wherefore \"art\" thou, ünder <&> ]]")).status, 303, "{}", served.log());
    create(&mut browser, &[("kind", "contact")]);
    assert_eq!(invites(scratch)[0]["contact"], "romeo@example.com");
}

#[test]
fn a_user_signs_in_at_prosody() {
    let prosody = Prosody::with_clients(Storage::Internal);
    prosody.add_user("romeo", "wherefore \"art\" thou, ünder <&> ]]");
    let host = "[hosts.\"example.com\"]\nuser_invites = { per_user = \"5/30d\" }\n";
    at_a_real_server(&Scratch::new(&format!(
        "{}[hosts.\"example.com\".backend]\nkind = \"prosody\"\nsocket = \"{}\"\n",
        CONFIG.replace("[hosts.\"example.com\"]\n", host),
        prosody.socket().display()
    )));
}

#[test]
fn a_user_signs_in_at_ejabberd() {
    let ejabberd = Ejabberd::start();
    let password = "wherefore \"art\" thou, ünder <&> ]]";
    ejabberd.call("register", &json!({ "user": "romeo", "host": "example.com", "password": password }));
    let host = "[hosts.\"example.com\"]\nuser_invites = { per_user = \"5/30d\" }\n";
    at_a_real_server(&Scratch::new(&format!(
        "{}[hosts.\"example.com\".backend]\nkind = \"ejabberd\"\nurl = \"http://{}/api\"\nuser = \"{ADMIN}\"\npassword = \
         {PASSWORD:?}\n",
        CONFIG.replace("[hosts.\"example.com\"]\n", host),
        ejabberd.http
    )));
}

#[test]
fn the_lines_of_the_page_are_all_that_is_needed() {
    let lines = common::docs::block(common::docs::page("docs/manage.md"), "toml");
    let fake = FakeEjabberd::start(Version::V26_07);
    accounts(&fake);
    let own = "8ae0bb6cd849829cd955afe7afa750eac0631707378fc6ee00e2ae303deaa81b";
    let ours = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0";
    assert!(lines.contains(own));
    let scratch = Scratch::new(&format!(
        "public_url = \"https://invite.example.com/\"\nlisten = [\"127.0.0.1:0\"]\n{}[hosts.\"example.com\".backend]\n\
         kind = \"ejabberd\"\nurl = \"http://{}/api\"\nuser = \"{ADMIN}\"\npassword = {PASSWORD:?}\n",
        lines.replace(own, ours),
        fake.address
    ));
    let served = scratch.serve();
    let mut key = holder(&served, "moderators/s3cret");
    create(&mut key, &[("kind", "account"), ("uses", "20"), ("ttl", "14d"), ("note", "choir")]);
    let mut romeo = user(&served, "romeo@example.com", "wherefore art thou");
    create(&mut romeo, &[("kind", "contact")]);
    assert_eq!(invites(&scratch).len(), 2);
}

/// What a test of more keys needs beside [`KEYS`].
const MORE_KEYS: &str = r#"
[keys.mailer]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "mail"]
hosts = ["example.com"]
[keys.redeemer]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["redeem"]
[mail]
smtp = "smtps://invites@127.0.0.1:1"
password = "wherefore"
from = "invites@example.com"
per_address = "1/d"
"#;

#[test]
fn a_link_is_mailed_where_the_key_may_and_to_no_address_too_often() {
    let scratch = Scratch::new(&format!("{CONFIG}{KEYS}{MORE_KEYS}"));
    let served = scratch.serve();
    let mut plain = holder(&served, "all/s3cret");
    assert!(!plain.get("/manage/new").text().contains("name=\"mail\""));
    let fields = |mail| [("kind", "account"), ("host", "example.com"), ("mail", mail)];
    let answer = plain.fill("/manage/new", "/manage/new", &fields("juliet@example.net"));
    assert!(answer.status == 403 && answer.text().contains("not given to you: mail."), "{}", answer.text());

    let mut mailer = holder(&served, "mailer/s3cret");
    assert!(mailer.get("/manage/new?mail=juliet@example.net").text().contains("value=\"juliet@example.net\""));
    for wrong in ["juliet", "Juliet <juliet@example.net>", "a@example.net,b@example.net"] {
        let answer = mailer.fill("/manage/new", "/manage/new", &fields(wrong));
        let is_told = answer.text().contains("id=\"mail-error\">Enter one mail address");
        assert!(answer.status == 422 && is_told, "{wrong}: {}", answer.text());
    }
    assert!(invites(&scratch).is_empty());
    create(&mut mailer, &fields("juliet@example.net"));
    let waiting = || {
        let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
        ledger.query_row("SELECT count(*) FROM outbox", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((invites(&scratch).len(), waiting()), (1, 1));
    let answer = mailer.fill("/manage/new", "/manage/new", &fields("Juliet+choir@example.net"));
    let is_told = answer.text().contains("id=\"mail-error\">This address has been sent as many mails");
    assert!(answer.status == 429 && is_told && answer.header("retry-after").is_some(), "{}", answer.text());
    assert_eq!((invites(&scratch).len(), waiting()), (1, 1));
}

#[test]
fn who_invited_whom_is_shown_to_whoever_may_read_and_of_their_hosts() {
    let scratch = Scratch::new(&format!("{CONFIG}{KEYS}{MORE_KEYS}"));
    let served = scratch.serve();
    let mut reader = holder(&served, "reader/s3cret");
    assert!(reader.get("/manage").text().contains("href=\"/manage/tree\""));
    assert!(reader.get("/manage/tree").text().contains("Nobody was invited yet."));
    for (inviter, account) in [("romeo@example.com", "juliet"), ("juliet@example.com", "nurse")] {
        let link = scratch.ok(&["invite", "create", "--host", "example.com", "--inviter", inviter]);
        let token = link.trim().split_once('?').unwrap().1.to_owned();
        let redeemed =
            served.api("redeemer/s3cret", "POST", "/api/v1/redeem", &json!({"token": token, "account": account}));
        assert_eq!(redeemed.0, 200, "{}", redeemed.1);
    }
    let page = reader.get("/manage/tree").text();
    for shown in ["juliet@example.com", "nurse@example.com", "romeo@example.com", "Created by: <bdi dir=\"ltr\">cli"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let accounts = |page: &str| page.matches("<div><a href=\"/manage/tree?inviter=").count();
    assert_eq!(accounts(&page), 2);
    let below = |inviter: &str| reader.clone().get(&format!("/manage/tree?inviter={inviter}")).text();
    assert_eq!(
        ["romeo@example.com", "juliet%40example.com", "nurse@example.com", "no%20body"]
            .map(|one| accounts(&below(one))),
        [2, 1, 0, 0]
    );
    assert_eq!(accounts(&reader.get("/manage/tree?after=juliet@example.com").text()), 1);

    // Whoever may not read is shown nothing, and of another host nobody is shown anything.
    let mut mailer = holder(&served, "mailer/s3cret");
    assert!(!mailer.get("/manage").text().contains("/manage/tree"));
    assert_eq!(mailer.get("/manage/tree").status, 403);
    assert_eq!(accounts(&holder(&served, "other/s3cret").get("/manage/tree?inviter=romeo@example.com").text()), 0);
    let stranger = Browser::new(&served).get("/manage/tree");
    assert!(stranger.status == 200 && stranger.text().contains("name=\"next\"") && accounts(&stranger.text()) == 0);
}
