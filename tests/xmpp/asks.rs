//! Prosody asks the ledger when an app shows a token: many at once, at the worst moment, and when nobody answers.

use crate::common;
use crate::common::form;
use crate::common::prosody;
use crate::common::stream;

use std::sync::Barrier;
use std::thread;

use common::{CONFIG, PATIENCE, Scratch, Served, now};
use form::Form;
use prosody::{HOST, OwnToken, Prosody, Storage};
use serde_json::{Value, json};
use stream::Stream;

const STORAGES: [Storage; 2] = [Storage::Internal, Storage::Sql];
const PASSWORD: &str = "correct horse battery staple";
/// What an app is told of a token that opens nothing, or nothing any more.
const FORBIDDEN: &str = "cancel/forbidden";
/// What it is told when that cannot be said now.
const WAIT: &str = "wait/resource-constraint";

/// `invited` beside a Prosody.
struct Place {
    prosody: Prosody,
    scratch: Scratch,
    served: Served,
    key: String,
}

impl Place {
    fn new(storage: Storage) -> Self {
        Self::with(Prosody::with_clients(storage), "")
    }

    /// With lines of the test's own before all others.
    fn with(prosody: Prosody, lines: &str) -> Self {
        let socket = prosody.socket().display().to_string();
        let scratch = Scratch::new(&format!(
            "{lines}{CONFIG}[hosts.\"{HOST}\".backend]\nkind = \"prosody\"\nsocket = \"{socket}\"\n"
        ));
        let scopes = ["create", "contact", "reset", "roles", "read", "revoke"].map(|scope| ["--allow", scope]).concat();
        let key = scratch.key(&[&scopes[..], &["--max-uses", "10000"]].concat());
        let served = scratch.serve();
        prosody.wait_until_answered();
        Self { prosody, scratch, served, key }
    }

    fn api(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.served.api(&self.key, method, path, body);
        assert!(status < 300, "{status} {answer}");
        answer
    }

    /// Makes an invite; gives its id and its token.
    fn invite(&self, order: &Value) -> (String, String) {
        let invite = self.api("POST", "/api/v1/invites", order);
        let text = |field: &str| invite[field].as_str().unwrap().to_owned();
        (text("id"), text("token"))
    }

    fn show(&self, id: &str) -> Value {
        self.api("GET", &format!("/api/v1/invites/{id}"), &Value::Null)
    }

    /// Waits until an invite is as `is` wants it; gives it.
    fn wait_for(&self, id: &str, is: impl Fn(&Value) -> bool) -> Value {
        let began = now();
        loop {
            let invite = self.show(id);
            if is(&invite) {
                return invite;
            }
            assert!(began.elapsed() < PATIENCE, "{invite}\n{}", self.served.log());
        }
    }

    /// Waits until all uses of an invite are on record; gives it. The server tells what it has made after the app.
    fn wait_until_redeemed(&self, id: &str) -> Value {
        self.wait_for(id, is_redeemed)
    }

    fn stream(&self) -> Stream {
        Stream::open(self.prosody.address())
    }

    /// An app signs up from the beginning.
    fn sign_up(&self, token: &str, username: &str) -> Result<(), String> {
        let mut stream = self.stream();
        stream.preauth(token)?;
        stream.register(username)
    }

    /// Signs up until there is an account, or all uses of the invite are on record: a use that was reserved too late for whoever
    /// was told to wait is free again a little later.
    fn insist(&self, id: &str, token: &str, username: &str) -> Result<(), String> {
        let began = now();
        loop {
            let invite = self.show(id);
            let reply = self.sign_up(token, username);
            if reply.is_ok() || is_redeemed(&invite) && reply == Err(FORBIDDEN.into()) {
                return reply;
            }
            assert!(began.elapsed() < PATIENCE, "{username}: {reply:?} {invite}\n{}", self.served.log());
        }
    }

    fn has_account(&self, username: &str) -> bool {
        self.prosody.lua(&format!("return tostring(require 'core.usermanager'.user_exists('{username}', '{HOST}'))"))
            == "true"
    }

