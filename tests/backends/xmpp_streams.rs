//! The adapter for any server over whole streams of a scripted one: logins, the command of XEP-0401 in every style, and
//! what servers do to connections.

use crate::common;
use crate::common::fake_xmpp;
use crate::common::hostile;

use std::sync::Arc;
use std::time::Duration;

use common::{CONFIG, PATIENCE, Scratch, now};
use fake_xmpp::{FakeXmpp, HOST, PASSWORD, Reply, Style, USER, certificate};
use futures_lite::future::block_on;
use futures_rustls::rustls::ServerConfig;
use invited::backend::xmpp::Xmpp as Client;
use invited::backend::{Adapter as _, CallError, Mint, NewAccount, Refusal};
use invited::config::secret::Secret;
use invited::config::{TlsUse, XmppSettings};
use invited::invite::Kind;
use invited::invite::name::Username;
use invited::log::chain;
use jiff::Timestamp;

const ANYBODY: Kind = Kind::Account { username: None };
const STYLES: [Style; 4] = [Style::Prosody, Style::V0_5, Style::V0_6, Style::Ejabberd];

fn client_with(server: &FakeXmpp, password: &str, tls: TlsUse) -> Client {
    let settings = XmppSettings {
        jid: format!("{USER}@{HOST}").parse().unwrap(),
        password: Some(Secret::new(password.into())),
        address: Some(server.address.to_string()),
        tls,
    };
    Client::new(&HOST.parse().unwrap(), &settings)
}

fn client(server: &FakeXmpp) -> Client {
    client_with(server, PASSWORD, TlsUse::Off)
}

fn name(text: &str) -> Username {
    text.parse().unwrap()
}

fn mint(client: &Client) -> Result<String, CallError> {
    let wanted = Mint { kind: &ANYBODY, groups: &[], roles: &[], ttl: Duration::from_hours(1), spares_admins: true };
    block_on(client.mint(&wanted)).map(|minted| minted.token)
}

fn create_with(client: &Client, username: &str, token: Option<&str>) -> Result<(), CallError> {
    let (username, password) = (name(username), Secret::new("a long password".into()));
    block_on(client.create(&NewAccount {
        username: &username,
        password: &password,
        contact: None,
        groups: &[],
        roles: &[],
        token,
        client: None,
        not_after: Timestamp::MAX,
    }))
}

fn create(client: &Client, username: &str) -> Result<(), CallError> {
    create_with(client, username, None)
}

fn is_away<T>(answer: &Result<T, CallError>) -> bool {
    matches!(answer, Err(CallError::Away(_)))
}

/// The server is there, and wants the guest to come again; that is no reason to leave it alone.
fn is_later<T>(answer: &Result<T, CallError>) -> bool {
    matches!(answer, Err(CallError::Refused(Refusal::Later(why))) if why.contains("limits on registration"))
}

#[test]
fn invites_are_made_in_every_style() {
    for style in STYLES {
        let server = FakeXmpp::start(style);
        let client = client(&server);
        let token = mint(&client).unwrap_or_else(|error| panic!("{style:?}: {error}"));
        assert_eq!(create_with(&client, "juliet", Some(&token)), Ok(()), "{style:?}");
        assert_eq!(create_with(&client, "romeo", Some(&token)), Err(Refusal::NoToken.into()), "{style:?}");
        assert_eq!(create(&client, "romeo"), Ok(()), "{style:?}");
        let state = server.state();
        assert!(state.accounts.keys().eq(["juliet", "romeo"]));
        assert!(state.tokens.values().all(|(name, is_used)| name.is_none() && *is_used), "nobody's name was told");
        assert_eq!(state.logins, 1, "one stream for all invites");
    }
}

#[test]
fn every_way_to_log_in_that_is_safe_works() {
    for mechanisms in [&["SCRAM-SHA-256"] as &'static [_], &["SCRAM-SHA-1"], &["PLAIN", "SCRAM-SHA-1"]] {
        let server = FakeXmpp::start(Style::V0_6);
        server.state().mechanisms = mechanisms;
        assert!(mint(&client(&server)).is_ok(), "{mechanisms:?}");
    }
    for mechanisms in [&["PLAIN"] as &'static [_], &["DIGEST-MD5", "EXTERNAL"], &[]] {
        let server = FakeXmpp::start(Style::V0_6);
        server.state().mechanisms = mechanisms;
        let answer = mint(&client(&server));
        assert!(
            matches!(&answer, Err(CallError::Away(why)) if chain(why).to_string().contains("SCRAM")),
            "{mechanisms:?}: {answer:?}"
        );
        assert_eq!(server.state().logins, 0, "nothing was sent in the clear");
    }
    let server = FakeXmpp::start(Style::V0_6);
    server.state().is_impostor = true;
    assert!(is_away(&mint(&client(&server))), "a server that does not know the password is not ours");
    assert_eq!(server.count("execute"), 0);
}

