//! The adapter for any server, as a client of a real Prosody, and of scripted servers that are none.

use crate::common;
use crate::common::hostile;
use crate::common::prosody;
use crate::common::slixmpp;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use common::{CONFIG, PATIENCE, Scratch};
use futures_lite::future::block_on;
use invited::backend::prosody::Prosody as AdminSocket;
use invited::backend::xmpp::Xmpp as Client;
use invited::backend::{Adapter as _, CallError, Mint, NewAccount, Refusal, TokenState};
use invited::config::secret::Secret;
use invited::config::{TlsUse, XmppSettings};
use invited::invite::Kind;
use invited::invite::name::Username;
use jiff::Timestamp;
use prosody::{CLIENT_MODULES, HOST, Prosody, Storage};
use serde_json::json;

const ADMIN: &str = "invites-admin@example.com";
const PASSWORD: &str = "the admin's \"password\" & more";
const LINES: &str = "admins = { \"invites-admin@example.com\" }\n";

/// Where our pages are.
const BASE: &str = "https://invite.example.com/";

fn name(text: &str) -> Username {
    text.parse().unwrap()
}

fn server() -> Prosody {
    let prosody = Prosody::with_clients_and(Storage::Sql, &[CLIENT_MODULES, &["invites_adhoc"]].concat(), LINES);
    make_admin(&prosody);
    prosody
}

fn make_admin(prosody: &Prosody) {
    let socket = AdminSocket::new(&HOST.parse().unwrap(), &prosody.socket());
    block_on(socket.create(&account(&name("invites-admin"), &Secret::new(PASSWORD.into())))).unwrap();
}

fn settings(address: &str, password: &str) -> XmppSettings {
    XmppSettings {
        jid: ADMIN.parse().unwrap(),
        password: Some(Secret::new(password.into())),
        address: Some(address.into()),
        tls: TlsUse::Off,
    }
}

fn client(prosody: &Prosody, password: &str) -> Client {
    Client::new(&HOST.parse().unwrap(), &settings(&prosody.address().to_string(), password))
}

fn account<'a>(username: &'a Username, password: &'a Secret) -> NewAccount<'a> {
    let not_after = Timestamp::MAX;
    NewAccount { username, password, contact: None, groups: &[], roles: &[], token: None, client: None, not_after }
}

fn login(prosody: &Prosody, username: &str, password: &str) -> bool {
    let request = json!({"do": "login", "username": username, "password": password});
    slixmpp::ask(prosody.address(), &request)["ok"] == true
}

/// Logs in as a client does that leaves the password as it was typed (SASL PLAIN).
fn takes_password(prosody: &Prosody, user: &str, password: &str) -> bool {
    let mut stream = TcpStream::connect(prosody.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let data = base64::engine::general_purpose::STANDARD.encode(format!("\0{user}\0{password}"));
    let stanzas = format!(
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' \
         to='{HOST}'><auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{data}</auth>"
    );
    // At once, and with blanks: of a tag in two parts the server's parser makes nothing before there is as much again.
    stream.write_all(format!("{stanzas}{:200}", "").as_bytes()).unwrap();
    let (mut answer, mut buffer) = (String::new(), [0; 4_096]);
    loop {
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "{answer}");
        answer += std::str::from_utf8(&buffer[..length]).unwrap();
        if answer.contains("<success") || answer.contains("<failure") {
            return answer.contains("<success");
        }
    }
}

const ANYBODY: Kind = Kind::Account { username: None };

fn mint() -> Mint<'static> {
    Mint { kind: &ANYBODY, groups: &[], roles: &[], ttl: Duration::from_hours(1), spares_admins: true }
}

