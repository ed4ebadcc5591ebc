//! The adapter for Prosody against a real Prosody, with both of its storages.

use crate::common::hostile;
use crate::common::prosody;

use std::os::unix::net::UnixStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_lite::future::block_on;
use invited::backend::prosody::Prosody as Client;
use invited::backend::{Adapter as _, CallError, Finding, Mint, NewAccount, NewPassword, Refusal, TokenState};
use invited::config::secret::Secret;
use invited::invite::Kind;
use invited::invite::name::{Jid, Username};
use jiff::Timestamp;

use prosody::{HOST, OwnToken, Prosody, Storage};

const STORAGES: [Storage; 2] = [Storage::Internal, Storage::Sql];

/// Where our pages are.
const BASE: &str = "https://invite.example.com/";

fn client(prosody: &Prosody) -> Client {
    Client::new(&HOST.parse().unwrap(), &prosody.socket())
}

fn name(text: &str) -> Username {
    text.parse().unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(text.into())
}

fn account<'a>(username: &'a Username, password: &'a Secret) -> NewAccount<'a> {
    let not_after = Timestamp::MAX;
    NewAccount { username, password, contact: None, groups: &[], roles: &[], token: None, client: None, not_after }
}

/// A token of Prosody's own for an hour; such as earlier versions of this program had minted, too.
fn token(prosody: &Prosody, kind: &Kind) -> String {
    prosody.token(&own(kind, 3_600))
}

fn own(kind: &Kind, seconds: u64) -> OwnToken<'_> {
    OwnToken {
        kind: kind.name().word(),
        username: kind.username().map_or("", Username::as_str),
        contact: kind.contact().map_or("", |contact| contact.user.as_str()),
        role: "",
        seconds,
    }
}

#[test]
fn the_server_can_be_stopped_and_started_again() {
    for storage in STORAGES {
        let mut prosody = Prosody::with_clients(storage);
        assert!(UnixStream::connect(prosody.socket()).is_ok(), "{}", prosody.log());
        prosody.stop();
        assert!(UnixStream::connect(prosody.socket()).is_err());
        prosody.start_again();
        assert!(UnixStream::connect(prosody.socket()).is_ok());
        prosody.kill();
        assert!(UnixStream::connect(prosody.socket()).is_err());
        prosody.start_again();
        assert!(UnixStream::connect(prosody.socket()).is_ok());
    }
}

#[test]
fn accounts_are_made_and_get_new_passwords() {
    for storage in STORAGES {
        let prosody = Prosody::with_clients(storage);
        let client = client(&prosody);
        let (juliet, password) = (name("juliet"), secret("a pass\"word & more"));
        block_on(async {
            assert_eq!(client.exists(&juliet).await, Ok(false), "{}", prosody.log());
            assert_eq!(client.create(&account(&juliet, &password)).await, Ok(()), "{}", prosody.log());
            assert_eq!(client.exists(&juliet).await, Ok(true));
            assert_eq!(client.create(&account(&juliet, &password)).await, Err(Refusal::Taken.into()));
            let late = NewAccount { not_after: Timestamp::UNIX_EPOCH, ..account(&juliet, &password) };
            assert!(matches!(client.create(&late).await, Err(CallError::Away(_))));
            let fresh = secret("another one");
            let reset = |username| NewPassword { username, password: &fresh, token: None, not_after: Timestamp::MAX };
            assert_eq!(client.set_password(&reset(&juliet)).await, Ok(()));
            assert_eq!(client.set_password(&reset(&name("nobody"))).await, Err(Refusal::NoAccount.into()));
            assert_eq!(client.exists(&name("nobody")).await, Ok(false));
        });
    }
}

#[test]
fn a_password_is_asked_of_the_hosts_authentication() {
    for storage in STORAGES {
        let prosody = Prosody::with_clients(storage);
        let client = client(&prosody);
        let (romeo, password) = (name("romeo"), "a pass\"word' & more");
        assert_eq!(block_on(client.create(&account(&romeo, &secret(password)))), Ok(()));
        let check = |username: &str, password: &str| block_on(client.check_password(&name(username), password));
        assert_eq!(check("romeo", password), Ok(true), "{}", prosody.log());
        for wrong in ["", "a pass", "A PASS\"WORD' & MORE", "a pass\"word' & more\0", "\0", "a\nb", &"x".repeat(4_000)]
        {
            assert_eq!(check("romeo", wrong), Ok(false), "{storage:?} {wrong:?}");
        }
        assert_eq!(check("nobody", password), Ok(false));
        // It is prepared as everywhere (RFC 4013).
        assert_eq!(check("romeo", &password.replace(' ', "\u{a0}")), Ok(true));
        if prosody.is_13() {
            let switch = |act: &str| {
                prosody.lua(&format!("return tostring(require'core.usermanager'.{act}_user('romeo', '{HOST}'))"))
            };
            switch("disable");
            assert_eq!(check("romeo", password), Ok(false), "a disabled account is nobody's");
            switch("enable");
            assert_eq!(check("romeo", password), Ok(true));
            // Some other authentication, that leaves it to whoever asks.
            let users = format!("prosody.hosts['{HOST}'].users");
            prosody.lua(&format!("{users}.is_enabled = function () return false end return 'done'"));
            assert_eq!(check("romeo", password), Ok(false));
            prosody.lua(&format!("{users}.is_enabled = function () error('a fault') end return 'done'"));
            assert_eq!(check("romeo", password), Ok(false));
        }
        let with = |body: &str| {
            prosody.lua(&format!(
                "prosody.hosts['{HOST}'].users.test_password = function (name, password) {body} end return 'done'"
            ));
        };
        with("error('no ' .. name .. ' ' .. password:upper())");
        assert_eq!(
            check("romeo", password),
            Err(Refusal::Other("check_password: the host's authentication failed".into()).into())
        );
        with("return nil, 'method not implemented'");
        assert_eq!(check("romeo", password), Err(Refusal::Unsupported.into()));
        assert!(!prosody.log().contains("a pass"));
    }
}

