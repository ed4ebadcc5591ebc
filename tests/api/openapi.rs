//! What `/api/v1/openapi.json` says is so: the service is held to it by schemathesis, and it to `OpenAPI` by its validator.

use crate::common;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Output};

use common::tools::{ApiTools, installed};
use common::{KEY, Scratch, Served, docs, now};
use invited::config::Scope;
use serde_json::{Map, Value, json};

/// One key with all scopes and without limits that a thousand requests would meet.
const CONFIG: &str = r#"
public_url = "https://invite.example.com/"
listen = ["127.0.0.1:0"]
[invites]
max_ttl = "36600d"
[http]
auth_failures = "10000/s"
[hosts."example.com"]
[keys.site]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "contact", "reset", "roles", "read", "revoke", "redeem", "register", "mail"]
max_uses = 10000
limit = "100000/s"
"#;

/// A Python program that `tests/run` installs; without it `test` says that it is skipped.
fn python(name: &str, test: &str) -> Option<Command> {
    installed(&format!("python/bin/{name}"), test).map(Command::new)
}

fn assert_success(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn description(served: &Served) -> Value {
    served.client().get("/api/v1/openapi.json").json()
}

/// Path, method and description of every operation.
fn operations(description: &Value) -> Vec<(&String, &String, &Value)> {
    let of_path = |(path, item)| {
        fields(item).filter(|(_, one)| one["responses"].is_object()).map(move |(method, one)| (path, method, one))
    };
    fields(&description["paths"]).flat_map(of_path).collect()
}

fn fields(object: &Value) -> serde_json::map::Iter<'_> {
    object.as_object().unwrap().iter()
}

/// Calls `visit` with every object in `value`, and where it is.
fn walk(value: &Value, at: &str, visit: &mut impl FnMut(&str, &Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            visit(at, fields);
            fields.iter().for_each(|(name, inner)| walk(inner, &format!("{at}/{name}"), visit));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(number, inner)| walk(inner, &format!("{at}/{number}"), visit));
        }
        _ => {}
    }
}

#[test]
fn schemas_are_in_words_that_generators_of_clients_know() {
    let scratch = Scratch::new(CONFIG);
    let description = description(&scratch.serve());
    let (mut wrong, mut seen) = (vec![], 0);
    walk(&description, "", &mut |at, fields| {
        seen += 1;
        // The fields of an answer have names of their own.
        if at.ends_with("/properties") || at == "/paths" {
            return;
        }
        let is_one_type = |one: &Value| one["$ref"].is_string() || one["type"].is_string();
        let is_choice = |choices: &Value| choices.as_array().unwrap().iter().all(is_one_type);
        for (name, value) in fields {
            let is_right = match name.as_str() {
                "if" | "then" | "else" | "const" | "not" | "dependentSchemas" | "allOf" | "anyOf" | "expected" => false,
                "oneOf" => is_choice(value),
                // One type, or that and null.
                "type" => value.as_array().is_none_or(|types| types.len() == 2 && types[1] == "null"),
                // Of two types, generators make two enums.
                "enum" => value.as_array().unwrap().contains(&Value::Null) != fields.contains_key("type"),
                _ => true,
            };
            if !is_right {
                wrong.push(format!("{at}/{name}: {value}"));
            }
        }
    });
    assert!(seen > 300, "{seen}");
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn scopes_kinds_and_states_are_listed() {
    let scratch = Scratch::new(CONFIG);
    let schemas = description(&scratch.serve())["components"]["schemas"].clone();
    assert_eq!(schemas["Scope"]["enum"], json!(Scope::ALL), "{}", schemas["Scope"]);
    assert_eq!(schemas["KindName"]["enum"], json!(["account", "contact", "reset"]));
    assert_eq!(schemas["Status"]["enum"], json!(["pending", "redeemed", "expired", "revoked"]));
    assert_eq!(schemas["NewInvite"]["properties"]["kind"]["enum"], json!(["account", "contact", "reset", null]));
    let meanings = schemas["Scope"]["description"].as_str().unwrap();
    for scope in Scope::ALL {
        assert!(meanings.contains(&format!("\n- `{scope}`: ")), "{meanings}");
    }
}

#[test]
fn invites_api_is_described_where_it_is() {
    for (paths, path) in [("", "/invites_api"), ("[http.paths]\ninvites_api = \"/some/call\"", "/some/call")] {
        let scratch = Scratch::new(&format!("{CONFIG}{paths}"));
        let served = scratch.serve();
        let description = description(&served);
        let methods: Vec<_> = fields(&description["paths"][path]).map(|(method, _)| method.as_str()).collect();
        assert_eq!(methods, ["get", "post"], "{path}");
        assert_eq!(served.client().ask("POST", path, &[&format!("Authorization: Bearer {KEY}")]).status, 201);
        for id in ["createInviteByGet", "createInviteByPost"] {
            let (found, ..) = operations(&description).into_iter().find(|(.., one)| one["operationId"] == id).unwrap();
            assert_eq!(found, path);
        }
    }
}

#[test]
fn every_call_says_what_it_is() {
    let scratch = Scratch::new(CONFIG);
    let description = description(&scratch.serve());
    let tags: Vec<_> = description["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone()).collect();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&description) {
        for field in ["summary", "description"] {
            let text = operation[field].as_str().unwrap_or_default();
            assert!(text.ends_with('.'), "{method} {path} {field}: {text:?}");
        }
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{method} {path} has the id of another");
        assert!(tags.contains(&operation["tags"][0]), "{method} {path} has none of the tags {tags:?}");
    }
}

#[test]
fn schemathesis_finds_nothing() {
    let Some(mut schemathesis) = python("schemathesis", "schemathesis_finds_nothing") else { return };
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let base = format!("http://{}", served.address());
    let support: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "openapi"].iter().collect();
    let began = now();
    let output = schemathesis
        .arg("--config-file")
        .arg(support.join("schemathesis.toml"))
        .args(["run", &format!("{base}/api/v1/openapi.json"), "--url", &base])
        .args(["--header", &format!("Authorization: Bearer {KEY}")])
        .args(["--phases", "examples,coverage,fuzzing,stateful"])
        .args(["--max-examples", "60", "--seed", "1", "--generation-database", "none"])
        .args(["--continue-on-failure", "--no-color"])
        .env("PYTHONPATH", &support)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(scratch.path())
        .output()
        .unwrap();
    let text = assert_success(&output);
    let count = operations(&description(&served)).len();
    assert!(text.contains(&format!("{count} selected / {count} total")), "not every operation was tried:\n{text}");
    println!("{} in {:.0?}", text.lines().find(|line| line.contains(" generated")).unwrap().trim(), now() - began);
}