#[test]
fn guests_are_signed_up_in_band() {
    if slixmpp::is_missing() {
        return;
    }
    let mut prosody = server();
    let client = client(&prosody, PASSWORD);
    let (juliet, password) = (name("juliet"), Secret::new("a pass\"word & <more>".into()));
    block_on(async {
        assert_eq!(client.create(&account(&juliet, &password)).await, Ok(()), "{}", prosody.log());
        assert_eq!(client.create(&account(&juliet, &password)).await, Err(Refusal::Taken.into()));
        let minted = client.mint(&mint()).await.unwrap();
        assert!(minted.expires_at.is_some());
        let romeo = name("romeo");
        let with = NewAccount { token: Some(&minted.token), ..account(&romeo, &password) };
        assert_eq!(client.create(&with).await, Ok(()));
        let tybalt = name("tybalt");
        let with = NewAccount { token: Some(&minted.token), ..account(&tybalt, &password) };
        assert_eq!(client.create(&with).await, Err(Refusal::NoToken.into()));
        let late = NewAccount { not_after: Timestamp::UNIX_EPOCH, ..account(&tybalt, &password) };
        assert!(matches!(client.create(&late).await, Err(CallError::Away(_))));
        let examination = client.examine(BASE).await;
        assert_eq!(examination.findings, [], "{examination:?}");
    });
    assert!(login(&prosody, "juliet", password.reveal()) && login(&prosody, "romeo", password.reveal()));
    assert!(!login(&prosody, "tybalt", password.reveal()));

    prosody.stop();
    assert!(matches!(block_on(client.mint(&mint())), Err(CallError::Away(_))));
    prosody.start_again();
    assert!(block_on(client.mint(&mint())).is_ok(), "it logs in again by itself");
    // The stream was ended without our knowing.
    prosody.kill();
    prosody.start_again();
    assert!(block_on(client.mint(&mint())).is_ok());
}

#[test]
fn a_token_that_was_used_is_told_from_one_that_was_not() {
    if slixmpp::is_missing() {
        return;
    }
    let prosody = server();
    let client = client(&prosody, PASSWORD);
    let mint_token = || block_on(client.mint(&mint())).unwrap().token;
    let [used, kept] = [mint_token(), mint_token()];
    let ended = |tokens: &[&str]| block_on(client.ended(tokens)).unwrap();
    for _ in 0..3 {
        assert_eq!(ended(&[&used, &kept]), []);
    }
    let register = |token: &str, username: &str| {
        let request = json!({"do": "register", "token": token, "username": username, "password": "a long password"});
        slixmpp::ask(prosody.address(), &request)
    };
    assert_eq!(register(&used, "juliet"), json!({"ok": true}), "shown, it is still good");
    assert_eq!(
        ended(&[&kept, &used, "AAAAAAAAAAAAAAAAAAAAAAAA"]).into_iter().collect::<BTreeMap<_, _>>(),
        [(1, TokenState::Used(None)), (2, TokenState::Used(None))].into()
    );
    // As many as are shown at once are answered within the call's deadline, whatever limits the server has by default.
    let many: Vec<_> = (0..200).map(|_| kept.as_str()).collect();
    let began = common::now();
    assert_eq!(ended(&many), []);
    assert!(began.elapsed() < invited::backend::DEADLINE, "{:?}", began.elapsed());
    assert_eq!(register(&kept, "romeo"), json!({"ok": true}));
}

#[test]
fn users_show_the_server_their_passwords() {
    let prosody = server();
    let (client, socket) = (client(&prosody, PASSWORD), AdminSocket::new(&HOST.parse().unwrap(), &prosody.socket()));
    let check = |username: &str, password: &str| block_on(client.check_password(&name(username), password));
    let password = "a pass\"word' & <more>";
    for username in ["juliet", "a=b,c", "jürgen"] {
        block_on(socket.create(&account(&name(username), &Secret::new(password.into())))).unwrap();
        assert_eq!(check(username, password), Ok(true), "{}", prosody.log());
        assert_eq!(check(username, "a pass\"word' & <more"), Ok(false));
    }
    // Prepared as servers have it (RFC 4013); no other user's name is in a name.
    assert_eq!(check("juliet", &password.replace(' ', "\u{a0}")), Ok(true));
    for username in ["nobody", "juliet,r=fyko", "a=3db=2cc"] {
        assert_eq!(check(username, password), Ok(false), "{username}");
    }
    if prosody.is_13() {
        prosody.lua(&format!("return tostring(require'core.usermanager'.disable_user('juliet', '{HOST}'))"));
        assert_eq!(check("juliet", password), Ok(false), "a disabled account is nobody's");
    }
    assert!(block_on(client.mint(&mint())).is_ok(), "our own account is none of these");
    assert!(!prosody.log().contains("a pass"));
}