    /// Has Lua look at each question before it goes out, as `text`; what it returns is as if it had gone out.
    fn hear(&self, body: &str) {
        self.prosody.lua(&format!(
            "local held = prosody.hosts['{HOST}'].invited \
             local function heard(say) return function (text) {body} return say(text) end end \
             for _, answerer in pairs(held.answerers) do answerer.print = heard(answerer.print) end \
             local answers = held.answers function held.answers(name, say) return answers(name, heard(say)) end \
             return 'hears'"
        ));
    }

    fn restart(&mut self) {
        self.prosody.forget_who_answers();
        self.served = self.scratch.serve();
        self.prosody.wait_until_answered();
    }
}

/// Whether all uses of an invite are on record: none is only reserved.
fn is_redeemed(invite: &Value) -> bool {
    json!(invite["redemptions"].as_array().unwrap().len()) == invite["uses"]
}

/// Who redeemed an invite, in the order of the alphabet.
fn accounts(invite: &Value) -> Vec<String> {
    let redemptions = invite["redemptions"].as_array().unwrap();
    let mut accounts: Vec<_> =
        redemptions.iter().map(|redemption| redemption["account"].as_str().unwrap().to_owned()).collect();
    accounts.sort();
    accounts
}

/// Who has waited for five seconds is told to try again, as happens where the machine is busy.
fn is_told_to_wait(reply: &Result<(), String>) -> bool {
    reply.as_ref().err().is_some_and(|error| error == WAIT)
}

#[test]
fn the_token_of_location_is_the_one_that_an_app_shows() {
    for storage in STORAGES {
        let place = Place::new(storage);
        for (opened, name) in [(false, "romeo"), (true, "juliet")] {
            let response = place.served.client().get(&format!("/invites_api?key={}", place.key));
            assert_eq!(response.status, 201, "{}", response.text());
            let location = response.header("location").unwrap().to_owned();
            let (_, token) = location.split_once('?').unwrap();
            if opened {
                let page = place.served.client().get(&format!("/invite?{token}"));
                assert!(page.text().contains(&format!("preauth={token}")), "{}", page.text());
            }
            assert_eq!(place.sign_up(token, name), Ok(()), "{storage:?} {}", place.prosody.log());
            assert!(place.has_account(name));
            assert_eq!(place.sign_up(token, "tybalt"), Err(FORBIDDEN.into()));
        }
        // Of our invites nothing is kept there.
        let kept = "local n = 0 local m = prosody.hosts['example.com'].modules.invites.module \
                    for _ in pairs(m:open_store('invite_token'):get(nil) or {}) do n = n + 1 end return tostring(n)";
        assert_eq!(place.prosody.lua(kept), "0");
        let listed = place.api("GET", "/api/v1/invites", &Value::Null);
        for (invite, name) in listed["invites"].as_array().unwrap().iter().zip(["juliet", "romeo"]) {
            let invite = place.wait_until_redeemed(invite["id"].as_str().unwrap());
            assert_eq!(accounts(&invite), [name]);
            assert_eq!((&invite["status"], &invite["redemptions"][0]["via"]), (&json!("redeemed"), &json!("app")));
        }
    }
}

