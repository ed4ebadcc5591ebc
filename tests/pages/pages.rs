//! The pages as they are sent: statuses, headers, what is asked of forms, and that nothing but a good form spends anything.

use crate::common;

use std::collections::BTreeSet;

use common::{CONFIG, KEY, Response, Scratch, Served};
use invited::pages::language::Language;

fn get(served: &Served, target: &str, headers: &[&str]) -> Response {
    served.client().ask("GET", target, headers)
}

/// Posts a form.
fn post(served: &Served, target: &str, headers: &[&str], body: &str) -> Response {
    let form = "Content-Type: application/x-www-form-urlencoded";
    let mut client = served.client();
    client.send(common::http::request("POST", target, &[&[form, "Accept: text/html"], headers].concat(), body));
    client.read().unwrap()
}

/// Everything that a page links to or loads from us.
fn links(page: &str) -> Vec<String> {
    let of = |attribute: &str| {
        page.split(attribute).skip(1).map(|part| part.split('"').next().unwrap().to_owned()).collect()
    };
    let all: Vec<Vec<String>> = ["href=\"", "src=\"", "action=\""].map(of).into();
    all.concat().iter().map(|link| link.replace("&#38;", "&")).filter(|link| link.starts_with('/')).collect()
}

#[test]
fn every_link_works_also_below_a_prefix_and_for_any_host() {
    for (prefix, host) in [("", "example.com"), ("/some/where", "example.com"), ("", "bücher.example")] {
        let config = CONFIG.replace("https://invite.example.com/", &format!("https://invite.example.com{prefix}/"));
        let scratch = Scratch::new(&config.replace("example.com\"]", &format!("{host}\"]")));
        let served = scratch.serve();
        let link = scratch.ok(&["invite", "create", "--contact", &format!("ромео@{host}")]);
        let landing = link.trim().strip_prefix("https://invite.example.com").unwrap().to_owned();
        let (mut seen, mut open) = (vec![], vec![format!("{prefix}/"), landing]);
        while let Some(target) = open.pop() {
            let answer = get(&served, &target, &["Accept: text/html"]);
            assert_eq!(answer.status, 200, "{target}");
            assert_eq!(served.client().ask("HEAD", &target, &[]).status, answer.status, "{target}");
            assert!(target.starts_with(&format!("{prefix}/")), "{target}");
            seen.push(target);
            if answer.header("content-type").unwrap().starts_with("text/html") {
                let further = links(&answer.text()).into_iter().filter(|link| !seen.contains(link));
                // One language more is enough to see that all links keep it.
                open.extend(further.filter(|link| !link.contains("lang=") || link.contains("lang=de")));
                open.sort();
                open.dedup();
            }
        }
        assert!(seen.len() > 30, "{seen:?}");
    }
}

#[test]
fn what_pages_load_is_kept_for_a_year_and_changes_its_name() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let page = get(&served, "/", &[]).text();
    let files: Vec<_> = links(&page).into_iter().filter(|link| link.starts_with("/assets/")).collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        let answer = get(&served, &file, &[]);
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    assert_eq!(get(&served, "/assets/style.css", &[]).status, 404);
    assert_eq!(get(&served, "/assets/..%2f..%2fetc%2fpasswd", &[]).status, 404);
}

#[test]
fn a_long_last_part_of_a_path_never_reaches_the_router() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    for length in [23, 24, 25, 26, 27, 1001, 6001] {
        for path in ["/assets/", "/invite/setup/", "/api/v1/invites/"] {
            for end in ["", "/"] {
                let target = format!("{path}{}{end}", "x".repeat(length));
                let answer = get(&served, &target, &[&format!("Authorization: Bearer {KEY}")]);
                assert!(matches!(answer.status, 403 | 404), "{} at {length}", answer.status);
            }
        }
    }
    let long = scratch.run(&["check"]).status;
    assert!(long.success());
    scratch.configure(&format!("{CONFIG}[http.paths]\ninvites_api = \"/a-path-with-a-very-long-last-part\"\n"));
    let output = String::from_utf8(scratch.run(&["check"]).stderr).unwrap();
    assert!(output.contains("expected parts of at most 23 characters"), "{output}");
}