#[test]
fn tokens_of_its_own_are_looked_up_used_and_taken_back() {
    for storage in STORAGES {
        let prosody = Prosody::with_clients(storage);
        let client = client(&prosody);
        let (romeo, juliet, password) = (name("romeo"), name("juliet"), secret("a password"));
        block_on(async {
            assert_eq!(client.create(&account(&romeo, &password)).await, Ok(()));
            let contact = Jid { user: romeo.clone(), host: HOST.parse().unwrap() };
            let kinds = [
                Kind::Account { username: None },
                Kind::Account { username: Some(juliet.clone()) },
                Kind::Contact { contact: contact.clone(), username: None },
                Kind::Contact { contact, username: Some(juliet.clone()) },
                Kind::Reset { username: romeo.clone() },
            ];
            for kind in &kinds {
                let token = token(&prosody, kind);
                match client.look_up(&token).await {
                    Ok(TokenState::Live(found)) => {
                        assert!(found.kind == *kind && !found.reusable, "{storage:?} {found:?}");
                    }
                    other => panic!("{kind:?}: {other:?}"),
                }
                assert_eq!(client.withdraw(&token).await, Ok(true));
                assert_eq!(client.withdraw(&token).await, Ok(false));
                assert_eq!(client.look_up(&token).await, Ok(TokenState::Unused));
                let wanted = Mint { kind, groups: &[], roles: &[], ttl: Duration::from_hours(1), spares_admins: true };
                assert_eq!(client.mint(&wanted).await, Err(Refusal::Unsupported.into()), "apps show ours");
            }
            // What a token is used up for.
            let used = token(&prosody, &kinds[2]);
            let with = NewAccount { token: Some(&used), ..account(&juliet, &password) };
            assert_eq!(client.create(&with).await, Ok(()), "{}", prosody.log());
            assert_eq!(client.look_up(&used).await, Ok(TokenState::Used(Some(juliet.clone()))));
            let again = name("tybalt");
            let with = NewAccount { token: Some(&used), ..account(&again, &password) };
            assert_eq!(client.create(&with).await, Err(Refusal::NoToken.into()));
            assert_eq!(client.exists(&again).await, Ok(false));

            let used = token(&prosody, &kinds[4]);
            let reset =
                NewPassword { username: &romeo, password: &password, token: Some(&used), not_after: Timestamp::MAX };
            assert_eq!(client.set_password(&reset).await, Ok(()));
            assert_eq!(client.set_password(&reset).await, Err(Refusal::NoToken.into()));
            assert_eq!(client.look_up(&used).await, Ok(TokenState::Used(Some(romeo.clone()))));
            assert_eq!(client.tidy().await, Ok(()));
            assert_eq!(client.look_up(&used).await, Ok(TokenState::Used(Some(romeo))), "it is still known");
        });
    }
}

/// A module of somebody else's: it is told of everything before and after ours.
fn hear(prosody: &Prosody, event: &str, body: &str) {
    for priority in ["1000", "-1000"] {
        prosody.lua(&format!(
            "prosody.hosts['{HOST}'].events.add_handler('{event}', function (event) {body} end, {priority}) return 'heard'"
        ));
    }
}

/// Counts what is in a table that `lua` gives.
fn count(prosody: &Prosody, lua: &str) -> usize {
    let code = format!("local n = 0 for _ in pairs({lua} or {{}}) do n = n + 1 end return tostring(n)");
    prosody.lua(&code).parse().unwrap()
}

const TOKENS: &str = "prosody.hosts['example.com'].modules.invites.module:open_store('invite_token')";

#[test]
fn an_account_that_is_made_is_told_so_whatever_a_module_throws() {
    for storage in STORAGES {
        for thrown in ["'a fault of ' .. event.username", "{ a = 'table' }"] {
            let prosody = Prosody::with_clients(storage);
            hear(&prosody, "user-registered", &format!("error({thrown})"));
            hear(&prosody, "user-password-reset", &format!("error({thrown})"));
            let client = client(&prosody);
            let (romeo, juliet, password) = (name("romeo"), name("juliet"), secret("a password"));
            block_on(async {
                assert_eq!(client.create(&account(&romeo, &password)).await, Ok(()), "{storage:?} {}", prosody.log());
                // All that belongs to it is there, too.
                let contact = Jid { user: romeo.clone(), host: HOST.parse().unwrap() };
                let kind = Kind::Contact { contact: contact.clone(), username: None };
                let used = prosody.token(&OwnToken { role: "prosody:admin", ..own(&kind, 3_600) });
                let with = NewAccount { token: Some(&used), ..account(&juliet, &password) };
                assert_eq!(client.create(&with).await, Ok(()));
                assert_eq!(client.look_up(&used).await, Ok(TokenState::Used(Some(juliet.clone()))));
                assert_eq!(subscriptions(&prosody, "romeo", "juliet"), "both both");
                assert_eq!(
                    prosody.lua(
                        "return tostring(require'core.usermanager'.is_admin('juliet@example.com', 'example.com'))"
                    ),
                    "true"
                );
                let nurse = name("nurse");
                let again = NewAccount { token: Some(&used), ..account(&nurse, &password) };
                assert_eq!(client.create(&again).await, Err(Refusal::NoToken.into()));

                let fresh = secret("another one");
                let used = token(&prosody, &Kind::Reset { username: romeo.clone() });
                let reset =
                    NewPassword { username: &romeo, password: &fresh, token: Some(&used), not_after: Timestamp::MAX };
                assert_eq!(client.set_password(&reset).await, Ok(()));
                assert_eq!(client.look_up(&used).await, Ok(TokenState::Used(Some(romeo.clone()))));
            });
            assert!(prosody.lets_in("romeo", "another one") && !prosody.lets_in("romeo", "a password"));
            assert!(prosody.lets_in("juliet", "a password"));
        }
        // Modules of all hosts hear of passwords.
        let prosody = Prosody::with_clients(storage);
        prosody.lua(
            "prosody.events.add_handler('user-password-changed', function () error('a fault') end) return 'heard'",
        );
        let client = client(&prosody);
        let (romeo, old, fresh) = (name("romeo"), secret("a password"), secret("another one"));
        assert_eq!(block_on(client.create(&account(&romeo, &old))), Ok(()));
        let reset = NewPassword { username: &romeo, password: &fresh, token: None, not_after: Timestamp::MAX };
        assert_eq!(block_on(client.set_password(&reset)), Ok(()));
        assert!(prosody.lets_in("romeo", "another one"));
    }
}

