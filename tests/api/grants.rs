//! What a key was given: it can do that and nothing else, whichever way it tries (SPEC 2, promise 9).

use crate::common;
use crate::common::jwt;

use std::fs;

use common::http::{Client, Response, request};
use common::{CONFIG, Scratch, Served};
use jwt::Signer;
use serde_json::{Value, json};

const SHA256: &str = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0";

/// A configuration with these keys, each with what it was given; the secret of all of them is `s3cret`.
fn with_keys(keys: &[(&str, &str)]) -> Scratch {
    let key = |(id, more): &(&str, &str)| format!("[keys.{id}]\nsha256 = \"{SHA256}\"\n{more}\n");
    Scratch::new(&(CONFIG.to_owned() + keys.iter().map(key).collect::<String>().as_str()))
}

/// Asks as whoever has `credentials`.
struct Api(Client, String);

impl Api {
    fn new(served: &Served, credentials: impl Into<String>) -> Self {
        Self(served.client(), credentials.into())
    }

    fn key(served: &Served, id: &str) -> Self {
        Self::new(served, format!("{id}/s3cret"))
    }

    fn with(&mut self, method: &str, path: &str, more: &[&str], body: &Value) -> Response {
        let authorization = format!("Authorization: Bearer {}", self.1);
        let headers = [&[authorization.as_str(), "Content-Type: application/json"], more].concat();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.0.send(request(method, path, &headers, &body));
        self.0.read().unwrap()
    }

    fn ask(&mut self, method: &str, path: &str, body: &Value) -> Response {
        self.with(method, path, &[], body)
    }

    fn create(&mut self, body: &Value) -> Response {
        self.ask("POST", "/api/v1/invites", body)
    }

    fn created(&mut self, body: &Value) -> Value {
        let answer = self.create(body);
        assert_eq!(answer.status, 201, "{body}: {}", answer.text());
        answer.json()
    }

    fn change(&mut self, invite: &Value, body: &Value) -> Response {
        self.ask("PATCH", &path(invite), body)
    }
}

fn path(invite: &Value) -> String {
    format!("/api/v1/invites/{}", invite["id"].as_str().unwrap())
}

fn made_by_command(scratch: &Scratch, arguments: &[&str]) -> Value {
    serde_json::from_str(&scratch.ok(&[&["invite", "create", "--json"], arguments].concat())).unwrap()
}

/// The scopes that a refusal says are missing; nothing if it is none.
fn lacking(answer: &Response) -> Option<String> {
    if answer.status != 403 {
        return None;
    }
    let problem = answer.json();
    assert_eq!(problem["type"], "urn:invited:problem:not-allowed");
    let detail = problem["detail"].as_str().unwrap().to_owned();
    let (said, way) = detail.strip_prefix("This key lacks the scope").unwrap().split_once(": ").unwrap();
    let scopes: Vec<_> = said.trim_start_matches('s').trim().split(" and ").map(|one| one.trim_matches('`')).collect();
    for scope in &scopes {
        assert!(way.contains(&format!("\"{scope}\"")) && way.contains(&format!("--allow {scope}")), "{detail}");
    }
    Some(scopes.join(" "))
}

