//! Forms that are filled in: by whom they were begun, once, or not at all.

use crate::common::slixmpp;
use crate::component::adhoc::{
    Asks as _, CREATE_ACCOUNT, Command, INVITE, Made, assert_bad_session, refused, submission,
};
use crate::component::place::{LISTS, Place};

#[test]
fn a_session_is_one_clients_own_and_for_one_invite() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    let (mut desktop, mut phone) = (place.user("admin"), place.user("admin"));
    assert_ne!(desktop.jid, phone.jid);
    let session = desktop.begin();
    assert_ne!(phone.begin(), session);
    // Another client of the same user, and one that makes it up.
    assert_bad_session(&phone.submit(&session, &[("username", "juliet")]));
    for wrong in ["", "1", "nothing", &session[1..], &format!("{session}0"), &session.to_uppercase(), "<&'\"> é"] {
        assert_bad_session(&desktop.submit(wrong, &[("username", "juliet")]));
    }
    let cancel = |session: &str| format!("action='cancel' sessionid='{session}'");
    assert_eq!(phone.run(CREATE_ACCOUNT, &cancel(&session), "").attr("type"), Some("error"));
    assert!(place.invites().is_empty());
    // None of it took the session away.
    Made::of(&desktop.submit(&session, &[("username", "juliet")]));
    assert_bad_session(&desktop.submit(&session, &[("username", "nurse")]));
    assert_bad_session(&desktop.submit(&session, &[("username", "juliet")]));
    assert_eq!(place.newest(1)["username"], "juliet");
    // A command that is done in one step has no session.
    let other = desktop.begin();
    for session in ["nothing", &other, &session] {
        assert_bad_session(&desktop.run(INVITE, &format!("action='complete' sessionid='{session}'"), ""));
    }
    assert_eq!(place.invites().len(), 1);
    Made::of(&desktop.submit(&other, &[]));
}

#[test]
fn several_sessions_of_one_client_do_not_mix() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    let mut admin = place.user("admin");
    let sessions: Vec<_> = (0..5).map(|_| admin.begin()).collect();
    for (number, session) in sessions.iter().enumerate().rev() {
        Made::of(&admin.submit(session, &[("username", &format!("juliet{number}"))]));
    }
    assert_eq!(place.newest(5)["username"], "juliet0");
}

#[test]
fn a_form_can_be_given_up() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    let mut admin = place.user("admin");
    let session = admin.begin();
    let answer = admin.run(CREATE_ACCOUNT, &format!("action='cancel' sessionid='{session}'"), "");
    let command = Command::of(&answer);
    assert_eq!((command.node.as_str(), command.status.as_str()), (CREATE_ACCOUNT, "canceled"));
    assert_eq!(command.session.as_deref(), Some(&*session));
    assert!(command.form.is_none() && command.actions.is_none(), "{answer:?}");
    assert_bad_session(&admin.submit(&session, &[]));
    assert_bad_session(&admin.run(CREATE_ACCOUNT, &format!("action='cancel' sessionid='{session}'"), ""));
    assert!(place.invites().is_empty());
    Made::of(&admin.create(&[]));
}

#[test]
fn a_form_that_is_sent_in_an_odd_way_is_answered() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    let mut admin = place.user("admin");
    let modify = |answer: &minidom::Element| assert_eq!(refused(answer).0, "modify", "{answer:?}");
    // There is no step before the first, and no action of other names.
    for action in ["prev", "destroy", "EXECUTE", ""] {
        let session = admin.begin();
        let attributes = format!("action='{action}' sessionid='{session}'");
        modify(&admin.run(CREATE_ACCOUNT, &attributes, &submission(&[("username", "juliet")])));
    }
    let session = admin.begin();
    for form in [
        "<x xmlns='jabber:x:data' type='submit'><field var='roster-subscription'><value>perhaps</value></field></x>",
        "<x xmlns='jabber:x:data' type='submit'><field var='username'><value>a</value><value>b</value></field></x>",
        "<x xmlns='jabber:x:data' type='submit'><field var='username'><value>a</value></field><field \
         var='username'><value>b</value></field></x>",
    ] {
        let answer = admin.run(CREATE_ACCOUNT, &format!("action='complete' sessionid='{session}'"), form);
        modify(&answer);
    }
    assert!(place.invites().is_empty());
    // A client may say that it gives up in the form, too (XEP-0004).
    let session = admin.begin();
    let attributes = format!("action='complete' sessionid='{session}'");
    let answer = admin.run(CREATE_ACCOUNT, &attributes, "<x xmlns='jabber:x:data' type='cancel'/>");
    assert!(answer.attr("type") == Some("error") || Command::of(&answer).status == "canceled", "{answer:?}");
    assert!(place.invites().is_empty());
}