#[test]
fn each_of_thirty_apps_has_a_use_of_an_invite_of_thirty() {
    for storage in STORAGES {
        let place = Place::new(storage);
        let (id, token) = place.invite(&json!({"uses": 30}));
        let barrier = Barrier::new(40);
        let replies: Vec<_> = thread::scope(|scope| {
            let apps: Vec<_> = (0..40)
                .map(|at| {
                    let (address, token, barrier) = (place.prosody.address(), &token, &barrier);
                    scope.spawn(move || {
                        let mut stream = Stream::open(address);
                        let mut reply = stream.preauth(token);
                        while is_told_to_wait(&reply) {
                            reply = stream.preauth(token);
                        }
                        assert_eq!(reply, Ok(()));
                        barrier.wait();
                        (format!("pupil{at}"), stream.register(&format!("pupil{at}")))
                    })
                })
                .collect();
            apps.into_iter().map(|app| app.join().unwrap()).collect()
        });
        let replies = replies.into_iter().map(|(name, reply)| {
            let reply = if is_told_to_wait(&reply) { place.insist(&id, &token, &name) } else { reply };
            (name, reply)
        });
        let (made, refused): (Vec<_>, Vec<_>) = replies.partition(|(_, reply)| reply.is_ok());
        assert!(refused.iter().all(|(_, reply)| *reply == Err(FORBIDDEN.into())), "{refused:?}");
        let mut made: Vec<_> = made.into_iter().map(|(name, _)| name).collect();
        made.sort();
        assert_eq!(made.len(), 30, "{storage:?}");
        let invite = place.wait_until_redeemed(&id);
        assert_eq!((accounts(&invite), &invite["status"]), (made.clone(), &json!("redeemed")));
        for at in 0..40 {
            let name = format!("pupil{at}");
            assert_eq!(place.has_account(&name), made.contains(&name), "{name}");
        }
        assert_eq!(place.sign_up(&token, "late"), Err(FORBIDDEN.into()));
    }
}

#[test]
fn an_app_and_a_form_do_not_both_get_the_last_use() {
    for storage in STORAGES {
        let place = Place::new(storage);
        for round in 0..10 {
            let (id, token) = place.invite(&json!({}));
            let (app, web) = (format!("app{round}"), format!("web{round}"));
            let form = Form::open(&place.served, "/register", &token);
            let mut stream = place.stream();
            assert_eq!(stream.preauth(&token), Ok(()));
            let barrier = Barrier::new(2);
            let (by_app, by_form) = thread::scope(|scope| {
                let by_app = scope.spawn(|| {
                    barrier.wait();
                    stream.register(&app).is_ok()
                });
                barrier.wait();
                let by_form = form.send(&place.served, &web, PASSWORD).status == 303;
                (by_app.join().unwrap(), by_form)
            });
            assert!(by_app != by_form, "{storage:?} {round}: {by_app} {by_form}");
            let winner = if by_app { &app } else { &web };
            let invite = place.wait_until_redeemed(&id);
            assert_eq!(accounts(&invite), std::slice::from_ref(winner));
            assert_eq!([&app, &web].map(|name| place.has_account(name)), [by_app, by_form]);
        }
    }
}

#[test]
fn two_hundred_streams_ask_at_once() {
    for storage in STORAGES {
        let place = Place::new(storage);
        let (id, token) = place.invite(&json!({"uses": 200}));
        let mut streams: Vec<_> = (0..200).map(|_| place.stream()).collect();
        let shown: Vec<_> = streams.iter_mut().map(|stream| stream.show(&token)).collect();
        for (stream, id) in streams.iter_mut().zip(shown) {
            let mut answer = stream.reply(id);
            while is_told_to_wait(&answer) {
                answer = stream.preauth(&token);
            }
            assert_eq!(answer, Ok(()), "{}", place.served.log());
        }
        let asked: Vec<_> =
            streams.iter_mut().enumerate().map(|(at, stream)| stream.ask_to_register(&format!("u{at}"))).collect();
        let answers: Vec<_> = streams.iter_mut().zip(asked).map(|(stream, id)| stream.reply(id)).collect();
        for (at, (stream, answer)) in streams.iter_mut().zip(answers).enumerate() {
            assert!(answer == Ok(()) || is_told_to_wait(&answer), "{answer:?}: {}", place.served.log());
            // What was reserved too late is free again, and the same name with it.
            let began = now();
            let mut is_done = answer.is_ok();
            while !is_done {
                assert!(began.elapsed() < PATIENCE, "u{at}: {}", place.served.log());
                is_done = stream.preauth(&token).and_then(|()| stream.register(&format!("u{at}"))).is_ok();
            }
        }
        let invite = place.wait_until_redeemed(&id);
        assert_eq!(accounts(&invite).len(), 200);
    }
}