#[test]
fn each_thing_that_an_invite_gives_takes_its_scope() {
    let scopes = ["create", "contact", "reset", "roles", "read", "revoke", "redeem", "register", "mail"];
    let asked = [
        (json!({}), vec!["create"]),
        (
            json!({ "username": "juliet", "note": "x", "ttl": "1h", "uri": true, "groups": [], "roles": [] }),
            vec!["create"],
        ),
        (json!({ "count": 2 }), vec!["create"]),
        (json!({ "contact": "romeo@example.com" }), vec!["create", "contact"]),
        (json!({ "kind": "contact" }), vec!["create", "contact"]),
        (json!({ "contact": 5, "count": 2 }), vec!["create", "contact"]),
        (json!({ "reset": "romeo" }), vec!["reset"]),
        (json!({ "reset": "romeo", "uri": true, "count": 2 }), vec!["reset"]),
        (json!({ "kind": "reset" }), vec!["reset"]),
        (json!({ "mail": "juliet@example.net" }), vec!["create", "mail"]),
        (json!({ "reset": "romeo", "mail": 5 }), vec!["reset", "mail"]),
        (json!({ "roles": ["prosody:admin"] }), vec!["create", "roles"]),
        (json!({ "roles": "prosody:admin" }), vec!["create", "roles"]),
        (json!({ "groups": ["staff"], "count": 2 }), vec!["create", "roles"]),
        (json!({ "contact": "romeo@example.com", "groups": ["staff"] }), vec!["create", "contact", "roles"]),
    ];
    // One scope alone, none, all but one, and all.
    let mut grants: Vec<Vec<&str>> = scopes.iter().map(|one| vec![*one]).collect();
    grants.extend(scopes.iter().map(|one| scopes.into_iter().filter(|other| other != one).collect()));
    grants.extend([vec![], scopes.to_vec()]);
    let lines: Vec<_> =
        grants.iter().enumerate().map(|(at, allow)| (format!("k{at}"), format!("allow = {allow:?}"))).collect();
    let keys: Vec<_> = lines.iter().map(|(id, line)| (id.as_str(), line.as_str())).collect();
    let scratch = with_keys(&keys);
    let served = scratch.serve();
    for (at, allow) in grants.iter().enumerate() {
        let mut api = Api::key(&served, &format!("k{at}"));
        assert_eq!(api.ask("GET", "/api/v1/self", &Value::Null).json()["allow"], json!(allow));
        for (body, needed) in &asked {
            let answer = api.create(body);
            let mut missing: Vec<_> = needed.iter().copied().filter(|scope| !allow.contains(scope)).collect();
            // The call itself is for those who create something at all.
            if !allow.contains(&"create") && !allow.contains(&"reset") {
                missing = vec!["create"];
            }
            assert_eq!(lacking(&answer).unwrap_or_default(), missing.join(" "), "{allow:?} {body}: {}", answer.text());
        }
        let plain = api.ask("POST", "/invites_api", &Value::Null);
        assert_eq!(plain.status, if allow.contains(&"create") { 201 } else { 403 }, "{allow:?}");
        // Whatever the call of mod_invites_api is told beside, it creates plain invites.
        let more = "/invites_api?reset=romeo&contact=romeo@example.com&roles=prosody:admin&groups=staff&uses=9&count=9";
        assert_eq!(api.ask("GET", more, &Value::Null).status, plain.status, "{allow:?}");
    }
    let invites: Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    for invite in invites["invites"].as_array().unwrap() {
        let at: usize = invite["source"].as_str().unwrap().strip_prefix("key/k").unwrap().parse().unwrap();
        let may = |scope| grants[at].contains(&scope);
        let has_words = [&invite["groups"], &invite["roles"]].iter().any(|words| **words != json!([]));
        assert!(invite["kind"] == "reset" && may("reset") || invite["kind"] != "reset" && may("create"), "{invite}");
        assert!(invite["contact"].is_null() || may("contact"), "{invite}");
        assert!(!has_words || may("roles"), "{invite}");
        assert_eq!(invite["uses"], 1, "{invite}");
    }
}

