//! What `/api/v1/openapi.json` says is so: the service is held to it by schemathesis, and it to `OpenAPI` by its validator.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{KEY, Scratch, docs, now};

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
allow = ["create", "contact", "reset", "roles", "read", "revoke", "redeem", "register"]
max_uses = 10000
limit = "100000/s"
"#;

/// A program that `tests/run` installs; without it `test` says that it is skipped.
fn installed(name: &str, test: &str) -> Option<Command> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../python/bin").join(name);
    if !program.exists() {
        eprintln!("SKIPPED {test}: {name} is not installed; tests/run does it");
        return None;
    }
    Some(Command::new(program))
}

fn assert_success(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn schemathesis_finds_nothing() {
    let Some(mut schemathesis) = installed("schemathesis", "schemathesis_finds_nothing") else { return };
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
    assert!(text.contains("8 selected / 8 total"), "not every operation was tried:\n{text}");
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
    let Some(mut validator) = installed("openapi-spec-validator", "the_description_is_openapi") else { return };
    let scratch = Scratch::new(CONFIG);
    let description = scratch.path().join("openapi.json");
    std::fs::write(&description, scratch.serve().client().get("/api/v1/openapi.json").body).unwrap();
    assert_success(&validator.args(["--schema", "3.1"]).arg(&description).output().unwrap());
}