/// What is between a question and its answer.
#[test]
fn nobody_who_answers_is_no_lost_use() {
    for storage in STORAGES {
        let mut place = Place::new(storage);
        let (id, token) = place.invite(&json!({}));
        let mut shown = place.stream();
        assert_eq!(shown.preauth(&token), Ok(()));
        // It hangs: what is asked waits, and is then told to try again.
        place.served.freeze();
        let (mut stream, mut gone) = (place.stream(), place.stream());
        gone.show(&token);
        drop(gone);
        assert_eq!(stream.preauth(&token), Err(WAIT.into()), "{storage:?}");
        assert_eq!(shown.register("romeo"), Err(WAIT.into()));
        assert!(!place.has_account("romeo"));
        // What it was asked while it hung it answers too late: the use that it reserved is free again.
        place.served.signal("CONT");
        let began = now();
        while let Err(error) = stream.preauth(&token).and_then(|()| stream.register("romeo")) {
            assert!(began.elapsed() < PATIENCE, "{error}: {}", place.served.log());
        }
        assert_eq!(accounts(&place.wait_until_redeemed(&id)), ["romeo"]);

        // It ends, in the middle of what it was asked.
        let (id, token) = place.invite(&json!({}));
        let mut shown = place.stream();
        assert_eq!(shown.preauth(&token), Ok(()));
        place.served.freeze();
        let asked = shown.ask_to_register("juliet");
        place.served.kill();
        assert_eq!(shown.reply(asked), Err(WAIT.into()), "{storage:?}");
        assert_eq!(place.stream().preauth(&token), Err(WAIT.into()), "nobody is there");
        assert!(!place.prosody.is_answered(), "and that is known: who asks in vain waits no longer");
        assert_eq!(place.stream().preauth("AAAAAAAAAAAAAAAAAAAAAAAA"), Err(WAIT.into()), "who knows whose it is");
        // Prosody's own are its own to judge.
        let own = place.prosody.token(&OwnToken::account(600));
        assert_eq!(place.sign_up(&own, "nurse"), Ok(()));
        place.restart();
        assert_eq!(shown.register("juliet"), Ok(()), "{}", place.served.log());
        assert_eq!(accounts(&place.wait_until_redeemed(&id)), ["juliet"]);
    }
}

#[test]
fn who_was_told_to_wait_again_and_again_is_let_in_on_the_same_stream() {
    let mut place = Place::new(Storage::Internal);
    let (_, token) = place.invite(&json!({}));
    let mut stream = place.stream();
    place.served.kill();
    // More often than a stream may show tokens that are wrong.
    for _ in 0..20 {
        assert_eq!(stream.preauth(&token), Err(WAIT.into()));
    }
    place.restart();
    let began = now();
    while let Err(error) = stream.preauth(&token).and_then(|()| stream.register("romeo")) {
        assert_eq!(error, WAIT);
        assert!(began.elapsed() < PATIENCE, "{}", place.served.log());
    }
}

/// The account is there, and we are not when that is said; or the server ends before it is.
#[test]
fn what_became_of_a_reserved_use_is_found_out() {
    for storage in STORAGES {
        let mut place = Place::new(storage);
        let (id, token) = place.invite(&json!({}));
        let mut stream = place.stream();
        assert_eq!(stream.preauth(&token), Ok(()));
        // Whether it has registered nobody is told.
        place.hear(
            "local q = require 'util.encodings'.base64.decode(text:sub(9)) if q:find('registered', 1, true) then return true end",
        );
        assert_eq!(stream.register("romeo"), Ok(()));
        let invite = place.wait_until_redeemed(&id);
        assert_eq!((accounts(&invite), &invite["redemptions"][0]["via"]), (vec!["romeo".into()], &json!("app")));

        // The server ends when the use is reserved, and before there is an account.
        let (id, token) = place.invite(&json!({}));
        let mut stream = place.stream();
        assert_eq!(stream.preauth(&token), Ok(()));
        place.prosody.lua(&format!(
            "prosody.hosts['{HOST}'].events.add_handler('user-registering', function () os.exit(9) end, 500) return 'set'"
        ));
        stream.ask_to_register("juliet");
        place.prosody.wait();
        place.prosody.start_again();
        place.prosody.wait_until_answered();
        place.wait_for(&id, |invite| invite["uses_left"] == 1 && invite["status"] == "pending");
        assert_eq!(place.sign_up(&token, "juliet"), Ok(()), "{storage:?} {}", place.served.log());
        assert_eq!(accounts(&place.wait_until_redeemed(&id)), ["juliet"]);
    }
}