#[test]
fn a_server_that_wants_the_password_hashed_without_end_holds_nothing() {
    for mechanisms in [&["SCRAM-SHA-256"] as &'static [_], &["SCRAM-SHA-1"]] {
        for iterations in ["4294967295", "1000001", "1,i=4294967295", "0"] {
            let server = FakeXmpp::start(Style::V0_6);
            (server.state().mechanisms, server.state().iterations) = (mechanisms, Some(iterations));
            let client = client(&server);
            // Where they are done, this ends after a quarter of an hour.
            let answer = mint(&client);
            let Err(CallError::Away(why)) = &answer else { panic!("{iterations}: {answer:?}") };
            let why = chain(why).to_string();
            assert!(why.contains("iterations of SCRAM, and 1 to 1000000 are done here"), "{why}");
            assert!(server.state().heard.is_empty());
        }
    }
}

#[test]
fn a_refused_password_is_not_tried_over_and_over() {
    for condition in ["not-authorized", "account-disabled", "credentials-expired"] {
        let server = FakeXmpp::start(Style::V0_6);
        server.state().login_failure = Some(condition);
        let client = client(&server);
        for _ in 0..20 {
            let answer = block_on(client.keep());
            let Err(CallError::Away(why)) = &answer else { panic!("{answer:?}") };
            let why = chain(why).to_string();
            assert!(why.contains(condition) && why.contains("after 5 minutes"), "{why}");
            assert!(is_away(&mint(&client)) && is_away(&create(&client, "juliet")));
        }
        let state = server.state();
        assert_eq!((state.logins, state.connections), (1, 1), "{condition}");
    }
    let server = FakeXmpp::start(Style::V0_6);
    assert!(is_away(&mint(&client_with(&server, "wrong", TlsUse::Off))), "SCRAM knows a wrong one");
    // What may pass is no reason to wait for long.
    server.state().login_failure = Some("temporary-auth-failure");
    let client = client(&server);
    assert!(is_away(&mint(&client)));
    server.state().login_failure = None;
    assert!(mint(&client).is_ok());
}

/// Passwords of users at a server with these mechanisms, over TLS if it has a certificate.
fn passwords_are_checked(mechanisms: &'static [&'static str], tls: Option<&Arc<ServerConfig>>) {
    let password = "a \"password\", & <more>";
    let server = FakeXmpp::start(Style::V0_6);
    {
        let mut state = server.state();
        (state.mechanisms, state.tls) = (mechanisms, tls.cloned());
        state.accounts.insert("juliet".into(), password.into());
        state.accounts.insert("a=b,c".into(), "another one".into());
    }
    let client = client_with(&server, PASSWORD, if tls.is_some() { TlsUse::Required } else { TlsUse::Off });
    let check = |user: &str, password: &str| block_on(client.check_password(&name(user), password));
    assert_eq!(check("juliet", password), Ok(true), "{mechanisms:?}");
    assert_eq!(check("a=b,c", "another one"), Ok(true), "{mechanisms:?}");
    for (user, password) in [
        ("juliet", "another one"),
        ("juliet", "a \"password\", & <more"),
        ("nobody", password),
        // Whoever has one account is not let in as another by what a name could say in the middle of a message.
        ("juliet,r=fyko", password),
        ("a=3db=2cc", "another one"),
    ] {
        assert_eq!(check(user, password), Ok(false), "{mechanisms:?}: {user} {password}");
    }
    assert_eq!(server.state().heard, [""; 0], "no resource is bound");
    // What no server takes is not sent.
    let connections = server.state().connections;
    for unusable in ["", "a\0b", "\0juliet\0x", "a\nb", "\u{ad}", "\u{fdd0}", &"x".repeat(1 << 20)] {
        assert_eq!(check("juliet", unusable), Ok(false), "{unusable:?}");
    }
    assert_eq!(server.state().connections, connections);
}

