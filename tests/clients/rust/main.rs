//! Uses each call of a client that openapi-generator generated: `with_openapi_generator BASE KEY`.

use invited_client::apis::configuration::Configuration;
use invited_client::apis::invites_api::CreateInvitesError;
use invited_client::apis::{Error, invites_api, key_api, sign_up_api, simple_api};
use invited_client::models::new_invite::Kind;
use invited_client::models::{
    CreateInvites201Response, InviteChange, InviteView, KindName, NewInvite, NewInviteTtl, Redeem, Register, Scope, Status, Via,
    invite_change,
};

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut arguments = std::env::args().skip(1);
    let mut service = Configuration::new();
    service.base_path = arguments.next().unwrap();
    service.bearer_access_token = arguments.next();
    runtime.block_on(calls(&service));
    println!("used");
}

async fn seen(service: &Configuration, id: &str) -> InviteView {
    invites_api::get_invite(service, id).await.unwrap()
}

async fn calls(service: &Configuration) {
    let key = key_api::get_self(service).await.unwrap();
    assert!(key.allow.contains(&Scope::Create) && key.limit.is_none() && key.hosts == ["example.com"], "{key:?}");

    let wanted = NewInvite {
        username: Some(Some("alice".into())),
        kind: Some(Some(Kind::Account)),
        ttl: Some(Some(Box::new(NewInviteTtl::String("3d".into())))),
        note: Some(None),
        ..NewInvite::new()
    };
    let made = match invites_api::create_invites(service, None, Some(wanted)).await.unwrap() {
        CreateInvites201Response::InviteView(made) => made,
        other => panic!("{other:?}"),
    };
    assert_eq!((made.kind, made.status, &made.username), (KindName::Account, Status::Pending, &Some("alice".into())));

    let both = NewInvite {
        count: Some(Some(2)),
        ttl: Some(Some(Box::new(NewInviteTtl::Integer(3600)))),
        ..NewInvite::new()
    };
    let several = match invites_api::create_invites(service, Some("once"), Some(both)).await.unwrap() {
        CreateInvites201Response::InviteList(several) => several.invites,
        other => panic!("{other:?}"),
    };
    assert_eq!(several.len(), 2);

    let (kind, pending) = (Some(KindName::Account), Some(Status::Pending));
    let listed = invites_api::list_invites(service, None, None, None, None, kind, Some(5), pending, Some("alice")).await.unwrap();
    assert_eq!(listed.invites, [(*made).clone()]);
    assert_eq!(listed.next_cursor, None);

    let note = InviteChange { note: Some(Some("a friend".into())), ..InviteChange::new() };
    let changed = invites_api::change_invite(service, &made.id, Some(note)).await.unwrap();
    assert_eq!((changed.note.as_deref(), &changed.id), (Some("a friend"), &made.id));
    assert_eq!(seen(service, &made.id).await.note.as_deref(), Some("a friend"));

    let redeem = Redeem { account: Some(Some("alice".into())), ..Redeem::new(made.token.clone().unwrap()) };
    let spent = sign_up_api::redeem(service, redeem, None).await.unwrap();
    assert_eq!((spent.status, spent.account.as_deref()), (Status::Redeemed, Some("alice")));
    assert_eq!(seen(service, &made.id).await.redemptions[0].via, Via::Api);

    let [token, username, password] = ["opens-nothing", "carol", "a long password"].map(String::from);
    match sign_up_api::register(service, Register { token, username, password }, None).await.unwrap_err() {
        Error::ResponseError(refused) => assert_eq!(refused.status.as_u16(), 404),
        other => panic!("{other:?}"),
    }

    let revoked = InviteChange { status: Some(Some(invite_change::Status::Revoked)), ..InviteChange::new() };
    let changed = invites_api::change_invite(service, &several[0].id, Some(revoked)).await.unwrap();
    assert_eq!(changed.status, Status::Revoked);
    invites_api::revoke_invite(service, &several[1].id).await.unwrap();
    assert_eq!(seen(service, &several[1].id).await.status, Status::Revoked);

    // What it answers is in a header, and this generator's Rust shows none.
    simple_api::create_invite_by_get(service, None, None, None).await.unwrap();
    simple_api::create_invite_by_post(service, None, None, None).await.unwrap();

    let wrong = NewInvite { uses: Some(Some(99)), username: Some(Some("bob".into())), ..NewInvite::new() };
    let refused = match invites_api::create_invites(service, None, Some(wrong)).await.unwrap_err() {
        Error::ResponseError(refused) => refused,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused.status.as_u16(), 400);
    let problem = match refused.entity.unwrap() {
        CreateInvitesError::Status400(problem) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(problem.errors.unwrap()[0].field, "uses");
}