/// The drawings that a page shows before anything is unfolded, which the style sheet has it load.
fn drawings(page: &str, sheet: &str) -> BTreeSet<String> {
    let parts = page.split("<details").enumerate();
    let unfolded =
        parts.map(|(at, part)| if at == 0 { part } else { part.split_once("</details>").unwrap_or_default().1 });
    let unfolded: String = unfolded.collect();
    let marks = unfolded.split("class=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let names =
        marks.flat_map(|classes| classes.split(' ')).filter(|name| name.starts_with("m-") || name.starts_with("s-"));
    let rule = |name: &str| sheet.split(&format!(".{name} {{ ")).nth(1).unwrap().split('}').next().unwrap().to_owned();
    names.map(rule).map(|rule| format!("/assets/{}", between(&rule, "url(", ")"))).collect()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).unwrap().split(after).next().unwrap()
}

#[test]
fn the_landing_page_is_light_and_read_in_one_request() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let token = served.client().invite(KEY).token();
    let list: serde_json::Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    let expires_at = list["invites"][0]["expires_at"].as_str().unwrap();
    for said in Language::all() {
        let language = said.tag;
        let page = get(&served, &format!("/invite?{token}"), &[&format!("Accept-Language: {language}")]);
        let text = page.text();
        assert!(text.contains(&format!("<html lang=\"{language}\" dir=\"{}\">", said.dir())));
        let mut files: BTreeSet<_> =
            links(&text).into_iter().filter(|link| link.starts_with("/assets/") || link.contains("/qr?")).collect();
        let sheet = get(&served, files.iter().find(|file| file.contains("/style-")).unwrap(), &[]).text();
        files.extend(drawings(&text, &sheet));
        let loaded: usize = files.iter().map(|file| get(&served, file, &[]).body.len()).sum();
        let html = text.len();
        println!("{language}: {html} bytes of HTML, {loaded} of style, script, icon, drawings and QR code");
        assert!(html + loaded <= 30 << 10, "{language}: {html} + {loaded}");
        // What is to be read is in the page itself.
        let title = said.with_texts("landing-title", &[("site", "example.com")]);
        assert!(text.contains(&format!("<h1>{title}</h1>")), "{text}");
        assert!(text.contains(&said.moment(expires_at.parse().unwrap())), "{text}");
        for app in ["Conversations", "Monal", "Dino", "Psi+"] {
            assert!(text.contains(&format!("<strong><bdi>{app}</bdi></strong>")), "{app}: {text}");
        }
        assert!(text.contains(&*said.text("app-conversations")) && text.contains(&token[..4]), "{text}");
    }
}

#[test]
fn a_page_says_how_many_may_come_and_whom_to_ask() {
    let scratch = Scratch::new(&CONFIG.replace(
        "[hosts.\"example.com\"]",
        "[hosts.\"example.com\"]\nterms_url = \"https://example.com/terms\"\nprivacy_url = \"https://example.com/privacy\"\n\
         contact = \"mailto:help@example.com\"\nsite_name = \"Acme\"\n",
    ));
    let served = scratch.serve();
    let page = |arguments: &[&str]| {
        let link = scratch.ok(&[&["invite", "create"], arguments].concat());
        get(&served, link.trim().strip_prefix("https://invite.example.com").unwrap(), &["Accept: text/html"])
    };
    assert!(page(&["--uses", "3"]).text().contains("It works for 3 more people."));
    assert!(!page(&[]).text().contains("It works for"));
    let unknown = get(&served, "/invite?nobody", &["Accept: text/html"]);
    let (ended, enter) = (page(&["--ttl", "1ms"]), get(&served, "/", &[]));
    for (status, answer) in [(200, page(&[])), (200, enter), (410, ended), (404, unknown)] {
        let text = answer.text();
        assert_eq!(answer.status, status);
        assert!(text.contains("<p class=\"site\"><bdi>Acme</bdi></p>"), "{text}");
        for link in ["https://example.com/terms", "https://example.com/privacy", "mailto:help@example.com"] {
            assert!(text.contains(&format!("<a href=\"{link}\">")), "{link}: {text}");
        }
    }
}