#[test]
fn what_another_module_refuses_spends_nothing() {
    for storage in STORAGES {
        let place = Place::new(storage);
        let (id, token) = place.invite(&json!({}));
        place.prosody.lua(&format!(
            "prosody.hosts['{HOST}'].events.add_handler('user-registering', function (event) \
         if event.username == 'tybalt' then event.allowed = false return true end end, 500) return 'set'"
        ));
        let mut stream = place.stream();
        assert_eq!(stream.preauth(&token), Ok(()));
        assert_eq!(stream.register("tybalt"), Err("modify/not-acceptable".into()));
        // The same stream has another try.
        assert_eq!(stream.register("romeo"), Ok(()), "{}", place.served.log());
        assert_eq!(accounts(&place.wait_until_redeemed(&id)), ["romeo"]);
        assert_eq!(stream.register("juliet"), Err(FORBIDDEN.into()), "one use is one account, also on one stream");
        // Nor where it does not wait for the answer: what has become of a use is known before it is asked for again.
        for at in 0..30 {
            let (_, token) = place.invite(&json!({}));
            let mut stream = place.stream();
            assert_eq!(stream.preauth(&token), Ok(()));
            let tries = (stream.ask_to_register("tybalt"), stream.ask_to_register(&format!("nurse{at}")));
            assert_eq!(stream.reply(tries.0), Err("modify/not-acceptable".into()));
            assert_eq!(stream.reply(tries.1), Ok(()), "{at}: {}", place.served.log());
        }
    }
}

#[test]
fn name_end_and_revocation_are_judged_when_it_registers() {
    for storage in STORAGES {
        let place = Place::new(storage);
        let shown = |order: &Value| {
            let (id, token) = place.invite(order);
            let mut stream = place.stream();
            assert_eq!(stream.preauth(&token), Ok(()));
            (id, stream)
        };
        let (_, mut bound) = shown(&json!({"username": "juliet"}));
        assert_eq!(bound.register("romeo"), Err("modify/not-acceptable".into()));
        let (_, mut other) = shown(&json!({}));
        assert_eq!(other.register("juliet"), Err("cancel/conflict".into()), "it is kept for somebody");
        assert_eq!(other.register("admin"), Err("modify/not-acceptable".into()), "it is reserved");
        assert_eq!(bound.register("juliet"), Ok(()));
        assert_eq!(other.register("juliet"), Err("cancel/conflict".into()), "somebody has it");
        let (id, mut revoked) = shown(&json!({}));
        place.api("DELETE", &format!("/api/v1/invites/{id}"), &Value::Null);
        assert_eq!(revoked.register("romeo"), Err(FORBIDDEN.into()));
        let (id, mut expired) = shown(&json!({"ttl": "1s"}));
        place.wait_for(&id, |invite| invite["status"] == "expired");
        assert_eq!(expired.register("romeo"), Err(FORBIDDEN.into()));
        let (id, mut reset) = shown(&json!({"reset": "juliet"}));
        assert_eq!(reset.register("romeo"), Err("auth/forbidden".into()), "no account is made with it");
        assert_eq!(reset.register("juliet"), Ok(()));
        assert_eq!(accounts(&place.wait_until_redeemed(&id)), ["juliet"]);
        assert!(!place.has_account("romeo"));
    }
}