/// What docs/any-server.md says of it: nothing that a client can do holds apps to one account a token, if Prosody does not.
#[test]
fn apps_that_race_with_one_token_are_held_by_the_server_alone() {
    if slixmpp::is_missing() {
        return;
    }
    let prosody = server();
    let token = block_on(client(&prosody, PASSWORD).mint(&mint())).unwrap().token;
    let names = ["one", "two", "three", "four"];
    let request = json!({"do": "race", "token": token, "usernames": names, "password": "a long password"});
    slixmpp::ask(prosody.address(), &request);
    let made = names.iter().filter(|name| login(&prosody, name, "a long password")).count();
    assert_eq!(made, names.len(), "the page says that there are as many accounts as there were streams");
}

#[test]
fn what_is_missing_is_told_with_the_lines_that_mend_it() {
    let prosody = server();
    let findings = block_on(client(&prosody, "wrong").examine(BASE)).findings;
    assert!(findings[0].is_fault && findings[0].what.contains("not-authorized"), "{findings:?}");
    let bare = Prosody::with_clients_and(Storage::Sql, CLIENT_MODULES, LINES);
    make_admin(&bare);
    let findings = block_on(client(&bare, PASSWORD).examine(BASE)).findings;
    assert!(findings[0].mend.contains("\"invites_adhoc\""), "{findings:?}");
    let no_admin = Prosody::with_clients_and(Storage::Sql, &[CLIENT_MODULES, &["invites_adhoc"]].concat(), "");
    make_admin(&no_admin);
    let findings = block_on(client(&no_admin, PASSWORD).examine(BASE)).findings;
    assert!(findings[0].mend.contains("admins = {"), "{findings:?}");
    let nobody = common::free_port().to_string();
    let findings = block_on(Client::new(&HOST.parse().unwrap(), &settings(&nobody, PASSWORD)).examine(BASE)).findings;
    assert!(findings[0].what.contains("cannot connect"), "{findings:?}");
}

#[test]
fn hostile_texts_reach_the_server_as_they_are_or_not_at_all() {
    let prosody = server();
    let client = client(&prosody, PASSWORD);
    let socket = AdminSocket::new(&HOST.parse().unwrap(), &prosody.socket());
    for (at, text) in hostile::texts().iter().enumerate() {
        let (user, password) = (name(&format!("guest{at}")), Secret::new(text.clone()));
        let answer = block_on(client.create(&account(&user, &password)));
        let is_there = block_on(socket.exists(&user)).unwrap();
        assert_eq!(answer.is_ok(), is_there, "{text:?}: {answer:?}");
        assert!(!is_there || takes_password(&prosody, user.as_str(), text), "{text:?} became something else");
        assert_eq!(block_on(client.check_password(&user, text)), Ok(is_there), "{text:?}");
        if let Ok(user) = text.parse::<Username>() {
            let answer = block_on(client.create(&account(&user, &Secret::new("a password".into()))));
            let is_there = block_on(socket.exists(&user)).unwrap_or(false);
            // Two spellings of one name are one name.
            let is_known = answer.is_ok() || answer == Err(Refusal::Taken.into());
            assert_eq!(is_known, is_there, "{text:?}: {answer:?}");
        }
        let with = NewAccount { token: Some(text), ..account(&user, &password) };
        assert!(block_on(client.create(&with)).is_err(), "{text:?} is no token");
    }
}

