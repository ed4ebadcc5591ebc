//! What a host's server costs: creates beside a Prosody that is up or down, and the adapter against the least that does
//! the same calls.

use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use futures_lite::future::block_on;
use invited::backend::prosody::Prosody as Adapter;
use invited::backend::{Adapter as _, Mint, NewAccount};
use invited::clock;
use invited::config::secret::Secret;
use invited::invite::Kind;
use invited::invite::name::Username;
use jiff::Timestamp;
use serde_json::json;

use crate::admin::{Client, is_ok};
use crate::prosody::{HOST, Prosody, Storage};
use crate::service::Scratch;
use crate::{Effort, Rates, Rounds, rate, tell_most, tell_ratio, to_create};

/// Tokens that are minted in a row.
const MINTS: u32 = 1_000;
const MINT_TTL: Duration = Duration::from_hours(1);

/// Where the guests are.
const GUEST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const PASSWORD: &str = "correct horse battery staple";

pub fn measure(effort: &Effort) {
    creates(effort);
    sign_ups(effort);
    mints(effort);
}

/// Creates by the API: none of them needs the server.
fn creates(effort: &Effort) {
    let [mut alone, mut up, mut down] = std::array::from_fn(|_| Rates::default());
    let mut prosody = Prosody::with_clients(Storage::Sql);
    let load = |scratch: &Scratch| {
        let service = scratch.serve();
        service.first_answer();
        rate(&service, &to_create(&service), effort)
    };
    let beside = |prosody: &Prosody| {
        let scratch = Scratch::new();
        scratch.configure_more(&format!(
            "[hosts.\"{HOST}\".backend]\nkind = \"prosody\"\nsocket = \"{}\"\n",
            prosody.socket().display()
        ));
        scratch
    };
    for _ in 0..effort.rounds {
        alone.add(load(&Scratch::new()));
        let scratch = beside(&prosody);
        // There is such a link only if the server gives a token for it.
        scratch.run(&["invite", "create", "--uri"]);
        up.add(load(&scratch));
        prosody.stop();
        assert!(UnixStream::connect(prosody.socket()).is_err());
        down.add(load(&beside(&prosody)));
        prosody.start_again();
    }
    let [(alone, of_alone), (up, of_up), (down, of_down)] = [alone, up, down].map(Rates::done);
    tell_ratio("10 creates with Prosody down, of up", &down, &up, Some(0.95));
    tell_ratio("  creates with Prosody up, of no server", &up, &alone, None);
    println!("  processor time per answer, in µs: no server {of_alone:.1}, Prosody up {of_up:.1}, down {of_down:.1}");
}

/// Accounts made by the adapter and by the bare client in turn, so that each finds as many there.
fn sign_ups(effort: &Effort) {
    let prosody = Prosody::with_clients(Storage::Sql);
    let adapter = Adapter::new(&HOST.parse().unwrap(), &prosody.socket());
    let mut bare = Client::connect(&prosody.socket());
    let password = Secret::new(PASSWORD.into());
    let by_adapter = |username: &str| {
        let username: Username = username.parse().unwrap();
        let account = NewAccount {
            username: &username,
            password: &password,
            contact: None,
            groups: &[],
            roles: &[],
            token: None,
            client: Some(GUEST),
            not_after: Timestamp::MAX,
        };
        let began = clock::instant();
        let answer = block_on(adapter.create(&account));
        let took = clock::instant().duration_since(began);
        assert_eq!(answer, Ok(()));
        took.as_secs_f64() * 1e3
    };
    let mut by_bare = |username: &str| {
        let request = json!({
            "op": "create", "host": HOST, "id": 1, "username": username, "password": PASSWORD, "groups": [], "roles": [],
            "not_after": Timestamp::MAX.as_second(), "ip": GUEST.to_string(),
        });
        let began = clock::instant();
        let answer = bare.call(&request);
        let took = clock::instant().duration_since(began);
        assert!(is_ok(&answer), "{answer}");
        took.as_secs_f64() * 1e3
    };
    // The adapter connects with its first call.
    by_adapter("first");
    let [mut adapters, mut bares] = std::array::from_fn(|_| Rounds(vec![]));
    for round in 0..effort.rounds {
        let [mut adapter, mut bare] = std::array::from_fn(|_| Rounds(vec![]));
        for number in 0..effort.sign_ups {
            adapter.0.push(by_adapter(&format!("adapter-{round}-{number}")));
            bare.0.push(by_bare(&format!("bare-{round}-{number}")));
        }
        adapters.0.push(adapter.median());
        bares.0.push(bare.median());
    }
    tell_most("11 sign-up at Prosody, p50, over a bare client", &adapters, Some(&bares), 3.0, "ms");
}

/// Tokens minted one after the other, each row by a server that has none yet.
fn mints(effort: &Effort) {
    let [mut adapters, mut bares] = std::array::from_fn(|_| Rounds(vec![]));
    for _ in 0..effort.rounds {
        adapters.0.push(mints_by_adapter());
        bares.0.push(mints_by_bare());
    }
    tell_ratio("12 1,000 mints in a row, of a bare client", &adapters, &bares, Some(0.8));
}

fn mints_by_adapter() -> f64 {
    let prosody = Prosody::with_clients(Storage::Sql);
    let adapter = Adapter::new(&HOST.parse().unwrap(), &prosody.socket());
    let kind = Kind::Account { username: None };
    let mint = || {
        let wanted = Mint { kind: &kind, groups: &[], roles: &[], ttl: MINT_TTL };
        block_on(adapter.mint(&wanted)).unwrap()
    };
    mint();
    per_second(|| drop(mint()))
}

fn mints_by_bare() -> f64 {
    let prosody = Prosody::with_clients(Storage::Sql);
    let mut client = Client::connect(&prosody.socket());
    let request = json!({
        "op": "mint", "host": HOST, "id": 1, "kind": "account", "groups": [], "roles": [],
        "ttl": MINT_TTL.as_secs() - 1,
    });
    let mut answers = vec![client.call(&request)];
    let rate = per_second(|| answers.push(client.call(&request)));
    assert!(answers.iter().all(|answer| is_ok(answer)));
    rate
}

fn per_second(mut mint: impl FnMut()) -> f64 {
    let began = clock::instant();
    (0..MINTS).for_each(|_| mint());
    f64::from(MINTS) / clock::instant().duration_since(began).as_secs_f64()
}