/// What an account gets goes over to Prosody with the answer.
#[test]
fn the_longest_of_what_an_account_gets_goes_over() {
    let place = Place::new(Storage::Sql);
    let words: Vec<_> = (0..32).map(|at| format!("{at:03}{}", "語".repeat(125))).collect();
    let (_, token) = place.invite(&json!({"groups": words, "roles": ["prosody:member"]}));
    place.prosody.lua(&format!(
        "prosody.hosts['{HOST}'].events.add_handler('user-registered', function (event) \
         prosody.groups = event.session.validated_invite.additional_data.groups end, 1) return 'heard'"
    ));
    assert_eq!(place.sign_up(&token, "romeo"), Ok(()), "{}", place.served.log());
    assert_eq!(place.prosody.lua("return tostring(#prosody.groups) .. prosody.groups[32]"), format!("32{}", words[31]));
}

/// As when we are started again while an app waits.
#[test]
fn who_comes_to_answer_is_asked_what_is_open() {
    let place = Place::new(Storage::Internal);
    let (_, token) = place.invite(&json!({}));
    place.served.freeze();
    let began = now();
    for comer in 0.. {
        let mut stream = place.stream();
        stream.show(&token);
        let asked = place.prosody.lua(&format!(
            "local asked = 'nothing' prosody.hosts['{HOST}'].invited.answers('comer{comer}', function (text) \
             asked = require 'util.encodings'.base64.decode(text:sub(9)) return true end) return (asked:gsub('[^%w:,_-]', ''))"
        ));
        if asked.contains(&format!("token:{token}")) && asked.contains("of:preauth") {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{asked}");
    }
    place.served.signal("CONT");
}

#[test]
fn a_reload_of_mod_invites_lets_nobody_in() {
    for storage in STORAGES {
        let place = Place::new(storage);
        let (id, token) = place.invite(&json!({}));
        let mut streams: Vec<_> = (0..3).map(|_| place.stream()).collect();
        for stream in &mut streams {
            assert_eq!(stream.preauth(&token), Ok(()));
        }
        place.prosody.lua(&format!("require 'core.modulemanager'.reload('{HOST}', 'invites') return 'done'"));
        let replies: Vec<_> =
            streams.iter_mut().enumerate().map(|(at, stream)| stream.register(&format!("u{at}"))).collect();
        assert_eq!(replies.iter().filter(|reply| reply.is_ok()).count(), 1, "{storage:?} {replies:?}");
        assert_eq!(accounts(&place.wait_until_redeemed(&id)).len(), 1);
    }
}

#[test]
fn a_stranger_with_ten_thousand_tokens_costs_little() {
    let place = Place::new(Storage::Internal);
    let (_, token) = place.invite(&json!({}));
    place.hear("prosody.asked = (prosody.asked or 0) + 1");
    let reads = || -> usize {
        let code = "local manager = require 'core.storagemanager'.olddm \
                    if not prosody.reads then local load = manager.load \
                    function manager.load(user, host, store, ...) if store == 'invite_token' then prosody.reads = prosody.reads + 1 end \
                    return load(user, host, store, ...) end end \
                    local reads = prosody.reads or 0 prosody.reads = 0 return tostring(reads)";
        place.prosody.lua(code).parse().unwrap()
    };
    reads();
    let mut replies = std::collections::BTreeMap::new();
    for stream in 0..20 {
        let mut guesser = place.stream();
        let shown: Vec<_> = (0..500).map(|at| guesser.show(&format!("{stream:012}{at:012}"))).collect();
        for id in shown {
            *replies.entry(guesser.reply(id)).or_insert(0) += 1;
        }
    }
    let asked: usize = place.prosody.lua("return tostring(prosody.asked)").parse().unwrap();
    assert!(asked <= 20 * 10 + 10, "{asked} questions");
    assert_eq!(replies[&Err(FORBIDDEN.into())] + replies[&Err(WAIT.into())], 10_000, "{replies:?}");
    // A minute may have begun in between.
    let read = reads();
    assert!(read <= 2 * 60, "{read} times in Prosody's own storage");
    assert_eq!(place.sign_up(&token, "romeo"), Ok(()), "a right token is taken from the same address");
}