#[test]
fn links_that_cannot_be_followed_are_refused_with_the_way_out() {
    let faults = |line: &str| {
        let scratch = Scratch::new(&format!("{CONFIG}{line}"));
        common::beside_no_accounts(&scratch.run(&["check"]).stderr)
    };
    let backend = "[hosts.\"example.com\".backend]\nkind = \"prosody\"\nsocket = \"/nowhere\"\n";
    let landing = |place: &str| format!("[invites]\nlanding = \"https://e.example/{place}\"\n");
    assert_eq!(faults(&landing("#{uri}")), "");
    assert_eq!(faults(&format!("{backend}{}", landing("#{uri}"))), "");
    let refused = faults(&landing("nobody"));
    assert!(refused.contains("invites.landing") && refused.contains("{token}, {preauth} or {uri}"), "{refused}");
    assert_eq!(faults("[hosts.\"b.example\"]\ncontact = \"help@example.com\"\n"), "");
    let refused = faults("[hosts.\"b.example\"]\ncontact = \"javascript:alert(1)\"\n");
    assert!(refused.contains("a mail address, or a link such as \"xmpp:help@example.com\""), "{refused}");
}

#[test]
fn a_landing_page_elsewhere_is_led_to_whatever_letters_it_has() {
    let landing = "[invites]\nlanding = \"https://bücher.example/grüß/{token}\"\n";
    let scratch = Scratch::new(&format!("{CONFIG}{landing}"));
    let served = scratch.serve();
    let made = served.client().invite(KEY);
    assert_eq!(made.status, 201);
    let location = made.header("location").unwrap();
    let token = location.strip_prefix("https://xn--bcher-kva.example/gr%C3%BC%C3%9F/").unwrap();
    let query: String = url::form_urlencoded::byte_serialize(location.as_bytes()).collect();
    let pasted = get(&served, &format!("/?code={query}"), &[]);
    assert_eq!((pasted.status, pasted.header("location")), (303, Some(&*format!("/invite?{token}"))));
}

#[test]
fn check_says_where_no_accounts_are_created() {
    let backend = "[hosts.\"example.com\".backend]\nkind = \"prosody\"\nsocket = \"/nowhere\"\n";
    let scratch = Scratch::new(&format!("{CONFIG}[hosts.\"b.example\"]\n{backend}"));
    let output = scratch.run(&["check"]);
    let told = String::from_utf8(output.stderr).unwrap();
    let expected = "note: no accounts are created on b.example: backend.kind = \"ledger\" is no XMPP server; ";
    assert!(output.status.success() && told.starts_with(expected) && told.lines().count() == 1, "{told}");
    let json: serde_json::Value = serde_json::from_str(&scratch.ok(&["check", "--json"])).unwrap();
    assert!(json["notes"][0].as_str().unwrap().starts_with(&expected["note: ".len()..]), "{json}");
}

#[test]
fn the_admin_is_told_where_no_form_is_offered() {
    let backend = "[hosts.\"example.com\".backend]\nkind = \"prosody\"\nsocket = \"/nowhere\"\n";
    for (line, expected) in [
        ("", Some("no sign-up form on example.com: backend.kind = \"ledger\" creates no accounts")),
        ("registration = true", Some("hosts.\"example.com\".registration: has no effect, because backend.kind = ")),
        (&*format!("registration = false\n{backend}"), Some("no sign-up form on example.com: registration = false")),
        (&*format!("registration = true\n{backend}"), None),
        (backend, None),
    ] {
        let host = "[hosts.\"example.com\"]\n";
        let scratch = Scratch::new(&CONFIG.replace(host, &format!("{host}{line}\n")));
        let served = scratch.serve();
        let log = served.log();
        match expected {
            Some(expected) => assert!(log.contains(expected), "{line}: {log}"),
            None => assert!(!log.contains("sign-up form") && !log.contains("registration"), "{line}: {log}"),
        }
        // And again when it comes into force again.
        let lines = served.log_length();
        served.signal("HUP");
        if let Some(expected) = expected {
            served.wait_log_after(lines, expected);
        }
        let token = served.client().invite(KEY).token();
        let form = get(&served, &format!("/register?t={token}"), &[]);
        // Its server is away, but it could.
        assert_eq!(form.status, if expected.is_some() { 403 } else { 503 }, "{line}");
    }
}