fn subscriptions(prosody: &Prosody, one: &str, other: &str) -> String {
    prosody.lua(&format!(
        "local rm, told = require 'core.rostermanager', {{}} for a, b in pairs {{ ['{one}'] = '{other}', ['{other}'] = '{one}' }} do \
         table.insert(told, (rm.load_roster(a, '{HOST}')[b .. '@{HOST}'] or {{}}).subscription or 'none') end \
         return table.concat(told, ' ')"
    ))
}

#[test]
fn an_account_that_is_not_made_leaves_nothing() {
    for storage in STORAGES {
        let prosody = Prosody::with_clients(storage);
        let client = client(&prosody);
        let (romeo, password) = (name("romeo"), secret("a password of romeo's"));
        // Half of it is there when it fails, and the text holds all that was sent.
        prosody.lua(
            "local users = prosody.hosts['example.com'].users local create = users.create_user \
             function users.create_user(name, password) create(name) error('no ' .. name .. ' ' .. password) end return 'done'",
        );
        match block_on(client.create(&account(&romeo, &password))) {
            Err(CallError::Refused(Refusal::Other(why))) => {
                assert!(why.starts_with("create: ") && !why.contains("romeo"), "{why}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(block_on(client.exists(&romeo)), Ok(false), "{storage:?}");
    }
}

#[test]
fn what_a_module_does_not_allow_is_told_apart() {
    let table = [
        ("event.error_condition, event.reason = 'not-acceptable', 'Choose a stronger password'", Refusal::Password),
        ("event.error_condition, event.reason = 'not-acceptable', 'This username is not for you'", Refusal::Name),
        (
            "event.error = { type = 'wait', condition = 'policy-violation', text = 'Too many' }",
            Refusal::Later("policy-violation".into()),
        ),
        ("event.error_condition = 'resource-constraint'", Refusal::Later("resource-constraint".into())),
        ("event.error_condition = 'conflict'", Refusal::Taken),
        ("event.error_type, event.error_condition = 'auth', 'forbidden'", Refusal::NotAllowed("auth/forbidden".into())),
        ("event.reason = 'We are closed'", Refusal::NotAllowed("modify/not-acceptable".into())),
        ("event.allow_reset = 'romeo'", Refusal::NotAllowed("modify/not-acceptable".into())),
    ];
    let prosody = Prosody::with_clients(Storage::Internal);
    let client = client(&prosody);
    let (romeo, password) = (name("romeo"), secret("a password"));
    for (body, refusal) in table {
        let handler = format!(
            "local events = prosody.hosts['{HOST}'].events if TRIED then events.remove_handler('user-registering', TRIED) end \
             function TRIED(event) event.allowed = event.username == 'nobody' {body} end \
             events.add_handler('user-registering', TRIED) return 'done'"
        );
        prosody.lua(&handler.replace("TRIED", "prosody.tried"));
        assert_eq!(block_on(client.create(&account(&romeo, &password))), Err(refusal.into()), "{body}");
        assert_eq!(block_on(client.exists(&romeo)), Ok(false));
    }
}

/// Has Prosody believe that it is so many seconds after the first time that this was called.
fn set_clock(prosody: &Prosody, seconds: i64) {
    prosody.lua(&format!(
        "prosody.real_time, prosody.began = prosody.real_time or os.time, prosody.began or os.time() \
         os.time = function (at) return at and prosody.real_time(at) or prosody.began + {seconds} end return 'set'"
    ));
}

#[test]
fn a_password_policy_is_asked() {
    let prosody = Prosody::with_clients(Storage::Internal);
    prosody.lua(&format!(
        "prosody.hosts['{HOST}'].modules.password_policy = {{ module = {{}}, check_password = function (password, about) \
         if #password < 12 or password:find(about.username, 1, true) then return nil, 'too weak', 'length' end return true end }} \
         return 'done'"
    ));
    let client = client(&prosody);
    let (romeo, weak, strong) = (name("romeo"), secret("a password"), secret("a longer password"));
    assert_eq!(block_on(client.create(&account(&romeo, &weak))), Err(Refusal::Password.into()));
    assert_eq!(block_on(client.create(&account(&romeo, &strong))), Ok(()));
    let reset = NewPassword { username: &romeo, password: &weak, token: None, not_after: Timestamp::MAX };
    assert_eq!(block_on(client.set_password(&reset)), Err(Refusal::Password.into()));
    assert!(prosody.lets_in("romeo", "a longer password"));
}

#[test]
fn what_has_lapsed_is_cleared_away() {
    for storage in STORAGES {
        let prosody = Prosody::with_clients(storage);
        let client = client(&prosody);
        let (romeo, juliet, password) = (name("romeo"), name("juliet"), secret("a password"));
        let contact = Jid { user: romeo.clone(), host: HOST.parse().unwrap() };
        let kinds = [Kind::Contact { contact, username: None }, Kind::Account { username: None }];
        set_clock(&prosody, 0);
        block_on(async {
            assert_eq!(client.create(&account(&romeo, &password)).await, Ok(()));
            let mut lapsed = vec![];
            for kind in kinds.iter().chain(&kinds) {
                lapsed.push(prosody.token(&own(kind, 59)));
            }
            let [kept, used] = [&kinds[0], &kinds[1]].map(|kind| token(&prosody, kind));
            let with = NewAccount { token: Some(&used), ..account(&juliet, &password) };
            assert_eq!(client.create(&with).await, Ok(()));
            set_clock(&prosody, 60);
            let stored =
                || [format!("{TOKENS}:get(nil)"), format!("{TOKENS}:get('romeo')")].map(|lua| count(&prosody, &lua));
            assert_eq!(stored(), [5, 3], "Prosody itself clears nothing away");
            assert_eq!(client.tidy().await, Ok(()));
            assert_eq!(stored(), [1, 1]);
            for token in &lapsed {
                assert_eq!(client.look_up(token).await, Ok(TokenState::Unused));
            }
            assert!(matches!(client.look_up(&kept).await, Ok(TokenState::Live(_))));
            assert_eq!(client.look_up(&used).await, Ok(TokenState::Used(Some(juliet.clone()))));
            assert_eq!(notes(&prosody), 2, "of the one that is kept, and of the one that was used");
            set_clock(&prosody, 91 * 86_400);
            assert_eq!(client.tidy().await, Ok(()));
            assert_eq!((stored(), notes(&prosody)), ([0, 0], 0), "{storage:?}");
        });
    }
}

/// How much is remembered of tokens.
fn notes(prosody: &Prosody) -> usize {
    let code = "local m = prosody.hosts['example.com'].modules.invites.module \
                local store, n = m:open_store('invited_tokens'), 0 \
                for place in store:users() do for _ in pairs(store:get(place) or {}) do n = n + 1 end end return tostring(n)";
    prosody.lua(code).parse().unwrap()
}

#[test]
fn an_account_that_nobody_waits_for_any_more_is_not_made() {
    let prosody = Prosody::with_clients(Storage::Internal);
    let client = client(&prosody);
    set_clock(&prosody, 0);
    block_on(async {
        let (romeo, juliet, password) = (name("romeo"), name("juliet"), secret("a password"));
        let now: i64 = prosody.lua("return tostring(os.time())").parse().unwrap();
        let until = |at: i64| Timestamp::from_second(at).unwrap();
        let late = NewAccount { not_after: until(now - 1), ..account(&romeo, &password) };
        assert!(matches!(client.create(&late).await, Err(CallError::Away(_))));
        let in_time = NewAccount { not_after: until(now), ..account(&juliet, &password) };
        assert_eq!(client.create(&in_time).await, Ok(()));
    });
}

#[test]
fn a_use_that_nobody_heard_of_counts_and_a_lost_token_does_not() {
    for storage in STORAGES {
        let mut prosody = Prosody::with_clients(storage);
        let client = client(&prosody);
        let kind = Kind::Account { username: None };
        assert_eq!(block_on(client.keep()), Ok(()));
        let [unheard, lost] = [(); 2].map(|()| token(&prosody, &kind));
        prosody.stop();
        prosody.start_again();
        // As mod_invites does it, before our hook is in place again.
        prosody.lua(&format!("prosody.hosts['{HOST}'].modules.invites.use('{unheard}') return 'used'"));
        assert_eq!(block_on(client.keep()), Ok(()));
        assert_eq!(block_on(client.look_up(&unheard)), Ok(TokenState::Used(None)), "{storage:?}");
        assert!(matches!(block_on(client.look_up(&lost)), Ok(TokenState::Live(_))));
        assert_eq!(block_on(client.ended(&[&unheard, &lost])), Ok(vec![(0, TokenState::Used(None))]));
        // As when the storage is another one, and nothing was taken along.
        prosody.stop();
        let data = prosody.data();
        for file in ["prosody.sqlite", "example%2ecom/invite_token.dat", "example%2ecom/invited_tokens"] {
            let _ = std::fs::remove_file(data.join(file));
            let _ = std::fs::remove_dir_all(data.join(file));
        }
        prosody.start_again();
        assert_eq!(block_on(client.keep()), Ok(()));
        let both = Ok(vec![(0, TokenState::Unused), (1, TokenState::Unused)]);
        assert_eq!(block_on(client.ended(&[&unheard, &lost])), both, "{storage:?}");
        assert_eq!(block_on(client.look_up(&lost)), Ok(TokenState::Unused));
    }
}

#[test]
fn the_longest_of_each_kind_goes_over() {
    for storage in STORAGES {
        let prosody = Prosody::with_clients(storage);
        let client = client(&prosody);
        // As long as RFC 7622 lets a localpart be, or a file system the name of a file; and as our policy lets everything
        // else be, in letters of three bytes.
        let length = if storage == Storage::Internal { 240 } else { 1_023 };
        let [romeo, juliet] = ["r", "j"].map(|letter| name(&letter.repeat(length)));
        let words: Vec<_> = (0..32).map(|at| format!("{at:03}{}", "語".repeat(125))).collect();
        let password = secret(&"語".repeat(300));
        let contact = Jid { user: romeo.clone(), host: HOST.parse().unwrap() };
        let kind = Kind::Contact { contact: contact.clone(), username: Some(juliet.clone()) };
        block_on(async {
            assert_eq!(client.create(&account(&romeo, &password)).await, Ok(()), "{}", prosody.log());
            let token = token(&prosody, &kind);
            let with = NewAccount {
                contact: Some(&contact),
                groups: &words,
                roles: &words,
                token: Some(&token),
                ..account(&juliet, &password)
            };
            assert_eq!(client.create(&with).await, Ok(()));
            assert_eq!(client.look_up(&token).await, Ok(TokenState::Used(Some(juliet.clone()))));
            let reset = NewPassword { username: &juliet, password: &password, token: None, not_after: Timestamp::MAX };
            assert_eq!(client.set_password(&reset).await, Ok(()));
            // As many as are watched in one round, and as long as a token of another server may be.
            let tokens: Vec<_> = (0..200).map(|at| format!("{at:0128}")).collect();
            let tokens: Vec<_> = tokens.iter().map(String::as_str).collect();
            let unused: Vec<_> = (0..200).map(|at| (at, TokenState::Unused)).collect();
            assert_eq!(client.ended(&tokens).await, Ok(unused));
        });
    }
}

/// How often the file of all tokens was read since this was last asked.
fn reads(prosody: &Prosody) -> usize {
    let code = "local manager = require 'core.storagemanager'.olddm \
                if not prosody.reads then local load = manager.load \
                function manager.load(user, host, store, ...) if store == 'invite_token' and not user then prosody.reads = prosody.reads + 1 end \
                return load(user, host, store, ...) end end \
                local reads = prosody.reads or 0 prosody.reads = 0 return tostring(reads)";
    prosody.lua(code).parse().unwrap()
}

#[test]
fn what_became_of_many_tokens_is_told_without_reading_them() {
    let mut prosody = Prosody::with_clients(Storage::Internal);
    let client = client(&prosody);
    let (romeo, juliet, password) = (name("romeo"), name("juliet"), secret("a password"));
    let kind = Kind::Account { username: None };
    block_on(async {
        assert_eq!(client.keep().await, Ok(()));
        let tokens: Vec<_> = (0..20).map(|_| token(&prosody, &kind)).collect();
        let tokens: Vec<_> = tokens.iter().map(String::as_str).collect();
        reads(&prosody);
        assert_eq!(client.ended(&tokens).await, Ok(vec![]));
        assert_eq!(reads(&prosody), 0, "what we made is known");
        let with = NewAccount { token: Some(tokens[3]), ..account(&romeo, &password) };
        assert_eq!(client.create(&with).await, Ok(()));
        assert_eq!(client.withdraw(tokens[5]).await, Ok(true));
        reads(&prosody);
        let told = Ok(vec![(3, TokenState::Used(Some(romeo.clone()))), (5, TokenState::Unused)]);
        assert_eq!(client.ended(&tokens).await, told);
        assert_eq!(reads(&prosody), 1, "for the one that was taken back");
        prosody.stop();
        prosody.start_again();
        assert_eq!(client.keep().await, Ok(()));
        reads(&prosody);
        assert_eq!(client.ended(&tokens).await, told);
        assert_eq!(reads(&prosody), 1, "once after a restart, for all of them");
        let rest: Vec<_> = tokens.iter().copied().filter(|token| *token != tokens[5]).collect();
        let with = NewAccount { token: Some(tokens[0]), ..account(&juliet, &password) };
        assert_eq!(client.create(&with).await, Ok(()));
        reads(&prosody);
        let told = vec![(0, TokenState::Used(Some(juliet))), (3, TokenState::Used(Some(romeo)))];
        assert_eq!(client.ended(&rest).await, Ok(told));
        assert_eq!(reads(&prosody), 0);
    });
}

#[test]
fn an_older_hook_makes_way_and_a_reload_brings_ours_back() {
    for storage in STORAGES {
        let prosody = Prosody::with_clients(storage);
        prosody.lua(&format!(
            "local module = prosody.hosts['{HOST}'].modules.invites.module \
             local function old(event) event.allowed = false return true end \
             module:hook('user-registering', old, 200) \
             module.invited = {{ version = 'invited-0', hooks = {{ {{ event = 'user-registering', handler = old }} }} }} return 'done'"
        ));
        let client = client(&prosody);
        let version = || {
            prosody.lua(&format!(
                "return (prosody.hosts['{HOST}'].modules.invites.module.invited or {{}}).version or 'none'"
            ))
        };
        assert_eq!(version(), "invited-0");
        assert_eq!(block_on(client.keep()), Ok(()));
        assert!(version().as_str() > "invited-1");
        let (romeo, password) = (name("romeo"), secret("a password"));
        assert_eq!(block_on(client.create(&account(&romeo, &password))), Ok(()), "the old hook is gone");
        let hooks = || {
            count(
                &prosody,
                &format!(
                    "prosody.hosts['{HOST}'].events._event_map and prosody.hosts['{HOST}'].events._event_map['user-registering']"
                ),
            )
        };
        let before = hooks();
        assert_eq!(block_on(client.keep()), Ok(()));
        assert_eq!(hooks(), before, "it is put in once");
        prosody.lua(&format!("require 'core.modulemanager'.reload('{HOST}', 'invites') return 'done'"));
        assert_eq!(version(), "none");
        assert_eq!(block_on(client.keep()), Ok(()));
        assert!(version().as_str() > "invited-1", "{storage:?}");
    }
}

#[test]
fn contacts_and_roles_are_made_whether_or_not_a_module_does_it() {
    let without: Vec<_> =
        prosody::CLIENT_MODULES.iter().copied().filter(|module| !module.starts_with("invites")).collect();
    for storage in STORAGES {
        for modules in [prosody::CLIENT_MODULES, &without, &[&without[..], &["invites"]].concat()] {
            let prosody = Prosody::with_clients_and(storage, modules, "");
            let client = client(&prosody);
            let (romeo, juliet, password) = (name("romeo"), name("juliet"), secret("a password"));
            let (contact, roles) =
                (Jid { user: romeo.clone(), host: HOST.parse().unwrap() }, ["prosody:admin".to_owned()]);
            let with = NewAccount { contact: Some(&contact), roles: &roles, ..account(&juliet, &password) };
            assert_eq!(block_on(client.create(&account(&romeo, &password))), Ok(()));
            assert_eq!(block_on(client.create(&with)), Ok(()), "{}", prosody.log());
            assert_eq!(subscriptions(&prosody, "romeo", "juliet"), "both both", "{storage:?} {modules:?}");
            let is_admin = |user: &str| {
                prosody.lua(&format!("return tostring(require 'core.usermanager'.is_admin('{user}@{HOST}', '{HOST}'))"))
            };
            assert_eq!(is_admin("juliet"), "true", "{storage:?} {modules:?}");
            assert_ne!(is_admin("romeo"), "true");
        }
    }
}

#[test]
fn admins_are_known_and_keep_their_passwords() {
    // What Prosody calls an admin is in its configuration (of any host), or a role.
    let lines = format!(
        "admins = {{ \"boss@{HOST}\" }}\n\
         custom_roles = {{ {{ name = \"deputy\"; inherits = {{ \"prosody:admin\" }} }} }}\n\
         VirtualHost \"other.example\"\nadmins = {{ \"elsewhere@{HOST}\" }}\n"
    );
    for storage in STORAGES {
        let prosody = Prosody::with_clients_and(storage, prosody::CLIENT_MODULES, &lines);
        let client = client(&prosody);
        let mut people = vec![
            ("boss", vec![], true),
            ("elsewhere", vec![], true),
            ("first", vec!["prosody:admin"], true),
            ("plain", vec![], false),
        ];
        if prosody.is_13() {
            people.extend([
                ("operator", vec!["prosody:operator"], true),
                ("second", vec!["prosody:member", "prosody:admin"], true),
                ("deputy", vec!["deputy"], true),
                ("member", vec!["prosody:member"], false),
            ]);
        } else {
            people.push(("other", vec!["something:else"], false));
        }
        let password = secret("a password");
        block_on(async {
            for (user, roles, _) in &people {
                let roles: Vec<_> = roles.iter().map(|role| (*role).to_owned()).collect();
                let user = name(user);
                let account = NewAccount { roles: &roles, ..account(&user, &password) };
                assert_eq!(client.create(&account).await, Ok(()), "{user}: {}", prosody.log());
            }
            for (user, _, is_admin) in &people {
                let username = name(user);
                assert_eq!(client.is_admin(&username).await, Ok(*is_admin), "{user} {storage:?}");
            }
            assert_eq!(client.is_admin(&name("nobody")).await, Ok(false));
        });
    }
}

#[test]
fn a_server_that_comes_back_is_found_again() {
    let mut prosody = Prosody::with_clients(Storage::Internal);
    let client = client(&prosody);
    let juliet = name("juliet");
    assert_eq!(block_on(client.exists(&juliet)), Ok(false));
    prosody.stop();
    assert!(matches!(block_on(client.exists(&juliet)), Err(CallError::Away(_) | CallError::Unsure(_))));
    assert!(matches!(block_on(client.exists(&juliet)), Err(CallError::Away(_))));
    prosody.start_again();
    assert_eq!(block_on(client.exists(&juliet)), Ok(false));
    prosody.kill();
    prosody.start_again();
    let answer = block_on(client.exists(&juliet));
    assert!(answer == Ok(false) || block_on(client.exists(&juliet)) == Ok(false), "{answer:?}");
}

#[test]
fn what_is_missing_is_told_with_the_lines_that_mend_it() {
    let prosody = Prosody::with_clients(Storage::Internal);
    let examination = block_on(client(&prosody).examine(BASE));
    assert_eq!(examination.server, Some(format!("Prosody {}", prosody.version())));
    assert!(examination.findings.iter().all(|finding| !finding.is_fault), "{examination:?}");
    assert!(examination.findings.iter().any(|finding| finding.mend.contains("storage = \"sql\"")), "{examination:?}");
    let told = |findings: &[Finding], text: &str| findings.iter().any(|finding| finding.what.contains(text));
    assert!(told(&examination.findings, "0 pending and 0 lapsed"), "{examination:?}");
    set_clock(&prosody, 0);
    let kind = Kind::Account { username: None };
    for seconds in [59, 59, 3_600] {
        prosody.token(&own(&kind, seconds));
    }
    set_clock(&prosody, 60);
    assert!(told(&block_on(client(&prosody).examine(BASE)).findings, "1 pending and 2 lapsed"));
    let other = Client::new(&"elsewhere.example".parse().unwrap(), &prosody.socket());
    let findings = block_on(other.examine(BASE)).findings;
    assert!(findings[0].is_fault && findings[0].mend.contains("VirtualHost \"elsewhere.example\""), "{findings:?}");
    let nowhere = Client::new(&HOST.parse().unwrap(), &prosody.socket().with_file_name("nowhere"));
    let findings = block_on(nowhere.examine("https://example.com/invited/")).findings;
    let mend = &findings[0].mend;
    assert!(findings[0].what.contains("No such file") && mend.contains("UMask=0007"), "{findings:?}");
    // What this configuration says, and nobody's example.
    let socket = prosody.socket().with_file_name("nowhere").display().to_string();
    for own in [socket.as_str(), "VirtualHost \"example.com\"", "\"https://example.com/invited/invite?{invite.token}\""]
    {
        assert!(mend.contains(own), "{own}: {mend}");
    }

    let modules: Vec<_> =
        prosody::CLIENT_MODULES.iter().copied().filter(|module| !module.starts_with("invites")).collect();
    let prosody = Prosody::with_clients_and(Storage::Sql, &modules, "");
    let findings = block_on(client(&prosody).examine(BASE)).findings;
    assert!(findings[0].is_fault && findings[0].mend.contains("\"invites\"; \"invites_register\";"), "{findings:?}");
    let (juliet, password) = (name("juliet"), secret("a password"));
    assert_eq!(block_on(client(&prosody).look_up("a token")), Err(Refusal::Unsupported.into()));
    assert_eq!(
        block_on(client(&prosody).create(&account(&juliet, &password))),
        Ok(()),
        "accounts can be made all the same"
    );
}

#[test]
fn what_is_known_of_tokens_comes_along_into_a_database() {
    let mut prosody = Prosody::with_clients(Storage::Internal);
    let client = client(&prosody);
    let (romeo, password) = (name("romeo"), secret("a password"));
    let kind = Kind::Account { username: None };
    let roles = ["prosody:admin".to_owned()];
    let [live, used] = block_on(async {
        let tokens = [(); 2].map(|()| token(&prosody, &kind));
        let with = NewAccount { token: Some(&tokens[1]), roles: &roles, ..account(&romeo, &password) };
        assert_eq!(client.create(&with).await, Ok(()));
        tokens
    });
    let advice = block_on(client.examine(BASE)).findings;
    let lines = advice.iter().find(|finding| finding.mend.contains("prosody-migrator")).unwrap().mend.lines();
    prosody.migrate(lines.skip_while(|line| !line.starts_with("migrator.cfg.lua")).nth(1).unwrap());
    block_on(async {
        assert_eq!(client.keep().await, Ok(()));
        assert!(matches!(client.look_up(&live).await, Ok(TokenState::Live(_))), "{}", prosody.log());
        assert_eq!(client.look_up(&used).await, Ok(TokenState::Used(Some(romeo.clone()))));
        assert_eq!(client.exists(&romeo).await, Ok(true));
        assert!(client.examine(BASE).await.findings.iter().all(|finding| !finding.what.contains("internal")));
    });
}

#[test]
fn hostile_texts_reach_files_as_they_are_or_not_at_all() {
    hostile_texts_are_kept_or_refused(Storage::Internal);
}

#[test]
fn hostile_texts_reach_a_database_as_they_are_or_not_at_all() {
    hostile_texts_are_kept_or_refused(Storage::Sql);
}

fn hostile_texts_are_kept_or_refused(storage: Storage) {
    let prosody = Prosody::with_clients(storage);
    let client = client(&prosody);
    let words = hostile::texts();
    let mut kept = [0; 4];
    block_on(async {
        let (ann, nobody, password) = (name("ann"), name("nobody"), secret("a password"));
        assert_eq!(client.create(&account(&ann, &secret("a password"))).await, Ok(()));
        for (at, text) in words.iter().enumerate() {
            kept[0] += usize::from(as_a_password(&prosody, &client, at, text).await);
            kept[1] += usize::from(as_a_group(&prosody, &client, at, text).await);
            kept[2] += usize::from(as_a_role(&prosody, &client, at, text).await);
            if let Ok(user) = text.parse::<Username>() {
                kept[3] += usize::from(as_a_name(&prosody, &client, &user).await);
            }
            assert_eq!(client.look_up(text).await, Ok(TokenState::Unused), "{text:?}");
            assert_eq!(client.withdraw(text).await, Ok(false), "{text:?}");
            assert_eq!(client.ended(&[text]).await, Ok(vec![(0, TokenState::Unused)]), "{text:?}");
            let with = NewAccount { token: Some(text), ..account(&nobody, &password) };
            assert_eq!(client.create(&with).await, Err(Refusal::NoToken.into()), "{text:?}");
        }
        assert_eq!(client.exists(&ann).await, Ok(true));
    });
    assert!(prosody.lets_in("ann", "a password"));
    println!("of {} texts are taken as password, group, role, name: {kept:?}", words.len());
    assert!(kept[0] > 80 && kept[1] == words.len() && kept[2] > 90 && kept[3] > 10, "{storage:?} {kept:?}");
}

/// A refusal that says nothing of the text.
fn is_refused<T: std::fmt::Debug + PartialEq>(answer: Result<T, CallError>, text: &str) -> Option<T> {
    match answer {
        Ok(value) => Some(value),
        Err(CallError::Refused(refusal)) => {
            let told = refusal.to_string();
            assert!(
                !matches!(refusal, Refusal::Other(_)) && (text.len() < 5 || !told.contains(text)),
                "{text:?}: {told}"
            );
            None
        }
        Err(error) => panic!("{text:?}: {error}"),
    }
}

async fn as_a_password(prosody: &Prosody, client: &Client, at: usize, text: &str) -> bool {
    let (made, reset) = (name(&format!("made{at}")), name(&format!("reset{at}")));
    let (first, hostile) = (secret("a password"), secret(text));
    let is_made = is_refused(client.create(&account(&made, &hostile)).await, text).is_some();
    assert_eq!(client.exists(&made).await, Ok(is_made), "{text:?}");
    assert_eq!(client.check_password(&made, text).await, Ok(is_made), "{text:?}");
    assert_eq!(client.create(&account(&reset, &first)).await, Ok(()));
    let new = NewPassword { username: &reset, password: &hostile, token: None, not_after: Timestamp::MAX };
    assert_eq!(is_refused(client.set_password(&new).await, text).is_some(), is_made, "{text:?}");
    if is_made {
        // A whole stanza may have 10,000 bytes before login.
        let fits = text.len() < 5_000;
        for user in [&made, &reset] {
            assert!(!fits || prosody.lets_in(user.as_str(), text), "{text:?}");
            assert!(!prosody.lets_in(user.as_str(), "a password"));
        }
    } else {
        assert!(prosody.lets_in(reset.as_str(), "a password"), "the old one is still there: {text:?}");
    }
    is_made
}

/// Whether a Lua expression is this text, byte by byte.
fn is(prosody: &Prosody, lua: &str, text: &str) -> bool {
    let text = STANDARD.encode(text);
    prosody.lua(&format!("return tostring({lua} == require 'util.encodings'.base64.decode('{text}'))")) == "true"
}

async fn as_a_group(prosody: &Prosody, client: &Client, at: usize, text: &str) -> bool {
    let groups = [text.to_owned(), "friends".to_owned()];
    // A module that wants them is given them.
    prosody.lua(&format!(
        "local events = prosody.hosts['{HOST}'].events if prosody.heard then events.remove_handler('user-registered', prosody.heard) end \
         function prosody.heard(event) prosody.groups = event.validated_invite.additional_data.groups end \
         events.add_handler('user-registered', prosody.heard) return 'done'"
    ));
    let (user, password) = (name(&format!("group{at}")), secret("a password"));
    assert_eq!(client.create(&NewAccount { groups: &groups, ..account(&user, &password) }).await, Ok(()), "{text:?}");
    is(prosody, "prosody.groups[1]", text)
}

async fn as_a_role(prosody: &Prosody, client: &Client, at: usize, text: &str) -> bool {
    let roles = [text.to_owned(), "friend".to_owned()];
    let (user, password) = (name(&format!("role{at}")), secret("a password"));
    if is_refused(client.create(&NewAccount { roles: &roles, ..account(&user, &password) }).await, text).is_none() {
        return false;
    }
    if prosody.is_13() {
        // A role that the server does not know is nobody's.
        let role = format!("require 'core.usermanager'.get_user_role('{user}', '{HOST}').name");
        assert!(is(prosody, &role, "prosody:registered"), "{text:?}");
        return true;
    }
    let is_only = |lua: &str| {
        let both = format!(
            "next({lua}) and {lua}.friend and (function () for k in pairs({lua}) do if k ~= 'friend' then return k end end end)()"
        );
        is(prosody, &format!("({both})"), text)
    };
    let of_user = format!("require 'core.usermanager'.get_roles('{user}@{HOST}', '{HOST}')");
    assert!(is_only(&of_user), "{text:?}");
    true
}

async fn as_a_name(prosody: &Prosody, client: &Client, user: &Username) -> bool {
    let (text, password) = (user.as_str(), secret("a password"));
    let contact = Jid { user: user.clone(), host: HOST.parse().unwrap() };
    let kinds = [
        Kind::Account { username: Some(user.clone()) },
        Kind::Contact { contact: contact.clone(), username: Some(user.clone()) },
        Kind::Reset { username: user.clone() },
    ];
    if client.exists(user).await == Ok(true) {
        // Two texts may be one name.
        return true;
    }
    let is_made = is_refused(client.create(&account(user, &password)).await, text).is_some();
    assert_eq!(is_refused(client.exists(user).await, text).unwrap_or_default(), is_made, "{text:?}");
    for kind in kinds.iter().filter(|_| is_made) {
        let token = token(prosody, kind);
        match client.look_up(&token).await {
            Ok(TokenState::Live(found)) => assert_eq!(found.kind, *kind, "{text:?}"),
            other => panic!("{text:?}: {other:?}"),
        }
        assert_eq!(client.withdraw(&token).await, Ok(true), "{text:?}");
    }
    let is_right = is_refused(client.check_password(user, "a password").await, text).unwrap_or_default();
    assert_eq!(is_right, is_made, "{text:?}");
    if is_made {
        assert!(text.len() > 5_000 || prosody.lets_in(text, "a password"), "{text:?}");
        let new = secret("another one");
        let reset = NewPassword { username: user, password: &new, token: None, not_after: Timestamp::MAX };
        assert_eq!(client.set_password(&reset).await, Ok(()), "{text:?}");
        let friend = name(&format!("friend-of-{}", STANDARD.encode(text).to_lowercase().replace(['/', '='], "-")));
        let with = NewAccount { contact: Some(&contact), ..account(&friend, &password) };
        assert_eq!(client.create(&with).await, Ok(()), "{text:?}");
        let roster = format!("require 'core.rostermanager'.load_roster('{friend}', '{HOST}')");
        let jid = format!("(function () for jid in pairs({roster}) do if jid then return jid end end end)()");
        assert!(is(prosody, &jid, &format!("{text}@{HOST}")), "{text:?}");
    }
    is_made
}
