//! Nix, called.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Where the stand-in for a package is.
pub fn store_path(name: &str) -> String {
    format!("/nix/store/00000000000000000000000000000000-{name}")
}

/// Whether `command` is there; if not, says that `test` is skipped.
pub fn has(test: &str, command: &str, package: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|dir| dir.join(command).exists());
    if !found {
        println!("SKIPPED {test}: needs {command}; apt-get install {package}");
    }
    found
}

pub fn has_nix(test: &str) -> bool {
    has(test, "nix-instantiate", "nix-bin")
}

/// Every Nix file of the project.
pub fn files() -> Vec<PathBuf> {
    let mut files = vec![Path::new(ROOT).join("flake.nix")];
    let mut dirs = vec![Path::new(ROOT).join("nix"), Path::new(ROOT).join("tests/nix")];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "nix") {
                files.push(path);
            }
        }
    }
    files
}

/// Runs Nix without a store.
pub fn instantiate(arguments: &[&str]) -> Output {
    Command::new("nix-instantiate").args(["--store", "dummy://"]).args(arguments).output().unwrap()
}

/// The value of an expression in which `nixos` is `nixos.nix`, or Nix's error.
pub fn evaluate(expression: &str) -> Result<Value, String> {
    let expression = format!("let nixos = import {ROOT}/tests/nix/nixos.nix; in {expression}");
    let output = instantiate(&["--eval", "--strict", "--json", "-E", &expression]);
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    Ok(serde_json::from_slice(&output.stdout).unwrap())
}

/// Two modules make the same of a configuration. In which order a unit names others is no matter.
pub fn assert_same(ours: &Value, upstream: &Value, of: &str) {
    let ordered = |system: &Value| {
        let mut system = system.clone();
        for unit in system.pointer_mut("/systemd/services").and_then(Value::as_object_mut).into_iter().flatten() {
            for name in ["after", "requires"] {
                if let Some(units) = unit.1.get_mut(name).and_then(Value::as_array_mut) {
                    units.sort_by_key(ToString::to_string);
                }
            }
        }
        system
    };
    let (ours, upstream) = (ordered(ours), ordered(upstream));
    for part in ours.as_object().unwrap().keys() {
        assert_eq!(ours[part], upstream[part], "{part}, on the right of nix/upstream: {of}");
    }
    assert_eq!(ours, upstream, "on the right of nix/upstream: {of}");
}

const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
";

/// What comes of a NixOS configuration.
pub struct System(pub Value);

impl System {
    /// Of a module in Nix. What nixpkgs' module makes of it is the same.
    pub fn of(module: &str) -> Self {
        let both = format!("let it = ({module}); in {{ ours = nixos.system it; upstream = nixos.systemUpstream it; }}");
        let mut both = evaluate(&both).unwrap_or_else(|error| panic!("{module}\n{error}"));
        let [ours, upstream] = ["ours", "upstream"].map(|which| both[which].take());
        assert_same(&ours, &upstream, module);
        Self(ours)
    }

    /// Of these lines about `services.invited`, which is enabled and has one host.
    pub fn with(lines: &str) -> Self {
        Self::of(&minimal(lines))
    }

    pub fn service(&self) -> &Value {
        &self.0["systemd"]["services"]["invited"]
    }

    pub fn socket(&self) -> &Value {
        &self.0["systemd"]["sockets"]["invited"]
    }

    pub fn strings(&self, pointer: &str) -> Vec<&str> {
        let list = self.0.pointer(pointer).and_then(Value::as_array);
        list.into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
    }

    pub fn settings(&self) -> String {
        toml::to_string(&self.0["settings"]).unwrap()
    }

    /// The check that is part of the build, on the generated file, with the program under test.
    pub fn build_check(&self) -> Output {
        let dir = tempfile::tempdir().unwrap();
        let (source, out) = (dir.path().join("invited.toml"), dir.path().join("out"));
        // What the configurations have in the store is nowhere but here.
        let public_key = dir.path().join("ci.pem");
        std::fs::write(&public_key, PUBLIC_KEY).unwrap();
        let settings = self.settings().replace(&store_path("ci.pem"), public_key.to_str().unwrap());
        std::fs::write(&source, settings).unwrap();
        let invited = format!("{}/bin/invited", store_path("invited"));
        let script = self.0["check"].as_str().unwrap().replace(&invited, env!("CARGO_BIN_EXE_invited"));
        let mut command = Command::new("bash");
        command.args(["-e", "-c", &script]).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        let output = command.env("source", &source).env("out", &out).output().unwrap();
        assert_eq!(out.exists(), output.status.success());
        output
    }

    /// Nothing is asserted, warned of, or refused by the program.
    pub fn all_well(&self) {
        assert_eq!(self.strings("/assertions"), [""; 0]);
        assert_eq!(self.strings("/warnings"), [""; 0]);
        let output = self.build_check();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}\n{stderr}", self.settings());
    }
}

/// A module with one host and these lines about `services.invited`.
pub fn minimal(lines: &str) -> String {
    format!(
        "{{ services.invited.enable = true;
            services.invited.settings.hosts.\"example.com\" = {{ }};
            imports = [ {{ services.invited = {{ {lines} }}; }} ]; }}"
    )
}

/// The least that is needed beside.
pub const URL: &str = "settings.public_url = \"https://invite.example.com/\";";