#[test]
fn dead_links_are_problems_to_programs() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let ended = scratch.ok(&["invite", "create", "--ttl", "1ms"]);
    let ended = ended.trim().split_once('?').unwrap().1.to_owned();
    for (page, unknown) in
        [("/invite?", "/invite?nobody"), ("/register?t=", "/register?t=nobody"), ("/reset?t=", "/reset?t=x")]
    {
        let json = &["Accept: application/json"];
        let (gone, absent) = (get(&served, &format!("{page}{ended}"), json), get(&served, unknown, json));
        assert_eq!((gone.status, gone.json()["type"].as_str()), (410, Some("urn:invited:problem:invite-ended")));
        assert_eq!((absent.status, absent.json()["type"].as_str()), (404, Some("urn:invited:problem:no-such-invite")));
        let html = get(&served, &format!("{page}{ended}"), &["Accept: text/html"]);
        assert_eq!((html.status, html.header("content-type")), (410, Some("text/html;charset=utf-8")));
    }
}

#[test]
fn forms_that_are_none_are_answered_on_a_page_and_spend_nothing() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let token = served.client().invite(KEY).token();
    let large = format!("token={token}&password={}", "x".repeat(100_000));
    let good = format!("token={token}&username=juliet&password=quarrel+mantle+orchid");
    let page = format!("/register?t={token}");
    for (name, status, answer) in [
        ("no token", 404, post(&served, "/register", &[], "username=juliet")),
        ("unknown token", 404, post(&served, "/register", &[], "token=nobody")),
        ("empty", 404, post(&served, &page, &[], "")),
        ("no csrf", 403, post(&served, &page, &[], &good)),
        ("another csrf", 403, post(&served, &page, &["Cookie: __Host-csrf=x"], &format!("{good}&csrf=x"))),
        ("twice", 400, post(&served, &page, &[], &format!("{good}&username=romeo"))),
        ("no UTF-8", 400, post(&served, &page, &[], &format!("token={token}&password=%ff"))),
        ("too large", 413, post(&served, &page, &[], &large)),
        ("an account's invite", 400, post(&served, "/reset", &[], &good)),
    ] {
        assert_eq!((answer.status, answer.header("content-type")), (status, Some("text/html;charset=utf-8")), "{name}");
        assert!(answer.text().contains("<h1>"), "{name}");
        assert!(!answer.text().contains("quarrel"), "{name}");
    }
    let mut client = served.client();
    client.send(common::http::request("POST", &page, &["Accept: text/html", "Content-Type: application/json"], "{}"));
    assert_eq!(client.read().unwrap().status, 400);
    let list: serde_json::Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    assert_eq!(list["invites"][0]["uses_left"], 1);
}

#[test]
fn a_form_that_is_sent_with_its_cookie_is_ours_and_no_other() {
    let scratch = Scratch::new(&CONFIG.replace(
        "[hosts.\"example.com\"]",
        "[hosts.\"example.com\"]\n[hosts.\"example.com\".backend]\nkind = \"prosody\"\nsocket = \"/nonexistent/prosody.sock\"\n",
    ));
    let served = scratch.serve();
    let [token, other] = [(); 2].map(|()| served.client().invite(KEY).token());
    let form = get(&served, &format!("/register?t={token}"), &[]);
    let cookie = form.header("set-cookie").unwrap().to_owned();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert!(pair.starts_with("__Host-csrf="), "{cookie}");
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Strict; Secure");
    let text = form.text();
    let csrf = text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let send = |token: &str, cookie: &str, csrf: &str| {
        let body = format!("token={token}&username=juliet&password=quarrel+mantle+orchid&csrf={csrf}");
        post(&served, &format!("/register?t={token}"), &[&format!("Cookie: a=b; {cookie}")], &body)
    };
    // Its server is away, which is said only to whoever sent a form of ours.
    assert_eq!(send(&token, pair, csrf).status, 503);
    assert_eq!(send(&token, pair, csrf).header("retry-after"), Some("60"));
    assert_eq!(send(&token, "__Host-csrf=another", csrf).status, 403);
    assert_eq!(send(&other, pair, csrf).status, 403);
    assert_eq!(send(&token, pair, "").status, 403);
    // Whoever has a cookie keeps it, so that two tabs do not end each other's forms.
    let again = get(&served, &format!("/register?t={other}"), &[&format!("Cookie: {pair}")]);
    assert_eq!(again.header("set-cookie"), None);
}