/// A server that answers each thing it hears with the next of `script`, and then ends the connection.
fn scripted(script: &'static [&'static str]) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4_096];
            for part in script {
                if stream.read(&mut buffer).unwrap_or(0) == 0 || stream.write_all(part.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    Client::new(&HOST.parse().unwrap(), &settings(&address, PASSWORD))
}

#[test]
fn what_is_no_answer_is_not_taken_for_one() {
    const ENDED: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='a'></stream:stream>";
    const OPEN: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='a'><stream:features/>";
    let (user, password) = (name("juliet"), Secret::new("a password".into()));
    let with = NewAccount { token: Some("TOKEN"), ..account(&user, &password) };
    let create = |script| block_on(scripted(script).create(&with));
    let is_away = |answer: &Result<(), CallError>| matches!(answer, Err(CallError::Away(_)));
    let is_unsure = |answer: &Result<(), CallError>| matches!(answer, Err(CallError::Unsure(_)));
    for script in [
        &[""] as &[&str],
        &["garbage"],
        &[ENDED],
        &["<!DOCTYPE a [<!ENTITY b 'c'>]><stream:stream/>"],
        &[
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
        ],
        &[OPEN, "<iq type='resu"],
        &[OPEN, "<iq type='result' id='other'/></stream:stream>"],
    ] {
        let answer = create(script);
        assert!(is_away(&answer), "{script:?}: {answer:?}");
    }
    // From here on it was asked for.
    for script in [
        &[OPEN, "<iq type='result' id='i1'/>", ""] as &[&str],
        &[OPEN, "<iq type='result' id='i1'/>", "<iq type='result' id='i1'/></stream:stream>"],
    ] {
        let answer = create(script);
        assert!(is_unsure(&answer), "{script:?}: {answer:?}");
    }
    // A ping in between is answered, and the answer still found.
    let ping = &[
        OPEN,
        "<iq type='get' id='p' from='example.com'><ping xmlns='urn:xmpp:ping'/></iq><iq type='result' id='i1'/>",
        "<iq type='error' id='i2'><error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
    ];
    assert_eq!(create(ping), Err(Refusal::Taken.into()));
}

#[test]
fn with_tls_the_server_must_be_who_it_says() {
    if slixmpp::is_missing() {
        return;
    }
    let authority = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec![]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&authority).unwrap();
    let issuer = rcgen::Issuer::new(params, authority);
    let dir = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let signed = rcgen::CertificateParams::new(vec![HOST.into()]).unwrap().signed_by(&key, &issuer).unwrap();
    let [roots, chain, private] = ["roots.pem", "chain.pem", "key.pem"].map(|file| dir.path().join(file));
    std::fs::write(&roots, certificate.pem()).unwrap();
    std::fs::write(&chain, signed.pem()).unwrap();
    std::fs::write(&private, key.serialize_pem()).unwrap();
    let tls = format!("{LINES}ssl = {{ certificate = \"{}\", key = \"{}\" }}\n", chain.display(), private.display());
    let modules = [CLIENT_MODULES, &["invites_adhoc", "tls"]].concat();
    let prosody = Prosody::with_clients_and(Storage::Sql, &modules, &tls);
    make_admin(&prosody);
    let scratch = Scratch::new(&format!(
        "{CONFIG}[hosts.\"{HOST}\".backend]\nkind = \"xmpp\"\njid = \"{ADMIN}\"\npassword = {PASSWORD:?}\naddress = \"{}\"\n",
        prosody.address()
    ));
    let check = |roots: &std::path::Path| {
        let mut command = scratch.command();
        let output = command.args(["check", "--connect"]).env("SSL_CERT_FILE", roots).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = check(&roots);
    assert_eq!((code, text.contains("missing")), (Some(0), false), "{text}");
    let (code, text) = check(&chain.with_file_name("none"));
    assert!(code == Some(1) && text.contains("no TLS with example.com"), "{text}");

    // The whole service, by an invite that apps can use.
    let output = scratch.command().args(["invite", "create", "--uri"]).env("SSL_CERT_FILE", &roots).output().unwrap();
    let uri = String::from_utf8(output.stdout).unwrap();
    assert!(uri.starts_with("xmpp:example.com?register;preauth="), "{uri}");
    let token = uri.trim_end().split("preauth=").nth(1).unwrap();
    let request = json!({"do": "register", "token": token, "username": "juliet", "password": "a long password"});
    assert_eq!(slixmpp::ask(prosody.address(), &request), json!({"ok": true}));
}