#[test]
fn a_users_password_is_shown_on_a_stream_of_its_own() {
    for mechanisms in [&["SCRAM-SHA-256"] as &'static [_], &["PLAIN", "SCRAM-SHA-1"]] {
        passwords_are_checked(mechanisms, None);
    }
}

/// Certificates are trusted by the environment of a process, so this is done in one of its own.
#[test]
fn over_tls_a_users_password_is_shown_whatever_the_mechanism() {
    const ROOT: &str = "ROOT_OF_THE_TEST";
    let Some(root) = std::env::var_os(ROOT) else {
        let file = tempfile::NamedTempFile::new().unwrap();
        let test = "over_tls_a_users_password_is_shown_whatever_the_mechanism";
        let test = &common::name_of_test(module_path!(), test);
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", test, "--nocapture"]).env(ROOT, file.path()).env("SSL_CERT_FILE", file.path());
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && told.contains("1 passed"),
            "{told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        return;
    };
    let (config, trusted) = certificate(HOST);
    std::fs::write(root, trusted).unwrap();
    for mechanisms in [&["SCRAM-SHA-256"] as &'static [_], &["PLAIN"]] {
        passwords_are_checked(mechanisms, Some(&config));
    }
}

#[test]
fn only_a_server_that_knows_the_password_says_that_it_is_right() {
    let server = FakeXmpp::start(Style::V0_6);
    server.state().accounts.insert("juliet".into(), "a long password".into());
    let client = client(&server);
    let check = || block_on(client.check_password(&name("juliet"), "a long password"));
    server.state().is_impostor = true;
    assert!(is_away(&check()));
    server.state().is_impostor = false;
    for (condition, expected) in [
        ("not-authorized", Ok(false)),
        ("account-disabled", Ok(false)),
        ("credentials-expired", Ok(false)),
        ("malformed-request", Ok(false)),
        ("invalid-mechanism", Err(Refusal::Other("login of a user: invalid-mechanism".into()).into())),
    ] {
        server.state().login_failure = Some(condition);
        assert_eq!(check(), expected, "{condition}");
    }
    server.state().login_failure = Some("temporary-auth-failure");
    assert!(is_away(&check()));
    server.state().login_failure = None;
    // Wrong passwords of users are no reason to leave our own account alone.
    assert_eq!(block_on(client.check_password(&name("juliet"), "wrong")), Ok(false));
    assert!(mint(&client).is_ok());
    // In the clear nothing is told.
    server.state().mechanisms = &["PLAIN"];
    let logins = server.state().logins;
    assert!(is_away(&check()));
    assert_eq!(server.state().logins, logins);
}

#[test]
fn a_name_that_must_be_known_is_told_on_the_web_alone() {
    let server = FakeXmpp::start(Style::NameRequired);
    let client = client(&server);
    assert!(client.abilities().in_app.account);
    assert_eq!(mint(&client), Err(Refusal::Unsupported.into()));
    assert_eq!((server.count("cancel"), server.state().tokens.len()), (1, 0), "nothing is left open");
    assert!(!client.abilities().in_app.account && client.abilities().sign_up);
    assert_eq!(create(&client, "juliet"), Ok(()));
    assert_eq!(server.state().tokens["token0000"], (Some("juliet".into()), true));
    assert_eq!(create(&client, "juliet"), Err(Refusal::Taken.into()), "the command says so");

    let findings = block_on(client.examine("https://invite.example.com/")).findings;
    assert!(!findings[0].is_fault && findings[0].what.contains("wants to know the name"), "{findings:?}");
    assert_eq!(server.state().tokens.len(), 1, "none is made to see that");

    server.state().style = Style::V0_6;
    assert_eq!(create(&client, "romeo"), Ok(()));
    assert!(client.abilities().in_app.account, "it is seen when that changes");

    let server = FakeXmpp::start(Style::OddField);
    let client = self::client(&server);
    assert!(matches!(mint(&client), Err(CallError::Refused(Refusal::Other(why))) if !why.contains("shoe-size")));
    assert_eq!(server.count("complete"), 0);
}

