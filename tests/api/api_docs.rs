//! `/api/v1/docs`: the description as a page for people. It shows all that is described, its examples run as they stand, and
//! nothing comes from elsewhere.

use crate::common;
use crate::common::ejabberd;
use crate::common::fake_ejabberd;

use std::collections::BTreeSet;
use std::process::Command;

use common::tools::ApiTools;
use common::{CONFIG, KEY, Response, Scratch, Served, listener};
use ejabberd::{ADMIN, HOST, PASSWORD};
use fake_ejabberd::{FakeEjabberd, Version};
use serde_json::Value;

const PAGE: &str = "/api/v1/docs";

fn get(served: &Served, target: &str) -> Response {
    served.client().ask("GET", target, &["Accept: text/html"])
}

fn description(served: &Served, prefix: &str) -> Value {
    served.client().get(&format!("{prefix}/api/v1/openapi.json")).json()
}

fn fields(object: &Value) -> serde_json::map::Iter<'_> {
    object.as_object().unwrap().iter()
}

/// Path, method and description of every call.
fn calls(description: &Value) -> Vec<(&String, &String, &Value)> {
    let of_path = |(path, item)| {
        fields(item).filter(|(_, one)| one["responses"].is_object()).map(move |(method, call)| (path, method, call))
    };
    fields(&description["paths"]).flat_map(of_path).collect()
}

/// The values of an attribute on the page.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    page.split(&format!(" {name}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// What a browser shows of a piece of the page.
fn shown(html: &str) -> String {
    let text: String = html
        .split('<')
        .enumerate()
        .map(|(number, part)| if number == 0 { part } else { part.split_once('>').unwrap().1 })
        .collect();
    ["&#60;<", "&#62;>", "&#34;\"", "&#39;'", "&#38;&"]
        .iter()
        .fold(text, |text, pair| text.replace(&pair[..5], &pair[5..]))
}

/// The article about something, by its id.
fn article<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) =
        page.split_once(&format!("aria-labelledby=\"{id}\"")).unwrap_or_else(|| panic!("nothing about {id}"));
    rest.split("</article>").next().unwrap()
}

/// The example of a call in a language.
fn example(page: &str, id: &str, language: &str) -> String {
    let (_, rest) = article(page, id).split_once(&format!("<summary>{language}</summary>")).unwrap();
    let (code, _) = rest.split_once("<pre><code>").unwrap().1.split_once("</code></pre>").unwrap();
    shown(code)
}

#[test]
fn everything_that_is_described_is_shown() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let (description, page) = (description(&served, ""), get(&served, PAGE).text());
    for (path, method, call) in calls(&description) {
        let id = call["operationId"].as_str().unwrap();
        let article = article(&page, id);
        let text = shown(article);
        let mut expected = vec![format!("{} {path}", method.to_uppercase())];
        for field in ["summary", "description"] {
            expected.push(call[field].as_str().unwrap().replace('`', ""));
        }
        let parameters = [&call["parameters"], &description["paths"][path]["parameters"]];
        for parameter in parameters.into_iter().filter_map(Value::as_array).flatten() {
            expected.push(parameter["name"].as_str().unwrap().to_owned());
            expected.push(parameter["description"].as_str().unwrap().replace('`', ""));
        }
        for (status, answer) in fields(&call["responses"]) {
            expected.push(status.clone());
            expected.push(answer["description"].as_str().unwrap().replace('`', ""));
        }
        for expected in expected {
            assert!(text.contains(&expected), "{expected:?} is not shown of {id}:\n{text}");
        }
        if let Some(schema) = call["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str() {
            let link = format!("href=\"#type-{}\"", schema.rsplit('/').next().unwrap());
            assert!(article.contains(&link), "{id} does not lead to {schema}");
        }
    }
    for (name, schema) in fields(&description["components"]["schemas"]) {
        let text = shown(article(&page, &format!("type-{name}")));
        for field in schema["properties"].as_object().into_iter().flatten().map(|(field, _)| field) {
            assert!(text.contains(field), "{name}.{field} is not shown");
        }
        for value in schema["enum"].as_array().into_iter().flatten() {
            assert!(text.contains(value.as_str().unwrap()), "{name}: {value} is not shown");
        }
    }
    assert!(page.contains("https://invite.example.com/api/v1/self"), "not this service's address");
}