#[test]
fn previews_have_a_title_a_text_and_a_picture_of_the_site() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let token = served.client().invite(KEY).token();
    let text = get(&served, &format!("/invite?{token}"), &["Sec-Purpose: prefetch"]).text();
    let property = |name: &str| {
        let part = text.split(&format!("\"{name}\" content=\"")).nth(1).unwrap_or_else(|| panic!("no {name}"));
        part.split('"').next().unwrap().to_owned()
    };
    assert_eq!(property("og:title"), "You are invited to chat on example.com");
    assert_eq!(property("og:description"), "Open this invite to get an account on example.com.");
    let picture = property("og:image");
    let answer = get(&served, picture.strip_prefix("https://invite.example.com").unwrap(), &[]);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/png")));
    assert!(answer.body.starts_with(b"\x89PNG"));
    let list: serde_json::Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    assert_eq!(list["invites"][0]["uses_left"], 1);
}

#[test]
fn previews_and_readers_who_want_no_language_of_ours_get_that_of_the_host() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let token = served.client().invite(KEY).token();
    let bot = "User-Agent: TelegramBot (like TwitterBot)";
    let opened = |parameters: &str, headers: &[&str]| {
        let text = get(&served, &format!("/invite?{token}{parameters}"), headers).text();
        text.split("<html lang=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    for (tag, wanted) in Language::all().iter().map(|language| language.tag).zip(["xx", "*"].iter().cycle()) {
        let host = "[hosts.\"example.com\"]\n";
        scratch.configure(&CONFIG.replace(host, &format!("{host}language = \"{}\"\n", tag.to_lowercase())));
        let logged = served.log_length();
        served.signal("HUP");
        served.wait_log_after(logged, "event=reload.done");
        assert_eq!(opened("", &[]), tag);
        assert_eq!(opened("", &[&format!("Accept-Language: {wanted}")]), tag);
        assert_eq!(opened("", &["Accept-Language: sk"]), "cs");
        assert_eq!(opened("", &["Accept-Language: fr"]), "fr");
        assert_eq!(opened("", &[bot, "Accept-Language: fr"]), tag);
        assert_eq!(opened("&lang=it", &[bot, "Accept-Language: fr"]), "it");
        assert_eq!(opened("&lang=pt-PT", &[]), "pt-BR");
    }
    for wrong in ["", "xx", "zh", "de-DE"] {
        let host = "[hosts.\"example.com\"]\n";
        scratch.configure(&CONFIG.replace(host, &format!("{host}language = \"{wrong}\"\n")));
        let told = String::from_utf8(scratch.run(&["check"]).stderr).unwrap();
        let all: Vec<_> = Language::all().iter().map(|language| language.tag).collect();
        assert!(told.contains("hosts.\"example.com\".language"), "{told}");
        assert!(told.contains(&format!("expected one of {}", all.join(", "))), "{told}");
    }
}

#[test]
fn the_page_of_languages_has_a_row_for_each() {
    let rows = common::docs::page("docs/languages.md").lines().filter(|line| line.starts_with("| `"));
    let mut tags: Vec<_> = Language::all().iter().map(|language| language.tag).collect();
    tags.sort_unstable_by_key(|tag| tag.to_lowercase());
    let date = "2026-01-08T00:00:00Z".parse().unwrap();
    let expected = tags.iter().map(|tag| (format!("`{tag}`"), Language::named(tag).unwrap().moment(date)));
    let found = rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(|cell| cell.trim().to_owned()).collect();
        (cells[1].clone(), cells[4].clone())
    });
    assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[test]
