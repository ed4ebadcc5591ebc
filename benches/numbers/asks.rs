//! What it costs that Prosody asks the ledger: to whoever opens a page, to an app that shows a token, and to creates beside
//! a Prosody that has many tokens of its own.

use invited::clock;

use crate::backends::beside;
use crate::common::prosody::{HOST, OwnToken, Prosody, Storage};
use crate::common::stream::Stream;
use crate::load::Load;
use crate::service::{KEY, Scratch, Service, request};
use crate::{Effort, Rates, Rounds, rate, tell_most, tell_ratio};

/// Invites of Prosody's own that are pending, where there are many.
const PENDING: u32 = 10_000;
/// Apps that show a token, once a round.
const SHOWN: usize = 200;

pub fn measure(effort: &Effort) {
    pages(effort);
    shown(effort);
    creates(effort);
}

fn start(scratch: &Scratch) -> Service {
    let service = scratch.serve();
    service.first_answer();
    service
}

/// Landing pages on a host with a Prosody, and on one without a server.
fn pages(effort: &Effort) {
    let prosody = Prosody::with_clients(Storage::Internal);
    let load = |scratch: &Scratch| {
        let link = scratch.run(&["invite", "create"]);
        let path = link.trim().strip_prefix("https://invite.example.com").unwrap().to_owned();
        let service = start(scratch);
        let load = Load { address: service.address, requests: vec![request("GET", &path, KEY, "")], status: 200 };
        rate(&service, &load, effort)
    };
    let [mut alone, mut up] = std::array::from_fn(|_| Rates::default());
    for _ in 0..effort.rounds {
        alone.add(load(&Scratch::new()));
        up.add(load(&beside(&prosody)));
    }
    let [(alone, _), (up, _)] = [alone, up].map(Rates::done);
    tell_ratio("12 landing pages with Prosody, of no server", &up, &alone, Some(0.95));
}

/// From a token that is shown to its answer: ours, and one of its own at a Prosody that asks nobody.
fn shown(effort: &Effort) {
    let [prosody, bare] = [(); 2].map(|()| Prosody::with_clients(Storage::Sql));
    let scratch = beside(&prosody);
    let link = scratch.run(&["invite", "create"]);
    let ours = link.trim().split_once('?').unwrap().1.to_owned();
    let own = bare.token(&OwnToken::account(86_400));
    let _service = start(&scratch);
    prosody.wait_until_answered();
    let [mut asked, mut alone] = std::array::from_fn(|_| Rounds(vec![]));
    for _ in 0..effort.rounds {
        let [mut of_ours, mut of_own] = std::array::from_fn(|_| Rounds(vec![]));
        let [mut stream, mut other] = [&prosody, &bare].map(|server| Stream::open(server.address()));
        for _ in 0..SHOWN {
            of_ours.0.push(show(&mut stream, &ours));
            of_own.0.push(show(&mut other, &own));
        }
        asked.0.push(of_ours.median());
        alone.0.push(of_own.median());
    }
    tell_most("   preauth p50, over Prosody's own token", &asked, Some(&alone), 2.0, "ms");
}

fn show(stream: &mut Stream, token: &str) -> f64 {
    let began = clock::instant();
    assert_eq!(stream.preauth(token), Ok(()));
    clock::instant().duration_since(began).as_secs_f64() * 1e3
}

/// Creates with their link for apps, beside a Prosody that would read and write a file of 10,000 tokens for each.
fn creates(effort: &Effort) {
    let prosody = Prosody::with_clients(Storage::Internal);
    prosody.lua(&format!(
        "local store, all = prosody.hosts['{HOST}'].modules.invites.module:open_store('invite_token'), {{}} \
         for n = 1, {PENDING} do local token = ('%024d'):format(n) all[token] = {{ token = token, type = 'register', \
         jid = '{HOST}', expires = os.time() + 86400, created_at = os.time(), allow_registration = true }} end \
         assert(store:set(nil, all)) return 'done'"
    ));
    let load = |scratch: &Scratch| {
        let service = start(scratch);
        let requests = vec![request("POST", "/api/v1/invites", KEY, "{\"uri\":true}")];
        rate(&service, &Load { address: service.address, requests, status: 201 }, effort)
    };
    let [mut alone, mut beside_many] = std::array::from_fn(|_| Rates::default());
    for _ in 0..effort.rounds {
        alone.add(load(&Scratch::new()));
        beside_many.add(load(&beside(&prosody)));
    }
    let [(alone, _), (beside_many, _)] = [alone, beside_many].map(Rates::done);
    tell_ratio("   creates beside 10,000 tokens there, of none", &beside_many, &alone, Some(0.95));
}
