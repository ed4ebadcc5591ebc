//! The adapter for Prosody against a real Prosody, with both of its storages.

#[path = "common/hostile.rs"]
mod hostile;
#[path = "common/prosody.rs"]
mod prosody;

use std::os::unix::net::UnixStream;
use std::time::Duration;

use futures_lite::future::block_on;
use invited::backend::prosody::Prosody as Client;
use invited::backend::{Adapter as _, CallError, Mint, NewAccount, NewPassword, Refusal, TokenState};
use invited::config::secret::Secret;
use invited::invite::Kind;
use invited::invite::name::{Jid, Username};
use jiff::Timestamp;

use prosody::{HOST, Prosody, Storage};

const STORAGES: [Storage; 2] = [Storage::Internal, Storage::Sql];

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

fn mint(kind: &Kind) -> Mint<'_> {
    Mint { kind, groups: &[], roles: &[], ttl: Duration::from_hours(1) }
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
fn tokens_are_minted_looked_up_used_and_taken_back() {
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
                let minted = client.mint(&mint(kind)).await.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
                match client.look_up(&minted.token).await {
                    Ok(TokenState::Live(found)) => {
                        assert_eq!((&found.kind, Some(found.expires_at)), (kind, minted.expires_at), "{storage:?}");
                        assert!(!found.reusable);
                    }
                    other => panic!("{kind:?}: {other:?}"),
                }
                assert_eq!(client.withdraw(&minted.token).await, Ok(true));
                assert_eq!(client.withdraw(&minted.token).await, Ok(false));
                assert_eq!(client.look_up(&minted.token).await, Ok(TokenState::Absent));
            }
            // What a token is used up for.
            let minted = client.mint(&mint(&kinds[2])).await.unwrap();
            let with = NewAccount { token: Some(&minted.token), ..account(&juliet, &password) };
            assert_eq!(client.create(&with).await, Ok(()), "{}", prosody.log());
            assert_eq!(client.look_up(&minted.token).await, Ok(TokenState::Used(Some(juliet.clone()))));
            let again = name("tybalt");
            let with = NewAccount { token: Some(&minted.token), ..account(&again, &password) };
            assert_eq!(client.create(&with).await, Err(Refusal::NoToken.into()));
            assert_eq!(client.exists(&again).await, Ok(false));

            let minted = client.mint(&mint(&kinds[4])).await.unwrap();
            let reset = NewPassword {
                username: &romeo,
                password: &password,
                token: Some(&minted.token),
                not_after: Timestamp::MAX,
            };
            assert_eq!(client.set_password(&reset).await, Ok(()));
            assert_eq!(client.set_password(&reset).await, Err(Refusal::NoToken.into()));
            assert_eq!(client.look_up(&minted.token).await, Ok(TokenState::Used(Some(romeo.clone()))));
            assert_eq!(client.tidy().await, Ok(()));
            assert_eq!(client.look_up(&minted.token).await, Ok(TokenState::Used(Some(romeo))), "it is still known");
            assert_eq!(
                client.mint(&mint(&Kind::Reset { username: name("nobody") })).await,
                Err(Refusal::NoAccount.into())
            );
        });
    }
}

#[test]
fn what_has_lapsed_is_cleared_away() {
    for storage in STORAGES {
        let prosody = Prosody::with_clients(storage);
        let client = client(&prosody);
        block_on(async {
            let kind = Kind::Account { username: None };
            let short = Mint { ttl: Duration::from_secs(1), ..mint(&kind) };
            let lapsed = client.mint(&short).await.unwrap();
            let kept = client.mint(&mint(&kind)).await.unwrap();
            // Prosody counts whole seconds; its own clock says when it is over.
            while client.look_up(&lapsed.token).await != Ok(TokenState::Absent) {
                async_io::Timer::after(Duration::from_millis(50)).await;
            }
            assert_eq!(client.tidy().await, Ok(()));
            assert_eq!(client.withdraw(&lapsed.token).await, Ok(false), "it is not there any more");
            assert_eq!(client.withdraw(&kept.token).await, Ok(true));
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
    let examination = block_on(client(&prosody).examine());
    assert_eq!(examination.server.as_deref(), Some("Prosody 0.12.3"));
    assert!(examination.findings.iter().all(|finding| !finding.is_fault), "{examination:?}");
    assert!(examination.findings.iter().any(|finding| finding.mend.contains("storage = \"sql\"")), "{examination:?}");
    let other = Client::new(&"elsewhere.example".parse().unwrap(), &prosody.socket());
    let findings = block_on(other.examine()).findings;
    assert!(findings[0].is_fault && findings[0].mend.contains("VirtualHost \"elsewhere.example\""), "{findings:?}");
    let nowhere = Client::new(&HOST.parse().unwrap(), &prosody.socket().with_file_name("nowhere"));
    let findings = block_on(nowhere.examine()).findings;
    assert!(findings[0].what.contains("No such file") && findings[0].mend.contains("UMask=0007"), "{findings:?}");

    let modules: Vec<_> =
        prosody::CLIENT_MODULES.iter().copied().filter(|module| !module.starts_with("invites")).collect();
    let prosody = Prosody::with_clients_and(Storage::Sql, &modules, "");
    let findings = block_on(client(&prosody).examine()).findings;
    assert!(findings[0].is_fault && findings[0].mend.contains("\"invites\"; \"invites_register\""), "{findings:?}");
    let (juliet, password) = (name("juliet"), secret("a password"));
    assert_eq!(
        block_on(client(&prosody).mint(&mint(&Kind::Account { username: None }))),
        Err(Refusal::Unsupported.into())
    );
    assert_eq!(
        block_on(client(&prosody).create(&account(&juliet, &password))),
        Ok(()),
        "accounts can be made all the same"
    );
}

#[test]
fn hostile_texts_reach_the_server_as_they_are_or_not_at_all() {
    for storage in STORAGES {
        let prosody = Prosody::with_clients(storage);
        let client = client(&prosody);
        let (words, kind) = (hostile::texts(), Kind::Account { username: None });
        block_on(async {
            for (at, text) in words.iter().enumerate() {
                let (user, password, list) = (name(&format!("guest{at}")), secret(text), [text.clone()]);
                match client.create(&account(&user, &password)).await {
                    Ok(()) => {}
                    Err(CallError::Refused(_)) => assert_eq!(client.exists(&user).await, Ok(false), "{text:?}"),
                    Err(error) => panic!("{text:?}: {error}"),
                }
                let wanted = Mint { groups: &list, roles: &list, ..mint(&kind) };
                match client.mint(&wanted).await {
                    Ok(minted) => assert_eq!(client.withdraw(&minted.token).await, Ok(true)),
                    Err(error) => assert!(matches!(error, CallError::Refused(_)), "{text:?}: {error}"),
                }
                assert_eq!(client.look_up(text).await, Ok(TokenState::Absent), "{text:?}");
                assert_eq!(client.withdraw(text).await, Ok(false), "{text:?}");
                if let Ok(user) = text.parse::<Username>() {
                    match client.create(&account(&user, &secret("a password"))).await {
                        Ok(()) => assert_eq!(client.exists(&user).await, Ok(true), "{text:?}"),
                        Err(error) => assert!(matches!(error, CallError::Refused(_)), "{text:?}: {error}"),
                    }
                }
            }
        });
    }
}