#[test]
fn hostile_names_reach_the_server_as_they_are_or_not_at_all() {
    let server = FakeXmpp::start(Style::NameRequired);
    let client = client(&server);
    let names: Vec<_> = hostile::texts().into_iter().filter_map(|text| text.parse::<Username>().ok()).collect();
    let mut made = std::collections::BTreeSet::new();
    for name in &names {
        match create(&client, name.as_str()) {
            Ok(()) => assert!(made.insert(name.to_string())),
            Err(CallError::Refused(Refusal::Name)) => assert!(!server.state().accounts.contains_key(name.as_str())),
            Err(CallError::Refused(Refusal::Taken)) => assert!(made.contains(name.as_str())),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    assert!(made.len() > 20, "{}", made.len());
    let state = server.state();
    assert!(state.accounts.keys().eq(&made));
    let told: std::collections::BTreeSet<_> = state.tokens.values().filter_map(|(name, _)| name.clone()).collect();
    assert_eq!(told, made);
}

#[test]
fn a_token_that_came_to_nothing_is_the_next_guests() {
    let server = FakeXmpp::start(Style::Prosody);
    let client = client(&server);
    assert_eq!(create(&client, "juliet"), Ok(()));
    for _ in 0..10 {
        assert_eq!(create(&client, "juliet"), Err(Refusal::Taken.into()));
    }
    server.script("register", Reply::Error("wait", "resource-constraint", "not so quickly"));
    assert!(is_later(&create(&client, "romeo")));
    server.script("preauth", Reply::Error("wait", "resource-constraint", ""));
    assert!(is_later(&create(&client, "romeo")));
    assert_eq!(create(&client, "romeo"), Ok(()));
    assert_eq!(server.count("execute"), 2, "one for each account");

    // Somebody takes the one that is left back.
    assert_eq!(create(&client, "juliet"), Err(Refusal::Taken.into()));
    server.state().tokens.retain(|_, (_, is_used)| *is_used);
    assert_eq!(create(&client, "tybalt"), Ok(()));
    // It was done, and no answer came: that token is nobody's.
    server.script("register", Reply::DoneAndLost);
    assert!(matches!(create(&client, "benvolio"), Err(CallError::Unsure(_))));
    assert_eq!(create(&client, "benvolio"), Err(Refusal::Taken.into()), "so the guest has an account");
    server.script("preauth", Reply::Lost);
    assert!(is_away(&create(&client, "mercutio")), "nothing was asked for yet");
    assert_eq!(create(&client, "mercutio"), Ok(()));
}

#[test]
fn only_a_token_that_is_refused_counts_as_spent() {
    let server = FakeXmpp::start(Style::V0_6);
    let client = client(&server);
    let token = mint(&client).unwrap();
    for (kind, condition, expected) in [
        ("cancel", "item-not-found", Some(Refusal::NoToken)),
        ("auth", "forbidden", Some(Refusal::NoToken)),
        ("cancel", "not-allowed", Some(Refusal::NoToken)),
        ("cancel", "service-unavailable", Some(Refusal::Other("preauth: service-unavailable".into()))),
        ("cancel", "internal-server-error", Some(Refusal::Other("preauth: internal-server-error".into()))),
        ("wait", "internal-server-error", None),
        ("wait", "resource-constraint", None),
        ("modify", "resource-constraint", None),
    ] {
        server.script("preauth", Reply::Error(kind, condition, "a text of the server"));
        let answer = create_with(&client, "juliet", Some(&token));
        match expected {
            Some(refusal) => assert_eq!(answer, Err(refusal.into()), "{condition}"),
            None => assert!(is_later(&answer), "{condition}: {answer:?}"),
        }
        assert!(!format!("{answer:?}").contains("a text of the server"));
    }
    server.script("register", Reply::Error("modify", "not-acceptable", "The password is too weak"));
    assert_eq!(create_with(&client, "juliet", Some(&token)), Err(Refusal::Password.into()));
    server.script("register", Reply::Error("modify", "not-acceptable", "The requested username is invalid."));
    assert_eq!(create_with(&client, "juliet", Some(&token)), Err(Refusal::Name.into()));
    assert_eq!(create_with(&client, "juliet", Some(&token)), Ok(()), "none of it spent the token");
}

/// Waits for what another thread does.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_stream_is_kept_attended_to_and_opened_again() {
    let server = FakeXmpp::start(Style::V0_6);
    let client = client(&server);
    let keep = || block_on(client.keep());
    assert_eq!(keep(), Ok(()));
    server.push("<iq type='get' id='p&amp;1' from='example.com'><ping xmlns='urn:xmpp:ping'/></iq><presence from='a@example.com'/>");
    server.push("<iq type='set' id='q' from='romeo@example.com/r'><query xmlns='jabber:iq:roster'/></iq>");
    until("both are answered", || keep().is_ok() && server.state().answers.len() == 2);
    let answers = server.state().answers.clone();
    let seen: Vec<_> = answers
        .iter()
        .map(|answer| [answer.attr("type"), answer.attr("id"), answer.attr("to")].map(Option::unwrap_or_default))
        .collect();
    assert_eq!(seen, [["result", "p&1", "example.com"], ["error", "q", "romeo@example.com/r"]]);
    assert_eq!(answers[0].children().count(), 0, "XEP-0199: an empty result");
    assert!(mint(&client).is_ok());
    assert_eq!(server.state().logins, 1);

    // An end that is seen while nothing is asked, and one that is not.
    server.close_streams();
    until("it logs in again", || keep() == Ok(()) && server.state().logins == 2);
    server.close_streams();
    assert!(mint(&client).is_ok());
    assert_eq!(server.state().logins, 3);
    server.push("<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
    until("it logs in again", || keep() == Ok(()) && server.state().logins == 4);
    server.script("execute", Reply::Lost);
    assert!(mint(&client).is_ok(), "once more on a new stream");
    server.script("execute", Reply::Lost);
    server.script("execute", Reply::Lost);
    assert!(is_away(&mint(&client)), "but not for ever");
}

#[test]
fn an_admin_is_told_what_is_missing_and_no_invite_is_made() {
    for style in STYLES {
        let server = FakeXmpp::start(style);
        let examination = block_on(client(&server).examine("https://invite.example.com/"));
        assert_eq!((examination.findings, server.state().tokens.len()), (vec![], 0), "{style:?}");
        assert_eq!(examination.server.as_deref(), Some(server.state().name));
    }
    for (kind, condition, line) in [
        ("cancel", "item-not-found", "\"invites_adhoc\""),
        ("cancel", "service-unavailable", "\"invites_adhoc\""),
        ("auth", "forbidden", "admins = {"),
    ] {
        let server = FakeXmpp::start(Style::Prosody);
        server.state().is_listed = false;
        server.script("execute", Reply::Error(kind, condition, ""));
        let findings = block_on(client(&server).examine("https://invite.example.com/")).findings;
        assert!(findings[0].is_fault && findings[0].mend.contains(line), "{condition}: {findings:?}");
    }
}

#[test]
fn only_the_right_server_over_tls_is_told_a_password() {
    // Certificates are trusted by the environment of a process, so this is one of its own.
    let check = |server: &FakeXmpp, root: &str| {
        let scratch = Scratch::new(&format!(
            "{CONFIG}[hosts.\"{HOST}\".backend]\nkind = \"xmpp\"\njid = \"{USER}@{HOST}\"\npassword = {PASSWORD:?}\naddress = \
             \"{}\"\n",
            server.address
        ));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), root).unwrap();
        let output = scratch.command().args(["check", "--connect"]).env("SSL_CERT_FILE", file.path()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (config, root) = certificate(HOST);
    for mechanisms in [&["PLAIN"] as &'static [_], &["SCRAM-SHA-256"]] {
        let server = FakeXmpp::start(Style::V0_6);
        (server.state().tls, server.state().mechanisms) = (Some(Arc::clone(&config)), mechanisms);
        let (code, text) = check(&server, &root);
        assert_eq!((code, server.state().logins), (Some(0), 1), "{text}");
    }
    let (other, other_root) = certificate("other.example");
    for (config, root) in [(other, &other_root), (config, &other_root)] {
        let server = FakeXmpp::start(Style::V0_6);
        server.state().tls = Some(config);
        let (code, text) = check(&server, root);
        assert!(code == Some(1) && text.contains("no TLS with example.com"), "{text}");
        assert_eq!(server.state().logins, 0);
    }
    let server = FakeXmpp::start(Style::V0_6);
    let (code, text) = check(&server, &root);
    assert!(code == Some(1) && text.contains("offers no STARTTLS"), "{text}");
    assert!(is_away(&mint(&client_with(&server, PASSWORD, TlsUse::Required))));
    assert_eq!(server.state().logins, 0);
}
