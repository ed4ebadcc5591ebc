//! Webhooks of two nodes on one PostgreSQL: each event is sent by one of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;
use crate::common::postgres;
use crate::common::receiver;

use std::collections::{BTreeMap, BTreeSet};

use common::{CONFIG, KEY, PATIENCE, Scratch, Served, now};
use postgres::Postgres;
use receiver::{OK, Receiver, Reply};
use serde_json::{Value, json};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn nodes(database: &Postgres, receiver: &Receiver) -> [Scratch; 2] {
    let nodes = [(); 2].map(|()| Scratch::new(""));
    let key_file = nodes[0].path().join("shared.key");
    for node in &nodes {
        node.configure(&format!(
            "{CONFIG}allow = [\"create\", \"revoke\", \"redeem\", \"read\"]\n[ledger]\nurl = {:?}\nkey_file = \"{}\"\n\
             [[webhooks]]\nname = \"site\"\nurl = {:?}\nsecret = {SECRET:?}\n",
            database.url(),
            key_file.display(),
            receiver.url()
        ));
    }
    nodes
}

fn create(served: &Served) -> Value {
    let (status, invite) = served.api(KEY, "POST", "/api/v1/invites", &json!({}));
    assert_eq!(status, 201, "{invite}");
    invite
}

fn id(invite: &Value) -> String {
    invite["id"].as_str().unwrap().to_owned()
}

fn stop(mut served: Served) {
    served.signal("TERM");
    assert!(served.wait().success());
}

fn wait_empty(scratch: &Scratch) {
    let began = now();
    loop {
        let list: Value = serde_json::from_str(&scratch.ok(&["webhook", "list", "--json"])).unwrap();
        if list["webhooks"][0]["waiting"] == 0 {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{list}");
    }
}

#[test]
fn each_event_is_sent_by_one_node_and_what_a_node_leaves_by_the_other() {
    let (database, receiver) = (Postgres::start(), Receiver::start());
    let scratches = nodes(&database, &receiver);
    let [first, second] = [scratches[0].serve(), scratches[1].serve()];
    let mut wanted = BTreeMap::new();
    for at in 0..200 {
        let served = if at % 2 == 0 { &first } else { &second };
        let other = if at % 2 == 0 { &second } else { &first };
        let invite = create(served);
        let id = id(&invite);
        let account = json!({ "token": invite["token"], "account": format!("guest{at}") });
        assert_eq!(other.api(KEY, "POST", "/api/v1/redeem", &account).0, 200);
        wanted.insert(id, vec!["invite.created".to_owned(), "invite.redeemed".to_owned()]);
    }
    wait_empty(&scratches[0]);
    let mut told = BTreeMap::<String, Vec<String>>::new();
    for one in receiver.received() {
        told.entry(one.about()).or_default().push(one.kind());
    }
    assert_eq!(told, wanted, "each once, and in order");

    // One that is alone holds the webhook, and is killed while it sends.
    stop(first);
    stop(second);
    receiver.script(&[], Reply::Hang);
    let before = receiver.received().len();
    let mut first = scratches[0].serve();
    let mut left: BTreeSet<_> = (0..20).map(|_| id(&create(&first))).collect();
    receiver.wait(before + 1);
    let second = scratches[1].serve();
    left.insert(id(&create(&second)));
    first.kill();
    receiver.script(&[], OK);
    wait_empty(&scratches[1]);
    let told: BTreeSet<_> = receiver.received()[before..].iter().map(receiver::Received::about).collect();
    assert_eq!(told, left);
    stop(second);
}
