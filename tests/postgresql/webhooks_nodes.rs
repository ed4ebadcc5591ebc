//! Webhooks of two nodes on one PostgreSQL: each event is sent by one of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;
use crate::common::postgres;
use crate::common::receiver;

use std::collections::{BTreeMap, BTreeSet};

use common::http::request;
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

/// Calls a node; again, as callers are told to, where it was kept waiting too long for PostgreSQL: by the Idempotency-Key it is done
/// once.
fn call(served: &Served, path: &str, body: &Value, key: &str) -> Value {
    let (authorization, again) = (format!("Authorization: Bearer {KEY}"), format!("Idempotency-Key: {key}"));
    let headers = [&*authorization, "Content-Type: application/json", &*again];
    let began = now();
    loop {
        let mut client = served.client();
        client.send(request("POST", path, &headers, &body.to_string()));
        let answer = client.read().unwrap();
        match answer.status {
            200 | 201 => return answer.json(),
            503 => assert!(began.elapsed() < PATIENCE, "{}\n{}", answer.text(), served.log()),
            other => panic!("{path}: {other}: {}\n{}", answer.text(), served.log()),
        }
    }
}

fn create(served: &Served, key: &str) -> Value {
    call(served, "/api/v1/invites", &json!({}), key)
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
        let invite = create(served, &format!("create-{at}"));
        let id = id(&invite);
        let account = json!({ "token": invite["token"], "account": format!("guest{at}") });
        call(other, "/api/v1/redeem", &account, &format!("redeem-{at}"));
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
    let mut left: BTreeSet<_> = (0..20).map(|at| id(&create(&first, &format!("left-{at}")))).collect();
    receiver.wait(before + 1);
    let second = scratches[1].serve();
    left.insert(id(&create(&second, "by the other")));
    first.kill();
    receiver.script(&[], OK);
    wait_empty(&scratches[1]);
    let told: BTreeSet<_> = receiver.received()[before..].iter().map(receiver::Received::about).collect();
    assert_eq!(told, left);
    stop(second);
}

#[test]
fn what_expired_while_no_node_ran_two_nodes_tell_once() {
    let (database, receiver) = (Postgres::start(), Receiver::start());
    let scratches = nodes(&database, &receiver);
    let first = scratches[0].serve();
    let wanted: BTreeMap<_, _> = (0..40).map(|at| (id(&create(&first, &format!("expires-{at}"))), 1)).collect();
    stop(first);
    // They ended an hour ago, and it was looked for that two hours ago.
    database.ask("UPDATE invite SET created_at = created_at - 7200000, expires_at = created_at - 3600000");
    let mark = "lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - 7200000), 16, '0') || '7fffffffffffffff'";
    assert_eq!(
        database.ask(&format!("UPDATE meta SET value = decode({mark}, 'hex') WHERE name = 'expired' RETURNING name")),
        "expired"
    );
    let nodes = scratches.each_ref().map(Scratch::serve);
    let expired = |received: &[receiver::Received]| {
        let mut told = BTreeMap::new();
        for one in received.iter().filter(|one| one.kind() == "invite.expired") {
            *told.entry(one.about()).or_insert(0) += 1;
        }
        told
    };
    receiver.wait_until("invites that expired", |received| expired(received).len() == wanted.len());
    wait_empty(&scratches[0]);
    nodes.into_iter().for_each(stop);
    assert_eq!(expired(&receiver.received()), wanted);
}