#[test]
fn nothing_is_loaded_from_elsewhere_also_below_a_prefix() {
    for prefix in ["", "/some/where"] {
        let scratch = Scratch::new(
            &CONFIG.replace("https://invite.example.com/", &format!("https://invite.example.com{prefix}/")),
        );
        let served = scratch.serve();
        let answer = get(&served, &format!("{prefix}{PAGE}"));
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html;charset=utf-8")));
        let policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        assert_eq!(answer.header("content-security-policy"), Some(policy));
        let page = answer.text();
        for part in ["<script", "<style", " style=", "<iframe", "<form", " onclick"] {
            assert!(!page.contains(part), "{part}");
        }
        let ids = attributes(&page, "id");
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "an id comes twice: {ids:?}");
        let links = [attributes(&page, "href"), attributes(&page, "src")].concat();
        for link in &links {
            if let Some(id) = link.strip_prefix('#') {
                assert!(ids.contains(&id), "{link} leads nowhere");
            } else {
                assert!(link.starts_with(&format!("{prefix}/")), "{link}");
                assert_eq!(get(&served, link).status, 200, "{link}");
            }
        }
        for label in attributes(&page, "aria-labelledby") {
            assert!(ids.contains(&label), "{label} is the name of nothing");
        }
        assert!(links.len() > 20, "{links:?}");
    }
}

#[test]
fn the_page_is_read_and_nothing_else() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let page = get(&served, PAGE);
    let head = served.client().ask("HEAD", PAGE, &[]);
    assert_eq!((head.status, head.header("content-length")), (200, Some(&*page.body.len().to_string())));
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let refused = served.client().ask(method, PAGE, &[]);
        assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD, OPTIONS")), "{method}");
        assert_eq!(refused.json()["type"], "urn:invited:problem:method-not-allowed");
    }
    let options = served.client().ask("OPTIONS", PAGE, &[]);
    assert_eq!((options.status, options.header("allow")), (204, Some("GET, HEAD, OPTIONS")));
    assert_eq!(get(&served, &format!("{PAGE}/")).status, 404);
    for query in ["?%3Cscript%3Ealert(1)%3C/script%3E", "?lang=de", "?key=site/wrong", "?%ff%00"] {
        let answer = get(&served, &format!("{PAGE}{query}"));
        assert!(answer.status == 200 && answer.body == page.body, "{query}");
    }
}

