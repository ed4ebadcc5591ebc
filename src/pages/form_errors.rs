//! What is told beside a form that was sent: all that is wrong with it at once, each beside the field that it is about.

use std::time::Duration;

use super::html::Html;
use super::look::Look;
use crate::desk::{ChoiceErrors, PasswordError, UsernameError, name_instead};
use crate::invite::name::Username;

/// `Retry-After` of a form that cannot be used now: a server that is away may be back by then.
pub(super) const RETRY_AFTER: Duration = Duration::from_mins(1);

/// What is wrong with a form.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FormErrors {
    /// With the name.
    pub(super) username: Option<UsernameError>,
    /// With the password.
    pub(super) password: Option<PasswordError>,
    /// With neither: no other input would be accepted.
    pub(super) form: Option<FormError>,
}

/// Why a form cannot be used, whatever is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FormError {
    /// Its `csrf` field is not the one that this browser was given.
    NotOurs,
    /// The server's own rules are against the account.
    NotAllowed,
    /// The server is away.
    Away,
}

impl FormErrors {
    /// Whether nothing is wrong.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What the form is answered with.
    pub(super) fn status(&self) -> u16 {
        match self {
            Self { form: Some(FormError::Away), .. } => 503,
            Self { form: Some(FormError::NotOurs | FormError::NotAllowed), .. } => 403,
            Self { form: None, username: None, password: None } => 200,
            Self { form: None, username: Some(UsernameError::Taken), password: None } => 409,
            Self { form: None, username: _, password: _ } => 422,
        }
    }

    /// What the page says above the form, if anything is wrong.
    pub(super) fn summary(&self) -> Option<&'static str> {
        match self.form {
            Some(FormError::NotOurs) => Some("error-form"),
            Some(FormError::NotAllowed) => Some("error-not-allowed"),
            Some(FormError::Away) => Some("error-away"),
            None => (!self.is_empty()).then_some("error-summary"),
        }
    }
}

impl From<ChoiceErrors> for FormErrors {
    fn from(ChoiceErrors { username, password }: ChoiceErrors) -> Self {
        Self { username, password, form: None }
    }
}

impl From<PasswordError> for FormErrors {
    fn from(error: PasswordError) -> Self {
        Self { password: Some(error), ..Self::default() }
    }
}

impl From<FormError> for FormErrors {
    fn from(error: FormError) -> Self {
        Self { form: Some(error), ..Self::default() }
    }
}

impl UsernameError {
    /// What the page says about it, where a guest may choose another name.
    pub(super) fn text(self, look: &Look<'_>) -> Html<'static> {
        look.text(match self {
            Self::Empty => "error-username-empty",
            Self::Invalid => "error-username-invalid",
            Self::Address => "error-username-address",
            Self::Reserved => "error-username-reserved",
            Self::Taken => "error-username-taken",
            Self::Other => "error-username-other",
            Self::Long => "error-username-long",
        })
    }

    /// What it says where the invite is bound to one: whom to ask, as no other name will do.
    pub(super) fn text_of_bound(self, inviter: Option<&str>, look: &Look<'_>) -> Html<'static> {
        match (self, inviter) {
            (Self::Other, _) => self.text(look),
            (_, Some(inviter)) => look.with_typed("error-username-bound-by", "inviter", inviter),
            (_, None) => look.text("error-username-bound"),
        }
    }

    /// A name that can be had, beside one that cannot be.
    pub(super) fn proposal(self, typed: &str) -> Option<Username> {
        match self {
            Self::Invalid => name_instead(typed),
            Self::Empty | Self::Address | Self::Reserved | Self::Taken | Self::Other | Self::Long => None,
        }
    }
}

impl PasswordError {
    /// What the page says about it.
    pub(super) fn text(self, look: &Look<'_>) -> Html<'static> {
        match self {
            Self::Empty => look.text("error-password-empty"),
            Self::Short(least) => look.count("error-password-short", least),
            Self::Long(most) => look.count("error-password-long", most),
            Self::Weak => look.text("error-password-weak"),
            Self::Refused => look.text("error-password-refused"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_answered_by_the_worst_that_is_wrong_with_it() {
        let of = |username, password, form| {
            let errors = FormErrors { username, password, form };
            (errors.status(), errors.summary())
        };
        let (taken, reserved, weak) =
            (Some(UsernameError::Taken), Some(UsernameError::Reserved), Some(PasswordError::Weak));
        assert_eq!(of(None, None, None), (200, None));
        assert_eq!(of(taken, None, None), (409, Some("error-summary")));
        // A name that is taken would be refused by itself as well; the password is what no server is asked for.
        assert_eq!(of(taken, weak, None), (422, Some("error-summary")));
        assert_eq!(of(reserved, None, None), (422, Some("error-summary")));
        assert_eq!(of(None, weak, None), (422, Some("error-summary")));
        assert_eq!(of(taken, weak, Some(FormError::NotAllowed)), (403, Some("error-not-allowed")));
        assert_eq!(of(None, None, Some(FormError::NotOurs)), (403, Some("error-form")));
        assert_eq!(of(reserved, None, Some(FormError::Away)), (503, Some("error-away")));
    }
}
