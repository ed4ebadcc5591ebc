//! Clients that others' generators make of `/api/v1/openapi.json` work: each is generated, and each of its calls is used
//! against the running service by a program in this directory.
//!
//! The generators are put below `target/` by `tests/run`. What is generated and built stays in `target/clients`.

#[path = "../common/mod.rs"]
mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::tools::{ApiTools, installed, target};
use common::{KEY, Scratch, Served};

/// One key that may do all, and no more than a use of an invite.
const CONFIG: &str = r#"
public_url = "https://invite.example.com/"
listen = ["127.0.0.1:0"]
[hosts."example.com"]
[keys.site]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "contact", "reset", "roles", "read", "revoke", "redeem", "register"]
"#;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn here() -> PathBuf {
    Path::new(ROOT).join("tests/clients")
}

/// Runs a program that must succeed; gives what it prints.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}:\n{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    printed
}

/// A service, its address, and its description in a file of an empty directory.
struct Place {
    _scratch: Scratch,
    _served: Served,
    base: String,
    /// In `target/clients`, to be looked at afterwards.
    dir: PathBuf,
    description: PathBuf,
}

impl Place {
    fn new(name: &str) -> Self {
        let dir = target().join("clients").join(name);
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let scratch = Scratch::new(CONFIG);
        let served = scratch.serve();
        let description = dir.join("openapi.json");
        std::fs::write(&description, served.client().get("/api/v1/openapi.json").body).unwrap();
        Self { base: format!("http://{}", served.address()), _scratch: scratch, _served: served, dir, description }
    }

    /// Has a program use the client in `dir`.
    fn used_by(&self, program: &mut Command) {
        let printed = run(program.args([&*self.base, KEY]).env("PYTHONDONTWRITEBYTECODE", "1").current_dir(&self.dir));
        assert_eq!(printed.trim(), "used", "{program:?}");
    }

    /// What it takes to compile and run TypeScript here.
    fn typescript(&self, tools: &ApiTools) {
        std::fs::copy(here().join("tsconfig.json"), self.dir.join("tsconfig.json")).unwrap();
        std::fs::write(self.dir.join("package.json"), "{ \"type\": \"module\" }").unwrap();
        std::os::unix::fs::symlink(&tools.modules, self.dir.join("node_modules")).unwrap();
    }

    /// Has openapi-generator write a client in `language`, of a version that does not change with ours.
    fn generate(&self, generator: &Path, language: &str, to: &str) {
        let mut command = Command::new(generator);
        command.args(["generate", "-g", language, "--additional-properties", "packageVersion=0.0.0"]);
        command.args(["--package-name", "invited_client", "-o", to, "-i"]);
        run(command.arg(&self.description).current_dir(&self.dir));
    }
}

#[test]
fn openapi_python_client_makes_a_client_that_works() {
    let test = "openapi_python_client_makes_a_client_that_works";
    let Some(generator) = installed("python/bin/openapi-python-client", test) else { return };
    let place = Place::new("openapi-python-client");
    let mut command = Command::new(&generator);
    command.args(["generate", "--meta", "none", "--fail-on-warning", "--output-path", "invited_client", "--path"]);
    // It has its output put in order by a program beside it.
    let path = format!("{}:{}", generator.parent().unwrap().display(), std::env::var("PATH").unwrap());
    run(command.arg(&place.description).env("PATH", path).current_dir(&place.dir));
    let mut program = Command::new(generator.with_file_name("python"));
    place.used_by(program.arg(here().join("with_openapi_python_client.py")).env("PYTHONPATH", &place.dir));
}

#[test]
fn openapi_generator_makes_a_client_for_python_that_works() {
    let test = "openapi_generator_makes_a_client_for_python_that_works";
    let Some(generator) = installed("python/bin/openapi-generator-cli", test) else { return };
    let place = Place::new("openapi-generator-python");
    place.generate(&generator, "python", ".");
    let mut program = Command::new(generator.with_file_name("python"));
    place.used_by(program.arg(here().join("with_openapi_generator.py")).env("PYTHONPATH", &place.dir));
}

#[test]
fn openapi_generator_makes_a_client_for_rust_that_works() {
    let test = "openapi_generator_makes_a_client_for_rust_that_works";
    let Some(generator) = installed("python/bin/openapi-generator-cli", test) else { return };
    let place = Place::new("openapi-generator-rust");
    place.generate(&generator, "rust", "client");
    for file in ["Cargo.toml", "Cargo.lock", "main.rs"] {
        std::fs::copy(here().join("rust").join(file), place.dir.join(file)).unwrap();
    }
    // Apart from ours, and kept: its dependencies are built once.
    let built = target().join("clients/rust-target");
    let mut cargo = Command::new(env!("CARGO"));
    run(cargo.args(["build", "--quiet", "--locked", "--target-dir"]).arg(&built).current_dir(&place.dir));
    place.used_by(&mut Command::new(built.join("debug/with_openapi_generator")));
}

#[test]
fn openapi_typescript_makes_types_that_hold() {
    let Some(tools) = ApiTools::installed("openapi_typescript_makes_types_that_hold") else { return };
    let place = Place::new("openapi-typescript");
    place.typescript(&tools);
    std::fs::copy(here().join("with_openapi_fetch.ts"), place.dir.join("with_openapi_fetch.ts")).unwrap();
    let mut generator = tools.command("openapi-typescript");
    run(generator.arg(&place.description).args(["--output", "schema.d.ts"]).current_dir(&place.dir));
    run(tools.command("tsc").current_dir(&place.dir));
    place.used_by(tools.command("node").arg("out/with_openapi_fetch.js"));
}