/// Runs an example; gives what it prints.
fn run(command: &mut Command, code: &str, what: &str) -> String {
    let output = command.env("KEY", KEY).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{what}:\n{code}\n{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    printed
}

/// A service at an address of its own, below a prefix with what a shell, HTML or a program might take for its own, and beside a
/// server that has accounts.
struct Place {
    _ejabberd: FakeEjabberd,
    scratch: Scratch,
    served: Served,
    base: String,
}

const PREFIX: &str = "/it's%20here";

impl Place {
    fn new() -> Self {
        let listener = listener();
        let base = format!("http://{}{PREFIX}/", listener.local_addr().unwrap());
        let all = r#"allow = ["create", "contact", "reset", "roles", "read", "revoke", "redeem", "register", "mail"]"#;
        let config = CONFIG.replace("https://invite.example.com/", &base).replace("listen = [\"127.0.0.1:0\"]\n", "");
        let ejabberd = FakeEjabberd::start(Version::V23_01);
        let backend = format!(
            "[hosts.\"{HOST}\".backend]\nkind = \"ejabberd\"\nurl = \"http://{}/api\"\nuser = \"{ADMIN}\"\npassword = {PASSWORD:?}\n",
            ejabberd.address
        );
        let scratch = Scratch::new(&format!("{config}{all}\n{backend}"));
        let served = scratch.serve_activated(vec![listener.into()], "http", &[]);
        Self { _ejabberd: ejabberd, scratch, served, base }
    }

    fn page(&self) -> String {
        get(&self.served, &format!("{PREFIX}{PAGE}")).text()
    }

    /// A new invite.
    fn invite(&self) -> Value {
        self.scratch.ok(&["invite", "create", "--host", "example.com"]);
        let list: Value = serde_json::from_str(&self.scratch.ok(&["invite", "list", "--json"])).unwrap();
        list["invites"][0].clone()
    }

    fn status(&self, invite: &Value) -> String {
        let seen = self.scratch.ok(&["invite", "show", invite["id"].as_str().unwrap(), "--json"]);
        serde_json::from_str::<Value>(&seen).unwrap()["status"].as_str().unwrap().to_owned()
    }
}

/// An example about an invite: what is in capitals is filled in.
fn filled(code: &str, invite: &Value) -> String {
    let of = |name: &str| invite[name].as_str().unwrap();
    let username = format!("guest-{}", of("id").to_lowercase());
    let texts = [("TOKEN", of("token")), ("USERNAME", &username), ("PASSWORD", "correct horse battery staple")];
    let with_id = code.replace("/ID", &format!("/{}", of("id")));
    texts.iter().fold(with_id, |code, (name, text)| code.replace(&format!("\"{name}\""), &format!("\"{text}\"")))
}

#[test]
fn examples_in_curl_and_python_run_as_they_stand() {
    let place = Place::new();
    let (description, page) = (description(&place.served, PREFIX), place.page());
    for (path, method, call) in calls(&description) {
        let id = call["operationId"].as_str().unwrap();
        for (language, program) in [("curl", "sh"), ("Python", "python3")] {
            let invite = place.invite();
            let (what, code) = (format!("{language} of {id}"), filled(&example(&page, id, language), &invite));
            let printed = run(Command::new(program).args(["-c", &code]), &code, &what);
            let (status, good) = fields(&call["responses"]).find(|(status, _)| status.starts_with('2')).unwrap();
            let is_shown = if !good["content"].is_object() {
                let location = good["headers"]["Location"].is_object();
                printed.contains(&if location { format!("{}invite?", place.base) } else { status.clone() })
            } else if language == "curl" {
                serde_json::from_str::<Value>(&printed).is_ok_and(|body| body.is_object())
            } else {
                printed.starts_with("{'")
            };
            assert!(is_shown, "{what} prints {printed}");
            if method == "delete" && path == "/api/v1/invites/{id}" {
                assert_eq!(place.status(&invite), "revoked", "{what}");
            }
        }
    }
}

#[test]
fn examples_in_typescript_have_the_right_types_and_run() {
    let Some(tools) = ApiTools::installed("examples_in_typescript_have_the_right_types_and_run") else { return };
    let place = Place::new();
    let (description, page) = (description(&place.served, PREFIX), place.page());
    let dir = place.scratch.path();
    std::os::unix::fs::symlink(&tools.modules, dir.join("node_modules")).unwrap();
    std::fs::write(dir.join("package.json"), "{ \"type\": \"module\" }").unwrap();
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/tsconfig.json"), dir.join("tsconfig.json"))
        .unwrap();
    let mut ids = vec![];
    for (.., call) in calls(&description) {
        let id = call["operationId"].as_str().unwrap();
        let code = filled(&example(&page, id, "TypeScript"), &place.invite());
        std::fs::write(dir.join(format!("{id}.ts")), format!("{code}\nexport {{}};\n")).unwrap();
        ids.push(id);
    }
    run(tools.command("tsc").current_dir(dir), "", "the compiler");
    for id in ids {
        let printed = run(tools.command("node").arg(dir.join(format!("out/{id}.js"))), id, id);
        assert!(!printed.trim().is_empty(), "{id} prints nothing");
    }
}
