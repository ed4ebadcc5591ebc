//! Where the link of an invite is mailed to.

use crate::invite::field::{FieldError, FieldErrorKind, FieldErrors};
use crate::invite::mail::{Delivery, MailAddressError};
use crate::invite::request::InviteRequest;

/// Where the link is mailed to, if it is.
pub(super) fn delivery(errors: &mut FieldErrors, request: &InviteRequest, has_mail: bool) -> Option<Delivery> {
    let to = errors.read("mail", &request.mail, MailAddressError.to_string(), |text| text.parse().ok());
    let expected = "expected a language of the pages, such as \"de\"; docs/languages.md lists them";
    let language = errors.read("language", &request.language, expected, |tag| Some(*tag));
    if request.mail.is_absent() {
        if !request.language.is_absent() {
            errors.refuse("language", "it is the language of a mail: expected with `mail`");
        }
        return None;
    }
    if request.count() > 1 {
        errors.refuse("mail", "a mail has one link: expected without `count`, or with `count` 1");
    }
    if !has_mail {
        let reason = "no mail is sent here: the configuration has no [mail]";
        errors.add(FieldError { kind: FieldErrorKind::NotForServer, ..FieldError::new("mail", reason) });
    }
    // Programs that show mail make links of these: whoever invites has a name, and not a page to be led to.
    let leads = |inviter: &&String| inviter.contains("//") || inviter.to_ascii_lowercase().contains("www.");
    if request.inviter.value().is_some_and(|inviter| leads(&inviter)) {
        errors.refuse("inviter", "expected a name without a link, as it is mailed");
    }
    Some(Delivery { to: to?, language })
}

/// Where the link of an invite is mailed to, of a request that is right.
#[must_use]
pub fn delivery_of(request: &InviteRequest) -> Option<Delivery> {
    delivery(&mut FieldErrors::default(), request, true)
}