fn a_page_runs_from_right_to_left_and_what_is_typed_does_not() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let link = scratch.ok(&["invite", "create", "--username", "juliet"]);
    let target = link.trim().strip_prefix("https://invite.example.com").unwrap();
    for tag in ["ar", "fa", "he"] {
        let text = get(&served, &format!("{target}&lang={tag}"), &[]).text();
        for part in [
            &*format!("<html lang=\"{tag}\" dir=\"rtl\">"),
            "<strong class=\"address\" dir=\"ltr\">juliet@example.com</strong>",
            "<code id=\"code\" dir=\"ltr\">",
            "<bdi dir=\"ltr\">invite.example.com</bdi>",
            "<a lang=\"de\" dir=\"ltr\" href",
        ] {
            assert!(text.contains(part), "{tag}: no {part} in {text}");
        }
        // Marks stand in texts alone: what is followed or sent has none.
        for attribute in
            ["href=\"", "src=\"", "action=\"", "value=\"", "\"og:url\" content=\"", "\"og:image\" content=\""]
        {
            let values = text.split(attribute).skip(1).map(|part| part.split('"').next().unwrap());
            assert!(values.clone().all(|value| !value.contains(['\u{2066}', '\u{2068}', '\u{2069}'])), "{attribute}");
        }
    }
    let german = get(&served, &format!("{target}&lang=de"), &[]).text();
    assert!(german.contains("<a lang=\"ar\" dir=\"rtl\" href") && german.contains("<a lang=\"fr\" href"), "{german}");
    assert!(!german.contains('\u{2068}') && !german.contains("<bdi dir"), "{german}");
}

#[test]
fn the_page_names_the_apps_and_shows_how_to_add_one() {
    let page = common::docs::page("docs/pages.md");
    let block = common::docs::block(page, "toml").replace("[hosts.\"example.com\"]\n", "");
    let scratch = Scratch::new(&CONFIG.replace("[keys.site]", &format!("{block}[keys.site]")));
    assert_eq!(scratch.ok(&["check"]), "valid: 1 host, 1 key\n");
    // What is wrong is told with all that there are.
    scratch.configure(&format!("{CONFIG}[apps]\nhide = [\"nobody\"]\n"));
    let told = String::from_utf8(scratch.run(&["check"]).stderr).unwrap();
    let all = told.split("there are ").nth(1).unwrap().lines().next().unwrap().to_owned();
    let (most, last) = all.rsplit_once(", ").unwrap();
    let words: Vec<_> = page.split_whitespace().collect();
    assert!(words.join(" ").contains(&format!("Built in are {most} and {last}.")), "{all}");
}

#[test]
fn what_is_drawn_once_is_of_this_configuration_and_of_no_guest() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let tokens = [served.client().invite(KEY).token(), served.client().invite(KEY).token()];
    let page = |token: &str, language: &str| {
        get(&served, &format!("/invite?{token}"), &[&format!("Accept-Language: {language}")]).text()
    };
    for (language, says) in [("en", ">web browser<"), ("de", ">Webbrowser<"), ("en", ">web browser<")] {
        for (own, other) in [(&tokens[0], &tokens[1]), (&tokens[1], &tokens[0])] {
            let page = page(own, language);
            assert!(page.contains(&format!("/invite/setup/dino?{own}")) && !page.contains(&**other), "{page}");
            assert!(page.contains(says), "{page}");
        }
    }
    scratch.configure(&format!("{CONFIG}[apps]\nshow = [\"dino\"]\n"));
    let logged = served.log_length();
    served.signal("HUP");
    served.wait_log_after(logged, "event=reload.done");
    let page = page(&tokens[0], "en");
    assert!(
        page.contains("<strong><bdi>Dino</bdi></strong>") && !page.contains("<strong><bdi>Gajim</bdi></strong>"),
        "{page}"
    );
}