/// docs/openapi.json is for whoever writes a client and runs no service.
#[test]
fn the_committed_description_is_the_one_that_is_served() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve().client().get("/api/v1/openapi.json").body;
    let description: serde_json::Value = serde_json::from_slice(&served).unwrap();
    docs::hold("docs/openapi.json", &format!("{description:#}\n"));
}

#[test]
fn the_description_is_openapi() {
    let Some(mut validator) = python("openapi-spec-validator", "the_description_is_openapi") else { return };
    let scratch = Scratch::new(CONFIG);
    let description = scratch.path().join("openapi.json");
    std::fs::write(&description, scratch.serve().client().get("/api/v1/openapi.json").body).unwrap();
    assert_success(&validator.args(["--schema", "3.1"]).arg(&description).output().unwrap());
}

/// A service whose address is no example, and its description in a file.
fn for_linters() -> (Scratch, PathBuf) {
    let scratch = Scratch::new(&CONFIG.replace("https://invite.example.com/", "https://invite.capulet.test/"));
    let description = scratch.path().join("openapi.json");
    std::fs::write(&description, scratch.serve().client().get("/api/v1/openapi.json").body).unwrap();
    (scratch, description)
}

fn support(file: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "openapi", file].iter().collect()
}

#[test]
fn spectral_warns_of_nothing() {
    let Some(tools) = ApiTools::installed("spectral_warns_of_nothing") else { return };
    let (scratch, description) = for_linters();
    let mut spectral = tools.command("spectral");
    spectral.args(["lint", "--fail-severity", "hint", "--ruleset"]).arg(support("spectral.yaml")).arg(&description);
    let text = assert_success(&spectral.current_dir(scratch.path()).output().unwrap());
    assert!(text.contains("No results with a severity of 'hint' or higher found!"), "{text}");
}

#[test]
fn redocly_warns_of_nothing() {
    let Some(tools) = ApiTools::installed("redocly_warns_of_nothing") else { return };
    let (scratch, description) = for_linters();
    let mut redocly = tools.command("redocly");
    redocly.args(["lint", "--format", "json", "--config"]).arg(support("redocly.yaml")).arg(&description);
    let text = assert_success(&redocly.current_dir(scratch.path()).output().unwrap());
    let told: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(told["totals"], json!({ "errors": 0, "warnings": 0, "ignored": 0 }), "{text}");
}