#[test]
fn an_invite_has_one_use_unless_the_key_was_given_more() {
    let scratch = with_keys(&[
        ("one", "allow = [\"create\", \"read\"]"),
        ("thirty", "max_uses = 30"),
        ("wide", "max_uses = 99999"),
    ]);
    let made = scratch.key(&["--max-uses", "5"]);
    let plain = scratch.key(&[]);
    let served = scratch.serve();
    let tries = [("one/s3cret", 1), ("thirty/s3cret", 30), ("wide/s3cret", 10_000), (&*made, 5), (&*plain, 1)];
    for (key, most) in tries {
        let mut api = Api::new(&served, key);
        assert_eq!(api.ask("GET", "/api/v1/self", &Value::Null).json()["max_uses"], most, "{key}");
        assert_eq!(api.created(&json!({}))["uses"], 1, "{key}");
        let invite = api.created(&json!({ "uses": most }));
        let more = [api.create(&json!({ "uses": most + 1 })), api.create(&json!({ "uses": most + 1, "count": 2 }))];
        for refused in more.into_iter().chain([api.change(&invite, &json!({ "uses": most + 1 }))]) {
            let problem = refused.json();
            let detail = problem["errors"][0]["detail"].as_str().unwrap_or_else(|| panic!("{key}: {problem}"));
            assert_eq!((refused.status, &problem["errors"][0]["field"]), (400, &json!("uses")), "{key}");
            let is_keys = most < 10_000;
            let says =
                if is_keys { format!("at most {most}, which is the key's max_uses") } else { "from 1 to 10000".into() };
            assert!(detail.contains(&says), "{detail}");
            assert_eq!(detail.contains("--max-uses"), is_keys, "{detail}");
        }
    }
    // What has more uses by somebody else's word is not kept alive by a key that could not give them.
    let many = made_by_command(&scratch, &["--host", "example.com", "--uses", "10000"]);
    let mut one = Api::key(&served, "one");
    let later = (jiff::Timestamp::from_second(jwt::now() + 3_600).unwrap()).to_string();
    assert_eq!(one.change(&many, &json!({ "status": "revoked", "note": "too many" })).status, 200);
    for change in
        [json!({ "status": "pending" }), json!({ "expires_at": later }), json!({ "status": "pending", "uses": 2 })]
    {
        let refused = one.change(&many, &change);
        assert_eq!((refused.status, &refused.json()["errors"][0]["field"]), (400, &json!("uses")), "{change}");
    }
    assert_eq!(one.change(&many, &json!({ "status": "pending", "uses": 1 })).status, 200);
    for wrong in ["0", "10001", "many"] {
        let output = scratch.run(&["key", "create", "--max-uses", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn without_read_a_key_changes_only_what_it_created() {
    let scratch = with_keys(&[
        ("one", ""),
        ("two", "allow = [\"create\", \"revoke\", \"redeem\"]"),
        ("reading", "allow = [\"create\", \"read\"]"),
        ("looking", "allow = [\"read\"]"),
    ]);
    let served = scratch.serve();
    let one = Api::key(&served, "one").created(&json!({}));
    let by_command = made_by_command(&scratch, &[]);
    let mut two = Api::key(&served, "two");
    let unknown = two.ask("PATCH", "/api/v1/invites/AAAAAAAAAAA", &json!({}));
    for invite in [&one, &by_command] {
        for body in [json!({}), json!({ "note": "mine" }), json!({ "status": "revoked" }), json!({ "uses": 0 })] {
            let refused = two.change(invite, &body);
            assert_eq!((refused.status, refused.json()), (404, unknown.json()), "{body}");
        }
        let revoked = two.ask("DELETE", &path(invite), &Value::Null);
        assert_eq!((revoked.status, &*revoked.text()), (204, ""), "by its id alone, and without its token");
        assert_eq!(Api::key(&served, "looking").change(invite, &json!({})).status, 403);
        let read = Api::key(&served, "reading").change(invite, &json!({ "note": "read" }));
        assert_eq!((read.status, &read.json()["token"]), (200, &invite["token"]));
    }
    let own = two.created(&json!({}));
    assert_eq!(two.change(&own, &json!({ "note": "own" })).json()["token"], own["token"]);
    assert_eq!(two.ask("GET", &path(&own), &Value::Null).status, 403);
    assert_eq!(two.ask("GET", "/api/v1/invites", &Value::Null).status, 403);
}

/// Whoever could not have an invite created has no use for its token but one.
#[test]
fn a_token_is_shown_to_keys_that_could_have_created_the_invite() {
    let scratch = with_keys(&[
        ("all", "allow = [\"create\", \"contact\", \"reset\", \"roles\", \"read\", \"revoke\"]"),
        ("plain", "allow = [\"create\", \"read\", \"revoke\"]"),
        ("helpdesk", "allow = [\"reset\", \"read\"]"),
        ("looking", "allow = [\"read\", \"revoke\", \"redeem\"]"),
    ]);
    let served = scratch.serve();
    let mut all = Api::key(&served, "all");
    let kinds = [
        ("account", json!({}), &["all", "plain"][..]),
        ("contact", json!({ "contact": "romeo@example.com" }), &["all"]),
        ("reset", json!({ "reset": "romeo" }), &["all", "helpdesk"]),
        ("roles", json!({ "roles": ["prosody:admin"] }), &["all"]),
        ("groups", json!({ "groups": ["staff"] }), &["all"]),
    ];
    let mut invites: Vec<_> = kinds.iter().map(|(what, body, who)| (*what, all.created(body), *who)).collect();
    // These may set an admin's password.
    invites.push(("by command", made_by_command(&scratch, &["--reset", "admin"]), &[]));
    for key in ["all", "plain", "helpdesk", "looking"] {
        let mut api = Api::key(&served, key);
        let list = api.ask("GET", "/api/v1/invites", &Value::Null);
        for (what, invite, who) in &invites {
            let is_shown = who.contains(&key);
            let token = invite["token"].as_str().unwrap();
            let shown = api.ask("GET", &path(invite), &Value::Null);
            let found = list.json()["invites"]
                .as_array()
                .unwrap()
                .iter()
                .find(|one| one["id"] == invite["id"])
                .unwrap()
                .clone();
            for (seen, text) in [(shown.json(), shown.text()), (found.clone(), found.to_string())] {
                for field in ["token", "landing_page", "uri"] {
                    assert_eq!(seen[field] != Value::Null, is_shown, "{key} {what} {field}");
                }
                assert_eq!(text.contains(token), is_shown, "{key} {what}");
            }
            // To change one is to have it.
            let later = jiff::Timestamp::from_second(jwt::now() + 3_600).unwrap().to_string();
            for change in [json!({}), json!({ "expires_at": later }), json!({ "status": "pending" })] {
                let changed = api.change(invite, &change);
                let may = is_shown && key != "helpdesk";
                assert_eq!(changed.status, if may { 200 } else { 403 }, "{key} {what} {change}");
                assert_eq!(changed.text().contains(token), may, "{key} {what} {change}");
            }
        }
    }
    let by_command = &invites[5].1;
    assert_eq!(Api::key(&served, "plain").ask("DELETE", &path(by_command), &Value::Null).status, 204);
    let revived = Api::key(&served, "all").change(by_command, &json!({ "status": "pending" }));
    assert_eq!(
        (revived.status, &revived.json()["detail"]),
        (403, &json!("A password reset that the command line created can only be revoked by a key."))
    );
}

#[test]
fn a_reserved_name_has_its_password_reset_by_the_command_line_alone() {
    let scratch = with_keys(&[("helpdesk", "allow = [\"create\", \"reset\"]")]);
    let served = scratch.serve();
    for name in ["admin", "ROOT"] {
        let refused = Api::key(&served, "helpdesk").create(&json!({ "reset": name }));
        let reason = format!("{} is reserved on example.com", name.to_lowercase());
        assert_eq!(
            (refused.status, &refused.json()["errors"]),
            (400, &json!([{ "field": "reset", "detail": reason }]))
        );
        assert_eq!(made_by_command(&scratch, &["--reset", name])["kind"], "reset");
        assert_eq!(scratch.run(&["invite", "create", "--username", name]).status.code(), Some(2));
    }
    assert_eq!(Api::key(&served, "helpdesk").created(&json!({ "reset": "romeo" }))["kind"], "reset");
}

#[test]
fn a_jwt_has_what_it_and_its_key_were_both_given() {
    let signer = Signer::new(1);
    let scratch = Scratch::new(&format!(
        "{CONFIG}{}",
        jwt::key("ci", &signer.public_pem(), "allow = [\"create\", \"reset\", \"read\"]\nmax_uses = 3")
    ));
    let served = scratch.serve();
    let reset = json!({ "reset": "romeo" });
    for (scope, may_create, may_reset) in [
        (Value::Null, true, true),
        (json!("create"), true, false),
        (json!("reset"), false, true),
        (json!("create contact reset roles register"), true, true),
        (json!("contact roles"), false, false),
    ] {
        let mut api = Api::new(&served, signer.token("ci", &json!({ "scope": scope })));
        let statuses = [api.create(&json!({})).status, api.create(&reset).status];
        assert_eq!(statuses, [may_create, may_reset].map(|may| if may { 201 } else { 403 }), "{scope}");
        assert_eq!(api.create(&json!({ "roles": ["x"] })).status, 403, "{scope}");
    }
    let mut narrow = Api::new(&served, signer.token("ci", &json!({ "scope": "create" })));
    let detail = narrow.create(&reset).json()["detail"].as_str().unwrap().to_owned();
    assert_eq!(
        detail,
        "This key lacks the scope `reset`: `allow = [\"create\", \"reset\"]` where the key is declared, and \"create reset\" in \
         the claim `scope` of a JWT that has it."
    );
    // Without `read` in it, it sees what its key created; and no token of what the JWT could not create.
    let other = made_by_command(&scratch, &[]);
    let own = Api::new(&served, signer.token("ci", &json!({}))).created(&reset);
    assert_eq!(narrow.change(&other, &json!({})).status, 404);
    assert_eq!(narrow.change(&own, &json!({})).status, 403);
    let mut reading = Api::new(&served, signer.token("ci", &json!({ "scope": "read create" })));
    assert_eq!(reading.ask("GET", &path(&own), &Value::Null).json()["token"], Value::Null);
    assert_eq!(reading.create(&json!({ "uses": 4 })).status, 400);
}

/// Of one key, two JWTs that may not the same are two callers.
#[test]
fn an_idempotency_key_answers_the_same_caller_as_narrowed() {
    const TWICE: &str = "Idempotency-Key: one";
    let signer = Signer::new(1);
    let both = "[hosts.\"example.org\"]\n";
    let key = jwt::key("ci", &signer.public_pem(), "allow = [\"create\", \"read\", \"redeem\"]\nmax_ttl = \"2h\"");
    let scratch = Scratch::new(&format!("{CONFIG}{both}{key}"));
    let served = scratch.serve();
    let as_narrowed = |claims: &Value| Api::new(&served, signer.token("ci", claims));
    let create = |claims: &Value| {
        let answer = as_narrowed(claims).with("POST", "/api/v1/invites", &[TWICE], &json!({}));
        assert_eq!(answer.status, 201, "{claims}: {}", answer.text());
        answer.json()
    };
    let host = |name: &str| json!({ "host": name });
    let callers = [
        host("example.com"),
        host("example.org"),
        json!({ "host": "example.com", "max_ttl": "1h" }),
        json!({ "host": "example.com", "scope": "create" }),
        json!({ "host": "example.com", "scope": "create redeem" }),
    ];
    let first: Vec<_> = callers.iter().map(create).collect();
    for (at, invite) in first.iter().enumerate() {
        assert!(first[..at].iter().all(|other| other["token"] != invite["token"]), "{}", callers[at]);
        assert_eq!(invite["host"], callers[at]["host"]);
        assert_eq!(&create(&callers[at]), invite, "the same caller with another JWT: {}", callers[at]);
    }
    // What narrows nothing is no difference.
    assert_eq!(create(&json!({ "host": "example.com", "max_ttl": "9h", "scope": "redeem read create" })), first[0]);
    let redeem = |claims: &Value| {
        let body = json!({ "token": first[0]["token"] });
        as_narrowed(claims).with("POST", "/api/v1/redeem", &[TWICE], &body).status
    };
    assert_eq!([redeem(&callers[0]), redeem(&callers[0])], [200, 200]);
    assert_eq!(redeem(&callers[4]), 410, "it is spent");
    assert_eq!(redeem(&callers[1]), 404);
    assert_eq!(redeem(&callers[3]), 403);
}

#[test]
fn what_a_key_may_is_told_wherever_keys_are_shown() {
    let scratch = with_keys(&[(
        "some",
        "allow = [\"register\", \"create\"]\nmax_uses = 7\nmethods = [\"POST\"]\nhosts = [\"example.com\"]",
    )]);
    scratch.key(&["--id", "made", "--allow", "reset", "--max-uses", "2", "--limit", "3/d"]);
    let list: Value = serde_json::from_str(&scratch.ok(&["key", "list", "--json"])).unwrap();
    let seen: Vec<_> = list["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| [&key["id"], &key["allow"], &key["max_uses"], &key["methods"], &key["limit"]])
        .collect();
    assert_eq!(
        json!(seen),
        json!([
            ["made", ["reset"], 2, ["GET", "POST"], "3/d"],
            ["site", ["create"], 1, ["GET", "POST"], null],
            ["some", ["create", "register"], 7, ["POST"], null],
        ])
    );
    let text = scratch.ok(&["key", "list"]);
    let columns: Vec<Vec<_>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let seen: Vec<_> = columns.iter().map(|line| (line[0], line[3], line[7])).collect();
    assert_eq!(seen, [("made", "reset", "2"), ("site", "create", "1"), ("some", "create,register", "7")]);

    let shown = scratch.ok(&["config", "show"]);
    let shown: Vec<_> = shown
        .lines()
        .filter_map(|line| {
            let (value, origin) = line.split_once("  # ")?;
            Some((value.trim_end(), origin == "default")).filter(|_| value.starts_with("keys."))
        })
        .collect();
    let sha256 = format!("keys.site.sha256 = \"{SHA256}\"");
    assert_eq!(
        shown,
        [
            ("keys.site.allow = [\"create\"]", true),
            ("keys.site.hosts = [\"example.com\"]", true),
            ("keys.site.max_uses = 1", true),
            ("keys.site.methods = [\"GET\", \"POST\"]", true),
            (&*sha256, false),
            ("keys.some.allow = [\"register\", \"create\"]", false),
            ("keys.some.hosts = [\"example.com\"]", false),
            ("keys.some.max_uses = 7", false),
            ("keys.some.methods = [\"POST\"]", false),
            (&*sha256.replace("site", "some"), false),
        ]
    );
    let served = scratch.serve();
    let seen = Api::key(&served, "some").ask("GET", "/api/v1/self", &Value::Null).json();
    assert_eq!(
        [&seen["allow"], &seen["max_uses"], &seen["hosts"]],
        [&json!(["create", "register"]), &json!(7), &json!(["example.com"])]
    );
}

#[test]
fn an_imported_key_may_what_mod_invites_api_let_it() {
    let scratch = Scratch::new(&format!("{CONFIG}[hosts.\"example.org\"]\n"));
    let folder = scratch.path().join("example%2ecom");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("invite_api_keys.dat");
    let text = "return { [\"0JoKl7QweYZ9\"] = { id = \"0JoKl7QweYZ9\", token = \"s3cret\", name = \"Bot\", created_at = 1700000000 } }";
    fs::write(&file, text).unwrap();
    scratch.ok(&["key", "import", file.to_str().unwrap()]);
    let served = scratch.serve();
    let mut api = Api::key(&served, "0JoKl7QweYZ9");
    let seen = api.ask("GET", "/api/v1/self", &Value::Null).json();
    assert_eq!(
        [&seen["allow"], &seen["max_uses"], &seen["hosts"]],
        [&json!(["create"]), &json!(1), &json!(["example.com"])]
    );
    assert_eq!(api.ask("GET", "/invites_api", &Value::Null).status, 201);
    for refused in [json!({ "reset": "romeo" }), json!({ "roles": ["x"] }), json!({ "contact": "romeo@example.com" })] {
        assert!(lacking(&api.create(&refused)).is_some(), "{refused}");
    }
    assert_eq!(api.create(&json!({ "uses": 2 })).status, 400);
    assert_eq!(api.create(&json!({ "host": "example.org" })).status, 403);

    // Whose keys they are is never guessed.
    for folder in ["copied-backup", "elsewhere%2eexample", "%ff"] {
        let copy = scratch.path().join(folder);
        fs::create_dir_all(&copy).unwrap();
        let copy = copy.join("invite_api_keys.dat");
        fs::write(&copy, text.replace("0JoKl7QweYZ9", "other")).unwrap();
        let output = scratch.run(&["key", "import", copy.to_str().unwrap()]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{folder}: {told}");
        assert!(told.contains("--host: example.com, example.org") && told.contains(folder), "{told}");
        assert!(!scratch.state().join("keys/other.toml").exists(), "{folder}");
    }
    let here = scratch.command().current_dir(&folder).args(["key", "import", "invite_api_keys.dat"]).output().unwrap();
    assert!(String::from_utf8_lossy(&here.stderr).contains("for example.com"), "{here:?}");
}

#[test]
fn keys_of_an_earlier_version_are_named_with_what_they_lack() {
    let scratch = Scratch::new(CONFIG);
    let told = |arguments: &[&str]| {
        let output = scratch.run(arguments);
        assert!(output.status.success());
        common::beside_no_accounts(&output.stderr)
    };
    scratch.key(&["--id", "new"]);
    let file = |id: &str, lines: &str| {
        let path = scratch.state().join(format!("keys/{id}.toml"));
        fs::copy(scratch.state().join("keys/new.toml"), &path).unwrap();
        fs::write(&path, format!("sha256 = \"{SHA256}\"\n{lines}")).unwrap();
    };
    // As `key import` wrote them, and one that never made an invite.
    file("0JoKl7QweYZ9", "name = \"Bot\"\nhosts = [\"example.com\"]\ncreated_at = \"2026-11-23T19:18:09Z\"\n");
    file("reader", "allow = [\"read\"]\ncreated_at = \"2026-11-23T19:18:09.123456789Z\"\n");
    for arguments in [&["check"][..], &["key", "list"]] {
        assert_eq!(told(arguments), "", "{arguments:?}");
    }
    file("old", "created_at = \"2026-11-23T19:18:09.123456789Z\"\n");
    file("older", "allow = [\"create\"]\ncreated_at = \"2026-11-23T19:18:09.1Z\"\n");
    for arguments in [&["check"][..], &["key", "list"], &["key", "list", "--json"]] {
        let text = told(arguments);
        assert_eq!(text.lines().count(), 1, "{text}");
        for part in ["old, older.", "one use", "keys/old.toml", "allow = [\"create\", \"reset\"]", "max_uses = 30"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    for id in ["old", "older"] {
        file(id, "created_at = \"2026-11-23T19:18:09.1Z\"\nmax_uses = 1\n");
    }
    assert_eq!(told(&["check"]), "");

    // What is declared is as it is declared; what can never do anything is told.
    scratch.configure(&format!(
        "{CONFIG}[keys.idle]\nsha256 = \"{SHA256}\"\nallow = [\"contact\", \"roles\", \"read\"]\n"
    ));
    let idle = |scope: &str| format!("note: keys.idle.allow: {scope} gives nothing without create; add it\n");
    assert_eq!(told(&["check"]), idle("contact") + idle("roles").as_str());
}
