//! Two nodes on one ledger, both of which one Prosody asks.

use crate::common;
use crate::common::postgres;
use crate::common::prosody;
use crate::common::stream;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use common::{CONFIG, PATIENCE, Scratch, now};
use postgres::Postgres;
use prosody::{HOST, Prosody, Storage};
use serde_json::Value;
use stream::Stream;

const APPS: usize = 24;
const USES: usize = 20;
/// What an app is told that may try again.
const WAIT: &str = "wait/resource-constraint";
/// What it is told when all uses are taken, or reserved.
const FORBIDDEN: &str = "cancel/forbidden";

/// How many answer.
fn answerers(prosody: &Prosody) -> String {
    let answerers = format!("prosody.hosts['{HOST}'].invited.answerers");
    prosody.lua(&format!("local n = 0 for _ in pairs({answerers}) do n = n + 1 end return tostring(n)"))
}

#[test]
fn a_node_that_ends_is_no_lost_use_and_none_too_many() {
    let (database, prosody) = (Postgres::start(), Prosody::with_clients(Storage::Internal));
    let [one, two] = [(); 2].map(|()| Scratch::new(""));
    for node in [&one, &two] {
        node.configure(&format!(
            "{CONFIG}[ledger]\nurl = {:?}\nkey_file = \"{}\"\n[hosts.\"{HOST}\".backend]\nkind = \"prosody\"\nsocket = \"{}\"\n",
            database.url(),
            one.path().join("shared.key").display(),
            prosody.socket().display()
        ));
    }
    let mut first = one.serve();
    prosody.wait_until_answered();
    let _second = two.serve();
    let began = now();
    while answerers(&prosody) != "2" {
        assert!(began.elapsed() < PATIENCE, "one node does not answer");
    }
    let invite = || -> Value { serde_json::from_str(&two.ok(&["invite", "list", "--json"])).unwrap() };
    let made = two.ok(&["invite", "create", "--uses", &USES.to_string()]);
    let token = made.trim().split_once('?').unwrap().1.to_owned();
    let address = prosody.address();
    let made = AtomicUsize::new(0);
    thread::scope(|scope| {
        for at in 0..APPS {
            let (token, made) = (&token, &made);
            scope.spawn(move || {
                let began = now();
                // What the node that ends had reserved is free again after a while.
                while made.load(Ordering::SeqCst) < USES {
                    let mut stream = Stream::open(address);
                    match stream.preauth(token).and_then(|()| stream.register(&format!("u{at}"))) {
                        Ok(()) => {
                            made.fetch_add(1, Ordering::SeqCst);
                            return;
                        }
                        Err(error) => assert!([WAIT, FORBIDDEN].contains(&&*error), "{error}"),
                    }
                    assert!(began.elapsed() < PATIENCE, "{} made", made.load(Ordering::SeqCst));
                }
            });
        }
        while made.load(Ordering::SeqCst) < 3 {}
        first.kill();
    });
    let made = made.load(Ordering::SeqCst);
    assert_eq!(made, USES);
    let began = now();
    let redeemed = loop {
        let invite = invite()["invites"][0].take();
        if invite["redemptions"].as_array().unwrap().len() == made {
            break invite;
        }
        assert!(began.elapsed() < PATIENCE, "{made} made: {invite}");
    };
    assert_eq!(redeemed["status"], "redeemed");
    for redemption in redeemed["redemptions"].as_array().unwrap() {
        let name = redemption["account"].as_str().unwrap();
        let exists = format!("require 'core.usermanager'.user_exists('{name}', '{HOST}')");
        assert_eq!(prosody.lua(&format!("return tostring({exists})")), "true", "{name}");
    }
}
