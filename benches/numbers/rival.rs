//! What an engineer would write in an evening, `benches/rival`, beside ours: the price of an invite.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::load::Load;
use crate::service::{KEY, Scratch, Service, announced, request};
use crate::{Effort, Rates, rate, tell_ratio, to_create};

/// Builds it, below the target directory.
fn built() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("rival");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/rival/Cargo.toml");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--release", "--locked", "--manifest-path", manifest, "--target-dir"]);
    assert!(build.arg(&target).status().unwrap().success(), "the rival does not build");
    target.join("release/rival")
}

fn to_ask(service: &Service) -> Load {
    Load { address: service.address, requests: vec![request("GET", "/healthz", KEY, "")], status: 200 }
}

/// Durable creates and a constant route, of the rival's.
pub fn measure(effort: &Effort) {
    let [mut their_creates, mut our_creates, mut their_routes, mut our_routes] =
        std::array::from_fn(|_| Rates::default());
    let program = built();
    for _ in 0..effort.rounds {
        let (theirs, ours) = (Scratch::new(), Scratch::new());
        let (rival, service) = (announced(Command::new(&program).arg(theirs.path())), ours.serve());
        service.first_answer();
        their_routes.add(rate(&rival, &to_ask(&rival), effort));
        our_routes.add(rate(&service, &to_ask(&service), effort));
        their_creates.add(rate(&rival, &to_create(&rival), effort));
        our_creates.add(rate(&service, &to_create(&service), effort));
    }
    let [
        (their_creates, of_their_create),
        (our_creates, of_our_create),
        (their_routes, of_their_route),
        (our_routes, of_our_route),
    ] = [their_creates, our_creates, their_routes, our_routes].map(Rates::done);
    tell_ratio("19 durable creates, of axum's and rusqlite's", &our_creates, &their_creates, Some(0.8));
    tell_ratio("   durable creates, of our /healthz", &our_creates, &our_routes, Some(0.6));
    tell_ratio("   our /healthz, of axum's constant route", &our_routes, &their_routes, Some(0.7));
    println!(
        "  processor time per answer, in µs: axum's route {of_their_route:.1}, /healthz {of_our_route:.1}, axum's create \
         {of_their_create:.1}, create {of_our_create:.1}"
    );
}