#[test]
fn apps_are_those_of_the_configuration_and_of_the_device() {
    let dir = tempfile::tempdir().unwrap();
    let picture = dir.path().join("ours.svg");
    std::fs::write(&picture, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    let scratch = Scratch::new(&format!(
        "{CONFIG}[apps]\nshow = [\"ours\", \"monal\", \"dino\", \"movim\"]\n[[apps.custom]]\nid = \"ours\"\nname = \"Ours & Theirs\"\n\
         text = \"The <best> one.\"\nplatforms = [\"Android\"]\nimage = \"{}\"\nsupports_preauth_uri = true\n\
         magic_link_format = \"ours:open?{{uri}}\"\nsetup = \"Say hello.\"\n[[apps.custom.download]]\nurl = \"https://ours.example/\"\n",
        picture.display()
    ));
    let served = scratch.serve();
    let token = served.client().invite(KEY).token();
    let names = |agent: &str| {
        let text = get(&served, &format!("/invite?{token}"), &[agent]).text();
        let shown = text.split("<h2>Apps for other devices</h2>").next().unwrap().to_owned();
        ["Ours &#38; Theirs", "Monal", "Dino"].into_iter().filter(|name| shown.contains(name)).collect::<Vec<_>>()
    };
    assert_eq!(names("User-Agent: Mozilla/5.0 (Linux; Android 14; Pixel 8)"), ["Ours &#38; Theirs"]);
    assert_eq!(names("User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)"), ["Monal"]);
    assert_eq!(names("Sec-CH-UA-Platform: \"Linux\""), ["Dino"]);
    assert_eq!(names("User-Agent: curl/8"), ["Ours &#38; Theirs", "Monal", "Dino"]);
    let page = get(&served, &format!("/invite/setup/ours?{token}"), &[]).text();
    // No server would know what to make of the token.
    assert!(!page.contains("ours:open") && !page.contains("preauth"), "{page}");
    assert!(page.contains("The &#60;best&#62; one.") && page.contains("Say hello."), "{page}");
    let image = links(&page).into_iter().find(|link| link.contains(".svg") && !link.contains("icon-")).unwrap();
    assert_eq!(get(&served, &image, &[]).header("content-type"), Some("image/svg+xml"));
    assert_eq!(get(&served, &format!("/invite/setup/gajim?{token}"), &[]).status, 404);
    let page = |app| get(&served, &format!("/invite/setup/{app}?{token}"), &[]).text();
    let is_a_site = |page: &str| page.contains("It runs in your browser.");
    assert!(is_a_site(&page("movim")) && !is_a_site(&page("dino")));
}

/// What programs make of a link on its way to a reader (SPEC 6.1).
#[test]
fn links_are_read_as_programs_write_them() {
    let scratch = Scratch::new(&CONFIG.replace(
        "[hosts.\"example.com\"]",
        "[hosts.\"example.com\"]\n[hosts.\"example.com\".backend]\nkind = \"prosody\"\nsocket = \"/nonexistent/prosody.sock\"\n",
    ));
    let link = scratch.ok(&["invite", "create", "--reset", "juliet"]);
    let reset = link.trim_end().split_once('?').unwrap().1.to_owned();
    let served = scratch.serve();
    let account = served.client().invite(KEY).token();
    for (start, token, holds) in [
        ("/invite?", &account, "/invite/qr?TOKEN"),
        ("/invite/setup/dino?", &account, "/invite?TOKEN"),
        ("/invite/qr?", &account, "<svg"),
        ("/register?t=", &account, "name=\"token\" value=\"TOKEN\""),
        ("/register?c=dino&t=", &account, "name=\"token\" value=\"TOKEN\""),
        ("/reset?t=", &reset, "name=\"token\" value=\"TOKEN\""),
    ] {
        // Where the form is, it says that the server is away.
        let plain = get(&served, &format!("{start}{token}"), &[]);
        let status = if start.ends_with("t=") { 503 } else { 200 };
        assert_eq!(plain.status, status, "{start}{token}");
        let all_encoded = token.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        for written in [
            format!("{token}="),
            format!("{token}&utm_source=mail&fbclid=IwAR0abc"),
            format!("{token}=&lang=de"),
            format!("{token}."),
            format!("{token},"),
            format!("{token})"),
            format!("{token}!"),
            format!("*{token}*"),
            format!("_{token}_"),
            format!("{token}'s"),
            format!("{token}%E2%80%99s"),
            format!("%20{token}+%0A"),
            format!("%E2%80%8B{token}%EF%BB%BF"),
            all_encoded.clone(),
            format!("{all_encoded}%2E"),
        ] {
            let answer = get(&served, &format!("{start}{written}"), &[]);
            assert_eq!(answer.status, status, "{start}{written}");
            assert!(answer.text().contains(&holds.replace("TOKEN", token)), "{start}{written}: {}", answer.text());
        }
        // With parameters before it, also in HTML's notation.
        let (path, query) = start.split_once('?').unwrap();
        for before in ["utm_source=mail&", "utm_source=mail&amp;", "fbclid=IwAR0abc&utm_medium=x&"] {
            let answer = get(&served, &format!("{path}?{before}{query}{token}"), &[]);
            assert_eq!(answer.status, status, "{path}?{before}{query}{token}");
        }
    }
    for code in [
        format!("{account}."),
        format!("%28{account}%29"),
        format!("my+code:+{account}%E2%80%99s"),
        format!("{account}="),
    ] {
        let answer = get(&served, &format!("/?code={code}"), &[]);
        let location = answer.header("location").unwrap_or_default();
        assert_eq!(
            (answer.status, location.ends_with(&format!("/invite?{account}"))),
            (303, true),
            "{code}: {location}"
        );
    }
    // Nothing is guessed beyond that: the server is asked, as for any token that is none of ours.
    for wrong in [format!("{account}A"), format!("{}x", &account[1..]), format!("utm_source={account}x")] {
        let answer = get(&served, &format!("/register?t={wrong}"), &[]);
        assert!(matches!(answer.status, 404 | 503) && !answer.text().contains("name=\"token\""), "{wrong}");
    }
}

#[test]
fn links_that_other_programs_handed_out_lead_to_the_pages() {
    let scratch = Scratch::new(CONFIG);
    for (paths, links) in [
        (
            "",
            &[
                ("/invites_page?TOKEN", "/invite?TOKEN"),
                ("/invites_page?TOKEN=&utm_source=mail", "/invite?TOKEN"),
                ("/invites_register_web?t=TOKEN", "/register?t=TOKEN"),
                ("/invites_register_web?t=TOKEN&c=dino", "/register?t=TOKEN&c=dino"),
                ("/invites_register_web?t=TOKEN&c=x%26y", "/register?t=TOKEN"),
                ("/invite/TOKEN", "/invite?TOKEN"),
                ("/invite/TOKEN/", "/invite?TOKEN"),
                ("/invite/TOKEN?lang=de", "/invite?TOKEN&lang=de"),
                ("/invite/TOKEN/register", "/register?t=TOKEN"),
                ("/invite/TOKEN.", "/invite?TOKEN"),
                ("/invite/%e2%80%8bTOKEN%20", "/invite?TOKEN"),
            ][..],
        ),
        (
            "",
            &[
                ("/invite/TOKEN/else", ""),
                ("/invite/TOKEN//", ""),
                ("/old/page?TOKEN", ""),
                ("/invites_page?nobody", ""),
                ("/invite/nobody-has-this-token", ""),
                ("/invite/qr", ""),
            ],
        ),
        (
            "[http.paths]\ninvites_page = \"/old/page\"\ninvites_register_web = \"\"\ninvite = \"/i\"\n",
            &[
                ("/old/page?TOKEN", "/invite?TOKEN"),
                ("/i/TOKEN", "/invite?TOKEN"),
                ("/i/TOKEN/register", "/register?t=TOKEN"),
                ("/invites_page?TOKEN", ""),
                ("/invites_register_web?t=TOKEN", ""),
                ("/invite/TOKEN", ""),
            ],
        ),
    ] {
        scratch.configure(&format!("{CONFIG}{paths}"));
        let served = scratch.serve();
        let token = served.client().invite(KEY).token();
        for (link, page) in links {
            let answer = get(&served, &link.replace("TOKEN", &token), &[]);
            let expected = page.replace("TOKEN", &token);
            if page.is_empty() {
                assert_eq!((answer.status, answer.header("location")), (404, None), "{link}");
            } else {
                assert_eq!((answer.status, answer.header("location")), (308, Some(&*expected)), "{link}");
                if page.starts_with("/invite?TOKEN") {
                    assert_eq!(get(&served, &expected, &[]).status, 200, "{expected}");
                }
            }
        }
    }
}

#[test]
fn a_path_with_a_token_says_by_which_methods_it_is_asked_for() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let mut client = served.client();
    let token = client.invite(KEY).token();
    for path in [format!("/invite/{token}"), format!("/invite/{token}/"), format!("/invite/{token}/register")] {
        let asked: Vec<_> = ["HEAD", "OPTIONS", "POST", "DELETE", "PROPFIND"]
            .iter()
            .map(|method| {
                let answer = client.ask(method, &path, &[]);
                (answer.status, answer.header("allow").map(str::to_owned))
            })
            .collect();
        let (redirected, allow) = ((308, None), Some("GET, HEAD, OPTIONS".to_owned()));
        let refused = (405, allow.clone());
        assert_eq!(asked, [redirected, (204, allow), refused.clone(), refused.clone(), refused], "{path}");
    }
    // Which are told wherever there is a page, and nowhere else.
    assert_eq!(client.ask("POST", "/invite/nobody/register/else", &[]).status, 404);
}
