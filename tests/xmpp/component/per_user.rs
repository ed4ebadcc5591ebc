//! `per_user`: what one may make in a day, and what is no invite.

use crate::common::browser::Browser;
use crate::common::prosody::{HOST, Prosody};
use crate::common::slixmpp;
use crate::component::adhoc::{Asks, CREATE_ACCOUNT, Failure, Made};
use crate::component::place::{LISTS, PASSWORD, Place};

/// Asserts that an answer says that it is enough.
fn assert_enough(answer: &minidom::Element) {
    let failure = Failure::of(answer);
    assert_eq!(failure.kind, "wait", "{failure:?}");
    assert!(["resource-constraint", "policy-violation"].contains(&&*failure.condition), "{failure:?}");
    assert!(!failure.text.is_empty(), "{failure:?}");
}

/// Begins and fills in the form, as far as it comes; gives the last answer.
fn create(user: &mut impl Asks, username: &str) -> minidom::Element {
    let begun = user.run(CREATE_ACCOUNT, "action='execute'", "");
    let session = match begun.attr("type") {
        Some("error") => return begun,
        _ => crate::component::adhoc::Command::of(&begun).session.unwrap(),
    };
    user.submit(&session, &[("username", username)])
}

/// How many tokens the server has for contacts of Romeo's and the admin's.
fn tokens(place: &Place) -> String {
    let store = "prosody.hosts['example.com'].modules.invites.module:open_store('invite_token')";
    place.prosody.lua(&format!(
        "local n = 0 for _, name in ipairs {{ 'romeo', 'admin' }} do for _ in pairs({store}:get(name) or {{}}) do \
         n = n + 1 end end return tostring(n)"
    ))
}

#[test]
fn nobody_makes_more_than_that_also_after_a_restart() {
    if slixmpp::is_missing() {
        return;
    }
    let mut place = Place::with_backend(&format!("{LISTS}per_user = \"2/d\"\n"));
    let mut romeo = place.user("romeo");
    for _ in 0..2 {
        Made::of(&romeo.invite());
    }
    for _ in 0..3 {
        assert_enough(&romeo.invite());
    }
    assert_enough(&place.user("romeo").invite());
    assert_eq!(place.invites().len(), 2, "nothing is made when it is refused");
    assert_eq!(tokens(&place), "0", "an app shows ours: nothing is kept at the server");
    // Another one's are another one's.
    let mut admin = place.user("admin");
    Made::of(&admin.invite());

    place.served.kill();
    place.served = place.scratch.serve();
    place.wait_until_connected();
    assert_enough(&romeo.invite());
    Made::of(&admin.invite());
    assert_enough(&admin.invite());
    assert_eq!(place.invites().len(), 4);
    assert_eq!(tokens(&place), "0");
}

#[test]
fn contacts_and_accounts_count_alike_and_refusals_do_not() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::with_backend(&format!("{LISTS}per_user = \"2/d\"\n"));
    let mut admin = place.user("admin");
    for _ in 0..3 {
        admin.begin();
        let failure = Failure::of(&create(&mut admin, "romeo"));
        assert_eq!(failure.what(), ("modify", "conflict"));
        assert_eq!(Failure::of(&create(&mut admin, "a b")).kind, "modify");
    }
    Made::of(&admin.invite());
    Made::of(&create(&mut admin, "juliet"));
    assert_enough(&create(&mut admin, "nurse"));
    assert_enough(&admin.invite());
    assert_eq!(place.invites().len(), 2);
    // What was refused reserves no name.
    place.scratch.ok(&["invite", "create", "--username", "nurse"]);
}

#[test]
fn without_it_there_is_no_end() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    let mut romeo = place.user("romeo");
    for _ in 0..50 {
        Made::of(&romeo.invite());
    }
    assert_eq!(place.invites().len(), 50);
}

/// What a user creates in an app and on `/manage` is one count.
#[test]
fn the_budget_is_one_with_that_of_the_page() {
    if slixmpp::is_missing() {
        return;
    }
    let tables = |prosody: &Prosody| {
        format!(
            "[hosts.\"{HOST}\".user_invites]\nper_user = \"2/d\"\n[hosts.\"{HOST}\".backend]\nkind = \"prosody\"\n\
             socket = \"{}\"\n",
            prosody.socket().display()
        )
    };
    let place = Place::with(tables, &format!("{LISTS}per_user = \"2/d\"\n"));
    let mut romeo = place.user("romeo");
    Made::of(&romeo.invite());
    let mut browser = Browser::new(&place.served);
    let fields = [("address", "romeo@example.com"), ("password", PASSWORD)];
    assert_eq!(browser.fill("/manage", "/manage", &fields).status, 303);
    let answer = browser.fill("/manage/new", "/manage/new", &[("kind", "contact")]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_enough(&romeo.invite());
    assert_eq!(browser.fill("/manage/new", "/manage/new", &[("kind", "contact")]).status, 429);
    // Both are listed there, and both can be revoked.
    let list = browser.get("/manage").text();
    assert_eq!(list.matches("href=\"/manage/invites/").count(), 2, "{list}");
    assert_eq!(place.invites().len(), 2);
}
