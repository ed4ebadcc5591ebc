//! Headless Chromium, driven over `WebDriver` by `tests/browser/drive.py`.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Has a browser go through a scenario of the pages at `base`. False if it cannot be driven here, which is told.
pub fn drive(scenario: &str, base: &str, given: &Value) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (python, axe) =
        (root.join("target/python/bin/python"), root.join("target/browser-tools/node_modules/axe-core/axe.min.js"));
    for needed in [
        Path::new("/usr/bin/chromium"),
        Path::new("/usr/bin/chromedriver"),
        Path::new("/usr/bin/zbarimg"),
        &python,
        &axe,
    ] {
        if !needed.exists() {
            println!("SKIPPED {scenario}: there is no {}; tests/run installs it", needed.display());
            return false;
        }
    }
    let shots = root.join("target/browser");
    std::fs::create_dir_all(&shots).unwrap();
    let output = Command::new(&python)
        .arg(root.join("tests/browser/drive.py"))
        .args([scenario, base])
        .arg(given.to_string())
        .arg(&shots)
        .arg(&axe)
        .env("SE_OFFLINE", "true")
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
    assert!(output.status.success(), "{scenario}:\n{told}");
    print!("{told}");
    true
}
