//! User names that an invite cannot be bound to: an admin is told, and tries again.

use crate::common::slixmpp;
use crate::component::adhoc::{Asks, Failure, Made, assert_bad_session};
use crate::component::place::{LISTS, Place};

/// Sends the form again after a refusal: in the same session, or in a new one if that is over.
fn again(user: &mut impl Asks, session: &str, username: &str) {
    let answer = user.submit(session, &[("username", username)]);
    if answer.attr("type") == Some("error") {
        assert_bad_session(&answer);
        Made::of(&user.create(&[("username", username)]));
    } else {
        Made::of(&answer);
    }
}

#[test]
fn a_name_that_somebody_has_or_is_to_have_is_refused() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::with_backend(LISTS);
    let mut admin = place.user("admin");
    Made::of(&admin.create(&[("username", "juliet")]));
    let mut count = 1;
    // An account, another invite's, and one that nobody gets.
    for taken in ["romeo", "Romeo", "juliet", "JULIET", "root", "postmaster"] {
        let session = admin.begin();
        let failure = Failure::of(&admin.submit(&session, &[("username", taken)]));
        assert_eq!(failure.what(), ("modify", "conflict"), "{taken}: {failure:?}");
        assert!(!failure.text.is_empty(), "{taken}: {failure:?}");
        assert_eq!(place.invites().len(), count, "{taken}");
        again(&mut admin, &session, &format!("free{count}"));
        count += 1;
        assert_eq!(place.newest(count)["status"], "pending");
    }
    let contact = [("username", "romeo"), ("roster-subscription", "true")];
    assert_eq!(Failure::of(&admin.create(&contact)).what(), ("modify", "conflict"));
}

#[test]
fn a_name_that_can_be_none_is_refused() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    let mut admin = place.user("admin");
    let session = admin.begin();
    let long = "x".repeat(1_024);
    for impossible in ["a b", "@", "ju/liet", "juliet@example.com/phone", "<juliet>", "\u{202e}", &*long] {
        let failure = Failure::of(&admin.submit(&session, &[("username", impossible)]));
        let Failure { kind, condition, text, of_command } = &failure;
        assert_eq!(kind, "modify", "{impossible:?}: {failure:?}");
        assert!(["not-acceptable", "bad-request"].contains(&&**condition), "{impossible:?}: {failure:?}");
        if of_command.as_deref() != Some("bad-sessionid") {
            assert!(!text.is_empty(), "{impossible:?}: {failure:?}");
        }
    }
    assert!(place.invites().is_empty());
    again(&mut admin, &session, "juliet");
    assert_eq!(place.newest(1)["username"], "juliet");
}
